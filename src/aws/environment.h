/* SPDX-License-Identifier: MIT */
/* The environment variables that the AWS client uses, read once: later changes of the environment
 * have no effect. */
#ifndef CR_AWS_ENVIRONMENT_H
#define CR_AWS_ENVIRONMENT_H

#include "base/error.h"

/* Name, variable, and the property that says the same in a profile. The pairs are those of the "AWS
 * SDKs and Tools Reference Guide", where each page of the "Settings reference" has a table with
 * both. NULL: a profile has no such property. */
#define CR_ENV_MAP(X)                                                                              \
    X(HOME, "HOME", NULL)                                                                          \
    /* "AWS access keys", "Account-based endpoints". */                                            \
    X(ACCESS_KEY_ID, "AWS_ACCESS_KEY_ID", "aws_access_key_id")                                     \
    X(SECRET_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY", "aws_secret_access_key")                         \
    X(SESSION_TOKEN, "AWS_SESSION_TOKEN", "aws_session_token")                                     \
    X(ACCOUNT_ID, "AWS_ACCOUNT_ID", "aws_account_id")                                              \
    /* "Assume role credential provider". */                                                       \
    X(ROLE_ARN, "AWS_ROLE_ARN", "role_arn")                                                        \
    X(ROLE_SESSION_NAME, "AWS_ROLE_SESSION_NAME", "role_session_name")                             \
    X(WEB_IDENTITY_TOKEN_FILE, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file")           \
    /* "Container credential provider": set by the container's surroundings only. */               \
    X(CONTAINER_RELATIVE_URI, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", NULL)                      \
    X(CONTAINER_FULL_URI, "AWS_CONTAINER_CREDENTIALS_FULL_URI", NULL)                              \
    X(CONTAINER_TOKEN, "AWS_CONTAINER_AUTHORIZATION_TOKEN", NULL)                                  \
    X(CONTAINER_TOKEN_FILE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", NULL)                        \
    /* "IMDS credential provider". The switch is documented for the environment only. */           \
    X(METADATA_DISABLED, "AWS_EC2_METADATA_DISABLED", NULL)                                        \
    X(METADATA_ENDPOINT, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")     \
    X(METADATA_ENDPOINT_MODE, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",                            \
      "ec2_metadata_service_endpoint_mode")                                                        \
    /* Which files, and what in them. AWS_DEFAULT_PROFILE is the AWS CLI's older name. */          \
    X(PROFILE, "AWS_PROFILE", NULL)                                                                \
    X(DEFAULT_PROFILE, "AWS_DEFAULT_PROFILE", NULL)                                                \
    X(CONFIG_FILE, "AWS_CONFIG_FILE", NULL)                                                        \
    X(CREDENTIALS_FILE, "AWS_SHARED_CREDENTIALS_FILE", NULL)                                       \
    /* "AWS Region", "Dual-stack and FIPS endpoints", "Account-based endpoints". */                \
    X(REGION, "AWS_REGION", "region")                                                              \
    X(DEFAULT_REGION, "AWS_DEFAULT_REGION", "region")                                              \
    X(USE_FIPS, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")                                      \
    X(USE_DUAL_STACK, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")                      \
    X(ACCOUNT_ID_ENDPOINT_MODE, "AWS_ACCOUNT_ID_ENDPOINT_MODE", "account_id_endpoint_mode")        \
    /* "Service-specific endpoints". A service's own URL is `endpoint_url` in the profile's        \
     * `services` section, below the service's name: config.c has these names. */                  \
    X(IGNORE_ENDPOINT_URLS, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",                                 \
      "ignore_configured_endpoint_urls")                                                           \
    X(ENDPOINT_URL, "AWS_ENDPOINT_URL", "endpoint_url")                                            \
    X(ENDPOINT_URL_DYNAMODB, "AWS_ENDPOINT_URL_DYNAMODB", NULL)                                    \
    X(ENDPOINT_URL_DYNAMODB_STREAMS, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS", NULL)                    \
    X(ENDPOINT_URL_STS, "AWS_ENDPOINT_URL_STS", NULL)                                              \
    X(ENDPOINT_URL_SSO, "AWS_ENDPOINT_URL_SSO", NULL)                                              \
    X(ENDPOINT_URL_SSO_OIDC, "AWS_ENDPOINT_URL_SSO_OIDC", NULL)                                    \
    X(ENDPOINT_URL_COGNITO_IDP, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", NULL)                \
    /* "Retry behavior", "General configuration". */                                               \
    X(RETRY_MODE, "AWS_RETRY_MODE", "retry_mode")                                                  \
    X(MAX_ATTEMPTS, "AWS_MAX_ATTEMPTS", "max_attempts")                                            \
    X(DISABLE_CLOCK_SKEW_CORRECTION, "AWS_DISABLE_CLOCK_SKEW_CORRECTION",                          \
      "disable_clock_skew_correction")                                                             \
    X(CA_BUNDLE, "AWS_CA_BUNDLE", "ca_bundle")

typedef enum cr_env_name {
#define CR_ENV_ENUM(name, text, property) CR_ENV_##name,
    CR_ENV_MAP(CR_ENV_ENUM)
#undef CR_ENV_ENUM
        CR_ENV_COUNT
} cr_env_name;

typedef struct cr_environment {
    char *value[CR_ENV_COUNT]; /* without white space around it; NULL: not set, or blank */
} cr_environment;

cruddur_status cr_environment_read(cr_environment *environment, cruddur_error **error);

/* Some of the values are secrets: they are wiped. */
void cr_environment_free(cr_environment *environment);

/* "AWS_REGION" */
const char *cr_env_text(cr_env_name name);

/* "region"; NULL: a profile has no such property. */
const char *cr_env_property(cr_env_name name);

#endif
