/* SPDX-License-Identifier: MIT */
/* Files that version 0.1 of the library made. They have version 1 of the tables, no cards, and
 * messages whose uuids the caller may send again. */
#include <stdio.h>
#include <string.h>

#include "sqlite/bed.h"

TestSuite(version_1, .init = bed_make, .fini = bed_remove, .timeout = 120);

#define UUID "2ed6657d-e927-468b-95e1-2665a8aea6a2"
#define AT "2024-05-06T11:00:0%d.000000+00:00"

static char direct[CRUDDUR_UUID_SIZE];
static char large[CRUDDUR_UUID_SIZE];

/* As released: not to be changed. */
static const char tables[] =
    "PRAGMA journal_mode = WAL; BEGIN;"
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
    "  WHERE message_group_uuid IS NOT NULL;"
    "PRAGMA application_id = 1129464914; PRAGMA user_version = 1; COMMIT;";

static void insert(const char *path, const char *columns, const char *values)
{
    char sql[1024];
    (void)snprintf(sql, sizeof(sql), "INSERT INTO cruddur_messages (pk, sk, %s) VALUES (%s)",
                   columns, values);
    raw_run(path, sql);
}

static void insert_message(const char *path, const char *group, int second, unsigned author,
                           const char *uuid)
{
    char values[768];
    (void)snprintf(values, sizeof(values),
                   "'MSG#%s', '" AT "', 'message %d', '%s', '%s', '%s', '%s'", group, second,
                   second, uuid, person(author)->uuid, person(author)->display_name,
                   person(author)->handle);
    insert(path, "message, message_uuid, user_uuid, user_display_name, user_handle", values);
}

/* `list` and `name` are SQL: text or NULL. */
static void insert_group_row(const char *path, const char *group, int second, unsigned owner,
                             unsigned other, const char *list, const char *name)
{
    char values[768];
    (void)snprintf(values, sizeof(values),
                   "'GRP#%s', '" AT "', '%s', 'message %d', '%s', '%s', '%s', %s, %s",
                   person(owner)->uuid, second, group, second, person(other)->uuid,
                   person(other)->display_name, person(other)->handle, name, list);
    insert(path,
           "message_group_uuid, message, user_uuid, user_display_name, user_handle, group_name, "
           "member_uuids",
           values);
}

/* Makes the file as another program does. */
static void make_tables(const char *path)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    cr_assert_eq(code, SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, tables, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

/* The direct group of persons 0 and 1, with two messages, and a group of persons 2 to 4. */
static const char *make_file(void)
{
    const char *path = bed_path("old.db");
    char list[4 * CRUDDUR_UUID_SIZE];
    make_tables(path);
    must_succeed(cruddur_group_direct_uuid(person(0)->uuid, person(1)->uuid, direct, TEST_ERROR));
    number_uuid(9, large);
    insert_message(path, direct, 1, 0, UUID);
    insert_message(path, direct, 2, 1, "2ed6657d-e927-468b-95e1-2665a8aea6a3");
    insert_group_row(path, direct, 2, 0, 1, "NULL", "NULL");
    insert_group_row(path, direct, 2, 1, 0, "NULL", "NULL");
    insert_message(path, large, 3, 2, "2ed6657d-e927-468b-95e1-2665a8aea6a4");
    (void)snprintf(list, sizeof(list), "'%s,%s,%s'", person(2)->uuid, person(3)->uuid,
                   person(4)->uuid);
    for (unsigned i = 0; i < 3; i++) {
        insert_group_row(path, large, 3, 2 + i, 2 + (i + 1) % 3, list, "'Three'");
    }
    return path;
}

static int64_t count_cards(const char *path)
{
    return raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'CARD#*'");
}

static void expect_messages(cruddur *dm, unsigned viewer, const char *group, size_t count)
{
    cruddur_msg_page *page = NULL;
    must_succeed(cruddur_msg_list(dm, person(viewer)->uuid, group, NULL, &page, TEST_ERROR));
    cr_assert_eq(cruddur_msg_page_count(page), count, "%zu messages", cruddur_msg_page_count(page));
    cruddur_msg_page_free(page);
}

/* Opening it makes it one of version 2, and no row is lost or changed. */
Test(version_1, is_migrated_when_it_is_opened)
{
    const char *path = make_file();
    cr_assert_eq(raw_number(path, "PRAGMA user_version"), 1);
    int64_t rows = raw_number(path, "SELECT count(*) FROM cruddur_messages");
    cruddur *dm = open_store(path);
    cr_assert_eq(raw_number(path, "PRAGMA user_version"), 2);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages"), rows);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE rev IS NOT NULL OR"
                                  " version IS NOT NULL OR head_sk IS NOT NULL"),
                 0);
    cruddur_lines *differences = NULL;
    must_succeed(cruddur_schema_verify(dm, NULL, &differences, TEST_ERROR));
    cr_assert_eq(cruddur_lines_count(differences), 0, "%s", cruddur_lines_at(differences, 0));
    cruddur_lines_free(differences);
    cruddur_close(dm);
    cruddur_close(open_store(path));
    must_be_sound(path);
    must_pass_checker(path);
}

