/* SPDX-License-Identifier: MIT */
/* Who calls: credentials that expire or are replaced, and the endpoint of their account. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "calling.h"

TestSuite(client_identity, .init = calling_begin, .fini = calling_end, .timeout = 60);

/* ---- credentials ---- */

static unsigned fetches;

static cruddur_status fetch(void *context, int64_t deadline_us, const cr_identity **ret_identity,
                            cruddur_error **fetch_error)
{
    char id[32];
    (void)deadline_us;
    if (context != NULL && fetches > 0) {
        return cr_fail_with(fetch_error, CRUDDUR_E_CREDENTIALS, "there are no more");
    }
    (void)snprintf(id, sizeof(id), "AKID%u", fetches++);
    *ret_identity = make_identity(id);
    return CRUDDUR_OK;
}

static void use_source(void *context)
{
    const cr_identity_source source = {.fetch = fetch, .context = context};
    cr_credentials_free(credentials);
    cr_assert_eq(cr_credentials_new(&source, (cr_logger){0}, &credentials, &error), CRUDDUR_OK);
    options.credentials = credentials;
}

Test(client_identity, expired_credentials_are_replaced)
{
    const step steps[] = {{ACT_REPLY, REFUSAL("ExpiredTokenException")}, {ACT_REPLY, OK}};
    char value[256];
    use_source(NULL);
    start(steps, COUNT(steps));
    cr_assert_eq(call(), CRUDDUR_OK);
    expect_attempts(2);
    cr_expect_not_null(
        strstr(server_header(running, 0, "authorization", value, sizeof(value)), "=AKID0/"));
    cr_expect_not_null(
        strstr(server_header(running, 1, "authorization", value, sizeof(value)), "=AKID1/"));
}

Test(client_identity, expired_credentials_that_nothing_replaces)
{
    const step steps[] = {{ACT_REPLY, REFUSAL("ExpiredTokenException")}};
    int nonzero;
    use_source(&nonzero);
    start(steps, COUNT(steps));
    cr_assert_eq(call_within(5 * SECOND), CRUDDUR_E_CREDENTIALS);
    cr_expect_eq(server_requests(running), 1u);
}

Test(client_identity, fixed_credentials_that_expired_are_tried_once)
{
    const step steps[] = {{ACT_REPLY, REFUSAL("ExpiredTokenException")}};
    start(steps, COUNT(steps));
    cruddur_status status = call_within(5 * SECOND);
    if (status == CRUDDUR_OK) {
        status = cr_aws_fail(&answer, "reading", NULL);
    }
    cr_expect_eq(status, CRUDDUR_E_CREDENTIALS);
    cr_expect_eq(server_requests(running), 1u);
}

/* ---- endpoints of accounts ---- */

