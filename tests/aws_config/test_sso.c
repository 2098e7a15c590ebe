/* SPDX-License-Identifier: MIT */
/* Credentials by single sign-on: a token in a file, its renewal, and the portal. */
#include "asking.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "aws/providers/secret_json.h"
#include "base/clock.h"

TestSuite(sso, .init = asking_begin, .fini = asking_end);

/* ---- single sign-on ---- */

/* sha1("my-sso") */
#define SESSION_FILE ".aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json"
#define SSO_CONFIG                                                                                 \
    "[default]\nsso_session = my-sso\nsso_account_id = 123456789012\nsso_role_name = Read+Only\n"  \
    "[sso-session my-sso]\nsso_region = us-west-2\nsso_start_url = https://x.example/start\n"

static void write_token(int64_t seconds_ahead)
{
    bed_write(SESSION_FILE, bed_text("{\"startUrl\":\"x\",\"accessToken\":\"TOPSECRET\","
                                     "\"expiresAt\":\"%s\"}",
                                     bed_time(seconds_ahead)));
}

Test(sso, sso)
{
    const char *body = bed_text("{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\","
                                "\"secretAccessKey\":\"" SECRET "\",\"sessionToken\":\"t\","
                                "\"expiration\":%lld}}",
                                (long long)(cr_clock_now_us() / 1000 + 3600000));
    const step steps[] = {{ACT_REPLY, answer(200, body)}};
    serve(steps, 1);
    bed_set("AWS_ENDPOINT_URL_SSO", "%s", server_url(running));
    bed_write(".aws/config", SSO_CONFIG);
    write_token(3600);
    expect_identity("ASIASSO", "t", "123456789012");
    expect_lifetime(3600);
    expect_in_request(0, "GET /federation/credentials?account_id=123456789012&"
                         "role_name=Read%2BOnly HTTP/1.1\r\n");
    expect_header(0, "x-amz-sso_bearer_token", "TOPSECRET");
}

Test(sso, sso_token)
{
    bed_write(".aws/config", SSO_CONFIG);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "is not there", "aws sso login");
    write_token(-1);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "has expired", "aws sso login");
    bed_write(SESSION_FILE, "{\"accessToken\":\"TOPSECRET\",\"expiresAt\":7}");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "is not readable");
    bed_write(SESSION_FILE, bed_text("{\"expiresAt\":\"%s\"}", bed_time(60)));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "is missing");
    bed_write(SESSION_FILE,
              bed_text("{\"accessToken\":\"a\\nb\",\"expiresAt\":\"%s\"}", bed_time(60)));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "characters");
}

Test(sso, sso_refused)
{
    const step steps[] = {{ACT_REPLY, answer(401, "{\"message\":\"TOPSECRET\"}")},
                          {ACT_REPLY, answer(403, "{\"message\":\"no\"}")}};
    serve(steps, 2);
    bed_set("AWS_ENDPOINT_URL_SSO", "%s", server_url(running));
    bed_write(".aws/config", SSO_CONFIG);
    write_token(3600);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "is taken no longer", "aws sso login");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "Read+Only", "123456789012", "403");
}

/* ---- single sign-on: renewal ---- */

#define REGISTERED                                                                                 \
    "\"clientId\":\"the\\/"                                                                        \
    "client\",\"clientSecret\":\"TOPSECRET-C\",\"refreshToken\":\"TOPSECRET-R\","
#define TOKEN_REQUEST                                                                              \
    "\r\n\r\n{\"grantType\":\"refresh_token\",\"clientId\":\"the\\/client\","                      \
    "\"clientSecret\":\"TOPSECRET-C\",\"refreshToken\":\"TOPSECRET-R\"}"

static void write_renewable(int64_t seconds_ahead, int64_t registered_ahead)
{
    bed_write(SESSION_FILE,
              bed_text("{\"startUrl\": \"x\", \"accessToken\": \"TOPSECRET\", " REGISTERED
                       "\"expiresAt\": \"%s\", \"registrationExpiresAt\":\"%s\", \"other\":[1]}\n",
                       bed_time(seconds_ahead), bed_time(registered_ahead)));
}

static const char *portal_answer(void)
{
    return answer(200, bed_text("{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\","
                                "\"secretAccessKey\":\"" SECRET "\",\"sessionToken\":\"t\","
                                "\"expiration\":%lld}}",
                                (long long)(cr_clock_now_us() / 1000 + 3600000)));
}

#define NEW_TOKEN "{\"accessToken\":\"TOPSECRET\\/2\",\"tokenType\":\"Bearer\",\"expiresIn\":28800"
#define NEXT_TOKEN ",\"refreshToken\":\"TOPSECRET-R2\"}"