/* Without a card: lists, members, messages, strangers. */
Test(version_1, works)
{
    const char *path = make_file();
    cruddur *dm = open_store(path);
    cruddur_members *members = NULL;
    expect_messages(dm, 0, direct, 2);
    expect_messages(dm, 3, large, 1);
    append_text(dm, 1, direct, "third");
    append_text(dm, 4, large, "second");
    expect_messages(dm, 0, direct, 3);
    expect_messages(dm, 2, large, 2);
    must_succeed(cruddur_group_members(dm, person(2)->uuid, large, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), 3);
    cruddur_members_free(members);
    cruddur_msg_page *page = NULL;
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(dm, person(5)->uuid, direct, NULL, &page, TEST_ERROR));
    cruddur_close(dm);
    must_be_sound(path);
    must_pass_checker(path);
}

/* A message that 0.1 stored is found by its uuid, however old it is. */
Test(version_1, repeats_find_old_messages)
{
    const char *path = make_file();
    cruddur *dm = open_store(path);
    cruddur_msg *msg = NULL;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = UUID;
    must_succeed(
        cruddur_msg_append(dm, person(0), direct, "message 1", &options, &msg, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_text(msg), "message 1");
    cr_assert_str_eq(cruddur_msg_sort_key(msg), "2024-05-06T11:00:01.000000+00:00");
    cruddur_msg_free(msg);
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
              cruddur_msg_append(dm, person(1), direct, TEST_SECRET, &options, NULL, TEST_ERROR));
    expect_messages(dm, 0, direct, 2);
    cruddur_close(dm);
    must_be_sound(path);
}

Test(version_1, gets_cards)
{
    const char *path = make_file();
    cruddur *dm = open_store(path);
    cr_assert_eq(count_cards(path), 0);
    must_succeed(cruddur_schema_upgrade(dm, NULL, TEST_ERROR));
    cr_assert_eq(count_cards(path), 2);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'GRP#*' AND"
                                  " rev = '1' AND version IS NOT NULL"),
                 5);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'CARD#*' AND"
                                  " group_name = 'Three'"),
                 1);
    append_text(dm, 1, direct, "third");
    expect_messages(dm, 0, direct, 3);
    cruddur_close(dm);
    must_be_sound(path);
    must_pass_checker(path);
}

/* A process of 0.1 that had the file open goes on writing to it: its statements name the columns
 * that it knows. So the rows that it moves lose `rev` and `version`. */
Test(version_1, is_written_by_0_1_meanwhile)
{
    char sql[2048];
    const char *path = make_file();
    cruddur *dm = open_store(path);
    must_succeed(cruddur_schema_upgrade(dm, NULL, TEST_ERROR));
    insert_message(path, direct, 5, 0, "2ed6657d-e927-468b-95e1-2665a8aea6a5");
    insert_group_row(path, direct, 5, 0, 1, "NULL", "NULL");
    insert_group_row(path, direct, 5, 1, 0, "NULL", "NULL");
    (void)snprintf(sql, sizeof(sql),
                   "DELETE FROM cruddur_messages WHERE message_group_uuid = '%s' AND sk < '" AT "'",
                   direct, 5);
    raw_run(path, sql);
    expect_messages(dm, 1, direct, 3);
    append_text(dm, 1, direct, "fourth");
    expect_messages(dm, 0, direct, 4);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'GRP#*' AND"
                                  " rev = '1' AND version IS NOT NULL"),
                 5);
    cruddur_close(dm);
    must_be_sound(path);
    must_pass_checker(path);
}
