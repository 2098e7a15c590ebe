/* SPDX-License-Identifier: MIT */
/* Finding one message by its uuid. Rows are in the order of time, so that takes its time as well,
 * or something that leads to it: where an engine does not know messages by their uuid, the claim of
 * the uuid, or the time in a uuid of version 7. No look-up reads a whole group. */
#ifndef CR_MESSAGING_FIND_H
#define CR_MESSAGING_FIND_H

#include "messaging/rows.h"
#include "model/time.h"

/* How a caller names a message. */
typedef struct cr_message_name {
    cr_uuid uuid;
    int64_t created_at_us; /* 0: not known */
} cr_message_name;

/* How errors call the arguments that name a message. */
typedef struct cr_message_arguments {
    const char *uuid;
    const char *created_at_us;
} cr_message_arguments;

/* One look-up. Its text may be the lookup's own: it must stay where it is. */
typedef struct cr_message_lookup {
    const cr_uuid *group;
    const cr_message_name *name;
    cr_pk pk;         /* the group's partition */
    cr_str sk;        /* where the message is to be read; absent: no need, or not known */
    cr_row row;       /* the message; absent throughout: it is not there, or not read yet */
    bool is_timeless; /* it was not found, and its time would tell more */
    cr_sort_key made_sk;
} cr_message_lookup;

/* Finds out where the message is. `head` may be the group's newest message; NULL: not known. The
 * look-up has the row afterwards, or the sort key, or none of the two: then there is no such
 * message. Read statuses. */
cruddur_status cr_message_look_up(cr_txn *txn, const cr_uuid *group, const cr_message_name *name,
                                  const cr_row *head, cr_message_lookup *lookup);

/* Takes the row that was read at the look-up's sort key, whatever it is. Where the message is not
 * there, it may have a key of an older form. Read statuses. */
cruddur_status cr_message_take(cr_txn *txn, cr_message_lookup *lookup, const cr_row *there);

/* The message is there, but hidden from the user, who gets the same error as if it were not. */
void cr_message_hide(const cr_txn *txn, cr_message_lookup *lookup);

/* Says that the message was not found: CRUDDUR_E_MESSAGE_NOT_FOUND or CRUDDUR_E_MESSAGE_TIME. */
cruddur_status cr_message_fail(const cr_txn *txn, const cr_message_lookup *lookup);

/* The same where other arguments name it. */
cruddur_status cr_message_fail_as(const cr_txn *txn, const cr_message_lookup *lookup,
                                  const cr_message_arguments *arguments);

/* All of it: reads the message. The statuses of all three. */
cruddur_status cr_message_find(cr_txn *txn, const cr_uuid *group, const cr_message_name *name,
                               cr_row *message);

#endif
