/* SPDX-License-Identifier: MIT */
#include "aws/providers/provider.h"

cruddur_status cr_provide_environment(cr_provider_context *context,
                                      const cr_identity **ret_identity)
{
    char *const *value = context->config->environment.value;
    bool has_id = value[CR_ENV_ACCESS_KEY_ID] != NULL;
    bool has_secret = value[CR_ENV_SECRET_ACCESS_KEY] != NULL;
    if (!has_id && !has_secret) {
        return cr_provider_has_none(context, "AWS_ACCESS_KEY_ID is not set");
    }
    if (!has_id || !has_secret) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "the environment: %s is missing, which %s needs",
                            cr_env_text(has_id ? CR_ENV_SECRET_ACCESS_KEY : CR_ENV_ACCESS_KEY_ID),
                            cr_env_text(has_id ? CR_ENV_ACCESS_KEY_ID : CR_ENV_SECRET_ACCESS_KEY));
    }
    cr_identity fields = {.access_key_id = cr_str_of(value[CR_ENV_ACCESS_KEY_ID]),
                          .secret_access_key = cr_str_of(value[CR_ENV_SECRET_ACCESS_KEY]),
                          .session_token = cr_str_of(value[CR_ENV_SESSION_TOKEN]),
                          .account_id = cr_str_of(value[CR_ENV_ACCOUNT_ID]),
                          .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    return cr_provider_identity(context, "the environment (AWS_ACCESS_KEY_ID and so on)", &fields,
                                ret_identity);
}
