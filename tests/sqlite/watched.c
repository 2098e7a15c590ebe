/* SPDX-License-Identifier: MIT */
/* Watches of a file: its sequence comes to an end, the file is replaced or fenced, other processes
 * write to it, and processes are forked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cruddur/entry.h"
#include "sqlite/bed.h"
#include "support/child.h"

#define PATIENCE_MS 60000
#define MESSAGES 20

static char path[PATH_SIZE];
static char group_uuid[CRUDDUR_UUID_SIZE];

static void set_up(void)
{
    bed_make();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
}

TestSuite(watched, .init = set_up, .fini = bed_remove, .timeout = 300);

static cruddur *open_with_group(void)
{
    cruddur *dm = open_store(path);
    open_group(dm, 0, 3, group_uuid, "first", 0);
    return dm;
}

static cruddur_watch *open_watch(cruddur *dm, bool is_inbox, const char *cursor)
{
    cruddur_watch *watch = NULL;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.user_uuid = is_inbox ? person(1)->uuid : NULL;
    options.group_uuid = is_inbox ? NULL : group_uuid;
    options.viewer_uuid = is_inbox ? NULL : person(1)->uuid;
    options.cursor = cursor;
    must_succeed(cruddur_watch_open(dm, &options, &watch, TEST_ERROR));
    return watch;
}

static cruddur_event *next(cruddur_watch *watch)
{
    cruddur_event *event = NULL;
    must_succeed(cruddur_watch_next(watch, PATIENCE_MS, &event, TEST_ERROR));
    cr_assert_not_null(event);
    return event;
}

/* Each message comes, in its order, whatever comes between; the first that is not new may be told
 * again. */
static void expect_messages(cruddur_watch *watch, const char *last)
{
    bool is_last = false;
    char before[64] = "";
    while (!is_last) {
        cruddur_event *event = next(watch);
        const cruddur_msg *msg = cruddur_event_msg(event);
        if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_MESSAGE && msg != NULL) {
            cr_assert(strcmp(cruddur_msg_sort_key(msg), before) > 0);
            (void)snprintf(before, sizeof(before), "%s", cruddur_msg_sort_key(msg));
            is_last = strcmp(cruddur_msg_text(msg), last) == 0;
        }
        cruddur_event_free(event);
    }
}

/* ---- the sequence ends ---- */

static void come_back_after_a_gap(bool is_inbox)
{
    cruddur *dm = open_with_group();
    cruddur_watch *watch = open_watch(dm, is_inbox, NULL);
    append_text(dm, 0, group_uuid, "seen");
    expect_messages(watch, "seen");
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    cruddur_close(dm);
    raw_run(path, "UPDATE cruddur_messages SET expires_at = '5' WHERE pk = 'STORE#WATCH'");
    dm = open_store(path);
    append_text(dm, 0, group_uuid, "unseen");
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_changes"), 1);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE "
                                  "pk = 'STORE#WATCH' AND expires_at = '0'"),
                 1);
    watch = open_watch(dm, is_inbox, cursor);
    append_text(dm, 2, group_uuid, "after");
    bool has_unseen = false;
    bool has_after = false;
    while (!has_unseen || !has_after) { /* by keys, what was seen may come again */
        cruddur_event *event = next(watch);
        const char *text =
            cruddur_event_msg(event) == NULL ? "" : cruddur_msg_text(cruddur_event_msg(event));
        has_unseen = has_unseen || strcmp(text, "unseen") == 0;
        has_after = has_after || strcmp(text, "after") == 0;
        cruddur_event_free(event);
    }
    append_text(dm, 2, group_uuid, "last");
    expect_messages(watch, "last");
    cr_assert_gt(raw_number(path, "SELECT count(*) FROM cruddur_changes"), 1);
    free(cursor);
    cruddur_watch_close(watch);
    cruddur_close(dm);
}

Test(watched, an_inbox_is_looked_at_after_a_gap_of_the_sequence)
{
    come_back_after_a_gap(true);
}

Test(watched, a_group_is_looked_at_after_a_gap_of_the_sequence)
{
    come_back_after_a_gap(false);
}

/* The presence ends under an open watch, as if the process had been stopped for a day, and begins
 * anew with another watch. */
Test(watched, an_open_watch_misses_nothing_of_a_gap_of_the_sequence)
{
    cruddur *dm = open_with_group();
    cruddur_watch *watch = open_watch(dm, true, NULL);
    append_text(dm, 0, group_uuid, "seen");
    expect_messages(watch, "seen");
    raw_run(path, "UPDATE cruddur_messages SET expires_at = '5' WHERE pk = 'STORE#WATCH'");
    append_text(dm, 0, group_uuid, "unseen");
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_changes"), 1);
    cruddur_watch *other = open_watch(dm, true, NULL);
    expect_messages(watch, "unseen");
    append_text(dm, 0, group_uuid, "last");
    expect_messages(watch, "last");
    expect_messages(other, "last");
    cruddur_watch_close(watch);
    cruddur_watch_close(other);
    cruddur_close(dm);
}

