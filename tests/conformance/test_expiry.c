/* SPDX-License-Identifier: MIT */
/* Messages that have expired: no call shows them, whether or not their rows are still there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "suite.h"

CONFORMANCE_SUITE(expiry);

/* Longer than the tests run, and than they take place after the second 0. */
#define A_CENTURY INT64_C(3153600000)

static cruddur_append_options lasting(int64_t second, int64_t expires_in_s)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(second);
    options.expires_in_s = expires_in_s;
    return options;
}

static void say_for(const cruddur_user *author, const group_id *group, const char *text,
                    int64_t second, int64_t expires_in_s)
{
    cruddur_append_options options = lasting(second, expires_in_s);
    must_succeed(
        cruddur_msg_append(store.dm, author, group->text, text, &options, NULL, TEST_ERROR));
}

/* Ann and Bob's: those named e… have expired. */
static group_id open_with_expired(const char *said)
{
    group_id group;
    int64_t second = 0;
    char text[3] = {said[0], said[1], '\0'};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *opened = NULL;
    options.created_at_us = AT_SECOND(0);
    options.expires_in_s = text[0] == 'e' ? 1 : A_CENTURY;
    must_succeed(cruddur_group_create(store.dm, &test_ann, &test_bob, 1, text, &options, &opened,
                                      TEST_ERROR));
    (void)snprintf(group.text, sizeof(group.text), "%s", cruddur_group_uuid(opened));
    cruddur_group_free(opened);
    for (const char *at = said + 2; *at != '\0'; at += 2) {
        (void)snprintf(text, sizeof(text), "%s", at);
        second++;
        say_for(second % 2 == 0 ? &test_ann : &test_bob, &group, text, second,
                text[0] == 'e' ? 1 : A_CENTURY);
    }
    return group;
}

static void expect_list(const group_id *group, const cruddur_list_options *options,
                        const char *expected, bool has_older, bool has_newer)
{
    const cruddur_user *const viewers[] = {&test_ann, &test_bob, NULL};
    for (size_t i = 0; i < sizeof(viewers) / sizeof(viewers[0]); i++) {
        cruddur_msg_page *page = list_messages(viewers[i], group, options);
        expect_messages(page, expected);
        cr_assert_eq(cruddur_msg_page_has_older(page), has_older);
        cr_assert_eq(cruddur_msg_page_has_newer(page), has_newer);
        cruddur_msg_page_free(page);
    }
}

Test(expiry, what_has_expired_is_not_listed)
{
    group_id group = open_with_expired("e0m1m2e3m4e5");
    cruddur_list_options options = from_newest(20);
    expect_list(&group, &options, "m4 m2 m1 ", false, false);
    options = from_oldest(20);
    expect_list(&group, &options, "m1 m2 m4 ", false, false);
    options = from_newest(3);
    expect_list(&group, &options, "m4 m2 m1 ", false, false);
    options = from_newest(2);
    expect_list(&group, &options, "m4 m2 ", true, false);
    options = from_oldest(1);
    expect_list(&group, &options, "m1 ", false, true);
    options = from_newest(20);
    options.since_us = AT_SECOND(2);
    options.until_us = AT_SECOND(4);
    expect_list(&group, &options, "m2 ", false, false);
    options.since_us = AT_SECOND(3);
    expect_list(&group, &options, "", false, false);
    test_check(&store);
}

