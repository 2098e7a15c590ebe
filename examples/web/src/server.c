/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define TICK_MS 1000
/* For the headers of a request, and for what is sent. */
#define CONNECTION_MEMORY 16384

int64_t server_now_ms(const struct server *self)
{
    return (int64_t)uv_now(&self->loop);
}

int64_t server_in_s(const struct server *self, int seconds)
{
    return server_now_ms(self) + seconds * INT64_C(1000);
}

/* ---- connections ---- */

static void on_connection(void *data, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *self = data;
    struct connection *peer = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = peer = g_new0(struct connection, 1);
        peer->fd =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        peer->deadline_ms = server_in_s(self, self->options.read_s);
        LIST_INSERT_HEAD(&self->connections, peer, link);
        metrics_add("http_connections", 1);
    } else {
        LIST_REMOVE(peer, link);
        g_free(peer);
        metrics_add("http_connections", -1);
    }
}

/* libmicrohttpd ends connections on which nothing happens. Those that go on byte by byte end here:
 * it finds the socket closed. */
static void end_slow_connections(struct server *self)
{
    struct connection *peer;
    LIST_FOREACH(peer, &self->connections, link)
    {
        if (peer->deadline_ms != 0 && peer->deadline_ms < server_now_ms(self)) {
            (void)shutdown(peer->fd, SHUT_RDWR);
            peer->deadline_ms = 0;
        }
    }
}

/* ---- the loop ---- */

static void receive_completions(struct server *self)
{
    cruddur_completion *completion = NULL;
    while (cruddur_completion_next(self->dm, 0, &completion, NULL) == CRUDDUR_OK &&
           completion != NULL) {
        request_on_completion(cruddur_completion_data(completion), completion);
        g_clear_pointer(&completion, cruddur_completion_free);
    }
}

/* The store has completions, or libmicrohttpd a socket, for which before_waiting() does the rest.
 */
static void on_ready(uv_poll_t *handle, G_GNUC_UNUSED int status, G_GNUC_UNUSED int events)
{
    receive_completions(handle->loop->data);
}

/* Only ends the wait. */
static void on_http_timer(G_GNUC_UNUSED uv_timer_t *timer)
{
}

static void before_waiting(uv_prepare_t *handle)
{
    struct server *self = handle->loop->data;
    MHD_UNSIGNED_LONG_LONG wait_ms = TICK_MS;
    (void)MHD_run(self->daemon);
    (void)MHD_get_timeout(self->daemon, &wait_ms); /* leaves it if there is none */
    (void)uv_timer_start(&self->http_timer, on_http_timer, wait_ms, 0);
    if (self->stops > 0 && ((self->in_flight == 0 && self->jobs == 0) || self->stops > 1)) {
        uv_stop(&self->loop);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct server *self = timer->loop->data;
    end_slow_connections(self);
    events_tick(self);
    (void)jwks_refresh(self, NULL);
    limits_sweep(self);
    self->stops += self->stops > 0 && server_now_ms(self) >= self->stop_ms;
}

/* No more connections are taken, and event streams end. Then the loop ends as soon as no request is
 * being answered; at the latest at the end of the time, or at a second signal. */
static void on_signal(uv_signal_t *handle, G_GNUC_UNUSED int number)
{
    struct server *self = handle->loop->data;
    if (self->stops++ > 0) {
        return;
    }
    MHD_socket listening = MHD_quiesce_daemon(self->daemon);
    if (listening != MHD_INVALID_SOCKET) {
        (void)close(listening);
    }
    log_event(LOG_INFO, "stopping", json_pack("{si}", "in_flight", (int)self->in_flight));
    events_stop(self);
    self->stop_ms = server_in_s(self, self->options.stop_s);
}

static bool wait_for(struct server *self, uv_poll_t *handle, int fd)
{
    return uv_poll_init(&self->loop, handle, fd) == 0 &&
           uv_poll_start(handle, UV_READABLE, on_ready) == 0;
}

static bool wait_for_signal(struct server *self, uv_signal_t *handle, int number)
{
    return uv_signal_init(&self->loop, handle) == 0 &&
           uv_signal_start(handle, on_signal, number) == 0;
}

static bool start_loop(struct server *self)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int store_fd = -1;
    self->loop.data = self;
    return info != NULL && cruddur_fd(self->dm, &store_fd, NULL) == CRUDDUR_OK &&
           uv_timer_init(&self->loop, &self->http_timer) == 0 &&
           uv_timer_init(&self->loop, &self->tick) == 0 &&
           uv_timer_start(&self->tick, on_tick, TICK_MS, TICK_MS) == 0 &&
           uv_prepare_init(&self->loop, &self->before_waiting) == 0 &&
           uv_prepare_start(&self->before_waiting, before_waiting) == 0 &&
           wait_for(self, &self->http_ready, info->epoll_fd) &&
           wait_for(self, &self->store_ready, store_fd) &&
           wait_for_signal(self, &self->terminate, SIGTERM) &&
           wait_for_signal(self, &self->interrupt, SIGINT);
}

