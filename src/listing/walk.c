/* SPDX-License-Identifier: MIT */
#include "listing/walk.h"

#include <stdlib.h>

#include "base/clock.h"
#include "listing/period.h"
#include "model/expiry.h"

/* U+10FFFF, the last of all characters. */
#define BEHIND_ALL_KEYS "\xf4\x8f\xbf\xbf"

cruddur_status cr_read_cursor(cr_str text, cr_str list, cr_arena *arena, cr_cursor *cursor,
                              cruddur_error **error)
{
    switch (cr_cursor_read(text, list, arena, cursor)) {
    case CR_CURSOR_GOOD:
        return CRUDDUR_OK;
    case CR_CURSOR_NO_MEMORY:
        return cr_fail_memory(error);
    case CR_CURSOR_FOREIGN:
        return cr_fail_argument(error, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
                                "is of another list");
    case CR_CURSOR_DAMAGED:
        break;
    }
    return cr_fail_argument(error, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
                            "is not a cursor, or was altered");
}

/* ---- along the list ---- */

/* From `here` (absent: from the end of the list). */
static cr_query query_from(const cr_walk *walking, cr_bound here, bool descending, size_t expected)
{
    cr_query query = {.partition = walking->list,
                      .descending = descending,
                      .expected = expected,
                      .for_listing = true};
    query.expected += here.sk.data != NULL && !here.included ? 1 : 0; /* a service reads it, too */
    *(descending ? &query.upper : &query.lower) = here;
    if (walking->after_sk.data != NULL &&
        (query.lower.sk.data == NULL || cr_str_compare(query.lower.sk, walking->after_sk) <= 0)) {
        query.lower = (cr_bound){walking->after_sk, false};
    }
    return query;
}

/* Walks over rows of the period that is listed. */
static cruddur_status walk_along(cr_txn *txn, const cr_walk *walking, const cr_query *query,
                                 cr_sink sink, void *context)
{
    cr_period period = {walking->listing->since_us, walking->listing->until_us};
    return cr_period_query(txn, &period, query, sink, context);
}

static size_t rows_wanted(const cr_walk *walking)
{
    return walking->listing->limit + 1;
}

static bool is_shown(const cr_walk *walking, const cr_row *row)
{
    return walking->is_shown == NULL || walking->is_shown(walking, row);
}

cruddur_status cr_walk_init(cr_walk *walking, const cr_listing *listing, cr_str list, cr_txn *txn)
{
    cruddur_status status = CRUDDUR_OK;
    *walking = (cr_walk){.listing = listing, .list = list, .now_us = cr_clock_now_us()};
    walking->has_cursor = listing->cursor.data != NULL;
    if (walking->has_cursor) {
        status =
            cr_read_cursor(listing->cursor, list, txn->arena, &walking->from, txn->call->error);
    }
    walking->descending =
        walking->has_cursor ? walking->from.kind == CR_CURSOR_OLDER : !listing->from_oldest;
    if (status == CRUDDUR_OK) {
        walking->behind = walking->from.inclusive ? CR_STR_ABSENT : walking->from.position.sk;
        cr_page_builder_init(&walking->builder, rows_wanted(walking));
    }
    return status;
}

static bool add_row(cr_walk *walking, const cr_row *row)
{
    if (!cr_head_has_expired(row, walking->now_us)) {
        return cr_page_add(&walking->builder, row);
    }
    cr_row shown = cr_group_row_shown(row, walking->now_us);
    return cr_page_add(&walking->builder, &shown);
}

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    cr_walk *walking = context;
    bool is_for_page = is_shown(walking, row);
    if (walking->behind.data != NULL && cr_str_equal(row->value[CR_SK], walking->behind)) {
        walking->has_back = is_for_page;
        return CR_SINK_MORE;
    }
    if (is_for_page && !add_row(walking, row)) {
        return CR_SINK_NO_MEMORY;
    }
    if (!is_for_page && walking->pass_over != NULL && !walking->pass_over(walking, row)) {
        return CR_SINK_NO_MEMORY;
    }
    cr_kept_key_set(&walking->last, row->value[CR_SK]);
    walking->first = walking->first.size == 0 ? walking->last : walking->first;
    walking->passed_over += is_for_page ? 0 : 1;
    bool is_full = walking->builder.count == rows_wanted(walking);
    walking->is_cut_short = !is_full && walking->passed_over >= CR_PASSED_OVER_MAX;
    walking->is_at_end = !is_full && !walking->is_cut_short;
    return walking->is_at_end ? CR_SINK_MORE : CR_SINK_STOP;
}

bool cr_walk_goes_on(const cr_walk *walking)
{
    return !walking->is_at_end && !walking->is_cut_short &&
           walking->builder.count < rows_wanted(walking);
}

/* Where the walk begins, and how many rows it wants from there. The row behind which the page
 * begins is read along: where it still is there, nobody needs to look for what is before the page.
 */
