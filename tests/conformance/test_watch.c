/* SPDX-License-Identifier: MIT */
/* Watches: what they tell, in which order, to whom, and where they go on. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "people.h"
#include "said.h"
#include "support/child.h"

CONFORMANCE_SUITE(watch);

/* A guard against hanging: everything that is waited for comes. */
#define PATIENCE_MS 60000

static bool is_file_or_memory(void)
{
    return strncmp(store.url, "sqlite:", 7) == 0;
}

static cruddur_watch_options options_of(const cruddur_user *user, const group_id *group)
{
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.interval_min_ms = 100;
    options.interval_max_ms = 200;
    if (group == NULL) {
        options.user_uuid = user->uuid;
    } else {
        options.group_uuid = group->text;
        options.viewer_uuid = user == NULL ? NULL : user->uuid;
        options.flags = user == NULL ? CRUDDUR_WATCH_TRUSTED : 0;
    }
    return options;
}

static cruddur_watch *open_with(const cruddur_watch_options *options)
{
    cruddur_watch *watch = NULL;
    must_succeed(cruddur_watch_open(store.dm, options, &watch, TEST_ERROR));
    return watch;
}

static cruddur_watch *watch_inbox(const cruddur_user *user, const char *cursor)
{
    cruddur_watch_options options = options_of(user, NULL);
    options.cursor = cursor;
    return open_with(&options);
}

static cruddur_watch *watch_group(const cruddur_user *viewer, const group_id *group,
                                  const char *cursor)
{
    cruddur_watch_options options = options_of(viewer, group);
    options.cursor = cursor;
    return open_with(&options);
}

static cruddur_event *next(cruddur_watch *watch)
{
    cruddur_event *event = NULL;
    must_succeed(cruddur_watch_next(watch, PATIENCE_MS, &event, TEST_ERROR));
    cr_assert_not_null(event, "no event came");
    return event;
}

static void expect_status_of_next(cruddur_watch *watch, cruddur_status expected)
{
    cruddur_event *event = NULL;
    cr_assert_eq(cruddur_watch_next(watch, PATIENCE_MS, &event, NULL), expected);
    cr_assert_null(event);
}

static const char *name_of(const cruddur_event *event)
{
    return cruddur_event_kind_name(cruddur_event_get_kind(event));
}

/* Takes events until one is of this kind, and its message, if it has one, has this text. On
 * DynamoDB others may be repeated before it. */
static cruddur_event *expect_event(cruddur_watch *watch, const char *kind, const char *text)
{
    for (int i = 0; i < 1000; i++) {
        cruddur_event *event = next(watch);
        const cruddur_msg *msg = cruddur_event_msg(event);
        bool is_it = strcmp(name_of(event), kind) == 0 &&
                     (text == NULL || (msg != NULL && strcmp(cruddur_msg_text(msg), text) == 0));
        if (is_it) {
            return event;
        }
        cr_assert_not(is_file_or_memory(), "a %s came instead of a %s (%s)", name_of(event), kind,
                      text);
        cruddur_event_free(event);
    }
    cr_assert_fail("no %s came", kind);
    return NULL;
}

/* The event that this user has read something. In mode `stream` the author's own message is read
 * when the processor moves the author's row. */
static cruddur_event *expect_read(cruddur_watch *watch, const cruddur_user *user)
{
    cruddur_event *event = expect_event(watch, "read", NULL);
    while (!is_file_or_memory() && strcmp(cruddur_event_user_uuid(event), user->uuid) != 0) {
        cruddur_event_free(event);
        event = expect_event(watch, "read", NULL);
    }
    cr_assert_str_eq(cruddur_event_user_uuid(event), user->uuid);
    return event;
}

static void expect_and_free(cruddur_watch *watch, const char *kind, const char *text)
{
    cruddur_event_free(expect_event(watch, kind, text));
}

/* ---- all kinds ---- */

static void mark_read(const cruddur_user *user, const group_id *group)
{
    must_succeed(
        cruddur_group_mark_read(store.dm, user->uuid, group->text, NULL, NULL, TEST_ERROR));
}

