/* SPDX-License-Identifier: MIT */
/* Sessions of browsers: a cookie with the user's uuid and an end, signed with the key of this
 * service. Nothing is kept in memory, so a session outlives a restart.
 *
 * POST /sign-in with a bearer token makes a session that ends when the token does. The demo
 * sign-in, which must be asked for, makes one for each code that it has printed. */
#ifndef WEB_SESSION_H
#define WEB_SESSION_H

#include <stdint.h>

#include "request.h"

#define SESSION_TEXT_SIZE 192
#define SESSION_CSRF_SIZE 44

/* Reads the key, or makes the file. False, logged, on failure. */
bool session_read_key(struct server *server, const char *path);

/* Prints a link with a code that can be used once, for each person of the demo sign-in. */
bool session_print_links(struct server *server);

/* Reads the cookie: the uuid of its user, and the token for forms. False if it is not valid. */
bool session_check(const struct server *server, const char *cookie, char uuid[37],
                   char csrf[SESSION_CSRF_SIZE]);

/* Compares in constant time. */
bool session_is_same(const char *a, const char *b);

/* The routes. */
void session_get(request *self);  /* GET /sign-in: with ?code= it signs in, else page_sign_in() */
void session_post(request *self); /* POST /sign-in: a bearer token, or the field `code` */
void session_end(request *self);  /* POST /sign-out */

#endif
