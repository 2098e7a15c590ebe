/* SPDX-License-Identifier: MIT */
#include "calling.h"

#include <time.h>

#include "base/clock.h"

cr_http *http;
cr_credentials *credentials;
cr_aws_client *client;
cr_aws_answer answer;
cruddur_error *error;
server *running;
cr_aws_options options;

const cr_identity *make_identity(const char *id)
{
    const cr_identity fields = {.access_key_id = cr_str_of(id),
                                .secret_access_key = cr_str_of(SECRET),
                                .session_token = cr_str_of("the token"),
                                .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    const cr_identity *made = cr_identity_new(&fields);
    cr_assert_not_null(made);
    return made;
}

void open_http(void)
{
    const cr_http_options http_options = {0};
    cr_http_free(http);
    cr_assert_eq(cr_http_new(&http_options, &http, &error), CRUDDUR_OK);
    options.http = http;
}

void calling_begin(void)
{
    const cr_identity *identity = make_identity("AKIDFIRST");
    open_http();
    cr_assert_eq(cr_credentials_new_fixed(identity, &credentials, &error), CRUDDUR_OK);
    cr_identity_release(identity);
    cr_aws_answer_init(&answer);
    options = (cr_aws_options){.signing_name = "dynamodb",
                               .region = "eu-central-1",
                               .http = http,
                               .credentials = credentials,
                               .attempts_max = CR_RETRY_ATTEMPTS_DYNAMODB,
                               .backoff_base_us = CR_RETRY_BASE_DYNAMODB_US};
}

void calling_end(void)
{
    cr_aws_answer_free(&answer);
    cr_aws_client_free(client);
    cr_credentials_free(credentials);
    cr_http_free(http);
    cruddur_error_free(error);
    if (running != NULL) {
        server_stop(running);
    }
}

void open_client(const char *url)
{
    options.endpoint_url = url;
    cr_assert_eq(cr_aws_client_new(&options, &client, &error), CRUDDUR_OK, "%s",
                 cruddur_error_message(error));
}

void start(const step *steps, size_t count)
{
    running = server_start(steps, count);
    open_client(server_url(running));
}

cruddur_status call_within(int64_t limit_us)
{
    const cr_aws_request request = {.target = "DynamoDB_20120810.GetItem",
                                    .content_type = "application/x-amz-json-1.0",
                                    .body = cr_str_of("{\"Key\":1}")};
    cruddur_error_free(error);
    error = NULL;
    cr_call call = {.deadline_us = cr_clock_monotonic_us() + limit_us, .error = &error};
    return cr_aws_call(client, &request, &call, &answer);
}

cruddur_status call(void)
{
    return call_within(20 * SECOND);
}

const char *answer_at(int status, int ahead_s, const char *body)
{
    char line[64];
    time_t now = time(NULL) + ahead_s;
    struct tm utc;
    cr_assert_not_null(gmtime_r(&now, &utc));
    cr_assert_gt(strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc), 0u);
    return answer_of(status, line, body);
}

void expect_attempts(unsigned attempts)
{
    cr_expect_eq(answer.attempts, attempts, "%u attempts", answer.attempts);
    cr_expect_eq(server_requests(running), attempts);
}

long signed_ahead_s(size_t request)
{
    char date[64];
    struct tm utc = {0};
    cr_assert_not_null(server_header(running, request, "x-amz-date", date, sizeof(date)));
    cr_assert_not_null(strptime(date, "%Y%m%dT%H%M%SZ", &utc));
    return (long)(timegm(&utc) - time(NULL));
}
