/* SPDX-License-Identifier: MIT */
/* What a body may do, on one connection. */
#ifndef CR_STORE_SQLITE_TXN_H
#define CR_STORE_SQLITE_TXN_H

#include "store/sqlite/connection.h"
#include "store/store.h"

#define CR_ABSENCES_MAX 8

typedef struct cr_sqlite_txn {
    cr_txn base;
    cr_connection *connection;
    cr_key absences[CR_ABSENCES_MAX]; /* what this run of the body did not find: absence.h */
    size_t absence_count;
    cr_buffer *written; /* the entry of the change: sequence.h */
    struct {
        size_t at; /* in the entry */
        size_t size;
    } last_sk;
    bool writes_others; /* than rows about the store */
    bool has_missed;    /* an earlier run of the body stated a row that was not as it was read */
} cr_sqlite_txn;

/* For a change its caller sets `written`. */
void cr_sqlite_txn_init(cr_sqlite_txn *txn, cr_connection *connection, unsigned traits,
                        cr_arena *arena, cr_call *call);

/* Puts rows whose keys are free, in the change that is open, as cr_store_ops.load. */
cruddur_status cr_sqlite_bulk_load(cr_sqlite_txn *txn, const cr_row *rows, size_t count,
                                   const cr_load_options *options, cr_loaded *loaded);

/* Reads. `context` is a bool: the row of twins is there, and no user has two rows of one group. */
cruddur_status cr_twins_check(cr_txn *txn, void *context);

/* Writes: removes the row then. No context. */
cruddur_status cr_twins_forget(cr_txn *txn, void *context);

/* Walks over the whole table from behind `after`. */
cruddur_status cr_sqlite_scan(cr_connection *connection, cr_key after, cr_sink sink, void *context,
                              cr_call *call);

#endif
