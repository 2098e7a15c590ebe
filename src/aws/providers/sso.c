/* SPDX-License-Identifier: MIT */
/* Single sign-on: a person has signed in with `aws sso login`, which left a token in a file; the
 * portal gives credentials for it. */
#include <stdio.h>

#include "aws/providers/secret_json.h"
#include "aws/providers/sso.h"
#include "aws/secret.h"
#include "base/print.h"

#define ATTEMPT_LIMIT_US INT64_C(5000000)
#define ATTEMPTS_MAX 3
#define URL_SIZE 1024

static const cr_answer_names names = {"accessKeyId", "secretAccessKey", "sessionToken", NULL,
                                      "expiration"};

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
    if (!is_plain(settings->account_id) || !is_plain(settings->role_name) ||
        !encode(settings->role_name, role, sizeof(role))) {
        return cr_sso_fail_request(context);
    }
    cruddur_status status = cr_sso_endpoint(context, settings, CR_SERVICE_SSO, &endpoint);
    if (status != CRUDDUR_OK) {
        return status;
    }
    int length = snprintf(url, URL_SIZE, "%s/federation/credentials?account_id=%s&role_name=%s",
                          endpoint.url, settings->account_id, role);
    return length > 0 && length < URL_SIZE ? CRUDDUR_OK : cr_sso_fail_request(context);
}

static cruddur_status read_answer(const cr_provider_context *context,
                                  const cr_sso_settings *settings, const cr_http_response *response,
                                  const cr_identity **ret_identity)
{
    const char *source = "the portal of single sign-on";
    cr_str body = {response->body.data, response->body.size};
    const cr_identity *made = NULL;
    if (response->status == 401) {
        return cr_sso_fail_token(context, "is taken no longer");
    }
    if (response->status != 200) {
        (void)cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                           "%s: no credentials for role %.*s of account %.*s (HTTP status %d)",
                           source, CR_CUT(settings->role_name, 64),
                           CR_CUT(settings->account_id, 20), response->status);
        cr_error_set_retryable(context->error, response->is_transient);
        return CRUDDUR_E_CREDENTIALS;
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

static bool is_answer(cr_str body)
{
    return cr_secret_json_is_object(body) &&
           cr_secret_json_is_object(cr_secret_json_find(body, "roleCredentials"));
}

static cruddur_status ask_portal(const cr_provider_context *context,
                                 const cr_sso_settings *settings, const char *token,
                                 const cr_identity **ret_identity)
{
    char url[URL_SIZE];
    cr_http_response response;
    cruddur_status status = make_url(context, settings, url);
    if (status != CRUDDUR_OK || !is_header_text(token)) {
        return status != CRUDDUR_OK ? status : cr_sso_fail_request(context);
    }
    cr_header header = {cr_str_of("x-amz-sso_bearer_token"), cr_str_of(token)};
    cr_provider_request request = {
        .source = "the portal of single sign-on",
        .http = {.method = "GET", .url = url, .headers = &header, .header_count = 1},
        .attempt_limit_us = ATTEMPT_LIMIT_US,
        .attempts_max = ATTEMPTS_MAX,
        .is_answer = is_answer};
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
    cruddur_status status = cr_sso_token(context, settings, &token);
    if (status == CRUDDUR_OK) {
        status = ask_portal(context, settings, token, ret_identity);
    }
    cr_secret_free(token);
    return status;
}
