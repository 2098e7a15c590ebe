/* SPDX-License-Identifier: MIT */
/* Paging through the messages of a group. */
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(cursors_messages);

/* The page that a cursor leads to; frees the page that the cursor is of. */
static cruddur_msg_page *turn(const group_id *group, cruddur_list_options options, bool older,
                              cruddur_msg_page *page)
{
    options.cursor = older ? cruddur_msg_page_older(page) : cruddur_msg_page_newer(page);
    cr_assert(options.cursor != NULL);
    cruddur_msg_page *next = list_messages(&test_ann, group, &options);
    cruddur_msg_page_free(page);
    return next;
}

static cruddur_msg_page *turn_older(const group_id *group, cruddur_list_options options,
                                    cruddur_msg_page *page)
{
    return turn(group, options, true, page);
}

static cruddur_msg_page *turn_newer(const group_id *group, cruddur_list_options options,
                                    cruddur_msg_page *page)
{
    return turn(group, options, false, page);
}

static void expect_flags(const cruddur_msg_page *page, bool has_older, bool has_newer)
{
    cr_assert_eq(cruddur_msg_page_has_older(page), has_older, "has_older is not %d", has_older);
    cr_assert_eq(cruddur_msg_page_has_newer(page), has_newer, "has_newer is not %d", has_newer);
}

/* Pages from one end to the other. The pages' rows stand oldest first whichever way they are
 * walked, so that the number of each can be told from the first. */
static void walk_all(const group_id *group, uint32_t limit, bool towards_older, int count)
{
    cruddur_list_options options = list_options(
        limit, towards_older ? CRUDDUR_START_NEWEST : CRUDDUR_START_OLDEST, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_ann, group, &options);
    int seen = 0;
    for (;;) {
        int shown = (int)cruddur_msg_page_count(page);
        int left = count - seen - shown;
        int first = towards_older ? left : seen;
        cr_assert_gt(shown, 0);
        expect_messages(page, texts_from_to('m', first, first + shown - 1).all);
        expect_flags(page, towards_older ? left > 0 : seen > 0,
                     towards_older ? seen > 0 : left > 0);
        seen += shown;
        if (left == 0) {
            break;
        }
        cr_assert_eq(shown, (int)limit);
        page = turn(group, options, towards_older, page);
    }
    page = turn(group, options, towards_older, page);
    cr_assert_eq(cruddur_msg_page_count(page), 0);
    cruddur_msg_page_free(page);
}

Test(cursors_messages, every_message_comes_once_and_in_order)
{
    static const uint32_t limits[] = {1, 2, 3, 7, 11, 22, 23, 24, 1000};
    group_id group = open_with_messages(23);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        walk_all(&group, limits[i], true, 23);
        walk_all(&group, limits[i], false, 23);
    }
    test_check(&store);
}

