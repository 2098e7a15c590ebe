/* SPDX-License-Identifier: MIT */
#include "store/mirror.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/thread.h"
#include "model/item.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/store_row.h"
#include "model/time.h"

/* So many keys are looked at together. With a claim for each, one change has room for them. */
#define SLICE_MAX 25
/* Larger rows are written by themselves: the service's transactions have a limit. */
#define SLICE_SIZE_MAX ((size_t)1024 * 1024)

typedef struct job job;

/* What a worker does with the keys or rows from `first` on. */
typedef cruddur_status (*slice_fn)(const job *now, size_t first, size_t count, cr_call *call,
                                   cr_mirrored *sums);

struct job {
    const cr_mirror *mirror;
    const cr_row *rows;
    const cr_key *keys;
    size_t count;
    slice_fn run;
    cr_call *call;
    atomic_size_t next;
    pthread_mutex_t lock; /* for the rest */
    cr_mirrored sums;
    cr_meter meter;
    cruddur_status status;
    cruddur_error *error; /* of the first failure */
};

/* ---- which rows, and which claims ---- */

static bool is_claim(cr_str pk)
{
    const size_t size = sizeof(CR_PK_CLAIMS) - 1;
    return pk.size > size && memcmp(pk.data, CR_PK_CLAIMS, size) == 0 &&
           cr_uuid_is_canonical((cr_str){pk.data + size, pk.size - size});
}

bool cr_mirror_has(const cr_mirror *mirror, cr_key key)
{
    bool is_needless = (mirror->to->traits & CR_TRAIT_UUIDS) != 0 && is_claim(key.pk);
    return !cr_is_store_row(key) && !is_needless;
}

static bool needs_claim(const cr_mirror *mirror, const cr_row *row)
{
    int64_t time_us;
    return (mirror->from->traits & CR_TRAIT_UUIDS) != 0 &&
           (mirror->to->traits & CR_TRAIT_UUIDS) == 0 && cr_row_kind(row) == CR_KIND_MESSAGE &&
           cr_uuid_is_canonical(row->value[CR_MESSAGE_UUID]) &&
           cr_uuid_is_canonical(row->value[CR_USER_UUID]) &&
           cr_time_parse(row->value[CR_SK], &time_us) &&
           cr_clock_now_us() - time_us < mirror->to->claim_us;
}

/* ---- one change of the target ---- */

typedef struct change {
    const cr_mirror *mirror;
    const cr_key *keys;
    const cr_row *rows; /* of the source; one that is absent is to be removed */
    size_t count;
    bool only_puts;
    cr_mirrored done;
} change;

static bool is_same(const cr_row *there, const cr_row *row)
{
    return cr_item_is_same(there, row) && cr_item_has_same_others(there, row);
}

static cruddur_status claim(cr_txn *txn, const change *now)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        cr_claim found;
        const cr_row *row = &now->rows[i];
        if (!cr_row_exists(row) || !needs_claim(now->mirror, row)) {
            continue;
        }
        cr_claim made = {.token = row->value[CR_MESSAGE_UUID],
                         .group = cr_pk_suffix(row->value[CR_PK]),
                         .author = row->value[CR_USER_UUID],
                         .sk = row->value[CR_SK]};
        status = txn->ops->find_claim(txn, made.token, made.group, &found);
        if (status == CRUDDUR_OK && found.sk.data == NULL) {
            status = txn->ops->claim(txn, &made, NULL);
        }
    }
    return status;
}

/* Puts come before removals (store.h). */
static cruddur_status write_rows(cr_txn *txn, change *now, const cr_row *there)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        const cr_row *row = &now->rows[i];
        if (!cr_row_exists(row)) {
            continue;
        }
        if (!cr_row_exists(&there[i])) {
            status = txn->ops->put(txn, row);
            now->done.put++;
        } else if (!now->only_puts && !is_same(&there[i], row)) {
            status = txn->ops->replace(txn, &there[i], row);
            now->done.replaced++;
        }
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        if (!cr_row_exists(&now->rows[i]) && cr_row_exists(&there[i])) {
            status = txn->ops->remove(txn, &there[i]);
            now->done.removed++;
        }
    }
    return status;
}

