/* SPDX-License-Identifier: MIT */
/* A profile that names credentials yields these or fails, and never leads to the next source, which
 * is another identity. In most tests a container is there to give one. */
#include "asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(ways, .init = asking_begin, .fini = asking_end);

/* What is not to be found. */
static void set_trap(void)
{
    static step steps[1];
    steps[0] = (step){ACT_REPLY, json_answer("Token")};
    serve(steps, 1);
    bed_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "%s/trap", server_url(running));
}

static void expect_trap(void)
{
    expect_identity("ASIAJSON", "tok/en", NULL);
}

/* ---- what is missing ---- */

#define SSO_MISSING "sso_account_id and sso_role_name are missing, which "
#define KEYS_MISSING "aws_access_key_id and aws_secret_access_key are missing, which "

Test(ways, each_property_alone)
{
    static const struct {
        const char *property;
        const char *words;
    } cases[] = {
        {"role_arn = r", "one of source_profile, credential_source and web_identity_token_file is "
                         "missing, which role_arn ("},
        {"source_profile = other", "role_arn is missing, which source_profile ("},
        {"credential_source = EcsContainer", "role_arn is missing, which credential_source ("},
        {"web_identity_token_file = /t", "role_arn is missing, which web_identity_token_file ("},
        {"sso_session = s", SSO_MISSING "sso_session ("},
        {"sso_start_url = https://x", SSO_MISSING "sso_start_url ("},
        {"sso_region = us-west-2", SSO_MISSING "sso_region ("},
        {"sso_registration_scopes = x", SSO_MISSING "sso_registration_scopes ("},
        {"sso_account_id = 1", "sso_role_name is missing, which sso_account_id ("},
        {"sso_role_name = r", "sso_account_id is missing, which sso_role_name ("},
        {"login_session = arn:aws:iam::1:user/x", "`aws login`, which is not supported"},
        {"aws_access_key_id = AKID", "aws_secret_access_key is missing, which aws_access_key_id ("},
        {"aws_secret_access_key = TOPSECRET",
         "aws_access_key_id is missing, which aws_secret_access_key ("},
        {"aws_session_token = TOPSECRET", KEYS_MISSING "aws_session_token ("},
        {"aws_security_token = TOPSECRET", KEYS_MISSING "aws_security_token ("},
        {"source_profile =", "role_arn is missing, which source_profile ("},
        {"role_arn =", "role_arn ("},
        {"web_identity_token_file =", "web_identity_token_file ("},
        {"credential_process =", "credential_process ("},
        {"aws_access_key_id =", "aws_access_key_id ("},
        {"login_session =", "login_session ("},
    };
    set_trap();
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *name = i % 2 == 0 ? ".aws/config" : ".aws/credentials";
        bed_write(".aws/config", "");
        bed_write(".aws/credentials", "");
        bed_write(name, bed_text("[default]\nregion = x\n%s\n", cases[i].property));
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "profile \"default\"", cases[i].words,
                     bed_text("(%s, line 3)", bed_path(name)));
        cr_expect_eq(server_requests(running), 0);
    }
}

