/* SPDX-License-Identifier: MIT */
/* Groups whose newest message, or all of them, have expired and gone: the rows are taken away here
 * as DynamoDB's time to live does it. */
#include "planted.h"

#include <stdio.h>
#include <string.h>

#include "support/raw.h"

CONFORMANCE_SUITE(headless);

/* Those named e… have expired, and their rows go. Of a group of so many members; the first two of
 * them take turns. */
typedef struct talk {
    group_id group;
    size_t n_members;
    int64_t second; /* of the newest message */
} talk;

static void say_for(const cruddur_user *author, const talk *talking, const char *text)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(talking->second);
    options.expires_in_s = text[0] == 'e' ? 1 : CRUDDUR_EXPIRES_NEVER;
    must_succeed(cruddur_msg_append(store.dm, author, talking->group.text, text, &options, NULL,
                                    TEST_ERROR));
}

static const char *messages_of(const talk *talking)
{
    return planted_text("MSG#%s", talking->group.text);
}

static void remove_message(const talk *talking, int64_t second)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row;
    const cr_key key = {cr_str_of(messages_of(talking)), cr_str_of(planted_key(second))};
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    cr_assert_not_null(row.value[CR_EXPIRES_AT].data);
    must_succeed(raw_remove_row(store.dm, &row));
    cr_arena_free(&arena);
}

/* The message of each second; then those that have expired go. */
static talk begin(size_t n_members, const char *said)
{
    talk talking = {.n_members = n_members};
    char text[3] = {said[0], said[1], '\0'};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user users[CRUDDUR_MEMBERS_MAX];
    cruddur_group *opened = NULL;
    for (size_t i = 0; i < n_members; i++) {
        users[i] = test_user(i);
    }
    options.created_at_us = AT_SECOND(0);
    options.expires_in_s = text[0] == 'e' ? 1 : CRUDDUR_EXPIRES_NEVER;
    must_succeed(cruddur_group_create(store.dm, &users[0], &users[1], n_members - 1, text, &options,
                                      &opened, TEST_ERROR));
    (void)snprintf(talking.group.text, sizeof(talking.group.text), "%s",
                   cruddur_group_uuid(opened));
    cruddur_group_free(opened);
    for (const char *at = said + 2; *at != '\0'; at += 2) {
        (void)snprintf(text, sizeof(text), "%s", at);
        talking.second++;
        say_for(&users[talking.second % 2], &talking, text);
    }
    test_store_settle(&store);
    for (size_t i = 0; said[2 * i] != '\0'; i++) {
        if (said[2 * i] == 'e') {
            remove_message(&talking, (int64_t)i);
        }
    }
    return talking;
}

/* What every member may do, and sees: these messages, and this preview. */
static void expect_group(const talk *talking, const char *messages, const char *preview)
{
    test_store_settle(&store);
    for (size_t i = 0; i < talking->n_members; i++) {
        cruddur_user viewer = test_user(i);
        cruddur_group *found = NULL;
        cruddur_members *members = NULL;
        cruddur_msg_page *page = list_messages(&viewer, &talking->group, NULL);
        expect_messages(page, messages);
        cr_assert(!cruddur_msg_page_has_older(page) && !cruddur_msg_page_has_newer(page));
        cruddur_msg_page_free(page);
        must_succeed(cruddur_group_get(store.dm, viewer.uuid, talking->group.text, NULL, &found,
                                       TEST_ERROR));
        cr_assert_str_eq(cruddur_group_text(found), preview);
        cr_assert_eq(cruddur_group_member_count(found), talking->n_members);
        cr_assert_eq(cruddur_group_last_message_at_us(found), AT_SECOND(talking->second));
        cruddur_group_free(found);
        must_succeed(cruddur_group_members(store.dm, viewer.uuid, talking->group.text, NULL,
                                           &members, TEST_ERROR));
        cr_assert_eq(cruddur_members_count(members), talking->n_members);
        cruddur_members_free(members);
        cruddur_group_page *inbox = list_groups(&viewer, NULL);
        cr_assert_eq(cruddur_group_page_count(inbox), 1);
        cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(inbox, 0)), preview);
        cruddur_group_page_free(inbox);
    }
    cruddur_msg_page *page = list_messages(NULL, &talking->group, NULL);
    expect_messages(page, messages);
    cruddur_msg_page_free(page);
}

