/* SPDX-License-Identifier: MIT */
#include "raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"

#define US_PER_S 1000000
#define PAGE_MAX 1000
#define COLUMNS_MAX 18
#define BUSY_MS 10000

enum { PK, SK, GROUP_UUID, TEXT, MESSAGE_UUID, USER_UUID, DISPLAY_NAME, HANDLE };

#define COLUMNS                                                                                    \
    "pk, sk, message_group_uuid, message, message_uuid, user_uuid, user_display_name, "            \
    "user_handle, group_name, member_uuids, other_attributes"

/* What the library's pages show; the partition key is known. */
#define SHOWN_OF_MESSAGES                                                                          \
    "sk, message, message_uuid, user_uuid, user_display_name, user_handle, version, edited_at, "   \
    "deleted_at, reply_to, message_data, reactions, expires_at"
#define SHOWN_OF_GROUPS                                                                            \
    "sk, message_group_uuid, message, user_uuid, user_display_name, user_handle, group_name, "     \
    "group_data, member_uuids, blocked, rev, head_sk, head_expires_at, read_sk, visible_sk, "      \
    "muted_until, archived, pinned"
#define OF_PAGE " FROM cruddur_messages WHERE pk = ?1 AND sk >= ?2 AND sk <= ?3 ORDER BY sk DESC"

static const char *const texts[RAW_COUNT] = {
    [RAW_BEGIN] = "BEGIN",
    [RAW_BEGIN_IMMEDIATE] = "BEGIN IMMEDIATE",
    [RAW_COMMIT] = "COMMIT",
    [RAW_GET] = "SELECT " COLUMNS " FROM cruddur_messages WHERE pk = ?1 AND sk = ?2",
    [RAW_QUERY] = "SELECT " COLUMNS " FROM cruddur_messages"
                  " WHERE pk = ?1 AND sk >= ?2 AND sk <= ?3 ORDER BY sk DESC",
    [RAW_MESSAGES] = "SELECT " SHOWN_OF_MESSAGES OF_PAGE,
    [RAW_GROUPS] = "SELECT " SHOWN_OF_GROUPS OF_PAGE,
    [RAW_PUT] = "INSERT INTO cruddur_messages (" COLUMNS ")"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [RAW_PUT_MARKED] = "INSERT INTO cruddur_messages (" COLUMNS ", read_sk, rev, version)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, '1', ?13)",
    [RAW_REMOVE] = "DELETE FROM cruddur_messages WHERE pk = ?1 AND sk = ?2",
};

/* ---- the connection ---- */

