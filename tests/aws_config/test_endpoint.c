/* SPDX-License-Identifier: MIT */
/* Where services are, and which setting counts. */
#include "bed.h"

#include <stdlib.h>

TestSuite(endpoint, .init = bed_make, .fini = bed_remove);

static cruddur_error *error;

#define DB CR_SERVICE_DYNAMODB
#define STREAMS CR_SERVICE_DYNAMODB_STREAMS
#define STS CR_SERVICE_STS
#define SSO CR_SERVICE_SSO
#define OIDC CR_SERVICE_SSO_OIDC
#define IDP CR_SERVICE_COGNITO_IDP

/* What the service's own rules say. */
Test(endpoint, names)
{
    static const struct {
        cr_service service;
        const char *region;
        bool fips, dual;
        const char *url;
    } cases[] = {
        {DB, "eu-central-1", false, false, "https://dynamodb.eu-central-1.amazonaws.com"},
        {DB, "eu-central-1", false, true, "https://dynamodb.eu-central-1.api.aws"},
        {DB, "us-east-1", true, false, "https://dynamodb-fips.us-east-1.amazonaws.com"},
        {DB, "us-east-1", true, true, "https://dynamodb-fips.us-east-1.api.aws"},
        {DB, "cn-north-1", false, false, "https://dynamodb.cn-north-1.amazonaws.com.cn"},
        {DB, "cn-north-1", false, true, "https://dynamodb.cn-north-1.api.amazonwebservices.com.cn"},
        {DB, "us-gov-west-1", true, false, "https://dynamodb.us-gov-west-1.amazonaws.com"},
        {DB, "us-gov-west-1", true, true, "https://dynamodb-fips.us-gov-west-1.api.aws"},
        {DB, "us-iso-east-1", false, false, "https://dynamodb.us-iso-east-1.c2s.ic.gov"},
        {DB, "us-isob-east-1", false, false, "https://dynamodb.us-isob-east-1.sc2s.sgov.gov"},
        {DB, "eu-isoe-west-1", false, false, "https://dynamodb.eu-isoe-west-1.cloud.adc-e.uk"},
        {DB, "us-isof-south-1", false, false, "https://dynamodb.us-isof-south-1.csp.hci.ic.gov"},
        {DB, "eusc-de-east-1", false, false, "https://dynamodb.eusc-de-east-1.amazonaws.eu"},
        {DB, "qq-new-7", false, false, "https://dynamodb.qq-new-7.amazonaws.com"},
        {DB, "local", false, false, "http://localhost:8000"},
        {STREAMS, "eu-central-1", false, false,
         "https://streams.dynamodb.eu-central-1.amazonaws.com"},
        {STREAMS, "us-east-1", true, false,
         "https://streams.dynamodb-fips.us-east-1.amazonaws.com"},
        {STREAMS, "us-east-1", false, true, "https://streams-dynamodb.us-east-1.api.aws"},
        {STREAMS, "us-east-1", true, true, "https://streams-dynamodb-fips.us-east-1.api.aws"},
        {STREAMS, "us-gov-west-1", true, false,
         "https://streams.dynamodb.us-gov-west-1.amazonaws.com"},
        {STREAMS, "cn-north-1", false, true,
         "https://streams-dynamodb.cn-north-1.api.amazonwebservices.com.cn"},
        {STREAMS, "us-iso-east-1", false, true,
         "https://streams.dynamodb.us-iso-east-1.api.aws.ic.gov"},
        {STS, "eu-central-1", false, false, "https://sts.eu-central-1.amazonaws.com"},
        {STS, "us-east-1", true, false, "https://sts-fips.us-east-1.amazonaws.com"},
        {STS, "us-gov-west-1", true, false, "https://sts.us-gov-west-1.amazonaws.com"},
        {SSO, "eu-central-1", false, false, "https://portal.sso.eu-central-1.amazonaws.com"},
        {OIDC, "eu-central-1", false, false, "https://oidc.eu-central-1.amazonaws.com"},
        {OIDC, "us-east-1", true, false, "https://oidc-fips.us-east-1.amazonaws.com"},
        {OIDC, "us-gov-west-1", true, false, "https://oidc.us-gov-west-1.amazonaws.com"},
        {IDP, "eu-central-1", false, false, "https://cognito-idp.eu-central-1.amazonaws.com"},
        {IDP, "eu-central-1", false, true, "https://cognito-idp.eu-central-1.amazonaws.com"},
        {IDP, "us-gov-west-1", true, false, "https://cognito-idp-fips.us-gov-west-1.amazonaws.com"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_endpoint found;
        cr_endpoint_question question = {.service = cases[i].service,
                                         .region = cases[i].region,
                                         .use_fips = cases[i].fips,
                                         .use_dual_stack = cases[i].dual};
        cr_assert_eq(cr_endpoint_find(&question, &found, &error), CRUDDUR_OK, "%zu: %s", i,
                     cruddur_error_message(error));
        cr_expect_str_eq(found.url, cases[i].url);
        bool is_local = strcmp(cases[i].region, "local") == 0;
        cr_expect_str_eq(found.signing_region, is_local ? "us-east-1" : cases[i].region);
    }
}

Test(endpoint, refused)
{
    static const struct {
        cr_endpoint_question question;
        const char *word;
    } cases[] = {
        {{.region = NULL}, "region"},
        {{.region = "frankfurt"}, "frankfurt"},
        {{.region = "eu-central-1.evil.example/"}, "eu-central-1.evil"},
        {{.region = "EU-central-1"}, "EU-central-1"},
        {{.region = "-eu-central-1"}, "eu-central"},
        {{.region = ""}, "region"},
        {{.region = "eu-central-1", .custom_url = "localhost:8000"}, "http"},
        {{.region = "eu-central-1", .custom_url = "ftp://localhost"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://user@host"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://host:0"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://host:65536"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://host:80x"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://host/?a=b"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://host#x"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://ho st"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://[::1"}, "http"},
        {{.region = "eu-central-1", .custom_url = "http://[zz]"}, "http"},
        {{.region = "a b", .custom_url = "http://localhost"}, "region"},
        {{.region = "r", .custom_url = "http://localhost", .use_fips = true}, "FIPS"},
        {{.region = "r", .custom_url = "http://localhost", .use_dual_stack = true}, "dual-stack"},
        {{.region = "us-east-1", .use_fips = true, .account_mode = CR_ACCOUNT_REQUIRED}, "FIPS"},
        {{.region = "cn-north-1", .account_mode = CR_ACCOUNT_REQUIRED}, "cn-north-1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_endpoint found;
        EXPECT_ERROR(cr_endpoint_find(&cases[i].question, &found, &error), CRUDDUR_E_CONFIG, &error,
                     cases[i].word);
    }
}

Test(endpoint, custom)
{
    static const char *const cases[][2] = {
        {"http://localhost:8000", "http://localhost:8000"},
        {"http://localhost:8000/", "http://localhost:8000"},
        {"https://[::1]:8443", "https://[::1]:8443"},
        {"https://gateway.example/tables/", "https://gateway.example/tables"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_endpoint found;
        cr_endpoint_question question = {.region = "local", .custom_url = cases[i][0]};
        cr_assert_eq(cr_endpoint_find(&question, &found, &error), CRUDDUR_OK);
        cr_expect_str_eq(found.url, cases[i][1]);
        cr_expect_str_eq(found.signing_region, "local");
        cr_expect_str_empty(found.account_suffix);
    }
}

Test(endpoint, of_an_account)
{
    char url[CR_ENDPOINT_SIZE];
    cr_endpoint found;
    cr_endpoint_question question = {.region = "eu-central-1"};
    cr_assert_eq(cr_endpoint_find(&question, &found, &error), CRUDDUR_OK);
    cr_assert_eq(cr_endpoint_of_account(&found, cr_str_of("123456789012"), url, &error),
                 CRUDDUR_OK);
    cr_expect_str_eq(url, "https://123456789012.ddb.eu-central-1.amazonaws.com");
    cr_assert_eq(cr_endpoint_of_account(&found, CR_STR_ABSENT, url, &error), CRUDDUR_OK);
    cr_expect_str_eq(url, "https://dynamodb.eu-central-1.amazonaws.com");
    EXPECT_ERROR(cr_endpoint_of_account(&found, cr_str_of("evil.example/0"), url, &error),
                 CRUDDUR_E_CONFIG, &error, "12 digits");

    question.use_dual_stack = true;
    cr_assert_eq(cr_endpoint_find(&question, &found, &error), CRUDDUR_OK);
    cr_assert_eq(cr_endpoint_of_account(&found, cr_str_of("123456789012"), url, &error),
                 CRUDDUR_OK);
    cr_expect_str_eq(url, "https://123456789012.ddb.eu-central-1.api.aws");

    question.account_mode = CR_ACCOUNT_REQUIRED;
    cr_assert_eq(cr_endpoint_find(&question, &found, &error), CRUDDUR_OK);
    EXPECT_ERROR(cr_endpoint_of_account(&found, CR_STR_ABSENT, url, &error), CRUDDUR_E_CONFIG,
                 &error, "account");

    question.account_mode = CR_ACCOUNT_DISABLED;
    cr_assert_eq(cr_endpoint_find(&question, &found, &error), CRUDDUR_OK);
    cr_assert_eq(cr_endpoint_of_account(&found, cr_str_of("123456789012"), url, &error),
                 CRUDDUR_OK);
    cr_expect_str_eq(url, "https://dynamodb.eu-central-1.api.aws");
}

/* ---- which setting counts ---- */

static void expect_url(const cr_aws_given *given, cr_service service, const char *url)
{
    cr_aws_config *config = NULL;
    cr_endpoint found;
    cr_assert_eq(cr_aws_config_load(given, &config, &error), CRUDDUR_OK, "%s",
                 cruddur_error_message(error));
    cr_assert_eq(cr_aws_config_endpoint(config, service, &found, &error), CRUDDUR_OK, "%s",
                 cruddur_error_message(error));
    cr_expect_str_eq(found.url, url);
    cr_aws_config_free(config);
}

Test(endpoint, region_order)
{
    cr_aws_given given = {0};
    bed_write(".aws/config", "[default]\nregion = us-west-1\n[profile p]\nregion = us-west-2\n");
    expect_url(&given, DB, "https://dynamodb.us-west-1.amazonaws.com");
    bed_set("AWS_PROFILE", "p");
    expect_url(&given, DB, "https://dynamodb.us-west-2.amazonaws.com");
    bed_set("AWS_DEFAULT_REGION", "eu-west-1");
    expect_url(&given, DB, "https://dynamodb.eu-west-1.amazonaws.com");
    bed_set("AWS_REGION", "eu-west-2");
    expect_url(&given, DB, "https://dynamodb.eu-west-2.amazonaws.com");
    bed_set("AWS_REGION", "  ");
    expect_url(&given, DB, "https://dynamodb.eu-west-1.amazonaws.com");
    given.region = "eu-west-3";
    expect_url(&given, DB, "https://dynamodb.eu-west-3.amazonaws.com");
}

Test(endpoint, url_order)
{
    cr_aws_given given = {.region = "eu-west-3"};
    bed_write(".aws/config", "[default]\nendpoint_url = http://a:1\n");
    expect_url(&given, DB, "http://a:1");
    bed_write(".aws/config", "[default]\nendpoint_url = http://a:1\nservices = s\n"
                             "[services s]\ndynamodb =\n  endpoint_url = http://b:2\n"
                             "dynamodb_streams =\n  endpoint_url = http://b:3\n");
    expect_url(&given, DB, "http://b:2");
    expect_url(&given, STREAMS, "http://b:3");
    expect_url(&given, STS, "http://a:1");
    bed_set("AWS_ENDPOINT_URL", "http://c:3");
    expect_url(&given, DB, "http://c:3");
    bed_set("AWS_ENDPOINT_URL_DYNAMODB", "http://d:4");
    expect_url(&given, DB, "http://d:4");
    expect_url(&given, STREAMS, "http://c:3");
    bed_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    expect_url(&given, DB, "https://dynamodb.eu-west-3.amazonaws.com");
    given.endpoint_url = "http://e:5";
    expect_url(&given, DB, "http://e:5");
    expect_url(&given, STS, "https://sts.eu-west-3.amazonaws.com");
}

Test(endpoint, switches)
{
    cr_aws_given given = {.region = "us-east-1"};
    bed_write(".aws/config", "[default]\nuse_fips_endpoint = true\n");
    expect_url(&given, DB, "https://dynamodb-fips.us-east-1.amazonaws.com");
    bed_set("AWS_USE_DUALSTACK_ENDPOINT", "TRUE");
    expect_url(&given, DB, "https://dynamodb-fips.us-east-1.api.aws");
    given.use_fips = "false";
    expect_url(&given, DB, "https://dynamodb.us-east-1.api.aws");
    given.use_dual_stack = "false";
    expect_url(&given, DB, "https://dynamodb.us-east-1.amazonaws.com");
}

Test(endpoint, retries_and_the_rest)
{
    cr_aws_config *config = NULL;
    cr_aws_given given = {0};
    bed_write(".aws/config", "[default]\nmax_attempts = 7\nretry_mode = standard\n"
                             "account_id_endpoint_mode = required\nca_bundle = /a/b.pem\n");
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    cr_expect_eq(config->attempts_max, 7);
    cr_expect_eq(config->account_mode, CR_ACCOUNT_REQUIRED);
    cr_expect_str_eq(config->ca_bundle.value, "/a/b.pem");
    cr_expect_not(config->disable_skew_correction);
    cr_aws_config_free(config);

    bed_set("AWS_MAX_ATTEMPTS", "5");
    bed_set("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled");
    bed_set("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true");
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    cr_expect_eq(config->attempts_max, 5);
    cr_expect_eq(config->account_mode, CR_ACCOUNT_DISABLED);
    cr_expect(config->disable_skew_correction);
    cr_aws_config_free(config);

    given.attempts_max = 2;
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    cr_expect_eq(config->attempts_max, 2);
    cr_aws_config_free(config);
}

Test(endpoint, wrong_settings)
{
    static const char *const cases[][2] = {
        {"AWS_USE_FIPS_ENDPOINT", "yes"},
        {"AWS_USE_DUALSTACK_ENDPOINT", "1"},
        {"AWS_MAX_ATTEMPTS", "0"},
        {"AWS_MAX_ATTEMPTS", "3x"},
        {"AWS_RETRY_MODE", "bold"},
        {"AWS_ACCOUNT_ID_ENDPOINT_MODE", "maybe"},
        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "x"},
        {"AWS_DISABLE_CLOCK_SKEW_CORRECTION", "x"},
        {"AWS_EC2_METADATA_DISABLED", "1"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "metadata"},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "both"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_aws_config *config = NULL;
        cr_aws_given given = {.region = "eu-west-3"};
        bed_set(cases[i][0], "%s", cases[i][1]);
        EXPECT_ERROR(cr_aws_config_load(&given, &config, &error), CRUDDUR_E_CONFIG, &error,
                     cases[i][0]);
        (void)unsetenv(cases[i][0]);
    }
}

/* A wrong value in the profile is blamed on the file and the line. */
Test(endpoint, wrong_settings_of_the_profile)
{
    static const char *const cases[] = {
        "use_fips_endpoint = yes",
        "use_dualstack_endpoint = 1",
        "max_attempts = 0",
        "retry_mode = bold",
        "account_id_endpoint_mode = maybe",
        "ignore_configured_endpoint_urls = x",
        "disable_clock_skew_correction = x",
        "ec2_metadata_service_endpoint = 169.254.169.254",
        "ec2_metadata_service_endpoint = http://x/?y",
        "ec2_metadata_service_endpoint_mode = IPv5",
        "region = a-region-with-a-name-that-is-longer-than-any-name-of-a-region-ever-was",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_aws_config *config = NULL;
        cr_aws_given given = {.region = NULL};
        bed_write(".aws/config", bed_text("[default]\noutput = json\n%s\n", cases[i]));
        EXPECT_ERROR(cr_aws_config_load(&given, &config, &error), CRUDDUR_E_CONFIG, &error,
                     bed_text("%.*s (%s, line 3)", (int)strcspn(cases[i], " "), cases[i],
                              bed_path(".aws/config")));
    }
}

/* Each variable that has a twin in the profile comes before it, and where the variable is not set
 * the twin counts: here it is wrong. */
Test(endpoint, twins)
{
    static const struct {
        cr_env_name variable;
        const char *good;
    } cases[] = {
        {CR_ENV_METADATA_ENDPOINT, "http://127.0.0.1"},
        {CR_ENV_METADATA_ENDPOINT_MODE, "IPv6"},
        {CR_ENV_USE_FIPS, "false"},
        {CR_ENV_USE_DUAL_STACK, "false"},
        {CR_ENV_ACCOUNT_ID_ENDPOINT_MODE, "disabled"},
        {CR_ENV_IGNORE_ENDPOINT_URLS, "false"},
        {CR_ENV_RETRY_MODE, "legacy"},
        {CR_ENV_MAX_ATTEMPTS, "3"},
        {CR_ENV_DISABLE_CLOCK_SKEW_CORRECTION, "false"},
        {CR_ENV_REGION, "eu-west-1"},
        {CR_ENV_DEFAULT_REGION, "eu-west-1"},
        {CR_ENV_ENDPOINT_URL, "http://127.0.0.1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_aws_config *config = NULL;
        cr_endpoint found;
        cr_aws_given given = {.region = NULL};
        const char *property = cr_env_property(cases[i].variable);
        cr_assert_not_null(property);
        bed_write(".aws/config", bed_text("[default]\nregion = eu-west-1\n%s = _?_\n", property));
        cruddur_status status = cr_aws_config_load(&given, &config, &error);
        if (status == CRUDDUR_OK) {
            status = cr_aws_config_endpoint(config, DB, &found, &error);
        }
        cr_aws_config_free(config);
        EXPECT_ERROR(status, CRUDDUR_E_CONFIG, &error, property, ".aws/config, line 3)");
        bed_set(cr_env_text(cases[i].variable), "%s", cases[i].good);
        cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK, "%s",
                     cruddur_error_message(error));
        cr_expect_eq(cr_aws_config_endpoint(config, DB, &found, &error), CRUDDUR_OK, "%s",
                     cruddur_error_message(error));
        cr_aws_config_free(config);
        (void)unsetenv(cr_env_text(cases[i].variable));
    }
}

static const struct {
    cr_aws_given given;
    const char *variable;
    const char *value;
    const char *config;
    const char *words[2];
    const char *innocent;
} blamed[] = {
    {{0},
     "AWS_REGION",
     "eu_west_1",
     "endpoint_url = http://x",
     {"AWS_REGION: \"eu_west_1\""},
     "endpoint_url"},
    {{0}, "AWS_DEFAULT_REGION", "eu_west_1", "", {"AWS_DEFAULT_REGION: "}, "endpoint"},
    {{0}, "AWS_REGION", "frankfurt", "", {"AWS_REGION: \"frankfurt\""}, "endpoint"},
    {{0},
     "AWS_ENDPOINT_URL",
     "http://x",
     "region = eu_west_1",
     {"region (", "line 2)"},
     "AWS_ENDPOINT_URL"},
    {{.region = "x/y"},
     "AWS_ENDPOINT_URL",
     "http://x",
     "",
     {"the region parameter: "},
     "AWS_ENDPOINT_URL"},
    {{.endpoint_url = "x"},
     "AWS_ENDPOINT_URL",
     "http://x",
     "",
     {"the endpoint parameter: "},
     "AWS_ENDPOINT_URL"},
    {{0}, "AWS_ENDPOINT_URL", "x", "region = eu-west-1", {"AWS_ENDPOINT_URL: "}, "region ("},
    {{0},
     "AWS_ENDPOINT_URL_DYNAMODB",
     "x",
     "region = eu-west-1\nendpoint_url = http://x",
     {"AWS_ENDPOINT_URL_DYNAMODB: "},
     "endpoint_url ("},
    {{0},
     "AWS_REGION",
     "eu-west-1",
     "endpoint_url = x",
     {"endpoint_url (", "line 2)"},
     "AWS_REGION"},
    {{0},
     "AWS_REGION",
     "eu-west-1",
     "services = s\n[services s]\ndynamodb =\n endpoint_url = x",
     {"endpoint_url (", "line 5)"},
     "AWS_REGION"},
    {{0},
     "AWS_REGION",
     "eu-west-1",
     "services = none",
     {"services (", "no [services none]"},
     "AWS_REGION"},
    {{0},
     "AWS_REGION",
     "eu-west-1",
     "services = s\n[services s]\nTOPSECRET",
     {"services (", "line 4: "},
     "AWS_REGION"},
    {{0},
     "AWS_USE_FIPS_ENDPOINT",
     "true",
     "region = eu-west-1\nendpoint_url = http://x",
     {"endpoint_url (", "line 3) and AWS_USE_FIPS_ENDPOINT: "},
     "region"},
    {{0},
     "AWS_ENDPOINT_URL",
     "http://x",
     "use_dualstack_endpoint = true",
     {"AWS_ENDPOINT_URL and use_dualstack_endpoint (", "line 2): "},
     "region"},
    {{.use_fips = "true"},
     "AWS_REGION",
     "local",
     "",
     {"AWS_REGION and the fips parameter: "},
     "endpoint_url"},
    {{.use_fips = "true"},
     "AWS_REGION",
     "us-east-1",
     "account_id_endpoint_mode = required",
     {"the fips parameter and account_id_endpoint_mode (", "line 2): "},
     "AWS_REGION"},
    {{0},
     "AWS_REGION",
     "cn-north-1",
     "account_id_endpoint_mode = required",
     {"AWS_REGION and account_id_endpoint_mode (", "line 2): "},
     "FIPS"},
};

/* An endpoint's error names the settings that it is about, and no other. */
Test(endpoint, blame)
{
    for (size_t i = 0; i < COUNT(blamed); i++) {
        cr_aws_config *config = NULL;
        cr_endpoint found;
        bed_set(blamed[i].variable, "%s", blamed[i].value);
        bed_write(".aws/config", bed_text("[default]\n%s\n", blamed[i].config));
        cr_assert_eq(cr_aws_config_load(&blamed[i].given, &config, &error), CRUDDUR_OK, "%zu: %s",
                     i, cruddur_error_message(error));
        cruddur_status status = cr_aws_config_endpoint(config, DB, &found, &error);
        cr_expect_null(strstr(cruddur_error_message(error), blamed[i].innocent), "%s",
                       cruddur_error_message(error));
        cr_expect_null(strstr(cruddur_error_message(error), "TOPSECRET"));
        EXPECT_ERROR(status, CRUDDUR_E_CONFIG, &error, blamed[i].words[0],
                     blamed[i].words[1] == NULL ? "" : blamed[i].words[1]);
        cr_aws_config_free(config);
        (void)unsetenv(blamed[i].variable);
    }
}

/* The same where an account turns out to be missing only when there are credentials. */
Test(endpoint, blame_for_a_missing_account)
{
    char url[CR_ENDPOINT_SIZE];
    cr_aws_config *config = NULL;
    cr_aws_given given = {.region = "eu-west-1"};
    cr_endpoint found;
    bed_write(".aws/config", "[default]\naccount_id_endpoint_mode = required\n");
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    cr_assert_eq(cr_aws_config_endpoint(config, DB, &found, &error), CRUDDUR_OK);
    EXPECT_ERROR(cr_endpoint_of_account(&found, CR_STR_ABSENT, url, &error), CRUDDUR_E_CONFIG,
                 &error, "account_id_endpoint_mode (", ".aws/config, line 2): ", "no account");
    cr_aws_config_free(config);
}

Test(endpoint, metadata_modes)
{
    static const char *const cases[][2] = {
        {"IPv4", "http://169.254.169.254"},
        {"ipv6", "http://[fd00:ec2::254]"},
        {"", "http://169.254.169.254"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_aws_config *config = NULL;
        cr_aws_given given = {.region = "eu-west-1"};
        bed_write(".aws/config",
                  bed_text("[default]\nec2_metadata_service_endpoint_mode = %s\n", cases[i][0]));
        cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
        cr_expect_str_eq(config->metadata_endpoint, cases[i][1]);
        cr_aws_config_free(config);
    }
}

Test(endpoint, no_region)
{
    cr_aws_config *config = NULL;
    cr_aws_given given = {0};
    cr_endpoint found;
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    EXPECT_ERROR(cr_aws_config_endpoint(config, DB, &found, &error), CRUDDUR_E_CONFIG, &error,
                 "AWS_REGION", "region=", "\"default\"");
    cr_aws_config_free(config);
    bed_write(".aws/config", "broken\n");
    cr_assert_eq(cr_aws_config_load(&given, &config, &error), CRUDDUR_OK);
    EXPECT_ERROR(cr_aws_config_endpoint(config, DB, &found, &error), CRUDDUR_E_CONFIG, &error,
                 "region", "line 1");
    cr_aws_config_free(config);
    given.region = "eu-west-3"; /* the broken file is not needed */
    expect_url(&given, DB, "https://dynamodb.eu-west-3.amazonaws.com");
    given.profile = "p";
    EXPECT_ERROR(cr_aws_config_load(&given, &config, &error), CRUDDUR_E_CONFIG, &error, "line 1");
    bed_write(".aws/config", "[default]\n");
    EXPECT_ERROR(cr_aws_config_load(&given, &config, &error), CRUDDUR_E_CONFIG, &error, "\"p\"");
}