static void archive(const cruddur_user *user, const group_id *group)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.archived = CRUDDUR_SWITCH_ON;
    must_succeed(cruddur_group_set(store.dm, user->uuid, group->text, &options, NULL, TEST_ERROR));
}

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
    mark_read(&people[2], &group);
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
    mark_read(&people[1], &group);
    cruddur_event *event = expect_event(watch, "read", NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), people[1].uuid);
    cruddur_event_free(event);
    if (is_file_or_memory()) { /* the first time that the row is seen */
        expect_and_free(watch, "group-changed", NULL);
    }
    archive(&people[1], &group);
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
    event = next(watch);
    while (strcmp(name_of(event), "message") != 0) {
        cruddur_event_free(event);
        event = next(watch);
    }
    cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), "after");
    cruddur_event_free(event);
    cruddur_watch_close(watch);
    test_check(&store);
}

/* ---- going on ---- */

/* Reads up to `count` messages "m<n>" from the cursor, and says which numbers came. */
static char *read_some(const cruddur_user *user, const group_id *group, char *cursor, int count,
                       bool *seen)
{
    cruddur_watch *watch =
        group == NULL ? watch_inbox(user, cursor) : watch_group(user, group, cursor);
    free(cursor);
    cursor = strdup(cruddur_watch_cursor(watch));
    while (count > 0) {
        cruddur_event *event = next(watch);
        const cruddur_msg *msg = cruddur_event_msg(event);
        if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_MESSAGE && msg != NULL &&
            *cruddur_msg_text(msg) == 'm') {
            int number = atoi(cruddur_msg_text(msg) + 1);
            count -= seen[number] ? 0 : 1;
            seen[number] = true;
            free(cursor);
            cursor = strdup(cruddur_event_cursor(event));
        }
        cruddur_event_free(event);
    }
    cruddur_watch_close(watch); /* with events in its queue, as if it had been killed */
    return cursor;
}

static void miss_nothing(bool is_inbox)
{
    enum { ROUNDS = 6, EACH = 4 };
    bool seen[ROUNDS * EACH] = {false};
    char text[16];
    int said_so_far = 0;
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    char *cursor = read_some(&test_bob, is_inbox ? NULL : &group, NULL, 0, seen);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EACH; i++) {
            (void)snprintf(text, sizeof(text), "m%d", said_so_far++);
            say(i % 2 == 0 ? &test_ann : &test_bob, &group, text);
        }
        test_store_settle(&store);
        cursor = read_some(&test_bob, is_inbox ? NULL : &group, cursor,
                           round + 1 < ROUNDS ? EACH - 1 : EACH + ROUNDS - 1, seen);
    }
    for (int i = 0; i < ROUNDS * EACH; i++) {
        cr_assert(seen[i], "m%d is missing", i);
    }
    free(cursor);
    test_check(&store);
}

Test(watch, a_group_goes_on_where_it_was)
{
    needs_transactions();
    miss_nothing(false);
}

Test(watch, an_inbox_goes_on_where_it_was)
{
    needs_transactions();
    miss_nothing(true);
}

/* ---- the descriptor ---- */

static int is_readable(const cruddur_watch *watch, int timeout_ms)
{
    struct pollfd fd = {cruddur_watch_fd(watch), POLLIN, 0};
    return poll(&fd, 1, timeout_ms);
}

