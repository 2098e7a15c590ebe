/* SPDX-License-Identifier: MIT */
#include "base/cancel.h"

#include "base/clock.h"

/* How long a cancelled wait goes on at most. */
#define LOOK_US INT64_C(10000)

int64_t cr_cancel_look_us(int64_t until_us, const atomic_bool *cancel)
{
    if (cancel == NULL) {
        return until_us;
    }
    int64_t look_us = cr_clock_monotonic_us() + LOOK_US;
    return until_us < look_us ? until_us : look_us;
}

bool cr_cancel_sleep_us(int64_t duration_us, const atomic_bool *cancel)
{
    if (cancel == NULL) {
        cr_clock_sleep_us(duration_us);
        return true;
    }
    int64_t until_us = cr_clock_monotonic_us() + duration_us;
    while (!cr_is_cancelled(cancel) && !cr_deadline_passed(until_us)) {
        cr_clock_sleep_us(cr_cancel_look_us(until_us, cancel) - cr_clock_monotonic_us());
    }
    return !cr_is_cancelled(cancel);
}

cruddur_status cr_fail_cancelled(cruddur_error **error)
{
    return cr_fail_with(error, CRUDDUR_E_CANCELLED, "the call was cancelled");
}
