/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <glib-unix.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* For the headers of a request, and for what is sent. */
#define CONNECTION_MEMORY 16384

int64_t clock_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

int64_t clock_in_s(int seconds)
{
    return clock_ms() + seconds * INT64_C(1000);
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
        peer->deadline_ms = clock_in_s(self->options.read_s);
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
        if (peer->deadline_ms != 0 && peer->deadline_ms < clock_ms()) {
            (void)shutdown(peer->fd, SHUT_RDWR);
            peer->deadline_ms = 0;
        }
    }
}

/* ---- the loop ---- */

static gboolean on_completions(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition what, void *data)
{
    struct server *self = data;
    cruddur_completion *completion = NULL;
    while (cruddur_completion_next(self->dm, 0, &completion, NULL) == CRUDDUR_OK &&
           completion != NULL) {
        request_on_completion(cruddur_completion_data(completion), completion);
        g_clear_pointer(&completion, cruddur_completion_free);
    }
    return G_SOURCE_CONTINUE;
}

/* libmicrohttpd's sockets: this only ends the wait, and the loop does the rest. */
static gboolean on_sockets(G_GNUC_UNUSED int fd, G_GNUC_UNUSED GIOCondition what,
                           G_GNUC_UNUSED void *data)
{
    return G_SOURCE_CONTINUE;
}

static gboolean on_tick(void *data)
{
    struct server *self = data;
    end_slow_connections(self);
    events_tick(self);
    jwks_tick(self);
    limits_sweep(self);
    self->stops += self->stops > 0 && clock_ms() >= self->stop_ms;
    return G_SOURCE_CONTINUE;
}

/* No more connections are taken, and event streams end. Then the loop ends as soon as no request is
 * being answered; at the latest at the end of the time, or at a second signal. */
static gboolean on_signal(void *data)
{
    struct server *self = data;
    if (self->stops++ == 0) {
        MHD_socket listening = MHD_quiesce_daemon(self->daemon);
        if (listening != MHD_INVALID_SOCKET) {
            (void)close(listening);
        }
        log_event(LOG_INFO, "stopping", json_pack("{si}", "in_flight", (int)self->in_flight));
        events_stop(self);
        self->stop_ms = clock_in_s(self->options.stop_s);
    }
    return G_SOURCE_CONTINUE;
}

static bool prepare_loop(struct server *self)
{
    const union MHD_DaemonInfo *http = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int store_fd = -1;
    if (http == NULL || cruddur_fd(self->dm, &store_fd, NULL) != CRUDDUR_OK) {
        return false;
    }
    (void)g_unix_fd_add(http->epoll_fd, G_IO_IN, on_sockets, self);
    (void)g_unix_fd_add(store_fd, G_IO_IN, on_completions, self);
    (void)g_unix_signal_add(SIGTERM, on_signal, self);
    (void)g_unix_signal_add(SIGINT, on_signal, self);
    (void)g_timeout_add_seconds(1, on_tick, self);
    return events_start(self);
}

static void run_loop(struct server *self)
{
    while (self->stops < 2 && (self->stops == 0 || self->in_flight > 0 || self->jobs > 0)) {
        MHD_UNSIGNED_LONG_LONG wait_ms = 1; /* others than 0 are longer than a tick */
        (void)MHD_run(self->daemon);
        (void)MHD_get_timeout(self->daemon, &wait_ms);
        (void)g_main_context_iteration(NULL, wait_ms > 0);
    }
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
    const struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    struct addrinfo *address = NULL;
    g_autofree char *port = g_strdup_printf("%d", options->port);
    if (getaddrinfo(options->address, port, &numeric, &address) != 0) {
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
    unsigned ipv6 = address->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0;
    self->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | ipv6, 0, NULL, NULL, request_on_access, self,
        MHD_OPTION_SOCK_ADDR, address->ai_addr, MHD_OPTION_NOTIFY_COMPLETED, request_on_completed,
        self, MHD_OPTION_NOTIFY_CONNECTION, on_connection, self, MHD_OPTION_UNESCAPE_CALLBACK,
        unescape, NULL, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    freeaddrinfo(address);
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
    return signal(SIGPIPE, SIG_IGN) != SIG_ERR && self->templates != NULL &&
           static_read(self->files, options->static_folder) && session_read_key(self) &&
           jwks_start(self) && open_store(self) && people_open(&self->people, options->users) &&
           start_http(self) && prepare_loop(self);
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
        (void)on_completions(-1, G_IO_IN, self);
    }
    while (self->jobs > 0) {
        (void)g_main_context_iteration(NULL, TRUE);
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
        run_loop(self);
        log_event(LOG_INFO, "stopped", json_pack("{si}", "in_flight", (int)self->in_flight));
    }
    stop(self);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
