/* SPDX-License-Identifier: MIT */
/* Listing around a message: it is in the middle of the page. */
#include <stdio.h>
#include <string.h>

#include "refusal.h"

CONFORMANCE_SUITE(around);

#define MESSAGES 9

/* m0 to m8, and what names each. */
typedef struct named {
    group_id group;
    char uuid[MESSAGES][CRUDDUR_UUID_SIZE];
} named;

static named begin(void)
{
    named all = {.group = open_with_messages(MESSAGES)};
    cruddur_list_options options = from_oldest(MESSAGES);
    cruddur_msg_page *page = list_messages(NULL, &all.group, &options);
    for (size_t i = 0; i < MESSAGES; i++) {
        strcpy(all.uuid[i], cruddur_msg_uuid(cruddur_msg_page_at(page, i)));
    }
    cruddur_msg_page_free(page);
    return all;
}

static cruddur_list_options around(const named *all, int message, uint32_t limit, uint32_t order)
{
    cruddur_list_options options = list_options(limit, CRUDDUR_START_NEWEST, order);
    options.around_message_uuid = all->uuid[message];
    options.around_created_at_us = AT_SECOND(message);
    return options;
}

static int at_least(int number)
{
    return number < 0 ? 0 : number;
}

static int at_most(int number)
{
    return number < MESSAGES ? number : MESSAGES - 1;
}

/* Every message, with every limit, in both orders, for every kind of reader: what is on the page,
 * and where its cursors lead. */
Test(around, is_in_the_middle)
{
    named all = begin();
    const cruddur_user *const viewers[] = {&test_ann, NULL};
    for (int i = 0; i < MESSAGES * (MESSAGES + 2) * 2; i++) {
        int message = i % MESSAGES;
        int limit = 1 + i / MESSAGES % (MESSAGES + 2);
        const cruddur_user *viewer = viewers[i % 2];
        int first = at_least(message - (limit - 1) / 2);
        int last = at_most(message + limit / 2);
        bool is_oldest_first = i >= MESSAGES * (MESSAGES + 2);
        cruddur_list_options options =
            around(&all, message, (uint32_t)limit,
                   is_oldest_first ? CRUDDUR_OLDEST_FIRST : CRUDDUR_NEWEST_FIRST);
        cruddur_msg_page *page = list_messages(viewer, &all.group, &options);
        texts expected =
            is_oldest_first ? texts_from_to('m', first, last) : texts_from_to('m', last, first);
        expect_messages(page, expected.all);
        cr_assert_eq(cruddur_msg_page_has_older(page), first > 0);
        cr_assert_eq(cruddur_msg_page_has_newer(page), last < MESSAGES - 1);
        cruddur_list_options on = from_newest(2);
        on.cursor = cruddur_msg_page_older(page);
        cruddur_msg_page *other = list_messages(viewer, &all.group, &on);
        expect_messages(other,
                        first == 0 ? "" : texts_from_to('m', first - 1, at_least(first - 2)).all);
        cr_assert_eq(cruddur_msg_page_has_newer(other), true);
        cruddur_msg_page_free(other);
        on = from_oldest(2);
        on.cursor = cruddur_msg_page_newer(page);
        other = list_messages(viewer, &all.group, &on);
        expect_messages(
            other, last == MESSAGES - 1 ? "" : texts_from_to('m', last + 1, at_most(last + 2)).all);
        cruddur_msg_page_free(other);
        cruddur_msg_page_free(page);
    }
    test_check(&store);
}

/* SQLite knows messages by their uuid. So does a service those that have a claim. */
Test(around, does_without_the_time_where_that_is_found)
{
    group_id group = open_with_messages(3);
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_list_options options = from_newest(3);
    char uuid[CRUDDUR_UUID_SIZE];
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), uuid, TEST_ERROR));
    append.message_uuid = uuid;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "m3", &append, NULL, TEST_ERROR));
    say(&test_bob, &group, "m4");
    say(&test_ann, &group, "m5");
    options.around_message_uuid = uuid;
    cruddur_msg_page *page = list_messages(&test_bob, &group, &options);
    expect_messages(page, "m4 m3 m2 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* A poll goes on from the newest end. */
Test(around, the_newest_message)
{
    named all = begin();
    cruddur_list_options options = around(&all, MESSAGES - 1, 5, CRUDDUR_NEWEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_ann, &all.group, &options);
    expect_messages(page, "m8 m7 m6 ");
    cruddur_list_options poll = from_oldest(5);
    poll.cursor = cruddur_msg_page_newer(page);
    say(&test_bob, &all.group, "m9");
    cruddur_msg_page *news = list_messages(&test_ann, &all.group, &poll);
    expect_messages(news, "m9 ");
    cruddur_msg_page_free(news);
    cruddur_msg_page_free(page);
    test_check(&store);
}

static void say_gone(const group_id *group, int64_t second)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(second);
    options.expires_in_s = 1;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group->text, "gone", &options, NULL, TEST_ERROR));
}

