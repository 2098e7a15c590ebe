/* SPDX-License-Identifier: MIT */
/* Credentials as a profile says: a role (assumed by another profile's right, or another source's,
 * or a token's), keys, single sign-on, or a command. */
#include "aws/profile.h"

#include <stdio.h>

#include "aws/providers/provider.h"

/* Roles that are assumed one by the right of the other. */
#define CHAIN_MAX 8

typedef struct chain {
    const char *visited[CHAIN_MAX]; /* profiles whose roles are being assumed */
    size_t count;
} chain;

static const char *property(const cr_provider_context *context, const char *profile,
                            const char *name)
{
    return cr_profiles_get(context->profiles, CR_SECTION_PROFILE, profile, NULL, name);
}

static cruddur_status resolve(cr_provider_context *context, const char *profile, chain *above,
                              const cr_identity **ret_identity);

/* ---- keys ---- */

static cruddur_status use_keys(cr_provider_context *context, const char *profile,
                               const cr_identity **ret_identity)
{
    char source[96];
    (void)snprintf(source, sizeof(source), "profile \"%.64s\"", profile);
    cr_identity fields = {
        .access_key_id = cr_str_of(property(context, profile, "aws_access_key_id")),
        .secret_access_key = cr_str_of(property(context, profile, "aws_secret_access_key")),
        .session_token = cr_str_of(property(context, profile, "aws_session_token")),
        .account_id = cr_str_of(property(context, profile, "aws_account_id")),
        .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    return cr_provider_identity(context, source, &fields, ret_identity);
}

static bool has_keys(const cr_provider_context *context, const char *profile)
{
    return property(context, profile, "aws_access_key_id") != NULL ||
           property(context, profile, "aws_secret_access_key") != NULL;
}

/* ---- roles ---- */

/* The sources that credential_source can name. */
static cruddur_status ask_named_source(cr_provider_context *context, const char *profile,
                                       const char *name, const cr_identity **ret_identity)
{
    static const struct {
        const char *name;
        cr_provider provide;
    } sources[] = {
        {"Environment", cr_provide_environment},
        {"Ec2InstanceMetadata", cr_provide_instance},
        {"EcsContainer", cr_provide_container},
    };
    cr_provider provide = NULL;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        provide = strcmp(sources[i].name, name) == 0 ? sources[i].provide : provide;
    }
    if (provide == NULL) {
        return cr_fail_with(
            context->error, CRUDDUR_E_CREDENTIALS,
            "profile \"%.64s\": credential_source is Environment, Ec2InstanceMetadata "
            "or EcsContainer",
            profile);
    }
    cruddur_status status = provide(context, ret_identity);
    return status != CRUDDUR_OK || *ret_identity != NULL
               ? status
               : cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                              "profile \"%.64s\": credential_source %s: %s", profile, name,
                              context->reason);
}

/* Where a source has keys as well as a role, the keys count: in the AWS SDKs too, and a profile may
 * so name itself. */
static cruddur_status ask_source_profile(cr_provider_context *context, const char *profile,
                                         const char *source, chain *above,
                                         const cr_identity **ret_identity)
{
    if (has_keys(context, source)) {
        return use_keys(context, source, ret_identity);
    }
    for (size_t i = 0; i < above->count; i++) {
        if (strcmp(above->visited[i], source) == 0) {
            return cr_fail_with(
                context->error, CRUDDUR_E_CREDENTIALS,
                "profile \"%.64s\": source_profile \"%.64s\" leads round in a circle", profile,
                source);
        }
    }
    if (!cr_profiles_have(context->profiles, CR_SECTION_PROFILE, source)) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "profile \"%.64s\": there is no source_profile \"%.64s\"", profile,
                            source);
    }
    cruddur_status status = resolve(context, source, above, ret_identity);
    return status != CRUDDUR_OK || *ret_identity != NULL
               ? status
               : cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                              "profile \"%.64s\": source_profile \"%.64s\" has no credentials",
                              profile, source);
}

static cruddur_status ask_source(cr_provider_context *context, const char *profile, chain *above,
                                 const cr_identity **ret_identity)
{
    const char *source_profile = property(context, profile, "source_profile");
    const char *credential_source = property(context, profile, "credential_source");
    if ((source_profile == NULL) == (credential_source == NULL)) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "profile \"%.64s\": role_arn needs one of source_profile, "
                            "credential_source and web_identity_token_file",
                            profile);
    }
    return source_profile != NULL
               ? ask_source_profile(context, profile, source_profile, above, ret_identity)
               : ask_named_source(context, profile, credential_source, ret_identity);
}

