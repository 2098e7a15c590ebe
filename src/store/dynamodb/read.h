/* SPDX-License-Identifier: MIT */
/* What a body reads: cr_txn_ops.get, query and read_ahead, and cr_store_ops.scan. */
#ifndef CR_STORE_DYNAMODB_READ_H
#define CR_STORE_DYNAMODB_READ_H

#include "store/dynamodb/txn.h"

cruddur_status cr_dynamodb_get(cr_txn *base, const cr_key *keys, size_t count, cr_row *rows);
cruddur_status cr_dynamodb_query(cr_txn *base, const cr_query *query, cr_sink sink, void *context);
void cr_dynamodb_read_ahead(cr_txn *base, const cr_reads *reads);

/* Walks over the whole table. */
cruddur_status cr_dynamodb_scan(cr_dynamodb_txn *txn, cr_key after, size_t expected, cr_sink sink,
                                void *context);

#endif
