/* SPDX-License-Identifier: MIT */
/* Store URLs, and what the DynamoDB engine makes of theirs before it asks anybody. */
#include <arpa/inet.h>
#include <strings.h>

#include "aws/endpoint_url.h"
#include "fuzz.h"
#include "store/dynamodb/open.h"
#include "store/url.h"

/* Nothing in this process's surroundings has a say. */
static void clear_environment(void)
{
    static bool is_clear;
    if (!is_clear) {
        for (int i = 0; i < CR_ENV_COUNT; i++) {
            FUZZ_REQUIRE(unsetenv(cr_env_text((cr_env_name)i)) == 0);
        }
        FUZZ_REQUIRE(setenv("AWS_CONFIG_FILE", "/dev/null", 1) == 0);
        FUZZ_REQUIRE(setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1) == 0);
        FUZZ_REQUIRE(setenv("AWS_EC2_METADATA_DISABLED", "true", 1) == 0);
        is_clear = true;
    }
}

static void open_table(const cr_url *url)
{
    cruddur_error *error = NULL;
    cr_dynamodb table = {.client = NULL};
    const cr_store_options options = {.logger = {.log = NULL}};
    atomic_init(&table.lacks_transactions, false);
    cruddur_status status = cr_dynamodb_open_table(url, &options, &table, &error);
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (error == NULL));
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (table.client != NULL));
    FUZZ_REQUIRE(status == CRUDDUR_OK || status == CRUDDUR_E_CONFIG ||
                 status == CRUDDUR_E_INVALID_ARGUMENT || status == CRUDDUR_E_URL_PARAMETER);
    cr_dynamodb_close_table(&table);
    cruddur_error_free(error);
}

/* One reader of endpoints lets hosts through, the other makes of them what requests are sent to,
 * and signed for: the same host, but that libcurl writes 127.1 and ::0001 out as addresses. */
static bool is_same_host(cr_str ours, const char *sent)
{
    struct in_addr ignored;
    size_t length = strcspn(sent, ":");
    char *name = fuzz_copy((cr_str){sent, length});
    bool is_address = inet_pton(AF_INET, name, &ignored) == 1;
    free(name);
    if (is_address || memchr(ours.data, ':', ours.size) != NULL) {
        return is_address || *sent == '[';
    }
    return length == ours.size && strncasecmp(sent, ours.data, length) == 0;
}

static void check_endpoint(const char *text)
{
    cr_aws_url ours;
    cr_endpoint_url sent;
    cruddur_error *error = NULL;
    if (!cr_aws_url_parse(text, &ours) || memchr(ours.rest.data, '?', ours.rest.size) != NULL) {
        return;
    }
    if (cr_endpoint_url_parse(text, &sent, &error) == CRUDDUR_OK) {
        FUZZ_REQUIRE(is_same_host(ours.host, sent.host));
        FUZZ_REQUIRE(strncmp(sent.url, ours.is_https ? "https:" : "http://", 6) == 0);
        cr_endpoint_url_free(&sent);
    }
    cruddur_error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_url url;
    cruddur_error *error = NULL;
    cr_arena arena = CR_ARENA_INIT;
    char *text = fuzz_copy(fuzz_text(bytes, size));
    clear_environment();
    cruddur_status status = cr_url_parse(text, &arena, &url, &error);
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (error == NULL));
    if (status == CRUDDUR_OK) {
        FUZZ_REQUIRE(url.parameter_count <= CR_URL_PARAMETERS_MAX);
        for (size_t i = 0; i < url.parameter_count; i++) {
            FUZZ_REQUIRE(*url.parameters[i].name != '\0');
            check_endpoint(url.parameters[i].value);
        }
        if (strcmp(url.scheme, "dynamodb") == 0) {
            open_table(&url);
        }
    }
    cruddur_error_free(error);
    cr_arena_free(&arena);
    free(text);
    return 0;
}
