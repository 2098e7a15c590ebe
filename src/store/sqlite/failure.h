/* SPDX-License-Identifier: MIT */
/* What SQLite's result codes mean to the caller. */
#ifndef CR_STORE_SQLITE_FAILURE_H
#define CR_STORE_SQLITE_FAILURE_H

#include <sqlite3.h>

#include "base/error.h"

/* Describes the failure `code` (an extended result code) of `action` on the store at `path`. */
cruddur_status cr_sqlite_fail(cruddur_error **error, int code, const char *path,
                              const char *action);

#endif