Test(watch, the_descriptor_is_readable_as_long_as_there_are_events)
{
    needs_transactions();
    cruddur_event *event = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    cruddur_watch *watch = watch_group(&test_bob, &group, NULL);
    cr_assert_eq(is_readable(watch, 0), 0);
    must_succeed(cruddur_watch_next(watch, 0, &event, TEST_ERROR));
    cr_assert_null(event);
    say(&test_ann, &group, "one");
    cr_assert_eq(is_readable(watch, PATIENCE_MS), 1);
    cr_assert_eq(is_readable(watch, 0), 1);
    must_succeed(cruddur_watch_next(watch, 0, &event, TEST_ERROR));
    cr_assert_not_null(event);
    while (event != NULL) { /* the author has read it, too */
        cruddur_event_free(event);
        must_succeed(cruddur_watch_next(watch, is_file_or_memory() ? 0 : 1000, &event, TEST_ERROR));
    }
    cr_assert_eq(is_readable(watch, 0), 0);
    cruddur_watch_close(watch);
    cr_assert_eq(cruddur_watch_fd(NULL), -1);
    cruddur_watch_close(NULL);
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
    cruddur_watch_options options = options_of(&test_ann, &other);
    options.cursor = cursor;
    expect_refused(&options, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor");
    options = options_of(&test_ann, NULL);
    options.cursor = cursor;
    expect_refused(&options, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor");
    cruddur_msg_page *page = NULL;
    must_succeed(cruddur_msg_list(store.dm, test_ann.uuid, group.text, NULL, &page, TEST_ERROR));
    options = options_of(&test_ann, &group);
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
        cruddur_watch_options options = options_of(&test_ann, &group);
        expect_refused(&options, CRUDDUR_E_NEEDS_TRANSACTIONS, NULL);
        return;
    }
    cruddur_watch_options none = CRUDDUR_WATCH_OPTIONS_INIT;
    expect_refused(&none, CRUDDUR_E_INVALID_ARGUMENT, "options.user_uuid");
    cruddur_watch_options options = options_of(&test_ann, &group);
    options.user_uuid = test_ann.uuid;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.user_uuid");
    options = options_of(&test_ann, NULL);
    options.viewer_uuid = test_ann.uuid;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.viewer_uuid");
    options = options_of(&test_ann, &group);
    options.viewer_uuid = NULL;
    expect_refused(&options, CRUDDUR_E_NULL_ARGUMENT, "viewer_uuid");
    options = options_of(&test_cem, &group);
    expect_refused(&options, CRUDDUR_E_GROUP_NOT_FOUND, NULL);
    options = options_of(&test_ann, &group);
    options.interval_min_ms = 99;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_min_ms");
    options.interval_min_ms = 1000;
    options.interval_max_ms = 999;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_min_ms");
    options.interval_max_ms = 600001;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.interval_max_ms");
    options = options_of(&test_ann, &group);
    options.flags = 0x80u;
    expect_refused(&options, CRUDDUR_E_INVALID_ARGUMENT, "options.flags");
    options = options_of(&test_ann, &group);
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

/* ---- threads, forks, the end ---- */

/* As long as it meets the other thread, it tries again. */
static void *wait_for_one(void *watch)
{
    cruddur_event *event = NULL;
    cruddur_status status = CRUDDUR_E_WATCH_BUSY;
    while (status == CRUDDUR_E_WATCH_BUSY) {
        status = cruddur_watch_next(watch, PATIENCE_MS, &event, NULL);
    }
    return event;
}

Test(watch, is_used_by_one_thread_at_a_time)
{
    needs_transactions();
    pthread_t thread;
    cruddur_event *event = NULL;
    void *received = NULL;
    cruddur_status status = CRUDDUR_OK;
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    cruddur_watch *watch = watch_group(&test_bob, &group, NULL);
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_one, watch), 0);
    while (status == CRUDDUR_OK) { /* until the other thread is in its call */
        status = cruddur_watch_next(watch, 0, &event, NULL);
        cr_assert_null(event);
    }
    cr_assert_eq(status, CRUDDUR_E_WATCH_BUSY);
    cr_assert_null(cruddur_watch_cursor(watch));
    say(&test_ann, &group, "one");
    cr_assert_eq(pthread_join(thread, &received), 0);
    cr_assert_not_null(received);
    cruddur_event_free(received);
    cruddur_watch_close(watch);
}

/* Returns the watch if its handle was closed. */
static void *wait_for_the_end(void *watch)
{
    cruddur_status status = CRUDDUR_OK;
    while (status == CRUDDUR_OK || status == CRUDDUR_E_WATCH_BUSY) {
        cruddur_event *event = NULL;
        status = cruddur_watch_next(watch, CRUDDUR_WATCH_FOREVER, &event, NULL);
        cruddur_event_free(event);
    }
    return status == CRUDDUR_E_CANCELLED ? watch : NULL;
}

Test(watch, ends_with_its_handle)
{
    needs_transactions();
    cruddur *other = NULL;
    cruddur_watch *watch = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    if (strcmp(store.url, "sqlite::memory:") == 0) {
        cr_skip_test("a store in memory has one handle");
    }
    must_succeed(cruddur_open(store.url, NULL, &other, TEST_ERROR));
    cruddur_watch_options options = options_of(&test_bob, &group);
    must_succeed(cruddur_watch_open(other, &options, &watch, TEST_ERROR));
    say(&test_ann, &group, "one"); /* by another handle */
    cruddur_event *event = expect_event(watch, "message", "one");
    pthread_t thread;
    cruddur_event *none = NULL;
    void *ended = NULL;
    cruddur_status status = CRUDDUR_OK;
    cr_assert_eq(pthread_create(&thread, NULL, wait_for_the_end, watch), 0);
    while (status != CRUDDUR_E_WATCH_BUSY) { /* until the other thread is in its call */
        status = cruddur_watch_next(watch, 0, &none, NULL);
        cruddur_event_free(none);
        none = NULL;
    }
    cruddur_close(other);
    cr_assert_eq(pthread_join(thread, &ended), 0);
    cr_assert_eq(ended, watch, "another status came");
    cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), "one");
    expect_status_of_next(watch, CRUDDUR_E_CANCELLED);
    expect_status_of_next(watch, CRUDDUR_E_CANCELLED);
    cr_assert_eq(is_readable(watch, 0), 1);
    cr_assert_not_null(cruddur_watch_cursor(watch));
    cruddur_event_free(event);
    cruddur_watch_close(watch);
}

