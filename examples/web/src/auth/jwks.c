/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

#include "server.h"

#define SET_MAX 65536
#define AGAIN_MS 10000 /* a token with an unknown key reads them no more often */
#define REGULAR_S 300  /* so a key that was withdrawn is no longer accepted */
#define RSA_BITS_MIN 2048

struct reading {
    struct server *server;
    request *request; /* which waits for it, or NULL */
    GHashTable *keys;
};

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

static GHashTable *read_keys(const char *where)
{
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
    return keys;
}

/* Keys that cannot be read leave the old ones. */
static void take(struct jwks *self, GHashTable *keys)
{
    if (g_hash_table_size(keys) > 0) {
        g_clear_pointer(&self->keys, g_hash_table_unref);
        self->keys = keys;
        log_event(LOG_INFO, "jwks", json_pack("{si}", "keys", (int)g_hash_table_size(keys)));
    } else {
        g_hash_table_unref(keys);
        log_message(LOG_WARNING, "jwks", "the keys cannot be read");
    }
}

/* On the loop. */
static gboolean on_read(void *data)
{
    struct reading *reading = data;
    if (reading->keys != NULL) {
        take(&reading->server->keys, reading->keys);
    }
    reading->server->jobs--;
    if (reading->request != NULL) {
        request_admit_again(reading->request);
    }
    g_free(reading);
    return G_SOURCE_REMOVE;
}

/* On the worker thread: one reading after the other, so requests that wait together have one. */
static void run(void *data, void *keys)
{
    struct reading *reading = data;
    struct jwks *self = keys;
    if (reading->request == NULL || clock_ms() - self->read_ms >= AGAIN_MS) {
        self->read_ms = clock_ms();
        reading->keys = read_keys(reading->server->options.jwks);
    }
    g_main_context_invoke(NULL, on_read, reading);
}

/* ---- the keys ---- */

static void push(struct server *server, request *waiter)
{
    struct reading *reading = g_new0(struct reading, 1);
    reading->server = server;
    reading->request = waiter;
    server->jobs++;
    (void)g_thread_pool_push(server->keys.pool, reading, NULL);
}

void jwks_refresh(request *self)
{
    self->pending++;
    push(self->server, self);
}

void jwks_tick(struct server *server)
{
    if (server->options.jwks != NULL && clock_ms() >= server->keys.next_ms) {
        server->keys.next_ms = clock_in_s(REGULAR_S);
        push(server, NULL);
    }
}

bool jwks_start(struct server *server)
{
    struct jwks *self = &server->keys;
    const char *where = server->options.jwks;
    if (where == NULL) {
        return true;
    }
    if (g_str_has_prefix(where, "http://") && !g_str_has_prefix(where, "http://127.")) {
        log_message(LOG_ERROR, "start", "--jwks: a URL begins with https://");
        return false;
    }
    self->read_ms = clock_ms() - AGAIN_MS;
    self->next_ms = clock_in_s(REGULAR_S);
    self->pool = g_thread_pool_new(run, self, 1, TRUE, NULL);
    take(self, read_keys(where));
    return self->keys != NULL && self->pool != NULL;
}
