/* SPDX-License-Identifier: MIT */
#include "async/pool.h"

#include <stdlib.h>

#include "async/inside.h"
#include "base/clock.h"
#include "base/condition.h"

#define US_PER_MS 1000
/* So many requests share a bucket at most, on average. */
#define REQUESTS_PER_BUCKET 4

/* ---- making and freeing it ---- */

static bool make_table(cr_table *table, size_t requests)
{
    table->count = 64;
    while (table->count * REQUESTS_PER_BUCKET < requests) {
        table->count *= 2;
    }
    table->buckets = calloc(table->count, sizeof(cr_request *));
    return table->buckets != NULL;
}

static bool make_tables(cr_pool *pool)
{
    size_t requests = pool->options.max_requests;
    pool->timer.heap = malloc(requests * sizeof(cr_request *));
    pool->workers = malloc(pool->options.threads * sizeof(pthread_t));
    return make_table(&pool->ids, requests) && make_table(&pool->lanes, requests) &&
           pool->timer.heap != NULL && pool->workers != NULL;
}

static void free_tables(cr_pool *pool)
{
    free(pool->ids.buckets);
    free(pool->lanes.buckets);
    free(pool->timer.heap);
    free(pool->workers);
}

#define CONDITIONS 4

static void destroy_conditions(cr_pool *pool, size_t count)
{
    pthread_cond_t *conditions[CONDITIONS] = {&pool->work, &pool->keep, &pool->completed,
                                              &pool->drained};
    for (size_t i = 0; i < count; i++) {
        (void)pthread_cond_destroy(conditions[i]);
    }
}

static bool init_locks(cr_pool *pool)
{
    pthread_cond_t *conditions[CONDITIONS] = {&pool->work, &pool->keep, &pool->completed,
                                              &pool->drained};
    if (pthread_mutex_init(&pool->lock, NULL) != 0) {
        return false;
    }
    for (size_t i = 0; i < CONDITIONS; i++) {
        if (!cr_condition_init(conditions[i])) {
            destroy_conditions(pool, i);
            (void)pthread_mutex_destroy(&pool->lock);
            return false;
        }
    }
    return true;
}

cruddur_status cr_pool_open(const cr_pool_options *options, cr_pool **ret_pool,
                            cruddur_error **error)
{
    cr_pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return cr_fail_memory(error);
    }
    pool->options = *options;
    pool->beacon = (cr_beacon)CR_BEACON_INIT;
    cruddur_status status = CRUDDUR_OK;
    if (!make_tables(pool)) {
        status = cr_fail_memory(error);
    } else if (!init_locks(pool)) {
        status = cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system refused a lock");
    }
    if (status != CRUDDUR_OK) {
        free_tables(pool);
        free(pool);
        return status;
    }
    *ret_pool = pool;
    return CRUDDUR_OK;
}

bool cr_pool_has_caller(cr_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    bool is_mine = cr_pool_is_mine(pool);
    (void)pthread_mutex_unlock(&pool->lock);
    return is_mine;
}

void cr_pool_close(cr_pool *pool)
{
    cr_request *left;
    (void)cr_pool_shutdown(pool, true, CRUDDUR_WAIT_FOREVER, NULL);
    cr_pool_join(pool);
    while ((left = cr_request_list_pop(&pool->done)) != NULL) {
        pool->options.release(left);
    }
    cr_beacon_close(&pool->beacon);
    destroy_conditions(pool, CONDITIONS);
    (void)pthread_mutex_destroy(&pool->lock);
    free_tables(pool);
    free(pool);
}

/* ---- completion ---- */

void cr_pool_make_ready(cr_pool *pool, cr_request *request)
{
    request->state = CR_REQUEST_READY;
    cr_request_list_push(&pool->ready, request);
    pool->ready_count++;
}

/* The next of its lane may run: returns it if it is to do so at once. */
static cr_request *leave_lane(cr_pool *pool, cr_request *request)
{
    cr_request *next = cr_lane_leave_first(&pool->lanes, request);
    if (next == NULL || next->is_next) {
        return next;
    }
    cr_pool_make_ready(pool, next);
    (void)cr_pool_staff(pool);
    return NULL;
}

static void count_down(cr_pool *pool)
{
    if (--pool->live == 0 && pool->is_closing) {
        (void)pthread_cond_broadcast(&pool->drained);
        (void)pthread_cond_broadcast(&pool->completed);
    }
}

static void call_back(cr_pool *pool, cr_request *request)
{
    pool->held--;
    (void)pthread_mutex_unlock(&pool->lock);
    request->complete(request->data, (cruddur_completion *)request);
    (void)pthread_mutex_lock(&pool->lock);
}

static void put_out(cr_pool *pool, cr_request *request)
{
    cr_request_list_push(&pool->done, request);
    cr_beacon_raise(&pool->beacon);
    if (pool->receivers > 0) {
        (void)pthread_cond_signal(&pool->completed);
    }
}