/* ---- a long absence ---- */

#define ABSENCE_GROUPS 3

static size_t queue_of(cruddur_watch *watch)
{
    (void)pthread_mutex_lock(&watch->hub->lock);
    size_t count = watch->queue.count;
    (void)pthread_mutex_unlock(&watch->hub->lock);
    return count;
}

/* The message "m<number>" of an event, or -1. */
static int number_of(const cruddur_event *event)
{
    int number = -1;
    const cruddur_msg *msg = cruddur_event_msg(event);
    (void)sscanf(msg == NULL ? "" : cruddur_msg_text(msg), "m%d", &number);
    return number;
}

/* What happened meanwhile comes in parts: the next one is read when there is room for it. */
Test(watched, a_long_absence_is_told_in_parts)
{
    enum { COUNT = 900 };
    static unsigned char seen[COUNT];
    char uuid[ABSENCE_GROUPS][CRUDDUR_UUID_SIZE];
    char text[16];
    cruddur *dm = open_with_group();
    cruddur_watch *watch = open_watch(dm, true, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    cruddur_close(dm);
    raw_run(path, "UPDATE cruddur_messages SET expires_at = '5' WHERE pk = 'STORE#WATCH'");
    dm = open_store(path);
    for (unsigned i = 0; i < ABSENCE_GROUPS; i++) {
        number_uuid(10 + i, uuid[i]);
        open_group(dm, 0, 3, uuid[i], "first", 0);
    }
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(text, sizeof(text), "m%d", i);
        append_text(dm, 0, uuid[i % ABSENCE_GROUPS], text);
    }
    watch = open_watch(dm, true, cursor);
    while (queue_of(watch) == 0) {
        (void)usleep(1000);
    }
    for (int told = 0; told < COUNT;) {
        cr_assert_lt(queue_of(watch), CR_QUEUE_FULL + COUNT / ABSENCE_GROUPS + 20);
        cruddur_event *event = next(watch);
        int number = number_of(event);
        if (number >= 0) {
            cr_assert_eq(seen[number], 0, "m%d came twice", number);
            seen[number] = 1;
            told++;
        }
        cruddur_event_free(event);
    }
    append_text(dm, 0, group_uuid, "last"); /* and then it is in the sequence */
    cruddur_event *event = next(watch);
    while (cruddur_event_msg(event) == NULL ||
           strcmp(cruddur_msg_text(cruddur_event_msg(event)), "last") != 0) {
        cruddur_event_free(event);
        event = next(watch);
    }
    cruddur_event_free(event);
    free(cursor);
    cruddur_watch_close(watch);
    cruddur_close(dm);
}

/* ---- several watches of one handle ---- */

static void expect_read(cruddur_watch *watch)
{
    cruddur_event *event = next(watch);
    cr_assert_eq(cruddur_event_get_kind(event), CRUDDUR_EVENT_READ);
    cr_assert_str_eq(cruddur_event_user_uuid(event), person(1)->uuid);
    cruddur_event_free(event);
}

/* What one watch was told is no reason not to tell another one. */
Test(watched, a_watch_that_comes_later_learns_what_was_read)
{
    cruddur *dm = open_with_group();
    cruddur_watch *first = open_watch(dm, false, NULL);
    char *cursor = strdup(cruddur_watch_cursor(first));
    must_succeed(cruddur_group_mark_read(dm, person(1)->uuid, group_uuid, NULL, NULL, TEST_ERROR));
    expect_read(first);
    cruddur_watch *second = open_watch(dm, false, cursor);
    expect_read(second);
    cruddur_watch_close(first);
    cruddur_watch_close(second);
    free(cursor);
    cruddur_close(dm);
}

/* ---- the end of a handle ---- */

Test(watched, the_cursor_after_the_end_of_the_handle_skips_nothing)
{
    cruddur *dm = open_with_group();
    cruddur_watch *slow = open_watch(dm, true, NULL);
    cruddur_watch *fast = open_watch(dm, true, NULL);
    append_text(dm, 0, group_uuid, "taken");
    append_text(dm, 0, group_uuid, "waiting");
    expect_messages(slow, "taken");
    expect_messages(fast, "waiting"); /* it waits for the slow one, too */
    cruddur_close(dm);
    cruddur_event *event = NULL;
    cr_assert_eq(cruddur_watch_next(slow, 0, &event, NULL), CRUDDUR_E_CANCELLED);
    cr_assert_null(event);
    dm = open_store(path);
    cruddur_watch *again = open_watch(dm, true, cruddur_watch_cursor(slow));
    expect_messages(again, "waiting");
    cruddur_watch_close(slow);
    cruddur_watch_close(fast);
    cruddur_watch_close(again);
    cruddur_close(dm);
}

