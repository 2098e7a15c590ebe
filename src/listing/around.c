/* SPDX-License-Identifier: MIT */
#include "listing/around.h"

#include <stdlib.h>

#include "base/clock.h"
#include "listing/walk.h"
#include "messaging/own_row.h"
#include "model/expiry.h"

typedef struct around_context {
    const cr_uuid *viewer; /* NULL: nobody in particular */
    const cr_uuid *group;
    const cr_listing *listing;
    cr_page *page;
} around_context;

/* What is read before the page is. */
typedef struct found {
    cr_message_lookup lookup; /* has the message */
    cr_group group;
    cr_row own;      /* the viewer's row */
    cr_str after_sk; /* the viewer's history begins after it; absent: with the first */
} found;

/* ---- the message ---- */

static cruddur_status fail_message(const cr_txn *txn, const cr_message_lookup *lookup)
{
    static const cr_message_arguments arguments = {"options.around_message_uuid",
                                                   "options.around_created_at_us"};
    return cr_message_fail_as(txn, lookup, &arguments);
}

/* Only members read, and only what is in their history. */
static cruddur_status find_message(cr_txn *txn, const around_context *context, found *seen)
{
    cr_message_lookup *lookup = &seen->lookup;
    seen->own = (cr_row){0};
    cruddur_status status =
        cr_message_read(txn, context->group, (cr_group_reading){.member = context->viewer},
                        &context->listing->around, NULL, NULL, &seen->group, lookup);
    if (status == CRUDDUR_OK && context->viewer != NULL) {
        status = cr_own_row_find(txn, &seen->group, context->viewer, &seen->own);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    seen->after_sk = seen->own.value[CR_VISIBLE_SK];
    if (cr_row_exists(&lookup->row) &&
        cr_str_compare(lookup->row.value[CR_SK], seen->after_sk) <= 0) {
        cr_message_hide(txn, lookup);
    }
    return cr_message_is_there(lookup) ? CRUDDUR_OK : fail_message(txn, lookup);
}

/* ---- the messages before it, and those after it ---- */

typedef struct side {
    size_t wanted;
    int64_t now_us;
    cr_rows rows; /* from the message outwards */
    size_t passed_over;
    bool has_more;
    cr_kept_key last; /* that was looked at; none: the message is the last */
} side;

/* One row more than wanted is read, to know that there is more. */
static cr_sink_answer take_row(void *context, const cr_row *row)
{
    side *taking = context;
    bool is_shown = cr_message_is_shown(row, taking->now_us);
    taking->passed_over += is_shown ? 0 : 1;
    taking->has_more =
        is_shown ? taking->rows.count == taking->wanted : taking->passed_over >= CR_PASSED_OVER_MAX;
    if (is_shown && taking->has_more) {
        return CR_SINK_STOP;
    }
    if (is_shown && !cr_rows_add(&taking->rows, row)) {
        return CR_SINK_NO_MEMORY;
    }
    cr_kept_key_set(&taking->last, row->value[CR_SK]);
    return taking->has_more ? CR_SINK_STOP : CR_SINK_MORE;
}

static cruddur_status read_side(cr_txn *txn, const found *seen, bool is_older, size_t wanted,
                                side *taking)
{
    cr_bound here = {seen->lookup.row.value[CR_SK], false};
    cr_bound first = {seen->after_sk, false};
    cr_query query = {.partition = cr_pk_str(&seen->lookup.pk),
                      .lower = is_older ? first : here,
                      .upper = is_older ? here : (cr_bound){CR_STR_ABSENT, false},
                      .descending = is_older,
                      .expected = wanted + 2}; /* a service reads the message itself, too */
    *taking = (side){.wanted = wanted, .now_us = cr_clock_now_us(), .rows = {.arena = txn->arena}};
    cr_kept_key_set(&taking->last, here.sk);
    return cr_rows_query(txn, &query, take_row, taking);
}

/* ---- the page ---- */

static cr_cursor cursor_behind(const found *seen, cr_cursor_kind kind, const side *taken)
{
    cr_cursor cursor = {.kind = kind, .list = cr_pk_str(&seen->lookup.pk)};
    cursor.position.sk = cr_kept_key_str(&taken->last);
    return cursor;
}

/* Newest first. */
static bool add_all(cr_page_builder *builder, const found *seen, const side *older,
                    const side *newer)
{
    bool is_added = true;
    for (size_t i = newer->rows.count; is_added && i > 0; i--) {
        is_added = cr_page_add(builder, &newer->rows.row[i - 1]);
    }
    is_added = is_added && cr_page_add(builder, &seen->lookup.row);
    for (size_t i = 0; is_added && i < older->rows.count; i++) {
        is_added = cr_page_add(builder, &older->rows.row[i]);
    }
    return is_added;
}

static cruddur_status make_page(cr_txn *txn, around_context *context, const found *seen,
                                const side *older, const side *newer)
{
    cr_page_builder builder;
    cr_page *page = NULL;
    cr_cursor to_older = cursor_behind(seen, CR_CURSOR_OLDER, older);
    cr_cursor to_newer = cursor_behind(seen, CR_CURSOR_NEWER, newer);
    cr_page_builder_init(&builder, context->listing->limit);
    if (add_all(&builder, seen, older, newer)) {
        if (context->listing->oldest_first) {
            cr_page_reverse(&builder);
        }
        page = cr_page_finish(&builder, &to_older, &to_newer);
    }
    cr_page_builder_free(&builder);
    if (page == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    page->has_older = older->has_more;
    page->has_newer = newer->has_more;
    free(context->page); /* of a run before this one */
    context->page = page;
    return CRUDDUR_OK;
}

static cruddur_status list_around_body(cr_txn *txn, void *argument)
{
    around_context *context = argument;
    found seen;
    side older;
    side newer;
    size_t others = context->listing->limit - 1;
    cruddur_status status = find_message(txn, context, &seen);
    if (status == CRUDDUR_OK) {
        status = read_side(txn, &seen, true, others / 2, &older);
    }
    if (status == CRUDDUR_OK) {
        status = read_side(txn, &seen, false, others - others / 2, &newer);
    }
    if (status == CRUDDUR_OK && context->viewer != NULL) {
        status = cr_own_row_check_beyond(txn, &seen.group, &seen.own, cr_kept_key_str(&newer.last));
    }
    return status == CRUDDUR_OK ? make_page(txn, context, &seen, &older, &newer) : status;
}

cruddur_status cr_list_around(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                              const cr_listing *listing, cr_call *call, cr_page **ret_page)
{
    around_context context = {viewer, group, listing, NULL};
    cruddur_status status = store->ops->read(store, list_around_body, &context, call);
    if (status == CRUDDUR_OK) {
        *ret_page = context.page;
    } else {
        free(context.page);
    }
    return status;
}
