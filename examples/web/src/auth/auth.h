/* SPDX-License-Identifier: MIT */
/* Who is asking: tokens and their keys, sessions of browsers, the application's users. */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include <cruddur/cruddur.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <uv.h>

struct server;
typedef struct request request;

/* ---- people.c: a users file, which is kept in memory, or the table `users` of PostgreSQL ----
 *
 * A person is a JSON object of `uuid`, `handle`, `display_name` and `cognito_user_id`, which is the
 * `sub` of tokens and may be missing. */

enum people_field { PEOPLE_UUID, PEOPLE_HANDLE, PEOPLE_COGNITO_USER_ID, PEOPLE_FIELDS };

struct people {
    struct server *server;
    const char *url;              /* of the database; NULL: a file, all of which is known */
    json_t *known[PEOPLE_FIELDS]; /* for each field: from its values to people */
    uv_mutex_t mutex;             /* for the connection, which worker threads use */
    PGconn *connection;
};

/* `person` is NULL if there is none, or, then `has_failed`, if the database could not be asked. */
typedef void people_then(void *data, json_t *person, bool has_failed);

/* False, logged, on failure. */
bool people_open(struct people *self, struct server *server);
void people_close(struct people *self);

/* Calls `then` on the event loop, at once or later; with `is_now` before it returns. The person is
 * `then`'s if that keeps a reference. */
void people_find(struct people *self, enum people_field field, const char *value, bool is_now,
                 people_then *then, void *data);

/* A text of a JSON object; "" if there is none. */
const char *text_of(const json_t *object, const char *name);

/* Adds an item, which it takes, to a list. NULL once memory has run out. */
json_t *list_add(json_t *list, json_t *item);

/* As the library takes a person; it lives as long as the object. */
cruddur_user person_user(const json_t *person);

/* ---- jwks.c: the public keys that tokens are signed with (RFC 7517) ----
 *
 * They are read again every few minutes, and as soon as a token names a key that is not among
 * them. */

#define JWKS_KEYS_MAX 16
#define JWKS_WAITERS_MAX 64

struct jwks_set {
    struct jwks_key {
        char id[128];
        EVP_PKEY *key;
    } keys[JWKS_KEYS_MAX];
    unsigned count;
};

struct jwks {
    uv_work_t job;
    struct server *server;
    const char *where; /* a file or a URL; NULL: no tokens are accepted */
    struct jwks_set set, next;
    bool is_busy;
    int64_t asked_ms, regular_ms; /* the last time for an unknown key; the last time anyway */
    request *waiters[JWKS_WAITERS_MAX];
    unsigned waiter_count;
};

/* Reads the keys for the first time, and waits for them. False, logged, on failure. */
bool jwks_start(struct jwks *self, struct server *server);

/* NULL if there is no such key. */
EVP_PKEY *jwks_find(const struct jwks *self, const char *id);

/* Reads the keys again; request_admit_again() follows. False if that was done just now. */
bool jwks_refresh(struct jwks *self, request *waiter);

/* To be called now and then. */
void jwks_tick(struct jwks *self);
void jwks_free(struct jwks *self);

/* ---- token.c: JSON Web Tokens signed with RS256, as Amazon Cognito makes them ---- */

/* TOKEN_UNKNOWN_KEY: it names a key that is not in the set; nothing of it has been believed. */
enum token_result { TOKEN_GOOD, TOKEN_BAD, TOKEN_UNKNOWN_KEY };

struct token_claims {
    char sub[129];
    int64_t expires_s;
};

enum token_result token_check(const char *token, const struct server *server,
                              struct token_claims *ret_claims);

/* Decodes base64url without padding (RFC 7515). False if the text is not that, or has no room. */
bool base64url_decode(const char *text, size_t size, unsigned char *bytes, size_t room,
                      size_t *ret_size);

/* ---- session.c: sessions of browsers ----
 *
 * A cookie with the user's uuid and an end, signed with the key of this service. Nothing is kept in
 * memory, so a session outlives a restart. POST /sign-in with a bearer token makes a session that
 * ends when the token does. The demo sign-in, which must be asked for, makes one for each code that
 * it has printed. */

#define SESSION_TEXT_SIZE 192
#define SESSION_CSRF_SIZE 44
#define DEMO_MAX 8

struct sign_in_code {
    char code[33]; /* empty once it was used */
    char uuid[CRUDDUR_UUID_SIZE];
};

/* Reads the key, or makes the file. False, logged, on failure. */
bool session_read_key(struct server *server);

/* Prints a link with a code that can be used once, for each person of the demo sign-in. */
bool session_print_links(struct server *server);

/* Reads the cookie: the uuid of its user, and the token for forms. False if it is not valid. */
bool session_check(const struct server *server, const char *cookie, char uuid[CRUDDUR_UUID_SIZE],
                   char csrf[SESSION_CSRF_SIZE]);

/* Compares in constant time. */
bool session_is_same(const char *a, const char *b);

#endif
