/* SPDX-License-Identifier: MIT */
/* HTTP, as the world has it, below the library's AWS client; and handles. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <zlib.h>

#include "aws/http.h"
#include "base/clock.h"
#include "base/json.h"
#include "store/dynamodb/engine.h"
#include "store/dynamodb/open.h"
#include "world/network.h"

#define SECOND INT64_C(1000000)
/* By how much a signature's date may be wrong. */
#define DATE_TOLERANCE_US (300 * SECOND)
/* Of so many good answers one has a checksum; all others have, where something is wrong with them.
 */
#define CHECKED 4
#define HEADER_MAX 4096

cruddur_status __real_cr_http_send(cr_http *http, const cr_http_request *request,
                                   cr_http_response *response, cruddur_error **error);
cruddur_status __wrap_cr_http_send(cr_http *http, const cr_http_request *request,
                                   cr_http_response *response, cruddur_error **error);
void __real_cr_http_send_together(cr_http *http, cr_http_exchange *exchanges, size_t count);
void __wrap_cr_http_send_together(cr_http *http, cr_http_exchange *exchanges, size_t count);
cruddur_status __real_cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                             cr_dynamodb *table, cruddur_error **error);
cruddur_status __wrap_cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                             cr_dynamodb *table, cruddur_error **error);
cruddur_status __real_cr_dynamodb_make_client(cr_dynamodb *table, cr_service service,
                                              cr_aws_client **ret_client, cruddur_error **error);
cruddur_status __wrap_cr_dynamodb_make_client(cr_dynamodb *table, cr_service service,
                                              cr_aws_client **ret_client, cruddur_error **error);
void __real_cr_dynamodb_close_table(cr_dynamodb *table);
void __wrap_cr_dynamodb_close_table(cr_dynamodb *table);

static struct opening {
    cr_mode mode;
    bool is_ours;
} opening;

/* ---- the request ---- */

static cr_str header_of(const cr_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        cr_str is = request->headers[i].name;
        if (is.size == strlen(name) && strncasecmp(is.data, name, is.size) == 0) {
            return request->headers[i].value;
        }
    }
    return CR_STR_ABSENT;
}

static cr_str operation_of(const cr_http_request *request)
{
    cr_str target = header_of(request, "x-amz-target");
    const char *dot = target.size == 0 ? NULL : memchr(target.data, '.', target.size);
    if (dot == NULL) {
        (void)fprintf(stderr, "a request without a target\n");
        abort();
    }
    return (cr_str){dot + 1, target.size - (size_t)(dot + 1 - target.data)};
}

/* Whether the date with which the request is signed is far from the service's. */
static bool is_skewed(const cr_http_request *request)
{
    struct tm date = {0};
    char text[20];
    cr_str signed_at = header_of(request, "x-amz-date"); /* 20260131T093000Z */
    if (signed_at.data == NULL) {
        return false;
    }
    (void)snprintf(text, sizeof(text), "%.*s", CR_STR_ARGS(signed_at));
    if (strptime(text, "%Y%m%dT%H%M%SZ", &date) == NULL) {
        (void)fprintf(stderr, "signed at %s\n", text);
        abort();
    }
    int64_t off_us = (int64_t)timegm(&date) * SECOND - (SIM_BEGIN_US + sim_now_us());
    return off_us > DATE_TOLERANCE_US || off_us < -DATE_TOLERANCE_US;
}

/* ---- the response ---- */

__attribute__((format(printf, 2, 3))) static void add_header(cr_http_response *response,
                                                             const char *format, ...)
{
    char line[96];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    cr_buffer_add(&response->header, cr_str_of(line));
}

static void add_headers(cr_http_response *response, const char *type, bool has_sum)
{
    char date[40];
    struct tm parts;
    time_t seconds = (time_t)((SIM_BEGIN_US + sim_now_us()) / SECOND);
    add_header(response, "Content-Type: %s\n", type);
    if (has_sum) {
        add_header(response, "x-amz-crc32: %lu\n",
                   (unsigned long)crc32_z(0, (const unsigned char *)response->body.data,
                                          response->body.size));
    }
    if (response->status != 200 && gmtime_r(&seconds, &parts) != NULL &&
        strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0) {
        add_header(response, "Date: %s\n", date);
    }
}

static void answer_page(sim_answer *answer)
{
    answer->status = 200;
    answer->code = "";
    answer->body.size = 0;
    cr_buffer_add(&answer->body, cr_str_of("<html><body>Welcome</body></html>"));
}

