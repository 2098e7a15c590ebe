/* SPDX-License-Identifier: MIT */
/* The queues in which threads wait to change the same group. The linker leads the clock, the pauses
 * and the waits here, so that nothing depends on how fast the machine is. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "store/queue.h"

#define THREADS 8
#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

static _Atomic int64_t clock_us = 1000 * SECOND;
static atomic_int waiters; /* threads that have waited */
static atomic_int waits;   /* how often one of them has begun to */
static _Atomic int64_t slept_us;

int64_t __wrap_cr_clock_monotonic_us(void);
void __wrap_cr_clock_sleep_us(int64_t duration_us);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until);

int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until);

int64_t __wrap_cr_clock_monotonic_us(void)
{
    return clock_us;
}

void __wrap_cr_clock_sleep_us(int64_t duration_us)
{
    slept_us += duration_us > 0 ? duration_us : 0;
}

/* Wakes up after a millisecond, as any wait may, so that the thread looks at the clock above. */
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until)
{
    static _Thread_local bool has_waited;
    struct timespec soon;
    (void)until;
    waits++;
    waiters += has_waited ? 0 : 1;
    has_waited = true;
    (void)clock_gettime(CLOCK_MONOTONIC, &soon);
    soon.tv_nsec += 1000000;
    if (soon.tv_nsec >= 1000000000) {
        soon.tv_sec++;
        soon.tv_nsec -= 1000000000;
    }
    (void)__real_pthread_cond_timedwait(cond, mutex, &soon);
    return 0;
}

static cr_queues *queues;

static void begin(void)
{
    queues = cr_queues_new();
    cr_assert_not_null(queues);
}

static void end(void)
{
    cr_queues_free(queues);
}

TestSuite(queue, .init = begin, .fini = end, .timeout = 120);

/* ---- threads in a queue ---- */

typedef struct guest {
    pthread_t thread;
    const char *subject;
    int64_t deadline_us;
    cruddur_status status;
    cr_call call;
    atomic_int order; /* in which they began; 0: not yet */
    atomic_bool may_leave;
    int *errand; /* NULL: none */
    const atomic_bool *cancel;
    bool is_done; /* by another */
} guest;

static atomic_int begun;

static void *visit(void *argument)
{
    guest *self = argument;
    cr_ticket ticket;
    self->call.deadline_us = self->deadline_us;
    self->call.cancel = self->cancel;
    self->status = cr_queue_enter_with(queues, cr_str_of(self->subject), self->errand, &self->call,
                                       &ticket, &self->is_done);
    if (self->status != CRUDDUR_OK || self->is_done) {
        cr_assert_null(self->call.ticket);
        return NULL;
    }
    self->order = ++begun;
    while (!self->may_leave) {
        (void)sched_yield();
    }
    cr_queue_leave(&self->call);
    return NULL;
}

static void start(guest *one, const char *subject, int64_t timeout_us)
{
    one->subject = subject;
    one->deadline_us = clock_us + timeout_us;
    cr_assert_eq(pthread_create(&one->thread, NULL, visit, one), 0);
}

static void wait_until_begun(const guest *one)
{
    while (one->order == 0) {
        (void)sched_yield();
    }
}

/* Starts a thread that has to wait, and waits until it does. */
static void start_waiting(guest *one, const char *subject, int64_t timeout_us)
{
    int before = waiters;
    start(one, subject, timeout_us);
    while (waiters == before) {
        (void)sched_yield();
    }
}

/* Lets `count` threads that wait wake up, and look whether they may begin. */
static void let_them_look(int count)
{
    for (int before = waits; waits < before + 4 * count;) {
        (void)sched_yield();
    }
}

static void finish(guest *one)
{
    one->may_leave = true;
    cr_assert_eq(pthread_join(one->thread, NULL), 0);
}

