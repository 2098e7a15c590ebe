/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "log.h"
#include "request_http.h"

#define BLOCK_SIZE 2048
#define TEXT_SIZE 2048
/* A browser that has lost its stream comes back after so many milliseconds. */
#define RETRY_MS 1000

/* Opens the watch, which has no form that returns at once, on a worker thread; then it is the
 * stream. */
struct stream {
    struct job job; /* the first member: the job is the struct */
    struct stream *previous, *next;
    struct server *server;
    request *request;
    char user_uuid[CRUDDUR_UUID_SIZE];
    char *cursor; /* where to continue, or NULL */
    cruddur_watch *watch;
    cruddur_status status;
    cruddur_error *error;
    struct source events, peer;
    int peer_fd;
    char text[TEXT_SIZE]; /* what is still to be sent */
    size_t used, sent;
    int64_t quiet_since_ms;
    bool is_suspended, is_over, is_waited_for;
};

/* ---- what is sent ---- */

static void put_event(struct stream *self, const cruddur_event *event)
{
    const cruddur_msg *msg = cruddur_event_msg(event);
    char read_up_to[32] = "null";
    int64_t read_up_to_us = cruddur_event_read_up_to_us(event);
    if (read_up_to_us != CRUDDUR_TIME_UNKNOWN) {
        (void)snprintf(read_up_to, sizeof(read_up_to), "%lld", (long long)read_up_to_us);
    }
    /* None of these has a character that JSON would escape: uuids, and versions, which are times.
     */
    int size = snprintf(self->text, sizeof(self->text),
                        "event: %s\nid: %s\ndata: {\"group_uuid\":\"%s\",\"message_uuid\":\"%s\","
                        "\"user_uuid\":\"%s\",\"version\":\"%s\",\"read_up_to_us\":%s}\n\n",
                        cruddur_event_kind_name(cruddur_event_get_kind(event)),
                        cruddur_event_cursor(event), cruddur_event_group_uuid(event),
                        msg != NULL ? cruddur_msg_uuid(msg) : "", cruddur_event_user_uuid(event),
                        cruddur_event_version(event), read_up_to);
    self->used = size > 0 && (size_t)size < sizeof(self->text) ? (size_t)size : 0;
    self->is_over = self->used == 0;
    self->server->metrics.events_sent++;
}

/* Fetches the next event, if there is one and nothing is left to send. */
static void fetch(struct stream *self)
{
    cruddur_event *event = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_watch_next(self->watch, 0, &event, &error);
    self->used = self->sent = 0;
    if (status != CRUDDUR_OK) { /* the client comes back, and is told why if that lasts */
        log_message(LOG_WARNING, "stream", "%s", cruddur_error_message(error));
        self->is_over = true;
    } else if (event != NULL) {
        put_event(self, event);
        cruddur_event_free(event);
    }
    cruddur_error_free(error);
}

static void wait_for_events(struct stream *self)
{
    if (!self->is_waited_for) {
        self->is_waited_for =
            server_watch(self->server, cruddur_watch_fd(self->watch), EPOLLIN, &self->events);
        self->is_over = self->is_over || !self->is_waited_for;
    }
}

static ssize_t read_stream(void *data, uint64_t position, char *buffer, size_t room)
{
    struct stream *self = data;
    size_t filled = 0;
    (void)position;
    while (filled < room && !self->is_over) {
        if (self->sent == self->used) {
            fetch(self);
        }
        size_t size = self->used - self->sent;
        if (size == 0) {
            break;
        }
        size = size < room - filled ? size : room - filled;
        memcpy(buffer + filled, self->text + self->sent, size);
        self->sent += size;
        filled += size;
    }
    if (filled > 0) {
        self->quiet_since_ms = self->server->now_ms;
        return (ssize_t)filled;
    }
    wait_for_events(self);
    if (self->is_over) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    self->is_suspended = true;
    MHD_suspend_connection(self->request->connection);
    return 0;
}

static void go_on(struct stream *self)
{
    if (self->is_suspended) {
        self->is_suspended = false;
        MHD_resume_connection(self->request->connection);
    }
}

/* The watch has an event. It is not asked for more until the client has taken this one. */
static void on_event(void *data)
{
    struct stream *self = data;
    server_unwatch(self->server, cruddur_watch_fd(self->watch));
    self->is_waited_for = false;
    go_on(self);
}

