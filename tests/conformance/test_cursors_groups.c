/* SPDX-License-Identifier: MIT */
/* Paging through the groups of a user, which move while one pages. */
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(cursors_groups);

/* The page that a cursor leads to; frees the page that the cursor is of. */
static cruddur_group_page *turn(const cruddur_user *user, cruddur_list_options options, bool older,
                                cruddur_group_page *page)
{
    options.cursor = older ? cruddur_group_page_older(page) : cruddur_group_page_newer(page);
    cr_assert(options.cursor != NULL);
    cruddur_group_page *next = list_groups(user, &options);
    cruddur_group_page_free(page);
    return next;
}

static cruddur_group_page *turn_older(cruddur_list_options options, cruddur_group_page *page)
{
    return turn(&test_ann, options, true, page);
}

static cruddur_group_page *turn_newer(cruddur_list_options options, cruddur_group_page *page)
{
    return turn(&test_ann, options, false, page);
}

static void expect_flags(const cruddur_group_page *page, bool has_older, bool has_newer)
{
    cr_assert_eq(cruddur_group_page_has_older(page), has_older, "has_older is not %d", has_older);
    cr_assert_eq(cruddur_group_page_has_newer(page), has_newer, "has_newer is not %d", has_newer);
}

static void walk_all(uint32_t limit, bool towards_older, int count)
{
    cruddur_list_options options = list_options(
        limit, towards_older ? CRUDDUR_START_NEWEST : CRUDDUR_START_OLDEST, CRUDDUR_OLDEST_FIRST);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    int seen = 0;
    for (;;) {
        int shown = (int)cruddur_group_page_count(page);
        int left = count - seen - shown;
        int first = towards_older ? left : seen;
        cr_assert_gt(shown, 0);
        expect_groups(page, texts_from_to('g', first, first + shown - 1).all);
        expect_flags(page, towards_older ? left > 0 : seen > 0,
                     towards_older ? seen > 0 : left > 0);
        seen += shown;
        if (left == 0) {
            break;
        }
        cr_assert_eq(shown, (int)limit);
        page = turn(&test_ann, options, towards_older, page);
    }
    page = turn(&test_ann, options, towards_older, page);
    cr_assert_eq(cruddur_group_page_count(page), 0);
    cruddur_group_page_free(page);
}

Test(cursors_groups, every_group_comes_once_and_in_order)
{
    static const uint32_t limits[] = {1, 2, 3, 7, 11, 22, 23, 24, 1000};
    group_id groups[23];
    open_many(groups, 23);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        walk_all(limits[i], true, 23);
        walk_all(limits[i], false, 23);
    }
    test_check(&store);
}

/* Groups that move go to the newest end: those that stand still come once each, and in order. */
Test(cursors_groups, paging_to_older_groups_while_others_move)
{
    group_id groups[12];
    cruddur_user user;
    open_many(groups, 12);
    cruddur_list_options options = from_newest(3);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    expect_groups(page, "g11 g10 g9 ");
    say(&test_ann, &groups[9], "seen");     /* the row that the cursor stands behind */
    say(&test_ann, &groups[7], "not-seen"); /* one of the next page */
    page = turn_older(options, page);
    expect_groups(page, "g8 g6 g5 ");
    user = test_user(11);
    say(&user, &groups[11], "seen-again");
    say(&test_ann, &groups[5], "seen-too");
    page = turn_older(options, page);
    expect_groups(page, "g4 g3 g2 ");
    say(&test_ann, &groups[0], "last");
    page = turn_older(options, page);
    expect_groups(page, "g1 ");
    cr_assert_not(cruddur_group_page_has_older(page));
    cruddur_group_page_free(page);
    test_check(&store);
}

