/* SPDX-License-Identifier: MIT */
/* What SQLite's result codes and the system's error numbers mean to the caller. */
#ifndef CR_STORE_SQLITE_FAILURE_H
#define CR_STORE_SQLITE_FAILURE_H

#include <sqlite3.h>

#include "base/error.h"
#include "base/print.h"

/* A store's path in a message, for printf's "%.*s". */
#define CR_STORE_PATH(path) CR_CUT(path, 256)

/* Describes the failure `code` (an extended result code) of `action` on the store at `path`; `db`
 * is the connection that it happened on, and was not used since, or NULL. */
cruddur_status cr_sqlite_fail(cruddur_error **error, sqlite3 *db, int code, const char *path,
                              const char *action);

/* Describes the failure of a system call for which errno was `reason`. */
cruddur_status cr_sqlite_fail_system(cruddur_error **error, int reason, const char *action,
                                     const char *path);

#endif