static cruddur_status change_body(cr_txn *txn, void *context)
{
    change *now = context;
    cr_row there[SLICE_MAX];
    now->done = (cr_mirrored){0};
    cruddur_status status = txn->ops->get(txn, now->keys, now->count, there);
    if (status == CRUDDUR_OK) {
        status = claim(txn, now);
    }
    return status == CRUDDUR_OK ? write_rows(txn, now, there) : status;
}

static void add_sums(cr_mirrored *sums, const cr_mirrored *more)
{
    sums->put += more->put;
    sums->replaced += more->replaced;
    sums->removed += more->removed;
}

/* As many of the rows as one change has room for; at least one. */
static size_t fitting(const cr_row *rows, size_t count)
{
    size_t size = 0;
    size_t fits = 0;
    while (fits < count) {
        size += cr_row_exists(&rows[fits]) ? cr_item_size(&rows[fits]) : 0;
        if (fits > 0 && size > SLICE_SIZE_MAX) {
            break;
        }
        fits++;
    }
    return fits;
}

static cruddur_status write_slice(change *all, cr_call *call, cr_mirrored *sums)
{
    cruddur_status status = CRUDDUR_OK;
    cr_store *to = all->mirror->to;
    for (size_t at = 0; status == CRUDDUR_OK && at < all->count;) {
        change now = *all;
        now.keys += at;
        now.rows += at;
        now.count = fitting(now.rows, all->count - at);
        status = to->ops->change(to, change_body, &now, call);
        if (status == CRUDDUR_OK) {
            add_sums(sums, &now.done);
        }
        at += now.count;
    }
    return status;
}

/* ---- slices ---- */

typedef struct reading {
    const cr_key *keys;
    size_t count;
    cr_arena *arena; /* keeps the rows behind the end of the body */
    cr_row *rows;
} reading;