static void expect_stranger(const talk *talking)
{
    const cruddur_status expected = CRUDDUR_E_GROUP_NOT_FOUND;
    const char *group = talking->group.text;
    cruddur_group *found = NULL;
    cruddur_members *members = NULL;
    cruddur_msg_page *page = NULL;
    must_fail(expected, "group_uuid",
              cruddur_msg_list(store.dm, test_ann.uuid, group, NULL, &page, TEST_ERROR));
    must_fail(expected, "group_uuid",
              cruddur_group_get(store.dm, test_ann.uuid, group, NULL, &found, TEST_ERROR));
    must_fail(expected, "group_uuid",
              cruddur_group_members(store.dm, test_ann.uuid, group, NULL, &members, TEST_ERROR));
    must_fail(expected, "group_uuid",
              cruddur_msg_append(store.dm, &test_ann, group, TEST_SECRET, NULL, NULL, TEST_ERROR));
}

static void go_on(talk *talking, const char *text)
{
    cruddur_user author = test_user(1);
    talking->second += 10;
    say_for(&author, talking, text);
    cr_assert_eq(count_group_rows(talking->group.text), talking->n_members);
}

Test(headless, all_messages_of_a_direct_group)
{
    talk talking = begin(2, "e0e1e2");
    expect_group(&talking, "", "");
    expect_stranger(&talking);
    go_on(&talking, "m3");
    expect_group(&talking, "m3 ", "m3");
    test_check(&store);
}

Test(headless, all_messages_of_a_larger_group)
{
    talk talking = begin(4, "e0e1");
    expect_group(&talking, "", "");
    expect_stranger(&talking);
    go_on(&talking, "m3");
    expect_group(&talking, "m3 ", "m3");
    test_check(&store);
}

Test(headless, the_newest_messages)
{
    talk talking = begin(3, "m0e1m2e3e4");
    expect_group(&talking, "m2 m0 ", "");
    expect_stranger(&talking);
    go_on(&talking, "m5");
    expect_group(&talking, "m5 m2 m0 ", "m5");
    test_check(&store);
}

Test(headless, one_after_the_other)
{
    talk talking = begin(2, "e0");
    for (int i = 0; i < 4; i++) {
        go_on(&talking, "e1");
        test_store_settle(&store);
        remove_message(&talking, talking.second);
        expect_group(&talking, "", "");
    }
    test_check(&store);
}

/* An opening continues the conversation. */
Test(headless, is_opened_again)
{
    talk talking = begin(2, "e0e1");
    cruddur_user ann = test_user(0);
    cruddur_user bob = test_user(1);
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *opened = NULL;
    talking.second = 100;
    options.created_at_us = AT_SECOND(talking.second);
    must_succeed(
        cruddur_group_create(store.dm, &bob, &ann, 1, "again", &options, &opened, TEST_ERROR));
    cr_assert_str_eq(cruddur_group_uuid(opened), talking.group.text);
    cruddur_group_free(opened);
    cr_assert_eq(count_group_rows(talking.group.text), 2);
    expect_group(&talking, "again ", "again");
    test_check(&store);
}

/* Of other members it is another group. */
Test(headless, is_not_opened_by_others)
{
    talk talking = begin(3, "e0e1");
    cruddur_user ann = test_user(0);
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = talking.group.text;
    must_fail(CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
              cruddur_group_create(store.dm, &ann, &test_bob, 1, TEST_SECRET, &options, NULL,
                                   TEST_ERROR));
    expect_group(&talking, "", "");
    test_check(&store);
}

/* The time of the next message is after the message that has gone. */
Test(headless, the_next_message_comes_after_what_has_gone)
{
    talk talking = begin(2, "m0e1e2");
    cruddur_user ann = test_user(0);
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    options.created_at_us = AT_SECOND(1);
    must_succeed(
        cruddur_msg_append(store.dm, &ann, talking.group.text, "m3", &options, &msg, TEST_ERROR));
    cr_assert_eq(cruddur_msg_created_at_us(msg), AT_SECOND(2) + 1);
    cruddur_msg_free(msg);
    cr_assert_eq(count_group_rows(talking.group.text), 2);
    test_check(&store);
}

static void lose(const talk *talking, size_t number)
{
    const char *inbox = planted_text("GRP#%s", test_user(number).uuid);
    cr_assert_eq(uproot(inbox, talking->group.text), 1);
}

/* A member whose row was lost gets it back. */
Test(headless, with_a_row_that_was_lost)
{
    talk talking = begin(3, "m0e1");
    cruddur_user loser = test_user(1);
    cruddur_group *found = NULL;
    lose(&talking, 1);
    cruddur_msg_page *page = list_messages(&loser, &talking.group, NULL);
    expect_messages(page, "m0 ");
    cruddur_msg_page_free(page);
    must_succeed(
        cruddur_group_get(store.dm, loser.uuid, talking.group.text, NULL, &found, TEST_ERROR));
    /* In mode `stream` it may be that of a message that is still there. */
    cr_assert(test_store_is_streamed(&store) || *cruddur_group_text(found) == '\0');
    cruddur_group_free(found);
    go_on(&talking, "m2");
    expect_group(&talking, "m2 m0 ", "m2");
    test_check(&store);
}

