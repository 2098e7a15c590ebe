/* SPDX-License-Identifier: MIT */
/* Pattern B: listing the groups of a user. */
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(list_groups);

static void expect_list(const cruddur_user *user, const cruddur_list_options *options,
                        const char *expected)
{
    cruddur_group_page *page = list_groups(user, options);
    expect_groups(page, expected);
    cruddur_group_page_free(page);
}

Test(list_groups, a_user_without_groups_has_an_empty_page)
{
    cruddur_group_page *page = list_groups(&test_cem, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 0);
    cr_assert(cruddur_group_page_at(page, 0) == NULL);
    cr_assert(cruddur_group_page_older(page) != NULL);
    cr_assert(cruddur_group_page_newer(page) != NULL);
    cr_assert_not(cruddur_group_page_has_older(page));
    cr_assert_not(cruddur_group_page_has_newer(page));
    cruddur_group_page_free(page);
    (void)open_direct(&test_ann, &test_bob, "not cem's");
    expect_list(&test_cem, NULL, "");
    test_check(&store);
}

Test(list_groups, defaults_are_the_newest_20_newest_first)
{
    group_id groups[25];
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    open_many(groups, 25);
    expect_list(&test_ann, NULL, texts_from_to('g', 24, 5).all);
    expect_list(&test_ann, &options, texts_from_to('g', 24, 5).all);
    test_check(&store);
}

Test(list_groups, start_chooses_the_end_and_order_how_rows_stand)
{
    group_id groups[9];
    open_many(groups, 9);
    cruddur_list_options options = from_newest(4);
    expect_list(&test_ann, &options, "g8 g7 g6 g5 ");
    options = list_options(4, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    expect_list(&test_ann, &options, "g5 g6 g7 g8 ");
    options = list_options(4, CRUDDUR_START_OLDEST, CRUDDUR_NEWEST_FIRST);
    expect_list(&test_ann, &options, "g3 g2 g1 g0 ");
    options = from_oldest(4);
    expect_list(&test_ann, &options, "g0 g1 g2 g3 ");
    test_check(&store);
}

Test(list_groups, limits_from_1_to_1000)
{
    static const uint32_t limits[] = {1, 2, 6, 7, 8, 999, 1000};
    group_id groups[7];
    open_many(groups, 7);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        int shown = limits[i] < 7 ? (int)limits[i] : 7;
        cruddur_list_options options = from_newest(limits[i]);
        cruddur_group_page *page = list_groups(&test_ann, &options);
        expect_groups(page, texts_from_to('g', 6, 7 - shown).all);
        cr_assert_eq(cruddur_group_page_has_older(page), limits[i] < 7);
        cr_assert_not(cruddur_group_page_has_newer(page));
        cruddur_group_page_free(page);
    }
    test_check(&store);
}

Test(list_groups, a_message_moves_the_group_to_the_newest_end_for_everybody)
{
    group_id large = open_large(4, "four", "large");
    cruddur_user zero = test_user(0);
    cruddur_user one = test_user(1);
    cruddur_user three = test_user(3);
    group_id direct = open_direct(&zero, &one, "direct");
    expect_list(&zero, NULL, "direct large ");
    expect_list(&one, NULL, "direct large ");
    expect_list(&three, NULL, "large ");
    say(&three, &large, "again");
    expect_list(&zero, NULL, "again direct ");
    expect_list(&one, NULL, "again direct ");
    expect_list(&three, NULL, "again ");
    say(&one, &direct, "here");
    expect_list(&zero, NULL, "here again ");
    test_check(&store);
}

static void expect_between(int64_t since_us, int64_t until_us, const char *expected)
{
    cruddur_list_options options = from_oldest(20);
    options.since_us = since_us;
    options.until_us = until_us;
    expect_list(&test_ann, &options, expected);
    options.start = CRUDDUR_START_NEWEST;
    expect_list(&test_ann, &options, expected);
}

Test(list_groups, since_is_included_and_until_is_not)
{
    group_id groups[6];
    open_many(groups, 6);
    expect_between(AT_SECOND(2), CRUDDUR_UNTIL_FOREVER, "g2 g3 g4 g5 ");
    expect_between(AT_SECOND(2) + 1, CRUDDUR_UNTIL_FOREVER, "g3 g4 g5 ");
    expect_between(CRUDDUR_SINCE_ALWAYS, AT_SECOND(2), "g0 g1 ");
    expect_between(CRUDDUR_SINCE_ALWAYS, AT_SECOND(2) + 1, "g0 g1 g2 ");
    expect_between(AT_SECOND(1), AT_SECOND(4), "g1 g2 g3 ");
    expect_between(AT_SECOND(3), AT_SECOND(3) + 1, "g3 ");
    expect_between(AT_SECOND(6), CRUDDUR_UNTIL_FOREVER, "");
    test_check(&store);
}

