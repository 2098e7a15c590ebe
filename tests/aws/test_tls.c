/* SPDX-License-Identifier: MIT */
/* Secure connections, and those that are not. */
#define _GNU_SOURCE /* NOLINT: dlsym's RTLD_NEXT */
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/http.h"
#include "base/clock.h"
#include "server.h"
#include "support/descriptors.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

/* ---- looks into the folder of certificates that libcurl was built with ---- */

static atomic_int system_looks;

static const char *system_folder(void)
{
    return curl_version_info(CURLVERSION_NOW)->capath;
}

/* OpenSSL looks for a certificate under the hash of its name: FOLDER/756b76dc.0. */
static void note_look(const char *path)
{
    const char *folder = system_folder();
    size_t length = folder == NULL ? 0 : strlen(folder);
    if (length > 0 && strncmp(path, folder, length) == 0 && path[length] == '/' &&
        strspn(path + length + 1, "0123456789abcdef") == 8) {
        (void)atomic_fetch_add(&system_looks, 1);
    }
}

static int look_at(const char *function, const char *path, struct stat *about)
{
    union {
        void *object;
        int (*function)(const char *, struct stat *);
    } real = {dlsym(RTLD_NEXT, function)};
    note_look(path);
    return real.function(path, about);
}

/* In place of the C library's stat() and lstat(), of which <sys/stat.h> may make others. */
int look(const char *path, struct stat *about) __asm__("stat");
int look_here(const char *path, struct stat *about) __asm__("lstat");

int look(const char *path, struct stat *about)
{
    return look_at("stat", path, about);
}

int look_here(const char *path, struct stat *about)
{
    return look_at("lstat", path, about);
}

/* ---- what the tests share ---- */

/* The program tls_server.py, while it runs. */
static struct {
    char folder[64];
    pid_t process;
    int to, from;
    int port, old_port, hang_up_port;
} servers;

static cr_http *http;
static cr_http_response response;
static int64_t connect_limit_us;
static cruddur_error *error;

static void run_servers(void)
{
    int to[2];
    int from[2];
    cr_assert(pipe(to) == 0 && pipe(from) == 0);
    servers.process = fork();
    cr_assert_geq(servers.process, 0);
    if (servers.process == 0) {
        (void)dup2(to[0], STDIN_FILENO);
        (void)dup2(from[1], STDOUT_FILENO);
        (void)close(to[1]);
        (void)close(from[0]);
        (void)execlp("python3", "python3", getenv("CRUDDUR_TEST_TLS_SERVER"), servers.folder,
                     (char *)NULL);
        _exit(127);
    }
    (void)close(to[0]);
    (void)close(from[1]);
    servers.to = to[1];
    servers.from = from[0];
}

static void read_ports(void)
{
    FILE *output = fdopen(servers.from, "r");
    cr_assert_not_null(output);
    cr_assert_eq(fscanf(output, "%d %d %d", /* NOLINT */ &servers.port, &servers.old_port,
                        &servers.hang_up_port),
                 3, "tls_server.py told no ports");
    (void)fclose(output);
}

static void set_up(void)
{
    (void)snprintf(servers.folder, sizeof(servers.folder), "/tmp/cruddur-tls-XXXXXX");
    cr_assert_not_null(mkdtemp(servers.folder));
    cr_assert_not_null(getenv("CRUDDUR_TEST_TLS_SERVER"));
    run_servers();
    read_ports();
    cr_http_response_init(&response);
}

static void tear_down(void)
{
    static const char *const names[] = {"ca.pem", "key.pem", "other.pem"};
    char path[128];
    (void)close(servers.to);
    (void)waitpid(servers.process, NULL, 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", servers.folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(servers.folder);
    cr_http_response_free(&response);
    cr_http_free(http);
    cruddur_error_free(error);
}

TestSuite(tls, .init = set_up, .fini = tear_down, .timeout = 60);

/* Trusts the certificate in this file of the servers' folder; NULL: what the system trusts. */
static cruddur_status send_trusting(const char *trusted, const char *host, int port)
{
    char ca_file[128];
    char url[64];
    cr_http_options options = {.ca_file = trusted == NULL ? NULL : ca_file};
    (void)snprintf(ca_file, sizeof(ca_file), "%s/%s", servers.folder,
                   trusted == NULL ? "" : trusted);
    (void)snprintf(url, sizeof(url), "https://%s:%d/", host, port);
    if (http == NULL) {
        cr_assert_eq(cr_http_new(&options, &http, &error), CRUDDUR_OK);
    }
    const cr_http_request request = {.method = "POST",
                                     .url = url,
                                     .body = cr_str_of("{}"),
                                     .deadline_us = cr_clock_monotonic_us() + 40 * SECOND,
                                     .connect_limit_us = connect_limit_us,
                                     .response_max = 1000};
    cruddur_error_free(error);
    error = NULL;
    return cr_http_send(http, &request, &response, &error);
}

static cruddur_status send_to(const char *host, int port, bool is_trusted)
{
    return send_trusting(is_trusted ? "ca.pem" : NULL, host, port);
}

static void expect_tls_failure(cruddur_status status)
{
    cr_expect_eq(status, CRUDDUR_E_TLS, "%s", cruddur_error_message(error));
    cr_expect_not(cruddur_error_is_retryable(error));
    cr_expect_not(response.may_have_arrived);
}

Test(tls, a_certificate_that_is_trusted)
{
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(send_to("127.0.0.1", servers.port, true), CRUDDUR_OK, "%s",
                     cruddur_error_message(error));
        cr_expect_str_eq(response.body.data, "hello");
        cr_expect_eq(response.connection_was_new, i == 0);
    }
}

