/* SPDX-License-Identifier: MIT */
#include "stream/simulated.h"
#include "store/dynamodb/claim.h"

#include <pthread.h>
#include <stdlib.h>

#define ROWS_MAX 4096
#define ROUNDS_MAX 2000
#define NEVER INT64_MAX

/* A row, and from when until when it was there. */
typedef struct version {
    cr_row row;
    int64_t from;
    int64_t to;
} version;

typedef struct view {
    cr_store base;
    simulated *all;
} view;

struct simulated {
    view mover;
    view streamed;
    uint64_t state;
    unsigned lag;
    int64_t moment;
    cr_arena arena;
    version version[ROWS_MAX];
    size_t version_count;
    size_t message[ROWS_MAX]; /* versions */
    size_t message_count;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_running;
    bool is_alive[SIMULATED_JOBS_MAX];
    size_t job_count;
    size_t turn;
};

static _Thread_local size_t own_job;

size_t simulated_roll(simulated *all, size_t sides)
{
    all->state = all->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(all->state >> 33) % sides;
}

/* ---- turns ---- */

static void choose(simulated *all)
{
    size_t alive[SIMULATED_JOBS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < all->job_count; i++) {
        if (all->is_alive[i]) {
            alive[count++] = i;
        }
    }
    if (count > 0) {
        all->turn = alive[simulated_roll(all, count)];
        (void)pthread_cond_broadcast(&all->changed);
    }
}

static void await_turn(simulated *all)
{
    while (all->turn != own_job) {
        (void)pthread_cond_wait(&all->changed, &all->lock);
    }
}

void simulated_wait(simulated *all)
{
    all->moment++;
    if (all->is_running) {
        choose(all);
        await_turn(all);
    }
}

typedef struct start {
    simulated *all;
    simulated_job job;
    void *context;
    size_t number;
} start;

static void *run_job(void *argument)
{
    const start *begun = argument;
    simulated *all = begun->all;
    own_job = begun->number;
    (void)pthread_mutex_lock(&all->lock);
    await_turn(all);
    begun->job(begun->context);
    all->is_alive[own_job] = false;
    choose(all);
    (void)pthread_mutex_unlock(&all->lock);
    return NULL;
}

void simulated_run(simulated *all, const simulated_job *jobs, void *const *contexts, size_t count)
{
    pthread_t thread[SIMULATED_JOBS_MAX];
    start begun[SIMULATED_JOBS_MAX];
    size_t started = 0;
    (void)pthread_mutex_lock(&all->lock);
    all->job_count = count;
    for (; started < count; started++) {
        begun[started] = (start){all, jobs[started], contexts[started], started};
        all->is_alive[started] = true;
        if (pthread_create(&thread[started], NULL, run_job, &begun[started]) != 0) {
            abort();
        }
    }
    all->is_running = true;
    choose(all);
    (void)pthread_mutex_unlock(&all->lock);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    all->is_running = false;
}

/* ---- the table ---- */

static version *find(simulated *all, cr_key key)
{
    for (size_t i = 0; i < all->version_count; i++) {
        version *one = &all->version[i];
        if (one->to == NEVER && cr_str_equal(one->row.value[CR_PK], key.pk) &&
            cr_str_equal(one->row.value[CR_SK], key.sk)) {
            return one;
        }
    }
    return NULL;
}

bool simulated_put(simulated *all, const cr_row *row)
{
    version *made = &all->version[all->version_count];
    if (all->version_count == ROWS_MAX || !cr_row_copy(&all->arena, row, &made->row)) {
        return false;
    }
    made->from = ++all->moment;
    made->to = NEVER;
    if (row->value[CR_MESSAGE_UUID].data != NULL) {
        all->message[all->message_count++] = all->version_count;
    }
    all->version_count++;
    return true;
}

const cr_row *simulated_row(const simulated *all, size_t index)
{
    for (size_t i = 0; i < all->version_count; i++) {
        if (all->version[i].to == NEVER && index-- == 0) {
            return &all->version[i].row;
        }
    }
    return NULL;
}

const cr_row *simulated_message(const simulated *all, size_t index)
{
    return index < all->message_count ? &all->version[all->message[index]].row : NULL;
}

/* ---- a transaction ---- */

typedef struct write {
    bool has_old; /* which must be there as it was read, and goes, unless it is only required */
    bool is_required;
    bool has_new; /* which is put; where there is no old one, nothing may be there */
    cr_row old;
    cr_row new;
} write;