/* Pages of one message, by the cursors, there and back. */
Test(expiry, cursors_lead_past_what_has_expired)
{
    group_id group = open_with_expired("e0m1m2e3e4m5e6");
    cruddur_list_options options = from_newest(1);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    static const char *const older[] = {"m5 ", "m2 ", "m1 ", ""};
    static const char *const newer[] = {"m1 ", "m2 ", "m5 ", ""};
    for (size_t i = 0; i < 4; i++) {
        expect_messages(page, older[i]);
        cr_assert_eq(cruddur_msg_page_has_older(page), i < 2);
        options.cursor = cruddur_msg_page_older(page);
        cruddur_msg_page *next = list_messages(&test_ann, &group, &options);
        cruddur_msg_page_free(page);
        page = next;
    }
    for (size_t i = 0; i < 4; i++) {
        options.cursor = cruddur_msg_page_newer(page);
        cruddur_msg_page *next = list_messages(&test_ann, &group, &options);
        cruddur_msg_page_free(page);
        page = next;
        expect_messages(page, newer[i]);
        cr_assert_eq(cruddur_msg_page_has_newer(page), i < 2);
    }
    say(&test_ann, &group, "m7");
    options.cursor = cruddur_msg_page_newer(page);
    cruddur_msg_page *next = list_messages(&test_ann, &group, &options);
    expect_messages(next, "m7 ");
    cruddur_msg_page_free(next);
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* A page passes over 1,000 messages at most; its cursor leads on. */
Test(expiry, a_page_may_be_short)
{
    if (getenv("CRUDDUR_TEST_SLOW") != NULL) {
        cr_skip_test("it writes many messages");
    }
    group_id group = open_direct_at(&test_ann, &test_bob, "first", AT_SECOND(0));
    for (int64_t i = 1; i <= 2500; i++) {
        say_for(&test_bob, &group, "gone", i, 1);
    }
    cruddur_list_options options = from_newest(20);
    cruddur_msg_page *last = NULL;
    size_t pages = 0;
    bool has_more = true;
    while (has_more) {
        cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
        has_more = cruddur_msg_page_has_older(page);
        expect_messages(page, has_more ? "" : "first ");
        options.cursor = cruddur_msg_page_older(page);
        cruddur_msg_page_free(last);
        last = page;
        pages++;
    }
    cr_assert_eq(pages, 3);
    cruddur_msg_page_free(last);
    test_check(&store);
}

static void expect_preview(const group_id *group, const char *text, int64_t second)
{
    const cruddur_user *const members[] = {&test_ann, &test_bob};
    test_store_settle(&store);
    for (size_t i = 0; i < 2; i++) {
        cruddur_group *found = NULL;
        cruddur_group_page *page = list_groups(members[i], NULL);
        cr_assert_eq(cruddur_group_page_count(page), 1);
        const cruddur_group *listed = cruddur_group_page_at(page, 0);
        cr_assert_str_eq(cruddur_group_text(listed), text);
        cr_assert_eq(cruddur_group_last_message_at_us(listed), AT_SECOND(second));
        must_succeed(
            cruddur_group_get(store.dm, members[i]->uuid, group->text, NULL, &found, TEST_ERROR));
        cr_assert_str_eq(cruddur_group_text(found), text);
        cr_assert_eq(cruddur_group_last_message_at_us(found), AT_SECOND(second));
        cruddur_group_free(found);
        cruddur_group_page_free(page);
    }
}

Test(expiry, an_inbox_does_not_show_its_text)
{
    group_id group = open_with_expired("m0");
    expect_preview(&group, "m0", 0);
    say_for(&test_ann, &group, "e1", 1, 1);
    expect_preview(&group, "", 1);
    say_for(&test_bob, &group, "e2", 2, 1);
    expect_preview(&group, "", 2);
    say_for(&test_bob, &group, "m3", 3, CRUDDUR_EXPIRES_NEVER);
    expect_preview(&group, "m3", 3);
    test_check(&store);
}

Test(expiry, what_has_expired_is_not_found)
{
    group_id group = open_with_expired("m0");
    cruddur_append_options options = lasting(1, 1);
    cruddur_msg_options named = CRUDDUR_MSG_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    cruddur_msg *found = NULL;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "e1", &options, &msg, TEST_ERROR));
    named.created_at_us = cruddur_msg_created_at_us(msg);
    must_fail(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid",
              cruddur_msg_get(store.dm, test_ann.uuid, group.text, cruddur_msg_uuid(msg), &named,
                              &found, TEST_ERROR));
    cruddur_msg_free(msg);
    test_check(&store);
}

/* Whether the row is still there or not makes no difference. */
Test(expiry, a_repeat_of_what_has_expired_fails)
{
    group_id group = open_with_expired("m0");
    cruddur_append_options options = lasting(1, 1);
    options.message_uuid = "0190a5a4-0000-7000-8000-000000000001";
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "e1", &options, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_MESSAGE_GONE, "options.message_uuid",
              cruddur_msg_append(store.dm, &test_ann, group.text, TEST_SECRET, &options, NULL,
                                 TEST_ERROR));
    cr_assert_eq(test_check_count(&store, "messages"), 2);
    test_check(&store);
}