/* Damages the body, which the checksum was made of before. */
static void damage(cr_http_response *response, sim_reply reply)
{
    size_t size = response->body.size;
    size_t at = size == 0 ? 0 : sim_roll(size);
    if (reply == SIM_REPLY_CUT) {
        response->body.size = at;
    } else if (size > 0) {
        response->body.data[at] = (char)(response->body.data[at] ^ (1 << sim_roll(7)));
    }
}

/* A NUL stands behind the body. */
static void end_body(cr_buffer *body)
{
    char *end = cr_buffer_extend(body, 1);
    if (end == NULL) {
        abort();
    }
    *end = '\0';
    body->size--;
}

static void respond(sim_reply reply, sim_answer *answer, cr_http_response *response)
{
    bool is_page = reply == SIM_REPLY_PAGE;
    bool is_damaged = reply == SIM_REPLY_CUT || reply == SIM_REPLY_GARBLED;
    if (is_page) {
        answer_page(answer);
    } else if (answer->status != 200) {
        sim_answer_seal(answer);
    }
    response->status = answer->status;
    response->body = answer->body;
    /* A page may even have the type of an answer. */
    add_headers(response, is_page && sim_happens(2) ? "text/html" : "application/x-amz-json-1.0",
                is_damaged || (!is_page && sim_request_count() % CHECKED == 0));
    if (is_damaged) {
        damage(response, reply);
    }
    end_body(&response->body);
}

static cruddur_status fail(cr_http_response *response, bool may_have_arrived, bool is_transient,
                           cruddur_status status, cruddur_error **error)
{
    response->may_have_arrived = may_have_arrived;
    response->is_transient = is_transient;
    (void)cr_fail_with(error, status, "simulated");
    cr_error_set_retryable(error, is_transient);
    return status;
}

static void begin_response(const cr_http_request *request, cr_http_response *response)
{
    response->status = 0;
    response->body.size = response->header.size = 0;
    response->body.cap = request->response_max + 1;
    response->header.cap = HEADER_MAX;
    response->connection_was_new = response->connection_was_dead = false;
    response->may_have_arrived = response->is_transient = false;
    response->sent_at_us = cr_clock_now_us();
}

/* What comes to nothing: no answer, or one that comes too late. */
static cruddur_status fail_by(sim_reply reply, const cr_http_request *request,
                              cr_http_response *response, cruddur_error **error)
{
    switch (reply) {
    case SIM_REPLY_REFUSED:
        return fail(response, false, true, CRUDDUR_E_NETWORK, error);
    case SIM_REPLY_TOO_LATE:
        sim_sleep(request->deadline_us - sim_now_us() + 1);
        return fail(response, true, true, CRUDDUR_E_TIMEOUT, error);
    case SIM_REPLY_DEAD:
        return fail(response, true, false, CRUDDUR_E_NETWORK, error);
    default:
        return fail(response, true, true, CRUDDUR_E_NETWORK, error);
    }
}

static bool is_answered(sim_reply reply)
{
    return reply == SIM_REPLY_GOOD || reply == SIM_REPLY_CUT || reply == SIM_REPLY_GARBLED ||
           reply == SIM_REPLY_PAGE || reply == SIM_REPLY_ERROR;
}

cruddur_status __wrap_cr_http_send(cr_http *http, const cr_http_request *request,
                                   cr_http_response *response, cruddur_error **error)
{
    if (!sim_world_is_there()) {
        return __real_cr_http_send(http, request, response, error);
    }
    begin_response(request, response);
    if (sim_now_us() >= request->deadline_us) {
        return cr_fail_with(error, CRUDDUR_E_TIMEOUT,
                            "the deadline passed before a request was sent");
    }
    sim_answer answer = {.status = 0, .code = "", .body = response->body};
    if (is_skewed(request)) {
        answer.status = 400;
        answer.code = "InvalidSignatureException";
        sim_tell("the date of the signature is wrong");
        respond(SIM_REPLY_GOOD, &answer, response);
        response->received_at_us = cr_clock_now_us();
        return CRUDDUR_OK;
    }
    sim_reply reply = sim_network_send(operation_of(request), request->body, &answer);
    if (is_answered(reply) && sim_now_us() > request->deadline_us) {
        reply = SIM_REPLY_TOO_LATE;
    }
    response->body = answer.body;
    if (!is_answered(reply)) {
        return fail_by(reply, request, response, error);
    }
    respond(reply, &answer, response);
    response->received_at_us = cr_clock_now_us();
    if (response->body.failed || response->header.failed) {
        abort();
    }
    return CRUDDUR_OK;
}

