/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/read.h"

#include "base/clock.h"
#include "base/print.h"
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

static cruddur_status get_now(cr_dynamodb_txn *txn, const cr_key *keys, size_t count, cr_row *rows)
{
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

/* Where some rows were announced, and others were not. */
static cruddur_status get_rest(cr_dynamodb_txn *txn, const cr_key *keys, size_t count, cr_row *rows)
{
    size_t left = 0;
    size_t *place = cr_arena_alloc(txn->base.arena, count * sizeof(*place));
    cr_key *key = cr_arena_alloc(txn->base.arena, count * sizeof(*key));
    cr_row *found = cr_arena_alloc(txn->base.arena, count * sizeof(*found));
    if (place == NULL || key == NULL || found == NULL) {
        return cr_fail_memory(txn->base.call->error);
    }
    for (size_t i = 0; i < count; i++) {
        cr_row ahead;
        if (!cr_ahead_take_row(txn->ahead, keys[i], &ahead)) {
            place[left] = i;
            key[left++] = keys[i];
        } else if (!cr_row_copy(txn->base.arena, &ahead, &rows[i])) {
            return cr_fail_memory(txn->base.call->error);
        }
    }
    cruddur_status status = left == 0 ? CRUDDUR_OK : get_now(txn, key, left, found);
    for (size_t i = 0; status == CRUDDUR_OK && i < left; i++) {
        rows[place[i]] = found[i];
    }
    return status;
}

cruddur_status cr_dynamodb_get(cr_txn *base, const cr_key *keys, size_t count, cr_row *rows)
{
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    bool has_ahead = txn->ahead != NULL && txn->ahead->key_count > 0;
    return has_ahead && count > 0 ? get_rest(txn, keys, count, rows)
                                  : get_now(txn, keys, count, rows);
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
    const cr_ahead_query *ahead; /* what was announced in its place; NULL: nothing */
    bool has_taken_ahead;        /* the beginning of that */
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

/* What was announced may go further than what is asked for. */
static bool is_behind(const cr_query *query, const cr_row *row)
{
    const cr_bound *end = query->descending ? &query->lower : &query->upper;
    int order = cr_str_compare(row->value[CR_SK], end->sk);
    bool is_beyond = query->descending ? order < 0 : order > 0;
    return end->sk.data != NULL && (is_beyond || (order == 0 && !end->included));
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
        if (walking->ahead != NULL && is_behind(walking->query, row)) {
            walking->answer = CR_SINK_STOP;
            break;
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
    /* The service takes a page's end as a beginning for the same query only. */
    const cr_query *asked = walking->ahead == NULL ? walking->query : &walking->ahead->query;
    return cr_request_query(&txn->request, &txn->table->names, asked, &walking->page);
}

static cruddur_status read_page(cr_dynamodb_txn *txn, walk *walking, cr_result *result)
{
    if (walking->ahead != NULL && !walking->has_taken_ahead) {
        walking->has_taken_ahead = true;
        *result = walking->ahead->asked.result;
        return CRUDDUR_OK;
    }
    *result = (cr_result){0};
    bool has_room = write_request(txn, walking); /* else the bounds leave none for a row */
    return has_room ? ask(txn, walking->query == NULL ? CR_SCAN : CR_QUERY, result) : CRUDDUR_OK;
}

/* Pages may be short, or empty, with more behind them. */
static cruddur_status walk_pages(cr_dynamodb_txn *txn, walk *walking)
{
    cr_call *call = txn->base.call;
    cr_buffer last_key;
    cr_buffer_init(&last_key, CR_REQUEST_SIZE_MAX);
    cruddur_status status = CRUDDUR_OK;
    bool has_more = true;
    while (status == CRUDDUR_OK && has_more) {
        cr_result result;
        status = read_page(txn, walking, &result);
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

cruddur_status cr_dynamodb_query(cr_txn *base, const cr_query *query, cr_sink sink, void *context)
{
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    walk walking = {.query = query,
                    .page = {query->expected, is_consistent(txn), CR_STR_ABSENT},
                    .sink = sink,
                    .context = context,
                    .answer = CR_SINK_MORE,
                    .ahead = cr_ahead_take_query(txn->ahead, query)};
    return walk_pages(txn, &walking);
}

cruddur_status cr_dynamodb_scan(cr_dynamodb_txn *txn, cr_key after, size_t expected, cr_sink sink,
                                void *context)
{
    size_t limit = expected > 0 ? expected : SCAN_PAGE;
    walk walking = {.page = {limit, is_consistent(txn), CR_STR_ABSENT},
                    .sink = sink,
                    .context = context,
                    .answer = CR_SINK_MORE};
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

/* ---- what is announced ---- */

void cr_dynamodb_read_ahead(cr_txn *base, const cr_reads *reads)
{
    cr_key keys[CR_BATCH_KEYS_MAX];
    cr_dynamodb_txn *txn = (cr_dynamodb_txn *)base;
    cr_reads all = *reads;
    const cr_key fence = cr_store_row_key(CR_FENCE_PK);
    bool has_fence = cr_fence_is_due_soon(txn);
    int64_t asked_at_us = cr_clock_monotonic_us();
    if (reads->token_count > 0 && reads->key_count > 0) {
        memcpy(keys, reads->keys, reads->key_count * sizeof(*keys));
    }
    all.keys = reads->token_count > 0 ? keys : reads->keys;
    for (size_t i = 0; i < reads->token_count && all.key_count + 2 < CR_BATCH_KEYS_MAX; i++) {
        all.key_count += cr_claim_key(reads->tokens[i], base->arena, &keys[all.key_count]) ? 1 : 0;
    }
    cr_ahead_read(&txn->ahead, txn->table, &all, is_consistent(txn), has_fence ? &fence : NULL,
                  base->arena, base->call);
    cr_row there;
    if (has_fence && cr_ahead_take_row(txn->ahead, fence, &there) && !cr_row_exists(&there)) {
        (void)cr_fence_judge(txn, &there, asked_at_us); /* one that is there is found again */
    }
}
