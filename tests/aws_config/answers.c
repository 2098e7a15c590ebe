/* SPDX-License-Identifier: MIT */
/* What the library makes of AWS files: test_against_botocore.py compares it with what botocore
 * does.
 *
 *   answers parse      what is in a profile
 *   answers resolve    which identity a profile leads to
 *
 * Each line of standard input is a JSON object with the members config, credentials (paths) and
 * profile, which may be null; for `parse` also with names and groups, the names of properties. Each
 * is answered by a line of JSON. */
#include <json-c/json.h>
#include <stdio.h>

#include "aws/config.h"
#include "base/clock.h"

#define TIME_LIMIT_US INT64_C(20000000)
#define LINE_SIZE 65536

static void require(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "%s\n", what);
        abort();
    }
}

static const char *text_of(json_object *object, const char *name)
{
    json_object *value = NULL;
    return json_object_object_get_ex(object, name, &value) ? json_object_get_string(value) : NULL;
}

/* A text, or null where it is NULL. */
static json_object *json_of(const char *text)
{
    return text == NULL ? NULL : json_object_new_string(text);
}

static void add(json_object *object, const char *name, json_object *value)
{
    require(json_object_object_add(object, name, value) == 0, "out of memory");
}

/* Sets a variable, or unsets it. */
static void set_variable(const char *name, const char *value)
{
    require((value == NULL ? unsetenv(name) : setenv(name, value, 1)) == 0, "out of memory");
}

/* ---- what is in a profile ---- */

static json_object *values_of(const cr_profiles *profiles, const char *profile, const char *group,
                              json_object *names)
{
    json_object *values = json_object_new_object();
    for (size_t i = 0; i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        const char *value = cr_profiles_get(profiles, CR_SECTION_PROFILE, profile, group, name);
        if (value != NULL) {
            add(values, name, json_of(value));
        }
    }
    return values;
}

static void describe(json_object *asked, const cr_profiles *profiles, json_object *answer)
{
    cruddur_error *error = NULL;
    json_object *nested = json_object_new_object();
    json_object *names = json_object_object_get(asked, "names");
    json_object *groups = json_object_object_get(asked, "groups");
    const char *profile = text_of(asked, "profile");
    bool is_there = cr_profiles_have(profiles, CR_SECTION_PROFILE, profile);
    (void)cr_profiles_check(profiles, CR_SECTION_PROFILE, profile, &error);
    add(answer, "is_there", json_object_new_boolean(is_there));
    add(answer, "error", error == NULL ? NULL : json_of(cruddur_error_message(error)));
    add(answer, "values", values_of(profiles, profile, NULL, names));
    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        const char *group = json_object_get_string(json_object_array_get_idx(groups, i));
        add(nested, group, values_of(profiles, profile, group, names));
    }
    add(answer, "nested", nested);
    cruddur_error_free(error);
}

static void parse(json_object *asked, json_object *answer)
{
    cr_environment environment;
    cr_profiles *profiles = NULL;
    cruddur_error *error = NULL;
    require(cr_environment_read(&environment, NULL) == CRUDDUR_OK, "no environment");
    if (cr_profiles_load(&environment, &profiles, &error) == CRUDDUR_OK) {
        describe(asked, profiles, answer);
    } else {
        add(answer, "error", json_of(cruddur_error_message(error)));
    }
    cruddur_error_free(error);
    cr_profiles_free(profiles);
    cr_environment_free(&environment);
}

/* ---- which identity it leads to ---- */

static cruddur_status fetch(const cr_aws_config *config, cr_http *http,
                            const cr_identity **identity, cruddur_error **error)
{
    cr_credentials *credentials = NULL;
    cruddur_status status = cr_aws_config_credentials(config, http, &credentials, error);
    if (status == CRUDDUR_OK) {
        status = cr_credentials_get(credentials, cr_clock_monotonic_us() + TIME_LIMIT_US, NULL,
                                    identity, error);
    }
    cr_credentials_free(credentials);
    return status;
}

static void resolve(json_object *asked, json_object *answer)
{
    const cr_aws_given given = {.region = "eu-central-1"};
    const cr_http_options options = {.user_agent = NULL};
    const cr_identity *identity = NULL;
    cr_http *http = NULL;
    cr_aws_config *config = NULL;
    cruddur_error *error = NULL;
    (void)asked;
    require(cr_http_new(&options, &http, NULL) == CRUDDUR_OK, "no pool");
    cruddur_status status = cr_aws_config_load(&given, &config, &error);
    if (status == CRUDDUR_OK) {
        status = fetch(config, http, &identity, &error);
    }
    add(answer, "status", json_of(cruddur_status_name(status)));
    if (status == CRUDDUR_OK) {
        add(answer, "key", json_of(identity->access_key_id.data));
        add(answer, "secret", json_of(identity->secret_access_key.data));
        add(answer, "token", json_of(identity->session_token.data));
        add(answer, "account", json_of(identity->account_id.data));
    } else {
        add(answer, "error", json_of(cruddur_error_message(error)));
    }
    cruddur_error_free(error);
    cr_identity_release(identity);
    cr_aws_config_free(config);
    cr_http_free(http);
}

int main(int argc, char **argv)
{
    static char line[LINE_SIZE];
    require(argc == 2, "parse or resolve?");
    while (fgets(line, sizeof(line), stdin) != NULL) {
        json_object *asked = json_tokener_parse(line);
        json_object *answer = json_object_new_object();
        require(asked != NULL && answer != NULL, "no JSON");
        set_variable("AWS_CONFIG_FILE", text_of(asked, "config"));
        set_variable("AWS_SHARED_CREDENTIALS_FILE", text_of(asked, "credentials"));
        set_variable("AWS_PROFILE", text_of(asked, "profile"));
        (strcmp(argv[1], "parse") == 0 ? parse : resolve)(asked, answer);
        require(puts(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN)) >= 0 &&
                    fflush(stdout) == 0,
                "nobody listens");
        json_object_put(asked);
        json_object_put(answer);
    }
    return 0;
}
