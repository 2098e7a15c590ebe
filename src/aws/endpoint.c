/* SPDX-License-Identifier: MIT */
#include "aws/endpoint.h"

#include "base/print.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- partitions ---- */

typedef struct partition {
    const char *region_prefix;
    const char *suffix;
    const char *dual_stack_suffix;
    bool has_account_endpoints;
    bool has_plain_fips_names; /* its usual endpoints are FIPS endpoints already */
    bool has_streams_dash;     /* its dual-stack endpoint of streams has another name */
} partition;

/* The first whose prefix fits; the last fits all. */
static const partition partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false, false, true},
    {"us-gov-", "amazonaws.com", "api.aws", false, true, true},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov", false, false, false},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud", false, false, false},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", false, false, false},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", false, false, false},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu", false, false, false},
    {"", "amazonaws.com", "api.aws", true, false, true},
};

static const partition *find_partition(const char *region)
{
    const partition *found = partitions;
    while (strncmp(region, found->region_prefix, strlen(found->region_prefix)) != 0) {
        found++;
    }
    return found;
}

/* ---- services ---- */

typedef struct service_names {
    const char *signing_name;
    const char *host;
    const char *fips_host;
    bool keeps_plain_fips_name; /* in a partition that has such */
    bool has_account_endpoints;
    bool has_plain_dual_stack; /* its dual-stack endpoints have the usual names, but for partitions
                                * without account endpoints */
} service_names;

static const service_names services[CR_SERVICE_COUNT] = {
    [CR_SERVICE_DYNAMODB] = {"dynamodb", "dynamodb", "dynamodb-fips", true, true, false},
    [CR_SERVICE_DYNAMODB_STREAMS] = {"dynamodb", "streams.dynamodb", "streams.dynamodb-fips", true,
                                     false, false},
    [CR_SERVICE_STS] = {"sts", "sts", "sts-fips", true, false, false},
    [CR_SERVICE_SSO] = {"awsssoportal", "portal.sso", "portal.sso-fips", true, false, false},
    [CR_SERVICE_SSO_OIDC] = {"awsssooidc", "oidc", "oidc-fips", true, false, false},
    [CR_SERVICE_COGNITO_IDP] = {"cognito-idp", "cognito-idp", "cognito-idp-fips", false, false,
                                true},
};

/* ---- names ---- */

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What may stand in a host's name without changing what the name means. */
static bool is_label(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length >= CR_REGION_SIZE || text[0] == '-' || text[length - 1] == '-') {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        char lower = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
        if (!is_letter(lower) && !is_digit(*at) && *at != '-') {
            return false;
        }
    }
    return true;
}

/* "eu-central-1": words, the last a number. New regions keep to that. */
static bool is_region(const char *text)
{
    const char *last = strrchr(text, '-');
    const char *first = strchr(text, '-');
    if (!is_label(text) || first == last || !is_letter(text[0])) {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (at > last ? !is_digit(*at) : !is_letter(*at) && *at != '-') {
            return false;
        }
    }
    return true;
}

static bool is_account_id(cr_str text)
{
    bool fits = text.size == 12;
    for (size_t i = 0; fits && i < text.size; i++) {
        fits = is_digit(text.data[i]);
    }
    return fits;
}

/* ---- URLs ---- */

/* Takes the text up to the first of these characters, or all of it. */
static cr_str take_until(const char **at, const char *stops)
{
    cr_str taken = {*at, strcspn(*at, stops)};
    *at += taken.size;
    return taken;
}

static bool is_port(cr_str text)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.size && value <= 65535; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    return text.size > 0 && value >= 1 && value <= 65535;
}

static bool is_host(cr_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char lower = (char)(text.data[i] | 0x20);
        if (!is_letter(lower) && !is_digit(text.data[i]) && strchr("-._", text.data[i]) == NULL) {
            return false;
        }
    }
    return text.size > 0 && text.size < CR_ENDPOINT_SIZE;
}

static bool is_ipv6(cr_str text)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (text.size >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return inet_pton(AF_INET6, copy, &address) == 1;
}

