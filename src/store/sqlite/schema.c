/* SPDX-License-Identifier: MIT */
#include "store/sqlite/schema.h"

#include <stdio.h>

#include "base/clock.h"
#include "model/store_row.h"
#include "store/sqlite/failure.h"

/* "CRDR", in the file's header: what `file` and other programs know it by. */
#define APPLICATION_ID 0x43524452

#define WAIT_US 1000
/* How long a caller who does not want a store to be made waits for another process to make it. */
#define LOG_WAIT_US 1000000

/* What version 2 added to the tables. */
#define COLUMNS_OF_2(X)                                                                            \
    X("group_data")                                                                                \
    X("blocked")                                                                                   \
    X("rev")                                                                                       \
    X("version")                                                                                   \
    X("head_sk")                                                                                   \
    X("head_expires_at")                                                                           \
    X("read_sk")                                                                                   \
    X("visible_sk")                                                                                \
    X("muted_until")                                                                               \
    X("archived")                                                                                  \
    X("pinned")                                                                                    \
    X("edited_at")                                                                                 \
    X("deleted_at")                                                                                \
    X("reply_to")                                                                                  \
    X("message_data")                                                                              \
    X("reactions")                                                                                 \
    X("expires_at")
#define COLUMN(name) "  " name " TEXT,"
#define ADD_COLUMN(name) "ALTER TABLE cruddur_messages ADD COLUMN " name " TEXT;"
/* Not unique: version 1 looked for repeats in one group and for some days only. */
#define INDEX_OF_UUIDS                                                                             \
    "CREATE INDEX message_uuid_index ON cruddur_messages (message_uuid)"                           \
    "  WHERE message_uuid IS NOT NULL;"
/* The sequence of changes: sequence.h. */
#define SEQUENCE                                                                                   \
    "CREATE TABLE IF NOT EXISTS cruddur_changes ("                                                 \
    "  seq INTEGER PRIMARY KEY,"                                                                   \
    "  keys BLOB NOT NULL"                                                                         \
    ") STRICT;"

/* The tables of the latest version. A new store is not led through the versions: SQLite reads the
 * whole schema again for each column that is added.
 *
 * WITHOUT ROWID puts the rows themselves in the order of their key, so a page of a conversation
 * lies together. The index is sparse: message rows have no message_group_uuid. */
static const char creation[] =
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
    "  other_attributes TEXT," COLUMNS_OF_2(
        COLUMN) "  PRIMARY KEY (pk, sk)"
                ") STRICT, WITHOUT ROWID;"
                "CREATE INDEX message_group_sk_index ON cruddur_messages (message_group_uuid, sk)"
                "  WHERE message_group_uuid IS NOT NULL;" INDEX_OF_UUIDS SEQUENCE;

/* migrations[n] turns version n + 1 into n + 2. One that was released is never edited. */
static const char *const migrations[] = {
    COLUMNS_OF_2(ADD_COLUMN) INDEX_OF_UUIDS SEQUENCE
    /* An import of version 1 may have brought twins (model/store_row.h). */
    "INSERT OR IGNORE INTO cruddur_messages (pk, sk) SELECT '" CR_TWINS_PK "', '" CR_STORE_SK "'"
    "  FROM cruddur_messages WHERE message_group_uuid IS NOT NULL"
    "  GROUP BY message_group_uuid, pk HAVING count(*) > 1 LIMIT 1;",
};

#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])) + 1)

typedef struct identity {
    int application_id;
    int version;
    int objects; /* tables, indexes and so on, also those of other programs */
    bool has_table;
    bool is_untouched; /* no object was ever created */
    bool is_wal;
} identity;

#define NO_IDENTITY ((identity){0, 0, 0, false, false, false})

/* In one statement, so that all of it is of one moment: another process may be setting the file
 * up. */
