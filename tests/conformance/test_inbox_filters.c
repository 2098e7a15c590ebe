/* SPDX-License-Identifier: MIT */
/* Lists of groups that leave some out, and count. */
#include <string.h>

#include "reading.h"
#include "refusal.h"

CONFORMANCE_SUITE(inbox_filters);

#define ALL (CRUDDUR_LIST_ARCHIVED | CRUDDUR_LIST_HIDDEN)

/* Ann's groups g0, g1, … with test_user(0), test_user(1), …, which she has opened. */
static group_id groups[20];

Test(inbox_filters, archived_and_hidden_groups_are_left_out)
{
    needs_transactions();
    open_many(groups, 6);
    archive(&test_ann, &groups[1], CRUDDUR_SWITCH_ON);
    archive(&test_ann, &groups[4], CRUDDUR_SWITCH_ON);
    hide(&test_ann, &groups[2]);
    hide(&test_ann, &groups[4]);
    expect_inbox(&test_ann, 0, "g5 g3 g0 ");
    expect_inbox(&test_ann, CRUDDUR_LIST_ARCHIVED, "g5 g3 g1 g0 ");
    expect_inbox(&test_ann, CRUDDUR_LIST_HIDDEN, "g5 g3  g0 "); /* without its text */
    expect_inbox(&test_ann, ALL, "g5  g3  g1 g0 ");
    cruddur_user other = test_user(4);
    expect_inbox(&other, 0, "g4 ");
    test_check(&store);
}

Test(inbox_filters, only_groups_with_unread_messages)
{
    open_many(groups, 4);
    cruddur_user one = test_user(1);
    cruddur_user three = test_user(3);
    expect_inbox(&test_ann, CRUDDUR_LIST_UNREAD, "");
    expect_inbox(&one, CRUDDUR_LIST_UNREAD, "g1 ");
    say_at(&one, &groups[1], "news1", AT_SECOND(10));
    say_at(&three, &groups[3], "news3", AT_SECOND(11));
    expect_inbox(&test_ann, CRUDDUR_LIST_UNREAD, "news3 news1 ");
    say_at(&test_ann, &groups[1], "answer", AT_SECOND(12));
    expect_inbox(&test_ann, CRUDDUR_LIST_UNREAD, "news3 ");
    expect_inbox(&one, CRUDDUR_LIST_UNREAD, "answer ");
    test_check(&store);
}

/* Whether any are left shows only by counting. */
Test(inbox_filters, groups_whose_unread_messages_were_deleted_have_none)
{
    needs_transactions();
    open_many(groups, 2);
    cruddur_user zero = test_user(0);
    said news = say_named(&zero, &groups[0], "news", AT_SECOND(10));
    expect_inbox(&test_ann, CRUDDUR_LIST_UNREAD, "news ");
    delete_it(&zero, &groups[0], &news, true);
    expect_inbox(&test_ann, CRUDDUR_LIST_UNREAD, "");
    expect_unread(&test_ann, &groups[0], 0);
    test_check(&store);
}

/* All pages of Ann's list from one end, each full but the last; returns how many there were. */
static size_t walk(uint32_t limit, uint32_t start, uint32_t flags, const char *expected)
{
    texts all = {""};
    cruddur_list_options options = list_options(
        limit, start, start == CRUDDUR_START_NEWEST ? CRUDDUR_NEWEST_FIRST : CRUDDUR_OLDEST_FIRST);
    cruddur_group_page *last = NULL;
    size_t pages = 0;
    bool goes_on = true;
    options.flags = flags;
    while (goes_on) {
        cruddur_group_page *page = list_groups(&test_ann, &options);
        bool is_down = start == CRUDDUR_START_NEWEST;
        cr_assert_lt(pages++, 40, "pages without an end");
        texts found = texts_of_groups(page);
        size_t size = strlen(all.all);
        cr_assert_lt(size + strlen(found.all), sizeof(all.all));
        memcpy(all.all + size, found.all, strlen(found.all) + 1);
        goes_on = is_down ? cruddur_group_page_has_older(page) : cruddur_group_page_has_newer(page);
        cr_assert(!goes_on || cruddur_group_page_count(page) == limit ||
                  (flags & CRUDDUR_LIST_UNREAD) != 0);
        bool has_back =
            is_down ? cruddur_group_page_has_newer(page) : cruddur_group_page_has_older(page);
        cr_assert_eq(has_back, pages > 1);
        options.cursor = is_down ? cruddur_group_page_older(page) : cruddur_group_page_newer(page);
        cruddur_group_page_free(last);
        last = page;
    }
    cruddur_group_page_free(last);
    cr_assert_str_eq(all.all, expected);
    return pages;
}

