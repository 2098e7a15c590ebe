/* SPDX-License-Identifier: MIT */
#include "world/network.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

#define LATE_MAX 256
/* Of a request, in a story: what it does to rows is told apart. */
#define SHOWN_MAX 240

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
    uint64_t trace;
    bool is_chosen; /* which faults come */
    uint64_t chosen;
    uint64_t faults;
} network;

static uint64_t fate_counts[SIM_FATE_COUNT]; /* of all worlds */

void sim_network_begin(const sim_weather *weather)
{
    network = (struct network){.weather = *weather,
                               .is_told = network.is_told,
                               .requests = network.requests,
                               .trace = UINT64_C(14695981039346656037)};
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

void sim_network_choose_faults(const uint64_t *chosen)
{
    network.is_chosen = chosen != NULL;
    network.chosen = chosen == NULL ? 0 : *chosen;
}

uint64_t sim_network_faults(void)
{
    return network.faults;
}

uint64_t sim_request_count(void)
{
    return network.requests;
}

uint64_t sim_fate_count(sim_fate fate)
{
    return fate_counts[fate];
}

bool sim_may_pass(cruddur_status status)
{
    static const cruddur_status all[] = {CRUDDUR_E_NETWORK,   CRUDDUR_E_TIMEOUT,
                                         CRUDDUR_E_CONFLICT,  CRUDDUR_E_PROTOCOL,
                                         CRUDDUR_E_THROTTLED, CRUDDUR_E_SERVICE};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (status == all[i]) {
            return true;
        }
    }
    return false;
}

/* ---- the trace ---- */

uint64_t sim_trace(void)
{
    return network.trace;
}

/* FNV-1a. */
static void trace_bytes(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) {
        network.trace = (network.trace ^ at[i]) * UINT64_C(1099511628211);
    }
}

static void trace_request(sim_fate fate, cr_str operation, const sim_answer *answer)
{
    const int64_t moment[] = {sim_now_us(), (int64_t)sim_job_number(), (int64_t)fate,
                              answer == NULL ? 0 : answer->status};
    trace_bytes(moment, sizeof(moment));
    trace_bytes(operation.data, operation.size);
}

/* ---- the story ---- */

void sim_tell_story(bool is_told)
{
    network.is_told = is_told;
}

