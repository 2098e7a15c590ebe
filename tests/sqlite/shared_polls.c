/* SPDX-License-Identifier: MIT */
/* Watches that poll, as on a store without a sequence: those of the same inbox or group share one
 * poll, and each gets every event once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cruddur/entry.h"
#include "sqlite/bed.h"

#define PATIENCE_MS 60000

/* One that looks when the test tells it to, and otherwise not before the test is over. */
#define SELDOM_MS 600000

static char path[PATH_SIZE];
static char group_uuid[CRUDDUR_UUID_SIZE];

static void set_up(void)
{
    bed_make();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
}

TestSuite(shared_polls, .init = set_up, .fini = bed_remove, .timeout = 300);

static cruddur *open_polling(void)
{
    cr_hub *hub = NULL;
    cruddur *dm = open_store(path);
    open_group(dm, 0, 3, group_uuid, "first", 0);
    const cr_logger logger = {NULL, NULL};
    must_succeed(cr_hub_new(dm->store, &logger, PATIENCE_MS * INT64_C(1000), &hub, TEST_ERROR));
    hub->has_sequence = false;
    atomic_store(&dm->hub, hub);
    return dm;
}

static cruddur_watch *open_watch(cruddur *dm, bool is_inbox, const char *cursor, uint32_t pause_ms)
{
    cruddur_watch *watch = NULL;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.user_uuid = is_inbox ? person(1)->uuid : NULL;
    options.group_uuid = is_inbox ? NULL : group_uuid;
    options.viewer_uuid = is_inbox ? NULL : person(1)->uuid;
    options.cursor = cursor;
    options.interval_min_ms = pause_ms;
    options.interval_max_ms = pause_ms;
    must_succeed(cruddur_watch_open(dm, &options, &watch, TEST_ERROR));
    return watch;
}

/* ---- what they do now ---- */

static bool follows(cruddur_watch *watch)
{
    (void)pthread_mutex_lock(&watch->hub->lock);
    bool does = watch->leader != NULL;
    (void)pthread_mutex_unlock(&watch->hub->lock);
    return does;
}

/* Of everything. */
static void begin_look(cruddur_watch *watch)
{
    (void)pthread_mutex_lock(&watch->hub->lock);
    watch->is_hinted_all = true;
    watch->due_us = 0;
    (void)pthread_cond_broadcast(&watch->hub->work);
    (void)pthread_mutex_unlock(&watch->hub->lock);
}

/* Until it has looked since, or has joined another one. */
static void wait_for_look(cruddur_watch *watch, int64_t since_us)
{
    bool has_looked = false;
    while (!has_looked) {
        (void)usleep(1000);
        (void)pthread_mutex_lock(&watch->hub->lock);
        bool waits = !watch->is_in_work && watch->due_us > cr_clock_monotonic_us();
        has_looked = watch->leader != NULL || (waits && watch->looked_until_us > since_us);
        (void)pthread_mutex_unlock(&watch->hub->lock);
    }
}

static void look(cruddur_watch *watch)
{
    int64_t since_us = cr_clock_monotonic_us();
    begin_look(watch);
    wait_for_look(watch, since_us);
}

static size_t count_followers(cruddur_watch *const *watch, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += follows(watch[i]) ? 1 : 0;
    }
    return found;
}

/* Lets those that have a poll look, in turn, until there is one poll; puts its watch first. */
static void join(cruddur_watch **watch, size_t count)
{
    while (count_followers(watch, count) < count - 1) {
        for (size_t i = 0; i < count; i++) {
            if (!follows(watch[i])) {
                look(watch[i]);
            }
        }
    }
    for (size_t i = 1; i < count; i++) {
        if (!follows(watch[i])) {
            cruddur_watch *first = watch[0];
            watch[0] = watch[i];
            watch[i] = first;
        }
    }
}

static void pretend_queue(cruddur_watch *watch, size_t more, size_t fewer)
{
    (void)pthread_mutex_lock(&watch->hub->lock);
    watch->queue.count += more;
    watch->queue.count -= fewer;
    (void)pthread_mutex_unlock(&watch->hub->lock);
}

static cruddur_event *next(cruddur_watch *watch)
{
    cruddur_event *event = NULL;
    do { /* beside a message, what its author has read may be told */
        cruddur_event_free(event);
        must_succeed(cruddur_watch_next(watch, PATIENCE_MS, &event, TEST_ERROR));
        cr_assert_not_null(event, "no event came");
    } while (cruddur_event_get_kind(event) == CRUDDUR_EVENT_READ);
    return event;
}

/* The next event has this message: exactly once, as all are expected in their order. */
static void expect(cruddur_watch *watch, const char *text)
{
    cruddur_event *event = next(watch);
    cr_assert_not_null(cruddur_event_msg(event));
    cr_assert_str_eq(cruddur_msg_text(cruddur_event_msg(event)), text);
    cruddur_event_free(event);
}

