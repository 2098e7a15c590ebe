/* SPDX-License-Identifier: MIT */
/* What a handler sees of an HTTP request, and how it answers.
 *
 * Handlers run on the event loop and never block. A handler either answers, or submits calls of the
 * library, or both; the connection is suspended until the request is answered and no call is under
 * way:
 *
 *     static void on_group(request *self, cruddur_completion *completion)
 *     {
 *         cruddur_group *group = cruddur_completion_take_group(completion);
 *         request_answer_json(self, 200, json_pack("{ss}", "name", cruddur_group_name(group)));
 *         cruddur_group_free(group);
 *     }
 *
 *     void get_group(request *self)
 *     {
 *         REQUEST_CALL(self, on_group, cruddur_group_get_submit, request_uuid(self), self->part,
 *                      NULL);
 *     }
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "auth/auth.h"

#define REQUEST_BODY_MAX 32768
#define REQUEST_FIELDS_MAX 16

struct options;
typedef void request_then(request *self, cruddur_completion *completion);
typedef void request_found(request *self, json_t *person);

enum signed_in_by { SIGNED_IN_BY_NOTHING, SIGNED_IN_BY_TOKEN, SIGNED_IN_BY_COOKIE };

/* A client's connection. After `deadline_ms` it is ended; 0: never. */
struct connection {
    LIST_ENTRY(connection) link;
    int fd;
    int64_t deadline_ms;
};

struct request {
    struct server *server;
    const struct route *route; /* NULL: there is none */
    const char *part;          /* what the route's `*` stands for; "" */
    json_t *person;            /* the signed-in user; not NULL where a route asks for one */
    enum signed_in_by by;
    struct token_claims claims;
    char csrf[SESSION_CSRF_SIZE]; /* for the field `csrf` of each form; empty without a session */
    void *state;                  /* the handler's own; `end` frees it, when the request is over */
    void (*end)(void *state);
    cruddur_error *error; /* of a submission */

    struct MHD_Connection *connection;
    struct connection *peer;
    const char *method;
    char *path, *body;
    size_t body_size;
    json_t *fields, *headers; /* of the body; of the answer */
    request_found *found;
    request_then *then;
    cruddur_submit_options submit;
    unsigned pending; /* calls, look-ups, jobs */
    struct MHD_Response *response;
    unsigned status;
    uint64_t began_ns;
    bool is_too_large, is_dispatched, is_suspended, is_answered, is_stream, is_any;
};

/* ---- what was asked ---- */

const char *request_uuid(const request *self); /* of the signed-in user */

/* Values without NUL; NULL if there is none. They live as long as the request. A field is one of a
 * form, or a string of a JSON object. */
const char *request_query(const request *self, const char *name);
const char *request_field(const request *self, const char *name);
const char *request_header(const request *self, const char *name);
const char *request_cookie(const request *self, const char *name);

/* ---- calls of the library, and look-ups of people ---- */

/* Submits a call with the arguments that follow the store. `then` is called on the event loop when
 * it has succeeded, with REQUEST_CALL_ANY() also when it has failed; else a failure, also of the
 * submission, is the answer. Several that are under way have one
 * `then`. After the request was answered it is not called any more. False if it could not be
 * submitted. */
#define REQUEST_CALL(self, then, function, ...)                                                    \
    request_submitted(self, function((self)->server->dm, __VA_ARGS__,                              \
                                     request_submit(self, then, false), NULL, &(self)->error))
#define REQUEST_CALL_ANY(self, then, function, ...)                                                \
    request_submitted(self, function((self)->server->dm, __VA_ARGS__,                              \
                                     request_submit(self, then, true), NULL, &(self)->error))
cruddur_submit_options *request_submit(request *self, request_then *then, bool is_any);
bool request_submitted(request *self, cruddur_status status);

/* Looks a person up; calls `then` with NULL if there is none. If the look-up fails, the request is
 * answered. */
void request_find(request *self, enum people_field field, const char *value, request_found *then);

/* Something else that the request waits for begins, or is over: then it may go on. */
void request_wait(request *self);
void request_go_on(request *self);

/* ---- answers: one for each request; later ones are ignored ---- */

/* Sets a header of the answer, before answering. */
void request_add_header(request *self, const char *name, const char *value);

/* Takes the body, made by malloc(); NULL if it could not be made, which is answered with 503.
 * `type` is a constant, or NULL. */
void request_answer(request *self, unsigned status, const char *type, char *body, size_t size);

/* Takes the object; NULL if it could not be made. */
void request_answer_json(request *self, unsigned status, json_t *object);

