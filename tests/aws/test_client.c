/* SPDX-License-Identifier: MIT */
/* Calls: signing anew, trying again, and knowing what may have been carried out. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "calling.h"
#include "support/late.h"

TestSuite(client, .init = calling_begin, .fini = calling_end, .timeout = 60);

/* ---- a call ---- */

Test(client, a_call_is_signed_and_says_who_it_is)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "x-amzn-RequestId: R1\r\n", "{\"a\":1}")}};
    char value[512];
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect(cr_aws_is_ok(&answer));
    cr_expect(cr_str_equal(cr_aws_body(&answer), cr_str_of("{\"a\":1}")));
    cr_expect_str_eq(answer.request_id, "R1");
    cr_expect_not(answer.may_be_applied);
    expect_attempts(1);
    cr_expect_str_eq(server_header(running, 0, "x-amz-target", value, sizeof(value)),
                     "DynamoDB_20120810.GetItem");
    cr_expect_str_eq(server_header(running, 0, "x-amz-security-token", value, sizeof(value)),
                     "the token");
    cr_expect_null(server_header(running, 0, "amz-sdk-request", value, sizeof(value)));
    cr_expect_null(server_header(running, 0, "amz-sdk-invocation-id", value, sizeof(value)));
    cr_expect_not_null(server_header(running, 0, "authorization", value, sizeof(value)));
    cr_expect_not_null(strstr(value, "SignedHeaders=content-type;host;x-amz-date;"
                                     "x-amz-security-token;x-amz-target, Signature="));
    cr_expect_not_null(strstr(server_request(running, 0), "\r\n\r\n{\"Key\":1}"));
}

Test(client, without_credentials_nothing_is_signed)
{
    const step steps[] = {{ACT_REPLY, OK}};
    char value[64];
    options.credentials = NULL;
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_null(server_header(running, 0, "authorization", value, sizeof(value)));
    cr_expect_null(server_header(running, 0, "x-amz-date", value, sizeof(value)));
}

Test(client, attempts_belong_together_and_are_signed_each)
{
    const step steps[] = {
        {ACT_REPLY, answer_of(500, "", "")}, {ACT_REPLY, answer_of(500, "", "")}, {ACT_REPLY, OK}};
    char second[128];
    char third[128];
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_attempts(3);
    cr_expect(answer.may_be_applied);
    cr_expect_str_eq(server_header(running, 1, "amz-sdk-invocation-id", second, sizeof(second)),
                     server_header(running, 2, "amz-sdk-invocation-id", third, sizeof(third)));
    cr_expect_eq(strlen(second), 36u);
    cr_expect_str_eq(server_header(running, 1, "amz-sdk-request", second, sizeof(second)),
                     "attempt=2; max=4");
    cr_expect_str_eq(server_header(running, 2, "amz-sdk-request", third, sizeof(third)),
                     "attempt=3; max=4");
    cr_expect_eq(server_connections(running), 3u);
}

typedef struct seen {
    unsigned count;
    int statuses[4];
} seen;

static void see(void *data, const cr_call *now, const cr_aws_attempt *attempt)
{
    seen *all = data;
    cr_expect_not_null(now);
    cr_assert_lt(all->count, 4u);
    all->statuses[all->count++] = attempt->http_status;
    cr_expect_eq(attempt->number, all->count);
    cr_expect_geq(attempt->duration_us, 0);
    cr_expect_str_eq(attempt->target, "DynamoDB_20120810.GetItem");
}

Test(client, each_attempt_is_shown)
{
    const step steps[] = {{ACT_RESET, NULL}, {ACT_REPLY, answer_of(500, "", "")}, {ACT_REPLY, OK}};
    seen all = {0};
    options.on_attempt = see;
    options.on_attempt_data = &all;
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_eq(all.count, 3u);
    cr_expect(all.statuses[0] == 0 && all.statuses[1] == 500 && all.statuses[2] == 200);
}

/* ---- refusals ---- */