static int read_identity(cr_connection *connection, identity *id)
{
    static const char text[] = "SELECT (SELECT application_id FROM pragma_application_id),"
                               " (SELECT user_version FROM pragma_user_version),"
                               " (SELECT count(*) FROM sqlite_schema),"
                               " EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table'"
                               "  AND name = '" CR_SQLITE_TABLE "' COLLATE NOCASE),"
                               " (SELECT schema_version = 0 FROM pragma_schema_version),"
                               " (SELECT journal_mode = 'wal' FROM pragma_journal_mode)";
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection->db, text, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        id->application_id = sqlite3_column_int(statement, 0);
        id->version = sqlite3_column_int(statement, 1);
        id->objects = sqlite3_column_int(statement, 2);
        id->has_table = sqlite3_column_int(statement, 3) != 0;
        id->is_untouched = sqlite3_column_int(statement, 4) != 0;
        id->is_wal = sqlite3_column_int(statement, 5) != 0;
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement);
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
        return must_exist ? cr_fail_with(error, CRUDDUR_E_STORE_MISSING,
                                         "%.*s is an empty file; `cruddur schema load` makes "
                                         "a store of it",
                                         CR_STORE_PATH(path))
                          : CRUDDUR_OK;
    }
    if (id->application_id != APPLICATION_ID) {
        return cr_fail_with(error, CRUDDUR_E_STORE_FOREIGN,
                            "%.*s is an SQLite file of another application", CR_STORE_PATH(path));
    }
    if (id->version < 1) {
        return cr_fail_with(error, CRUDDUR_E_STORE_DAMAGED, "%.*s has no version of ours: %d",
                            CR_STORE_PATH(path), id->version);
    }
    if (id->version > VERSION) {
        return cr_fail_with(error, CRUDDUR_E_STORE_NEWER,
                            "%.*s has version %d; this library knows versions 1 to %d",
                            CR_STORE_PATH(path), id->version, VERSION);
    }
    return CRUDDUR_OK;
}

/* A new store's file has nothing but a header until the log is first copied into it. So this is a
 * copy of one without its log, or another process is about to make the store. */
static bool lacks_log(const cr_connection *connection, const identity *id)
{
    return is_fresh(id) && id->is_untouched && id->is_wal && !connection->had_log;
}

/* The first look at a file. Waits for another process that is making the store; on a busy machine
 * that can take long. */
static int read_first_identity(cr_connection *connection, bool must_exist, identity *id)
{
    int64_t until_us = must_exist ? cr_clock_monotonic_us() + LOG_WAIT_US : connection->deadline_us;
    int code = read_identity(connection, id);
    while (code == SQLITE_OK && lacks_log(connection, id) && !cr_deadline_passed(until_us) &&
           !cr_deadline_passed(connection->deadline_us)) {
        cr_clock_sleep_us(WAIT_US);
        code = read_identity(connection, id);
    }
    return code;
}

static cruddur_status fail_without_log(const cr_connection *connection, cruddur_error **error)
{
    return cr_fail_with(error, CRUDDUR_E_STORE_DAMAGED,
                        "%.*s has no tables and belongs to a write-ahead log, which is missing. A "
                        "copy of a store in use needs its -wal file, or is made with sqlite3's "
                        ".backup; a store that was never completed can be removed",
                        CR_STORE_PATH(connection->place->path));
}

static cruddur_status fail_setting_up(const cr_connection *connection, int code,
                                      cruddur_error **error)
{
    return cr_connection_fail(connection, code, "setting up", error);
}

