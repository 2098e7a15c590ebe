/* SPDX-License-Identifier: MIT */
/* HTTP against a server that misbehaves in every way a network can. */
#define _GNU_SOURCE /* NOLINT: dlsym's RTLD_NEXT */
#include "unit.h"
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/http.h"
#include "base/clock.h"
#include "server.h"
#include "support/child.h"
#include "support/late.h"

#define SECOND INT64_C(1000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A host whose name takes long to resolve. */
#define SLOW_HOST "slow.test"
#define SLOW_S 3
/* Hosts that do not exist, in two ways. */
#define MISSING_HOST "missing.test"
#define EMPTY_HOST "empty.test"

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    typedef int (*resolver)(const char *, const char *, const struct addrinfo *,
                            struct addrinfo **);
    union {
        void *object;
        resolver function;
    } real = {dlsym(RTLD_NEXT, "getaddrinfo")};
    if (node != NULL && strcmp(node, SLOW_HOST) == 0) {
        sleep(SLOW_S);
        node = "127.0.0.1";
    }
    if (node != NULL && strcmp(node, MISSING_HOST) == 0) {
        return EAI_NONAME;
    }
    if (node != NULL && strcmp(node, EMPTY_HOST) == 0) {
        *found = NULL;
        return 0;
    }
    return real.function(node, service, hints, found);
}

/* ---- what the tests share ---- */

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

TestSuite(http, .init = set_up, .fini = tear_down, .timeout = 60);

static void start(const step *steps, size_t count)
{
    running = server_start(steps, count);
}

static cr_http_request request_to(const char *url)
{
    return (cr_http_request){
        .method = "POST",
        .url = url,
        .body = cr_str_of("{}"),
        .deadline_us = cr_clock_monotonic_us() + 600 * SECOND, /* only against hanging */
        .response_max = 100000,
    };
}

static cruddur_status send_one(void)
{
    cr_http_request request = request_to(server_url(running));
    cruddur_error_free(error);
    error = NULL;
    return cr_http_send(http, &request, &response, &error);
}

static cruddur_status send_within(int64_t limit_us)
{
    cr_http_request request = request_to(server_url(running));
    request.deadline_us = cr_clock_monotonic_us() + limit_us;
    cruddur_error_free(error);
    error = NULL;
    return cr_http_send(http, &request, &response, &error);
}

static void expect_body(const char *expected)
{
    cr_assert_str_eq(response.body.data, expected);
    cr_assert_eq(response.body.size, strlen(expected));
}

/* ---- what works ---- */

Test(http, sends_what_it_is_given_and_nothing_else)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "X-Thing:  some value \r\n", "hello")}};
    const cr_header headers[] = {{cr_str_of("X-Mine"), cr_str_of("yes")},
                                 {cr_str_of("Content-Type"), cr_str_of("text/plain")}};
    char value[64];
    start(steps, COUNT(steps));
    cr_http_request request = request_to(server_url(running));
    request.headers = headers;
    request.header_count = COUNT(headers);
    cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_OK);
    cr_expect_eq(response.status, 200);
    expect_body("hello");
    cr_expect(cr_str_equal(cr_http_header(&response, "x-thing"), cr_str_of("some value")));
    cr_expect_null(cr_http_header(&response, "x-thin").data);
    cr_expect_str_eq(server_header(running, 0, "x-mine", value, sizeof(value)), "yes");
    cr_expect_str_eq(server_header(running, 0, "content-type", value, sizeof(value)), "text/plain");
    cr_expect_null(server_header(running, 0, "expect", value, sizeof(value)));
    cr_expect_null(server_header(running, 0, "accept", value, sizeof(value)));
    cr_expect(strncmp(server_request(running, 0), "POST / HTTP/1.1\r\n", 17) == 0);
    cr_expect_str_eq(strstr(server_request(running, 0), "\r\n\r\n"), "\r\n\r\n{}");
}

Test(http, knows_get_and_put)
{
    const step steps[] = {{ACT_REPLY, answer_of(204, "", "")}};
    char value[64];
    start(steps, COUNT(steps));
    cr_http_request request = request_to(server_url(running));
    request.body = CR_STR_ABSENT;
    const char *methods[] = {"GET", "PUT", "POST", "GET"};
    for (size_t i = 0; i < COUNT(methods); i++) {
        request.method = methods[i];
        cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_OK);
        cr_expect_eq(strncmp(server_request(running, i), methods[i], strlen(methods[i])), 0);
        cr_expect_null(server_header(running, i, "content-type", value, sizeof(value)));
        cr_expect_eq(server_header(running, i, "content-length", value, sizeof(value)) == NULL,
                     strcmp(methods[i], "GET") == 0);
    }
    cr_expect_eq(server_connections(running), 1u);
}

