/* SPDX-License-Identifier: MIT */
/* The shared files, ~/.aws/config and ~/.aws/credentials. */
#ifndef CR_AWS_PROFILE_H
#define CR_AWS_PROFILE_H

#include "aws/environment.h"
#include "base/str.h"

#define CR_PROFILE_FILE_MAX ((size_t)1024 * 1024)

typedef enum cr_section {
    CR_SECTION_PROFILE,
    CR_SECTION_SSO_SESSION,
    CR_SECTION_SERVICES,
    CR_SECTION_OTHER, /* ignored */
} cr_section;

/* A property, and where it is. */
typedef struct cr_property {
    const char *value; /* "" where it is blank */
    const char *path;
    unsigned line;
    bool is_credentials; /* it is in the credentials file */
} cr_property;

typedef struct cr_profiles cr_profiles;

/* Reads both files; a missing one counts as empty. If a property occurs several times, the
 * credentials file precedes the config file, and then the last one counts. CRUDDUR_E_CONFIG: a file
 * cannot be read, or taken apart into sections; CRUDDUR_E_CREDENTIALS: this process is not allowed
 * to read a file in HOME that no variable names; CRUDDUR_E_NO_DESCRIPTORS: that may pass by itself.
 * A malformed line inside a section is no failure here: see cr_profiles_check(). */
cruddur_status cr_profiles_load(const cr_environment *environment, cr_profiles **ret_profiles,
                                cruddur_error **error);

/* The same for text in memory; absent text counts as a missing file. */
cruddur_status cr_profiles_parse(cr_str config, cr_str credentials, cr_profiles **ret_profiles,
                                 cruddur_error **error);

/* Wipes what was read. */
void cr_profiles_free(cr_profiles *profiles);

/* Whether there is such a section. */
bool cr_profiles_have(const cr_profiles *profiles, cr_section kind, const char *section);

/* To be called before a section is used. CRUDDUR_E_CONFIG: it is not there, or has a malformed
 * line; the error names files and line, and quotes nothing of them. */
cruddur_status cr_profiles_check(const cr_profiles *profiles, cr_section kind, const char *section,
                                 cruddur_error **error);

/* A property; NULL where it is missing. `group` is NULL except for a property that is indented
 * below another: for endpoint_url in
 *     dynamodb =
 *       endpoint_url = http://localhost:8000
 * it is "dynamodb". Lives as long as the profiles. */
const cr_property *cr_profiles_find(const cr_profiles *profiles, cr_section kind,
                                    const char *section, const char *group, const char *name);

/* Its value; NULL where it is missing or blank. */
const char *cr_profiles_get(const cr_profiles *profiles, cr_section kind, const char *section,
                            const char *group, const char *name);

#endif