/* A repeat of an opening returns the group as any other call does. */
Test(expiry, a_repeat_of_an_opening_does_not_show_it)
{
    group_id group = {"0190a5a4-0000-4000-8000-000000000002"};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = group.text;
    options.message_uuid = "0190a5a4-0000-7000-8000-000000000003";
    options.created_at_us = AT_SECOND(0);
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "m0", &options, NULL, TEST_ERROR));
    say_for(&test_bob, &group, "m1", 1, CRUDDUR_EXPIRES_NEVER);
    say_for(&test_bob, &group, TEST_SECRET, 2, 1);
    test_store_settle(&store);
    cruddur_group *again = NULL;
    must_succeed(cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "m0", &options, &again,
                                      TEST_ERROR));
    cr_assert_str_eq(cruddur_group_text(again), "");
    cr_assert_eq(cruddur_group_unread_count(again), 1);
    cruddur_group_free(again);
    test_check(&store);
}

/* ---- the handle's retention ---- */

static int64_t lasts_of_newest(const group_id *group)
{
    cruddur_msg_page *page = list_messages(NULL, group, NULL);
    const cruddur_msg *msg = cruddur_msg_page_at(page, 0);
    int64_t end_us = cruddur_msg_expires_at_us(msg);
    int64_t time_us = cruddur_msg_created_at_us(msg);
    cruddur_msg_page_free(page);
    return end_us == CRUDDUR_TIME_UNKNOWN ? -1 : (end_us - time_us) / 1000000;
}

Test(expiry, the_handle_says_how_long_messages_last)
{
    if (!test_store_is_lasting(&store)) {
        cr_skip_test("the store ends with the handle");
    }
    cruddur_options open = CRUDDUR_OPTIONS_INIT;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    open.retention_s = 5000;
    test_store_reopen(&store, &open);
    group_id group = open_direct(&test_ann, &test_bob, "one");
    cr_assert_eq(lasts_of_newest(&group), 5000);
    say(&test_ann, &group, "two");
    cr_assert_eq(lasts_of_newest(&group), 5000);
    options.expires_in_s = 70;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "three", &options, NULL, TEST_ERROR));
    cr_assert_eq(lasts_of_newest(&group), 70);
    options.expires_in_s = CRUDDUR_EXPIRES_NEVER;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "four", &options, NULL, TEST_ERROR));
    cr_assert_eq(lasts_of_newest(&group), -1);
    test_store_reopen(&store, NULL);
    say(&test_ann, &group, "five");
    cr_assert_eq(lasts_of_newest(&group), -1);
    test_check(&store);
}

/* ---- as time goes by ---- */

static void wait_until(int64_t time_us)
{
    while (cruddur_time_now_us() < time_us) {
        const struct timespec pause = {0, 10000000};
        (void)nanosleep(&pause, NULL);
    }
}

Test(expiry, a_message_lasts_at_least_as_long_as_was_asked)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    cruddur_group *found = NULL;
    options.expires_in_s = 1;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "second", &options, &msg, TEST_ERROR));
    test_store_settle(&store);
    int64_t end_us = cruddur_msg_expires_at_us(msg);
    cr_assert_geq(end_us, cruddur_msg_created_at_us(msg) + 1000000);
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    bool was_before = cruddur_time_now_us() < end_us;
    cr_assert(!was_before || cruddur_msg_page_count(page) == 2);
    cruddur_msg_page_free(page);
    wait_until(end_us);
    page = list_messages(&test_bob, &group, NULL);
    expect_messages(page, "first ");
    cruddur_msg_page_free(page);
    test_store_settle(&store);
    must_succeed(cruddur_group_get(store.dm, test_bob.uuid, group.text, NULL, &found, TEST_ERROR));
    cr_assert_str_eq(cruddur_group_text(found), "");
    cruddur_group_free(found);
    cruddur_msg_free(msg);
    test_check(&store);
}