static void find_first(cruddur *dm, char uuid[CRUDDUR_UUID_SIZE], char sk[64])
{
    cruddur_msg_page *page = NULL;
    must_succeed(cruddur_msg_list(dm, person(0)->uuid, group_uuid, NULL, &page, TEST_ERROR));
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i);
        if (strcmp(cruddur_msg_text(msg), "first") == 0) {
            (void)snprintf(uuid, CRUDDUR_UUID_SIZE, "%s", cruddur_msg_uuid(msg));
            (void)snprintf(sk, 64, "%s", cruddur_msg_sort_key(msg));
        }
    }
    cruddur_msg_page_free(page);
}

static void expect_none(cruddur_watch *watch)
{
    cruddur_event *event = NULL;
    do {
        cr_assert(event == NULL || cruddur_event_get_kind(event) == CRUDDUR_EVENT_READ);
        cruddur_event_free(event);
        must_succeed(cruddur_watch_next(watch, 0, &event, TEST_ERROR));
    } while (event != NULL);
}

/* ---- joining ---- */

/* One that goes on from a cursor has not told anything yet when one from now on finds nothing. */
static void resume_beside_another(bool is_inbox)
{
    cruddur *dm = open_polling();
    cruddur_watch *away = open_watch(dm, is_inbox, NULL, SELDOM_MS);
    char *cursor = strdup(cruddur_watch_cursor(away));
    cruddur_watch_close(away);
    append_text(dm, 0, group_uuid, "missed");
    cruddur_watch *fresh = open_watch(dm, is_inbox, NULL, SELDOM_MS);
    cruddur_watch *resumed = open_watch(dm, is_inbox, cursor, SELDOM_MS);
    look(fresh);
    cr_assert_not(follows(resumed), "its poll is gone, and what it has missed");
    look(resumed);
    if (is_inbox) { /* by the time: from 18 minutes before */
        cruddur_event *event = next(resumed);
        cr_assert_eq(cruddur_event_get_kind(event), CRUDDUR_EVENT_GROUP_OPENED);
        cruddur_event_free(event);
        expect(resumed, "first");
    }
    expect(resumed, "missed");
    expect_none(fresh);
    free(cursor);
    cruddur_watch_close(fresh);
    cruddur_watch_close(resumed);
    cruddur_close(dm);
}

Test(shared_polls, a_resumed_watch_of_an_inbox_looks_before_it_joins)
{
    resume_beside_another(true);
}

Test(shared_polls, a_resumed_watch_of_a_group_looks_before_it_joins)
{
    resume_beside_another(false);
}

static const cr_store_ops *real_ops;
static atomic_int reads_left; /* until one fails */

static cruddur_status fail_once(cr_store *from, cr_body body, void *context, cr_call *call)
{
    return atomic_fetch_sub(&reads_left, 1) == 0
               ? cr_fail_with(call->error, CRUDDUR_E_INTERNAL, "a read that fails")
               : real_ops->read(from, body, context, call);
}

static void expect_read(cruddur_watch *watch)
{
    cruddur_event *event = NULL;
    must_succeed(cruddur_watch_next(watch, 0, &event, TEST_ERROR));
    cr_assert_not_null(event);
    cr_assert_eq(cruddur_event_get_kind(event), CRUDDUR_EVENT_READ);
    cruddur_event_free(event);
}

/* What the members have read is the last that a look at a group reads. */
Test(shared_polls, a_look_that_fails_at_its_end_is_none_of_everything)
{
    cruddur_event *event = NULL;
    cruddur *dm = open_polling();
    cruddur_watch *first = open_watch(dm, false, NULL, SELDOM_MS);
    cruddur_watch *second = open_watch(dm, false, NULL, SELDOM_MS);
    must_succeed(cruddur_group_mark_read(dm, person(2)->uuid, group_uuid, NULL, NULL, TEST_ERROR));
    look(first);
    expect_read(first);
    real_ops = dm->store->ops;
    cr_store_ops ops = *real_ops;
    ops.read = fail_once;
    atomic_store(&reads_left, 1);
    dm->store->ops = &ops;
    look(second);
    dm->store->ops = real_ops;
    cr_assert_eq(cruddur_watch_next(second, 0, &event, NULL), CRUDDUR_E_INTERNAL);
    look(first);
    cr_assert_not(follows(second));
    look(second);
    expect_read(second);
    cruddur_watch_close(first);
    cruddur_watch_close(second);
    cruddur_close(dm);
}

/* ---- more than one look tells of ---- */

static char *cursor_of_now(cruddur *dm, bool is_inbox)
{
    cruddur_watch *watch = open_watch(dm, is_inbox, NULL, SELDOM_MS);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    return cursor;
}