/* Walking towards the newest end one meets the groups that moved there: again, if seen before. */
Test(cursors_groups, paging_to_newer_groups_meets_those_that_moved)
{
    group_id groups[6];
    open_many(groups, 6);
    cruddur_list_options options = from_oldest(2);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    expect_groups(page, "g0 g1 ");
    say(&test_ann, &groups[0], "g0-again");
    say(&test_ann, &groups[3], "g3-moved");
    page = turn_newer(options, page);
    expect_groups(page, "g2 g4 ");
    page = turn_newer(options, page);
    expect_groups(page, "g5 g0-again ");
    page = turn_newer(options, page);
    expect_groups(page, "g3-moved ");
    cr_assert_not(cruddur_group_page_has_newer(page));
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(cursors_groups, the_newer_cursor_follows_a_user)
{
    group_id groups[3];
    open_many(groups, 3);
    cruddur_list_options options = list_options(2, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    expect_groups(page, "g1 g2 ");
    page = turn_newer(options, page);
    expect_groups(page, "");
    page = turn_newer(options, page);
    expect_groups(page, "");
    say(&test_ann, &groups[0], "news");
    page = turn_newer(options, page);
    expect_groups(page, "news ");
    cr_assert_not(cruddur_group_page_has_newer(page));
    page = turn_newer(options, page);
    expect_groups(page, "");
    (void)open_direct(&test_cem, &test_ann, "first-of-cem");
    say(&test_ann, &groups[0], "more-news");
    say(&test_ann, &groups[1], "third");
    page = turn_newer(options, page);
    expect_groups(page, "first-of-cem more-news ");
    cr_assert(cruddur_group_page_has_newer(page));
    page = turn_newer(options, page);
    expect_groups(page, "third ");
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(cursors_groups, cursors_of_a_user_without_groups)
{
    cruddur_list_options options = from_newest(5);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    page = turn_newer(options, page);
    expect_groups(page, "");
    page = turn_older(options, page);
    expect_groups(page, "");
    page = turn_newer(options, page);
    expect_groups(page, "");
    (void)open_direct(&test_bob, &test_ann, "first");
    page = turn_newer(options, page);
    expect_groups(page, "first ");
    expect_flags(page, false, false);
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(cursors_groups, of_a_user_without_groups_by_way_of_the_older_cursor)
{
    cruddur_list_options options = from_newest(5);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    page = turn_older(options, page);
    expect_groups(page, "");
    page = turn_newer(options, page);
    expect_groups(page, "");
    page = turn_older(options, page);
    expect_groups(page, "");
    (void)open_direct(&test_bob, &test_ann, "first");
    page = turn_newer(options, page);
    expect_groups(page, "first ");
    cruddur_group_page_free(page);
    test_check(&store);
}

/* "Whether there were groups with older messages", also when the one that was there has moved. */
Test(cursors_groups, has_older_knows_of_groups_that_moved)
{
    group_id groups[2];
    open_many(groups, 2);
    cruddur_list_options options = from_oldest(1);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    expect_groups(page, "g0 ");
    say(&test_ann, &groups[0], "moved");
    options.limit = 5;
    page = turn_newer(options, page);
    expect_groups(page, "g1 moved ");
    expect_flags(page, false, false);
    page = turn_older(options, page);
    expect_groups(page, "");
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(cursors_groups, back_and_forth_around_an_empty_page)
{
    group_id groups[3];
    open_many(groups, 3);
    cruddur_list_options options = list_options(2, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    page = turn_older(options, page);
    expect_groups(page, "g0 ");
    page = turn_older(options, page);
    expect_groups(page, "");
    expect_flags(page, false, true);
    page = turn_newer(options, page);
    expect_groups(page, "g0 g1 ");
    page = turn_newer(options, page);
    expect_groups(page, "g2 ");
    page = turn_newer(options, page);
    expect_groups(page, "");
    page = turn_older(options, page);
    expect_groups(page, "g1 g2 ");
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(cursors_groups, bounds_hold_for_every_page)
{
    group_id groups[10];
    open_many(groups, 10);
    cruddur_list_options options = from_oldest(3);
    options.since_us = AT_SECOND(2);
    options.until_us = AT_SECOND(8);
    cruddur_group_page *page = list_groups(&test_ann, &options);
    expect_groups(page, "g2 g3 g4 ");
    expect_flags(page, false, true);
    page = turn_newer(options, page);
    expect_groups(page, "g5 g6 g7 ");
    expect_flags(page, true, false);
    page = turn_newer(options, page);
    expect_groups(page, "");
    page = turn_older(options, page);
    expect_groups(page, "g5 g6 g7 ");
    cruddur_group_page_free(page);
    test_check(&store);
}