/* What has expired is not counted among the others. */
Test(around, passes_over_what_has_expired)
{
    named all = begin();
    cruddur_list_options options = around(&all, MESSAGES - 1, 3, CRUDDUR_OLDEST_FIRST);
    for (int i = 0; i < 3; i++) {
        say_gone(&all.group, MESSAGES + i);
    }
    say_at(&test_bob, &all.group, "m9", AT_SECOND(MESSAGES + 10));
    say_gone(&all.group, MESSAGES + 20);
    cruddur_msg_page *page = list_messages(&test_ann, &all.group, &options);
    expect_messages(page, "m7 m8 m9 ");
    cr_assert(cruddur_msg_page_has_older(page) && !cruddur_msg_page_has_newer(page));
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(around, a_deleted_message)
{
    named all = begin();
    cruddur_msg_options by_time = CRUDDUR_MSG_OPTIONS_INIT;
    by_time.created_at_us = AT_SECOND(4);
    if (test_store_is_in_steps(&store)) {
        cr_skip_test("nothing is deleted in steps");
    }
    must_succeed(cruddur_msg_delete(store.dm, test_ann.uuid, all.group.text, all.uuid[4], &by_time,
                                    NULL, NULL, TEST_ERROR));
    cruddur_list_options options = around(&all, 4, 3, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_bob, &all.group, &options);
    expect_messages(page, "m3  m5 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

static cruddur_status look_around(const named *all, const char *uuid)
{
    cruddur_list_options options = list_options(3, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = NULL;
    options.around_message_uuid = uuid;
    cruddur_status status =
        cruddur_msg_list(store.dm, test_ann.uuid, all->group.text, &options, &page, NULL);
    cruddur_msg_page_free(page);
    return status;
}

/* A message under a uuid of the caller's, which is found without its time. */
static void say_under(const named *all, char uuid[CRUDDUR_UUID_SIZE])
{
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), uuid, TEST_ERROR));
    append.message_uuid = uuid;
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, all->group.text, "a0", &append, NULL, TEST_ERROR));
    test_store_settle(&store);
    cr_assert_eq(look_around(all, uuid), CRUDDUR_OK);
}

/* Without the time, too, a message that is hidden cannot be told from one that never was. */
static void expect_like_unknown(const named *all, const char *hidden)
{
    char unknown[CRUDDUR_UUID_SIZE];
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), unknown, TEST_ERROR));
    cruddur_status status = look_around(all, unknown);
    cr_assert_neq(status, CRUDDUR_OK);
    cr_assert_eq(look_around(all, hidden), status);
}

/* What a member has cleared is not there for the member, nor on the page. */
Test(around, only_in_the_history_of_the_viewer)
{
    named all = begin();
    char claimed[CRUDDUR_UUID_SIZE];
    cruddur_set_options hide = CRUDDUR_SET_OPTIONS_INIT;
    cruddur_list_options options = around(&all, 4, 3, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = NULL;
    hide.hidden = CRUDDUR_SWITCH_ON;
    if (test_store_is_in_steps(&store)) {
        cr_skip_test("nothing is hidden in steps");
    }
    say_under(&all, claimed);
    must_succeed(
        cruddur_group_set(store.dm, test_ann.uuid, all.group.text, &hide, NULL, TEST_ERROR));
    must_fail(
        CRUDDUR_E_MESSAGE_NOT_FOUND, "options.around_message_uuid",
        cruddur_msg_list(store.dm, test_ann.uuid, all.group.text, &options, &page, TEST_ERROR));
    expect_like_unknown(&all, claimed);
    page = list_messages(&test_bob, &all.group, &options);
    expect_messages(page, "m3 m4 m5 ");
    cruddur_msg_page_free(page);
    cruddur_msg *msg = NULL;
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, all.group.text, "m9", NULL, &msg, TEST_ERROR));
    options.around_message_uuid = cruddur_msg_uuid(msg);
    options.around_created_at_us = cruddur_msg_created_at_us(msg);
    page = list_messages(&test_ann, &all.group, &options);
    expect_messages(page, "m9 ");
    cr_assert(!cruddur_msg_page_has_older(page) && !cruddur_msg_page_has_newer(page));
    cruddur_msg_page_free(page);
    cruddur_msg_free(msg);
    test_check(&store);
}

/* ---- what it costs ---- */

static void note_metrics(void *data, const cruddur_metrics *metrics)
{
    cruddur_metrics *noted = data;
    *noted = *metrics;
}

/* The head; the card, the member's row and the message at once; the messages on either side. */
Test(around, takes_four_requests)
{
    cruddur_metrics noted = {0};
    cruddur_options open = CRUDDUR_OPTIONS_INIT;
    if (!test_store_is_lasting(&store)) {
        cr_skip_test("the store ends with the handle");
    }
    named all = begin();
    test_store_settle(&store);
    open.metrics = note_metrics;
    open.metrics_data = &noted;
    test_store_reopen(&store, &open);
    cruddur_list_options options = around(&all, 4, 5, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_ann, &all.group, &options);
    expect_messages(page, "m2 m3 m4 m5 m6 ");
    cruddur_msg_page_free(page);
    bool is_sqlite = strncmp(store.url, "sqlite:", 7) == 0;
    cr_log_info("%u requests, %u rows, %.1f units", noted.requests, noted.rows_read,
                noted.read_units);
    cr_assert_eq(noted.requests, is_sqlite ? 0 : 4);
    cr_assert_leq(noted.rows_read, 1 + 3 + 4 + 4);
    test_store_reopen(&store, NULL);
    test_check(&store);
}