cr_request *cr_pool_deliver(cr_pool *pool, cr_request *request)
{
    cr_request *next = NULL;
    bool was_queued = request->state == CR_REQUEST_DONE;
    bool has_callback = request->complete != NULL;
    request->state = CR_REQUEST_DONE;
    if (has_callback) {
        call_back(pool, request);
    } else {
        put_out(pool, request);
    }
    if (!was_queued) {
        next = leave_lane(pool, request);
    }
    count_down(pool);
    if (has_callback) {
        (void)pthread_mutex_unlock(&pool->lock);
        pool->options.release(request);
        (void)pthread_mutex_lock(&pool->lock);
    }
    return next;
}

void cr_pool_end_queued(cr_pool *pool, cr_request *request, cruddur_status status)
{
    if (request->state == CR_REQUEST_READY) {
        cr_request_list_remove(&pool->ready, request);
        pool->ready_count--;
        (void)leave_lane(pool, request); /* it has not run, so it took none along */
    } else {
        cr_lane_leave_waiting(&pool->lanes, request);
    }
    cr_timer_remove(&pool->timer, request);
    cr_ids_remove(&pool->ids, request);
    request->state = CR_REQUEST_DONE;
    request->status =
        status == CRUDDUR_E_CANCELLED
            ? cr_fail_with(&request->error, status, "the request was cancelled in the queue")
            : cr_fail_with(&request->error, status,
                           "the deadline passed while the request was in the queue");
    if (request->is_in_doubt) {
        cr_error_set_outcome_unknown(&request->error);
    }
    if (request->complete == NULL) {
        (void)cr_pool_deliver(pool, request);
    } else {
        cr_request_list_push(&pool->ended, request);
        (void)pthread_cond_signal(&pool->keep);
    }
}

/* ---- submission and cancellation ---- */

static void watch_deadline(cr_pool *pool, cr_request *request)
{
    int64_t next_us = cr_timer_next_us(&pool->timer);
    cr_timer_add(&pool->timer, request);
    if (cr_timer_next_us(&pool->timer) < next_us) {
        (void)pthread_cond_signal(&pool->keep);
    }
}

static void enter(cr_pool *pool, cr_request *request)
{
    request->id = ++pool->last_id;
    request->state = CR_REQUEST_WAITING;
    pool->live++;
    pool->held++;
    cr_ids_add(&pool->ids, request);
    watch_deadline(pool, request);
    if (cr_lane_enter(&pool->lanes, request)) {
        cr_pool_make_ready(pool, request);
    }
}

/* No thread could be started: the request is given back. There is no other one in flight. */
static cruddur_status give_back(cr_pool *pool, cr_request *request, cruddur_error **error)
{
    cr_request_list_remove(&pool->ready, request);
    pool->ready_count--;
    (void)cr_lane_leave_first(&pool->lanes, request);
    cr_timer_remove(&pool->timer, request);
    cr_ids_remove(&pool->ids, request);
    pool->live--;
    pool->held--;
    return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system refused a thread");
}

