/* SPDX-License-Identifier: MIT */
/* Deleting messages: what stays is a tombstone. */
#include <string.h>

#include "said.h"

CONFORMANCE_SUITE(tombstone);

Test(tombstone, keeps_place_uuid_and_author)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = say_named(&test_ann, &group, "two", 0);
    cruddur_msg_options options = known_time(&message);
    options.data = "data";
    (void)react_to_it(&test_bob, &group, &message, "+", true, true);
    (void)edit_it(&test_ann, &group, &message, "two!", &options, true);
    int64_t before_us = cruddur_time_now_us();
    (void)delete_it(&test_ann, &group, &message, true);
    cruddur_msg *msg = get_it(&group, &message);
    cr_assert_str_empty(cruddur_msg_text(msg));
    cr_assert_str_eq(cruddur_msg_uuid(msg), message.uuid);
    cr_assert_str_eq(cruddur_msg_user_uuid(msg), test_ann.uuid);
    cr_assert_eq(cruddur_msg_created_at_us(msg), message.created_at_us);
    cr_assert_geq(cruddur_msg_deleted_at_us(msg), before_us);
    cr_assert_null(cruddur_msg_data(msg));
    cr_assert_eq(cruddur_msg_reaction_count(msg), 0);
    cruddur_msg_free(msg);
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    cr_assert_eq(cruddur_msg_page_count(page), 2);
    cr_assert_neq(cruddur_msg_deleted_at_us(cruddur_msg_page_at(page, 0)), CRUDDUR_TIME_UNKNOWN);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(tombstone, has_no_preview)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    expect_preview(&test_bob, "one");
    (void)delete_it(&test_ann, &group, &message, true);
    expect_preview(&test_ann, "");
    expect_preview(&test_bob, "");
    test_check(&store);
}

Test(tombstone, of_an_older_message_leaves_previews)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    say(&test_bob, &group, "two");
    expect_preview(&test_bob, "two");
    (void)delete_it(&test_ann, &group, &message, true);
    expect_preview(&test_ann, "two");
    test_check(&store);
}

/* In mode `stream` the rows have not moved yet to the message. */
Test(tombstone, of_a_message_that_was_never_shown)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said second = say_named(&test_ann, &group, "two", 0);
    said third = say_named(&test_ann, &group, "three", 0);
    (void)delete_it(&test_ann, &group, &second, true);
    (void)delete_it(&test_ann, &group, &third, true);
    expect_preview(&test_ann, "");
    say(&test_bob, &group, "four");
    expect_preview(&test_ann, "four");
    test_check(&store);
}

Test(tombstone, of_everything)
{
    needs_transactions();
    group_id group = open_with_messages(5);
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    for (size_t i = 0; i < 5; i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i);
        said message = said_of(msg);
        bool is_anns = strcmp(cruddur_msg_user_uuid(msg), test_ann.uuid) == 0;
        (void)delete_it(is_anns ? &test_ann : &test_bob, &group, &message, true);
    }
    cruddur_msg_page_free(page);
    page = list_messages(&test_ann, &group, NULL);
    cr_assert_eq(cruddur_msg_page_count(page), 5);
    cruddur_msg_page_free(page);
    expect_preview(&test_ann, "");
    test_check(&store);
}

Test(tombstone, is_deleted_again_in_vain)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    bool has_changed = true;
    said deleted = delete_it(&test_ann, &group, &message, true);
    test_report before = test_check_summary(&store);
    said again = delete_it(&test_ann, &group, &message, false);
    cr_assert_str_eq(again.version, deleted.version);
    options.if_version = ""; /* the first call again: its result may have got lost */
    must_succeed(cruddur_msg_delete(store.dm, test_ann.uuid, group.text, message.uuid, &options,
                                    NULL, &has_changed, TEST_ERROR));
    cr_assert_not(has_changed);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
    test_check(&store);
}

Test(tombstone, is_not_changed_any_more)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    (void)delete_it(&test_ann, &group, &message, true);
    test_report before = test_check_summary(&store);
    must_fail(CRUDDUR_E_MESSAGE_DELETED, "message_uuid",
              cruddur_msg_edit(store.dm, test_ann.uuid, group.text, message.uuid, TEST_SECRET,
                               &options, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_MESSAGE_DELETED, "message_uuid",
              cruddur_msg_react(store.dm, test_bob.uuid, group.text, message.uuid, "+", true,
                                &options, NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_MESSAGE_DELETED, "message_uuid",
              cruddur_msg_react(store.dm, test_bob.uuid, group.text, message.uuid, "+", false,
                                &options, NULL, NULL, TEST_ERROR));
    options.flags = CRUDDUR_MSG_TRUSTED;
    must_fail(CRUDDUR_E_MESSAGE_DELETED, "message_uuid",
              cruddur_msg_edit(store.dm, test_ann.uuid, group.text, message.uuid, TEST_SECRET,
                               &options, NULL, NULL, TEST_ERROR));
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
    test_check(&store);
}

/* A repeat finds the tombstone, and stores nothing. */
Test(tombstone, is_not_undone_by_a_repeated_send)
{
    needs_transactions();
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    options.message_uuid = "12345678-0000-4000-8000-00000000000b";
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "two", &options, NULL, TEST_ERROR));
    said message = last_said(&group);
    (void)delete_it(&test_ann, &group, &message, true);
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "two", &options, &msg, TEST_ERROR));
    cr_assert_str_empty(cruddur_msg_text(msg));
    cr_assert_str_eq(cruddur_msg_uuid(msg), message.uuid);
    cruddur_msg_free(msg);
    expect_preview(&test_bob, "");
    cr_assert_eq(test_check_count(&store, "messages"), 2);
    test_check(&store);
}

Test(tombstone, by_a_trusted_caller)
{
    needs_transactions();
    cruddur_user stranger = test_user(7);
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    options.flags = CRUDDUR_MSG_TRUSTED;
    must_succeed(cruddur_msg_delete(store.dm, stranger.uuid, group.text, message.uuid, &options,
                                    NULL, NULL, TEST_ERROR));
    expect_text(&group, &message, "");
    expect_preview(&test_ann, "");
    test_check(&store);
}
