/* SPDX-License-Identifier: MIT */
/* Which requests reach a handler: the route, the host, who asks, from which site, how often, and
 * the fields of the body. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "request_http.h"

static bool is_post(const request *self)
{
    return strcmp(self->method, "POST") == 0;
}

/* ---- the body ---- */

static bool add_field(request *self, const char *name, const char *value)
{
    if (self->field_count == REQUEST_FIELDS_MAX) {
        return false;
    }
    self->fields[self->field_count++] = (struct field){name, value};
    return true;
}

/* Only texts are fields. */
static bool add_json(request *self, const char *name, struct json_object *value)
{
    const char *text =
        json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
    return text == NULL || (strlen(text) == (size_t)json_object_get_string_len(value) &&
                            add_field(self, name, text));
}

static bool parse_json(request *self)
{
    struct json_tokener *tokener = json_tokener_new_ex(4);
    bool is_good = tokener != NULL;
    if (is_good) {
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
        self->json = json_tokener_parse_ex(tokener, self->body, (int)self->body_size + 1);
        is_good = json_tokener_get_error(tokener) == json_tokener_success &&
                  json_object_is_type(self->json, json_type_object);
        json_tokener_free(tokener);
    }
    if (is_good) {
        struct json_object_iterator at = json_object_iter_begin(self->json);
        const struct json_object_iterator end = json_object_iter_end(self->json);
        for (; is_good && !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
            is_good =
                add_json(self, json_object_iter_peek_name(&at), json_object_iter_peek_value(&at));
        }
    }
    return is_good;
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (tolower((unsigned char)c) - 'a') + 10;
}

/* Decodes a name or a value in place. False if it is not well-formed, or has a NUL. */
static bool decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '%') {
            *to++ = *from == '+' ? ' ' : *from;
        } else if (isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2]) &&
                   (from[1] != '0' || from[2] != '0')) {
            *to++ = (char)(hex(from[1]) * 16 + hex(from[2]));
            from += 2;
        } else {
            return false;
        }
    }
    *to = '\0';
    return true;
}

static bool parse_form(request *self)
{
    char *rest = self->body, *pair;
    if (strlen(self->body) != self->body_size) {
        return false;
    }
    while ((pair = strsep(&rest, "&")) != NULL) {
        char *value = strchr(pair, '=');
        if (value == NULL) {
            continue;
        }
        *value++ = '\0';
        if (!decode(pair) || !decode(value) || !add_field(self, pair, value)) {
            return false;
        }
    }
    return true;
}

static bool has_type(const char *header, const char *type)
{
    size_t size = strlen(type);
    return header != NULL && strncasecmp(header, type, size) == 0 &&
           strchr("; \t", header[size]) != NULL;
}

static bool parse(request *self)
{
    const char *type = request_header(self, "Content-Type");
    bool is_good = true;
    if (self->body_size == 0) {
        return true;
    }
    if (has_type(type, "application/json")) {
        is_good = parse_json(self);
    } else if (has_type(type, "application/x-www-form-urlencoded")) {
        is_good = parse_form(self);
    } else {
        request_fail(self, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "media_type_unsupported");
        return false;
    }
    if (!is_good) {
        request_fail(self, MHD_HTTP_BAD_REQUEST, "body_invalid");
    }
    return is_good;
}

/* ---- where from ---- */

static const char *after_scheme(const char *origin)
{
    const char *host = strstr(origin, "://");
    return host != NULL ? host + 3 : "";
}

/* A name of this service: so another site's name that resolves to a loopback address is refused. */
static bool is_own_host(const request *self)
{
    static const char *const loopback[] = {"127.0.0.1", "localhost", "[::1]"};
    const struct options *options = self->server->options;
    const char *host = request_header(self, "Host");
    if (host == NULL) {
        return false;
    }
    if (options->origin != NULL) {
        return strcasecmp(host, after_scheme(options->origin)) == 0;
    }
    for (size_t i = 0; options->demo_count > 0 && i < 3; i++) {
        size_t size = strlen(loopback[i]);
        if (strncasecmp(host, loopback[i], size) == 0 && strchr(":", host[size]) != NULL) {
            return true;
        }
    }
    return options->demo_count == 0;
}

/* Whether a page of another site sent it: as the browser says, or by the page's origin. What a
 * program sends, has neither. */
static bool is_cross_site(const request *self)
{
    const char *site = request_header(self, "Sec-Fetch-Site");
    const char *mode = request_header(self, "Sec-Fetch-Mode");
    const char *origin = request_header(self, "Origin");
    if (!is_post(self)) {
        return site != NULL && strcmp(site, "cross-site") == 0 &&
               (mode == NULL || strcmp(mode, "navigate") != 0);
    }
    if (site != NULL && strcmp(site, "same-origin") != 0) {
        return true;
    }
    return origin != NULL && strcasecmp(after_scheme(origin), request_header(self, "Host")) != 0;
}

