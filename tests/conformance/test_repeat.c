/* SPDX-License-Identifier: MIT */
/* Sending again with the same message uuid: the message is stored once. */
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"

CONFORMANCE_SUITE(repeat);

#define US_PER_MINUTE INT64_C(60000000)
#define US_PER_DAY (24 * 60 * US_PER_MINUTE)

typedef struct uuid_text {
    char text[CRUDDUR_UUID_SIZE];
} uuid_text;

static uuid_text v4(void)
{
    uuid_text uuid;
    must_succeed(cruddur_uuid_v4(uuid.text, TEST_ERROR));
    return uuid;
}

static uuid_text v7(int64_t time_us)
{
    uuid_text uuid;
    must_succeed(cruddur_uuid_v7(time_us, uuid.text, TEST_ERROR));
    return uuid;
}

static cruddur_msg *send_by(const cruddur_user *author, const group_id *group, const char *text,
                            const uuid_text *uuid, int64_t created_at_us)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    options.message_uuid = uuid->text;
    options.created_at_us = created_at_us;
    must_succeed(
        cruddur_msg_append(store.dm, author, group->text, text, &options, &msg, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_uuid(msg), uuid->text);
    return msg;
}

static cruddur_msg *send(const group_id *group, const char *text, const uuid_text *uuid,
                         int64_t created_at_us)
{
    return send_by(&test_ann, group, text, uuid, created_at_us);
}

/* Sends again and expects the stored message; nothing may be written. */
static void expect_repeat(const group_id *group, const uuid_text *uuid, int64_t created_at_us,
                          const cruddur_msg *stored)
{
    test_report before = test_check_summary(&store);
    cruddur_msg *msg = send(group, "another-text", uuid, created_at_us);
    cr_assert_str_eq(cruddur_msg_text(msg), cruddur_msg_text(stored));
    cr_assert_str_eq(cruddur_msg_sort_key(msg), cruddur_msg_sort_key(stored));
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), cruddur_msg_user_uuid(stored));
    cr_assert_str_eq(cruddur_msg_group_uuid(msg), cruddur_msg_group_uuid(stored));
    cruddur_msg_free(msg);
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
}

static void send_and_repeat(const group_id *group, const uuid_text *uuid, int64_t created_at_us)
{
    cruddur_msg *stored = send(group, "the-text", uuid, created_at_us);
    cr_assert_str_eq(cruddur_msg_text(stored), "the-text");
    expect_repeat(group, uuid, created_at_us, stored);
    for (int i = 0; i < 5; i++) {
        say(i % 2 == 0 ? &test_ann : &test_bob, group, "in-between");
    }
    expect_repeat(group, uuid, created_at_us, stored);
    cruddur_msg_free(stored);
}

Test(repeat, with_a_uuid_of_version_7)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text uuid = v7(cruddur_time_now_us());
    send_and_repeat(&group, &uuid, 0);
    test_check(&store);
}

Test(repeat, with_a_uuid_of_version_4)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text uuid = v4();
    send_and_repeat(&group, &uuid, 0);
    test_check(&store);
}

/* A draft that was written days before it was sent. */
Test(repeat, with_a_uuid_of_version_7_that_is_old)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text uuid = v7(cruddur_time_now_us() - 7 * US_PER_DAY + 10 * US_PER_MINUTE);
    send_and_repeat(&group, &uuid, 0);
    test_check(&store);
}

static void expect_refused(const group_id *group, const uuid_text *uuid)
{
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
    append.message_uuid = create.message_uuid = uuid->text;
    must_fail(CRUDDUR_E_UUID_TIME, "options.message_uuid",
              cruddur_msg_append(store.dm, &test_ann, group->text, TEST_SECRET, &append, NULL,
                                 TEST_ERROR));
    must_fail(CRUDDUR_E_UUID_TIME, "options.message_uuid",
              cruddur_group_create(store.dm, &test_ann, &test_bob, 1, TEST_SECRET, &create, NULL,
                                   TEST_ERROR));
}

