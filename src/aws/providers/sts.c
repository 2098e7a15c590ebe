/* SPDX-License-Identifier: MIT */
/* Assuming a role: the Security Token Service's query interface, with answers in XML. */
#include <stdio.h>
#include <stdlib.h>

#include "aws/answer.h"
#include "aws/endpoint_url.h"
#include "aws/providers/provider.h"
#include "aws/providers/xml.h"
#include "aws/secret.h"
#include "aws/sign.h"
#include "aws/skew.h"
#include "base/clock.h"
#include "base/print.h"

#define US_PER_S INT64_C(1000000)
#define ATTEMPT_LIMIT_US (5 * US_PER_S)
#define ATTEMPTS_MAX 3
#define TOKEN_MAX ((size_t)64 * 1024)
#define FORM_MAX ((size_t)256 * 1024)
#define FORM_REST ((size_t)8 * 1024) /* of a form beside its token, as a rule */
#define SOURCE_SIZE 256
#define CODE_SIZE 96
#define WORDS_SIZE 1024 /* a refusal names who may not do what to which role, and why */
#define TEXT_SIZE 8192  /* of one part of an answer; a session token has about 1,000 characters */

typedef struct assumption {
    const cr_provider_context *context;
    const char *action;        /* "AssumeRole" */
    const cr_identity *signer; /* NULL: the request is not signed */
    char source[SOURCE_SIZE];  /* for errors */
    cr_buffer form;
    cr_endpoint_url endpoint;
    cr_signer *with;
    cr_signature signature;
    cr_header headers[4];
    char code[CODE_SIZE];
    int64_t skew_us; /* how far the service's clock is ahead of ours */
} assumption;

/* ---- the form ---- */

static bool is_plain(char c)
{
    char lower = (char)(c | 0x20);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

static void add_bytes(cr_buffer *form, cr_str bytes)
{
    void *room = cr_buffer_extend(form, bytes.size);
    if (room != NULL && bytes.size > 0) {
        memcpy(room, bytes.data, bytes.size);
    }
}

static void add_encoded(cr_buffer *form, cr_str text)
{
    const char *digits = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        char encoded[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        add_bytes(form, is_plain(text.data[i]) ? (cr_str){text.data + i, 1}
                                               : (cr_str){encoded, sizeof(encoded)});
    }
}

static void add_field(cr_buffer *form, const char *name, const char *value)
{
    if (value != NULL) {
        add_bytes(form, cr_str_of(form->size == 0 ? "" : "&"));
        add_bytes(form, cr_str_of(name));
        add_bytes(form, cr_str_of("="));
        add_encoded(form, cr_str_of(value));
    }
}

static void add_role(assumption *now, const cr_role_settings *settings)
{
    char session_name[40];
    (void)snprintf(session_name, sizeof(session_name), "libcruddur-%lld",
                   (long long)(cr_clock_now_us() / US_PER_S));
    add_field(&now->form, "Action", now->action);
    add_field(&now->form, "Version", "2011-06-15");
    add_field(&now->form, "RoleArn", settings->role_arn);
    add_field(&now->form, "RoleSessionName",
              settings->session_name == NULL ? session_name : settings->session_name);
    add_field(&now->form, "DurationSeconds", settings->duration_seconds);
    add_field(&now->form, "ExternalId", settings->external_id);
}

/* ---- the request ---- */

static cr_str form_of(const assumption *now)
{
    return (cr_str){now->form.data, now->form.size};
}

/* Signs one attempt; the headers that a signature adds come last. */
static cruddur_status sign(void *data, cr_http_request *http, cruddur_error **error)
{
    assumption *now = data;
    cr_sign_request request = {.method = cr_str_of("POST"),
                               .host = cr_str_of(now->endpoint.host),
                               .path = cr_str_of(now->endpoint.path),
                               .headers = now->headers,
                               .header_count = 1,
                               .body = form_of(now),
                               .time_us = cr_clock_now_us() + now->skew_us};
    cruddur_status status = cr_sign(now->with, now->signer, &request, &now->signature, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    now->headers[1] = (cr_header){cr_str_of("x-amz-date"), cr_str_of(now->signature.date)};
    now->headers[2] =
        (cr_header){cr_str_of("authorization"), cr_str_of(now->signature.authorization.data)};
    now->headers[3] = (cr_header){cr_str_of("x-amz-security-token"), now->signer->session_token};
    http->header_count = now->signer->session_token.data == NULL ? 3 : 4;
    return CRUDDUR_OK;
}

static cr_str body_of(const cr_http_response *response)
{
    return (cr_str){response->body.data, response->body.size};
}

static cr_str find_code(const cr_http_response *response, void *data)
{
    assumption *now = data;
    ptrdiff_t size =
        cr_xml_find(body_of(response), "ErrorResponse/Error/Code", now->code, sizeof(now->code));
    return size < 0 ? CR_STR_ABSENT : (cr_str){now->code, (size_t)size};
}

/* The service's words on one line, where they are known not to quote the request. */
static void read_words(const char *code, cr_str body, char words[WORDS_SIZE])
{
    if (!cr_aws_has_safe_words(code) ||
        cr_xml_find(body, "ErrorResponse/Error/Message", words, WORDS_SIZE) < 0) {
        words[0] = '\0';
    }
    for (char *at = words; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = ' ';
        }
    }
}

static cruddur_status fail_answer(assumption *now, const cr_http_response *response)
{
    char words[WORDS_SIZE] = "";
    char request_id[64];
    cruddur_error **error = now->context->error;
    cr_str body = body_of(response);
    cr_str code = find_code(response, now);
    if (code.data != NULL) {
        read_words(now->code, body, words);
    }
    cruddur_status status =
        code.data == NULL
            ? cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%s: the answer has HTTP status %d",
                           now->source, response->status)
            : cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%s: %s (HTTP status %d) %s", now->source,
                           now->code, response->status, words);
    cr_error_set_retryable(error, response->is_transient);
    if (error != NULL &&
        cr_xml_find(body, "ErrorResponse/RequestId", request_id, sizeof(request_id)) >= 0) {
        cr_error_set_request_id(*error, request_id);
    }
    return status;
}

