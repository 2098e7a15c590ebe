/* SPDX-License-Identifier: MIT */
/* The life of a request: from libmicrohttpd to a handler, through the library, and back. */
#include "web.h"

#define BODY_MAX 32768
#define CONNECTION_MEMORY 16384 /* for the headers of a request, and for what is sent */
#define WRITE_S 60              /* a client may take to receive an answer */

static LIST_HEAD(, connection) connections = LIST_HEAD_INITIALIZER(connections);

/* ---- what was asked ---- */

const char *request_field(const request *self, const char *name)
{
    return json_string_value(json_object_get(self->fields, name));
}

const char *request_given(const request *self, const char *name)
{
    const char *value = request_field(self, name);
    value = value != NULL ? value : request_query(self, name);
    return value != NULL && *value != '\0' ? value : NULL;
}

const char *request_uuid(const request *self)
{
    return text_of(self->person, "uuid");
}

/* ---- waiting ---- */

void request_go_on(request *self)
{
    if (--self->pending > 0) {
        return;
    }
    if (self->is_suspended) {
        self->is_suspended = false;
        MHD_resume_connection(self->connection);
    }
}

cruddur_submit_options *request_submit(request *self, request_then *then)
{
    self->submit = (cruddur_submit_options)CRUDDUR_SUBMIT_OPTIONS_INIT;
    self->submit.data = self;
    self->then = then;
    self->takes_failures = false;
    self->pending++;
    return &self->submit;
}

bool request_submitted(request *self, cruddur_status status)
{
    if (status != CRUDDUR_OK) {
        request_fail_with(self, status, self->error);
        g_clear_pointer(&self->error, cruddur_error_free);
        request_go_on(self);
    }
    return status == CRUDDUR_OK;
}

void request_on_completion(request *self, cruddur_completion *completion)
{
    cruddur_status status = cruddur_completion_status(completion);
    if (!self->is_answered && (status == CRUDDUR_OK || self->takes_failures)) {
        self->then(self, completion);
    } else {
        request_fail_with(self, status, cruddur_completion_error(completion));
    }
    request_go_on(self);
}

/* ---- answers ---- */

/* The first of a name counts. libmicrohttpd leaves out one that has a line break. */
void request_add_header(request *self, const char *name, const char *value)
{
    if (json_object_get(self->headers, name) == NULL) {
        (void)json_object_set_new(self->headers, name, json_string(value));
    }
}

