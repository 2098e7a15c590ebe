/* SPDX-License-Identifier: MIT */
#include "store/sqlite/schema.h"

#include <stdio.h>

#include "base/clock.h"

/* "CRDR", in the file's header: what `file` and other programs know it by. */
#define APPLICATION_ID 0x43524452

#define WAIT_US 1000

/* migrations[n] turns version n into n + 1. One that was released is never edited.
 *
 * WITHOUT ROWID puts the rows themselves in the order of their key, so a page of a conversation
 * lies together. The index is sparse: message rows have no message_group_uuid. */
static const char *const migrations[] = {
    "CREATE TABLE cruddur_messages ("
    "  pk TEXT NOT NULL,"
    "  sk TEXT NOT NULL,"
    "  message_group_uuid TEXT,"
    "  message TEXT,"
    "  message_uuid TEXT,"
    "  user_uuid TEXT,"
    "  user_display_name TEXT,"
    "  user_handle TEXT,"
    "  group_name TEXT,"
    "  member_uuids TEXT,"
    "  other_attributes TEXT,"
    "  PRIMARY KEY (pk, sk)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX message_group_sk_index ON cruddur_messages (message_group_uuid, sk)"
    "  WHERE message_group_uuid IS NOT NULL;",
};

#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

typedef struct identity {
    int application_id;
    int version;
    int objects; /* tables, indexes, … of anybody */
} identity;

static int read_number(cr_connection *connection, const char *text, int *number)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, text, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            *number = sqlite3_column_int(statement, 0);
            code = SQLITE_OK;
        }
    }
    (void)sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

static int read_identity(cr_connection *connection, identity *id)
{
    int code = read_number(connection, "PRAGMA application_id", &id->application_id);
    if (code == SQLITE_OK) {
        code = read_number(connection, "PRAGMA user_version", &id->version);
    }
    if (code == SQLITE_OK) {
        code = read_number(connection, "SELECT count(*) FROM sqlite_schema", &id->objects);
    }
    return code;
}

static bool is_fresh(const identity *id)
{
    return id->application_id == 0 && id->version == 0 && id->objects == 0;
}

static cruddur_status refuse(const cr_connection *connection, const identity *id, bool must_exist,
                             cruddur_error **error)
{
    const char *path = connection->place->path;
    if (is_fresh(id)) {
        return must_exist ? cr_fail(error, CRUDDUR_E_STORE_MISSING, "%.256s is an empty file", path)
                          : CRUDDUR_OK;
    }
    if (id->application_id != APPLICATION_ID) {
        return cr_fail(error, CRUDDUR_E_STORE_FOREIGN,
                       "%.256s is an SQLite file of another application", path);
    }
    if (id->version < 1 || id->version > VERSION) {
        return cr_fail(error, CRUDDUR_E_STORE_NEWER,
                       "%.256s has version %d; this library knows versions 1 to %d", path,
                       id->version, VERSION);
    }
    return CRUDDUR_OK;
}

/* The switch to WAL needs the file to itself for a moment, and SQLite does not call the busy
 * handler for it. */
static int set_wal(cr_connection *connection)
{
    int code;
    do {
        code = sqlite3_exec(connection->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY) {
            return code;
        }
        cr_clock_sleep_us(WAIT_US);
    } while (!cr_deadline_passed(connection->deadline_us));
    return code;
}

static int run_migrations(cr_connection *connection, int from)
{
    char stamp[96];
    int code = SQLITE_OK;
    for (int version = from; code == SQLITE_OK && version < VERSION; version++) {
        code = sqlite3_exec(connection->db, migrations[version], NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        (void)snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                       APPLICATION_ID, VERSION);
        code = sqlite3_exec(connection->db, stamp, NULL, NULL, NULL);
    }
    return code;
}

/* Another process may be doing the same: what counts is what is there once we hold the lock. */
static int migrate(cr_connection *connection, int *from)
{
    identity id = {0, 0, 0};
    int code = cr_connection_run(connection, CR_STATEMENT_BEGIN_WRITE);
    if (code != SQLITE_OK) {
        return code;
    }
    code = read_identity(connection, &id);
    *from = id.version;
    if (code == SQLITE_OK && id.version < VERSION) {
        code = run_migrations(connection, id.version);
    }
    if (code == SQLITE_OK) {
        code = cr_connection_run(connection, CR_STATEMENT_COMMIT);
    }
    if (code != SQLITE_OK && !sqlite3_get_autocommit(connection->db)) {
        (void)cr_connection_run(connection, CR_STATEMENT_ROLLBACK);
    }
    return code;
}

cruddur_status cr_sqlite_schema_ensure(cr_connection *connection, bool must_exist,
                                       const cr_logger *logger, cruddur_error **error)
{
    identity id = {0, 0, 0};
    int from = VERSION;
    int code = read_identity(connection, &id);
    if (code != SQLITE_OK) {
        return cr_connection_fail(connection, code, "opening", error);
    }
    cruddur_status status = refuse(connection, &id, must_exist, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (!connection->place->is_memory) {
        code = set_wal(connection);
    }
    if (code == SQLITE_OK && id.version < VERSION) {
        code = migrate(connection, &from);
    }
    if (code != SQLITE_OK) {
        return cr_connection_fail(connection, code, "setting up", error);
    }
    if (from < VERSION) {
        cr_log(logger, CRUDDUR_LOG_INFO, "%.256s: brought from version %d to %d",
               connection->place->path, from, VERSION);
    }
    return CRUDDUR_OK;
}

cruddur_status cr_sqlite_schema_drop(cr_connection *connection, cruddur_error **error)
{
    int code = sqlite3_exec(connection->db,
                            "DROP TABLE " CR_SQLITE_TABLE ";"
                            "PRAGMA application_id = 0; PRAGMA user_version = 0",
                            NULL, NULL, NULL);
    return code == SQLITE_OK ? CRUDDUR_OK : cr_connection_fail(connection, code, "dropping", error);
}
