/* SPDX-License-Identifier: MIT */
/* GET /events: server-sent events of the signed-in user's inbox, from a watch of the library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define BLOCK_SIZE 2048
#define TEXT_SIZE 2048
/* A browser that has lost its stream comes back after so many milliseconds. */
#define RETRY_MS 1000

struct stream {
    LIST_ENTRY(stream) link;
    request *request;
    uv_work_t job; /* opens the watch, which has no form that returns at once */
    char uuid[CRUDDUR_UUID_SIZE];
    char *cursor; /* where to continue, or NULL */
    cruddur_watch *watch;
    cruddur_status status;
    cruddur_error *error;
    uv_poll_t events, peer;
    unsigned handles;     /* of these that the loop has */
    char text[TEXT_SIZE]; /* what is still to be sent */
    size_t used, sent;
    int64_t quiet_since_ms;
    bool is_suspended, is_over;
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
    /* Uuids, and versions, which are times: nothing that JSON would escape. */
    int size = snprintf(self->text, sizeof(self->text),
                        "event: %s\nid: %s\ndata: {\"group_uuid\":\"%s\",\"message_uuid\":\"%s\","
                        "\"user_uuid\":\"%s\",\"version\":\"%s\",\"read_up_to_us\":%s}\n\n",
                        cruddur_event_kind_name(cruddur_event_get_kind(event)),
                        cruddur_event_cursor(event), cruddur_event_group_uuid(event),
                        msg != NULL ? cruddur_msg_uuid(msg) : "", cruddur_event_user_uuid(event),
                        cruddur_event_version(event), read_up_to);
    self->used = size > 0 && (size_t)size < sizeof(self->text) ? (size_t)size : 0;
    self->is_over = self->used == 0;
    metrics_add(&self->request->server->metrics, "events_sent_total", 1);
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

static void go_on(struct stream *self)
{
    if (self->is_suspended) {
        self->is_suspended = false;
        MHD_resume_connection(self->request->connection);
    }
}

/* The watch has an event. It is not asked for more until the client has taken this one. */
static void on_event(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    (void)uv_poll_stop(handle);
    go_on(handle->data);
}

/* The client has ended its side of the connection. */
static void on_peer(uv_poll_t *handle, int status, int events)
{
    struct stream *self = handle->data;
    (void)status;
    (void)events;
    (void)uv_poll_stop(handle);
    self->is_over = true;
    go_on(self);
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
        self->quiet_since_ms = server_now_ms(self->request->server);
        return (ssize_t)filled;
    }
    if (self->is_over || uv_poll_start(&self->events, UV_READABLE, on_event) != 0) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    self->is_suspended = true;
    MHD_suspend_connection(self->request->connection);
    return 0;
}

/* ---- opening and closing ---- */

static void free_stream(struct stream *self)
{
    cruddur_error_free(self->error);
    free(self->cursor);
    free(self);
}

static void on_closed(uv_handle_t *handle)
{
    struct stream *self = handle->data;
    if (--self->handles == 0) {
        free_stream(self);
    }
}

/* The request is over, whose state the stream is. */
static void end(void *state)
{
    struct stream *self = state;
    struct server *server = self->request->server;
    LIST_REMOVE(self, link);
    metrics_add(&server->metrics, "event_streams", -1);
    limits_close_stream(&server->limits, self->uuid);
    unsigned count = self->handles;
    if (count > 0) {
        uv_close((uv_handle_t *)&self->events, on_closed);
    }
    if (count > 1) {
        uv_close((uv_handle_t *)&self->peer, on_closed);
    }
    cruddur_watch_close(self->watch);
    if (count == 0) {
        free_stream(self);
    }
}

static void open_watch(uv_work_t *job)
{
    struct stream *self = job->data;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.user_uuid = self->uuid;
    options.cursor = self->cursor;
    self->status =
        cruddur_watch_open(self->request->server->dm, &options, &self->watch, &self->error);
}

static bool poll_descriptors(struct stream *self)
{
    uv_loop_t *loop = &self->request->server->loop;
    self->events.data = self->peer.data = self;
    self->handles += uv_poll_init(loop, &self->events, cruddur_watch_fd(self->watch)) == 0;
    self->handles +=
        self->handles == 1 && uv_poll_init(loop, &self->peer, self->request->peer->fd) == 0;
    return self->handles == 2 && uv_poll_start(&self->peer, UV_DISCONNECT, on_peer) == 0;
}

static void on_opened(uv_work_t *job, int status)
{
    struct stream *self = job->data;
    request *asked = self->request;
    struct server *server = asked->server;
    const char *cursor = self->watch != NULL ? cruddur_watch_cursor(self->watch) : NULL;
    (void)status;
    server->jobs--;
    if (self->status != CRUDDUR_OK) {
        request_fail_with(asked, self->status, self->error);
    } else if (cursor == NULL || server->stops > 0 || !poll_descriptors(self)) {
        request_fail(asked, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
    } else {
        self->used =
            (size_t)snprintf(self->text, sizeof(self->text),
                             "retry: %d\nevent: open\nid: %s\ndata: {}\n\n", RETRY_MS, cursor);
        asked->is_stream = true;
        request_answer_with(asked, MHD_HTTP_OK, "text/event-stream",
                            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
                                                              read_stream, self, NULL));
    }
    request_go_on(asked);
}

void events_get(request *self)
{
    struct server *server = self->server;
    const char *cursor = request_header(self, "Last-Event-ID");
    cursor = cursor != NULL ? cursor : request_query(self, "cursor");
    if (!limits_open_stream(&server->limits, request_uuid(self), server->options.streams_per_user,
                            server_now_ms(server))) {
        request_add_header(self, "Retry-After", "10");
        request_fail(self, MHD_HTTP_TOO_MANY_REQUESTS, "too_many_streams");
        return;
    }
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL) {
        limits_close_stream(&server->limits, request_uuid(self));
        request_fail_memory(self);
        return;
    }
    self->state = stream;
    self->end = end;
    stream->request = self;
    stream->job.data = stream;
    stream->quiet_since_ms = server_now_ms(server);
    memcpy(stream->uuid, request_uuid(self), sizeof(stream->uuid));
    LIST_INSERT_HEAD(&server->streams, stream, link);
    metrics_add(&server->metrics, "event_streams", 1);
    metrics_add(&server->metrics, "event_streams_opened_total", 1);
    if ((cursor != NULL && (stream->cursor = strdup(cursor)) == NULL) ||
        !server_work(server, &stream->job, open_watch, on_opened)) {
        request_fail_memory(self);
        return;
    }
    request_wait(self);
}

/* ---- all streams ---- */

/* A comment on a stream that is quiet; also how a client that has vanished is found. */
void events_tick(struct server *server)
{
    int64_t before_ms = server_now_ms(server) - (int64_t)server->options.heartbeat_s * 1000;
    struct stream *self;
    LIST_FOREACH(self, &server->streams, link)
    {
        if (self->is_suspended && self->quiet_since_ms <= before_ms) {
            self->used = (size_t)snprintf(self->text, sizeof(self->text), ":\n\n");
            self->sent = 0;
            go_on(self);
        }
    }
}

void events_stop(struct server *server)
{
    struct stream *self;
    LIST_FOREACH(self, &server->streams, link)
    {
        self->is_over = true;
        go_on(self);
    }
}