typedef struct txn {
    cr_txn base;
    simulated *all;
    write write[CR_CHANGE_WRITES_MAX];
    size_t count;
} txn;

static cruddur_status get_rows(cr_txn *base, const cr_key *keys, size_t count, cr_row *rows)
{
    simulated *all = ((txn *)base)->all;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || simulated_roll(all, 3) == 0) { /* a batch is not of one moment */
            simulated_wait(all);
        }
        const version *found = find(all, keys[i]);
        rows[i] = (cr_row){0};
        if (found != NULL && !cr_row_copy(base->arena, &found->row, &rows[i])) {
            return cr_fail_memory(base->call->error);
        }
    }
    return CRUDDUR_OK;
}

static bool is_within(const cr_query *query, cr_str sk)
{
    int lower = query->lower.sk.data == NULL ? 1 : cr_str_compare(sk, query->lower.sk);
    int upper = query->upper.sk.data == NULL ? -1 : cr_str_compare(sk, query->upper.sk);
    return (lower > 0 || (lower == 0 && query->lower.included)) &&
           (upper < 0 || (upper == 0 && query->upper.included));
}

static int compare_rows(const void *a, const void *b)
{
    const cr_row *const *x = a;
    const cr_row *const *y = b;
    return cr_str_compare((*x)->value[CR_SK], (*y)->value[CR_SK]);
}

static cruddur_status query_rows(cr_txn *base, const cr_query *query, cr_sink sink, void *context)
{
    static const cr_row *found[ROWS_MAX];
    simulated *all = ((txn *)base)->all;
    bool is_index = query->index == CR_INDEX_GROUPS;
    cr_attribute partition = is_index ? CR_GROUP_UUID : CR_PK;
    size_t count = 0;
    simulated_wait(all);
    for (size_t i = 0; i < all->version_count; i++) {
        const version *one = &all->version[i];
        int64_t at = all->moment - (is_index ? (int64_t)simulated_roll(all, all->lag + 1) : 0);
        if (one->from <= at && at < one->to && is_within(query, one->row.value[CR_SK]) &&
            cr_str_equal(one->row.value[partition], query->partition)) {
            found[count++] = &one->row;
        }
    }
    qsort(found, count, sizeof(found[0]), compare_rows);
    cr_sink_answer answer = CR_SINK_MORE;
    for (size_t i = 0; i < count && answer == CR_SINK_MORE; i++) {
        answer = sink(context, found[query->descending ? count - 1 - i : i]);
    }
    return answer == CR_SINK_NO_MEMORY ? cr_fail_memory(base->call->error) : CRUDDUR_OK;
}

static cruddur_status state(cr_txn *base, const cr_row *old, const cr_row *new)
{
    txn *now = (txn *)base;
    if (now->count == CR_CHANGE_WRITES_MAX) {
        return cr_fail_with(base->call->error, CRUDDUR_E_INTERNAL, "too many writes");
    }
    cr_key key = cr_row_key(old != NULL ? old : new);
    for (size_t i = 0; i < now->count; i++) {
        const write *other = &now->write[i];
        cr_key taken = cr_row_key(other->has_old ? &other->old : &other->new);
        if (cr_str_equal(key.pk, taken.pk) && cr_str_equal(key.sk, taken.sk)) {
            return cr_fail_with(base->call->error, CRUDDUR_E_INTERNAL, "two writes for one key");
        }
    }
    write *stated = &now->write[now->count++];
    stated->is_required = false;
    stated->has_old = old != NULL;
    stated->has_new = new != NULL;
    bool is_kept = (old == NULL || cr_row_copy(base->arena, old, &stated->old)) &&
                   (new == NULL || cr_row_copy(base->arena, new, &stated->new));
    return is_kept ? CRUDDUR_OK : cr_fail_memory(base->call->error);
}

static cruddur_status put_row(cr_txn *base, const cr_row *row)
{
    return state(base, NULL, row);
}

static cruddur_status replace_row(cr_txn *base, const cr_row *as_read, const cr_row *row)
{
    return state(base, as_read, row);
}

static cruddur_status remove_row(cr_txn *base, const cr_row *row)
{
    return state(base, row, NULL);
}

static cruddur_status require_row(cr_txn *base, const cr_row *row)
{
    cruddur_status status = state(base, row, NULL);
    if (status == CRUDDUR_OK) {
        txn *now = (txn *)base;
        now->write[now->count - 1].is_required = true;
    }
    return status;
}