Test(inbox_filters, pages_go_on_behind_what_is_left_out)
{
    needs_transactions();
    open_many(groups, 9);
    for (size_t i = 1; i < 9; i += 3) {
        archive(&test_ann, &groups[i], CRUDDUR_SWITCH_ON);
        archive(&test_ann, &groups[i - 1], CRUDDUR_SWITCH_ON);
    }
    for (uint32_t limit = 1; limit < 5; limit++) {
        size_t pages = (3 + limit - 1) / limit;
        cr_assert_eq(walk(limit, CRUDDUR_START_NEWEST, 0, "g8 g5 g2 "), pages);
        cr_assert_eq(walk(limit, CRUDDUR_START_OLDEST, 0, "g2 g5 g8 "), pages);
        (void)walk(limit, CRUDDUR_START_OLDEST, CRUDDUR_LIST_ARCHIVED,
                   "g0 g1 g2 g3 g4 g5 g6 g7 g8 ");
    }
    test_check(&store);
}

Test(inbox_filters, pages_of_unread_groups)
{
    open_many(groups, 9);
    for (size_t i = 0; i < 9; i += 2) {
        char text[] = "n0";
        cruddur_user other = test_user(i);
        text[1] = (char)('0' + i);
        say_at(&other, &groups[i], text, AT_SECOND(20 + (int64_t)i));
    }
    for (uint32_t limit = 1; limit < 7; limit++) {
        (void)walk(limit, CRUDDUR_START_NEWEST, CRUDDUR_LIST_UNREAD, "n8 n6 n4 n2 n0 ");
        (void)walk(limit, CRUDDUR_START_OLDEST, CRUDDUR_LIST_UNREAD, "n0 n2 n4 n6 n8 ");
    }
    test_check(&store);
}

/* What the rows show need not be counted. */
Test(inbox_filters, without_counts)
{
    open_many(groups, 2);
    cruddur_user one = test_user(1);
    cruddur_list_options options = from_newest(10);
    say_at(&one, &groups[1], "news", AT_SECOND(10));
    options.flags = CRUDDUR_LIST_NO_COUNTS;
    cruddur_group_page *page = list_groups(&test_ann, &options);
    expect_groups(page, "news g0 ");
    const cruddur_group *unread = cruddur_group_page_at(page, 0);
    const cruddur_group *read = cruddur_group_page_at(page, 1);
    cr_assert_eq(cruddur_group_unread_count(unread), 0);
    cr_assert_not(cruddur_group_unread_is_exact(unread));
    cr_assert_eq(cruddur_group_unread_count(read), 0);
    cr_assert(cruddur_group_unread_is_exact(read));
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(inbox_filters, cost_one_request_and_one_for_each_unread_group)
{
    open_counting();
    cruddur_list_options options = from_newest(10);
    cruddur_group_page *page = NULL;
    open_many(groups, 4);
    for (size_t i = 0; i < 3; i++) {
        cruddur_user other = test_user(i);
        say_at(&other, &groups[i], "news", AT_SECOND(10 + (int64_t)i));
    }
    test_store_settle(&store);
    must_succeed(cruddur_group_list(store.dm, test_ann.uuid, &options, &page, TEST_ERROR));
    cr_assert_eq(cruddur_group_page_count(page), 4);
    cruddur_group_page_free(page);
    cr_assert_leq(waves_of_last(), 2, "%u waves", waves_of_last());
    options.flags = CRUDDUR_LIST_NO_COUNTS;
    must_succeed(cruddur_group_list(store.dm, test_ann.uuid, &options, &page, TEST_ERROR));
    cruddur_group_page_free(page);
    cr_assert_leq(waves_of_last(), 1, "%u waves", waves_of_last());
    test_check(&store);
}

Test(inbox_filters, flags_that_contradict)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.flags = CRUDDUR_LIST_UNREAD | CRUDDUR_LIST_NO_COUNTS;
    refused(try_groups(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", test_ann.uuid, &options));
    options.flags = CRUDDUR_LIST_TRUSTED;
    refused(try_groups(CRUDDUR_E_INVALID_ARGUMENT, "options.flags", test_ann.uuid, &options));
}
