/* SPDX-License-Identifier: MIT */
/* The pool by itself, with requests that take along those that wait behind them. */
#include "async/fakes.h"

#include <stdlib.h>

#include "base/clock.h"

TestSuite(along, .timeout = 300);

#define ALONG_MAX 6

/* Takes those along that wait behind it, and does the work of all but every fourth. */
typedef struct leader {
    fake fake;
    cr_pool *pool;
    cr_request *along[ALONG_MAX];
    size_t count;
} leader;

static leader *leader_of(cr_request *request)
{
    return (leader *)request;
}

static void take_along(leader *self)
{
    self->count = 0;
    while (self->count < ALONG_MAX && (self->along[self->count] = cr_pool_take_along(
                                           self->pool, &self->fake.request, INT64_MIN)) != NULL) {
        self->count++;
    }
}

/* A gap stays a gap: the work of none behind it is done. */
static void set_down(leader *self)
{
    bool has_gap = false;
    for (size_t i = 0; i < self->count; i++) {
        has_gap = has_gap || self->along[i]->id % 4 == 0;
        cr_pool_set_down(self->pool, self->along[i], !has_gap);
    }
}

static void run_leading(cr_request *request)
{
    leader *self = leader_of(request);
    if (request->is_next) {
        request->status = CRUDDUR_OK;
        return;
    }
    take_along(self);
    run(request);
    set_down(self);
}

static leader *make_leader(cr_pool *pool, uint64_t lane, bool is_held)
{
    leader *made = calloc(1, sizeof(*made));
    cr_assert(made != NULL);
    made->fake.request.run = run_leading;
    made->fake.request.lane = lane;
    made->fake.request.may_go_along = true;
    made->fake.request.deadline_us = INT64_MAX;
    made->fake.is_held = is_held;
    made->pool = pool;
    return made;
}

/* A first one that keeps the lane, and those behind it, of which the first is a leader that holds
 * the others. */
static leader *lead(cr_pool *pool, uint64_t *ids, size_t count)
{
    (void)submit_simple(pool, 9, true);
    wait_for(&began);
    leader *first = make_leader(pool, 9, true);
    ids[0] = submit(pool, &first->fake);
    for (size_t i = 1; i < count; i++) {
        ids[i] = submit(pool, &make_leader(pool, 9, false)->fake);
    }
    (void)sem_post(&gate);
    expect_next(pool, 0, CRUDDUR_OK);
    wait_for(&began);
    return first;
}

Test(along, those_that_went_along_complete_in_their_order)
{
    enum { COUNT = 12 };
    uint64_t ids[COUNT];
    cr_pool *pool = open_pool(4, 100);
    leader *first = lead(pool, ids, COUNT);
    cr_assert_eq(first->count, ALONG_MAX);
    expect_none(pool);
    (void)sem_post(&gate);
    for (size_t i = 0; i < COUNT; i++) {
        expect_next(pool, ids[i], CRUDDUR_OK);
    }
    cr_pool_close(pool);
    cr_assert_eq(released, COUNT + 1);
}

Test(along, one_that_may_not_go_along_is_not_passed)
{
    uint64_t ids[2];
    cr_pool *pool = open_pool(4, 100);
    (void)submit_simple(pool, 9, true);
    wait_for(&began);
    leader *first = make_leader(pool, 9, false);
    ids[0] = submit(pool, &first->fake);
    uint64_t apart = submit_simple(pool, 9, true);
    ids[1] = submit(pool, &make_leader(pool, 9, false)->fake);
    (void)sem_post(&gate);
    expect_next(pool, 0, CRUDDUR_OK);
    expect_next(pool, ids[0], CRUDDUR_OK);
    wait_for(&began);
    expect_none(pool);
    (void)sem_post(&gate);
    expect_next(pool, apart, CRUDDUR_OK);
    expect_next(pool, ids[1], CRUDDUR_OK);
    cr_pool_close(pool);
}

