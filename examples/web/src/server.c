/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "log.h"
#include "request_http.h"

#define TICK_MS 1000
#define EVENTS_MAX 256
/* For the headers of a request, and for what is sent. */
#define CONNECTION_MEMORY 16384

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool server_watch(struct server *self, int fd, uint32_t events, struct source *source)
{
    struct epoll_event event = {.events = events, .data = {.ptr = source}};
    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

int64_t server_read_deadline_ms(const struct server *self)
{
    return self->now_ms + (int64_t)self->options->read_s * 1000;
}

void server_unwatch(struct server *self, int fd)
{
    (void)epoll_ctl(self->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* ---- connections ---- */

static void on_connection(void *data, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *self = data;
    struct connection *peer = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        peer = calloc(1, sizeof(*peer));
        *context = peer; /* NULL: its requests are refused */
        if (peer != NULL) {
            *peer = (struct connection){NULL, self->connections, info->connect_fd,
                                        server_read_deadline_ms(self)};
            if (peer->next != NULL) {
                peer->next->previous = peer;
            }
            self->connections = peer;
            self->metrics.connections++;
        }
    } else if (peer != NULL) {
        *(peer->previous != NULL ? &peer->previous->next : &self->connections) = peer->next;
        if (peer->next != NULL) {
            peer->next->previous = peer->previous;
        }
        free(peer);
        self->metrics.connections--;
    }
}

/* libmicrohttpd ends connections on which nothing happens. Those that go on byte by byte end here:
 * it finds the socket closed. */
static void end_slow_connections(struct server *self)
{
    for (struct connection *peer = self->connections; peer != NULL; peer = peer->next) {
        if (peer->deadline_ms != 0 && peer->deadline_ms < self->now_ms) {
            (void)shutdown(peer->fd, SHUT_RDWR);
            peer->deadline_ms = 0;
        }
    }
}

/* ---- the loop ---- */

static void receive_completions(void *data)
{
    struct server *self = data;
    cruddur_completion *completion;
    do {
        completion = NULL;
        if (cruddur_completion_next(self->dm, 0, &completion, NULL) == CRUDDUR_OK &&
            completion != NULL) {
            request_on_completion(cruddur_completion_data(completion), completion);
            cruddur_completion_free(completion);
        }
    } while (completion != NULL);
}

static void receive_work(void *data)
{
    work_receive(&((struct server *)data)->work);
}

static void nothing(void *data)
{
    (void)data;
}

struct signals {
    struct server *server;
    int fd;
    unsigned count;
};

static void receive_signal(void *data)
{
    struct signals *self = data;
    struct signalfd_siginfo info;
    if (read(self->fd, &info, sizeof(info)) == sizeof(info)) {
        self->count++;
    }
}

static void tick(struct server *self)
{
    end_slow_connections(self);
    events_tick(self);
    jwks_tick(&self->keys, self->now_ms);
    limits_sweep(&self->limits, self->now_ms);
}

static int wait_ms(const struct server *self, int64_t next_tick_ms)
{
    MHD_UNSIGNED_LONG_LONG http_ms = 0;
    int64_t left_ms = next_tick_ms - self->now_ms;
    if (MHD_get_timeout(self->daemon, &http_ms) == MHD_YES && (int64_t)http_ms < left_ms) {
        left_ms = (int64_t)http_ms;
    }
    return left_ms > 0 ? (int)left_ms : 0;
}

static void run_once(struct server *self, int64_t *next_tick_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(self->epoll_fd, events, EVENTS_MAX, wait_ms(self, *next_tick_ms));
    self->now_ms = now_ms();
    for (int i = 0; i < count; i++) {
        const struct source *source = events[i].data.ptr;
        source->ready(source->data);
    }
    if (self->now_ms >= *next_tick_ms) {
        tick(self);
        *next_tick_ms = self->now_ms + TICK_MS;
    }
    (void)MHD_run(self->daemon);
}

/* Until a signal; then until nothing is in flight, no more connections are taken, and the streams
 * have ended. A second signal ends the waiting. */
static void loop(struct server *self, const struct signals *signals)
{
    int64_t next_tick_ms = now_ms() + TICK_MS;
    while (signals->count == 0) {
        run_once(self, &next_tick_ms);
    }
    int64_t until_ms = self->now_ms + (int64_t)self->options->stop_s * 1000;
    MHD_socket listening = MHD_quiesce_daemon(self->daemon);
    log_members(LOG_INFO, "stopping", "\"in_flight\":%u", self->in_flight);
    self->is_stopping = true;
    if (listening != MHD_INVALID_SOCKET) {
        (void)close(listening);
    }
    events_stop(self);
    while (self->in_flight > 0 && self->now_ms < until_ms && signals->count == 1) {
        run_once(self, &next_tick_ms);
    }
}

/* ---- starting and stopping ---- */

static bool fill_address(const struct options *options, struct sockaddr_storage *address)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, options->address, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)options->port);
        return true;
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)options->port);
    return inet_pton(AF_INET6, options->address, &six->sin6_addr) == 1;
}

