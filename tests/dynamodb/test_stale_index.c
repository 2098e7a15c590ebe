/* SPDX-License-Identifier: MIT */
/* An index that lags behind its table, as an eventually consistent one may: what was removed still
 * shows there, and what was put does not. All answers have to be right all the same. */
#include <stdio.h>
#include <string.h>

#include "dynamodb/door.h"
#include "messaging/rows.h"
#include "support/raw.h"

#define LARGE 5

static door way;
static test_store store;

static void begin(void)
{
    way = door_make();
    test_store_open(&store, NULL);
}

static void end(void)
{
    test_store_remove(&store);
}

TestSuite(stale_index, .init = begin, .fini = end, .timeout = 120);

static void freeze(void)
{
    door_order(&way, "\"do\": \"freeze-index\", \"table\": \"%s\"", door_table(&store));
}

static void thaw(void)
{
    door_order(&way, "\"do\": \"thaw-index\"");
}

static void lag(unsigned ms)
{
    door_order(&way, "\"do\": \"delay-index\", \"table\": \"%s\", \"ms\": %u", door_table(&store),
               ms);
}

static void open_group(size_t n_members, char uuid[CRUDDUR_UUID_SIZE])
{
    cruddur_user users[LARGE];
    cruddur_group *group = NULL;
    for (size_t i = 0; i < n_members; i++) {
        users[i] = test_user(i);
    }
    must_succeed(cruddur_group_create(store.dm, &users[0], &users[1], n_members - 1, "first", NULL,
                                      &group, TEST_ERROR));
    (void)snprintf(uuid, CRUDDUR_UUID_SIZE, "%s", cruddur_group_uuid(group));
    cruddur_group_free(group);
}

static void say(size_t author, const char *group, const char *text)
{
    cruddur_user user = test_user(author);
    must_succeed(cruddur_msg_append(store.dm, &user, group, text, NULL, NULL, TEST_ERROR));
}

static void expect_members(const char *group, size_t n_members)
{
    cruddur_members *members = NULL;
    must_succeed(
        cruddur_group_members(store.dm, test_user(0).uuid, group, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), n_members);
    for (size_t i = 0; i < n_members; i++) {
        const cruddur_user *found = cruddur_members_at(members, i);
        cruddur_user wanted = test_user(i);
        cr_assert_str_eq(found->uuid, wanted.uuid);
        cr_assert_str_eq(found->display_name, wanted.display_name);
        cr_assert_str_eq(found->handle, wanted.handle);
    }
    cruddur_members_free(members);
}

/* Every member sees the group once in the inbox, with this text, and this many messages in it. */
static void expect_talk(const char *group, size_t n_members, const char *newest, size_t n_messages)
{
    for (size_t i = 0; i < n_members; i++) {
        cruddur_group_page *inbox = NULL;
        cruddur_msg_page *page = NULL;
        must_succeed(cruddur_group_list(store.dm, test_user(i).uuid, NULL, &inbox, TEST_ERROR));
        cr_assert_eq(cruddur_group_page_count(inbox), 1);
        cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(inbox, 0)), newest);
        must_succeed(cruddur_msg_list(store.dm, test_user(i).uuid, group, NULL, &page, TEST_ERROR));
        cr_assert_eq(cruddur_msg_page_count(page), n_messages);
        cr_assert_str_eq(cruddur_msg_text(cruddur_msg_page_at(page, 0)), newest);
        cruddur_group_page_free(inbox);
        cruddur_msg_page_free(page);
    }
    expect_members(group, n_members);
}

/* A stranger is told so, and not by what the index tells. */
static void expect_stranger(const char *group)
{
    cruddur_user stranger = test_user(LARGE + 1);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, &stranger, group, "me too", NULL, NULL, TEST_ERROR));
}

static void talk(const char *group, size_t n_members, const char *last)
{
    for (size_t i = 0; i < n_members; i++) {
        say(i, group, i + 1 < n_members ? "more" : last);
    }
}

static void live_with_it(size_t n_members)
{
    char group[CRUDDUR_UUID_SIZE];
    freeze(); /* it knows of no group at all */
    open_group(n_members, group);
    expect_talk(group, n_members, "first", 1);
    talk(group, n_members, "unseen");
    expect_talk(group, n_members, "unseen", 1 + n_members);
    expect_stranger(group);
    thaw();
    freeze(); /* it knows where the rows are now, and will go on telling that */
    talk(group, n_members, "moved");
    expect_talk(group, n_members, "moved", 1 + 2 * n_members);
    expect_stranger(group);
    thaw();
    test_check(&store);
}

Test(stale_index, of_two_people)
{
    live_with_it(2);
}

