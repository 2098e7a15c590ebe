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
                                 "long = one # cut\n"
                                 "   two  # not cut ; either\n"
                                 "   # a comment\n"
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
    expect(profiles, "p", "long", "one\ntwo  # not cut ; either\nthree");
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

/* What a section is called decides whether it is one. */
Test(profile, names_of_sections)
{
    cr_profiles *profiles =
        load("[profile some-thing:long/the_one%only.foo@bar+]\na = 1\n"
             "[profile foo!bar]\na = 2\n[profile in valid]\na = 3\n[profilefoo]\na = 4\n"
             "[bare]\na = 5\n[profile ]\na = 6\n[]\na = 7\n[profile 'it\"s mine']\na = 8\n"
             "[profile 'un\"]\na = 9\n[profile ab\xc3\xa4]\na = 10\n[sso-session s p]\na = 11\n",
             "[profile x]\na = 1\n[in valid 2]\na = 2\n[sso-sessionfoo]\na = 3\n"
             "[sso-session s]\na = 4\n[ plain ]\na = 5\n[\"quoted\"]\na = 6\n[DEFAULT]\na = 7\n");
    expect(profiles, "some-thing:long/the_one%only.foo@bar+", "a", "1");
    expect(profiles, "it\"s mine", "a", "8");
    expect(profiles, "sso-sessionfoo", "a", "3");
    expect(profiles, "plain", "a", "5");
    expect(profiles, "DEFAULT", "a", "7");
    static const char *const ignored[] = {"foo!bar",    "in valid",   "in",        "foo",
                                          "profilefoo", "bare",       "",          "'un\"",
                                          "ab\xc3\xa4", "x",          "profile x", "in valid 2",
                                          "quoted",     "\"quoted\"", "default",   "sso-session s"};
    for (size_t i = 0; i < COUNT(ignored); i++) {
        cr_expect_not(cr_profiles_have(profiles, CR_SECTION_PROFILE, ignored[i]), "%s", ignored[i]);
    }
    cr_expect_not(cr_profiles_have(profiles, CR_SECTION_SSO_SESSION, "s"));
    cr_expect_not(cr_profiles_have(profiles, CR_SECTION_SSO_SESSION, "s p"));
    unload(profiles);
}

/* What the AWS CLI reads, and a stricter reader would not. */
Test(profile, as_the_aws_cli_reads_them)
{
    cr_profiles *profiles = load("[default] /* text [1] */\n"
                                 "  region = a\n"
                                 "\toutput: b\n"
                                 "    more\n"
                                 "\xc2\xa0\n"
                                 "\xe2\x80\x83key \xc2\xa0=\xc2\xa0 c \xe3\x80\x80\n"
                                 " [profile p]\n"
                                 "  region : x: y = z\r"
                                 "  s3 =\r\n"
                                 "    addressing_style = path\n"
                                 "    [not a section]=1\n"
                                 "  after = 1\n"
                                 "[profile q]\n"
                                 "region = r\n"
                                 "  [profile w]\n",
                                 NULL);
    expect(profiles, "default", "region", "a");
    expect(profiles, "default", "output", "b\nmore");
    expect(profiles, "default", "key", "c");
    expect(profiles, "p", "region", "x: y = z");
    expect(profiles, "p", "after", "1");
    cr_expect_str_eq(cr_profiles_get(profiles, CR_SECTION_PROFILE, "p", "s3", "addressing_style"),
                     "path");
    expect(profiles, "q", "region", "r\n[profile w]");
    cr_expect_not(cr_profiles_have(profiles, CR_SECTION_PROFILE, "w"));
    unload(profiles);
}

Test(profile, comments)
{
    cr_profiles *profiles = load("[default];x\n"
                                 "a = 1 # c\nb = 2\t; c\nc = 3#c\nd = 4;c\ne = # c\nf =#c\n"
                                 "  #no value\n#c\n\t;c\ng = x # y ; z # w\n",
                                 NULL);
    expect(profiles, "default", "a", "1");
    expect(profiles, "default", "b", "2");
    expect(profiles, "default", "c", "3#c");
    expect(profiles, "default", "d", "4;c");
    expect(profiles, "default", "e", NULL);
    expect(profiles, "default", "f", "#c");
    expect(profiles, "default", "g", "x");
    unload(profiles);
}

/* Where a property is. */
Test(profile, places)
{
    cr_profiles *profiles = load("[default]\r\na = 1\n\n# c\nb =\n", "\n[default]\nb = 3\n");
    const cr_property *a = cr_profiles_find(profiles, CR_SECTION_PROFILE, "default", NULL, "a");
    const cr_property *b = cr_profiles_find(profiles, CR_SECTION_PROFILE, "default", NULL, "b");
    cr_assert(a != NULL && b != NULL);
    cr_expect_eq(a->line, 2u);
    cr_expect_str_eq(a->path, bed_path(".aws/config"));
    cr_expect_not(a->is_credentials);
    cr_expect_eq(b->line, 3u);
    cr_expect_str_eq(b->path, bed_path(".aws/credentials"));
    cr_expect(b->is_credentials);
    cr_expect_str_eq(b->value, "3");
    unload(profiles);
    profiles = load("[default]\nb =  \n", "");
    b = cr_profiles_find(profiles, CR_SECTION_PROFILE, "default", NULL, "b");
    cr_assert_not_null(b);
    cr_expect_str_empty(b->value);
    expect(profiles, "default", "b", NULL);
    unload(profiles);
}

/* Nothing can be said of such a file. */
Test(profile, malformed)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"[default\n", "line 1"},
        {"[default]\n[SECRET = 1\n", "line 2"},
        {"SECRET = 1\n[default]\n", "line 1"},
        {"\n  SECRET\n", "line 2"},
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

