/* SPDX-License-Identifier: MIT */
/* The sources, one after the other. */
#include <stdio.h>
#include <stdlib.h>

#include "aws/providers/provider.h"

#define REASONS_SIZE 1024

/* A profile that the program names excludes the environment's identities; one that AWS_PROFILE
 * names precedes its web identity. */
typedef enum when {
    ALWAYS,
    UNLESS_GIVEN, /* if the program does not name a profile */
    IF_NAMED,     /* if the program or AWS_PROFILE names a profile */
    UNLESS_NAMED,
} when;

static const struct {
    const char *name;
    cr_provider provide;
    when when;
} sources[] = {
    {"environment", cr_provide_environment, UNLESS_GIVEN},
    {"profile", cr_provide_profile, IF_NAMED},
    {"web identity", cr_provide_web_identity, UNLESS_GIVEN},
    {"profile", cr_provide_profile, UNLESS_NAMED},
    {"container", cr_provide_container, ALWAYS},
    {"instance", cr_provide_instance, ALWAYS},
};

typedef struct chain {
    const cr_aws_config *config;
    cr_http *http;
    atomic_bool is_cancelled;
} chain;

/* Adds `; name: reason`. */
static void note_reason(char reasons[REASONS_SIZE], const char *name, const char *reason)
{
    size_t used = strlen(reasons);
    (void)snprintf(reasons + used, REASONS_SIZE - used, "%s%s: %s", used == 0 ? "" : "; ", name,
                   reason);
}

static bool is_asked(when condition, const cr_aws_config *config)
{
    switch (condition) {
    case UNLESS_GIVEN:
        return !config->profile_is_given;
    case IF_NAMED:
        return config->profile_is_named;
    case UNLESS_NAMED:
        return !config->profile_is_named;
    default:
        return true;
    }
}

/* A source that is passed over may still be asked by a profile that names it. */
static cruddur_status ask_one(size_t i, cr_provider_context *context, char reasons[REASONS_SIZE],
                              const cr_identity **ret_identity)
{
    if (!is_asked(sources[i].when, context->config)) {
        if (sources[i].when == UNLESS_GIVEN) {
            note_reason(reasons, sources[i].name, "not asked, as a profile is named");
        }
        return CRUDDUR_OK;
    }
    context->reason[0] = '\0';
    cruddur_status status = cr_provider_check(context);
    if (status == CRUDDUR_OK) {
        status = sources[i].provide(context, ret_identity);
    }
    if (status == CRUDDUR_OK && *ret_identity == NULL) {
        note_reason(reasons, sources[i].name, context->reason);
    }
    return status;
}

static cruddur_status ask_all(cr_provider_context *context, const cr_identity **ret_identity)
{
    char reasons[REASONS_SIZE] = "";
    const cr_identity *found = NULL;
    for (size_t i = 0; found == NULL && i < sizeof(sources) / sizeof(sources[0]); i++) {
        cruddur_status status = ask_one(i, context, reasons, &found);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
    if (found != NULL) {
        *ret_identity = found;
        return CRUDDUR_OK;
    }
    return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS, "no source has credentials: %s",
                        reasons);
}

/* The files are read anew each time: tools write fresh keys into them. */
static cruddur_status fetch(void *data, int64_t deadline_us, const cr_identity **ret_identity,
                            cruddur_error **error)
{
    chain *all = data;
    cr_profiles *profiles = NULL;
    cruddur_error *profiles_error = NULL;
    cruddur_status status = cr_profiles_load(&all->config->environment, &profiles, &profiles_error);
    if (status == CRUDDUR_E_NO_MEMORY) {
        return cr_fail_memory(error);
    }
    if (status == CRUDDUR_E_NO_DESCRIPTORS) { /* no reason to pass the profile over */
        status = cr_fail_with(error, status, "%s", cruddur_error_message(profiles_error));
        cruddur_error_free(profiles_error);
        return status;
    }
    cr_provider_context context = {.config = all->config,
                                   .http = all->http,
                                   .deadline_us = deadline_us,
                                   .is_cancelled = &all->is_cancelled,
                                   .profiles = profiles,
                                   .profile = all->config->profile,
                                   .profiles_error = profiles_error,
                                   .error = error};
    status = ask_all(&context, ret_identity);
    cr_profiles_free(profiles);
    cruddur_error_free(profiles_error);
    return status;
}

static void cancel(void *data)
{
    chain *all = data;
    atomic_store(&all->is_cancelled, true);
}

/* Keys in the environment need no fetching, and are looked at when the store is opened. */
static cruddur_status make_fixed(const cr_aws_config *config, const cr_identity **ret_identity,
                                 cruddur_error **error)
{
    atomic_bool never;
    atomic_init(&never, false);
    cr_provider_context context = {.config = config, .is_cancelled = &never, .error = error};
    if (config->identity != NULL) {
        *ret_identity = cr_identity_retain(config->identity);
        return CRUDDUR_OK;
    }
    return config->profile_is_given ? CRUDDUR_OK : cr_provide_environment(&context, ret_identity);
}

static cruddur_status make_chain(const cr_aws_config *config, cr_http *http,
                                 cr_credentials **ret_credentials, cruddur_error **error)
{
    chain *all = calloc(1, sizeof(*all));
    if (all == NULL) {
        return cr_fail_memory(error);
    }
    all->config = config;
    all->http = http;
    atomic_init(&all->is_cancelled, false);
    cr_identity_source source = {.fetch = fetch, .cancel = cancel, .free = free, .context = all};
    return cr_credentials_new(&source, config->logger, ret_credentials, error);
}

cruddur_status cr_aws_config_credentials(const cr_aws_config *config, cr_http *http,
                                         cr_credentials **ret_credentials, cruddur_error **error)
{
    const cr_identity *fixed = NULL;
    cruddur_status status = make_fixed(config, &fixed, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    status = fixed != NULL ? cr_credentials_new_fixed(fixed, ret_credentials, error)
                           : make_chain(config, http, ret_credentials, error);
    cr_identity_release(fixed);
    return status;
}
