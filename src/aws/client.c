/* SPDX-License-Identifier: MIT */
#include "aws/client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "aws/account.h"
#include "aws/answer.h"
#include "aws/crc32.h"
#include "aws/endpoint_url.h"
#include "aws/invocation.h"
#include "aws/sign.h"
#include "aws/skew.h"
#include "base/clock.h"
#include "base/random.h"

#define RESPONSE_MAX ((size_t)32 * 1024 * 1024)

/* An attempt that is not the last leaves half of the time to those after it, but has at least
 * this long: a service that is slow today should not be asked the same thing four times. */
#define ATTEMPT_MIN_US INT64_C(1000000)

/* A transaction that "is in progress" was left behind by a connection that broke. The service gives
 * up on it, or completes it, within this time. */
#define IN_PROGRESS_US INT64_C(5000000)

#define HEADERS_MAX 9

struct cr_aws_client {
    cr_aws_options options; /* the texts in it are not ours, and not used */
    cr_endpoint_url endpoint;
    cr_accounts *accounts; /* NULL: `endpoint` serves all */
    cr_signer *signer;
    cr_retry_bucket bucket;
    _Atomic int64_t skew_us; /* how far the service's clock is ahead of ours */
};

/* One call on its way through its attempts. */
typedef struct calling {
    cr_aws_client *client;
    const cr_aws_request *request;
    cr_call *call;
    cr_aws_answer *answer;
    const cr_identity *identity;               /* that signed the last attempt */
    const cr_endpoint_url *endpoint;           /* that it was sent to */
    char invocation_id[CR_INVOCATION_ID_SIZE]; /* empty until there is a second attempt */
    char attempt_text[40];
    cr_signature signature;
    cr_header headers[HEADERS_MAX]; /* of the last attempt */
    cr_http_request http;           /* the last attempt */
    int64_t began_us;               /* the last attempt */
    int64_t started_us;
    int64_t skew_us;     /* used for signing */
    unsigned tries;      /* attempts that count towards the maximum */
    int last_cost;       /* tokens that the last retry took */
    bool new_connection; /* idle ones are not trusted any more */
    bool skew_corrected;
    bool identity_rejected;
    bool is_garbage; /* the last response was damaged on the way, or is not the service's */
    cruddur_status status;
} calling;

/* ---- the client ---- */

static void set_defaults(cr_aws_options *options)
{
    options->attempts_max = options->attempts_max == 0 ? CR_RETRY_ATTEMPTS : options->attempts_max;
    options->backoff_base_us =
        options->backoff_base_us == 0 ? CR_RETRY_BASE_US : options->backoff_base_us;
    options->response_max = options->response_max == 0 ? RESPONSE_MAX : options->response_max;
}

cruddur_status cr_aws_client_new(const cr_aws_options *options, cr_aws_client **ret_client,
                                 cruddur_error **error)
{
    cr_aws_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return cr_fail_memory(error);
    }
    if (!cr_retry_bucket_init(&client->bucket)) {
        free(client);
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no mutex");
    }
    client->options = *options;
    set_defaults(&client->options);
    atomic_init(&client->skew_us, 0);
    cruddur_status status = cr_endpoint_url_parse(options->endpoint_url, &client->endpoint, error);
    if (status == CRUDDUR_OK) {
        status = cr_signer_new(options->region, options->signing_name, &client->signer, error);
    }
    if (status == CRUDDUR_OK && options->of_account != NULL) {
        status = cr_accounts_new(options->of_account, &client->accounts, error);
    }
    if (status != CRUDDUR_OK) {
        cr_aws_client_free(client);
        return status;
    }
    *ret_client = client;
    return CRUDDUR_OK;
}

void cr_aws_client_free(cr_aws_client *client)
{
    if (client == NULL) {
        return;
    }
    cr_signer_free(client->signer);
    cr_endpoint_url_free(&client->endpoint);
    cr_accounts_free(client->accounts);
    cr_retry_bucket_destroy(&client->bucket);
    free(client);
}

/* ---- one attempt ---- */

static bool is_last_try(const calling *now)
{
    return now->tries >= now->client->options.attempts_max;
}

static int64_t attempt_deadline(const calling *now)
{
    int64_t now_us = cr_clock_monotonic_us();
    int64_t left_us = now->call->deadline_us - now_us;
    int64_t share_us = left_us / 2 > ATTEMPT_MIN_US ? left_us / 2 : ATTEMPT_MIN_US;
    return is_last_try(now) || share_us > left_us ? now->call->deadline_us : now_us + share_us;
}

