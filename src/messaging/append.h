/* SPDX-License-Identifier: MIT */
/* What opening a group and a change for several messages (combine.h) share with appending one. */
#ifndef CR_MESSAGING_APPEND_H
#define CR_MESSAGING_APPEND_H

#include "messaging/group_rows.h"
#include "messaging/repeat.h"

/* So many messages are appended in one change. */
#define CR_TOGETHER_MAX 32

/* Messages that are appended in one change, in their order. One at least. */
typedef struct cr_together {
    cr_send *send[CR_TOGETHER_MAX];
    cr_found_claim claim[CR_TOGETHER_MAX];
    size_t count;
} cr_together;

/* Reads a group that is appended to: in a first run by a guess, if there is one. `reading` tells
 * for whom, and which tokens are looked for. */
cruddur_status cr_append_read_group(cr_txn *txn, cr_send *send, bool is_first,
                                    const cr_group_reading *reading, cr_group *group);

/* Reads its group rows, as they are to be moved on from the head. */
cruddur_status cr_append_read_rows(cr_txn *txn, cr_send *send, cr_group *group,
                                   cr_group_rows *rows);

/* States the messages, their claims, and the group rows that move to the last of them. The rows
 * come out of it as they will be; several messages only for rows that are in order. */
cruddur_status cr_append_and_move(cr_txn *txn, const cr_together *together, cr_group *group,
                                  cr_group_rows *rows);

/* Appends to a group that was read for the author, who is a member, unless the message is there
 * already. */
cruddur_status cr_append_once(cr_txn *txn, cr_send *send, cr_group *group);

#endif
