/* SPDX-License-Identifier: MIT */
#include "messaging/rows.h"

/* ---- queries ---- */

typedef struct own_rows {
    cr_kind kind;
    cr_sink sink;
    void *context;
} own_rows;

static cr_sink_answer pass_over_foreign(void *context, const cr_row *row)
{
    const own_rows *own = context;
    return cr_row_fits_partition(row, own->kind) ? own->sink(own->context, row) : CR_SINK_MORE;
}

/* In the index there are rows of any partition. */
static cr_sink_answer pass_over_others(void *context, const cr_row *row)
{
    const own_rows *own = context;
    return cr_row_kind(row) == own->kind ? own->sink(own->context, row) : CR_SINK_MORE;
}

/* What sorts before or after all times is not even read: a note at MSG#<group>/META would else be
 * read in every search for the newest message. */
static cr_query within_times(const cr_query *query)
{
    cr_query within = *query;
    cr_str first = cr_str_of(CR_SK_FIRST);
    cr_str behind = cr_str_of(CR_SK_BEHIND);
    if (query->lower.sk.data == NULL || cr_str_compare(query->lower.sk, first) < 0) {
        within.lower = (cr_bound){first, true};
    }
    if (query->upper.sk.data == NULL || cr_str_compare(query->upper.sk, behind) > 0) {
        within.upper = (cr_bound){behind, false};
    }
    return within;
}

cruddur_status cr_rows_query(cr_txn *txn, const cr_query *query, cr_sink sink, void *context)
{
    bool is_index = query->index == CR_INDEX_GROUPS;
    cr_kind kind = is_index ? CR_KIND_GROUP_ROW : cr_pk_kind(query->partition);
    own_rows own = {kind, sink, context};
    cr_query within = within_times(query);
    return txn->ops->query(txn, &within, is_index ? pass_over_others : pass_over_foreign, &own);
}

void cr_rows_read_ahead(cr_txn *txn, const cr_reads *reads)
{
    cr_query within[CR_READ_AHEAD_MAX];
    cr_reads told = *reads;
    if (txn->ops->read_ahead == NULL) {
        return;
    }
    told.queries = within;
    told.query_count = 0;
    for (size_t i = 0; i < reads->query_count && i < CR_READ_AHEAD_MAX; i++) {
        within[told.query_count++] = within_times(&reads->queries[i]);
    }
    txn->ops->read_ahead(txn, &told);
}

void cr_rows_forget_ahead(cr_txn *txn)
{
    const cr_reads nothing = {0};
    cr_rows_read_ahead(txn, &nothing);
}

typedef struct row_search {
    cr_arena *arena;
    cr_attribute attribute; /* the first row that has this */
    cr_str value;           /* with this value, is taken */
    cr_row *found;
} row_search;

static cr_sink_answer take_match(void *context, const cr_row *row)
{
    const row_search *search = context;
    if (!cr_str_equal(row->value[search->attribute], search->value)) {
        return CR_SINK_MORE;
    }
    return cr_row_copy(search->arena, row, search->found) ? CR_SINK_STOP : CR_SINK_NO_MEMORY;
}

cruddur_status cr_rows_find(cr_txn *txn, const cr_query *query, cr_attribute attribute,
                            cr_str value, cr_row *found)
{
    row_search search = {txn->arena, attribute, value, found};
    *found = (cr_row){0};
    return cr_rows_query(txn, query, take_match, &search);
}

/* ---- by key ---- */

bool cr_row_is_of_group(const cr_row *row, cr_str group)
{
    return cr_row_kind(row) == CR_KIND_GROUP_ROW && cr_str_equal(row->value[CR_GROUP_UUID], group);
}

cruddur_status cr_rows_get(cr_txn *txn, cr_str group, const cr_key *keys, size_t count,
                           cr_row *rows)
{
    cruddur_status status = txn->ops->get(txn, keys, count, rows);
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (!cr_row_is_of_group(&rows[i], group)) {
            rows[i] = (cr_row){0};
        }
    }
    return status;
}

cruddur_status cr_rows_get_any(cr_txn *txn, const cr_key *keys, size_t count, cr_row *rows)
{
    return txn->ops->get(txn, keys, count, rows);
}

cruddur_status cr_rows_get_message(cr_txn *txn, const cr_pk *group, cr_str sk, cr_row *message)
{
    const cr_key key = {cr_pk_str(group), sk};
    return txn->ops->get(txn, &key, 1, message);
}

cruddur_status cr_rows_get_card(cr_txn *txn, const cr_card_pk *pk, const cr_key *keys, size_t count,
                                cr_row *card, cr_row *rows)
{
    cr_key *all = cr_arena_alloc(txn->arena, (count + 1) * sizeof(*all));
    cr_row *found = cr_arena_alloc(txn->arena, (count + 1) * sizeof(*found));
    if (all == NULL || found == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    all[0] = cr_card_key(pk);
    for (size_t i = 0; i < count; i++) {
        all[i + 1] = keys[i];
    }
    cruddur_consistency consistency = txn->call->consistency;
    txn->call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cruddur_status status = txn->ops->get(txn, all, count + 1, found);
    txn->call->consistency = consistency;
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        rows[i] = found[i + 1];
    }
    *card = status == CRUDDUR_OK ? found[0] : (cr_row){0};
    return status;
}

cruddur_status cr_rows_are_taken(cr_txn *txn, cr_str group, const cr_key *keys, size_t count,
                                 cr_row *rows, bool *are_taken)
{
    cruddur_status status = txn->ops->get(txn, keys, count, rows);
    *are_taken = false;
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        *are_taken =
            *are_taken || (cr_row_exists(&rows[i]) && !cr_row_is_of_group(&rows[i], group));
    }
    return status;
}

/* ---- lists ---- */

typedef struct collection {
    cr_rows *rows;
    size_t left;
} collection;

static cr_sink_answer collect_row(void *context, const cr_row *row)
{
    collection *collected = context;
    if (!cr_rows_add(collected->rows, row)) {
        return CR_SINK_NO_MEMORY;
    }
    return --collected->left > 0 ? CR_SINK_MORE : CR_SINK_STOP;
}

cruddur_status cr_rows_collect(cr_txn *txn, const cr_query *query, size_t max, cr_rows *rows)
{
    collection collected = {rows, max};
    return cr_rows_query(txn, query, collect_row, &collected);
}
