/* SPDX-License-Identifier: MIT */
/* A pool of connections for reading. In WAL mode a reader sees the last commit and never waits for
 * the writer; each thread that reads takes a connection of its own. Their number is bounded, by a
 * constant and by the descriptors that the process may have. */
#ifndef CR_STORE_SQLITE_READERS_H
#define CR_STORE_SQLITE_READERS_H

#include "store/sqlite/connection.h"
#include "store/sqlite/files.h"

typedef struct cr_readers cr_readers;

/* Opens no connection yet. `place` and `files` must outlive the pool. */
cruddur_status cr_readers_new(const cr_sqlite_place *place, cr_store_files *files,
                              cr_readers **ret_readers, cruddur_error **error);

/* No connection is taken. */
void cr_readers_free(cr_readers *readers);

/* Takes a connection, an idle one or a new one, waiting for it until the call's deadline; to be
 * given back. */
cruddur_status cr_readers_take(cr_readers *readers, const cr_call *call,
                               cr_connection **ret_connection);

void cr_readers_give(cr_readers *readers, cr_connection *connection);

#endif