Test(watched, a_cursor_of_another_file_is_refused)
{
    cruddur *dm = open_with_group();
    cruddur_watch *watch = open_watch(dm, true, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    cruddur *other = open_store(bed_path("other.db"));
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.user_uuid = person(1)->uuid;
    options.cursor = cursor;
    watch = NULL;
    cr_assert_eq(cruddur_watch_open(other, &options, &watch, NULL), CRUDDUR_E_CURSOR_FOREIGN);
    cr_assert_null(watch);
    cruddur_close(other);
    free(cursor);
    cruddur_close(dm);
}

/* ---- more than a queue holds ---- */

#define LONG_AGO_US INT64_C(5)

/* What is found by the time of its place, if by nothing else, is all that it was not told. */
static void must_not_be_ahead(cruddur_watch *slow, cruddur_watch *fast)
{
    (void)pthread_mutex_lock(&slow->hub->lock);
    bool is_behind = slow->at.seq < fast->at.seq;
    int64_t time_us = slow->at.time_us;
    (void)pthread_mutex_unlock(&slow->hub->lock);
    cr_assert(!is_behind || time_us == LONG_AGO_US);
}

Test(watched, events_that_are_not_taken_are_not_lost)
{
    char text[16];
    cruddur *dm = open_with_group();
    cruddur_watch *slow = open_watch(dm, true, NULL);
    cruddur_watch *fast = open_watch(dm, false, NULL);
    int count = scaled(1000, 400);
    for (int i = 0; i < count; i++) {
        (void)snprintf(text, sizeof(text), "m%d", i);
        append_text(dm, 0, group_uuid, text);
    }
    for (int i = 0; i < count; i++) {
        cruddur_event *event = next(fast);
        (void)snprintf(text, sizeof(text), "m%d", i);
        cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), text);
        cruddur_event_free(event);
    }
    (void)pthread_mutex_lock(&slow->hub->lock);
    slow->at.time_us = LONG_AGO_US;
    (void)pthread_mutex_unlock(&slow->hub->lock);
    for (int i = 0; i < count; i++) {
        must_not_be_ahead(slow, fast);
        cruddur_event *event = next(slow);
        (void)snprintf(text, sizeof(text), "m%d", i);
        cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), text);
        cruddur_event_free(event);
    }
    cruddur_watch_close(slow);
    cruddur_watch_close(fast);
    cruddur_close(dm);
}

/* ---- the file ---- */

Test(watched, ends_when_the_file_is_replaced)
{
    cruddur_event *event = NULL;
    cruddur *dm = open_with_group();
    cruddur_watch *watch = open_watch(dm, true, NULL);
    bed_remove_store(path);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(cruddur_watch_next(watch, PATIENCE_MS, &event, NULL),
                     CRUDDUR_E_STORE_REPLACED);
        cr_assert_null(event);
    }
    cruddur_watch_close(watch);
    cruddur_close(dm);
}

Test(watched, a_store_that_was_moved_can_be_watched)
{
    cruddur_event *event = NULL;
    cruddur *dm = open_with_group();
    raw_run(path, "INSERT INTO cruddur_messages (pk, sk, message_data) "
                  "VALUES ('STORE#FENCE', 'STORE', 'elsewhere')");
    cruddur_watch *watch = open_watch(dm, true, NULL);
    cr_assert_eq(cruddur_msg_append(dm, person(0), group_uuid, "no", NULL, NULL, NULL),
                 CRUDDUR_E_STORE_FENCED);
    must_succeed(cruddur_watch_next(watch, 0, &event, TEST_ERROR));
    cr_assert_null(event);
    cruddur_watch_close(watch);
    cruddur_close(dm);
}

/* ---- processes ---- */

static const char *write_some(void *pipe_end)
{
    char go;
    const int *end = pipe_end;
    if (read(*end, &go, 1) != 1) {
        return "nobody watches";
    }
    cruddur *dm = open_store(path);
    for (int i = 1; i <= MESSAGES; i++) {
        append_text(dm, 0, group_uuid, i == MESSAGES ? "last" : "text");
    }
    cruddur_close(dm);
    return NULL;
}

Test(watched, other_processes_are_heard)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = test_child_start(write_some, &ends[0]);
    cruddur *dm = open_with_group();
    cruddur_watch *watch = open_watch(dm, true, NULL);
    cr_assert_eq(write(ends[1], "g", 1), 1);
    expect_messages(watch, "last");
    child_must_succeed(test_child_wait(child));
    cruddur_watch_close(watch);
    cruddur_close(dm);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static const char *use_inherited(void *watch)
{
    cruddur_event *event = NULL;
    cruddur_status status = cruddur_watch_next(watch, 1000, &event, NULL);
    const char *cursor = cruddur_watch_cursor(watch);
    cruddur_watch_close(watch);
    return status != CRUDDUR_E_STORE_FORKED || event != NULL || cursor != NULL
               ? "a child used its parent's watch"
               : NULL;
}

Test(watched, a_child_cannot_use_its_parents_watch)
{
    cruddur *dm = open_with_group();
    cruddur_watch *watch = open_watch(dm, true, NULL);
    child_must_succeed(test_child_run(use_inherited, watch));
    append_text(dm, 0, group_uuid, "last");
    expect_messages(watch, "last");
    cruddur_watch_close(watch);
    cruddur_close(dm);
}
