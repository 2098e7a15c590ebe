/* SPDX-License-Identifier: MIT */
#include "sqlite/bed.h"

#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXTS 8

extern char **environ;

static char folder[PATH_SIZE];

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

bool is_very_slow(void)
{
    const char *asked = getenv("CRUDDUR_TEST_SLOW");
    return asked != NULL && strcmp(asked, "1") == 0;
}

int scaled(int plain, int slow)
{
    return IS_SANITIZED || is_very_slow() ? slow : plain;
}

unsigned next_fault(unsigned nth, unsigned dense)
{
    unsigned passed_over = is_very_slow() ? 2 * nth : IS_SANITIZED ? nth / 3 : nth / dense;
    return nth + 1 + passed_over;
}

/* ---- files ---- */

void bed_make(void)
{
    test_folder_make(folder, sizeof(folder));
}

void bed_remove(void)
{
    test_folder_remove(folder);
}

const char *bed_folder(void)
{
    return folder;
}

const char *bed_path(const char *name)
{
    static _Thread_local char paths[TEXTS][PATH_SIZE + 256];
    static _Thread_local unsigned next;
    char *path = paths[next++ % TEXTS];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

const char *bed_url(const char *path)
{
    static _Thread_local char urls[TEXTS][URL_SIZE];
    static _Thread_local unsigned next;
    char *url = urls[next++ % TEXTS];
    char *at = stpcpy(url, "sqlite:");
    for (; *path != '\0'; path++) {
        at += strchr("%?#", *path) == NULL ? sprintf(at, "%c", *path)
                                           : sprintf(at, "%%%02X", (unsigned)*path);
    }
    return url;
}

static void copy_file(const char *from, const char *to)
{
    char source[PATH_SIZE + 8];
    char target[PATH_SIZE + 8];
    char *arguments[] = {(char[]){"cp"}, source, target, NULL};
    pid_t process;
    int state;
    (void)snprintf(source, sizeof(source), "%s", from);
    (void)snprintf(target, sizeof(target), "%s", to);
    cr_assert_eq(posix_spawn(&process, "/bin/cp", NULL, NULL, arguments, environ), 0);
    cr_assert_eq(waitpid(process, &state, 0), process);
    cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0, "cp %s %s", from, to);
}

static const char *beside(const char *path, const char *suffix, char buffer[PATH_SIZE + 8])
{
    (void)snprintf(buffer, PATH_SIZE + 8, "%s%s", path, suffix);
    return buffer;
}

void bed_remove_store(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char buffer[PATH_SIZE + 8];
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void)unlink(beside(path, suffixes[i], buffer));
    }
}

void bed_copy_store(const char *from, const char *to)
{
    char from_log[PATH_SIZE + 8];
    char to_log[PATH_SIZE + 8];
    bed_remove_store(to);
    copy_file(from, to);
    if (access(beside(from, "-wal", from_log), F_OK) == 0) {
        copy_file(from_log, beside(to, "-wal", to_log));
    }
}

/* ---- people ---- */

void number_uuid(uint64_t number, char uuid[CRUDDUR_UUID_SIZE])
{
    (void)snprintf(uuid, CRUDDUR_UUID_SIZE, "%08x-%04x-4000-9000-%012x",
                   (unsigned)(number >> 48 & 0xffffffffu), (unsigned)(number >> 32 & 0xffffu),
                   (unsigned)(number & 0xffffffffu));
}

/* Workers have no Criterion, so nothing is asserted here. */
const cruddur_user *person(unsigned index)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct {
        char uuid[CRUDDUR_UUID_SIZE];
        char name[16];
        char handle[16];
    } texts[PEOPLE];
    static cruddur_user people[PEOPLE];
    (void)pthread_mutex_lock(&lock);
    for (unsigned i = 0; people[PEOPLE - 1].size == 0 && i < PEOPLE; i++) {
        (void)snprintf(texts[i].uuid, CRUDDUR_UUID_SIZE, "00000000-0000-4000-8000-%012x", i + 1);
        (void)snprintf(texts[i].name, sizeof(texts[i].name), "Person %u", i);
        (void)snprintf(texts[i].handle, sizeof(texts[i].handle), "person%u", i);
        people[i] =
            (cruddur_user){sizeof(cruddur_user), texts[i].uuid, texts[i].name, texts[i].handle};
    }
    (void)pthread_mutex_unlock(&lock);
    return &people[index];
}

/* ---- calls that must succeed ---- */

cruddur *open_store(const char *path)
{
    cruddur *dm = NULL;
    must_succeed(cruddur_open(bed_url(path), NULL, &dm, TEST_ERROR));
    return dm;
}

void open_group(cruddur *dm, unsigned first, unsigned members, const char *group_uuid,
                const char *text, int64_t created_at_us)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = group_uuid;
    options.created_at_us = created_at_us;
    must_succeed(cruddur_group_create(dm, person(first), person(first + 1), members - 1, text,
                                      &options, NULL, TEST_ERROR));
}