/* One after the other in any order: so each of them sees another moment. */
void __wrap_cr_http_send_together(cr_http *http, cr_http_exchange *exchanges, size_t count)
{
    size_t order[CR_HTTP_TOGETHER_MAX];
    if (!sim_world_is_there()) {
        __real_cr_http_send_together(http, exchanges, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t other = sim_roll(i + 1);
        order[i] = i;
        order[i] = order[other];
        order[other] = i;
    }
    for (size_t i = 0; i < count; i++) {
        cr_http_exchange *now = &exchanges[order[i]];
        now->status = __wrap_cr_http_send(http, now->request, now->response, now->error);
    }
}

/* ---- handles ---- */

static cr_aws_config simulated_config = {.region = "simulated"};

static cruddur_status make_credentials(cr_credentials **ret_credentials, cruddur_error **error)
{
    const cr_identity fields = {.access_key_id = cr_str_of("AKIDEXAMPLE"),
                                .secret_access_key = cr_str_of("secret"),
                                .expires_at_us = CR_IDENTITY_NEVER_EXPIRES};
    const cr_identity *identity = cr_identity_new(&fields);
    cruddur_status status = identity == NULL
                                ? cr_fail_memory(error)
                                : cr_credentials_new_fixed(identity, ret_credentials, error);
    cr_identity_release(identity);
    return status;
}

static cr_aws_options options_of(const cr_dynamodb *table)
{
    return (cr_aws_options){
        .signing_name = "dynamodb",
        .region = simulated_config.region,
        .endpoint_url = "http://simulated",
        .credentials = table->credentials,
        .attempts_max = CR_RETRY_ATTEMPTS_DYNAMODB,
        .backoff_base_us = CR_RETRY_BASE_DYNAMODB_US,
    };
}

cruddur_status __wrap_cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                             cr_dynamodb *table, cruddur_error **error)
{
    if (!sim_world_is_there()) {
        return __real_cr_dynamodb_open_table(url, options, table, error);
    }
    table->config = &simulated_config;
    table->names.table = cr_str_of("t");
    table->names.index = cr_str_of("message-group-sk-index");
    table->mode = opening.mode;
    table->are_writers_ours = opening.is_ours;
    table->claim_us = CR_CLAIM_US;
    cruddur_status status = sim_network_weather()->is_signed
                                ? make_credentials(&table->credentials, error)
                                : CRUDDUR_OK;
    const cr_aws_options asked = options_of(table);
    return status == CRUDDUR_OK ? cr_aws_client_new(&asked, &table->client, error) : status;
}

void __wrap_cr_dynamodb_close_table(cr_dynamodb *table)
{
    if (table->config != &simulated_config) {
        __real_cr_dynamodb_close_table(table);
        return;
    }
    cr_aws_client_free(atomic_load(&table->stream_client));
    cr_aws_client_free(table->client);
    cr_credentials_free(table->credentials);
}

cruddur_status __wrap_cr_dynamodb_make_client(cr_dynamodb *table, cr_service service,
                                              cr_aws_client **ret_client, cruddur_error **error)
{
    if (table->config != &simulated_config) {
        return __real_cr_dynamodb_make_client(table, service, ret_client, error);
    }
    const cr_aws_options asked = options_of(table);
    return cr_aws_client_new(&asked, ret_client, error);
}

cruddur *sim_open(cr_mode mode, bool are_ours)
{
    cruddur *dm = NULL;
    opening = (struct opening){mode, are_ours};
    if (cruddur_open("dynamodb:t", NULL, &dm, NULL) != CRUDDUR_OK) {
        abort();
    }
    opening.is_ours = false;
    return dm;
}

cr_store *sim_store_open(cr_mode mode)
{
    cr_store *store = NULL;
    const cr_url url = {.scheme = "dynamodb", .rest = "t"};
    const cr_store_options options = {.deadline_us = INT64_MAX};
    opening.mode = mode;
    if (cr_dynamodb_open(&url, &options, &store, NULL) != CRUDDUR_OK) {
        abort();
    }
    return store;
}

cr_store *sim_store_open_ours(void)
{
    opening.is_ours = true;
    cr_store *store = sim_store_open(CR_MODE_ATOMIC);
    opening.is_ours = false;
    return store;
}

void sim_store_close(cr_store *store)
{
    store->ops->close(store);
}
