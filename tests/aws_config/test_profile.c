/* SPDX-License-Identifier: MIT */
/* The shared files: what they say, and what is wrong with them. */
#include "bed.h"

#include <stdlib.h>
#include <sys/stat.h>

TestSuite(profile, .init = bed_make, .fini = bed_remove);

static cr_environment environment;
static cruddur_error *error;

static cr_profiles *load(const char *config, const char *credentials)
{
    cr_profiles *profiles = NULL;
    if (config != NULL) {
        bed_write(".aws/config", config);
    }
    if (credentials != NULL) {
        bed_write(".aws/credentials", credentials);
    }
    cr_assert_eq(cr_environment_read(&environment, &error), CRUDDUR_OK);
    cr_assert_eq(cr_profiles_load(&environment, &profiles, &error), CRUDDUR_OK, "%s",
                 cruddur_error_message(error));
    return profiles;
}

static void unload(cr_profiles *profiles)
{
    cr_profiles_free(profiles);
    cr_environment_free(&environment);
}

static void expect(const cr_profiles *profiles, const char *section, const char *name,
                   const char *value)
{
    const char *found = cr_profiles_get(profiles, CR_SECTION_PROFILE, section, NULL, name);
    if (value == NULL) {
        cr_expect_null(found, "%s: %s", name, found);
    } else {
        cr_assert_not_null(found, "%s", name);
        cr_expect_str_eq(found, value);
    }
}

Test(profile, sections_and_properties)
{
    cr_profiles *profiles = load("\xef\xbb\xbf# a comment\n"
                                 "[default]\r\n"
                                 "region = eu-central-1\r\n"
                                 "Output=json # trailing\n"
                                 "empty =\n"
                                 "tight=a#b;c\n"
                                 "; another\n"
                                 "[ profile\tdev ] # the team's\n"
                                 "region=us-east-1\n"
                                 "region=us-west-2\n"
                                 "[profile \"two words\"]\n"
                                 "region = x\n"
                                 "[dev]\n"
                                 "region = not-looked-at\n"
                                 "[plugins]\n"
                                 "whatever this is\n"
                                 "[sso-session my-sso]\n"
                                 "sso_region = eu-west-1",
                                 NULL);
    expect(profiles, "default", "region", "eu-central-1");
    expect(profiles, "default", "output", "json");
    expect(profiles, "default", "empty", NULL);
    expect(profiles, "default", "tight", "a#b;c");
    expect(profiles, "dev", "region", "us-west-2");
    expect(profiles, "two words", "region", "x");
    expect(profiles, "none", "region", NULL);
    cr_expect(cr_profiles_have(profiles, CR_SECTION_PROFILE, "dev"));
    cr_expect_not(cr_profiles_have(profiles, CR_SECTION_PROFILE, "plugins"));
    cr_expect_str_eq(
        cr_profiles_get(profiles, CR_SECTION_SSO_SESSION, "my-sso", NULL, "sso_region"),
        "eu-west-1");
    unload(profiles);
}

Test(profile, indented_lines)
{
    cr_profiles *profiles = load("[services here]\n"
                                 "dynamodb =\n"
                                 "  endpoint_url = http://localhost:8000\n"
                                 "  # a comment\n"
                                 "\tother = 1\n"
                                 "sts =\n"
                                 "  endpoint_url = http://localhost:9\n"
                                 "[profile p]\n"
                                 "long = one\n"
                                 "   two  # cut\n"
                                 "   three\n"
                                 "s3 =\n"
                                 "  addressing_style = path\n",
                                 NULL);
    cr_expect_str_eq(
        cr_profiles_get(profiles, CR_SECTION_SERVICES, "here", "dynamodb", "endpoint_url"),
        "http://localhost:8000");
    cr_expect_str_eq(cr_profiles_get(profiles, CR_SECTION_SERVICES, "here", "dynamodb", "other"),
                     "1");
    cr_expect_str_eq(cr_profiles_get(profiles, CR_SECTION_SERVICES, "here", "sts", "endpoint_url"),
                     "http://localhost:9");
    cr_expect_null(cr_profiles_get(profiles, CR_SECTION_SERVICES, "here", NULL, "endpoint_url"));
    expect(profiles, "p", "long", "one\ntwo\nthree");
    expect(profiles, "p", "addressing_style", NULL);
    unload(profiles);
}

Test(profile, the_credentials_file_comes_first)
{
    cr_profiles *profiles = load("[default]\naws_access_key_id = config\nregion = r\n"
                                 "[profile both]\nsource_profile = x\n",
                                 "[default]\naws_access_key_id = credentials\n[both]\nk = v\n");
    expect(profiles, "default", "aws_access_key_id", "credentials");
    expect(profiles, "default", "region", "r");
    expect(profiles, "both", "k", "v");
    expect(profiles, "both", "source_profile", "x");
    unload(profiles);
}

Test(profile, a_profile_default_replaces_default)
{
    cr_profiles *profiles = load("[profile default]\na = 1\n[default]\na = 2\nb = 2\n", NULL);
    expect(profiles, "default", "a", "1");
    expect(profiles, "default", "b", NULL);
    unload(profiles);
}

