/* SPDX-License-Identifier: MIT */
/* GET /events: server-sent events of the signed-in user's inbox, from a watch of the library. */
#include <glib-unix.h>
#include <sys/epoll.h>

#include "web.h"

#define BLOCK_SIZE 2048

struct stream {
    LIST_ENTRY(stream) link;
    request *request;
    cruddur_watch *watch;
    GString *text; /* what is still to be sent */
    size_t sent;
    int64_t quiet_since_ms;
    bool is_suspended, is_over;
};

static LIST_HEAD(, stream) streams = LIST_HEAD_INITIALIZER(streams);
static int ready_fd; /* an epoll of what streams wait for: GLib would look at each in every round */

/* ---- what is sent ---- */

static void put_event(struct stream *self, const cruddur_event *event)
{
    const cruddur_msg *msg = cruddur_event_msg(event);
    int64_t read_us = cruddur_event_read_up_to_us(event);
    /* Uuids, and versions, which are times: nothing that JSON would escape. */
    g_string_printf(self->text,
                    "event: %s\nid: %s\ndata: {\"group_uuid\":\"%s\",\"message_uuid\":\"%s\","
                    "\"user_uuid\":\"%s\",\"version\":\"%s\",\"read_up_to_us\":",
                    cruddur_event_kind_name(cruddur_event_get_kind(event)),
                    cruddur_event_cursor(event), cruddur_event_group_uuid(event),
                    msg != NULL ? cruddur_msg_uuid(msg) : "", cruddur_event_user_uuid(event),
                    cruddur_event_version(event));
    if (read_us == CRUDDUR_TIME_UNKNOWN) {
        g_string_append(self->text, "null}\n\n");
    } else {
        g_string_append_printf(self->text, "%" PRId64 "}\n\n", read_us);
    }
    metrics_add("events_sent_total", 1);
}

/* Fetches the next event, if there is one. */
static void fetch(struct stream *self)
{
    g_autoptr(cruddur_event) event = NULL;
    g_autoptr(cruddur_error) error = NULL;
    self->sent = 0;
    g_string_truncate(self->text, 0);
    if (cruddur_watch_next(self->watch, 0, &event, &error) != CRUDDUR_OK) {
        /* The client comes back, and is told why if that lasts. */
        log_message(LOG_WARNING, "stream", "%s", cruddur_error_message(error));
        self->is_over = true;
    } else if (event != NULL) {
        put_event(self, event);
    }
}

static void go_on(struct stream *self)
{
    if (self->is_suspended) {
        self->is_suspended = false;
        MHD_resume_connection(self->request->connection);
    }
}

static ssize_t read_stream(void *data, G_GNUC_UNUSED uint64_t position, char *buffer, size_t room)
{
    struct stream *self = data;
    if (self->sent == self->text->len && !self->is_over) {
        fetch(self);
    }
    size_t size = MIN(room, self->text->len - self->sent);
    if (size > 0) {
        memcpy(buffer, self->text->str + self->sent, size);
        self->sent += size;
        self->quiet_since_ms = clock_in_s(0);
        return (ssize_t)size;
    }
    if (self->is_over) {
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    self->is_suspended = true;
    MHD_suspend_connection(self->request->connection);
    return 0;
}

/* Streams whose watch has an event, or whose client has ended its side of the connection. Both are
 * reported once; a stream that is not suspended looks at its watch before it waits. */
static gboolean on_ready(int fd, G_GNUC_UNUSED GIOCondition what, G_GNUC_UNUSED void *data)
{
    struct epoll_event ready[64];
    int count = epoll_wait(fd, ready, G_N_ELEMENTS(ready), 0);
    for (int i = 0; i < count; i++) {
        struct stream *self = ready[i].data.ptr;
        self->is_over = self->is_over || ready[i].events != EPOLLIN;
        go_on(self);
    }
    return G_SOURCE_CONTINUE;
}

bool events_start(void)
{
    ready_fd = epoll_create1(EPOLL_CLOEXEC);
    return ready_fd >= 0 && g_unix_fd_add(ready_fd, G_IO_IN, on_ready, NULL) > 0;
}

/* ---- opening and closing ---- */

static bool wait_for(struct stream *self, int fd, uint32_t events)
{
    struct epoll_event what = {.events = events | EPOLLET, .data.ptr = self};
    return epoll_ctl(ready_fd, EPOLL_CTL_ADD, fd, &what) == 0;
}

void events_end(struct stream *self)
{
    LIST_REMOVE(self, link);
    metrics_add("event_streams", -1);
    (void)epoll_ctl(ready_fd, EPOLL_CTL_DEL, self->request->peer->fd, NULL);
    cruddur_watch_close(self->watch); /* its descriptor leaves the epoll, too */
    (void)g_string_free(self->text, TRUE);
    g_free(self);
}

static void on_opened(request *self, cruddur_completion *completion)
{
    struct stream *stream = self->stream;
    stream->watch = cruddur_completion_take_watch(completion);
    const char *cursor = cruddur_watch_cursor(stream->watch);
    if (cursor == NULL || server.stops > 0 ||
        !wait_for(stream, cruddur_watch_fd(stream->watch), EPOLLIN) ||
        !wait_for(stream, self->peer->fd, EPOLLRDHUP)) {
        request_fail(self, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
        return;
    }
    g_string_printf(stream->text, "retry: 1000\nevent: open\nid: %s\ndata: {}\n\n", cursor);
    request_answer_with(
        self, MHD_HTTP_OK, "text/event-stream",
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_stream, stream, NULL));
}

static int count_streams(const request *self)
{
    const struct stream *other;
    int count = 0;
    LIST_FOREACH(other, &streams, link)
    {
        count += strcmp(request_uuid(other->request), request_uuid(self)) == 0;
    }
    return count;
}

void events_get(request *self)
{
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    const char *cursor = request_header(self, "Last-Event-ID");
    if (count_streams(self) >= config.streams_per_user) {
        request_add_header(self, "Retry-After", "10");
        request_fail(self, MHD_HTTP_TOO_MANY_REQUESTS, "too_many_streams");
        return;
    }
    struct stream *stream = self->stream = g_new0(struct stream, 1);
    stream->request = self;
    stream->text = g_string_new(NULL);
    LIST_INSERT_HEAD(&streams, stream, link);
    metrics_add("event_streams", 1);
    metrics_add("event_streams_opened_total", 1);
    options.user_uuid = request_uuid(self);
    options.cursor = cursor != NULL ? cursor : request_query(self, "cursor");
    REQUEST_CALL(self, on_opened, cruddur_watch_open_submit, &options);
}

/* ---- all streams ---- */

/* A comment on a stream that is quiet; also how a client that has vanished is found. */
void events_tick(void)
{
    int64_t before_ms = clock_in_s(-config.heartbeat_s);
    struct stream *self;
    LIST_FOREACH(self, &streams, link)
    {
        if (self->is_suspended && self->quiet_since_ms <= before_ms) {
            g_string_assign(self->text, ":\n\n");
            self->sent = 0;
            go_on(self);
        }
    }
}

void events_stop(void)
{
    struct stream *self;
    LIST_FOREACH(self, &streams, link)
    {
        self->is_over = true;
        go_on(self);
    }
}
