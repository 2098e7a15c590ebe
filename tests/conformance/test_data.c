/* SPDX-License-Identifier: MIT */
/* What a message carries beside its text: a reply's message, the application's data, an end. */
#include <string.h>

#include "refusal.h"

CONFORMANCE_SUITE(data);

#define FIRST_UUID "0190a5a4-0000-7000-8000-000000000001"
#define OTHER_UUID "0190A5A4-0000-7000-8000-00000000000F"
#define THINGS "{\"mentions\": [\"Ann\"], \"größe\": \"1 MB\"}\n🎬"

static void expect_content(const cruddur_msg *msg, const char *reply_to, const char *data,
                           int64_t expires_at_us)
{
    const char *found = cruddur_msg_reply_to(msg);
    cr_assert((found == NULL) == (reply_to == NULL));
    cr_assert(found == NULL || strcmp(found, reply_to) == 0, "%s", found);
    found = cruddur_msg_data(msg);
    cr_assert((found == NULL) == (data == NULL));
    cr_assert(found == NULL || strcmp(found, data) == 0, "%s", found);
    cr_assert_eq(cruddur_msg_expires_at_us(msg), expires_at_us);
}

/* The group's newest message, listed and read alone. */
static void expect_newest(const group_id *group, const char *reply_to, const char *data,
                          int64_t expires_at_us)
{
    cruddur_msg *msg = NULL;
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    cruddur_msg_page *page = list_messages(&test_ann, group, NULL);
    const cruddur_msg *newest = cruddur_msg_page_at(page, 0);
    expect_content(newest, reply_to, data, expires_at_us);
    options.created_at_us = cruddur_msg_created_at_us(newest);
    must_succeed(cruddur_msg_get(store.dm, test_bob.uuid, group->text, cruddur_msg_uuid(newest),
                                 &options, &msg, TEST_ERROR));
    expect_content(msg, reply_to, data, expires_at_us);
    cruddur_msg_free(msg);
    cruddur_msg_page_free(page);
}

Test(data, is_stored_with_a_message)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    expect_newest(&group, NULL, NULL, CRUDDUR_TIME_UNKNOWN);
    options.reply_to = OTHER_UUID; /* the group has no such message, which is not checked */
    options.data = THINGS;
    options.expires_in_s = 3600;
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, group.text, "second", &options, &msg, TEST_ERROR));
    int64_t end_us = cruddur_msg_expires_at_us(msg);
    int64_t lasts_us = end_us - cruddur_msg_created_at_us(msg);
    cr_assert(lasts_us >= INT64_C(3600000000) && lasts_us < INT64_C(3601000000));
    cr_assert_eq(end_us % 1000000, 0);
    expect_content(msg, "0190a5a4-0000-7000-8000-00000000000f", THINGS, end_us);
    expect_newest(&group, "0190a5a4-0000-7000-8000-00000000000f", THINGS, end_us);
    cruddur_msg_free(msg);
    test_check(&store);
}

Test(data, is_stored_with_the_first_message)
{
    group_id group;
    cruddur_group *opened = NULL;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(10);
    options.reply_to = FIRST_UUID;
    options.data = "x";
    options.expires_in_s = INT64_C(3153600000); /* 100 years */
    must_succeed(cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "first", &options, &opened,
                                      TEST_ERROR));
    strcpy(group.text, cruddur_group_uuid(opened));
    cr_assert_str_eq(cruddur_group_text(opened), "first");
    cruddur_group_free(opened);
    expect_newest(&group, FIRST_UUID, "x", AT_SECOND(10 + INT64_C(3153600000)));
    options.created_at_us = 0; /* and where the group is there already */
    options.data = "y";
    options.expires_in_s = CRUDDUR_EXPIRES_NEVER;
    must_succeed(cruddur_group_create(store.dm, &test_bob, &test_ann, 1, "again", &options, NULL,
                                      TEST_ERROR));
    expect_newest(&group, FIRST_UUID, "y", CRUDDUR_TIME_UNKNOWN);
    test_check(&store);
}

Test(data, that_is_empty_is_none)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.data = "";
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, group.text, "second", &options, NULL, TEST_ERROR));
    expect_newest(&group, NULL, NULL, CRUDDUR_TIME_UNKNOWN);
    test_check(&store);
}

