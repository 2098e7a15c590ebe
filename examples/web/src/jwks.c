/* SPDX-License-Identifier: MIT */
#include "jwks.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"
#include "log.h"

#define SET_MAX 65536
#define AGAIN_MS 10000    /* a token with an unknown key reads them no more often */
#define REGULAR_MS 300000 /* so a key that was withdrawn is no longer accepted */
#define RSA_BITS_MIN 2048
#define NUMBER_MAX 1024

/* ---- a set of keys ---- */

static void set_free(struct jwks_set *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        EVP_PKEY_free(set->keys[i].key);
    }
    set->count = 0;
}

static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value = json_object_object_get(object, name);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool read_number(struct json_object *object, const char *name, BIGNUM **ret_number)
{
    unsigned char bytes[NUMBER_MAX];
    const char *text = text_of(object, name);
    size_t size = 0;
    *ret_number = text != NULL && base64url_decode(text, strlen(text), bytes, sizeof(bytes), &size)
                      ? BN_bin2bn(bytes, (int)size, NULL)
                      : NULL;
    return *ret_number != NULL;
}

/* The public key of modulus n and exponent e. */
static EVP_PKEY *make_rsa(const BIGNUM *n, const BIGNUM *e)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *parameters = NULL;
    if (builder != NULL && context != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
        EVP_PKEY_fromdata_init(context) == 1) {
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    if (key != NULL && EVP_PKEY_get_bits(key) < RSA_BITS_MIN) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* Keys of other kinds and uses are left out: a set may have them. */
static void add_key(struct jwks_set *set, struct json_object *object)
{
    const char *kind = text_of(object, "kty"), *use = text_of(object, "use");
    const char *algorithm = text_of(object, "alg"), *id = text_of(object, "kid");
    BIGNUM *n = NULL, *e = NULL;
    if (set->count == JWKS_KEYS_MAX || kind == NULL || strcmp(kind, "RSA") != 0 || id == NULL ||
        strlen(id) >= sizeof(set->keys[0].id) || (use != NULL && strcmp(use, "sig") != 0) ||
        (algorithm != NULL && strcmp(algorithm, "RS256") != 0)) {
        return;
    }
    if (read_number(object, "n", &n) && read_number(object, "e", &e)) {
        struct jwks_key *key = &set->keys[set->count];
        key->key = make_rsa(n, e);
        memcpy(key->id, id, strlen(id) + 1);
        set->count += key->key != NULL;
    }
    BN_free(n);
    BN_free(e);
}

static bool parse_set(struct jwks_set *set, const char *text)
{
    struct json_object *root = json_tokener_parse(text);
    struct json_object *keys = json_object_object_get(root, "keys");
    size_t count = json_object_is_type(keys, json_type_array) ? json_object_array_length(keys) : 0;
    for (size_t i = 0; i < count; i++) {
        add_key(set, json_object_array_get_idx(keys, i));
    }
    json_object_put(root);
    return set->count > 0;
}

/* ---- reading it, on a worker thread ---- */

struct text {
    char data[SET_MAX + 1];
    size_t size;
};

static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct text *text = context;
    size_t length = size * count;
    if (length > SET_MAX - text->size) {
        return 0;
    }
    memcpy(text->data + text->size, data, length);
    text->size += length;
    return length;
}

static bool read_url(const char *url, struct text *text)
{
    CURL *curl = curl_easy_init();
    bool is_good = curl != NULL && curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_WRITEDATA, text) == CURLE_OK &&
                   curl_easy_perform(curl) == CURLE_OK;
    curl_easy_cleanup(curl);
    return is_good;
}

static bool read_file(const char *path, struct text *text)
{
    FILE *file = fopen(path, "re");
    bool is_good = file != NULL;
    if (is_good) {
        text->size = fread(text->data, 1, SET_MAX, file);
        is_good = ferror(file) == 0;
        (void)fclose(file);
    }
    return is_good;
}

static void run(struct job *job)
{
    struct jwks *self = (struct jwks *)job;
    struct text *text = calloc(1, sizeof(*text));
    bool is_url = strstr(self->where, "://") != NULL;
    self->is_read = text != NULL &&
                    (is_url ? read_url(self->where, text) : read_file(self->where, text)) &&
                    parse_set(&self->next, text->data);
    free(text);
}

/* Keys that cannot be read leave the old ones. */
static void done(struct job *job)
{
    struct jwks *self = (struct jwks *)job;
    struct jwks_waiter waiters[JWKS_WAITERS_MAX];
    unsigned count = self->waiter_count;
    if (self->is_read) {
        set_free(&self->set);
        self->set = self->next;
        self->next.count = 0;
        log_members(LOG_INFO, "jwks", "\"keys\":%u", self->set.count);
    } else {
        log_message(LOG_WARNING, "jwks", "the keys cannot be read");
    }
    self->is_busy = false;
    self->waiter_count = 0;
    memcpy(waiters, self->waiters, sizeof(waiters));
    for (unsigned i = 0; i < count; i++) {
        waiters[i].then(waiters[i].data);
    }
}

/* ---- the keys ---- */

bool jwks_start(struct jwks *self, const char *where, struct work *work)
{
    self->job = (struct job){run, done, NULL};
    self->where = where;
    self->work = work;
    if (where != NULL) {
        if (strncmp(where, "http://", 7) == 0 && strncmp(where, "http://127.", 11) != 0) {
            log_message(LOG_ERROR, "start", "--jwks: a URL begins with https://");
            return false;
        }
        run(&self->job);
        done(&self->job);
    }
    return where == NULL || self->is_read;
}

EVP_PKEY *jwks_find(const struct jwks *self, const char *id)
{
    for (unsigned i = 0; i < self->set.count; i++) {
        if (strcmp(self->set.keys[i].id, id) == 0) {
            return self->set.keys[i].key;
        }
    }
    return NULL;
}

static void ask(struct jwks *self)
{
    self->is_busy = true;
    work_add(self->work, &self->job);
}

bool jwks_refresh(struct jwks *self, int64_t now_ms, void (*then)(void *data), void *data)
{
    bool is_early = self->asked_ms != 0 && now_ms - self->asked_ms < AGAIN_MS;
    if (self->waiter_count == JWKS_WAITERS_MAX || (!self->is_busy && is_early)) {
        return false;
    }
    if (!self->is_busy) {
        self->asked_ms = now_ms;
        ask(self);
    }
    self->waiters[self->waiter_count++] = (struct jwks_waiter){then, data};
    return true;
}

void jwks_tick(struct jwks *self, int64_t now_ms)
{
    bool is_due = now_ms >= self->regular_ms && self->regular_ms != 0;
    if (self->regular_ms == 0 || is_due) {
        self->regular_ms = now_ms + REGULAR_MS;
    }
    if (is_due && !self->is_busy && self->where != NULL) {
        ask(self);
    }
}

void jwks_free(struct jwks *self)
{
    set_free(&self->set);
    set_free(&self->next);
}
