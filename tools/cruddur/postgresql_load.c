/* SPDX-License-Identifier: MIT */
/* Brings the users of a file into PostgreSQL: the table, its constraints, and the users. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "postgresql.h"

/* How much of the file is sent at once. */
#define CHUNK_SIZE ((size_t)64 << 10)
/* How much of a value an error shows, in bytes. */
#define QUOTED_MAX "80"

/* Two loads do not create the table both. The number is any that nothing else uses. */
#define TAKE_TURN "SELECT pg_advisory_xact_lock(7279263118440117)"
/* Other writers wait for this lock, too, once it waits for one of them. */
#define LIMIT_WAITING "SET LOCAL lock_timeout = '10s'"

/* The application's table. Its default for `uuid` is that of the extension uuid-ossp, which may be
 * missing; gen_random_uuid() is PostgreSQL's own, and makes such uuids, too. */
#define CREATE_TABLE                                                                               \
    "CREATE TABLE users (uuid uuid DEFAULT gen_random_uuid() PRIMARY KEY, "                        \
    "display_name text NOT NULL, handle text NOT NULL, email text NOT NULL, "                      \
    "cognito_user_id text NOT NULL, created_at timestamp DEFAULT current_timestamp NOT NULL)"

/* The columns of the table: name, whether the type is right, whether they must have a value,
 * whether a unique index is over them alone. A partial one is enough for users with an account. */
#define LIST_COLUMNS                                                                               \
    "SELECT a.attname, CASE a.attname WHEN 'uuid' THEN a.atttypid = 'uuid'::regtype "              \
    "ELSE (SELECT t.typcategory = 'S' FROM pg_type t WHERE t.oid = a.atttypid) END, "              \
    "a.attnotnull, "                                                                               \
    "EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique "              \
    "AND i.indisvalid AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum "                           \
    "AND (i.indpred IS NULL OR a.attname = 'cognito_user_id')) "                                   \
    "FROM pg_attribute a WHERE a.attrelid = to_regclass('users') AND a.attnum > 0 "                \
    "AND NOT a.attisdropped"

enum { COLUMN_NAME, COLUMN_IS_OF_TYPE, COLUMN_IS_NOT_NULL, COLUMN_IS_UNIQUE };

/* What the table needs to be one of users, for each column. The application's table lacks that
 * handles are unique, and that accounts are. */
static const struct {
    const char *type;
    const char *find_null; /* a row if a value is missing */
    const char *set_not_null;
    const char *find_double; /* a value that two users have; NULL: they may */
    const char *make_unique;
} needs[USERS_N_FIELDS] = {
    [USERS_UUID] = {"uuid", "SELECT FROM users WHERE uuid IS NULL LIMIT 1",
                    "ALTER TABLE users ALTER uuid SET NOT NULL",
                    "SELECT uuid FROM users GROUP BY uuid HAVING count(*) > 1 LIMIT 1",
                    "CREATE UNIQUE INDEX ON users (uuid)"},
    [USERS_HANDLE] = {"text", "SELECT FROM users WHERE handle IS NULL LIMIT 1",
                      "ALTER TABLE users ALTER handle SET NOT NULL",
                      "SELECT left(handle, " QUOTED_MAX ") FROM users GROUP BY handle "
                      "HAVING count(*) > 1 LIMIT 1",
                      "CREATE UNIQUE INDEX ON users (handle)"},
    [USERS_DISPLAY_NAME] = {"text", "SELECT FROM users WHERE display_name IS NULL LIMIT 1",
                            "ALTER TABLE users ALTER display_name SET NOT NULL", NULL, NULL},
    [USERS_EMAIL] = {"text", "SELECT FROM users WHERE email IS NULL LIMIT 1",
                     "ALTER TABLE users ALTER email SET NOT NULL", NULL, NULL},
    [USERS_COGNITO_USER_ID] = {"text", "SELECT FROM users WHERE cognito_user_id IS NULL LIMIT 1",
                               "ALTER TABLE users ALTER cognito_user_id SET NOT NULL",
                               "SELECT left(cognito_user_id, " QUOTED_MAX ") FROM users "
                               "WHERE cognito_user_id <> '" USERS_NO_ACCOUNT "' "
                               "GROUP BY cognito_user_id HAVING count(*) > 1 LIMIT 1",
                               "CREATE UNIQUE INDEX ON users (cognito_user_id) "
                               "WHERE cognito_user_id <> '" USERS_NO_ACCOUNT "'"},
};