/* Among others; each has a version of its own. */
static void expect_edits(cruddur_watch *watch, int count)
{
    char before[64] = "";
    while (count > 0) {
        cruddur_event *event = next(watch);
        if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_EDIT) {
            cr_assert_str_neq(cruddur_event_version(event), before);
            (void)snprintf(before, sizeof(before), "%s", cruddur_event_version(event));
            count--;
        }
        cruddur_event_free(event);
    }
}

/* By the number of the last one that was told, and by the time. */
Test(shared_polls, many_changes_of_a_message_are_all_told)
{
    enum { EDITS = 520 };
    char text[16];
    char uuid[CRUDDUR_UUID_SIZE];
    char sk[64];
    cruddur *dm = open_polling();
    char *cursors[2] = {cursor_of_now(dm, false), cursor_of_now(dm, true)};
    find_first(dm, uuid, sk);
    for (int i = 0; i < EDITS; i++) {
        (void)snprintf(text, sizeof(text), "e%d", i);
        must_succeed(cruddur_msg_edit(dm, person(0)->uuid, group_uuid, uuid, text, NULL, NULL, NULL,
                                      TEST_ERROR));
    }
    for (int i = 0; i < 2; i++) {
        cruddur_watch *watch = open_watch(dm, i == 1, cursors[i], SELDOM_MS);
        begin_look(watch);
        expect_edits(watch, EDITS);
        (void)snprintf(text, sizeof(text), "last %d", i);
        append_text(dm, 0, group_uuid, text);
        begin_look(watch);
        expect(watch, text);
        cruddur_watch_close(watch);
        free(cursors[i]);
    }
    cruddur_close(dm);
}

/* ---- one poll ---- */

/* Two watches of an inbox, one of which was away, beside one of a group. */
Test(shared_polls, watches_of_an_inbox_get_each_event_once_whoever_is_closed)
{
    cruddur *dm = open_polling();
    cruddur_watch *inbox[2];
    inbox[0] = open_watch(dm, true, NULL, SELDOM_MS);
    char *cursor = strdup(cruddur_watch_cursor(inbox[0]));
    append_text(dm, 0, group_uuid, "one");
    look(inbox[0]);
    expect(inbox[0], "one");
    inbox[1] = open_watch(dm, true, cursor, SELDOM_MS);
    cruddur_watch *group = open_watch(dm, false, NULL, 100);
    look(inbox[1]);
    cruddur_event_free(next(inbox[1])); /* the group was opened less than 18 minutes before */
    expect(inbox[1], "first");
    expect(inbox[1], "one");
    for (int round = 0; round < 2; round++) {
        join(inbox, 2);
        append_text(dm, 0, group_uuid, "two");
        look(inbox[0]);
        expect(inbox[0], "two");
        expect(inbox[1], "two");
        cruddur_watch_close(inbox[round]); /* first the one whose poll it is, then the other one */
        append_text(dm, 0, group_uuid, "three");
        cruddur_watch *left = inbox[1 - round];
        look(left);
        expect(left, "three");
        cr_assert_not(follows(left));
        expect(group, "two");
        expect(group, "three");
        free(cursor);
        cursor = strdup(cruddur_watch_cursor(left));
        inbox[0] = left;
        inbox[1] = open_watch(dm, true, NULL, SELDOM_MS);
    }
    join(inbox, 2);
    for (size_t i = 0; i < 2; i++) {
        expect_none(inbox[i]);
        cruddur_watch_close(inbox[i]);
    }
    free(cursor);
    cruddur_watch_close(group);
    cruddur_close(dm);
}

/* They poll once for all of them: also beside one whose events are not taken, and after the one
 * that polled is closed. */
Test(shared_polls, those_that_watch_the_same_share_a_poll)
{
    enum { COUNT = 5 };
    char text[16];
    cruddur_watch *watch[COUNT];
    cruddur *dm = open_polling();
    for (int i = 0; i < COUNT; i++) {
        watch[i] = open_watch(dm, false, NULL, SELDOM_MS);
    }
    join(watch, COUNT);
    append_text(dm, 0, group_uuid, "one");
    look(watch[0]);
    for (int i = 0; i < COUNT; i++) {
        expect(watch[i], "one");
    }
    for (size_t full = 0; full < 2; full++) { /* the one whose poll it is, and another one */
        expect_none(watch[full]);             /* its queue is empty */
        pretend_queue(watch[full], CR_QUEUE_FULL - 1, 0);
        append_text(dm, 0, group_uuid, "two");
        look(watch[0]);
        for (size_t i = 0; i < COUNT; i++) {
            if (i != full) {
                expect(watch[i], "two");
            }
        }
        cr_assert_eq(count_followers(watch, COUNT), COUNT - 2);
        cr_assert_not(follows(watch[full]));
        pretend_queue(watch[full], 0, CR_QUEUE_FULL - 1);
        expect(watch[full], "two");
        join(watch, COUNT);
    }
    for (int left = COUNT - 1; left >= 0; left--) { /* at the end the one whose poll it is */
        (void)snprintf(text, sizeof(text), "left %d", left);
        append_text(dm, 0, group_uuid, text);
        look(watch[0]);
        for (int i = 0; i <= left; i++) {
            expect(watch[i], text);
        }
        cruddur_watch_close(watch[left]);
    }
    cruddur_close(dm);
}