static void add_header(cr_header *headers, size_t *count, const char *name, cr_str value)
{
    if (value.data != NULL) {
        headers[(*count)++] = (cr_header){cr_str_of(name), value};
    }
}

static cruddur_status sign(calling *now, const cr_header *headers, size_t count)
{
    const cr_aws_client *client = now->client;
    const cr_sign_request request = {
        .method = cr_str_of("POST"),
        .host = cr_str_of(now->endpoint->host),
        .path = cr_str_of(now->endpoint->path),
        .headers = headers,
        .header_count = count,
        .body = now->request->body,
        .time_us = cr_clock_now_us() + now->skew_us,
    };
    return cr_sign(client->signer, now->identity, &request, &now->signature, now->call->error);
}

/* Tells the service that this attempt repeats another. First attempts go without: headers cost, and
 * most calls have one attempt. */
static void add_retry_headers(calling *now, cr_header *headers, size_t *count)
{
    if (now->invocation_id[0] == '\0') {
        cr_invocation_id_make(now->invocation_id);
    }
    (void)snprintf(now->attempt_text, sizeof(now->attempt_text), "attempt=%u; max=%u", now->tries,
                   now->client->options.attempts_max);
    add_header(headers, count, "amz-sdk-invocation-id", cr_str_of(now->invocation_id));
    add_header(headers, count, "amz-sdk-request", cr_str_of(now->attempt_text));
}

/* Those of the request, and those of its signature; *status tells whether there is one. */
static size_t make_headers(calling *now, cr_header *headers, cruddur_status *status)
{
    size_t count = 0;
    add_header(headers, &count, "Host", cr_str_of(now->endpoint->host));
    add_header(headers, &count, "Content-Type", cr_str_of(now->request->content_type));
    add_header(headers, &count, "X-Amz-Target", cr_str_of(now->request->target));
    *status = now->identity == NULL ? CRUDDUR_OK : sign(now, headers + 1, count - 1);
    if (now->identity != NULL && *status == CRUDDUR_OK) {
        cr_str authorization = cr_str_of(now->signature.authorization.data);
        add_header(headers, &count, "X-Amz-Date", cr_str_of(now->signature.date));
        add_header(headers, &count, "X-Amz-Security-Token", now->identity->session_token);
        add_header(headers, &count, "Authorization", authorization);
    }
    if (now->answer->attempts > 1) {
        add_retry_headers(now, headers, &count);
    }
    return count;
}

static cruddur_status make_request(calling *now)
{
    cruddur_status status;
    size_t count = make_headers(now, now->headers, &status);
    now->http = (cr_http_request){
        .method = "POST",
        .url = now->endpoint->url,
        .headers = now->headers,
        .header_count = count,
        .body = now->request->body,
        .deadline_us = attempt_deadline(now),
        .cancel = now->call->cancel,
        .response_max = now->client->options.response_max,
        .new_connection = now->new_connection,
    };
    return status;
}

static cruddur_status take_identity(calling *now)
{
    cr_credentials *credentials = now->client->options.credentials;
    cr_identity_release(now->identity);
    now->identity = NULL;
    return credentials == NULL
               ? CRUDDUR_OK
               : cr_credentials_get(credentials, now->call->deadline_us, now->call->cancel,
                                    &now->identity, now->call->error);
}

/* An identity's account may have an endpoint of its own. */
static cruddur_status choose_endpoint(calling *now)
{
    cr_aws_client *client = now->client;
    now->endpoint = &client->endpoint;
    return client->accounts == NULL || now->identity == NULL
               ? CRUDDUR_OK
               : cr_accounts_find(client->accounts, now->identity->account_id, &now->endpoint,
                                  now->call->error);
}

/* An error of the service: it has not carried out the request. */
static bool is_refusal(const cr_aws_answer *answer)
{
    return answer->http.status >= 400 && answer->http.status < 500 && answer->code[0] != '\0' &&
           strcmp(answer->code, "TransactionInProgressException") != 0;
}

/* Whatever is neither a success of the operation nor an error of the service may come from
 * something in between, before or after the service carried out the request. */
