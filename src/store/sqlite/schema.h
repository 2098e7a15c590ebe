/* SPDX-License-Identifier: MIT */
/* The table, its index, and whether a file is ours. */
#ifndef CR_STORE_SQLITE_SCHEMA_H
#define CR_STORE_SQLITE_SCHEMA_H

#include "store/sqlite/connection.h"

/* Makes sure that the store behind the connection is ours and of this version: an empty file
 * becomes a store (not if it must exist already), an older one is brought up to date. */
cruddur_status cr_sqlite_schema_ensure(cr_connection *connection, bool must_exist,
                                       const cr_logger *logger, cruddur_error **error);

#define CR_SQLITE_TABLE "cruddur_messages"

/* Drops the table, in the transaction that is open: what is left is an empty file, as far as
 * cr_sqlite_schema_ensure() is concerned. */
cruddur_status cr_sqlite_schema_drop(cr_connection *connection, cruddur_error **error);

#endif