Test(ways, more_that_is_missing_or_wrong)
{
    static const struct {
        const char *config;
        const char *words[2];
    } cases[] = {
        {"role_arn = r\nsource_profile = a\ncredential_source = Environment\n",
         {"source_profile (", "and credential_source exclude each other"}},
        {"role_arn = r\nsource_profile =\n", {"source_profile (", "is empty"}},
        {"role_arn = r\ncredential_source =\n", {"credential_source (", "is empty"}},
        {"role_arn = r\ncredential_source = ecscontainer\n",
         {"credential_source (", "must be Environment, Ec2InstanceMetadata or EcsContainer"}},
        {"role_arn = r\ncredential_source = Environment\n",
         {"credential_source Environment", "AWS_ACCESS_KEY_ID is not set"}},
        {"role_arn = r\nsource_profile = none\n",
         {"source_profile (", "there is no profile \"none\" in"}},
        {"role_arn = r\nsource_profile = faulty\n", {"source_profile (", ".aws/config, line 7"}},
        {"role_arn = r\nsource_profile = bare\n", {"\"bare\"", "has no credentials"}},
        {"role_arn = r\nsource_profile = half\n",
         {"profile \"half\"", "aws_secret_access_key is missing"}},
        {"role_arn = r\nsource_profile = base\nmfa_serial = m\n", {"mfa_serial (", "person"}},
        {"role_arn = r\nsource_profile = base\nduration_seconds = 1h\n",
         {"duration_seconds (", "must be a number"}},
        {"role_arn = r\nweb_identity_token_file =\n", {"web_identity_token_file (", "is empty"}},
        {"role_arn =\nweb_identity_token_file = /t\n", {"role_arn (", "is empty"}},
        {"aws_access_key_id = A\naws_secret_access_key =\n",
         {"aws_secret_access_key (", "is empty"}},
        {"sso_session = none\nsso_account_id = 1\nsso_role_name = r\n",
         {"sso_session (", "there is no [sso-session none] in"}},
        {"sso_session = s\nsso_account_id = 1\nsso_role_name = r\n",
         {"sso_region is missing", "sso_account_id ("}},
        {"sso_session = t\nsso_account_id = 1\nsso_role_name = r\n", {"sso_region (", "is empty"}},
        {"sso_session =\nsso_account_id = 1\nsso_role_name = r\n", {"sso_session (", "is empty"}},
        {"sso_session = s\nsso_region = x\nsso_account_id = 1\nsso_role_name = r\n",
         {"sso_start_url is missing", "sso_account_id ("}},
        {"sso_start_url = https://x\nsso_region = r\nsso_role_name = r\n",
         {"sso_account_id is missing", "sso_role_name ("}},
        {"sso_start_url = https://x\nsso_region = r\nsso_account_id = 1\nsso_role_name =\n",
         {"sso_role_name (", "is empty"}},
    };
    set_trap();
    for (size_t i = 0; i < COUNT(cases); i++) {
        bed_write(".aws/config",
                  bed_text("[profile bare]\nregion = x\n[profile half]\naws_access_key_id = A\n"
                           "[profile base]\n[profile faulty]\nTOPSECRET\n[sso-session s]\n"
                           "[sso-session t]\nsso_region =\n[default]\n%s",
                           cases[i].config));
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "profile \"", cases[i].words[0],
                     cases[i].words[1]);
        cr_expect_eq(server_requests(running), 0);
    }
}

/* A wrong region of single sign-on is blamed on its own setting, where that is. */
Test(ways, a_wrong_region_of_single_sign_on)
{
    bed_write(".aws/sso/cache/" /* sha1("s") */
              "a0f1490a20d0211c997b44bc357e1972deab8ae3.json",
              bed_text("{\"accessToken\":\"t\",\"expiresAt\":\"%s\"}", bed_time(3600)));
    bed_write(".aws/config",
              "[default]\nregion = eu-central-1\nsso_session = s\n"
              "sso_account_id = 1\nsso_role_name = r\n"
              "[sso-session s]\nsso_start_url = https://x\nsso_region = us_west_2\n");
    bed_set("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9");
    EXPECT_ERROR(ask(), CRUDDUR_E_CONFIG, &error, "sso_region (", ".aws/config, line 8)",
                 "us_west_2");
}

