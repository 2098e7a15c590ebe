/* SPDX-License-Identifier: MIT */
/* Requests that threads of a handle carry out: a bounded queue, deadlines, cancellation,
 * completions.
 *
 *   lanes.c   which request may run: order within a lane
 *   timer.c   which deadline is next
 *   ids.c     a request by its number
 *   pool.c    submission, cancellation, completions, the end
 *   worker.c  the threads
 *
 * A request is in one state at a time, under the lock of the pool:
 *
 *   WAITING  behind another one of its lane
 *   READY    in the queue
 *   RUNNING  on a worker; or taken along by the first of its lane, which is on one
 *   DONE     completed: its completion waits for a receiver, or is with its callback
 *
 * Workers carry requests out. One more thread, the keeper, ends those whose deadline passes in the
 * queue, however busy the workers are, and calls the callbacks of those that ended there. While
 * such a callback runs, other deadlines wait. */
#ifndef CR_ASYNC_POOL_H
#define CR_ASYNC_POOL_H

#include <cruddur/submit.h>

#include "async/request.h"

typedef struct cr_pool cr_pool;

typedef struct cr_pool_options {
    uint32_t threads;
    uint32_t max_requests;
    /* Gives back a completed request that no receiver has got. */
    void (*release)(cr_request *request);
} cr_pool_options;

/* Starts no thread yet. */
cruddur_status cr_pool_open(const cr_pool_options *options, cr_pool **ret_pool,
                            cruddur_error **error);

/* Cancels what is in flight, waits for it, and frees the pool. */
void cr_pool_close(cr_pool *pool);

/* Whether the calling thread is one of the pool's: a callback's. */
bool cr_pool_has_caller(cr_pool *pool);

/* Takes the request over if it succeeds; it may be gone at once, so *id is its number. */
cruddur_status cr_pool_submit(cr_pool *pool, cr_request *request, uint64_t *id,
                              cruddur_error **error);

cruddur_status cr_pool_cancel(cr_pool *pool, uint64_t id, cruddur_error **error);

/* For the first of a lane, while it runs: takes along the request that waits directly behind those
 * that it has taken along already. Returns NULL if there is none, it may not go along, or its
 * deadline is before `least_us`. It keeps its place in the lane, and must be set down again. The
 * pool cancels what both are in by `cancel_all` of the first, once all in it were cancelled. */
cr_request *cr_pool_take_along(cr_pool *pool, cr_request *first, int64_t least_us);

/* If its work is done, it runs after the requests before it on the same worker, and only has to say
 * what came of it. Otherwise it waits again, with those behind it. To be called in the order of the
 * lane. */
void cr_pool_set_down(cr_pool *pool, cr_request *taken, bool is_done);

/* *ret_request becomes NULL if none came in time. */
cruddur_status cr_pool_next(cr_pool *pool, uint32_t timeout_ms, cr_request **ret_request,
                            cruddur_error **error);

cruddur_status cr_pool_fd(cr_pool *pool, int *ret_fd, cruddur_error **error);

/* Ends submissions; waits until nothing is in flight. */
cruddur_status cr_pool_shutdown(cr_pool *pool, bool cancels, uint32_t timeout_ms,
                                cruddur_error **error);

#endif
