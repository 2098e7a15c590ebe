/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "server.h"

#define LEEWAY_S 30 /* clocks disagree */

unsigned char *base64url_decode(const char *text, size_t *ret_size)
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

/* NULL if a part is not a JSON object. A text with a NUL is none. */
static json_t *read_json(const char *part)
{
    size_t size = 0;
    g_autofree unsigned char *text = base64url_decode(part, &size);
    json_t *object =
        text != NULL ? json_loadb((char *)text, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (!json_is_object(object)) {
        json_decref(object);
        return NULL;
    }
    return object;
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
static bool is_for_us(const json_t *claims, const char *client_id)
{
    const char *use = text_of(claims, "token_use");
    bool is_access = strcmp(use, "access") == 0;
    return (is_access || strcmp(use, "id") == 0) &&
           strcmp(text_of(claims, is_access ? "client_id" : "aud"), client_id) == 0;
}

static bool is_valid(const json_t *claims, const struct options *options)
{
    const json_t *begin = json_object_get(claims, "nbf"), *end = json_object_get(claims, "exp");
    int64_t now_s = time(NULL);
    bool has_begun =
        begin == NULL || (json_is_integer(begin) && json_integer_value(begin) <= now_s + LEEWAY_S);
    return has_begun && json_is_integer(end) && json_integer_value(end) >= now_s - LEEWAY_S &&
           text_of(claims, "sub")[0] != '\0' &&
           strcmp(text_of(claims, "iss"), options->issuer) == 0 &&
           is_for_us(claims, options->client_id);
}

/* The algorithm comes before all else: a key is never used in a way that a token chooses. */
enum token_result token_check(const struct server *server, const char *token, json_t **ret_claims)
{
    g_auto(GStrv) parts = g_strsplit(token, ".", 4);
    json_auto_t *header = g_strv_length(parts) == 3 ? read_json(parts[0]) : NULL;
    const char *id = text_of(header, "kid");
    if (server->options.jwks == NULL || strcmp(text_of(header, "alg"), "RS256") != 0 ||
        id[0] == '\0' || json_object_get(header, "crit") != NULL) {
        return TOKEN_BAD;
    }
    EVP_PKEY *key = g_hash_table_lookup(server->keys.keys, id);
    if (key == NULL) {
        return TOKEN_UNKNOWN_KEY;
    }
    json_auto_t *claims = is_signed(token, key) ? read_json(parts[1]) : NULL;
    if (claims == NULL || !is_valid(claims, &server->options)) {
        return TOKEN_BAD;
    }
    *ret_claims = json_incref(claims);
    return TOKEN_GOOD;
}
