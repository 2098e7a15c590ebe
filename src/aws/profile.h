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
    CR_SECTION_OTHER, /* nothing that is known here: skipped */
} cr_section;

typedef struct cr_profiles cr_profiles;

/* Reads both files; one that is not there counts as empty. Of a property that stands in several
 * places the credentials file's comes first, then the latest. CRUDDUR_E_CONFIG names the file and
 * the line, and quotes nothing; CRUDDUR_E_CREDENTIALS: a file is there and cannot be read. */
cruddur_status cr_profiles_load(const cr_environment *environment, cr_profiles **ret_profiles,
                                cruddur_error **error);

/* The same of text that is there already; absent text counts as a file that is not there. */
cruddur_status cr_profiles_parse(cr_str config, cr_str credentials, cr_profiles **ret_profiles,
                                 cruddur_error **error);

/* Wipes what was read. */
void cr_profiles_free(cr_profiles *profiles);

/* Whether there is such a section. */
bool cr_profiles_have(const cr_profiles *profiles, cr_section kind, const char *section);

/* A property, NULL where it is missing or blank. `group` is NULL but for a property that is
 * indented below another: for endpoint_url in
 *     dynamodb =
 *       endpoint_url = http://localhost:8000
 * it is "dynamodb". Lives as long as the profiles. */
const char *cr_profiles_get(const cr_profiles *profiles, cr_section kind, const char *section,
                            const char *group, const char *name);

#endif
