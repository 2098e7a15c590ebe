/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/dynamodb/bulk.h"
#include "store/dynamodb/commit.h"
#include "store/dynamodb/open.h"
#include "store/dynamodb/read.h"
#include "store/dynamodb/schema.h"
#include "store/dynamodb/stream.h"

/* A failed condition means that somebody else got on, so the next run need not wait, and those
 * after it not for long: pauses keep a crowd apart, and stop growing at a tenth of a second. */
#define PAUSE_ROUND_MAX 2

unsigned cr_dynamodb_traits(const cr_dynamodb *table)
{
    bool is_in_steps = table->mode == CR_MODE_STEPS || atomic_load(&table->lacks_transactions);
    return (is_in_steps ? 0 : CR_TRAIT_ATOMIC) |
           (table->mode == CR_MODE_STREAM ? CR_TRAIT_STREAMED : 0) |
           (table->are_writers_ours ? CR_TRAIT_OURS : 0);
}

static void close_store(cr_store *base)
{
    cr_dynamodb *table = (cr_dynamodb *)base;
    cr_dynamodb_close_table(table);
    cr_queues_free(table->base.queues);
    cr_bell_leave(table->base.bell);
    free(table);
}

/* ---- bodies ---- */

/* Tells those who watch in this process. */
static void ring(const cr_dynamodb_txn *txn)
{
    cr_key keys[CR_CHANGE_WRITES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < txn->write_count && count < CR_CHANGE_WRITES_MAX; i++) {
        if (!cr_write_is_condition(&txn->write[i])) {
            keys[count++] = cr_row_key(&txn->write[i].row);
        }
    }
    if (count > 0) {
        cr_bell_ring(txn->table->base.bell, keys, count);
    }
}

static cruddur_status commit(cr_dynamodb_txn *txn)
{
    cruddur_status status = cr_dynamodb_commit(txn);
    if (status == CRUDDUR_OK && cr_bell_is_heard(txn->table->base.bell)) {
        ring(txn);
    }
    return status;
}

static cruddur_status run_once(cr_dynamodb_txn *txn, cr_body body, void *context)
{
    cr_dynamodb_txn_restart(txn);
    txn->base.call->meter.attempts++;
    cruddur_status status = body(&txn->base, context);
    cr_ahead_forget(txn->ahead);
    if (status == CRUDDUR_E_CONFLICT) {
        cr_error_discard(txn->base.call->error); /* a read may have described it */
        return cr_dynamodb_run_again(txn);
    }
    return status == CRUDDUR_OK ? commit(txn) : status;
}

static cruddur_status fail_conflict(cr_call *call)
{
    cr_error_discard(call->error);
    return cr_fail_with(call->error, CRUDDUR_E_CONFLICT,
                        "the rows kept changing until the deadline");
}

/* A run met other writers of the same group: notes it, and returns how long to pause before the
 * next; -1 where there is nothing to note. */
static int64_t note_others(const cr_dynamodb_txn *txn, int64_t began_us)
{
    const cr_call *call = txn->base.call;
    if (!txn->has_met_others || call->ticket == NULL) {
        return -1;
    }
    return cr_queue_conflict_us(call->ticket, cr_clock_monotonic_us() - began_us,
                                call->deadline_us);
}

static cruddur_status pause(const cr_dynamodb_txn *txn, unsigned round, int64_t others_us)
{
    cr_call *call = txn->base.call;
    if (!cr_call_is_over(call) && (round == 0 || others_us >= 0)) {
        (void)cr_cancel_sleep_us(others_us, call->cancel); /* the next run looks at it */
        return CRUDDUR_OK;
    }
    cruddur_status status =
        cr_aws_pause(txn->table->client, CR_RETRY_TRANSIENT,
                     round <= PAUSE_ROUND_MAX ? round - 1 : PAUSE_ROUND_MAX, call);
    return status == CRUDDUR_OK || status == CRUDDUR_E_CANCELLED ? status : fail_conflict(call);
}

/* What a run before the last one stated may be stored, or may be yet. */
static void note_doubt(const cr_dynamodb_txn *txn, cruddur_status status)
{
    cr_call *call = txn->base.call;
    call->is_in_doubt = call->is_in_doubt || txn->base.may_be_stored;
    if (status != CRUDDUR_OK && call->is_in_doubt) {
        cr_error_set_outcome_unknown(call->error);
    }
}

