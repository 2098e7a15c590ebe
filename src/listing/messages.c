/* SPDX-License-Identifier: MIT */
/* Pattern A: the messages of a group. */
#include <stdlib.h>

#include "listing/walk.h"
#include "messaging/own_row.h"
#include "messaging/recall.h"
#include "model/expiry.h"

typedef struct list_context {
    const cr_uuid *viewer; /* NULL: nobody in particular */
    const cr_uuid *group;
    const cr_listing *listing;
    cr_page *page;
    cr_kept_key own_sk; /* where this handle has left the viewer's row; none: not known */
    bool has_run;

    /* Of the latest run. */
    bool is_guess; /* the viewer's row was read where it was left, together with the page */
    cr_group seen; /* by the viewer */
    cr_row own;    /* the viewer's row */
} list_context;

static bool is_shown(const cr_walk *walking, const cr_row *message)
{
    return cr_message_is_shown(message, walking->now_us);
}

/* Behind the stream the viewer's row may be anywhere, mostly near the top of the inbox. What it
 * says of the history must not be old. */
static bool looks_in_inbox(const cr_txn *txn)
{
    return (txn->traits & (CR_TRAIT_STREAMED | CR_TRAIT_SNAPSHOT)) == CR_TRAIT_STREAMED &&
           txn->call->consistency == CRUDDUR_CONSISTENCY_STRONG;
}

/* Begins a run, of which the first alone goes by what the handle has left: the key of the viewer's
 * row. */
static void begin_run(const cr_txn *txn, list_context *context)
{
    bool is_guess = context->own_sk.size > 0 && !context->has_run && !looks_in_inbox(txn);
    cr_meter_run(&txn->call->meter, is_guess, &context->is_guess);
    context->has_run = true;
}

/* Whether the row that was guessed is that of a member all along: what changes the card changes the
 * row as well. One that has moved was read again since, as every other is. */
static cruddur_status check_guess(const cr_txn *txn, const cr_group *group, list_context *context)
{
    if (!context->is_guess || !cr_row_exists(&group->own) ||
        !cr_str_equal(group->own.value[CR_SK], cr_kept_key_str(&context->own_sk))) {
        txn->call->meter.guesses_wrong += context->is_guess ? 1 : 0;
        context->is_guess = false;
        return CRUDDUR_OK;
    }
    return cr_str_equal(group->own.value[CR_REV], group->card.row.value[CR_REV])
               ? CRUDDUR_OK
               : CRUDDUR_E_CONFLICT;
}

/* Only members read, and only what is in their history. The page is read at the same time, and
 * shown if the card allows it. */
static cruddur_status check_viewer(cr_txn *txn, list_context *context, cr_walk *walking)
{
    cr_group *group = &context->seen;
    cr_query queries[2];
    size_t count = cr_walk_first_query(walking, &queries[0]) ? 1 : 0;
    cr_pk pk = cr_pk_of_member(context->viewer);
    begin_run(txn, context);
    const cr_key own_key = {cr_pk_str(&pk), cr_kept_key_str(&context->own_sk)};
    cr_group_reading reading = {.member = context->viewer, .looks_in_inbox = looks_in_inbox(txn)};
    if (reading.looks_in_inbox) {
        queries[count++] = cr_group_inbox_query(&pk);
    }
    reading.ahead = (cr_reads){.queries = queries,
                               .query_count = count,
                               .keys = &own_key,
                               .key_count = context->is_guess ? 1 : 0};
    cruddur_status status = cr_group_read_as(txn, context->group, &reading, group);
    if (status == CRUDDUR_OK) {
        status = check_guess(txn, group, context);
    }
    if (status == CRUDDUR_OK) {
        status = cr_own_row_find(txn, group, context->viewer, &context->own);
    }
    walking->after_sk = status == CRUDDUR_OK ? context->own.value[CR_VISIBLE_SK] : CR_STR_ABSENT;
    return status;
}

static cruddur_status fill_page(cr_txn *txn, list_context *context, cr_walk *walking)
{
    cr_group group;
    walking->is_shown = is_shown;
    cruddur_status status = cr_walk_fill(walking, txn);
    if (status == CRUDDUR_OK && context->viewer != NULL) {
        status =
            cr_own_row_check_beyond(txn, &context->seen, &context->own, cr_walk_newest(walking));
    }
    if (status == CRUDDUR_OK && walking->builder.count == 0 && context->viewer == NULL) {
        status = cr_group_read_trusted(txn, context->group, &group); /* empty, or not there? */
    }
    if (status == CRUDDUR_OK) {
        cr_walk_cut(walking);
        status = cr_walk_finish(walking, txn, &context->page);
    }
    return status;
}

static cruddur_status list_messages_body(cr_txn *txn, void *argument)
{
    list_context *context = argument;
    cr_walk walking;
    cr_pk pk = cr_pk_of_group(context->group);
    cruddur_status status = cr_walk_init(&walking, context->listing, cr_pk_str(&pk), txn);
    if (status == CRUDDUR_OK && context->viewer != NULL) {
        status = check_viewer(txn, context, &walking);
    }
    if (status == CRUDDUR_OK) {
        status = fill_page(txn, context, &walking);
    }
    cr_walk_free(&walking);
    return status;
}

cruddur_status cr_list_messages(cr_store *store, const cr_uuid *viewer, const cr_uuid *group,
                                const cr_listing *listing, cr_call *call, cr_page **ret_page)
{
    list_context context = {.viewer = viewer, .group = group, .listing = listing};
    if (viewer != NULL) {
        (void)cr_recall_own_key(store, group, viewer, &context.own_sk);
    }
    cruddur_status status = store->ops->read(store, list_messages_body, &context, call);
    if (status == CRUDDUR_OK) {
        *ret_page = context.page;
    } else {
        free(context.page);
    }
    return status;
}
