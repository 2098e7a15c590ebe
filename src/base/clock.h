/* SPDX-License-Identifier: MIT */
/* Clocks and deadlines, in microseconds. */
#ifndef CR_BASE_CLOCK_H
#define CR_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Since the epoch. */
int64_t cr_clock_now_us(void);

/* Since some moment; never goes back. Deadlines are on this clock. */
int64_t cr_clock_monotonic_us(void);

static inline bool cr_deadline_passed(int64_t deadline_us)
{
    return cr_clock_monotonic_us() >= deadline_us;
}

/* A deadline as the system takes it. */
struct timespec cr_deadline_timespec(int64_t deadline_us);

/* Sleeps for that long, whatever signals come; not at all where it is not positive. */
void cr_clock_sleep_us(int64_t duration_us);

#endif
