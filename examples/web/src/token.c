/* SPDX-License-Identifier: MIT */
/* Tokens, and the public keys that they are signed with (RFC 7517). */
#include <curl/curl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "web.h"

#define LEEWAY_S 30 /* clocks disagree */
#define SET_MAX 65536
#define AGAIN_US (10 * G_TIME_SPAN_SECOND) /* unknown keys of tokens read the set no more often */
#define REGULAR_S 300                      /* so a key that was withdrawn is no longer accepted */
#define RSA_BITS_MIN 2048

static GHashTable *keys; /* of EVP_PKEY, by id */
static GThreadPool *reader;
static bool is_reading;
static int64_t again_us;              /* when unknown keys may have the set read again */
static GQueue waiters = G_QUEUE_INIT; /* requests that name one */

/* Decodes base64url without padding (RFC 7515). NULL if the text is not that. */
static unsigned char *base64url_decode(const char *text, size_t *ret_size)
{
    if (text[strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_")] != '\0') {
        return NULL;
    }
    g_autoptr(GString) padded = g_string_new(text);
    g_strdelimit(padded->str, "-", '+');
    g_strdelimit(padded->str, "_", '/');
    while (padded->len % 4 != 0) {
        g_string_append_c(padded, '=');
    }
    return g_base64_decode(padded->str, ret_size);
}

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
static void add_key(GHashTable *all, const json_t *object)
{
    const char *id = text_of(object, "kid");
    bool is_ours = strcmp(text_of(object, "kty"), "RSA") == 0 && id[0] != '\0' &&
                   is_any_or(object, "use", "sig") && is_any_or(object, "alg", "RS256");
    EVP_PKEY *key = is_ours ? make_rsa(object) : NULL;
    if (key != NULL) {
        (void)g_hash_table_insert(all, g_strdup(id), key);
    }
}

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

static GHashTable *read_keys(void)
{
    const char *where = config.jwks;
    json_auto_t *set =
        strstr(where, "://") != NULL ? read_url(where) : json_load_file(where, 0, NULL);
    GHashTable *all =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)EVP_PKEY_free);
    const json_t *key;
    size_t i;
    json_array_foreach(json_object_get(set, "keys"), i, key) {
        add_key(all, key);
    }
    return all;
}

/* Keys that cannot be read leave the old ones. */
static void take(GHashTable *all)
{
    if (g_hash_table_size(all) > 0) {
        g_clear_pointer(&keys, g_hash_table_unref);
        keys = all;
        log_event(LOG_INFO, "jwks", json_pack("{si}", "keys", (int)g_hash_table_size(all)));
    } else {
        g_hash_table_unref(all);
        log_message(LOG_WARNING, "jwks", "the keys cannot be read");
    }
}

/* On the loop. */
static gboolean on_read(void *all)
{
    request *waiter;
    server.jobs--;
    is_reading = false;
    take(all);
    while ((waiter = g_queue_pop_head(&waiters)) != NULL) {
        request_admit_again(waiter);
    }
    return G_SOURCE_REMOVE;
}

/* On the thread. */
static void run(G_GNUC_UNUSED void *job, G_GNUC_UNUSED void *unused)
{
    (void)g_idle_add_full(G_PRIORITY_DEFAULT, on_read, read_keys(), NULL);
}

static gboolean read_again(G_GNUC_UNUSED void *unused)
{
    if (!is_reading) {
        is_reading = true;
        again_us = g_get_monotonic_time() + AGAIN_US;
        server.jobs++;
        (void)g_thread_pool_push(reader, &keys, NULL);
    }
    return G_SOURCE_CONTINUE;
}

bool keys_read_for(request *self)
{
    if (!is_reading && g_get_monotonic_time() < again_us) {
        return false;
    }
    self->pending++;
    g_queue_push_tail(&waiters, self);
    return read_again(NULL);
}

bool keys_start(void)
{
    const char *where = config.jwks;
    if (where == NULL) {
        return true;
    }
    if (g_str_has_prefix(where, "http://") && !g_str_has_prefix(where, "http://127.0.0.1:")) {
        log_message(LOG_ERROR, "start", "--jwks: a URL begins with https://");
        return false;
    }
    take(read_keys());
    reader = g_thread_pool_new(run, NULL, 1, TRUE, NULL);
    (void)g_timeout_add_seconds(REGULAR_S, read_again, NULL);
    return keys != NULL && reader != NULL;
}

/* NULL if a part is not JSON. A text with a NUL is none. */
static json_t *read_json(const char *part)
{
    size_t size = 0;
    g_autofree unsigned char *text = base64url_decode(part, &size);
    return text != NULL ? json_loadb((char *)text, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

/* The signature is over the header and the claims as they were sent. */
static bool is_signed(const char *token, EVP_PKEY *key)
{
    const char *last = strrchr(token, '.') + 1;
    size_t size = 0;
    g_autofree unsigned char *signature = base64url_decode(last, &size);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good = context != NULL && signature != NULL &&
                   EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                   EVP_DigestVerify(context, signature, size, (const unsigned char *)token,
                                    (size_t)(last - 1 - token)) == 1;
    EVP_MD_CTX_free(context);
    return is_good;
}

/* Access tokens have the client as `client_id`, id tokens as `aud`. */
static bool is_valid(const json_t *claims)
{
    const json_t *begin = json_object_get(claims, "nbf"), *end = json_object_get(claims, "exp");
    const char *use = text_of(claims, "token_use");
    bool is_access = strcmp(use, "access") == 0, is_id = strcmp(use, "id") == 0;
    int64_t now_s = time(NULL);
    bool has_begun =
        begin == NULL || (json_is_integer(begin) && json_integer_value(begin) <= now_s + LEEWAY_S);
    return has_begun && json_is_integer(end) && json_integer_value(end) >= now_s - LEEWAY_S &&
           text_of(claims, "sub")[0] != '\0' &&
           strcmp(text_of(claims, "iss"), config.issuer) == 0 && (is_access || is_id) &&
           strcmp(text_of(claims, is_access ? "client_id" : "aud"), config.client_id) == 0;
}

/* The algorithm comes before all else: a key is never used in a way that a token chooses. */
enum token_result token_check(const char *token, json_t **ret_claims)
{
    g_auto(GStrv) parts = g_strsplit(token, ".", 4);
    json_auto_t *header = g_strv_length(parts) == 3 ? read_json(parts[0]) : NULL;
    const char *id = text_of(header, "kid");
    if (config.jwks == NULL || strcmp(text_of(header, "alg"), "RS256") != 0 || id[0] == '\0' ||
        json_object_get(header, "crit") != NULL) {
        return TOKEN_BAD;
    }
    EVP_PKEY *key = g_hash_table_lookup(keys, id);
    if (key == NULL) {
        return TOKEN_UNKNOWN_KEY;
    }
    json_auto_t *claims = is_signed(token, key) ? read_json(parts[1]) : NULL;
    if (claims == NULL || !is_valid(claims)) {
        return TOKEN_BAD;
    }
    *ret_claims = json_incref(claims);
    return TOKEN_GOOD;
}
