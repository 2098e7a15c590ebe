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

/* ---- a key ---- */

static BIGNUM *read_number(const json_t *object, const char *name)
{
    size_t size = 0;
    g_autofree unsigned char *bytes = base64url_decode(text_of(object, name), &size);
    return bytes != NULL ? BN_bin2bn(bytes, (int)size, NULL) : NULL;
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
static void add_key(GHashTable *keys, const json_t *object)
{
    const char *id = text_of(object, "kid");
    bool is_ours = strcmp(text_of(object, "kty"), "RSA") == 0 && id[0] != '\0' &&
                   is_any_or(object, "use", "sig") && is_any_or(object, "alg", "RS256");
    EVP_PKEY *key = is_ours ? make_rsa(object) : NULL;
    if (key != NULL) {
        (void)g_hash_table_insert(keys, g_strdup(id), key);
    }
}

/* ---- reading them, on a worker thread ---- */

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
    struct server *server = job->data;
    const char *where = server->options.jwks;
    json_auto_t *set =
        strstr(where, "://") != NULL ? read_url(where) : json_load_file(where, 0, NULL);
    GHashTable *keys =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)EVP_PKEY_free);
    const json_t *key;
    size_t i;
    json_array_foreach(json_object_get(set, "keys"), i, key)
    {
        add_key(keys, key);
    }
    server->keys.next = keys;
}

/* Keys that cannot be read leave the old ones. */
static void take_next(struct jwks *self)
{
    if (g_hash_table_size(self->next) > 0) {
        g_clear_pointer(&self->keys, g_hash_table_unref);
        self->keys = self->next;
        log_event(LOG_INFO, "jwks", json_pack("{si}", "keys", (int)g_hash_table_size(self->keys)));
    } else {
        g_hash_table_unref(self->next);
        log_message(LOG_WARNING, "jwks", "the keys cannot be read");
    }
}

static void done(uv_work_t *job, G_GNUC_UNUSED int status)
{
    struct server *server = job->data;
    struct jwks *self = &server->keys;
    g_autoptr(GPtrArray) waiters = g_steal_pointer(&self->waiters);
    take_next(self);
    self->waiters = g_ptr_array_new();
    self->is_busy = false;
    server->jobs--;
    for (unsigned i = 0; i < waiters->len; i++) {
        request_admit_again(waiters->pdata[i]);
    }
}

/* ---- the keys ---- */

bool jwks_start(struct server *server)
{
    struct jwks *self = &server->keys;
    const char *where = server->options.jwks;
    self->job.data = server;
    self->waiters = g_ptr_array_new();
    self->asked_ms = server_now_ms(server) - AGAIN_MS;
    if (where == NULL) {
        return true;
    }
    if (g_str_has_prefix(where, "http://") && !g_str_has_prefix(where, "http://127.")) {
        log_message(LOG_ERROR, "start", "--jwks: a URL begins with https://");
        return false;
    }
    run(&self->job);
    take_next(self);
    return self->keys != NULL;
}

bool jwks_refresh(struct server *server, request *waiter)
{
    struct jwks *self = &server->keys;
    int64_t now_ms = server_now_ms(server);
    int64_t least_ms = waiter != NULL ? AGAIN_MS : REGULAR_MS;
    if (server->options.jwks == NULL || (!self->is_busy && now_ms - self->asked_ms < least_ms)) {
        return false;
    }
    if (!self->is_busy) {
        self->is_busy = true;
        self->asked_ms = now_ms;
        server->jobs++;
        (void)uv_queue_work(&server->loop, &self->job, run, done); /* cannot fail */
    }
    if (waiter != NULL) {
        waiter->pending++;
        g_ptr_array_add(self->waiters, waiter);
    }
    return true;
}
