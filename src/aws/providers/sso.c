/* SPDX-License-Identifier: MIT */
/* Single sign-on: a person has signed in with `aws sso login`, which left a token in a file; the
 * portal gives credentials for it. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/providers/provider.h"
#include "aws/providers/secret_json.h"
#include "aws/secret.h"
#include "base/clock.h"

#define ATTEMPT_LIMIT_US INT64_C(5000000)
#define ATTEMPTS_MAX 3
#define CACHE_MAX ((size_t)256 * 1024)
#define PATH_SIZE 4096
#define URL_SIZE 1024
#define SHA1_SIZE 20

static const cr_answer_names names = {"accessKeyId", "secretAccessKey", "sessionToken", NULL,
                                      "expiration"};

/* ---- the token ---- */

static cruddur_status find_cache(const cr_provider_context *context,
                                 const cr_sso_settings *settings, char path[PATH_SIZE])
{
    unsigned char hash[SHA1_SIZE];
    char digits[2 * SHA1_SIZE + 1];
    const char *home = context->config->environment.value[CR_ENV_HOME];
    const char *key = settings->session != NULL ? settings->session : settings->start_url;
    if (home == NULL) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "single sign-on: HOME is not set, below which the token lies");
    }
    if (EVP_Digest(key, strlen(key), hash, NULL, EVP_sha1(), NULL) != 1) {
        return cr_fail_with(context->error, CRUDDUR_E_INTERNAL, "there is no SHA-1");
    }
    for (size_t i = 0; i < SHA1_SIZE; i++) {
        (void)snprintf(digits + 2 * i, 3, "%02x", hash[i]);
    }
    int length = snprintf(path, PATH_SIZE, "%s/.aws/sso/cache/%s.json", home, digits);
    return length > 0 && length < PATH_SIZE ? CRUDDUR_OK
                                            : cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                                                           "single sign-on: HOME is too long");
}

static cruddur_status fail_token(const cr_provider_context *context, const char *what)
{
    return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                        "single sign-on: the token %s: run `aws sso login --profile %.64s`", what,
                        context->config->profile);
}

static cruddur_status fail_request(const cr_provider_context *context)
{
    return cr_fail_with(
        context->error, CRUDDUR_E_CREDENTIALS,
        "single sign-on: a setting or the token has characters that cannot be in it, or "
        "is too long");
}

/* Takes the token out of the file's text. */
static cruddur_status read_token(const cr_provider_context *context, cr_str cached,
                                 char **ret_token)
{
    char expires_text[64];
    int64_t expires_at_us;
    cr_str expires =
        cr_secret_json_is_object(cached) ? cr_secret_json_find(cached, "expiresAt") : CR_STR_ABSENT;
    if (expires.size == 0 || expires.size >= sizeof(expires_text) ||
        cr_secret_json_text(expires, expires_text) < 0 ||
        !cr_provider_parse_time(cr_str_of(expires_text), &expires_at_us)) {
        return fail_token(context, "is not readable");
    }
    if (expires_at_us <= cr_clock_now_us()) {
        return fail_token(context, "has expired");
    }
    cr_str token = cr_secret_json_find(cached, "accessToken");
    char *text = malloc(token.size + 1);
    if (text == NULL) {
        return cr_fail_memory(context->error);
    }
    if (cr_secret_json_text(token, text) <= 0) {
        free(text);
        return fail_token(context, "is missing");
    }
    *ret_token = text;
    return CRUDDUR_OK;
}

static cruddur_status load_token(const cr_provider_context *context,
                                 const cr_sso_settings *settings, char **ret_token)
{
    char path[PATH_SIZE];
    char *text = NULL;
    size_t size = 0;
    bool is_missing = false;
    cruddur_status status = find_cache(context, settings, path);
    if (status != CRUDDUR_OK) {
        return status;
    }
    status = cr_secret_read_file(path, CACHE_MAX, &text, &size, &is_missing, context->error);
    if (is_missing) {
        cr_error_discard(context->error);
        return fail_token(context, "is not there");
    }
    if (status == CRUDDUR_OK) {
        status = read_token(context, (cr_str){text, size}, ret_token);
        OPENSSL_cleanse(text, size);
        free(text);
    }
    return status;
}

/* ---- the portal ---- */

