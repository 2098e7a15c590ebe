/* SPDX-License-Identifier: MIT */
/* Credentials as a profile says: a role (assumed with another profile's credentials, another
 * source's, or a token), single sign-on, keys, or a command. A profile that names any credentials
 * yields these or fails: the next source would be another identity. */
#include "aws/profile.h"

#include <stdarg.h>
#include <stdio.h>

#include "aws/providers/provider.h"
#include "base/print.h"

/* Roles that are assumed, each with the credentials of the next. */
#define CHAIN_MAX 8
#define MESSAGE_SIZE 640

typedef struct asking {
    cr_provider_context *context;
    const char *profile;
    unsigned roles;          /* that are being assumed already */
    const cr_setting *leads; /* the property that chose the way */
} asking;

/* ---- properties ---- */

static cr_setting find(const asking *now, const char *name)
{
    const cr_property *property =
        cr_profiles_find(now->context->profiles, CR_SECTION_PROFILE, now->profile, NULL, name);
    return (cr_setting){property == NULL ? NULL : property->value, name, property};
}

/* NULL where it is missing or blank. */
static const char *get(const asking *now, const char *name)
{
    return cr_profiles_get(now->context->profiles, CR_SECTION_PROFILE, now->profile, NULL, name);
}

static cruddur_status fail(const asking *now, const char *format, ...) CR_PRINTF(2, 3);

static cruddur_status fail(const asking *now, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS, "profile \"%.*s\": %s",
                        CR_CUT(now->profile, 64), message);
}

static cruddur_status fail_missing(const asking *now, const char *what)
{
    char name[CR_SETTING_NAME_SIZE];
    cr_setting_name(now->leads, name);
    return fail(now, "%s missing, which %s needs", what, name);
}

/* The same as fail(), about a property. */
static cruddur_status fail_property(const asking *now, const cr_setting *setting, const char *what)
{
    char name[CR_SETTING_NAME_SIZE];
    cr_setting_name(setting, name);
    return fail(now, "%s %s", name, what);
}

/* Frees the cause. */
static cruddur_status fail_because(const asking *now, const cr_setting *setting,
                                   cruddur_error *cause)
{
    char name[CR_SETTING_NAME_SIZE];
    cr_setting_name(setting, name);
    cruddur_status status = fail(now, "%s: %s", name, cruddur_error_message(cause));
    cruddur_error_free(cause);
    return status;
}

/* Finds a property that has to be there, and not to be blank. */
static cruddur_status need(const asking *now, const char *name, const char **ret_value)
{
    const cr_setting found = find(now, name);
    char what[96];
    if (found.value == NULL) {
        (void)snprintf(what, sizeof(what), "%s is", name);
        return fail_missing(now, what);
    }
    *ret_value = found.value;
    return *found.value != '\0' ? CRUDDUR_OK : fail_property(now, &found, "is empty");
}

/* ---- keys ---- */

static cruddur_status use_keys(const asking *now, const cr_identity **ret_identity)
{
    char source[96];
    const char *id = NULL;
    const char *secret = NULL;
    cruddur_status status = need(now, "aws_access_key_id", &id);
    if (status == CRUDDUR_OK) {
        status = need(now, "aws_secret_access_key", &secret);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    const char *token = get(now, "aws_session_token");
    (void)snprintf(source, sizeof(source), "profile \"%.*s\"", CR_CUT(now->profile, 64));
    cr_identity fields = {.access_key_id = cr_str_of(id),
                          .secret_access_key = cr_str_of(secret),
                          .session_token =
                              cr_str_of(token != NULL ? token : get(now, "aws_security_token")),
                          .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    return cr_provider_identity(now->context, source, &fields, ret_identity);
}

static bool has_keys(const asking *now)
{
    return find(now, "aws_access_key_id").value != NULL ||
           find(now, "aws_secret_access_key").value != NULL;
}

/* ---- roles ---- */

static cruddur_status resolve(const asking *now, bool is_source, const cr_identity **ret_identity);

/* The sources that credential_source can name. */
static cruddur_status ask_named_source(const asking *now, const cr_setting *named,
                                       const cr_identity **ret_identity)
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
        provide = strcmp(sources[i].name, named->value) == 0 ? sources[i].provide : provide;
    }
    if (provide == NULL) {
        return fail_property(now, named,
                             "must be Environment, Ec2InstanceMetadata or EcsContainer");
    }
    cruddur_status status = provide(now->context, ret_identity);
    if (status != CRUDDUR_OK || *ret_identity != NULL) {
        return status;
    }
    status = fail(now, "credential_source %s: %s", named->value, now->context->reason);
    cr_error_set_retryable(now->context->error, now->context->reason_may_pass);
    return status;
}

