/* SPDX-License-Identifier: MIT */
#include "store/sqlite/failure.h"

/* Extended codes stand before the primary code that they belong to; the first match counts.
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
    {SQLITE_READONLY, CRUDDUR_E_STORE_READ_ONLY, "; the file or its folder cannot be written"},
    {SQLITE_FULL, CRUDDUR_E_STORE_FULL, "; nothing was stored"},
    {SQLITE_NOTADB, CRUDDUR_E_STORE_FOREIGN, ", so it is no cruddur store"},
    {SQLITE_CORRUPT, CRUDDUR_E_STORE_DAMAGED, ""},
    {SQLITE_ERROR, CRUDDUR_E_STORE_DAMAGED, "; its tables are not as they should be"},
    {SQLITE_SCHEMA, CRUDDUR_E_STORE_DAMAGED, "; its tables are not as they should be"},
    {SQLITE_MISMATCH, CRUDDUR_E_STORE_DAMAGED, "; its tables are not as they should be"},
    {SQLITE_CONSTRAINT, CRUDDUR_E_STORE_DAMAGED, "; its tables are not as they should be"},
    {SQLITE_TOOBIG, CRUDDUR_E_INVALID_ARGUMENT, ""},
    {SQLITE_CANTOPEN, CRUDDUR_E_STORE_ACCESS, "; is its folder there, and may it be used?"},
    {SQLITE_PERM, CRUDDUR_E_STORE_ACCESS, ""},
    {SQLITE_AUTH, CRUDDUR_E_STORE_ACCESS, ""},
    {SQLITE_IOERR, CRUDDUR_E_STORE_IO, ""},
    {SQLITE_ABORT, CRUDDUR_E_STORE_IO, "; another change of the same commit failed"},
    {SQLITE_PROTOCOL, CRUDDUR_E_STORE_IO, ""},
    {SQLITE_NOLFS, CRUDDUR_E_STORE_IO, ""},
};

cruddur_status cr_sqlite_fail(cruddur_error **error, int code, const char *path, const char *action)
{
    cruddur_status status = CRUDDUR_E_INTERNAL;
    const char *hint = "";
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].code == code || meanings[i].code == (code & 0xff)) {
            status = meanings[i].status;
            hint = meanings[i].hint;
            break;
        }
    }
    if (status == CRUDDUR_E_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    return cr_fail_with(error, status, "%s %.256s: %s%s (SQLite %d)", action, path,
                        sqlite3_errstr(code), hint, code);
}