static void expect_failure(cruddur_status expected, const char *words)
{
    cruddur_error_free(error);
    error = NULL;
    cr_expect_eq(cr_aws_fail(&answer, "reading", &error), expected, "%s",
                 cruddur_error_message(error));
    cr_expect_str_eq(cruddur_error_message(error), words);
}

Test(client, a_refusal_stands)
{
    const step steps[] = {
        {ACT_REPLY, answer_of(400, "x-amzn-requestid: R2\r\n",
                              "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
                              "ConditionalCheckFailedException\",\"message\":\"secret text\"}")}};
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_str_eq(answer.code, "ConditionalCheckFailedException");
    cr_expect_not(answer.may_be_applied);
    expect_attempts(1);
    expect_failure(CRUDDUR_E_REFUSED, "reading: ConditionalCheckFailedException (HTTP 400)");
    cr_expect_str_eq(cruddur_error_request_id(error), "R2");
}

Test(client, refusals_have_many_forms)
{
    const step steps[] = {
        {ACT_REPLY, answer_of(400, "x-amzn-ErrorType: AccessDeniedException:http://aws/\r\n",
                              "{\"Message\":\"User x\\nmay not\"}")},
        {ACT_REPLY,
         answer_of(403, "", " {\"__type\":\"SignatureDoesNotMatch\",\"message\":\"token\"}")},
        {ACT_REPLY, answer_of(400, "", "not { json")},
        {ACT_REPLY, answer_of(400, "", "{\"__type\":\"what is this?\"}")},
        {ACT_REPLY, answer_of(404, "", "<html>")},
        {ACT_REPLY, answer_of(400, "", "{\"__type\":[1],\"message\":7}")},
    };
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_failure(CRUDDUR_E_ACCESS_DENIED,
                   "reading: AccessDeniedException: User x may not (HTTP 400)");
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_failure(CRUDDUR_E_CREDENTIALS, "reading: SignatureDoesNotMatch (HTTP 403); is "
                                          "the secret access key the one of the access key id?");
    for (size_t i = 2; i < COUNT(steps); i++) {
        cr_assert_eq(call(), CRUDDUR_OK);
        cr_expect_str_empty(answer.code);
        cr_expect_eq(cr_aws_fail(&answer, "reading", NULL), CRUDDUR_E_PROTOCOL);
    }
}

/* What a gateway says, in whatever form, is no word of the service about the request. */
Test(client, a_code_of_another_protocol_decides_nothing)
{
    const step steps[] = {
        {ACT_REPLY, answer_of(403, "Content-Type: application/json\r\n",
                              "{\"code\":\"40301\",\"message\":\"policy\"}")},
        {ACT_REPLY, answer_of(400, "", "{\"code\":\"ValidationException\"}")},
        {ACT_REPLY, answer_of(403, "Content-Type: application/json\r\n", "{}")},
        {ACT_REPLY, answer_of(403, "Content-Type: text/xml\r\n",
                              "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code>"
                              "<Message>token</Message></Error></ErrorResponse>")},
    };
    options.attempts_max = 1;
    start(steps, COUNT(steps));
    for (size_t i = 0; i < COUNT(steps); i++) {
        cr_assert_eq(call(), CRUDDUR_OK);
        cr_expect_str_empty(answer.code, "%zu", i);
        cr_expect(answer.may_be_applied, "%zu", i);
    }
}

/* A message that is too long ends with a whole character, wherever the end falls. */
Test(client, words_are_cut_between_characters)
{
    char words[CR_AWS_MESSAGE_SIZE + 8];
    for (size_t before = 0; before < 3; before++) {
        size_t size = before;
        memset(words, 'x', before);
        while (size + 3 <= sizeof(words) - 1) {
            memcpy(words + size, "\xe2\x82\xac", 3); /* a Euro sign */
            size += 3;
        }
        words[size] = '\0';
        char body[sizeof(words) + 100];
        (void)snprintf(body, sizeof(body),
                       "{\"__type\":\"AccessDeniedException\",\"message\":\"%s\"}", words);
        const step steps[] = {{ACT_REPLY, answer_of(400, "", body)}};
        start(steps, COUNT(steps));
        cr_assert_eq(call(), CRUDDUR_OK);
        size_t kept = strlen(answer.message);
        cr_expect_geq(kept, (size_t)CR_AWS_MESSAGE_SIZE - 3);
        cr_expect_eq((kept - before) % 3, 0u, "%zu bytes, %zu before", kept, before);
        server_stop(running);
        running = NULL;
        cr_aws_client_free(client);
        client = NULL;
    }
}