static bool has_form_token(const request *self)
{
    const char *token = request_field(self, "csrf");
    token = token != NULL ? token : request_header(self, "X-CSRF-Token");
    return token != NULL && session_is_same(token, self->csrf);
}

/* ---- who ---- */

static void handle(request *self)
{
    if (self->by != SIGNED_IN_BY_TOKEN && is_cross_site(self)) {
        request_fail(self, MHD_HTTP_FORBIDDEN, "cross_site");
        return;
    }
    if (self->person != NULL && !limits_take(&self->server->limits, self->person->uuid,
                                             is_post(self), self->server->now_ms)) {
        request_add_header(self, "Retry-After", "1");
        request_fail(self, MHD_HTTP_TOO_MANY_REQUESTS, "too_many_requests");
        return;
    }
    if (!parse(self)) {
        return;
    }
    if (is_post(self) && self->by == SIGNED_IN_BY_COOKIE && !has_form_token(self)) {
        request_fail(self, MHD_HTTP_FORBIDDEN, "form_token_invalid");
        return;
    }
    self->route->handle(self);
}

static void on_person(request *self, const struct person *person)
{
    if (person == NULL) {
        request_fail(self, MHD_HTTP_FORBIDDEN, "user_not_found");
        return;
    }
    self->person = person_copy(person);
    if (self->person == NULL) {
        request_fail(self, MHD_HTTP_SERVICE_UNAVAILABLE, "no_memory");
        return;
    }
    handle(self);
}

static void refuse_token(request *self)
{
    request_add_header(self, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
    request_fail(self, MHD_HTTP_UNAUTHORIZED, "token_invalid");
}

static enum token_result check_token(request *self)
{
    const struct options *options = self->server->options;
    const struct token_rules rules = {options->issuer, options->client_id};
    const char *header = request_header(self, "Authorization");
    const char *token = header + strlen("Bearer ");
    return strncasecmp(header, "Bearer ", strlen("Bearer ")) == 0
               ? token_check(token, &self->server->keys, &rules, (int64_t)time(NULL), &self->claims)
               : TOKEN_BAD;
}

static void on_token(request *self, enum token_result result)
{
    if (result == TOKEN_GOOD) {
        self->by = SIGNED_IN_BY_TOKEN;
        request_find(self, PEOPLE_COGNITO_USER_ID, self->claims.sub, on_person);
    } else {
        refuse_token(self);
    }
}

/* The keys have been read again. */
static void on_keys(void *data)
{
    request *self = data;
    on_token(self, check_token(self));
    request_go_on(self);
}

static void sign_in_by_token(request *self)
{
    enum token_result result = check_token(self);
    if (result == TOKEN_UNKNOWN_KEY &&
        jwks_refresh(&self->server->keys, self->server->now_ms, on_keys, self)) {
        request_wait(self);
    } else {
        on_token(self, result);
    }
}

static void sign_in(request *self)
{
    const char *cookie = request_cookie(self, "session");
    char uuid[CRUDDUR_UUID_SIZE];
    if (request_header(self, "Authorization") != NULL) {
        sign_in_by_token(self);
    } else if (cookie != NULL && session_check(self->server, cookie, uuid, self->csrf)) {
        self->by = SIGNED_IN_BY_COOKIE;
        request_find(self, PEOPLE_UUID, uuid, on_person);
    } else if ((self->route->flags & ROUTE_SIGNED_IN) == 0) {
        handle(self);
    } else if (request_is_api(self) || is_post(self)) {
        request_add_header(self, "WWW-Authenticate", "Bearer");
        request_fail(self, MHD_HTTP_UNAUTHORIZED, "not_signed_in");
    } else {
        request_redirect(self, "/sign-in");
    }
}

void request_admit(request *self)
{
    char allowed[ROUTE_ALLOWED_SIZE];
    self->route = route_find(self->method, self->path, self->parts, allowed);
    if (self->server->is_stopping) {
        request_add_header(self, "Connection", "close");
        request_fail(self, MHD_HTTP_SERVICE_UNAVAILABLE, "stopping");
    } else if (self->route == NULL && allowed[0] != '\0') {
        request_add_header(self, "Allow", allowed);
        request_fail(self, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed");
    } else if (self->route == NULL) {
        request_fail(self, MHD_HTTP_NOT_FOUND, "not_found");
    } else if ((self->route->flags & ROUTE_ANY_HOST) == 0 && !is_own_host(self)) {
        request_fail(self, MHD_HTTP_MISDIRECTED_REQUEST, "host_unknown");
    } else if (self->is_too_large) {
        request_fail(self, MHD_HTTP_CONTENT_TOO_LARGE, "body_too_large");
    } else if (!is_post(self) && self->body_size > 0) {
        request_fail(self, MHD_HTTP_BAD_REQUEST, "body_unexpected");
    } else if ((self->route->flags & ROUTE_SIGNED_IN) != 0 || is_post(self)) {
        sign_in(self);
    } else {
        handle(self);
    }
}
