/* SPDX-License-Identifier: MIT */
/* A member's own group row, and changes of it alone: what the member has read, and the member's
 * settings for the group. Such a change replaces that one row. */
#ifndef CR_MESSAGING_OWN_ROW_H
#define CR_MESSAGING_OWN_ROW_H

#include "messaging/find.h"
#include "model/page.h"

/* Finds the member's row of a group that was read for the member: it is at the head's key, unless
 * it is displaced, or behind the head in mode `stream`. *row is absent throughout if it was lost.
 */
cruddur_status cr_own_row_find(cr_txn *txn, cr_group *group, const cr_uuid *member, cr_row *row);

/* For what was read after the card was, by which the member is one, or is none: CRUDDUR_E_CONFLICT
 * where the card is not as it was, or the member's row (which may be absent) is one of before it.
 */
cruddur_status cr_own_row_check(cr_txn *txn, const cr_group *group, const cr_row *own);

/* The same for messages that were read after the member's row was, or together with it: one after
 * that row may be of a time when the member was none. `newest_sk`: of what was read. */
cruddur_status cr_own_row_check_beyond(cr_txn *txn, const cr_group *group, const cr_row *own,
                                       cr_str newest_sk);

typedef struct cr_own_change cr_own_change;

/* What a change goes by. */
typedef struct cr_own_found {
    cr_group group;
    cr_message_lookup lookup; /* of the message that the change names */
    cr_row row;               /* the member's, to be edited in place */
} cr_own_found;

/* Edits found->row, with text that lasts until the body returns. Read statuses, and its own. */
typedef cruddur_status (*cr_own_edit)(cr_txn *txn, const cr_own_change *change,
                                      cr_own_found *found);

struct cr_own_change {
    const cr_uuid *group;
    const cr_uuid *member;
    const cr_message_name *message; /* that the member must see; NULL: none */
    const cr_message_arguments *arguments;
    cr_own_edit edit;
    const void *context; /* for the edit */
    bool goes_by_head;   /* a row behind the head is moved there first */
    bool goes_by_key;    /* the edit takes no more of the message than its key */
};

/* Makes a change. A row that was lost is restored first. A row that the edit leaves as it is is not
 * written. *ret_row is the row as it is then, with its unread messages counted; free it with
 * free(). NULL: not wanted. */
cruddur_status cr_own_row_change(cr_store *store, const cr_own_change *change, cr_call *call,
                                 cr_packed_row **ret_row);

#endif
