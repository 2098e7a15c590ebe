/* SPDX-License-Identifier: MIT */
/* Group commit. The thread that finds nobody writing becomes the leader: it takes the lock on the
 * file, runs the changes that have gathered meanwhile, each in a savepoint of its own, commits them
 * with one sync, hands every one its own result, and passes the lead to whoever waits next. */
#ifndef CR_STORE_SQLITE_WRITER_H
#define CR_STORE_SQLITE_WRITER_H

#include "store/sqlite/connection.h"
#include "store/sqlite/files.h"
#include "store/store.h"

typedef struct cr_writer cr_writer;

/* Takes over the connection, on success. `files`, which has none for a store in memory, and the
 * store, whose bell is rung after each commit, must outlive the writer. */
cruddur_status cr_writer_new(cr_connection *connection, cr_store_files *files,
                             const cr_store *store, cr_writer **ret_writer, cruddur_error **error);

/* Nobody is writing. */
void cr_writer_free(cr_writer *writer);

/* As cr_store_ops.change. */
cruddur_status cr_writer_change(cr_writer *writer, cr_body body, void *context, cr_call *call);

#endif
