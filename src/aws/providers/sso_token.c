/* SPDX-License-Identifier: MIT */
/* The token that `aws sso login` left in a file. With the session's registration, which lies there
 * too, it can be renewed without a person; the new one is written back, for all who share the file.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aws/providers/secret_json.h"
#include "aws/providers/sso.h"
#include "aws/secret.h"
#include "base/clock.h"
#include "base/print.h"

#define US_PER_S INT64_C(1000000)
#define ATTEMPT_LIMIT_US (5 * US_PER_S)
#define ATTEMPTS_MAX 3
/* A token that has no longer to live is renewed. */
#define RENEWAL_WINDOW_US (300 * US_PER_S)
/* How often, and after what pauses, another program's token is looked for. */
#define LOOKS_MAX 4
#define LOOK_PAUSE_US (US_PER_S / 3)
#define LIFETIME_MAX_S (INT64_C(366) * 24 * 3600)
#define CACHE_MAX ((size_t)256 * 1024)
#define PATH_SIZE 4096
#define URL_SIZE 1024
#define SHA1_SIZE 20

/* What lies in the file. */
typedef struct cached_token {
    char path[PATH_SIZE];
    char *text;
    size_t size;
    int64_t expires_at_us;
} cached_token;

/* ---- failures ---- */

cruddur_status cr_sso_fail_token(const cr_provider_context *context, const char *what)
{
    return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                        "single sign-on: the token %s: run `aws sso login --profile %.*s`", what,
                        CR_CUT(context->profile, 64));
}

cruddur_status cr_sso_fail_request(const cr_provider_context *context)
{
    return cr_fail_with(
        context->error, CRUDDUR_E_CREDENTIALS,
        "single sign-on: a setting or the token has characters that cannot be in it, or "
        "is too long");
}

/* ---- the file ---- */

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

static cr_str text_of(const cached_token *cached)
{
    return (cr_str){cached->text, cached->size};
}

/* A member that is a time. */
static bool find_time(cr_str object, const char *name, int64_t *time_us)
{
    char text[64];
    cr_str value = cr_secret_json_find(object, name);
    return value.size > 0 && value.size < sizeof(text) && cr_secret_json_text(value, text) >= 0 &&
           cr_provider_parse_time(cr_str_of(text), time_us);
}

static cruddur_status load(const cr_provider_context *context, const cr_sso_settings *settings,
                           cached_token *cached)
{
    int number = 0;
    *cached = (cached_token){.text = NULL};
    cruddur_status status = find_cache(context, settings, cached->path);
    if (status != CRUDDUR_OK) {
        return status;
    }
    status = cr_secret_read_file(cached->path, CACHE_MAX, &cached->text, &cached->size, &number,
                                 context->error);
    if (cr_secret_is_missing(number)) {
        cr_error_discard(context->error);
        return cr_sso_fail_token(context, "is not there");
    }
    if (status == CRUDDUR_OK &&
        (!cr_secret_json_is_object(text_of(cached)) ||
         !find_time(text_of(cached), "expiresAt", &cached->expires_at_us))) {
        status = cr_sso_fail_token(context, "is not readable");
    }
    return status;
}

/* ---- renewal ---- */

static bool is_string(cr_str value)
{
    return value.size > 2 && value.data[0] == '"';
}

static bool can_be_renewed(const cr_sso_settings *settings, const cached_token *cached)
{
    static const char *const needed[] = {"accessToken", "refreshToken", "clientId", "clientSecret"};
    int64_t registered_until_us;
    bool has_all = settings->session != NULL;
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        has_all = has_all && is_string(cr_secret_json_find(text_of(cached), needed[i]));
    }
    return has_all && find_time(text_of(cached), "registrationExpiresAt", &registered_until_us) &&
           registered_until_us > cr_clock_now_us();
}

/* All parts in a row, and a NUL; NULL when memory ran out. */
static char *join(const cr_str *parts, size_t count, size_t *ret_size)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += parts[i].size;
    }
    char *text = malloc(size + 1);
    char *out = text;
    for (size_t i = 0; text != NULL && i < count; i++) {
        memcpy(out, parts[i].data, parts[i].size);
        out += parts[i].size;
    }
    if (text != NULL) {
        *out = '\0';
        *ret_size = size;
    }
    return text;
}

/* The request's members are the file's, as they are written there. */
static char *make_body(cr_str cached, size_t *size)
{
    const cr_str parts[] = {
        cr_str_of("{\"grantType\":\"refresh_token\",\"clientId\":"),
        cr_secret_json_find(cached, "clientId"),
        cr_str_of(",\"clientSecret\":"),
        cr_secret_json_find(cached, "clientSecret"),
        cr_str_of(",\"refreshToken\":"),
        cr_secret_json_find(cached, "refreshToken"),
        cr_str_of("}"),
    };
    return join(parts, sizeof(parts) / sizeof(parts[0]), size);
}

/* A value in the file, and what takes its place. */
typedef struct exchange {
    cr_str old;
    cr_str with;
} exchange;

