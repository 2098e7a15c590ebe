/* SPDX-License-Identifier: MIT */
/* The sequence: which keys the changes of a file have written, in the order of their commits. Each
 * change adds an entry, in its own transaction, so none is ever missing, and none tells of what was
 * not committed. An entry costs one page more of the log, so there are none while nothing follows
 * the changes (model/store_row.h). The search for what does finds the fence, too. */
#ifndef CR_STORE_SQLITE_SEQUENCE_H
#define CR_STORE_SQLITE_SEQUENCE_H

#include "store/sqlite/txn.h"

/* How many entries are kept, unless a move needs older ones. */
#define CR_SEQUENCE_KEPT 16384

/* Forgets what an earlier run of the body has noted. */
void cr_sequence_restart(cr_sqlite_txn *txn);

/* Notes what the change has done to this row. CRUDDUR_E_STORE_FENCED, write statuses. */
cruddur_status cr_sequence_note(cr_sqlite_txn *txn, const cr_row *row, cr_written how);

/* Adds the entry of the change, if it has written anything. CRUDDUR_E_STORE_FENCED, write statuses.
 */
cruddur_status cr_sequence_end(cr_sqlite_txn *txn);

/* A body that reads. `context` is a cr_sequence_request. */
cruddur_status cr_sequence_read(cr_txn *base, void *context);

typedef struct cr_sequence_request {
    int64_t after;
    size_t limit;
    cr_changed_keys *changed;
    cr_arena *arena;
} cr_sequence_request;

#endif
