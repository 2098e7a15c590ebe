/* SPDX-License-Identifier: MIT */
/* Every source of credentials, against a small server and files. */
#include "asking.h"

#include <netinet/in.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "aws/providers/secret_json.h"
#include "base/clock.h"
#include "support/descriptors.h"
#include "support/late.h"

TestSuite(providers, .init = asking_begin, .fini = asking_end);

/* ---- given in code, and the environment ---- */

Test(providers, given_in_code)
{
    bed_set("AWS_ACCESS_KEY_ID", "AKIDENV");
    bed_set("AWS_SECRET_ACCESS_KEY", "%s", SECRET);
    given.access_key_id = "AKIDCODE";
    given.secret_access_key = SECRET;
    given.session_token = "token";
    expect_identity("AKIDCODE", "token", NULL);
    given.secret_access_key = NULL;
    EXPECT_ERROR(ask(), CRUDDUR_E_CONFIG, &error, "both or neither");
}

Test(providers, environment)
{
    bed_set("AWS_ACCESS_KEY_ID", " AKIDENV ");
    bed_set("AWS_SECRET_ACCESS_KEY", "%s", SECRET);
    expect_identity("AKIDENV", NULL, NULL);
    cr_expect_eq(identity->expires_at_us, CR_IDENTITY_NEVER_EXPIRES);
    bed_set("AWS_SESSION_TOKEN", "token");
    bed_set("AWS_ACCOUNT_ID", "123456789012");
    expect_identity("AKIDENV", "token", "123456789012");
}

Test(providers, environment_half)
{
    bed_set("AWS_ACCESS_KEY_ID", "AKIDENV");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "environment",
                 "AWS_SECRET_ACCESS_KEY is missing, which AWS_ACCESS_KEY_ID needs");
    bed_set("AWS_SECRET_ACCESS_KEY", "%s", SECRET);
    bed_set("AWS_ACCESS_KEY_ID", "  ");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "environment",
                 "AWS_ACCESS_KEY_ID is missing, which AWS_SECRET_ACCESS_KEY needs");
    bed_set("AWS_ACCESS_KEY_ID", "AKID\r\nx-evil: 1");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "environment", "characters");
}

/* ---- short of descriptors ---- */

static const char *const shortage_words[] = {"Too many open files", NULL};

static void expect_shortage(cruddur_status status)
{
    cr_expect(cruddur_error_is_retryable(error));
    bed_expect_error(status, CRUDDUR_E_NO_DESCRIPTORS, &error, shortage_words);
}

/* With the settings that are in the files now, and so many descriptors left. */
static cruddur_status ask_with_descriptors(unsigned left)
{
    const cr_http_options http_options = {0};
    cr_http *http = NULL;
    cr_aws_config *config = NULL;
    cr_credentials *credentials = NULL;
    cr_identity_release(identity);
    identity = NULL;
    cr_assert_eq(cr_http_new(&http_options, &http, &error), CRUDDUR_OK);
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    cr_assert_eq(cr_aws_config_credentials(config, http, &credentials, &error), CRUDDUR_OK);
    descriptors_hold_all_but(left);
    cruddur_status status = cr_credentials_get(credentials, cr_clock_monotonic_us() + 20 * SECOND,
                                               NULL, &identity, &error);
    descriptors_let_go();
    cr_credentials_free(credentials);
    cr_aws_config_free(config);
    cr_http_free(http);
    return status;
}

/* Settings of a profile must not be passed over: they may name another endpoint. */
Test(providers, no_descriptor_for_the_settings)
{
    cr_aws_config *config = NULL;
    bed_write(".aws/config", "[default]\nregion = eu-central-1\n" BASE_KEYS);
    descriptors_hold_all_but(0);
    cruddur_status status = cr_aws_config_load(&given, &config, &error);
    descriptors_let_go();
    cr_expect_null(config);
    expect_shortage(status);
}

