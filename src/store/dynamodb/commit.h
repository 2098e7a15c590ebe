/* SPDX-License-Identifier: MIT */
/* Committing what a body stated. Where a condition failed, both functions ask for another run of
 * the body (cr_dynamodb_run_again()), and nothing of the change is left in the table. */
#ifndef CR_STORE_DYNAMODB_COMMIT_H
#define CR_STORE_DYNAMODB_COMMIT_H

#include "store/dynamodb/txn.h"

/* All or none, where the service can; else in steps. */
cruddur_status cr_dynamodb_commit(cr_dynamodb_txn *txn);

/* Counts writes that were carried out. */
void cr_dynamodb_note_write(cr_dynamodb_txn *txn, const cr_result *result, size_t rows);

/* One write after the other, the message last of the puts: until it is stored the change can be
 * taken back, and from then on it is done. What a failure leaves are group rows that readers hide
 * and the next change removes. A removal whose condition fails is left to whoever was faster. */
cruddur_status cr_dynamodb_commit_in_steps(cr_dynamodb_txn *txn);

#endif