/* ---- the answer ---- */

typedef struct parts {
    char access_key_id[256];
    char secret_access_key[256];
    char session_token[TEXT_SIZE];
    char expiration[64];
    char role_arn[512];
} parts;

/* A part below <AssumeRoleResponse><AssumeRoleResult>. */
static cr_str find_part(const assumption *now, cr_str body, const char *name, char *text,
                        size_t size)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%sResponse/%sResult/%s", now->action, now->action, name);
    ptrdiff_t found = cr_xml_find(body, path, text, size);
    return found < 0 ? CR_STR_ABSENT : (cr_str){text, (size_t)found};
}

/* The fifth part of arn:aws:sts::123456789012:assumed-role/name/session. */
static cr_str account_of_arn(cr_str arn)
{
    const char *at = arn.data;
    for (int colons = 0; at != NULL && colons < 4; colons++) {
        at = strchr(at, ':');
        at = at == NULL ? NULL : at + 1;
    }
    return at == NULL ? CR_STR_ABSENT : (cr_str){at, strcspn(at, ":")};
}

/* The document is of the action that was asked for, and well-formed to its end. */
static bool is_answer(cr_str body)
{
    static const char *const paths[] = {
        "AssumeRoleResponse/AssumeRoleResult/Credentials/AccessKeyId",
        "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/AccessKeyId",
    };
    char text[256];
    return cr_xml_find(body, paths[0], text, sizeof(text)) >= 0 ||
           cr_xml_find(body, paths[1], text, sizeof(text)) >= 0;
}

static cruddur_status read_answer(const assumption *now, cr_str body,
                                  const cr_identity **ret_identity)
{
    parts *found = calloc(1, sizeof(*found));
    if (found == NULL) {
        return cr_fail_memory(now->context->error);
    }
#define PART(name, room) find_part(now, body, name, found->room, sizeof(found->room))
    cr_identity fields = {.access_key_id = PART("Credentials/AccessKeyId", access_key_id),
                          .secret_access_key =
                              PART("Credentials/SecretAccessKey", secret_access_key),
                          .session_token = PART("Credentials/SessionToken", session_token),
                          .account_id = account_of_arn(PART("AssumedRoleUser/Arn", role_arn))};
    cr_str expiration = PART("Credentials/Expiration", expiration);
#undef PART
    bool has_all = fields.session_token.data != NULL &&
                   cr_provider_parse_time(expiration, &fields.expires_at_us);
    cruddur_status status =
        has_all
            ? cr_provider_identity(now->context, now->source, &fields, ret_identity)
            : cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS,
                           "%s: the answer lacks a session token or a time of expiry", now->source);
    explicit_bzero(found, sizeof(*found));
    free(found);
    return status;
}

/* ---- the call ---- */