static cruddur_status check_answer(calling *now)
{
    cr_aws_answer *answer = now->answer;
    cruddur_status status = CRUDDUR_OK;
    if (cr_crc32_contradicts(cr_http_header(&answer->http, "x-amz-crc32"), cr_aws_body(answer))) {
        status = cr_fail_with(now->call->error, CRUDDUR_E_PROTOCOL,
                              "the response does not match its checksum");
    } else if (answer->http.status < 400) {
        status =
            cr_aws_answer_read_success(answer, now->request, now->endpoint->host, now->call->error);
    }
    now->is_garbage = status == CRUDDUR_E_PROTOCOL;
    if (now->is_garbage) {
        cr_error_set_retryable(now->call->error, true);
    }
    return status;
}

/* Looks at what came back: is it whole, what does it say, may the request have been carried out? */
static void look_at_answer(calling *now)
{
    cr_aws_answer *answer = now->answer;
    bool is_answered = now->status == CRUDDUR_OK;
    bool may_be_applied = answer->http.may_have_arrived;
    if (is_answered) {
        cr_aws_answer_read(answer);
        now->status = check_answer(now);
        bool is_certain = now->status == CRUDDUR_OK && (cr_aws_is_ok(answer) || is_refusal(answer));
        may_be_applied = !is_certain;
    }
    answer->may_be_applied = answer->may_be_applied || may_be_applied;
}

static void report(const calling *now)
{
    const cr_aws_options *options = &now->client->options;
    const cr_aws_answer *answer = now->answer;
    if (options->on_attempt != NULL) {
        const cr_aws_attempt attempt = {
            .target = now->request->target == NULL ? "" : now->request->target,
            .number = answer->attempts,
            .duration_us = cr_clock_monotonic_us() - now->began_us,
            .http_status = answer->http.status,
            .error_code = answer->code,
            .connection_was_new = answer->http.connection_was_new,
        };
        options->on_attempt(options->on_attempt_data, now->call, &attempt);
    }
}

static void forget_last_attempt(calling *now)
{
    cr_aws_answer *answer = now->answer;
    if (now->status != CRUDDUR_OK) {
        cr_error_discard(now->call->error);
    }
    answer->code[0] = '\0';
    answer->message[0] = '\0';
    answer->request_id[0] = '\0';
    answer->http.status = 0;
    answer->http.is_transient = false;
    answer->http.connection_was_dead = false;
    answer->http.may_have_arrived = false;
    now->is_garbage = false;
}

/* Everything up to the sending. */
static void begin_attempt(calling *now)
{
    now->began_us = cr_clock_monotonic_us();
    forget_last_attempt(now);
    now->tries++;
    now->status = cr_call_check_deadline(now->call);
    if (now->status == CRUDDUR_OK) {
        now->status = take_identity(now);
    }
    if (now->status == CRUDDUR_OK) {
        now->status = choose_endpoint(now);
    }
    if (now->status == CRUDDUR_OK) {
        now->answer->attempts++;
        now->status = make_request(now);
    }
}

/* The request was sent. */
static void end_attempt(calling *now)
{
    look_at_answer(now);
    report(now);
}

static void make_attempt(calling *now)
{
    begin_attempt(now);
    if (now->status == CRUDDUR_OK) {
        now->status = cr_http_send(now->client->options.http, &now->http, &now->answer->http,
                                   now->call->error);
        end_attempt(now);
    }
}

/* ---- what next? ---- */

/* An idle connection that has died says nothing about the service. */
static bool was_dead_connection(calling *now)
{
    bool is_one =
        now->status != CRUDDUR_OK && now->answer->http.connection_was_dead && !now->new_connection;
    now->new_connection = now->new_connection || is_one;
    return is_one;
}

/* Another clock than ours may be the reason for a refusal: believed once in a call. */
static bool was_clock(calling *now)
{
    int64_t measured_us;
    if (now->client->options.disable_skew_correction || now->skew_corrected ||
        !cr_skew_is_suspect(cr_str_of(now->answer->code)) ||
        !cr_skew_measure(&now->answer->http, &measured_us) ||
        !cr_skew_matters(now->skew_us, measured_us)) {
        return false;
    }
    now->skew_us = measured_us;
    now->skew_corrected = true;
    return true;
}

