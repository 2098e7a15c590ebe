/* SPDX-License-Identifier: MIT */
/* The pure parts: when to try again, checksums, dates, endpoints, identities. */
#include "unit.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "aws/crc32.h"
#include "aws/endpoint_url.h"
#include "aws/identity.h"
#include "aws/retry.h"
#include "aws/skew.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND INT64_C(1000000)

/* ---- retry ---- */

static cr_retry_class classify(const char *code, int status)
{
    return cr_retry_classify(cr_str_of(code), status);
}

Test(retry, codes_and_statuses)
{
    cr_expect_eq(classify("ThrottlingException", 400), CR_RETRY_THROTTLE);
    cr_expect_eq(classify("TransactionInProgressException", 400), CR_RETRY_THROTTLE);
    cr_expect_eq(classify("SlowDown", 503), CR_RETRY_THROTTLE);
    cr_expect_eq(classify("InternalServerError", 500), CR_RETRY_TRANSIENT);
    cr_expect_eq(classify("ReplicatedWriteConflictException", 400), CR_RETRY_TRANSIENT);
    cr_expect_eq(classify(NULL, 429), CR_RETRY_THROTTLE);
    for (int status = 500; status <= 504; status++) {
        cr_expect_eq(classify("", status), status == 501 ? CR_RETRY_NONE : CR_RETRY_TRANSIENT);
    }
    const char *const never[] = {"TransactionCanceledException",    "TransactionConflictException",
                                 "ConditionalCheckFailedException", "ValidationException",
                                 "AccessDeniedException",           "ResourceNotFoundException"};
    for (size_t i = 0; i < COUNT(never); i++) {
        cr_expect_eq(classify(never[i], 400), CR_RETRY_NONE, "%s", never[i]);
    }
}

Test(retry, pauses_double_up_to_20_seconds)
{
    cr_expect_eq(cr_retry_delay_us(25000, 0, 1.0), 25000);
    cr_expect_eq(cr_retry_delay_us(25000, 3, 1.0), 200000);
    cr_expect_eq(cr_retry_delay_us(25000, 3, 0.5), 100000);
    cr_expect_eq(cr_retry_delay_us(25000, 3, 0.0), 0);
    cr_expect_eq(cr_retry_delay_us(1000000, 4, 1.0), 16 * SECOND);
    cr_expect_eq(cr_retry_delay_us(1000000, 5, 1.0), 20 * SECOND);
    cr_expect_eq(cr_retry_delay_us(1000000, 4000000000u, 1.0), 20 * SECOND);
    for (int i = 0; i < 1000; i++) {
        double fraction = cr_random_fraction();
        cr_expect(fraction >= 0.0 && fraction < 1.0);
    }
}

Test(retry, the_service_lengthens_a_pause_by_5_seconds_at_most)
{
    cr_expect_eq(cr_retry_delay_told_us(100000, cr_str_of("1500")), 1500000);
    cr_expect_eq(cr_retry_delay_told_us(100000, cr_str_of("50")), 100000);
    cr_expect_eq(cr_retry_delay_told_us(100000, cr_str_of("900000")), 5100000);
    const char *const nonsense[] = {"", "soon", "-5", "1.5", " 1500", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(nonsense); i++) {
        cr_expect_eq(cr_retry_delay_told_us(7, cr_str_of(nonsense[i])), 7, "%s", nonsense[i]);
    }
    cr_expect_eq(cr_retry_delay_told_us(7, CR_STR_ABSENT), 7);
}

static cr_retry_bucket bucket;

static void *take_and_give(void *context)
{
    (void)context;
    for (int i = 0; i < 10000; i++) {
        if (cr_retry_bucket_take(&bucket, 14)) {
            cr_retry_bucket_give(&bucket, 14);
        }
    }
    return NULL;
}

Test(retry, the_bucket)
{
    pthread_t threads[4];
    cr_assert(cr_retry_bucket_init(&bucket));
    cr_expect_eq(cr_retry_cost(CR_RETRY_TRANSIENT), 14);
    cr_expect_eq(cr_retry_cost(CR_RETRY_THROTTLE), 5);
    cr_retry_bucket_give(&bucket, 1);
    cr_expect_not(cr_retry_bucket_take(&bucket, 501));
    cr_expect(cr_retry_bucket_take(&bucket, 490));
    cr_expect_not(cr_retry_bucket_take(&bucket, 14));
    cr_expect(cr_retry_bucket_take(&bucket, 10));
    cr_expect_not(cr_retry_bucket_take(&bucket, 1));
    cr_retry_bucket_give(&bucket, 600);
    for (size_t i = 0; i < COUNT(threads); i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        (void)pthread_join(threads[i], NULL);
    }
    cr_expect(cr_retry_bucket_take(&bucket, 500));
    cr_retry_bucket_destroy(&bucket);
}

