/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/bulk.h"

#include "store/dynamodb/request.h"

/* Each row is a write of its own: as part of a transaction it would cost twice as much, and one
 * taken key would refuse all. The rows are read first, many at once, so that a load which is
 * repeated pays for reads alone. */

typedef enum fate {
    ABSENT,
    SAME,
    TAKEN,
} fate;

typedef struct look {
    const cr_row *rows;
    size_t count;
    fate *fates;
} look;

static fate judge(const cr_row *row, const cr_row *there)
{
    if (!cr_row_exists(there)) {
        return ABSENT;
    }
    return cr_item_is_same(there, row) && cr_item_has_same_others(there, row) ? SAME : TAKEN;
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
        looking->fates[i] = judge(&looking->rows[i], &there[i]);
    }
    return status;
}

typedef struct single {
    const cr_row *row;
    bool must_look; /* the key was free, and is no longer */
    fate fate;
} single;

static cruddur_status put_body(cr_txn *txn, void *context)
{
    single *now = context;
    now->fate = ABSENT;
    if (now->must_look) {
        cruddur_status status = look_body(txn, &(look){now->row, 1, &now->fate});
        if (status != CRUDDUR_OK || now->fate != ABSENT) {
            return status;
        }
    }
    now->must_look = true;
    return txn->ops->put(txn, now->row);
}

static void count_row(cr_loaded *loaded, fate found, size_t number)
{
    loaded->put += found == ABSENT ? 1 : 0;
    loaded->same += found == SAME ? 1 : 0;
    if (found == TAKEN && loaded->taken++ == 0) {
        loaded->first_taken = number;
    }
}

/* Two rows of one key count as any others: the second finds the first. */
static bool is_key_of_earlier(const cr_row *rows, size_t number)
{
    cr_key key = cr_row_key(&rows[number]);
    for (size_t i = 0; i < number; i++) {
        cr_key other = cr_row_key(&rows[i]);
        if (cr_str_equal(key.pk, other.pk) && cr_str_equal(key.sk, other.sk)) {
            return true;
        }
    }
    return false;
}

static cruddur_status load_batch(cr_store *store, const cr_row *rows, size_t first, size_t count,
                                 cr_loaded *loaded, cr_call *call)
{
    fate fates[CR_BATCH_KEYS_MAX];
    look looking = {rows + first, count, fates};
    cruddur_status status = store->ops->read(store, look_body, &looking, call);
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (fates[i] == ABSENT) {
            single now = {&looking.rows[i], false, ABSENT};
            status = store->ops->change(store, put_body, &now, call);
            fates[i] = now.fate;
        }
        if (status == CRUDDUR_OK) {
            count_row(loaded, fates[i], first + i);
        }
    }
    return status;
}

/* As many rows as one request can ask for, of different keys. */
static size_t batch_size(const cr_row *rows, size_t count)
{
    size_t size = 0;
    while (size < count && size < CR_BATCH_KEYS_MAX && !is_key_of_earlier(rows, size)) {
        size++;
    }
    return size;
}

cruddur_status cr_dynamodb_bulk_load(cr_store *store, const cr_row *rows, size_t count,
                                     cr_loaded *loaded, cr_call *call)
{
    cruddur_status status = CRUDDUR_OK;
    cruddur_consistency consistency = call->consistency;
    *loaded = (cr_loaded){0};
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    for (size_t at = 0; status == CRUDDUR_OK && at < count;) {
        size_t size = batch_size(rows + at, count - at);
        status = load_batch(store, rows, at, size, loaded, call);
        at += size;
    }
    call->consistency = consistency;
    return status;
}
