/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/open.h"

#include "base/print.h"

#include <stddef.h>
#include <stdlib.h>

#define DEFAULT_TABLE "cruddur-messages"
#define DEFAULT_INDEX "message-group-sk-index"

#define US_PER_DAY INT64_C(86400000000)

#define NAME_MIN 3
#define NAME_MAX_SIZE 255

/* ---- the URL ---- */

typedef struct settings {
    cr_aws_given given;
    const char *index;
    cr_mode mode;
    unsigned claim_days;
    bool are_writers_ours;
} settings;

static cruddur_status set_index(settings *set, const char *value, cruddur_error **error)
{
    (void)error;
    set->index = value;
    return CRUDDUR_OK;
}

static cruddur_status set_mode(settings *set, const char *value, cruddur_error **error)
{
    static const struct {
        const char *name;
        cr_mode mode;
    } modes[] = {
        {"auto", CR_MODE_AUTO},
        {"atomic", CR_MODE_ATOMIC},
        {"steps", CR_MODE_STEPS},
        {"stream", CR_MODE_STREAM},
    };
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(modes[i].name, value) == 0) {
            set->mode = modes[i].mode;
            return CRUDDUR_OK;
        }
    }
    return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                            "mode is auto, atomic, steps or stream, not \"%.*s\"",
                            CR_CUT(value, 40));
}

/* A number from 1 to `max`, in digits alone. */
static cruddur_status read_number(const char *name, unsigned max, const char *value,
                                  unsigned *ret_number, cruddur_error **error)
{
    char *end = NULL;
    bool has_digit = *value >= '0' && *value <= '9'; /* strtoul takes blanks and a sign, too */
    unsigned long number = has_digit ? strtoul(value, &end, 10) : 0;
    if (number < 1 || number > max || *end != '\0') {
        return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                "%s is a number from 1 to %u, not \"%.*s\"", name, max,
                                CR_CUT(value, 40));
    }
    *ret_number = (unsigned)number;
    return CRUDDUR_OK;
}

static cruddur_status set_attempts(settings *set, const char *value, cruddur_error **error)
{
    return read_number("attempts", 20, value, &set->given.attempts_max, error);
}

static cruddur_status set_claim_days(settings *set, const char *value, cruddur_error **error)
{
    return read_number("claim_days", 3650, value, &set->claim_days, error);
}

static cruddur_status set_writers(settings *set, const char *value, cruddur_error **error)
{
    set->are_writers_ours = strcmp(value, "ours") == 0;
    return set->are_writers_ours || strcmp(value, "any") == 0
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                  "writers is any or ours, not \"%.*s\"", CR_CUT(value, 40));
}

#define WORDS_MAX 3

/* What is passed on as it is. Where there are no words it is checked where it is used. */
static const struct {
    const char *name;
    size_t offset; /* in cr_aws_given */
    const char *words[WORDS_MAX];
} passed_on[] = {
    {"region", offsetof(cr_aws_given, region), {NULL}},
    {"endpoint", offsetof(cr_aws_given, endpoint_url), {NULL}},
    {"profile", offsetof(cr_aws_given, profile), {NULL}},
    {"fips", offsetof(cr_aws_given, use_fips), {"true", "false"}},
    {"dualstack", offsetof(cr_aws_given, use_dual_stack), {"true", "false"}},
    {"account_endpoint",
     offsetof(cr_aws_given, account_id_endpoint_mode),
     {"preferred", "disabled", "required"}},
};

static cruddur_status check_word(const cr_url_parameter *parameter, const char *const *words,
                                 cruddur_error **error)
{
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++) {
        if (strcmp(words[i], parameter->value) == 0) {
            return CRUDDUR_OK;
        }
    }
    return words[0] == NULL
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                  "%s is %s%s%s%s%s, not \"%.*s\"", parameter->name, words[0],
                                  words[2] == NULL ? "" : ", ", words[2] == NULL ? "" : words[1],
                                  " or ", words[2] == NULL ? words[1] : words[2],
                                  CR_CUT(parameter->value, 40));
}

static const struct {
    const char *name;
    cruddur_status (*set)(settings *set, const char *value, cruddur_error **error);
} parameters[] = {
    {"index", set_index},           {"mode", set_mode},       {"attempts", set_attempts},
    {"claim_days", set_claim_days}, {"writers", set_writers},
};

static cruddur_status set_parameter(settings *set, const cr_url_parameter *parameter,
                                    cruddur_error **error)
{
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        if (strcmp(passed_on[i].name, parameter->name) == 0) {
            memcpy((char *)&set->given + passed_on[i].offset, &parameter->value,
                   sizeof(parameter->value));
            return check_word(parameter, passed_on[i].words, error);
        }
    }
    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        if (strcmp(parameters[i].name, parameter->name) == 0) {
            return parameters[i].set(set, parameter->value, error);
        }
    }
    return cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                            "dynamodb has no parameter \"%.*s\"; there are region, endpoint, "
                            "index, mode, profile, fips, dualstack, account_endpoint, attempts, "
                            "claim_days and writers",
                            CR_CUT(parameter->name, 40));
}