bool sim_is_told(void)
{
    return network.is_told;
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
        int shown = body.size < SHOWN_MAX ? (int)body.size : SHOWN_MAX;
        sim_tell("%s%s%.*s %.*s -> %d %s %.*s", fate, *fate == '\0' ? "" : ": ",
                 CR_STR_ARGS(operation), shown, body.data, answer == NULL ? 0 : answer->status,
                 answer == NULL ? "" : answer->code,
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
    trace_request(SIM_FATE_LATE, operation, &answer);
    tell_request("arrives", operation, body, &answer);
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
    return network.is_dead[sim_program()];
}

void sim_revive(void)
{
    network.is_dead[sim_program()] = false;
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

/* What each fate comes to: whether the request is carried out now, whether once more later, what
 * comes back, and which requests may have it where dice decide. */
static const struct {
    const char *name;
    bool is_carried_out;
    bool is_late;
    sim_reply reply;
    bool is_of_writes;
    bool is_of_reads;
    const char *code; /* of an error that is answered */
} fates[SIM_FATE_COUNT] = {
    [SIM_FATE_GOOD] = {"", true, false, SIM_REPLY_GOOD, false, false, NULL},
    [SIM_FATE_LOST] = {"answer lost", true, false, SIM_REPLY_BROKEN, true, false, NULL},
    [SIM_FATE_LATE] = {"late", false, true, SIM_REPLY_BROKEN, true, false, NULL},
    [SIM_FATE_NEVER] = {"never arrives", false, false, SIM_REPLY_BROKEN, true, true, NULL},
    [SIM_FATE_REFUSED] = {"no connection", false, false, SIM_REPLY_REFUSED, true, true, NULL},
    [SIM_FATE_TWIN] = {"twice", true, true, SIM_REPLY_GOOD, true, false, NULL},
    [SIM_FATE_SLOW] = {"answer late", true, false, SIM_REPLY_TOO_LATE, true, true, NULL},
    [SIM_FATE_SLOW_LATE] = {"all late", false, true, SIM_REPLY_TOO_LATE, true, false, NULL},
    [SIM_FATE_CUT] = {"answer cut off", true, false, SIM_REPLY_CUT, true, true, NULL},
    [SIM_FATE_GARBLED] = {"answer garbled", true, false, SIM_REPLY_GARBLED, true, true, NULL},
    [SIM_FATE_PAGE] = {"a proxy's page", false, false, SIM_REPLY_PAGE, true, true, NULL},
    [SIM_FATE_PAGE_LATE] = {"a page, and late", false, true, SIM_REPLY_PAGE, true, false, NULL},
    [SIM_FATE_ERROR] = {"HTTP 500", false, false, SIM_REPLY_ERROR, true, true,
                        "InternalServerError"},
    [SIM_FATE_ERROR_DONE] = {"HTTP 500, but done", true, false, SIM_REPLY_ERROR, true, false,
                             "InternalServerError"},
    [SIM_FATE_THROTTLED] = {"throttled", false, false, SIM_REPLY_GOOD, true, true,
                            "ProvisionedThroughputExceededException"},
    [SIM_FATE_CONFLICT] = {"conflict", false, false, SIM_REPLY_GOOD, true, false, NULL},
    [SIM_FATE_DEATH] = {"dies before", false, false, SIM_REPLY_DEAD, false, false, NULL},
    [SIM_FATE_LAST] = {"dies after", true, false, SIM_REPLY_DEAD, false, false, NULL},
    [SIM_FATE_LATE_DEATH] = {"dies, late", false, true, SIM_REPLY_DEAD, false, false, NULL},
};

const char *sim_fate_name(sim_fate fate)
{
    return fates[fate].name;
}

static sim_fate draw_fault(bool is_write)
{
    sim_fate fate;
    do {
        fate = (sim_fate)sim_roll(SIM_FATE_DEATH);
    } while (is_write ? !fates[fate].is_of_writes : !fates[fate].is_of_reads);
    return fate;
}

static sim_fate draw_fate(bool is_write)
{
    const sim_weather *weather = &network.weather;
    if (sim_happens(weather->deaths)) {
        return is_write ? (sim_fate)(SIM_FATE_DEATH + sim_roll(3)) : SIM_FATE_DEATH;
    }
    return sim_happens(is_write ? weather->faults : weather->failures) ? draw_fault(is_write)
                                                                       : SIM_FATE_GOOD;
}

static sim_fate choose_fate(cr_str operation, cr_str body)
{
    if (network.script != NULL && !network.is_in_script[sim_job_number()]) {
        return ask_script(operation, body);
    }
    sim_fate fate = draw_fate(sim_service_writes(operation));
    if (fate == SIM_FATE_GOOD) {
        return fate;
    }
    uint64_t number = network.faults++;
    bool comes =
        !network.is_chosen || (number < 64 && (network.chosen & UINT64_C(1) << number) != 0);
    return comes ? fate : SIM_FATE_GOOD;
}

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

static void answer_error(const char *code, bool is_refusal, sim_answer *answer)
{
    answer->status = is_refusal ? 400 : 500;
    answer->code = code;
    answer->body.size = 0;
    CR_JSON_ADD(&answer->body, "{}");
}

sim_reply sim_network_send(cr_str operation, cr_str body, sim_answer *answer)
{
    size_t job = sim_job_number();
    sim_step();
    sim_advance(1 + (int64_t)sim_roll((size_t)network.weather.pace_us + 1));
    if (sim_is_dead()) {
        return SIM_REPLY_DEAD;
    }
    network.requests++;
    sim_fate fate = choose_fate(operation, body);
    fate_counts[fate]++;
    if (fates[fate].is_late) {
        add_late(operation, body);
    }
    network.is_dead[sim_program()] = fates[fate].reply == SIM_REPLY_DEAD;
    if (fates[fate].is_carried_out) {
        sim_service_handle(operation, body, job, answer);
    }
    if (fate == SIM_FATE_CONFLICT) {
        answer_conflict(operation, body, answer);
    } else if (fates[fate].code != NULL) {
        answer_error(fates[fate].code, fates[fate].reply == SIM_REPLY_GOOD, answer);
    }
    bool has_answer = answer->status != 0;
    trace_request(fate, operation, has_answer ? answer : NULL);
    tell_request(fates[fate].name, operation, body, has_answer ? answer : NULL);
    return fates[fate].reply;
}
