/* SPDX-License-Identifier: MIT */
/* What the files of the service share.
 *
 * A process is one service, so each file keeps its state to itself. Everything happens on one event
 * loop, but for the work of two threads: queries to PostgreSQL (people.c), keys (token.c). They
 * hand what they have got to the loop by g_idle_add_full().
 *
 * If memory runs out, GLib ends the process. Nothing is lost: a repeated send is stored once, and
 * event streams resume. Functions that start something return false on failure, and log it. */
#ifndef WEB_H
#define WEB_H

#include <cruddur/cruddur.h>
#include <errno.h>
#include <gio/gio.h>
#include <inttypes.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <time.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_error, cruddur_error_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_event, cruddur_event_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_group, cruddur_group_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_group_page, cruddur_group_page_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_members, cruddur_members_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_msg, cruddur_msg_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cruddur_msg_page, cruddur_msg_page_free)

typedef struct request request;
typedef void request_handler(request *self);
typedef void request_then(request *self, cruddur_completion *completion);
typedef void request_found(request *self, json_t *person);

/* ---- main.c ---- */
extern struct config {
    const char *store, *users, *address, *static_folder, *session_key, *origin;
    const char *jwks, *issuer, *client_id;
    char **demo; /* handles; NULL: no demo sign-in */
    int port, connections, connections_per_address, streams_per_user;
    int reads_per_s, writes_per_s; /* of each user; 0: no limit */
    int heartbeat_s, read_s, stop_s;
    gboolean is_metrics_public, is_quiet;
} config;

/* ---- server.c: the loop ---- */
extern struct server {
    cruddur *store;
    struct MHD_Daemon *http;
    unsigned stops;     /* how often a stop was requested */
    unsigned in_flight; /* requests that are being answered, event streams included */
    unsigned jobs;      /* of the threads */
} server;

int server_run(void);            /* the exit status of the process */
int64_t clock_in_s(int seconds); /* milliseconds of a clock that never goes back */

/* ---- log.c: one JSON object a line. It never has a message text, a token, a cookie or a path that
 * a client chose. ---- */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
/* `event` is a constant; log_event() takes an object of further members. */
__attribute__((format(printf, 3, 4))) void log_message(enum log_level level, const char *event,
                                                       const char *format, ...);
void log_event(enum log_level level, const char *event, json_t *members);
void log_library(void *data, uint32_t level, const char *message);

/* ---- request.c: the life of a request ----
 *
 * Handlers run on the loop and never block. A handler answers, or submits calls of the library; the
 * connection is suspended until the request is answered and no call is in progress. */
struct request {
    const struct route *route; /* NULL: there is none */
    char *part;                /* what the route's `*` stands for; "" */
    json_t *person;            /* the signed-in user; not NULL where a route requires one */
    enum { SIGNED_IN_BY_NOTHING, SIGNED_IN_BY_TOKEN, SIGNED_IN_BY_COOKIE } by;
    int64_t token_until_s;
    char *csrf; /* for the field `csrf` of each form; NULL without a session */
    bool is_post;

    struct stream *stream; /* of events.c */
    struct page {          /* of page.c */
        const char *template;
        unsigned status;
        struct reader {
            const char *uuid;
            int utc_offset_min; /* what is added to UTC in the reader's time zone */
            int64_t now_us;
        } reader;
        json_t *model, *known; /* known: messages by uuid, also those that the page's reply to */
    } page;

    struct MHD_Connection *connection;
    struct connection {
        LIST_ENTRY(connection) link;
        int fd;
        int64_t deadline_ms; /* then it is ended; 0: never */
    } * peer;
    const char *method;
    char *path;
    GString *body;
    json_t *fields, *headers; /* of the body; of the answer */
    unsigned hosts, lengths;  /* how many headers name the host, or the length of the body */
    request_then *then;
    cruddur_submit_options submit;
    cruddur_error *error; /* of a submission */
    unsigned pending;     /* calls, look-ups, jobs; in `then` of a call this one, too */
    struct MHD_Response *response;
    unsigned status;
    int64_t began_us;
    bool is_too_large, is_dispatched, is_suspended, is_answered, takes_failures;
};

bool http_start(void);
void http_tick(void); /* to be called every second */

/* What was asked: values without NUL, which live as long as the request, or NULL. A field is one of
 * a form, or a string of a JSON object. */
#define request_value(self, kind, name) MHD_lookup_connection_value((self)->connection, kind, name)
#define request_query(self, name) request_value(self, MHD_GET_ARGUMENT_KIND, name)
#define request_header(self, name) request_value(self, MHD_HEADER_KIND, name)
#define request_cookie(self, name) request_value(self, MHD_COOKIE_KIND, name)
const char *request_field(const request *self, const char *name);
const char *request_given(const request *self, const char *name); /* field or query; not empty */
const char *request_uuid(const request *self);                    /* of the signed-in user */

/* Submits a call with the arguments that follow the store. `then` is called when it has succeeded;
 * a failure, also of the submission, is the answer. Several calls that are in progress have one
 * `then`. After the request was answered it is not called any more. Returns whether the call was
 * submitted; a handler that takes failures itself puts that into `takes_failures`. */
