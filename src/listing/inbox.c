/* SPDX-License-Identifier: MIT */
/* Pattern B: the groups of a user. */
#include <stdlib.h>

#include "listing/walk.h"
#include "messaging/unread.h"
#include "model/marker.h"
#include "model/store_row.h"
#include "model/uuid_set.h"

typedef struct inbox {
    cr_walk walking;         /* comes first: the walk's functions get it */
    cr_uuid_set passed_over; /* groups, while the walk goes to older rows */
} inbox;

/* A row of the page, to find those of one group. */
typedef struct seen_row {
    cr_str group;
    size_t age; /* 0 for the newest */
    size_t index;
} seen_row;

static int compare_seen(const void *a, const void *b)
{
    const seen_row *x = a;
    const seen_row *y = b;
    int order = cr_str_compare(x->group, y->group);
    return order != 0 ? order : (x->age > y->age) - (x->age < y->age);
}

/* The rows of the page by group, the newest of each first; NULL when memory ran out. */
static seen_row *sort_by_group(const cr_walk *walking, cr_txn *txn)
{
    size_t count = walking->builder.count;
    seen_row *seen = cr_arena_alloc(txn->arena, (count + 1) * sizeof(*seen));
    if (seen != NULL) {
        for (size_t i = 0; i < count; i++) {
            seen[i] = (seen_row){cr_page_peek(&walking->builder, i, CR_GROUP_UUID),
                                 walking->descending ? i : count - i, i};
        }
        qsort(seen, count, sizeof(*seen), compare_seen);
    }
    return seen;
}

/* Asks the index whether the user has a newer row of the same group, on another page. */
static cruddur_status has_newer_twin(cr_txn *txn, const cr_walk *walking, size_t index, bool *has)
{
    cr_row twin;
    cr_query query = {.index = CR_INDEX_GROUPS,
                      .partition = cr_page_peek(&walking->builder, index, CR_GROUP_UUID),
                      .lower = {cr_page_peek(&walking->builder, index, CR_SK), false}};
    cruddur_status status = cr_rows_find(txn, &query, CR_PK, walking->list, &twin);
    *has = cr_row_exists(&twin);
    return status;
}

/* Whether rows of the page may have a newer twin on another page, which the index can tell. A page
 * that begins at the newest end has every newer twin of its rows on it, and where the index is
 * consistent, a row about the store tells whether there are twins at all. */
static cruddur_status must_ask_index(const cr_walk *walking, cr_txn *txn, bool *must_ask)
{
    cr_row note;
    const cr_key key = cr_store_row_key(CR_TWINS_PK);
    bool begins_at_end = walking->descending && !walking->has_cursor &&
                         walking->listing->until_us == CRUDDUR_UNTIL_FOREVER;
    *must_ask = false;
    if (begins_at_end || (txn->traits & CR_TRAIT_INDEX_CONSISTENT) == 0) {
        return CRUDDUR_OK;
    }
    cruddur_status status = txn->ops->get(txn, &key, 1, &note);
    *must_ask = status == CRUDDUR_OK && cr_row_exists(&note);
    return status;
}

/* Hides what a rewrite that was interrupted left: of two rows of one group the newer counts. */
static cruddur_status hide_duplicates(cr_walk *walking, cr_txn *txn)
{
    bool must_ask;
    size_t count = walking->builder.count;
    const seen_row *seen = sort_by_group(walking, txn);
    bool *is_stale = cr_arena_alloc(txn->arena, count + 1);
    if (seen == NULL || is_stale == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    for (size_t i = 0; i < count; i++) {
        is_stale[seen[i].index] = i > 0 && cr_str_equal(seen[i].group, seen[i - 1].group);
    }
    cruddur_status status = must_ask_index(walking, txn, &must_ask);
    for (size_t i = 0; status == CRUDDUR_OK && must_ask && i < count; i++) {
        if (!is_stale[i]) {
            status = has_newer_twin(txn, walking, i, &is_stale[i]);
        }
    }
    for (size_t i = count; status == CRUDDUR_OK && i > 0; i--) {
        if (is_stale[i - 1]) {
            cr_page_remove(&walking->builder, i - 1);
        }
    }
    return status;
}

/* ---- what is left out, and what is counted ---- */

/* An older row of a group that was passed over. */
static bool is_stale(const cr_walk *walking, const cr_row *row)
{
    cr_uuid group;
    const inbox *listed = (const inbox *)walking;
    return !cr_uuid_set_is_empty(&listed->passed_over) &&
           cr_uuid_parse(row->value[CR_GROUP_UUID], &group) &&
           cr_uuid_set_has(&listed->passed_over, &group);
}

/* Which of these a group is shows in its row, but for unread messages: they have to be counted. */
static bool is_asked_for(const cr_walk *walking, const cr_row *row)
{
    const cr_listing *listing = walking->listing;
    return !is_stale(walking, row) &&
           (listing->with_archived || row->value[CR_ARCHIVED].data == NULL) &&
           (listing->with_hidden || !cr_row_is_hidden(row)) &&
           (!listing->only_unread || cr_row_may_have_unread(row));
}

/* A row that is passed over counts all the same, if it is the group's newest: older ones are not
 * shown in its place. */
static bool note_passed_over(cr_walk *walking, const cr_row *row)
{
    bool is_new;
    cr_uuid group;
    inbox *listed = (inbox *)walking;
    if (walking->descending) {
        return !cr_uuid_parse(row->value[CR_GROUP_UUID], &group) ||
               cr_uuid_set_add(&listed->passed_over, &group, &is_new);
    }
    for (size_t i = walking->builder.count; i > 0; i--) {
        if (cr_str_equal(cr_page_peek(&walking->builder, i - 1, CR_GROUP_UUID),
                         row->value[CR_GROUP_UUID])) {
            cr_page_remove(&walking->builder, i - 1);
        }
    }
    return true;
}

/* A row of the page, as far as counting goes by it. */
static cr_row peek_row(const cr_walk *walking, size_t index)
{
    static const cr_attribute needed[] = {CR_PK,      CR_SK,      CR_GROUP_UUID,
                                          CR_HEAD_SK, CR_READ_SK, CR_VISIBLE_SK};
    cr_row row = {0};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        row.value[needed[i]] = cr_page_peek(&walking->builder, index, needed[i]);
    }
    return row;
}