Test(queue, first_come_first_served)
{
    guest guests[THREADS] = {0};
    start(&guests[0], "group", SECOND);
    wait_until_begun(&guests[0]);
    for (size_t i = 1; i < THREADS; i++) {
        start_waiting(&guests[i], "group", SECOND);
    }
    for (size_t i = 0; i < THREADS; i++) {
        wait_until_begun(&guests[i]);
        let_them_look(THREADS - 1 - (int)i);
        cr_assert_eq(begun, (int)i + 1, "%d are at it at once", begun);
        finish(&guests[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(guests[i].order, (int)i + 1);
        cr_assert_eq(guests[i].status, CRUDDUR_OK);
    }
    cr_assert_eq(slept_us, 0);
}

/* More groups than there are lists. */
Test(queue, groups_do_not_wait_for_each_other)
{
    static char names[300][16];
    static cr_ticket tickets[300];
    static cr_call calls[300];
    for (size_t i = 0; i < 300; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "group %zu", i);
        calls[i].deadline_us = clock_us + SECOND;
        cr_assert_eq(cr_queue_enter(queues, cr_str_of(names[i]), &calls[i], &tickets[i]),
                     CRUDDUR_OK);
        cr_assert_eq(calls[i].ticket, &tickets[i]);
    }
    for (size_t i = 0; i < 300; i++) {
        cr_queue_leave(&calls[i]);
        cr_assert_null(calls[i].ticket);
    }
    cr_assert_eq(waits, 0);
}

Test(queue, an_engine_without_queues)
{
    cr_ticket ticket;
    cr_call call = {.deadline_us = 0};
    cr_assert_eq(cr_queue_enter(NULL, cr_str_of("group"), &call, &ticket), CRUDDUR_OK);
    cr_assert_null(call.ticket);
    cr_queue_leave(&call);
}

Test(queue, a_thread_whose_deadline_passes_leaves_and_the_next_one_moves_up)
{
    guest first = {0};
    guest hasty = {0};
    guest last = {0};
    start(&first, "group", SECOND);
    wait_until_begun(&first);
    start_waiting(&hasty, "group", SECOND / 2);
    start_waiting(&last, "group", SECOND);
    clock_us += SECOND / 2;
    cr_assert_eq(pthread_join(hasty.thread, NULL), 0);
    cr_assert_eq(hasty.status, CRUDDUR_E_TIMEOUT);
    cr_assert_eq(hasty.order, 0);
    cr_assert_eq(last.order, 0);
    finish(&first);
    wait_until_begun(&last);
    finish(&last);
    cr_assert_eq(last.status, CRUDDUR_OK);
}

/* On a connection that hangs, for example. */
Test(queue, a_change_that_gets_no_further_does_not_hold_up_the_others)
{
    guest stuck = {0};
    guest next = {0};
    guest third = {0};
    start(&stuck, "group", 60 * SECOND);
    wait_until_begun(&stuck);
    start_waiting(&next, "group", 60 * SECOND);
    start_waiting(&third, "group", 60 * SECOND);
    clock_us += CR_QUEUE_OVERDUE_US;
    wait_until_begun(&next);
    let_them_look(1);
    cr_assert_eq(third.order, 0, "one at a time, beside the one that is stuck");
    finish(&stuck);
    let_them_look(1);
    cr_assert_eq(third.order, 0);
    finish(&next);
    wait_until_begun(&third);
    finish(&third);
}

Test(queue, a_change_that_gets_further_is_waited_for)
{
    guest slow = {0};
    guest next = {0};
    start(&slow, "group", 60 * SECOND);
    wait_until_begun(&slow);
    start_waiting(&next, "group", 60 * SECOND);
    for (size_t i = 0; i < 10; i++) {
        clock_us += CR_QUEUE_OVERDUE_US - MS;
        let_them_look(1);
        cr_queue_progress(&slow.call);
    }
    cr_assert_eq(next.order, 0);
    finish(&slow);
    wait_until_begun(&next);
    finish(&next);
}

/* ---- many at once ---- */

static atomic_int inside[3];
static atomic_int collisions;

static void *hurry(void *argument)
{
    static const char *const subjects[] = {"a", "b", "c"};
    size_t number = *(const size_t *)argument;
    for (size_t i = 0; i < 300; i++) {
        size_t chosen = (number + i) % 3;
        cr_ticket ticket;
        cr_call call = {.deadline_us = INT64_MAX};
        (void)cr_queue_enter(queues, cr_str_of(subjects[chosen]), &call, &ticket);
        collisions += inside[chosen]++ != 0;
        (void)sched_yield();
        inside[chosen]--;
        cr_queue_leave(&call);
    }
    return NULL;
}

Test(queue, one_at_a_time)
{
    pthread_t threads[THREADS];
    size_t numbers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        numbers[i] = i;
        cr_assert_eq(pthread_create(&threads[i], NULL, hurry, &numbers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    cr_assert_eq(collisions, 0);
}

/* ---- errands ---- */

/* Takes errands of at least this number. */
static bool accept(void *context, void *errand)
{
    const int *least = context;
    const int *number = errand;
    return *number >= *least;
}

/* A thread that has its turn, and those that wait behind it. */
static void take_along(int least, size_t max, cr_ticket **taken, size_t wanted, guest *others,
                       size_t count)
{
    cr_call call = {.deadline_us = clock_us + SECOND};
    cr_ticket ticket;
    int64_t deadline_us;
    cr_assert_eq(cr_queue_enter(queues, cr_str_of("group"), &call, &ticket), CRUDDUR_OK);
    for (size_t i = 0; i < count; i++) {
        start_waiting(&others[i], "group", others[i].deadline_us);
    }
    cr_expect_eq(cr_queue_take_along(&call, accept, &least, taken, max, &deadline_us), wanted);
    for (size_t i = 0; i < wanted; i++) {
        cr_expect_leq(deadline_us, taken[i]->deadline_us);
        *(int *)taken[i]->errand = -1;
        cr_queue_set_down(taken[i], true);
    }
    cr_queue_leave(&call);
}

Test(queue, errands_are_taken_along_and_done)
{
    static int numbers[] = {1, 2, 3, 4};
    cr_ticket *taken[4];
    guest others[4] = {{0}};
    for (size_t i = 0; i < 4; i++) {
        others[i].errand = &numbers[i];
        others[i].deadline_us = SECOND;
    }
    take_along(2, 2, taken, 2, others, 4);
    wait_until_begun(&others[0]);
    finish(&others[0]);
    for (size_t i = 1; i < 4; i++) {
        finish(&others[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        bool is_along = i == 1 || i == 2;
        cr_expect_eq(others[i].is_done, is_along, "%zu", i);
        cr_expect_eq(numbers[i], is_along ? -1 : (int)i + 1);
    }
}

/* No errand, little time, or a call that may be cancelled. */
Test(queue, who_cannot_be_taken_along_has_its_own_turn)
{
    static int numbers[] = {1, 2};
    static const atomic_bool cancel;
    cr_ticket *taken[3];
    guest others[3] = {{.deadline_us = SECOND},
                       {.errand = &numbers[0], .deadline_us = SECOND / 2},
                       {.errand = &numbers[1], .deadline_us = SECOND, .cancel = &cancel}};
    take_along(0, 3, taken, 0, others, 3);
    for (size_t i = 0; i < 3; i++) {
        wait_until_begun(&others[i]);
        cr_expect_not(others[i].is_done);
        finish(&others[i]);
    }
}

/* It goes back to its place, and is taken again where that is wanted; who was behind it still is.
 */
Test(queue, an_errand_that_was_not_done_waits_for_its_own_turn)
{
    static int numbers[] = {1, 2};
    cr_ticket *taken[2];
    int64_t deadline_us;
    int least = 0;
    guest others[2] = {{.errand = &numbers[0]}, {.errand = &numbers[1]}};
    cr_call call = {.deadline_us = clock_us + SECOND};
    cr_ticket ticket;
    cr_assert_eq(cr_queue_enter(queues, cr_str_of("group"), &call, &ticket), CRUDDUR_OK);
    start_waiting(&others[0], "group", SECOND);
    start_waiting(&others[1], "group", 4 * SECOND);
    cr_assert_eq(cr_queue_take_along(&call, accept, &least, taken, 1, &deadline_us), 1u);
    clock_us += SECOND; /* its deadline passes, but who took it along is to tell */
    let_them_look(2);
    clock_us -= SECOND;
    cr_queue_set_down(taken[0], false);
    least = 2;
    cr_assert_eq(cr_queue_take_along(&call, accept, &least, taken, 2, &deadline_us), 1u);
    cr_expect_eq(taken[0]->errand, &numbers[1]);
    cr_queue_set_down(taken[0], false);
    least = 1;
    cr_assert_eq(cr_queue_take_along(&call, accept, &least, taken, 2, &deadline_us), 2u);
    cr_queue_set_down(taken[0], false);
    cr_queue_set_down(taken[1], false);
    cr_queue_leave(&call);
    wait_until_begun(&others[0]);
    finish(&others[0]);
    wait_until_begun(&others[1]);
    finish(&others[1]);
    cr_expect_lt((int)others[0].order, (int)others[1].order);
}

/* ---- what is kept ---- */

static cr_kept_group *make_kept(const char *pk)
{
    const cr_row row = {{[CR_PK] = cr_str_of(pk), [CR_SK] = cr_str_of("sk")}};
    const cr_group_content content = {.card = &row, .rows = &row, .row_count = 1, .message = &row};
    cr_kept_group *kept = cr_kept_group_make(&content);
    cr_assert_not_null(kept);
    return kept;
}

/* Enters and leaves; NULL: leaves nothing. Returns what was there. */
static void pass(const char *subject, const char *expected, const char *left)
{
    cr_call call = {.deadline_us = clock_us + SECOND};
    cr_ticket ticket;
    cr_assert_eq(cr_queue_enter(queues, cr_str_of(subject), &call, &ticket), CRUDDUR_OK);
    cr_expect_eq(ticket.kept == NULL, expected == NULL, "%s", subject);
    if (ticket.kept != NULL && expected != NULL) {
        cr_expect(cr_str_equal(ticket.kept->card.value[CR_PK], cr_str_of(expected)));
    }
    cr_queue_keep(&call, left == NULL ? NULL : make_kept(left));
    cr_queue_leave(&call);
}

Test(queue, what_is_left_lasts_for_one_turn)
{
    pass("group", NULL, "a");
    pass("other", NULL, "b");
    pass("group", "a", "c");
    pass("group", "c", NULL);
    pass("group", NULL, NULL);
    pass("other", "b", "d"); /* freed with the queues */
}

/* Where a row is that was left, for calls that wait for nobody: known until the next change begins.
 */
Test(queue, a_key_that_is_kept)
{
    static const char sk[] = "2026-01-31T09:30:00.000000+00:00";
    cr_call call = {.deadline_us = clock_us + SECOND};
    cr_ticket ticket;
    cr_kept_key found = {.size = 0};
    const cr_row row = {{[CR_PK] = cr_str_of("member"), [CR_SK] = cr_str_of(sk)}};
    const cr_group_content content = {.card = &row, .rows = &row, .row_count = 1, .message = &row};
    const cr_str group = cr_str_of("group");
    const cr_str member = cr_str_of("member");
    cr_expect_not(cr_queue_find_kept(NULL, group, member, &found));
    cr_expect_not(cr_queue_find_kept(queues, group, member, &found));
    cr_assert_eq(cr_queue_enter(queues, group, &call, &ticket), CRUDDUR_OK);
    cr_queue_keep(&call, cr_kept_group_make(&content));
    cr_queue_leave(&call);
    cr_expect_not(cr_queue_find_kept(queues, cr_str_of("other"), member, &found));
    cr_expect_not(cr_queue_find_kept(queues, group, cr_str_of("stranger"), &found));
    cr_expect(cr_queue_find_kept(queues, group, member, &found));
    cr_expect(cr_str_equal(cr_kept_key_str(&found), cr_str_of(sk)));
    cr_expect(cr_queue_find_kept(queues, group, member, &found), "it stays");
    cr_assert_eq(cr_queue_enter(queues, group, &call, &ticket), CRUDDUR_OK);
    cr_expect_not(cr_queue_find_kept(queues, group, member, &found));
    cr_queue_leave(&call);
}

/* Of more groups than there is room for, later ones take the places. */
Test(queue, the_number_of_groups_that_are_kept_is_bounded)
{
    char name[16];
    size_t found = 0;
    for (size_t i = 0; i < 2000; i++) {
        (void)snprintf(name, sizeof(name), "group %zu", i);
        pass(name, NULL, name);
    }
    for (size_t i = 0; i < 2000; i++) {
        cr_call call = {.deadline_us = clock_us + SECOND};
        cr_ticket ticket;
        (void)snprintf(name, sizeof(name), "group %zu", i);
        cr_assert_eq(cr_queue_enter(queues, cr_str_of(name), &call, &ticket), CRUDDUR_OK);
        found += ticket.kept != NULL ? 1 : 0;
        cr_queue_leave(&call);
    }
    cr_expect_gt(found, 0u);
    cr_expect_leq(found, 256u);
}

/* ---- conflicts with other handles and processes ---- */

#define RUN_US (30 * MS)
#define WINDOW_US (16 * RUN_US)
#define DRAWS 200

static void enter(cr_call *call, cr_ticket *ticket)
{
    *call = (cr_call){.deadline_us = clock_us + 60 * SECOND};
    slept_us = 0;
    cr_assert_eq(cr_queue_enter(queues, cr_str_of("group"), call, ticket), CRUDDUR_OK);
}

Test(queue, a_conflict_out_of_the_blue_is_retried_at_once)
{
    cr_call call;
    cr_ticket ticket;
    enter(&call, &ticket);
    cr_assert_eq(slept_us, 0);
    cr_assert_eq(cr_queue_conflict_us(call.ticket, RUN_US, call.deadline_us), 0);
    cr_queue_leave(&call);
}

/* The longest of many random pauses of the change's conflict number `conflict`, the first of which
 * is retried at once. */
static int64_t longest_pause_us(unsigned conflict, int64_t deadline_us)
{
    int64_t longest_us = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        cr_call call;
        cr_ticket ticket;
        int64_t us = 0;
        clock_us += 60 * SECOND; /* what was before is forgotten */
        enter(&call, &ticket);
        for (unsigned n = 0; n < conflict; n++) {
            us = cr_queue_conflict_us(call.ticket, RUN_US, clock_us + deadline_us);
        }
        cr_queue_leave(&call);
        longest_us = us > longest_us ? us : longest_us;
    }
    return longest_us;
}

/* Of 200 draws the longest is below nine tenths of the window once in a billion times. */
static void must_be_window(int64_t longest_us, int64_t window_us)
{
    cr_assert_leq(longest_us, window_us);
    cr_assert_geq(longest_us, window_us / 10 * 9);
}

Test(queue, pauses_shrink_with_each_conflict)
{
    must_be_window(longest_pause_us(2, 60 * SECOND), WINDOW_US);
    must_be_window(longest_pause_us(3, 60 * SECOND), WINDOW_US * 8 / 10);
    must_be_window(longest_pause_us(50, 60 * SECOND), 2 * RUN_US);
}

Test(queue, a_pause_leaves_time_for_other_tries)
{
    must_be_window(longest_pause_us(2, 200 * MS), 50 * MS);
    cr_assert_eq(longest_pause_us(2, -MS), 0);
}

/* Otherwise the one that has just succeeded would always come first. */
Test(queue, the_next_change_after_a_conflict_pauses_as_well)
{
    cr_call call;
    cr_ticket ticket;
    int64_t longest_us = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        enter(&call, &ticket);
        (void)cr_queue_conflict_us(call.ticket, RUN_US, call.deadline_us);
        cr_queue_leave(&call);
        enter(&call, &ticket);
        cr_queue_leave(&call);
        longest_us = slept_us > longest_us ? slept_us : longest_us;
    }
    must_be_window(longest_us, WINDOW_US);
    clock_us += 20 * RUN_US;
    enter(&call, &ticket);
    cr_assert_eq(slept_us, 0, "and no longer once the others have gone");
    cr_queue_leave(&call);
}