/* Names go into requests as they are. */
static bool is_name(const char *name)
{
    size_t size = strlen(name);
    return size >= NAME_MIN && size <= NAME_MAX_SIZE &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
               size;
}

static cruddur_status copy_name(const char *what, const char *name, cr_str *copy,
                                cruddur_error **error)
{
    if (!is_name(name)) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "store_url",
                                "the %s's name must have 3 to 255 of the characters a-z, A-Z, 0-9, "
                                "\"_\", \"-\" and \".\"",
                                what);
    }
    char *text = strdup(name);
    if (text == NULL) {
        return cr_fail_memory(error);
    }
    *copy = (cr_str){text, strlen(text)};
    return CRUDDUR_OK;
}

static cruddur_status read_url(const cr_url *url, cr_dynamodb *table, settings *set,
                               cruddur_error **error)
{
    cruddur_status status = CRUDDUR_OK;
    *set = (settings){.index = DEFAULT_INDEX, .claim_days = (unsigned)(CR_CLAIM_US / US_PER_DAY)};
    if (strncmp(url->rest, "//", 2) == 0) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "store_url",
                                "a table's name follows the colon directly, as in "
                                "dynamodb:messages; dynamodb:// is not supported");
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < url->parameter_count; i++) {
        status = set_parameter(set, &url->parameters[i], error);
    }
    if (status == CRUDDUR_OK && set->are_writers_ours && set->mode != CR_MODE_ATOMIC) {
        status = cr_fail_argument(error, CRUDDUR_E_URL_PARAMETER, "store_url",
                                  "writers=ours needs mode=atomic: all programs that write to the "
                                  "table must do so in transactions");
    }
    if (status == CRUDDUR_OK) {
        status = copy_name("table", *url->rest == '\0' ? DEFAULT_TABLE : url->rest,
                           &table->names.table, error);
    }
    if (status == CRUDDUR_OK) {
        status = copy_name("index", set->index, &table->names.index, error);
    }
    table->mode = set->mode;
    table->are_writers_ours = set->are_writers_ours;
    table->claim_us = (int64_t)set->claim_days * US_PER_DAY;
    return status;
}

/* ---- the client ---- */

cruddur_status cr_dynamodb_make_client(cr_dynamodb *table, cr_service service,
                                       cr_aws_client **ret_client, cruddur_error **error)
{
    cr_endpoint endpoint;
    cruddur_status status = cr_aws_config_endpoint(table->config, service, &endpoint, error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_aws_options options = {
        .signing_name = endpoint.signing_name,
        .region = endpoint.signing_region,
        .endpoint_url = endpoint.url,
        .of_account = &endpoint,
        .http = table->http,
        .credentials = table->credentials,
        .attempts_max = table->config->attempts_max == 0 ? CR_RETRY_ATTEMPTS_DYNAMODB
                                                         : table->config->attempts_max,
        .backoff_base_us = CR_RETRY_BASE_DYNAMODB_US,
        .disable_skew_correction = table->config->disable_skew_correction,
        .on_attempt = table->logger.log == NULL ? NULL : cr_aws_log_attempt,
    };
    return cr_aws_client_new(&options, ret_client, error);
}

cruddur_status cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                      cr_dynamodb *table, cruddur_error **error)
{
    settings set;
    table->logger = options->logger;
    cruddur_status status = read_url(url, table, &set, error);
    if (status == CRUDDUR_OK) {
        status = cr_aws_config_load(&set.given, &table->config, error);
    }
    if (status == CRUDDUR_OK) {
        char ca_name[CR_SETTING_NAME_SIZE];
        cr_setting_name(&table->config->ca_bundle, ca_name);
        cr_http_options http = {.ca_file = table->config->ca_bundle.value, .ca_name = ca_name};
        status = cr_http_new(&http, &table->http, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_aws_config_credentials(table->config, table->http, &table->credentials, error);
    }
    return status == CRUDDUR_OK
               ? cr_dynamodb_make_client(table, CR_SERVICE_DYNAMODB, &table->client, error)
               : status;
}

static void free_name(cr_str name)
{
    union {
        const char *borrowed;
        char *owned;
    } text = {name.data};
    free(text.owned);
}

void cr_dynamodb_close_table(cr_dynamodb *table)
{
    cr_aws_client_free(atomic_load(&table->stream_client));
    cr_aws_client_free(table->client);
    cr_credentials_free(table->credentials);
    cr_http_free(table->http);
    cr_aws_config_free(table->config);
    free_name(table->names.table);
    free_name(table->names.index);
}