static cruddur_status read_body(cr_txn *txn, void *context)
{
    const reading *now = context;
    cr_row found[SLICE_MAX];
    cruddur_status status = txn->ops->get(txn, now->keys, now->count, found);
    cr_arena_reset(now->arena);
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        now->rows[i] = (cr_row){0};
        if (cr_row_exists(&found[i]) && !cr_row_copy(now->arena, &found[i], &now->rows[i])) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

static cruddur_status follow_slice(const job *now, size_t first, size_t count, cr_call *call,
                                   cr_mirrored *sums)
{
    cr_row rows[SLICE_MAX];
    cr_arena arena = CR_ARENA_INIT;
    cr_store *from = now->mirror->from;
    reading source = {now->keys + first, count, &arena, rows};
    cruddur_status status = from->ops->read(from, read_body, &source, call);
    if (status == CRUDDUR_OK) {
        change all = {.mirror = now->mirror, .keys = source.keys, .rows = rows, .count = count};
        status = write_slice(&all, call, sums);
    }
    cr_arena_free(&arena);
    return status;
}

/* Rows without a claim are loaded, which on DynamoDB costs half of a transaction. */
static cruddur_status copy_slice(const job *now, size_t first, size_t count, cr_call *call,
                                 cr_mirrored *sums)
{
    cr_loaded loaded;
    cr_row plain[SLICE_MAX];
    cr_row claimed[SLICE_MAX];
    cr_key keys[SLICE_MAX];
    size_t plain_count = 0;
    change all = {.mirror = now->mirror, .keys = keys, .rows = claimed, .only_puts = true};
    for (size_t i = 0; i < count; i++) {
        const cr_row *row = &now->rows[first + i];
        if (needs_claim(now->mirror, row)) {
            keys[all.count] = cr_row_key(row);
            claimed[all.count++] = *row;
        } else {
            plain[plain_count++] = *row;
        }
    }
    cr_store *to = now->mirror->to;
    cruddur_status status = to->ops->load(to, plain, plain_count, NULL, &loaded, call);
    sums->put += loaded.put;
    return status == CRUDDUR_OK ? write_slice(&all, call, sums) : status;
}

/* ---- workers ---- */

static void end_worker(job *now, const cr_call *call, cruddur_status status, cruddur_error *error,
                       const cr_mirrored *sums)
{
    (void)pthread_mutex_lock(&now->lock);
    cr_meter_add(&now->meter, &call->meter);
    add_sums(&now->sums, sums);
    if (status != CRUDDUR_OK && now->status == CRUDDUR_OK) {
        now->status = status;
        now->error = error;
        error = NULL;
        atomic_store(&now->next, now->count); /* the others stop, too */
    }
    (void)pthread_mutex_unlock(&now->lock);
    cruddur_error_free(error);
}

static void *run_worker(void *argument)
{
    job *now = argument;
    cr_mirrored sums = {0};
    cruddur_error *error = NULL;
    cr_call call = *now->call;
    call.meter = (cr_meter){0};
    call.error = &error;
    cruddur_status status = CRUDDUR_OK;
    for (;;) {
        size_t first = atomic_fetch_add(&now->next, SLICE_MAX);
        if (status != CRUDDUR_OK || first >= now->count) {
            break;
        }
        size_t left = now->count - first;
        status = now->run(now, first, left < SLICE_MAX ? left : SLICE_MAX, &call, &sums);
    }
    end_worker(now, &call, status, error, &sums);
    return NULL;
}

/* The caller's thread is one of the workers: what no thread can be had for, it does itself. */
static cruddur_status run_job(job *now, cr_mirrored *sums)
{
    pthread_t thread[CR_MIRROR_WORKERS_MAX];
    size_t started = 0;
    size_t wanted = (now->count + SLICE_MAX - 1) / SLICE_MAX;
    wanted = wanted < now->mirror->workers ? wanted : now->mirror->workers;
    if (pthread_mutex_init(&now->lock, NULL) != 0) {
        return cr_fail_with(now->call->error, CRUDDUR_E_INTERNAL, "the system gave no lock");
    }
    atomic_init(&now->next, 0);
    while (started + 1 < wanted && started < CR_MIRROR_WORKERS_MAX &&
           cr_thread_start(&thread[started], run_worker, now)) {
        started++;
    }
    (void)run_worker(now);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    (void)pthread_mutex_destroy(&now->lock);
    add_sums(sums, &now->sums);
    cr_meter_add(&now->call->meter, &now->meter);
    if (now->call->error != NULL && now->status != CRUDDUR_OK) {
        *now->call->error = now->error;
    } else {
        cruddur_error_free(now->error);
    }
    return now->status;
}

cruddur_status cr_mirror_copy(const cr_mirror *mirror, const cr_row *rows, size_t count,
                              cr_call *call, cr_mirrored *sums)
{
    job now = {.mirror = mirror, .rows = rows, .count = count, .run = copy_slice, .call = call};
    return run_job(&now, sums);
}

static int compare_keys(const void *a, const void *b)
{
    const cr_key *x = a;
    const cr_key *y = b;
    int order = cr_str_compare(x->pk, y->pk);
    return order != 0 ? order : cr_str_compare(x->sk, y->sk);
}

/* One change makes one write to a key. */
static size_t keep_distinct(const cr_mirror *mirror, cr_key *keys, size_t count)
{
    size_t kept = 0;
    if (count > 0) {
        qsort(keys, count, sizeof(*keys), compare_keys);
    }
    for (size_t i = 0; i < count; i++) {
        bool is_twin = kept > 0 && compare_keys(&keys[kept - 1], &keys[i]) == 0;
        if (!is_twin && cr_mirror_has(mirror, keys[i])) {
            keys[kept++] = keys[i];
        }
    }
    return kept;
}

cruddur_status cr_mirror_follow(const cr_mirror *mirror, cr_key *keys, size_t count, cr_call *call,
                                cr_mirrored *sums)
{
    job now = {.mirror = mirror, .keys = keys, .run = follow_slice, .call = call};
    now.count = keep_distinct(mirror, keys, count);
    return run_job(&now, sums);
}
