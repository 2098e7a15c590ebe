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
 *   RUNNING  on a worker
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

/* *ret_request becomes NULL if none came in time. */
cruddur_status cr_pool_next(cr_pool *pool, uint32_t timeout_ms, cr_request **ret_request,
                            cruddur_error **error);

cruddur_status cr_pool_fd(cr_pool *pool, int *ret_fd, cruddur_error **error);

/* Ends submissions; waits until nothing is in flight. */
cruddur_status cr_pool_shutdown(cr_pool *pool, bool cancels, uint32_t timeout_ms,
                                cruddur_error **error);

#endif
