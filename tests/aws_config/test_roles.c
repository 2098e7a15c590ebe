/* SPDX-License-Identifier: MIT */
/* Credentials of a role: given by STS for keys, or for a token of a web identity. */
#include "asking.h"

#include <time.h>

TestSuite(roles, .init = asking_begin, .fini = asking_end);

/* ---- roles ---- */

static const char *sts_refusal_in_words(int status, const char *code, const char *words)
{
    return answer(status,
                  bed_text("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                           "<Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"
                           "<RequestId>req-1</RequestId></ErrorResponse>",
                           code, words));
}

static const char *sts_refusal(int status, const char *code)
{
    return sts_refusal_in_words(status, code, "You may not.");
}

Test(roles, assume_role)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 1);
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n"
                             "external_id = a b&c\nrole_session_name = me\n"
                             "duration_seconds = 900\n");
    expect_identity("ASIAROLE", "to&ken", "123456789012");
    expect_lifetime(3600);
    cr_expect_eq(server_requests(running), 1);
    expect_in_request(0, "POST / HTTP/1.1\r\n");
    expect_in_request(0, "\r\n\r\nAction=AssumeRole&Version=2011-06-15&"
                         "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader&"
                         "RoleSessionName=me&DurationSeconds=900&ExternalId=a%20b%26c");
    expect_header(0, "content-type", "application/x-www-form-urlencoded; charset=utf-8");
    expect_header(0, "x-amz-security-token", "base-token");
    expect_in_request(0, "/eu-central-1/sts/aws4_request, SignedHeaders=content-type;host;");
    expect_in_request(0, "Credential=AKIDBASE/");
}

Test(roles, assume_role_by_its_own_keys)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 1);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = default\n"
                             "aws_access_key_id = AKIDOWN\naws_secret_access_key = " SECRET "\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_in_request(0, "Credential=AKIDOWN/");
    expect_in_request(0, "RoleSessionName=libcruddur-");
}

Test(roles, assume_role_by_a_role)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAFIRST")},
                          {ACT_REPLY, sts_answer("AssumeRole", "ASIASECOND")}};
    serve_sts(steps, 2);
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "2\nsource_profile = middle\n"
                             "[profile middle]\nrole_arn = " ROLE "1\nsource_profile = base\n");
    expect_identity("ASIASECOND", "to&ken", NULL);
    expect_in_request(0, "reader1&");
    expect_in_request(0, "Credential=AKIDBASE/");
    expect_in_request(1, "reader2&");
    expect_in_request(1, "Credential=ASIAFIRST/");
    expect_header(1, "x-amz-security-token", "to&ken");
}

Test(roles, assume_role_by_keys_of_a_profile_that_has_a_role_too)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 1);
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "2\nsource_profile = base\n"
                             "[profile base]\nrole_arn = " ROLE "1\nsource_profile = other\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_in_request(0, "reader2&");
    expect_in_request(0, "Credential=AKIDBASE/");
    cr_expect_eq(server_requests(running), 1u);
}

Test(roles, assume_role_by_the_environment)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 1);
    bed_set("AWS_PROFILE", "p");
    bed_write(".aws/config",
              "[profile p]\nrole_arn = " ROLE "\ncredential_source = EcsContainer\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "EcsContainer", "are not set");
    bed_write(".aws/config", "[profile p]\nrole_arn = " ROLE "\ncredential_source = Moon\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "credential_source (",
                 "must be Environment");
    cr_expect_eq(server_requests(running), 0);
}

/* Also where the program names the profile, which else passes the environment over. */
Test(roles, assume_role_by_keys_in_the_environment)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 1);
    given.profile = "p";
    bed_write(".aws/config", "[profile p]\nrole_arn = " ROLE "\ncredential_source = Environment\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "Environment",
                 "AWS_ACCESS_KEY_ID is not set");
    bed_set("AWS_ACCESS_KEY_ID", "AKIDENV");
    bed_set("AWS_SECRET_ACCESS_KEY", "%s", SECRET);
    bed_set("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/t");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_in_request(0, "Credential=AKIDENV/");
}

