/* SPDX-License-Identifier: MIT */
#include "simulated/network.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "simulated/service.h"
#include "store/dynamodb/engine.h"
#include "store/dynamodb/open.h"

#define LATE_MAX 256
#define RESPONSE_MAX ((size_t)32 * 1024 * 1024)

cruddur_status __real_cr_aws_call(cr_aws_client *client, const cr_aws_request *request,
                                  cr_call *call, cr_aws_answer *answer);
cruddur_status __wrap_cr_aws_call(cr_aws_client *client, const cr_aws_request *request,
                                  cr_call *call, cr_aws_answer *answer);
cruddur_status __real_cr_aws_pause(const cr_aws_client *client, cr_retry_class class,
                                   unsigned round, cr_call *call);
cruddur_status __wrap_cr_aws_pause(const cr_aws_client *client, cr_retry_class class,
                                   unsigned round, cr_call *call);
cruddur_status __real_cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                             cr_dynamodb *table, cruddur_error **error);
cruddur_status __wrap_cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                             cr_dynamodb *table, cruddur_error **error);
void __real_cr_dynamodb_close_table(cr_dynamodb *table);
void __wrap_cr_dynamodb_close_table(cr_dynamodb *table);

typedef struct late_request {
    char *text; /* the operation, a NUL, and the body */
    size_t body_size;
    int64_t due_us;
} late_request;

static struct network {
    sim_weather weather;
    bool is_dead[SIM_JOBS_MAX + 1];
    late_request late[LATE_MAX];
    size_t late_count;
    sim_script script;
    void *script_context;
    size_t script_requests;
    bool is_in_script[SIM_JOBS_MAX + 1];
    bool is_told;
    uint64_t requests;
    uint64_t late_total;
    cr_mode opening;
    bool is_opening_ours;
} network;

void sim_network_begin(const sim_weather *weather)
{
    network = (struct network){
        .weather = *weather, .is_told = network.is_told, .requests = network.requests};
}

void sim_network_end(void)
{
    for (size_t i = 0; i < network.late_count; i++) {
        free(network.late[i].text);
    }
    network.late_count = 0;
}

void sim_network_set_weather(const sim_weather *weather)
{
    network.weather = *weather;
}

const sim_weather *sim_network_weather(void)
{
    return &network.weather;
}

uint64_t sim_late_total(void)
{
    return network.late_total;
}

uint64_t sim_request_count(void)
{
    return network.requests;
}

/* ---- the story ---- */

void sim_tell_story(bool is_told)
{
    network.is_told = is_told;
}

void sim_tell(const char *format, ...)
{
    va_list arguments;
    if (!network.is_told) {
        return;
    }
    va_start(arguments, format);
    (void)fprintf(stderr, "%8.3f ", (double)(sim_now_us() % INT64_C(100000000000)) / 1e6);
    if (sim_job_number() == SIM_NO_JOB) {
        (void)fprintf(stderr, "      - ");
    } else {
        (void)fprintf(stderr, "job %2zu - ", sim_job_number());
    }
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
}

static void tell_request(const char *fate, cr_str operation, cr_str body, const sim_answer *answer)
{
    if (network.is_told) {
        sim_tell("%s %.*s %.*s -> %d %s %.*s", fate, CR_STR_ARGS(operation), CR_STR_ARGS(body),
                 answer == NULL ? 0 : answer->status, answer == NULL ? "" : answer->code,
                 answer == NULL || answer->status == 200 ? 0 : (int)answer->body.size,
                 answer == NULL || answer->body.size == 0 ? "" : answer->body.data);
    }
}

/* ---- late requests ---- */

static int64_t draw_delay_us(void)
{
    int64_t most_us = network.weather.late_us + 1;
    switch (sim_roll(8)) {
    case 0:
        return SIM_TOKEN_US + 1 + (int64_t)sim_roll((size_t)most_us);
    case 1:
    case 2:
        return (int64_t)sim_roll((size_t)most_us);
    default:
        return (int64_t)sim_roll(20 * (size_t)(network.weather.pace_us + 1));
    }
}

static void add_late(cr_str operation, cr_str body)
{
    size_t size = operation.size + 1 + body.size;
    char *text = network.late_count < LATE_MAX ? malloc(size) : NULL;
    if (text == NULL) {
        return; /* it never arrives */
    }
    memcpy(text, operation.data, operation.size);
    text[operation.size] = '\0';
    memcpy(text + operation.size + 1, body.data, body.size);
    network.late_total++;
    network.late[network.late_count++] =
        (late_request){text, body.size, sim_now_us() + draw_delay_us()};
}

static void take_late(size_t index, late_request *taken)
{
    *taken = network.late[index];
    network.late[index] = network.late[--network.late_count];
}

static void deliver(late_request *late)
{
    sim_answer answer = {.status = 0};
    cr_str operation = cr_str_of(late->text);
    cr_str body = {late->text + operation.size + 1, late->body_size};
    cr_buffer_init(&answer.body, SIZE_MAX);
    sim_service_handle(operation, body, SIM_NO_JOB, &answer);
    tell_request("late", operation, body, &answer);
    cr_buffer_free(&answer.body);
    free(late->text);
}

