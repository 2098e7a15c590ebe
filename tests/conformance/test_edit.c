/* SPDX-License-Identifier: MIT */
/* Editing messages. */
#include <stdio.h>
#include <string.h>

#include "said.h"

CONFORMANCE_SUITE(edit);

Test(edit, changes_text_and_previews)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = say_named(&test_ann, &group, "two", 0);
    cr_assert_str_empty(message.version);
    int64_t before_us = cruddur_time_now_us();
    said edited = edit_it(&test_ann, &group, &message, "two!", NULL, true);
    cruddur_msg *msg = get_it(&group, &message);
    cr_assert_str_eq(cruddur_msg_text(msg), "two!");
    cr_assert_str_eq(cruddur_msg_version(msg), edited.version);
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), test_ann.uuid);
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), test_ann.display_name);
    cr_assert_geq(cruddur_msg_edited_at_us(msg), before_us);
    cr_assert_leq(cruddur_msg_edited_at_us(msg), cruddur_time_now_us());
    cr_assert_eq(cruddur_msg_deleted_at_us(msg), CRUDDUR_TIME_UNKNOWN);
    cruddur_msg_free(msg);
    expect_preview(&test_ann, "two!");
    expect_preview(&test_bob, "two!");
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    expect_messages(page, "two! one ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(edit, of_an_older_message_leaves_previews)
{
    needs_transactions();
    group_id group = open_with_messages(4);
    said first = say_named(&test_ann, &group, "m4", AT_SECOND(4));
    say_at(&test_bob, &group, "m5", AT_SECOND(5));
    expect_preview(&test_bob, "m5");
    (void)edit_it(&test_ann, &group, &first, "edited", NULL, true);
    expect_preview(&test_ann, "m5");
    expect_preview(&test_bob, "m5");
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    expect_messages(page, "m5 edited m3 m2 m1 m0 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

/* In mode `stream` the rows have not moved yet to the message. */
Test(edit, before_the_rows_have_moved)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = say_named(&test_ann, &group, "two", 0);
    (void)edit_it(&test_ann, &group, &message, "two!", NULL, true);
    said last = say_named(&test_bob, &group, "three", 0);
    (void)edit_it(&test_ann, &group, &message, "two!!", NULL, true);
    (void)edit_it(&test_bob, &group, &last, "three!", NULL, true);
    expect_preview(&test_ann, "three!");
    expect_preview(&test_bob, "three!");
    expect_text(&group, &message, "two!!");
    test_check(&store);
}

Test(edit, in_the_inbox_of_every_member)
{
    needs_transactions();
    group_id group = open_large(49, "All", "one");
    cruddur_user author = test_user(0);
    said message = last_said(&group);
    (void)edit_it(&author, &group, &message, "one!", NULL, true);
    for (size_t i = 0; i < 49; i++) {
        cruddur_user member = test_user(i);
        expect_preview(&member, "one!");
    }
    say(&author, &group, "two");
    expect_preview(&author, "two");
    test_check(&store);
}

Test(edit, that_changes_nothing_writes_nothing)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    test_store_settle(&store);
    test_report before = test_check_summary(&store);
    said same = edit_it(&test_ann, &group, &message, "one", NULL, false);
    cr_assert_str_empty(same.version);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
    said edited = edit_it(&test_ann, &group, &message, "two", NULL, true);
    before = test_check_summary(&store);
    same = edit_it(&test_ann, &group, &message, "two", NULL, false);
    cr_assert_str_eq(same.version, edited.version);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
}

/* ---- versions ---- */

static void refuse_version(const group_id *group, const said *message, const char *version)
{
    cruddur_msg_options options = known_time(message);
    options.if_version = version;
    test_report before = test_check_summary(&store);
    must_fail(CRUDDUR_E_VERSION, "options.if_version",
              cruddur_msg_edit(store.dm, test_ann.uuid, group->text, message->uuid, TEST_SECRET,
                               &options, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_VERSION, "options.if_version",
              cruddur_msg_delete(store.dm, test_ann.uuid, group->text, message->uuid, &options,
                                 NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_VERSION, "options.if_version",
              cruddur_msg_react(store.dm, test_ann.uuid, group->text, message->uuid, "+", true,
                                &options, NULL, NULL, TEST_ERROR));
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
}

Test(edit, of_a_version)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    options.if_version = "";
    test_store_settle(&store);
    refuse_version(&group, &message, "0123456789abcdef");
    said edited = edit_it(&test_ann, &group, &message, "two", &options, true);
    refuse_version(&group, &message, "");
    /* The same call again: its result may have got lost. */
    (void)edit_it(&test_ann, &group, &message, "two", &options, false);
    options.if_version = edited.version;
    said again = edit_it(&test_ann, &group, &message, "three", &options, true);
    refuse_version(&group, &message, edited.version);
    said reacted = react_to_it(&test_bob, &group, &message, "+", true, true);
    cr_assert_str_neq(reacted.version, again.version);
    refuse_version(&group, &message, again.version);
    options.if_version = NULL;
    (void)edit_it(&test_ann, &group, &message, "four", &options, true);
    expect_preview(&test_bob, "four");
    test_check(&store);
}

/* ---- data ---- */

static void expect_data(const group_id *group, const said *message, const char *data)
{
    cruddur_msg *msg = get_it(group, message);
    const char *found = cruddur_msg_data(msg);
    cr_assert(data == NULL ? found == NULL : found != NULL && strcmp(found, data) == 0);
    cruddur_msg_free(msg);
}

Test(edit, of_data)
{
    needs_transactions();
    static char longest[CRUDDUR_DATA_MAX + 1];
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    options.data = "";
    (void)edit_it(&test_ann, &group, &message, "one", &options, false);
    options.data = "{\"mentions\":[]}";
    (void)edit_it(&test_ann, &group, &message, "one", &options, true);
    expect_data(&group, &message, options.data);
    (void)edit_it(&test_ann, &group, &message, "one", &options, false);
    (void)edit_it(&test_ann, &group, &message, "two", NULL, true);
    expect_data(&group, &message, "{\"mentions\":[]}");
    memset(longest, 'x', CRUDDUR_DATA_MAX);
    options.data = longest;
    (void)edit_it(&test_ann, &group, &message, "two", &options, true);
    expect_data(&group, &message, longest);
    options.data = "";
    (void)edit_it(&test_ann, &group, &message, "two", &options, true);
    expect_data(&group, &message, NULL);
    test_check(&store);
}

/* ---- who may ---- */

Test(edit, by_a_trusted_caller)
{
    needs_transactions();
    cruddur_user stranger = test_user(7);
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    options.flags = CRUDDUR_MSG_TRUSTED;
    (void)edit_it(&test_bob, &group, &message, "two", &options, true);
    (void)edit_it(&stranger, &group, &message, "three", &options, true);
    cruddur_msg *msg = get_it(&group, &message);
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), test_ann.uuid);
    cruddur_msg_free(msg);
    expect_preview(&test_ann, "three");
    test_check(&store);
}

