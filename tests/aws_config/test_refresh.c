/* SPDX-License-Identifier: MIT */
/* Keeping an identity fresh, under a clock that can be put forward, with many threads. */
#include "bed.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "support/late.h"

#define THREADS 16
#define HOUR (60 * MINUTE)

/* ---- the clock ---- */

static _Atomic int64_t forward_us;

int64_t __real_cr_clock_now_us(void);       /* NOLINT */
int64_t __wrap_cr_clock_now_us(void);       /* NOLINT */
int64_t __real_cr_clock_monotonic_us(void); /* NOLINT */
int64_t __wrap_cr_clock_monotonic_us(void); /* NOLINT */

int64_t __wrap_cr_clock_now_us(void) /* NOLINT */
{
    return __real_cr_clock_now_us() + atomic_load(&forward_us);
}

int64_t __wrap_cr_clock_monotonic_us(void) /* NOLINT */
{
    return __real_cr_clock_monotonic_us() + atomic_load(&forward_us);
}

/* Waits are by the real clock; by the other where deadlines come from the latter. */
static _Atomic int64_t waits_forward_us;

struct timespec __real_cr_deadline_timespec(int64_t deadline_us); /* NOLINT */
struct timespec __wrap_cr_deadline_timespec(int64_t deadline_us); /* NOLINT */

struct timespec __wrap_cr_deadline_timespec(int64_t deadline_us) /* NOLINT */
{
    return __real_cr_deadline_timespec(deadline_us - atomic_load(&waits_forward_us));
}

/* How many fetches have been noted: what tells all who wait. */
static atomic_int noted;

int __real_pthread_cond_broadcast(pthread_cond_t *cond); /* NOLINT */
int __wrap_pthread_cond_broadcast(pthread_cond_t *cond); /* NOLINT */

int __wrap_pthread_cond_broadcast(pthread_cond_t *cond) /* NOLINT */
{
    (void)atomic_fetch_add(&noted, 1);
    return __real_pthread_cond_broadcast(cond);
}

static int64_t within(int64_t us)
{
    return __real_cr_clock_monotonic_us() + us;
}

/* Criterion's assertions are for its own thread only: what others find wrong is counted. */
static atomic_int wrongs;

static void check(bool is_right)
{
    (void)atomic_fetch_add(&wrongs, is_right ? 0 : 1);
}

/* ---- a source that does what it is told ---- */

typedef struct source {
    _Atomic int64_t lifetime_us; /* of what it gives; negative: it has expired already */
    _Atomic int64_t delay_us;
    atomic_bool is_held; /* no fetch ends */
    atomic_bool fails;
    _Atomic cruddur_status status; /* with which it fails */
    atomic_bool is_cancelled;
    atomic_int fetches;
    atomic_int running;
    atomic_int running_max;
    atomic_int freed;
    atomic_bool had_signals;
} source;

