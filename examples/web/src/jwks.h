/* SPDX-License-Identifier: MIT */
/* The public keys that tokens are signed with: a JSON Web Key Set (RFC 7517) in a file or at a URL.
 * They are read again every few minutes, and as soon as a token names a key that is not among them.
 */
#ifndef WEB_JWKS_H
#define WEB_JWKS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#include "work.h"

#define JWKS_KEYS_MAX 16
#define JWKS_WAITERS_MAX 64

struct jwks_key {
    char id[128];
    EVP_PKEY *key;
};

struct jwks_set {
    struct jwks_key keys[JWKS_KEYS_MAX];
    unsigned count;
};

struct jwks_waiter {
    void (*then)(void *data);
    void *data;
};

struct jwks {
    struct job job; /* the first member: the job is the struct */
    struct work *work;
    const char *where; /* NULL: no tokens are accepted */
    struct jwks_set set, next;
    bool is_read, is_busy;
    int64_t asked_ms, regular_ms; /* the last time for an unknown key; the next one anyway */
    struct jwks_waiter waiters[JWKS_WAITERS_MAX];
    unsigned waiter_count;
};

/* Reads the keys for the first time, and waits for them. False, logged, on failure. */
bool jwks_start(struct jwks *self, const char *where, struct work *work);

/* NULL if there is no such key. */
EVP_PKEY *jwks_find(const struct jwks *self, const char *id);

/* Reads the keys again if that was not done just now; `then` is called on the event loop
 * afterwards. False if it was: then `then` is not called. */
bool jwks_refresh(struct jwks *self, int64_t now_ms, void (*then)(void *data), void *data);

/* To be called now and then. */
void jwks_tick(struct jwks *self, int64_t now_ms);
void jwks_free(struct jwks *self);

#endif