static cruddur_status use_role(cr_provider_context *context, const char *profile, chain *above,
                               const cr_identity **ret_identity)
{
    const cr_identity *source = NULL;
    cr_role_settings settings = {.role_arn = property(context, profile, "role_arn"),
                                 .session_name = property(context, profile, "role_session_name"),
                                 .external_id = property(context, profile, "external_id"),
                                 .duration_seconds = property(context, profile, "duration_seconds"),
                                 .token_file =
                                     property(context, profile, "web_identity_token_file")};
    if (settings.token_file != NULL) {
        settings.external_id = NULL;
        return cr_assume_role_with_token(context, &settings, ret_identity);
    }
    if (property(context, profile, "mfa_serial") != NULL || above->count == CHAIN_MAX) {
        return cr_fail_with(
            context->error, CRUDDUR_E_CREDENTIALS, "profile \"%.64s\": %s", profile,
            above->count == CHAIN_MAX
                ? "too many roles are assumed one by the right of the other"
                : "mfa_serial wants a code that a person types, who cannot be asked here: name "
                  "a profile without it, or one with a credential_process");
    }
    above->visited[above->count++] = profile;
    cruddur_status status = ask_source(context, profile, above, &source);
    above->count--;
    if (status == CRUDDUR_OK) {
        status = cr_assume_role(context, &settings, source, ret_identity);
    }
    cr_identity_release(source);
    return status;
}

/* ---- single sign-on ---- */

static cruddur_status use_sso(cr_provider_context *context, const char *profile,
                              const cr_identity **ret_identity)
{
    const char *session = property(context, profile, "sso_session");
    cr_section kind = session == NULL ? CR_SECTION_PROFILE : CR_SECTION_SSO_SESSION;
    const char *section = session == NULL ? profile : session;
    cr_sso_settings settings = {
        .session = session,
        .start_url = cr_profiles_get(context->profiles, kind, section, NULL, "sso_start_url"),
        .region = cr_profiles_get(context->profiles, kind, section, NULL, "sso_region"),
        .account_id = property(context, profile, "sso_account_id"),
        .role_name = property(context, profile, "sso_role_name")};
    if (settings.start_url == NULL || settings.region == NULL || settings.account_id == NULL ||
        settings.role_name == NULL) {
        return cr_fail_with(
            context->error, CRUDDUR_E_CREDENTIALS,
            "profile \"%.64s\": single sign-on needs sso_start_url and sso_region%s%.64s, "
            "sso_account_id and sso_role_name",
            profile, session == NULL ? "" : " in sso-session ", session == NULL ? "" : session);
    }
    return cr_provide_sso(context, &settings, ret_identity);
}

/* ---- the profile ---- */

static cruddur_status resolve(cr_provider_context *context, const char *profile, chain *above,
                              const cr_identity **ret_identity)
{
    const char *command = property(context, profile, "credential_process");
    if (property(context, profile, "role_arn") != NULL) {
        return use_role(context, profile, above, ret_identity);
    }
    if (has_keys(context, profile)) {
        return use_keys(context, profile, ret_identity);
    }
    if (property(context, profile, "sso_session") != NULL ||
        property(context, profile, "sso_start_url") != NULL) {
        return use_sso(context, profile, ret_identity);
    }
    if (command != NULL) {
        return cr_provide_process(context, command, ret_identity);
    }
    return cr_provider_has_none(context, "profile \"%.64s\" has no credentials", profile);
}

cruddur_status cr_provide_profile(cr_provider_context *context, const cr_identity **ret_identity)
{
    const cr_aws_config *config = context->config;
    chain above = {.count = 0};
    /* A home directory that is somebody else's is no reason to stop, a broken file is. */
    if (context->profiles == NULL && !config->profile_is_named &&
        cruddur_error_status(context->profiles_error) == CRUDDUR_E_CREDENTIALS) {
        return cr_provider_has_none(context, "%s", cruddur_error_message(context->profiles_error));
    }
    if (context->profiles == NULL) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS, "%s",
                            cruddur_error_message(context->profiles_error));
    }
    if (cr_profiles_have(context->profiles, CR_SECTION_PROFILE, config->profile)) {
        return resolve(context, config->profile, &above, ret_identity);
    }
    return config->profile_is_named
               ? cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                              "profile \"%.64s\" is in neither file any more", config->profile)
               : cr_provider_has_none(context,
                                      "no profile \"%.64s\" in the AWS config and "
                                      "credentials files",
                                      config->profile);
}
