/* SPDX-License-Identifier: MIT */
/* The application's users in PostgreSQL, by libpq: connecting, statements, failures. */
#include "postgresql.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buffer.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000
#define TIMEOUT_TEXT_SIZE 16
/* How much longer the command waits in a transaction, where the server ends a statement that takes
 * too long: so others do not wait for its locks. */
#define GRACE_MS 2000
/* libpq does not wait less. */
#define CONNECT_TIMEOUT_MIN_S 2
#define PING_TIMEOUT "2"
#define MESSAGE_MAX 400
#define FETCH_ROWS "1000"

/* --- failures --- */

/* What SQLSTATEs mean for the exit status: the first one that fits, as a beginning. */
static const struct {
    const char *sqlstate;
    enum exit_code code;
    const char *hint;
} meanings[] = {
    {"08", CODE_RETRY, ""}, /* the connection */
    {"23", CODE_USAGE, ""}, /* constraints */
    {"40", CODE_RETRY, ""}, /* deadlock, serialization */
    {"42P01", CODE_USAGE, "; \"cruddur users load\" creates the table"},
    {"42703", CODE_USAGE, "; the table must have the columns " POSTGRESQL_COLUMNS},
    {"53", CODE_RETRY, ""}, /* connections, memory, disk */
    {"55P03", CODE_RETRY, ""},
    {"57", CODE_RETRY, ""}, /* cancelled, shutting down, starting up */
};

/* Adds a message of libpq or the server, on one line. */
static void add_message(struct buffer *line, const char *message)
{
    size_t length = strnlen(message, MESSAGE_MAX);
    for (size_t i = 0; i < length; i++) {
        const char *byte = message[i] == '\n' ? ";" : message[i] == '\t' ? " " : &message[i];
        if (message[i] != '\n' || i + 1 < length) {
            buffer_add(line, byte, 1);
        }
    }
}

enum exit_code postgresql_report(const struct directory *directory, const PGresult *result)
{
    const struct postgresql *state = directory->state;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    enum exit_code code = PQstatus(state->connection) == CONNECTION_OK ? CODE_FAILED : CODE_RETRY;
    const char *hint = "";
    for (size_t i = 0; sqlstate != NULL && i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strncmp(sqlstate, meanings[i].sqlstate, strlen(meanings[i].sqlstate)) == 0) {
            code = meanings[i].code;
            hint = meanings[i].hint;
            break;
        }
    }
    struct buffer line = {NULL, 0, 0};
    add_message(&line, message != NULL ? message : PQerrorMessage(state->connection));
    (void)report(code, "%s: %s: %s%s", directory->argument, directory->name, buffer_text(&line),
                 hint);
    buffer_free(&line);
    return code;
}

/* --- statements --- */

static int64_t now_ms(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0
               ? (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS
               : 0;
}

static enum exit_code report_timeout(const struct directory *directory)
{
    return report(CODE_RETRY, "%s: %s: the server did not answer in time", directory->argument,
                  directory->name);
}

/* Waits for the next result of what was sent; NULL after the last one. */
static enum exit_code wait_for_result(struct directory *directory, PGresult **ret_result)
{
    const struct postgresql *state = directory->state;
    int64_t until_ms = now_ms() + state->timeout_ms + (state->is_in_transaction ? GRACE_MS : 0);
    *ret_result = NULL;
    while (PQisBusy(state->connection) != 0) {
        struct pollfd fd = {.fd = PQsocket(state->connection), .events = POLLIN};
        int64_t left_ms = until_ms - now_ms();
        int ready = left_ms > 0 ? poll(&fd, 1, (int)left_ms) : 0;
        if (ready == 0) {
            return report_timeout(directory);
        }
        if ((ready < 0 && errno != EINTR) ||
            (ready > 0 && PQconsumeInput(state->connection) == 0)) {
            return postgresql_report(directory, NULL);
        }
    }
    *ret_result = PQgetResult(state->connection);
    return CODE_OK;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN;
}

enum exit_code postgresql_finish(struct directory *directory, PGresult **ret_result)
{
    PGresult *result = NULL;
    enum exit_code code = wait_for_result(directory, &result);
    if (code == CODE_OK && !is_good(result)) {
        code = postgresql_report(directory, result);
    }
    /* After COPY has begun, the next result comes at its end. */
    bool has_more = PQresultStatus(result) != PGRES_COPY_IN;
    while (code == CODE_OK && has_more) {
        PGresult *next = NULL;
        code = wait_for_result(directory, &next);
        has_more = next != NULL;
        PQclear(next);
    }
    if (code != CODE_OK || ret_result == NULL) {
        PQclear(result);
        result = NULL;
    }
    if (ret_result != NULL) {
        *ret_result = result;
    }
    return code;
}

enum exit_code postgresql_ask(struct directory *directory, const char *sql,
                              const char *const *values, PGresult **ret_result)
{
    const struct postgresql *state = directory->state;
    int count = 0;
    while (values != NULL && values[count] != NULL) {
        count++;
    }
    if (ret_result != NULL) {
        *ret_result = NULL;
    }
    if (PQsendQueryParams(state->connection, sql, count, NULL, values, NULL, NULL, 0) == 0) {
        return postgresql_report(directory, NULL);
    }
    return postgresql_finish(directory, ret_result);
}

enum exit_code postgresql_run(struct directory *directory, const char *sql,
                              const char *const *values)
{
    return postgresql_ask(directory, sql, values, NULL);
}

/* --- connecting --- */

static void ignore_notice(void *data, const char *message)
{
    (void)data;
    (void)message;
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
    while (options->keyword != NULL && strcmp(options->keyword, keyword) != 0) {
        options++;
    }
    return options->keyword != NULL && options->val != NULL ? options->val : "";
}

/* Makes the name that messages show, out of what the URL says besides secrets. A password with
 * characters that are not percent-encoded can end up in other parts, which are not shown then. */
static bool make_name(struct directory *directory, const PQconninfoOption *options)
{
    const char *user = option_value(options, "user");
    const char *host = option_value(options, "host");
    const char *port = option_value(options, "port");
    const char *database = option_value(options, "dbname");
    struct buffer name = {NULL, 0, 0};
    if (strpbrk(user, ":@") != NULL || strpbrk(host, "@") != NULL ||
        strpbrk(database, "@") != NULL || port[strspn(port, "0123456789,")] != '\0') {
        return false;
    }
    buffer_add_format(&name, "postgres://%s%s%s%s%s%s%s", user, user[0] != '\0' ? "@" : "", host,
                      port[0] != '\0' ? ":" : "", port, database[0] != '\0' ? "/" : "", database);
    directory->name = name.data;
    return true;
}

/* Checks the URL. What libpq says of a wrong one quotes it, with its password, so it is not shown.
 */
static enum exit_code check_url(struct directory *directory, const struct directory_options *given)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(given->name, &message);
    bool is_good = options != NULL && make_name(directory, options);
    PQfreemem(message);
    PQconninfoFree(options);
    return is_good ? CODE_OK
                   : report(CODE_USAGE,
                            "%s: it is not a valid URL of PostgreSQL; it must be as in "
                            "postgres://USER@HOST:PORT/DATABASE, with special characters "
                            "percent-encoded",
                            given->argument);
}

