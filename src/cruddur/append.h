/* SPDX-License-Identifier: MIT */
/* An append in parts: what it is given and how far it has come is kept in between, where another
 * call may do its work. */
#ifndef CR_CRUDDUR_APPEND_H
#define CR_CRUDDUR_APPEND_H

#include "cruddur/entry.h"
#include "messaging/send.h"

typedef struct cr_append_arguments {
    const cruddur_user *author;
    const char *group_uuid;
    const char *text;
    const cruddur_append_options *options;
} cr_append_arguments;

/* Must stay where it is. */
typedef struct cr_appending {
    cr_send send;                   /* first: one is the other */
    cruddur_completion *completion; /* of a submission, which has this; else not set */
    cr_draft draft;
    cr_entry entry;
} cr_appending;

/* Reads the arguments, whose texts are borrowed. */
cruddur_status cr_appending_begin(cr_appending *now, const cruddur *dm,
                                  const cr_append_arguments *given, cruddur_error **error);

/* Appends, unless another call did, and calls the metrics hook. */
cruddur_status cr_appending_run(cr_appending *now, cruddur_msg **ret_msg);

#endif
