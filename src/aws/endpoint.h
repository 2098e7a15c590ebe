/* SPDX-License-Identifier: MIT */
/* Where a service is: pure functions on names. */
#ifndef CR_AWS_ENDPOINT_H
#define CR_AWS_ENDPOINT_H

#include "aws/setting.h"
#include "base/error.h"
#include "base/str.h"

#define CR_REGION_SIZE 64
#define CR_ENDPOINT_SIZE 256

typedef enum cr_service {
    CR_SERVICE_DYNAMODB,
    CR_SERVICE_DYNAMODB_STREAMS,
    CR_SERVICE_STS,
    CR_SERVICE_SSO,
    CR_SERVICE_SSO_OIDC,
    CR_SERVICE_COGNITO_IDP,
    CR_SERVICE_COUNT,
} cr_service;

typedef enum cr_account_mode {
    CR_ACCOUNT_PREFERRED, /* an endpoint of the account's own where it is known */
    CR_ACCOUNT_DISABLED,
    CR_ACCOUNT_REQUIRED,
} cr_account_mode;

typedef struct cr_endpoint_question {
    cr_service service;
    const char *region;     /* NULL: not known */
    const char *custom_url; /* NULL: the service's own */
    bool use_fips;
    bool use_dual_stack;
    cr_account_mode account_mode;
} cr_endpoint_question;

/* What can be wrong with a question. */
typedef enum cr_endpoint_part {
    CR_PART_REGION,
    CR_PART_URL,
    CR_PART_FIPS,
    CR_PART_DUAL_STACK,
    CR_PART_ACCOUNT_MODE,
    CR_PART_COUNT,
} cr_endpoint_part;

typedef struct cr_endpoint {
    char url[CR_ENDPOINT_SIZE]; /* scheme, host, maybe a port and a path without a final / */
    /* The account's own endpoint is https://<account id>.<this>; empty: there is none. */
    char account_suffix[CR_ENDPOINT_SIZE];
    bool account_is_required;
    char account_mode_name[CR_SETTING_NAME_SIZE]; /* the setting, for errors; maybe empty */
    char signing_region[CR_REGION_SIZE];
    const char *signing_name;
    bool is_blamed[CR_PART_COUNT]; /* after a failure: the parts that caused it */
} cr_endpoint;

/* CRUDDUR_E_CONFIG: no region, or a malformed one; a malformed URL; choices that exclude each
 * other. The error does not name the settings: the caller knows them. */
cruddur_status cr_endpoint_find(const cr_endpoint_question *question, cr_endpoint *endpoint,
                                cruddur_error **error);

/* The URL for an identity's requests, whose account id may be absent. CRUDDUR_E_CONFIG where an
 * account id is needed and there is none of 12 digits. */
cruddur_status cr_endpoint_of_account(const cr_endpoint *endpoint, cr_str account_id,
                                      char url[CR_ENDPOINT_SIZE], cruddur_error **error);

/* ---- URLs ---- */

/* The pieces of scheme://host[:port][/path][?query]; all borrowed. */
typedef struct cr_aws_url {
    bool is_https;
    cr_str host; /* an IPv6 address without its brackets */
    cr_str port; /* absent: the scheme's own */
    cr_str rest; /* the path and the query; maybe empty */
} cr_aws_url;

/* False for anything else, and for user names, fragments, blanks and control characters. */
bool cr_aws_url_parse(const char *text, cr_aws_url *url);

#endif
