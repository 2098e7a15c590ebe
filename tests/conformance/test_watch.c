/* SPDX-License-Identifier: MIT */
/* Watches: what they tell, to whom, and what is refused. */
#include <stdlib.h>

#include "watching.h"

CONFORMANCE_SUITE(watch);

/* The event that this user has read something. In mode `stream` the author's own message is read
 * when the processor moves the author's row. */
static cruddur_event *expect_read(cruddur_watch *watch, const cruddur_user *user)
{
    cruddur_event *event = expect_event(watch, "read", NULL);
    while (!has_sequence() && strcmp(cruddur_event_user_uuid(event), user->uuid) != 0) {
        cruddur_event_free(event);
        event = expect_event(watch, "read", NULL);
    }
    cr_assert_str_eq(cruddur_event_user_uuid(event), user->uuid);
    return event;
}

/* ---- all kinds ---- */

Test(watch, tells_a_group_of_everything)
{
    needs_transactions();
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, "Three", "hello");
    test_store_settle(&store);
    cruddur_watch *watch = watch_group(&people[1], &group, NULL);
    cruddur_watch *trusted = watch_group(NULL, &group, NULL);
    say(&people[0], &group, "first");
    said first = last_said(&group);
    cruddur_event *event = expect_event(watch, "message", "first");
    cr_assert_str_eq(cruddur_event_group_uuid(event), group.text);
    cr_assert_str_eq(cruddur_msg_uuid(cruddur_event_msg(event)), first.uuid);
    cr_assert_str_eq(cruddur_event_user_uuid(event), people[0].uuid);
    cr_assert_str_eq(cruddur_event_version(event), "");
    cr_assert_eq(cruddur_event_read_up_to_us(event), CRUDDUR_TIME_UNKNOWN);
    cruddur_event_free(event);
    said edited = edit_it(&people[0], &group, &first, "second", NULL, true);
    event = expect_event(watch, "edit", "second");
    cr_assert_str_eq(cruddur_event_version(event), edited.version);
    cruddur_event_free(event);
    (void)react_to_it(&people[2], &group, &first, "+", true, true);
    expect_and_free(watch, "reaction", "second");
    (void)delete_it(&people[0], &group, &first, true);
    expect_and_free(watch, "deletion", "");
    test_store_settle(&store);
    mark_all_read(&people[2], &group);
    event = expect_read(watch, &people[2]);
    cr_assert_eq(cruddur_event_read_up_to_us(event), first.created_at_us);
    cr_assert_null(cruddur_event_msg(event));
    cruddur_event_free(event);
    rename_group(&people[0], &group, "Other", NULL);
    expect_and_free(watch, "group-changed", NULL);
    add_member(&people[0], &group, &people[3], 0);
    event = expect_event(watch, "member-added", NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), people[3].uuid);
    cruddur_event_free(event);
    remove_member(&people[0], &group, &people[1]);
    event = expect_event(watch, "member-removed", NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), people[1].uuid);
    cruddur_event_free(event);
    expect_status_of_next(watch, CRUDDUR_E_GROUP_NOT_FOUND);
    expect_status_of_next(watch, CRUDDUR_E_GROUP_NOT_FOUND);
    say(&people[0], &group, "unseen");
    expect_and_free(trusted, "message", NULL);
    cruddur_watch_close(watch);
    cruddur_watch_close(trusted);
    test_check(&store);
}

Test(watch, tells_an_inbox_of_everything)
{
    needs_transactions();
    cruddur_user people[3];
    people_of(people, 3);
    cruddur_watch *watch = watch_inbox(&people[1], NULL);
    group_id group = open_large(3, "Three", "hello");
    expect_and_free(watch, "group-opened", NULL);
    expect_and_free(watch, "message", "hello");
    say(&people[2], &group, "first");
    expect_and_free(watch, "message", "first");
    said first = last_said(&group);
    test_store_settle(&store);
    (void)edit_it(&people[2], &group, &first, "second", NULL, true);
    expect_and_free(watch, "edit", "second");
    mark_all_read(&people[1], &group);
    cruddur_event *event = expect_event(watch, "read", NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), people[1].uuid);
    cruddur_event_free(event);
    if (has_sequence()) { /* the first time that the row is seen */
        expect_and_free(watch, "group-changed", NULL);
    }
    archive_group(&people[1], &group);
    expect_and_free(watch, "group-changed", NULL);
    remove_member(&people[0], &group, &people[1]);
    event = expect_event(watch, "member-removed", NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), people[1].uuid);
    cruddur_event_free(event);
    say(&people[2], &group, TEST_SECRET);
    add_member(&people[0], &group, &people[1], 0);
    event = expect_event(watch, "member-added", NULL);
    cr_assert_null(cruddur_event_msg(event));
    cruddur_event_free(event);
    say(&people[2], &group, "after");
    event = next_event(watch);
    while (strcmp(name_of_event(event), "message") != 0) {
        cruddur_event_free(event);
        event = next_event(watch);
    }
    cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), "after");
    cruddur_event_free(event);
    cruddur_watch_close(watch);
    test_check(&store);
}

