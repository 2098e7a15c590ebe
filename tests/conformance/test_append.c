/* SPDX-License-Identifier: MIT */
/* Pattern D: appending a message. */
#include <stdio.h>
#include <string.h>

#include "said.h"

CONFORMANCE_SUITE(append);

static cruddur_msg *append(const cruddur_user *author, const group_id *group, const char *text,
                           const cruddur_append_options *options)
{
    cruddur_msg *msg = NULL;
    must_succeed(
        cruddur_msg_append(store.dm, author, group->text, text, options, &msg, TEST_ERROR));
    cr_assert(msg != NULL);
    return msg;
}

Test(append, gives_the_stored_message)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    int64_t before_us = cruddur_time_now_us();
    cruddur_msg *msg = append(&test_bob, &group, "second", NULL);
    int64_t after_us = cruddur_time_now_us();
    cr_assert(cruddur_uuid_is_valid(cruddur_msg_uuid(msg)));
    cr_assert_eq(cruddur_msg_uuid(msg)[14], '7');
    cr_assert_str_eq(cruddur_msg_group_uuid(msg), group.text);
    cr_assert_str_eq(cruddur_msg_text(msg), "second");
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), test_bob.uuid);
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), test_bob.display_name);
    cr_assert_str_eq(cruddur_msg_user_handle(msg), test_bob.handle);
    cr_assert_geq(cruddur_msg_created_at_us(msg), before_us);
    cr_assert_leq(cruddur_msg_created_at_us(msg), after_us + 1);
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    cr_assert_str_eq(cruddur_msg_sort_key(cruddur_msg_page_at(page, 0)), cruddur_msg_sort_key(msg));
    cr_assert_str_eq(cruddur_msg_uuid(cruddur_msg_page_at(page, 0)), cruddur_msg_uuid(msg));
    cruddur_msg_page_free(page);
    cruddur_msg_free(msg);
    test_check(&store);
}

Test(append, needs_no_place_for_the_message)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    must_succeed(
        cruddur_msg_append(store.dm, &test_bob, group.text, "second", NULL, NULL, TEST_ERROR));
    cr_assert_eq(test_check_count(&store, "messages"), 2);
    test_check(&store);
}

Test(append, shows_in_every_members_list)
{
    group_id group = open_large(49, "all", "first");
    cruddur_user author = test_user(17);
    cruddur_msg *msg = append(&author, &group, "second", NULL);
    for (size_t i = 0; i < 49; i++) {
        cruddur_user viewer = test_user(i);
        cruddur_group_page *page = list_groups(&viewer, NULL);
        expect_groups(page, "second ");
        cr_assert_str_eq(cruddur_group_sort_key(cruddur_group_page_at(page, 0)),
                         cruddur_msg_sort_key(msg));
        cruddur_group_page_free(page);
    }
    cruddur_msg_free(msg);
    cr_assert_eq(test_check_count(&store, "group_rows"), 49);
    test_check(&store);
}

Test(append, times_within_a_group_strictly_increase)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_list_options options = from_oldest(CRUDDUR_LIMIT_MAX);
    for (int i = 0; i < 200; i++) {
        say(i % 2 == 0 ? &test_ann : &test_bob, &group, "quick");
    }
    cruddur_msg_page *page = list_messages(NULL, &group, &options);
    cr_assert_eq(cruddur_msg_page_count(page), 201);
    for (size_t i = 1; i < 201; i++) {
        const cruddur_msg *before = cruddur_msg_page_at(page, i - 1);
        const cruddur_msg *after = cruddur_msg_page_at(page, i);
        cr_assert_gt(cruddur_msg_created_at_us(after), cruddur_msg_created_at_us(before));
        cr_assert_gt(strcmp(cruddur_msg_sort_key(after), cruddur_msg_sort_key(before)), 0);
    }
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(append, a_time_in_the_past_still_comes_after_the_newest)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "a", AT_SECOND(100));
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    static const int64_t offsets[] = {-100, -1, 0};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        options.created_at_us = AT_SECOND(100 + offsets[i]);
        cruddur_msg *msg = append(&test_bob, &group, "b", &options);
        cr_assert_eq(cruddur_msg_created_at_us(msg), AT_SECOND(100) + 1 + (int64_t)i);
        cruddur_msg_free(msg);
    }
    options.created_at_us = AT_SECOND(101);
    cruddur_msg *msg = append(&test_bob, &group, "c", &options);
    cr_assert_eq(cruddur_msg_created_at_us(msg), AT_SECOND(101));
    cruddur_msg_free(msg);
    test_check(&store);
}

/* ---- names ---- */

static void expect_author(const cruddur_msg *msg, const char *display_name, const char *handle)
{
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), display_name);
    cr_assert_str_eq(cruddur_msg_user_handle(msg), handle);
}

