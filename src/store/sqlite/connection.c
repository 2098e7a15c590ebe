/* SPDX-License-Identifier: MIT */
#include "store/sqlite/connection.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/store_row.h"
#include "store/sqlite/failure.h"

/* Waiting for another process: short naps, of uneven length so that two waiters do not march in
 * step. The writer's pause (writer.c) is longer than the longest nap. */
#define NAP_MIN_US 250
#define NAP_SPREAD_US 500

/* As SQLite's own default, 4 MB of pages. */
#define LOG_FRAMES_MAX 1000
/* Readers that follow each other without a break keep a passive checkpoint from starting the log
 * anew. At this size one waits for those who read the log now; who comes later reads the file. */
#define LOG_FRAMES_TOO_MANY (8 * LOG_FRAMES_MAX)
#define LOG_WAIT_US 50000

/* In the order of cr_attribute, so that an attribute is its column's number. */
#define COMMA_NAME(NAME, name, type) ", " name
#define COMMA_PARAMETER(NAME, name, type) ", :" name
#define AND_SAME(NAME, name, type) " AND " name " IS :" name
#define COLUMNS "pk" CR_ATTRIBUTE_MAP_BEHIND_PK(COMMA_NAME)
/* Each column costs, also an empty one: a page's rows have those that it shows. */
#define COLUMNS_OF_MESSAGES                                                                        \
    "sk, message, message_uuid, user_uuid, user_display_name, user_handle, "                       \
    "version" CR_ATTRIBUTE_MAP_MESSAGE(COMMA_NAME)
#define COLUMNS_OF_INBOXES                                                                         \
    "sk, message_group_uuid, message, user_uuid, user_display_name, "                              \
    "user_handle" CR_ATTRIBUTE_MAP_GROUP(COMMA_NAME)
#define PARAMETERS ":pk" CR_ATTRIBUTE_MAP_BEHIND_PK(COMMA_PARAMETER)

/* A row that is as it was read. */
#define AS_READ " WHERE pk = :pk" CR_ATTRIBUTE_MAP_BEHIND_PK(AND_SAME)

/* What a replacement may change. No index is over these columns, so none is touched. */
#define COMMA_SET(NAME, name, type) ", " name " = :new_" name
#define SETTINGS                                                                                   \
    "message = :new_message, user_uuid = :new_user_uuid, user_display_name = "                     \
    ":new_user_display_name, user_handle = :new_user_handle, version = "                           \
    ":new_version" CR_ATTRIBUTE_MAP_GROUP(COMMA_SET)                                               \
        CR_ATTRIBUTE_MAP_MESSAGE(COMMA_SET) ", other_attributes = :new_other_attributes"

#define FROM " FROM cruddur_messages"
#define SELECT "SELECT " COLUMNS FROM
#define KEYS "SELECT pk, sk FROM cruddur_messages"
#define OF_STORE(pk) FROM " WHERE pk = '" pk "' AND sk = '" CR_STORE_SK "'"
#define BETWEEN " AND sk >= ?2 AND sk <= ?3 ORDER BY sk"

