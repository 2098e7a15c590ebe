/* SPDX-License-Identifier: MIT */
/* What the files of the pool share; pool.h says which they are. */
#ifndef CR_ASYNC_INSIDE_H
#define CR_ASYNC_INSIDE_H

#include <pthread.h>

#include "async/pool.h"
#include "base/beacon.h"

/* ---- timer.c: a heap of deadlines, the earliest first ---- */

typedef struct cr_timer {
    cr_request **heap;
    size_t count;
} cr_timer;

/* There is room. A request without a deadline stays out. */
void cr_timer_add(cr_timer *timer, cr_request *request);

/* Does nothing if it is not in it. */
void cr_timer_remove(cr_timer *timer, cr_request *request);

/* When the next deadline is; INT64_MAX: never. */
int64_t cr_timer_next_us(const cr_timer *timer);

/* ---- lanes.c, ids.c: two tables of as many buckets, a power of two ---- */

typedef struct cr_table {
    cr_request **buckets;
    size_t count;
} cr_table;

/* Whether it may run now: there is none before it in its lane. */
bool cr_lane_enter(cr_table *lanes, cr_request *request);

/* The first of the request's lane; the request itself if it has none. */
cr_request *cr_lane_first(cr_table *lanes, cr_request *request);

/* A request that waits leaves its place. */
void cr_lane_leave_waiting(cr_table *lanes, cr_request *request);

/* The first of a lane has ended: returns the one that may run now, or NULL. */
cr_request *cr_lane_leave_first(cr_table *lanes, cr_request *request);

void cr_ids_add(cr_table *ids, cr_request *request);
void cr_ids_remove(cr_table *ids, const cr_request *request);
cr_request *cr_ids_find(const cr_table *ids, uint64_t id);

/* ---- the pool ---- */

struct cr_pool {
    cr_pool_options options;
    pthread_mutex_t lock;     /* for all below */
    pthread_cond_t work;      /* a request is ready, or the workers are to end */
    pthread_cond_t keep;      /* the keeper has something to do, or another deadline */
    pthread_cond_t completed; /* a completion can be received, or none will come */
    pthread_cond_t drained;   /* nothing is in flight */

    cr_request_list ready;
    size_t ready_count;
    cr_request_list ended; /* in the queue, and not told to their callbacks */
    cr_request_list done;  /* to be received */
    cr_table ids;          /* of those that are not done */
    cr_table lanes;
    cr_timer timer;
    cr_beacon beacon;

    uint64_t last_id;
    size_t live; /* not completed, or its callback has not returned */
    size_t held; /* of the bound: not completed, or not received */
    size_t receivers;
    size_t idle; /* workers that wait */
    size_t worker_count;
    pthread_t *workers;
    pthread_t keeper;
    bool has_keeper;
    bool is_closing; /* takes no more requests */
    bool is_ending;  /* the threads end */
};

/* worker.c; with the lock. */

/* Has the ready requests carried out: wakes a worker or starts one. False if there is none. */
bool cr_pool_staff(cr_pool *pool);

/* Whether the calling thread is one of the pool's. */
bool cr_pool_is_mine(const cr_pool *pool);

/* Ends all threads. Without the lock. */
void cr_pool_join(cr_pool *pool);

/* pool.c; with the lock. */

void cr_pool_make_ready(cr_pool *pool, cr_request *request);

/* A request in the queue ends, with this status. */
void cr_pool_end_queued(cr_pool *pool, cr_request *request, cruddur_status status);

/* Hands a completed request to its receiver. For one with a callback: calls it, without the lock,
 * and frees the request. Returns the next of its lane if that was taken along and its work is done,
 * or NULL. */
cr_request *cr_pool_deliver(cr_pool *pool, cr_request *request);

#endif