/* Whether it is a repeat could not be found out without reading the whole group. */
Test(repeat, with_a_uuid_of_version_7_that_is_too_old_or_of_the_future)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    const uuid_text uuids[] = {
        v7(0),
        v7(cruddur_time_now_us() - 90 * US_PER_DAY),
        v7(cruddur_time_now_us() - 7 * US_PER_DAY - 10 * US_PER_MINUTE),
        v7(cruddur_time_now_us() + 25 * US_PER_MINUTE),
        v7(cruddur_time_now_us() + 90 * US_PER_DAY),
        {"ffffffff-ffff-7fff-bfff-ffffffffffff"}, /* of the year 10889 */
    };
    test_report before = test_check_summary(&store);
    for (size_t i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
        expect_refused(&group, &uuids[i]);
    }
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
    for (size_t i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
        send_and_repeat(&group, &uuids[i], AT_SECOND(9));
    }
    test_check(&store);
}

/* ---- how much is read ---- */

static uint32_t rows_read;

static void note_rows(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    rows_read = metrics->rows_read;
}

/* Appends once with this uuid, and tells how many rows were read. */
static uint32_t rows_read_by(const group_id *group, const uuid_text *uuid, int64_t created_at_us)
{
    cruddur_msg_free(send(group, "one-more", uuid, created_at_us));
    return rows_read;
}

/* Of a group of whose messages none can be the one that is sent again, none is read. */
Test(repeat, reads_no_further_back_than_it_must)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.metrics = note_rows;
    options.timeout_ms = 60000;
    test_store_remove(&store);
    test_store_open(&store, &options);
    group_id group = open_with_messages(200); /* years ago */
    uuid_text fresh = v7(cruddur_time_now_us());
    uuid_text old = v7(cruddur_time_now_us() - 6 * US_PER_DAY);
    uuid_text absurd = v7(0);
    uint32_t usual = rows_read_by(&group, &fresh, 0);
    cr_assert_leq(usual, 20);
    cr_assert_leq(rows_read_by(&group, &old, 0), usual + 20);
    cr_assert_leq(rows_read_by(&group, &absurd, cruddur_time_now_us()), usual + 20);
    expect_refused(&group, &absurd);
    cr_assert_eq(rows_read, 0);
    test_check(&store);
}

Test(repeat, with_a_uuid_of_a_clock_that_is_ahead)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text uuid = v7(cruddur_time_now_us() + 14 * US_PER_MINUTE);
    send_and_repeat(&group, &uuid, 0);
    test_check(&store);
}

Test(repeat, in_upper_case)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text lower = {"018f0c5e-6d7a-4abc-8def-0123456789ab"};
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *stored = send(&group, "the-text", &lower, 0);
    cruddur_msg *again = NULL;
    options.message_uuid = "018F0C5E-6D7A-4ABC-8DEF-0123456789AB";
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "again", &options, &again, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_sort_key(again), cruddur_msg_sort_key(stored));
    cr_assert_str_eq(cruddur_msg_text(again), "the-text");
    cruddur_msg_free(again);
    cruddur_msg_free(stored);
    test_check(&store);
}

Test(repeat, with_any_other_version_of_uuid)
{
    static const uuid_text uuids[] = {
        {"c232ab00-9414-11ec-b3c8-9f6bdeced846"}, /* 1 */
        {"5df41881-3aed-3515-88a7-2f4a814cf09e"}, /* 3 */
        {"2ed6657d-e927-568b-95e1-2665a8aea6a2"}, /* 5 */
        {"1ec9414c-232a-6b00-b3c8-9f6bdeced846"}, /* 6 */
        {"2489e9ad-2ee2-8e00-8ec9-32d5f69181c0"}, /* 8 */
        {"00000000-0000-0000-0000-000000000000"}, {"ffffffff-ffff-ffff-ffff-ffffffffffff"},
    };
    group_id group = open_direct(&test_ann, &test_bob, "first");
    for (size_t i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
        send_and_repeat(&group, &uuids[i], 0);
    }
    test_check(&store);
}

Test(repeat, after_many_other_messages)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text random = v4();
    uuid_text timed = v7(cruddur_time_now_us());
    cruddur_msg *first = send(&group, "one", &random, 0);
    cruddur_msg *second = send(&group, "two", &timed, 0);
    int others = getenv("CRUDDUR_TEST_SLOW") != NULL ? 100 : 500;
    for (int i = 0; i < others; i++) {
        say(&test_bob, &group, "in-between");
    }
    expect_repeat(&group, &random, 0, first);
    expect_repeat(&group, &timed, 0, second);
    cruddur_msg_free(first);
    cruddur_msg_free(second);
    test_check(&store);
}

/* ---- with created_at_us: conversations that are brought in from elsewhere ---- */

