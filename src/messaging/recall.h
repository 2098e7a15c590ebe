/* SPDX-License-Identifier: MIT */
/* Going by what this handle has left of a group (store/kept_group.h), without a read, where every
 * writer is ours: another writer that has changed the group since has changed its rows, or the
 * message that is replaced. Nothing of it is trusted: it counts where the conditions of a write
 * judge it, and a run that comes to anything else is made again, by reads. */
#ifndef CR_MESSAGING_RECALL_H
#define CR_MESSAGING_RECALL_H

#include "messaging/rewrite.h"
#include "store/store.h"

/* What a run may go by, by cr_group_recall(); NULL: nothing. Only a first run may. */
const cr_kept_group *cr_recall(const cr_txn *txn, bool is_first);

/* The same in steps, where no condition judges it: it only tells which keys are worth reading. */
const cr_kept_group *cr_recall_keys(const cr_txn *txn, bool is_first);

/* Where a member's row was that this handle has left, for a call that only reads: it reads that key
 * too, and what it finds counts if it is at the head. False: not known. */
bool cr_recall_own_key(const cr_store *store, const cr_uuid *group, const cr_uuid *member,
                       cr_kept_key *sk);

/* Leaves the group as a rewrite makes it, which was read with its rows at its head. `counter`: of
 * changes, as it is from now on; NULL: as it was left before. */
void cr_recall_leave(const cr_txn *txn, const cr_group *group, const cr_rewrite *rewrite,
                     const cr_row *counter);

/* Leaves what was left before, where a call that has read the group changes nothing. */
void cr_recall_leave_as_is(const cr_txn *txn, const cr_group *group);

/* The same, in which `row` takes the place of the group row that was `as_read`: if
 * that is what was left. */
void cr_recall_leave_row(const cr_txn *txn, const cr_row *as_read, const cr_row *row);

/* The same with this counter, and this message, if it is the newest. The group was read since: its
 * rows are where they were. */
void cr_recall_leave_message(const cr_txn *txn, const cr_group *group, const cr_row *message,
                             const cr_row *counter);

#endif