/* The next message is this one: each comes once. */
static void say_to_all(const group_id *group, const char *text, cruddur_watch *const *watch,
                       size_t count)
{
    say(&test_ann, group, text);
    test_store_settle(&store);
    for (size_t i = 0; i < count;) {
        cruddur_event *event = next(watch[i]);
        if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_MESSAGE) {
            cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), text);
            i++;
        }
        cruddur_event_free(event);
    }
}

Test(watch, many_share_a_handle)
{
    needs_transactions();
    enum { WATCHES = 40 };
    cruddur_watch *watch[WATCHES];
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    for (int i = 0; i < WATCHES; i++) {
        watch[i] = i % 2 == 0 ? watch_group(&test_bob, &group, NULL) : watch_inbox(&test_ann, NULL);
    }
    say_to_all(&group, "one", watch, WATCHES);
    cruddur_watch_close(watch[0]);
    say_to_all(&group, "two", watch + 1, WATCHES - 1);
    for (int i = 1; i < WATCHES; i++) {
        cruddur_watch_close(watch[i]);
    }
}

static bool new_name(void *data, const char *user_uuid, cruddur_user *user)
{
    user->display_name = strcmp(user_uuid, test_ann.uuid) == 0 ? data : NULL;
    return user->display_name != NULL;
}

/* One was away, one is of a group; first one of the inbox is closed, then the other one. That the
 * inbox was written to makes DynamoDB's look at all of it, find nothing, and share a poll. */
Test(watch, of_one_inbox_get_each_event_once_whoever_is_closed)
{
    needs_transactions();
    cruddur_watch *watch[3];
    char name[] = "Anna";
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    watch[1] = watch_inbox(&test_bob, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch[1]));
    say_to_all(&group, "missed", watch + 1, 1);
    watch[0] = watch_group(&test_bob, &group, NULL);
    watch[2] = watch_inbox(&test_bob, cursor);
    expect_and_free(watch[2], "message", "missed");
    for (size_t i = 0; i < 2; i++) {
        name[3] = "ey"[i];
        must_succeed(cruddur_person_rename(store.dm, new_name, name, NULL, TEST_ERROR));
        say_to_all(&group, "to three", watch, 3);
        cruddur_watch_close(watch[1 + i]);
        watch[1] = watch[2 - i];
        say_to_all(&group, "to two", watch, 2);
        watch[2] = watch_inbox(&test_bob, NULL);
    }
    say_to_all(&group, "at last", watch, 3);
    for (size_t i = 0; i < 3; i++) {
        cruddur_watch_close(watch[i]);
    }
    free(cursor);
    test_check(&store);
}

/* ---- keys of the past ---- */

/* A key that is far behind where an inbox is looked at for what is new. */
static void tell_of_the_past(bool is_inbox)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "hello", AT_SECOND(0));
    test_store_settle(&store);
    cruddur_watch *watch =
        is_inbox ? watch_inbox(&test_bob, NULL) : watch_group(&test_bob, &group, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    say_at(&test_ann, &group, "past", AT_SECOND(5));
    test_store_settle(&store);
    watch = is_inbox ? watch_inbox(&test_bob, cursor) : watch_group(&test_bob, &group, cursor);
    cruddur_event *event = expect_event(watch, "message", "past");
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_event_msg(event)), AT_SECOND(5));
    cruddur_event_free(event);
    free(cursor);
    cruddur_watch_close(watch);
    test_check(&store);
}

Test(watch, an_inbox_is_told_of_messages_of_the_past)
{
    needs_transactions();
    tell_of_the_past(true);
}

Test(watch, a_group_is_told_of_messages_of_the_past)
{
    needs_transactions();
    tell_of_the_past(false);
}
