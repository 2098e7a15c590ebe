/* SPDX-License-Identifier: MIT */
/* The same as library.c, of appends that were submitted. */
#include "world/faults/along.h"

#include "cruddur/submitting.h"

static along_cut now;

void faults_cut_along(along_cut cut)
{
    now = cut;
}

void __real_cr_pool_set_down(cr_pool *pool, cr_request *taken, bool is_done);
void __wrap_cr_pool_set_down(cr_pool *pool, cr_request *taken, bool is_done);

/* It has its result as soon as the change is stated. */
void __wrap_cr_pool_set_down(cr_pool *pool, cr_request *taken, bool is_done)
{
    cr_appending *along = cr_completion_of(taken)->appending;
    if (now == ALONG_CUT_ACKNOWLEDGEMENT && along != NULL && along->send.result != NULL) {
        along->send.is_together = true;
        is_done = true;
    }
    __real_cr_pool_set_down(pool, taken, is_done);
}

cr_request *__real_cr_pool_take_along(cr_pool *pool, cr_request *first, int64_t least_us);
cr_request *__wrap_cr_pool_take_along(cr_pool *pool, cr_request *first, int64_t least_us);

cr_request *__wrap_cr_pool_take_along(cr_pool *pool, cr_request *first, int64_t least_us)
{
    cr_request *next = __real_cr_pool_take_along(pool, first, least_us);
    cr_request *second = next != NULL && now == ALONG_CUT_LINE
                             ? __real_cr_pool_take_along(pool, first, least_us)
                             : NULL;
    if (second != NULL) {
        __real_cr_pool_set_down(pool, next, false);
    }
    return second != NULL ? second : next;
}
