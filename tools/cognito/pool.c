/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdio.h>

#include "aws/client.h"
#include "aws/config.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/print.h"
#include "pool_page.h"

#define TARGET "AWSCognitoIdentityProviderService.ListUsers"
#define CONTENT_TYPE "application/x-amz-json-1.1"
#define ID_SIZE_MAX 55 /* of the service */
#define PAGE_SIZE 60   /* the most that the service returns */
#define REQUEST_MAX ((size_t)64 * 1024)
#define RESPONSE_MAX ((size_t)8 * 1024 * 1024) /* 60 users with 2 KB in each attribute */
#define US_PER_MS INT64_C(1000)

/* A pool of many pages is read at the service's quota, which its other clients share. */
#define ATTEMPTS 8

/* ---- the client ---- */

struct connection {
    cr_aws_config *config;
    cr_http *http;
    cr_credentials *credentials;
    cr_aws_client *client;
};

static void close_client(struct connection *connection)
{
    cr_aws_client_free(connection->client);
    cr_credentials_free(connection->credentials);
    cr_http_free(connection->http);
    cr_aws_config_free(connection->config);
}

static cruddur_status make_client(struct connection *connection, const cr_logger *logger,
                                  cruddur_error **error)
{
    cr_endpoint endpoint;
    cruddur_status status =
        cr_aws_config_endpoint(connection->config, CR_SERVICE_COGNITO_IDP, &endpoint, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_aws_options options = {
        .signing_name = endpoint.signing_name,
        .region = endpoint.signing_region,
        .endpoint_url = endpoint.url,
        .http = connection->http,
        .credentials = connection->credentials,
        .attempts_max =
            connection->config->attempts_max == 0 ? ATTEMPTS : connection->config->attempts_max,
        .disable_skew_correction = connection->config->disable_skew_correction,
        .response_max = RESPONSE_MAX,
        .on_attempt = logger->log == NULL ? NULL : cr_aws_log_attempt,
    };
    return cr_aws_client_new(&options, &connection->client, error);
}

static cruddur_status open_client(struct connection *connection, const cr_aws_given *given,
                                  cruddur_error **error)
{
    cruddur_status status = cr_aws_config_load(given, &connection->config, error);
    if (status == CRUDDUR_OK) {
        char ca_name[CR_SETTING_NAME_SIZE];
        cr_setting_name(&connection->config->ca_bundle, ca_name);
        cr_http_options http = {.ca_file = connection->config->ca_bundle.value, .ca_name = ca_name};
        status = cr_http_new(&http, &connection->http, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_aws_config_credentials(connection->config, connection->http,
                                           &connection->credentials, error);
    }
    return status == CRUDDUR_OK ? make_client(connection, &given->logger, error) : status;
}

/* ---- the calls ---- */

static cruddur_status fail(const char *id, const cr_aws_answer *answer, cruddur_error **error)
{
    char action[160];
    bool is_missing = strcmp(answer->code, "ResourceNotFoundException") == 0;
    (void)snprintf(action, sizeof(action), "%s user pool %.*s%s",
                   is_missing ? "there is no" : "listing the users of", CR_CUT(id, ID_SIZE_MAX),
                   is_missing ? " in this account and region" : "");
    return is_missing ? cr_aws_fail_as(answer, CRUDDUR_E_CONFIG, action, error)
                      : cr_aws_fail(answer, action, error);
}

/* All attributes are asked for: the service refuses a list with one that some user does not have.
 */
static void write_request(cr_buffer *request, const char *id, const char *token)
{
    CR_JSON_ADD(request, "{\"UserPoolId\":");
    cr_json_add_string(request, cr_str_of(id));
    CR_JSON_ADD(request, ",\"Limit\":");
    cr_json_add_number(request, PAGE_SIZE);
    if (token != NULL) {
        CR_JSON_ADD(request, ",\"PaginationToken\":");
        cr_json_add_string(request, cr_str_of(token));
    }
    CR_JSON_ADD(request, "}");
}

static cruddur_status fetch_page(const struct connection *connection,
                                 const struct pool_options *options, const char *token,
                                 struct pool_page *now, cruddur_error **error)
{
    cr_buffer request;
    cr_aws_answer answer;
    cr_call call = {.deadline_us =
                        cr_clock_monotonic_us() + (int64_t)options->timeout_ms * US_PER_MS,
                    .logger = {options->log, options->log_data},
                    .error = error};
    cr_buffer_init(&request, REQUEST_MAX);
    cr_aws_answer_init(&answer);
    write_request(&request, options->id, token);
    const cr_aws_request made = {.target = TARGET,
                                 .content_type = CONTENT_TYPE,
                                 .body = {request.data, request.size},
                                 .reading = {pool_page_read, now},
                                 .is_public = true};
    cruddur_status status = request.failed ? cr_fail_memory(error)
                                           : cr_aws_call(connection->client, &made, &call, &answer);
    if (status == CRUDDUR_OK && !cr_aws_is_ok(&answer)) {
        status = fail(options->id, &answer, error);
    }
    cr_aws_answer_free(&answer);
    cr_buffer_free(&request);
    return status;
}

static cruddur_status fetch_pages(const struct connection *connection,
                                  const struct pool_options *options, struct pool_users *users,
                                  cruddur_error **error)
{
    char *token = NULL;
    bool has_more = true;
    cruddur_status status = CRUDDUR_OK;
    while (status == CRUDDUR_OK && has_more) {
        struct pool_page now = {.users = users, .before = users->count};
        status = fetch_page(connection, options, token, &now, error);
        has_more = now.token != NULL;
        if (status == CRUDDUR_OK && has_more && token != NULL && strcmp(token, now.token) == 0) {
            status = cr_fail_with(error, CRUDDUR_E_PROTOCOL,
                                  "listing the users of user pool %.*s: the service returned the "
                                  "same page twice",
                                  CR_CUT(options->id, ID_SIZE_MAX));
        }
        free(token);
        token = now.token;
        if (status == CRUDDUR_OK && options->observe != NULL) {
            options->observe(options->observe_data, users->count);
        }
    }
    free(token);
    return status;
}

/* ---- the whole ---- */

bool pool_is_id(const char *text)
{
    const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t size = strlen(text);
    const char *last = strrchr(text, '_');
    if (last == NULL || last == text || last[1] == '\0' || size > ID_SIZE_MAX ||
        strspn(last + 1, letters) != strlen(last + 1)) {
        return false;
    }
    for (const char *at = text; at < last; at++) {
        if (strchr(letters, *at) == NULL && *at != '-' && *at != '_') {
            return false;
        }
    }
    return true;
}

/* The region in an id; "" if it names none. */
static void read_region(const char *id, char region[CR_REGION_SIZE])
{
    size_t size = strcspn(id, "_");
    bool has_region = memchr(id, '-', size) != NULL && size < CR_REGION_SIZE;
    (void)snprintf(region, CR_REGION_SIZE, "%.*s", has_region ? (int)size : 0, id);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct pool_user *)a)->name, ((const struct pool_user *)b)->name);
}

