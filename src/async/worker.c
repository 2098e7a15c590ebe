/* SPDX-License-Identifier: MIT */
/* The threads of a pool. */
#include "async/inside.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/thread.h"

/* ---- workers ---- */

/* The deadline became the reason why the request was cancelled, or would have been. */
static void judge_expired(cr_request *request)
{
    if (!request->is_expired || request->status != CRUDDUR_E_CANCELLED) {
        return;
    }
    bool is_unknown = cruddur_error_outcome_unknown(request->error);
    cruddur_error_free(request->error);
    request->status = cr_fail_with(&request->error, CRUDDUR_E_TIMEOUT,
                                   "the deadline of the request passed while it ran");
    if (is_unknown) {
        cr_error_set_outcome_unknown(&request->error);
    }
}

static void run(cr_pool *pool, cr_request *request)
{
    request->state = CR_REQUEST_RUNNING;
    if (!request->has_deadline_running) {
        cr_timer_remove(&pool->timer, request);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    request->run(request);
    (void)pthread_mutex_lock(&pool->lock);
    judge_expired(request);
}

/* With the lock, which is given back while the request runs and its callback is called. Those that
 * it took along come after it. */
static void carry_out(cr_pool *pool, cr_request *request)
{
    while (request != NULL) {
        run(pool, request);
        cr_timer_remove(&pool->timer, request);
        cr_ids_remove(&pool->ids, request);
        request = cr_pool_deliver(pool, request);
    }
}

static void *work(void *argument)
{
    cr_pool *pool = argument;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->is_ending) {
        cr_request *next = cr_request_list_pop(&pool->ready);
        if (next == NULL) {
            pool->idle++;
            (void)pthread_cond_wait(&pool->work, &pool->lock);
            pool->idle--;
            continue;
        }
        pool->ready_count--;
        carry_out(pool, next);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- the keeper ---- */

static void expire(cr_pool *pool)
{
    int64_t now_us = cr_clock_monotonic_us();
    while (cr_timer_next_us(&pool->timer) <= now_us) {
        cr_request *request = pool->timer.heap[0];
        cr_timer_remove(&pool->timer, request);
        if (request->state == CR_REQUEST_RUNNING) {
            request->is_expired = true;
            atomic_store(&request->cancel, true);
        } else {
            cr_pool_end_queued(pool, request, CRUDDUR_E_TIMEOUT);
        }
    }
}

static void wait_for_deadline(cr_pool *pool)
{
    int64_t next_us = cr_timer_next_us(&pool->timer);
    if (next_us == INT64_MAX) {
        (void)pthread_cond_wait(&pool->keep, &pool->lock);
    } else {
        (void)cr_condition_wait_until(&pool->keep, &pool->lock, next_us);
    }
}

static void *keep(void *argument)
{
    cr_pool *pool = argument;
    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->is_ending) {
        expire(pool);
        cr_request *ended = cr_request_list_pop(&pool->ended);
        if (ended != NULL) {
            (void)cr_pool_deliver(pool, ended);
        } else {
            wait_for_deadline(pool);
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- all of them ---- */

bool cr_pool_staff(cr_pool *pool)
{
    if (!pool->has_keeper) {
        pool->has_keeper = cr_thread_start(&pool->keeper, keep, pool);
    }
    if (pool->ready_count > pool->idle && pool->worker_count < pool->options.threads &&
        cr_thread_start(&pool->workers[pool->worker_count], work, pool)) {
        pool->worker_count++;
    }
    if (pool->idle > 0 && pool->ready_count > 0) {
        (void)pthread_cond_signal(&pool->work);
    }
    return pool->has_keeper && pool->worker_count > 0;
}

bool cr_pool_is_mine(const cr_pool *pool)
{
    bool is_mine = pool->has_keeper && pthread_equal(pool->keeper, pthread_self());
    for (size_t i = 0; !is_mine && i < pool->worker_count; i++) {
        is_mine = pthread_equal(pool->workers[i], pthread_self());
    }
    return is_mine;
}

void cr_pool_join(cr_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->is_ending = true;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_cond_signal(&pool->keep);
    (void)pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->worker_count; i++) {
        (void)pthread_join(pool->workers[i], NULL);
    }
    if (pool->has_keeper) {
        (void)pthread_join(pool->keeper, NULL);
    }
}