static const char *const every_answer[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

void request_answer_with(request *self, unsigned status, const char *type,
                         struct MHD_Response *response)
{
    const char *name;
    json_t *value;
    if (self->is_answered) {
        g_clear_pointer(&response, MHD_destroy_response);
        return;
    }
    self->is_answered = true;
    self->status = status;
    self->response = response;
    if (type != NULL) {
        request_add_header(self, "Content-Type", type);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(every_answer); i++) {
        request_add_header(self, every_answer[i][0], every_answer[i][1]);
    }
    json_object_foreach(self->headers, name, value) {
        (void)MHD_add_response_header(response, name, json_string_value(value));
    }
}

void request_answer(request *self, unsigned status, const char *type, char *body)
{
    size_t size = body != NULL ? strlen(body) : 0;
    request_answer_with(self, status, type,
                        MHD_create_response_from_buffer_with_free_callback(size, body, g_free));
}

void request_answer_json(request *self, unsigned status, json_t *object)
{
    request_answer(self, status, "application/json", json_dumps(object, JSON_COMPACT));
    json_decref(object);
}

void request_redirect(request *self, const char *path)
{
    request_add_header(self, "Location", path);
    request_answer(self, 303, NULL, NULL);
}

void request_fail(request *self, unsigned status, const char *code)
{
    bool is_api = self->route != NULL ? (self->route->flags & ROUTE_API) != 0
                                      : g_str_has_prefix(self->path, "/api/");
    if (!self->is_answered && is_api) {
        request_answer_json(self, status, json_pack("[s]", code));
    } else if (!self->is_answered) {
        page_failure(self, status, code);
    }
}

/* The application's codes; statuses that are not listed are failures of the service. */
static const struct {
    cruddur_status status;
    unsigned http;
    const char *code;
} meanings[] = {
    {CRUDDUR_E_TEXT_BLANK, 422, "message_blank"},
    {CRUDDUR_E_TEXT_TOO_LONG, 422, "message_exceed_max_chars"},
    {CRUDDUR_E_NOT_UTF8, 422, "message_not_utf8"},
    {CRUDDUR_E_UUID, 422, "uuid_invalid"},
    {CRUDDUR_E_UUID_TIME, 422, "message_uuid_too_old"},
    {CRUDDUR_E_MEMBER_SELF, 422, "user_receiver_is_sender"},
    {CRUDDUR_E_INVALID_ARGUMENT, 422, "argument_invalid"},
    {CRUDDUR_E_NULL_ARGUMENT, 422, "argument_missing"},
    {CRUDDUR_E_TIME, 422, "time_invalid"},
    {CRUDDUR_E_REACTION, 422, "reaction_invalid"},
    {CRUDDUR_E_REACTION_COUNT, 422, "reaction_too_many"},
    {CRUDDUR_E_CURSOR_DAMAGED, 400, "cursor_invalid"},
    {CRUDDUR_E_CURSOR_FOREIGN, 400, "cursor_invalid"},
    {CRUDDUR_E_GROUP_NOT_FOUND, 404, "message_group_not_found"},
    {CRUDDUR_E_MESSAGE_NOT_FOUND, 404, "message_not_found"},
    {CRUDDUR_E_MESSAGE_TIME, 404, "message_not_found"},
    {CRUDDUR_E_NOT_A_MEMBER, 404, "user_not_found"},
    {CRUDDUR_E_MESSAGE_GONE, 410, "message_gone"},
    {CRUDDUR_E_NOT_THE_AUTHOR, 403, "message_not_yours"},
    {CRUDDUR_E_BLOCKED, 403, "message_group_blocked"},
    {CRUDDUR_E_CLOSED, 403, "message_group_closed"},
    {CRUDDUR_E_GROUP_NOT_DIRECT, 422, "message_group_not_direct"},
    {CRUDDUR_E_GROUP_EXISTS, 409, "message_group_exists"},
    {CRUDDUR_E_MESSAGE_DELETED, 409, "message_deleted"},
    {CRUDDUR_E_VERSION, 409, "message_changed"},
};

void request_fail_with(request *self, cruddur_status status, const cruddur_error *error)
{
    if (self->is_answered) {
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(meanings); i++) {
        if (meanings[i].status == status) {
            request_fail(self, meanings[i].http, meanings[i].code);
            return;
        }
    }
    log_message(LOG_ERROR, "call", "%s: %s", cruddur_status_name(status),
                error != NULL ? cruddur_error_message(error) : cruddur_status_text(status));
    if (error != NULL ? cruddur_error_is_retryable(error) : cruddur_status_is_retryable(status)) {
        request_add_header(self, "Retry-After", "1");
    }
    request_fail(self, 503, "service_unavailable");
}

/* ---- libmicrohttpd ---- */

static request *begin(struct MHD_Connection *connection, const char *url, const char *method)
{
    request *self = g_new0(request, 1);
    self->connection = connection;
    self->peer =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    self->path = g_strdup(url);
    self->method = strcmp(method, "HEAD") == 0 ? "GET" : method;
    self->is_post = strcmp(method, "POST") == 0;
    self->body = g_string_new(NULL);
    self->headers = json_object();
    self->began_us = g_get_monotonic_time();
    server.in_flight++;
    return self;
}

static enum MHD_Result queue(request *self)
{
    if (self->response == NULL) { /* it could not be made, or the handler has none */
        return MHD_NO;
    }
    self->peer->deadline_ms = self->stream != NULL ? 0 : clock_in_s(WRITE_S);
    return MHD_queue_response(self->connection, self->status, self->response);
}

/* The first call, when the headers have come. */
static enum MHD_Result on_headers(request *self)
{
    const char *length = request_header(self, "Content-Length");
    const char *encoding = request_header(self, "Transfer-Encoding");
    bool is_other = encoding != NULL && strcasecmp(encoding, "chunked") != 0;
    self->is_too_large = length != NULL && strtoull(length, NULL, 10) > BODY_MAX;
    if (self->is_too_large || is_other) { /* answered at once; the rest is not read */
        request_admit(self);
        return queue(self);
    }
    return MHD_YES;
}

static enum MHD_Result on_body_read(request *self)
{
    self->is_dispatched = true;
    self->peer->deadline_ms = 0; /* calls have deadlines of their own */
    self->pending++;
    request_admit(self);
    if (self->pending > 1) {
        self->is_suspended = true;
        MHD_suspend_connection(self->connection);
    }
    request_go_on(self);
    return self->is_suspended ? MHD_YES : queue(self);
}

static enum MHD_Result on_access(G_GNUC_UNUSED void *data, struct MHD_Connection *connection,
                                 const char *url, const char *method,
                                 G_GNUC_UNUSED const char *version, const char *upload,
                                 size_t *upload_size, void **context)
{
    request *self = *context;
    if (self == NULL) {
        *context = self = begin(connection, url, method);
        return on_headers(self);
    }
    if (*upload_size > 0) { /* of an unknown length: the rest is skipped, until the deadline */
        self->is_too_large = self->is_too_large || *upload_size > BODY_MAX - self->body->len;
        if (!self->is_too_large) {
            g_string_append_len(self->body, upload, (ssize_t)*upload_size);
        }
        *upload_size = 0;
        return MHD_YES;
    }
    return self->is_dispatched ? queue(self) : on_body_read(self);
}

static void on_completed(G_GNUC_UNUSED void *data, G_GNUC_UNUSED struct MHD_Connection *connection,
                         void **context, G_GNUC_UNUSED enum MHD_RequestTerminationCode how)
{
    request *self = g_steal_pointer(context);
    if (self == NULL) {
        return;
    }
    bool is_known = strcmp(self->method, "GET") == 0 || self->is_post;
    json_int_t duration_us = g_get_monotonic_time() - self->began_us;
    metrics_answer(self->route, self->status, (double)duration_us / 1e6);
    log_event(LOG_INFO, "request",
              json_pack("{ss,ss,si,sI,ss}", "method", is_known ? self->method : "other", "route",
                        self->route != NULL ? self->route->pattern : "", "status",
                        (int)self->status, "duration_us", duration_us, "user_uuid",
                        request_uuid(self)));
    server.in_flight--;
    self->peer->deadline_ms = clock_in_s(config.read_s);
    g_clear_pointer(&self->response, MHD_destroy_response);
    if (self->stream != NULL) {
        events_end(self->stream);
    }
    json_decref(self->page.model);
    json_decref(self->page.known);
    g_free(self->path);
    g_free(self->part);
    g_free(self->csrf);
    (void)g_string_free(self->body, TRUE);
    json_decref(self->fields);
    json_decref(self->headers);
    json_decref(self->person);
    g_free(self);
}

/* ---- connections ---- */

static void on_connection(G_GNUC_UNUSED void *data, struct MHD_Connection *connection,
                          void **context, enum MHD_ConnectionNotificationCode what)
{
    struct connection *peer = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = peer = g_new0(struct connection, 1);
        peer->fd =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        peer->deadline_ms = clock_in_s(config.read_s);
        LIST_INSERT_HEAD(&connections, peer, link);
        metrics_add("http_connections", 1);
    } else {
        LIST_REMOVE(peer, link);
        g_free(peer);
        metrics_add("http_connections", -1);
    }
}