static const char *const texts[CR_STATEMENT_COUNT] = {
    [CR_STATEMENT_BEGIN_READ] = "BEGIN",
    [CR_STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [CR_STATEMENT_COMMIT] = "COMMIT",
    [CR_STATEMENT_ROLLBACK] = "ROLLBACK",
    [CR_STATEMENT_SAVEPOINT] = "SAVEPOINT change",
    [CR_STATEMENT_RELEASE] = "RELEASE change",
    [CR_STATEMENT_ROLLBACK_TO] = "ROLLBACK TO change",
    [CR_STATEMENT_GET] = SELECT " WHERE pk = ?1 AND sk = ?2",
    [CR_STATEMENT_QUERY_TABLE_ASCENDING] = SELECT " WHERE pk = ?1" BETWEEN,
    [CR_STATEMENT_QUERY_TABLE_DESCENDING] = SELECT " WHERE pk = ?1" BETWEEN " DESC",
    [CR_STATEMENT_QUERY_GROUPS_ASCENDING] = SELECT " WHERE message_group_uuid = ?1" BETWEEN,
    [CR_STATEMENT_QUERY_GROUPS_DESCENDING] =
        SELECT " WHERE message_group_uuid = ?1" BETWEEN " DESC",
    [CR_STATEMENT_LIST_MESSAGES_ASCENDING] =
        "SELECT " COLUMNS_OF_MESSAGES FROM " WHERE pk = ?1" BETWEEN,
    [CR_STATEMENT_LIST_MESSAGES_DESCENDING] =
        "SELECT " COLUMNS_OF_MESSAGES FROM " WHERE pk = ?1" BETWEEN " DESC",
    [CR_STATEMENT_LIST_INBOX_ASCENDING] =
        "SELECT " COLUMNS_OF_INBOXES FROM " WHERE pk = ?1" BETWEEN,
    [CR_STATEMENT_LIST_INBOX_DESCENDING] =
        "SELECT " COLUMNS_OF_INBOXES FROM " WHERE pk = ?1" BETWEEN " DESC",
    [CR_STATEMENT_QUERY_UUID] = SELECT " WHERE message_uuid = ?1",
    [CR_STATEMENT_FIND_TWIN] =
        "SELECT 1" FROM " WHERE message_group_uuid = ?1 AND pk = ?2 AND sk <> ?3 LIMIT 1",
    [CR_STATEMENT_FIND_TWINS] = "SELECT 1" FROM " WHERE message_group_uuid IS NOT NULL"
                                " GROUP BY message_group_uuid, pk HAVING count(*) > 1 LIMIT 1",
    [CR_STATEMENT_SCAN] = SELECT " WHERE (pk, sk) > (?1, ?2) ORDER BY pk, sk",
    [CR_STATEMENT_BEFORE] = KEYS " WHERE (pk, sk) < (?1, ?2) ORDER BY pk DESC, sk DESC LIMIT 1",
    [CR_STATEMENT_AFTER] = KEYS " WHERE (pk, sk) > (?1, ?2) ORDER BY pk, sk LIMIT 1",
    [CR_STATEMENT_PUT] = "INSERT INTO cruddur_messages (" COLUMNS ") VALUES (" PARAMETERS ")",
    [CR_STATEMENT_REPLACE] = "UPDATE cruddur_messages SET " SETTINGS AS_READ,
    [CR_STATEMENT_REMOVE] = "DELETE FROM cruddur_messages" AS_READ,
    [CR_STATEMENT_REQUIRE] = "SELECT 1 FROM cruddur_messages" AS_READ,
    /* '$' is the character after '#': one search, which mostly finds nothing. */
    [CR_STATEMENT_STORE_ROWS] = "SELECT pk, rev, expires_at" FROM " WHERE pk >= '" CR_PK_STORE "'"
                                " AND pk < 'STORE$' AND sk = '" CR_STORE_SK "'",
    [CR_STATEMENT_SEQUENCE_ADD] = "INSERT INTO cruddur_changes (keys) VALUES (?1)",
    [CR_STATEMENT_SEQUENCE_REMOVE] =
        "DELETE FROM cruddur_changes WHERE seq <= min(?1,"
        " coalesce((SELECT CAST(rev AS INTEGER)" OF_STORE(
            CR_MOVE_PK) "), ?1),"
                        " (SELECT min(seq) FROM cruddur_changes) + 255)",
    [CR_STATEMENT_SEQUENCE_CLEAR] =
        "DELETE FROM cruddur_changes WHERE seq < (SELECT max(seq) FROM cruddur_changes)",
    [CR_STATEMENT_SEQUENCE_READ] =
        "SELECT seq, keys FROM cruddur_changes WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    [CR_STATEMENT_WATCH_END] = "UPDATE cruddur_messages SET expires_at = '0'"
                               " WHERE pk = '" CR_WATCH_PK "' AND sk = '" CR_STORE_SK "'",
    [CR_STATEMENT_SEQUENCE_BOUNDS] = ("SELECT coalesce((SELECT min(seq) FROM cruddur_changes), 1),"
                                      " coalesce((SELECT max(seq) FROM cruddur_changes), 0)"),
};

static int nap(void *context, int naps)
{
    const cr_connection *connection = context;
    if (cr_deadline_passed(connection->deadline_us) || cr_is_cancelled(connection->cancel)) {
        return 0;
    }
    /* The clock's low digits are as good as a die here. */
    int64_t uneven = (cr_clock_monotonic_us() * 7919 + naps) % NAP_SPREAD_US;
    cr_clock_sleep_us(NAP_MIN_US + uneven);
    return 1;
}

static int note_frames(void *context, sqlite3 *db, const char *name, int frames)
{
    cr_connection *connection = context;
    (void)db;
    (void)name;
    connection->log_frames = frames;
    return SQLITE_OK;
}

static int run_text(const cr_connection *connection, const char *text)
{
    return sqlite3_exec(connection->db, text, NULL, NULL, NULL);
}

/* Another program may have written the file's schema: nothing in it may run code, change what the
 * library writes, or reach the file's pages. */
static int distrust_schema(sqlite3 *db)
{
    static const struct {
        int option;
        int value;
    } settings[] = {
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < sizeof(settings) / sizeof(settings[0]); i++) {
        code = sqlite3_db_config(db, settings[i].option, settings[i].value, NULL);
    }
    return code;
}

/* Temporary pages (the savepoints') stay in memory: nothing but the store's own files is touched.
 * Journal mode WAL is a property of the file and is set with its schema. */
static int set_up(cr_connection *connection)
{
    int code = sqlite3_extended_result_codes(connection->db, 1);
    if (code == SQLITE_OK) {
        code = distrust_schema(connection->db);
    }
    (void)sqlite3_wal_hook(connection->db, note_frames, connection);
    if (code == SQLITE_OK) {
        code = sqlite3_busy_handler(connection->db, nap, connection);
    }
    if (code == SQLITE_OK) {
        code = run_text(connection, connection->place->synchronous_full
                                        ? "PRAGMA synchronous = FULL"
                                        : "PRAGMA synchronous = NORMAL");
    }
    return code != SQLITE_OK ? code : run_text(connection, "PRAGMA temp_store = MEMORY");
}

static const char *log_path(const cr_connection *connection)
{
    return sqlite3_filename_wal(sqlite3_db_filename(connection->db, "main"));
}

cruddur_status cr_connection_open(const cr_sqlite_place *place, int64_t deadline_us,
                                  cr_connection **ret_connection, cruddur_error **error)
{
    cr_connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL) {
        return cr_fail_memory(error);
    }
    connection->place = place;
    connection->deadline_us = deadline_us;
    connection->restart_frames = LOG_FRAMES_TOO_MANY;
    /* No creation here: engine.c makes the file, with its mode. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                (place->is_memory ? SQLITE_OPEN_MEMORY | SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(place->path, &connection->db, flags, NULL);
    if (code == SQLITE_OK && !place->is_memory) {
        connection->had_log = access(log_path(connection), F_OK) == 0;
    }
    if (code == SQLITE_OK) {
        code = set_up(connection); /* reads, and so makes a log */
    }
    if (code != SQLITE_OK) {
        cruddur_status status = cr_connection_fail(connection, code, "opening", error);
        cr_connection_give_up(connection);
        return status;
    }
    *ret_connection = connection;
    return CRUDDUR_OK;
}

