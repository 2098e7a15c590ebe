/* SPDX-License-Identifier: MIT */
#include "async/fakes.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "base/clock.h"

sem_t began;
sem_t gate;
sem_t called;
atomic_size_t released;
atomic_uint_fast64_t callback_order[64];
atomic_size_t callback_count;

static fake *fake_of(cr_request *request)
{
    return (fake *)request;
}

void run(cr_request *request)
{
    request->status = CRUDDUR_OK;
    if (!fake_of(request)->is_held) {
        return;
    }
    (void)sem_post(&began);
    while (sem_trywait(&gate) != 0) {
        if (!cr_cancel_sleep_us(1000, &request->cancel)) {
            request->status = cr_fail_cancelled(&request->error);
            cr_error_set_outcome_unknown(&request->error);
            return;
        }
    }
}

void release(cr_request *request)
{
    cruddur_error_free(request->error);
    free(request);
    atomic_fetch_add(&released, 1);
}

void note_callback(void *data, cruddur_completion *completion)
{
    (void)data;
    callback_order[atomic_fetch_add(&callback_count, 1)] = ((cr_request *)completion)->id;
    (void)sem_post(&called);
}

cr_pool *open_pool(uint32_t threads, uint32_t max_requests)
{
    const cr_pool_options options = {threads, max_requests, release};
    cr_pool *pool;
    cr_assert_eq(sem_init(&began, 0, 0), 0);
    cr_assert_eq(sem_init(&gate, 0, 0), 0);
    cr_assert_eq(sem_init(&called, 0, 0), 0);
    cr_assert_eq(cr_pool_open(&options, &pool, NULL), CRUDDUR_OK);
    return pool;
}

fake *make(uint64_t lane, bool is_held)
{
    fake *made = calloc(1, sizeof(*made));
    cr_assert(made != NULL);
    made->request.run = run;
    made->request.lane = lane;
    made->request.deadline_us = INT64_MAX;
    made->is_held = is_held;
    return made;
}

uint64_t submit(cr_pool *pool, fake *request)
{
    uint64_t id = 0;
    cr_assert_eq(cr_pool_submit(pool, &request->request, &id, NULL), CRUDDUR_OK);
    cr_assert_neq(id, 0);
    return id;
}

uint64_t submit_simple(cr_pool *pool, uint64_t lane, bool is_held)
{
    return submit(pool, make(lane, is_held));
}

void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) {
    }
}

void expect_next(cr_pool *pool, uint64_t id, cruddur_status status)
{
    cr_request *request;
    cr_assert_eq(cr_pool_next(pool, CRUDDUR_WAIT_FOREVER, &request, NULL), CRUDDUR_OK);
    cr_assert(request != NULL);
    cr_assert(id == 0 || request->id == id, "%llu", (unsigned long long)request->id);
    cr_assert_eq(request->status, status);
    cr_assert_eq(cruddur_error_status(request->error), status);
    release(request);
}

void expect_none(cr_pool *pool)
{
    cr_request *request;
    cr_assert_eq(cr_pool_next(pool, 0, &request, NULL), CRUDDUR_OK);
    cr_assert(request == NULL);
}

void *cancel_much(void *argument)
{
    canceller *mine = argument;
    while (!atomic_load(mine->ends)) {
        uint64_t latest = atomic_load(mine->latest);
        for (uint64_t back = 0; back < 4 && back < latest; back++) {
            cruddur_status status = cr_pool_cancel(mine->pool, latest - back, NULL);
            cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_REQUEST_DONE);
        }
    }
    return NULL;
}

void hold_callback(void *data, cruddur_completion *completion)
{
    note_callback(data, completion);
    (void)sem_post(&began);
    wait_for(&gate);
}