/* ---- what is refused ---- */

REFUSAL_SUITE(bad_around);

/* By a member and by a trusted caller. */
static void refuse(cruddur_status expected, const char *argument,
                   const cruddur_list_options *options)
{
    cruddur_list_options trusted = *options;
    trusted.flags = CRUDDUR_LIST_TRUSTED;
    refused(try_messages(expected, argument, test_ann.uuid, refusal_group.text, options));
    refused(try_messages(expected, argument, NULL, refusal_group.text, &trusted));
}

#define UUID "0190a5a4-0000-4000-8000-000000000001"

Test(bad_around, messages_that_are_not_there)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = list_messages(NULL, &refusal_group, NULL);
    options.around_message_uuid = UUID;
    options.around_created_at_us = AT_SECOND(1);
    refuse(CRUDDUR_E_MESSAGE_NOT_FOUND, "options.around_message_uuid", &options);
    options.around_message_uuid = cruddur_msg_uuid(cruddur_msg_page_at(page, 0));
    refuse(CRUDDUR_E_MESSAGE_NOT_FOUND, "options.around_message_uuid", &options);
    /* nor is a stranger told that it is */
    options.around_created_at_us = AT_SECOND(2);
    refused(try_messages(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", test_cem.uuid, refusal_group.text,
                         &options));
    options.around_message_uuid = UUID;
    refused(try_messages(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", test_cem.uuid, refusal_group.text,
                         &options));
    cruddur_msg_page_free(page);
    refusals_end();
}

Test(bad_around, messages_that_are_not_found_without_their_time)
{
    bool knows_uuids = strncmp(store.url, "sqlite:", 7) == 0;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.around_message_uuid = UUID;
    refuse(knows_uuids ? CRUDDUR_E_MESSAGE_NOT_FOUND : CRUDDUR_E_MESSAGE_TIME,
           knows_uuids ? "options.around_message_uuid" : "options.around_created_at_us", &options);
    refusals_end();
}

/* One of another group. */
Test(bad_around, messages_of_another_group)
{
    group_id other = open_direct_at(&test_ann, &test_cem, "other", AT_SECOND(1));
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = list_messages(NULL, &other, NULL);
    const cruddur_msg *msg = cruddur_msg_page_at(page, 0);
    options.around_message_uuid = cruddur_msg_uuid(msg);
    options.around_created_at_us = cruddur_msg_created_at_us(msg);
    refuse(CRUDDUR_E_MESSAGE_NOT_FOUND, "options.around_message_uuid", &options);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(bad_around, messages_that_have_expired)
{
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    append.created_at_us = AT_SECOND(10);
    append.expires_in_s = 1;
    must_succeed(cruddur_msg_append(store.dm, &test_ann, refusal_group.text, "gone", &append, &msg,
                                    TEST_ERROR));
    options.around_message_uuid = cruddur_msg_uuid(msg);
    options.around_created_at_us = AT_SECOND(10);
    refuse(CRUDDUR_E_MESSAGE_NOT_FOUND, "options.around_message_uuid", &options);
    cruddur_msg_free(msg);
    test_check(&store);
}

Test(bad_around, together_with_other_beginnings)
{
    cruddur_msg_page *page = list_messages(NULL, &refusal_group, NULL);
    const cruddur_msg *msg = cruddur_msg_page_at(page, 0);
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.around_message_uuid = cruddur_msg_uuid(msg);
    options.around_created_at_us = cruddur_msg_created_at_us(msg);
    const cruddur_list_options good = options;
    options.cursor = cruddur_msg_page_older(page);
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.around_message_uuid", &options);
    options = good;
    options.since_us = 0;
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.around_message_uuid", &options);
    options = good;
    options.until_us = AT_SECOND(100);
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.around_message_uuid", &options);
    refused(try_groups(CRUDDUR_E_INVALID_ARGUMENT, "options.around_message_uuid", test_ann.uuid,
                       &good));
    cruddur_msg_page_free(page);
    refusals_end();
}

Test(bad_around, uuids_and_times_that_are_none)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.around_message_uuid = "x";
    refuse(CRUDDUR_E_UUID, "options.around_message_uuid", &options);
    options.around_message_uuid = UUID;
    options.around_created_at_us = INT64_MAX;
    refuse(CRUDDUR_E_TIME, "options.around_created_at_us", &options);
    options.around_message_uuid = NULL;
    options.around_created_at_us = AT_SECOND(1);
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.around_created_at_us", &options);
    refusals_end();
}