/* Who parts from the others because its events were not taken has told what a third has not. */
Test(shared_polls, who_has_parted_is_joined_by_those_that_know_as_much)
{
    cruddur *dm = open_polling();
    cruddur_watch *watch[2];
    for (int i = 0; i < 2; i++) {
        watch[i] = open_watch(dm, false, NULL, SELDOM_MS);
    }
    join(watch, 2);
    cruddur_watch *third = open_watch(dm, false, NULL, SELDOM_MS);
    look(third);
    cr_assert_not(follows(third));
    pretend_queue(watch[1], CR_QUEUE_FULL, 0);
    append_text(dm, 0, group_uuid, "one");
    look(watch[0]);
    pretend_queue(watch[1], 0, CR_QUEUE_FULL);
    look(watch[1]);
    cr_assert_not(follows(third));
    look(third);
    expect(watch[0], "one");
    expect(watch[1], "one");
    expect(third, "one");
    for (int i = 0; i < 2; i++) {
        cruddur_watch_close(watch[i]);
    }
    cruddur_watch_close(third);
    cruddur_close(dm);
}

/* ---- what is left behind ---- */

static void set_interval(cruddur_watch *watch, int64_t interval_us)
{
    (void)pthread_mutex_lock(&watch->hub->lock);
    watch->wish.interval_min_us = interval_us;
    watch->wish.interval_max_us = interval_us;
    (void)pthread_mutex_unlock(&watch->hub->lock);
}

/* Whose interval is short is served by it, whoever polls; and only as long as it is there. */
Test(shared_polls, the_shortest_interval_of_those_that_are_there_counts)
{
    enum { COUNT = 3 };
    cruddur *dm = open_polling();
    cruddur_watch *watch[COUNT];
    for (int i = 0; i < COUNT; i++) {
        watch[i] = open_watch(dm, false, NULL, SELDOM_MS);
    }
    join(watch, COUNT);
    cruddur_watch *heir = watch[0]->hub->crowd.watch[0]; /* who follows it is found in this order */
    heir = heir == watch[0] ? watch[0]->hub->crowd.watch[1] : heir;
    cruddur_watch *other = heir == watch[1] ? watch[2] : watch[1];
    set_interval(other, 100000);
    int64_t before_us = cr_clock_monotonic_us();
    cruddur_watch_close(watch[0]);
    wait_for_look(heir, before_us);
    append_text(dm, 0, group_uuid, "one");
    expect(other, "one");
    expect(heir, "one");
    cruddur_watch_close(other);
    append_text(dm, 0, group_uuid, "two");
    look(heir);
    expect(heir, "two");
    (void)pthread_mutex_lock(&heir->hub->lock);
    int64_t pause_us = heir->pause_us;
    (void)pthread_mutex_unlock(&heir->hub->lock);
    cr_assert_eq(pause_us, SELDOM_MS * INT64_C(1000));
    cruddur_watch_close(heir);
    cruddur_close(dm);
}

/* Of a message that is not the newest a hint alone says that it has changed. */
Test(shared_polls, a_hint_outlives_whose_poll_it_is)
{
    char pk[64];
    char sk[64];
    char uuid[CRUDDUR_UUID_SIZE];
    cruddur *dm = open_polling();
    append_text(dm, 0, group_uuid, "second");
    find_first(dm, uuid, sk);
    cruddur_watch *inbox[2];
    for (int i = 0; i < 2; i++) {
        inbox[i] = open_watch(dm, true, NULL, SELDOM_MS);
    }
    join(inbox, 2);
    pretend_queue(inbox[0], CR_QUEUE_FULL, 0); /* it does not look */
    must_succeed(cruddur_msg_edit(dm, person(0)->uuid, group_uuid, uuid, "changed", NULL, NULL,
                                  NULL, TEST_ERROR));
    (void)snprintf(pk, sizeof(pk), CR_PK_MESSAGES "%s", group_uuid);
    const cr_key key = {cr_str_of(pk), cr_str_of(sk)};
    cr_bell_ring(dm->store->bell, &key, 1);
    cruddur_watch_close(inbox[0]);
    expect(inbox[1], "changed");
    cruddur_watch_close(inbox[1]);
    cruddur_close(dm);
}
