/* SPDX-License-Identifier: MIT */
/* What a handler sees of an HTTP request, and how it answers.
 *
 * Handlers run on the event loop and never block. A handler either answers, or submits calls of the
 * library, or both; the connection is suspended until the request is answered and no call is in
 * progress:
 *
 *     static void on_group(request *self, cruddur_completion *completion)
 *     {
 *         g_autoptr(cruddur_group) group = cruddur_completion_take_group(completion);
 *         request_answer_json(self, 200, json_pack("{ss}", "name", cruddur_group_name(group)));
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
#include "page/page.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_error, cruddur_error_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_event, cruddur_event_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_group, cruddur_group_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_group_page, cruddur_group_page_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_members, cruddur_members_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_msg, cruddur_msg_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_msg_page, cruddur_msg_page_free)

typedef void request_then(request *self, cruddur_completion *completion);

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
    json_t *person;            /* the signed-in user; not NULL where a route requires one */
    enum { SIGNED_IN_BY_NOTHING, SIGNED_IN_BY_TOKEN, SIGNED_IN_BY_COOKIE } by;
    int64_t token_until_s;
    char csrf[SESSION_CSRF_SIZE]; /* for the field `csrf` of each form; empty without a session */
    struct page page;             /* page.c's own */
    struct stream *stream;        /* events.c's own */

    struct MHD_Connection *connection;
    struct connection *peer;
    const char *method;
    bool is_post;
    char *path;
    GString *body;
    json_t *fields, *headers; /* of the body; of the answer */
    request_then *then;
    cruddur_submit_options submit;
    cruddur_error *error; /* of a submission */
    unsigned pending;     /* calls, look-ups, jobs; in `then` of a call this one, too */
    struct MHD_Response *response;
    unsigned status;
    int64_t began_us;
    bool is_too_large, is_dispatched, is_suspended, is_answered, is_any;
};

/* ---- what was asked: values without NUL, which live as long as the request, or NULL. A field is
 * one of a form, or a string of a JSON object. ---- */

const char *request_query(const request *self, const char *name);
const char *request_field(const request *self, const char *name);
const char *request_header(const request *self, const char *name);
const char *request_uuid(const request *self); /* of the signed-in user */

/* ---- calls of the library ---- */

/* Submits a call with the arguments that follow the store. `then` is called on the event loop when
 * it has succeeded, with REQUEST_CALL_ANY() also when it has failed; else a failure, also of the
 * submission, is the answer. Several calls that are in progress have one `then`. After the request
 * was answered it is not called any more. Returns false if the call could not be submitted. */
#define REQUEST_CALL(self, then, function, ...)                                                    \
    request_submitted(self, function((self)->server->dm, __VA_ARGS__,                              \
                                     request_submit(self, then, false), NULL, &(self)->error))
#define REQUEST_CALL_ANY(self, then, function, ...)                                                \
    request_submitted(self, function((self)->server->dm, __VA_ARGS__,                              \
                                     request_submit(self, then, true), NULL, &(self)->error))
cruddur_submit_options *request_submit(request *self, request_then *then, bool is_any);
bool request_submitted(request *self, cruddur_status status);
void request_on_completion(request *self, cruddur_completion *completion);

/* Something that the request waits for, and counted as pending, is over. */
void request_go_on(request *self);

/* ---- answers: one for each request; later ones are ignored ---- */

/* Sets a header of the answer, before answering. */
void request_add_header(request *self, const char *name, const char *value);

/* These take the body, which is g_malloc()'s, or NULL if it is empty; the object; libmicrohttpd's
 * response. `type` is a constant. */
void request_answer(request *self, unsigned status, const char *type, char *body);
void request_answer_json(request *self, unsigned status, json_t *object);
void request_answer_with(request *self, unsigned status, const char *type,
                         struct MHD_Response *response);

/* 303: leads the browser to a path, which begins with `/`. */
void request_redirect(request *self, const char *path);

/* A failure: for the application's JSON routes a list of one code, such as ["message_blank"]; for
 * the page what page_failure() makes of it. `code` is a constant. */
void request_fail(request *self, unsigned status, const char *code);

/* The same for a failed call of the library. `error` may be NULL. */
void request_fail_with(request *self, cruddur_status status, const cruddur_error *error);

/* ---- from libmicrohttpd to the handlers ---- */

enum MHD_Result request_on_access(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context);
void request_on_completed(void *data, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode how);

/* admit.c: the route, the host, who asks, from which site, how often, the fields of the body; then
 * the handler. Again: the keys of tokens have been read in the meantime. */
void request_admit(request *self);
void request_admit_again(request *self);

/* Whether the request is for a name of this service. */
bool request_is_own_host(const request *self);

/* ---- route.c: the table of routes, and the handlers in it ---- */

enum route_flags {
    ROUTE_SIGNED_IN = 1, /* for users only */
    ROUTE_API = 2,       /* failures are JSON */
    ROUTE_ANY_HOST = 4,  /* also for monitors, which use the address of the machine */
    ROUTE_UUID = 8,      /* the `*` is a uuid */
};

typedef void request_handler(request *self);

struct route {
    const char *method;
    const char *pattern; /* `*` stands for one part of the path */
    request_handler *handle;
    unsigned flags;
};

/* Finds the route, and the part of the path. Returns false if there is none; then `ret_allowed`
 * lists the methods that the path has, or is NULL. */
bool route_find(request *self, const char **ret_allowed);

request_handler api_groups, api_messages, api_send, api_user, api_health;
request_handler events_get, metrics_get, static_get;
request_handler session_get, session_post, session_end;
request_handler page_home, page_sign_in, page_inbox, page_groups, page_items, page_conversation;
request_handler page_new, form_new, form_send, form_edit, form_delete, form_react, form_read;
request_handler form_set, form_time_zone;

/* api.c, for the forms of the page, too: sends a message to a group, or to the person of a handle:
 * the group is opened if the two have none. */
void send_to_group(request *self, const char *group_uuid, const char *text, request_then *then);
void send_to_handle(request *self, const char *handle);

/* ---- limit.c: the rate of requests of each user ---- */

/* Counts a request. Returns false if the user has to wait. */
bool limits_take(struct server *server, const char *uuid, bool is_write);
void limits_sweep(struct server *server); /* forgets users who are idle */

/* ---- events.c: event streams ---- */

bool events_start(struct server *server);
void events_end(struct stream *self);    /* the request is over */
void events_tick(struct server *server); /* to be called every second: heartbeats */
void events_stop(struct server *server); /* ends all; clients come back with their cursors */

/* ---- static.c: the files of the page, read at the start: no path of a client reaches the file
 * system ---- */

enum { STATIC_CSS, STATIC_SCRIPT, STATIC_ICONS, STATIC_FILES };

struct static_file {
    char *url, *version; /* /static/page.css?v=0123456789abcdef, which is a hash of the content */
    char *data;
    size_t size;
};

/* Returns false, logged, on failure. */
bool static_read(struct static_file files[STATIC_FILES], const char *folder);

/* ---- metrics.c ---- */

void metrics_add(const char *name, double value);
void metrics_call(void *data, const cruddur_metrics *call); /* the library's hook */
void metrics_answer(const struct route *route, unsigned status, double duration_s);

#endif