/* If the source has keys as well as a role, the keys count, as in the AWS SDKs; so a profile can
 * name itself. */
static cruddur_status ask_source_profile(const asking *now, const cr_setting *named,
                                         const cr_identity **ret_identity)
{
    const asking source = {now->context, named->value, now->roles + 1, NULL};
    cruddur_error *missing = NULL;
    if (strcmp(named->value, now->profile) == 0 && !has_keys(now)) {
        return fail_property(now, named, "is a circle: the profile names itself, and has no keys");
    }
    if (cr_profiles_check(now->context->profiles, CR_SECTION_PROFILE, named->value, &missing) !=
        CRUDDUR_OK) {
        return fail_because(now, named, missing);
    }
    cruddur_status status = resolve(&source, true, ret_identity);
    return status != CRUDDUR_OK || *ret_identity != NULL
               ? status
               : fail(now, "source_profile \"%.*s\" has no credentials", CR_CUT(named->value, 64));
}

static cruddur_status ask_source(const asking *now, const cr_identity **ret_identity)
{
    const char *value = NULL;
    const cr_setting source_profile = find(now, "source_profile");
    const cr_setting credential_source = find(now, "credential_source");
    if (source_profile.value == NULL && credential_source.value == NULL) {
        return fail_missing(
            now, "one of source_profile, credential_source and web_identity_token_file is");
    }
    if (source_profile.value != NULL && credential_source.value != NULL) {
        return fail_property(now, &source_profile,
                             "and credential_source exclude each other: remove one of them");
    }
    bool is_profile = source_profile.value != NULL;
    cruddur_status status = need(now, is_profile ? "source_profile" : "credential_source", &value);
    if (status != CRUDDUR_OK) {
        return status;
    }
    return is_profile ? ask_source_profile(now, &source_profile, ret_identity)
                      : ask_named_source(now, &credential_source, ret_identity);
}

static cruddur_status assume_with_source(const asking *now, const cr_role_settings *settings,
                                         const cr_identity **ret_identity)
{
    const cr_identity *source = NULL;
    const cr_setting mfa = find(now, "mfa_serial");
    if (now->roles == CHAIN_MAX) {
        return fail(now,
                    "too many roles are assumed, each with the credentials of the next: the "
                    "most are %d",
                    CHAIN_MAX);
    }
    if (mfa.value != NULL && *mfa.value != '\0') {
        return fail_property(now, &mfa,
                             "needs a code that a person types: use a profile without it, or one "
                             "with credential_process");
    }
    cruddur_status status = ask_source(now, &source);
    if (status == CRUDDUR_OK) {
        status = cr_assume_role(now->context, settings, source, ret_identity);
    }
    cr_identity_release(source);
    return status;
}

