/* SPDX-License-Identifier: MIT */
/* From a request to its handler: the routes; the host, who asks, from which site, how often; the
 * fields of the body. */
#include <fnmatch.h>

#include "web.h"

/* ---- the routes ---- */

#define USER ROUTE_SIGNED_IN
#define GROUP (ROUTE_SIGNED_IN | ROUTE_UUID)
#define API (ROUTE_SIGNED_IN | ROUTE_API)

static const struct route routes[] = {
    {"GET", "/", page_inbox, USER},
    {"GET", "/messages", page_inbox, USER},
    {"GET", "/messages/new", page_new, USER},
    {"GET", "/messages/new/*", page_new, USER},
    {"POST", "/messages/new", form_new, USER},
    {"GET", "/messages/*", page_conversation, GROUP},
    {"GET", "/messages/*/items", page_items, GROUP},
    {"POST", "/messages/*/send", form_send, GROUP},
    {"POST", "/messages/*/edit", form_change, GROUP},
    {"POST", "/messages/*/delete", form_change, GROUP},
    {"POST", "/messages/*/react", form_change, GROUP},
    {"POST", "/messages/*/read", form_read, GROUP},
    {"POST", "/messages/*/mute", form_set, GROUP},
    {"POST", "/messages/*/archive", form_set, GROUP},
    {"POST", "/messages/*/block", form_set, GROUP},
    {"POST", "/time-zone", form_time_zone, USER},
    {"GET", "/sign-in", session_begin, 0},
    {"POST", "/sign-in", session_begin, 0},
    {"POST", "/sign-out", session_end, USER},
    {"GET", "/static/*", static_get, 0},
    {"GET", "/events", events_get, API},
    {"GET", "/api/message_groups", api_groups, API},
    {"GET", "/api/messages/*", api_messages, API | ROUTE_UUID},
    {"POST", "/api/messages", api_send, API},
    {"GET", "/api/users/*/short", api_user, API},
    {"GET", "/healthz", api_health, ROUTE_API | ROUTE_ANY_HOST},
    {"GET", "/metrics", metrics_get, ROUTE_API | ROUTE_ANY_HOST},
};

/* Finds the route, and the part of the path that its `*` stands for. If there is none, returns the
 * methods that the path has, or NULL. */
static const char *find_route(request *self)
{
    static const char *const allowed[] = {NULL, "GET", "POST", "GET, POST"};
    unsigned methods = 0;
    for (const struct route *route = routes; route < routes + G_N_ELEMENTS(routes); route++) {
        bool is_match = fnmatch(route->pattern, self->path, FNM_PATHNAME) == 0;
        if (is_match && strcmp(route->method, self->method) == 0) {
            const char *part = self->path + strcspn(route->pattern, "*");
            ssize_t size = (ssize_t)strcspn(part, "/");
            bool is_uuid = (route->flags & ROUTE_UUID) != 0; /* the library writes lower case */
            self->route = route;
            self->part = is_uuid ? g_ascii_strdown(part, size) : g_strndup(part, (size_t)size);
            return NULL;
        }
        methods |= !is_match ? 0 : strcmp(route->method, "GET") == 0 ? 1 : 2;
    }
    return allowed[methods];
}

/* ---- the body ---- */

static bool parse_json(request *self)
{
    self->fields = json_loadb(self->body->str, self->body->len, JSON_REJECT_DUPLICATES, NULL);
    return json_is_object(self->fields);
}

static bool parse_form(request *self)
{
    GUriParamsIter fields;
    g_autoptr(GError) error = NULL; /* also for a NUL */
    char *name, *value;
    self->fields = json_object();
    g_uri_params_iter_init(&fields, self->body->str, (ssize_t)self->body->len, "&",
                           G_URI_PARAMS_WWW_FORM);
    while (g_uri_params_iter_next(&fields, &name, &value, &error)) {
        g_autoptr(GString) text = g_string_new(value);
        (void)g_string_replace(text, "\r\n", "\n", 0); /* browsers count a line end as one */
        (void)json_object_set_new(self->fields, name, json_string(text->str));
        g_free(name);
        g_free(value);
    }
    return error == NULL;
}