/* ---- starting and stopping ---- */

/* What has a NUL is left as it is, so that it does not end there. */
static size_t unescape(G_GNUC_UNUSED void *data, G_GNUC_UNUSED struct MHD_Connection *connection,
                       char *text)
{
    return strstr(text, "%00") == NULL ? MHD_http_unescape(text) : strlen(text);
}

static bool start_http(struct server *self)
{
    const struct options *options = &self->options;
    struct sockaddr_storage address = {0};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (uv_ip6_addr(options->address, options->port, (struct sockaddr_in6 *)&address) == 0) {
        flags |= MHD_USE_IPv6;
    } else if (uv_ip4_addr(options->address, options->port, (struct sockaddr_in *)&address) != 0) {
        log_message(LOG_ERROR, "start", "--address: it is no IP address");
        return false;
    }
    const struct MHD_OptionItem more[] = {
        {MHD_OPTION_CONNECTION_LIMIT, options->connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_per_address, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, SERVER_WRITE_S, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    self->daemon = MHD_start_daemon(flags, 0, NULL, NULL, request_on_access, self,
                                    MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED,
                                    request_on_completed, self, MHD_OPTION_NOTIFY_CONNECTION,
                                    on_connection, self, MHD_OPTION_UNESCAPE_CALLBACK, unescape,
                                    NULL, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (self->daemon == NULL) {
        log_message(LOG_ERROR, "start", "cannot listen on port %d: %s", options->port,
                    strerror(errno));
        return false;
    }
    self->port = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return true;
}

static bool open_store(struct server *self)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    g_autoptr(cruddur_error) error = NULL;
    options.log = log_library;
    options.metrics = metrics_call;
    cruddur_status status = cruddur_open(self->options.store, &options, &self->dm, &error);
    if (status != CRUDDUR_OK) {
        log_message(LOG_ERROR, "start", "%s", cruddur_error_message(error));
    }
    return status == CRUDDUR_OK;
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

static bool start(struct server *self)
{
    const struct options *options = &self->options;
    self->limits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->templates = templates_read(options->static_folder);
    return uv_loop_init(&self->loop) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
           self->templates != NULL && static_read(self->files, options->static_folder) &&
           session_read_key(self) && jwks_start(self) && open_store(self) &&
           people_open(&self->people, options->users) && start_http(self) && start_loop(self);
}

/* What is left of the requests ends with the store's calls, before the connections. What lives as
 * long as the process is not freed. */
static void stop(struct server *self)
{
    if (self->dm != NULL) {
        if (cruddur_shutdown(self->dm, CRUDDUR_SHUTDOWN_CANCEL, CRUDDUR_WAIT_FOREVER, NULL) !=
            CRUDDUR_OK) {
            log_message(LOG_ERROR, "stop", "calls are still in progress");
        }
        receive_completions(self);
    }
    while (self->jobs > 0) {
        (void)uv_run(&self->loop, UV_RUN_ONCE);
    }
    if (self->daemon != NULL) {
        events_stop(self);
        (void)MHD_run(self->daemon); /* it stops only when no connection is suspended */
        MHD_stop_daemon(self->daemon);
    }
    cruddur_close(self->dm);
}

int server_run(struct server *self)
{
    const struct options *options = &self->options;
    log_lowest = options->is_quiet ? LOG_WARNING : LOG_INFO;
    raise_descriptor_limit();
    bool is_good = start(self);
    if (is_good) {
        printf("http://%s:%u/\n", options->address, self->port);
        is_good = session_print_links(self) && fflush(stdout) == 0;
    }
    if (is_good) {
        log_event(LOG_INFO, "started", json_pack("{si}", "port", (int)self->port));
        (void)uv_run(&self->loop, UV_RUN_DEFAULT);
        log_event(LOG_INFO, "stopped", json_pack("{si}", "in_flight", (int)self->in_flight));
    }
    stop(self);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
