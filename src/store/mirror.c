/* SPDX-License-Identifier: MIT */
#include "store/mirror.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "model/key.h"
#include "model/store_row.h"

/* So many keys are read, and removed, together. */
#define SLICE_MAX 25

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

/* ---- which rows ---- */

bool cr_mirror_has(const cr_mirror *mirror, cr_key key)
{
    bool is_needless =
        (mirror->to->traits & CR_TRAIT_UUIDS) != 0 && cr_pk_has_prefix(key.pk, CR_PK_CLAIMS);
    return !cr_is_store_row(key) && !is_needless;
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

/* A load puts rows, and the claims of messages, as an import does. A claim in the transaction of
 * its message would be no safer: nothing else writes to the target, and what failed is done again.
 */
static cruddur_status put_rows(const job *now, const cr_row *rows, size_t count, bool replaces,
                               cr_call *call, cr_mirrored *sums)
{
    cr_loaded loaded;
    cr_store *to = now->mirror->to;
    const cr_load_options options = {
        .replaces = replaces, .makes_claims = (now->mirror->from->traits & CR_TRAIT_UUIDS) != 0};
    cruddur_status status = to->ops->load(to, rows, count, &options, &loaded, call);
    sums->put += loaded.put;
    sums->replaced += loaded.replaced;
    return status;
}

static cruddur_status copy_slice(const job *now, size_t first, size_t count, cr_call *call,
                                 cr_mirrored *sums)
{
    return put_rows(now, now->rows + first, count, false, call, sums);
}

typedef struct removal {
    const cr_key *keys;
    size_t count;
    uint64_t removed;
} removal;

static cruddur_status remove_body(cr_txn *txn, void *context)
{
    removal *now = context;
    cr_row there[SLICE_MAX];
    cruddur_status status = txn->ops->get(txn, now->keys, now->count, there);
    now->removed = 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        if (cr_row_exists(&there[i])) {
            status = txn->ops->remove(txn, &there[i]);
            now->removed++;
        }
    }
    return status;
}

static cruddur_status remove_rows(const job *now, const cr_key *keys, size_t count, cr_call *call,
                                  cr_mirrored *sums)
{
    cr_store *to = now->mirror->to;
    removal gone = {keys, count, 0};
    cruddur_status status = count == 0 ? CRUDDUR_OK : to->ops->change(to, remove_body, &gone, call);
    sums->removed += status == CRUDDUR_OK ? gone.removed : 0;
    return status;
}

static cruddur_status follow_slice(const job *now, size_t first, size_t count, cr_call *call,
                                   cr_mirrored *sums)
{
    cr_row rows[SLICE_MAX];
    cr_key gone[SLICE_MAX];
    size_t row_count = 0;
    size_t gone_count = 0;
    cr_arena arena = CR_ARENA_INIT;
    cr_store *from = now->mirror->from;
    reading source = {now->keys + first, count, &arena, rows};
    cruddur_status status = from->ops->read(from, read_body, &source, call);
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (cr_row_exists(&rows[i])) {
            rows[row_count++] = rows[i];
        } else {
            gone[gone_count++] = source.keys[i];
        }
    }
    if (status == CRUDDUR_OK) {
        status = put_rows(now, rows, row_count, true, call, sums);
    }
    if (status == CRUDDUR_OK) {
        status = remove_rows(now, gone, gone_count, call, sums);
    }
    cr_arena_free(&arena);
    return status;
}

/* ---- workers ---- */

/* Unlike the loader of imports (transfer/loader.h), which reads on while its blocks are written,
 * this ends each part before the move notes how far it has come. */

static void add_sums(cr_mirrored *sums, const cr_mirrored *more)
{
    sums->put += more->put;
    sums->replaced += more->replaced;
    sums->removed += more->removed;
}

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
