/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <errno.h>

#define US_PER_S INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

/* POSIX leaves clock_gettime no way to fail for these two clocks. */
static int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / NS_PER_US;
}

int64_t cr_clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t cr_clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

struct timespec cr_deadline_timespec(int64_t deadline_us)
{
    return (struct timespec){.tv_sec = (time_t)(deadline_us / US_PER_S),
                             .tv_nsec = (long)(deadline_us % US_PER_S * NS_PER_US)};
}

void cr_clock_sleep_us(int64_t duration_us)
{
    if (duration_us <= 0) {
        return; /* the system would take its turn from the thread all the same */
    }
    struct timespec until = cr_deadline_timespec(read_clock(CLOCK_MONOTONIC) + duration_us);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}