static bool parse(request *self)
{
    const char *header = request_header(self, "Content-Type");
    g_autofree char *type = g_strdup(header != NULL ? header : "");
    type[strcspn(type, "; \t")] = '\0';
    bool is_json = strcasecmp(type, "application/json") == 0;
    bool is_form = strcasecmp(type, "application/x-www-form-urlencoded") == 0;
    if (self->body->len > 0 && !is_json && !is_form) {
        request_fail(self, 415, "media_type_unsupported");
    } else if (self->body->len > 0 && !(is_json ? parse_json(self) : parse_form(self))) {
        request_fail(self, 400, "body_invalid");
    }
    return !self->is_answered;
}

/* ---- where from ---- */

static enum MHD_Result count_header(void *data, G_GNUC_UNUSED enum MHD_ValueKind kind,
                                    const char *name, const char *value)
{
    request *self = data;
    bool is_encoding = strcasecmp(name, "Transfer-Encoding") == 0;
    self->hosts += strcasecmp(name, "Host") == 0;
    self->lengths += is_encoding || strcasecmp(name, "Content-Length") == 0;
    self->lengths += is_encoding && strcasecmp(value, "chunked") != 0; /* is none that we know */
    return MHD_YES;
}

static const char *after_scheme(const char *origin)
{
    const char *host = strstr(origin, "://");
    return host != NULL ? host + 3 : "";
}

/* Refuses another site's name that resolves to our address: that of --origin is ours, else an IP
 * address or `localhost`; with the demo sign-in only those of the loopback interface. A program
 * that has a token is no browser that was led here. */
bool request_is_own_host(const request *self)
{
    const char *host = request_header(self, "Host");
    if (request_header(self, "Authorization") != NULL) {
        return true;
    }
    if (host == NULL || config.origin != NULL) {
        return host != NULL && strcasecmp(host, after_scheme(config.origin)) == 0;
    }
    bool is_six = host[0] == '[';
    g_autofree char *name = g_strndup(host + is_six, strcspn(host + is_six, is_six ? "]" : ":"));
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(name);
    return strcasecmp(name, "localhost") == 0 ||
           (address != NULL && (config.demo == NULL || g_inet_address_get_is_loopback(address)));
}

/* Whether a page of another site sent it: as the browser says, or by the page's origin. What a
 * program sends, has neither. */
static bool is_cross_site(const request *self)
{
    const char *site = request_header(self, "Sec-Fetch-Site");
    const char *origin = request_header(self, "Origin");
    if (!self->is_post) { /* a link leads here from anywhere */
        bool is_link = g_strcmp0(request_header(self, "Sec-Fetch-Mode"), "navigate") == 0;
        return g_strcmp0(site, "cross-site") == 0 && !is_link;
    }
    bool is_ours = origin == NULL ||
                   (config.origin != NULL
                        ? strcasecmp(origin, config.origin) == 0
                        : strcasecmp(after_scheme(origin), request_header(self, "Host")) == 0);
    return !is_ours || (site != NULL && strcmp(site, "same-origin") != 0);
}

static bool has_form_token(const request *self)
{
    const char *token = request_field(self, "csrf");
    token = token != NULL ? token : request_header(self, "X-CSRF-Token");
    return token != NULL && session_is_same(token, self->csrf);
}

/* ---- how often ---- */

#define BURST_US (3 * G_TIME_SPAN_SECOND) /* worth of requests at once, after a pause */
#define USERS_MAX 10000                   /* that are remembered */

/* By kind of request and user: until when they are paid, each with the time that it costs. */
static GHashTable *paid_until_us;

static bool has_to_wait(const char *uuid, bool is_write)
{
    int per_s = is_write ? config.writes_per_s : config.reads_per_s;
    int64_t now_us = g_get_monotonic_time();
    if (paid_until_us == NULL || g_hash_table_size(paid_until_us) >= USERS_MAX) {
        g_clear_pointer(&paid_until_us, g_hash_table_unref);
        paid_until_us = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    }
    g_autofree char *key = g_strconcat(is_write ? "write " : "read ", uuid, NULL);
    const int64_t *paid_us = g_hash_table_lookup(paid_until_us, key);
    int64_t next_us = MAX(paid_us != NULL ? *paid_us : 0, now_us);
    next_us += per_s > 0 ? G_TIME_SPAN_SECOND / per_s : 0;
    if (next_us - now_us > BURST_US) {
        return true;
    }
    (void)g_hash_table_insert(paid_until_us, g_steal_pointer(&key),
                              g_memdup2(&next_us, sizeof(next_us)));
    return false;
}

