/* SPDX-License-Identifier: MIT */
#include "base/condition.h"

#include "base/clock.h"

bool cr_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    bool is_good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                   pthread_cond_init(condition, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    return is_good;
}

bool cr_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us)
{
    struct timespec until = cr_deadline_timespec(until_us);
    return pthread_cond_timedwait(condition, mutex, &until) == 0;
}
