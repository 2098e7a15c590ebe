/* SPDX-License-Identifier: MIT */
/* The pool by itself, with requests that run for as long as the test wants. */
#include "async/fakes.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"

TestSuite(pool, .timeout = 300);

static bool is_readable(int fd)
{
    struct pollfd asked = {.fd = fd, .events = POLLIN};
    int found = poll(&asked, 1, 0);
    cr_assert_geq(found, 0);
    return found == 1;
}

/* Waits until nothing is in flight: then completions are there to be received. */
static void wait_until_done(cr_pool *pool)
{
    for (size_t live = 1; live > 0; cr_clock_sleep_us(1000)) {
        (void)pthread_mutex_lock(&pool->lock);
        live = pool->live;
        (void)pthread_mutex_unlock(&pool->lock);
    }
}

/* ---- order ---- */

Test(pool, requests_of_one_lane_complete_in_their_order_and_others_overlap)
{
    enum { COUNT = 40 };
    uint64_t ids[COUNT];
    cr_pool *pool = open_pool(8, 100);
    uint64_t first = submit_simple(pool, 7, true);
    wait_for(&began);
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = submit_simple(pool, 7, false);
    }
    uint64_t other = submit_simple(pool, 7 + 64, false); /* of the same bucket */
    expect_next(pool, other, CRUDDUR_OK);
    expect_next(pool, submit_simple(pool, 0, false), CRUDDUR_OK);
    expect_none(pool);
    (void)sem_post(&gate);
    expect_next(pool, first, CRUDDUR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        expect_next(pool, ids[i], CRUDDUR_OK);
    }
    cr_pool_close(pool);
    cr_assert_eq(released, COUNT + 3);
}

Test(pool, the_next_of_a_lane_waits_for_the_callback)
{
    cr_pool *pool = open_pool(4, 10);
    fake *one = make(1, false);
    one->request.complete = hold_callback;
    (void)submit(pool, one);
    wait_for(&began);
    uint64_t two = submit_simple(pool, 1, false);
    uint64_t free_one = submit_simple(pool, 0, false);
    expect_next(pool, free_one, CRUDDUR_OK);
    expect_none(pool);
    (void)sem_post(&gate);
    expect_next(pool, two, CRUDDUR_OK);
    cr_pool_close(pool);
}

Test(pool, a_lane_goes_on_when_one_in_it_is_cancelled)
{
    cr_pool *pool = open_pool(1, 10);
    uint64_t ids[4];
    (void)submit_simple(pool, 0, true); /* the only worker */
    wait_for(&began);
    for (size_t i = 0; i < 4; i++) {
        ids[i] = submit_simple(pool, 5, false);
    }
    cr_assert_eq(cr_pool_cancel(pool, ids[2], NULL), CRUDDUR_OK); /* waits */
    cr_assert_eq(cr_pool_cancel(pool, ids[0], NULL), CRUDDUR_OK); /* is the first */
    expect_next(pool, ids[2], CRUDDUR_E_CANCELLED);
    expect_next(pool, ids[0], CRUDDUR_E_CANCELLED);
    (void)sem_post(&gate);
    expect_next(pool, 0, CRUDDUR_OK);
    expect_next(pool, ids[1], CRUDDUR_OK);
    expect_next(pool, ids[3], CRUDDUR_OK);
    cr_pool_close(pool);
}

/* ---- cancelling ---- */

Test(pool, what_runs_is_told_that_it_is_cancelled)
{
    cr_pool *pool = open_pool(2, 10);
    uint64_t id = submit_simple(pool, 0, true);
    wait_for(&began);
    cr_assert_eq(cr_pool_cancel(pool, id, NULL), CRUDDUR_OK);
    expect_next(pool, id, CRUDDUR_E_CANCELLED);
    cr_assert_eq(cr_pool_cancel(pool, id, NULL), CRUDDUR_E_REQUEST_DONE);
    cr_assert_eq(cr_pool_cancel(pool, 0, NULL), CRUDDUR_E_INVALID_ARGUMENT);
    cr_assert_eq(cr_pool_cancel(pool, id + 1, NULL), CRUDDUR_E_INVALID_ARGUMENT);
    id = submit_simple(pool, 0, false);
    wait_until_done(pool);
    cr_assert_eq(cr_pool_cancel(pool, id, NULL), CRUDDUR_E_REQUEST_DONE); /* not received yet */
    cr_pool_close(pool);
}

