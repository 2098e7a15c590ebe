/* SPDX-License-Identifier: MIT */
/* Rows that tell whether a write was carried out whose answer was lost. */
#ifndef CR_STORE_DYNAMODB_WITNESS_H
#define CR_STORE_DYNAMODB_WITNESS_H

#include "store/dynamodb/txn.h"

/* Whether a row of the table is the one that a put was to put there. */
bool cr_dynamodb_is_as_put(const cr_dynamodb_txn *txn, const cr_row *stored, const cr_write *write);

/* Whether the transaction, which was cancelled, had been carried out by an earlier request: by the
 * rows that its conditions have met. */
bool cr_dynamodb_is_carried_out(const cr_dynamodb_txn *txn, const cr_result *result);

/* Asks the table whether the row of one of the puts is there as it was put, or, where the first is
 * a message, all of them. Describes nothing. */
bool cr_dynamodb_is_stored(cr_dynamodb_txn *txn, const cr_write *const *writes, size_t count);

/* Asks the same for the whole transaction. */
bool cr_dynamodb_is_change_stored(cr_dynamodb_txn *txn);

#endif
