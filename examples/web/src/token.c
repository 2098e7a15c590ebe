/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <json-c/json.h>
#include <string.h>

#include "base64url.h"

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
        if (digit == NULL) {
            return false;
        }
        bits = (bits << 6 | (unsigned)(digit - digits)) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            if (*ret_size == room) {
                return false;
            }
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

/* NULL if it is not a JSON object. */
static struct json_object *read_json(const struct part *part)
{
    char text[PART_MAX + 1];
    size_t size = 0;
    struct json_object *object = NULL;
    struct json_tokener *tokener;
    if (!base64url_decode(part->text, part->size, (unsigned char *)text, PART_MAX, &size) ||
        (tokener = json_tokener_new_ex(8)) == NULL) {
        return NULL;
    }
    text[size] = '\0';
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, text, (int)size + 1);
    if (json_tokener_get_error(tokener) != json_tokener_success ||
        !json_object_is_type(object, json_type_object)) {
        json_object_put(object);
        object = NULL;
    }
    json_tokener_free(tokener);
    return object;
}

/* Empty if there is no such text, or it has a NUL. */
static const char *text_of(struct json_object *object, const char *name)
{
    struct json_object *value = json_object_object_get(object, name);
    const char *text =
        json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
    return value != NULL && strlen(text) == (size_t)json_object_get_string_len(value) ? text : "";
}

/* Seconds since 1970; `otherwise` if there is no such number. */
static int64_t time_of(struct json_object *object, const char *name, int64_t otherwise)
{
    struct json_object *value = json_object_object_get(object, name);
    return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : otherwise;
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
static bool is_for_us(struct json_object *claims, const char *client_id)
{
    const char *use = text_of(claims, "token_use");
    const char *name = strcmp(use, "access") == 0 ? "client_id" : "aud";
    return (strcmp(use, "access") == 0 || strcmp(use, "id") == 0) &&
           strcmp(text_of(claims, name), client_id) == 0;
}

static bool read_claims(struct json_object *claims, const struct token_rules *rules, int64_t now_s,
                        struct token_claims *ret_claims)
{
    const char *sub = text_of(claims, "sub");
    int64_t expires_s = time_of(claims, "exp", INT64_MIN);
    bool has_wrong_nbf = json_object_object_get_ex(claims, "nbf", NULL) &&
                         time_of(claims, "nbf", INT64_MAX) > now_s + LEEWAY_S;
    if (expires_s < now_s - LEEWAY_S || has_wrong_nbf || sub[0] == '\0' ||
        strlen(sub) >= sizeof(ret_claims->sub) ||
        strcmp(text_of(claims, "iss"), rules->issuer) != 0 ||
        !is_for_us(claims, rules->client_id)) {
        return false;
    }
    memcpy(ret_claims->sub, sub, strlen(sub) + 1);
    ret_claims->expires_s = expires_s;
    return true;
}

/* The algorithm comes before all else: a key is never used in a way that a token chooses. */
static enum token_result find_key(struct json_object *header, const struct jwks *keys,
                                  EVP_PKEY **ret_key)
{
    const char *id = text_of(header, "kid");
    if (strcmp(text_of(header, "alg"), "RS256") != 0 || id[0] == '\0' ||
        json_object_object_get_ex(header, "crit", NULL)) {
        return TOKEN_BAD;
    }
    *ret_key = jwks_find(keys, id);
    return *ret_key != NULL ? TOKEN_GOOD : TOKEN_UNKNOWN_KEY;
}

enum token_result token_check(const char *token, const struct jwks *keys,
                              const struct token_rules *rules, int64_t now_s,
                              struct token_claims *ret_claims)
{
    struct part parts[3];
    EVP_PKEY *key = NULL;
    if (keys->where == NULL || !split(token, parts)) {
        return TOKEN_BAD;
    }
    struct json_object *header = read_json(&parts[0]);
    enum token_result result = header != NULL ? find_key(header, keys, &key) : TOKEN_BAD;
    json_object_put(header);
    if (result == TOKEN_GOOD) {
        struct json_object *claims = is_signed(token, parts, key) ? read_json(&parts[1]) : NULL;
        if (claims == NULL || !read_claims(claims, rules, now_s, ret_claims)) {
            result = TOKEN_BAD;
        }
        json_object_put(claims);
    }
    return result;
}
