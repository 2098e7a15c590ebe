/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Calls that return at once: their completions, cancellation, and the end of a handle.
 *
 * Each call that can block has a second form, `cruddur_…_submit()` (submit.h), which copies its
 * arguments and returns. Threads of the handle make the call. Its completion has the result, and
 * comes in one of two ways:
 * - without a callback, cruddur_completion_next() returns it, and the descriptor of cruddur_fd() is
 *   readable as long as there are any. This is the way for event loops, and for other languages:
 *   the library calls nothing, on no thread;
 * - with the callback of #cruddur_submit_options, which runs on a thread of the library.
 *
 * Requests that change one group are made in the order in which they were submitted, also where
 * they are different calls: each begins when the one before it has completed, and its callback has
 * returned; but appends that wait directly behind each other are stored together
 * (cruddur_msg_append_submit()). Other requests overlap, and reads wait for nothing: submit a read
 * when the write that it is to see has completed. A request that is cancelled, or whose deadline
 * passes, while it is in the queue completes at once, and those after it still run.
 */
#ifndef CRUDDUR_COMPLETION_H
#define CRUDDUR_COMPLETION_H

#include <cruddur/group.h>
#include <cruddur/msg.h>
#include <cruddur/scan.h>
#include <cruddur/schema.h>
#include <cruddur/stream.h>
#include <cruddur/watch.h>

CRUDDUR_BEGIN_DECLS

/** The result of a request. It outlives the handle. Its accessors may be used by several threads,
 * its `take` functions by one at a time. */
typedef struct cruddur_completion cruddur_completion;

/** No end of waiting, in `timeout_ms` of cruddur_completion_next() and cruddur_shutdown(). */
#define CRUDDUR_WAIT_FOREVER UINT32_MAX

/* ---- the threads ---- */

/** The most threads that make the calls of one handle. */
#define CRUDDUR_ASYNC_THREADS_MAX 256
/** The most requests of one handle that can be in flight. */
#define CRUDDUR_ASYNC_REQUESTS_MAX 1000000

/** Options of cruddur_async_start(). Start from #CRUDDUR_ASYNC_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_async_options {
    /** `sizeof (cruddur_async_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** How many threads make the calls, 1 to #CRUDDUR_ASYNC_THREADS_MAX. They start when they are
     * needed; one more watches deadlines. */
    uint32_t threads;
    /** How many requests can be in flight: submitted, and their completions not received. 1 to
     * #CRUDDUR_ASYNC_REQUESTS_MAX. */
    uint32_t max_requests;
    /** Must be 0. */
    uint32_t reserved;
} cruddur_async_options;

/* clang-format off */
/** The defaults: 32 threads, 16,384 requests. */
#define CRUDDUR_ASYNC_OPTIONS_INIT {sizeof(cruddur_async_options), 0, 32, 16384, 0}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_ASYNC_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_async_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_async_options_init(cruddur_async_options *options, size_t size);

/**
 * Sets how many threads make the calls of a handle, and how many requests can be in flight. Without
 * it the first submission does so, with the defaults.
 *
 * @param dm      the store.
 * @param options the options; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *         #CRUDDUR_E_INVALID_ARGUMENT (an option, or the handle has been asked for its descriptor
 *         or given a request before), #CRUDDUR_E_STORE_FORKED, #CRUDDUR_E_NO_MEMORY,
 *         #CRUDDUR_E_INTERNAL (the system refused a lock or a thread).
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_async_start(cruddur *dm, const cruddur_async_options *options, cruddur_error **error);

/* ---- completions ---- */