/* Each identity is of another account: 100000000000, 100000000001, and so on; the third of none. */
static cruddur_status fetch_account(void *context, int64_t deadline_us,
                                    const cr_identity **ret_identity, cruddur_error **fetch_error)
{
    char account[16];
    (void)context;
    (void)deadline_us;
    (void)fetch_error;
    (void)snprintf(account, sizeof(account), "%llu", 100000000000ull + fetches);
    const cr_identity fields = {.access_key_id = cr_str_of("AKID"),
                                .secret_access_key = cr_str_of(SECRET),
                                .account_id = fetches++ == 2 ? CR_STR_ABSENT : cr_str_of(account),
                                .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    *ret_identity = cr_identity_new(&fields);
    return *ret_identity == NULL ? cr_fail_memory(fetch_error) : CRUDDUR_OK;
}

static void drop_identity(void)
{
    const cr_identity *identity = NULL;
    cr_assert_eq(
        cr_credentials_get(credentials, cr_clock_monotonic_us() + SECOND, NULL, &identity, NULL),
        CRUDDUR_OK);
    cr_credentials_reject(credentials, identity);
    cr_identity_release(identity);
}

static void start_with_accounts(cr_account_mode mode, const step *steps, size_t count)
{
    static cr_endpoint endpoint;
    const cr_endpoint_question question = {.region = "eu-central-1", .account_mode = mode};
    const cr_identity_source source = {.fetch = fetch_account};
    cr_credentials_free(credentials);
    cr_assert_eq(cr_credentials_new(&source, (cr_logger){0}, &credentials, &error), CRUDDUR_OK);
    cr_assert_eq(cr_endpoint_find(&question, &endpoint, &error), CRUDDUR_OK);
    options.credentials = credentials;
    options.attempts_max = 1;
    options.of_account = &endpoint;
    running = server_start(steps, count);
    /* All hosts are asked for there; none is reached. */
    cr_assert_eq(setenv("https_proxy", server_url(running), 1), 0);
    open_http();
    open_client(server_url(running));
}

static void expect_host(const char *host)
{
    size_t before = server_requests(running);
    cr_expect_neq(call(), CRUDDUR_OK);
    cr_assert_eq(server_requests(running), before + 1);
    const char *request = server_request(running, before);
    cr_expect_eq(strncmp(request, "CONNECT ", 8), 0);
    cr_expect_eq(strncmp(request + 8, host, strlen(host)), 0, "%s", request);
}

static const step no_way[] = {{ACT_CLOSE, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}};

Test(client_identity, each_identity_goes_to_the_endpoint_of_its_account)
{
    start_with_accounts(CR_ACCOUNT_PREFERRED, no_way, 1);
    expect_host("100000000000.ddb.eu-central-1.amazonaws.com:443 ");
    expect_host("100000000000.ddb.eu-central-1.amazonaws.com:443 ");
    drop_identity();
    expect_host("100000000001.ddb.eu-central-1.amazonaws.com:443 ");
    drop_identity();
    expect_host("dynamodb.eu-central-1.amazonaws.com:443 ");
    drop_identity();
    expect_host("100000000003.ddb.eu-central-1.amazonaws.com:443 ");
}

Test(client_identity, endpoints_of_accounts_can_be_switched_off)
{
    start_with_accounts(CR_ACCOUNT_DISABLED, no_way, 1);
    expect_host("dynamodb.eu-central-1.amazonaws.com:443 ");
}

Test(client_identity, an_account_can_be_required)
{
    start_with_accounts(CR_ACCOUNT_REQUIRED, no_way, 1);
    expect_host("100000000000.ddb.eu-central-1.amazonaws.com:443 ");
    drop_identity();
    drop_identity();
    cr_expect_eq(call(), CRUDDUR_E_CONFIG);
    cr_expect_not_null(strstr(cruddur_error_message(error), "name no account"));
    cr_expect_eq(answer.attempts, 0u);
    cr_expect_eq(server_requests(running), 1u);
}

/* An endpoint that was given serves all accounts. */
Test(client_identity, an_account_has_no_say_in_a_given_endpoint)
{
    const step steps[] = {{ACT_REPLY, OK}};
    char host[64];
    cr_endpoint endpoint;
    const cr_identity_source source = {.fetch = fetch_account};
    running = server_start(steps, COUNT(steps));
    const cr_endpoint_question question = {.custom_url = server_url(running),
                                           .account_mode = CR_ACCOUNT_REQUIRED};
    cr_assert_eq(cr_endpoint_find(&question, &endpoint, &error), CRUDDUR_OK);
    cr_credentials_free(credentials);
    cr_assert_eq(cr_credentials_new(&source, (cr_logger){0}, &credentials, &error), CRUDDUR_OK);
    options.credentials = credentials;
    options.of_account = &endpoint;
    open_client(endpoint.url);
    cr_assert_eq(call(), CRUDDUR_OK);
    cr_expect_str_eq(server_header(running, 0, "host", host, sizeof(host)),
                     server_url(running) + strlen("http://"));
}