Test(roles, assume_role_by_a_container)
{
    const step steps[] = {{ACT_REPLY, json_answer("Token")},
                          {ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 2);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s/creds", server_url(running));
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\ncredential_source = EcsContainer\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_in_request(1, "Credential=ASIAJSON/");
}

Test(roles, a_long_chain_of_roles)
{
    cr_buffer text;
    cr_buffer_init(&text, 8192);
    for (int i = 0; i < 12; i++) {
        const char *section =
            bed_text("[profile p%d]\nrole_arn = r\nsource_profile = p%d\n", i, i + 1);
        memcpy(cr_buffer_extend(&text, strlen(section)), section, strlen(section));
    }
    cr_buffer_add_text(&text, cr_str_of("[profile p12]\nregion = x\n"));
    bed_write(".aws/config", text.data);
    cr_buffer_free(&text);
    bed_set("AWS_PROFILE", "p0");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "too many roles");
}

Test(roles, a_role_is_refused)
{
    const step steps[] = {{ACT_REPLY, sts_refusal(403, "AccessDenied")}};
    serve_sts(steps, 1);
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    cruddur_status status = ask();
    cr_expect_str_eq(cruddur_error_request_id(error), "req-1");
    EXPECT_ERROR(status, CRUDDUR_E_CREDENTIALS, &error, "assuming role " ROLE, "AccessDenied",
                 "You may not.", "403");
    cr_expect_eq(server_requests(running), 1);
}

/* A refusal of the service's whose clock is an hour ahead of ours. */
static const char *sts_refusal_ahead(void)
{
    char date[64];
    time_t ahead = time(NULL) + 3600;
    struct tm utc;
    cr_assert_not_null(gmtime_r(&ahead, &utc));
    cr_assert_gt(strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc), 0u);
    return bed_text("HTTP/1.1 403 Forbidden\r\nDate: %s%s", date,
                    strstr(sts_refusal(403, "SignatureDoesNotMatch"), "\r\n"));
}

static void expect_signed_ahead(size_t request, long seconds)
{
    char date[64];
    struct tm utc = {0};
    cr_assert_not_null(server_header(running, request, "x-amz-date", date, sizeof(date)));
    cr_assert_not_null(strptime(date, "%Y%m%dT%H%M%SZ", &utc));
    cr_expect_lt(labs((long)(timegm(&utc) - time(NULL)) - seconds), 60, "%s", date);
}

/* Once: what the service still does not like then has another reason. */
Test(roles, the_clock_of_the_service_that_gives_roles)
{
    const char *refusal = sts_refusal_ahead();
    const step steps[] = {{ACT_REPLY, refusal},
                          {ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")},
                          {ACT_REPLY, refusal},
                          {ACT_REPLY, refusal},
                          {ACT_REPLY, refusal}};
    serve_sts(steps, COUNT(steps));
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_signed_ahead(0, 0);
    expect_signed_ahead(1, 3600);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "SignatureDoesNotMatch");
    cr_expect_eq(server_requests(running), 4u);
    bed_set("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "SignatureDoesNotMatch");
    cr_expect_eq(server_requests(running), 5u);
}

/* Long ones in full; none that may quote the request. */
Test(roles, the_words_of_a_refusal)
{
    const char *user = "arn:aws:sts::123456789012:assumed-role/a-role-with-a-rather-long-name/and-"
                       "a-session-with-a-longer-one";
    const char *words = bed_text("User: %s is not authorized to perform: sts:AssumeRole on "
                                 "resource: " ROLE " because no identity-based policy&#10;allows "
                                 "the sts:AssumeRole action",
                                 user);
    const step steps[] = {
        {ACT_REPLY, sts_refusal_in_words(403, "AccessDenied", words)},
        {ACT_REPLY, sts_refusal_in_words(403, "SignatureDoesNotMatch", "has TOPSECRET in it")},
        {ACT_REPLY, sts_refusal_in_words(403, "RegionDisabledException", "not in this region")},
    };
    serve_sts(steps, COUNT(steps));
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    cr_assert_gt(strlen(words), 200u);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error,
                 "AccessDenied (HTTP status 403) User: ", user,
                 "identity-based policy allows the sts:AssumeRole action");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "SignatureDoesNotMatch", "403");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "not in this region");
}