Test(pool, a_callback_is_called_for_what_is_cancelled_in_the_queue)
{
    cr_pool *pool = open_pool(1, 10);
    (void)submit_simple(pool, 0, true);
    wait_for(&began);
    fake *queued = make(0, false);
    queued->request.complete = note_callback;
    uint64_t id = submit(pool, queued);
    cr_assert_eq(cr_pool_cancel(pool, id, NULL), CRUDDUR_OK);
    wait_for(&called); /* while the only worker is busy */
    cr_assert_eq(callback_order[0], id);
    cr_pool_close(pool);
    cr_assert_eq(released, 2);
}

Test(pool, each_request_completes_once_however_it_is_cancelled)
{
    enum { COUNT = 3000, LANES = 5 };
    atomic_uint_fast64_t latest = 0;
    atomic_bool ends = false;
    size_t received = 0;
    pthread_t thread;
    cr_pool *pool = open_pool(4, COUNT);
    canceller mine = {pool, &latest, &ends};
    cr_assert_eq(pthread_create(&thread, NULL, cancel_much, &mine), 0);
    for (size_t i = 0; i < COUNT; i++) {
        fake *next = make(i % LANES, false);
        next->request.deadline_us = i % 3 == 0 ? cr_clock_monotonic_us() : INT64_MAX;
        atomic_store(&latest, submit(pool, next));
    }
    cr_assert_eq(cr_pool_shutdown(pool, false, CRUDDUR_WAIT_FOREVER, NULL), CRUDDUR_OK);
    atomic_store(&ends, true);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_request *request;
    while (cr_pool_next(pool, 0, &request, NULL) == CRUDDUR_OK) {
        cr_assert(request != NULL);
        cr_assert(request->status == CRUDDUR_OK || request->status == CRUDDUR_E_CANCELLED ||
                  request->status == CRUDDUR_E_TIMEOUT);
        release(request);
        received++;
    }
    cr_assert_eq(received, COUNT);
    cr_assert_eq(pool->timer.count, 0);
    cr_pool_close(pool);
    cr_assert_eq(released, COUNT);
}

/* ---- deadlines ---- */

Test(pool, a_deadline_passes_in_the_queue_while_all_workers_are_busy)
{
    cr_pool *pool = open_pool(1, 10);
    (void)submit_simple(pool, 0, true);
    wait_for(&began);
    fake *told = make(3, false);
    fake *behind = make(3, false);
    fake *lasting = make(3, false);
    told->request.deadline_us = cr_clock_monotonic_us() + 30000;
    told->request.complete = note_callback;
    behind->request.deadline_us = cr_clock_monotonic_us() + 10000;
    lasting->request.deadline_us = cr_clock_monotonic_us() + INT64_C(3600000000);
    uint64_t told_id = submit(pool, told);
    uint64_t behind_id = submit(pool, behind);
    uint64_t lasting_id = submit(pool, lasting);
    expect_next(pool, behind_id, CRUDDUR_E_TIMEOUT);
    wait_for(&called);
    cr_assert_eq(callback_order[0], told_id);
    expect_none(pool);
    (void)sem_post(&gate);
    expect_next(pool, 0, CRUDDUR_OK);
    expect_next(pool, lasting_id, CRUDDUR_OK);
    cr_pool_close(pool);
}

Test(pool, a_deadline_ends_what_runs_where_the_call_has_none)
{
    cr_request *request;
    cr_pool *pool = open_pool(1, 10);
    fake *walk = make(0, true);
    walk->request.deadline_us = cr_clock_monotonic_us() + INT64_C(3600000000);
    walk->request.has_deadline_running = true;
    uint64_t id = submit(pool, walk);
    wait_for(&began);
    (void)pthread_mutex_lock(&pool->lock); /* a deadline that cannot pass before it runs */
    walk->request.deadline_us = cr_clock_monotonic_us() + 1000;
    (void)pthread_cond_signal(&pool->keep);
    (void)pthread_mutex_unlock(&pool->lock);
    cr_assert_eq(cr_pool_next(pool, CRUDDUR_WAIT_FOREVER, &request, NULL), CRUDDUR_OK);
    cr_assert_eq(request->id, id);
    cr_assert_eq(request->status, CRUDDUR_E_TIMEOUT);
    cr_assert(cruddur_error_outcome_unknown(request->error)); /* as the call said */
    release(request);
    cr_pool_close(pool);
}

