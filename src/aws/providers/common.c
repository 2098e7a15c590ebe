/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "aws/providers/provider.h"
#include "aws/providers/secret_json.h"
#include "aws/retry.h"
#include "aws/secret.h"
#include "base/clock.h"
#include "base/print.h"
#include "base/random.h"

#define US_PER_S INT64_C(1000000)
#define US_PER_MS INT64_C(1000)
#define RESPONSE_MAX ((size_t)256 * 1024)

cruddur_status cr_provider_has_none(cr_provider_context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)cr_print_line(context->reason, sizeof(context->reason), format, arguments);
    va_end(arguments);
    context->reason_may_pass = false;
    return CRUDDUR_OK;
}

cruddur_status cr_provider_check(const cr_provider_context *context)
{
    bool is_over = atomic_load(context->is_cancelled) || cr_deadline_passed(context->deadline_us);
    return is_over ? cr_fail_with(context->error, CRUDDUR_E_TIMEOUT,
                                  "fetching credentials took too long, or was cancelled")
                   : CRUDDUR_OK;
}

/* ---- identities ---- */

static bool fits_header(cr_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return true;
}

static cr_str absent_if_empty(cr_str text)
{
    return text.size == 0 ? CR_STR_ABSENT : text;
}

cruddur_status cr_provider_identity(const cr_provider_context *context, const char *source,
                                    const cr_identity *fields, const cr_identity **ret_identity)
{
    if (fields->access_key_id.size == 0 || fields->secret_access_key.size == 0) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS, "%s: there is no %s", source,
                            fields->access_key_id.size == 0 ? "access key id"
                                                            : "secret access key");
    }
    if (!fits_header(fields->access_key_id) || !fits_header(fields->secret_access_key) ||
        !fits_header(fields->session_token) || !fits_header(fields->account_id)) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "%s: a part has blanks or other characters that cannot be in it",
                            source);
    }
    cr_identity clean = *fields;
    clean.session_token = absent_if_empty(fields->session_token);
    clean.account_id = absent_if_empty(fields->account_id);
    const cr_identity *identity = cr_identity_new(&clean);
    if (identity == NULL) {
        return cr_fail_memory(context->error);
    }
    *ret_identity = identity;
    return CRUDDUR_OK;
}

/* ---- times ---- */