static void serve_sso(const step *steps, size_t count)
{
    serve(steps, count);
    bed_set("AWS_ENDPOINT_URL_SSO", "%s", server_url(running));
    bed_set("AWS_ENDPOINT_URL_SSO_OIDC", "%s", server_url(running));
    bed_write(".aws/config", SSO_CONFIG);
}

/* The file has all that it had, but for what was renewed; alone in its folder, and for its owner.
 */
static void expect_kept(const char *next)
{
    char kept[1024];
    struct stat about;
    FILE *file = fopen(bed_path(SESSION_FILE), "r");
    cr_assert_not_null(file);
    size_t size = fread(kept, 1, sizeof(kept) - 1, file);
    kept[size] = '\0';
    cr_assert_eq(fclose(file), 0);
    cr_str expires = cr_secret_json_find(cr_str_of(kept), "expiresAt");
    cr_str registered = cr_secret_json_find(cr_str_of(kept), "registrationExpiresAt");
    cr_expect_str_eq(kept,
                     bed_text("{\"startUrl\": \"x\", \"accessToken\": \"TOPSECRET\\/2\", "
                              "\"clientId\":\"the\\/client\",\"clientSecret\":\"TOPSECRET-C\","
                              "\"refreshToken\":\"%s\",\"expiresAt\": %.*s, "
                              "\"registrationExpiresAt\":%.*s, \"other\":[1]}\n",
                              next, CR_STR_ARGS(expires), CR_STR_ARGS(registered)));
    cr_assert_eq(expires.size, 22u);
    cr_expect(strncmp(expires.data + 1, bed_time(28800 - 60), 20) > 0 &&
              strncmp(expires.data + 1, bed_time(28800 + 1), 20) < 0);
    cr_assert_eq(stat(bed_path(SESSION_FILE), &about), 0);
    cr_expect_eq(about.st_mode & 0777u, 0600u);
    cr_expect_eq(system(bed_text("test $(ls -A '%s' | wc -l) = 1", bed_path(".aws/sso/cache"))),
                 0); /* NOLINT */
}

Test(sso, sso_token_is_renewed)
{
    static const struct {
        int64_t seconds_ahead;
        const char *token, *next;
    } cases[] = {{120, NEW_TOKEN NEXT_TOKEN, "TOPSECRET-R2"},
                 {-3600, NEW_TOKEN NEXT_TOKEN, "TOPSECRET-R2"},
                 {120, NEW_TOKEN ",\"refreshToken\":null}", "TOPSECRET-R"},
                 {120, NEW_TOKEN "}", "TOPSECRET-R"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        const step steps[] = {{ACT_REPLY, answer(200, cases[i].token)},
                              {ACT_REPLY, portal_answer()}};
        serve_sso(steps, 2);
        write_renewable(cases[i].seconds_ahead, 86400);
        expect_identity("ASIASSO", "t", "123456789012");
        expect_in_request(0, "POST /token HTTP/1.1\r\n");
        expect_in_request(0, TOKEN_REQUEST);
        expect_header(0, "content-type", "application/json");
        cr_expect_null(strstr(server_request(running, 0), "uthorization"));
        expect_header(1, "x-amz-sso_bearer_token", "TOPSECRET/2");
        expect_kept(cases[i].next);
        /* The next one to ask finds it. */
        expect_identity("ASIASSO", "t", NULL);
        expect_in_request(2, "GET /federation");
        server_stop(running);
        running = NULL;
    }
}

Test(sso, sso_token_cannot_be_renewed)
{
    const step steps[] = {{ACT_REPLY, answer(400, "{\"error\":\"TOPSECRET\"}")},
                          {ACT_REPLY, answer(200, "{\"accessToken\":7,\"expiresIn\":1}")},
                          {ACT_REPLY, answer(200, "{\"accessToken\":\"a\",\"expiresIn\":-1}")},
                          {ACT_REPLY, answer(200, "TOPSECRET")},
                          {ACT_REPLY, answer(200, "TOPSECRET")},
                          {ACT_REPLY, answer(200, "TOPSECRET")},
                          {ACT_REPLY, answer(400, "{}")},
                          {ACT_REPLY, portal_answer()}};
    serve_sso(steps, COUNT(steps));
    write_renewable(-1, 86400);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "cannot be renewed", "400", "aws sso login");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "cannot be renewed", "no sense");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "cannot be renewed", "no sense");
    expect_trouble(true, "single sign-on: renewing the token: not a valid response (HTTP 200, ");
    /* One that is still good does for now. */
    write_renewable(120, 86400);
    expect_identity("ASIASSO", "t", NULL);
    expect_header(7, "x-amz-sso_bearer_token", "TOPSECRET");
}