#define REQUEST_CALL(self, then, function, ...)                                                    \
    request_submitted(self, function(server.store, __VA_ARGS__, request_submit(self, then), NULL,  \
                                     &(self)->error))
cruddur_submit_options *request_submit(request *self, request_then *then);
bool request_submitted(request *self, cruddur_status status);
void request_on_completion(request *self, cruddur_completion *completion);

/* Something that the request waits for, and counted as pending, is over. */
void request_go_on(request *self);

/* One answer for each request; later ones are ignored. These take the body, which is g_malloc()'s,
 * or NULL if it is empty; the object; libmicrohttpd's response. Headers come before the answer. */
void request_add_header(request *self, const char *name, const char *value);
void request_answer(request *self, unsigned status, const char *type, char *body);
void request_answer_json(request *self, unsigned status, json_t *object);
void request_answer_with(request *self, unsigned status, const char *type,
                         struct MHD_Response *response);
void request_redirect(request *self, const char *path); /* 303 */

/* A failure: for JSON routes a list of one code, such as ["message_blank"]; else what
 * page_failure() makes of it. `code` is a constant, `error` may be NULL. */
void request_fail(request *self, unsigned status, const char *code);
void request_fail_with(request *self, cruddur_status status, const cruddur_error *error);

/* ---- admit.c: from a request to its handler ---- */
struct route {
    const char *method;
    const char *pattern; /* `*` stands for one part of the path */
    request_handler *handle;
    enum {
        ROUTE_SIGNED_IN = 1, /* for users only */
        ROUTE_API = 2,       /* failures are JSON */
        ROUTE_ANY_HOST = 4,  /* also for monitors, which use the address of the machine */
        ROUTE_UUID = 8,      /* the `*` is a uuid */
    } flags;
};

request_handler api_groups, api_messages, api_send, api_user, api_health;
request_handler events_get, metrics_get, static_get, session_begin, session_end;
request_handler page_sign_in, page_inbox, page_items, page_conversation, page_new;
request_handler form_new, form_send, form_change, form_read, form_set, form_time_zone;

void request_admit(request *self);
void request_admit_again(request *self);       /* the keys of tokens have been read anew */
bool request_is_own_host(const request *self); /* whether it is for a name of this service */

/* ---- token.c: JSON Web Tokens signed with RS256, as Amazon Cognito makes them ---- */
/* TOKEN_UNKNOWN_KEY: it names a key that is not in the set; nothing of it has been believed. */
enum token_result { TOKEN_GOOD, TOKEN_BAD, TOKEN_UNKNOWN_KEY };

bool keys_start(void);
enum token_result token_check(const char *token, json_t **ret_claims);
bool keys_read_for(request *self); /* if it is not too soon; request_admit_again() follows */

/* ---- session.c: sessions of browsers ---- */
bool session_start(void);
void session_print_links(unsigned port); /* one for each person of the demo sign-in */
char *session_check(request *self); /* the uuid of the cookie's user; NULL if it is not valid */
bool session_is_same(const char *a, const char *b); /* in constant time */

/* ---- people.c: users, from a file or a database ----
 *
 * A person is a JSON object of `uuid`, `handle`, `display_name` and `cognito_user_id`, which is the
 * `sub` of tokens and may be empty. */
enum people_field { PEOPLE_UUID, PEOPLE_HANDLE, PEOPLE_COGNITO_USER_ID, PEOPLE_FIELDS };

bool people_start(void);

/* Looks a person up; calls `then` at once or later. If there is none, the answer is a failure of
 * the status; with 0 `then` is called with NULL. */
void request_find(request *self, enum people_field field, const char *value, unsigned status,
                  request_found *then);
cruddur_user person_user(const json_t *person);              /* lives as long as the object */
const char *text_of(const json_t *object, const char *name); /* "" if there is none */

/* ---- api.c, for the forms of the page, too: the group is opened if two people have none ---- */
void send_to_group(request *self, const char *group_uuid, const char *text, request_then *then);
void send_to_handle(request *self, const char *handle);

/* ---- events.c: event streams ---- */
bool events_start(void);
void events_end(struct stream *self); /* the request is over */
void events_tick(void);

/* ---- metrics.c ---- */
void metrics_add(const char *name, double value);
void metrics_call(void *data, const cruddur_metrics *call);
void metrics_answer(const struct route *route, unsigned status, double duration_s);

/* ---- page.c: the messages page ---- */
void page_failure(request *self, unsigned status, const char *code);
void page_set(request *self, const char *name, json_t *value); /* takes it into the model */
void page_show_group(request *self, const char *uuid);

/* ---- model.c: from what the library returns to JSON ---- */
json_t *model_person(const json_t *person);
json_t *model_group(const cruddur_group *group, const struct reader *reader, const char *open_uuid);
json_t *model_inbox(const cruddur_group_page *page, const struct reader *reader,
                    const char *open_uuid);
json_t *model_members(const cruddur_members *members, const struct reader *reader);
json_t *model_msg(const cruddur_msg *msg, const struct reader *reader);
json_t *model_messages(const cruddur_msg_page *page, const struct reader *reader, json_t *known);

/* ---- template.c: from JSON to HTML ---- */
bool files_start(void); /* reads them: no path of a client reaches the file system */
const char *static_url(const char *name);
char *template_render(const char *name, const json_t *model);

#endif