/* Claims are rows, as on DynamoDB. */
static cruddur_status find_claim(cr_txn *base, cr_str token, cr_str group, cr_claim *claim)
{
    cr_key key;
    cr_row row;
    (void)group;
    *claim = (cr_claim){.token = token};
    if (!cr_claim_key(token, base->arena, &key)) {
        return cr_fail_memory(base->call->error);
    }
    cruddur_status status = get_rows(base, &key, 1, &row);
    if (status == CRUDDUR_OK && cr_row_exists(&row) && !cr_claim_read(&row, base->arena, claim)) {
        status = cr_fail_with(base->call->error, CRUDDUR_E_STORE_DAMAGED, "no claim");
    }
    return status;
}

static cruddur_status claim_token(cr_txn *base, const cr_claim *claim, const cr_claim *as_read)
{
    cr_row row;
    if (as_read != NULL) {
        return cr_fail_with(base->call->error, CRUDDUR_E_INTERNAL, "a claim that moves");
    }
    return cr_claim_write(claim, 1, base->arena, &row) ? put_row(base, &row)
                                                       : cr_fail_memory(base->call->error);
}

static const cr_txn_ops operations = {get_rows,   query_rows,  put_row,    replace_row,
                                      remove_row, require_row, find_claim, claim_token};

static bool is_as_read(const version *there, const cr_row *read)
{
    bool is_same = there != NULL;
    for (int i = 0; is_same && i < CR_ATTRIBUTE_COUNT; i++) {
        is_same = cr_str_equal(there->row.value[i], read->value[i]) &&
                  (there->row.value[i].data == NULL) == (read->value[i].data == NULL);
    }
    return is_same;
}

static cruddur_status commit(txn *now)
{
    simulated *all = now->all;
    if (now->count > 0) {
        simulated_wait(all);
    }
    for (size_t i = 0; i < now->count; i++) {
        const write *stated = &now->write[i];
        const version *there = find(all, cr_row_key(stated->has_old ? &stated->old : &stated->new));
        if (stated->has_old ? !is_as_read(there, &stated->old) : there != NULL) {
            return CRUDDUR_E_CONFLICT;
        }
    }
    for (size_t i = 0; i < now->count; i++) {
        const write *stated = &now->write[i];
        if (stated->has_old && !stated->is_required) {
            find(all, cr_row_key(&stated->old))->to = ++all->moment;
        }
        if (stated->has_new && !simulated_put(all, &stated->new)) {
            return cr_fail_memory(now->base.call->error);
        }
    }
    return CRUDDUR_OK;
}

/* ---- the store ---- */

static cruddur_status change(cr_store *store, cr_body body, void *context, cr_call *call)
{
    const view *seen = (const view *)store;
    cruddur_status status = CRUDDUR_E_CONFLICT;
    cr_arena arena = CR_ARENA_INIT;
    for (unsigned round = 0; round < ROUNDS_MAX && status == CRUDDUR_E_CONFLICT; round++) {
        txn now = {.base = {&operations, store->traits, &arena, call}, .all = seen->all};
        cr_arena_reset(&arena);
        status = body(&now.base, context);
        if (status == CRUDDUR_OK) {
            status = commit(&now);
        }
    }
    cr_arena_free(&arena);
    return status == CRUDDUR_E_CONFLICT ? cr_fail_with(call->error, status, "it never ends")
                                        : status;
}

static const cr_store_ops store_operations = {.read = change, .change = change};

cr_store *simulated_store(simulated *all, bool is_streamed)
{
    return is_streamed ? &all->streamed.base : &all->mover.base;
}

simulated *simulated_new(uint64_t seed, unsigned lag)
{
    simulated *all = calloc(1, sizeof(*all));
    if (all == NULL) {
        return NULL;
    }
    if (pthread_mutex_init(&all->lock, NULL) != 0 || pthread_cond_init(&all->changed, NULL) != 0) {
        free(all);
        return NULL;
    }
    all->state = seed;
    all->lag = lag;
    all->mover = (view){{.ops = &store_operations, .traits = CR_TRAIT_ATOMIC}, all};
    all->streamed =
        (view){{.ops = &store_operations, .traits = CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED}, all};
    return all;
}

void simulated_free(simulated *all)
{
    (void)pthread_mutex_destroy(&all->lock);
    (void)pthread_cond_destroy(&all->changed);
    cr_arena_free(&all->arena);
    free(all);
}
