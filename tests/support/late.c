/* SPDX-License-Identifier: MIT */
#include "late.h"

#include <stdlib.h>
#include <time.h>

#define SLACK_US INT64_C(1000000)
#define WORK_US INT64_C(50000)
/* How busy a machine is changes from one moment to the next. */
#define MARGIN 3
/* Under valgrind, for example. */
#define SLOW 10

static int64_t read_us(clockid_t clock)
{
    struct timespec now = {0, 0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* How many times longer work takes than if this thread had a processor for itself. */
static int64_t slowness(void)
{
    int64_t began_us = read_us(CLOCK_MONOTONIC);
    int64_t worked_from_us = read_us(CLOCK_THREAD_CPUTIME_ID);
    while (read_us(CLOCK_THREAD_CPUTIME_ID) - worked_from_us < WORK_US) {
    }
    return (read_us(CLOCK_MONOTONIC) - began_us) / WORK_US;
}

bool test_is_late(int64_t took_us, int64_t limit_us)
{
    int64_t slack_us = getenv("CRUDDUR_TEST_SLOW") != NULL ? SLOW * SLACK_US : SLACK_US;
    if (took_us < limit_us + slack_us) {
        return false;
    }
    int64_t times = slowness();
    return times <= 1 || took_us >= limit_us + slack_us * times * MARGIN;
}

bool test_is_late_since(int64_t began_us, int64_t limit_us)
{
    return test_is_late(read_us(CLOCK_MONOTONIC) - began_us, limit_us);
}