void append_text(cruddur *dm, unsigned author, const char *group_uuid, const char *text)
{
    must_succeed(cruddur_msg_append(dm, person(author), group_uuid, text, NULL, NULL, TEST_ERROR));
}

/* ---- the table, by SQL ---- */

sqlite3 *raw_open(const char *path)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
    cr_assert_eq(code, SQLITE_OK, "opening %s: %s", path, sqlite3_errstr(code));
    (void)sqlite3_busy_timeout(db, 10000);
    return db;
}

void raw_run(const char *path, const char *sql)
{
    sqlite3 *db = raw_open(path);
    char *message = NULL;
    int code = sqlite3_exec(db, sql, NULL, NULL, &message);
    cr_assert_eq(code, SQLITE_OK, "%s: %s", sql, message == NULL ? "?" : message);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

int64_t raw_number(const char *path, const char *sql)
{
    sqlite3 *db = raw_open(path);
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s: %s", sql, sqlite3_errmsg(db));
    int64_t number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
    return number;
}

/* The first column of the first row; NULL when there is none. To be freed with free(). */
static char *first_text(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        return strdup(sqlite3_errmsg(db));
    }
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        text = strdup((const char *)sqlite3_column_text(statement, 0));
    } else if (code != SQLITE_ROW && code != SQLITE_DONE) {
        text = strdup(sqlite3_errmsg(db));
    }
    (void)sqlite3_finalize(statement);
    return text;
}

char *dump_table(const char *path)
{
    if (access(path, F_OK) != 0) {
        return NULL;
    }
    sqlite3 *db = raw_open(path);
    char *tables = first_text(
        db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'cruddur_messages'");
    char *dump = NULL;
    if (tables != NULL) {
        dump = first_text(
            db, "SELECT coalesce(group_concat(line, char(10)), '') FROM (SELECT json_array(pk, sk,"
                " message_group_uuid, message, message_uuid, user_uuid, user_display_name,"
                " user_handle, group_name, member_uuids, head_sk, rev, version,"
                " other_attributes) AS line"
                " FROM cruddur_messages ORDER BY pk, sk)");
    }
    free(tables);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
    return dump;
}

#define HEADS                                                                                      \
    "WITH head AS (SELECT substr(pk, 5) AS g, max(sk) AS sk FROM cruddur_messages"                 \
    " WHERE pk GLOB 'MSG#*' GROUP BY pk), grp AS (SELECT * FROM cruddur_messages"                  \
    " WHERE pk GLOB 'GRP#*') "

/* Each gives no row, or NULL, where all is well. */
static const char *const laws[] = {
    "SELECT nullif(group_concat(integrity_check), 'ok') FROM pragma_integrity_check",
    HEADS "SELECT grp.pk || ' ' || grp.sk || ' is not at the head of its group' FROM grp"
          " LEFT JOIN head ON g = message_group_uuid WHERE head.sk IS NOT grp.sk",
    HEADS "SELECT grp.pk || ' ' || grp.sk || ' has not the text of the newest message' FROM grp"
          " JOIN cruddur_messages m ON m.pk = 'MSG#' || grp.message_group_uuid AND m.sk = grp.sk"
          " WHERE m.message IS NOT grp.message",
    HEADS "SELECT message_group_uuid || ' has ' || count(*) || ' group rows' FROM grp"
          " GROUP BY message_group_uuid HAVING count(*) <> count(DISTINCT pk)"
          " OR count(*) <> coalesce((length(max(member_uuids)) + 1) / 37, 2)",
    HEADS "SELECT g || ' has messages and no group rows' FROM head"
          " WHERE g NOT IN (SELECT message_group_uuid FROM grp)",
    HEADS "SELECT a.pk || ' names nobody of its group' FROM grp a WHERE NOT EXISTS (SELECT 1 FROM"
          " grp b WHERE b.message_group_uuid = a.message_group_uuid AND b.pk <> a.pk"
          " AND b.pk = 'GRP#' || a.user_uuid)",
    ("SELECT message_uuid || ' is stored twice' FROM cruddur_messages WHERE pk GLOB 'MSG#*'"
     " GROUP BY pk, message_uuid HAVING count(*) > 1"),
};

bool is_sound(const char *path, char problem[PROBLEM_SIZE])
{
    sqlite3 *db = raw_open(path);
    char *found = NULL;
    for (size_t i = 0; found == NULL && i < sizeof(laws) / sizeof(laws[0]); i++) {
        found = first_text(db, laws[i]);
    }
    (void)snprintf(problem, PROBLEM_SIZE, "%s", found == NULL ? "" : found);
    bool is_good = found == NULL;
    free(found);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
    return is_good;
}

void must_be_sound(const char *path)
{
    char problem[PROBLEM_SIZE];
    cr_assert(is_sound(path, problem), "%s", problem);
}

void must_pass_checker(const char *path)
{
    test_store store = {0};
    (void)snprintf(store.url, sizeof(store.url), "%s", bed_url(path));
    test_check(&store);
}