Test(profile, files_that_are_not_there)
{
    cr_profiles *profiles = load(NULL, NULL);
    cr_expect_not(cr_profiles_have(profiles, CR_SECTION_PROFILE, "default"));
    unload(profiles);
    bed_set("AWS_CONFIG_FILE", "/dev/null");
    bed_set("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/at/all");
    unload(load(NULL, NULL));
    (void)unsetenv("HOME");
    unload(load(NULL, NULL));
}

Test(profile, files_elsewhere)
{
    bed_set("AWS_CONFIG_FILE", "%s", bed_write("c", "[default]\na = 1\n"));
    bed_write("sub/k", "[default]\nb = 2\n");
    bed_set("AWS_SHARED_CREDENTIALS_FILE", "~/sub/k");
    cr_profiles *profiles = load("[default]\nc = 3\n", NULL);
    expect(profiles, "default", "a", "1");
    expect(profiles, "default", "b", "2");
    expect(profiles, "default", "c", NULL);
    unload(profiles);
}

Test(profile, malformed)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"[default\n", "line 1"},
        {"[default] x\n", "line 1"},
        {"a = 1\n[default]\n", "line 1"},
        {"[default]\n\n  indented = 1\n", "line 3"},
        {"[default]\nSECRET\n", "line 2"},
        {"[default]\n = SECRET\n", "line 2"},
        {"[default]\ns3 =\n  SECRET\n", "line 3"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_profiles *profiles = NULL;
        bed_write(".aws/credentials", cases[i].text);
        cr_assert_eq(cr_environment_read(&environment, &error), CRUDDUR_OK);
        cruddur_status status = cr_profiles_load(&environment, &profiles, &error);
        cr_expect_null(strstr(cruddur_error_message(error), "SECRET"));
        EXPECT_ERROR(status, CRUDDUR_E_CONFIG, &error, ".aws/credentials", cases[i].line);
        cr_environment_free(&environment);
    }
}

Test(profile, too_large_or_a_folder)
{
    cr_profiles *profiles = NULL;
    size_t size = CR_PROFILE_FILE_MAX + 1;
    char *text = malloc(size + 1);
    cr_assert_not_null(text);
    memset(text, '\n', size);
    text[size] = '\0';
    bed_set("AWS_CONFIG_FILE", "%s", bed_write("large", text));
    free(text);
    cr_assert_eq(cr_environment_read(&environment, &error), CRUDDUR_OK);
    EXPECT_ERROR(cr_profiles_load(&environment, &profiles, &error), CRUDDUR_E_CREDENTIALS, &error,
                 "large", "1048576");
    cr_environment_free(&environment);
    bed_set("AWS_CONFIG_FILE", "%s", bed_path(""));
    cr_assert_eq(cr_environment_read(&environment, &error), CRUDDUR_OK);
    EXPECT_ERROR(cr_profiles_load(&environment, &profiles, &error), CRUDDUR_E_CREDENTIALS, &error,
                 "Is a directory");
    cr_environment_free(&environment);
}

/* Cut and damaged files are read or refused, and nothing worse; the sanitizers watch. */
Test(profile, any_bytes)
{
    const char *whole =
        "[profile a]\nx = 1 # c\n  2\ny =\n z = 3\n[services s]\ndynamodb =\n e=1\n";
    char text[128];
    unsigned seed = 1;
    for (int round = 0; round < 500; round++) {
        size_t length = strlen(whole) - (unsigned)rand_r(&seed) % strlen(whole);
        memcpy(text, whole, length);
        text[length] = '\0';
        for (int i = 0; i < 3; i++) {
            text[(unsigned)rand_r(&seed) % length] = "[]=# \n;\tx\r"[rand_r(&seed) % 10];
        }
        cr_profiles *profiles = NULL;
        bed_write(".aws/config", text);
        cr_assert_eq(cr_environment_read(&environment, &error), CRUDDUR_OK);
        cruddur_status status = cr_profiles_load(&environment, &profiles, &error);
        cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_CONFIG);
        cruddur_error_free(error);
        error = NULL;
        unload(profiles);
    }
}

Test(profile, text_that_is_there_already)
{
    cr_profiles *profiles = NULL;
    cr_str config = cr_str_of("[default]\nregion = a\n");
    cr_str keys = cr_str_of("[default]\nregion = b\nx");
    cr_assert_eq(cr_profiles_parse(config, CR_STR_ABSENT, &profiles, &error), CRUDDUR_OK);
    expect(profiles, "default", "region", "a");
    cr_profiles_free(profiles);
    keys.size -= 2; /* up to there, and no further */
    cr_assert_eq(cr_profiles_parse(config, keys, &profiles, &error), CRUDDUR_OK);
    expect(profiles, "default", "region", "b");
    cr_profiles_free(profiles);
    keys.size += 2;
    EXPECT_ERROR(cr_profiles_parse(config, keys, &profiles, &error), CRUDDUR_E_CONFIG, &error,
                 "the credentials file, line 3");
}