Test(providers, no_descriptor_for_a_profile)
{
    bed_write(".aws/credentials",
              "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = " SECRET "\n");
    expect_shortage(ask_with_descriptors(0));
    expect_identity("AKIDDEFAULT", NULL, NULL);
    bed_set("AWS_PROFILE", "default");
    expect_shortage(ask_with_descriptors(0));
}

Test(providers, no_descriptor_for_a_token)
{
    (void)unsetenv("HOME"); /* no files before the token's */
    bed_set("AWS_WEB_IDENTITY_TOKEN_FILE", "%s", bed_write("token", "a token"));
    bed_set("AWS_ROLE_ARN", "%s", ROLE);
    expect_shortage(ask_with_descriptors(0));
}

Test(providers, no_descriptor_for_the_metadata_service)
{
    (void)unsetenv("HOME");
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:%d", closed_port());
    expect_shortage(ask_with_descriptors(0));
}

Test(providers, few_descriptors_for_a_process)
{
    unsigned shortages = 0;
    bed_write(".aws/config", bed_text("[default]\ncredential_process = %s\n",
                                      script(bed_text("echo '" PRINTED "'", bed_time(3600)))));
    for (unsigned left = 0; left <= 8; left++) {
        cruddur_status status = ask_with_descriptors(left);
        if (status != CRUDDUR_OK) {
            cr_expect_lt(left, 8);
            shortages++;
            expect_shortage(status);
        }
    }
    cr_expect_geq(shortages, 2); /* for the file, and for the pipe */
}

/* ---- nothing at all ---- */

Test(providers, nothing)
{
    EXPECT_ERROR(
        ask(), CRUDDUR_E_CREDENTIALS, &error, "no source has credentials",
        "environment: AWS_ACCESS_KEY_ID is not set",
        "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set", "profile: no profile \"default\"",
        "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "instance: AWS_EC2_METADATA_DISABLED");
}

Test(providers, nothing_answers)
{
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:%d", closed_port());
    bed_write(".aws/config", "[default]\nregion = x\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "profile \"default\" has no credentials",
                 "instance: the machine's metadata service");
}

/* ---- profiles ---- */

Test(providers, profile_keys)
{
    bed_write(".aws/credentials",
              "[default]\naws_access_key_id = AKIDDEFAULT\naws_secret_access_key = " SECRET "\n"
              "[p]\naws_access_key_id = AKIDP\naws_secret_access_key = " SECRET "\n"
              "aws_session_token = token\naws_account_id = 123456789012\n"
              "[half]\naws_access_key_id = AKIDHALF\n");
    expect_identity("AKIDDEFAULT", NULL, NULL);
    bed_set("AWS_PROFILE", "p");
    expect_identity("AKIDP", "token", "123456789012");
    bed_set("AWS_PROFILE", "half");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "\"half\"",
                 "aws_secret_access_key is missing");
}

Test(providers, a_profile_in_code_comes_before_the_environment)
{
    bed_set("AWS_ACCESS_KEY_ID", "AKIDENV");
    bed_set("AWS_SECRET_ACCESS_KEY", "%s", SECRET);
    bed_write(".aws/credentials",
              "[p]\naws_access_key_id = AKIDP\naws_secret_access_key = " SECRET "\n");
    given.profile = "p";
    expect_identity("AKIDP", NULL, NULL);
}

#define NOBODY 65534

/* The source that follows the profile. */
static void give_container(void)
{
    const step steps[] = {{ACT_REPLY, json_answer("Token")}};
    serve(steps, 1);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s/creds", server_url(running));
}

Test(providers, files_that_cannot_be_read)
{
    static const char *const variables[] = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"};
    give_container();
    for (size_t i = 0; i < COUNT(variables); i++) {
        bed_set(variables[i], "%s", bed_path(""));
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, variables[i], bed_path(""),
                     "Is a directory");
        bed_set(variables[i], "%s", bed_write("c", "broken\n"));
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "line 1");
        bed_set(variables[i], "%s", bed_path("none"));
        expect_identity("ASIAJSON", "tok/en", NULL);
        (void)unsetenv(variables[i]);
    }
    bed_write(".aws/credentials/a-folder", "");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, ".aws/credentials: Is a directory");
}

