/* SPDX-License-Identifier: MIT */
#include "aws/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "aws/secret.h"
#include "base/print.h"

/* ---- where a setting is ---- */

static cr_setting of_property(const cr_property *property, const char *name)
{
    bool is_set = property != NULL && *property->value != '\0';
    return (cr_setting){is_set ? property->value : NULL, name, is_set ? property : NULL};
}

static cr_setting of_profile(const cr_aws_config *config, const char *name)
{
    return config->profiles == NULL
               ? (cr_setting){NULL, name, NULL}
               : of_property(cr_profiles_find(config->profiles, CR_SECTION_PROFILE, config->profile,
                                              NULL, name),
                             name);
}

static cr_setting of_environment(const cr_aws_config *config, cr_env_name variable)
{
    return (cr_setting){config->environment.value[variable], cr_env_text(variable), NULL};
}

static cr_setting first_of(const cr_setting *settings, size_t count)
{
    size_t i = 0;
    while (i + 1 < count && settings[i].value == NULL) {
        i++;
    }
    return settings[i];
}

/* A setting that has a variable, and maybe a property of the profile. `given` and its name: what
 * the program says itself. */
static cr_setting find_setting(const cr_aws_config *config, const char *given, const char *name,
                               cr_env_name variable)
{
    const char *property = cr_env_property(variable);
    const cr_setting settings[] = {
        {given, name, NULL},
        of_environment(config, variable),
        property == NULL ? (cr_setting){NULL, NULL, NULL} : of_profile(config, property),
    };
    return first_of(settings, sizeof(settings) / sizeof(settings[0]));
}

/* ---- reading all of them ---- */

static cruddur_status read_region(cr_aws_config *config, const cr_aws_given *given,
                                  cruddur_error **error)
{
    const cr_setting settings[] = {
        {given->region, "the region parameter", NULL},
        of_environment(config, CR_ENV_REGION),
        find_setting(config, NULL, NULL, CR_ENV_DEFAULT_REGION),
    };
    cr_setting *region = &config->asked[CR_PART_REGION];
    *region = first_of(settings, sizeof(settings) / sizeof(settings[0]));
    if (region->value == NULL) {
        return CRUDDUR_OK;
    }
    if (*region->value == '\0' || strlen(region->value) >= sizeof(config->region)) {
        return cr_setting_blame(
            region, cr_fail_with(error, CRUDDUR_E_CONFIG, "the region is empty or too long"),
            error);
    }
    memcpy(config->region, region->value, strlen(region->value) + 1);
    region->value = config->region;
    return CRUDDUR_OK;
}

/* All three retry modes do what is standard since 2026. */
static cruddur_status read_retries(cr_aws_config *config, const cr_aws_given *given,
                                   cruddur_error **error)
{
    static const char *const modes[CR_SETTING_WORDS_MAX] = {"standard", "legacy", "adaptive"};
    size_t ignored;
    const cr_setting mode = find_setting(config, NULL, NULL, CR_ENV_RETRY_MODE);
    const cr_setting attempts = find_setting(config, NULL, NULL, CR_ENV_MAX_ATTEMPTS);
    cruddur_status status = cr_setting_read_word(&mode, modes, &ignored, error);
    config->attempts_max = given->attempts_max;
    return status == CRUDDUR_OK && given->attempts_max == 0
               ? cr_setting_read_count(&attempts, &config->attempts_max, error)
               : status;
}

static cruddur_status read_account_mode(cr_aws_config *config, const cr_aws_given *given,
                                        cruddur_error **error)
{
    static const char *const modes[CR_SETTING_WORDS_MAX] = {"preferred", "disabled", "required"};
    static const cr_account_mode values[] = {CR_ACCOUNT_PREFERRED, CR_ACCOUNT_DISABLED,
                                             CR_ACCOUNT_REQUIRED};
    size_t mode = 0;
    cr_setting *found = &config->asked[CR_PART_ACCOUNT_MODE];
    *found = find_setting(config, given->account_id_endpoint_mode, "the account_endpoint parameter",
                          CR_ENV_ACCOUNT_ID_ENDPOINT_MODE);
    cruddur_status status = cr_setting_read_word(found, modes, &mode, error);
    config->account_mode = values[mode];
    return status;
}