/* The digits at `start`; -1 where there are others than digits. */
static int digits_at(cr_str text, size_t start, size_t count)
{
    int value = 0;
    for (size_t i = start; i < start + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return -1;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

static cr_str skip_fraction(cr_str rest)
{
    if (rest.size > 0 && rest.data[0] == '.') {
        do {
            rest.data++;
            rest.size--;
        } while (rest.size > 0 && rest.data[0] >= '0' && rest.data[0] <= '9');
    }
    return rest;
}

/* Z, UTC, or how far a local time is ahead of that: +02:00, -0930. */
static bool read_zone(cr_str zone, int64_t *ahead_s)
{
    *ahead_s = 0;
    if (cr_str_equal(zone, cr_str_of("Z")) || cr_str_equal(zone, cr_str_of("UTC"))) {
        return true;
    }
    bool has_colon = zone.size == strlen("+00:00") && zone.data[3] == ':';
    if ((!has_colon && zone.size != strlen("+0000")) ||
        (zone.data[0] != '+' && zone.data[0] != '-')) {
        return false;
    }
    int hours = digits_at(zone, 1, 2);
    int minutes = digits_at(zone, has_colon ? 4 : 3, 2);
    *ahead_s = (hours * INT64_C(60) + minutes) * 60 * (zone.data[0] == '-' ? -1 : 1);
    return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
}

bool cr_provider_parse_time(cr_str text, int64_t *time_us)
{
    static const struct {
        size_t start, count;
        int min, max;
    } parts[] = {{0, 4, 1970, 9999}, {5, 2, 1, 12},  {8, 2, 1, 31},
                 {11, 2, 0, 23},     {14, 2, 0, 59}, {17, 2, 0, 60}};
    const char *form = "0000-00-00T00:00:00";
    const size_t length = strlen(form);
    int64_t ahead_s;
    int value[sizeof(parts) / sizeof(parts[0])];
    for (size_t i = 0; i < length; i++) {
        if (text.size <= length || (form[i] != '0' && form[i] != text.data[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        value[i] = digits_at(text, parts[i].start, parts[i].count);
        if (value[i] < parts[i].min || value[i] > parts[i].max) {
            return false;
        }
    }
    struct tm civil = {.tm_year = value[0] - 1900,
                       .tm_mon = value[1] - 1,
                       .tm_mday = value[2],
                       .tm_hour = value[3],
                       .tm_min = value[4],
                       .tm_sec = value[5]};
    bool has_zone =
        read_zone(skip_fraction((cr_str){text.data + length, text.size - length}), &ahead_s);
    *time_us = ((int64_t)timegm(&civil) - ahead_s) * US_PER_S;
    return has_zone;
}

/* ---- answers in JSON ---- */

const cr_answer_names cr_usual_answer_names = {"AccessKeyId", "SecretAccessKey", "Token",
                                               "AccountId", "Expiration"};

/* The texts of one answer lie one behind the other in a room as large as the answer. */
typedef struct answer_reader {
    cr_str object;
    char *room;
    bool ok;
} answer_reader;

static cr_str read_text(answer_reader *in, const char *name)
{
    cr_str value = name == NULL ? CR_STR_ABSENT : cr_secret_json_find(in->object, name);
    if (value.data == NULL || cr_str_equal(value, cr_str_of("null"))) {
        return CR_STR_ABSENT;
    }
    ptrdiff_t size = cr_secret_json_text(value, in->room);
    if (size < 0) {
        in->ok = false;
        return CR_STR_ABSENT;
    }
    cr_str text = {in->room, (size_t)size};
    in->room += size + 1;
    return text;
}

static int64_t read_expiration(answer_reader *in, const char *name)
{
    int64_t milliseconds;
    int64_t time_us;
    cr_str value = cr_secret_json_find(in->object, name);
    if (value.data == NULL || cr_str_equal(value, cr_str_of("null"))) {
        return CR_IDENTITY_NEVER_EXPIRES;
    }
    if (cr_secret_json_integer(value, &milliseconds) && milliseconds >= 0 &&
        milliseconds < INT64_MAX / US_PER_MS) {
        return milliseconds * US_PER_MS;
    }
    in->ok = in->ok && cr_provider_parse_time(read_text(in, name), &time_us);
    return in->ok ? time_us : 0;
}

cruddur_status cr_provider_identity_of_json(const cr_provider_context *context, const char *source,
                                            cr_str object, const cr_answer_names *names,
                                            const cr_identity **ret_identity)
{
    if (!cr_secret_json_is_object(object)) {
        return cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                            "%s: what came is no JSON object", source);
    }
    char *room = malloc(object.size + 8);
    if (room == NULL) {
        return cr_fail_memory(context->error);
    }
    answer_reader in = {object, room, true};
    cr_identity fields = {.access_key_id = read_text(&in, names->access_key_id),
                          .secret_access_key = read_text(&in, names->secret_access_key),
                          .session_token = read_text(&in, names->session_token),
                          .account_id = read_text(&in, names->account_id),
                          .expires_at_us = read_expiration(&in, names->expiration)};
    cruddur_status status =
        in.ok ? cr_provider_identity(context, source, &fields, ret_identity)
              : cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                             "%s: a member of the JSON object is not of the right type", source);
    explicit_bzero(room, object.size + 8);
    free(room);
    return status;
}

/* ---- requests ---- */

void cr_provider_response_free(cr_http_response *response)
{
    if (response->body.data != NULL) {
        explicit_bzero(response->body.data, response->body.capacity);
    }
    cr_http_response_free(response);
}

static cr_str body_of(const cr_http_response *response)
{
    return (cr_str){response->body.data, response->body.size};
}

/* Whether this comes from the source: a 200 with what it gives, or an error. */
static bool is_of_source(const cr_provider_request *request, const cr_http_response *response)
{
    return response->status == 200 ? request->is_answer(body_of(response))
                                   : response->status >= 400;
}

/* Whether the same request may succeed later. */
static bool may_pass(const cr_provider_request *request, cruddur_status status,
                     const cr_http_response *response)
{
    if (status != CRUDDUR_OK) {
        return status == CRUDDUR_E_TIMEOUT || response->is_transient;
    }
    if (!is_of_source(request, response)) {
        return true;
    }
    cr_str code =
        request->find_code == NULL ? CR_STR_ABSENT : request->find_code(response, request->data);
    return response->status != 200 && cr_retry_classify(code, response->status) != CR_RETRY_NONE;
}

static cruddur_status finish(const cr_provider_context *context, const cr_provider_request *request,
                             cruddur_status status, const cr_http_response *response)
{
    if (status == CRUDDUR_OK && !is_of_source(request, response)) {
        status = cr_fail_with(context->error, CRUDDUR_E_CREDENTIALS,
                              "not a valid response (HTTP %d, %zu bytes)", response->status,
                              response->body.size);
        cr_error_set_retryable(context->error, true);
    }
    if (status != CRUDDUR_OK && context->error != NULL) {
        cr_error_wrap(*context->error, request->source);
    }
    return status;
}

static void pause_before(const cr_provider_context *context, unsigned retry)
{
    int64_t pause_us = cr_retry_delay_us(CR_RETRY_BASE_US, retry, cr_random_fraction());
    int64_t left_us = context->deadline_us - cr_clock_monotonic_us();
    cr_clock_sleep_us(pause_us < left_us ? pause_us : left_us > 0 ? left_us : 0);
}

static cruddur_status send_once(const cr_provider_context *context,
                                const cr_provider_request *request, cr_http_response *response)
{
    cr_http_request http = request->http;
    cruddur_status status = cr_provider_check(context);
    if (status == CRUDDUR_OK && request->prepare != NULL) {
        status = request->prepare(request->data, &http, context->error);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    int64_t limit_us = cr_clock_monotonic_us() + request->attempt_limit_us;
    http.deadline_us = limit_us < context->deadline_us ? limit_us : context->deadline_us;
    http.connect_limit_us = request->attempt_limit_us;
    http.response_max = RESPONSE_MAX;
    return cr_http_send(context->http, &http, response, context->error);
}

/* What usually comes fits at once: where a buffer grows, a piece of a secret may stay behind. */
static bool make_room(cr_buffer *body)
{
    body->cap = RESPONSE_MAX;
    cr_buffer_reserve(body, CR_PROVIDER_ROOM);
    return !body->failed;
}

cruddur_status cr_provider_send(const cr_provider_context *context,
                                const cr_provider_request *request, cr_http_response *response)
{
    if (!make_room(&response->body)) {
        return cr_fail_memory(context->error);
    }
    for (unsigned attempt = 0;; attempt++) {
        cruddur_status status = send_once(context, request, response);
        bool is_missing =
            status != CRUDDUR_OK && request->may_be_missing && !response->may_have_arrived;
        bool is_last = attempt + 1 >= request->attempts_max || is_missing ||
                       atomic_load(context->is_cancelled) ||
                       cr_deadline_passed(context->deadline_us);
        response->is_transient = may_pass(request, status, response);
        if (is_last || !response->is_transient) {
            return finish(context, request, status, response);
        }
        if (status != CRUDDUR_OK) {
            cr_error_discard(context->error);
        }
        pause_before(context, attempt);
    }
}
