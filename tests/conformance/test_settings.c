/* SPDX-License-Identifier: MIT */
/* A member's settings: archive, mute, pin, hide; and where a member's history begins. */
#include <stdio.h>

#include "reading.h"

CONFORMANCE_SUITE(settings);

#define HOUR_US INT64_C(3600000000)

static group_id open_three_messages(void)
{
    return open_with_messages(3); /* m0 by Ann, m1 by Bob, m2 by Ann */
}

/* Bob's view. */
static void expect_archived(const group_id *group, bool is_archived)
{
    cruddur_group *found = look_at(&test_bob, group);
    cr_assert_eq(cruddur_group_is_archived(found), is_archived);
    cruddur_group_free(found);
}

Test(settings, begin_as_nothing)
{
    group_id group = open_three_messages();
    cruddur_group *found = look_at(&test_bob, &group);
    cr_assert_not(cruddur_group_is_archived(found));
    cr_assert_not(cruddur_group_is_pinned(found));
    cr_assert_not(cruddur_group_is_hidden(found));
    cr_assert_eq(cruddur_group_muted_until_us(found), CRUDDUR_MUTE_OFF);
    cruddur_group_free(found);
    test_check(&store);
}

Test(settings, an_archived_group_returns_with_the_next_message)
{
    needs_transactions();
    group_id group = open_three_messages();
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    expect_archived(&group, true);
    archive(&test_bob, &group, CRUDDUR_SWITCH_OFF);
    expect_archived(&group, false);
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_archived(&group, false);
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    say_at(&test_bob, &group, "m4", AT_SECOND(4)); /* also with one's own */
    expect_archived(&group, false);
    test_check(&store);
}

Test(settings, a_muted_group_stays_archived)
{
    needs_transactions();
    group_id group = open_three_messages();
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    mute(&test_bob, &group, cruddur_time_now_us() + HOUR_US);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_archived(&group, true);
    mute(&test_bob, &group, CRUDDUR_MUTE_FOREVER);
    say_at(&test_ann, &group, "m4", AT_SECOND(4));
    expect_archived(&group, true);
    expect_unread(&test_bob, &group, 3);
    mute(&test_bob, &group, cruddur_time_now_us() - HOUR_US);
    say_at(&test_ann, &group, "m5", AT_SECOND(5));
    expect_archived(&group, false);
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    mute(&test_bob, &group, CRUDDUR_MUTE_OFF);
    say_at(&test_ann, &group, "m6", AT_SECOND(6));
    expect_archived(&group, false);
    test_check(&store);
}

/* In mode `stream` the rows have not met the message yet. */
Test(settings, archiving_comes_after_the_messages_before_it)
{
    needs_transactions();
    group_id group = open_three_messages();
    test_store_settle(&store);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    expect_archived(&group, true);
    say_at(&test_ann, &group, "m4", AT_SECOND(4));
    mute(&test_bob, &group, CRUDDUR_MUTE_FOREVER);
    expect_archived(&group, false);
    test_check(&store);
}

Test(settings, are_carried_from_message_to_message)
{
    needs_transactions();
    static const int64_t times[] = {CRUDDUR_MUTE_FOREVER, AT_SECOND(7), 1, -1, CRUDDUR_MUTE_OFF};
    group_id group = open_three_messages();
    pin(&test_bob, &group, CRUDDUR_SWITCH_ON);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        mute(&test_bob, &group, times[i]);
        say_at(i % 2 == 0 ? &test_ann : &test_bob, &group, "more", AT_SECOND(3 + (int64_t)i));
        cruddur_group *found = look_at(&test_bob, &group);
        cr_assert(cruddur_group_is_pinned(found));
        cr_assert_eq(cruddur_group_muted_until_us(found), times[i]);
        cruddur_group_free(found);
        found = look_at(&test_ann, &group); /* of whom nobody else sees any */
        cr_assert_not(cruddur_group_is_pinned(found));
        cr_assert_eq(cruddur_group_muted_until_us(found), CRUDDUR_MUTE_OFF);
        cruddur_group_free(found);
    }
    pin(&test_bob, &group, CRUDDUR_SWITCH_OFF);
    cruddur_group *found = look_at(&test_bob, &group);
    cr_assert_not(cruddur_group_is_pinned(found));
    cruddur_group_free(found);
    test_check(&store);
}