/* As in a container that runs under another user than the image's: HOME stays that of root. */
Test(providers, files_of_another_user)
{
    give_container();
    bed_write(".aws/credentials", "[default]\n");
    bed_write("named", "[default]\n");
    cr_assert_eq(chmod(bed_path(".aws/credentials"), 0), 0);
    cr_assert_eq(chmod(bed_path("named"), 0), 0);
    cr_assert_eq(chmod(bed_path(""), 0755), 0);
    cr_assert_eq(chmod(bed_path(".aws"), 0755), 0);
    bool is_root = geteuid() == 0;
    cr_assert(!is_root || seteuid(NOBODY) == 0);
    expect_identity("ASIAJSON", "tok/en", NULL);
    bed_set("AWS_PROFILE", "default");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, ".aws/credentials: Permission denied");
    (void)unsetenv("AWS_PROFILE");
    bed_set("AWS_SHARED_CREDENTIALS_FILE", "%s", bed_path("named"));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error,
                 "AWS_SHARED_CREDENTIALS_FILE: ", "named: Permission denied");
    cr_assert(!is_root || seteuid(0) == 0);
}

#define DEFAULT_KEYS(id)                                                                           \
    "[default]\naws_access_key_id = " id "\naws_secret_access_key = " SECRET "\n"

/* Fresh keys in the files serve after the old were refused. */
Test(providers, files_are_read_again)
{
    const cr_http_options http_options = {0};
    cr_http *http = NULL;
    cr_aws_config *config = NULL;
    cr_credentials *credentials = NULL;
    int64_t deadline_us = cr_clock_monotonic_us() + 5 * SECOND;
    bed_write(".aws/credentials", DEFAULT_KEYS("AKIDOLD"));
    cr_assert_eq(cr_http_new(&http_options, &http, &error), CRUDDUR_OK);
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    cr_assert_eq(cr_aws_config_credentials(config, http, &credentials, &error), CRUDDUR_OK);
    cr_assert_eq(cr_credentials_get(credentials, deadline_us, NULL, &identity, &error), CRUDDUR_OK);
    cr_expect_str_eq(identity->access_key_id.data, "AKIDOLD");
    bed_write(".aws/credentials", DEFAULT_KEYS("AKIDNEW"));
    cr_credentials_reject(credentials, identity);
    cr_identity_release(identity);
    cr_assert_eq(cr_credentials_get(credentials, deadline_us, NULL, &identity, &error), CRUDDUR_OK);
    cr_expect_str_eq(identity->access_key_id.data, "AKIDNEW");
    cr_credentials_free(credentials);
    cr_aws_config_free(config);
    cr_http_free(http);
}

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

Test(providers, assume_role)
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

Test(providers, assume_role_by_its_own_keys)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 1);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = default\n"
                             "aws_access_key_id = AKIDOWN\naws_secret_access_key = " SECRET "\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_in_request(0, "Credential=AKIDOWN/");
    expect_in_request(0, "RoleSessionName=libcruddur-");
}

Test(providers, assume_role_by_a_role)
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

Test(providers, assume_role_by_keys_of_a_profile_that_has_a_role_too)
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

Test(providers, assume_role_by_the_environment)
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
Test(providers, assume_role_by_keys_in_the_environment)
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