/* The service's trouble, although the status says that it is ours. */
Test(client, trouble_that_looks_like_a_refusal)
{
    const step steps[] = {{ACT_REPLY, REFUSAL("ReplicatedWriteConflictException")},
                          {ACT_REPLY, REFUSAL("RequestTimeoutException")},
                          {ACT_REPLY, REFUSAL("IDPCommunicationError")}};
    options.attempts_max = 1;
    start(steps, COUNT(steps));
    for (size_t i = 0; i < COUNT(steps); i++) {
        cr_assert_eq(call(), CRUDDUR_OK);
        cr_expect_eq(cr_aws_fail(&answer, "writing", NULL), CRUDDUR_E_SERVICE, "%s", answer.code);
    }
}

/* ---- trying again ---- */

Test(client, a_throttled_call_is_made_again)
{
    const step steps[] = {{ACT_REPLY, REFUSAL("ProvisionedThroughputExceededException")},
                          {ACT_REPLY, OK}};
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_attempts(2);
    cr_expect_not(answer.may_be_applied);
    cr_expect_eq(server_connections(running), 1u, "a throttled connection is a good one");
}

Test(client, the_service_may_say_when)
{
    const step steps[] = {{ACT_REPLY, answer_of(503, "x-amz-retry-after: 700\r\n", "")},
                          {ACT_REPLY, OK}};
    start(steps, COUNT(steps));
    int64_t began_us = cr_clock_monotonic_us();
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_geq(cr_clock_monotonic_us() - began_us, 7 * SECOND / 10);
    cr_expect_not(test_is_late_since(began_us, 7 * SECOND / 10 + SECOND / 4));
}

Test(client, attempts_end)
{
    const step steps[] = {{ACT_REPLY, answer_of(500, "", "")}};
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_attempts(4);
    cr_expect(answer.may_be_applied);
    expect_failure(CRUDDUR_E_SERVICE,
                   "reading: the service answered with HTTP 500 and no error code");
}

Test(client, lost_connections_end_too)
{
    const step steps[] = {{ACT_RESET, NULL}};
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_E_NETWORK);
    expect_attempts(4);
    cr_expect(answer.may_be_applied);
    cr_expect_eq(strncmp(cruddur_error_message(error), "after 4 attempts: ", 18), 0);
}

Test(client, an_unreachable_service_has_applied_nothing)
{
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", closed_port());
    open_client(url);
    cr_assert_eq(call(), CRUDDUR_E_NETWORK);
    cr_expect_eq(answer.attempts, 4u);
    cr_expect_not(answer.may_be_applied);
}

Test(client, what_may_be_applied_stays_known)
{
    const step steps[] = {{ACT_RESET, NULL},
                          {ACT_REPLY, REFUSAL("ConditionalCheckFailedException")},
                          {ACT_REPLY, REFUSAL("ConditionalCheckFailedException")}};
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect(answer.may_be_applied);
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_not(answer.may_be_applied);
}

Test(client, a_body_that_does_not_fit_its_checksum)
{
    const step steps[] = {{ACT_REPLY, answer_of(200, "x-amz-crc32: 1\r\n", "{}")},
                          {ACT_REPLY, OK},
                          {ACT_REPLY, answer_of(200, "x-amz-crc32: 1x\r\n", "{}")}};
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_attempts(2);
    cr_expect(answer.may_be_applied);
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_eq(answer.attempts, 1u);
}

Test(client, a_dead_connection_costs_nothing)
{
    const step steps[] = {{ACT_REPLY, OK}, {ACT_CLOSE, NULL}, {ACT_REPLY, OK}};
    start(steps, COUNT(steps));
    options.attempts_max = 1;
    cr_aws_client_free(client);
    open_client(server_url(running));
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_eq(answer.attempts, 2u);
    cr_expect(answer.may_be_applied);
}

