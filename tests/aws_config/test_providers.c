/* SPDX-License-Identifier: MIT */
/* Credentials given in code, by the environment, by files and by a command; what is asked for in
 * which order, and what is wiped. test_roles.c, test_sso.c and test_metadata.c have the other
 * sources. */
#include "asking.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* ---- what is wiped ---- */

#define HIDDEN "tok\0HIDDEN"

/* Only then are bytes looked at that nobody may ever have written. */
static atomic_bool is_watching;
static atomic_int hidden_wipes;

static void wipe(void *bytes, size_t size)
{
    volatile char *at = bytes;
    bool is_hidden = atomic_load(&is_watching) && size >= sizeof(HIDDEN) - 1 &&
                     memcmp(bytes, HIDDEN, sizeof(HIDDEN) - 1) == 0;
    (void)atomic_fetch_add(&hidden_wipes, is_hidden ? 1 : 0);
    for (size_t i = 0; i < size; i++) {
        at[i] = 0;
    }
}

/* In place of the C library's; the second is called where _FORTIFY_SOURCE is on. */
void explicit_bzero(void *bytes, size_t size)
{
    wipe(bytes, size);
}

void __explicit_bzero_chk(void *bytes, size_t size, size_t room);

void __explicit_bzero_chk(void *bytes, size_t size, size_t room)
{
    (void)room;
    wipe(bytes, size);
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
