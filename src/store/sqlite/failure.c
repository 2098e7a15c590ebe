/* SPDX-License-Identifier: MIT */
#include "store/sqlite/failure.h"

#include <errno.h>

#define SCHEMA_HINT                                                                                \
    "; its schema is not the library's: `cruddur schema verify` lists the differences"

/* Extended codes precede the primary code that they belong to; the first match counts.
 * Source: https://sqlite.org/rescode.html */
static const struct {
    int code;
    cruddur_status status;
    const char *hint;
} meanings[] = {
    {SQLITE_NOMEM, CRUDDUR_E_NO_MEMORY, ""},
    {SQLITE_IOERR_NOMEM, CRUDDUR_E_NO_MEMORY, ""},
    {SQLITE_BUSY, CRUDDUR_E_STORE_LOCKED, "; another process kept it locked until the deadline"},
    {SQLITE_LOCKED, CRUDDUR_E_STORE_LOCKED, "; another process kept it locked until the deadline"},
    {SQLITE_INTERRUPT, CRUDDUR_E_TIMEOUT, ""},
    {SQLITE_READONLY_DBMOVED, CRUDDUR_E_STORE_REPLACED, ""},
    {SQLITE_READONLY, CRUDDUR_E_STORE_READ_ONLY, "; the file or its folder cannot be written"},
    {SQLITE_FULL, CRUDDUR_E_STORE_FULL, "; nothing was stored"},
    {SQLITE_NOTADB, CRUDDUR_E_STORE_FOREIGN, ", so it is no cruddur store"},
    {SQLITE_CORRUPT, CRUDDUR_E_STORE_DAMAGED, ""},
    {SQLITE_ERROR, CRUDDUR_E_STORE_DAMAGED, SCHEMA_HINT},
    {SQLITE_SCHEMA, CRUDDUR_E_STORE_DAMAGED, SCHEMA_HINT},
    {SQLITE_MISMATCH, CRUDDUR_E_STORE_DAMAGED, SCHEMA_HINT},
    {SQLITE_CONSTRAINT, CRUDDUR_E_STORE_DAMAGED, SCHEMA_HINT},
    {SQLITE_TOOBIG, CRUDDUR_E_INVALID_ARGUMENT, ""},
    {SQLITE_CANTOPEN, CRUDDUR_E_STORE_ACCESS, ""},
    {SQLITE_PERM, CRUDDUR_E_STORE_ACCESS, ""},
    {SQLITE_AUTH, CRUDDUR_E_STORE_ACCESS, ""},
    {SQLITE_IOERR, CRUDDUR_E_STORE_IO, ""},
    {SQLITE_ABORT, CRUDDUR_E_STORE_IO, "; another change of the same commit failed"},
    {SQLITE_PROTOCOL, CRUDDUR_E_STORE_IO, ""},
    {SQLITE_NOLFS, CRUDDUR_E_STORE_IO, ""},
};

cruddur_status cr_sqlite_fail_system(cruddur_error **error, int reason, const char *action,
                                     const char *path)
{
    cruddur_status status = cr_status_of_store_errno(reason, CRUDDUR_E_STORE_ACCESS);
    return status == CRUDDUR_E_NO_MEMORY
               ? cr_fail_memory(error)
               : cr_fail_system(error, status, reason, "%s %.*s", action, CR_STORE_PATH(path));
}

/* ---- SQLite ---- */

/* The error numbers of a failed read that SQLite takes for a damaged file system, and reports as a
 * damaged database. */
static bool is_failed_read(int reason)
{
    return reason == EIO || reason == ENXIO || reason == ERANGE;
}

static bool read_has_failed(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int reason = 0;
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &reason);
    if (!is_failed_read(reason) &&
        sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK &&
        log != NULL && log->pMethods != NULL) {
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &reason);
    }
    return is_failed_read(reason);
}

static size_t find_meaning(int code)
{
    size_t i = 0;
    while (i < sizeof(meanings) / sizeof(meanings[0]) && meanings[i].code != code &&
           meanings[i].code != (code & 0xff)) {
        i++;
    }
    return i;
}

cruddur_status cr_sqlite_fail(cruddur_error **error, sqlite3 *db, int code, const char *path,
                              const char *action)
{
    int reason = (code & 0xff) == SQLITE_CANTOPEN ? sqlite3_system_errno(db) : 0;
    if (reason != 0) {
        return cr_sqlite_fail_system(error, reason, action, path);
    }
    if ((code & 0xff) == SQLITE_CORRUPT && read_has_failed(db)) {
        code = SQLITE_IOERR_READ;
    }
    size_t found = find_meaning(code);
    bool is_known = found < sizeof(meanings) / sizeof(meanings[0]);
    cruddur_status status = is_known ? meanings[found].status : CRUDDUR_E_INTERNAL;
    if (status == CRUDDUR_E_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    return cr_fail_with(error, status, "%s %.*s: %s%s (SQLite %d)", action, CR_STORE_PATH(path),
                        sqlite3_errstr(code), is_known ? meanings[found].hint : "", code);
}