static cruddur_status fetch(void *context, int64_t deadline_us, const cr_identity **ret_identity,
                            cruddur_error **error)
{
    source *from = context;
    char id[32];
    sigset_t blocked;
    int running = atomic_fetch_add(&from->running, 1) + 1;
    if (running > atomic_load(&from->running_max)) {
        atomic_store(&from->running_max, running);
    }
    (void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    atomic_store(&from->had_signals, sigismember(&blocked, SIGTERM) == 0);
    check(deadline_us > 0);
    int64_t until_us = within(atomic_load(&from->delay_us));
    while ((__real_cr_clock_monotonic_us() < until_us || atomic_load(&from->is_held)) &&
           !atomic_load(&from->is_cancelled)) {
        cr_clock_sleep_us(500);
    }
    int number = atomic_fetch_add(&from->fetches, 1) + 1;
    (void)atomic_fetch_sub(&from->running, 1);
    if (atomic_load(&from->fails)) {
        return cr_fail_with(error, atomic_load(&from->status), "the source is down (%d)", number);
    }
    (void)snprintf(id, sizeof(id), "AKID%d", number);
    const cr_identity fields = {.access_key_id = cr_str_of(id),
                                .secret_access_key = cr_str_of("secret"),
                                .expires_at_us =
                                    cr_clock_now_us() + atomic_load(&from->lifetime_us)};
    *ret_identity = cr_identity_new(&fields);
    return *ret_identity == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

static void cancel(void *context)
{
    atomic_store(&((source *)context)->is_cancelled, true);
}

static void count_free(void *context)
{
    (void)atomic_fetch_add(&((source *)context)->freed, 1);
}

static source from;
static cr_credentials *credentials;
static cruddur_error *error;
static atomic_int warnings;
static atomic_bool hook_is_held; /* the log hook does not return */

static void count_warning(void *data, uint32_t level, const char *message)
{
    (void)data;
    while (atomic_load(&hook_is_held)) {
        cr_clock_sleep_us(1000);
    }
    check(level == CRUDDUR_LOG_WARNING && strstr(message, "the source is down") != NULL);
    (void)atomic_fetch_add(&warnings, 1);
}

static void set_up(void)
{
    cr_identity_source made = {fetch, cancel, count_free, &from};
    cr_logger logger = {count_warning, NULL};
    atomic_store(&from.lifetime_us, 6 * HOUR);
    atomic_store(&from.status, CRUDDUR_E_NETWORK);
    cr_assert_eq(cr_credentials_new(&made, logger, &credentials, &error), CRUDDUR_OK);
}

static void tear_down(void)
{
    cr_credentials_free(credentials);
    cr_expect_eq(atomic_load(&from.freed), 1);
    cr_expect_leq(atomic_load(&from.running_max), 1);
    cr_expect_eq(atomic_load(&wrongs), 0);
}

TestSuite(refresh, .init = set_up, .fini = tear_down, .timeout = 300);

/* The number of the identity that is handed out; 0: none. For any thread. */
static int get(void)
{
    const cr_identity *identity = NULL;
    int number = 0;
    if (cr_credentials_get(credentials, within(MINUTE), NULL, &identity, NULL) == CRUDDUR_OK) {
        check(sscanf(identity->access_key_id.data, "AKID%d", &number) == 1); /* NOLINT */
        cr_identity_release(identity);
    }
    return number;
}

static void put_forward(int64_t us)
{
    (void)atomic_fetch_add(&forward_us, us);
}

/* Waits until so many fetches have ended and been noted. While the log is told of one, no other
 * begins before an identity is needed. */
static void wait_for_fetches(int count)
{
    while (atomic_load(&noted) < count) { /* or the suite's time is over */
        (void)get();
        cr_clock_sleep_us(1000);
    }
    cr_assert_eq(atomic_load(&from.fetches), count);
}

Test(refresh, fetched_once_and_at_the_first_call)
{
    cr_expect_eq(atomic_load(&from.fetches), 0);
    for (int i = 0; i < 100; i++) {
        cr_expect_eq(get(), 1);
    }
    cr_expect_eq(atomic_load(&from.fetches), 1);
    cr_expect_not(atomic_load(&from.had_signals));
}

Test(refresh, advisory_window_by_lifetime)
{
    static const struct {
        int64_t lifetime_us, window_us;
    } cases[] = {{20 * MINUTE, 5 * MINUTE}, {60 * MINUTE, 15 * MINUTE}, {6 * HOUR, 60 * MINUTE}};
    int number = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        atomic_store(&from.lifetime_us, cases[i].lifetime_us);
        put_forward(24 * HOUR); /* whatever was there has expired */
        number = get();
        put_forward(cases[i].lifetime_us - cases[i].window_us - SECOND);
        cr_expect_eq(get(), number);
        cr_expect_eq(atomic_load(&from.fetches), number);
        put_forward(2 * SECOND);
        (void)get();
        wait_for_fetches(number + 1);
        cr_expect_eq(get(), number + 1);
    }
}

Test(refresh, nobody_waits_in_the_advisory_window)
{
    cr_expect_eq(get(), 1);
    atomic_store(&from.is_held, true);
    put_forward(5 * HOUR + MINUTE);
    int64_t start_us = __real_cr_clock_monotonic_us();
    for (int i = 0; i < 1000; i++) {
        cr_expect_eq(get(), 1);
    }
    cr_expect_not(test_is_late_since(start_us, SECOND));
    cr_expect_eq(atomic_load(&noted), 1);
    atomic_store(&from.is_held, false);
    wait_for_fetches(2);
    cr_expect_eq(get(), 2);
}

Test(refresh, all_wait_in_the_mandatory_window)
{
    cr_expect_eq(get(), 1);
    atomic_store(&from.delay_us, SECOND / 10);
    put_forward(6 * HOUR - MINUTE / 2);
    cr_expect_eq(get(), 2);
}

/* What is still good serves a call that has no time for a slow source. */
Test(refresh, a_slow_source_leaves_time_for_the_call)
{
    const cr_identity *identity = NULL;
    cr_expect_eq(get(), 1);
    atomic_store(&from.is_held, true);
    put_forward(6 * HOUR - MINUTE / 2);
    atomic_store(&waits_forward_us, atomic_load(&forward_us));
    int64_t start_us = cr_clock_monotonic_us();
    int64_t deadline_us = start_us + 2 * SECOND;
    cr_assert_eq(cr_credentials_get(credentials, deadline_us, NULL, &identity, &error), CRUDDUR_OK);
    cr_expect_geq(cr_clock_monotonic_us() - start_us, SECOND);
    cr_expect_str_eq(identity->access_key_id.data, "AKID1");
    cr_identity_release(identity);
    atomic_store(&waits_forward_us, 0);
    atomic_store(&from.is_held, false);
    wait_for_fetches(2);
    cr_expect_eq(get(), 2);
}

Test(refresh, a_failure_keeps_the_old)
{
    cr_expect_eq(get(), 1);
    atomic_store(&from.fails, true);
    put_forward(5 * HOUR + MINUTE);
    cr_expect_eq(get(), 1);
    wait_for_fetches(2);
    for (int i = 0; i < 100; i++) {
        cr_expect_eq(get(), 1);
    }
    cr_expect_eq(atomic_load(&from.fetches), 2, "it is not asked again at once");
    put_forward(4 * MINUTE + MINUTE / 2);
    cr_expect_eq(get(), 1);
    cr_expect_eq(atomic_load(&from.fetches), 2, "nor within 5 minutes");
    put_forward(5 * MINUTE + MINUTE);
    cr_expect_eq(get(), 1);
    wait_for_fetches(3);
    while (atomic_load(&warnings) < 2) {
        cr_clock_sleep_us(1000);
    }
    cr_expect_eq(atomic_load(&warnings), 2);
    atomic_store(&from.fails, false);
    put_forward(11 * MINUTE);
    (void)get();
    wait_for_fetches(4);
    cr_expect_eq(get(), 4);
}

Test(refresh, the_old_serves_even_when_it_has_expired)
{
    cr_expect_eq(get(), 1);
    atomic_store(&from.fails, true);
    put_forward(7 * HOUR);
    cr_expect_eq(get(), 1);
    cr_expect_eq(get(), 1);
    cr_expect_eq(atomic_load(&from.fetches), 2);
}

Test(refresh, one_more_try_before_the_expiry)
{
    atomic_store(&from.lifetime_us, 20 * MINUTE);
    cr_expect_eq(get(), 1);
    atomic_store(&from.fails, true);
    put_forward(15 * MINUTE + SECOND);
    (void)get();
    wait_for_fetches(2);
    atomic_store(&from.fails, false);
    put_forward(4 * MINUTE + MINUTE / 12);
    cr_expect_eq(get(), 3);
}

Test(refresh, a_source_that_gives_what_has_expired)
{
    atomic_store(&from.lifetime_us, -MINUTE);
    for (int i = 0; i < 100; i++) {
        cr_expect_eq(get(), 1);
    }
    cr_expect_eq(atomic_load(&from.fetches), 1);
    put_forward(11 * MINUTE);
    cr_expect_eq(get(), 2);
}

Test(refresh, a_first_failure_is_told)
{
    const cr_identity *identity = NULL;
    atomic_store(&from.fails, true);
    cruddur_status status =
        cr_credentials_get(credentials, within(MINUTE), NULL, &identity, &error);
    EXPECT_ERROR(status, CRUDDUR_E_NETWORK, &error, "the source is down (1)");
    cr_expect_null(identity);
    atomic_store(&from.fails, false);
    cr_expect_eq(get(), 2, "the next call tries again");
}

/* The failure is told to those who wait before the log's hook is, and the next fetch needs no hook
 * to have returned. */
Test(refresh, a_slow_hook_stalls_nobody)
{
    const cr_identity *identity = NULL;
    atomic_store(&from.fails, true);
    atomic_store(&hook_is_held, true);
    cruddur_status status =
        cr_credentials_get(credentials, within(MINUTE), NULL, &identity, &error);
    EXPECT_ERROR(status, CRUDDUR_E_NETWORK, &error, "the source is down (1)");
    atomic_store(&from.fails, false);
    cr_expect_eq(get(), 2);
    cr_expect_eq(atomic_load(&warnings), 0);
    atomic_store(&hook_is_held, false);
}

Test(refresh, a_deadline_does_not_end_the_fetch)
{
    const cr_identity *identity = NULL;
    atomic_store(&from.is_held, true);
    int64_t start_us = __real_cr_clock_monotonic_us();
    cruddur_status status =
        cr_credentials_get(credentials, within(SECOND / 20), NULL, &identity, &error);
    EXPECT_ERROR(status, CRUDDUR_E_TIMEOUT, &error, "credentials");
    cr_expect_not(test_is_late_since(start_us, SECOND / 20));
    atomic_store(&from.is_held, false);
    cr_expect_eq(get(), 1);
    cr_expect_eq(atomic_load(&from.fetches), 1);
}

Test(refresh, closing_does_not_wait)
{
    const cr_identity *identity = NULL;
    atomic_store(&from.is_held, true);
    (void)cr_credentials_get(credentials, within(SECOND / 20), NULL, &identity, &error);
    cr_error_discard(&error);
    int64_t start_us = __real_cr_clock_monotonic_us();
    tear_down();
    cr_expect_not(test_is_late_since(start_us, 0));
    atomic_store(&from.is_held, false);
    atomic_store(&from.freed, 0);
    set_up();
}

Test(refresh, rejected)
{
    const cr_identity *identity = NULL;
    const cr_identity *second = NULL;
    cr_assert_eq(cr_credentials_get(credentials, within(MINUTE), NULL, &identity, &error),
                 CRUDDUR_OK);
    cr_credentials_reject(credentials, identity);
    cr_assert_eq(cr_credentials_get(credentials, within(MINUTE), NULL, &second, &error),
                 CRUDDUR_OK);
    cr_expect_str_eq(second->access_key_id.data, "AKID2");
    cr_credentials_reject(credentials, identity); /* long replaced */
    cr_expect_eq(get(), 2);
    cr_expect_str_eq(identity->access_key_id.data, "AKID1");
    cr_identity_release(identity);
    cr_identity_release(second);
}

/* A source that gave credentials before is set up rightly: what fails may pass. */
Test(refresh, whether_a_failure_may_pass)
{
    const cr_identity *identity = NULL;
    atomic_store(&from.status, CRUDDUR_E_CREDENTIALS);
    atomic_store(&from.fails, true);
    cruddur_status status =
        cr_credentials_get(credentials, within(MINUTE), NULL, &identity, &error);
    cr_expect_eq(status, CRUDDUR_E_CREDENTIALS);
    cr_expect_not(cruddur_error_is_retryable(error));
    cr_error_discard(&error);
    atomic_store(&from.fails, false);
    cr_assert_eq(cr_credentials_get(credentials, within(MINUTE), NULL, &identity, &error),
                 CRUDDUR_OK);
    cr_credentials_reject(credentials, identity);
    cr_identity_release(identity);
    atomic_store(&from.fails, true);
    status = cr_credentials_get(credentials, within(MINUTE), NULL, &identity, &error);
    cr_expect_eq(status, CRUDDUR_E_CREDENTIALS);
    cr_expect(cruddur_error_is_retryable(error));
    cr_error_discard(&error);
}

Test(refresh, a_fixed_identity_stays)
{
    cr_credentials *fixed = NULL;
    const cr_identity *got = NULL;
    const cr_identity fields = {.access_key_id = cr_str_of("A"),
                                .secret_access_key = cr_str_of("s"),
                                .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    const cr_identity *identity = cr_identity_new(&fields);
    cr_assert_eq(cr_credentials_new_fixed(identity, &fixed, &error), CRUDDUR_OK);
    cr_identity_release(identity);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(cr_credentials_get(fixed, within(0), NULL, &got, &error), CRUDDUR_OK);
        cr_credentials_reject(fixed, got);
        cr_identity_release(got);
    }
    cr_credentials_free(fixed);
}

/* ---- races ---- */

static atomic_bool go;

static void *get_some(void *argument)
{
    while (!atomic_load(&go)) {
        cr_clock_sleep_us(100);
    }
    for (int i = 0; i < *(int *)argument; i++) {
        check(get() > 0);
    }
    return NULL;
}

static void *get_and_reject(void *argument)
{
    for (int i = 1; i <= *(int *)argument; i++) {
        const cr_identity *identity = NULL;
        if (cr_credentials_get(credentials, within(MINUTE), NULL, &identity, NULL) != CRUDDUR_OK) {
            check(false);
            continue;
        }
        check(identity->secret_access_key.size == strlen("secret"));
        if (i % 7 == 0) {
            cr_credentials_reject(credentials, identity);
        }
        if (i % 50 == 0) {
            put_forward(20 * MINUTE);
        }
        cr_identity_release(identity);
    }
    return NULL;
}

static void run_threads(void *(*body)(void *), int rounds)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, body, &rounds), 0);
    }
    atomic_store(&go, true);
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    atomic_store(&go, false);
}

Test(refresh, a_stampede_is_one_fetch)
{
    atomic_store(&from.delay_us, SECOND / 20);
    run_threads(get_some, 1);
    cr_expect_eq(atomic_load(&from.fetches), 1);
    put_forward(6 * HOUR - MINUTE / 2);
    run_threads(get_some, 1);
    cr_expect_eq(atomic_load(&from.fetches), 2);
}

Test(refresh, a_stampede_shares_a_failure)
{
    const cr_identity *identity = NULL;
    atomic_store(&from.fails, true);
    atomic_store(&from.delay_us, SECOND / 10);
    int64_t start_us = __real_cr_clock_monotonic_us();
    cruddur_status status =
        cr_credentials_get(credentials, within(MINUTE), NULL, &identity, &error);
    cr_expect_not(test_is_late_since(start_us, SECOND / 10));
    EXPECT_ERROR(status, CRUDDUR_E_NETWORK, &error, "down");
}

Test(refresh, getting_rejecting_and_expiring_at_once)
{
    run_threads(get_and_reject, 300);
    cr_expect_gt(atomic_load(&from.fetches), 10);
}