static bool start_http(struct server *self)
{
    struct sockaddr_storage address;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    if (!fill_address(self->options, &address)) {
        log_message(LOG_ERROR, "start", "--address: it is no IP address");
        return false;
    }
    if (address.ss_family == AF_INET6) {
        flags |= MHD_USE_IPv6;
    }
    self->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, request_on_access, self, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_NOTIFY_COMPLETED, request_on_completed, self, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, self, MHD_OPTION_CONNECTION_LIMIT, self->options->connections,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, self->options->connections_per_address,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, SERVER_WRITE_MS / 1000u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        self->daemon != NULL ? MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (info == NULL) {
        log_message(LOG_ERROR, "start", "cannot listen on port %u: %s", self->options->port,
                    strerror(errno));
        return false;
    }
    self->port = info->port;
    return true;
}

static bool open_store(struct server *self)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    cruddur_error *error = NULL;
    options.log = log_library;
    options.metrics = metrics_call;
    options.metrics_data = &self->metrics;
    cruddur_status status = cruddur_open(self->options->store, &options, &self->dm, &error);
    if (status != CRUDDUR_OK) {
        log_message(LOG_ERROR, "start", "%s", cruddur_error_message(error));
    }
    cruddur_error_free(error);
    return status == CRUDDUR_OK;
}

static bool watch_all(struct server *self, struct signals *signals, struct source sources[4])
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    int store_fd;
    sources[0] = (struct source){nothing, self}; /* MHD_run() comes in each round */
    sources[1] = (struct source){receive_completions, self};
    sources[2] = (struct source){receive_work, self};
    sources[3] = (struct source){receive_signal, signals};
    return info != NULL && cruddur_fd(self->dm, &store_fd, NULL) == CRUDDUR_OK &&
           server_watch(self, info->epoll_fd, EPOLLIN, &sources[0]) &&
           server_watch(self, store_fd, EPOLLIN, &sources[1]) &&
           server_watch(self, self->work.fd, EPOLLIN, &sources[2]) &&
           server_watch(self, signals->fd, EPOLLIN, &sources[3]);
}

static bool take_signals(struct signals *self)
{
    sigset_t set;
    return sigemptyset(&set) == 0 && sigaddset(&set, SIGTERM) == 0 &&
           sigaddset(&set, SIGINT) == 0 && sigprocmask(SIG_BLOCK, &set, NULL) == 0 &&
           signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
           (self->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)) >= 0;
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
    const struct options *options = self->options;
    self->now_ms = now_ms();
    self->limits.per_s[0] = options->reads_per_s;
    self->limits.per_s[1] = options->writes_per_s;
    self->limits.streams = options->streams_per_user;
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return self->epoll_fd >= 0 && metrics_start(&self->metrics) && work_start(&self->work) &&
           session_read_key(self, options->session_key) &&
           static_read(&self->files, options->static_folder) &&
           jwks_start(&self->keys, options->jwks, &self->work) && open_store(self) &&
           (self->people = people_open(options->users, &self->work)) != NULL && start_http(self);
}

/* What is left of the requests ends with the store's calls, before the connections. */
static void stop(struct server *self)
{
    if (self->dm != NULL) {
        if (cruddur_shutdown(self->dm, CRUDDUR_SHUTDOWN_CANCEL, CRUDDUR_WAIT_FOREVER, NULL) !=
            CRUDDUR_OK) {
            log_message(LOG_ERROR, "stop", "calls are still under way");
        }
        receive_completions(self);
    }
    work_stop(&self->work);
    if (self->daemon != NULL) {
        events_stop(self);
        (void)MHD_run(self->daemon); /* it stops only when no connection is suspended */
        MHD_stop_daemon(self->daemon);
    }
    people_close(self->people);
    cruddur_close(self->dm);
    jwks_free(&self->keys);
    static_free(&self->files);
    limits_free(&self->limits);
    metrics_free(&self->metrics);
    if (self->epoll_fd >= 0) {
        (void)close(self->epoll_fd);
    }
}

int server_run(const struct options *options)
{
    struct server *self = calloc(1, sizeof(*self));
    struct signals signals = {.server = self, .fd = -1};
    struct source sources[4];
    if (self == NULL) {
        return EXIT_FAILURE;
    }
    self->options = options;
    log_set_level(options->is_verbose ? LOG_DEBUG : options->is_quiet ? LOG_WARNING : LOG_INFO);
    raise_descriptor_limit();
    bool is_good = take_signals(&signals) && start(self) && watch_all(self, &signals, sources);
    if (is_good) {
        printf("http://%s:%u/\n", options->address, self->port);
        is_good = session_print_links(self) && fflush(stdout) == 0;
    }
    if (is_good) {
        log_members(LOG_INFO, "started", "\"port\":%u", self->port);
        loop(self, &signals);
        log_members(LOG_INFO, "stopped", "\"in_flight\":%u", self->in_flight);
    }
    stop(self);
    (void)close(signals.fd);
    free(self);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