Test(providers, assume_role_by_a_container)
{
    const step steps[] = {{ACT_REPLY, json_answer("Token")},
                          {ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 2);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s/creds", server_url(running));
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\ncredential_source = EcsContainer\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_in_request(1, "Credential=ASIAJSON/");
}

Test(providers, a_long_chain_of_roles)
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

Test(providers, a_role_is_refused)
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
Test(providers, the_clock_of_the_service_that_gives_roles)
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
Test(providers, the_words_of_a_refusal)
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

Test(providers, trouble_on_the_way_to_a_role)
{
    const step steps[] = {{ACT_REPLY, sts_refusal(400, "Throttling")},
                          {ACT_RESET, NULL},
                          {ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 3);
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    expect_identity("ASIAROLE", "to&ken", NULL);
}

Test(providers, nobody_gives_the_role)
{
    bed_set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:%d", closed_port());
    bed_write(".aws/credentials", BASE_KEYS);
    bed_write(".aws/config", "[default]\nrole_arn = " ROLE "\nsource_profile = base\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_NETWORK, &error, "assuming role " ROLE);
}

Test(providers, nonsense_instead_of_a_role)
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
Test(providers, half_a_role)
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

Test(providers, web_identity)
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

Test(providers, web_identity_of_a_profile)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRoleWithWebIdentity", "ASIAWEB")}};
    serve_sts(steps, 1);
    bed_write(".aws/config",
              bed_text("[default]\nrole_arn = " ROLE "\nweb_identity_token_file = %s\n",
                       bed_write("token", "a b")));
    expect_identity("ASIAWEB", "to&ken", NULL);
    expect_in_request(0, "&WebIdentityToken=a%20b");
}

Test(providers, wrong_web_identity)
{
    bed_set("AWS_WEB_IDENTITY_TOKEN_FILE", "%s", bed_path("no-token"));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "AWS_ROLE_ARN");
    bed_set("AWS_ROLE_ARN", ROLE);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "no-token", "No such file", ROLE);
}

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

Test(providers, sso)
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

Test(providers, sso_token)
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

Test(providers, sso_refused)
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

Test(providers, sso_token_is_renewed)
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

Test(providers, sso_token_cannot_be_renewed)
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

Test(providers, a_page_instead_of_the_portal)
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

Test(providers, sso_token_that_nobody_can_renew)
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
Test(providers, sso_token_is_renewed_by_another)
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
Test(providers, sso_token_is_written_late_by_another)
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
Test(providers, sso_token_of_another_is_not_overwritten)
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

/* ---- a command ---- */

static void use_command(const char *arguments, const char *text)
{
    bed_write(".aws/config",
              bed_text("[default]\ncredential_process = %s %s\n", script(text), arguments));
}

Test(providers, process)
{
    use_command("'one \"two' \"th\\\"ree\" fo\\ ur \"\"",
                bed_text("[ \"$1\" = 'one \"two' ] && [ \"$2\" = 'th\"ree' ] && "
                         "[ \"$3\" = 'fo ur' ] && [ \"$4\" = '' ] && [ $# = 4 ] || exit 7\n"
                         "[ -z \"$(cat)\" ] || exit 8\necho noise TOPSECRET >&2\n"
                         "printf %%s '" PRINTED "'",
                         bed_time(3600)));
    expect_identity("ASIAPROC", "t", NULL);
    expect_lifetime(3600);
}

Test(providers, process_fails)
{
    static const struct {
        const char *text;
        const char *word;
    } cases[] = {
        {"exit 3", "exit code 3"},
        {"kill -9 $$", "exit code -1"},
        {"echo TOPSECRET", "no JSON object"},
        {"echo '{}'", "not of version 1"},
        {"echo '{\"Version\":2}'", "not of version 1"},
        {"echo '{\"Version\":1}'", "no access key id"},
        {"echo '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":7}'", "right type"},
        {"echo '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"TOPSECRET\","
         "\"Expiration\":\"soon\"}'",
         "right type"},
        {"head -c 300000 /dev/zero", "too much"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        use_command("", cases[i].text);
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "credential_process", cases[i].word);
    }
    bed_write(".aws/config", "[default]\ncredential_process = /nowhere/at/all\n");
    /* Under valgrind the child is started first, and then finds no command. */
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "credential_process",
                 is_slow() ? "exit code 127" : "no such command");
}