/* ---- what is refused ---- */

static void expect_refused(const cruddur_watch_options *options, cruddur_status expected,
                           const char *argument)
{
    cruddur_watch *watch = NULL;
    cruddur_error *error = NULL;
    cr_assert_eq(cruddur_watch_open(store.dm, options, &watch, &error), expected);
    cr_assert_null(watch);
    if (argument != NULL) {
        cr_assert_str_eq(cruddur_error_argument(error), argument);
    }
    cruddur_error_free(error);
}

Test(watch, cursors_of_others_are_refused)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    group_id other = open_direct(&test_ann, &test_cem, "hello");
    test_store_settle(&store);
    cruddur_watch *watch = watch_group(&test_ann, &group, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_options options = watch_options(&test_ann, &other);
    options.cursor = cursor;
    expect_refused(&options, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor");
    options = watch_options(&test_ann, NULL);
    options.cursor = cursor;
    expect_refused(&options, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor");
    cruddur_msg_page *page = NULL;
    must_succeed(cruddur_msg_list(store.dm, test_ann.uuid, group.text, NULL, &page, TEST_ERROR));
    options = watch_options(&test_ann, &group);
    options.cursor = cruddur_msg_page_newer(page);
    expect_refused(&options, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor");
    cruddur_list_options list = CRUDDUR_LIST_OPTIONS_INIT;
    list.cursor = cursor;
    cruddur_msg_page *none = NULL;
    cr_assert_eq(cruddur_msg_list(store.dm, test_ann.uuid, group.text, &list, &none, NULL),
                 CRUDDUR_E_CURSOR_FOREIGN);
    options.cursor = "nonsense";
    expect_refused(&options, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor");
    options.cursor = "";
    expect_refused(&options, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor");
    cursor[strlen(cursor) / 2] ^= 1;
    options.cursor = cursor;
    expect_refused(&options, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor");
    cruddur_msg_page_free(page);
    free(cursor);
    cruddur_watch_close(watch);
}

Test(watch, arguments_are_checked)
{
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    if (test_store_is_in_steps(&store)) {
        cruddur_watch_options options = watch_options(&test_ann, &group);
        expect_refused(&options, CRUDDUR_E_NEEDS_TRANSACTIONS, NULL);
        return;
    }
    cruddur_watch_options none = CRUDDUR_WATCH_OPTIONS_INIT;
    expect_refused(&none, CRUDDUR_E_INVALID_ARGUMENT, "options.user_uuid");
    cruddur_watch_options options = watch_options(&test_ann, &group);
    options.user_uuid = test_ann.uuid;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.user_uuid");
    options = watch_options(&test_ann, NULL);
    options.viewer_uuid = test_ann.uuid;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.viewer_uuid");
    options = watch_options(&test_ann, &group);
    options.viewer_uuid = NULL;
    expect_refused(&options, CRUDDUR_E_NULL_ARGUMENT, "viewer_uuid");
    options = watch_options(&test_cem, &group);
    expect_refused(&options, CRUDDUR_E_GROUP_NOT_FOUND, NULL);
    options = watch_options(&test_ann, &group);
    options.interval_min_ms = 99;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_min_ms");
    options.interval_min_ms = 1000;
    options.interval_max_ms = 999;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_min_ms");
    options.interval_max_ms = 600001;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_max_ms");
    options = watch_options(&test_ann, &group);
    options.flags = 0x80u;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.flags");
    options = watch_options(&test_ann, &group);
    options.group_uuid = "no uuid";
    expect_refused(&options, CRUDDUR_E_UUID, "options.group_uuid");
    cruddur_watch *watch = NULL;
    cruddur_event *event = NULL;
    cr_assert_eq(cruddur_watch_open(NULL, &none, &watch, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_watch_open(store.dm, NULL, &watch, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_watch_open(store.dm, &none, NULL, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_eq(cruddur_watch_next(NULL, 0, &event, NULL), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert_str_eq(cruddur_event_kind_name((cruddur_event_kind)99), "unknown");
    cr_assert_null(cruddur_watch_cursor(NULL));
}
