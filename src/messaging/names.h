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

/* Restores the rows that are missing, with the names that messages tell. */
cruddur_status cr_group_rows_complete(cr_txn *txn, const cr_uuid *group, cr_group_rows *group_rows);

/* What the group rows know of a member's name; absent where they do not. */
cr_person cr_group_rows_person(const cr_group_rows *group_rows, const cr_uuid *uuid);

/* The group row of a member of a group that was found, restored where it was lost. */
cruddur_status cr_group_rows_own(cr_txn *txn, cr_group *group, const cr_uuid *member, cr_row *row);

#endif