Test(pool, deadlines_are_found_in_their_order)
{
    enum { COUNT = 500 };
    static cr_request requests[COUNT];
    cr_request *room[COUNT];
    cr_timer timer = {room, 0};
    unsigned random = 1;
    for (size_t i = 0; i < COUNT; i++) {
        random = random * 1103515245u + 12345u;
        requests[i].deadline_us = (random >> 16) % 100;
        cr_timer_add(&timer, &requests[i]);
    }
    for (size_t i = 0; i < COUNT; i += 3) {
        cr_timer_remove(&timer, &requests[i]);
        cr_timer_remove(&timer, &requests[i]); /* does nothing */
    }
    for (int64_t latest = 0; timer.count > 0;) {
        cr_assert_geq(cr_timer_next_us(&timer), latest);
        latest = cr_timer_next_us(&timer);
        cr_timer_remove(&timer, timer.heap[0]);
    }
    cr_assert_eq(cr_timer_next_us(&timer), INT64_MAX);
}

/* ---- the bound ---- */

Test(pool, is_full_until_completions_are_received)
{
    uint64_t id = 0;
    cruddur_error *error = NULL;
    cr_pool *pool = open_pool(1, 2);
    (void)submit_simple(pool, 0, true);
    uint64_t second = submit_simple(pool, 0, false);
    fake *third = make(0, false);
    cr_assert_eq(cr_pool_submit(pool, &third->request, &id, &error), CRUDDUR_E_QUEUE_FULL);
    cr_assert(cruddur_error_is_retryable(error));
    cruddur_error_free(error);
    (void)sem_post(&gate);
    wait_until_done(pool); /* both have completed, and were not received */
    cr_assert_eq(cr_pool_submit(pool, &third->request, &id, NULL), CRUDDUR_E_QUEUE_FULL);
    expect_next(pool, 0, CRUDDUR_OK);
    uint64_t third_id = submit(pool, third);
    expect_next(pool, second, CRUDDUR_OK);
    expect_next(pool, third_id, CRUDDUR_OK);
    cr_pool_close(pool);
}

static cr_pool *of_callback;

static void submit_again(void *data, cruddur_completion *completion)
{
    int *rounds = data;
    (void)completion;
    if (--*rounds > 0) {
        fake *next = make(1, false);
        next->request.complete = submit_again;
        next->request.data = rounds;
        (void)submit(of_callback, next);
    } else {
        (void)sem_post(&called);
    }
}

Test(pool, a_callback_submits_also_when_it_was_full)
{
    int rounds = 50;
    of_callback = open_pool(2, 1);
    fake *first = make(1, false);
    first->request.complete = submit_again;
    first->request.data = &rounds;
    (void)submit(of_callback, first);
    wait_for(&called);
    cr_pool_close(of_callback);
    cr_assert_eq(released, 50);
}

/* ---- receiving ---- */

Test(pool, the_descriptor_is_readable_while_completions_wait)
{
    int fd;
    int same;
    cr_pool *pool = open_pool(2, 10);
    (void)submit_simple(pool, 0, false);
    wait_until_done(pool);
    cr_assert_eq(cr_pool_fd(pool, &fd, NULL), CRUDDUR_OK); /* opened when one waits already */
    cr_assert_eq(cr_pool_fd(pool, &same, NULL), CRUDDUR_OK);
    cr_assert_eq(fd, same);
    cr_assert(is_readable(fd));
    (void)submit_simple(pool, 0, false);
    expect_next(pool, 0, CRUDDUR_OK);
    expect_next(pool, 0, CRUDDUR_OK);
    cr_assert_not(is_readable(fd));
    (void)submit_simple(pool, 0, false);
    struct pollfd asked = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&asked, 1, -1), 1);
    expect_next(pool, 0, CRUDDUR_OK);
    fake *told = make(0, false);
    told->request.complete = note_callback;
    (void)submit(pool, told);
    wait_for(&called);
    cr_assert_not(is_readable(fd));
    cr_pool_close(pool);
}

