/* SPDX-License-Identifier: MIT */
/* The group-row rewrite: a new message moves the group row of every member to its sort key. A key
 * cannot be updated, so the row is put again and the old one removed. */
#ifndef CR_MESSAGING_REWRITE_H
#define CR_MESSAGING_REWRITE_H

#include "messaging/write.h"

/* The group rows of a group as they were read. */
typedef struct cr_inboxes {
    cr_members members;
    cr_pk pk[CRUDDUR_MEMBERS_MAX];   /* each member's partition */
    cr_row row[CRUDDUR_MEMBERS_MAX]; /* each member's newest; absent where the member has none */
    cr_rows old;                     /* every row that the rewrite removes */
    bool forward_only;               /* rows of a later message stay where they are */
    cr_row
        copy; /* of a message that was moved, at its old place; absent throughout: none is known */
} cr_inboxes;

/* Reads the group rows of all members, given one of them and the head. */
cruddur_status cr_inboxes_read(cr_txn *txn, const cr_row *head, const cr_row *group_row,
                               cr_inboxes *inboxes);

/* For whoever only moves rows forward: reads those that the index told of, of which there are some,
 * as the table has them by now. */
cruddur_status cr_inboxes_reread(cr_txn *txn, const cr_uuid *group, cr_rows *told,
                                 cr_inboxes *inboxes);

/* Whether every member has a row, and where there is a head (else absent), none but before or at
 * it. */
bool cr_inboxes_are_whole(const cr_inboxes *inboxes, cr_str head_sk);

/* Looks for those rows of the other members in their partitions. */
cruddur_status cr_inboxes_search(cr_txn *txn, const cr_uuid *group, cr_str head_sk,
                                 cr_inboxes *inboxes);

/* Adds the group rows that the members have at a sort key that is not the head's. */
cruddur_status cr_inboxes_read_at(cr_txn *txn, cr_str sk, cr_str group, cr_inboxes *inboxes);

/* The sort key of the oldest of all rows; absent where there are none. */
cr_str cr_inboxes_oldest(const cr_inboxes *inboxes);

/* Reads the messages behind the oldest of the group rows: *newest is the newest of them, absent
 * throughout where there is none, and the names that their authors had go into the rows. Where rows
 * only move forward, the newest of each member up to there counts from then on. Of very many
 * messages only the latest are looked at. */
cruddur_status cr_inboxes_read_news(cr_txn *txn, const cr_uuid *group, cr_inboxes *inboxes,
                                    cr_row *newest);

/* Whether some member has a row at this sort key that is none of this group (invariant 4). */
cruddur_status cr_inboxes_is_taken(cr_txn *txn, const cr_uuid *group, const cr_inboxes *inboxes,
                                   cr_str sk, bool *is_taken);

/* What the group rows know of a member's name; absent where they do not. */
cr_person cr_inboxes_person(const cr_inboxes *inboxes, const cr_uuid *uuid);

/* A member's group row as it is after the message. Unknown attributes are carried along. */
cr_row cr_inboxes_moved(const cr_inboxes *inboxes, size_t member, const cr_person *author,
                        const cr_row *message);

/* Every member's newest row has this sort key. */
bool cr_inboxes_are_at(const cr_inboxes *inboxes, cr_str sk);

/* One of the old rows has this sort key, so that no row can be put there. */
bool cr_inboxes_meet(const cr_inboxes *inboxes, cr_str sk);

/* Whether the rewrite has anything to do. */
bool cr_inboxes_must_move(const cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message);

/* States the rewrite: every member's row at the message's key, but for those that are there
 * already.
 */
cruddur_status cr_inboxes_put(cr_txn *txn, const cr_inboxes *inboxes, const cr_person *author,
                              const cr_row *message);

/* And, behind all puts, the removal of the old: an interruption leaves a duplicate and never a lost
 * conversation. Of very many, what one change has no room for is left to the next. Two writes are
 * left to the caller. */
cruddur_status cr_inboxes_remove(cr_txn *txn, const cr_inboxes *inboxes, const cr_row *message,
                                 bool *is_complete);

#endif