Test(append, names_that_are_null_are_taken_from_the_group)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_user bob = test_bob;
    bob.display_name = bob.handle = NULL;
    cruddur_msg *msg = append(&bob, &group, "second", NULL);
    expect_author(msg, test_bob.display_name, test_bob.handle);
    cruddur_msg_free(msg);
    bob.handle = "bobby"; /* each on its own */
    msg = append(&bob, &group, "third", NULL);
    expect_author(msg, test_bob.display_name, "bobby");
    cruddur_msg_free(msg);
    test_check(&store);
}

Test(append, in_a_large_group_too)
{
    group_id group = open_large(4, NULL, "first");
    for (size_t i = 0; i < 4; i++) {
        cruddur_user named = test_user(i);
        cruddur_user author = named;
        author.display_name = author.handle = NULL;
        cruddur_msg *msg = append(&author, &group, "again", NULL);
        expect_author(msg, named.display_name, named.handle);
        cruddur_msg_free(msg);
    }
    test_check(&store);
}

Test(append, names_that_changed_are_refreshed_for_the_others)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_user bob = test_bob;
    bob.display_name = "Robert";
    bob.handle = "";
    say(&bob, &group, "second");
    say(&test_ann, &group, "third");
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    const cruddur_group *row = cruddur_group_page_at(page, 0);
    cr_assert_str_eq(cruddur_group_user_display_name(row), "Robert");
    cr_assert_str_empty(cruddur_group_user_handle(row));
    cruddur_group_page_free(page);
    cruddur_list_options options = from_oldest(3);
    cruddur_msg_page *messages = list_messages(NULL, &group, &options);
    expect_author(cruddur_msg_page_at(messages, 0), test_ann.display_name, test_ann.handle);
    expect_author(cruddur_msg_page_at(messages, 1), "Robert", "");
    cruddur_msg_page_free(messages);
    test_check(&store);
}

Test(append, older_messages_keep_the_names_of_their_time)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_user ann = test_ann;
    ann.display_name = "Anna";
    say(&ann, &group, "second");
    cruddur_list_options options = from_oldest(3);
    cruddur_msg_page *page = list_messages(NULL, &group, &options);
    expect_author(cruddur_msg_page_at(page, 0), test_ann.display_name, test_ann.handle);
    expect_author(cruddur_msg_page_at(page, 1), "Anna", test_ann.handle);
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* ---- membership ---- */

Test(append, only_members_write)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    (void)open_direct(&test_cem, &test_bob, "cem is somebody");
    test_report before = test_check_summary(&store);
    cruddur_msg *msg = NULL;
    must_fail(
        CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
        cruddur_msg_append(store.dm, &test_cem, group.text, TEST_SECRET, NULL, &msg, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, &test_ann, "11111111-2222-4333-8444-555555555555",
                                 TEST_SECRET, NULL, &msg, TEST_ERROR));
    cr_assert(msg == NULL);
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
}

Test(append, uuids_in_upper_case_are_the_same)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    cruddur_user bob = test_bob;
    group_id upper = group;
    bob.uuid = "B0000000-0000-4000-8000-00000000000B";
    for (char *at = upper.text; *at != '\0'; at++) {
        *at = (char)(*at >= 'a' && *at <= 'f' ? *at - 'a' + 'A' : *at);
    }
    cruddur_msg *msg = append(&bob, &upper, "second", NULL);
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), test_bob.uuid);
    cr_assert_str_eq(cruddur_msg_group_uuid(msg), group.text);
    cruddur_msg_free(msg);
    test_check(&store);
}

/* ---- what it costs ---- */

/* In steps: two to read, the group rows, the message, the old rows, and a look back. A claim is
 * made before the rows, after a look at their keys. As many rows as go out at once. */
Test(append, takes_few_waves)
{
    static const struct {
        size_t members;
        const char *uuid;
    } groups[] = {{2, "12345678-0000-4000-8000-00000000000a"},
                  {24, "12345678-0000-4000-8000-00000000000b"}};
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    open_counting();
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        bool is_in_steps = test_store_is_in_steps(&store);
        group_id group = open_large(groups[i].members, NULL, "first");
        cruddur_user author = test_user(1);
        cr_expect_leq(waves_of_last(), is_in_steps ? 8 : 2);
        cruddur_msg_free(append(&author, &group, "second", NULL));
        cr_expect_leq(waves_of_last(), is_in_steps ? 6 : 2);
        options.message_uuid = groups[i].uuid;
        cruddur_msg_free(append(&author, &group, "third", &options));
        cr_expect_leq(waves_of_last(), is_in_steps ? 8 : 2);
    }
    test_check(&store);
}
