/* SPDX-License-Identifier: MIT */
/* How long a follower goes on with what fails. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "processor/run.h"

#define US_PER_MS INT64_C(1000)
#define PATIENCE_US INT64_C(30000000)
#define PAUSE_MAX_MS 20000

static cruddur_follow_event told;
static bool had_message;
static unsigned times_told;

static void observe(void *data, const cruddur_follow_event *event)
{
    (void)data;
    told = *event;
    had_message = event->message != NULL;
    times_told++;
}

static const cruddur_follow_options options = {.observe = observe};
static const cr_call call = {.deadline_us = 0};

static void begin(cr_run *run, int64_t patience_us)
{
    *run = (cr_run){.options = &options, .call = &call, .patience_us = patience_us};
    cr_assert(cr_events_start(&run->events, &options, &call.logger));
    cr_assert_eq(pthread_mutex_init(&run->lock, NULL), 0);
    cr_assert_eq(pthread_cond_init(&run->changed, NULL), 0);
    times_told = 0;
}

static void end(cr_run *run)
{
    cr_events_end(&run->events);
    (void)pthread_cond_destroy(&run->changed);
    (void)pthread_mutex_destroy(&run->lock);
}

/* Waits until all was told so far. */
static void hear(cr_run *run)
{
    cr_events_end(&run->events);
    cr_assert(cr_events_start(&run->events, &options, &call.logger));
}

/* Fails as a job does that has been failing for so long. Returns the pause. */
static int64_t fail_after(cr_run *run, int64_t failing_for_us)
{
    int64_t due_us = -1;
    int64_t now_us = cr_clock_monotonic_us();
    cr_attempts attempts = {.failures = 20, .failing_since_us = now_us - failing_for_us};
    cr_run_fail(run, (cruddur_follow_event){.status = CRUDDUR_E_NETWORK, .lag_ms = 7}, &attempts,
                &due_us, NULL);
    hear(run);
    return due_us < 0 ? -1 : due_us - now_us;
}

Test(patience, a_pause_is_no_longer_than_what_is_left, .timeout = 300)
{
    cr_run run;
    begin(&run, PATIENCE_US);
    cr_assert_geq(fail_after(&run, 0), PAUSE_MAX_MS / 2 * US_PER_MS);
    cr_assert(told.kind == CRUDDUR_FOLLOW_TROUBLE && told.status == CRUDDUR_E_NETWORK);
    cr_assert(told.lag_ms == 7 && had_message);
    cr_assert_gt(fail_after(&run, PATIENCE_US - 5000 * US_PER_MS), 0);
    cr_assert_leq(told.wait_ms, 5000u, "%" PRIu32, told.wait_ms);
    cr_assert_eq(times_told, 2);
    cr_assert(!cr_run_is_over(&run));
    end(&run);
}

Test(patience, ends_when_it_is_over, .timeout = 300)
{
    cr_run run;
    begin(&run, PATIENCE_US);
    cr_assert_eq(fail_after(&run, PATIENCE_US), -1);
    cr_assert_eq(times_told, 0);
    cr_assert(cr_run_is_over(&run));
    cr_assert_eq(run.status, CRUDDUR_E_NETWORK);
    cr_assert_eq(fail_after(&run, 0), -1, "nobody tries again");
    end(&run);
}

Test(patience, none_is_asked_for, .timeout = 300)
{
    cr_run run;
    begin(&run, 0);
    cr_assert_geq(fail_after(&run, 1000 * PATIENCE_US), PAUSE_MAX_MS / 2 * US_PER_MS);
    cr_assert_leq(told.wait_ms, (uint32_t)PAUSE_MAX_MS);
    cr_assert(!cr_run_is_over(&run));
    end(&run);
}