/* The users of the file, on the server's side. `place` is the line or the number; a uuid is missing
 * until a user is found who has the handle. */
#define CREATE_LOADED                                                                              \
    "CREATE TEMPORARY TABLE cruddur_loaded (place bigint, uuid uuid, handle text, "                \
    "display_name text, email text, cognito_user_id text) ON COMMIT DROP"
#define COPY_LOADED "COPY pg_temp.cruddur_loaded FROM STDIN"
#define MATCH_HANDLES                                                                              \
    "UPDATE pg_temp.cruddur_loaded l SET uuid = u.uuid FROM users u "                              \
    "WHERE l.uuid IS NULL AND u.handle = l.handle"

#define CHANGE_USERS                                                                               \
    "UPDATE users u SET handle = l.handle, display_name = l.display_name, email = l.email, "       \
    "cognito_user_id = coalesce(l.cognito_user_id, u.cognito_user_id) "                            \
    "FROM pg_temp.cruddur_loaded l WHERE u.uuid = l.uuid AND "                                     \
    "(u.handle, u.display_name, u.email, u.cognito_user_id) IS DISTINCT FROM "                     \
    "(l.handle, l.display_name, l.email, coalesce(l.cognito_user_id, u.cognito_user_id))"
#define ADD_USERS                                                                                  \
    "INSERT INTO users (" POSTGRESQL_COLUMNS ") "                                                  \
    "SELECT coalesce(l.uuid, gen_random_uuid()), l.handle, l.display_name, l.email, "              \
    "coalesce(l.cognito_user_id, '" USERS_NO_ACCOUNT "') FROM pg_temp.cruddur_loaded l "           \
    "WHERE l.uuid IS NULL OR NOT EXISTS (SELECT FROM users u WHERE u.uuid = l.uuid) "              \
    "ORDER BY l.place"

/* Why a user of the file cannot be one of the table: a query for the first such place, and for what
 * it conflicts with. */
static const struct {
    const char *query;
    const char *what;
    const char *whose;
} conflicts[] = {
    {"SELECT l.place, min(o.place) FROM pg_temp.cruddur_loaded l JOIN pg_temp.cruddur_loaded o "
     "ON o.uuid = l.uuid AND o.place < l.place GROUP BY l.place ORDER BY l.place LIMIT 1",
     "user, by its handle in the table,", "of the file in place"},
    {"SELECT l.place, u.uuid FROM pg_temp.cruddur_loaded l JOIN users u ON u.handle = l.handle "
     "AND u.uuid <> l.uuid ORDER BY l.place LIMIT 1",
     "handle", "in the table with uuid"},
    {"SELECT l.place, u.uuid FROM pg_temp.cruddur_loaded l JOIN users u "
     "ON u.cognito_user_id = l.cognito_user_id AND u.uuid IS DISTINCT FROM l.uuid "
     "ORDER BY l.place LIMIT 1",
     "cognito_user_id", "in the table with uuid"},
};

/* --- the table --- */

