/* SPDX-License-Identifier: MIT */
/* Writing many rows at once, without conditions. */
#ifndef CR_STORE_DYNAMODB_BATCH_H
#define CR_STORE_DYNAMODB_BATCH_H

#include "store/dynamodb/table.h"

/* Puts up to CR_BATCH_ROWS_MAX rows of different keys, whatever is there. What the service leaves
 * unwritten is sent again, after a pause, until the deadline: then CRUDDUR_E_THROTTLED. The outcome
 * of each row is unknown after a failure. */
cruddur_status cr_dynamodb_batch_write(cr_store *store, const cr_row *rows, size_t count,
                                       cr_call *call);

#endif
