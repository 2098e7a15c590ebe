/* SPDX-License-Identifier: MIT */
/* The environment variables that matter here, read once: a program that changes its environment
 * later disturbs nobody. */
#ifndef CR_AWS_ENVIRONMENT_H
#define CR_AWS_ENVIRONMENT_H

#include "base/error.h"

#define CR_ENV_MAP(X)                                                                              \
    X(HOME, "HOME")                                                                                \
    /* Credentials. */                                                                             \
    X(ACCESS_KEY_ID, "AWS_ACCESS_KEY_ID")                                                          \
    X(SECRET_ACCESS_KEY, "AWS_SECRET_ACCESS_KEY")                                                  \
    X(SESSION_TOKEN, "AWS_SESSION_TOKEN")                                                          \
    X(ACCOUNT_ID, "AWS_ACCOUNT_ID")                                                                \
    X(ROLE_ARN, "AWS_ROLE_ARN")                                                                    \
    X(ROLE_SESSION_NAME, "AWS_ROLE_SESSION_NAME")                                                  \
    X(WEB_IDENTITY_TOKEN_FILE, "AWS_WEB_IDENTITY_TOKEN_FILE")                                      \
    X(CONTAINER_RELATIVE_URI, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")                            \
    X(CONTAINER_FULL_URI, "AWS_CONTAINER_CREDENTIALS_FULL_URI")                                    \
    X(CONTAINER_TOKEN, "AWS_CONTAINER_AUTHORIZATION_TOKEN")                                        \
    X(CONTAINER_TOKEN_FILE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")                              \
    X(METADATA_DISABLED, "AWS_EC2_METADATA_DISABLED")                                              \
    X(METADATA_ENDPOINT, "AWS_EC2_METADATA_SERVICE_ENDPOINT")                                      \
    X(METADATA_ENDPOINT_MODE, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")                            \
    /* Files. */                                                                                   \
    X(PROFILE, "AWS_PROFILE")                                                                      \
    X(CONFIG_FILE, "AWS_CONFIG_FILE")                                                              \
    X(CREDENTIALS_FILE, "AWS_SHARED_CREDENTIALS_FILE")                                             \
    /* Where to, and how. */                                                                       \
    X(REGION, "AWS_REGION")                                                                        \
    X(DEFAULT_REGION, "AWS_DEFAULT_REGION")                                                        \
    X(USE_FIPS, "AWS_USE_FIPS_ENDPOINT")                                                           \
    X(USE_DUAL_STACK, "AWS_USE_DUALSTACK_ENDPOINT")                                                \
    X(ACCOUNT_ID_ENDPOINT_MODE, "AWS_ACCOUNT_ID_ENDPOINT_MODE")                                    \
    X(IGNORE_ENDPOINT_URLS, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")                                 \
    X(ENDPOINT_URL, "AWS_ENDPOINT_URL")                                                            \
    X(ENDPOINT_URL_DYNAMODB, "AWS_ENDPOINT_URL_DYNAMODB")                                          \
    X(ENDPOINT_URL_DYNAMODB_STREAMS, "AWS_ENDPOINT_URL_DYNAMODB_STREAMS")                          \
    X(ENDPOINT_URL_STS, "AWS_ENDPOINT_URL_STS")                                                    \
    X(ENDPOINT_URL_SSO, "AWS_ENDPOINT_URL_SSO")                                                    \
    X(ENDPOINT_URL_SSO_OIDC, "AWS_ENDPOINT_URL_SSO_OIDC")                                          \
    X(ENDPOINT_URL_COGNITO_IDP, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER")                      \
    X(RETRY_MODE, "AWS_RETRY_MODE")                                                                \
    X(MAX_ATTEMPTS, "AWS_MAX_ATTEMPTS")                                                            \
    X(DISABLE_CLOCK_SKEW_CORRECTION, "AWS_DISABLE_CLOCK_SKEW_CORRECTION")                          \
    X(CA_BUNDLE, "AWS_CA_BUNDLE")

typedef enum cr_env_name {
#define CR_ENV_ENUM(name, text) CR_ENV_##name,
    CR_ENV_MAP(CR_ENV_ENUM)
#undef CR_ENV_ENUM
        CR_ENV_COUNT
} cr_env_name;

typedef struct cr_environment {
    char *value[CR_ENV_COUNT]; /* without blanks around; NULL: not set, or blank */
} cr_environment;

cruddur_status cr_environment_read(cr_environment *environment, cruddur_error **error);

/* Some of the values are secrets: they are wiped. */
void cr_environment_free(cr_environment *environment);

/* "AWS_REGION" */
const char *cr_env_text(cr_env_name name);

#endif