/* Asks for WAL; *is_wal tells whether the file system is up to it. */
static int ask_for_wal(cr_connection *connection, bool *is_wal)
{
    sqlite3_stmt *statement = NULL;
    int code =
        sqlite3_prepare_v2(connection->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        const void *mode = sqlite3_column_blob(statement, 0);
        *is_wal = sqlite3_column_bytes(statement, 0) == 3 && memcmp(mode, "wal", 3) == 0;
        code = sqlite3_step(statement); /* commits the switch */
    }
    (void)sqlite3_finalize(statement); /* returns what step returned */
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The switch to WAL needs the file to itself for a moment, and SQLite does not call the busy
 * handler for it. */
static cruddur_status set_wal(cr_connection *connection, cruddur_error **error)
{
    bool is_wal = false;
    int code = ask_for_wal(connection, &is_wal);
    while ((code & 0xff) == SQLITE_BUSY && !cr_deadline_passed(connection->deadline_us)) {
        cr_clock_sleep_us(WAIT_US);
        code = ask_for_wal(connection, &is_wal);
    }
    if (code != SQLITE_OK) {
        return fail_setting_up(connection, code, error);
    }
    return is_wal ? CRUDDUR_OK
                  : cr_fail_with(error, CRUDDUR_E_STORE_ACCESS,
                                 "%.*s lies on a file system without the shared memory that the "
                                 "write-ahead log needs",
                                 CR_STORE_PATH(connection->place->path));
}

static int stamp(sqlite3 *db)
{
    char text[96];
    (void)snprintf(text, sizeof(text), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION_ID, VERSION);
    return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static int make_tables(sqlite3 *db)
{
    int code = sqlite3_exec(db, creation, NULL, NULL, NULL);
    return code == SQLITE_OK ? stamp(db) : code;
}

/* Version 0 has no tables. */
static int bring_up_to_date(sqlite3 *db, int version)
{
    int code = SQLITE_OK;
    if (version == 0) {
        return make_tables(db);
    }
    for (; code == SQLITE_OK && version < VERSION; version++) {
        code = sqlite3_exec(db, migrations[version - 1], NULL, NULL, NULL);
    }
    return code == SQLITE_OK ? stamp(db) : code;
}

/* The version that the tables have. Without the table it is 0, whatever the file's header says. */
static int version_of(const identity *id)
{
    return id->has_table ? id->version : 0;
}

/* In the transaction that is open. Another process may have been quicker: what counts is what is
 * there now that we hold the lock. */
static cruddur_status migrate_locked(cr_connection *connection, bool must_exist,
                                     const cr_logger *logger, cruddur_error **error)
{
    identity id = NO_IDENTITY;
    int code = read_identity(connection, &id);
    cruddur_status status = code == SQLITE_OK ? refuse(connection, &id, must_exist, error)
                                              : fail_setting_up(connection, code, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    code = bring_up_to_date(connection->db, id.version);
    if (code == SQLITE_OK) {
        code = cr_connection_run(connection, CR_STATEMENT_COMMIT);
    }
    if (code != SQLITE_OK) {
        return fail_setting_up(connection, code, error);
    }
    cr_log_line(logger, CRUDDUR_LOG_INFO, "%.*s: brought from version %d to %d",
                CR_STORE_PATH(connection->place->path), id.version, VERSION);
    return CRUDDUR_OK;
}

static cruddur_status migrate(cr_connection *connection, bool must_exist, const cr_logger *logger,
                              cruddur_error **error)
{
    int code = cr_connection_run(connection, CR_STATEMENT_BEGIN_WRITE);
    if (code != SQLITE_OK) {
        return fail_setting_up(connection, code, error);
    }
    cruddur_status status = migrate_locked(connection, must_exist, logger, error);
    if (!sqlite3_get_autocommit(connection->db)) {
        (void)cr_connection_run(connection, CR_STATEMENT_ROLLBACK);
    }
    return status;
}

cruddur_status cr_sqlite_schema_ensure(cr_connection *connection, bool must_exist,
                                       const cr_logger *logger, cruddur_error **error)
{
    identity id = NO_IDENTITY;
    int code = read_first_identity(connection, must_exist, &id);
    if (code != SQLITE_OK) {
        return cr_connection_fail(connection, code, "opening", error);
    }
    if (lacks_log(connection, &id)) {
        return fail_without_log(connection, error);
    }
    cruddur_status status = refuse(connection, &id, must_exist, error);
    if (status == CRUDDUR_OK && !connection->place->is_memory) {
        status = set_wal(connection, error);
    }
    /* A store without its table can be opened, so that `schema verify` can say so. */
    if (status == CRUDDUR_OK && id.version < VERSION && (id.has_table || is_fresh(&id))) {
        status = migrate(connection, must_exist, logger, error);
        if (status != CRUDDUR_OK && !connection->place->is_memory && is_fresh(&id)) {
            /* Without a log the file would look like a copy that lacks its log. */
            cr_connection_keep_log(connection);
        }
    }
    return status;
}

int cr_sqlite_schema_compare(cr_connection *connection, cr_difference_sink sink, void *context)
{
    return cr_shape_compare(connection, make_tables, sink, context);
}

cruddur_status cr_sqlite_schema_restore(cr_connection *connection, const cr_logger *logger,
                                        cruddur_error **error)
{
    identity id = NO_IDENTITY;
    int code = read_identity(connection, &id);
    if (code != SQLITE_OK) {
        return fail_setting_up(connection, code, error);
    }
    cruddur_status status = refuse(connection, &id, false, error);
    int version = version_of(&id);
    if (status != CRUDDUR_OK || version == VERSION) {
        return status;
    }
    code = bring_up_to_date(connection->db, version);
    if (code != SQLITE_OK) {
        return fail_setting_up(connection, code, error);
    }
    cr_log_line(logger, CRUDDUR_LOG_INFO, "%.*s: brought from version %d to %d",
                CR_STORE_PATH(connection->place->path), version, VERSION);
    return CRUDDUR_OK;
}

int cr_sqlite_schema_drop(cr_connection *connection, bool *was_there)
{
    identity id = NO_IDENTITY;
    int code = read_identity(connection, &id);
    *was_there = id.has_table;
    if (code == SQLITE_OK && id.has_table) {
        code =
            sqlite3_exec(connection->db,
                         "DROP TABLE " CR_SQLITE_TABLE "; DROP TABLE IF EXISTS " CR_SQLITE_SEQUENCE,
                         NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = read_identity(connection, &id);
    }
    /* With tables of other programs the file would look like another application's. */
    if (code == SQLITE_OK && id.objects == 0) {
        code = sqlite3_exec(connection->db, "PRAGMA application_id = 0; PRAGMA user_version = 0",
                            NULL, NULL, NULL);
    }
    return code;
}