/* The profile that needs a person is not always the one that was asked for. */
Test(ways, who_has_to_sign_in)
{
    bed_write(".aws/config", "[default]\nrole_arn = r\nsource_profile = person\n"
                             "[profile person]\nsso_region = us-west-2\nsso_account_id = 1\n"
                             "sso_role_name = r\nsso_start_url = https://x\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "aws sso login --profile person`");
}

/* None of these is a credential, and the next source is asked. */
Test(ways, other_properties)
{
    set_trap();
    bed_write(".aws/config", "[default]\nregion = x\nmfa_serial = m\nexternal_id = e\n"
                             "role_session_name = me\nduration_seconds = 900\n"
                             "aws_account_id = 123456789012\nsso =\n  sso_session = s\n");
    expect_trap();
    bed_set("AWS_PROFILE", "p");
    bed_write(".aws/config", "[profile p]\nregion = x\n");
    expect_trap();
}

/* A fault matters in the section that is used only. */
Test(ways, faults)
{
    set_trap();
    bed_write(".aws/config", "[profile other]\nTOPSECRET\n[sso-session s]\n= x\n"
                             "[default]\nregion = x\n[plugins]\nanything\n");
    expect_trap();
    bed_write(".aws/config", "[default]\nregion = x\nTOPSECRET\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, ".aws/config, line 3");
    bed_write(".aws/config", "TOPSECRET\n[default]\nregion = x\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, ".aws/config, line 1");
    bed_set("AWS_PROFILE", "p");
    bed_write(".aws/config", "[profile p]\nTOPSECRET\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CONFIG, &error, "AWS_PROFILE", ".aws/config, line 2");
    given.profile = "q";
    EXPECT_ERROR(ask(), CRUDDUR_E_CONFIG, &error, "profile parameter", "\"q\"");
}

/* [profile x] in the credentials file is none. */
Test(ways, a_profile_in_the_wrong_file)
{
    set_trap();
    bed_write(".aws/credentials", "[profile default]\naws_access_key_id = A\n"
                                  "aws_secret_access_key = " SECRET "\n");
    expect_trap();
    bed_set("AWS_PROFILE", "default");
    EXPECT_ERROR(ask(), CRUDDUR_E_CONFIG, &error, "AWS_PROFILE", ".aws/credentials, line 1",
                 "[profile NAME]");
}

/* ---- which one it is ---- */

#define KEYS(id) "aws_access_key_id = " id "\naws_secret_access_key = " SECRET "\n"

/* In the order of the AWS CLI. */
Test(ways, order)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    const char *process = bed_text(
        "credential_process = %s\n",
        script("echo '{\"Version\":1,\"AccessKeyId\":\"PROC\",\"SecretAccessKey\":\"" SECRET
               "\"}'"));
    serve_sts(steps, 1);
    bed_write(".aws/config", bed_text("[default]\n%s%s", KEYS("AKIDCONFIG"), process));
    expect_identity("PROC", NULL, NULL);
    bed_write(".aws/credentials", "[default]\n" KEYS("AKIDFILE"));
    expect_identity("AKIDFILE", NULL, NULL);
    bed_write(".aws/config", bed_text("[default]\nlogin_session = l\n%s", process));
    expect_identity("AKIDFILE", NULL, NULL);
    bed_write(".aws/credentials", "");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "login_session (",
                 "export-credentials --profile default --format process`");
    bed_write(".aws/credentials", "[default]\n" KEYS("AKIDFILE"));
    bed_write(".aws/config", "[default]\nsso_account_id = 1\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "sso_role_name is missing");
    bed_write(".aws/config", "[default]\nsso_account_id = 1\nrole_arn = " ROLE
                             "\nsource_profile = b\n[profile b]\n" KEYS("AKIDB"));
    expect_identity("ASIAROLE", "to&ken", NULL);
    bed_write(".aws/config", "[default]\nsource_profile = b\nsso_session = s\n");
    expect_identity("AKIDFILE", NULL, NULL);
}

Test(ways, older_names)
{
    bed_write(".aws/credentials",
              "[p]\n" KEYS("AKIDP") "aws_security_token = old\n"
                                    "[q]\n" KEYS("AKIDQ") "aws_session_token =\n");
    bed_set("AWS_DEFAULT_PROFILE", "p");
    expect_identity("AKIDP", "old", NULL);
    bed_set("AWS_PROFILE", "q");
    expect_identity("AKIDQ", NULL, NULL);
    (void)unsetenv("AWS_PROFILE");
    bed_set("AWS_DEFAULT_PROFILE", "none");
    EXPECT_ERROR(ask(), CRUDDUR_E_CONFIG, &error, "AWS_DEFAULT_PROFILE", "\"none\"");
}

Test(ways, a_named_profile_and_web_identity)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")},
                          {ACT_REPLY, sts_answer("AssumeRoleWithWebIdentity", "ASIAWEB")}};
    serve_sts(steps, 2);
    bed_set("AWS_WEB_IDENTITY_TOKEN_FILE", "%s", bed_write("token", "token"));
    bed_set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/web");
    bed_write(".aws/config",
              "[profile p]\nrole_arn = " ROLE "\nsource_profile = b\n"
              "[profile b]\n" KEYS(
                  "AKIDB") "[profile region]\nregion = x\n"
                           "[profile half]\nrole_arn = r\n[default]\nregion = x\n" KEYS("AKID"));
    bed_set("AWS_PROFILE", "p");
    expect_identity("ASIAROLE", "to&ken", NULL);
    expect_in_request(0, "reader&");
    bed_set("AWS_PROFILE", "b");
    expect_identity("AKIDB", NULL, NULL);
    bed_set("AWS_PROFILE", "half");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "\"half\"", "missing");
    bed_set("AWS_PROFILE", "region");
    expect_identity("ASIAWEB", "to&ken", NULL);
    (void)unsetenv("AWS_PROFILE");
    expect_identity("ASIAWEB", "to&ken", NULL);
    given.profile = "region";
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "web identity: not asked");
    given.profile = NULL;
    bed_set("AWS_PROFILE", "p");
    bed_set("AWS_ACCESS_KEY_ID", "AKIDENV");
    bed_set("AWS_SECRET_ACCESS_KEY", "%s", SECRET);
    expect_identity("AKIDENV", NULL, NULL);
}

