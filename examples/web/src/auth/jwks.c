/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

#include "server.h"

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

static BIGNUM *read_number(const json_t *object, const char *name)
{
    unsigned char bytes[NUMBER_MAX];
    const char *text = text_of(object, name);
    size_t size = 0;
    return base64url_decode(text, strlen(text), bytes, sizeof(bytes), &size)
               ? BN_bin2bn(bytes, (int)size, NULL)
               : NULL;
}

/* The public key of modulus n and exponent e; NULL if it is none, or a weak one. */
static EVP_PKEY *make_rsa(const json_t *object)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = read_number(object, "n"), *e = read_number(object, "e");
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *parameters = NULL;
    if (n != NULL && e != NULL && builder != NULL && context != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL &&
        EVP_PKEY_fromdata_init(context) == 1) {
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(n);
    BN_free(e);
    if (key != NULL && EVP_PKEY_get_bits(key) < RSA_BITS_MIN) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* An absent value is any. */
static bool is_any_or(const json_t *object, const char *name, const char *value)
{
    return json_object_get(object, name) == NULL || strcmp(text_of(object, name), value) == 0;
}

/* Keys of other kinds and uses are left out: a set may have them. */
static void add_key(struct jwks_set *set, const json_t *object)
{
    struct jwks_key *made = &set->keys[set->count];
    const char *id = text_of(object, "kid");
    if (set->count < JWKS_KEYS_MAX && strcmp(text_of(object, "kty"), "RSA") == 0 && id[0] != '\0' &&
        strlen(id) < sizeof(made->id) && is_any_or(object, "use", "sig") &&
        is_any_or(object, "alg", "RS256") && (made->key = make_rsa(object)) != NULL) {
        memcpy(made->id, id, strlen(id) + 1);
        set->count++;
    }
}

/* ---- reading it, on a worker thread ---- */

static json_t *read_url(const char *url)
{
    char text[SET_MAX] = "";
    FILE *file = fmemopen(text, sizeof(text), "w"); /* it ends what is too long */
    CURL *curl = curl_easy_init();
    bool is_good = file != NULL && curl != NULL &&
                   curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L) == CURLE_OK &&
                   curl_easy_setopt(curl, CURLOPT_WRITEDATA, file) == CURLE_OK &&
                   curl_easy_perform(curl) == CURLE_OK;
    curl_easy_cleanup(curl);
    is_good = file != NULL && fclose(file) == 0 && is_good;
    return is_good ? json_loads(text, 0, NULL) : NULL;
}

static void run(uv_work_t *job)
{
    struct jwks *self = job->data;
    json_t *set = strstr(self->where, "://") != NULL ? read_url(self->where)
                                                     : json_load_file(self->where, 0, NULL);
    const json_t *key;
    size_t i;
    json_array_foreach(json_object_get(set, "keys"), i, key)
    {
        add_key(&self->next, key);
    }
    json_decref(set);
}

/* Keys that cannot be read leave the old ones. */
static void take_next(struct jwks *self)
{
    if (self->next.count > 0) {
        set_free(&self->set);
        self->set = self->next;
        self->next.count = 0;
        log_event(LOG_INFO, "jwks", json_pack("{si}", "keys", (int)self->set.count));
    } else {
        log_message(LOG_WARNING, "jwks", "the keys cannot be read");
    }
}

static void done(uv_work_t *job, int status)
{
    struct jwks *self = job->data;
    unsigned count = self->waiter_count;
    (void)status;
    take_next(self);
    self->server->jobs--;
    self->is_busy = false;
    self->waiter_count = 0;
    for (unsigned i = 0; i < count; i++) {
        request_admit_again(self->waiters[i]);
    }
}

/* ---- the keys ---- */

bool jwks_start(struct jwks *self, struct server *server)
{
    const char *where = self->where = server->options.jwks;
    self->server = server;
    self->job.data = self;
    if (where == NULL) {
        return true;
    }
    if (strncmp(where, "http://", 7) == 0 && strncmp(where, "http://127.", 11) != 0) {
        log_message(LOG_ERROR, "start", "--jwks: a URL begins with https://");
        return false;
    }
    run(&self->job);
    take_next(self);
    self->regular_ms = server_now_ms(server);
    return self->set.count > 0;
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

static bool ask(struct jwks *self)
{
    self->is_busy = self->is_busy || server_work(self->server, &self->job, run, done);
    return self->is_busy;
}

bool jwks_refresh(struct jwks *self, request *waiter)
{
    int64_t now_ms = server_now_ms(self->server);
    bool is_early = self->asked_ms != 0 && now_ms - self->asked_ms < AGAIN_MS;
    if (self->waiter_count == JWKS_WAITERS_MAX || (!self->is_busy && is_early) || !ask(self)) {
        return false;
    }
    self->asked_ms = now_ms;
    self->waiters[self->waiter_count++] = waiter;
    request_wait(waiter);
    return true;
}

void jwks_tick(struct jwks *self)
{
    int64_t now_ms = server_now_ms(self->server);
    if (self->where != NULL && now_ms - self->regular_ms >= REGULAR_MS) {
        self->regular_ms = now_ms;
        (void)ask(self);
    }
}

void jwks_free(struct jwks *self)
{
    set_free(&self->set);
    set_free(&self->next);
}