static int compare_places(const void *a, const void *b)
{
    const exchange *x = a;
    const exchange *y = b;
    return (x->old.data > y->old.data) - (x->old.data < y->old.data);
}

/* The file's text with three of its values exchanged, and all others as they are. */
static char *make_text(cr_str cached, exchange values[3], size_t *size)
{
    cr_str parts[7];
    const char *at = cached.data;
    qsort(values, 3, sizeof(values[0]), compare_places);
    for (size_t i = 0; i < 3; i++) {
        parts[2 * i] = (cr_str){at, (size_t)(values[i].old.data - at)};
        parts[2 * i + 1] = values[i].with;
        at = values[i].old.data + values[i].old.size;
    }
    parts[6] = (cr_str){at, (size_t)(cached.data + cached.size - at)};
    return join(parts, 7, size);
}

/* Makes another text of the file's, with the answer's token in it. */
static cruddur_status take_answer(const cr_provider_context *context, const cached_token *cached,
                                  cr_str answer, cached_token *renewed)
{
    char expires_text[sizeof("\"YYYY-MM-DDTHH:MM:SSZ\"")];
    int64_t lifetime_s = 0;
    struct tm civil;
    size_t size = 0;
    cr_str old = text_of(cached);
    cr_str token = cr_secret_json_find(answer, "accessToken");
    cr_str next = cr_secret_json_find(answer, "refreshToken");
    int64_t now_us = cr_clock_now_us();
    bool is_good = is_string(token) &&
                   cr_secret_json_integer(cr_secret_json_find(answer, "expiresIn"), &lifetime_s) &&
                   lifetime_s > 0 && lifetime_s <= LIFETIME_MAX_S;
    time_t expires_at_s = (time_t)(now_us / US_PER_S + lifetime_s);
    if (!is_good || gmtime_r(&expires_at_s, &civil) == NULL ||
        strftime(expires_text, sizeof(expires_text), "\"%Y-%m-%dT%H:%M:%SZ\"", &civil) == 0) {
        return cr_sso_fail_token(context, "cannot be renewed (the answer makes no sense)");
    }
    /* The old one stays good where no other comes. */
    cr_str old_next = cr_secret_json_find(old, "refreshToken");
    exchange values[] = {
        {cr_secret_json_find(old, "accessToken"), token},
        {cr_secret_json_find(old, "expiresAt"), cr_str_of(expires_text)},
        {old_next, is_string(next) ? next : old_next},
    };
    char *text = make_text(old, values, &size);
    if (text == NULL) {
        return cr_fail_memory(context->error);
    }
    *renewed = *cached;
    renewed->text = text;
    renewed->size = size;
    renewed->expires_at_us = (int64_t)expires_at_s * US_PER_S;
    return CRUDDUR_OK;
}

static cruddur_status read_answer(const cr_provider_context *context, const cached_token *cached,
                                  const cr_http_response *response, cached_token *renewed)
{
    char what[80];
    cr_str body = {response->body.data, response->body.size};
    if (response->status != 200) {
        (void)snprintf(what, sizeof(what), "cannot be renewed (HTTP status %d)", response->status);
        cruddur_status status = cr_sso_fail_token(context, what);
        cr_error_set_retryable(context->error, response->is_transient);
        return status;
    }
    return take_answer(context, cached, body, renewed);
}

static cruddur_status ask_for_another(const cr_provider_context *context, const char *url,
                                      cr_str body, const cached_token *cached,
                                      cached_token *renewed)
{
    cr_http_response response;
    const cr_header header = {cr_str_of("content-type"), cr_str_of("application/json")};
    const cr_provider_request request = {
        .source = "single sign-on: renewing the token",
        .http = {.method = "POST", .url = url, .headers = &header, .header_count = 1, .body = body},
        .attempt_limit_us = ATTEMPT_LIMIT_US,
        .attempts_max = ATTEMPTS_MAX,
        .is_answer = cr_secret_json_is_object};
    cr_http_response_init(&response);
    cruddur_status status = cr_provider_send(context, &request, &response);
    if (status == CRUDDUR_OK) {
        status = read_answer(context, cached, &response, renewed);
    }
    cr_provider_response_free(&response);
    return status;
}

/* Reads the file again, if it can be read. */
static bool load_again(const cr_provider_context *context, const cr_sso_settings *settings,
                       cached_token *again)
{
    cr_provider_context quiet = *context;
    quiet.error = NULL;
    return load(&quiet, settings, again) == CRUDDUR_OK;
}

/* Whether the file still has what the renewal began with: another program may have put a later
 * token there, and a person may have signed out, or in as somebody else. */
static bool is_unchanged(const cr_provider_context *context, const cr_sso_settings *settings,
                         const cached_token *cached)
{
    cached_token again;
    bool is_same = load_again(context, settings, &again) &&
                   again.expires_at_us == cached->expires_at_us &&
                   cr_str_equal(cr_secret_json_find(text_of(&again), "refreshToken"),
                                cr_secret_json_find(text_of(cached), "refreshToken"));
    cr_secret_free_bytes(again.text, again.size);
    return is_same;
}