cruddur_status cr_pool_submit(cr_pool *pool, cr_request *request, uint64_t *id,
                              cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    (void)pthread_mutex_lock(&pool->lock);
    if (pool->is_closing) {
        status = cr_fail_with(error, CRUDDUR_E_CLOSING,
                              "cruddur_shutdown() was called: the handle takes no more requests");
    } else if (pool->held >= pool->options.max_requests) {
        status = cr_fail_with(error, CRUDDUR_E_QUEUE_FULL,
                              "%zu requests are in flight, as many as the handle takes; receive "
                              "their completions first",
                              pool->held);
    } else {
        enter(pool, request);
        *id = request->id;
        status = cr_pool_staff(pool) ? CRUDDUR_OK : give_back(pool, request, error);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}

/* Whether it was cancelled, and all that it has taken along. */
static bool are_cancelled(const cr_request *first)
{
    bool are = atomic_load(&first->cancel);
    for (const cr_request *along = first->behind.first;
         are && along != NULL && along->state == CR_REQUEST_RUNNING; along = along->next) {
        are = atomic_load(&along->cancel);
    }
    return are;
}

static void cancel(cr_pool *pool, cr_request *request)
{
    if (request->state == CR_REQUEST_RUNNING) {
        cr_request *first = cr_lane_first(&pool->lanes, request);
        atomic_store(&request->cancel, true);
        atomic_store(&first->cancel_all, are_cancelled(first));
    } else {
        cr_pool_end_queued(pool, request, CRUDDUR_E_CANCELLED);
    }
}

cruddur_status cr_pool_cancel(cr_pool *pool, uint64_t id, cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    (void)pthread_mutex_lock(&pool->lock);
    cr_request *request = cr_ids_find(&pool->ids, id);
    if (request != NULL) {
        cancel(pool, request);
    } else if (id != 0 && id <= pool->last_id) {
        status = cr_fail_with(error, CRUDDUR_E_REQUEST_DONE,
                              "the request %llu has completed already", (unsigned long long)id);
    } else {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "request",
                                  "is not the number of a request of this handle");
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}

/* ---- taking along ---- */

cr_request *cr_pool_take_along(cr_pool *pool, cr_request *first, int64_t least_us)
{
    (void)pthread_mutex_lock(&pool->lock);
    cr_request *next = first->behind.first;
    while (next != NULL && next->state == CR_REQUEST_RUNNING) {
        next = next->next;
    }
    if (next != NULL && next->may_go_along && next->deadline_us >= least_us &&
        !atomic_load(&first->cancel)) {
        next->state = CR_REQUEST_RUNNING;
        cr_timer_remove(&pool->timer, next);
    } else {
        next = NULL;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return next;
}

void cr_pool_set_down(cr_pool *pool, cr_request *taken, bool is_done)
{
    (void)pthread_mutex_lock(&pool->lock);
    taken->is_next = is_done;
    if (!is_done) {
        cr_request *first = cr_lane_first(&pool->lanes, taken);
        taken->state = CR_REQUEST_WAITING;
        watch_deadline(pool, taken);
        atomic_store(&first->cancel_all, are_cancelled(first));
    }
    if (!is_done && atomic_load(&taken->cancel)) {
        cr_pool_end_queued(pool, taken, CRUDDUR_E_CANCELLED);
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

/* ---- receiving ---- */

static int64_t end_of_wait(uint32_t timeout_ms)
{
    return timeout_ms == CRUDDUR_WAIT_FOREVER
               ? INT64_MAX
               : cr_clock_monotonic_us() + (int64_t)timeout_ms * US_PER_MS;
}

/* Returns false once that moment has passed. With the lock. */
static bool wait_until(pthread_cond_t *condition, cr_pool *pool, int64_t until_us)
{
    if (until_us == INT64_MAX) {
        (void)pthread_cond_wait(condition, &pool->lock);
        return true;
    }
    return !cr_deadline_passed(until_us) &&
           (cr_condition_wait_until(condition, &pool->lock, until_us) ||
            !cr_deadline_passed(until_us));
}

static bool is_over(const cr_pool *pool)
{
    return pool->is_closing && pool->live == 0;
}

cruddur_status cr_pool_next(cr_pool *pool, uint32_t timeout_ms, cr_request **ret_request,
                            cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    int64_t until_us = timeout_ms == 0 ? 0 : end_of_wait(timeout_ms);
    (void)pthread_mutex_lock(&pool->lock);
    pool->receivers++;
    while (pool->done.first == NULL && !is_over(pool) && timeout_ms != 0 &&
           wait_until(&pool->completed, pool, until_us)) {
    }
    pool->receivers--;
    *ret_request = cr_request_list_pop(&pool->done);
    if (*ret_request != NULL) {
        pool->held--;
    } else if (is_over(pool)) {
        status = cr_fail_with(error, CRUDDUR_E_CLOSING,
                              "cruddur_shutdown() was called: no completion will come any more");
    }
    if (pool->done.first == NULL) {
        cr_beacon_lower(&pool->beacon);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}

cruddur_status cr_pool_fd(cr_pool *pool, int *ret_fd, cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    (void)pthread_mutex_lock(&pool->lock);
    if (cr_beacon_fd(&pool->beacon) < 0) {
        status = cr_beacon_init(&pool->beacon, error);
        if (status == CRUDDUR_OK && pool->done.first != NULL) {
            cr_beacon_raise(&pool->beacon);
        }
    }
    if (status == CRUDDUR_OK) {
        *ret_fd = cr_beacon_fd(&pool->beacon);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}

/* ---- the end ---- */

static void cancel_those(cr_pool *pool, bool is_waiting)
{
    for (size_t i = 0; i < pool->ids.count; i++) {
        cr_request *next;
        for (cr_request *at = pool->ids.buckets[i]; at != NULL; at = next) {
            next = at->next_of_id;
            if ((at->state == CR_REQUEST_WAITING) == is_waiting) {
                cancel(pool, at);
            }
        }
    }
}

/* First those that wait in a lane: else the end of the one before would have them carried out, or
 * start threads for that. */
static void cancel_all(cr_pool *pool)
{
    cancel_those(pool, true);
    cancel_those(pool, false);
}

cruddur_status cr_pool_shutdown(cr_pool *pool, bool cancels, uint32_t timeout_ms,
                                cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    int64_t until_us = timeout_ms == 0 ? 0 : end_of_wait(timeout_ms);
    (void)pthread_mutex_lock(&pool->lock);
    if (timeout_ms != 0 && cr_pool_is_mine(pool)) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "timeout_ms",
                                  "must be 0 in a callback, which would wait for itself");
    } else {
        pool->is_closing = true;
        if (cancels) {
            cancel_all(pool);
        }
        while (pool->live > 0 && timeout_ms != 0 && wait_until(&pool->drained, pool, until_us)) {
        }
        if (pool->live > 0) {
            status = cr_fail_with(error, CRUDDUR_E_TIMEOUT, "%zu requests are still in flight",
                                  pool->live);
        } else {
            (void)pthread_cond_broadcast(&pool->completed);
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}
