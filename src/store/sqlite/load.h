/* SPDX-License-Identifier: MIT */
/* The bodies of the schema calls. */
#ifndef CR_STORE_SQLITE_LOAD_H
#define CR_STORE_SQLITE_LOAD_H

#include "store/store.h"

/* Reads. `context` is the cr_lines that get a line for each difference. */
cruddur_status cr_load_verify(cr_txn *txn, void *context);

/* Reads. `context` is a bool: the schema is as the library needs it, whatever other programs
 * added. */
cruddur_status cr_load_check(cr_txn *txn, void *context);

/* Writes. Creates the table or an index that is missing; fails with CRUDDUR_E_TABLE_SHAPE if
 * anything else is not as the library needs it. No context. */
cruddur_status cr_load_restore(cr_txn *txn, void *context);

/* Reads. `context` is the cr_lines that get the names of all tables. */
cruddur_status cr_load_list(cr_txn *txn, void *context);

/* Writes. No context. */
cruddur_status cr_load_drop(cr_txn *txn, void *context);

#endif