static bool take_host(const char **at, cr_str *host)
{
    if (**at != '[') {
        *host = take_until(at, ":/?");
        return is_host(*host);
    }
    (*at)++;
    *host = take_until(at, "]");
    return *(*at)++ == ']' && is_ipv6(*host);
}

static bool is_clean(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == '#' || *at == '\\') {
            return false;
        }
    }
    return true;
}

bool cr_aws_url_parse(const char *text, cr_aws_url *url)
{
    const char *const schemes[] = {"http://", "https://"};
    *url = (cr_aws_url){.is_https = strncmp(text, schemes[1], strlen(schemes[1])) == 0};
    const char *scheme = schemes[url->is_https ? 1 : 0];
    if (strncmp(text, scheme, strlen(scheme)) != 0 || !is_clean(text)) {
        return false;
    }
    const char *at = text + strlen(scheme);
    if (!take_host(&at, &url->host)) {
        return false;
    }
    if (*at == ':') {
        at++;
        url->port = take_until(&at, "/?");
        if (!is_port(url->port)) {
            return false;
        }
    }
    url->rest = cr_str_of(at);
    return *at == '\0' || *at == '/' || *at == '?';
}

/* ---- endpoints ---- */

static cruddur_status print(char *text, size_t size, cruddur_error **error, const char *format, ...)
    CR_PRINTF(4, 5);

static cruddur_status print(char *text, size_t size, cruddur_error **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return length < 0 || (size_t)length >= size
               ? cr_fail_with(error, CRUDDUR_E_CONFIG, "the endpoint is too long")
               : CRUDDUR_OK;
}

/* Marks one part of the question, or two that do not go together. */
static void blame(cr_endpoint *endpoint, cr_endpoint_part part, cr_endpoint_part other)
{
    endpoint->is_blamed[part] = true;
    endpoint->is_blamed[other] = true;
}

static cruddur_status use_custom(const cr_endpoint_question *question, cr_endpoint *endpoint,
                                 cruddur_error **error)
{
    cr_aws_url url;
    if (question->use_fips || question->use_dual_stack) {
        blame(endpoint, CR_PART_URL, question->use_fips ? CR_PART_FIPS : CR_PART_DUAL_STACK);
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "an endpoint URL and %s exclude each other: give one of them",
                            question->use_fips ? "FIPS endpoints" : "dual-stack endpoints");
    }
    if (!cr_aws_url_parse(question->custom_url, &url) ||
        memchr(url.rest.data, '?', url.rest.size) != NULL) {
        blame(endpoint, CR_PART_URL, CR_PART_URL);
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "an endpoint URL is http or https, a host, and optionally a port and a "
                            "path, such as http://localhost:8000");
    }
    if (question->region != NULL && !is_label(question->region)) {
        blame(endpoint, CR_PART_REGION, CR_PART_REGION);
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "\"%.*s\" is no region: a region has letters, digits and - only",
                            CR_CUT(question->region, 40));
    }
    size_t length = strlen(question->custom_url);
    while (question->custom_url[length - 1] == '/') {
        length--;
    }
    blame(endpoint, CR_PART_URL, CR_PART_URL); /* in case it does not fit */
    return print(endpoint->url, sizeof(endpoint->url), error, "%.*s", (int)length,
                 question->custom_url);
}

/* The host's name up to the region. */
static const char *host_of(const cr_endpoint_question *question, const partition *place)
{
    const service_names *names = &services[question->service];
    if (question->service == CR_SERVICE_DYNAMODB_STREAMS && question->use_dual_stack &&
        place->has_streams_dash) {
        return question->use_fips ? "streams-dynamodb-fips" : "streams-dynamodb";
    }
    bool is_plain =
        !question->use_fips ||
        (place->has_plain_fips_names && !question->use_dual_stack && names->keeps_plain_fips_name);
    return is_plain ? names->host : names->fips_host;
}

static const char *suffix_of(const cr_endpoint_question *question, const partition *place)
{
    bool has_plain_name =
        services[question->service].has_plain_dual_stack && place->has_account_endpoints;
    return question->use_dual_stack && !has_plain_name ? place->dual_stack_suffix : place->suffix;
}