Test(list_groups, bounds_go_by_the_newest_message)
{
    group_id groups[3];
    open_many(groups, 3);
    say_at(&test_ann, &groups[0], "moved", AT_SECOND(10));
    expect_between(AT_SECOND(0), AT_SECOND(5), "g1 g2 ");
    expect_between(AT_SECOND(5), CRUDDUR_UNTIL_FOREVER, "moved ");
    test_check(&store);
}

Test(list_groups, has_more_counts_within_the_bounds)
{
    group_id groups[9];
    open_many(groups, 9);
    cruddur_list_options options = from_newest(3);
    options.since_us = AT_SECOND(3);
    options.until_us = AT_SECOND(7);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    expect_groups(page, "g6 g5 g4 ");
    cr_assert(cruddur_group_page_has_older(page));
    cr_assert_not(cruddur_group_page_has_newer(page));
    cruddur_group_page_free(page);
    options.limit = 4;
    page = list_groups(&test_ann, &options);
    expect_groups(page, "g6 g5 g4 g3 ");
    cr_assert_not(cruddur_group_page_has_older(page));
    cruddur_group_page_free(page);
    test_check(&store);
}

/* What a member sees of a direct group: the other party. */
static void expect_direct(const cruddur_user *viewer, const cruddur_user *other,
                          const group_id *group)
{
    cruddur_group_page *page = list_groups(viewer, NULL);
    const cruddur_group *row = cruddur_group_page_at(page, 0);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    cr_assert_str_eq(cruddur_group_uuid(row), group->text);
    cr_assert(cruddur_group_name(row) == NULL);
    cr_assert_str_eq(cruddur_group_text(row), "hello");
    cr_assert_str_eq(cruddur_group_user_uuid(row), other->uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(row), other->display_name);
    cr_assert_str_eq(cruddur_group_user_handle(row), other->handle);
    cr_assert_eq(cruddur_group_member_count(row), 2);
    cr_assert_eq(cruddur_group_last_message_at_us(row), AT_SECOND(3) + 40);
    cr_assert_str_eq(cruddur_group_sort_key(row), "2020-01-01T00:00:03.000040+00:00");
    cruddur_group_page_free(page);
}

Test(list_groups, each_side_sees_the_other)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "hello", AT_SECOND(3) + 40);
    expect_direct(&test_ann, &test_bob, &group);
    expect_direct(&test_bob, &test_ann, &group);
    test_check(&store);
}

Test(list_groups, members_of_a_large_group_see_its_name_and_one_of_the_others)
{
    group_id group = open_large(5, "Fünf Freunde", "hello");
    for (size_t i = 0; i < 5; i++) {
        cruddur_user viewer = test_user(i);
        cruddur_group_page *page = list_groups(&viewer, NULL);
        const cruddur_group *row = cruddur_group_page_at(page, 0);
        cr_assert_str_eq(cruddur_group_uuid(row), group.text);
        cr_assert_str_eq(cruddur_group_name(row), "Fünf Freunde");
        cr_assert_eq(cruddur_group_member_count(row), 5);
        cr_assert_str_neq(cruddur_group_user_uuid(row), viewer.uuid);
        cr_assert(strncmp(cruddur_group_user_display_name(row), "User ", 5) == 0);
        cruddur_group_page_free(page);
    }
    test_check(&store);
}

Test(list_groups, beyond_the_end_of_a_page_and_without_a_page)
{
    group_id groups[2];
    open_many(groups, 2);
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    cr_assert(cruddur_group_page_at(page, 1) != NULL);
    cr_assert(cruddur_group_page_at(page, 2) == NULL);
    cr_assert(cruddur_group_page_at(page, SIZE_MAX) == NULL);
    cruddur_group_page_free(page);
    cr_assert_eq(cruddur_group_page_count(NULL), 0);
    cr_assert(cruddur_group_page_at(NULL, 0) == NULL);
    cr_assert(cruddur_group_page_older(NULL) == NULL);
    cr_assert(cruddur_group_page_newer(NULL) == NULL);
    cr_assert_not(cruddur_group_page_has_older(NULL));
    cr_assert_not(cruddur_group_page_has_newer(NULL));
    cruddur_group_page_free(NULL);
    cruddur_group_free(NULL);
    test_check(&store);
}

Test(list_groups, a_user_uuid_in_upper_case_is_the_same_user)
{
    cruddur_group_page *page = NULL;
    (void)open_direct(&test_ann, &test_bob, "hello");
    must_succeed(cruddur_group_list(store.dm, "A0000000-0000-4000-8000-00000000000A", NULL, &page,
                                    TEST_ERROR));
    expect_groups(page, "hello ");
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(list_groups, an_eventual_read_is_accepted)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    (void)open_direct(&test_ann, &test_bob, "hello");
    options.consistency = CRUDDUR_CONSISTENCY_EVENTUAL;
    cruddur_group_page *page = list_groups(&test_ann, &options);
    cr_assert_leq(cruddur_group_page_count(page), 1);
    cruddur_group_page_free(page);
    test_check(&store);
}
