/* SPDX-License-Identifier: MIT */
/* The loop, starting and stopping. */
#include <glib-unix.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "web.h"

struct server server;
static int64_t stop_ms; /* when the service stops waiting for requests */

int64_t clock_in_s(int seconds)
{
    return g_get_monotonic_time() / 1000 + seconds * INT64_C(1000);
}

/* ---- the loop ---- */

static void receive_completions(void)
{
    cruddur_completion *completion = NULL;
    while (cruddur_completion_next(server.store, 0, &completion, NULL) == CRUDDUR_OK &&
           completion != NULL) {
        request_on_completion(cruddur_completion_data(completion), completion);
        g_clear_pointer(&completion, cruddur_completion_free);
    }
}

/* The store has completions, or libmicrohttpd a socket, for which run_loop() does the rest. */
static gboolean on_ready(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition what,
                         G_GNUC_UNUSED void *data)
{
    receive_completions();
    return G_SOURCE_CONTINUE;
}

static gboolean on_tick(G_GNUC_UNUSED void *data)
{
    http_tick();
    events_tick();
    server.stops += server.stops > 0 && clock_in_s(0) >= stop_ms;
    return G_SOURCE_CONTINUE;
}

/* No more connections are taken, and event streams end. Then the loop ends as soon as no request is
 * being answered; at the latest at the end of the time, or at a second signal. */
static gboolean on_signal(G_GNUC_UNUSED void *data)
{
    if (server.stops++ == 0) {
        MHD_socket listening = MHD_quiesce_daemon(server.http);
        if (listening != MHD_INVALID_SOCKET) {
            (void)close(listening);
        }
        log_event(LOG_INFO, "stopping", json_pack("{si}", "in_flight", (int)server.in_flight));
        events_tick();
        stop_ms = clock_in_s(config.stop_s);
    }
    return G_SOURCE_CONTINUE;
}

static bool prepare_loop(void)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server.http, MHD_DAEMON_INFO_EPOLL_FD);
    int store_fd = -1;
    if (info == NULL || cruddur_fd(server.store, &store_fd, NULL) != CRUDDUR_OK) {
        return false;
    }
    (void)g_unix_fd_add(info->epoll_fd, G_IO_IN, on_ready, NULL);
    (void)g_unix_fd_add(store_fd, G_IO_IN, on_ready, NULL);
    (void)g_unix_signal_add(SIGTERM, on_signal, NULL);
    (void)g_unix_signal_add(SIGINT, on_signal, NULL);
    (void)g_timeout_add_seconds(1, on_tick, NULL);
    return events_start();
}

static void run_loop(void)
{
    while (server.stops < 2 && (server.stops == 0 || server.in_flight > 0 || server.jobs > 0)) {
        MHD_UNSIGNED_LONG_LONG wait_ms = 1; /* any but 0 is longer than a tick */
        (void)MHD_run(server.http);
        (void)MHD_get_timeout(server.http, &wait_ms);
        (void)g_main_context_iteration(NULL, wait_ms > 0);
    }
}

/* ---- starting and stopping ---- */

static bool open_store(void)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    g_autoptr(cruddur_error) error = NULL;
    options.log = log_library;
    options.metrics = metrics_call;
    if (cruddur_open(config.store, &options, &server.store, &error) != CRUDDUR_OK) {
        log_message(LOG_ERROR, "start", "%s", cruddur_error_message(error));
    }
    return server.store != NULL;
}

/* Each client needs a descriptor, an event stream two. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool start(void)
{
    raise_descriptor_limit();
    return signal(SIGPIPE, SIG_IGN) != SIG_ERR && files_start() && session_start() &&
           keys_start() && open_store() && people_start() && http_start() && prepare_loop();
}

/* What is left of the requests ends with the store's calls, before the connections. What lives as
 * long as the process is not freed. */
static void stop(void)
{
    if (server.store != NULL) {
        if (cruddur_shutdown(server.store, CRUDDUR_SHUTDOWN_CANCEL, CRUDDUR_WAIT_FOREVER, NULL) !=
            CRUDDUR_OK) {
            log_message(LOG_ERROR, "stop", "calls are still in progress");
        }
        receive_completions();
    }
    while (server.jobs > 0) {
        (void)g_main_context_iteration(NULL, TRUE);
    }
    if (server.http != NULL) {
        events_tick();
        (void)MHD_run(server.http); /* it stops only when no connection is suspended */
        MHD_stop_daemon(server.http);
    }
    cruddur_close(server.store);
}

int server_run(void)
{
    bool is_good = start();
    if (is_good) {
        unsigned port = MHD_get_daemon_info(server.http, MHD_DAEMON_INFO_BIND_PORT)->port;
        log_event(LOG_INFO, "started", json_pack("{si}", "port", (int)port));
        printf("http://%s:%u/\n", config.address, port);
        session_print_links(port);
        is_good = fflush(stdout) == 0;
    }
    if (is_good) {
        run_loop();
        log_event(LOG_INFO, "stopped", json_pack("{si}", "in_flight", (int)server.in_flight));
    }
    stop();
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