Test(repeat, of_a_message_brought_in_from_the_past)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "first", AT_SECOND(0));
    uuid_text random = v4();
    uuid_text now = v7(cruddur_time_now_us());
    uuid_text then = v7(AT_SECOND(3));
    cruddur_msg *a = send(&group, "a", &random, AT_SECOND(1));
    cruddur_msg *b = send(&group, "b", &now, AT_SECOND(2));
    cruddur_msg *c = send(&group, "c", &then, AT_SECOND(3));
    cr_assert_eq(cruddur_msg_created_at_us(a), AT_SECOND(1));
    cr_assert_eq(cruddur_msg_created_at_us(b), AT_SECOND(2));
    cr_assert_eq(cruddur_msg_created_at_us(c), AT_SECOND(3));
    expect_repeat(&group, &random, AT_SECOND(1), a);
    say(&test_bob, &group, "much-later");
    expect_repeat(&group, &random, AT_SECOND(1), a);
    expect_repeat(&group, &now, AT_SECOND(2), b);
    expect_repeat(&group, &then, AT_SECOND(3), c);
    cruddur_msg_free(a);
    cruddur_msg_free(b);
    cruddur_msg_free(c);
    test_check(&store);
}

/* Each message's time is before the newest message's: they are stored behind it. */
Test(repeat, of_messages_brought_in_behind_newer_ones)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "first", AT_SECOND(1000));
    uuid_text random = v4();
    uuid_text then = v7(AT_SECOND(2));
    cruddur_msg *a = send(&group, "a", &random, AT_SECOND(1));
    cruddur_msg *b = send(&group, "b", &then, AT_SECOND(2));
    cr_assert_eq(cruddur_msg_created_at_us(b), AT_SECOND(1000) + 2);
    say_at(&test_bob, &group, "later", AT_SECOND(2000));
    expect_repeat(&group, &random, AT_SECOND(1), a);
    expect_repeat(&group, &then, AT_SECOND(2), b);
    cruddur_msg_free(a);
    cruddur_msg_free(b);
    test_check(&store);
}

Test(repeat, of_a_message_at_the_beginning_of_time)
{
    const int64_t first_us = INT64_C(-62135596800) * 1000000;
    group_id group = open_direct_at(&test_ann, &test_bob, "first", first_us);
    uuid_text uuid = v4();
    cruddur_msg *stored = send(&group, "a", &uuid, first_us);
    cr_assert_eq(cruddur_msg_created_at_us(stored), first_us + 1);
    expect_repeat(&group, &uuid, first_us, stored);
    cruddur_msg_free(stored);
    test_check(&store);
}

/* ---- the first message ---- */

static cruddur_group *create_with(const cruddur_user *others, size_t n_others, const char *group,
                                  const char *message_uuid, int64_t created_at_us)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *created = NULL;
    options.group_uuid = group;
    options.message_uuid = message_uuid;
    options.created_at_us = created_at_us;
    must_succeed(cruddur_group_create(store.dm, &test_ann, others, n_others, "first", &options,
                                      &created, TEST_ERROR));
    return created;
}

static void expect_create_repeats(const cruddur_user *others, size_t n_others, const char *group,
                                  const char *message_uuid, int64_t created_at_us)
{
    cruddur_group *one = create_with(others, n_others, group, message_uuid, created_at_us);
    test_report before = test_check_summary(&store);
    cruddur_group *two = create_with(others, n_others, group, message_uuid, created_at_us);
    cr_assert_str_eq(cruddur_group_uuid(one), cruddur_group_uuid(two));
    cr_assert_str_eq(cruddur_group_sort_key(one), cruddur_group_sort_key(two));
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
    cruddur_group_free(one);
    cruddur_group_free(two);
}

Test(repeat, of_a_create)
{
    const cruddur_user others[] = {test_bob, test_cem};
    uuid_text timed = v7(cruddur_time_now_us());
    uuid_text later = v7(cruddur_time_now_us());
    uuid_text random[] = {v4(), v4()};
    uuid_text group = v4();
    uuid_text large = v4();
    expect_create_repeats(&test_bob, 1, NULL, timed.text, 0);
    expect_create_repeats(&test_bob, 1, NULL, random[0].text, 0);
    expect_create_repeats(&test_bob, 1, group.text, later.text, AT_SECOND(5));
    expect_create_repeats(others, 2, large.text, random[1].text, AT_SECOND(6));
    cr_assert_eq(test_check_count(&store, "groups"), 3);
    cr_assert_eq(test_check_count(&store, "messages"), 4);
    test_check(&store);
}