Test(settings, many_in_one_call)
{
    needs_transactions();
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    cruddur_group *found = NULL;
    group_id group = open_three_messages();
    test_store_settle(&store);
    options.archived = options.pinned = options.hidden = CRUDDUR_SWITCH_ON;
    options.muted_until_us = CRUDDUR_MUTE_FOREVER;
    must_succeed(
        cruddur_group_set(store.dm, test_bob.uuid, group.text, &options, &found, TEST_ERROR));
    cr_assert(cruddur_group_is_archived(found));
    cr_assert(cruddur_group_is_pinned(found));
    cr_assert(cruddur_group_is_hidden(found));
    cr_assert_eq(cruddur_group_muted_until_us(found), CRUDDUR_MUTE_FOREVER);
    cr_assert_eq(cruddur_group_unread_count(found), 0);
    cr_assert_str_eq(cruddur_group_text(found), "");
    cruddur_group_free(found);
    test_check(&store);
}

Test(settings, nothing_new_is_not_written)
{
    needs_transactions();
    group_id group = open_three_messages();
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    test_store_settle(&store);
    options.archived = options.pinned = options.hidden = CRUDDUR_SWITCH_ON;
    options.muted_until_us = AT_SECOND(9);
    set_group(&test_bob, &group, &options);
    test_report before = test_check_summary(&store);
    set_group(&test_bob, &group, &options);
    set_group(&test_bob, &group, NULL);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
}

/* Blocking is a change of its own; what else the call changes comes with it. */
Test(settings, with_a_block)
{
    needs_transactions();
    group_id group = open_three_messages();
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    cruddur_group *found = NULL;
    test_store_settle(&store);
    options.blocked = options.archived = CRUDDUR_SWITCH_ON;
    must_succeed(
        cruddur_group_set(store.dm, test_bob.uuid, group.text, &options, &found, TEST_ERROR));
    cr_assert(cruddur_group_is_blocked_by_viewer(found));
    cr_assert(cruddur_group_is_archived(found));
    cr_assert_eq(cruddur_group_unread_count(found), 1);
    cruddur_group_free(found);
    mark_read(&test_ann, &group, NULL);
    mark_read(&test_bob, &group, NULL);
    expect_unread(&test_bob, &group, 0);
    test_check(&store);
}

/* ---- history ---- */

Test(settings, a_hidden_group_returns_with_the_next_message)
{
    needs_transactions();
    group_id group = open_three_messages();
    hide(&test_bob, &group);
    expect_seen(&test_bob, &group, "");
    expect_seen(&test_ann, &group, "m2 m1 m0 ");
    expect_unread(&test_bob, &group, 0);
    expect_inbox(&test_bob, 0, "");
    expect_inbox(&test_ann, 0, "m2 ");
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    expect_inbox(&test_bob, 0, "m3 ");
    expect_seen(&test_bob, &group, "m3 ");
    expect_unread(&test_bob, &group, 1);
    say_at(&test_bob, &group, "m4", AT_SECOND(4));
    hide(&test_bob, &group);
    expect_seen(&test_bob, &group, "");
    say_at(&test_bob, &group, "m5", AT_SECOND(5));
    expect_seen(&test_bob, &group, "m5 ");
    test_check(&store);
}

/* In mode `stream` the rows have not met the messages yet. */
Test(settings, hiding_hides_what_was_just_written)
{
    needs_transactions();
    group_id group = open_three_messages();
    test_store_settle(&store);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    say_at(&test_bob, &group, "m4", AT_SECOND(4));
    hide(&test_bob, &group);
    expect_seen(&test_bob, &group, "");
    expect_inbox(&test_bob, 0, "");
    say_at(&test_ann, &group, "m5", AT_SECOND(5));
    expect_seen(&test_bob, &group, "m5 ");
    expect_unread(&test_bob, &group, 1);
    test_check(&store);
}

