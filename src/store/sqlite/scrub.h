/* SPDX-License-Identifier: MIT */
/* Overwriting what deleted and replaced rows have left in the file and its log. */
#ifndef CR_STORE_SQLITE_SCRUB_H
#define CR_STORE_SQLITE_SCRUB_H

#include "store/sqlite/connection.h"

/* Rewrites the file, page by page, and empties the log. The connection has no transaction open.
 * Write statuses. */
cruddur_status cr_sqlite_scrub(cr_connection *connection, cr_call *call);

#endif