Test(edit, without_a_place_for_results)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    must_succeed(cruddur_msg_edit(store.dm, test_ann.uuid, group.text, message.uuid, "two",
                                  &options, NULL, NULL, NULL));
    expect_text(&group, &message, "two");
    test_check(&store);
}

/* ---- later changes ---- */

Test(edit, is_followed_by_others)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said first = last_said(&group);
    (void)edit_it(&test_ann, &group, &first, "one!", NULL, true);
    said second = say_named(&test_bob, &group, "two", 0);
    expect_preview(&test_ann, "two");
    (void)edit_it(&test_ann, &group, &first, "one!!", NULL, true);
    (void)edit_it(&test_bob, &group, &second, "two!", NULL, true);
    (void)edit_it(&test_bob, &group, &second, "two!!", NULL, true);
    expect_preview(&test_ann, "two!!");
    say(&test_ann, &group, "three");
    expect_preview(&test_bob, "three");
    expect_text(&group, &first, "one!!");
    expect_text(&group, &second, "two!!");
    test_check(&store);
}

/* A repeat returns the message as it is; its text is not put back. */
Test(edit, is_not_undone_by_a_repeated_send)
{
    needs_transactions();
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    options.message_uuid = "12345678-0000-4000-8000-00000000000a";
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "two", &options, NULL, TEST_ERROR));
    said message = last_said(&group);
    (void)edit_it(&test_ann, &group, &message, "two!", NULL, true);
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "two", &options, &msg, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_text(msg), "two!");
    cruddur_msg_free(msg);
    expect_preview(&test_bob, "two!");
    test_check(&store);
}

/* ---- what it costs ---- */

Test(edit, takes_few_waves)
{
    needs_transactions();
    open_counting();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said first = say_named(&test_ann, &group, "two", 0);
    said last = say_named(&test_ann, &group, "three", 0);
    cruddur_msg_options without_time = CRUDDUR_MSG_OPTIONS_INIT;
    uint32_t most = test_store_is_streamed(&store) ? 4 : 2;
    test_store_settle(&store);
    (void)edit_it(&test_ann, &group, &first, "two!", NULL, true);
    cr_expect_leq(waves_of_last(), most);
    (void)edit_it(&test_ann, &group, &first, "two!!", &without_time, true);
    cr_expect_leq(waves_of_last(), most);
    (void)edit_it(&test_ann, &group, &last, "three!", NULL, true);
    cr_expect_leq(waves_of_last(), most);
    (void)edit_it(&test_ann, &group, &last, "three!!", &without_time, true);
    cr_expect_leq(waves_of_last(), most);
    (void)react_to_it(&test_bob, &group, &first, "+", true, true);
    cr_expect_leq(waves_of_last(), most);
    (void)react_to_it(&test_bob, &group, &last, "+", true, true);
    cr_expect_leq(waves_of_last(), most);
    (void)delete_it(&test_ann, &group, &first, true);
    cr_expect_leq(waves_of_last(), most);
    (void)delete_it(&test_ann, &group, &last, true);
    cr_expect_leq(waves_of_last(), most);
    test_check(&store);
}

Test(edit, takes_few_waves_in_a_large_group)
{
    needs_transactions();
    open_counting();
    group_id group = open_large(49, "All", "one");
    cruddur_user author = test_user(3);
    said first = say_named(&author, &group, "two", 0);
    said last = say_named(&author, &group, "three", 0);
    uint32_t most = test_store_is_streamed(&store) ? 4 : 2;
    test_store_settle(&store);
    (void)edit_it(&author, &group, &first, "two!", NULL, true);
    cr_expect_leq(waves_of_last(), most);
    (void)edit_it(&author, &group, &last, "three!", NULL, true);
    cr_expect_leq(waves_of_last(), most);
    test_check(&store);
}
