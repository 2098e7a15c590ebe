/* SPDX-License-Identifier: MIT */
/* The settings: given in code, else the environment's, else the profile's. Nothing here uses the
 * network. */
#ifndef CR_AWS_CONFIG_H
#define CR_AWS_CONFIG_H

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/environment.h"
#include "aws/http.h"
#include "aws/profile.h"
#include "aws/setting.h"

/* What the program gives itself; NULL: not given. */
typedef struct cr_aws_given {
    const char *region;
    const char *endpoint_url;  /* of the service that is to be used; not of STS and the like */
    const char *profile;       /* its credentials then come before the environment's */
    const char *access_key_id; /* with a secret: no other source is asked */
    const char *secret_access_key;
    const char *session_token;
    const char *account_id;
    const char *use_fips;                 /* "true", "false" */
    const char *use_dual_stack;           /* "true", "false" */
    const char *account_id_endpoint_mode; /* "preferred", "disabled", "required" */
    unsigned attempts_max;                /* 0: not given */
    cr_logger logger;
} cr_aws_given;

typedef struct cr_aws_config {
    cr_environment environment;
    cr_profiles *profiles;         /* NULL where the profile cannot be read; see profiles_error */
    cruddur_error *profiles_error; /* why not; reported once something needs the profile */
    char *profile;                 /* "default" */
    bool profile_is_named;         /* not just the default */
    bool profile_is_given;         /* named in code */
    char region[CR_REGION_SIZE];   /* empty: not known */
    char *endpoint_url;            /* given in code; NULL: not */
    bool use_fips;
    bool use_dual_stack;
    bool ignore_endpoint_urls;
    bool disable_skew_correction;
    cr_account_mode account_mode;
    cr_setting asked[CR_PART_COUNT]; /* what decides on endpoints, for errors */
    cr_setting ca_bundle;            /* a file of trusted certificates; not set: the system's */
    bool metadata_is_disabled;
    char metadata_endpoint[CR_ENDPOINT_SIZE]; /* without a final / */
    unsigned attempts_max;                    /* 0: the service's default */
    cr_logger logger;
    const cr_identity *identity; /* given in code; NULL: not */
} cr_aws_config;

/* CRUDDUR_E_CONFIG names the setting that is wrong, and where it is. */
cruddur_status cr_aws_config_load(const cr_aws_given *given, cr_aws_config **ret_config,
                                  cruddur_error **error);

/* NULL is ignored. Nothing made from it may be in use any more. */
void cr_aws_config_free(cr_aws_config *config);

/* Where the service is. If the region is missing the error says how to set it. */
cruddur_status cr_aws_config_endpoint(const cr_aws_config *config, cr_service service,
                                      cr_endpoint *endpoint, cruddur_error **error);

/* The same in another region. */
cruddur_status cr_aws_config_endpoint_in(const cr_aws_config *config, cr_service service,
                                         const cr_setting *region, cr_endpoint *endpoint,
                                         cruddur_error **error);

/* The credentials of this configuration: those given in code, or whatever source has some, asked in
 * the usual order at the first call that needs them, never here. The configuration and the pool
 * outlive the credentials. */
cruddur_status cr_aws_config_credentials(const cr_aws_config *config, cr_http *http,
                                         cr_credentials **ret_credentials, cruddur_error **error);

#endif
