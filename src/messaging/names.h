/* SPDX-License-Identifier: MIT */
/* What the messages tell that the group rows do not have yet: a later message, and the names that
 * their authors had. */
#ifndef CR_MESSAGING_NAMES_H
#define CR_MESSAGING_NAMES_H

#include "messaging/group_rows.h"
#include "model/person.h"

/* Reads the messages behind the oldest of the group rows, and for rows that were restored those
 * before: *newest is the newest of them, absent throughout where there is none. The names
 * that their authors had go into the rows, and an author's own row is marked as read up to there.
 * Where rows only move forward, the newest of each member up to there counts from then on. Of very
 * many messages only the latest are looked at. */
cruddur_status cr_group_rows_read_names(cr_txn *txn, const cr_uuid *group,
                                        cr_group_rows *group_rows, cr_row *newest);

/* How many of the newest messages are read along with the head: for an author's names; for rows
 * that are moved to it. */
#define CR_LATEST_FOR_NAMES 16
#define CR_LATEST_FOR_ROWS 8

/* That query, to be announced. */
cr_query cr_latest_query(const cr_pk *pk, size_t expected);

/* The names of a member by one row that names the member, to which the index leads, and by the
 * newest messages: *are_known where these go back to that row. */
cruddur_status cr_latest_names(cr_txn *txn, cr_group *group, cr_person *person, bool *are_known);

/* Restores the rows that are missing, with the names that messages tell. */
cruddur_status cr_group_rows_complete(cr_txn *txn, const cr_uuid *group, cr_group_rows *group_rows);

/* What the group rows know of a member's name; absent where they do not. */
cr_person cr_group_rows_person(const cr_group_rows *group_rows, const cr_uuid *uuid);

/* The group row of a member of a group that was found, restored where it was lost. */
cruddur_status cr_group_rows_own(cr_txn *txn, cr_group *group, const cr_uuid *member, cr_row *row);

#endif