/**
 * Returns a descriptor to poll: it is readable as long as cruddur_completion_next() has a
 * completion to return. Poll it for reading, level-triggered, and neither read, write nor close it:
 * it belongs to the handle, and lasts until cruddur_close(). Completions that a callback receives
 * do not concern it.
 *
 * @param dm     the store.
 * @param ret_fd receives the descriptor, the same each time.
 * @param error  receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STORE_FORKED,
 *         #CRUDDUR_E_NO_DESCRIPTORS, #CRUDDUR_E_NO_MEMORY, #CRUDDUR_E_INTERNAL.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_fd(cruddur *dm, int *ret_fd,
                                                       cruddur_error **error);

/**
 * Receives the next completion of a request without a callback, and waits for one if there is none.
 * Each completion is received once, by one of the threads that wait here.
 *
 * @param dm             the store.
 * @param timeout_ms     how long to wait at most, in milliseconds; 0: not at all;
 *                       #CRUDDUR_WAIT_FOREVER.
 * @param ret_completion receives the completion; free it with cruddur_completion_free(). NULL if
 *                       none came in time.
 * @param error          receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also if none came in time, and whatever the request's own status is; or
 *         - #CRUDDUR_E_CLOSING: cruddur_shutdown() was called, and there is no completion any more;
 *         - #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STORE_FORKED, #CRUDDUR_E_NO_MEMORY,
 *           #CRUDDUR_E_INTERNAL.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_completion_next(
    cruddur *dm, uint32_t timeout_ms, cruddur_completion **ret_completion, cruddur_error **error);

/**
 * Returns the request whose completion this is.
 *
 * @param completion a completion; not NULL, as for all its accessors.
 * @return the number that the submission returned; it is never 0.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API uint64_t cruddur_completion_request(const cruddur_completion *completion);

/**
 * Returns the caller's own pointer.
 *
 * @param completion a completion.
 * @return the `data` of the #cruddur_submit_options.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void *cruddur_completion_data(const cruddur_completion *completion);

/**
 * Returns which call was submitted.
 *
 * @param completion a completion.
 * @return a #cruddur_operation.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API uint32_t cruddur_completion_operation(const cruddur_completion *completion);

/**
 * Returns what the call returned.
 *
 * @param completion a completion.
 * @return the status; besides those of the call #CRUDDUR_E_CANCELLED (cruddur_request_cancel(),
 *         cruddur_shutdown() or cruddur_close()), and #CRUDDUR_E_TIMEOUT, also in the queue.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API cruddur_status cruddur_completion_status(const cruddur_completion *completion);

/**
 * Describes why the request failed.
 *
 * @param completion a completion.
 * @return the error, which the completion owns; NULL if the request succeeded, or the error was
 *         taken.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const cruddur_error *cruddur_completion_error(const cruddur_completion *completion);

/**
 * Tells whether the message was changed, as `ret_changed` of cruddur_msg_edit(),
 * cruddur_msg_delete() and cruddur_msg_react().
 *
 * @param completion a completion.
 * @return true if it was; false for every other call.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API bool cruddur_completion_changed(const cruddur_completion *completion);

/**
 * Takes the error of a request that failed out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_error_free(). NULL if
 *         it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_error *cruddur_completion_take_error(cruddur_completion *completion);

/**
 * Takes the page of cruddur_msg_list() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_msg_page_free(). NULL
 *         if it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_msg_page *cruddur_completion_take_msg_page(cruddur_completion *completion);

/**
 * Takes the message of cruddur_msg_append(), cruddur_msg_get(), cruddur_msg_edit(),
 * cruddur_msg_delete() or cruddur_msg_react() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_msg_free(). NULL if it
 *         has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_msg *cruddur_completion_take_msg(cruddur_completion *completion);

/**
 * Takes the page of cruddur_group_list() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_group_page_free().
 *         NULL if it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_group_page *cruddur_completion_take_group_page(cruddur_completion *completion);

/**
 * Takes the group of cruddur_group_create(), cruddur_group_get() or a change of a group out of a
 * completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_group_free(). NULL if
 *         it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_group *cruddur_completion_take_group(cruddur_completion *completion);

/**
 * Takes the members of cruddur_group_members() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_members_free(). NULL
 *         if it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_members *cruddur_completion_take_members(cruddur_completion *completion);

/**
 * Takes the page of cruddur_scan() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_row_page_free(). NULL
 *         if it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_row_page *cruddur_completion_take_row_page(cruddur_completion *completion);

/**
 * Takes the lines of cruddur_schema_verify() or cruddur_schema_list() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_lines_free(). NULL if
 *         it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_lines *cruddur_completion_take_lines(cruddur_completion *completion);

/**
 * Takes the result of cruddur_stream_apply() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; free it with cruddur_stream_result_free().
 *         NULL if it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_stream_result *
cruddur_completion_take_stream_result(cruddur_completion *completion);

/**
 * Takes the watch of cruddur_watch_open() out of a completion.
 *
 * @param completion a completion.
 * @return what it has, which belongs to the caller now; close it with cruddur_watch_close(). NULL
 *         if it has none, or no more.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API cruddur_watch *cruddur_completion_take_watch(cruddur_completion *completion);

/**
 * Frees a completion, with the result and the error that were not taken. One that a callback
 * receives belongs to the library: never free it.
 *
 * @param completion a completion of cruddur_completion_next(), or NULL.
 * Threads: any; no other thread may be using the completion. Since: 0.2.
 */
CRUDDUR_API void cruddur_completion_free(cruddur_completion *completion);

/* ---- cancellation, the end ---- */

/**
 * Cancels a request. It completes in any case: in the queue at once with #CRUDDUR_E_CANCELLED;
 * while it runs, soon, with that status or with the result that it had by then. An append that is
 * being stored together with others, or may be, completes when their change has ended. A cancelled
 * write may have been applied: cruddur_error_outcome_unknown() tells.
 *
 * @param dm      the store.
 * @param request the number that the submission returned.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also if it was cancelled before; or
 *         - #CRUDDUR_E_REQUEST_DONE: it has completed, whether or not the completion was received;
 *         - #CRUDDUR_E_INVALID_ARGUMENT: there never was such a request;
 *         - #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STORE_FORKED.
 * Threads: any, in callbacks too. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_request_cancel(cruddur *dm, uint64_t request,
                                                                   cruddur_error **error);

/** The requests in flight run to their end. */
#define CRUDDUR_SHUTDOWN_DRAIN 0u
/** The requests in flight are cancelled. */
#define CRUDDUR_SHUTDOWN_CANCEL 1u

/**
 * Ends submissions, and waits until all requests in flight have completed and their callbacks have
 * returned: before cruddur_close(), to lose no completion. From then on submissions fail with
 * #CRUDDUR_E_CLOSING; blocking calls still work. Completions that were not received wait for
 * cruddur_completion_next(). It may be called again, also to cancel what takes too long to drain.
 *
 * @param dm         the store.
 * @param mode       #CRUDDUR_SHUTDOWN_DRAIN or #CRUDDUR_SHUTDOWN_CANCEL.
 * @param timeout_ms how long to wait at most, in milliseconds; 0: not at all;
 *                   #CRUDDUR_WAIT_FOREVER.
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK when nothing is in flight; or
 *         - #CRUDDUR_E_TIMEOUT: something still is; submissions have ended all the same;
 *         - #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_INVALID_ARGUMENT (the mode, or a callback calls
 *           this with a time to wait), #CRUDDUR_E_STORE_FORKED, #CRUDDUR_E_NO_MEMORY,
 *           #CRUDDUR_E_INTERNAL.
 * Threads: any; in a callback only with a `timeout_ms` of 0. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_shutdown(cruddur *dm, uint32_t mode,
                                                             uint32_t timeout_ms,
                                                             cruddur_error **error);

CRUDDUR_END_DECLS

#endif