Test(client, the_budget_is_shared_by_all_calls)
{
    const step steps[] = {{ACT_REPLY, answer_of(500, "", "")}};
    unsigned attempts = 0;
    options.backoff_base_us = 1;
    start(steps, COUNT(steps));
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(call(), CRUDDUR_OK);
        attempts += answer.attempts;
    }
    cr_expect_eq(attempts, 20u + CR_RETRY_TOKENS_MAX / 14, "%u attempts", attempts);
    cr_expect_eq(answer.attempts, 1u);
}

Test(client, a_retry_that_is_not_made_costs_nothing)
{
    step steps[42];
    for (size_t i = 0; i < COUNT(steps); i++) {
        steps[i] = (step){ACT_REPLY, answer_of(503, "x-amz-retry-after: 4000\r\n", "")};
    }
    steps[40] = (step){ACT_REPLY, answer_of(503, "", "")};
    steps[41] = (step){ACT_REPLY, OK};
    start(steps, COUNT(steps));
    for (int i = 0; i < 40; i++) {
        cr_assert_eq(call_within(2 * SECOND), CRUDDUR_OK);
        cr_assert_eq(answer.attempts, 1u);
    }
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_eq(answer.attempts, 2u);
}

/* 35 retries leave 10 tokens. Three successes make it 13: too few for a retry. Another makes it 14,
 * enough for one, which its success gives back, so that the next call has one too. */
Test(client, success_fills_the_budget_again)
{
    step steps[70];
    size_t count = 0;
    const char *trouble = answer_of(500, "", "");
    const char *success = OK;
    while (count < 55) {
        steps[count++] = (step){ACT_REPLY, trouble};
    }
    for (const char *next = "+++-+-+-+-"; *next != '\0'; next++) {
        steps[count++] = (step){ACT_REPLY, *next == '+' ? success : trouble};
    }
    options.backoff_base_us = 1;
    start(steps, count);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(call(), CRUDDUR_OK);
    }
    cr_assert_eq(server_requests(running), 55u);
    const unsigned attempts[] = {1, 1, 1, 1, 1, 2, 2, 2, 1};
    for (size_t i = 0; i < COUNT(attempts); i++) {
        cr_assert_eq(call(), CRUDDUR_OK);
        cr_expect_eq(answer.attempts, attempts[i], "call %zu: %u", i, answer.attempts);
    }
}

Test(client, a_transaction_in_progress_is_waited_for)
{
    const step steps[] = {{ACT_REPLY, REFUSAL("TransactionInProgressException")},
                          {ACT_REPLY, REFUSAL("TransactionInProgressException")},
                          {ACT_REPLY, REFUSAL("TransactionInProgressException")},
                          {ACT_REPLY, OK}};
    start(steps, COUNT(steps));
    int64_t began_us = cr_clock_monotonic_us();
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect(cr_aws_is_ok(&answer));
    cr_expect(answer.may_be_applied);
    cr_expect_geq(cr_clock_monotonic_us() - began_us, 5 * SECOND);
}

static bool cancelled_means_conflict(const cr_aws_answer *seen_answer, cr_retry_class *class)
{
    *class = CR_RETRY_TRANSIENT;
    return strcmp(seen_answer->code, "TransactionCanceledException") == 0;
}

Test(client, the_caller_knows_more_codes)
{
    const step steps[] = {{ACT_REPLY, REFUSAL("TransactionCanceledException")}, {ACT_REPLY, OK}};
    options.classify = cancelled_means_conflict;
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_attempts(2);
    cr_expect_not(answer.may_be_applied);
}

/* ---- the deadline ---- */

static void expect_end_by(int64_t began_us, int64_t limit_us)
{
    cr_expect_not(test_is_late_since(began_us, limit_us));
}