/* Whether a process runs; a zombie does not. */
static bool is_running(int pid)
{
    char state = 'Z';
    FILE *file = fopen(bed_text("/proc/%d/stat", pid), "r");
    if (file != NULL) {
        cr_expect_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1); /* NOLINT */
        (void)fclose(file);
    }
    return state != 'Z' && state != 'X';
}

/* Nothing is left behind when the caller goes away, not even what the command started. */
Test(providers, process_takes_forever)
{
    int pids[2] = {0, 0};
    use_command("", bed_text("sleep 100 &\necho $$ $! > %s\nsleep 100", bed_path("pids")));
    /* Until there was time enough for the command to start. */
    for (int64_t limit_us = SECOND / 2; pids[1] == 0; limit_us *= 2) {
        int64_t start_us = cr_clock_monotonic_us();
        EXPECT_ERROR(ask_within(limit_us), CRUDDUR_E_TIMEOUT, &error, "credentials");
        cr_expect_not(test_is_late_since(start_us, limit_us));
        FILE *file = fopen(bed_path("pids"), "r");
        cr_assert(file != NULL || limit_us < 60 * SECOND);
        if (file != NULL) {
            cr_assert_eq(fscanf(file, "%d %d", &pids[0], &pids[1]), 2); /* NOLINT */
            (void)fclose(file);
        }
    }
    for (size_t i = 0; i < COUNT(pids); i++) {
        while (is_running(pids[i])) { /* or the suite's time is over */
            cr_clock_sleep_us(1000);
        }
    }
}

/* A program that lets the system reap its children. */
Test(providers, process_reaped_by_others)
{
    (void)signal(SIGCHLD, SIG_IGN);
    use_command("", bed_text("printf %%s '" PRINTED "'", bed_time(3600)));
    expect_identity("ASIAPROC", "t", NULL);
    (void)signal(SIGCHLD, SIG_DFL);
}

/* ---- containers ---- */

Test(providers, container)
{
    const step steps[] = {{ACT_REPLY, json_answer("Token")}};
    serve(steps, 1);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s/creds?a=b", server_url(running));
    expect_identity("ASIAJSON", "tok/en", "123456789012");
    expect_lifetime(3600);
    expect_in_request(0, "GET /creds?a=b HTTP/1.1\r\n");
    cr_expect_null(strstr(server_request(running, 0), "uthorization"));
    bed_set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc");
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_header(1, "authorization", "Basic abc");
    bed_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "%s", bed_write("t", "Bearer def\n"));
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_header(2, "authorization", "Bearer def");
    bed_write("t", "TOPSECRET\r\nx-evil: 1");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "TOKEN_FILE", "line end");
    bed_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/t");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "/nowhere/t");
    cr_expect_eq(server_requests(running), 3);
}

Test(providers, container_addresses)
{
    static const char *const refused[] = {
        "http://192.0.2.1/",
        "http://169.254.170.2.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://169.254.170.3/",
        "http://[fd00:ec2::24]/",
        "http://[::ffff:192.0.2.1]/",
        "http://localhost.evil.example/",
        "http://127.0.0.1@evil.example/",
        "ftp://127.0.0.1/",
        "127.0.0.1",
        "http://127.0.0.1\\@evil.example/",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s", refused[i]);
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    }
    bed_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "evil.example/x");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "RELATIVE_URI is malformed");
    bed_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/a b");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "RELATIVE_URI is malformed");
}

Test(providers, container_in_trouble)
{
    const step steps[] = {{ACT_REPLY, answer(500, "")},
                          {ACT_REPLY, answer(200, "not JSON TOPSECRET")},
                          {ACT_REPLY, answer(200, "not JSON TOPSECRET")},
                          {ACT_REPLY, answer(403, "{}")},
                          {ACT_REPLY, answer(200, "{\"Token\":\"t\"}")},
                          {ACT_REPLY, answer(503, "")}};
    serve(steps, COUNT(steps));
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s", server_url(running));
    expect_trouble(true, "the container's credentials: not a valid response (HTTP 200, ");
    expect_trouble(false, "the container's credentials: the answer has HTTP status 403");
    expect_trouble(false, "the container's credentials: there is no access key id");
    expect_trouble(true, "the container's credentials: the answer has HTTP status 503");
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:%d", closed_port());
    EXPECT_ERROR(ask(), CRUDDUR_E_NETWORK, &error, "container");
}