Test(http, keeps_connections)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "hello")}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    cr_expect(response.connection_was_new);
    cr_assert_eq(send_one(), CRUDDUR_OK);
    cr_expect_not(response.connection_was_new);
    cr_http_request request = request_to(server_url(running));
    request.new_connection = true;
    cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_OK);
    cr_expect(response.connection_was_new);
}

static void *send_many(void *context)
{
    cr_http_response mine;
    (void)context;
    cr_http_response_init(&mine);
    for (int i = 0; i < 40; i++) {
        cr_http_request request = request_to(server_url(running));
        cr_assert_eq(cr_http_send(http, &request, &mine, NULL), CRUDDUR_OK);
        cr_assert_str_eq(mine.body.data, "hello");
    }
    cr_http_response_free(&mine);
    return NULL;
}

Test(http, serves_threads)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "hello")}};
    pthread_t threads[8];
    start(steps, COUNT(steps));
    for (size_t i = 0; i < COUNT(threads); i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, send_many, NULL), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        (void)pthread_join(threads[i], NULL);
    }
    cr_expect_eq(server_requests(running), 320u);
    cr_expect_leq(server_connections(running), COUNT(threads));
}

/* ---- several at the same time ---- */

enum { TOGETHER = 3 };

typedef struct wave {
    cr_http_request request[TOGETHER];
    cr_http_response response[TOGETHER];
    cruddur_error *error[TOGETHER];
    cr_http_exchange exchange[TOGETHER];
} wave;

static void send_wave(wave *now)
{
    for (size_t i = 0; i < TOGETHER; i++) {
        now->request[i] = request_to(server_url(running));
        now->exchange[i] = (cr_http_exchange){&now->request[i], &now->response[i], &now->error[i],
                                              CRUDDUR_E_INTERNAL};
    }
    cr_http_send_together(http, now->exchange, TOGETHER);
}

static void begin_wave(wave *now)
{
    *now = (wave){0};
    for (size_t i = 0; i < TOGETHER; i++) {
        cr_http_response_init(&now->response[i]);
    }
}

static void end_wave(wave *now)
{
    for (size_t i = 0; i < TOGETHER; i++) {
        cr_http_response_free(&now->response[i]);
        cruddur_error_free(now->error[i]);
    }
}

/* Answers go once all requests have come. */
static void *release_together(void *unused)
{
    (void)unused;
    while (server_requests(running) < TOGETHER) {
        (void)usleep(1000);
    }
    server_release(running);
    return NULL;
}

Test(http, several_requests_are_under_way_at_once)
{
    const step steps[] = {{ACT_HELD, answer_of(200, "", "hello")}};
    pthread_t releasing;
    wave now;
    begin_wave(&now);
    start(steps, COUNT(steps));
    cr_assert_eq(pthread_create(&releasing, NULL, release_together, NULL), 0);
    for (int turn = 0; turn < 2; turn++) {
        send_wave(&now);
        for (size_t i = 0; i < TOGETHER; i++) {
            cr_expect_eq(now.exchange[i].status, CRUDDUR_OK);
            cr_expect_eq(now.response[i].status, 200);
            cr_expect_str_eq(now.response[i].body.data, "hello");
        }
    }
    (void)pthread_join(releasing, NULL);
    cr_expect_eq(server_requests(running), 2u * TOGETHER);
    cr_expect_eq(server_connections(running), (size_t)TOGETHER, "connections are kept");
    end_wave(&now);
}

Test(http, one_of_several_that_fails_leaves_the_others)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "one")},
                          {ACT_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhell"},
                          {ACT_REPLY, answer_of(500, "", "three")}};
    size_t failed = 0;
    wave now;
    begin_wave(&now);
    start(steps, COUNT(steps));
    send_wave(&now);
    for (size_t i = 0; i < TOGETHER; i++) {
        bool is_bad = now.exchange[i].status != CRUDDUR_OK;
        failed += is_bad ? 1 : 0;
        cr_expect_eq(is_bad, now.error[i] != NULL);
        cr_expect(now.response[i].may_have_arrived);
        cr_expect(is_bad || now.response[i].status == 200 || now.response[i].status == 500);
    }
    cr_expect_eq(failed, 1u);
    end_wave(&now);
}

Test(http, several_requests_to_nobody_all_fail)
{
    char url[64];
    wave now;
    begin_wave(&now);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", closed_port());
    for (size_t i = 0; i < TOGETHER; i++) {
        now.request[i] = request_to(url);
        now.exchange[i] =
            (cr_http_exchange){&now.request[i], &now.response[i], &now.error[i], CRUDDUR_OK};
    }
    cr_http_send_together(http, now.exchange, TOGETHER);
    for (size_t i = 0; i < TOGETHER; i++) {
        cr_expect_eq(now.exchange[i].status, CRUDDUR_E_NETWORK);
        cr_expect_not(now.response[i].may_have_arrived);
        cr_expect_eq(cruddur_error_status(now.error[i]), CRUDDUR_E_NETWORK);
    }
    end_wave(&now);
}