/* A token that cannot be kept is good all the same. */
static void save(const cr_provider_context *context, const cached_token *renewed)
{
    cruddur_error *error = NULL;
    if (cr_secret_write_file(renewed->path, text_of(renewed), &error) != CRUDDUR_OK) {
        cr_log_line(&context->config->logger, CRUDDUR_LOG_WARNING,
                    "single sign-on: the renewed token could not be kept: %s",
                    cruddur_error_message(error));
    }
    cruddur_error_free(error);
}

static cruddur_status renew(const cr_provider_context *context, const cr_sso_settings *settings,
                            cached_token *cached)
{
    char url[URL_SIZE];
    cr_endpoint endpoint;
    cached_token renewed = {.text = NULL};
    size_t size = 0;
    cruddur_status status = cr_sso_endpoint(context, settings, CR_SERVICE_SSO_OIDC, &endpoint);
    if (status != CRUDDUR_OK) {
        return status;
    }
    (void)snprintf(url, sizeof(url), "%s/token", endpoint.url);
    char *body = make_body(text_of(cached), &size);
    if (body == NULL) {
        return cr_fail_memory(context->error);
    }
    status = ask_for_another(context, url, (cr_str){body, size}, cached, &renewed);
    cr_secret_free_bytes(body, size);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (is_unchanged(context, settings, cached)) {
        save(context, &renewed);
    }
    cr_secret_free_bytes(cached->text, cached->size);
    *cached = renewed;
    return CRUDDUR_OK;
}

/* Another program may have renewed the token in the meantime, for which ours was then refused. */
static bool load_newer(const cr_provider_context *context, const cr_sso_settings *settings,
                       cached_token *cached)
{
    cached_token again;
    bool is_newer =
        load_again(context, settings, &again) && again.expires_at_us > cached->expires_at_us;
    const cached_token *dropped = is_newer ? cached : &again;
    cr_secret_free_bytes(dropped->text, dropped->size);
    if (is_newer) {
        *cached = again;
    }
    return is_newer;
}

/* The other program writes its token a moment after the service has refused ours. */
static bool await_newer(const cr_provider_context *context, const cr_sso_settings *settings,
                        cached_token *cached)
{
    for (int look = 1; !load_newer(context, settings, cached); look++) {
        if (look == LOOKS_MAX || atomic_load(context->is_cancelled) ||
            cr_clock_monotonic_us() + LOOK_PAUSE_US >= context->deadline_us) {
            return false;
        }
        cr_clock_sleep_us(LOOK_PAUSE_US);
    }
    return true;
}

/* Renews the token; where that fails, the old one has to do while it is good. */
static cruddur_status freshen(const cr_provider_context *context, const cr_sso_settings *settings,
                              cached_token *cached)
{
    bool is_due = cached->expires_at_us - cr_clock_now_us() <= RENEWAL_WINDOW_US;
    if (!is_due || !can_be_renewed(settings, cached)) {
        return CRUDDUR_OK;
    }
    cruddur_status status = renew(context, settings, cached);
    if (status == CRUDDUR_OK || status == CRUDDUR_E_NO_MEMORY) {
        return status;
    }
    bool is_good = cached->expires_at_us > cr_clock_now_us();
    bool is_refused = status == CRUDDUR_E_CREDENTIALS;
    bool is_newer = is_refused && !is_good ? await_newer(context, settings, cached)
                                           : load_newer(context, settings, cached);
    if (is_newer || is_good) {
        cr_error_discard(context->error);
        return CRUDDUR_OK;
    }
    return status;
}

/* ---- the token ---- */

static cruddur_status take_token(const cr_provider_context *context, const cached_token *cached,
                                 char **ret_token)
{
    if (cached->expires_at_us <= cr_clock_now_us()) {
        return cr_sso_fail_token(context, "has expired");
    }
    cr_str token = cr_secret_json_find(text_of(cached), "accessToken");
    char *text = malloc(token.size + 1);
    if (text == NULL) {
        return cr_fail_memory(context->error);
    }
    if (cr_secret_json_text(token, text) <= 0) {
        cr_secret_free_bytes(text, token.size + 1);
        return cr_sso_fail_token(context, "is missing");
    }
    *ret_token = text;
    return CRUDDUR_OK;
}

cruddur_status cr_sso_token(const cr_provider_context *context, const cr_sso_settings *settings,
                            char **ret_token)
{
    cached_token cached;
    cruddur_status status = load(context, settings, &cached);
    if (status == CRUDDUR_OK) {
        status = freshen(context, settings, &cached);
    }
    if (status == CRUDDUR_OK) {
        status = take_token(context, &cached, ret_token);
    }
    cr_secret_free_bytes(cached.text, cached.size);
    return status;
}

cruddur_status cr_sso_endpoint(const cr_provider_context *context, const cr_sso_settings *settings,
                               cr_service service, cr_endpoint *endpoint)
{
    return cr_aws_config_endpoint_in(context->config, service, &settings->region, endpoint,
                                     context->error);
}
