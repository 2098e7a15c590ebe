/* SPDX-License-Identifier: MIT */
/* What a container's surroundings give: an address in the environment, and maybe a token. */
#include <arpa/inet.h>
#include <stdio.h>

#include "aws/providers/provider.h"
#include "aws/providers/secret_json.h"
#include "aws/secret.h"

#define CONTAINER_HOST "http://169.254.170.2"
#define ATTEMPT_LIMIT_US INT64_C(2000000)
#define ATTEMPTS_MAX 3
#define TOKEN_MAX ((size_t)16 * 1024)
#define URL_SIZE 2048

/* ---- where ---- */

static bool is_local_ipv4(const char *text)
{
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1) {
        return false;
    }
    uint32_t number = ntohl(address.s_addr);
    return number >> 24 == 127 || number == 0xa9feaa02u /* 169.254.170.2 */ ||
           number == 0xa9feaa17u /* 169.254.170.23 */;
}

static bool is_local_ipv6(const char *text)
{
    static const char *const accepted[] = {"::1", "fd00:ec2::23"};
    struct in6_addr address;
    struct in6_addr other;
    if (inet_pton(AF_INET6, text, &address) != 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        if (inet_pton(AF_INET6, accepted[i], &other) == 1 &&
            memcmp(&address, &other, sizeof(address)) == 0) {
            return true;
        }
    }
    return false;
}

/* Credentials are sent in the clear to this machine and to the container's own addresses only. */
static bool is_trusted(const cr_aws_url *url)
{
    char host[INET6_ADDRSTRLEN];
    if (url->is_https) {
        return true;
    }
    if (url->host.size >= sizeof(host)) {
        return false;
    }
    memcpy(host, url->host.data, url->host.size);
    host[url->host.size] = '\0';
    return strcmp(host, "localhost") == 0 || is_local_ipv4(host) || is_local_ipv6(host);
}

static cruddur_status find_url(const cr_provider_context *context, char url[URL_SIZE])
{
    char *const *value = context->config->environment.value;
    const char *relative = value[CR_ENV_CONTAINER_RELATIVE_URI];
    const char *full = value[CR_ENV_CONTAINER_FULL_URI];
    cr_aws_url parsed;
    int length = relative != NULL ? snprintf(url, URL_SIZE, "%s%s", CONTAINER_HOST, relative)
                                  : snprintf(url, URL_SIZE, "%s", full);
    bool fits = length > 0 && length < URL_SIZE && (relative == NULL || *relative == '/');
    if (!fits || !cr_aws_url_parse(url, &parsed)) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS, "%s is malformed",
                            cr_env_text(relative != NULL ? CR_ENV_CONTAINER_RELATIVE_URI
                                                         : CR_ENV_CONTAINER_FULL_URI));
    }
    return is_trusted(&parsed)
               ? CRUDDUR_OK
               : cr_fail_with(
                     context->error, CRUDDUR_E_CREDENTIALS,
                     "%s must be https, or name this machine or the container's own addresses",
                     cr_env_text(CR_ENV_CONTAINER_FULL_URI));
}

/* ---- the token ---- */

static bool has_line_end(const char *text)
{
    return strpbrk(text, "\r\n") != NULL;
}

/* The token, to be freed with cr_secret_free(); NULL: there is none. The file is read anew each
 * time, as tokens in files change. */
static cruddur_status load_token(const cr_provider_context *context, char **ret_token)
{
    char *const *value = context->config->environment.value;
    const char *path = value[CR_ENV_CONTAINER_TOKEN_FILE];
    char *text = NULL;
    size_t size = 0;
    if (path == NULL && value[CR_ENV_CONTAINER_TOKEN] == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        path == NULL ? CRUDDUR_OK
                     : cr_secret_read_file(path, TOKEN_MAX, &text, &size, NULL, context->error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    char *token =
        cr_secret_copy(cr_str_trim(cr_str_of(path == NULL ? value[CR_ENV_CONTAINER_TOKEN] : text)));
    cr_secret_free_bytes(text, size);
    if (token == NULL) {
        return cr_fail_memory(context->error);
    }
    if (has_line_end(token)) {
        cr_secret_free(token);
        return cr_fail_with(
            context->error, CRUDDUR_E_CREDENTIALS, "the token in %s has a line end in it",
            cr_env_text(path == NULL ? CR_ENV_CONTAINER_TOKEN : CR_ENV_CONTAINER_TOKEN_FILE));
    }
    *ret_token = token;
    return CRUDDUR_OK;
}

/* ---- asking ---- */

static cruddur_status ask(const cr_provider_context *context, const char *url, const char *token,
                          const cr_identity **ret_identity)
{
    const char *source = "the container's credentials";
    cr_http_response response;
    cr_header headers[] = {{cr_str_of("accept"), cr_str_of("application/json")},
                           {cr_str_of("authorization"), cr_str_of(token)}};
    cr_provider_request request = {.source = source,
                                   .http = {.method = "GET",
                                            .url = url,
                                            .headers = headers,
                                            .header_count = token == NULL ? 1 : 2,
                                            .avoid_proxy = true},
                                   .attempt_limit_us = ATTEMPT_LIMIT_US,
                                   .attempts_max = ATTEMPTS_MAX,
                                   .is_answer = cr_secret_json_is_object};
    cr_http_response_init(&response);
    cruddur_status status = cr_provider_send(context, &request, &response);
    if (status == CRUDDUR_OK && response.status != 200) {
        status = cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                              "%s: the answer has HTTP status %d", source, response.status);
        cr_error_set_retryable(context->error, response.is_transient);
    }
    if (status == CRUDDUR_OK) {
        cr_str body = {response.body.data, response.body.size};
        status = cr_provider_identity_of_json(context, source, body, &cr_usual_answer_names,
                                              ret_identity);
    }
    cr_provider_response_free(&response);
    return status;
}

cruddur_status cr_provide_container(cr_provider_context *context, const cr_identity **ret_identity)
{
    char *const *value = context->config->environment.value;
    char url[URL_SIZE];
    char *token = NULL;
    if (value[CR_ENV_CONTAINER_RELATIVE_URI] == NULL && value[CR_ENV_CONTAINER_FULL_URI] == NULL) {
        return cr_provider_has_none(context,
                                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not "
                                    "set");
    }
    cruddur_status status = find_url(context, url);
    if (status == CRUDDUR_OK) {
        status = load_token(context, &token);
    }
    if (status == CRUDDUR_OK) {
        status = ask(context, url, token, ret_identity);
    }
    cr_secret_free(token);
    return status;
}