/* ---- circles ---- */

#define ROLE_OF(source) "role_arn = " ROLE "\nsource_profile = " source "\n"

Test(ways, circles)
{
    static const char *const cases[] = {
        "[default]\n" ROLE_OF("default"),
        "[default]\n" ROLE_OF("a") "[profile a]\n" ROLE_OF("default"),
        "[default]\n" KEYS("A") ROLE_OF("a") "[profile a]\n" ROLE_OF("default"),
        "[default]\n" ROLE_OF("a") "[profile a]\n" KEYS("A") ROLE_OF("default"),
        "[default]\n" ROLE_OF("a") "[profile a]\n" ROLE_OF("b") "[profile b]\n" KEYS("A")
            ROLE_OF("a"),
    };
    set_trap();
    for (size_t i = 0; i < COUNT(cases); i++) {
        bed_write(".aws/config", cases[i]);
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "source_profile (", "circle");
        cr_expect_eq(server_requests(running), 0);
    }
}

/* Longer than any chain that is followed, with a way into it, and with keys on the way. */
Test(ways, a_long_circle)
{
    char text[4096] = "[default]\n" ROLE_OF("p0");
    set_trap();
    for (int i = 0; i < 20; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used,
                       "[profile p%d]\nrole_arn = " ROLE "\nsource_profile = p%d\n%s", i,
                       i == 19 ? 7 : i + 1, i == 5 ? KEYS("A") : "");
    }
    bed_write(".aws/config", text);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "source_profile (", "circle");
    cr_expect_eq(server_requests(running), 0);
}

Test(ways, what_looks_like_a_circle)
{
    const step steps[] = {{ACT_REPLY, sts_answer("AssumeRole", "ASIAROLE")}};
    serve_sts(steps, 1);
    static const char *const cases[] = {
        "[default]\n" KEYS("AKIDOWN") ROLE_OF("default"),
        "[default]\n" ROLE_OF("a") "[profile a]\n" KEYS("AKIDOWN") ROLE_OF("a"),
        "[default]\n" ROLE_OF("a") "[profile a]\n" KEYS("AKIDOWN") "source_profile = default\n",
        "[default]\n" ROLE_OF("a") "[profile a]\n" KEYS("AKIDOWN") ROLE_OF("none"),
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        bed_write(".aws/config", cases[i]);
        expect_identity("ASIAROLE", "to&ken", NULL);
        expect_in_request(i, "Credential=AKIDOWN/");
    }
    cr_expect_eq(server_requests(running), COUNT(cases));
}

/* ---- the account ---- */

static void write_process(const char *account, const char *own)
{
    bed_write(".aws/config",
              bed_text("[default]\naws_account_id = %s\ncredential_process = %s\n", account,
                       script(bed_text("echo '{\"Version\":1,\"AccessKeyId\":\"PROC\",%s"
                                       "\"SecretAccessKey\":\"" SECRET "\"}'",
                                       own))));
}

Test(ways, the_account_of_the_profile)
{
    write_process("111111111111", "");
    expect_identity("PROC", NULL, "111111111111");
    write_process("111111111111", "\"AccountId\":\"222222222222\",");
    expect_identity("PROC", NULL, "222222222222");
    write_process("", "");
    expect_identity("PROC", NULL, NULL);
    cr_expect_null(identity->account_id.data);
    write_process("11111 11111", "");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "profile \"default\"");
    bed_write(".aws/config", "[default]\n" KEYS("AKID") "aws_account_id = 111111111111\n");
    expect_identity("AKID", NULL, "111111111111");
}

/* It is not the account of another source. */
Test(ways, the_account_is_for_its_own_profile)
{
    const step steps[] = {{ACT_REPLY, answer(200, "<AssumeRoleResponse><AssumeRoleResult>"
                                                  "<Credentials><AccessKeyId>R</AccessKeyId>"
                                                  "<SecretAccessKey>" SECRET "</SecretAccessKey>"
                                                  "<SessionToken>t</SessionToken><Expiration>"
                                                  "2100-01-01T00:00:00Z</Expiration></Credentials>"
                                                  "</AssumeRoleResult></AssumeRoleResponse>")}};
    serve_sts(steps, 1);
    bed_write(".aws/config", "[default]\n" ROLE_OF("b") "[profile b]\n" KEYS(
                                 "AKIDB") "aws_account_id = 111111111111\n");
    expect_identity("R", "t", NULL);
    cr_expect_null(identity->account_id.data);
    bed_write(".aws/config", "[default]\naws_account_id = 222222222222\n" ROLE_OF(
                                 "b") "[profile b]\n" KEYS("AKIDB"));
    expect_identity("R", "t", "222222222222");
}