Test(stale_index, of_many)
{
    live_with_it(LARGE);
}

/* What one send left behind does not show in the index yet, and is found when it does. */
static void leave_rows_behind(void)
{
    char group[CRUDDUR_UUID_SIZE];
    open_group(2, group);
    freeze();
    door_rules(&way, 1,
               "{\"fault\": \"error\", \"code\": \"AccessDeniedException\", \"times\": 0,"
               " \"operation\": \"DeleteItem\"}");
    talk(group, 2, "left");
    door_rules(&way, 1, "");
    talk(group, 2, "behind");
    expect_members(group, 2);
    thaw();
    say(0, group, "cleared");
    expect_talk(group, 2, "cleared", 6);
    test_check(&store);
}

Test(stale_index, hides_what_was_left_behind)
{
    if (!door_mode_is("steps")) {
        cr_skip_test("a transaction leaves nothing behind");
    }
    leave_rows_behind();
}

/* A repeat, and a second opening of the same group, beside an index that is always late. */
Test(stale_index, repeats)
{
    char group[CRUDDUR_UUID_SIZE];
    char again[CRUDDUR_UUID_SIZE];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_user author = test_user(1);
    options.message_uuid = "20000000-0000-4000-8000-000000000001";
    open_group(2, group);
    lag(400);
    for (int i = 0; i < 3; i++) {
        must_succeed(
            cruddur_msg_append(store.dm, &author, group, "once", &options, NULL, TEST_ERROR));
    }
    expect_talk(group, 2, "once", 2);
    open_group(2, again);
    cr_assert_str_eq(group, again);
    expect_talk(group, 2, "first", 3);
    thaw();
    test_check(&store);
}

/* ---- cards for groups that have none ---- */

/* Reads the group rows of the table, and takes their lists away. */
static cr_rows strip_rows(cr_arena *arena)
{
    cr_rows rows = {.arena = arena};
    cruddur_row_page *page = NULL;
    must_succeed(cruddur_scan(store.dm, NULL, &page, TEST_ERROR));
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        cr_row row = raw_row_at(page, i);
        if (cr_row_kind(&row) != CR_KIND_GROUP_ROW) {
            continue;
        }
        must_succeed(raw_remove_row(store.dm, &row));
        row.value[CR_MEMBER_UUIDS] = CR_STR_ABSENT;
        must_succeed(raw_put_row(store.dm, &row));
        cr_assert(cr_rows_add(&rows, &row));
    }
    cruddur_row_page_free(page);
    return rows;
}

static void upgrade(const char *group, size_t n_members)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_uuid uuid;
    cr_row row;
    cr_card card;
    cr_assert(cr_uuid_parse(cr_str_of(group), &uuid));
    cr_card_pk pk = cr_card_pk_of(&uuid);
    must_succeed(cruddur_schema_upgrade(store.dm, NULL, TEST_ERROR));
    must_succeed(raw_get_row(store.dm, cr_card_key(&pk), &arena, &row));
    cr_assert(cr_card_read(&row, &card));
    cr_assert_eq(card.members.count, n_members, "%zu members", card.members.count);
    cr_arena_free(&arena);
}

static void skip_in_steps(void)
{
    if (!door_mode_is("atomic")) {
        cr_skip_test("the store has no transactions");
    }
}

/* The index tells of rows that have moved on. */
Test(stale_index, upgrade_of_rows_that_have_moved)
{
    char group[CRUDDUR_UUID_SIZE];
    skip_in_steps();
    open_group(LARGE, group);
    must_succeed(raw_make_old(store.dm));
    freeze();
    talk(group, LARGE, "moved");
    upgrade(group, LARGE);
    thaw();
    expect_talk(group, LARGE, "moved", 1 + LARGE);
    test_check(&store);
}

/* The index shows one row, which names one other member: the others are found through that one. */
Test(stale_index, upgrade_of_rows_that_do_not_show)
{
    char group[CRUDDUR_UUID_SIZE];
    cr_arena arena = CR_ARENA_INIT;
    skip_in_steps();
    open_group(LARGE, group);
    must_succeed(raw_make_old(store.dm));
    cr_rows rows = strip_rows(&arena);
    cr_assert_eq(rows.count, LARGE);
    for (size_t i = 1; i < LARGE; i++) {
        must_succeed(raw_remove_row(store.dm, &rows.row[i]));
    }
    freeze();
    for (size_t i = 1; i < LARGE; i++) {
        must_succeed(raw_put_row(store.dm, &rows.row[i]));
    }
    upgrade(group, LARGE);
    thaw();
    cr_arena_free(&arena);
    expect_talk(group, LARGE, "first", 1);
    test_check(&store);
}
