/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "server.h"

#define PART_MAX 8192
#define LEEWAY_S 30 /* clocks disagree */

bool base64url_decode(const char *text, size_t size, unsigned char *bytes, size_t room,
                      size_t *ret_size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, count = 0;
    *ret_size = 0;
    for (size_t i = 0; i < size; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL || *ret_size == room) {
            return false;
        }
        bits = (bits << 6 | (unsigned)(digit - digits)) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes[(*ret_size)++] = (unsigned char)(bits >> count);
        }
    }
    return count < 6 && (bits & ((1u << count) - 1)) == 0;
}

struct part {
    const char *text;
    size_t size;
};

/* Header, claims, signature: three parts and no more. */
static bool split(const char *token, struct part parts[3])
{
    for (size_t i = 0; i < 3; i++) {
        parts[i].text = token;
        parts[i].size = strcspn(token, ".");
        token += parts[i].size;
        if (parts[i].size == 0 || (i < 2 && *token++ != '.')) {
            return false;
        }
    }
    return *token == '\0';
}

/* NULL if it is not a JSON object. A text with a NUL is none. */
static json_t *read_json(const struct part *part)
{
    unsigned char text[PART_MAX];
    size_t size = 0;
    json_t *object = base64url_decode(part->text, part->size, text, sizeof(text), &size)
                         ? json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL)
                         : NULL;
    if (!json_is_object(object)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* Seconds since 1970; `otherwise` if there is no such whole number. */
static int64_t time_of(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* The signature is over the first two parts as they were sent. */
static bool is_signed(const char *token, const struct part parts[3], EVP_PKEY *key)
{
    unsigned char signature[1024];
    size_t size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good =
        context != NULL &&
        base64url_decode(parts[2].text, parts[2].size, signature, sizeof(signature), &size) &&
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, signature, size, (const unsigned char *)token,
                         (size_t)(parts[2].text - 1 - token)) == 1;
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

static bool read_claims(const json_t *claims, const struct options *options,
                        struct token_claims *ret_claims)
{
    const char *sub = text_of(claims, "sub");
    int64_t now_s = time(NULL);
    bool has_begun = json_object_get(claims, "nbf") == NULL ||
                     time_of(claims, "nbf", INT64_MAX) <= now_s + LEEWAY_S;
    ret_claims->expires_s = time_of(claims, "exp", INT64_MIN);
    if (ret_claims->expires_s < now_s - LEEWAY_S || !has_begun || sub[0] == '\0' ||
        strlen(sub) >= sizeof(ret_claims->sub) ||
        strcmp(text_of(claims, "iss"), options->issuer) != 0 ||
        !is_for_us(claims, options->client_id)) {
        return false;
    }
    memcpy(ret_claims->sub, sub, strlen(sub) + 1);
    return true;
}

/* The algorithm comes before all else: a key is never used in a way that a token chooses. */
static enum token_result find_key(const json_t *header, const struct jwks *keys, EVP_PKEY **ret_key)
{
    const char *id = text_of(header, "kid");
    if (strcmp(text_of(header, "alg"), "RS256") != 0 || id[0] == '\0' ||
        json_object_get(header, "crit") != NULL) {
        return TOKEN_BAD;
    }
    *ret_key = jwks_find(keys, id);
    return *ret_key != NULL ? TOKEN_GOOD : TOKEN_UNKNOWN_KEY;
}

enum token_result token_check(const char *token, const struct server *server,
                              struct token_claims *ret_claims)
{
    struct part parts[3];
    EVP_PKEY *key = NULL;
    if (server->keys.where == NULL || !split(token, parts)) {
        return TOKEN_BAD;
    }
    json_t *header = read_json(&parts[0]);
    enum token_result result = find_key(header, &server->keys, &key);
    json_decref(header);
    if (result == TOKEN_GOOD) {
        json_t *claims = is_signed(token, parts, key) ? read_json(&parts[1]) : NULL;
        if (claims == NULL || !read_claims(claims, &server->options, ret_claims)) {
            result = TOKEN_BAD;
        }
        json_decref(claims);
    }
    return result;
}
