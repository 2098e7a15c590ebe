/* SPDX-License-Identifier: MIT */
/* The group-row rewrite: a new message moves the group row of every member to its sort key. A key
 * cannot be updated, so the row is put again and the old one removed.
 *
 * The message itself never moves once it is stored. Where a member's inbox has another row at its
 * key, that member's row is displaced: it gets the next free key, and its head_sk names the
 * message (cr_row_place(), model/kind.h). */
#ifndef CR_MESSAGING_REWRITE_H
#define CR_MESSAGING_REWRITE_H

#include "messaging/names.h"

/* What a rewrite keeps from runs of its body that came to nothing. It begins as zeros. */
typedef struct cr_room_search {
    bool is_wanted;   /* a put failed: a key may be taken */
    int64_t reach_us; /* how far the next run looks, at most (messaging/taken_key.h) */
} cr_room_search;

/* Finds room for the rows that cannot go to the message's key, as the inbox has another row there
 * (invariant 4). That is seldom, so a first run does not look. A row that turns out to be at the
 * message already counts from then on. */
cruddur_status cr_group_rows_find_room(cr_txn *txn, const cr_uuid *group, const cr_row *message,
                                       cr_room_search *search, cr_group_rows *group_rows);

/* A member's group row as it is after the message. Unknown attributes are carried along; all rows
 * get the list of members that belongs there. */
cr_row cr_group_rows_moved(const cr_group_rows *group_rows, size_t member, const cr_person *author,
                           const cr_row *message);

/* One of the old rows has this sort key, so that no row can be put there. */
bool cr_group_rows_meet(const cr_group_rows *group_rows, cr_str sk);

/* Whether the rewrite has anything to do. */
bool cr_group_rows_must_move(const cr_txn *txn, const cr_group_rows *group_rows,
                             const cr_row *message);

/* States the rewrite: every member's row at the message's key, or where it was found room, but for
 * those that are at the message already. The group_rows are complete. */
cruddur_status cr_group_rows_put(cr_txn *txn, const cr_group_rows *group_rows,
                                 const cr_person *author, const cr_row *message);

/* And, behind all puts, the removal of the old: an interruption leaves a duplicate and never a lost
 * conversation. Of very many, what one change has no room for is left to the next. Two writes are
 * left to the caller. */
cruddur_status cr_group_rows_remove(cr_txn *txn, const cr_group_rows *group_rows,
                                    const cr_row *message, bool *is_complete);

#endif
