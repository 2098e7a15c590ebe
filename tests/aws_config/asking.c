/* SPDX-License-Identifier: MIT */
#include "asking.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"

cr_aws_given given;
cruddur_error *error;
server *running;
const cr_identity *identity;

void asking_begin(void)
{
    bed_make();
    bed_set("AWS_EC2_METADATA_DISABLED", "true");
    given = (cr_aws_given){.region = "eu-central-1"};
}

void asking_end(void)
{
    cr_identity_release(identity);
    if (running != NULL) {
        server_stop(running);
    }
    bed_remove();
}

cruddur_status ask_within(int64_t limit_us)
{
    const cr_http_options http_options = {0};
    cr_http *http = NULL;
    cr_aws_config *config = NULL;
    cr_credentials *credentials = NULL;
    cr_identity_release(identity);
    identity = NULL;
    cr_assert_eq(cr_http_new(&http_options, &http, &error), CRUDDUR_OK);
    cruddur_status status = cr_aws_config_load(&given, &config, &error);
    if (status == CRUDDUR_OK) {
        status = cr_aws_config_credentials(config, http, &credentials, &error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_credentials_get(credentials, cr_clock_monotonic_us() + limit_us, NULL,
                                    &identity, &error);
    }
    cr_credentials_free(credentials);
    cr_aws_config_free(config);
    cr_http_free(http);
    if (error != NULL) {
        cr_expect_null(strstr(cruddur_error_message(error), SECRET));
        cr_expect_null(strstr(cruddur_error_message(error), "TOPSECRET"));
    }
    return status;
}

cruddur_status ask(void)
{
    return ask_within(20 * SECOND);
}

void expect_identity(const char *id, const char *token, const char *account)
{
    cruddur_status status = ask();
    cr_assert_eq(status, CRUDDUR_OK, "%s", cruddur_error_message(error));
    cr_expect_str_eq(identity->access_key_id.data, id);
    cr_expect_str_eq(identity->secret_access_key.data, SECRET);
    if (token == NULL) {
        cr_expect_null(identity->session_token.data);
    } else {
        cr_expect_str_eq(identity->session_token.data, token);
    }
    if (account != NULL) {
        cr_expect_str_eq(identity->account_id.data, account);
    }
}

void expect_trouble(bool is_retryable, const char *words)
{
    cr_expect_eq(ask(), CRUDDUR_E_CREDENTIALS);
    cr_expect_eq(strncmp(cruddur_error_message(error), words, strlen(words)), 0, "%s",
                 cruddur_error_message(error));
    cr_expect_eq(cruddur_error_is_retryable(error), is_retryable, "%s",
                 cruddur_error_message(error));
    cruddur_error_free(error);
    error = NULL;
}

void expect_lifetime(int64_t seconds)
{
    int64_t left_us = identity->expires_at_us - cr_clock_now_us();
    cr_expect(left_us > (seconds - 30) * SECOND && left_us <= seconds * SECOND);
}

void serve(const step *steps, size_t count)
{
    running = server_start(steps, count);
}

void expect_header(size_t request, const char *name, const char *value)
{
    char found[2048];
    cr_expect_str_eq(server_header(running, request, name, found, sizeof(found)), value);
}

void expect_in_request(size_t request, const char *text)
{
    cr_expect_not_null(strstr(server_request(running, request), text), "\"%s\" lacks \"%s\"",
                       server_request(running, request), text);
}

bool is_slow(void)
{
    return getenv("CRUDDUR_TEST_SLOW") != NULL;
}

const char *answer(int status, const char *body)
{
    return bed_text("HTTP/1.1 %d Whatever\r\ncontent-length: %zu\r\n\r\n%s", status, strlen(body),
                    body);
}

const char *json_answer(const char *token_name)
{
    return answer(200, bed_text("{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAJSON\","
                                "\"SecretAccessKey\":\"" SECRET "\",\"%s\":\"tok\\/en\","
                                "\"AccountId\":\"123456789012\",\"Expiration\":\"%s\"}",
                                token_name, bed_time(3600)));
}

/* ---- roles ---- */

const char *sts_answer(const char *action, const char *id)
{
    return answer(
        200,
        bed_text("<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n<%sResult>\n"
                 "<AssumedRoleUser><AssumedRoleId>X:s</AssumedRoleId>"
                 "<Arn>arn:aws:sts::123456789012:assumed-role/reader/s</Arn></AssumedRoleUser>\n"
                 "<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>" SECRET
                 "</SecretAccessKey><SessionToken>to&amp;ken</SessionToken>"
                 "<Expiration>%s</Expiration></Credentials>\n</%sResult>\n"
                 "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\n</%sResponse>\n",
                 action, action, id, bed_time(3600), action, action));
}

void serve_sts(const step *steps, size_t count)
{
    serve(steps, count);
    bed_set("AWS_ENDPOINT_URL_STS", "%s", server_url(running));
}

/* ---- commands ---- */

const char *script(const char *text)
{
    const char *path = bed_write("script", bed_text("#!/bin/sh\n%s\n", text));
    cr_assert_eq(chmod(path, 0700), 0);
    return path;
}
