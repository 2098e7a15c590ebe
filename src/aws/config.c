/* SPDX-License-Identifier: MIT */
#include "aws/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "aws/secret.h"

/* ---- where a setting stands ---- */

typedef struct setting {
    const char *value; /* NULL: nowhere */
    const char *where; /* for errors */
} setting;

static const char *profile_property(const cr_aws_config *config, const char *group,
                                    const char *name)
{
    return config->profiles == NULL ? NULL
                                    : cr_profiles_get(config->profiles, CR_SECTION_PROFILE,
                                                      config->profile, group, name);
}

static setting find_setting(const cr_aws_config *config, const char *given, cr_env_name variable,
                            const char *property)
{
    if (given != NULL) {
        return (setting){given, property};
    }
    if (config->environment.value[variable] != NULL) {
        return (setting){config->environment.value[variable], cr_env_text(variable)};
    }
    return (setting){profile_property(config, NULL, property), property};
}

/* ---- what a setting says ---- */

static cruddur_status read_switch(setting found, bool *value, cruddur_error **error)
{
    if (found.value == NULL) {
        return CRUDDUR_OK;
    }
    *value = strcasecmp(found.value, "true") == 0;
    return *value || strcasecmp(found.value, "false") == 0
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_CONFIG, "%s must be true or false", found.where);
}

static cruddur_status read_count(setting found, unsigned *value, cruddur_error **error)
{
    if (found.value == NULL) {
        return CRUDDUR_OK;
    }
    char *end = NULL;
    long number = strtol(found.value, &end, 10);
    if (*end != '\0' || number < 1 || number > 100) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG, "%s must be a number from 1 to 100",
                            found.where);
    }
    *value = (unsigned)number;
    return CRUDDUR_OK;
}

/* Sets the index of the word that was found. */
static cruddur_status read_word(setting found, const char *const *words, size_t count,
                                size_t *index, cruddur_error **error)
{
    for (size_t i = 0; found.value != NULL && i < count; i++) {
        if (strcasecmp(found.value, words[i]) == 0) {
            *index = i;
            return CRUDDUR_OK;
        }
    }
    return found.value == NULL ? CRUDDUR_OK
                               : cr_fail_with(error, CRUDDUR_E_CONFIG, "%s must be %s, %s or %s",
                                              found.where, words[0], words[1], words[2]);
}

/* ---- reading all of them ---- */

static cruddur_status read_region(cr_aws_config *config, const cr_aws_given *given,
                                  cruddur_error **error)
{
    setting region = find_setting(config, given->region, CR_ENV_REGION, "region");
    if (given->region == NULL && config->environment.value[CR_ENV_REGION] == NULL) {
        region = find_setting(config, NULL, CR_ENV_DEFAULT_REGION, "region");
    }
    if (region.value == NULL) {
        return CRUDDUR_OK;
    }
    if (*region.value == '\0' || strlen(region.value) >= sizeof(config->region)) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG, "%s is empty or too long", region.where);
    }
    memcpy(config->region, region.value, strlen(region.value) + 1);
    return CRUDDUR_OK;
}

/* All three retry modes are one here: what has been standard since 2026. */
static cruddur_status read_retries(cr_aws_config *config, const cr_aws_given *given,
                                   cruddur_error **error)
{
    static const char *const modes[] = {"standard", "legacy", "adaptive"};
    size_t mode = 0;
    cruddur_status status = read_word(find_setting(config, NULL, CR_ENV_RETRY_MODE, "retry_mode"),
                                      modes, 3, &mode, error);
    config->attempts_max = given->attempts_max;
    if (status == CRUDDUR_OK && given->attempts_max == 0) {
        status = read_count(find_setting(config, NULL, CR_ENV_MAX_ATTEMPTS, "max_attempts"),
                            &config->attempts_max, error);
    }
    return status;
}

static cruddur_status read_account_mode(cr_aws_config *config, const cr_aws_given *given,
                                        cruddur_error **error)
{
    static const char *const modes[] = {"preferred", "disabled", "required"};
    static const cr_account_mode values[] = {CR_ACCOUNT_PREFERRED, CR_ACCOUNT_DISABLED,
                                             CR_ACCOUNT_REQUIRED};
    size_t mode = 0;
    setting found = find_setting(config, given->account_id_endpoint_mode,
                                 CR_ENV_ACCOUNT_ID_ENDPOINT_MODE, "account_id_endpoint_mode");
    cruddur_status status = read_word(found, modes, 3, &mode, error);
    config->account_mode = values[mode];
    return status;
}