/* ---- what is wiped ---- */

#define HIDDEN "tok\0HIDDEN"

/* Only then are bytes looked at that nobody may ever have written. */
static atomic_bool is_watching;
static atomic_int hidden_wipes;

/* In place of libcrypto's. */
void OPENSSL_cleanse(void *bytes, size_t size)
{
    volatile char *at = bytes;
    bool is_hidden = atomic_load(&is_watching) && size >= sizeof(HIDDEN) - 1 &&
                     memcmp(bytes, HIDDEN, sizeof(HIDDEN) - 1) == 0;
    (void)atomic_fetch_add(&hidden_wipes, is_hidden ? 1 : 0);
    for (size_t i = 0; i < size; i++) {
        at[i] = 0;
    }
}

/* Up to its end, and not up to a NUL in it only. */
Test(providers, a_file_with_a_token_is_wiped)
{
    const step steps[] = {{ACT_REPLY, json_answer("Token")},
                          {ACT_REPLY, sts_answer("AssumeRoleWithWebIdentity", "ASIAWEB")}};
    const char *path = bed_write("t", "");
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(HIDDEN, 1, sizeof(HIDDEN) - 1, file), sizeof(HIDDEN) - 1);
    cr_assert_eq(fclose(file), 0);
    atomic_store(&is_watching, true);
    serve_sts(steps, 2);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s", server_url(running));
    bed_set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "%s", path);
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_header(0, "authorization", "tok");
    cr_expect_eq(atomic_load(&hidden_wipes), 1);
    bed_set("AWS_WEB_IDENTITY_TOKEN_FILE", "%s", path);
    bed_set("AWS_ROLE_ARN", ROLE);
    expect_identity("ASIAWEB", "to&ken", NULL);
    cr_expect_eq(atomic_load(&hidden_wipes), 2);
}

/* ---- the machine itself ---- */

static void use_metadata(const step *steps, size_t count)
{
    serve(steps, count);
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "%s/", server_url(running));
}

Test(providers, instance)
{
    const step steps[] = {{ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(200, "the-role\n")},
                          {ACT_REPLY, json_answer("Token")}};
    use_metadata(steps, 3);
    expect_identity("ASIAJSON", "tok/en", "123456789012");
    expect_lifetime(3600);
    expect_in_request(0, "PUT /latest/api/token HTTP/1.1\r\n");
    expect_header(0, "x-aws-ec2-metadata-token-ttl-seconds", "21600");
    expect_in_request(1, "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n");
    expect_header(1, "x-aws-ec2-metadata-token", "the-token");
    expect_in_request(2, "GET /latest/meta-data/iam/security-credentials/the-role HTTP/1.1\r\n");
    expect_header(2, "x-aws-ec2-metadata-token", "the-token");
}

/* Version 1, which asks for no token, is not fallen back to. */
Test(providers, instance_without_tokens)
{
    const step steps[] = {{ACT_REPLY, answer(404, "")}};
    use_metadata(steps, 1);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "token", "404");
    cr_expect_eq(server_requests(running), 1);
}

Test(providers, instance_without_a_role)
{
    const step steps[] = {{ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(404, "")},
                          {ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(200, "role")},
                          {ACT_REPLY, answer(200, "{\"Code\":\"Failed\"}")}};
    use_metadata(steps, COUNT(steps));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "404");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "no access key id");
}