static int compare_handles(const void *a, const void *b)
{
    const char *one = ((const struct pool_user *)a)->handle;
    const char *other = ((const struct pool_user *)b)->handle;
    int order = one == NULL || other == NULL ? (one == NULL) - (other == NULL) : strcmp(one, other);
    return order != 0 ? order : compare_names(a, b);
}

/* A user can be on two pages if the pool changes while they are read. */
static void drop_doubles(struct pool_users *users)
{
    size_t kept = 0;
    for (size_t i = 0; i < users->count; i++) {
        if (kept > 0 && compare_names(&users->users[kept - 1], &users->users[i]) == 0) {
            pool_user_free(&users->users[i]);
        } else {
            users->users[kept++] = users->users[i];
        }
    }
    users->count = kept;
}

static void put_in_order(struct pool_users *users)
{
    if (users->count > 0) {
        qsort(users->users, users->count, sizeof(*users->users), compare_names);
        drop_doubles(users);
        qsort(users->users, users->count, sizeof(*users->users), compare_handles);
    }
}

/* Whether a region that an id names is one. */
static bool is_region(const char *region)
{
    cr_endpoint endpoint;
    cr_endpoint_question question = {.service = CR_SERVICE_COGNITO_IDP, .region = region};
    return cr_endpoint_find(&question, &endpoint, NULL) == CRUDDUR_OK;
}

cruddur_status pool_list(const struct pool_options *options, struct pool_users *ret_users,
                         cruddur_error **error)
{
    char region[CR_REGION_SIZE];
    struct connection connection = {NULL, NULL, NULL, NULL};
    struct pool_users users = {0};
    bool is_id = pool_is_id(options->id);
    read_region(options->id, region);
    if (!is_id || (*region != '\0' && !is_region(region))) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "pool",
                                "a user pool's id is a region, _ and letters or digits, as in "
                                "eu-central-1_AbCdEfGhI");
    }
    cr_aws_given given = {.region = *region == '\0' ? NULL : region,
                          .logger = {options->log, options->log_data}};
    cruddur_status status = open_client(&connection, &given, error);
    if (status == CRUDDUR_OK) {
        status = fetch_pages(&connection, options, &users, error);
    }
    close_client(&connection);
    if (status != CRUDDUR_OK) {
        pool_users_free(&users);
        return status;
    }
    put_in_order(&users);
    *ret_users = users;
    return CRUDDUR_OK;
}