static cruddur_status find_account_suffix(const cr_endpoint_question *question,
                                          const partition *place, cr_endpoint *endpoint,
                                          cruddur_error **error)
{
    endpoint->account_is_required = services[question->service].has_account_endpoints &&
                                    question->account_mode == CR_ACCOUNT_REQUIRED;
    if (endpoint->account_is_required && question->use_fips) {
        blame(endpoint, CR_PART_ACCOUNT_MODE, CR_PART_FIPS);
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "an account-based endpoint is required, but none is a FIPS endpoint");
    }
    if (endpoint->account_is_required && !place->has_account_endpoints) {
        blame(endpoint, CR_PART_ACCOUNT_MODE, CR_PART_REGION);
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "an account-based endpoint is required, but region %s has none",
                            question->region);
    }
    if (!services[question->service].has_account_endpoints || !place->has_account_endpoints ||
        question->use_fips || question->account_mode == CR_ACCOUNT_DISABLED) {
        return CRUDDUR_OK;
    }
    return print(endpoint->account_suffix, sizeof(endpoint->account_suffix), error, "ddb.%s.%s",
                 question->region, suffix_of(question, place));
}

static cruddur_status use_own(const cr_endpoint_question *question, cr_endpoint *endpoint,
                              cruddur_error **error)
{
    if (question->region == NULL) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG, "no region is known");
    }
    if (!is_region(question->region)) {
        blame(endpoint, CR_PART_REGION, CR_PART_REGION);
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "\"%.*s\" is not the name of an AWS region, such as eu-central-1",
                            CR_CUT(question->region, 40));
    }
    const partition *place = find_partition(question->region);
    cruddur_status status = find_account_suffix(question, place, endpoint, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    return print(endpoint->url, sizeof(endpoint->url), error, "https://%s.%s.%s",
                 host_of(question, place), question->region, suffix_of(question, place));
}

static bool is_dynamodb(cr_service service)
{
    return service == CR_SERVICE_DYNAMODB || service == CR_SERVICE_DYNAMODB_STREAMS;
}

cruddur_status cr_endpoint_find(const cr_endpoint_question *question, cr_endpoint *endpoint,
                                cruddur_error **error)
{
    cr_endpoint_question asked = *question;
    bool is_local = question->custom_url == NULL && question->region != NULL &&
                    strcmp(question->region, "local") == 0 && is_dynamodb(question->service);
    if (is_local) {
        asked.custom_url = "http://localhost:8000"; /* where DynamoDB Local listens */
    }
    *endpoint = (cr_endpoint){.signing_name = services[question->service].signing_name};
    cruddur_status status = asked.custom_url != NULL ? use_custom(&asked, endpoint, error)
                                                     : use_own(&asked, endpoint, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    /* Any region will do where the URL says it all. */
    return print(endpoint->signing_region, sizeof(endpoint->signing_region), error, "%s",
                 is_local || asked.region == NULL ? "us-east-1" : asked.region);
}

cruddur_status cr_endpoint_of_account(const cr_endpoint *endpoint, cr_str account_id,
                                      char url[CR_ENDPOINT_SIZE], cruddur_error **error)
{
    bool is_of_account = endpoint->account_suffix[0] != '\0' && account_id.data != NULL;
    if (is_of_account && !is_account_id(account_id)) {
        return cr_fail_with(error, CRUDDUR_E_CONFIG,
                            "the account id of the credentials (AWS_ACCOUNT_ID, aws_account_id, or "
                            "what their source returned) does not have 12 digits");
    }
    if (is_of_account) {
        return print(url, CR_ENDPOINT_SIZE, error, "https://%.*s.%s", CR_STR_ARGS(account_id),
                     endpoint->account_suffix);
    }
    if (endpoint->account_is_required) {
        return cr_fail_with(
            error, CRUDDUR_E_CONFIG,
            "%s%san account-based endpoint is required, but the credentials name no account",
            endpoint->account_mode_name, endpoint->account_mode_name[0] == '\0' ? "" : ": ");
    }
    return print(url, CR_ENDPOINT_SIZE, error, "%s", endpoint->url);
}
