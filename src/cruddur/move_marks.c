/* SPDX-License-Identifier: MIT */
/* Whether a stream has shown all that was written before the fence. A shard shows its records in
 * the order of the writes, but does not tell whether there are more. So while the last round runs,
 * rows about the store are put and removed under random keys, until every open shard has shown a
 * record of them: then it has shown all before, too. */
#include <stdio.h>

#include "base/clock.h"
#include "cruddur/moving.h"
#include "model/expiry.h"
#include "model/store_row.h"

#define US_PER_S 1000000
/* So many keys at once: enough to meet every shard of a large table soon. */
#define MARKS_MAX 20
#define PERIOD_US INT64_C(500000)
/* The keys of marks that an interrupted move leaves are unknown: the service removes them later. */
#define LASTS_S 3600

typedef struct marks {
    cr_key key[MARKS_MAX];
    char end[CR_EXPIRY_SIZE];
    bool are_wanted;
} marks;

/* Rows that an interrupted move has left belong to the store, and are never copied. */
static cruddur_status name_marks(marks *now, cr_arena *arena, const cr_call *call)
{
    (void)cr_expiry_write(cr_clock_now_us() / US_PER_S + LASTS_S, now->end);
    for (size_t i = 0; i < MARKS_MAX; i++) {
        char pk[sizeof(CR_MARK_PK) + CR_MARK_SIZE];
        cr_str number = cr_row_fresh_version(arena);
        if (number.data == NULL) {
            return cr_fail_memory(call->error);
        }
        (void)snprintf(pk, sizeof(pk), CR_MARK_PK "%.*s", CR_MARK_SIZE, number.data);
        now->key[i] = (cr_key){cr_arena_copy(arena, cr_str_of(pk)), cr_str_of(CR_STORE_SK)};
        if (now->key[i].pk.data == NULL) {
            return cr_fail_memory(call->error);
        }
    }
    return CRUDDUR_OK;
}

static cruddur_status marks_body(cr_txn *txn, void *context)
{
    const marks *now = context;
    cr_row there[MARKS_MAX];
    cruddur_status status = txn->ops->get(txn, now->key, MARKS_MAX, there);
    for (size_t i = 0; status == CRUDDUR_OK && i < MARKS_MAX; i++) {
        bool is_there = cr_row_exists(&there[i]);
        cr_row row = {0};
        row.value[CR_PK] = now->key[i].pk;
        row.value[CR_SK] = now->key[i].sk;
        row.value[CR_EXPIRES_AT] = cr_str_of(now->end);
        if (now->are_wanted && !is_there) {
            status = txn->ops->put(txn, &row);
        } else if (!now->are_wanted && is_there) {
            status = txn->ops->remove(txn, &there[i]);
        }
    }
    return status;
}

static cruddur_status write_marks(cr_moving *moving, cr_call *call)
{
    marks now = {.are_wanted = true};
    cr_arena arena = CR_ARENA_INIT;
    cr_store *from = moving->from;
    cruddur_status status = name_marks(&now, &arena, call);
    if (status == CRUDDUR_OK) {
        status = from->ops->change(from, marks_body, &now, call);
    }
    if (status == CRUDDUR_OK) {
        now.are_wanted = false;
        status = from->ops->change(from, marks_body, &now, call);
    }
    cr_arena_free(&arena);
    return status;
}

cruddur_status cr_moving_mark(cr_moving *moving, int64_t *due_us)
{
    if (cr_clock_monotonic_us() < *due_us) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_moving_do(moving, write_marks);
    *due_us = cr_clock_monotonic_us() + PERIOD_US;
    return status;
}
