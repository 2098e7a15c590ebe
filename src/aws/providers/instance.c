/* SPDX-License-Identifier: MIT */
/* What the machine's own metadata service gives (version 2, which asks for a token first). */
#include <stdio.h>

#include "aws/providers/provider.h"
#include "aws/providers/secret_json.h"
#include "aws/secret.h"

#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"
#define ATTEMPT_LIMIT_US INT64_C(1000000)
/* Whether there is such a service is tried once; one that is there may be slow now and then. */
#define ATTEMPTS_MAX 3
#define URL_SIZE 1024
#define SOURCE "the machine's metadata service"

typedef struct asking {
    cr_provider_context *context;
    cr_header token; /* what proves that the asker runs on the machine */
    bool is_there;   /* the service has answered */
} asking;

/* Sends a request for a path; CRUDDUR_OK with a response of status 200, or a failure. */
static cruddur_status ask(asking *now, const char *method, const char *path,
                          const cr_header *header, bool (*is_answer)(cr_str body),
                          cr_http_response *response)
{
    char url[URL_SIZE];
    cruddur_error **error = now->context->error;
    int length = snprintf(url, sizeof(url), "%s%s", now->context->config->metadata_endpoint, path);
    if (length < 0 || (size_t)length >= sizeof(url)) {
        return cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%s: a name is too long", SOURCE);
    }
    bool is_put = strcmp(method, "PUT") == 0;
    cr_provider_request request = {.source = SOURCE,
                                   .http = {.method = method,
                                            .url = url,
                                            .headers = header,
                                            .header_count = 1,
                                            .body = is_put ? cr_str_of("") : CR_STR_ABSENT,
                                            .avoid_proxy = true},
                                   .attempt_limit_us = ATTEMPT_LIMIT_US,
                                   .attempts_max = ATTEMPTS_MAX,
                                   .may_be_missing = is_put,
                                   .is_answer = is_answer};
    cruddur_status status = cr_provider_send(now->context, &request, response);
    now->is_there = now->is_there || status == CRUDDUR_OK;
    if (status == CRUDDUR_OK && response->status != 200) {
        status = cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%s: %s has HTTP status %d", SOURCE,
                              is_put ? "the token" : "an answer", response->status);
        cr_error_set_retryable(error, response->is_transient);
    }
    return status;
}

static cr_str first_line(cr_str body)
{
    return (cr_str){body.data, body.data == NULL ? 0 : strcspn(body.data, "\r\n")};
}

/* One line of plain text: a page in HTML has marks in it. */
static bool is_line(cr_str body)
{
    cr_str line = first_line(body);
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] <= ' ' || line.data[i] > '~' || line.data[i] == '<') {
            return false;
        }
    }
    return line.size > 0;
}

static cruddur_status read_role(asking *now, const char *role, const cr_identity **ret_identity)
{
    char path[URL_SIZE];
    cr_http_response response;
    (void)snprintf(path, sizeof(path), "%s%s", ROLE_PATH, role);
    cr_http_response_init(&response);
    cruddur_status status = ask(now, "GET", path, &now->token, cr_secret_json_is_object, &response);
    if (status == CRUDDUR_OK) {
        cr_str body = {response.body.data, response.body.size};
        status = cr_provider_identity_of_json(now->context, SOURCE, body, &cr_usual_answer_names,
                                              ret_identity);
    }
    cr_provider_response_free(&response);
    return status;
}

static cruddur_status find_role(asking *now, const cr_identity **ret_identity)
{
    char name[256];
    cr_http_response response;
    cr_http_response_init(&response);
    cruddur_status status = ask(now, "GET", ROLE_PATH, &now->token, is_line, &response);
    cr_str role = first_line((cr_str){response.body.data, response.body.size});
    if (status == CRUDDUR_OK && role.size >= sizeof(name)) {
        status = cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS,
                              "%s: the role's name is too long", SOURCE);
    }
    if (status == CRUDDUR_OK) {
        memcpy(name, role.data, role.size);
        name[role.size] = '\0';
        status = read_role(now, name, ret_identity);
    }
    cr_provider_response_free(&response);
    return status;
}

static cruddur_status ask_service(asking *now, const cr_identity **ret_identity)
{
    cr_http_response response;
    cr_header lifetime = {cr_str_of("x-aws-ec2-metadata-token-ttl-seconds"), cr_str_of("21600")};
    cr_http_response_init(&response);
    cruddur_status status = ask(now, "PUT", "/latest/api/token", &lifetime, is_line, &response);
    if (status == CRUDDUR_OK) {
        cr_str token = first_line((cr_str){response.body.data, response.body.size});
        now->token = (cr_header){cr_str_of("x-aws-ec2-metadata-token"), token};
        status = find_role(now, ret_identity);
    }
    cr_provider_response_free(&response);
    return status;
}

/* Most machines have no such service, so that no answer means only that there is nothing here. One
 * that has answered, and has trouble just now, is a source that fails. */
cruddur_status cr_provide_instance(cr_provider_context *context, const cr_identity **ret_identity)
{
    asking now = {.context = context};
    if (context->config->metadata_is_disabled) {
        return cr_provider_has_none(context, "AWS_EC2_METADATA_DISABLED is true");
    }
    cruddur_error *failure = NULL;
    cruddur_error **error = context->error;
    context->error = &failure;
    cruddur_status status = ask_service(&now, ret_identity);
    context->error = error;
    if (status == CRUDDUR_E_NO_MEMORY) {
        status = cr_fail_memory(error);
    } else if (status == CRUDDUR_E_NO_DESCRIPTORS ||
               (status != CRUDDUR_OK && now.is_there && cruddur_error_is_retryable(failure))) {
        (void)cr_fail_with(error, status, "%s", cruddur_error_message(failure));
        cr_error_set_retryable(error, true);
    } else if (status != CRUDDUR_OK) {
        status = cr_provider_has_none(context, "%s", cruddur_error_message(failure));
        context->reason_may_pass = cruddur_error_is_retryable(failure);
    }
    cruddur_error_free(failure);
    return status;
}
