/* SPDX-License-Identifier: MIT */
#include "base/cancel.h"

#include "base/clock.h"

/* How long a cancelled wait goes on at most. */
#define LOOK_US INT64_C(10000)

int64_t cr_cancel_look_us(int64_t until_us, const atomic_bool *cancel)
{
    int64_t look_us = cr_clock_monotonic_us() + LOOK_US;
    return cancel == NULL || until_us < look_us ? until_us : look_us;
}

bool cr_cancel_sleep_us(int64_t duration_us, const atomic_bool *cancel)
{
    int64_t until_us = cr_clock_monotonic_us() + duration_us;
    int64_t left_us = duration_us;
    while (left_us > 0 && !cr_is_cancelled(cancel)) {
        cr_clock_sleep_us(cancel == NULL || left_us < LOOK_US ? left_us : LOOK_US);
        left_us = until_us - cr_clock_monotonic_us();
    }
    return !cr_is_cancelled(cancel);
}

cruddur_status cr_fail_cancelled(cruddur_error **error)
{
    return cr_fail_with(error, CRUDDUR_E_CANCELLED, "the call was cancelled");
}
