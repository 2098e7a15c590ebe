/* SPDX-License-Identifier: MIT */
/* The table, its index, and whether a file is ours. */
#ifndef CR_STORE_SQLITE_SCHEMA_H
#define CR_STORE_SQLITE_SCHEMA_H

#include "store/sqlite/shape.h"

/* Makes sure that the store behind the connection is ours and of this version: an empty file
 * becomes a store (not if it must exist already), an older one is brought up to date. */
cruddur_status cr_sqlite_schema_ensure(cr_connection *connection, bool must_exist,
                                       const cr_logger *logger, cruddur_error **error);

/* Compares the schema with the one of this version; as cr_shape_compare(). */
int cr_sqlite_schema_compare(cr_connection *connection, cr_difference_sink sink, void *context);

/* Creates the table if there is none, or brings it to this version, in the transaction that is
 * open. */
cruddur_status cr_sqlite_schema_restore(cr_connection *connection, const cr_logger *logger,
                                        cruddur_error **error);

/* Drops the table, if it is there, in the transaction that is open. Unless the file has tables of
 * other programs it is an empty file then, as far as cr_sqlite_schema_ensure() is concerned.
 * Returns SQLite's result code. */
int cr_sqlite_schema_drop(cr_connection *connection, bool *was_there);

#endif