/* Whether the server refuses this connection, there is none that accepts any, or libpq refuses the
 * URL's parameters. */
static enum exit_code connect_failure_code(const char *const *keywords, const char *const *values)
{
    switch (PQpingParams(keywords, values, 1)) {
    case PQPING_OK:
        return CODE_FAILED;
    case PQPING_NO_ATTEMPT:
        return CODE_USAGE;
    default:
        return CODE_RETRY;
    }
}

static enum exit_code connect_to(struct directory *directory,
                                 const struct directory_options *options)
{
    struct postgresql *state = directory->state;
    char connect_s[TIMEOUT_TEXT_SIZE];
    uint32_t seconds = (state->timeout_ms + MS_PER_S - 1) / MS_PER_S;
    (void)snprintf(connect_s, sizeof(connect_s), "%u",
                   seconds > CONNECT_TIMEOUT_MIN_S ? seconds : CONNECT_TIMEOUT_MIN_S);
    /* The URL overrides what precedes it. */
    const char *keywords[] = {"connect_timeout", "fallback_application_name", "dbname",
                              "client_encoding", NULL};
    const char *values[] = {connect_s, "cruddur", options->name, "UTF8", NULL};
    state->connection = memory_check(PQconnectdbParams(keywords, values, 1));
    if (PQstatus(state->connection) != CONNECTION_OK) {
        struct buffer line = {NULL, 0, 0};
        add_message(&line, PQerrorMessage(state->connection));
        values[0] = PING_TIMEOUT;
        enum exit_code code = connect_failure_code(keywords, values);
        (void)report(code, "%s: %s: %s", directory->argument, directory->name, buffer_text(&line));
        buffer_free(&line);
        return code;
    }
    (void)PQsetNoticeProcessor(state->connection, ignore_notice, NULL);
    return CODE_OK;
}

static enum exit_code open_postgresql(struct directory *directory,
                                      const struct directory_options *options)
{
    struct postgresql *state = memory_resize(NULL, 1, sizeof(*state));
    *state = (struct postgresql){.timeout_ms = options->timeout_ms};
    directory->state = state;
    enum exit_code code = check_url(directory, options);
    return code == CODE_OK ? connect_to(directory, options) : code;
}

static void close_postgresql(struct directory *directory)
{
    struct postgresql *state = directory->state;
    PQfinish(state->connection);
    free(state);
}

/* --- transactions --- */

/* Settings of the session could become those of others, behind a pool of connections. */
enum exit_code postgresql_begin(struct directory *directory)
{
    struct postgresql *state = directory->state;
    char timeout_ms[TIMEOUT_TEXT_SIZE];
    (void)snprintf(timeout_ms, sizeof(timeout_ms), "%u", state->timeout_ms);
    enum exit_code code = postgresql_run(directory, "BEGIN", NULL);
    state->is_in_transaction = code == CODE_OK;
    return code == CODE_OK
               ? postgresql_run(directory, "SELECT set_config('statement_timeout', $1, true)",
                                (const char *const[]){timeout_ms, NULL})
               : code;
}