/* Marking finds no row of the member: it is restored at the key of what has gone. */
Test(headless, is_marked_where_the_row_was_lost)
{
    talk talking = begin(3, "e0e1");
    cruddur_user user = test_user(2);
    cruddur_group *group = NULL;
    if (test_store_is_in_steps(&store)) {
        cr_skip_test("in steps nothing is marked");
    }
    test_store_settle(&store);
    cr_assert_eq(uproot(planted_text("GRP#%s", user.uuid), talking.group.text), 1);
    must_succeed(
        cruddur_group_mark_read(store.dm, user.uuid, talking.group.text, NULL, &group, TEST_ERROR));
    cr_assert_eq(cruddur_group_unread_count(group), 0);
    cruddur_group_free(group);
    cr_assert_eq(count_group_rows(talking.group.text), talking.n_members);
}

/* Groups of the original application: the rows alone say that the group is there. */
Test(headless, without_a_card)
{
    talk direct = begin(2, "e0e1");
    uproot_card(&direct.group);
    strip(NULL, direct.group.text, CR_REV);
    expect_group(&direct, "", "");
    expect_stranger(&direct);
    go_on(&direct, "m3");
    expect_group(&direct, "m3 ", "m3");
    test_check(&store);
}

Test(headless, larger_without_a_card)
{
    talk large = begin(3, "e0e1");
    uproot_card(&large.group);
    strip(NULL, large.group.text, CR_REV);
    expect_group(&large, "", "");
    expect_stranger(&large);
    go_on(&large, "m3");
    expect_group(&large, "m3 ", "m3");
    test_check(&store);
}

/* A row whose message has gone, but was not to expire, tells nothing. */
Test(headless, only_where_the_message_had_an_end)
{
    talk talking = begin(2, "m0");
    cruddur_user ann = test_user(0);
    cruddur_msg_page *page = NULL;
    cr_assert_eq(uproot(messages_of(&talking), NULL), 1);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, ann.uuid, talking.group.text, NULL, &page, TEST_ERROR));
}

/* ---- the log ---- */

static void note_log(void *data, uint32_t level, const char *message)
{
    size_t *lines = data;
    *lines += level >= CRUDDUR_LOG_WARNING ? 1 : 0;
    (void)message;
}

Test(headless, is_nothing_to_warn_of)
{
    size_t lines = 0;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    if (!test_store_is_lasting(&store)) {
        cr_skip_test("the store ends with the handle");
    }
    options.log = note_log;
    options.log_data = &lines;
    test_store_reopen(&store, &options);
    talk talking = begin(3, "e0m1e2");
    expect_group(&talking, "m1 ", "");
    go_on(&talking, "e3");
    test_store_settle(&store);
    remove_message(&talking, talking.second);
    expect_group(&talking, "m1 ", "");
    test_store_close(&store); /* its log has its lines */
    cr_assert_eq(lines, 0);
}

/* ---- and the group changes ---- */

static void change(const talk *talking, const cruddur_user *people)
{
    const char *group = talking->group.text;
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.flags = CRUDDUR_ADD_WITH_HISTORY;
    must_succeed(
        cruddur_group_rename(store.dm, people[1].uuid, group, "Renamed", NULL, NULL, TEST_ERROR));
    must_succeed(cruddur_group_add_members(store.dm, people[0].uuid, group, &people[3], 1, &options,
                                           NULL, TEST_ERROR));
    must_succeed(cruddur_group_remove_member(store.dm, people[3].uuid, group, people[2].uuid, NULL,
                                             NULL, TEST_ERROR));
    must_succeed(cruddur_group_add_members(store.dm, people[1].uuid, group, &people[2], 1, &options,
                                           NULL, TEST_ERROR));
}

Test(headless, changes_its_name_and_members)
{
    static const char *const said[] = {"e0e1", "m0e1", "m0m1e2e3"};
    static const char *const left[] = {"", "m0 ", "m1 m0 "};
    cruddur_user people[4];
    for (size_t i = 0; i < 4; i++) {
        people[i] = test_user(i);
    }
    for (size_t i = 0; i < 6 && !test_store_is_in_steps(&store); i++) {
        talk talking = begin(3, said[i % 3]);
        if (i >= 3) {
            cr_assert_eq(uproot(planted_text("GRP#%s", people[2].uuid), talking.group.text), 1);
        }
        change(&talking, people);
        talking.n_members = 4;
        expect_group(&talking, left[i % 3], "");
        talking.second++;
        say_for(&people[3], &talking, "m9");
        test_store_settle(&store);
        cr_assert_eq(count_group_rows(talking.group.text), 4);
        test_store_remove(&store);
        test_store_open(&store, NULL);
    }
}