/* By then the group has gone on: the repeat gives it as it is. */
Test(repeat, of_a_create_after_other_messages)
{
    uuid_text uuid = v7(cruddur_time_now_us());
    cruddur_group *one = create_with(&test_bob, 1, NULL, uuid.text, 0);
    group_id group = open_direct(&test_bob, &test_ann, "second");
    test_store_settle(&store);
    cruddur_group *two = create_with(&test_bob, 1, NULL, uuid.text, 0);
    cr_assert_str_eq(cruddur_group_uuid(two), group.text);
    cr_assert_str_eq(cruddur_group_text(two), "second");
    cr_assert_eq(test_check_count(&store, "messages"), 2);
    cruddur_group_free(one);
    cruddur_group_free(two);
    test_check(&store);
}

Test(repeat, of_a_create_as_an_append)
{
    uuid_text uuid = v7(cruddur_time_now_us());
    group_id group;
    cruddur_group *created = create_with(&test_bob, 1, NULL, uuid.text, 0);
    (void)snprintf(group.text, sizeof(group.text), "%s", cruddur_group_uuid(created));
    cruddur_msg *msg = send(&group, "other", &uuid, 0);
    cr_assert_str_eq(cruddur_msg_text(msg), "first");
    cruddur_msg_free(msg);
    cruddur_group_free(created);
    cr_assert_eq(test_check_count(&store, "messages"), 1);
    test_check(&store);
}

/* ---- what is no repeat ---- */

Test(repeat, without_a_uuid_is_a_new_message)
{
    group_id group = open_direct(&test_ann, &test_bob, "same");
    say(&test_ann, &group, "same");
    say(&test_ann, &group, "same");
    cr_assert_eq(test_check_count(&store, "messages"), 3);
    test_check(&store);
}

Test(repeat, with_the_uuid_of_somebody_elses_message_is_refused)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text uuids[] = {v7(cruddur_time_now_us()), v4()};
    for (size_t i = 0; i < 2; i++) {
        cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
        cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
        cruddur_msg_free(send(&group, TEST_SECRET, &uuids[i], 0));
        test_report before = test_check_summary(&store);
        append.message_uuid = create.message_uuid = uuids[i].text;
        must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
                  cruddur_msg_append(store.dm, &test_bob, group.text, TEST_SECRET, &append, NULL,
                                     TEST_ERROR));
        must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
                  cruddur_group_create(store.dm, &test_bob, &test_ann, 1, TEST_SECRET, &create,
                                       NULL, TEST_ERROR));
        cr_assert_str_eq(before.text, test_check_summary(&store).text);
    }
    test_check(&store);
}

/* A uuid is claimed once, whatever the group; and the answer tells nothing of the other one. */
Test(repeat, in_another_group_is_refused)
{
    group_id one = open_direct(&test_ann, &test_bob, "first");
    group_id two = open_direct(&test_ann, &test_cem, "first");
    const cruddur_user others[] = {test_bob, test_cem};
    uuid_text uuids[] = {v7(cruddur_time_now_us()), v4()};
    for (size_t i = 0; i < 2; i++) {
        cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
        cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
        cruddur_msg *stored = send(&one, "the-text", &uuids[i], 0);
        test_report before = test_check_summary(&store);
        append.message_uuid = create.message_uuid = uuids[i].text;
        must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
                  cruddur_msg_append(store.dm, &test_ann, two.text, TEST_SECRET, &append, NULL,
                                     TEST_ERROR));
        must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
                  cruddur_group_create(store.dm, &test_ann, others, 2, TEST_SECRET, &create, NULL,
                                       TEST_ERROR));
        cr_assert_str_eq(before.text, test_check_summary(&store).text);
        expect_repeat(&one, &uuids[i], 0, stored);
        cruddur_msg_free(stored);
    }
    test_check(&store);
}

Test(repeat, by_somebody_who_is_not_a_member_is_refused)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    uuid_text uuid = v7(cruddur_time_now_us());
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    cruddur_msg_free(send(&group, TEST_SECRET, &uuid, 0));
    options.message_uuid = uuid.text;
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, &test_cem, group.text, "x", &options, &msg, TEST_ERROR));
    cr_assert(msg == NULL);
    test_check(&store);
}
