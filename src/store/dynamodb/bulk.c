/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/bulk.h"

#include <stdlib.h>

#include "store/claim.h"
#include "store/dynamodb/batch.h"
#include "store/dynamodb/fence.h"

/* Each row is a write of its own: as part of a transaction it would cost twice as much, and one
 * taken key would refuse all. The rows are read first, many at once, so that a load which is
 * repeated pays for reads alone. */

typedef enum look_result {
    ABSENT,
    SAME,
    TAKEN,
} look_result;

typedef struct look {
    const cr_row *rows;
    size_t count;
    bool are_claims; /* that agree with others are the same: these may end at another time */
    look_result *results;
} look;

static look_result judge(const cr_row *row, const cr_row *there, bool is_claim, cr_arena *arena)
{
    if (!cr_row_exists(there)) {
        return ABSENT;
    }
    bool is_same = is_claim ? cr_claims_agree(row, there, arena)
                            : cr_item_is_same(there, row) && cr_item_has_same_others(there, row);
    return is_same ? SAME : TAKEN;
}

static cruddur_status look_body(cr_txn *txn, void *context)
{
    const look *looking = context;
    cr_key keys[CR_BATCH_KEYS_MAX] = {{{NULL, 0}, {NULL, 0}}};
    cr_row there[CR_BATCH_KEYS_MAX];
    size_t count = 0;
    for (; count < looking->count; count++) {
        keys[count] = cr_row_key(&looking->rows[count]);
    }
    cruddur_status status = txn->ops->get(txn, keys, count, there);
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        looking->results[i] = judge(&looking->rows[i], &there[i], looking->are_claims, txn->arena);
    }
    return status;
}

typedef struct single {
    const cr_row *row;
    bool is_claim;
    bool replaces;
    bool must_look; /* the key was free, and is no longer; or its row is to be replaced */
    cr_fate fate;
} single;

static cruddur_status replace_taken(cr_txn *txn, single *now, const cr_row *there)
{
    now->fate = now->replaces ? CR_FATE_REPLACED : CR_FATE_TAKEN;
    return now->replaces ? txn->ops->replace(txn, there, now->row) : CRUDDUR_OK;
}

static cruddur_status put_body(cr_txn *txn, void *context)
{
    single *now = context;
    now->fate = CR_FATE_PUT;
    if (now->must_look) {
        cr_row there;
        cr_key key = cr_row_key(now->row);
        cruddur_status status = txn->ops->get(txn, &key, 1, &there);
        look_result result =
            status == CRUDDUR_OK ? judge(now->row, &there, now->is_claim, txn->arena) : ABSENT;
        if (status != CRUDDUR_OK || result == TAKEN) {
            return status == CRUDDUR_OK ? replace_taken(txn, now, &there) : status;
        }
        if (result == SAME) {
            now->fate = CR_FATE_SAME;
            return CRUDDUR_OK;
        }
    }
    now->must_look = true;
    return txn->ops->put(txn, now->row);
}

/* What a load has to do. */
typedef struct job {
    cr_store *store;
    const cr_load_options *options;
    cr_loaded *loaded;
    cr_call *call;
    bool are_claims; /* the rows that are loaded now were made here */
} job;

static void count_row(const job *now, size_t number, cr_fate fate)
{
    if (now->are_claims) {
        now->loaded->claims += fate == CR_FATE_PUT ? 1 : 0;
    } else {
        cr_loaded_count(now->loaded, now->options, number, fate);
    }
}

/* Two rows of one key count as any others: the second finds the first. */
static bool is_key_of_earlier(const cr_row *rows, size_t number)
{
    cr_key key = cr_row_key(&rows[number]);
    for (size_t i = 0; i < number; i++) {
        cr_key other = cr_row_key(&rows[i]);
        if (cr_str_equal(key.sk, other.sk) && cr_str_equal(key.pk, other.pk)) {
            return true;
        }
    }
    return false;
}

/* As many rows as one request takes, of different keys. */
static size_t batch_size(const cr_row *rows, size_t count, size_t most)
{
    size_t size = 0;
    while (size < count && size < most && !is_key_of_earlier(rows, size)) {
        size++;
    }
    return size;
}