/* ---- commands that want a shell ---- */

static void write_command(const char *arguments)
{
    bed_write(".aws/config",
              bed_text("[default]\ncredential_process = %s %s\n",
                       script("touch ran\nprintf '%s|' \"$@\" > said\n"
                              "echo '{\"Version\":1,\"AccessKeyId\":\"PROC\",\"SecretAccessKey\":"
                              "\"" SECRET "\"}'"),
                       arguments));
}

Test(ways, commands_for_a_shell)
{
    static const struct {
        const char *arguments;
        const char *character;
    } cases[] = {
        {"| TOPSECRET", "so | has no effect"},  {"a|b", "so | has no effect"},
        {"&& b", "so & has no effect"},         {"a;b", "so ; has no effect"},
        {"> f", "so > has no effect"},          {"2>/dev/null", "so > has no effect"},
        {"< f", "so < has no effect"},          {"(a)", "so ) has no effect"},
        {"a $HOME", "so $ has no effect"},      {"\"$HOME\"", "so $ has no effect"},
        {"\"\\$HOME\"", "so $ has no effect"},  {"$(touch evil)", "so ) has no effect"},
        {"`touch evil`", "so ` has no effect"}, {"\"`a`\"", "so ` has no effect"},
        {"~/x", "so ~ has no effect"},          {"a ~", "so ~ has no effect"},
    };
    cr_expect_eq(chdir(bed_path("")), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_command(cases[i].arguments);
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "profile \"default\"",
                     ".aws/config, line 2)", "no shell runs it", cases[i].character);
    }
    cr_expect_eq(access("ran", F_OK), -1);
}

/* Quoted, the same characters are the command's own business. */
Test(ways, commands_for_no_shell)
{
    static const char *const cases[][2] = {
        {"'a|b' 'c & d' '$HOME'", "a|b|c & d|$HOME|"},
        {"\"a|b;c<d>(e)&f\"", "a|b;c<d>(e)&f|"},
        {"a\\|b \\$HOME \\~ \\;", "a|b|$HOME|~|;|"},
        {"a~b c=~/d --x=1", "a~b|c=~/d|--x=1|"},
        {"[a] {b} * ? ! % ^ = : , @ #x", "[a]|{b}|*|?|!|%|^|=|:|,|@|"},
        {"a#b \"c\\\\d\" 'e\\f' \"g\\h\" ''", "a#b|c\\d|e\\f|g\\h||"},
    };
    cr_expect_eq(chdir(bed_path("")), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char said[256] = "";
        write_command(cases[i][0]);
        expect_identity("PROC", NULL, NULL);
        FILE *file = fopen(bed_path("said"), "r");
        cr_assert_not_null(file);
        said[fread(said, 1, sizeof(said) - 1, file)] = '\0';
        cr_assert_eq(fclose(file), 0);
        cr_expect_str_eq(said, cases[i][1]);
    }
}

Test(ways, commands_that_are_cut_off)
{
    char words[256] = "";
    static const char *const cases[] = {"'TOPSECRET", "\"a", "a\\", "'a # b'"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_command(cases[i]);
        EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "credential_process (",
                     "ends inside quotes or after \\", "comment");
    }
    for (size_t i = 0; i < 64; i++) {
        (void)strncat(words, "a ", sizeof(words) - strlen(words) - 1);
    }
    write_command(words);
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "too many words");
    bed_write(".aws/config", "[default]\ncredential_process = ''\n");
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "there is no command");
}

/* ---- the machine's metadata service ---- */

Test(ways, metadata_settings_of_the_profile)
{
    const step steps[] = {{ACT_REPLY, answer(200, "the-token")},
                          {ACT_REPLY, answer(200, "the-role")},
                          {ACT_REPLY, json_answer("Token")}};
    serve(steps, 3);
    (void)unsetenv("AWS_EC2_METADATA_DISABLED");
    bed_write(".aws/config", bed_text("[default]\nec2_metadata_service_endpoint = %s/\n"
                                      "ec2_metadata_service_endpoint_mode = ipv6\n",
                                      server_url(running)));
    expect_identity("ASIAJSON", "tok/en", NULL);
    expect_in_request(0, "PUT /latest/api/token HTTP/1.1\r\n");
    bed_set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:%d", closed_port());
    EXPECT_ERROR(ask(), CRUDDUR_E_CREDENTIALS, &error, "instance: ");
    cr_expect_eq(server_requests(running), 3u);
}