size_t sim_late_count(void)
{
    return network.late_count;
}

void sim_deliver(size_t index)
{
    late_request taken;
    take_late(index, &taken);
    deliver(&taken);
}

void sim_deliver_due(void)
{
    for (size_t i = network.late_count; i > 0; i--) {
        if (i <= network.late_count && network.late[i - 1].due_us <= sim_now_us()) {
            sim_deliver(i - 1);
        }
    }
}

void sim_deliver_all(size_t never)
{
    while (network.late_count > 0) {
        size_t at = sim_roll(network.late_count);
        if (sim_happens(never)) {
            late_request taken;
            take_late(at, &taken);
            free(taken.text);
        } else {
            sim_deliver(at);
        }
    }
}

/* ---- the fate of a request ---- */

void sim_network_script(sim_script script, void *context)
{
    network.script = script;
    network.script_context = context;
    network.script_requests = 0;
}

bool sim_is_dead(void)
{
    return network.is_dead[sim_job_number()];
}

void sim_revive(void)
{
    network.is_dead[sim_job_number()] = false;
}

static sim_fate ask_script(cr_str operation, cr_str body)
{
    const sim_request request = {++network.script_requests, operation, body,
                                 sim_service_writes(operation)};
    bool *is_in_script = &network.is_in_script[sim_job_number()];
    *is_in_script = true;
    sim_fate fate = network.script(network.script_context, &request);
    *is_in_script = false;
    return fate;
}

static sim_fate choose_fate(cr_str operation, cr_str body)
{
    const sim_weather *weather = &network.weather;
    bool is_write = sim_service_writes(operation);
    if (network.script != NULL && !network.is_in_script[sim_job_number()]) {
        return ask_script(operation, body);
    }
    if (sim_happens(weather->deaths)) {
        return is_write ? (sim_fate)(SIM_FATE_DEATH + sim_roll(3)) : SIM_FATE_DEATH;
    }
    if (is_write && sim_happens(weather->faults)) {
        return (sim_fate)(SIM_FATE_LOST + sim_roll(SIM_FATE_CONFLICT - SIM_FATE_LOST + 1));
    }
    return !is_write && sim_happens(weather->failures) ? SIM_FATE_NEVER : SIM_FATE_GOOD;
}

/* What each fate comes to: whether the request is carried out now, whether once more later, and
 * whether there is an answer. */
static const struct {
    const char *name;
    bool is_carried_out;
    bool is_late;
    bool is_answered;
    bool is_deadly;
} fates[] = {
    [SIM_FATE_GOOD] = {"", true, false, true, false},
    [SIM_FATE_LOST] = {"answer lost:", true, false, false, false},
    [SIM_FATE_LATE] = {"to be late:", false, true, false, false},
    [SIM_FATE_NEVER] = {"never arrives:", false, false, false, false},
    [SIM_FATE_TWIN] = {"twice:", true, true, true, false},
    [SIM_FATE_CONFLICT] = {"conflict:", false, false, true, false},
    [SIM_FATE_DEATH] = {"dies before:", false, false, false, true},
    [SIM_FATE_LAST] = {"dies after:", true, false, false, true},
    [SIM_FATE_LATE_DEATH] = {"dies, to be late:", false, true, false, true},
};

static void answer_conflict(cr_str operation, cr_str body, sim_answer *answer)
{
    bool is_transaction = cr_str_equal(operation, cr_str_of("TransactWriteItems"));
    size_t actions = 0;
    answer->status = 400;
    answer->code = is_transaction ? "TransactionCanceledException" : "TransactionConflictException";
    answer->body.size = 0;
    CR_JSON_ADD(&answer->body, "{\"CancellationReasons\":[");
    static const char condition[] = "\"ConditionExpression\"";
    for (size_t at = 0; at + sizeof(condition) <= body.size; at++) {
        if (memcmp(body.data + at, condition, sizeof(condition) - 1) == 0) {
            cr_buffer_add(&answer->body,
                          cr_str_of(actions++ > 0 ? ",{\"Code\":\"None\"}"
                                                  : "{\"Code\":\"TransactionConflict\"}"));
        }
    }
    CR_JSON_ADD(&answer->body, "]}");
}

/* One attempt; whether there is an answer. */
static bool attempt(cr_str operation, cr_str body, sim_answer *answer)
{
    size_t job = sim_job_number();
    sim_step();
    sim_advance(1 + (int64_t)sim_roll((size_t)network.weather.pace_us + 1));
    if (network.is_dead[job]) {
        return false;
    }
    network.requests++;
    sim_fate fate = choose_fate(operation, body);
    if (fates[fate].is_late) {
        add_late(operation, body);
    }
    network.is_dead[job] = fates[fate].is_deadly;
    if (fates[fate].is_carried_out) {
        sim_service_handle(operation, body, job, answer);
    } else if (fate == SIM_FATE_CONFLICT) {
        answer_conflict(operation, body, answer);
    }
    tell_request(fates[fate].name, operation, body,
                 fates[fate].is_carried_out || fates[fate].is_answered ? answer : NULL);
    return fates[fate].is_answered;
}