/* Credentials that have expired are replaced, once in a call and if there are others. */
static bool was_expired_identity(calling *now)
{
    cr_credentials *credentials = now->client->options.credentials;
    const cr_identity *next = NULL;
    const char *code = now->answer->code;
    bool is_one = strcmp(code, "ExpiredToken") == 0 || strcmp(code, "ExpiredTokenException") == 0;
    if (!is_one || now->identity == NULL || now->identity_rejected) {
        return false;
    }
    cr_credentials_reject(credentials, now->identity);
    now->identity_rejected = true;
    if (cr_call_is_over(now->call)) {
        return true; /* which is what the next attempt fails by */
    }
    now->status = cr_credentials_get(credentials, now->call->deadline_us, now->call->cancel, &next,
                                     now->call->error);
    bool is_another = next != now->identity;
    cr_identity_release(next);
    return now->status == CRUDDUR_OK && is_another;
}

static cr_retry_class class_of(const calling *now)
{
    const cr_aws_answer *answer = now->answer;
    cr_retry_class class = CR_RETRY_NONE;
    if (now->status != CRUDDUR_OK) {
        bool may_help = now->is_garbage || answer->http.is_transient;
        return may_help ? CR_RETRY_TRANSIENT : CR_RETRY_NONE;
    }
    if (now->client->options.classify != NULL && now->client->options.classify(answer, &class)) {
        return class;
    }
    return cr_retry_classify(cr_str_of(answer->code), answer->http.status);
}

static int64_t pause_us(const calling *now, cr_retry_class class)
{
    int64_t base_us = class == CR_RETRY_THROTTLE ? CR_RETRY_BASE_THROTTLE_US
                                                 : now->client->options.backoff_base_us;
    int64_t delay_us = cr_retry_delay_us(base_us, now->tries - 1, cr_random_fraction());
    delay_us =
        cr_retry_delay_told_us(delay_us, cr_http_header(&now->answer->http, "x-amz-retry-after"));
    bool is_in_progress = strcmp(now->answer->code, "TransactionInProgressException") == 0;
    if (is_in_progress && now->tries + 1 >= now->client->options.attempts_max) {
        int64_t until_us = now->started_us + IN_PROGRESS_US;
        int64_t now_us = cr_clock_monotonic_us();
        bool is_in_time = until_us < now->call->deadline_us;
        delay_us = is_in_time && until_us - now_us > delay_us ? until_us - now_us : delay_us;
    }
    return delay_us;
}

/* Whether there is time for a pause: where not, what we know is told now. */
static bool is_time_for(int64_t delay_us, const cr_call *call)
{
    return cr_clock_monotonic_us() + delay_us < call->deadline_us;
}

/* Whether the cause of the failure was known and is removed: the next attempt follows at once and
 * costs nothing. */
static bool is_remedied(calling *now)
{
    if (now->status != CRUDDUR_OK) {
        return was_dead_connection(now);
    }
    return !cr_aws_is_ok(now->answer) && (was_clock(now) || was_expired_identity(now));
}

/* Whether there is to be another attempt; waits for it. */
static bool decide(calling *now)
{
    if (now->status == CRUDDUR_OK && cr_aws_is_ok(now->answer)) {
        return false;
    }
    /* Also behind the deadline: then that is what the next attempt fails by, and not what was
     * remedied. */
    if (is_remedied(now)) {
        now->tries--;
        return true;
    }
    if (cr_deadline_passed(now->call->deadline_us)) {
        return false;
    }
    cr_retry_class class = class_of(now);
    if (class == CR_RETRY_NONE || is_last_try(now)) {
        return false;
    }
    /* What is not tried again costs nothing, so the tokens are taken last. */
    int64_t delay_us = pause_us(now, class);
    if (!is_time_for(delay_us, now->call) ||
        !cr_retry_bucket_take(&now->client->bucket, cr_retry_cost(class))) {
        return false;
    }
    now->last_cost = cr_retry_cost(class);
    now->new_connection = now->new_connection || class == CR_RETRY_TRANSIENT;
    (void)cr_cancel_sleep_us(delay_us, now->call->cancel); /* the next attempt looks at it */
    return true;
}

/* ---- the call ---- */

/* What proved right is kept for the next call, and success pays back what retries took. */
static void learn(calling *now)
{
    cr_aws_client *client = now->client;
    bool is_answered = now->status == CRUDDUR_OK && now->answer->http.status < 500;
    if (is_answered && !cr_skew_is_suspect(cr_str_of(now->answer->code)) &&
        atomic_load(&client->skew_us) != now->skew_us) {
        atomic_store(&client->skew_us, now->skew_us);
    }
    if (now->status == CRUDDUR_OK && cr_aws_is_ok(now->answer)) {
        cr_retry_bucket_give(&client->bucket, now->last_cost == 0 ? 1 : now->last_cost);
    }
}

