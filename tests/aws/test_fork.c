/* SPDX-License-Identifier: MIT */
/* HTTP in a child of a process that has used it, too. */
#include "unit.h"
#include <pthread.h>

#include "aws/http.h"
#include "base/clock.h"
#include "server.h"
#include "support/child.h"

#define SECOND INT64_C(1000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static cr_http *http;
static cr_http_response response;
static cruddur_error *error;
static server *running;

static void set_up(void)
{
    const cr_http_options options = {0};
    cr_assert_eq(cr_http_new(&options, &http, &error), CRUDDUR_OK);
    cr_http_response_init(&response);
}

static void tear_down(void)
{
    cr_http_response_free(&response);
    cr_http_free(http);
    cruddur_error_free(error);
    if (running != NULL) {
        server_stop(running);
    }
}

TestSuite(fork, .init = set_up, .fini = tear_down, .timeout = 60);

static cruddur_status send_one(void)
{
    const cr_http_request request = {
        .method = "POST",
        .url = server_url(running),
        .body = cr_str_of("{}"),
        .deadline_us = cr_clock_monotonic_us() + 600 * SECOND, /* only against hanging */
        .response_max = 100000,
    };
    cruddur_error_free(error);
    error = NULL;
    return cr_http_send(http, &request, &response, &error);
}

static void *send_from_thread(void *unused)
{
    (void)unused;
    return send_one() == CRUDDUR_OK ? NULL : error;
}

static const char *be_refused(void *unused)
{
    const cr_http_options options = {0};
    cr_http *own = NULL;
    cruddur_error *refusal = NULL;
    (void)unused;
    return cr_http_new(&options, &own, &refusal) == CRUDDUR_E_STORE_FORKED ? NULL
                                                                           : "it was not refused";
}

static const char *send_from_child(void *unused)
{
    const cr_http_options options = {0};
    (void)unused;
    if (cr_http_new(&options, &http, &error) != CRUDDUR_OK || send_one() != CRUDDUR_OK) {
        return cruddur_error_message(error);
    }
    cr_http_free(http);
    return NULL;
}

/* A thread that is in libcurl at a fork may hold a lock of its, or of OpenSSL's. */
Test(fork, a_child_of_a_fork_goes_on_only_if_no_thread_was_in_libcurl)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "1")},
                          {ACT_HELD, answer_of(200, "", "2")},
                          {ACT_REPLY, answer_of(200, "", "3")}};
    pthread_t thread;
    void *wrong = NULL;
    running = server_start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    cr_assert_eq(pthread_create(&thread, NULL, send_from_thread, NULL), 0);
    while (server_requests(running) < 2) {
        cr_clock_sleep_us(1000);
    }
    child_must_succeed(test_child_run(be_refused, NULL));
    server_release(running);
    cr_assert_eq(pthread_join(thread, &wrong), 0);
    cr_assert_null(wrong);
    child_must_succeed(test_child_run(send_from_child, NULL));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    cr_assert_eq(server_connections(running), 2, "the child used the parent's connection");
}