static cruddur_status use_role(const asking *now, const cr_identity **ret_identity)
{
    const cr_setting duration = find(now, "duration_seconds");
    cr_role_settings settings = {.session_name = get(now, "role_session_name"),
                                 .duration_seconds = get(now, "duration_seconds")};
    bool has_token = find(now, "web_identity_token_file").value != NULL;
    cruddur_status status =
        has_token ? need(now, "web_identity_token_file", &settings.token_file) : CRUDDUR_OK;
    if (status == CRUDDUR_OK) {
        status = need(now, "role_arn", &settings.role_arn);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (settings.duration_seconds != NULL &&
        !cr_str_is_number(cr_str_of(settings.duration_seconds))) {
        return fail_property(now, &duration, "must be a number");
    }
    if (has_token) {
        return cr_assume_role_with_token(now->context, &settings, ret_identity);
    }
    settings.external_id = get(now, "external_id");
    return assume_with_source(now, &settings, ret_identity);
}

/* ---- single sign-on ---- */

/* A setting of the session's section, or of the profile. */
static cruddur_status find_of_session(const asking *now, const char *session, const char *name,
                                      cr_setting *ret_setting)
{
    const cr_property *property =
        session == NULL
            ? NULL
            : cr_profiles_find(now->context->profiles, CR_SECTION_SSO_SESSION, session, NULL, name);
    if (property == NULL) {
        const char *ignored = NULL;
        *ret_setting = find(now, name);
        return need(now, name, &ignored);
    }
    *ret_setting = (cr_setting){property->value, name, property};
    return *property->value != '\0' ? CRUDDUR_OK : fail_property(now, ret_setting, "is empty");
}

static cruddur_status check_session(const asking *now)
{
    const char *session = NULL;
    const cr_setting named = find(now, "sso_session");
    cruddur_error *missing = NULL;
    if (named.value == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status = need(now, "sso_session", &session);
    if (status == CRUDDUR_OK && cr_profiles_check(now->context->profiles, CR_SECTION_SSO_SESSION,
                                                  session, &missing) != CRUDDUR_OK) {
        status = fail_because(now, &named, missing);
    }
    return status;
}

static cruddur_status use_sso(const asking *now, const cr_identity **ret_identity)
{
    cr_sso_settings settings = {.session = get(now, "sso_session")};
    cr_setting start_url = {NULL, NULL, NULL};
    cruddur_status status = check_session(now);
    if (status == CRUDDUR_OK) {
        status = need(now, "sso_account_id", &settings.account_id);
    }
    if (status == CRUDDUR_OK) {
        status = need(now, "sso_role_name", &settings.role_name);
    }
    if (status == CRUDDUR_OK) {
        status = find_of_session(now, settings.session, "sso_region", &settings.region);
    }
    if (status == CRUDDUR_OK) {
        status = find_of_session(now, settings.session, "sso_start_url", &start_url);
    }
    settings.start_url = start_url.value;
    return status == CRUDDUR_OK ? cr_provide_sso(now->context, &settings, ret_identity) : status;
}

/* ---- sessions and commands ---- */

/* The AWS CLI renews such a session itself, and can hand its credentials out. */
static cruddur_status refuse_login(const asking *now, const cr_identity **ret_identity)
{
    char name[CR_SETTING_NAME_SIZE];
    (void)ret_identity;
    cr_setting_name(now->leads, name);
    return fail(now,
                "%s is a session of `aws login`, which is not supported: use a profile with "
                "`credential_process = aws configure export-credentials --profile %.*s --format "
                "process`",
                name, CR_CUT(now->profile, 64));
}

static cruddur_status use_process(const asking *now, const cr_identity **ret_identity)
{
    char name[CR_SETTING_NAME_SIZE];
    char source[CR_SETTING_NAME_SIZE + 96];
    const char *command = NULL;
    cruddur_status status = need(now, "credential_process", &command);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_setting_name(now->leads, name);
    (void)snprintf(source, sizeof(source), "profile \"%.*s\": %s", CR_CUT(now->profile, 64), name);
    return cr_provide_process(now->context, source, command, ret_identity);
}

/* ---- the ways ---- */

typedef struct way {
    const char *leads[2]; /* if one of them is there, this way is taken, and no other */
    bool in_credentials_file;
    cruddur_status (*use)(const asking *now, const cr_identity **ret_identity);
} way;

/* In the order of the AWS CLI. */
static const way ways[] = {
    {{"role_arn", "web_identity_token_file"}, false, use_role},
    {{"sso_account_id", "sso_role_name"}, false, use_sso},
    {{"aws_access_key_id", NULL}, true, use_keys},
    {{"login_session", NULL}, false, refuse_login},
    {{"credential_process", NULL}, false, use_process},
    {{"aws_access_key_id", "aws_secret_access_key"}, false, use_keys},
};

/* What belongs to one of the ways, and leads to none. */
static const struct {
    const char *name;
    const char *needs;
} parts[] = {
    {"source_profile", "role_arn is"},
    {"credential_source", "role_arn is"},
    {"sso_session", "sso_account_id and sso_role_name are"},
    {"sso_start_url", "sso_account_id and sso_role_name are"},
    {"sso_region", "sso_account_id and sso_role_name are"},
    {"sso_registration_scopes", "sso_account_id and sso_role_name are"},
    {"aws_session_token", "aws_access_key_id and aws_secret_access_key are"},
    {"aws_security_token", "aws_access_key_id and aws_secret_access_key are"},
};

/* Sets the property that leads there. */
static bool is_taken(const asking *now, const way *candidate, cr_setting *leads)
{
    for (size_t i = 0; i < 2 && candidate->leads[i] != NULL; i++) {
        *leads = find(now, candidate->leads[i]);
        if (leads->value != NULL &&
            (!candidate->in_credentials_file || leads->property->is_credentials)) {
            return true;
        }
    }
    return false;
}

static cruddur_status take_way(asking *now, bool is_source, const cr_identity **ret_identity)
{
    cr_setting leads = {NULL, NULL, NULL};
    now->leads = &leads;
    for (size_t i = is_source && has_keys(now) ? 1 : 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (is_taken(now, &ways[i], &leads)) {
            return ways[i].use(now, ret_identity);
        }
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        leads = find(now, parts[i].name);
        if (leads.value != NULL) {
            return fail_missing(now, parts[i].needs);
        }
    }
    return cr_provider_has_none(now->context, "profile \"%.*s\" has no credentials",
                                CR_CUT(now->profile, 64));
}

/* ---- the profile ---- */

/* The profile knows the account of an identity whose source does not. */
static cruddur_status add_account(const asking *now, const cr_identity **identity)
{
    const char *account = get(now, "aws_account_id");
    if (*identity == NULL || account == NULL || (*identity)->account_id.size > 0) {
        return CRUDDUR_OK;
    }
    char source[96];
    const cr_identity *without = *identity;
    cr_identity fields = *without;
    fields.account_id = cr_str_of(account);
    (void)snprintf(source, sizeof(source), "profile \"%.*s\"", CR_CUT(now->profile, 64));
    *identity = NULL;
    cruddur_status status = cr_provider_identity(now->context, source, &fields, identity);
    cr_identity_release(without);
    return status;
}

static cruddur_status resolve(const asking *now, bool is_source, const cr_identity **ret_identity)
{
    asking with_leads = *now;
    const char *outer = now->context->profile;
    now->context->profile = now->profile;
    cruddur_status status = take_way(&with_leads, is_source, ret_identity);
    now->context->profile = outer;
    return status == CRUDDUR_OK ? add_account(now, ret_identity) : status;
}

/* A role's source profile; NULL: none, or the profile itself. */
static const char *next_of(const asking *now)
{
    const char *source = get(now, "source_profile");
    bool is_used = get(now, "role_arn") != NULL && get(now, "web_identity_token_file") == NULL;
    return is_used && source != NULL && strcmp(source, now->profile) != 0 ? source : NULL;
}

/* A circle of any length is an error wherever it is entered, even if keys in it would end the
 * chain. Chains that are too long are refused when their roles are assumed. This is Brent's
 * algorithm: one profile is remembered, and another one after twice as many steps. */
static cruddur_status check_circle(const asking *now)
{
    const char *remembered = now->profile;
    const char *next;
    asking at = *now;
    size_t steps = 0;
    for (size_t limit = 1; (next = next_of(&at)) != NULL; at.profile = next) {
        if (strcmp(next, remembered) == 0) {
            const cr_setting named = find(&at, "source_profile");
            char what[96];
            (void)snprintf(what, sizeof(what), "\"%.*s\" leads round in a circle",
                           CR_CUT(next, 64));
            return fail_property(&at, &named, what);
        }
        if (++steps == limit) {
            remembered = next;
            limit *= 2;
            steps = 0;
        }
    }
    return CRUDDUR_OK;
}

static cruddur_status check(const asking *now)
{
    cruddur_error *error = NULL;
    if (cr_profiles_check(now->context->profiles, CR_SECTION_PROFILE, now->profile, &error) !=
        CRUDDUR_OK) {
        (void)cr_fail_with(now->context->error, CRUDDUR_E_CREDENTIALS, "%s",
                           cruddur_error_message(error));
        cruddur_error_free(error);
        return CRUDDUR_E_CREDENTIALS;
    }
    return check_circle(now);
}

cruddur_status cr_provide_profile(cr_provider_context *context, const cr_identity **ret_identity)
{
    const cr_aws_config *config = context->config;
    const asking now = {context, config->profile, 0, NULL};
    /* Another user's home directory is no reason to stop, any other unreadable file is. */
    if (context->profiles == NULL && !config->profile_is_named &&
        cruddur_error_status(context->profiles_error) == CRUDDUR_E_CREDENTIALS) {
        return cr_provider_has_none(context, "%s", cruddur_error_message(context->profiles_error));
    }
    if (context->profiles == NULL) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS, "%s",
                            cruddur_error_message(context->profiles_error));
    }
    if (!config->profile_is_named &&
        !cr_profiles_have(context->profiles, CR_SECTION_PROFILE, config->profile)) {
        return cr_provider_has_none(context,
                                    "no profile \"%.*s\" in the AWS config and credentials files",
                                    CR_CUT(config->profile, 64));
    }
    cruddur_status status = check(&now);
    return status == CRUDDUR_OK ? resolve(&now, false, ret_identity) : status;
}