/* ---- checksums ---- */

Test(crc32, a_garbled_header_contradicts_nothing)
{
    cr_str body = cr_str_of("123456789");
    cr_expect_not(cr_crc32_contradicts(cr_str_of("3421780262"), body));
    cr_expect(cr_crc32_contradicts(cr_str_of("3421780263"), body));
    cr_expect(cr_crc32_contradicts(cr_str_of("0"), body));
    const char *const garbled[] = {"", "x", "-1", "4294967296", "34217802620", "3421780263 "};
    for (size_t i = 0; i < COUNT(garbled); i++) {
        cr_expect_not(cr_crc32_contradicts(cr_str_of(garbled[i]), body), "%s", garbled[i]);
    }
    cr_expect_not(cr_crc32_contradicts(CR_STR_ABSENT, body));
    cr_expect_not(cr_crc32_contradicts(cr_str_of("0"), CR_STR_ABSENT));
    cr_expect(cr_crc32_contradicts(cr_str_of("1"), CR_STR_ABSENT));
}

/* ---- clocks ---- */

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

/* A profiler's timer, for one, sends signals all the time. */
Test(clock, signals_do_not_cut_a_sleep_short)
{
    const struct sigaction action = {.sa_handler = count_signal};
    const struct itimerval often = {{0, 5000}, {0, 5000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    cr_assert_eq(sigaction(SIGALRM, &action, NULL), 0);
    cr_assert_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
    int64_t began_us = cr_clock_monotonic_us();
    cr_clock_sleep_us(SECOND / 10);
    cr_expect_geq(cr_clock_monotonic_us() - began_us, SECOND / 10);
    cr_assert_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
#ifndef __SANITIZE_THREAD__ /* which holds signals back */
    cr_expect_gt(signals, 2);
#endif
    cr_clock_sleep_us(-SECOND);
    cr_expect_lt(cr_clock_monotonic_us() - began_us, 5 * SECOND);
}

typedef struct news {
    pthread_mutex_t mutex;
    pthread_cond_t came;
    bool is_there;
} news;

static void *bring_news(void *argument)
{
    news *all = argument;
    (void)pthread_mutex_lock(&all->mutex);
    all->is_there = true;
    (void)pthread_cond_signal(&all->came);
    (void)pthread_mutex_unlock(&all->mutex);
    return NULL;
}

Test(clock, a_wait_on_a_condition_ends_with_a_signal_or_at_its_time)
{
    pthread_t thread;
    news all = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    cr_assert(cr_condition_init(&all.came));
    (void)pthread_mutex_lock(&all.mutex);
    int64_t until_us = cr_clock_monotonic_us() + SECOND / 20;
    while (cr_condition_wait_until(&all.came, &all.mutex, until_us)) {
    }
    cr_expect_geq(cr_clock_monotonic_us(), until_us);
    until_us = cr_clock_monotonic_us() + 100 * SECOND;
    cr_assert_eq(pthread_create(&thread, NULL, bring_news, &all), 0);
    while (!all.is_there) {
        cr_assert(cr_condition_wait_until(&all.came, &all.mutex, until_us));
    }
    (void)pthread_mutex_unlock(&all.mutex);
    (void)pthread_join(thread, NULL);
    (void)pthread_cond_destroy(&all.came);
}

Test(skew, dates)
{
    int64_t time_us = -1;
    cr_assert(cr_http_date_parse(cr_str_of("Sun, 06 Nov 1994 08:49:37 GMT"), &time_us));
    cr_expect_eq(time_us, 784111777 * SECOND);
    const char *const wrong[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nuv 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 6  Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 19a4 08:49:37 GMT",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        cr_expect_not(cr_http_date_parse(cr_str_of(wrong[i]), &time_us), "%s", wrong[i]);
    }
    cr_expect_not(cr_http_date_parse(CR_STR_ABSENT, &time_us));
}

static bool measure(const char *headers, int64_t sent_us, int64_t received_us, int64_t *offset_us)
{
    cr_http_response response;
    cr_http_response_init(&response);
    response.sent_at_us = sent_us;
    response.received_at_us = received_us;
    memcpy(cr_buffer_extend(&response.header, strlen(headers)), headers, strlen(headers));
    bool measured = cr_skew_measure(&response, offset_us);
    cr_http_response_free(&response);
    return measured;
}

Test(skew, measuring)
{
    const char *date = "X: 1\ndate: Sun, 06 Nov 1994 08:49:37 GMT\n";
    int64_t told_us = 784111777 * SECOND;
    int64_t offset_us = 1;
    cr_assert(measure(date, told_us - 4 * SECOND, told_us - 2 * SECOND, &offset_us));
    cr_expect_eq(offset_us, 3 * SECOND);
    cr_expect_not(measure(date, told_us, told_us + 901 * SECOND, &offset_us));
    cr_expect_not(measure(date, told_us, told_us - 1, &offset_us));
    cr_expect_not(
        measure("Date: Sun, 06 Nov 1994 08:49:37 GMT\nAge: 5\n", told_us, told_us, &offset_us));
    cr_expect_not(measure("Date: tomorrow\n", told_us, told_us, &offset_us));
    cr_expect_not(measure("Other: 1\n", told_us, told_us, &offset_us));
    cr_expect_not(cr_skew_matters(0, 240 * SECOND));
    cr_expect(cr_skew_matters(0, 241 * SECOND));
    cr_expect(cr_skew_matters(300 * SECOND, 0));
    cr_expect(cr_skew_is_suspect(cr_str_of("InvalidSignatureException")));
    cr_expect_not(cr_skew_is_suspect(cr_str_of("ValidationException")));
}

/* ---- endpoints ---- */

Test(endpoint_url, pieces)
{
    static const struct {
        const char *text, *url, *host, *path;
    } cases[] = {
        {"https://dynamodb.eu-west-1.amazonaws.com", "https://dynamodb.eu-west-1.amazonaws.com/",
         "dynamodb.eu-west-1.amazonaws.com", "/"},
        {"https://Example.COM:443/", "https://example.com/", "example.com", "/"},
        {"http://localhost:8000/", "http://localhost:8000/", "localhost:8000", "/"},
        {"http://localhost:80", "http://localhost/", "localhost", "/"},
        {"http://[::1]:8000", "http://[::1]:8000/", "[::1]:8000", "/"},
        {"https://example.com/some/where", "https://example.com/some/where/", "example.com",
         "/some/where/"},
        {"https://example.com/a%20b/", "https://example.com/a%20b/", "example.com", "/a%20b/"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_endpoint_url parsed;
        cr_assert_eq(cr_endpoint_url_parse(cases[i].text, &parsed, NULL), CRUDDUR_OK, "%s",
                     cases[i].text);
        cr_expect_str_eq(parsed.url, cases[i].url);
        cr_expect_str_eq(parsed.host, cases[i].host);
        cr_expect_str_eq(parsed.path, cases[i].path);
        cr_endpoint_url_free(&parsed);
    }
    const char *const wrong[] = {"",
                                 "localhost:8000",
                                 "ftp://example.com",
                                 "https://",
                                 "https://user:pass@example.com",
                                 "https://example.com/?a=b",
                                 "https://example.com/#x",
                                 "https://exa mple.com",
                                 "https://example.com:99999"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        cr_endpoint_url parsed;
        cr_expect_eq(cr_endpoint_url_parse(wrong[i], &parsed, NULL), CRUDDUR_E_CONFIG, "%s",
                     wrong[i]);
    }
}

/* ---- identities ---- */

Test(identity, is_a_copy_that_references_keep)
{
    char key[] = "AKID";
    char secret[] = "secret";
    const cr_identity fields = {
        .access_key_id = cr_str_of(key), .secret_access_key = {secret, 3}, .expires_at_us = 5};
    const cr_identity *made = cr_identity_new(&fields);
    cr_assert_not_null(made);
    memset(key, 'x', 4);
    cr_expect_eq(cr_identity_retain(made), made);
    cr_identity_release(made);
    cr_expect_str_eq(made->access_key_id.data, "AKID");
    cr_expect_str_eq(made->secret_access_key.data, "sec");
    cr_expect_null(made->session_token.data);
    cr_expect_null(made->account_id.data);
    cr_expect_eq(made->expires_at_us, 5);
    cr_identity_release(made);
    cr_identity_release(NULL);
}
