/* SPDX-License-Identifier: MIT */
/* Times of messages: how they are written, and how they go on over the turn of a year and at the
 * ends of the calendar. */
#include "suite.h"

CONFORMANCE_SUITE(times);

#define NEW_YEAR_US AT_SECOND(0)
#define MARGIN_US INT64_C(900000000) /* how far clocks may disagree */
#define FIRST_US (INT64_C(-62135596800) * 1000000)

/* Opens a group at one time, appends at another, and expects these two sort keys. */
static group_id expect_keys(int64_t first_us, const char *first_key, int64_t second_us,
                            const char *second_key)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "one", first_us);
    say_at(&test_bob, &group, "two", second_us);
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    cr_assert_str_eq(cruddur_msg_sort_key(cruddur_msg_page_at(page, 1)), first_key);
    cr_assert_str_eq(cruddur_msg_sort_key(cruddur_msg_page_at(page, 0)), second_key);
    cruddur_msg_page_free(page);
    return group;
}

Test(times, over_new_year)
{
    group_id group = expect_keys(NEW_YEAR_US - 1, "2019-12-31T23:59:59.999999+00:00",
                                 NEW_YEAR_US - 1, "2020-01-01T00:00:00.000000+00:00");
    say_at(&test_ann, &group, "three", NEW_YEAR_US - 1);
    cruddur_list_options options = from_oldest(3);
    cruddur_msg_page *page = list_messages(NULL, &group, &options);
    expect_messages(page, "one two three ");
    cruddur_msg_page_free(page);
    options.until_us = NEW_YEAR_US;
    page = list_messages(NULL, &group, &options);
    expect_messages(page, "one ");
    cruddur_msg_page_free(page);
    options.until_us = CRUDDUR_UNTIL_FOREVER;
    options.since_us = NEW_YEAR_US;
    page = list_messages(NULL, &group, &options);
    expect_messages(page, "two three ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(times, over_new_year_in_a_users_list)
{
    (void)open_direct_at(&test_ann, &test_bob, "old-year", NEW_YEAR_US - 1);
    (void)open_direct_at(&test_ann, &test_cem, "pushed-on", NEW_YEAR_US - 1);
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    expect_groups(page, "pushed-on old-year ");
    cr_assert_str_eq(cruddur_group_sort_key(cruddur_group_page_at(page, 0)),
                     "2020-01-01T00:00:00.000000+00:00");
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(times, over_a_leap_day)
{
    (void)expect_keys(INT64_C(1709164799999999), "2024-02-28T23:59:59.999999+00:00",
                      INT64_C(1709164799999999), "2024-02-29T00:00:00.000000+00:00");
    test_check(&store);
}

Test(times, over_the_end_of_february_without_a_leap_day)
{
    (void)expect_keys(INT64_C(-2203891200000001), "1900-02-28T23:59:59.999999+00:00",
                      INT64_C(-2203891200000001), "1900-03-01T00:00:00.000000+00:00");
    test_check(&store);
}

Test(times, over_the_epoch)
{
    group_id group =
        expect_keys(-1, "1969-12-31T23:59:59.999999+00:00", -1, "1970-01-01T00:00:00.000000+00:00");
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 0)), 0);
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 1)), -1);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(times, the_first)
{
    (void)expect_keys(FIRST_US, "0001-01-01T00:00:00.000000+00:00", FIRST_US,
                      "0001-01-01T00:00:00.000001+00:00");
    test_check(&store);
}

/* "All that follows has to come after it": a message of next year would push those of today there.
 */
Test(times, the_future_is_refused)
{
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    test_report before = test_check_summary(&store);
    const int64_t wrong[] = {
        cruddur_time_now_us() + MARGIN_US + INT64_C(60000000),
        cruddur_time_now_us() + INT64_C(86400000000),
        INT64_C(253402300799999999),
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        append.created_at_us = create.created_at_us = wrong[i];
        must_fail(CRUDDUR_E_TIME, "options.created_at_us",
                  cruddur_msg_append(store.dm, &test_ann, group.text, TEST_SECRET, &append, NULL,
                                     TEST_ERROR));
        must_fail(CRUDDUR_E_TIME, "options.created_at_us",
                  cruddur_group_create(store.dm, &test_ann, &test_cem, 1, TEST_SECRET, &create,
                                       NULL, TEST_ERROR));
    }
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
}

Test(times, a_clock_may_be_ahead)
{
    int64_t ahead_us = cruddur_time_now_us() + MARGIN_US - INT64_C(60000000);
    group_id group = open_direct_at(&test_ann, &test_bob, "ahead", ahead_us);
    say(&test_bob, &group, "now");
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    expect_messages(page, "now ahead ");
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 1)), ahead_us);
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 0)), ahead_us + 1);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(times, created_at_0_is_now)
{
    int64_t before_us = cruddur_time_now_us();
    group_id group = open_direct_at(&test_ann, &test_bob, "one", 0);
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    cr_assert_geq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 0)), before_us);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(times, sort_keys_are_the_times_as_text)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "0", AT_SECOND(0));
    cruddur_list_options options = from_oldest(CRUDDUR_LIMIT_MAX);
    int64_t time_us = AT_SECOND(0);
    for (int i = 1; i < 60; i++) {
        time_us += INT64_C(1) << i % 45; /* from microseconds to months */
        say_at(&test_ann, &group, "x", time_us);
    }
    cruddur_msg_page *page = list_messages(NULL, &group, &options);
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i);
        char text[CRUDDUR_TIME_SIZE];
        must_succeed(cruddur_time_format(cruddur_msg_created_at_us(msg), text, TEST_ERROR));
        cr_assert_str_eq(cruddur_msg_sort_key(msg), text);
    }
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_msg_page_at(page, 59)), time_us);
    cruddur_msg_page_free(page);
    test_check(&store);
}
