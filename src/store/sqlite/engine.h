/* SPDX-License-Identifier: MIT */
/* The embedded engine: one SQLite file.
 *
 *   engine.c      the seam's functions; the URL's parameters
 *   writer.c      group commit: many threads' changes in one transaction, one sync
 *   readers.c     a pool of connections for reading, which never wait for the writer
 *   txn.c         what a body may do, on one connection
 *   sequence.c    which keys the changes have written, in order; is the store fenced?
 *   absence.c     a second look before a call is refused for rows that were not found
 *   connection.c  a connection, its settings and its prepared statements
 *   files.c       are the files still the ones at the store's path?
 *   schema.c      the table, its index, migrations; is the file ours?
 *   shape.c       compares a file's schema with that of a new store
 *   load.c        the schema calls: load, verify, list, drop
 *   failure.c     what SQLite's result codes mean to the caller
 */
#ifndef CR_STORE_SQLITE_ENGINE_H
#define CR_STORE_SQLITE_ENGINE_H

#include "store/store.h"
#include "store/url.h"

cruddur_status cr_sqlite_open(const cr_url *url, const cr_store_options *options,
                              cr_store **ret_store, cruddur_error **error);

#endif