/* The counts of the rows before `end` are announced, as many as there is room for: they are read
 * at the same time. Returns for how many rows that is. */
static size_t announce_counts(const cr_walk *walking, cr_txn *txn, size_t end)
{
    cr_pk pk[CR_READ_AHEAD_MAX];
    cr_query query[CR_READ_AHEAD_MAX];
    cr_reads reads = {.queries = query};
    size_t rows = 0;
    for (; rows < end && reads.query_count < CR_READ_AHEAD_MAX; rows++) {
        cr_row row = peek_row(walking, end - 1 - rows);
        size_t next = reads.query_count;
        reads.query_count += cr_unread_query(&row, &pk[next], &query[next]) ? 1 : 0;
    }
    cr_rows_read_ahead(txn, &reads);
    return rows;
}

static cruddur_status count_unread(cr_walk *walking, cr_txn *txn)
{
    const cr_listing *listing = walking->listing;
    cruddur_status status = CRUDDUR_OK;
    size_t announced = 0;
    bool announces = (txn->traits & CR_TRAIT_SNAPSHOT) == 0 && !listing->leaves_uncounted;
    for (size_t i = walking->builder.count; status == CRUDDUR_OK && i > 0; i--) {
        if (announces && announced-- == 0) {
            announced = announce_counts(walking, txn, i) - 1;
        }
        cr_row row = peek_row(walking, i - 1);
        cr_unread unread = {0, !cr_row_may_have_unread(&row)};
        if (!listing->leaves_uncounted) {
            status = cr_unread_count(txn, &row, &unread);
        }
        if (listing->only_unread && unread.count == 0 && unread.is_exact) {
            cr_page_remove(&walking->builder, i - 1);
        } else {
            cr_page_set_unread(&walking->builder, i - 1, &unread);
        }
    }
    return status;
}

/* ---- the call ---- */

typedef struct list_context {
    const cr_uuid *user;
    const cr_listing *listing;
    cr_page *page;
} list_context;

static cruddur_status list_groups_body(cr_txn *txn, void *argument)
{
    list_context *context = argument;
    inbox listed = {.passed_over = {0}};
    cr_walk *walking = &listed.walking;
    cr_pk pk = cr_pk_of_member(context->user);
    uint32_t requests = txn->call->meter.requests;
    cruddur_status status = cr_walk_init(walking, context->listing, cr_pk_str(&pk), txn);
    walking->is_shown = is_asked_for;
    walking->pass_over = note_passed_over;
    while (status == CRUDDUR_OK && cr_walk_goes_on(walking)) {
        status = cr_walk_fill(walking, txn);
        if (status == CRUDDUR_OK) {
            status = hide_duplicates(walking, txn);
        }
    }
    /* A group that another request has yet to show moves to the newest end meanwhile. */
    walking->may_have_moved = walking->descending && txn->call->meter.requests > requests + 1;
    if (status == CRUDDUR_OK) {
        cr_walk_cut(walking);
        status = count_unread(walking, txn);
    }
    if (status == CRUDDUR_OK) {
        status = cr_walk_finish(walking, txn, &context->page);
    }
    cr_walk_free(walking);
    cr_uuid_set_free(&listed.passed_over);
    return status;
}

cruddur_status cr_list_groups(cr_store *store, const cr_uuid *user, const cr_listing *listing,
                              cr_call *call, cr_page **ret_page)
{
    list_context context = {user, listing, NULL};
    cruddur_status status = store->ops->read(store, list_groups_body, &context, call);
    if (status == CRUDDUR_OK) {
        *ret_page = context.page;
    } else {
        free(context.page);
    }
    return status;
}