/* The deadline came in the middle of a later round, of which is known that it came to nothing. */
static bool is_late_conflict(const cr_call *call, cruddur_status status, unsigned round)
{
    return status == CRUDDUR_E_TIMEOUT && round > 0 && call->error != NULL &&
           !cruddur_error_outcome_unknown(*call->error);
}

static cruddur_status run(cr_store *base, bool is_change, cr_body body, void *context,
                          cr_call *call)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_dynamodb_txn txn;
    cruddur_status status;
    cr_dynamodb_txn_init(&txn, (cr_dynamodb *)base, is_change, &arena, call);
    unsigned round = 0;
    for (;; round++) {
        int64_t began_us = cr_clock_monotonic_us();
        status = run_once(&txn, body, context);
        int64_t others_us = note_others(&txn, began_us);
        if (status != CRUDDUR_E_CONFLICT || !txn.must_run_again) {
            break;
        }
        status = pause(&txn, round, others_us);
        if (status != CRUDDUR_OK) {
            break;
        }
    }
    note_doubt(&txn, status);
    cr_dynamodb_txn_free(&txn);
    cr_arena_free(&arena);
    return is_late_conflict(call, status, round) ? fail_conflict(call) : status;
}

static cruddur_status read_store(cr_store *base, cr_body body, void *context, cr_call *call)
{
    return run(base, false, body, context, call);
}

static cruddur_status change_store(cr_store *base, cr_body body, void *context, cr_call *call)
{
    return run(base, true, body, context, call);
}

static cruddur_status scan_store(cr_store *base, cr_key after, size_t expected, cr_sink sink,
                                 void *context, cr_call *call)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_dynamodb_txn txn;
    cr_dynamodb_txn_init(&txn, (cr_dynamodb *)base, false, &arena, call);
    call->meter.attempts++;
    cruddur_status status = cr_dynamodb_scan(&txn, after, expected, sink, context);
    cr_dynamodb_txn_free(&txn);
    cr_arena_free(&arena);
    return status;
}

static const cr_store_ops operations = {
    close_store,
    read_store,
    change_store,
    cr_dynamodb_bulk_load,
    scan_store,
    cr_dynamodb_schema_load,
    cr_dynamodb_schema_verify,
    cr_dynamodb_schema_list,
    cr_dynamodb_schema_drop,
    NULL, /* the service keeps no files of ours */
    NULL, /* whether there are twins, its index could not tell */
    NULL, /* its changes are in the table's stream */
    NULL, /* and it tells nobody of them */
};

/* Of tables with one name at two endpoints, as in tests, the wrong one may ring, which does no
 * harm.
 */
static cr_bell *find_bell(const cr_dynamodb *table)
{
    char place[512];
    (void)snprintf(place, sizeof(place), "dynamodb:%s:%s", table->config->region,
                   table->names.table.data);
    return cr_bell_of(place);
}

cruddur_status cr_dynamodb_open(const cr_url *url, const cr_store_options *options,
                                cr_store **ret_store, cruddur_error **error)
{
    cr_dynamodb *table = calloc(1, sizeof(*table));
    if (table == NULL) {
        return cr_fail_memory(error);
    }
    atomic_init(&table->lacks_transactions, false);
    atomic_init(&table->has_transactions, false);
    atomic_init(&table->unfenced_at_us, 0);
    atomic_init(&table->stream_client, NULL);
    cruddur_status status = cr_dynamodb_open_table(url, options, table, error);
    if (status != CRUDDUR_OK) {
        close_store(&table->base);
        return status;
    }
    table->base.bell = find_bell(table);
    cr_queues *queues = table->base.bell == NULL ? NULL : cr_queues_new();
    if (queues == NULL) {
        close_store(&table->base);
        return cr_fail_memory(error);
    }
    table->base = (cr_store){&operations,
                             cr_dynamodb_traits(table),
                             table->names.table.data,
                             &cr_dynamodb_stream_operations,
                             queues,
                             table->base.bell,
                             table->claim_us,
                             table->names.table.data};
    *ret_store = &table->base;
    return CRUDDUR_OK;
}
