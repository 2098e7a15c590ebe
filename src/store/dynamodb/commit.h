/* SPDX-License-Identifier: MIT */
/* Committing what a body stated. Where a condition failed, both functions ask for another run of
 * the body (cr_dynamodb_run_again()), and nothing of the change is left in the table. */
#ifndef CR_STORE_DYNAMODB_COMMIT_H
#define CR_STORE_DYNAMODB_COMMIT_H

#include "store/dynamodb/txn.h"

/* All or none, where the service can; else in steps. */
cruddur_status cr_dynamodb_commit(cr_dynamodb_txn *txn);

/* One write after the other. A put that fails its condition undoes those before it; a removal that
 * does is left to whoever was faster. Once all rows are put, the change counts as done: what a
 * failure leaves then are old rows that readers hide and the next change removes. */
cruddur_status cr_dynamodb_commit_in_steps(cr_dynamodb_txn *txn);

#endif