static cruddur_status read_switches(cr_aws_config *config, const cr_aws_given *given,
                                    cruddur_error **error)
{
    cr_setting *fips = &config->asked[CR_PART_FIPS];
    cr_setting *dual_stack = &config->asked[CR_PART_DUAL_STACK];
    *fips = find_setting(config, given->use_fips, "the fips parameter", CR_ENV_USE_FIPS);
    *dual_stack = find_setting(config, given->use_dual_stack, "the dualstack parameter",
                               CR_ENV_USE_DUAL_STACK);
    const struct {
        cr_setting found;
        bool *value;
    } switches[] = {
        {*fips, &config->use_fips},
        {*dual_stack, &config->use_dual_stack},
        {find_setting(config, NULL, NULL, CR_ENV_IGNORE_ENDPOINT_URLS),
         &config->ignore_endpoint_urls},
        {find_setting(config, NULL, NULL, CR_ENV_DISABLE_CLOCK_SKEW_CORRECTION),
         &config->disable_skew_correction},
        {find_setting(config, NULL, NULL, CR_ENV_METADATA_DISABLED), &config->metadata_is_disabled},
    };
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < sizeof(switches) / sizeof(switches[0]); i++) {
        status = cr_setting_read_switch(&switches[i].found, switches[i].value, error);
    }
    return status;
}

/* A URL precedes the mode, which has to be one all the same. */
static cruddur_status read_metadata(cr_aws_config *config, cruddur_error **error)
{
    static const char *const modes[CR_SETTING_WORDS_MAX] = {"IPv4", "IPv6", NULL};
    static const char *const usual[] = {"http://169.254.169.254", "http://[fd00:ec2::254]"};
    size_t mode_index = 0;
    cr_aws_url parsed;
    const cr_setting mode = find_setting(config, NULL, NULL, CR_ENV_METADATA_ENDPOINT_MODE);
    const cr_setting url = find_setting(config, NULL, NULL, CR_ENV_METADATA_ENDPOINT);
    cruddur_status status = cr_setting_read_word(&mode, modes, &mode_index, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    const char *text = url.value == NULL ? usual[mode_index] : url.value;
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '/') {
        length--;
    }
    if (length >= sizeof(config->metadata_endpoint) || !cr_aws_url_parse(text, &parsed) ||
        memchr(parsed.rest.data, '?', parsed.rest.size) != NULL) {
        return cr_setting_blame(
            &url, cr_fail_with(error, CRUDDUR_E_CONFIG, "must be a URL, such as %s", usual[0]),
            error);
    }
    memcpy(config->metadata_endpoint, text, length);
    return CRUDDUR_OK;
}