/* What may stand in a query as it is: nothing that these settings have is outside of it. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        char lower = (char)(*text | 0x20);
        if ((lower < 'a' || lower > 'z') && (*text < '0' || *text > '9') &&
            strchr("-._~+=,@", *text) == NULL) {
            return false;
        }
    }
    return true;
}

static bool is_header_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~') {
            return false;
        }
    }
    return true;
}

/* + and = and the like are the only characters of role names that a query must not have bare. */
static bool encode(const char *text, char *out, size_t size)
{
    size_t used = 0;
    for (; *text != '\0' && used + 4 <= size; text++) {
        bool is_bare = strchr("+=,@", *text) == NULL;
        used += (size_t)snprintf(out + used, size - used, is_bare ? "%c" : "%%%02X",
                                 (unsigned char)*text);
    }
    return *text == '\0';
}

static cruddur_status make_url(const cr_provider_context *context, const cr_sso_settings *settings,
                               char url[URL_SIZE])
{
    char role[256] = "";
    cr_endpoint endpoint;
    cr_aws_config elsewhere = *context->config; /* the portal has a region of its own */
    if (!is_plain(settings->account_id) || !is_plain(settings->role_name) ||
        !encode(settings->role_name, role, sizeof(role)) ||
        strlen(settings->region) >= sizeof(elsewhere.region)) {
        return fail_request(context);
    }
    memcpy(elsewhere.region, settings->region, strlen(settings->region) + 1);
    cruddur_status status =
        cr_aws_config_endpoint(&elsewhere, CR_SERVICE_SSO, &endpoint, context->error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    int length = snprintf(url, URL_SIZE, "%s/federation/credentials?account_id=%s&role_name=%s",
                          endpoint.url, settings->account_id, role);
    return length > 0 && length < URL_SIZE ? CRUDDUR_OK : fail_request(context);
}

static cruddur_status read_answer(const cr_provider_context *context,
                                  const cr_sso_settings *settings, const cr_http_response *response,
                                  const cr_identity **ret_identity)
{
    const char *source = "the portal of single sign-on";
    cr_str body = {response->body.data, response->body.size};
    const cr_identity *made = NULL;
    if (response->status == 401) {
        return fail_token(context, "is taken no longer");
    }
    if (response->status != 200 || !cr_secret_json_is_object(body)) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "%s: no credentials for role %.64s of account %.20s (HTTP status %d)",
                            source, settings->role_name, settings->account_id, response->status);
    }
    cruddur_status status = cr_provider_identity_of_json(
        context, source, cr_secret_json_find(body, "roleCredentials"), &names, &made);
    if (status == CRUDDUR_OK) {
        cr_identity with_account = *made;
        with_account.account_id = cr_str_of(settings->account_id);
        status = cr_provider_identity(context, source, &with_account, ret_identity);
        cr_identity_release(made);
    }
    return status;
}

static cruddur_status ask_portal(const cr_provider_context *context,
                                 const cr_sso_settings *settings, const char *token,
                                 const cr_identity **ret_identity)
{
    char url[URL_SIZE];
    cr_http_response response;
    cruddur_status status = make_url(context, settings, url);
    if (status != CRUDDUR_OK || !is_header_text(token)) {
        return status != CRUDDUR_OK ? status : fail_request(context);
    }
    cr_header header = {cr_str_of("x-amz-sso_bearer_token"), cr_str_of(token)};
    cr_provider_request request = {
        .source = "the portal of single sign-on",
        .http = {.method = "GET", .url = url, .headers = &header, .header_count = 1},
        .attempt_limit_us = ATTEMPT_LIMIT_US,
        .attempts_max = ATTEMPTS_MAX};
    cr_http_response_init(&response);
    status = cr_provider_send(context, &request, &response);
    if (status == CRUDDUR_OK) {
        status = read_answer(context, settings, &response, ret_identity);
    }
    cr_provider_response_free(&response);
    return status;
}

cruddur_status cr_provide_sso(cr_provider_context *context, const cr_sso_settings *settings,
                              const cr_identity **ret_identity)
{
    char *token = NULL;
    cruddur_status status = load_token(context, settings, &token);
    if (status == CRUDDUR_OK) {
        status = ask_portal(context, settings, token, ret_identity);
    }
    cr_secret_free(token);
    return status;
}
