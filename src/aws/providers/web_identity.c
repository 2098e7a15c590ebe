/* SPDX-License-Identifier: MIT */
#include "aws/providers/provider.h"

cruddur_status cr_provide_web_identity(cr_provider_context *context,
                                       const cr_identity **ret_identity)
{
    char *const *value = context->config->environment.value;
    if (value[CR_ENV_WEB_IDENTITY_TOKEN_FILE] == NULL) {
        return cr_provider_has_none(context, "AWS_WEB_IDENTITY_TOKEN_FILE is not set");
    }
    if (value[CR_ENV_ROLE_ARN] == NULL) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not");
    }
    cr_role_settings settings = {.role_arn = value[CR_ENV_ROLE_ARN],
                                 .session_name = value[CR_ENV_ROLE_SESSION_NAME],
                                 .token_file = value[CR_ENV_WEB_IDENTITY_TOKEN_FILE]};
    return cr_assume_role_with_token(context, &settings, ret_identity);
}