Test(client, a_pause_beyond_the_deadline_is_not_made)
{
    const step steps[] = {{ACT_REPLY, answer_of(503, "x-amz-retry-after: 5000\r\n", "")}};
    start(steps, COUNT(steps));
    int64_t began_us = cr_clock_monotonic_us();
    cr_assert_eq(call_within(3 * SECOND), CRUDDUR_OK);
    cr_expect_eq(answer.http.status, 503);
    expect_attempts(1);
    expect_end_by(began_us, 0);
}

Test(client, a_stalled_attempt_leaves_time_for_another)
{
    const step steps[] = {{ACT_TRICKLE, answer_of(200, "", "never ends, as far as we can tell")},
                          {ACT_REPLY, OK}};
    start(steps, COUNT(steps));
    int64_t began_us = cr_clock_monotonic_us();
    cr_assert_eq(call_within(3 * SECOND), CRUDDUR_OK);
    expect_attempts(2);
    cr_expect(answer.may_be_applied);
    expect_end_by(began_us, 2 * SECOND);
}

Test(client, all_attempts_end_with_the_deadline)
{
    const step steps[] = {{ACT_TRICKLE, answer_of(200, "", "never ends, as far as we can tell")}};
    start(steps, COUNT(steps));
    int64_t began_us = cr_clock_monotonic_us();
    cr_assert_eq(call_within(3 * SECOND), CRUDDUR_E_TIMEOUT);
    cr_expect(answer.may_be_applied);
    expect_end_by(began_us, 3 * SECOND);
}

/* ---- clocks ---- */

#define TOO_SKEWED "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}"

Test(client, another_clock_is_followed_and_given_up_again)
{
    const step steps[] = {
        {ACT_REPLY, answer_at(400, 3600, TOO_SKEWED)},
        {ACT_REPLY, OK}, /* 1st call */
        {ACT_REPLY, OK}, /* 2nd */
        {ACT_REPLY, answer_at(400, 0, TOO_SKEWED)},
        {ACT_REPLY, OK}, /* 3rd */
        {ACT_REPLY, OK}, /* 4th */
    };
    start(steps, COUNT(steps));
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(call(), CRUDDUR_OK);
        cr_expect(cr_aws_is_ok(&answer));
    }
    cr_expect_eq(server_requests(running), COUNT(steps));
    const bool ahead[] = {false, true, true, true, false, false};
    for (size_t i = 0; i < COUNT(ahead); i++) {
        long expected = ahead[i] ? 3600 : 0;
        cr_expect(labs(signed_ahead_s(i) - expected) < 30, "request %zu", i);
    }
}

Test(client, a_wrong_date_does_no_harm)
{
    const char *denied = "{\"__type\":\"AccessDeniedException\"}";
    const step steps[] = {{ACT_REPLY, answer_at(400, 3600, denied)},
                          {ACT_REPLY, answer_at(400, 3600, denied)},
                          {ACT_REPLY, answer_at(200, 3600, "{}")},
                          {ACT_REPLY, OK}};
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_str_eq(answer.code, "AccessDeniedException");
    expect_attempts(2);
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_lt(labs(signed_ahead_s(2)), 30);
    cr_expect_lt(labs(signed_ahead_s(3)), 30);
}

Test(client, the_correction_can_be_switched_off)
{
    const step steps[] = {{ACT_REPLY, answer_at(400, 3600, TOO_SKEWED)}, {ACT_REPLY, OK}};
    options.disable_skew_correction = true;
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_attempts(1);
    cr_expect_str_eq(answer.code, "InvalidSignatureException");
}

/* ---- rounds of the caller's ---- */

Test(client, a_pause_keeps_to_the_deadline)
{
    open_client("http://127.0.0.1:1");
    int64_t began_us = cr_clock_monotonic_us();
    cr_call now = {.deadline_us = began_us + SECOND / 10, .error = &error};
    unsigned round = 0;
    while (cr_aws_pause(client, CR_RETRY_TRANSIENT, round, &now) == CRUDDUR_OK) {
        cr_assert_lt(++round, 1000u);
    }
    cr_expect_eq(cruddur_error_status(error), CRUDDUR_E_TIMEOUT);
    expect_end_by(began_us, SECOND / 10);
}