static cruddur_status load_looked_up(const job *now, const cr_row *row, look_result result,
                                     cr_fate *fate)
{
    bool replaces = !now->are_claims && now->options->replaces;
    single one = {row, now->are_claims, replaces, result == TAKEN, CR_FATE_PUT};
    *fate = result == SAME ? CR_FATE_SAME : CR_FATE_TAKEN;
    if (result == SAME || (result == TAKEN && !replaces)) {
        return CRUDDUR_OK;
    }
    cruddur_status status = now->store->ops->change(now->store, put_body, &one, now->call);
    *fate = one.fate;
    return status;
}

static cruddur_status load_batch(const job *now, const cr_row *rows, size_t first, size_t count)
{
    look_result results[CR_BATCH_KEYS_MAX];
    look looking = {rows + first, count, now->are_claims, results};
    cruddur_status status = now->store->ops->read(now->store, look_body, &looking, now->call);
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        cr_fate fate;
        status = load_looked_up(now, &looking.rows[i], results[i], &fate);
        if (status == CRUDDUR_OK) {
            count_row(now, first + i, fate);
        }
    }
    return status;
}

/* The rows are put without looking. */
static cruddur_status write_batch(const job *now, const cr_row *rows, size_t first, size_t count)
{
    cruddur_status status = cr_fence_look(now->store, now->call);
    if (status == CRUDDUR_OK) {
        status = cr_dynamodb_batch_write(now->store, rows + first, count, now->call);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        count_row(now, first + i, CR_FATE_PUT);
    }
    return status;
}

static cruddur_status load_rows(const job *now, const cr_row *rows, size_t count)
{
    cruddur_status status = CRUDDUR_OK;
    bool is_unused = now->options->is_unused;
    for (size_t at = 0; status == CRUDDUR_OK && at < count;) {
        size_t most = is_unused ? CR_BATCH_ROWS_MAX : CR_BATCH_KEYS_MAX;
        size_t size = batch_size(rows + at, count - at, most);
        status = is_unused ? write_batch(now, rows, at, size) : load_batch(now, rows, at, size);
        at += size;
    }
    return status;
}

/* The messages' claims come after them: a claim without its message would say that it is gone. */
static cruddur_status load_claims(job *now, const cr_row *rows, size_t count)
{
    cr_arena arena = CR_ARENA_INIT;
    size_t made = 0;
    cr_row *claims = malloc((count + 1) * sizeof(*claims));
    bool ok = claims != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        bool is_needed;
        ok = cr_claim_of_message(&rows[i], now->store->claim_us, &arena, &claims[made], &is_needed);
        made += is_needed ? 1 : 0;
    }
    now->are_claims = true;
    cruddur_status status = ok ? load_rows(now, claims, made) : cr_fail_memory(now->call->error);
    free(claims);
    cr_arena_free(&arena);
    return status;
}

/* Named by its key, as the service would not. */
static cruddur_status check_sizes(const job *now, const cr_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cr_item_size(&rows[i]) > CR_ITEM_SIZE_MAX) {
            return cr_fail_with(now->call->error, CRUDDUR_E_ITEM_TOO_LARGE,
                                "the row %.*s %.*s is larger than DynamoDB's 400 KB",
                                CR_STR_ARGS(rows[i].value[CR_PK]),
                                CR_STR_ARGS(rows[i].value[CR_SK]));
        }
    }
    return CRUDDUR_OK;
}

cruddur_status cr_dynamodb_bulk_load(cr_store *store, const cr_row *rows, size_t count,
                                     const cr_load_options *options, cr_loaded *loaded,
                                     cr_call *call)
{
    static const cr_load_options none = {0};
    job now = {store, options == NULL ? &none : options, loaded, call, false};
    cruddur_consistency consistency = call->consistency;
    *loaded = (cr_loaded){0};
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cruddur_status status = check_sizes(&now, rows, count);
    if (status == CRUDDUR_OK) {
        status = load_rows(&now, rows, count);
    }
    if (status == CRUDDUR_OK && now.options->makes_claims) {
        status = load_claims(&now, rows, count);
    }
    call->consistency = consistency;
    cr_bell_ring(store->bell, NULL, 0);
    return status;
}