Test(tls, a_certificate_that_nobody_vouches_for)
{
    expect_tls_failure(send_to("127.0.0.1", servers.port, false));
    cr_expect_not(response.is_transient);
}

/* The system's certificates are not even looked for. */
Test(tls, a_file_of_certificates_stands_alone)
{
    expect_tls_failure(send_trusting("other.pem", "127.0.0.1", servers.port));
    cr_expect_eq(atomic_load(&system_looks), 0);
    cr_http_free(http);
    http = NULL;
    expect_tls_failure(send_trusting(NULL, "127.0.0.1", servers.port));
    cr_expect(system_folder() == NULL || atomic_load(&system_looks) > 0);
}

Test(tls, a_certificate_of_another_host)
{
    expect_tls_failure(send_to("localhost", servers.port, true));
    cr_expect_not(response.is_transient);
}

/* ---- handshakes that come to nothing: not a matter of certificates, and they may pass ---- */

static void expect_lost(const char *name, cruddur_status status)
{
    cr_expect_eq(status, CRUDDUR_E_NETWORK, "%s: %s", name, cruddur_error_message(error));
    cr_expect(response.is_transient, "%s", name);
    cr_expect(cruddur_error_is_retryable(error), "%s", name);
    cr_expect_not(response.may_have_arrived, "%s", name);
}

Test(tls, a_version_that_is_too_old)
{
    expect_lost("TLS 1.1", send_to("127.0.0.1", servers.old_port, true));
}

Test(tls, a_handshake_that_is_lost)
{
    static const struct {
        const char *name;
        step step;
    } scenes[] = {
        {"closed", {ACT_CLOSE, NULL}},
        {"reset", {ACT_RESET, NULL}},
        {"half an answer, then a reset", {ACT_RESET, "\x16\x03\x03"}},
        {"silence", {ACT_HELD, NULL}},
        {"HTTP", {ACT_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}},
    };
    connect_limit_us = SECOND / 2;
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        server *plain = server_start(&scenes[i].step, 1);
        int port = atoi(strrchr(server_url(plain), ':') + 1); /* NOLINT */
        expect_lost(scenes[i].name, send_to("127.0.0.1", port, true));
        server_stop(plain);
    }
}

Test(tls, a_connection_that_ends_raises_no_signal)
{
    (void)signal(SIGPIPE, SIG_DFL);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(send_to("127.0.0.1", servers.hang_up_port, true), CRUDDUR_E_NETWORK);
        cr_expect(response.is_transient);
        cr_expect(response.may_have_arrived);
    }
}

/* ---- short of descriptors ---- */

/* One for the socket, and one for the file of certificates; libcurl may take two more before. */
#define DESCRIPTORS_ENOUGH 8

/* With each number of descriptors that are left a request succeeds, or says that there are too
 * few. Neither the host nor the file of certificates is to blame. */
Test(tls, few_descriptors)
{
    unsigned shortages = 0;
    for (unsigned left = 0; left <= DESCRIPTORS_ENOUGH; left++) {
        descriptors_hold_all_but(left);
        cruddur_status status = send_to("127.0.0.1", servers.port, true);
        descriptors_let_go();
        if (status != CRUDDUR_OK) {
            const char *message = cruddur_error_message(error);
            shortages++;
            cr_expect_lt(left, DESCRIPTORS_ENOUGH, "%s", message);
            cr_expect_eq(status, CRUDDUR_E_NO_DESCRIPTORS, "%u left: %s", left, message);
            cr_expect(cruddur_error_is_retryable(error), "%u left: %s", left, message);
            cr_expect(response.is_transient);
            cr_expect_not(response.may_have_arrived);
            cr_expect_not_null(strstr(message, strerror(EMFILE)), "%u left: %s", left, message);
        }
        cr_http_free(http);
        http = NULL;
    }
    cr_expect_geq(shortages, 2);
}

/* A file of certificates that is not there is one, however many descriptors there are. */
Test(tls, no_file_of_certificates)
{
    expect_tls_failure(send_trusting("missing.pem", "127.0.0.1", servers.port));
}