Test(roles, trouble_on_the_way_to_a_role)
{
    const step steps[] = {{ACT_REPLY, sts_refusal(400, "Throttling")},
                          {ACT_RESET, NULL},
                          {ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 3);
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
}

Test(roles, nobody_gives_the_role)
{
    bed_set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:%d", closed_port());
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_NETWORK, &error, "assuming role " ROLE);
}

Test(roles, nonsense_instead_of_a_role)
{
    static const char *const bodies[] = {
        "",
        "{}",
        "<html><body>Please sign in</body></html>",
        "<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>",
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>TOPSECRET</AccessKeyId>",
        "<GetCallerIdentityResponse></GetCallerIdentityResponse>",
    };
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    for (size_t i = 0; i < COUNT(bodies); i++) {
        const step steps[] = {{ACT_REPLY, answer(200, bodies[i])},
                              {ACT_REPLY, answer(200, bodies[i])},
                              {ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")},
                              {ACT_REPLY, answer(200, bodies[i])}};
        serve_sts(steps, COUNT(steps));
        expect_identity("ASIAROLE", "to&ken", NULL);
        expect_trouble(true, "assuming role " ROLE ": not a valid response (HTTP 200, ");
        server_stop(running);
        running = NULL;
    }
}

/* The service's own answer, without what is needed of it. */
Test(roles, half_a_role)
{
    const step steps[] = {
        {ACT_REPLY,
         answer(200,
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>"
                "<SecretAccessKey>TOPSECRET</SecretAccessKey><SessionToken>t</SessionToken>"
                "<Expiration>soon</Expiration></Credentials></AssumeRoleResult>"
                "</AssumeRoleResponse>")},
        {ACT_REPLY, sts_refusal(503, "ServiceUnavailable")}};
    serve_sts(steps, COUNT(steps));
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    expect_trouble(false, "assuming role " ROLE ": the answer lacks a session token");
    expect_trouble(true, "assuming role " ROLE ": ServiceUnavailable (HTTP status 503)");
}

/* ---- web identity ---- */

Test(roles, web_identity)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRoleWithWebIdentity", "ASIAWEB")},
                          {ACT_REPLY, sts_answer("AssumeRoleWithWebIdentity", "ASIAWEB2")}};
    serve_sts(steps, 2);
    bed_set("AWS_WEB_IDENTITY_TOKEN_FILE", "%s", bed_write("token", "first.token\n"));
    bed_set("AWS_ROLE_ARN", ROLE);
    bed_set("AWS_ROLE_SESSION_NAME", "me");
    expect_identity("ASIAWEB", "to&ken", "123456789012");
    expect_in_request(0, "Action=AssumeRoleWithWebIdentity&");
    expect_in_request(0, "&RoleSessionName=me&WebIdentityToken=first.token");
    cr_expect_null(strstr(server_request(running, 0), "uthorization"));
    bed_write("token", "second.token");
    expect_identity("ASIAWEB2", "to&ken", NULL);
    expect_in_request(1, "&WebIdentityToken=second.token");
}

Test(roles, web_identity_of_a_profile)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRoleWithWebIdentity", "ASIAWEB")}};
    serve_sts(steps, 1);
    bed_write(".aws/config",
              bed_text("[default]\nrole_arn = " ROLE "\nweb_identity_token_file = %s\n",
                       bed_write("token", "a b")));
    expect_identity("ASIAWEB", "to&ken", NULL);
    expect_in_request(0, "&WebIdentityToken=a%20b");
}

Test(roles, wrong_web_identity)
{
    bed_set("AWS_WEB_IDENTITY_TOKEN_FILE", "%s", bed_path("no-token"));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "AWS_ROLE_ARN");
    bed_set("AWS_ROLE_ARN", ROLE);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "no-token", "No such file", ROLE);
}