Test(data, may_have_4096_bytes)
{
    static char most[CRUDDUR_DATA_MAX + 1];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    memset(most, 'x', CRUDDUR_DATA_MAX);
    options.data = most;
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, group.text, "second", &options, NULL, TEST_ERROR));
    expect_newest(&group, NULL, most, CRUDDUR_TIME_UNKNOWN);
    test_check(&store);
}

/* A repeat returns what was stored first: nothing of it is compared. */
Test(data, of_a_repeat_does_not_matter)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    char uuid[CRUDDUR_UUID_SIZE];
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), uuid, TEST_ERROR));
    options.message_uuid = uuid;
    options.data = "one";
    options.reply_to = FIRST_UUID;
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, group.text, "second", &options, NULL, TEST_ERROR));
    options.data = "two";
    options.reply_to = NULL;
    options.expires_in_s = 5;
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, group.text, "second", &options, NULL, TEST_ERROR));
    expect_newest(&group, FIRST_UUID, "one", CRUDDUR_TIME_UNKNOWN);
    cr_assert_eq(test_check_count(&store, "messages"), 2);
    test_check(&store);
}

/* ---- what is refused ---- */

REFUSAL_SUITE(bad_data);

/* By an append and by an opening, of a group that is there and of one that is not. */
static void refuse(cruddur_status expected, const char *argument,
                   const cruddur_append_options *content)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.reply_to = content->reply_to;
    options.data = content->data;
    options.expires_in_s = content->expires_in_s;
    options.created_at_us = content->created_at_us;
    refused(try_append(expected, argument, &test_ann, refusal_group.text, TEST_SECRET, content));
    refused(try_create(expected, argument, &test_ann, &test_bob, 1, TEST_SECRET, &options));
    refused(try_create(expected, argument, &test_ann, &test_cem, 1, TEST_SECRET, &options));
}

Test(bad_data, data_that_is_too_long)
{
    static char more[CRUDDUR_DATA_MAX + 2];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    memset(more, 'x', CRUDDUR_DATA_MAX + 1);
    memcpy(more, TEST_SECRET, sizeof(TEST_SECRET) - 1);
    options.data = more;
    refuse(CRUDDUR_E_DATA_TOO_LONG, "options.data", &options);
    refusals_end();
}

Test(bad_data, data_that_is_not_utf_8)
{
    static const char *const wrong[] = {"\xff", TEST_SECRET "\xc3", "\xc0\x80", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
        options.data = wrong[i];
        refuse(CRUDDUR_E_NOT_UTF8, "options.data", &options);
    }
    refusals_end();
}

Test(bad_data, replies_to_what_is_no_uuid)
{
    static const char *const wrong[] = {"", "x", FIRST_UUID "0"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
        options.reply_to = wrong[i];
        refuse(CRUDDUR_E_UUID, "options.reply_to", &options);
    }
    refusals_end();
}

Test(bad_data, ends_that_are_none)
{
    static const int64_t wrong[] = {0, -2, INT64_MIN, INT64_C(253402300800), INT64_MAX - 1};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
        options.expires_in_s = wrong[i];
        refuse(CRUDDUR_E_TIME, "options.expires_in_s", &options);
        options.created_at_us = AT_SECOND(0);
        refuse(CRUDDUR_E_TIME, "options.expires_in_s", &options);
    }
    /* The end of the year 9999, counted from the message. */
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(5);
    options.expires_in_s = INT64_C(253402300800) - AT_SECOND(5) / 1000000;
    refuse(CRUDDUR_E_TIME, "options.expires_in_s", &options);
    refusals_end();
}

Test(bad_data, retention_that_is_none)
{
    static const int64_t wrong[] = {0, CRUDDUR_EXPIRES_DEFAULT, INT64_MIN, INT64_C(253402300800),
                                    INT64_MAX - 1};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cruddur_options options = CRUDDUR_OPTIONS_INIT;
        options.retention_s = wrong[i];
        refused(try_open(CRUDDUR_E_TIME, "options.retention_s", store.url, &options));
    }
    refusals_end();
}
