/* SPDX-License-Identifier: MIT */
/* Reading one message: with its time, and without. */
#include <stdio.h>
#include <string.h>

#include "said.h"

CONFORMANCE_SUITE(get_message);

#define V4 "12345678-0000-4000-8000-0000000000aa"

static cruddur_status get_as(const cruddur_user *viewer, const group_id *group, const char *uuid,
                             int64_t created_at_us, cruddur_msg **msg)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    options.created_at_us = created_at_us;
    *msg = NULL;
    return cruddur_msg_get(store.dm, viewer->uuid, group->text, uuid, &options, msg, TEST_ERROR);
}

static void expect_got(const group_id *group, const char *uuid, int64_t created_at_us,
                       const char *text)
{
    cruddur_msg *msg;
    must_succeed(get_as(&test_bob, group, uuid, created_at_us, &msg));
    cr_assert_str_eq(cruddur_msg_text(msg), text);
    cr_assert_str_eq(cruddur_msg_uuid(msg), uuid);
    cr_assert_str_eq(cruddur_msg_group_uuid(msg), group->text);
    cruddur_msg_free(msg);
}

static void expect_not_got(cruddur_status expected, const char *argument, const group_id *group,
                           const char *uuid, int64_t created_at_us)
{
    cruddur_msg *msg;
    must_fail(expected, argument, get_as(&test_bob, group, uuid, created_at_us, &msg));
    cr_assert_null(msg);
    cr_assert(test_is_documented("cruddur_msg_get(", expected));
}

Test(get_message, with_its_time)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said first = last_said(&group);
    said second = say_named(&test_ann, &group, "two", 0);
    said third = say_named(&test_bob, &group, "three", 0);
    expect_got(&group, first.uuid, first.created_at_us, "one");
    expect_got(&group, second.uuid, second.created_at_us, "two");
    expect_got(&group, third.uuid, third.created_at_us, "three");
    test_check(&store);
}

/* A uuid that the library made just now tells the time. */
Test(get_message, without_its_time)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said first = last_said(&group);
    said second = say_named(&test_ann, &group, "two", 0);
    said third = say_named(&test_bob, &group, "three", 0);
    expect_got(&group, first.uuid, 0, "one");
    expect_got(&group, second.uuid, 0, "two");
    expect_got(&group, third.uuid, 0, "three");
    test_check(&store);
}

static said say_as(const group_id *group, const char *uuid, const char *text, int64_t created_at_us)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = uuid;
    options.created_at_us = created_at_us;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group->text, text, &options, NULL, TEST_ERROR));
    return last_said(group);
}

/* A uuid that the caller made has a claim. */
Test(get_message, by_its_claim)
{
    char v7[CRUDDUR_UUID_SIZE];
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), v7, TEST_ERROR));
    (void)say_as(&group, V4, "m1", AT_SECOND(1));
    (void)say_as(&group, v7, "m2", AT_SECOND(2));
    say_at(&test_bob, &group, "m3", AT_SECOND(3));
    expect_got(&group, V4, 0, "m1");
    expect_got(&group, v7, 0, "m2");
    test_check(&store);
}

/* Nothing leads to it where it has no claim, and its uuid another time. */
Test(get_message, that_only_its_time_leads_to)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    said message = say_named(&test_ann, &group, "m1", AT_SECOND(1));
    said last = say_named(&test_ann, &group, "m2", AT_SECOND(2));
    expect_got(&group, message.uuid, AT_SECOND(1), "m1");
    expect_got(&group, last.uuid, 0, "m2");
    if (finds_by_uuid()) {
        expect_got(&group, message.uuid, 0, "m1");
    } else {
        expect_not_got(CRUDDUR_E_MESSAGE_TIME, "options.created_at_us", &group, message.uuid, 0);
    }
    test_check(&store);
}

Test(get_message, that_is_not_there)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    group_id other = open_direct(&test_ann, &test_cem, "one");
    said message = last_said(&group);
    said elsewhere = say_as(&other, V4, "two", 0);
    cruddur_status timeless =
        finds_by_uuid() ? CRUDDUR_E_MESSAGE_NOT_FOUND : CRUDDUR_E_MESSAGE_TIME;
    const char *argument = finds_by_uuid() ? "message_uuid" : "options.created_at_us";
    expect_not_got(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &group, message.uuid,
                   message.created_at_us + 1);
    expect_not_got(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &group, V4, message.created_at_us);
    expect_not_got(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &group, V4,
                   elsewhere.created_at_us);
    expect_not_got(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &group, V4, 0);
    expect_not_got(timeless, argument, &group, "12345678-0000-4000-8000-0000000000ab", 0);
    expect_not_got(timeless, argument, &group, "01234567-89ab-7000-8000-0000000000ab", 0);
    test_check(&store);
}

/* What a stranger is told does not depend on the message. */
Test(get_message, by_strangers)
{
    cruddur_msg *msg;
    group_id nowhere = {"12345678-0000-4000-8000-0000000000ac"};
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              get_as(&test_cem, &group, message.uuid, message.created_at_us, &msg));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", get_as(&test_cem, &group, V4, 0, &msg));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", get_as(&test_ann, &nowhere, V4, 0, &msg));
    test_check(&store);
}

Test(get_message, by_a_trusted_caller)
{
    cruddur_msg *msg = NULL;
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    group_id nowhere = {"12345678-0000-4000-8000-0000000000ac"};
    group_id group = open_large(3, NULL, "one");
    said message = last_said(&group);
    options.flags = CRUDDUR_MSG_TRUSTED;
    must_succeed(
        cruddur_msg_get(store.dm, NULL, group.text, message.uuid, &options, &msg, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_text(msg), "one");
    cruddur_msg_free(msg);
    msg = NULL;
    must_fail(
        CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
        cruddur_msg_get(store.dm, NULL, nowhere.text, message.uuid, &options, &msg, TEST_ERROR));
    test_check(&store);
}

/* Sends many messages whose uuids were made long before, in one moment: the last has a claim only.
 */
Test(get_message, among_many_of_one_time)
{
    char uuid[CRUDDUR_UUID_SIZE];
    char last[CRUDDUR_UUID_SIZE];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    int64_t made_us = cruddur_time_now_us();
    must_succeed(cruddur_uuid_v7(made_us, last, TEST_ERROR));
    for (int i = 0; i < 130; i++) {
        must_succeed(cruddur_uuid_v7(made_us, uuid, TEST_ERROR));
        say(&test_bob, &group, "between");
    }
    (void)say_as(&group, last, "last", 0);
    say(&test_bob, &group, "after");
    expect_got(&group, last, 0, "last");
    test_check(&store);
}

Test(get_message, takes_few_waves)
{
    open_counting();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = say_named(&test_ann, &group, "two", 0);
    say(&test_bob, &group, "three");
    test_store_settle(&store);
    expect_got(&group, message.uuid, message.created_at_us, "two");
    cr_expect_leq(waves_of_last(), 2);
    expect_got(&group, message.uuid, 0, "two");
    cr_expect_leq(waves_of_last(), test_store_is_streamed(&store) ? 3 : 2);
    test_check(&store);
}
