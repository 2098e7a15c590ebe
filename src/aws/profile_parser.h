/* SPDX-License-Identifier: MIT */
/* Takes the text of one of the shared files apart into a list of entries.
 *
 * The form is that of the AWS SDKs, and wider where the AWS CLI reads more: keys may be indented
 * below their section's name, `name: value` is a property, and text after `]` is ignored. */
#ifndef CR_AWS_PROFILE_PARSER_H
#define CR_AWS_PROFILE_PARSER_H

#include "aws/profile.h"

/* Where a section is; a higher rank precedes. */
typedef enum cr_profile_rank {
    CR_RANK_BARE_DEFAULT, /* [default] in the config file: not used where there is … */
    CR_RANK_CONFIG,       /* [profile default], or any other section of the config file */
    CR_RANK_CREDENTIALS,
} cr_profile_rank;

/* A property; with neither name nor fault a section; with a fault a malformed line. All text is in
 * the file's text. */
typedef struct cr_profile_entry {
    cr_section kind;
    cr_profile_rank rank;
    const char *section; /* of an ignored one all that is between the brackets */
    const char *group;   /* the property that it is indented below */
    const char *name;
    const char *fault;
    cr_property property;
} cr_profile_entry;

typedef struct cr_profile_entries {
    cr_profile_entry *list;
    size_t count;
    size_t capacity;
} cr_profile_entries;

/* Cuts the text up in place and appends its entries, which keep the path and the text. A malformed
 * line becomes a fault of its section. CRUDDUR_E_CONFIG names the line where it cannot be told to
 * which section the text belongs. */
cruddur_status cr_profile_parse(cr_profile_entries *entries, const char *path, bool is_credentials,
                                char *text, cruddur_error **error);

#endif