typedef struct receiver {
    cr_pool *pool;
    size_t count;
} receiver;

static void *receive(void *argument)
{
    receiver *mine = argument;
    cr_request *request;
    while (cr_pool_next(mine->pool, CRUDDUR_WAIT_FOREVER, &request, NULL) == CRUDDUR_OK) {
        cr_assert(request != NULL);
        release(request);
        mine->count++;
    }
    return NULL;
}

Test(pool, two_threads_receive_each_completion_once)
{
    enum { COUNT = 2000 };
    pthread_t threads[2];
    cr_pool *pool = open_pool(3, COUNT);
    receiver receivers[2] = {{pool, 0}, {pool, 0}};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, receive, &receivers[i]), 0);
    }
    for (size_t i = 0; i < COUNT; i++) {
        (void)submit_simple(pool, i % 3, false);
    }
    cr_assert_eq(cr_pool_shutdown(pool, false, CRUDDUR_WAIT_FOREVER, NULL), CRUDDUR_OK);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    cr_assert_eq(receivers[0].count + receivers[1].count, COUNT);
    cr_pool_close(pool);
}

/* ---- the end ---- */

Test(pool, a_drain_lets_all_run_and_may_become_a_cancellation)
{
    cr_request *request;
    uint64_t id;
    cr_pool *pool = open_pool(1, 10);
    uint64_t first = submit_simple(pool, 2, true);
    uint64_t second = submit_simple(pool, 2, false);
    wait_for(&began);
    cr_assert_eq(cr_pool_shutdown(pool, false, 0, NULL), CRUDDUR_E_TIMEOUT);
    cr_assert_eq(cr_pool_shutdown(pool, false, 5, NULL), CRUDDUR_E_TIMEOUT);
    fake *late = make(0, false);
    cr_assert_eq(cr_pool_submit(pool, &late->request, &id, NULL), CRUDDUR_E_CLOSING);
    release(&late->request);
    expect_none(pool);
    cr_assert_eq(cr_pool_shutdown(pool, true, CRUDDUR_WAIT_FOREVER, NULL), CRUDDUR_OK);
    expect_next(pool, second, CRUDDUR_E_CANCELLED);
    expect_next(pool, first, CRUDDUR_E_CANCELLED);
    cr_assert_eq(cr_pool_next(pool, CRUDDUR_WAIT_FOREVER, &request, NULL), CRUDDUR_E_CLOSING);
    cr_assert_eq(cr_pool_shutdown(pool, false, 0, NULL), CRUDDUR_OK);
    cr_pool_close(pool);
}

Test(pool, closes_in_every_state)
{
    cr_pool_close(open_pool(1, 1)); /* before anything */
    cr_pool *pool = open_pool(2, 100);
    for (uint64_t i = 0; i < 20; i++) { /* running, ready, waiting, done; told and fetched */
        fake *next = make(i % 5, i % 2 == 0);
        next->request.complete = i % 3 == 0 ? note_callback : NULL;
        (void)submit(pool, next);
    }
    wait_for(&began);
    cr_pool_close(pool);
    cr_assert_eq(released, 20);
    cr_assert_eq(callback_count, 7);
}

static atomic_uint in_callback;

static void shut_down(void *data, cruddur_completion *completion)
{
    (void)completion;
    in_callback = cr_pool_shutdown(data, false, CRUDDUR_WAIT_FOREVER, NULL);
    (void)sem_post(&called);
}

Test(pool, a_callback_cannot_wait_for_its_own_end)
{
    cr_pool *pool = open_pool(1, 2);
    fake *request = make(0, false);
    request->request.complete = shut_down;
    request->request.data = pool;
    (void)submit(pool, request);
    wait_for(&called);
    cr_assert_eq(in_callback, CRUDDUR_E_INVALID_ARGUMENT);
    (void)submit_simple(pool, 0, false); /* still open */
    cr_pool_close(pool);
}