void raw_run(raw_store *raw, const char *sql)
{
    must(sqlite3_exec(raw->db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

void raw_open(raw_store *raw, const char *path, bool is_synchronous_full)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    must(sqlite3_open_v2(path, &raw->db, flags, NULL) == SQLITE_OK, path);
    must(sqlite3_busy_timeout(raw->db, BUSY_MS) == SQLITE_OK, "setting a busy timeout");
    raw_run(raw, is_synchronous_full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    raw_run(raw, "PRAGMA temp_store = MEMORY");
    for (int i = 0; i < RAW_COUNT; i++) {
        must(sqlite3_prepare_v3(raw->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &raw->statement[i], NULL) == SQLITE_OK,
             texts[i]);
    }
}

void raw_close(raw_store *raw)
{
    for (int i = 0; i < RAW_COUNT; i++) {
        (void)sqlite3_finalize(raw->statement[i]);
    }
    must(sqlite3_close(raw->db) == SQLITE_OK, "closing");
}

void raw_step(raw_store *raw, raw_statement which)
{
    must(sqlite3_step(raw->statement[which]) == SQLITE_DONE, texts[which]);
    (void)sqlite3_reset(raw->statement[which]);
}

static void bind(sqlite3_stmt *statement, int parameter, const char *text, size_t size)
{
    int code = text == NULL
                   ? sqlite3_bind_null(statement, parameter)
                   : sqlite3_bind_text(statement, parameter, text, (int)size, SQLITE_STATIC);
    must(code == SQLITE_OK, "binding");
}

/* ---- keys ---- */

static raw_key prefixed(const char *prefix, const char *uuid)
{
    raw_key key;
    memcpy(key.text, prefix, 4);
    memcpy(key.text + 4, uuid, CRUDDUR_UUID_SIZE);
    return key;
}

raw_key raw_group_key(const char *group)
{
    return prefixed("MSG#", group);
}

raw_key raw_member_key(const char *member)
{
    return prefixed("GRP#", member);
}

void raw_sort_key(int64_t time_us, char key[SORT_KEY_SIZE])
{
    char wide[64];
    struct tm civil;
    time_t seconds = (time_t)(time_us / US_PER_S);
    must(gmtime_r(&seconds, &civil) != NULL, "reading the calendar");
    size_t length = strftime(wide, sizeof(wide), "%Y-%m-%dT%H:%M:%S", &civil);
    (void)snprintf(wide + length, sizeof(wide) - length, ".%06d+00:00", (int)(time_us % US_PER_S));
    memcpy(key, wide, SORT_KEY_SIZE);
}

/* ---- rows ---- */

/* A row in memory of its own. */
typedef struct raw_row {
    const char *value[COLUMNS_MAX];
    int size[COLUMNS_MAX];
    char bytes[];
} raw_row;

static raw_row *copy_row(sqlite3_stmt *statement)
{
    raw_row found;
    size_t total = 0;
    int columns = sqlite3_column_count(statement);
    for (int i = 0; i < columns; i++) {
        found.value[i] = (const char *)sqlite3_column_text(statement, i);
        found.size[i] = sqlite3_column_bytes(statement, i);
        total += (size_t)found.size[i] + 1;
    }
    raw_row *copy = malloc(sizeof(*copy) + total);
    must(copy != NULL, "memory");
    char *at = copy->bytes;
    for (int i = 0; i < columns; i++) {
        size_t size = (size_t)found.size[i];
        copy->value[i] = found.value[i] == NULL ? NULL : at;
        copy->size[i] = found.size[i];
        if (found.value[i] != NULL) {
            memcpy(at, found.value[i], size + 1);
            at += size + 1;
        }
    }
    return copy;
}

/* So that the compiler cannot leave out what nobody looks at. */
static volatile size_t looked_at;

static void look_at_row(sqlite3_stmt *statement)
{
    size_t total = 0;
    int columns = sqlite3_column_count(statement);
    for (int i = 0; i < columns; i++) {
        const unsigned char *text = sqlite3_column_text(statement, i);
        total += (size_t)sqlite3_column_bytes(statement, i) + (text == NULL ? 0u : text[0]);
    }
    looked_at = total;
}

static void begin_query(sqlite3_stmt *statement, const char *partition, const char *upper)
{
    bind(statement, 1, partition, strlen(partition));
    bind(statement, 2, "", 0);
    if (upper == NULL) { /* a BLOB sorts behind every TEXT */
        must(sqlite3_bind_zeroblob(statement, 3, 0) == SQLITE_OK, "binding");
    } else {
        bind(statement, 3, upper, strlen(upper));
    }
}

static raw_row *read_newest(raw_store *raw, const char *partition)
{
    begin_query(raw->statement[RAW_QUERY], partition, NULL);
    must(sqlite3_step(raw->statement[RAW_QUERY]) == SQLITE_ROW, "a newest row");
    raw_row *row = copy_row(raw->statement[RAW_QUERY]);
    (void)sqlite3_reset(raw->statement[RAW_QUERY]);
    return row;
}

static raw_row *read_by_key(raw_store *raw, const raw_key *key, const raw_row *head)
{
    sqlite3_stmt *statement = raw->statement[RAW_GET];
    bind(statement, 1, key->text, sizeof(key->text) - 1);
    bind(statement, 2, head->value[SK], (size_t)head->size[SK]);
    must(sqlite3_step(statement) == SQLITE_ROW, "a row by its key");
    raw_row *row = copy_row(statement);
    (void)sqlite3_reset(statement);
    return row;
}

/* ---- pages ---- */

static void read_page(raw_store *raw, const char *partition, const char *upper, size_t limit,
                      bool is_copied)
{
    raw_row *page[PAGE_MAX];
    size_t count = 0;
    bool is_inbox = strncmp(partition, "GRP#", 4) == 0;
    sqlite3_stmt *statement = raw->statement[is_inbox ? RAW_GROUPS : RAW_MESSAGES];
    begin_query(statement, partition, upper);
    while (sqlite3_step(statement) == SQLITE_ROW && count < limit) {
        if (is_copied) {
            page[count] = copy_row(statement);
        } else {
            look_at_row(statement);
        }
        count++;
    }
    (void)sqlite3_reset(statement);
    must(count == limit, "a full page");
    for (size_t i = 0; is_copied && i < count; i++) {
        free(page[i]);
    }
}

void raw_page(raw_store *raw, const char *partition, const char *upper, size_t limit,
              bool is_copied)
{
    raw_step(raw, RAW_BEGIN);
    read_page(raw, partition, upper, limit, is_copied);
    raw_step(raw, RAW_COMMIT);
}

void raw_page_for(raw_store *raw, const char *viewer, const char *group, size_t limit,
                  bool is_copied)
{
    raw_key messages = raw_group_key(group);
    raw_key inbox = raw_member_key(viewer);
    raw_step(raw, RAW_BEGIN);
    raw_row *head = read_newest(raw, messages.text);
    raw_row *group_row = read_by_key(raw, &inbox, head);
    must(strcmp(group_row->value[GROUP_UUID], group) == 0, "a row of the group");
    read_page(raw, messages.text, NULL, limit, is_copied);
    raw_step(raw, RAW_COMMIT);
    free(group_row);
    free(head);
}

/* ---- append ---- */

void raw_put(raw_store *raw, const char *const columns[COLUMN_COUNT])
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        bind(raw->statement[RAW_PUT], i + 1, columns[i],
             columns[i] == NULL ? 0 : strlen(columns[i]));
    }
    raw_step(raw, RAW_PUT);
}

static void move_group_row(raw_store *raw, const raw_row *row, const char *sk, const char *text)
{
    const char *columns[COLUMN_COUNT];
    memcpy(columns, row->value, sizeof(columns)); /* the first of them */
    columns[SK] = sk;
    columns[TEXT] = text;
    raw_put(raw, columns);
}

static void remove_row(raw_store *raw, const raw_row *row)
{
    bind(raw->statement[RAW_REMOVE], 1, row->value[PK], (size_t)row->size[PK]);
    bind(raw->statement[RAW_REMOVE], 2, row->value[SK], (size_t)row->size[SK]);
    raw_step(raw, RAW_REMOVE);
}

static int64_t real_time_us(void)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

static void put_message(raw_store *raw, const raw_key *messages, const raw_row *other_row,
                        const char *author, const char *sk, const char *message_uuid,
                        const char *text)
{
    const char *columns[COLUMN_COUNT] = {
        [PK] = messages->text,
        [SK] = sk,
        [TEXT] = text,
        [MESSAGE_UUID] = message_uuid,
        [USER_UUID] = author,
        [DISPLAY_NAME] = other_row->value[DISPLAY_NAME], /* which names the author */
        [HANDLE] = other_row->value[HANDLE],
    };
    raw_put(raw, columns);
}

void raw_append(raw_store *raw, const char *author, const char *group, const char *message_uuid,
                const char *text)
{
    char sk[SORT_KEY_SIZE];
    raw_key messages = raw_group_key(group);
    raw_key author_key = raw_member_key(author);
    raw_row *head = read_newest(raw, messages.text);
    raw_row *author_row = read_by_key(raw, &author_key, head);
    raw_key other_key = raw_member_key(author_row->value[USER_UUID]);
    raw_row *rows[] = {read_by_key(raw, &author_key, head), read_by_key(raw, &other_key, head)};
    raw_sort_key(real_time_us(), sk);
    must(strcmp(sk, head->value[SK]) > 0, "a clock that goes on");
    put_message(raw, &messages, rows[1], author, sk, message_uuid, text);
    for (size_t i = 0; i < 2; i++) {
        move_group_row(raw, rows[i], sk, text);
    }
    for (size_t i = 0; i < 2; i++) {
        remove_row(raw, rows[i]);
        free(rows[i]);
    }
    free(author_row);
    free(head);
}

/* ---- mark ---- */

static void put_marked(raw_store *raw, const raw_row *row, const char *read_sk)
{
    static uint64_t versions;
    char version[32];
    sqlite3_stmt *statement = raw->statement[RAW_PUT_MARKED];
    for (int i = 0; i < COLUMN_COUNT; i++) {
        bind(statement, i + 1, row->value[i], row->value[i] == NULL ? 0 : (size_t)row->size[i]);
    }
    (void)snprintf(version, sizeof(version), "%016llx", (unsigned long long)versions++);
    bind(statement, COLUMN_COUNT + 1, read_sk, strlen(read_sk));
    bind(statement, COLUMN_COUNT + 2, version, strlen(version));
    raw_step(raw, RAW_PUT_MARKED);
}

static raw_row *read_at(raw_store *raw, const char *pk, const char *sk)
{
    sqlite3_stmt *statement = raw->statement[RAW_GET];
    bind(statement, 1, pk, strlen(pk));
    bind(statement, 2, sk, strlen(sk));
    must(sqlite3_step(statement) == SQLITE_ROW, "a row by its key");
    raw_row *row = copy_row(statement);
    (void)sqlite3_reset(statement);
    return row;
}

void raw_mark(raw_store *raw, const char *member, const char *group, int64_t time_us)
{
    char sk[SORT_KEY_SIZE];
    char card_pk[sizeof("CARD#") + CRUDDUR_UUID_SIZE];
    raw_key messages = raw_group_key(group);
    raw_key inbox = raw_member_key(member);
    raw_row *head = read_newest(raw, messages.text);
    (void)snprintf(card_pk, sizeof(card_pk), "CARD#%s", group);
    raw_row *card = read_at(raw, card_pk, "CARD");
    raw_row *own = read_by_key(raw, &inbox, head);
    raw_sort_key(time_us, sk);
    raw_row *message = read_at(raw, messages.text, sk);
    remove_row(raw, own);
    put_marked(raw, own, sk);
    free(message);
    free(own);
    free(card);
    free(head);
}
