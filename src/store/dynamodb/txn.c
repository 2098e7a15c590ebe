/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/txn.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/print.h"
#include "model/card.h"
#include "store/claim.h"
#include "store/dynamodb/read.h"

#define US_PER_S 1000000

/* What all the writes of one body come to: two transactions' worth. */
#define TEXT_MAX ((size_t)64 * 1024 * 1024)
/* Room for the writes of a small group. */
#define TEXT_USUAL ((size_t)6 * 1024)
/* From this size of a change on, long texts are compared in part. */
#define COMPARED_MAX (CR_TRANSACTION_SIZE_MAX / 2)
#define FIRST_WRITES 8

/* ---- put, remove ---- */

/* The service refuses a change that touches a row twice; so does the contract: a put demands that
 * its key is free. */
static bool is_touched(const cr_dynamodb_txn *txn, const cr_row *row)
{
    for (size_t i = 0; i < txn->write_count; i++) {
        if (cr_str_equal(txn->write[i].row.value[CR_PK], row->value[CR_PK]) &&
            cr_str_equal(txn->write[i].row.value[CR_SK], row->value[CR_SK])) {
            return true;
        }
    }
    return false;
}

static cr_write *add_write(cr_dynamodb_txn *txn)
{
    cr_write *grown = cr_array_grow_in(txn->base.arena, txn->write, txn->write_count,
                                       &txn->write_capacity, FIRST_WRITES, sizeof(*grown));
    if (grown == NULL) {
        return NULL;
    }
    txn->write = grown;
    return &grown[txn->write_count];
}

/* Adds a write of a row, whose request's members are yet to be added to the text. NULL, and the
 * status, on failure. */
static cr_write *begin_write(cr_dynamodb_txn *txn, cr_write_kind kind, const cr_row *row,
                             cruddur_status *status)
{
    if (is_touched(txn, row)) {
        *status = cr_dynamodb_run_again(txn);
        return NULL;
    }
    cr_write *write = add_write(txn);
    if (write == NULL || !cr_row_copy(txn->base.arena, row, &write->row)) {
        *status = cr_fail_memory(txn->base.call->error);
        return NULL;
    }
    write->kind = kind;
    write->is_kept = write->may_be_there = false;
    write->text_at = txn->text.size;
    if (txn->text.size == 0) {
        cr_buffer_reserve(&txn->text, TEXT_USUAL);
    }
    *status = CRUDDUR_OK;
    return write;
}

static cruddur_status end_write(cr_dynamodb_txn *txn, cr_write *write)
{
    cr_call *call = txn->base.call;
    write->text_size = txn->text.size - write->text_at;
    txn->write_count++;
    if (txn->text.failed) {
        return cr_fail_memory(call->error);
    }
    /* As text a row is never smaller. */
    if (cr_write_is_put(write) && write->text_size > CR_ITEM_SIZE_MAX &&
        cr_item_size(&write->row) > CR_ITEM_SIZE_MAX) {
        return cr_fail_with(call->error, CRUDDUR_E_ITEM_TOO_LARGE,
                            "writing to table %.*s: a row has at most 400 KB",
                            CR_CUT(txn->table->names.table.data, 255));
    }
    return CRUDDUR_OK;
}

static cruddur_status put(cr_txn *base, const cr_row *row)
{
    cruddur_status status;
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    cr_write *write = begin_write(txn, CR_WRITE_PUT, row, &status);
    if (write == NULL) {
        return status;
    }
    write->is_kept = cr_is_card(row);
    cr_request_put(&txn->text, &txn->table->names, row);
    return end_write(txn, write);
}

/* The service counts the values of conditions for a transaction's 4 MB. So the rows of the largest
 * groups are not compared with all of their text, or such a change could not be made. */
static cr_comparing comparing(const cr_dynamodb_txn *txn, const cr_row *as_read)
{
    return txn->text.size + as_read->value[CR_TEXT].size > COMPARED_MAX ? CR_COMPARE_ENDS
                                                                        : CR_COMPARE_ALL;
}

/* What is written step by step cannot be taken back once it has replaced a row, and nothing holds
 * still what is only required. */
static cruddur_status check_atomic(const cr_dynamodb_txn *txn)
{
    return (txn->base.traits & CR_TRAIT_ATOMIC) != 0
               ? CRUDDUR_OK
               : cr_fail_with(txn->base.call->error, CRUDDUR_E_CONFIG,
                              "writing to table %.*s: this change needs transactions, and the "
                              "store is written in steps",
                              CR_CUT(txn->table->names.table.data, 255));
}

static cruddur_status replace(cr_txn *base, const cr_row *as_read, const cr_row *row)
{
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    cruddur_status status = check_atomic(txn);
    cr_write *write =
        status == CRUDDUR_OK ? begin_write(txn, CR_WRITE_REPLACE, row, &status) : NULL;
    if (write == NULL) {
        return status;
    }
    cr_request_replace(&txn->text, &txn->table->names, as_read, row, comparing(txn, as_read));
    return end_write(txn, write);
}

static cruddur_status remove_row(cr_txn *base, const cr_row *as_read)
{
    cruddur_status status;
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    cr_write *write = begin_write(txn, CR_WRITE_REMOVE, as_read, &status);
    if (write == NULL) {
        return status;
    }
    cr_request_remove(&txn->text, &txn->table->names, as_read, comparing(txn, as_read));
    return end_write(txn, write);
}

