/* SPDX-License-Identifier: MIT */
#include "cruddur/submitting.h"

#include <stdlib.h>

/* ---- the pool of a handle ---- */

static void release(cr_request *request)
{
    cruddur_completion_free(cr_completion_of(request));
}

/* Of two threads that make one at the same time, one wins. */
static cruddur_status make_pool(cruddur *dm, const cruddur_async_options *options, bool is_first,
                                cr_pool **ret_pool, cruddur_error **error)
{
    const cr_pool_options wanted = {options->threads, options->max_requests, release};
    cr_pool *made = NULL;
    cr_pool *there = NULL;
    cruddur_status status = cr_pool_open(&wanted, &made, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (atomic_compare_exchange_strong(&dm->pool, &there, made)) {
        there = made;
    } else {
        cr_pool_close(made);
        status = is_first ? cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "dm",
                                             "has started already: call this before the first "
                                             "submission")
                          : CRUDDUR_OK;
    }
    *ret_pool = there;
    return status;
}

cruddur_status cr_handle_pool(cruddur *dm, cr_pool **ret_pool, cruddur_error **error)
{
    static const cruddur_async_options defaults = CRUDDUR_ASYNC_OPTIONS_INIT;
    *ret_pool = atomic_load(&dm->pool);
    return *ret_pool != NULL ? CRUDDUR_OK : make_pool(dm, &defaults, false, ret_pool, error);
}

static cruddur_status check_number(const char *argument, uint32_t number, uint32_t most,
                                   cruddur_error **error)
{
    return number >= 1 && number <= most
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, argument,
                                  "must be 1 to %u; it is %u", most, number);
}

static cruddur_status read_options(const cruddur_async_options *given,
                                   cruddur_async_options *options, cruddur_error **error)
{
    cruddur_status status =
        cr_read_struct("options", given, options, CR_STRUCT_0_2(ASYNC_OPTIONS, *options), error);
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options->flags, 0, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.reserved", options->reserved, 0, error);
    }
    if (status == CRUDDUR_OK) {
        status =
            check_number("options.threads", options->threads, CRUDDUR_ASYNC_THREADS_MAX, error);
    }
    return status == CRUDDUR_OK ? check_number("options.max_requests", options->max_requests,
                                               CRUDDUR_ASYNC_REQUESTS_MAX, error)
                                : status;
}

/* What all calls below begin with. In a child of fork() no lock is touched. */
static cruddur_status find_pool(cruddur *dm, const char *missing, cr_pool **ret_pool,
                                cruddur_error **error)
{
    if (dm == NULL || missing != NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : missing);
    }
    cruddur_status status = cr_handle_check(dm, error);
    return status == CRUDDUR_OK ? cr_handle_pool(dm, ret_pool, error) : status;
}

cruddur_status cruddur_async_start(cruddur *dm, const cruddur_async_options *given,
                                   cruddur_error **error)
{
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    cr_pool *pool = NULL;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_handle_check(dm, error);
    if (status == CRUDDUR_OK) {
        status = read_options(given, &options, error);
    }
    return status == CRUDDUR_OK ? make_pool(dm, &options, true, &pool, error) : status;
}

cruddur_status cruddur_fd(cruddur *dm, int *ret_fd, cruddur_error **error)
{
    cr_pool *pool = NULL;
    cruddur_status status = find_pool(dm, ret_fd == NULL ? "ret_fd" : NULL, &pool, error);
    return status == CRUDDUR_OK ? cr_pool_fd(pool, ret_fd, error) : status;
}

cruddur_status cruddur_completion_next(cruddur *dm, uint32_t timeout_ms,
                                       cruddur_completion **ret_completion, cruddur_error **error)
{
    cr_pool *pool = NULL;
    cr_request *request = NULL;
    if (ret_completion == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "ret_completion");
    }
    cruddur_status status = find_pool(dm, NULL, &pool, error);
    if (status == CRUDDUR_OK) {
        status = cr_pool_next(pool, timeout_ms, &request, error);
    }
    if (status == CRUDDUR_OK) {
        *ret_completion = request == NULL ? NULL : cr_completion_of(request);
    }
    return status;
}

cruddur_status cruddur_request_cancel(cruddur *dm, uint64_t request, cruddur_error **error)
{
    cr_pool *pool = NULL;
    cruddur_status status = find_pool(dm, NULL, &pool, error);
    return status == CRUDDUR_OK ? cr_pool_cancel(pool, request, error) : status;
}

cruddur_status cruddur_shutdown(cruddur *dm, uint32_t mode, uint32_t timeout_ms,
                                cruddur_error **error)
{
    cr_pool *pool = NULL;
    cruddur_status status = find_pool(dm, NULL, &pool, error);
    if (status == CRUDDUR_OK && mode > CRUDDUR_SHUTDOWN_CANCEL) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "mode",
                                  "must be CRUDDUR_SHUTDOWN_DRAIN or CRUDDUR_SHUTDOWN_CANCEL");
    }
    return status == CRUDDUR_OK
               ? cr_pool_shutdown(pool, mode == CRUDDUR_SHUTDOWN_CANCEL, timeout_ms, error)
               : status;
}

/* ---- a completion ---- */

uint64_t cruddur_completion_request(const cruddur_completion *completion)
{
    return completion->request.id;
}

void *cruddur_completion_data(const cruddur_completion *completion)
{
    return completion->request.data;
}

uint32_t cruddur_completion_operation(const cruddur_completion *completion)
{
    return completion->operation->number;
}

cruddur_status cruddur_completion_status(const cruddur_completion *completion)
{
    return completion->request.status;
}

const cruddur_error *cruddur_completion_error(const cruddur_completion *completion)
{
    return completion->request.error;
}

bool cruddur_completion_changed(const cruddur_completion *completion)
{
    return completion->out.is_changed;
}

cruddur_error *cruddur_completion_take_error(cruddur_completion *completion)
{
    cruddur_error *error = completion->request.error;
    completion->request.error = NULL;
    return error;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): names of types */
/* cruddur_completion_take_NAME() */
#define DEFINE_TAKE(name, end)                                                                     \
    cruddur_##name *cruddur_completion_take_##name(cruddur_completion *completion)                 \
    {                                                                                              \
        bool has_it = completion->product == CR_PRODUCT_##name;                                    \
        cruddur_##name *taken = has_it ? completion->out.name : NULL;                              \
        completion->product = has_it ? CR_PRODUCT_none : completion->product;                      \
        return taken;                                                                              \
    }
CR_PRODUCTS(DEFINE_TAKE)
/* NOLINTEND(bugprone-macro-parentheses) */

void cruddur_completion_free(cruddur_completion *completion)
{
    if (completion == NULL) {
        return;
    }
    switch (completion->product) {
    case CR_PRODUCT_none:
        break;
#define FREE_PRODUCT(name, end)                                                                    \
    case CR_PRODUCT_##name:                                                                        \
        cruddur_##name##_##end(completion->out.name);                                              \
        break;
        CR_PRODUCTS(FREE_PRODUCT)
    }
    cr_appending_drop(completion->appending);
    cruddur_error_free(completion->request.error);
    free(completion);
}