static void describe_attempts(const calling *now)
{
    char outer[40];
    if (now->status != CRUDDUR_OK && now->answer->attempts > 1 && now->call->error != NULL) {
        (void)snprintf(outer, sizeof(outer), "after %u attempts", now->answer->attempts);
        cr_error_wrap(*now->call->error, outer);
    }
}

static void begin_call(calling *now, cr_aws_client *client, const cr_aws_request *request,
                       cr_call *call, cr_aws_answer *answer)
{
    *now = (calling){
        .client = client,
        .request = request,
        .call = call,
        .answer = answer,
        .started_us = cr_clock_monotonic_us(),
        .skew_us = atomic_load(&client->skew_us),
    };
    answer->attempts = 0;
    answer->may_be_applied = false;
    answer->is_public = request->is_public;
    cr_signature_init(&now->signature);
}

static void end_call(calling *now)
{
    learn(now);
    describe_attempts(now);
    cr_signature_free(&now->signature);
    cr_identity_release(now->identity);
}

cruddur_status cr_aws_call(cr_aws_client *client, const cr_aws_request *request, cr_call *call,
                           cr_aws_answer *answer)
{
    calling now;
    begin_call(&now, client, request, call, answer);
    do {
        make_attempt(&now);
    } while (decide(&now));
    end_call(&now);
    return now.status;
}

/* A call whose failure is told to nobody. */
typedef struct quiet_calling {
    calling now;
    cr_call call;
    cruddur_error *error;
} quiet_calling;

/* Those whose request could be made. */
static void send_together(quiet_calling *calls, size_t count)
{
    cr_http_exchange exchanges[CR_HTTP_TOGETHER_MAX];
    calling *sent[CR_HTTP_TOGETHER_MAX];
    size_t sent_count = 0;
    for (size_t i = 0; i < count; i++) {
        calling *now = &calls[i].now;
        begin_attempt(now);
        if (now->status == CRUDDUR_OK) {
            exchanges[sent_count] =
                (cr_http_exchange){&now->http, &now->answer->http, now->call->error, CRUDDUR_OK};
            sent[sent_count++] = now;
        }
    }
    if (sent_count > 0) {
        cr_http_send_together(calls[0].now.client->options.http, exchanges, sent_count);
    }
    for (size_t i = 0; i < sent_count; i++) {
        sent[i]->status = exchanges[i].status;
        end_attempt(sent[i]);
    }
}

void cr_aws_try_together(cr_aws_client *client, cr_aws_try *tries, size_t count, cr_call *call)
{
    quiet_calling *calls = count > 0 ? malloc(count * sizeof(*calls)) : NULL;
    for (size_t i = 0; i < count; i++) {
        tries[i].is_answered = tries[i].is_success = false;
        tries[i].answer->attempts = 0;
        if (calls != NULL) {
            calls[i].call = *call;
            calls[i].error = NULL;
            calls[i].call.error = &calls[i].error;
            begin_call(&calls[i].now, client, &tries[i].request, &calls[i].call, tries[i].answer);
        }
    }
    if (calls == NULL) {
        return;
    }
    send_together(calls, count);
    for (size_t i = 0; i < count; i++) {
        tries[i].is_answered = calls[i].now.status == CRUDDUR_OK;
        tries[i].is_success = tries[i].is_answered && cr_aws_is_ok(tries[i].answer);
        end_call(&calls[i].now);
        cr_error_discard(&calls[i].error);
    }
    free(calls);
}

cruddur_status cr_aws_pause(const cr_aws_client *client, cr_retry_class class, unsigned round,
                            cr_call *call)
{
    int64_t base_us =
        class == CR_RETRY_THROTTLE ? CR_RETRY_BASE_THROTTLE_US : client->options.backoff_base_us;
    int64_t delay_us = cr_retry_delay_us(base_us, round, cr_random_fraction());
    if (!is_time_for(delay_us, call)) {
        return cr_fail_with(call->error, CRUDDUR_E_TIMEOUT,
                            "the deadline would pass before another try");
    }
    return cr_cancel_sleep_us(delay_us, call->cancel) ? CRUDDUR_OK : cr_fail_cancelled(call->error);
}
