/* SPDX-License-Identifier: MIT */
/* A request as the service itself sees it: between libmicrohttpd and the handlers. */
#ifndef WEB_REQUEST_HTTP_H
#define WEB_REQUEST_HTTP_H

#include <json-c/json.h>

#include "route.h"
#include "server.h"
#include "session.h"
#include "token.h"

#define REQUEST_BODY_MAX 32768
#define REQUEST_CALLS_MAX 4
#define REQUEST_HEADERS_MAX 4
#define REQUEST_FIELDS_MAX 16

enum signed_in_by { SIGNED_IN_BY_NOTHING, SIGNED_IN_BY_TOKEN, SIGNED_IN_BY_COOKIE };

struct call {
    request *owner;
    request_then *then;
    bool is_any;
};

struct field {
    const char *name, *value;
};

struct request {
    struct server *server;
    struct MHD_Connection *connection;
    struct connection *peer;
    const struct route *route; /* NULL: there is none */
    const char *method;
    char *path;
    const char *parts[ROUTE_PARTS_MAX];
    char *body;
    size_t body_size;
    struct json_object *json;
    struct field fields[REQUEST_FIELDS_MAX];
    size_t field_count;
    enum signed_in_by by;
    struct person *person;
    struct token_claims claims;
    char csrf[SESSION_CSRF_SIZE];
    request_found *found;
    struct call calls[REQUEST_CALLS_MAX];
    struct call *last_call;
    unsigned pending; /* calls, look-ups, jobs */
    struct MHD_Response *response;
    unsigned status;
    const char *header_names[REQUEST_HEADERS_MAX];
    char *header_values[REQUEST_HEADERS_MAX];
    size_t header_count;
    void *state;
    void (*end)(void *state);
    int64_t began_us;
    bool is_too_large, is_dispatched, is_suspended, is_answered, is_stream;
};

/* libmicrohttpd's callbacks; `data` is the server. */
enum MHD_Result request_on_access(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context);
void request_on_completed(void *data, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode how);

/* A call has completed; the completion remains the caller's. */
void request_on_completion(struct call *call, cruddur_completion *completion);

/* Something that the request waits for began, or is over: then it may go on. */
void request_wait(request *self);
void request_go_on(request *self);

/* Answers with a response of unknown length; takes the response. NULL is answered with 503. */
void request_answer_with(request *self, unsigned status, const char *type,
                         struct MHD_Response *response);

/* Parses the body of a POST, once. False if the request was answered with a failure. */
bool request_parse(request *self);

/* Who asks, where from, how often: `then` is called if the route admits the request. */
void request_admit(request *self);

#endif
