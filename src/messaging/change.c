/* SPDX-License-Identifier: MIT */
#include "messaging/change.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

#define PK_PREFIX_SIZE (sizeof(CR_PK_CHANGES) - 1)

#define COUNTER_SK "COUNTER"

/* For how long watchers may have been away. */
#define KEPT_S INT64_C(604800) /* 7 days */
#define US_PER_S INT64_C(1000000)

/* The digits of the largest number, and a NUL: in sort keys all are written. */
#define NUMBER_SIZE 21

cr_change_pk cr_change_pk_of(const cr_uuid *group)
{
    cr_change_pk pk;
    memcpy(pk.text, CR_PK_CHANGES, PK_PREFIX_SIZE);
    memcpy(pk.text + PK_PREFIX_SIZE, group->text, sizeof(group->text));
    return pk;
}

static cr_str text_of(const cr_change_pk *pk)
{
    return (cr_str){pk->text, sizeof(pk->text) - 1};
}

cr_key cr_change_counter_key(const cr_change_pk *pk)
{
    return (cr_key){text_of(pk), cr_str_of(COUNTER_SK)};
}

static cruddur_status next_number(const cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                                  uint64_t *number)
{
    *number = 1;
    if (!cr_row_exists(counter)) {
        return CRUDDUR_OK;
    }
    if (!cr_rev_read(counter->value[CR_REV], number)) {
        return cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED,
                            "the counter of changes %s is damaged", pk->text);
    }
    ++*number;
    return CRUDDUR_OK;
}

/* Which message, and what became of it, in attributes that no other row has. A sort key has no
 * character that JSON writes otherwise. */
static cr_str write_others(cr_arena *arena, cr_str message_sk, const char *what)
{
    static const char format[] = "{\"change\":{\"S\":\"%s\"},\"message_sk\":{\"S\":\"%.*s\"}}";
    size_t size = sizeof(format) + strlen(what) + message_sk.size;
    char *text = cr_arena_alloc(arena, size);
    if (text == NULL) {
        return CR_STR_ABSENT;
    }
    int length = snprintf(text, size, format, what, CR_STR_ARGS(message_sk));
    return (cr_str){text, (size_t)length};
}

static cruddur_status put_change(cr_txn *txn, const cr_change_pk *pk, uint64_t number,
                                 const cr_row *message, const char *what)
{
    char sk[NUMBER_SIZE];
    char expires_at[NUMBER_SIZE];
    cr_row row = {0};
    (void)snprintf(sk, sizeof(sk), "%020" PRIu64, number);
    (void)snprintf(expires_at, sizeof(expires_at), "%" PRId64,
                   cr_clock_now_us() / US_PER_S + KEPT_S);
    row.value[CR_PK] = text_of(pk);
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_VERSION] = message->value[CR_VERSION];
    row.value[CR_EXPIRES_AT] = cr_str_of(expires_at);
    row.value[CR_OTHERS] = write_others(txn->arena, message->value[CR_SK], what);
    return row.value[CR_OTHERS].data == NULL ? cr_fail_memory(txn->call->error)
                                             : txn->ops->put(txn, &row);
}

static cruddur_status count(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                            uint64_t number)
{
    char rev[NUMBER_SIZE];
    cr_key key = cr_change_counter_key(pk);
    cr_row row = *counter;
    (void)snprintf(rev, sizeof(rev), "%" PRIu64, number);
    row.value[CR_PK] = key.pk;
    row.value[CR_SK] = key.sk;
    row.value[CR_REV] = cr_str_of(rev);
    return cr_row_exists(counter) ? txn->ops->replace(txn, counter, &row)
                                  : txn->ops->put(txn, &row);
}

cruddur_status cr_change_state(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                               const cr_row *messages, size_t message_count, const char *what)
{
    uint64_t number;
    cruddur_status status = next_number(txn, pk, counter, &number);
    for (size_t i = 0; status == CRUDDUR_OK && i < message_count; i++) {
        status = put_change(txn, pk, number + i, &messages[i], what);
    }
    return status == CRUDDUR_OK ? count(txn, pk, counter, number + message_count - 1) : status;
}