/* Takes a response of libmicrohttpd. */
void request_answer_with(request *self, unsigned status, const char *type,
                         struct MHD_Response *response);

/* 303: the browser gets the path, which begins with `/`. */
void request_redirect(request *self, const char *path);

/* A failure: for the application's JSON routes a list of one code, such as ["message_blank"]; for
 * the page what page_failure() makes of it. `code` is a constant. */
void request_fail(request *self, unsigned status, const char *code);
void request_fail_memory(request *self);

/* The same for a failed call of the library. `error` may be NULL. */
void request_fail_with(request *self, cruddur_status status, const cruddur_error *error);

/* ---- between libmicrohttpd and the handlers ---- */

enum MHD_Result request_on_access(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context);
void request_on_completed(void *data, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode how);
void request_on_completion(request *self, cruddur_completion *completion);

/* admit.c: the route, the host, who asks, from which site, how often, the fields of the body; then
 * the handler. Again: the keys of tokens have been read in the meantime. */
void request_admit(request *self);
void request_admit_again(request *self);

/* Whether the name is the one of this service, by which it was asked. */
bool request_is_own_host(const request *self);

/* ---- route.c ---- */

enum route_flags {
    ROUTE_SIGNED_IN = 1, /* for users only */
    ROUTE_API = 2,       /* failures are JSON */
    ROUTE_ANY_HOST = 4,  /* also for monitors, which use the address of the machine */
    ROUTE_UUID = 8,      /* the `*` is a uuid */
};

struct route {
    const char *method;
    const char *pattern; /* `*` stands for one part of the path */
    void (*handle)(request *self);
    unsigned flags;
};

extern const struct route routes[];
extern const size_t route_count;

/* Finds the route, and the part of the path. False if there is none; then `ret_allowed` lists
 * the methods that the path has, or is NULL. */
bool route_find(request *self, const char **ret_allowed);

/* The handlers in the table; those of the page are in page.h. */
void api_groups(request *self);
void api_messages(request *self);
void api_send(request *self);
void api_user(request *self);
void api_health(request *self);
void events_get(request *self);
void metrics_get(request *self);
void static_get(request *self);
void session_get(request *self);
void session_post(request *self);
void session_end(request *self);

/* What the JSON routes and the forms share: sends a message to a group, or to a person: the group
 * is opened if the two have none. */
void send_to_group(request *self, const char *group_uuid, const char *text, request_then *then);
void send_to_person(request *self, const json_t *person, const char *text, request_then *then);

/* ---- limit.c: what each user may ask for: token buckets, a number of event streams ---- */

struct limits {
    void *tree; /* of the users, by uuid */
    LIST_HEAD(, limited_user) users;
};

/* Forgets users who are idle: at the end of time, all. */
void limits_sweep(struct limits *self, int64_t now_ms);

/* Counts a request of a user, who may have some a second; 0: any number. False if the user has to
 * wait. */
bool limits_take(struct limits *self, const char *uuid, unsigned per_s, bool is_write,
                 int64_t now_ms);

/* Counts an event stream. False if the user has as many as allowed. */
bool limits_open_stream(struct limits *self, const char *uuid, unsigned most, int64_t now_ms);
void limits_close_stream(struct limits *self, const char *uuid);

/* ---- events.c: event streams ---- */

void events_tick(struct server *server); /* to be called every second: heartbeats */
void events_stop(struct server *server); /* ends all; clients come back with their cursors */

/* ---- static.c: the files of the page, read at the start: no path of a client reaches the file
 * system ---- */

enum { STATIC_CSS, STATIC_SCRIPT, STATIC_ICONS, STATIC_FILES };

struct static_file {
    char url[64]; /* with a hash of the content: /static/page.css?v=0123456789abcdef */
    char tag[20]; /* the entity tag: the hash in quotes */
    char *data;
    size_t size;
};

/* Reads the files of a folder. False, logged, on failure. */
bool static_read(struct static_file files[STATIC_FILES], const char *folder);
void static_free(struct static_file files[STATIC_FILES]);

/* A whole file, ended by a NUL that does not count. NULL, logged, if it cannot be read. */
char *read_file(const char *folder, const char *name, size_t *ret_size);

/* ---- metrics.c ---- */

struct metrics {
    uv_mutex_t mutex; /* the library's hook is called on threads of the library */
    json_t *values;
};

bool metrics_start(struct metrics *self);
void metrics_free(struct metrics *self);
void metrics_add(struct metrics *self, const char *name, double value);
void metrics_call(void *data, const cruddur_metrics *call);
void metrics_answer(struct metrics *self, const struct route *route, unsigned status,
                    double duration_s);

#endif
