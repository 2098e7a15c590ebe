/* SPDX-License-Identifier: MIT */
/* Who is asking: tokens and their keys, sessions of browsers, the application's users. */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include <cruddur/cruddur.h>
#include <glib.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <stdbool.h>

struct server;
typedef struct request request;

/* ---- people.c: a users file, which is kept in memory, or the table `users` of PostgreSQL ----
 *
 * A person is a JSON object of `uuid`, `handle`, `display_name` and `cognito_user_id`, which is the
 * `sub` of tokens and may be missing. */

enum people_field { PEOPLE_UUID, PEOPLE_HANDLE, PEOPLE_COGNITO_USER_ID, PEOPLE_FIELDS };

struct people {
    const char *url;              /* of the database; NULL: a file, all of which is known */
    json_t *known[PEOPLE_FIELDS]; /* for each field: from its values to people */
    GThreadPool *pool;            /* a thread, which uses the connection */
    PGconn *connection;
};

/* Returns false, logged, on failure. */
bool people_open(struct people *self, const char *where);

/* Looks a person up; calls `then` at once or later. If there is none, the answer is a failure of
 * the status; with 0 `then` is called with NULL. If the database cannot be asked, that is the
 * answer. */
typedef void request_found(request *self, json_t *person);
void request_find(request *self, enum people_field field, const char *value, unsigned status,
                  request_found *then);

/* A text of a JSON object; "" if there is none. */
const char *text_of(const json_t *object, const char *name);

/* As the library takes a person; it lives as long as the object. */
cruddur_user person_user(const json_t *person);

/* ---- jwks.c: the public keys that tokens are signed with (RFC 7517) ----
 *
 * They are read again every few minutes, and as soon as a token names a key that is not among
 * them. */

struct jwks {
    GHashTable *keys;  /* of EVP_PKEY, by id */
    GThreadPool *pool; /* a thread, which reads them */
    int64_t read_ms;   /* when that thread has begun to read the last time */
    int64_t next_ms;   /* when it is to read them again */
};

/* Reads the keys for the first time, and waits for them. Returns false, logged, on failure. */
bool jwks_start(struct server *server);

/* Reads the keys again, if it is time; for a request, unless that was done a moment ago:
 * request_admit_again() follows. */
void jwks_tick(struct server *server);
void jwks_refresh(request *self);

/* ---- token.c: JSON Web Tokens signed with RS256, as Amazon Cognito makes them ---- */

/* TOKEN_UNKNOWN_KEY: it names a key that is not in the set; nothing of it has been believed. */
enum token_result { TOKEN_GOOD, TOKEN_BAD, TOKEN_UNKNOWN_KEY };

/* `ret_claims` receives the claims of a good token. */
enum token_result token_check(const struct server *server, const char *token, json_t **ret_claims);

/* Decodes base64url without padding (RFC 7515). NULL if the text is not that. */
unsigned char *base64url_decode(const char *text, size_t *ret_size);

/* ---- session.c: sessions of browsers ----
 *
 * A cookie with the user's uuid and an end, signed with the key of this service. Nothing is kept in
 * memory, so a session outlives a restart. POST /sign-in with a bearer token makes a session that
 * ends when the token does. The demo sign-in, which must be asked for, makes one for each code that
 * it has printed. */

#define SESSION_CSRF_SIZE 44

/* Reads the key, or makes the file. Returns false, logged, on failure. */
bool session_read_key(struct server *server);

/* Prints a link with a code that can be used once, for each person of the demo sign-in. */
bool session_print_links(struct server *server);

/* Reads the cookie: the uuid of its user, and the token for forms. Returns false if it is not
 * valid. */
bool session_check(const struct server *server, const char *cookie, char uuid[CRUDDUR_UUID_SIZE],
                   char csrf[SESSION_CSRF_SIZE]);

/* Compares in constant time. */
bool session_is_same(const char *a, const char *b);

#endif