static cruddur_status read_switches(cr_aws_config *config, const cr_aws_given *given,
                                    cruddur_error **error)
{
    const struct {
        const char *given;
        cr_env_name variable;
        const char *property;
        bool *value;
    } switches[] = {
        {given->use_fips, CR_ENV_USE_FIPS, "use_fips_endpoint", &config->use_fips},
        {given->use_dual_stack, CR_ENV_USE_DUAL_STACK, "use_dualstack_endpoint",
         &config->use_dual_stack},
        {NULL, CR_ENV_IGNORE_ENDPOINT_URLS, "ignore_configured_endpoint_urls",
         &config->ignore_endpoint_urls},
        {NULL, CR_ENV_DISABLE_CLOCK_SKEW_CORRECTION, "disable_clock_skew_correction",
         &config->disable_skew_correction},
    };
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < sizeof(switches) / sizeof(switches[0]); i++) {
        status = read_switch(
            find_setting(config, switches[i].given, switches[i].variable, switches[i].property),
            switches[i].value, error);
    }
    return status;
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
    config->ca_bundle = find_setting(config, NULL, CR_ENV_CA_BUNDLE, "ca_bundle").value;
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

static cruddur_status choose_profile(cr_aws_config *config, const cr_aws_given *given,
                                     cruddur_error **error)
{
    const char *named =
        given->profile != NULL ? given->profile : config->environment.value[CR_ENV_PROFILE];
    config->logger = given->logger;
    config->profile_is_given = given->profile != NULL;
    config->profile_is_named = named != NULL;
    config->profile = cr_secret_copy(cr_str_of(named != NULL ? named : "default"));
    return config->profile == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

/* Files that cannot be read do not matter until something in them is needed. */
static cruddur_status load_profiles(cr_aws_config *config, cruddur_error **error)
{
    cruddur_status status =
        cr_profiles_load(&config->environment, &config->profiles, &config->profiles_error);
    if (status == CRUDDUR_E_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    if (!config->profile_is_named) {
        return CRUDDUR_OK;
    }
    if (status != CRUDDUR_OK) {
        return cr_fail_with(error, status, "%s", cruddur_error_message(config->profiles_error));
    }
    if (!cr_profiles_have(config->profiles, CR_SECTION_PROFILE, config->profile)) {
        return cr_fail_with(
            error, CRUDDUR_E_CONFIG,
            "profile \"%.64s\" is neither in the config file nor in the credentials "
            "file",
            config->profile);
    }
    return CRUDDUR_OK;
}

static cruddur_status fill(cr_aws_config *config, const cr_aws_given *given, cruddur_error **error)
{
    cruddur_status status = cr_environment_read(&config->environment, error);
    if (status == CRUDDUR_OK) {
        status = choose_profile(config, given, error);
    }
    if (status == CRUDDUR_OK) {
        status = load_profiles(config, error);
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

static const char *url_in_services_section(const cr_aws_config *config, cr_service service)
{
    const char *section = profile_property(config, NULL, "services");
    return section == NULL ? NULL
                           : cr_profiles_get(config->profiles, CR_SECTION_SERVICES, section,
                                             endpoint_settings[service].group, "endpoint_url");
}

static setting first_of(const setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (settings[i].value != NULL) {
            return settings[i];
        }
    }
    return (setting){NULL, NULL};
}

static setting find_custom_url(const cr_aws_config *config, cr_service service)
{
    cr_env_name variable = endpoint_settings[service].variable;
    if (config->endpoint_url != NULL && endpoint_settings[service].takes_given_url) {
        return (setting){config->endpoint_url, "the endpoint that was given"};
    }
    if (config->ignore_endpoint_urls) {
        return (setting){NULL, NULL};
    }
    const setting urls[] = {
        {config->environment.value[variable], cr_env_text(variable)},
        {config->environment.value[CR_ENV_ENDPOINT_URL], cr_env_text(CR_ENV_ENDPOINT_URL)},
        {url_in_services_section(config, service), "endpoint_url in the profile's services"},
        {profile_property(config, NULL, "endpoint_url"), "endpoint_url in the profile"},
    };
    return first_of(urls, sizeof(urls) / sizeof(urls[0]));
}

cruddur_status cr_aws_config_endpoint(const cr_aws_config *config, cr_service service,
                                      cr_endpoint *endpoint, cruddur_error **error)
{
    setting custom_url = find_custom_url(config, service);
    cr_endpoint_question question = {
        .service = service,
        .region = config->region[0] == '\0' ? NULL : config->region,
        .custom_url = custom_url.value,
        .use_fips = config->use_fips,
        .use_dual_stack = config->use_dual_stack,
        .account_mode = config->account_mode,
    };
    if (question.region == NULL && question.custom_url == NULL && config->profiles == NULL) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG, "no region is known: %s",
                            cruddur_error_message(config->profiles_error));
    }
    if (question.region == NULL && question.custom_url == NULL) {
        return cr_fail_with(
            error, CRUDDUR_E_CONFIG,
            "no region is known: give one (region=…), set AWS_REGION, or name it in "
            "profile \"%.64s\"",
            config->profile);
    }
    cruddur_status status = cr_endpoint_find(&question, endpoint, error);
    if (status == CRUDDUR_E_CONFIG && custom_url.value != NULL && error != NULL) {
        cr_error_wrap(*error, custom_url.where);
    }
    return status;
}
