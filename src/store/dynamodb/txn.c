/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/txn.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/print.h"
#include "model/card.h"
#include "model/store_row.h"
#include "store/claim.h"
#include "store/dynamodb/fence.h"

/* A walk that turns out longer than expected is read in pages that grow by this factor, up to what
 * the service gives at once. */
#define GROWTH 4
#define GROWN_MAX 1000
/* About as many rows as a page has room for. For a page without a limit DynamoDB Local reads all
 * rows that are left: a walk over a large table would not end. */
#define SCAN_PAGE 3000

#define US_PER_S 1000000

/* What all the writes of one body come to: two transactions' worth. */
#define TEXT_MAX ((size_t)64 * 1024 * 1024)
/* From this size of a change on, long texts are compared in part. */
#define COMPARED_MAX (CR_TRANSACTION_SIZE_MAX / 2)
#define FIRST_WRITES 8

static bool is_consistent(const cr_dynamodb_txn *txn)
{
    return txn->is_change || txn->base.call->consistency == CRUDDUR_CONSISTENCY_STRONG;
}

/* ---- get ---- */

static cruddur_status ask(cr_dynamodb_txn *txn, cr_operation operation, cr_result *result)
{
    cruddur_status status = cr_dynamodb_ask(txn->table, operation, &txn->request, txn->base.call,
                                            &txn->answer, &txn->page, result);
    if (status == CRUDDUR_OK) {
        txn->base.call->meter.rows_read += (uint32_t)result->row_count;
    }
    return status;
}

static cruddur_status get_one(cr_dynamodb_txn *txn, cr_key key, cr_row *row)
{
    cr_result result;
    *row = (cr_row){0};
    cr_request_get(&txn->request, &txn->table->names, key, is_consistent(txn));
    cruddur_status status = ask(txn, CR_GET_ITEM, &result);
    if (status == CRUDDUR_OK && result.row_count > 0 &&
        !cr_row_copy(txn->base.arena, &result.row[0], row)) {
        status = cr_fail_memory(txn->base.call->error);
    }
    return status;
}

/* Rows come in no order. */
static bool place_row(cr_dynamodb_txn *txn, const cr_row *row, const cr_key *keys, size_t count,
                      cr_row *rows)
{
    for (size_t i = 0; i < count; i++) {
        if (cr_str_equal(keys[i].pk, row->value[CR_PK]) &&
            cr_str_equal(keys[i].sk, row->value[CR_SK])) {
            return cr_row_copy(txn->base.arena, row, &rows[i]);
        }
    }
    return true; /* nobody asked for it */
}

static cruddur_status place_rows(cr_dynamodb_txn *txn, const cr_result *result, const cr_key *keys,
                                 size_t count, cr_row *rows)
{
    for (size_t i = 0; i < result->row_count; i++) {
        if (!place_row(txn, &result->row[i], keys, count, rows)) {
            return cr_fail_memory(txn->base.call->error);
        }
    }
    return CRUDDUR_OK;
}

/* The service may leave keys unread, when there is much to do or the answer would grow too large;
 * they are asked for until none is left. */
static cruddur_status get_batch(cr_dynamodb_txn *txn, const cr_key *keys, size_t count,
                                cr_row *rows)
{
    memset(rows, 0, count * sizeof(*rows));
    cr_request_batch_get(&txn->request, &txn->table->names, keys, count, is_consistent(txn));
    for (unsigned round = 0;; round++) {
        cr_result result;
        cruddur_status status = ask(txn, CR_BATCH_GET_ITEM, &result);
        if (status == CRUDDUR_OK) {
            status = place_rows(txn, &result, keys, count, rows);
        }
        if (status != CRUDDUR_OK || result.unprocessed.data == NULL) {
            return status;
        }
        /* Where the answer was just too large, there is no need to wait. */
        if (result.row_count == 0) {
            status = cr_aws_pause(txn->table->client, CR_RETRY_TRANSIENT, round, txn->base.call);
        }
        if (status != CRUDDUR_OK) {
            return status;
        }
        cr_request_batch_rest(&txn->request, result.unprocessed);
    }
}

/* Looks for the fence in the same request. */
static cruddur_status get_with_fence(cr_dynamodb_txn *txn, const cr_key *keys, size_t count,
                                     cr_row *rows)
{
    cr_key all[CR_BATCH_KEYS_MAX];
    cr_row found[CR_BATCH_KEYS_MAX];
    int64_t asked_at_us = cr_clock_monotonic_us();
    memcpy(all, keys, count * sizeof(*keys));
    all[count] = cr_store_row_key(CR_FENCE_PK);
    cruddur_status status = get_batch(txn, all, count + 1, found);
    if (status == CRUDDUR_OK) {
        memcpy(rows, found, count * sizeof(*rows));
        status = cr_fence_judge(txn, &found[count], asked_at_us);
    }
    return status;
}

static cruddur_status get(cr_txn *base, const cr_key *keys, size_t count, cr_row *rows)
{
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    bool may_ask = count > 0 && count < CR_BATCH_KEYS_MAX && !cr_is_store_row(keys[0]);
    if (may_ask && cr_fence_is_due(txn)) {
        return get_with_fence(txn, keys, count, rows);
    }
    if (count == 1) {
        return get_one(txn, keys[0], rows);
    }
    cruddur_status status = CRUDDUR_OK;
    for (size_t at = 0; status == CRUDDUR_OK && at < count; at += CR_BATCH_KEYS_MAX) {
        size_t left = count - at;
        status = get_batch(txn, keys + at, left < CR_BATCH_KEYS_MAX ? left : CR_BATCH_KEYS_MAX,
                           rows + at);
    }
    return status;
}

/* ---- query, scan ---- */