Test(providers, instance_in_trouble)
{
    const step steps[] = {{ACT_REPLY, answer(503, "")},
                          {ACT_RESET, NULL},
                          {ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(200, "role")},
                          {ACT_REPLY, json_answer("Token")}};
    use_metadata(steps, COUNT(steps));
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_in_request(2, "PUT /latest/api/token HTTP/1.1\r\n");
    expect_in_request(3, "GET /latest/meta-data");
}

/* One that has answered is there, and has trouble: that is no reason to go on as if it were not. */
Test(providers, instance_in_lasting_trouble)
{
    const step steps[] = {{ACT_REPLY, answer(200, "the-token")}, {ACT_REPLY, answer(503, "")}};
    use_metadata(steps, COUNT(steps));
    expect_trouble(true, "the machine's metadata service: an answer has HTTP status 503");
}

/* Where nothing names the service, there may be none; a profile that names it wants it. */
Test(providers, an_instance_that_cannot_be_reached)
{
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:%d", closed_port());
    expect_trouble(false, "no source has credentials: ");
    bed_write(".aws/config",
              "[default]\nrole_arn = " ROLE "\ncredential_source = Ec2InstanceMetadata\n");
    expect_trouble(true, "profile \"default\"");
    bed_set("AWS_EC2_METADATA_DISABLED", "true");
    expect_trouble(false, "profile \"default\"");
}

/* A network that wants a sign-in answers everything with its page, which names no role. */
Test(providers, a_page_instead_of_the_instance)
{
    const step steps[] = {{ACT_REPLY, answer(200, "<html>Sign-in</html>")}};
    use_metadata(steps, COUNT(steps));
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:", "not a valid response");
}

/* A port whose queue of connections is full: whoever comes waits. */
static int full_port(int sockets[4])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    sockets[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(sockets[0], 0);
    cr_assert_eq(bind(sockets[0], (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(sockets[0], 0), 0);
    cr_assert_eq(getsockname(sockets[0], (struct sockaddr *)&address, &size), 0);
    for (int i = 1; i < 4; i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        cr_assert_geq(sockets[i], 0);
        (void)connect(sockets[i], (struct sockaddr *)&address, size);
    }
    return ntohs(address.sin_port);
}

/* A surprise of one second is the most that a machine without metadata costs. */
Test(providers, instance_that_cannot_be_reached)
{
    int sockets[4];
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:%d", full_port(sockets));
    int64_t start_us = cr_clock_monotonic_us();
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:");
    cr_expect_gt(cr_clock_monotonic_us() - start_us, SECOND / 2);
    cr_expect_not(test_is_late_since(start_us, 3 * SECOND / 2));
    for (int i = 0; i < 4; i++) {
        (void)close(sockets[i]);
    }
}

/* One that takes the request and says nothing for a second is asked again. */
Test(providers, instance_that_is_silent)
{
    char token[401]; /* takes twenty seconds and more to come */
    memset(token, 't', sizeof(token) - 1);
    token[sizeof(token) - 1] = '\0';
    const step steps[] = {{ACT_TRICKLE, answer(200, token)}};
    use_metadata(steps, 1);
    int64_t start_us = cr_clock_monotonic_us();
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance:");
    cr_expect_not(test_is_late_since(start_us, 5 * SECOND));
    cr_expect_eq(server_requests(running), 3u);
}

/* Whatever comes before in the order is not asked when it is set up. */
Test(providers, order)
{
    const step steps[] = {{ACT_REPLY, json_answer("Token")}};
    serve(steps, 1);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s", server_url(running));
    expect_identity("ASIAJSON", "tok/en", NULL);
    bed_write(".aws/credentials",
              "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = " SECRET "\n");
    expect_identity("AKIDFILE", NULL, NULL);
    bed_set("AWS_ACCESS_KEY_ID", "AKIDENV");
    bed_set("AWS_SECRET_ACCESS_KEY", "%s", SECRET);
    expect_identity("AKIDENV", NULL, NULL);
    cr_expect_eq(server_requests(running), 1);
}
