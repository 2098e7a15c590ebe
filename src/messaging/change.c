/* SPDX-License-Identifier: MIT */
#include "messaging/change.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "model/expiry.h"
#include "model/time.h"

#define PK_PREFIX_SIZE (sizeof(CR_PK_CHANGES) - 1)

#define COUNTER_SK "COUNTER"

/* For how long watchers may have been away. */
#define KEPT_S INT64_C(604800) /* 7 days */
#define US_PER_S INT64_C(1000000)

/* How old a key can be that a message gets, without a change row: watchers that come back look
 * further back than this, by as much as clocks may disagree. */
#define LATE_US INT64_C(120000000)

/* The digits of the largest number, and a NUL: in sort keys all are written. */
#define NUMBER_SIZE CR_CHANGE_SK_SIZE

cr_change_pk cr_change_pk_of(const cr_uuid *group)
{
    cr_change_pk pk;
    memcpy(pk.text, CR_PK_CHANGES, PK_PREFIX_SIZE);
    memcpy(pk.text + PK_PREFIX_SIZE, group->text, sizeof(group->text));
    return pk;
}

cr_key cr_change_counter_key(const cr_change_pk *pk)
{
    return (cr_key){cr_change_pk_str(pk), cr_str_of(COUNTER_SK)};
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
    static const char without[] = "{\"change\":{\"S\":\"%s\"}}";
    size_t size = sizeof(format) + strlen(what) + message_sk.size;
    char *text = cr_arena_alloc(arena, size);
    if (text == NULL) {
        return CR_STR_ABSENT;
    }
    int length = message_sk.data == NULL
                     ? snprintf(text, size, without, what)
                     : snprintf(text, size, format, what, CR_STR_ARGS(message_sk));
    return (cr_str){text, (size_t)length};
}

void cr_change_sk(uint64_t number, char text[CR_CHANGE_SK_SIZE])
{
    (void)snprintf(text, CR_CHANGE_SK_SIZE, "%020" PRIu64, number);
}

/* `row` has the version and the member. */
static cruddur_status put_change(cr_txn *txn, const cr_change_pk *pk, uint64_t number,
                                 cr_str message_sk, const char *what, cr_row row)
{
    char sk[NUMBER_SIZE];
    char expires_at[NUMBER_SIZE];
    cr_change_sk(number, sk);
    (void)snprintf(expires_at, sizeof(expires_at), "%" PRId64,
                   cr_clock_now_us() / US_PER_S + KEPT_S);
    row.value[CR_PK] = cr_change_pk_str(pk);
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_EXPIRES_AT] = cr_str_of(expires_at);
    row.value[CR_OTHERS] = write_others(txn->arena, message_sk, what);
    return row.value[CR_OTHERS].data == NULL ? cr_fail_memory(txn->call->error)
                                             : txn->ops->put(txn, &row);
}

static cr_row counted(const cr_change_pk *pk, const cr_row *counter, uint64_t number,
                      char rev[NUMBER_SIZE])
{
    cr_key key = cr_change_counter_key(pk);
    cr_row row = *counter;
    (void)snprintf(rev, NUMBER_SIZE, "%" PRIu64, number);
    row.value[CR_PK] = key.pk;
    row.value[CR_SK] = key.sk;
    row.value[CR_REV] = cr_str_of(rev);
    return row;
}

cruddur_status cr_change_count_next(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                                    cr_row *next)
{
    uint64_t number;
    char rev[NUMBER_SIZE];
    cruddur_status status = next_number(txn, pk, counter, &number);
    if (status != CRUDDUR_OK) {
        return status;
    }
    const cr_row row = counted(pk, counter, number, rev);
    return cr_row_copy(txn->arena, &row, next) ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
}

static cruddur_status count(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                            uint64_t number)
{
    char rev[NUMBER_SIZE];
    const cr_row row = counted(pk, counter, number, rev);
    return cr_row_exists(counter) ? txn->ops->replace(txn, counter, &row)
                                  : txn->ops->put(txn, &row);
}

cruddur_status cr_change_state(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                               const cr_row *messages, size_t message_count, const char *what)
{
    uint64_t number;
    cruddur_status status = next_number(txn, pk, counter, &number);
    for (size_t i = 0; status == CRUDDUR_OK && i < message_count; i++) {
        cr_row row = {0};
        row.value[CR_VERSION] = messages[i].value[CR_VERSION];
        status = put_change(txn, pk, number + i, messages[i].value[CR_SK], what, row);
    }
    return status == CRUDDUR_OK ? count(txn, pk, counter, number + message_count - 1) : status;
}

cruddur_status cr_change_state_group(cr_txn *txn, const cr_change_pk *pk, const cr_row *counter,
                                     const cr_group_change *changes, size_t change_count,
                                     cr_str version)
{
    uint64_t number;
    cruddur_status status = next_number(txn, pk, counter, &number);
    for (size_t i = 0; status == CRUDDUR_OK && i < change_count; i++) {
        cr_row row = {0};
        row.value[CR_VERSION] = version;
        if (changes[i].member != NULL) {
            row.value[CR_USER_UUID] = cr_uuid_str(changes[i].member);
        }
        status = put_change(txn, pk, number + i, CR_STR_ABSENT, changes[i].what, row);
    }
    return status == CRUDDUR_OK ? count(txn, pk, counter, number + change_count - 1) : status;
}

bool cr_change_is_late(const cr_txn *txn, cr_str message_sk)
{
    int64_t time_us;
    bool is_told = (txn->traits & CR_TRAIT_UUIDS) != 0 || (txn->traits & CR_TRAIT_ATOMIC) == 0;
    return !is_told && cr_time_parse(message_sk, &time_us) && time_us < cr_clock_now_us() - LATE_US;
}

/* ---- reading ---- */

static cr_str read_string(cr_json *in)
{
    cr_str type;
    cr_str value = CR_STR_ABSENT;
    if (cr_json_peek(in) != '{') {
        (void)cr_json_skip(in);
        return value;
    }
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &type);) {
        value = cr_json_string_or_skip(in);
    }
    return value;
}

static bool read_others(cr_str others, cr_arena *arena, cr_change *change)
{
    cr_json in;
    cr_str name;
    cr_json_init(&in, others, arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("change"))) {
            change->what = read_string(&in);
        } else if (cr_str_equal(name, cr_str_of("message_sk"))) {
            change->message_sk = read_string(&in);
        } else {
            (void)cr_json_skip(&in);
        }
    }
    return cr_json_is_done(&in) && change->what.data != NULL;
}

bool cr_change_read(const cr_row *row, cr_arena *arena, cr_change *change)
{
    cr_str sk = row->value[CR_SK];
    int64_t end_s = cr_expiry_read(row->value[CR_EXPIRES_AT]);
    *change =
        (cr_change){.member = row->value[CR_USER_UUID],
                    .version = cr_str_or_empty(row->value[CR_VERSION]),
                    .made_at_us = end_s == CR_EXPIRES_NEVER ? 0 : (end_s - KEPT_S) * US_PER_S};
    return sk.size == NUMBER_SIZE - 1 && cr_rev_read(sk, &change->number) &&
           row->value[CR_OTHERS].data != NULL && read_others(row->value[CR_OTHERS], arena, change);
}

uint64_t cr_change_count_read(const cr_row *counter)
{
    uint64_t number = 0;
    return cr_row_exists(counter) && cr_rev_read(counter->value[CR_REV], &number) ? number : 0;
}