static void expect_check(const cr_profiles *profiles, cr_section kind, const char *section,
                         const char *word, const char *other)
{
    cruddur_status status = cr_profiles_check(profiles, kind, section, &error);
    cr_expect_null(strstr(cruddur_error_message(error), "SECRET"));
    EXPECT_ERROR(status, CRUDDUR_E_CONFIG, &error, word, other);
}

/* A malformed line is a fault of its section alone. */
Test(profile, faults)
{
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {"  SECRET\n", "config, line 6: a property is written name = value"},
        {"SECRET\n", "config, line 6: a property is written name = value"},
        {" = SECRET\n", "config, line 6: a property needs a name"},
        {"s3 =\n  SECRET\n", "config, line 7: a property is written name = value"},
        {"s3 =\n  SECRET: 1\n", "config, line 7"},
        {"s3 =\n  = SECRET\n", "config, line 7: a property needs a name"},
        {"a = 1\nSECRET\n  b = 2\n", "config, line 7"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cr_profiles *profiles = load(
            bed_text("[profile a]\nx = 1\n\n[sso-session s]\n[profile b]\n%s[profile c]\nz = 3\n",
                     cases[i].text),
            NULL);
        expect(profiles, "a", "x", "1");
        expect(profiles, "c", "z", "3");
        cr_expect_eq(cr_profiles_check(profiles, CR_SECTION_PROFILE, "a", &error), CRUDDUR_OK);
        cr_expect_eq(cr_profiles_check(profiles, CR_SECTION_SSO_SESSION, "s", &error), CRUDDUR_OK);
        cr_expect_eq(cr_profiles_check(profiles, CR_SECTION_PROFILE, "c", &error), CRUDDUR_OK);
        expect_check(profiles, CR_SECTION_PROFILE, "b", cases[i].line, ".aws/");
        unload(profiles);
    }
}

/* A fault of the [default] that is not used does not matter. */
Test(profile, faults_of_default)
{
    cr_profiles *profiles = load("[default]\nSECRET\n[profile default]\na = 1\n", NULL);
    cr_expect_eq(cr_profiles_check(profiles, CR_SECTION_PROFILE, "default", &error), CRUDDUR_OK);
    unload(profiles);
    profiles = load("[default]\nSECRET\n", "[default]\na = 1\n");
    expect_check(profiles, CR_SECTION_PROFILE, "default", ".aws/config", "line 2");
    unload(profiles);
}

/* The error for a section that is not there helps to find out why. */
Test(profile, missing_sections)
{
    cr_profiles *profiles = load("[x]\n[profile 'a b']\nregion = r\n[services t]\n",
                                 "[profile y]\n[a b]\nkey = SECRET\n[c d]\n");
    expect_check(profiles, CR_SECTION_PROFILE, "none", ".aws/config", ".aws/credentials");
    expect_check(profiles, CR_SECTION_PROFILE, "x", ".aws/config, line 1", "is ignored");
    expect_check(profiles, CR_SECTION_PROFILE, "y", ".aws/credentials, line 1", "is ignored");
    expect_check(profiles, CR_SECTION_PROFILE, "c d", ".aws/credentials, line 4", "is ignored");
    expect_check(profiles, CR_SECTION_SSO_SESSION, "s", "there is no [sso-session s]", "config");
    expect_check(profiles, CR_SECTION_SERVICES, "s", "there is no [services s]", "config");
    /* The AWS CLI would use these keys. */
    expect_check(profiles, CR_SECTION_PROFILE, "a b", ".aws/credentials, line 2", "is ignored");
    unload(profiles);
    (void)unsetenv("HOME");
    profiles = load(NULL, NULL);
    expect_check(profiles, CR_SECTION_PROFILE, "none", "~/.aws/config", "~/.aws/credentials");
    unload(profiles);
}

/* A path that the AWS CLI would replace more in. */
Test(profile, paths_that_are_not_replaced)
{
    static const char *const paths[] = {"~ann/.aws/config", "$HOME/.aws/config", "~"};
    for (size_t i = 0; i < COUNT(paths); i++) {
        cr_profiles *profiles = NULL;
        bed_set("AWS_CONFIG_FILE", "%s", paths[i]);
        cr_assert_eq(cr_environment_read(&environment, &error), CRUDDUR_OK);
        EXPECT_ERROR(cr_profiles_load(&environment, &profiles, &error), CRUDDUR_E_CONFIG, &error,
                     "AWS_CONFIG_FILE", paths[i], "in full");
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
    EXPECT_ERROR(cr_profiles_load(&environment, &profiles, &error), CRUDDUR_E_CONFIG, &error,
                 "AWS_CONFIG_FILE: ", "large", "1048576");
    cr_environment_free(&environment);
    bed_set("AWS_CONFIG_FILE", "%s", bed_path(""));
    cr_assert_eq(cr_environment_read(&environment, &error), CRUDDUR_OK);
    EXPECT_ERROR(cr_profiles_load(&environment, &profiles, &error), CRUDDUR_E_CONFIG, &error,
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
    cr_str keys = cr_str_of("[default]\nregion = b\n[x");
    cr_assert_eq(cr_profiles_parse(config, CR_STR_ABSENT, &profiles, &error), CRUDDUR_OK);
    expect(profiles, "default", "region", "a");
    cr_profiles_free(profiles);
    keys.size -= 3; /* up to there, and no further */
    cr_assert_eq(cr_profiles_parse(config, keys, &profiles, &error), CRUDDUR_OK);
    expect(profiles, "default", "region", "b");
    cr_profiles_free(profiles);
    keys.size += 3;
    EXPECT_ERROR(cr_profiles_parse(config, keys, &profiles, &error), CRUDDUR_E_CONFIG, &error,
                 "the credentials file, line 3");
}