static void expect_page(const group_id *group, const cruddur_list_options *options,
                        const char *expected, bool has_older, bool has_newer)
{
    cruddur_msg_page *page = list_messages(&test_bob, group, options);
    expect_messages(page, expected);
    cr_assert_eq(cruddur_msg_page_has_older(page), has_older);
    cr_assert_eq(cruddur_msg_page_has_newer(page), has_newer);
    cruddur_msg_page_free(page);
}

/* Pages end where the history begins, whichever way they go. */
Test(settings, pages_of_a_history_that_begins_later)
{
    needs_transactions();
    group_id group = open_three_messages();
    hide(&test_bob, &group);
    for (int i = 3; i < 7; i++) {
        char text[8];
        (void)snprintf(text, sizeof(text), "m%d", i);
        say_at(&test_ann, &group, text, AT_SECOND(i));
    }
    cruddur_list_options options = from_newest(4);
    expect_page(&group, &options, "m6 m5 m4 m3 ", false, false);
    options = from_newest(3);
    expect_page(&group, &options, "m6 m5 m4 ", true, false);
    options = from_oldest(2);
    expect_page(&group, &options, "m3 m4 ", false, true);
    options = from_oldest(10);
    options.until_us = AT_SECOND(5);
    expect_page(&group, &options, "m3 m4 ", false, false);
    options.since_us = AT_SECOND(0);
    expect_page(&group, &options, "m3 m4 ", false, false);
    cruddur_msg_page *last = list_messages(&test_bob, &group, &options);
    options = from_newest(10);
    options.cursor = cruddur_msg_page_older(last);
    expect_page(&group, &options, "", false, true);
    cruddur_msg_page_free(last);
    test_check(&store);
}

/* A cursor from before does not lead back behind the beginning. */
Test(settings, cursors_from_before_the_history_begins)
{
    needs_transactions();
    group_id group = open_three_messages();
    cruddur_list_options options = from_newest(1);
    cruddur_msg_page *first = list_messages(&test_bob, &group, &options);
    hide(&test_bob, &group);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    options = from_newest(10);
    options.cursor = cruddur_msg_page_older(first);
    expect_page(&group, &options, "", false, true);
    options.cursor = cruddur_msg_page_newer(first);
    expect_page(&group, &options, "m3 ", false, false);
    cruddur_msg_page_free(first);
    test_check(&store);
}

Test(settings, a_message_that_is_hidden_cannot_be_marked)
{
    needs_transactions();
    cruddur_mark_options options = CRUDDUR_MARK_OPTIONS_INIT;
    group_id group = open_three_messages();
    said hidden = last_said(&group);
    hide(&test_bob, &group);
    say_at(&test_ann, &group, "m3", AT_SECOND(3));
    options.up_to_message_uuid = hidden.uuid;
    options.up_to_created_at_us = hidden.created_at_us;
    must_fail(
        CRUDDUR_E_MESSAGE_NOT_FOUND, "options.up_to_message_uuid",
        cruddur_group_mark_read(store.dm, test_bob.uuid, group.text, &options, NULL, TEST_ERROR));
    mark_unread(&test_ann, &group, &hidden); /* who still sees it */
    test_check(&store);
}

Test(settings, take_two_waves)
{
    needs_transactions();
    open_counting();
    group_id group = open_three_messages();
    uint32_t most = test_store_is_streamed(&store) ? 3 : 2;
    test_store_settle(&store);
    pin(&test_bob, &group, CRUDDUR_SWITCH_ON);
    cr_assert_leq(waves_of_last(), most, "%u waves", waves_of_last());
    hide(&test_bob, &group);
    cr_assert_leq(waves_of_last(), most, "%u waves", waves_of_last());
    archive(&test_bob, &group, CRUDDUR_SWITCH_ON);
    cr_assert_leq(waves_of_last(), most, "%u waves", waves_of_last());
    test_check(&store);
}