static cruddur_status require(cr_txn *base, const cr_row *as_read)
{
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    cruddur_status status = check_atomic(txn);
    cr_write *write =
        status == CRUDDUR_OK ? begin_write(txn, CR_WRITE_REQUIRE, as_read, &status) : NULL;
    if (write == NULL) {
        return status;
    }
    cr_request_remove(&txn->text, &txn->table->names, as_read, comparing(txn, as_read));
    return end_write(txn, write);
}

static cruddur_status require_message(cr_txn *base, cr_key key, cr_str uuid)
{
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    cr_row row = {0};
    row.value[CR_PK] = key.pk;
    row.value[CR_SK] = key.sk;
    row.value[CR_MESSAGE_UUID] = uuid;
    cruddur_status status = check_atomic(txn);
    cr_write *write =
        status == CRUDDUR_OK ? begin_write(txn, CR_WRITE_REQUIRE_MESSAGE, &row, &status) : NULL;
    if (write == NULL) {
        return status;
    }
    cr_request_require_message(&txn->text, &txn->table->names, key, uuid);
    return end_write(txn, write);
}

/* ---- claims ---- */

static cruddur_status get_claim_row(cr_dynamodb_txn *txn, cr_str token, cr_row *row)
{
    cr_key key;
    return cr_claim_key(token, txn->base.arena, &key) ? cr_dynamodb_get(&txn->base, &key, 1, row)
                                                      : cr_fail_memory(txn->base.call->error);
}

static cruddur_status find_claim(cr_txn *base, cr_str token, cr_str group, cr_claim *claim)
{
    cr_row row = {0};
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    (void)group; /* a token has one claim */
    *claim = (cr_claim){.token = token};
    cruddur_status status = get_claim_row(txn, token, &row);
    if (status == CRUDDUR_OK && cr_row_exists(&row) && !cr_claim_read(&row, base->arena, claim)) {
        status = cr_fail_with(base->call->error, CRUDDUR_E_STORE_DAMAGED,
                              "the claim of message %.*s is damaged", (int)token.size, token.data);
    }
    return status;
}

/* Reads again what is to be replaced, as it lies in the table. */
static cruddur_status add_replacement(cr_dynamodb_txn *txn, const cr_claim *as_read,
                                      const cr_row *row)
{
    cr_row old = {0};
    cr_claim there = {.token = as_read->token};
    cruddur_status status = get_claim_row(txn, as_read->token, &old);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (!cr_row_exists(&old) || !cr_claim_read(&old, txn->base.arena, &there) ||
        !cr_str_equal(there.sk, as_read->sk)) {
        return cr_dynamodb_run_again(txn);
    }
    cr_request_replace(&txn->text, &txn->table->names, &old, row, CR_COMPARE_ALL);
    return CRUDDUR_OK;
}

static cruddur_status claim_token(cr_txn *base, const cr_claim *claim, const cr_claim *as_read)
{
    cr_row row;
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    cr_claim stated = *claim;
    txn->is_claimed = true;
    if (as_read != NULL && cr_str_equal(as_read->sk, claim->sk)) {
        return CRUDDUR_OK;
    }
    stated.is_ahead = (base->traits & CR_TRAIT_ATOMIC) == 0;
    int64_t end_us = cr_clock_now_us() + txn->table->claim_us + CR_CLAIM_MARGIN_US;
    if (!cr_claim_write(&stated, end_us / US_PER_S, base->arena, &row)) {
        return cr_fail_memory(base->call->error);
    }
    cr_write_kind kind = as_read == NULL ? CR_WRITE_PUT : CR_WRITE_REPLACE;
    cruddur_status status;
    cr_write *write = begin_write(txn, kind, &row, &status);
    if (write == NULL) {
        return status;
    }
    write->is_kept = true;
    if (as_read == NULL) {
        cr_request_put(&txn->text, &txn->table->names, &row);
    } else {
        status = add_replacement(txn, as_read, &row);
    }
    return status == CRUDDUR_OK ? end_write(txn, write) : status;
}

/* ---- the transaction ---- */

static const cr_txn_ops operations = {
    cr_dynamodb_get, cr_dynamodb_query, put,        replace,     remove_row,
    require,         require_message,   find_claim, claim_token, cr_dynamodb_read_ahead,
};

void cr_dynamodb_txn_init(cr_dynamodb_txn *txn, cr_dynamodb *table, bool is_change, cr_arena *arena,
                          cr_call *call)
{
    *txn = (cr_dynamodb_txn){
        .base = {&operations, cr_dynamodb_traits(table), arena, call, false, false},
        .table = table,
        .is_change = is_change};
    cr_aws_answer_init(&txn->answer);
    cr_buffer_init(&txn->request, CR_REQUEST_SIZE_MAX);
    cr_buffer_init(&txn->text, TEXT_MAX);
}

void cr_dynamodb_txn_restart(cr_dynamodb_txn *txn)
{
    txn->must_run_again = false;
    txn->is_claimed = txn->has_lost_answers = txn->has_adopted = false;
    txn->has_met_others = false;
    txn->base.traits = cr_dynamodb_traits(txn->table);
    cr_arena_reset(txn->base.arena);
    txn->write = NULL;
    txn->write_count = txn->write_capacity = 0;
    txn->text.size = 0;
    cr_ahead_forget(txn->ahead);
}

void cr_dynamodb_txn_free(cr_dynamodb_txn *txn)
{
    cr_ahead_free(txn->ahead);
    cr_arena_free(&txn->page);
    cr_aws_answer_free(&txn->answer);
    cr_buffer_free(&txn->request);
    cr_buffer_free(&txn->text);
}
