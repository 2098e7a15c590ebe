/* SPDX-License-Identifier: MIT */
/* The fence (store/store.h): a row that closes the table.
 *
 * A condition on that row in every transaction would cost two write units each, and make one item
 * the bottleneck of the whole table. A condition on something that every change covers anyway, the
 * group rows, would mean to rewrite each group of the table. So the row is only read, and a handle
 * believes for CR_FENCE_US that there is none. Where a change reads rows by key, as each append
 * does for the card, the fence is one key more of that request. Only a change that reads none makes
 * a request for it, at most one for each CR_FENCE_US of a handle.
 *
 * What this leaves open is a time: whoever puts the fence has to wait for CR_FENCE_US, and for the
 * longest call that may be on its way. */
#ifndef CR_STORE_DYNAMODB_FENCE_H
#define CR_STORE_DYNAMODB_FENCE_H

#include "store/dynamodb/txn.h"

/* Whether the change has to look for a fence before it writes. */
bool cr_fence_is_due(const cr_dynamodb_txn *txn);

/* Whether that is so, or soon will be: where rows are read anyway, it costs nothing to look now. */
bool cr_fence_is_due_soon(const cr_dynamodb_txn *txn);

/* What was read at the fence's key, by a request that was begun then. CRUDDUR_E_STORE_FENCED. */
cruddur_status cr_fence_judge(cr_dynamodb_txn *txn, const cr_row *row, int64_t asked_at_us);

/* Looks for a fence, if that is due. For a change that is about to be committed: one that writes
 * nothing but rows about the store is let through. CRUDDUR_E_STORE_FENCED, read statuses. */
cruddur_status cr_fence_check(cr_dynamodb_txn *txn);

/* The same for rows that are written outside of changes; `call` reads strongly. */
cruddur_status cr_fence_look(cr_store *store, cr_call *call);

#endif