static cr_query first_query(const cr_walk *walking)
{
    cr_bound here = {CR_STR_ABSENT, false};
    if (walking->has_cursor) {
        here = (cr_bound){walking->from.position.sk, true};
    }
    size_t expected = rows_wanted(walking) + (walking->behind.data != NULL ? 1 : 0);
    return query_from(walking, here, walking->descending, expected);
}

bool cr_walk_first_query(const cr_walk *walking, cr_query *query)
{
    *query = first_query(walking);
    return walking->listing->since_us == CRUDDUR_SINCE_ALWAYS &&
           walking->listing->until_us == CRUDDUR_UNTIL_FOREVER;
}

cruddur_status cr_walk_fill(cr_walk *walking, cr_txn *txn)
{
    cr_query query;
    cr_kept_key last = walking->last; /* which moves on with the walk */
    if (last.size == 0) {
        query = first_query(walking);
    } else {
        query = query_from(walking, (cr_bound){cr_kept_key_str(&last), false}, walking->descending,
                           rows_wanted(walking) - walking->builder.count);
    }
    walking->is_at_end = true;
    return walk_along(txn, walking, &query, take_row, walking);
}

cr_str cr_walk_newest(const cr_walk *walking)
{
    cr_str first = cr_kept_key_str(&walking->first);
    cr_str last = cr_kept_key_str(&walking->last);
    return cr_str_compare(first, last) > 0 ? first : last;
}

void cr_walk_cut(cr_walk *walking)
{
    size_t limit = walking->listing->limit;
    walking->has_more = walking->is_cut_short || walking->builder.count > limit;
    if (walking->builder.count > limit) {
        cr_page_remove(&walking->builder, limit);
        cr_kept_key_set(&walking->last, cr_page_peek(&walking->builder, limit - 1, CR_SK));
    }
}

/* ---- what is behind its beginning ---- */

typedef struct look {
    const cr_walk *walking;
    size_t passed_over;
    bool has_found;
} look;

/* After very many rows that are not shown it is taken for granted. */
static cr_sink_answer find_any(void *context, const cr_row *row)
{
    look *looked = context;
    looked->has_found =
        is_shown(looked->walking, row) || ++looked->passed_over >= CR_PASSED_OVER_MAX;
    return looked->has_found ? CR_SINK_STOP : CR_SINK_MORE;
}

static cruddur_status look_back(cr_walk *walking, cr_txn *txn)
{
    cr_bound here = {cr_kept_key_str(&walking->first), false};
    look looked = {.walking = walking};
    if (walking->has_back || (!walking->has_cursor && !walking->may_have_moved)) {
        return CRUDDUR_OK; /* the row before it was read, or it begins at the end of the list */
    }
    if (here.sk.data == NULL && walking->has_cursor) {
        here = (cr_bound){walking->from.position.sk, !walking->from.inclusive};
    }
    cr_query query = query_from(walking, here, !walking->descending, 1);
    cruddur_status status = walk_along(txn, walking, &query, find_any, &looked);
    walking->has_back = looked.has_found;
    return status;
}

/* ---- the page ---- */

/* The ends of the list are no rows to stand behind: their cursors are made where nothing was found.
 */
static bool is_end(cr_str sk)
{
    return cr_str_equal(sk, cr_str_of("")) || cr_str_equal(sk, cr_str_of(BEHIND_ALL_KEYS));
}

/* The cursor for one way: behind the last row on that side. Where nothing was found it stays where
 * it is: on in the direction of the walk, back with the row that the walk started from; and if it
 * started from an end of the list, either way leads to all that there will be. */
static cr_cursor cursor_for(const cr_walk *walking, cr_cursor_kind kind)
{
    bool goes_on = (kind == CR_CURSOR_OLDER) == walking->descending;
    cr_cursor cursor = {.kind = kind, .list = walking->list};
    if (walking->first.size > 0) {
        cursor.position.sk = cr_kept_key_str(goes_on ? &walking->last : &walking->first);
    } else if (walking->has_cursor && !is_end(walking->from.position.sk)) {
        cursor.position.sk = walking->from.position.sk;
        cursor.inclusive = goes_on == walking->from.inclusive;
    } else {
        cursor.position.sk = cr_str_of(kind == CR_CURSOR_OLDER ? BEHIND_ALL_KEYS : "");
        cursor.inclusive = true;
    }
    return cursor;
}

cruddur_status cr_walk_finish(cr_walk *walking, cr_txn *txn, cr_page **ret_page)
{
    cruddur_status status = look_back(walking, txn);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_cursor older = cursor_for(walking, CR_CURSOR_OLDER);
    cr_cursor newer = cursor_for(walking, CR_CURSOR_NEWER);
    if (walking->descending == walking->listing->oldest_first) {
        cr_page_reverse(&walking->builder);
    }
    cr_page *page = cr_page_finish(&walking->builder, &older, &newer);
    if (page == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    page->has_older = walking->descending ? walking->has_more : walking->has_back;
    page->has_newer = walking->descending ? walking->has_back : walking->has_more;
    free(*ret_page);
    *ret_page = page;
    return CRUDDUR_OK;
}

void cr_walk_free(cr_walk *walking)
{
    cr_page_builder_free(&walking->builder);
}
