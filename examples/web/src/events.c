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
    int64_t quiet_since_ms;
    bool is_suspended, is_over;
};

static LIST_HEAD(, stream) streams = LIST_HEAD_INITIALIZER(streams);
static int ready_fd; /* an epoll of what streams wait for: GLib would look at each in every round */

static void put_event(struct stream *self, const cruddur_event *event)
{
    const cruddur_msg *msg = cruddur_event_msg(event);
    int64_t read_us = cruddur_event_read_up_to_us(event);
    json_auto_t *data = json_pack(
        "{ss,ss,ss,ss,so}", "group_uuid", cruddur_event_group_uuid(event), "message_uuid",
        msg != NULL ? cruddur_msg_uuid(msg) : "", "user_uuid", cruddur_event_user_uuid(event),
        "version", cruddur_event_version(event), "read_up_to_us",
        read_us == CRUDDUR_TIME_UNKNOWN ? json_null() : json_integer(read_us));
    g_autofree char *line = json_dumps(data, JSON_COMPACT);
    g_string_printf(self->text, "event: %s\nid: %s\ndata: %s\n\n",
                    cruddur_event_kind_name(cruddur_event_get_kind(event)),
                    cruddur_event_cursor(event), line);
    metrics_add("events_sent_total", 1);
}

/* Fetches the next event, if there is one. */
static void fetch(struct stream *self)
{
    g_autoptr(cruddur_event) event = NULL;
    g_autoptr(cruddur_error) error = NULL;
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
    if (self->text->len == 0 && !self->is_over) {
        fetch(self);
    }
    size_t size = MIN(room, self->text->len);
    if (size > 0) {
        memcpy(buffer, self->text->str, size);
        g_string_erase(self->text, 0, (ssize_t)size);
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
        request_fail(self, 503, "stopping");
        return;
    }
    g_string_printf(stream->text, "retry: 1000\nevent: open\nid: %s\ndata: {}\n\n", cursor);
    request_answer_with(
        self, 200, "text/event-stream",
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_stream, stream, NULL));
}

static bool has_too_many(const char *user_uuid)
{
    const struct stream *other;
    int count = 0;
    LIST_FOREACH(other, &streams, link) {
        count += strcmp(request_uuid(other->request), user_uuid) == 0;
    }
    return count >= config.streams_per_user;
}

void events_get(request *self)
{
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    const char *cursor = request_header(self, "Last-Event-ID");
    if (has_too_many(request_uuid(self))) {
        request_add_header(self, "Retry-After", "10");
        request_fail(self, 429, "too_many_streams");
        return;
    }
    self->stream = g_new0(struct stream, 1);
    self->stream->request = self;
    self->stream->text = g_string_new(NULL);
    LIST_INSERT_HEAD(&streams, self->stream, link);
    metrics_add("event_streams", 1);
    metrics_add("event_streams_opened_total", 1);
    options.user_uuid = request_uuid(self);
    options.cursor = cursor != NULL ? cursor : request_query(self, "cursor");
    REQUEST_CALL(self, on_opened, cruddur_watch_open_submit, &options);
}

/* Ends streams before a stop: clients come back with their cursors. On a stream that is quiet,
 * sends a comment; that is also how a client that has vanished is found. */
void events_tick(void)
{
    int64_t before_ms = clock_in_s(-config.heartbeat_s);
    struct stream *self;
    LIST_FOREACH(self, &streams, link) {
        self->is_over = self->is_over || server.stops > 0;
        if (self->is_over) {
            go_on(self);
        } else if (self->is_suspended && self->quiet_since_ms <= before_ms) {
            g_string_assign(self->text, ":\n\n");
            go_on(self);
        }
    }
}