/* libmicrohttpd ends connections on which nothing happens. Those that go on byte by byte end here:
 * it finds the socket closed. */
void http_tick(void)
{
    struct connection *peer;
    LIST_FOREACH(peer, &connections, link) {
        if (peer->deadline_ms != 0 && peer->deadline_ms < clock_in_s(0)) {
            (void)shutdown(peer->fd, SHUT_RDWR);
            peer->deadline_ms = 0;
        }
    }
}

/* What has a NUL is left as it is, so that it does not end there. */
static size_t unescape(G_GNUC_UNUSED void *data, G_GNUC_UNUSED struct MHD_Connection *connection,
                       char *text)
{
    return strstr(text, "%00") == NULL ? MHD_http_unescape(text) : strlen(text);
}

bool http_start(void)
{
    g_autoptr(GSocketAddress) address =
        g_inet_socket_address_new_from_string(config.address, (unsigned)config.port);
    struct sockaddr_storage native;
    if (address == NULL || !g_socket_address_to_native(address, &native, sizeof(native), NULL)) {
        log_message(LOG_ERROR, "start", "--address: it is no IP address");
        return false;
    }
    const struct MHD_OptionItem more[] = {
        {MHD_OPTION_SOCK_ADDR, 0, &native},
        {MHD_OPTION_CONNECTION_LIMIT, config.connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, config.connections_per_address, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, WRITE_S, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    flags |= native.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0;
    server.http = MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_UNESCAPE_CALLBACK, unescape,
        NULL, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    if (server.http == NULL) {
        log_message(LOG_ERROR, "start", "cannot listen on port %d: %s", config.port,
                    strerror(errno));
    }
    return server.http != NULL;
}