/* Runs a query for one value; an empty text if it has no row. Free it with free(). */
static enum exit_code ask_value(struct directory *directory, const char *sql, bool *ret_has_row,
                                char **ret_value)
{
    PGresult *result = NULL;
    enum exit_code code = postgresql_ask(directory, sql, NULL, &result);
    *ret_has_row = code == CODE_OK && PQntuples(result) > 0;
    *ret_value = memory_copy(*ret_has_row && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return code;
}

static enum exit_code create_table(struct directory *directory)
{
    bool has_row = false;
    char *name = NULL;
    enum exit_code code = ask_value(directory, "SELECT to_regclass('users')", &has_row, &name);
    if (code == CODE_OK && name[0] == '\0') {
        code = postgresql_run(directory, CREATE_TABLE, NULL);
    }
    free(name);
    return code;
}

/* Adds that a column must have a value. */
static enum exit_code add_not_null(struct directory *directory, enum users_field field)
{
    bool is_missing = false;
    char *unused = NULL;
    enum exit_code code = ask_value(directory, needs[field].find_null, &is_missing, &unused);
    free(unused);
    if (code == CODE_OK && is_missing) {
        return report(CODE_USAGE, "%s: %s: a user in the table has no %s", directory->argument,
                      directory->name, users_field_name(field));
    }
    return code == CODE_OK ? postgresql_run(directory, needs[field].set_not_null, NULL) : code;
}

/* Adds that no two users have the same value in a column. */
static enum exit_code add_unique(struct directory *directory, enum users_field field)
{
    bool is_double = false;
    char *value = NULL;
    enum exit_code code = ask_value(directory, needs[field].find_double, &is_double, &value);
    if (code == CODE_OK && is_double) {
        code = directory_report_ambiguous(directory, field, value);
    } else if (code == CODE_OK) {
        code = postgresql_run(directory, needs[field].make_unique, NULL);
    }
    free(value);
    return code;
}

static bool is_true(const PGresult *columns, int row, int column)
{
    return strcmp(PQgetvalue(columns, row, column), "t") == 0;
}

/* Checks a column, and adds the constraints that it lacks. */
static enum exit_code mend_column(struct directory *directory, const PGresult *columns,
                                  enum users_field field)
{
    const char *name = users_field_name(field);
    int row = 0;
    while (row < PQntuples(columns) && strcmp(PQgetvalue(columns, row, COLUMN_NAME), name) != 0) {
        row++;
    }
    if (row == PQntuples(columns)) {
        return report(CODE_USAGE, "%s: %s: the table users has no column %s", directory->argument,
                      directory->name, name);
    }
    if (!is_true(columns, row, COLUMN_IS_OF_TYPE)) {
        return report(CODE_USAGE, "%s: %s: the column %s of the table users is not of the type %s",
                      directory->argument, directory->name, name, needs[field].type);
    }
    enum exit_code code = CODE_OK;
    if (!is_true(columns, row, COLUMN_IS_NOT_NULL)) {
        code = add_not_null(directory, field);
    }
    if (code == CODE_OK && needs[field].make_unique != NULL &&
        !is_true(columns, row, COLUMN_IS_UNIQUE)) {
        code = add_unique(directory, field);
    }
    return code;
}

static enum exit_code mend_table(struct directory *directory)
{
    PGresult *columns = NULL;
    enum exit_code code = postgresql_ask(directory, LIST_COLUMNS, NULL, &columns);
    for (enum users_field field = 0; code == CODE_OK && field < USERS_N_FIELDS; field++) {
        code = mend_column(directory, columns, field);
    }
    PQclear(columns);
    return code;
}

/* --- the users --- */

/* Adds a value in COPY's text format. Users have no control characters. */
static void add_value(struct buffer *rows, const char *value, bool is_null)
{
    buffer_add_text(rows, is_null ? "\t\\N" : "\t");
    for (; !is_null && *value != '\0'; value++) {
        buffer_add(rows, "\\", *value == '\\');
        buffer_add(rows, value, 1);
    }
}

/* An empty uuid is yet to be found. USERS_NO_ACCOUNT must not replace an account. */
static void add_user(struct buffer *rows, const struct users_entry *entry)
{
    const char *account = entry->fields[USERS_COGNITO_USER_ID];
    buffer_add_format(rows, "%zu", entry->line + entry->number);
    add_value(rows, entry->fields[USERS_UUID], entry->fields[USERS_UUID][0] == '\0');
    for (enum users_field field = USERS_HANDLE; field <= USERS_EMAIL; field++) {
        add_value(rows, entry->fields[field], false);
    }
    add_value(rows, account, account[0] == '\0' || strcmp(account, USERS_NO_ACCOUNT) == 0);
    buffer_add_text(rows, "\n");
}

static enum exit_code send_users(struct directory *directory, const struct users *users)
{
    const struct postgresql *state = directory->state;
    struct buffer rows = {NULL, 0, 0};
    bool is_sent = true;
    for (size_t i = 0; is_sent && i < users->count; i++) {
        add_user(&rows, &users->entries[i]);
        if (rows.length >= CHUNK_SIZE || i + 1 == users->count) {
            is_sent = PQputCopyData(state->connection, rows.data, (int)rows.length) == 1;
            buffer_clear(&rows);
        }
    }
    buffer_free(&rows);
    is_sent = is_sent && PQputCopyEnd(state->connection, NULL) == 1;
    return is_sent ? postgresql_finish(directory, NULL) : postgresql_report(directory, NULL);
}

static enum exit_code copy_users(struct directory *directory, const struct users *users)
{
    enum exit_code code = postgresql_run(directory, CREATE_LOADED, NULL);
    if (code == CODE_OK) {
        code = postgresql_run(directory, COPY_LOADED, NULL);
    }
    if (code == CODE_OK) {
        code = send_users(directory, users);
    }
    return code == CODE_OK ? postgresql_run(directory, MATCH_HANDLES, NULL) : code;
}

static enum exit_code check_conflicts(struct directory *directory, const char *path, bool is_csv)
{
    enum exit_code code = CODE_OK;
    for (size_t i = 0; code == CODE_OK && i < sizeof(conflicts) / sizeof(conflicts[0]); i++) {
        PGresult *result = NULL;
        code = postgresql_ask(directory, conflicts[i].query, NULL, &result);
        if (code == CODE_OK && PQntuples(result) > 0) {
            size_t place = strtoul(PQgetvalue(result, 0, 0), NULL, 10);
            struct problem problem = {is_csv ? place : 0, is_csv ? 0 : place, ""};
            (void)problem_set(&problem, problem.line, "the %s is that of the user %s %s",
                              conflicts[i].what, conflicts[i].whose, PQgetvalue(result, 0, 1));
            code = report_problem(path, &problem);
        }
        PQclear(result);
    }
    return code;
}

static enum exit_code run_counted(struct directory *directory, const char *sql, uint64_t *ret_count)
{
    PGresult *result = NULL;
    enum exit_code code = postgresql_ask(directory, sql, NULL, &result);
    *ret_count = code == CODE_OK ? strtoull(PQcmdTuples(result), NULL, 10) : 0;
    PQclear(result);
    return code;
}

static enum exit_code change_users(struct directory *directory, size_t count,
                                   struct directory_counts *ret_counts)
{
    enum exit_code code = run_counted(directory, CHANGE_USERS, &ret_counts->changed);
    if (code == CODE_OK) {
        code = run_counted(directory, ADD_USERS, &ret_counts->added);
    }
    ret_counts->unchanged = count - ret_counts->changed - ret_counts->added;
    return code;
}

/* In the transaction. */
static enum exit_code load(struct directory *directory, const char *path, const struct users *users,
                           struct directory_counts *ret_counts)
{
    enum exit_code code = postgresql_run(directory, LIMIT_WAITING, NULL);
    if (code == CODE_OK) {
        code = postgresql_run(directory, TAKE_TURN, NULL);
    }
    if (code == CODE_OK) {
        code = create_table(directory);
    }
    if (code == CODE_OK) {
        code = postgresql_run(directory, POSTGRESQL_LOCK, NULL);
    }
    if (code == CODE_OK) {
        code = mend_table(directory);
    }
    if (code == CODE_OK) {
        code = copy_users(directory, users);
    }
    if (code == CODE_OK) {
        bool is_csv = users->count > 0 && users->entries[0].line > 0;
        code = check_conflicts(directory, path, is_csv);
    }
    return code == CODE_OK ? change_users(directory, users->count, ret_counts) : code;
}

enum exit_code postgresql_load(struct directory *directory, const char *path,
                               const struct users *users, struct directory_counts *ret_counts)
{
    *ret_counts = (struct directory_counts){0, 0, 0};
    enum exit_code code = postgresql_begin(directory);
    if (code == CODE_OK) {
        code = load(directory, path, users, ret_counts);
    }
    /* After a failure the connection is closed soon, which undoes all. */
    return code == CODE_OK ? postgresql_end(directory, true) : code;
}
