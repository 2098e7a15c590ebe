/* SPDX-License-Identifier: MIT */
/* The token of single sign-on, which lies in a file. */
#ifndef CR_AWS_PROVIDERS_SSO_H
#define CR_AWS_PROVIDERS_SSO_H

#include "aws/providers/provider.h"

/* The token, renewed if it is about to expire and can be; to be freed with cr_secret_free(). */
cruddur_status cr_sso_token(const cr_provider_context *context, const cr_sso_settings *settings,
                            char **ret_token);

/* Says what is wrong with the token, and what helps. */
cruddur_status cr_sso_fail_token(const cr_provider_context *context, const char *what);

/* Says that something cannot be sent. */
cruddur_status cr_sso_fail_request(const cr_provider_context *context);

/* Where one of its services is: it has a region of its own. */
cruddur_status cr_sso_endpoint(const cr_provider_context *context, const cr_sso_settings *settings,
                               cr_service service, cr_endpoint *endpoint);

#endif