/* Whoever has the call sees it once all in it were cancelled; each, that it was. */
Test(along, what_went_along_is_cancelled_with_all)
{
    enum { COUNT = 4 };
    uint64_t ids[COUNT];
    cr_pool *pool = open_pool(4, 100);
    leader *first = lead(pool, ids, COUNT);
    for (size_t i = COUNT; i-- > 0;) {
        cr_assert(!atomic_load(&first->fake.request.cancel_all));
        cr_assert_eq(cr_pool_cancel(pool, ids[i], NULL), CRUDDUR_OK);
        cr_assert(i == 0 || atomic_load(&first->along[i - 1]->cancel));
    }
    expect_next(pool, ids[2], CRUDDUR_E_CANCELLED); /* was set down, and ended in the queue */
    expect_next(pool, ids[3], CRUDDUR_E_CANCELLED);
    expect_next(pool, ids[0], CRUDDUR_E_CANCELLED);
    expect_next(pool, ids[1], CRUDDUR_OK); /* its work was done */
    cr_pool_close(pool);
}

Test(along, what_was_set_down_has_its_deadline_again)
{
    enum { COUNT = 4 };
    uint64_t ids[COUNT];
    cr_pool *pool = open_pool(4, 100);
    leader *first = lead(pool, ids, COUNT);
    cr_assert_eq(ids[2] % 4, 0);
    (void)pthread_mutex_lock(&pool->lock);
    first->along[1]->deadline_us = cr_clock_monotonic_us() - 1; /* while it was along */
    first->along[1]->is_in_doubt = true;
    (void)pthread_mutex_unlock(&pool->lock);
    first->fake.request.complete = hold_callback; /* what comes next waits for it */
    (void)sem_post(&gate);
    wait_for(&began);
    cr_request *timed_out;
    cr_assert_eq(cr_pool_next(pool, CRUDDUR_WAIT_FOREVER, &timed_out, NULL), CRUDDUR_OK);
    cr_assert_eq(timed_out->id, ids[2]);
    cr_assert_eq(timed_out->status, CRUDDUR_E_TIMEOUT);
    cr_assert(cruddur_error_outcome_unknown(timed_out->error));
    release(timed_out);
    (void)sem_post(&gate);
    expect_next(pool, ids[1], CRUDDUR_OK);
    expect_next(pool, ids[3], CRUDDUR_OK);
    cr_pool_close(pool);
}

static atomic_uint_fast64_t last_of_lane[8];
static atomic_size_t out_of_order;

static void note_order(void *data, cruddur_completion *completion)
{
    const cr_request *request = (const cr_request *)completion;
    (void)data;
    /* The others ended in the queue, ahead of those before them. */
    if (request->status == CRUDDUR_OK &&
        atomic_exchange(&last_of_lane[request->lane], request->id) > request->id) {
        atomic_fetch_add(&out_of_order, 1);
    }
    atomic_fetch_add(&callback_count, 1);
}

Test(along, each_completes_once_and_in_order_whoever_takes_it_along)
{
    enum { COUNT = 3000, LANES = 5 };
    atomic_uint_fast64_t latest = 0;
    atomic_bool ends = false;
    pthread_t thread;
    cr_pool *pool = open_pool(4, COUNT);
    canceller mine = {pool, &latest, &ends};
    cr_assert_eq(pthread_create(&thread, NULL, cancel_much, &mine), 0);
    for (size_t i = 0; i < COUNT; i++) {
        leader *next = make_leader(pool, 1 + i % LANES, false);
        next->fake.request.deadline_us = i % 7 == 0 ? cr_clock_monotonic_us() : INT64_MAX;
        next->fake.request.complete = note_order;
        atomic_store(&latest, submit(pool, &next->fake));
        if (i % 500 == 0) {
            cr_clock_sleep_us(1000);
        }
    }
    cr_assert_eq(cr_pool_shutdown(pool, false, CRUDDUR_WAIT_FOREVER, NULL), CRUDDUR_OK);
    atomic_store(&ends, true);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(pool->timer.count, 0);
    cr_pool_close(pool);
    cr_assert_eq(callback_count, COUNT);
    cr_assert_eq(released, COUNT);
    cr_assert_eq(out_of_order, 0);
}