/* ---- the AWS client ---- */

static cruddur_status take_answer(const cr_aws_request *request, const sim_answer *got,
                                  cr_aws_answer *answer)
{
    answer->http.status = got->status;
    (void)snprintf(answer->code, sizeof(answer->code), "%s", got->code);
    cruddur_status status =
        got->status == 200
            ? request->reading.read(request->reading.data, (cr_str){got->body.data, got->body.size})
            : CRUDDUR_OK;
    if (status != CRUDDUR_OK) {
        (void)fprintf(stderr, "the library does not understand %.*s\n", (int)got->body.size,
                      got->body.data);
        abort();
    }
    return status;
}

/* As the client's attempts: the same bytes each time. */
cruddur_status __wrap_cr_aws_call(cr_aws_client *client, const cr_aws_request *request,
                                  cr_call *call, cr_aws_answer *answer)
{
    if (!sim_world_is_there()) {
        return __real_cr_aws_call(client, request, call, answer);
    }
    cr_str target = cr_str_of(request->target);
    const char *dot = strchr(request->target, '.') + 1;
    cr_str operation = {dot, target.size - (size_t)(dot - request->target)};
    answer->may_be_applied = false;
    answer->http.body.cap = RESPONSE_MAX;
    answer->http.status = 0;
    answer->code[0] = answer->message[0] = '\0';
    bool is_answered = false;
    bool has_time = true;
    for (unsigned tries = 0; has_time && !is_answered; tries++) {
        sim_answer got = {.body = answer->http.body};
        answer->attempts = tries + 1;
        is_answered = attempt(operation, request->body, &got);
        answer->http.body = got.body;
        if (is_answered) {
            return take_answer(request, &got, answer);
        }
        answer->may_be_applied = true;
        int64_t delay_us =
            cr_retry_delay_us(CR_RETRY_BASE_DYNAMODB_US, tries, cr_random_fraction());
        has_time = tries + 1 < CR_RETRY_ATTEMPTS_DYNAMODB &&
                   cr_clock_monotonic_us() + delay_us < call->deadline_us && !sim_is_dead();
        if (has_time) {
            sim_sleep(delay_us);
        }
    }
    return cr_fail_with(call->error, CRUDDUR_E_NETWORK, "the connection broke");
}

cruddur_status __wrap_cr_aws_pause(const cr_aws_client *client, cr_retry_class class,
                                   unsigned round, cr_call *call)
{
    if (!sim_world_is_there()) {
        return __real_cr_aws_pause(client, class, round, call);
    }
    int64_t base_us =
        class == CR_RETRY_THROTTLE ? CR_RETRY_BASE_THROTTLE_US : CR_RETRY_BASE_DYNAMODB_US;
    int64_t delay_us = cr_retry_delay_us(base_us, round, cr_random_fraction());
    if (sim_is_dead() || cr_clock_monotonic_us() + delay_us >= call->deadline_us) {
        return cr_fail_with(call->error, CRUDDUR_E_TIMEOUT,
                            "the deadline would pass before another try");
    }
    sim_sleep(delay_us);
    return CRUDDUR_OK;
}

/* ---- handles ---- */

static cr_aws_config simulated_config = {.region = "simulated"};

cruddur_status __wrap_cr_dynamodb_open_table(const cr_url *url, const cr_store_options *options,
                                             cr_dynamodb *table, cruddur_error **error)
{
    if (!sim_world_is_there()) {
        return __real_cr_dynamodb_open_table(url, options, table, error);
    }
    table->config = &simulated_config;
    table->names.table = cr_str_of("t");
    table->names.index = cr_str_of("message-group-sk-index");
    table->mode = network.opening;
    table->are_writers_ours = network.is_opening_ours;
    table->claim_us = CR_CLAIM_US;
    return CRUDDUR_OK;
}

void __wrap_cr_dynamodb_close_table(cr_dynamodb *table)
{
    if (table->config != &simulated_config) {
        __real_cr_dynamodb_close_table(table);
    }
}

cr_store *sim_store_open(cr_mode mode)
{
    cr_store *store = NULL;
    const cr_url url = {.scheme = "dynamodb", .rest = "t"};
    const cr_store_options options = {.deadline_us = INT64_MAX};
    network.opening = mode;
    if (cr_dynamodb_open(&url, &options, &store, NULL) != CRUDDUR_OK) {
        abort();
    }
    return store;
}

cr_store *sim_store_open_ours(void)
{
    network.is_opening_ours = true;
    cr_store *store = sim_store_open(CR_MODE_ATOMIC);
    network.is_opening_ours = false;
    return store;
}

void sim_store_close(cr_store *store)
{
    store->ops->close(store);
}
