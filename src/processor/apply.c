/* SPDX-License-Identifier: MIT */
#include "processor/apply.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "messaging/settle.h"

#define WORKERS_MAX 64

/* Of the time that is left, what one group may take in the first round. */
#define ROUND_PART 4

/* What the workers share. */
typedef struct work {
    cr_store *store;
    const cr_call *call;
    const cr_record *records; /* of the event */
    const cr_record **newest; /* of each group */
    size_t count;
    atomic_size_t next;
    bool is_last_round;
    pthread_mutex_t lock;    /* of all below */
    const cr_record **again; /* those for the next round */
    size_t again_count;
    cr_meter meter;
    cr_arena *arena;
    cr_stream_outcome *outcome;
    bool no_memory;
} work;

static void add_failure(work *shared, const cr_record *record, cruddur_status status,
                        const char *message)
{
    cr_stream_outcome *outcome = shared->outcome;
    cr_str kept = cr_arena_copy(shared->arena, cr_str_of(message));
    shared->no_memory = shared->no_memory || kept.data == NULL;
    if (kept.data != NULL) {
        outcome->failure[outcome->failure_count++] =
            (cr_stream_failure){(size_t)(record - shared->records), status, kept};
    }
}

/* One group that others keep busy is not to use up all of the time: in the first round it gets a
 * part of what is left, and in the second, behind the others, the rest. */
static int64_t deadline_us(const work *shared)
{
    int64_t now_us = cr_clock_monotonic_us();
    int64_t left_us = shared->call->deadline_us - now_us;
    return shared->is_last_round ? shared->call->deadline_us : now_us + left_us / ROUND_PART;
}

static bool may_go_again(const work *shared, cruddur_status status)
{
    return !shared->is_last_round && (status == CRUDDUR_E_CONFLICT || status == CRUDDUR_E_TIMEOUT);
}

static void apply_newest(work *shared, const cr_record *newest)
{
    cruddur_error *error = NULL;
    cr_call call = *shared->call;
    cr_settled result = CR_SETTLED_GONE;
    const cr_settling known = {.group = &newest->group,
                               .author = newest->has_author ? &newest->author : NULL,
                               .message_sk = newest->sk,
                               .is_changed = newest->is_change,
                               .text = newest->text};
    call.meter = (cr_meter){0};
    call.error = &error;
    call.deadline_us = deadline_us(shared);
    cruddur_status status = cr_call_check_deadline(&call);
    if (status == CRUDDUR_OK) {
        status = cr_settle_in_turn(shared->store, &known, &call, &result);
    }
    (void)pthread_mutex_lock(&shared->lock);
    cr_meter_add(&shared->meter, &call.meter);
    shared->outcome->moved += result == CR_SETTLED_CHANGED ? 1 : 0;
    if (may_go_again(shared, status)) {
        shared->again[shared->again_count++] = newest;
    } else if (status != CRUDDUR_OK) {
        add_failure(shared, newest, status, cruddur_error_message(error));
    }
    (void)pthread_mutex_unlock(&shared->lock);
    cruddur_error_free(error);
}

static void *run_worker(void *argument)
{
    work *shared = argument;
    size_t next;
    while ((next = atomic_fetch_add(&shared->next, 1)) < shared->count) {
        apply_newest(shared, shared->newest[next]);
    }
    return NULL;
}

/* The caller's thread is one of the workers: what no thread can be had for, it does itself. */
static void run_round(work *shared, unsigned workers)
{
    pthread_t thread[WORKERS_MAX];
    size_t started = 0;
    size_t wanted = workers < shared->count ? workers : shared->count;
    atomic_init(&shared->next, 0);
    while (started + 1 < wanted && started < WORKERS_MAX &&
           cr_thread_start(&thread[started], run_worker, shared)) {
        started++;
    }
    (void)run_worker(shared);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
}

/* ---- the event ---- */

/* Of the records of one message the last change of it counts. */
static int compare_messages(const void *a, const void *b)
{
    const cr_record *x = *(const cr_record *const *)a;
    const cr_record *y = *(const cr_record *const *)b;
    int order = cr_uuid_compare(&x->group, &y->group);
    order = order != 0 ? order : cr_str_compare(x->sk, y->sk);
    order = order != 0 ? order : x->is_change - y->is_change;
    return order != 0 ? order : (x > y) - (x < y);
}

static int compare_failures(const void *a, const void *b)
{
    const cr_stream_failure *x = a;
    const cr_stream_failure *y = b;
    return (x->record > y->record) - (x->record < y->record);
}

/* Leaves the newest message of each group. */
static void keep_newest(work *shared)
{
    size_t kept = 0;
    qsort(shared->newest, shared->count, sizeof(const cr_record *), compare_messages);
    for (size_t i = 0; i < shared->count; i++) {
        bool is_last = i + 1 == shared->count ||
                       cr_uuid_compare(&shared->newest[i]->group, &shared->newest[i + 1]->group);
        if (is_last) {
            shared->newest[kept++] = shared->newest[i];
        }
    }
    shared->count = kept;
}

/* Tells the records apart. */
static void sort_records(work *shared, const cr_records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const cr_record *record = &records->record[i];
        if (record->kind == CR_RECORD_POISON) {
            add_failure(shared, record, CRUDDUR_E_INVALID_ARGUMENT, record->problem);
        } else if (record->kind == CR_RECORD_MESSAGE) {
            shared->newest[shared->count++] = record;
        }
    }
    shared->outcome->messages = shared->count;
    keep_newest(shared);
    shared->outcome->groups = shared->count;
}

cruddur_status cr_stream_apply(cr_store *store, const cr_records *records, unsigned workers,
                               cr_call *call, cr_arena *arena, cr_stream_outcome *outcome)
{
    work shared = {.store = store,
                   .call = call,
                   .records = records->record,
                   .lock = PTHREAD_MUTEX_INITIALIZER,
                   .arena = arena,
                   .outcome = outcome};
    size_t room = records->count + 1;
    *outcome = (cr_stream_outcome){0};
    outcome->failure = cr_arena_alloc(arena, room * sizeof(*outcome->failure));
    shared.newest = cr_arena_alloc(arena, room * sizeof(const cr_record *));
    shared.again = cr_arena_alloc(arena, room * sizeof(const cr_record *));
    if (outcome->failure == NULL || shared.newest == NULL || shared.again == NULL) {
        return cr_fail_memory(call->error);
    }
    sort_records(&shared, records);
    run_round(&shared, workers);
    shared.is_last_round = true;
    shared.newest = shared.again;
    shared.count = shared.again_count;
    run_round(&shared, workers);
    (void)pthread_mutex_destroy(&shared.lock);
    cr_meter_add(&call->meter, &shared.meter);
    qsort(outcome->failure, outcome->failure_count, sizeof(*outcome->failure), compare_failures);
    return shared.no_memory ? cr_fail_memory(call->error) : CRUDDUR_OK;
}
