/* SPDX-License-Identifier: MIT */
/* Pattern A: listing the messages of a group. */
#include "suite.h"

CONFORMANCE_SUITE(list_messages);

static void expect_list(const group_id *group, const cruddur_list_options *options,
                        const char *expected)
{
    cruddur_msg_page *page = list_messages(&test_bob, group, options);
    expect_messages(page, expected);
    cruddur_msg_page_free(page);
}

Test(list_messages, defaults_are_the_newest_20_newest_first)
{
    group_id group = open_with_messages(25);
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    expect_list(&group, NULL, texts_from_to('m', 24, 5).all);
    expect_list(&group, &options, texts_from_to('m', 24, 5).all);
    test_check(&store);
}

Test(list_messages, start_chooses_the_end_and_order_how_rows_stand)
{
    group_id group = open_with_messages(9);
    cruddur_list_options options = from_newest(4);
    expect_list(&group, &options, "m8 m7 m6 m5 ");
    options = list_options(4, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    expect_list(&group, &options, "m5 m6 m7 m8 ");
    options = list_options(4, CRUDDUR_START_OLDEST, CRUDDUR_NEWEST_FIRST);
    expect_list(&group, &options, "m3 m2 m1 m0 ");
    options = from_oldest(4);
    expect_list(&group, &options, "m0 m1 m2 m3 ");
    test_check(&store);
}

Test(list_messages, limits_from_1_to_1000)
{
    static const uint32_t limits[] = {1, 2, 6, 7, 8, 999, 1000};
    group_id group = open_with_messages(7);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        int shown = limits[i] < 7 ? (int)limits[i] : 7;
        cruddur_list_options options = from_newest(limits[i]);
        cruddur_msg_page *page = list_messages(NULL, &group, &options);
        expect_messages(page, texts_from_to('m', 6, 7 - shown).all);
        cr_assert_eq(cruddur_msg_page_has_older(page), limits[i] < 7);
        cr_assert_not(cruddur_msg_page_has_newer(page));
        cruddur_msg_page_free(page);
    }
    test_check(&store);
}

Test(list_messages, a_page_of_1000)
{
    group_id group = open_with_messages(1002);
    cruddur_list_options options = from_oldest(CRUDDUR_LIMIT_MAX);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    cr_assert_eq(cruddur_msg_page_count(page), 1000);
    expect_messages(page, texts_from_to('m', 0, 999).all);
    cr_assert(cruddur_msg_page_has_newer(page));
    cr_assert_not(cruddur_msg_page_has_older(page));
    cruddur_msg_page_free(page);
    test_check(&store);
}

static void expect_between(const group_id *group, int64_t since_us, int64_t until_us,
                           const char *expected)
{
    cruddur_list_options options = from_oldest(20);
    options.since_us = since_us;
    options.until_us = until_us;
    expect_list(group, &options, expected);
    options.start = CRUDDUR_START_NEWEST;
    expect_list(group, &options, expected);
}

Test(list_messages, since_is_included_and_until_is_not)
{
    group_id group = open_with_messages(6);
    expect_between(&group, AT_SECOND(2), CRUDDUR_UNTIL_FOREVER, "m2 m3 m4 m5 ");
    expect_between(&group, AT_SECOND(2) + 1, CRUDDUR_UNTIL_FOREVER, "m3 m4 m5 ");
    expect_between(&group, AT_SECOND(2) - 1, CRUDDUR_UNTIL_FOREVER, "m2 m3 m4 m5 ");
    expect_between(&group, CRUDDUR_SINCE_ALWAYS, AT_SECOND(2), "m0 m1 ");
    expect_between(&group, CRUDDUR_SINCE_ALWAYS, AT_SECOND(2) + 1, "m0 m1 m2 ");
    expect_between(&group, CRUDDUR_SINCE_ALWAYS, AT_SECOND(2) - 1, "m0 m1 ");
    expect_between(&group, AT_SECOND(1), AT_SECOND(4), "m1 m2 m3 ");
    expect_between(&group, AT_SECOND(3), AT_SECOND(3) + 1, "m3 ");
    expect_between(&group, AT_SECOND(3) + 1, AT_SECOND(4), "");
    expect_between(&group, AT_SECOND(6), CRUDDUR_UNTIL_FOREVER, "");
    expect_between(&group, CRUDDUR_SINCE_ALWAYS, AT_SECOND(0), "");
    test_check(&store);
}

Test(list_messages, bounds_to_the_microsecond)
{
    int64_t base = AT_SECOND(0) + 123450;
    group_id group = open_direct_at(&test_ann, &test_bob, "a", base);
    say_at(&test_bob, &group, "b", base + 1);
    say_at(&test_bob, &group, "c", base + 50);
    for (int64_t us = -1; us <= 51; us++) {
        const char *since = us <= 0 ? "a b c " : us <= 1 ? "b c " : us <= 50 ? "c " : "";
        const char *until = us <= 0 ? "" : us <= 1 ? "a " : us <= 50 ? "a b " : "a b c ";
        expect_between(&group, base + us, CRUDDUR_UNTIL_FOREVER, since);
        expect_between(&group, CRUDDUR_SINCE_ALWAYS, base + us, until);
    }
    test_check(&store);
}