static cruddur_status read_settings(cr_aws_config *config, const cr_aws_given *given,
                                    cruddur_error **error)
{
    cruddur_status status = read_region(config, given, error);
    if (status == CRUDDUR_OK) {
        status = read_retries(config, given, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_account_mode(config, given, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_switches(config, given, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_metadata(config, error);
    }
    config->ca_bundle = find_setting(config, NULL, NULL, CR_ENV_CA_BUNDLE);
    return status;
}

/* ---- credentials given in code ---- */

static cruddur_status read_identity(cr_aws_config *config, const cr_aws_given *given,
                                    cruddur_error **error)
{
    if (given->access_key_id == NULL && given->secret_access_key == NULL) {
        return CRUDDUR_OK;
    }
    if (given->access_key_id == NULL || given->secret_access_key == NULL) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "an access key id and a secret access key are given both or neither");
    }
    cr_identity fields = {.access_key_id = cr_str_of(given->access_key_id),
                          .secret_access_key = cr_str_of(given->secret_access_key),
                          .session_token = cr_str_of(given->session_token),
                          .account_id = cr_str_of(given->account_id),
                          .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    config->identity = cr_identity_new(&fields);
    return config->identity == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

/* ---- the profile ---- */

static cr_setting find_profile(const cr_aws_config *config, const cr_aws_given *given)
{
    const cr_setting settings[] = {
        {given->profile, "the profile parameter", NULL},
        of_environment(config, CR_ENV_PROFILE),
        of_environment(config, CR_ENV_DEFAULT_PROFILE),
    };
    return first_of(settings, sizeof(settings) / sizeof(settings[0]));
}

/* A profile that cannot be read does not matter until something in it is needed. Want of a
 * descriptor says nothing about the profile, whose settings must not be passed over. */
static cruddur_status read_files(cr_aws_config *config)
{
    cruddur_error **error = &config->profiles_error;
    cruddur_status status = cr_profiles_load(&config->environment, &config->profiles, error);
    if (status == CRUDDUR_OK &&
        (config->profile_is_named ||
         cr_profiles_have(config->profiles, CR_SECTION_PROFILE, config->profile))) {
        status = cr_profiles_check(config->profiles, CR_SECTION_PROFILE, config->profile, error);
    }
    if (status != CRUDDUR_OK) {
        cr_profiles_free(config->profiles);
        config->profiles = NULL;
    }
    return status;
}

static cruddur_status load_profile(cr_aws_config *config, const cr_aws_given *given,
                                   cruddur_error **error)
{
    const cr_setting named = find_profile(config, given);
    config->logger = given->logger;
    config->profile_is_given = given->profile != NULL;
    config->profile_is_named = named.value != NULL;
    config->profile = cr_secret_copy(cr_str_of(named.value != NULL ? named.value : "default"));
    if (config->profile == NULL) {
        return cr_fail_memory(error);
    }
    cruddur_status status = read_files(config);
    if (status == CRUDDUR_E_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    bool may_pass = status == CRUDDUR_E_NO_DESCRIPTORS;
    if (status == CRUDDUR_OK || (!config->profile_is_named && !may_pass)) {
        return CRUDDUR_OK;
    }
    status = cr_fail_with(error, status, "%s", cruddur_error_message(config->profiles_error));
    return may_pass ? status : cr_setting_blame(&named, status, error);
}

static cruddur_status fill(cr_aws_config *config, const cr_aws_given *given, cruddur_error **error)
{
    cruddur_status status = cr_environment_read(&config->environment, error);
    if (status == CRUDDUR_OK) {
        status = load_profile(config, given, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_identity(config, given, error);
    }
    if (status == CRUDDUR_OK) {
        status = read_settings(config, given, error);
    }
    if (status == CRUDDUR_OK && given->endpoint_url != NULL) {
        config->endpoint_url = cr_secret_copy(cr_str_of(given->endpoint_url));
        status = config->endpoint_url == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
    }
    return status;
}

cruddur_status cr_aws_config_load(const cr_aws_given *given, cr_aws_config **ret_config,
                                  cruddur_error **error)
{
    cr_aws_config *config = calloc(1, sizeof(*config));
    if (config == NULL) {
        return cr_fail_memory(error);
    }
    cruddur_status status = fill(config, given, error);
    if (status != CRUDDUR_OK) {
        cr_aws_config_free(config);
        return status;
    }
    *ret_config = config;
    return CRUDDUR_OK;
}

void cr_aws_config_free(cr_aws_config *config)
{
    if (config == NULL) {
        return;
    }
    cr_identity_release(config->identity);
    cr_profiles_free(config->profiles);
    cruddur_error_free(config->profiles_error);
    cr_environment_free(&config->environment);
    cr_secret_free(config->profile);
    cr_secret_free(config->endpoint_url);
    free(config);
}

/* ---- endpoints ---- */

static const struct {
    const char *group; /* in a [services …] section */
    cr_env_name variable;
    bool takes_given_url; /* it is what the program wants to use, not a helper on the way there */
} endpoint_settings[CR_SERVICE_COUNT] = {
    [CR_SERVICE_DYNAMODB] = {"dynamodb", CR_ENV_ENDPOINT_URL_DYNAMODB, true},
    [CR_SERVICE_DYNAMODB_STREAMS] = {"dynamodb_streams", CR_ENV_ENDPOINT_URL_DYNAMODB_STREAMS,
                                     true},
    [CR_SERVICE_STS] = {"sts", CR_ENV_ENDPOINT_URL_STS, false},
    [CR_SERVICE_SSO] = {"sso", CR_ENV_ENDPOINT_URL_SSO, false},
    [CR_SERVICE_SSO_OIDC] = {"sso_oidc", CR_ENV_ENDPOINT_URL_SSO_OIDC, false},
    [CR_SERVICE_COGNITO_IDP] = {"cognito_identity_provider", CR_ENV_ENDPOINT_URL_COGNITO_IDP, true},
};

/* The URL in the section that the profile names. */
static cruddur_status find_services_url(const cr_aws_config *config, cr_service service,
                                        cr_setting *ret_url, cruddur_error **error)
{
    const cr_setting section = of_profile(config, "services");
    if (section.value == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        cr_profiles_check(config->profiles, CR_SECTION_SERVICES, section.value, error);
    if (status != CRUDDUR_OK) {
        return cr_setting_blame(&section, status, error);
    }
    *ret_url = of_property(cr_profiles_find(config->profiles, CR_SECTION_SERVICES, section.value,
                                            endpoint_settings[service].group, "endpoint_url"),
                           "endpoint_url");
    return CRUDDUR_OK;
}

static cruddur_status find_custom_url(const cr_aws_config *config, cr_service service,
                                      cr_setting *ret_url, cruddur_error **error)
{
    *ret_url = (cr_setting){NULL, NULL, NULL};
    if (config->endpoint_url != NULL && endpoint_settings[service].takes_given_url) {
        *ret_url = (cr_setting){config->endpoint_url, "the endpoint parameter", NULL};
        return CRUDDUR_OK;
    }
    if (config->ignore_endpoint_urls) {
        return CRUDDUR_OK;
    }
    const cr_setting variables[] = {
        of_environment(config, endpoint_settings[service].variable),
        of_environment(config, CR_ENV_ENDPOINT_URL),
    };
    *ret_url = first_of(variables, sizeof(variables) / sizeof(variables[0]));
    cruddur_status status = CRUDDUR_OK;
    if (ret_url->value == NULL) {
        status = find_services_url(config, service, ret_url, error);
    }
    if (status == CRUDDUR_OK && ret_url->value == NULL) {
        *ret_url = of_profile(config, cr_env_property(CR_ENV_ENDPOINT_URL));
    }
    return status;
}

static cruddur_status fail_no_region(const cr_aws_config *config, cruddur_error **error)
{
    return config->profiles == NULL
               ? cr_fail_with(error, CRUDDUR_E_CONFIG, "no region is known: %s",
                              cruddur_error_message(config->profiles_error))
               : cr_fail_with(
                     error, CRUDDUR_E_CONFIG,
                     "no region is known: give one (region=…), set AWS_REGION, or name it in "
                     "profile \"%.*s\"",
                     CR_CUT(config->profile, 64));
}

/* Names the settings that an error is about: one, or two that do not go together. */
static cruddur_status blame_settings(const cr_endpoint *endpoint, const cr_setting *asked,
                                     cruddur_status status, cruddur_error **error)
{
    char names[CR_SETTING_NAME_SIZE + sizeof(" and ") + CR_SETTING_NAME_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < CR_PART_COUNT; i++) {
        if (endpoint->is_blamed[i]) {
            char name[CR_SETTING_NAME_SIZE];
            cr_setting_name(&asked[i], name);
            int length = snprintf(names + used, sizeof(names) - used, "%s%s",
                                  used == 0 ? "" : " and ", name);
            used += length > 0 && (size_t)length < sizeof(names) - used ? (size_t)length : 0;
        }
    }
    if (error != NULL && used > 0) {
        cr_error_wrap(*error, names);
    }
    return status;
}

cruddur_status cr_aws_config_endpoint_in(const cr_aws_config *config, cr_service service,
                                         const cr_setting *region, cr_endpoint *endpoint,
                                         cruddur_error **error)
{
    cr_setting asked[CR_PART_COUNT];
    memcpy(asked, config->asked, sizeof(asked));
    asked[CR_PART_REGION] = *region;
    cruddur_status status = find_custom_url(config, service, &asked[CR_PART_URL], error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_endpoint_question question = {
        .service = service,
        .region = region->value,
        .custom_url = asked[CR_PART_URL].value,
        .use_fips = config->use_fips,
        .use_dual_stack = config->use_dual_stack,
        .account_mode = config->account_mode,
    };
    if (question.region == NULL && question.custom_url == NULL) {
        return fail_no_region(config, error);
    }
    if (question.custom_url == NULL) {
        asked[CR_PART_URL] = *region; /* "local" is a URL */
    }
    status = cr_endpoint_find(&question, endpoint, error);
    cr_setting_name(&asked[CR_PART_ACCOUNT_MODE], endpoint->account_mode_name);
    return status == CRUDDUR_OK ? status : blame_settings(endpoint, asked, status, error);
}

cruddur_status cr_aws_config_endpoint(const cr_aws_config *config, cr_service service,
                                      cr_endpoint *endpoint, cruddur_error **error)
{
    return cr_aws_config_endpoint_in(config, service, &config->asked[CR_PART_REGION], endpoint,
                                     error);
}
