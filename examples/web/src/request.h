/* SPDX-License-Identifier: MIT */
/* What a handler sees of an HTTP request, and how it answers.
 *
 * Handlers run on the event loop and never block. A handler either answers, or submits calls of the
 * library, or both; the connection is suspended until the request is answered and no call is under
 * way:
 *
 *     static void on_page(request *self, cruddur_completion *completion)
 *     {
 *         cruddur_group_page *page = cruddur_completion_take_group_page(completion);
 *         ...
 *         request_answer(self, 200, "text/html; charset=utf-8", body, size);
 *     }
 *
 *     void handle_inbox(request *self)
 *     {
 *         cruddur_error *error = NULL;
 *         cruddur_submit_options submit = request_submit(self, on_page);
 *         request_submitted(self,
 *             cruddur_group_list_submit(request_store(self), request_person(self)->uuid, NULL,
 *                                       &submit, NULL, &error), &error);
 *     }
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <cruddur/cruddur.h>

#include "people.h"

typedef struct request request;
struct server;

/* ---- what was asked ---- */

struct server *request_server(const request *self);
cruddur *request_store(const request *self);

/* The signed-in user; never NULL in a handler whose route asks for one. */
const struct person *request_person(const request *self);

/* The part of the path that the route's `*` number `index` stands for. Never NULL. */
const char *request_part(const request *self, size_t index);

/* Values without NUL; NULL if there is none. They live as long as the request. A field is one of a
 * form, or a string of a JSON object. */
const char *request_query(const request *self, const char *name);
const char *request_field(const request *self, const char *name);
const char *request_header(const request *self, const char *name);
const char *request_cookie(const request *self, const char *name);

/* For the hidden field `csrf` of each form; empty without a session. The service has compared it
 * before it calls a handler of a POST. */
const char *request_csrf(const request *self);

/* ---- the handler's own state ---- */

/* Makes the request's state, zeroed; `end`, which may be NULL, is called with it when the request
 * is over, also if it failed. NULL if memory ran out: the request has been answered then. Once for
 * each request. */
void *request_make_state(request *self, size_t size, void (*end)(void *state));
void *request_state(const request *self);

/* ---- calls of the library, and look-ups of people ---- */

typedef void request_then(request *self, cruddur_completion *completion);
typedef void request_found(request *self, const struct person *person);

/* The options of a submission; `then` is called on the event loop when the call has succeeded. If
 * it fails, the request is answered with its status. At most 4 calls of a request are under way.
 * After the request has been answered nothing of it is called any more. */
cruddur_submit_options request_submit(request *self, request_then *then);

/* The same; `then` is called whatever the status is. */
cruddur_submit_options request_submit_any(request *self, request_then *then);

/* To be called with what the submission returned. If that is a failure, the request is answered
 * with it, and false returned. */
bool request_submitted(request *self, cruddur_status status, cruddur_error **error);

/* Looks a person up, at once or later; calls `then` with NULL if there is none. The person lives
 * until `then` returns. If the look-up fails, the request is answered. */
void request_find(request *self, enum people_field field, const char *value, request_found *then);

/* ---- answers: one for each request; later ones are ignored ---- */

/* Adds a header to the answer, before answering. At most 4. */
void request_add_header(request *self, const char *name, const char *value);

/* Takes the body, made by malloc(); NULL if it could not be made, which is answered with 503.
 * `type` is a constant. */
void request_answer(request *self, unsigned status, const char *type, char *body, size_t size);

/* 303: the browser gets the path, which begins with `/`. */
void request_redirect(request *self, const char *path);

/* A failure: for the application's JSON routes a list of one code, such as ["message_blank"]; for
 * the page what page_failure() makes of it. `code` is a constant. */
void request_fail(request *self, unsigned status, const char *code);

/* The same for a failed call of the library. `error` may be NULL. */
void request_fail_with(request *self, cruddur_status status, const cruddur_error *error);

/* True once it is answered: for handlers with several calls under way. */
bool request_is_answered(const request *self);

/* True for routes of the JSON API. */
bool request_is_api(const request *self);

#endif