Test(http, follows_no_redirects)
{
    const step steps[] = {{ACT_REPLY, answer_of(302, "Location: /elsewhere\r\n", "")}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    cr_expect_eq(response.status, 302);
    cr_expect_eq(server_requests(running), 1u);
}

Test(http, forgets_a_preliminary_answer)
{
    const step steps[] = {{ACT_REPLY,
                           "HTTP/1.1 103 Early Hints\r\nX-Thing: early\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nX-Thing: late\r\nContent-Length: 2\r\n\r\nok"}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    cr_expect(cr_str_equal(cr_http_header(&response, "x-thing"), cr_str_of("late")));
}

/* ---- connections that break ---- */

Test(http, nobody_listens)
{
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", closed_port());
    cr_http_request request = request_to(url);
    cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_E_NETWORK);
    cr_expect(response.is_transient);
    cr_expect_not(response.may_have_arrived);
}

/* The path of a container's credentials is a secret. */
Test(http, an_error_names_the_host_and_no_more)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "hello")}, {ACT_CLOSE, NULL}};
    const char *const paths[] = {"/v2/SECRET", "/v2/SECRET", "/SECRET?SECRET=1", "?SECRET#SECRET"};
    start(steps, COUNT(steps));
    for (size_t i = 0; i < COUNT(paths); i++) {
        char url[128];
        (void)snprintf(url, sizeof(url), "%s%s", server_url(running), paths[i]);
        cr_http_request request = request_to(url);
        request.response_max = 3; /* too little for the first */
        cr_assert_neq(cr_http_send(http, &request, &response, &error), CRUDDUR_OK);
        (void)snprintf(url, sizeof(url), "%s: ", server_url(running));
        cr_expect_eq(strncmp(cruddur_error_message(error), url, strlen(url)), 0, "%s",
                     cruddur_error_message(error));
        cr_expect_null(strstr(cruddur_error_message(error), "SECRET"));
        cruddur_error_free(error);
        error = NULL;
    }
}

Test(http, a_host_that_does_not_exist)
{
    const char *const urls[] = {"http://" MISSING_HOST "/", "http://" EMPTY_HOST "/"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        cr_http_request request = request_to(urls[i]);
        cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_E_NETWORK);
        cr_expect(response.is_transient);
        cr_expect_not(response.may_have_arrived);
        cruddur_error_free(error);
        error = NULL;
    }
}

Test(http, a_reset_leaves_open_whether_it_arrived)
{
    const step steps[] = {{ACT_RESET, NULL}, {ACT_CLOSE, "HTTP/1.1 200 OK\r\nContent-Le"}};
    start(steps, COUNT(steps));
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(send_one(), CRUDDUR_E_NETWORK);
        cr_expect(response.is_transient);
        cr_expect(response.may_have_arrived);
        cr_expect_not(response.connection_was_dead);
    }
    cr_expect_eq(server_requests(running), 2u);
}

Test(http, a_body_cut_short_is_no_answer)
{
    const step steps[] = {{ACT_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhell"}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_E_NETWORK);
    cr_expect_eq(response.status, 0);
    cr_expect(response.may_have_arrived);
}

Test(http, sends_nothing_again_on_a_connection_that_died)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "one")},
                          {ACT_CLOSE, NULL},
                          {ACT_REPLY, answer_of(200, "", "three")}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    cr_assert_eq(send_one(), CRUDDUR_E_NETWORK);
    cr_expect(response.connection_was_dead);
    cr_expect(response.is_transient);
    cr_expect(response.may_have_arrived);
    cr_expect_eq(server_requests(running), 2u, "the request was sent again behind our back");
    cr_assert_eq(send_one(), CRUDDUR_OK);
    expect_body("three");
}

Test(http, leaves_a_server_in_trouble)
{
    const step steps[] = {{ACT_REPLY, answer_of(503, "", "busy")},
                          {ACT_REPLY, answer_of(400, "", "throttled")},
                          {ACT_REPLY, answer_of(200, "", "fine")}};
    start(steps, COUNT(steps));
    for (size_t i = 0; i < COUNT(steps); i++) {
        cr_assert_eq(send_one(), CRUDDUR_OK);
    }
    cr_expect_eq(server_connections(running), 2u);
    cr_expect_not(response.connection_was_new);
}