static cruddur_status find_service(assumption *now)
{
    cr_endpoint endpoint;
    cruddur_error **error = now->context->error;
    cruddur_status status =
        cr_aws_config_endpoint(now->context->config, CR_SERVICE_STS, &endpoint, error);
    if (status == CRUDDUR_OK) {
        status = cr_endpoint_url_parse(endpoint.url, &now->endpoint, error);
    }
    if (status == CRUDDUR_OK && now->signer != NULL) {
        status = cr_signer_new(endpoint.signing_region, endpoint.signing_name, &now->with, error);
    }
    if (status != CRUDDUR_OK && error != NULL) {
        cr_error_wrap(*error, now->source);
    }
    return status;
}

/* Whether a refusal may be due to our clock; what the service's says is then used. */
static bool was_clock(assumption *now, const cr_http_response *response)
{
    int64_t measured_us;
    if (now->signer == NULL || now->context->config->disable_skew_correction ||
        response->status == 200 || !cr_skew_is_suspect(find_code(response, now)) ||
        !cr_skew_measure(response, &measured_us) || !cr_skew_matters(now->skew_us, measured_us)) {
        return false;
    }
    now->skew_us = measured_us;
    return true;
}

static cruddur_status send_form(assumption *now, const cr_identity **ret_identity)
{
    cr_http_response response;
    if (now->form.failed) {
        return cr_fail_memory(now->context->error);
    }
    now->headers[0] = (cr_header){cr_str_of("content-type"),
                                  cr_str_of("application/x-www-form-urlencoded; charset=utf-8")};
    cr_provider_request request = {.source = now->source,
                                   .http = {.method = "POST",
                                            .url = now->endpoint.url,
                                            .headers = now->headers,
                                            .header_count = 1,
                                            .body = form_of(now)},
                                   .attempt_limit_us = ATTEMPT_LIMIT_US,
                                   .attempts_max = ATTEMPTS_MAX,
                                   .prepare = now->signer == NULL ? NULL : sign,
                                   .data = now,
                                   .find_code = find_code,
                                   .is_answer = is_answer};
    cr_http_response_init(&response);
    cruddur_status status = cr_provider_send(now->context, &request, &response);
    if (status == CRUDDUR_OK && was_clock(now, &response)) {
        status = cr_provider_send(now->context, &request, &response);
    }
    if (status == CRUDDUR_OK) {
        status = response.status == 200 ? read_answer(now, body_of(&response), ret_identity)
                                        : fail_answer(now, &response);
    }
    cr_provider_response_free(&response);
    return status;
}

static void init(assumption *now, const cr_provider_context *context, const char *action,
                 const cr_role_settings *settings)
{
    *now = (assumption){.context = context, .action = action};
    (void)snprintf(now->source, sizeof(now->source), "assuming role %.*s",
                   CR_CUT(settings->role_arn, 200));
    cr_buffer_init(&now->form, FORM_MAX);
    cr_signature_init(&now->signature);
}

static void destroy(assumption *now)
{
    cr_secret_buffer_free(&now->form);
    cr_endpoint_url_free(&now->endpoint);
    cr_signer_free(now->with);
    cr_signature_free(&now->signature);
}

cruddur_status cr_assume_role(cr_provider_context *context, const cr_role_settings *settings,
                              const cr_identity *source, const cr_identity **ret_identity)
{
    assumption now;
    init(&now, context, "AssumeRole", settings);
    now.signer = source;
    cruddur_status status = find_service(&now);
    if (status == CRUDDUR_OK) {
        add_role(&now, settings);
        status = send_form(&now, ret_identity);
    }
    destroy(&now);
    return status;
}

cruddur_status cr_assume_role_with_token(cr_provider_context *context,
                                         const cr_role_settings *settings,
                                         const cr_identity **ret_identity)
{
    assumption now;
    char *text = NULL;
    size_t size = 0;
    init(&now, context, "AssumeRoleWithWebIdentity", settings);
    cruddur_status status =
        cr_secret_read_file(settings->token_file, TOKEN_MAX, &text, &size, NULL, context->error);
    if (status != CRUDDUR_OK && context->error != NULL) {
        cr_error_wrap(*context->error, now.source);
    }
    if (status == CRUDDUR_OK) {
        status = find_service(&now);
    }
    if (status == CRUDDUR_OK) {
        char *token = cr_secret_copy(cr_str_trim(cr_str_of(text)));
        /* Written in place at once: no copy of the token is left behind. */
        cr_buffer_reserve(&now.form, 3 * size + FORM_REST);
        add_role(&now, settings);
        add_field(&now.form, "WebIdentityToken", token);
        status = token == NULL ? cr_fail_memory(context->error) : send_form(&now, ret_identity);
        cr_secret_free(token);
    }
    cr_secret_free_bytes(text, size);
    destroy(&now);
    return status;
}
