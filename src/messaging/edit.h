/* SPDX-License-Identifier: MIT */
/* Reading one message, and changing it: its text, its reactions, or that it is deleted. */
#ifndef CR_MESSAGING_EDIT_H
#define CR_MESSAGING_EDIT_H

#include "messaging/find.h"
#include "model/page.h"

typedef enum cr_edit_kind {
    CR_EDIT_TEXT,
    CR_EDIT_DELETE,
    CR_EDIT_REACT,
} cr_edit_kind;

/* A change of a message. All of it has been checked. */
typedef struct cr_edit {
    cr_edit_kind kind;
    cr_uuid group;
    cr_message_name name;
    const cr_uuid *user; /* NULL: a caller who may change the message of any author */
    cr_str if_version;   /* absent: whatever version it has; empty: it was never changed */
    cr_str text;         /* of CR_EDIT_TEXT */
    cr_str data;         /* the same; absent: as it is; empty: none */
    cr_str reaction;     /* of CR_EDIT_REACT: the character */
    bool is_added;       /* or it is removed */
} cr_edit;

/* Changes a message; *ret_message is the message as it is then, to be freed with free(). */
cruddur_status cr_edit_message(cr_store *store, const cr_edit *edit, cr_call *call,
                               cr_packed_row **ret_message, bool *ret_changed);

/* Reads a message; `viewer` is NULL for a caller who may read any. *ret_message is to be freed with
 * free(). */
cruddur_status cr_get_message(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                              const cr_message_name *name, cr_call *call,
                              cr_packed_row **ret_message);

#endif
