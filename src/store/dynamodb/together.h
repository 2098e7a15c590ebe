/* SPDX-License-Identifier: MIT */
/* Writes that need no order among each other, under way at the same time. */
#ifndef CR_STORE_DYNAMODB_TOGETHER_H
#define CR_STORE_DYNAMODB_TOGETHER_H

#include "store/dynamodb/txn.h"

/* Sends up to CR_HTTP_TOGETHER_MAX stated writes, from the number `first` on, with one attempt
 * each, and returns what came of them, in their order; the caller sends those again that came to
 * nothing. NULL: there is no memory, and nothing was sent. */
cr_dynamodb_try *cr_together_send(const cr_dynamodb_txn *txn, cr_operation operation, size_t first,
                                  size_t count);

void cr_together_free(cr_dynamodb_try *tries, size_t count);

/* Makes the answer of one of them the transaction's. */
void cr_together_take(cr_dynamodb_txn *txn, cr_dynamodb_try *tried);

#endif