enum exit_code postgresql_end(struct directory *directory, bool is_kept)
{
    struct postgresql *state = directory->state;
    PGresult *result = NULL;
    state->is_in_transaction = false;
    enum exit_code code = postgresql_ask(directory, is_kept ? "COMMIT" : "ROLLBACK", NULL, &result);
    /* COMMIT after a statement that failed is a rollback, and no error. */
    if (code == CODE_OK && is_kept && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        code = report(CODE_FAILED, "%s: %s: the server has undone the transaction",
                      directory->argument, directory->name);
    }
    PQclear(result);
    return code;
}

static enum exit_code begin_changes(struct directory *directory)
{
    enum exit_code code = postgresql_begin(directory);
    if (code == CODE_OK) {
        code = postgresql_run(directory, POSTGRESQL_LOCK, NULL);
    }
    return code;
}

/* --- users --- */

/* Adds a row of POSTGRESQL_COLUMNS. A column that is NULL is empty. */
static struct users_entry *add_row(struct users *users, const PGresult *result, int row)
{
    const char *values[USERS_N_FIELDS];
    for (int i = 0; i < USERS_N_FIELDS; i++) {
        values[i] = PQgetvalue(result, row, i);
    }
    return users_add(users, values);
}

static enum exit_code find_user(struct directory *directory, enum users_field field,
                                const char *value, const struct users_entry **ret_entry)
{
    static const char *const queries[USERS_N_FIELDS] = {
        [USERS_UUID] = "SELECT " POSTGRESQL_COLUMNS " FROM users WHERE uuid = $1 LIMIT 2",
        [USERS_HANDLE] = "SELECT " POSTGRESQL_COLUMNS " FROM users WHERE handle = $1 LIMIT 2",
        [USERS_COGNITO_USER_ID] =
            "SELECT " POSTGRESQL_COLUMNS " FROM users WHERE cognito_user_id = $1 LIMIT 2",
    };
    PGresult *result = NULL;
    *ret_entry = NULL;
    enum exit_code code =
        postgresql_ask(directory, queries[field], (const char *const[]){value, NULL}, &result);
    if (code == CODE_OK && PQntuples(result) > 1) {
        code = directory_report_ambiguous(directory, field, value);
    } else if (code == CODE_OK && PQntuples(result) == 1) {
        *ret_entry = add_row(&directory->found, result, 0);
    }
    PQclear(result);
    return code;
}

/* Fetches the next rows of the cursor, and passes them on. */
static enum exit_code fetch(struct directory *directory, directory_observer *observe, void *data,
                            bool *ret_has_more)
{
    PGresult *result = NULL;
    enum exit_code code =
        postgresql_ask(directory, "FETCH " FETCH_ROWS " FROM users_list", NULL, &result);
    bool goes_on = code == CODE_OK;
    int count = goes_on ? PQntuples(result) : 0;
    for (int row = 0; goes_on && row < count; row++) {
        struct users one = {NULL, 0, 0};
        goes_on = observe(data, add_row(&one, result, row));
        users_free(&one);
    }
    PQclear(result);
    *ret_has_more = goes_on && count > 0;
    return code;
}

/* By a cursor: neither side keeps the whole list. */
static enum exit_code list_users(struct directory *directory, directory_observer *observe,
                                 void *data)
{
    const struct postgresql *state = directory->state;
    bool is_own = !state->is_in_transaction;
    enum exit_code code = is_own ? postgresql_begin(directory) : CODE_OK;
    if (code == CODE_OK) {
        code = postgresql_run(directory,
                              "DECLARE users_list NO SCROLL CURSOR FOR SELECT " POSTGRESQL_COLUMNS
                              " FROM users ORDER BY handle COLLATE \"C\", uuid",
                              NULL);
    }
    bool has_more = true;
    while (code == CODE_OK && has_more) {
        code = fetch(directory, observe, data, &has_more);
    }
    if (code == CODE_OK) {
        code = postgresql_run(directory, "CLOSE users_list", NULL);
    }
    /* After a failure the connection is closed soon. */
    return code == CODE_OK && is_own ? postgresql_end(directory, true) : code;
}

static enum exit_code set_cognito_user_id(struct directory *directory, const char *uuid,
                                          const char *cognito_user_id)
{
    PGresult *result = NULL;
    enum exit_code code =
        postgresql_ask(directory, "UPDATE users SET cognito_user_id = $2 WHERE uuid = $1",
                       (const char *const[]){uuid, cognito_user_id, NULL}, &result);
    if (code == CODE_OK && strcmp(PQcmdTuples(result), "1") != 0) {
        code = report(CODE_NOT_FOUND, "%s: %s: no user with uuid %s", directory->argument,
                      directory->name, uuid);
    }
    PQclear(result);
    return code;
}

const struct directory_backend directory_postgresql = {
    .open = open_postgresql,
    .find = find_user,
    .list = list_users,
    .begin = begin_changes,
    .set_cognito_user_id = set_cognito_user_id,
    .end = postgresql_end,
    .load = postgresql_load,
    .close = close_postgresql,
};
