/* SPDX-License-Identifier: MIT */
/* Watches: their descriptor, beside threads and each other, and with their handle. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "watching.h"

CONFORMANCE_SUITE(watch_threads);

/* ---- the descriptor ---- */

static int is_readable(const cruddur_watch *watch, int timeout_ms)
{
    struct pollfd fd = {cruddur_watch_fd(watch), POLLIN, 0};
    return poll(&fd, 1, timeout_ms);
}

Test(watch_threads, the_descriptor_is_readable_as_long_as_there_are_events)
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
        must_succeed(cruddur_watch_next(watch, has_sequence() ? 0 : 1000, &event, TEST_ERROR));
    }
    cr_assert_eq(is_readable(watch, 0), 0);
    cruddur_watch_close(watch);
    cr_assert_eq(cruddur_watch_fd(NULL), -1);
    cruddur_watch_close(NULL);
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

Test(watch_threads, is_used_by_one_thread_at_a_time)
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

Test(watch_threads, ends_with_its_handle)
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
    cruddur_watch_options options = watch_options(&test_bob, &group);
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
        cruddur_event *event = next_event(watch[i]);
        if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_MESSAGE) {
            cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), text);
            i++;
        }
        cruddur_event_free(event);
    }
}

Test(watch_threads, many_share_a_handle)
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
Test(watch_threads, of_one_inbox_get_each_event_once_whoever_is_closed)
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
