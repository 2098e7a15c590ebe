/* SPDX-License-Identifier: MIT */
/* The group rows of a group, one in the inbox of each member, as a write finds them. */
#ifndef CR_MESSAGING_GROUP_ROWS_H
#define CR_MESSAGING_GROUP_ROWS_H

#include "messaging/group.h"

typedef struct cr_group_rows {
    cr_members members;
    cr_pk pk[CRUDDUR_MEMBERS_MAX];   /* each member's partition */
    cr_row row[CRUDDUR_MEMBERS_MAX]; /* each member's newest; absent where the member has none */
    cr_rows old;                     /* every row that the rewrite removes */
    const cr_read_card *card;        /* the group's */
    cr_str list;                     /* member_uuids of a row; absent where there are two members */
    cr_str version;                  /* for the rows that are put */
    bool forward_only;               /* rows of a later message stay where they are; the newest
                                        message is read after the rows */
    cr_str room[CRUDDUR_MEMBERS_MAX]; /* the key for a row that has to be displaced; else absent */
} cr_group_rows;

/* Reads the group rows of all members of a group that was found. There may be none, if the members
 * are known all the same. */
cruddur_status cr_group_rows_read(cr_txn *txn, cr_group *group, cr_group_rows *rows);

/* For a change that only moves rows forward: takes the rows of these members that were read. The
 * card is borrowed. */
cruddur_status cr_group_rows_take(cr_txn *txn, const cr_read_card *card, const cr_rows *found,
                                  const cr_members *members, cr_group_rows *rows);

/* The same rows, of which those of people who are no members any more go. `rows` has none yet of
 * new members, but a stray one that is there already. */
cruddur_status cr_group_rows_regroup(cr_txn *txn, const cr_group_rows *before,
                                     const cr_members *members, cr_group_rows *rows);

/* An attribute that all rows share with the card. In a group without one it is that of any row
 * which has it. */
cr_str cr_group_rows_shared(const cr_group_rows *rows, cr_attribute attribute);

/* Every member's newest row is at the message with this sort key. */
bool cr_group_rows_are_at(const cr_group_rows *rows, cr_str sk);

/* Whether every member has a row, and where there is a head (else absent), none but before or at
 * it. */
bool cr_group_rows_are_whole(const cr_group_rows *rows, cr_str head_sk);

/* Looks for the rows of the other members in their partitions. */
cruddur_status cr_group_rows_search(cr_txn *txn, const cr_uuid *group, cr_str head_sk,
                                    cr_group_rows *rows);

/* Adds the group rows that the members have at a sort key that is not the head's, and that were not
 * read there before. */
cruddur_status cr_group_rows_read_at(cr_txn *txn, cr_str sk, cr_str group, cr_group_rows *rows);

/* For a change that shows the head, which was read before the rows: the head may have been changed
 * between, and the rows with it. CRUDDUR_E_CONFLICT: it was. */
cruddur_status cr_group_rows_check_head(cr_txn *txn, const cr_group *group,
                                        const cr_group_rows *rows);

/* Whether the head is another one by now than that which was read before the rows. `newest`: the
 * newest message as it was read after them, absent throughout where that was not done. */
bool cr_group_head_has_changed(const cr_group *group, const cr_row *newest);

/* The sort key of the oldest message that any row is at; absent where there are no rows. */
cr_str cr_group_rows_oldest(const cr_group_rows *rows);

/* Of rows that only move forward: one at a later message than the head is one of a message that is
 * not stored yet, and may never be. The member's row before it counts, where there is one. */
void cr_group_rows_forget_later(cr_group_rows *rows, cr_str head_sk);

/* One of the old rows has this sort key, so that no row can be put there. */
bool cr_group_rows_meet(const cr_group_rows *rows, cr_str sk);

/* Makes a row for each member who has none, as the card and the rows of the others have it, but
 * without names. It is at no message yet: its sort key is empty. */
void cr_group_rows_restore(const cr_uuid *group, cr_group_rows *rows);

static inline bool cr_row_is_restored(const cr_row *row)
{
    return cr_row_exists(row) && row->value[CR_SK].size == 0;
}

bool cr_group_rows_have_restored(const cr_group_rows *rows);

#endif