Test(http, a_server_that_hangs_up_raises_no_signal)
{
    const step steps[] = {{ACT_DEAF, NULL}};
    const size_t size = (size_t)8 * 1024 * 1024;
    char *large = malloc(size);
    cr_assert_not_null(large);
    memset(large, 'x', size);
    start(steps, COUNT(steps));
    cr_http_request request = request_to(server_url(running));
    request.body = (cr_str){large, size};
    cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_E_NETWORK);
    free(large);
}

/* ---- time ---- */

static void expect_timeout(cruddur_status status, int64_t began_us, int64_t limit_us)
{
    int64_t took_us = cr_clock_monotonic_us() - began_us;
    cr_expect_eq(status, CRUDDUR_E_TIMEOUT, "%s", cruddur_error_message(error));
    cr_expect_geq(took_us, limit_us - SECOND / 50);
    cr_expect_not(test_is_late(took_us, limit_us), "took %lld us", (long long)took_us);
}

Test(http, a_body_that_trickles_ends_with_the_deadline)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "prompt")},
                          {ACT_TRICKLE, answer_of(200, "", "this takes several seconds")},
                          {ACT_REPLY, answer_of(200, "", "mine")}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    int64_t began_us = cr_clock_monotonic_us();
    expect_timeout(send_within(SECOND / 5), began_us, SECOND / 5);
    cr_expect(response.may_have_arrived);
    cr_expect(response.is_transient);
    cr_assert_eq(send_one(), CRUDDUR_OK);
    expect_body("mine");
}

Test(http, a_late_answer_is_not_taken_for_the_next)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "prompt")},
                          {ACT_LATE, answer_of(200, "", "late")},
                          {ACT_LATE, answer_of(200, "", "mine")}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_OK);
    int64_t began_us = cr_clock_monotonic_us();
    expect_timeout(send_within(SECOND / 10), began_us, SECOND / 10);
    cr_assert_eq(send_one(), CRUDDUR_OK);
    expect_body("mine");
}

Test(http, slow_name_resolution_ends_with_the_deadline)
{
    cr_http_request request = request_to("http://" SLOW_HOST ":1/");
    int64_t began_us = cr_clock_monotonic_us();
    request.deadline_us = began_us + SECOND / 5;
    cruddur_status status = cr_http_send(http, &request, &response, &error);
    expect_timeout(status, began_us, SECOND / 5);
    cr_expect_not(response.may_have_arrived);
    cruddur_error_free(error);
    error = NULL;
    request.deadline_us = cr_clock_monotonic_us() + 10 * SECOND;
    request.connect_limit_us = SECOND / 5;
    cr_expect_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_E_NETWORK);
    cr_expect(response.is_transient);
    cr_expect_not(test_is_late_since(began_us, SECOND));
    sleep(SLOW_S + 1); /* until the resolver's thread has ended, for those who look for leaks */
}

Test(http, a_deadline_that_has_passed_sends_nothing)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "hello")}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_within(-1), CRUDDUR_E_TIMEOUT);
    cr_expect_not(response.may_have_arrived);
    cr_expect_eq(server_requests(running), 0u);
}

/* ---- answers that are none ---- */

Test(http, too_large_an_answer)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "0123456789")}};
    start(steps, COUNT(steps));
    cr_http_request request = request_to(server_url(running));
    request.response_max = 9;
    cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_E_PROTOCOL);
    cr_expect_not(response.is_transient);
    cruddur_error_free(error);
    error = NULL;
    request.response_max = 10;
    cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_OK);
    expect_body("0123456789");
}

Test(http, something_that_is_not_http)
{
    const step steps[] = {{ACT_CLOSE, "SSH-2.0-OpenSSH_9.2\r\n"}};
    start(steps, COUNT(steps));
    cr_assert_eq(send_one(), CRUDDUR_E_PROTOCOL, "%s", cruddur_error_message(error));
    cr_expect_not(response.is_transient);
}

Test(http, a_header_cannot_be_smuggled_in)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "", "hello")}};
    const cr_header headers[] = {{cr_str_of("Authorization"), cr_str_of("token\r\nX-Other: 1")}};
    start(steps, COUNT(steps));
    cr_http_request request = request_to(server_url(running));
    request.headers = headers;
    request.header_count = 1;
    cr_assert_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_E_CONFIG);
    cr_expect_null(strstr(cruddur_error_message(error), "token"));
    cr_expect_eq(server_requests(running), 0u);
}

Test(http, only_http_and_https)
{
    const char *const urls[] = {"file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/"};
    for (size_t i = 0; i < COUNT(urls); i++) {
        cr_http_request request = request_to(urls[i]);
        cr_expect_eq(cr_http_send(http, &request, &response, &error), CRUDDUR_E_PROTOCOL);
        cr_expect_not(response.is_transient);
        cruddur_error_free(error);
        error = NULL;
    }
}