void cr_connection_close(cr_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    for (int i = 0; i < CR_STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(connection->statements[i]);
    }
    (void)sqlite3_close(connection->db);
    free(connection);
}

int cr_connection_touch(cr_connection *connection)
{
    return run_text(connection, "SELECT 1 FROM sqlite_schema LIMIT 1");
}

bool cr_connection_has_moved(const cr_connection *connection)
{
    int has_moved = 0;
    int code = sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    return code == SQLITE_OK && has_moved != 0; /* a VFS need not know */
}

sqlite3_stmt *cr_connection_statement(cr_connection *connection, cr_statement which)
{
    sqlite3_stmt **statement = &connection->statements[which];
    if (*statement == NULL) {
        (void)sqlite3_prepare_v3(connection->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                 statement, NULL);
    }
    return *statement;
}

int cr_connection_run(cr_connection *connection, cr_statement which)
{
    sqlite3_stmt *statement = cr_connection_statement(connection, which);
    if (statement == NULL) {
        return sqlite3_extended_errcode(connection->db);
    }
    int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement); /* says again what step said */
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

void cr_connection_tidy_log(cr_connection *connection)
{
    if (connection->log_frames < LOG_FRAMES_MAX) {
        return;
    }
    bool restarts = connection->log_frames >= connection->restart_frames;
    int mode = restarts ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    connection->deadline_us = cr_clock_monotonic_us() + LOG_WAIT_US;
    int code = sqlite3_wal_checkpoint_v2(connection->db, NULL, mode, NULL, NULL);
    if (restarts) {
        /* Who reads for so long is not waited for at every commit. */
        connection->restart_frames =
            LOG_FRAMES_TOO_MANY + (code == SQLITE_OK ? 0 : connection->log_frames);
    }
}

void cr_connection_leave_log(cr_connection *connection)
{
    (void)sqlite3_db_config(connection->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void cr_connection_keep_log(cr_connection *connection)
{
    cr_connection_leave_log(connection);
    /* SQLite has no locks on this file that closing it could give up. */
    int file = open(log_path(connection), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file >= 0) {
        (void)close(file);
    }
}

void cr_connection_give_up(cr_connection *connection)
{
    if (connection != NULL && connection->had_log) {
        cr_connection_keep_log(connection);
    }
    cr_connection_close(connection);
}

int cr_connection_bind(sqlite3_stmt *statement, int parameter, cr_str text)
{
    if (text.data == NULL) {
        return sqlite3_bind_null(statement, parameter);
    }
    return sqlite3_bind_text64(statement, parameter, text.data, text.size, SQLITE_STATIC,
                               SQLITE_UTF8);
}

cruddur_status cr_connection_fail(const cr_connection *connection, int code, const char *action,
                                  cruddur_error **error)
{
    if ((code & 0xff) == SQLITE_BUSY && cr_is_cancelled(connection->cancel)) {
        return cr_fail_cancelled(error);
    }
    return cr_sqlite_fail(error, connection->db, code, connection->place->path, action);
}