/* The client has ended its side of the connection. */
static void on_peer(void *data)
{
    struct stream *self = data;
    server_unwatch(self->server, self->peer_fd);
    self->is_over = true;
    go_on(self);
}

/* ---- opening and closing ---- */

static void run(struct job *job)
{
    struct stream *self = (struct stream *)job;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.user_uuid = self->user_uuid;
    options.cursor = self->cursor;
    self->status = cruddur_watch_open(self->server->dm, &options, &self->watch, &self->error);
}

static void done(struct job *job)
{
    struct stream *self = (struct stream *)job;
    request *asked = self->request;
    const char *cursor = self->watch != NULL ? cruddur_watch_cursor(self->watch) : NULL;
    if (self->status != CRUDDUR_OK) {
        request_fail_with(asked, self->status, self->error);
    } else if (cursor == NULL || self->server->is_stopping) {
        request_fail(asked, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
    } else {
        self->used =
            (size_t)snprintf(self->text, sizeof(self->text),
                             "retry: %d\nevent: open\nid: %s\ndata: {}\n\n", RETRY_MS, cursor);
        asked->is_stream = true;
        request_answer_with(asked, MHD_HTTP_OK, "text/event-stream",
                            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
                                                              read_stream, self, NULL));
        (void)server_watch(self->server, self->peer_fd, EPOLLRDHUP, &self->peer);
    }
    request_go_on(asked);
}

static void unlink_stream(struct stream *self)
{
    *(self->previous != NULL ? &self->previous->next : &self->server->streams) = self->next;
    if (self->next != NULL) {
        self->next->previous = self->previous;
    }
    self->server->metrics.streams--;
}

/* The request is over, whose state the stream is. */
static void end(void *state)
{
    struct stream *self = state;
    server_unwatch(self->server, self->peer_fd);
    if (self->is_waited_for) {
        server_unwatch(self->server, cruddur_watch_fd(self->watch));
    }
    cruddur_watch_close(self->watch);
    cruddur_error_free(self->error);
    limits_close_stream(&self->server->limits, self->user_uuid);
    unlink_stream(self);
    free(self->cursor);
}

static void start(struct stream *self, request *asked)
{
    struct server *server = asked->server;
    self->job = (struct job){run, done, NULL};
    self->server = server;
    self->request = asked;
    self->peer_fd = asked->peer->fd;
    self->events = (struct source){on_event, self};
    self->peer = (struct source){on_peer, self};
    self->quiet_since_ms = server->now_ms;
    memcpy(self->user_uuid, asked->person->uuid, sizeof(self->user_uuid));
    self->next = server->streams;
    if (self->next != NULL) {
        self->next->previous = self;
    }
    server->streams = self;
    server->metrics.streams++;
    server->metrics.streams_opened++;
}

void events_get(request *self)
{
    struct server *server = self->server;
    const char *cursor = request_header(self, "Last-Event-ID");
    cursor = cursor != NULL ? cursor : request_query(self, "cursor");
    if (!limits_open_stream(&server->limits, self->person->uuid, server->now_ms)) {
        request_add_header(self, "Retry-After", "10");
        request_fail(self, MHD_HTTP_TOO_MANY_REQUESTS, "too_many_streams");
        return;
    }
    struct stream *stream = request_make_state(self, sizeof(*stream), end);
    if (stream == NULL) {
        limits_close_stream(&server->limits, self->person->uuid);
        return;
    }
    start(stream, self);
    if (cursor != NULL && (stream->cursor = strdup(cursor)) == NULL) {
        request_fail(self, MHD_HTTP_SERVICE_UNAVAILABLE, "no_memory");
        return;
    }
    request_wait(self);
    work_add(&server->work, &stream->job);
}

/* ---- all streams ---- */

/* A comment on a stream that is quiet; also how a client that has vanished is found. */
void events_tick(struct server *server)
{
    int64_t before_ms = server->now_ms - (int64_t)server->options->heartbeat_s * 1000;
    for (struct stream *self = server->streams; self != NULL; self = self->next) {
        if (self->is_suspended && self->quiet_since_ms <= before_ms) {
            self->used = (size_t)snprintf(self->text, sizeof(self->text), ":\n\n");
            self->sent = 0;
            go_on(self);
        }
    }
}

void events_stop(struct server *server)
{
    for (struct stream *self = server->streams; self != NULL; self = self->next) {
        self->is_over = true;
        go_on(self);
    }
}