Test(list_messages, the_widest_bounds)
{
    const int64_t first_us = INT64_C(-62135596800) * 1000000;
    const int64_t last_us = INT64_C(253402300800) * 1000000 - 1;
    group_id group = open_with_messages(2);
    expect_between(&group, first_us, last_us, "m0 m1 ");
    expect_between(&group, first_us, CRUDDUR_UNTIL_FOREVER, "m0 m1 ");
    expect_between(&group, CRUDDUR_SINCE_ALWAYS, last_us, "m0 m1 ");
    expect_between(&group, last_us, CRUDDUR_UNTIL_FOREVER, "");
    expect_between(&group, CRUDDUR_SINCE_ALWAYS, first_us, "");
    test_check(&store);
}

Test(list_messages, has_more_counts_within_the_bounds)
{
    group_id group = open_with_messages(9);
    cruddur_list_options options = list_options(3, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    options.since_us = AT_SECOND(3);
    options.until_us = AT_SECOND(7);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "m4 m5 m6 ");
    cr_assert(cruddur_msg_page_has_older(page));
    cr_assert_not(cruddur_msg_page_has_newer(page));
    cruddur_msg_page_free(page);
    options.limit = 4;
    page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "m3 m4 m5 m6 ");
    cr_assert_not(cruddur_msg_page_has_older(page));
    cruddur_msg_page_free(page);
    options.limit = 3;
    options.start = CRUDDUR_START_OLDEST;
    page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "m3 m4 m5 ");
    cr_assert(cruddur_msg_page_has_newer(page));
    cr_assert_not(cruddur_msg_page_has_older(page));
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(list_messages, only_members_read_unless_the_caller_vouches)
{
    group_id group = open_with_messages(3);
    cruddur_msg_page *page = NULL;
    expect_list(&group, NULL, "m2 m1 m0 ");
    page = list_messages(&test_ann, &group, NULL);
    expect_messages(page, "m2 m1 m0 ");
    cruddur_msg_page_free(page);
    page = list_messages(NULL, &group, NULL);
    expect_messages(page, "m2 m1 m0 ");
    cruddur_msg_page_free(page);
    page = NULL;
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, test_cem.uuid, group.text, NULL, &page, TEST_ERROR));
    (void)open_direct(&test_ann, &test_cem, "cem is somebody now");
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, test_cem.uuid, group.text, NULL, &page, TEST_ERROR));
    cr_assert(page == NULL);
    test_check(&store);
}

Test(list_messages, a_group_that_is_not_there)
{
    const char *unknown = "11111111-2222-4333-8444-555555555555";
    cruddur_msg_page *page = NULL;
    (void)open_with_messages(1);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, NULL, unknown, &test_trusted_list, &page, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, test_ann.uuid, unknown, NULL, &page, TEST_ERROR));
    cr_assert(page == NULL);
    test_check(&store);
}

Test(list_messages, a_message_has_all_its_attributes)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "hello", AT_SECOND(5) + 7);
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    const cruddur_msg *msg = cruddur_msg_page_at(page, 0);
    cr_assert_eq(cruddur_msg_page_count(page), 1);
    cr_assert(cruddur_uuid_is_valid(cruddur_msg_uuid(msg)));
    cr_assert_str_eq(cruddur_msg_group_uuid(msg), group.text);
    cr_assert_str_eq(cruddur_msg_text(msg), "hello");
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), test_ann.uuid);
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), test_ann.display_name);
    cr_assert_str_eq(cruddur_msg_user_handle(msg), test_ann.handle);
    cr_assert_eq(cruddur_msg_created_at_us(msg), AT_SECOND(5) + 7);
    cr_assert_str_eq(cruddur_msg_sort_key(msg), "2020-01-01T00:00:05.000007+00:00");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(list_messages, beyond_the_end_of_a_page_and_without_a_page)
{
    group_id group = open_with_messages(2);
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    cr_assert(cruddur_msg_page_at(page, 1) != NULL);
    cr_assert(cruddur_msg_page_at(page, 2) == NULL);
    cr_assert(cruddur_msg_page_at(page, SIZE_MAX) == NULL);
    cr_assert(cruddur_msg_page_older(page) != NULL);
    cr_assert(cruddur_msg_page_newer(page) != NULL);
    cruddur_msg_page_free(page);
    cr_assert_eq(cruddur_msg_page_count(NULL), 0);
    cr_assert(cruddur_msg_page_at(NULL, 0) == NULL);
    cr_assert(cruddur_msg_page_older(NULL) == NULL);
    cr_assert(cruddur_msg_page_newer(NULL) == NULL);
    cr_assert_not(cruddur_msg_page_has_older(NULL));
    cr_assert_not(cruddur_msg_page_has_newer(NULL));
    cruddur_msg_page_free(NULL);
    cruddur_msg_free(NULL);
    test_check(&store);
}

Test(list_messages, an_eventual_read_shows_old_news_at_least)
{
    group_id group = open_with_messages(3);
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.consistency = CRUDDUR_CONSISTENCY_EVENTUAL;
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    cr_assert_leq(cruddur_msg_page_count(page), 3);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(list_messages, groups_do_not_mix)
{
    group_id one = open_direct(&test_ann, &test_bob, "one");
    group_id two = open_direct(&test_ann, &test_cem, "two");
    say(&test_cem, &two, "three");
    say(&test_bob, &one, "four");
    expect_list(&one, NULL, "four one ");
    cruddur_msg_page *page = list_messages(&test_cem, &two, NULL);
    expect_messages(page, "three two ");
    cruddur_msg_page_free(page);
    test_check(&store);
}