Test(sso, a_page_instead_of_the_portal)
{
    static const char *const bodies[] = {"", "<html>", "{}", "{\"roleCredentials\":\"TOPSECRET\"}"};
    for (size_t i = 0; i < COUNT(bodies); i++) {
        const step steps[] = {{ACT_REPLY, answer(200, bodies[i])},
                              {ACT_REPLY, answer(302, "")},
                              {ACT_REPLY, portal_answer()},
                              {ACT_REPLY, answer(200, bodies[i])}};
        serve_sso(steps, COUNT(steps));
        write_token(3600);
        expect_identity("ASIASSO", "t", "123456789012");
        expect_trouble(true, "the portal of single sign-on: not a valid response (HTTP 200, ");
        server_stop(running);
        running = NULL;
    }
}

Test(sso, sso_token_that_nobody_can_renew)
{
    const step steps[] = {{ACT_REPLY, portal_answer()}};
    serve_sso(steps, 1);
    write_renewable(-1, -1);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "has expired", "aws sso login");
    write_token(-1);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "has expired", "aws sso login");
    write_token(120);
    expect_identity("ASIASSO", "t", NULL);
    write_renewable(600, 86400); /* has time */
    expect_identity("ASIASSO", "t", NULL);
    cr_expect_eq(server_requests(running), 2u);
    server_stop(running);
    running = NULL;
    bed_set("AWS_ENDPOINT_URL_SSO_OIDC", "http://127.0.0.1:%d", closed_port());
    write_renewable(-1, 86400);
    EXPECT_ERROR(ask(), CRUDDUR_E_NETWORK, &error, "renewing the token");
}

static int64_t renew_after_us;

static void *renew_meanwhile(void *argument)
{
    while (server_requests(running) == 0) {
        cr_clock_sleep_us(1000);
    }
    cr_clock_sleep_us(renew_after_us);
    cr_expect_eq(rename(argument, bed_path(SESSION_FILE)), 0);
    server_release(running);
    return NULL;
}

/* Two programs share the file, and the other one was faster: its token serves. */
Test(sso, sso_token_is_renewed_by_another)
{
    pthread_t other;
    const step steps[] = {{ACT_HELD, answer(400, "{}")}, {ACT_REPLY, portal_answer()}};
    serve_sso(steps, 2);
    write_renewable(-1, 86400);
    char *newer =
        strdup(bed_write("newer", bed_text("{\"accessToken\":\"TOPSECRET-2\",\"expiresAt\":\"%s\"}",
                                           bed_time(3600))));
    cr_assert_not_null(newer);
    cr_assert_eq(pthread_create(&other, NULL, renew_meanwhile, newer), 0);
    expect_identity("ASIASSO", "t", NULL);
    cr_assert_eq(pthread_join(other, NULL), 0);
    expect_header(1, "x-amz-sso_bearer_token", "TOPSECRET-2");
    free(newer);
}

/* The same, and it has not yet written it when ours is refused. */
Test(sso, sso_token_is_written_late_by_another)
{
    pthread_t other;
    const step steps[] = {{ACT_REPLY, answer(400, "{}")}, {ACT_REPLY, portal_answer()}};
    serve_sso(steps, 2);
    write_renewable(-1, 86400);
    char *newer =
        strdup(bed_write("newer", bed_text("{\"accessToken\":\"TOPSECRET-2\",\"expiresAt\":\"%s\"}",
                                           bed_time(3600))));
    cr_assert_not_null(newer);
    renew_after_us = SECOND / 2;
    cr_assert_eq(pthread_create(&other, NULL, renew_meanwhile, newer), 0);
    expect_identity("ASIASSO", "t", NULL);
    cr_assert_eq(pthread_join(other, NULL), 0);
    expect_header(1, "x-amz-sso_bearer_token", "TOPSECRET-2");
    free(newer);
}

/* What another program, or a person, has put there since stays. */
Test(sso, sso_token_of_another_is_not_overwritten)
{
    pthread_t other;
    char kept[256];
    const step steps[] = {{ACT_HELD, answer(200, NEW_TOKEN NEXT_TOKEN)},
                          {ACT_REPLY, portal_answer()}};
    const char *theirs = bed_text("{\"accessToken\":\"TOPSECRET-3\",\"refreshToken\":\"R3\","
                                  "\"expiresAt\":\"%s\"}",
                                  bed_time(3600));
    serve_sso(steps, 2);
    write_renewable(-1, 86400);
    char *newer = strdup(bed_write("newer", theirs));
    cr_assert_not_null(newer);
    cr_assert_eq(pthread_create(&other, NULL, renew_meanwhile, newer), 0);
    expect_identity("ASIASSO", "t", NULL);
    cr_assert_eq(pthread_join(other, NULL), 0);
    expect_header(1, "x-amz-sso_bearer_token", "TOPSECRET/2");
    FILE *file = fopen(bed_path(SESSION_FILE), "r");
    cr_assert_not_null(file);
    size_t size = fread(kept, 1, sizeof(kept) - 1, file);
    kept[size] = '\0';
    cr_assert_eq(fclose(file), 0);
    cr_expect_str_eq(kept, theirs);
    free(newer);
}
