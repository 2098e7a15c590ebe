/* SPDX-License-Identifier: MIT */
/* What the machine's own metadata service gives (version 2, which asks for a token first). */
#include <stdio.h>

#include "aws/providers/provider.h"
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
} asking;

/* Sends a request for a path; CRUDDUR_OK with a response of status 200, or a failure. */
static cruddur_status ask(const asking *now, const char *method, const char *path,
                          const cr_header *header, cr_http_response *response)
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
                                   .may_be_missing = is_put};
    cruddur_status status = cr_provider_send(now->context, &request, response);
    if (status == CRUDDUR_OK && response->status != 200) {
        status = cr_fail_with(error, CRUDDUR_E_CREDENTIALS, "%s: %s has HTTP status %d", SOURCE,
                              is_put ? "the token" : "an answer", response->status);
    }
    return status;
}

/* One line of plain text. */
static bool take_line(const cr_http_response *response, cr_str *line)
{
    cr_str body = {response->body.data, response->body.size};
    *line = (cr_str){body.data, body.data == NULL ? 0 : strcspn(body.data, "\r\n")};
    for (size_t i = 0; i < line->size; i++) {
        if (line->data[i] <= ' ' || line->data[i] > '~') {
            return false;
        }
    }
    return line->size > 0;
}

static cruddur_status read_role(const asking *now, const char *role,
                                const cr_identity **ret_identity)
{
    char path[URL_SIZE];
    cr_http_response response;
    (void)snprintf(path, sizeof(path), "%s%s", ROLE_PATH, role);
    cr_http_response_init(&response);
    cruddur_status status = ask(now, "GET", path, &now->token, &response);
    if (status == CRUDDUR_OK) {
        cr_str body = {response.body.data, response.body.size};
        status = cr_provider_identity_of_json(now->context, SOURCE, body, &cr_usual_answer_names,
                                              ret_identity);
    }
    cr_provider_response_free(&response);
    return status;
}

static cruddur_status find_role(const asking *now, const cr_identity **ret_identity)
{
    cr_str role;
    char name[256];
    cr_http_response response;
    cr_http_response_init(&response);
    cruddur_status status = ask(now, "GET", ROLE_PATH, &now->token, &response);
    if (status == CRUDDUR_OK && (!take_line(&response, &role) || role.size >= sizeof(name))) {
        status = cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS, "%s: it names no role",
                              SOURCE);
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
    cr_str token;
    cr_http_response_init(&response);
    cruddur_status status = ask(now, "PUT", "/latest/api/token", &lifetime, &response);
    if (status == CRUDDUR_OK && !take_line(&response, &token)) {
        status = cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS, "%s: the token is none",
                              SOURCE);
    }
    if (status == CRUDDUR_OK) {
        now->token = (cr_header){cr_str_of("x-aws-ec2-metadata-token"), token};
        status = find_role(now, ret_identity);
    }
    cr_provider_response_free(&response);
    return status;
}

/* Most machines have no such service, so that no answer means only that there is nothing here. */
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
    } else if (status != CRUDDUR_OK) {
        status = cr_provider_has_none(context, "%s", cruddur_error_message(failure));
    }
    cruddur_error_free(failure);
    return status;
}