Test(cursors_messages, the_order_of_rows_does_not_change_the_way)
{
    group_id group = open_with_messages(7);
    cruddur_list_options options = from_newest(3);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "m6 m5 m4 ");
    page = turn_older(&group, options, page);
    expect_messages(page, "m3 m2 m1 ");
    options.order = CRUDDUR_OLDEST_FIRST; /* may change from page to page, and so may the limit */
    options.limit = 2;
    page = turn_older(&group, options, page);
    expect_messages(page, "m0 ");
    page = turn_newer(&group, options, page);
    expect_messages(page, "m1 m2 ");
    options.order = CRUDDUR_NEWEST_FIRST;
    options.start = CRUDDUR_START_OLDEST; /* without meaning */
    page = turn_newer(&group, options, page);
    expect_messages(page, "m4 m3 ");
    page = turn_older(&group, options, page);
    expect_messages(page, "m2 m1 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(cursors_messages, back_and_forth_around_an_empty_page)
{
    group_id group = open_with_messages(3);
    cruddur_list_options options = list_options(2, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    page = turn_older(&group, options, page);
    expect_messages(page, "m0 ");
    page = turn_older(&group, options, page);
    expect_messages(page, "");
    expect_flags(page, false, true);
    page = turn_older(&group, options, page); /* stays where it is */
    expect_messages(page, "");
    page = turn_newer(&group, options, page);
    expect_messages(page, "m0 m1 ");
    page = turn_newer(&group, options, page);
    expect_messages(page, "m2 ");
    page = turn_newer(&group, options, page);
    expect_messages(page, "");
    expect_flags(page, true, false);
    page = turn_newer(&group, options, page);
    expect_messages(page, "");
    page = turn_older(&group, options, page);
    expect_messages(page, "m1 m2 ");
    page = turn_older(&group, options, page);
    expect_messages(page, "m0 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(cursors_messages, the_newer_cursor_follows_a_group)
{
    group_id group = open_with_messages(2);
    cruddur_list_options options = list_options(2, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "m0 m1 ");
    page = turn_newer(&group, options, page);
    expect_messages(page, "");
    say(&test_bob, &group, "m2");
    page = turn_newer(&group, options, page);
    expect_messages(page, "m2 ");
    expect_flags(page, true, false);
    page = turn_newer(&group, options, page);
    expect_messages(page, "");
    say(&test_ann, &group, "m3");
    say(&test_bob, &group, "m4");
    say(&test_bob, &group, "m5");
    page = turn_newer(&group, options, page);
    expect_messages(page, "m3 m4 ");
    expect_flags(page, true, true);
    page = turn_newer(&group, options, page);
    expect_messages(page, "m5 ");
    page = turn_older(&group, options, page);
    expect_messages(page, "m3 m4 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* "Whether there were newer messages when the page was read", however the page was come by. */
Test(cursors_messages, has_newer_knows_of_messages_written_since)
{
    group_id group = open_with_messages(2);
    cruddur_list_options options = from_newest(2);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    page = turn_newer(&group, options, page);
    expect_messages(page, "");
    say(&test_bob, &group, "m2");
    page = turn_older(&group, options, page);
    expect_messages(page, "m1 m0 ");
    expect_flags(page, false, true);
    page = turn_newer(&group, options, page);
    expect_messages(page, "m2 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* The cursor's own bounds are not the listing's: "within the bounds asked for". */
Test(cursors_messages, has_more_counts_within_bounds_that_a_cursor_lies_outside_of)
{
    group_id group = open_with_messages(8);
    cruddur_list_options options = from_newest(1);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    options.limit = 10;
    options.until_us = AT_SECOND(4);
    page = turn_older(&group, options, page);
    expect_messages(page, "m3 m2 m1 m0 ");
    expect_flags(page, false, false);
    cruddur_msg_page_free(page);
    options = from_oldest(1);
    page = list_messages(&test_ann, &group, &options);
    options.limit = 10;
    options.since_us = AT_SECOND(5);
    page = turn_newer(&group, options, page);
    expect_messages(page, "m5 m6 m7 ");
    expect_flags(page, false, false);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(cursors_messages, bounds_hold_for_every_page)
{
    group_id group = open_with_messages(10);
    cruddur_list_options options = from_newest(3);
    options.since_us = AT_SECOND(2);
    options.until_us = AT_SECOND(8);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "m7 m6 m5 ");
    expect_flags(page, true, false);
    page = turn_older(&group, options, page);
    expect_messages(page, "m4 m3 m2 ");
    expect_flags(page, false, true);
    page = turn_older(&group, options, page);
    expect_messages(page, "");
    page = turn_newer(&group, options, page);
    expect_messages(page, "m4 m3 m2 ");
    page = turn_newer(&group, options, page);
    expect_messages(page, "m7 m6 m5 ");
    expect_flags(page, true, false);
    page = turn_newer(&group, options, page);
    expect_messages(page, "");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(cursors_messages, an_empty_page_within_bounds_has_cursors_too)
{
    group_id group = open_with_messages(2);
    cruddur_list_options options = list_options(5, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    options.since_us = AT_SECOND(10);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "");
    expect_flags(page, false, false);
    page = turn_older(&group, options, page);
    expect_messages(page, "");
    page = turn_newer(&group, options, page);
    expect_messages(page, "");
    say_at(&test_bob, &group, "m2", AT_SECOND(11));
    page = turn_newer(&group, options, page);
    expect_messages(page, "m2 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* "The cursor that continues towards older messages" does so from a page that has none, too. */
Test(cursors_messages, from_an_empty_page_the_way_leads_back_to_older_messages)
{
    group_id group = open_with_messages(2);
    cruddur_list_options options = list_options(5, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    options.since_us = AT_SECOND(10);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "");
    options.since_us = CRUDDUR_SINCE_ALWAYS;
    page = turn_older(&group, options, page);
    expect_messages(page, "m0 m1 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(cursors_messages, messages_in_between_do_not_disturb_older_pages)
{
    group_id group = open_with_messages(6);
    cruddur_list_options options = list_options(2, CRUDDUR_START_NEWEST, CRUDDUR_OLDEST_FIRST);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    expect_messages(page, "m4 m5 ");
    say(&test_bob, &group, "m6");
    page = turn_older(&group, options, page);
    expect_messages(page, "m2 m3 ");
    say(&test_bob, &group, "m7");
    page = turn_older(&group, options, page);
    expect_messages(page, "m0 m1 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(cursors_messages, a_cursor_is_made_for_urls_and_does_not_depend_on_the_reader)
{
    group_id group = open_with_messages(4);
    cruddur_list_options options = from_newest(2);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    const char *plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    const char *cursors[] = {cruddur_msg_page_older(page), cruddur_msg_page_newer(page)};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_gt(strlen(cursors[i]), 0);
        cr_assert_eq(strspn(cursors[i], plain), strlen(cursors[i]));
    }
    options.cursor = cursors[0];
    cruddur_msg_page *bobs = list_messages(&test_bob, &group, &options);
    cruddur_msg_page *anybodys = list_messages(NULL, &group, &options);
    expect_messages(bobs, "m1 m0 ");
    expect_messages(anybodys, "m1 m0 ");
    cruddur_msg_page_free(bobs);
    cruddur_msg_page_free(anybodys);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(cursors_messages, a_cursor_outlives_its_page_and_its_handle)
{
    char kept[4000];
    group_id group = open_with_messages(4);
    cruddur_list_options options = from_newest(2);
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    cr_assert_lt(strlen(cruddur_msg_page_older(page)), sizeof(kept));
    strcpy(kept, cruddur_msg_page_older(page));
    cruddur_msg_page_free(page);
    if (test_store_is_lasting(&store)) {
        test_store_reopen(&store, NULL);
    }
    options.cursor = kept;
    for (int again = 0; again < 2; again++) {
        page = list_messages(&test_ann, &group, &options);
        expect_messages(page, "m1 m0 ");
        cruddur_msg_page_free(page);
    }
    test_check(&store);
}
