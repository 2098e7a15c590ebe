/* SPDX-License-Identifier: MIT */
#include "store/sqlite/scrub.h"

#include "base/clock.h"

#define PAUSE_US 20000

/* The copy of the file is written to a temporary file, as it may be larger than memory. It has only
 * rows that the store has, too. SQLite removes its name at once. */
static int rewrite(const cr_connection *connection)
{
    int code = sqlite3_exec(connection->db, "PRAGMA temp_store = FILE", NULL, NULL, NULL);
    return code == SQLITE_OK ? sqlite3_exec(connection->db, "VACUUM", NULL, NULL, NULL) : code;
}

/* A reader of an earlier state of the store keeps the log from being emptied. */
static int empty_log(const cr_connection *connection, const cr_call *call)
{
    for (;;) {
        int code =
            sqlite3_wal_checkpoint_v2(connection->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY || cr_call_is_over(call)) {
            return code;
        }
        (void)cr_cancel_sleep_us(PAUSE_US, call->cancel);
    }
}

cruddur_status cr_sqlite_scrub(cr_connection *connection, cr_call *call)
{
    connection->deadline_us = call->deadline_us;
    connection->cancel = call->cancel;
    int code = rewrite(connection);
    if (code == SQLITE_OK) {
        /* However long that took: without this step nothing is gained. */
        int64_t least_us = cr_clock_monotonic_us() + INT64_C(1000000);
        call->deadline_us = call->deadline_us > least_us ? call->deadline_us : least_us;
        connection->deadline_us = call->deadline_us;
        code = empty_log(connection, call);
    }
    (void)sqlite3_exec(connection->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    return code == SQLITE_OK ? CRUDDUR_OK
                             : cr_connection_fail(connection, code, "rewriting", call->error);
}