/* Where the walk goes on, kept while its answer is overwritten by the next one. */
static cruddur_status keep_key(cr_buffer *kept, cr_str key, cr_page_request *page,
                               const cr_call *call)
{
    kept->size = 0;
    cr_buffer_add(kept, key);
    page->start_key = (cr_str){kept->data, kept->size};
    return kept->failed ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

/* A scan leaves out next to nothing, so that its first guess holds. */
static void grow_page(const cr_query *query, cr_page_request *page)
{
    if (query != NULL && page->limit > 0) {
        page->limit = page->limit * GROWTH < GROWN_MAX ? page->limit * GROWTH : 0;
    }
}

typedef struct walk {
    const cr_query *query; /* NULL: the whole table */
    cr_page_request page;
    cr_sink sink;
    void *context;
    cr_sink_answer answer;
} walk;

static bool is_excluded(const cr_bound *bound, cr_str sk)
{
    return !bound->included && bound->sk.data != NULL && cr_str_equal(bound->sk, sk);
}

static bool is_asked_for(const cr_query *query, const cr_row *row)
{
    return query == NULL || !(is_excluded(&query->lower, row->value[CR_SK]) ||
                              is_excluded(&query->upper, row->value[CR_SK]));
}

/* Each row has the table's keys, so one without them is of a table with others. */
static cruddur_status fail_keys(const cr_dynamodb_txn *txn)
{
    return cr_fail_with(
        txn->base.call->error, CRUDDUR_E_TABLE_SHAPE,
        "table %.*s has a row without the strings pk and sk: it has other keys; see "
        "`cruddur schema verify`",
        CR_CUT(txn->table->names.table.data, 255));
}

static cruddur_status feed_sink(const cr_dynamodb_txn *txn, walk *walking, const cr_result *result)
{
    for (size_t i = 0; i < result->row_count && walking->answer == CR_SINK_MORE; i++) {
        const cr_row *row = &result->row[i];
        if (row->value[CR_PK].data == NULL || row->value[CR_SK].data == NULL) {
            return fail_keys(txn);
        }
        if (is_asked_for(walking->query, row)) {
            walking->answer = walking->sink(walking->context, row);
        }
    }
    return CRUDDUR_OK;
}

static bool write_request(cr_dynamodb_txn *txn, const walk *walking)
{
    if (walking->query == NULL) {
        cr_request_scan(&txn->request, &txn->table->names, &walking->page);
        return true;
    }
    return cr_request_query(&txn->request, &txn->table->names, walking->query, &walking->page);
}

/* Pages may be short, or empty, with more behind them. */
static cruddur_status walk_pages(cr_dynamodb_txn *txn, walk *walking)
{
    cr_call *call = txn->base.call;
    cr_buffer last_key;
    cr_buffer_init(&last_key, CR_REQUEST_SIZE_MAX);
    cruddur_status status = CRUDDUR_OK;
    bool has_more = true;
    while (status == CRUDDUR_OK && has_more && write_request(txn, walking)) {
        cr_result result;
        status = ask(txn, walking->query == NULL ? CR_SCAN : CR_QUERY, &result);
        if (status == CRUDDUR_OK) {
            status = feed_sink(txn, walking, &result);
        }
        has_more =
            status == CRUDDUR_OK && result.last_key.data != NULL && walking->answer == CR_SINK_MORE;
        if (has_more) {
            status = keep_key(&last_key, result.last_key, &walking->page, call);
            grow_page(walking->query, &walking->page);
        }
    }
    cr_buffer_free(&last_key);
    return status == CRUDDUR_OK && walking->answer == CR_SINK_NO_MEMORY
               ? cr_fail_memory(call->error)
               : status;
}

static cruddur_status query(cr_txn *base, const cr_query *query, cr_sink sink, void *context)
{
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    walk walking = {
        query, {query->expected, is_consistent(txn), CR_STR_ABSENT}, sink, context, CR_SINK_MORE};
    return walk_pages(txn, &walking);
}

cruddur_status cr_dynamodb_scan(cr_dynamodb_txn *txn, cr_key after, size_t expected, cr_sink sink,
                                void *context)
{
    size_t limit = expected > 0 ? expected : SCAN_PAGE;
    walk walking = {NULL, {limit, is_consistent(txn), CR_STR_ABSENT}, sink, context, CR_SINK_MORE};
    cr_buffer start_key;
    cr_buffer_init(&start_key, CR_REQUEST_SIZE_MAX);
    if (after.pk.data != NULL) {
        cr_item_write_key(&start_key, after);
        walking.page.start_key = (cr_str){start_key.data, start_key.size};
    }
    cruddur_status status =
        start_key.failed ? cr_fail_memory(txn->base.call->error) : walk_pages(txn, &walking);
    cr_buffer_free(&start_key);
    return status;
}

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
    write->is_kept = false;
    write->text_at = txn->text.size;
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

/* ---- claims ---- */

static cruddur_status get_claim_row(cr_dynamodb_txn *txn, cr_str token, cr_row *row)
{
    cr_key key;
    return cr_claim_key(token, txn->base.arena, &key) ? get_one(txn, key, row)
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

static const cr_txn_ops operations = {get,        query,   put,        replace,
                                      remove_row, require, find_claim, claim_token};

void cr_dynamodb_txn_init(cr_dynamodb_txn *txn, cr_dynamodb *table, bool is_change, cr_arena *arena,
                          cr_call *call)
{
    *txn = (cr_dynamodb_txn){.base = {&operations, cr_dynamodb_traits(table), arena, call, false},
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
}

void cr_dynamodb_txn_free(cr_dynamodb_txn *txn)
{
    cr_arena_free(&txn->page);
    cr_aws_answer_free(&txn->answer);
    cr_buffer_free(&txn->request);
    cr_buffer_free(&txn->text);
}