/* ---- who ---- */

static void handle(request *self)
{
    if (self->by != SIGNED_IN_BY_TOKEN && is_cross_site(self)) {
        request_fail(self, 403, "cross_site");
    } else if (self->person != NULL && has_to_wait(request_uuid(self), self->is_post)) {
        request_add_header(self, "Retry-After", "1");
        request_fail(self, 429, "too_many_requests");
    } else if (parse(self)) {
        if (self->is_post && self->by == SIGNED_IN_BY_COOKIE && !has_form_token(self)) {
            request_fail(self, 403, "form_token_invalid");
        } else {
            self->route->handle(self);
        }
    }
}

static void on_person(request *self, json_t *person)
{
    self->person = json_incref(person);
    handle(self);
}

static void sign_in_by_token(request *self, bool may_refresh)
{
    const char *header = request_header(self, "Authorization");
    json_auto_t *claims = NULL;
    enum token_result result =
        strncasecmp(header, "Bearer ", 7) == 0 ? token_check(header + 7, &claims) : TOKEN_BAD;
    if (result == TOKEN_GOOD) {
        self->by = SIGNED_IN_BY_TOKEN;
        self->token_until_s = json_integer_value(json_object_get(claims, "exp"));
        request_find(self, PEOPLE_COGNITO_USER_ID, text_of(claims, "sub"), 403, on_person);
    } else if (result != TOKEN_UNKNOWN_KEY || !may_refresh || !keys_read_for(self)) {
        request_add_header(self, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
        request_fail(self, 401, "token_invalid");
    }
}

void request_admit_again(request *self)
{
    sign_in_by_token(self, false);
    request_go_on(self);
}

static void sign_in(request *self)
{
    g_autofree char *uuid = NULL;
    if (request_header(self, "Authorization") != NULL) {
        sign_in_by_token(self, true);
    } else if ((uuid = session_check(self)) != NULL) {
        self->by = SIGNED_IN_BY_COOKIE;
        request_find(self, PEOPLE_UUID, uuid, 403, on_person);
    } else if ((self->route->flags & ROUTE_SIGNED_IN) == 0) {
        handle(self);
    } else {
        request_add_header(self, "WWW-Authenticate", "Bearer");
        request_fail(self, 401, "not_signed_in");
    }
}

void request_admit(request *self)
{
    const char *allowed = find_route(self);
    (void)MHD_get_connection_values(self->connection, MHD_HEADER_KIND, count_header, self);
    if (self->hosts > 1 || self->lengths > 1) { /* a proxy may have read another request */
        request_add_header(self, "Connection", "close");
        request_fail(self, 400, "headers_invalid");
    } else if (server.stops > 0) {
        request_add_header(self, "Connection", "close");
        request_fail(self, 503, "stopping");
    } else if (allowed != NULL) {
        request_add_header(self, "Allow", allowed);
        request_fail(self, 405, "method_not_allowed");
    } else if (self->route == NULL ||
               ((self->route->flags & ROUTE_UUID) != 0 && !cruddur_uuid_is_valid(self->part))) {
        request_fail(self, 404, "not_found");
    } else if ((self->route->flags & ROUTE_ANY_HOST) == 0 && !request_is_own_host(self)) {
        request_fail(self, 421, "host_unknown");
    } else if (self->is_too_large) {
        request_fail(self, 413, "body_too_large");
    } else if (!self->is_post && self->body->len > 0) {
        request_fail(self, 400, "body_unexpected");
    } else if ((self->route->flags & ROUTE_SIGNED_IN) != 0 || self->is_post) {
        sign_in(self);
    } else {
        handle(self);
    }
}
