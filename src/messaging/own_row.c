/* SPDX-License-Identifier: MIT */
#include "messaging/own_row.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "messaging/recall.h"
#include "messaging/settle.h"
#include "messaging/unread.h"
#include "model/expiry.h"

/* How often a member's partition is walked through before the row counts as lost, with pauses that
 * grow. */
#define WALKS 3
#define WALK_PAUSE_US INT64_C(10000)

/* How often a group is settled without a pause; then the pauses grow. */
#define SETTLINGS_AT_ONCE 4
#define PAUSE_MIN_US INT64_C(20000)
#define PAUSE_MAX_US INT64_C(1000000)

/* ---- finding it ---- */

static bool is_mine(const cr_row *row, const cr_uuid *member)
{
    cr_pk pk = cr_pk_of_member(member);
    return cr_str_equal(row->value[CR_PK], cr_pk_str(&pk));
}

/* The member's newest row that the index tells of; where the index is as fresh as the table. */
static cruddur_status find_by_index(cr_txn *txn, cr_group *group, const cr_uuid *member,
                                    cr_row *row)
{
    cruddur_status status = cr_group_ask_index(txn, group);
    for (size_t i = 0; status == CRUDDUR_OK && i < group->told.count; i++) {
        const cr_row *told = &group->told.row[i];
        bool is_newer =
            !cr_row_exists(row) || cr_str_compare(cr_row_place(told), cr_row_place(row)) > 0;
        if (is_mine(told, member) && is_newer) {
            *row = *told;
        }
    }
    return status;
}

cruddur_status cr_own_row_find(cr_txn *txn, cr_group *group, const cr_uuid *member, cr_row *row)
{
    cr_pk pk = cr_pk_of_member(member);
    *row = group->own;
    if (cr_row_exists(row)) {
        return CRUDDUR_OK;
    }
    if ((txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0) {
        return find_by_index(txn, group, member, row);
    }
    /* A row that moved past the walk is at the newest end then, where the next one begins. What it
     * says of the member's history must not be old. */
    cr_call *call = txn->call;
    cruddur_status status = CRUDDUR_OK;
    cruddur_consistency asked = call->consistency;
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    for (int i = 0; i < WALKS && status == CRUDDUR_OK && !cr_row_exists(row); i++) {
        (void)cr_cancel_sleep_us(i * WALK_PAUSE_US, call->cancel);
        status = cr_group_search_partition(txn, cr_uuid_str(&group->uuid), &pk, CR_STR_ABSENT, row);
    }
    call->consistency = asked;
    return status == CRUDDUR_OK && !cr_row_exists(row) ? cr_group_check_card(txn, group) : status;
}

/* A row of another rev than the card's, as another program may put one, must still be there: it may
 * be of before the card, although both were read together. */
static cruddur_status check_rev(cr_txn *txn, const cr_group *group, const cr_row *own)
{
    cr_row now;
    cr_key key = cr_row_key(own);
    bool has_card = cr_row_exists(&group->card.row);
    if (!has_card || !cr_row_exists(own) ||
        cr_str_equal(own->value[CR_REV], group->card.row.value[CR_REV])) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_rows_get(txn, cr_uuid_str(&group->uuid), &key, 1, &now);
    bool is_same = cr_row_exists(&now) && cr_str_equal(now.value[CR_REV], own->value[CR_REV]) &&
                   cr_str_equal(now.value[CR_VERSION], own->value[CR_VERSION]);
    return status == CRUDDUR_OK && !is_same ? CRUDDUR_E_CONFLICT : status;
}

cruddur_status cr_own_row_check(cr_txn *txn, const cr_group *group, const cr_row *own)
{
    if ((txn->traits & CR_TRAIT_SNAPSHOT) != 0) {
        return CRUDDUR_OK;
    }
    cr_rows_forget_ahead(txn);
    cruddur_status status = check_rev(txn, group, own);
    return status == CRUDDUR_OK ? cr_group_check_card(txn, group) : status;
}

cruddur_status cr_own_row_check_beyond(cr_txn *txn, const cr_group *group, const cr_row *own,
                                       cr_str newest_sk)
{
    bool is_beyond = cr_str_compare(newest_sk, cr_row_place(own)) > 0;
    return is_beyond ? cr_own_row_check(txn, group, own) : CRUDDUR_OK;
}

/* ---- the message that the change names ---- */

static cruddur_status read_group_and_message(cr_txn *txn, const cr_own_change *change,
                                             const cr_group_reading *reading, cr_own_found *found)
{
    cruddur_status status = cr_message_read(txn, change->group, *reading, change->message, NULL,
                                            NULL, &found->group, &found->lookup);
    return status == CRUDDUR_OK && !cr_message_is_there(&found->lookup)
               ? cr_message_fail_as(txn, &found->lookup, change->arguments)
               : status;
}

/* To the member a message before the beginning of the history is not there. */
static cruddur_status check_visible(const cr_txn *txn, const cr_own_change *change,
                                    cr_own_found *found)
{
    cr_str visible_sk = found->row.value[CR_VISIBLE_SK];
    if (change->message == NULL || visible_sk.data == NULL ||
        cr_str_compare(found->lookup.row.value[CR_SK], visible_sk) > 0) {
        return CRUDDUR_OK;
    }
    if (found->group.is_own_guess) {
        return CRUDDUR_E_CONFLICT; /* which the row that is there decides */
    }
    cr_message_hide(txn, &found->lookup);
    return cr_message_fail_as(txn, &found->lookup, change->arguments);
}

/* ---- the body ---- */

/* One call, over all runs of its body. */
typedef struct own_call {
    const cr_own_change *change;
    bool wants_row;
    cr_packed_row *row;
    bool has_run;          /* the body */
    bool is_guess;         /* the latest run */
    bool is_recalled;      /* it has read nothing, but goes by what this handle has left */
    bool is_message_guess; /* the message was not read either: it is required to be there */
    bool has_written;      /* the latest run */
    bool must_settle;      /* of the latest run: it has written nothing */
} own_call;

/* Whether the change can go by what is known of the message without a read: that is the newest, and
 * there, or its key is enough; or by none. */
static bool knows_message(const cr_own_change *change, const cr_row *newest, own_call *calling,
                          cr_message_lookup *lookup)
{
    if (change->message == NULL ||
        cr_message_is_newest(change->group, change->message, newest, lookup)) {
        return change->message == NULL || cr_message_is_there(lookup);
    }
    calling->is_message_guess =
        change->goes_by_key && cr_message_guess(change->group, change->message, lookup);
    return calling->is_message_guess;
}

/* By what this handle has left. */
static cruddur_status recall(cr_txn *txn, own_call *calling, cr_own_found *found)
{
    const cr_own_change *change = calling->change;
    cr_queue_keep(txn->call, NULL);
    const cr_kept_group *kept = cr_recall(txn, !calling->has_run);
    calling->is_recalled = calling->is_message_guess = false;
    if (kept == NULL || !knows_message(change, &kept->message, calling, &found->lookup)) {
        return CRUDDUR_OK;
    }
    return cr_group_recall(txn, change->group, change->member, kept, &found->group,
                           &calling->is_recalled);
}

static cruddur_status find_all(cr_txn *txn, own_call *calling, cr_own_found *found)
{
    const cr_own_change *change = calling->change;
    cruddur_status status = recall(txn, calling, found);
    const cr_group_reading reading =
        cr_group_reading_to_change(txn, change->member, !calling->has_run);
    calling->has_run = true;
    cr_meter_run(&txn->call->meter, reading.may_guess, &calling->is_guess);
    if (status == CRUDDUR_OK && !calling->is_recalled) {
        calling->is_message_guess = false;
        status = change->message == NULL
                     ? cr_group_read_as(txn, change->group, &reading, &found->group)
                     : read_group_and_message(txn, change, &reading, found);
    }
    return status == CRUDDUR_OK ? cr_own_row_find(txn, &found->group, change->member, &found->row)
                                : status;
}

static bool is_behind(const cr_own_found *found)
{
    cr_str head_sk = found->group.head.value[CR_SK];
    return head_sk.data != NULL && cr_str_compare(cr_row_place(&found->row), head_sk) < 0;
}

static bool has_changed(const cr_row *before, const cr_row *after)
{
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        cr_str was = before->value[i];
        cr_str is = after->value[i];
        if (was.data == NULL ? is.data != NULL : is.data == NULL || !cr_str_equal(was, is)) {
            return true;
        }
    }
    return false;
}

static cruddur_status keep_row(cr_txn *txn, own_call *calling, const cr_row *row)
{
    if (!calling->wants_row) {
        return CRUDDUR_OK;
    }
    free(calling->row);
    calling->row = NULL;
    return cr_unread_pack(txn, row, &calling->row);
}

static cruddur_status write_row(cr_txn *txn, const own_call *calling, const cr_row *before,
                                const cr_own_found *found)
{
    const cr_message_lookup *lookup = &found->lookup;
    cruddur_status status = txn->ops->replace(txn, before, &found->row);
    return status == CRUDDUR_OK && calling->is_message_guess
               ? txn->ops->require_message(txn, cr_row_key(&lookup->row),
                                           cr_uuid_str(&lookup->name->uuid))
               : status;
}

/* Reads first and writes after. */
static cruddur_status edit_row(cr_txn *txn, own_call *calling, cr_own_found *found)
{
    const cr_row before = found->row;
    cruddur_status status = calling->change->edit(txn, calling->change, found);
    bool is_to_write = status == CRUDDUR_OK && has_changed(&before, &found->row);
    if (is_to_write) {
        found->row.value[CR_VERSION] = cr_row_fresh_version(txn->arena);
        status = found->row.value[CR_VERSION].data == NULL ? cr_fail_memory(txn->call->error)
                                                           : CRUDDUR_OK;
    }
    if (status == CRUDDUR_OK) {
        status = keep_row(txn, calling, &found->row);
    }
    calling->has_written = status == CRUDDUR_OK && is_to_write;
    if (calling->has_written) {
        cr_recall_leave_row(txn, &before, &found->row);
    } else if (status == CRUDDUR_OK) {
        cr_recall_leave_as_is(txn, &found->group);
    }
    return calling->has_written ? write_row(txn, calling, &before, found) : status;
}

static cruddur_status change_found(cr_txn *txn, own_call *calling, cr_own_found *found)
{
    const cr_own_change *change = calling->change;
    calling->must_settle =
        !cr_row_exists(&found->row) || (change->goes_by_head && is_behind(found));
    if (calling->must_settle) {
        return CRUDDUR_OK;
    }
    cruddur_status status = check_visible(txn, change, found);
    return status == CRUDDUR_OK ? edit_row(txn, calling, found) : status;
}

/* What a guess came to counts only where the conditions of a write judge it. */
static cruddur_status change_certain(cr_txn *txn, own_call *calling, cr_own_found *found)
{
    cr_error_discard(txn->call->error);
    cruddur_status status = cr_group_read_guessed(txn, calling->change->member, &found->group);
    if (status == CRUDDUR_OK && !cr_row_exists(&found->group.own)) {
        return CRUDDUR_E_CONFLICT;
    }
    found->row = found->group.own;
    return status == CRUDDUR_OK ? change_found(txn, calling, found) : status;
}

static cruddur_status change_body(cr_txn *txn, void *argument)
{
    own_call *calling = argument;
    cr_own_found found = {.row = {{CR_STR_ABSENT}}};
    calling->must_settle = calling->has_written = false;
    cruddur_status status = cr_check_transactions(txn);
    if (status == CRUDDUR_OK) {
        status = find_all(txn, calling, &found);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    status = change_found(txn, calling, &found);
    if (calling->is_recalled && !calling->has_written) {
        return CRUDDUR_E_CONFLICT; /* what was recalled counts only where it is judged */
    }
    bool is_open = found.group.is_own_guess && !calling->has_written && !calling->must_settle;
    return is_open ? change_certain(txn, calling, &found) : status;
}

/* ---- the call ---- */

static cruddur_status settle(cr_store *store, const cr_own_change *change, cr_call *call)
{
    const cr_settling settling = {.group = change->group, .author = change->member};
    bool is_in_doubt = call->is_in_doubt;
    cruddur_status status = cr_settle(store, &settling, call, NULL);
    call->is_in_doubt = is_in_doubt; /* of the change itself */
    return status;
}

static cruddur_status fail_unsettled(const cr_call *call, const cr_uuid *group)
{
    return cr_fail_with(call->error, CRUDDUR_E_CONFLICT,
                        "group %s: until the deadline the member's group row was missing, or "
                        "moved on with each try",
                        group->text);
}

static cruddur_status run(cr_store *store, own_call *calling, cr_call *call)
{
    int64_t pause_us = PAUSE_MIN_US;
    for (int i = 0;; i++) {
        cruddur_status status = store->ops->change(store, change_body, calling, call);
        if (status != CRUDDUR_OK || !calling->must_settle) {
            return status;
        }
        if (cr_clock_monotonic_us() + pause_us >= call->deadline_us) {
            return fail_unsettled(call, calling->change->group);
        }
        if (i >= SETTLINGS_AT_ONCE) {
            (void)cr_cancel_sleep_us(pause_us, call->cancel);
            pause_us = pause_us < PAUSE_MAX_US / 2 ? pause_us * 2 : PAUSE_MAX_US;
        }
        status = settle(store, calling->change, call);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
}

cruddur_status cr_own_row_change(cr_store *store, const cr_own_change *change, cr_call *call,
                                 cr_packed_row **ret_row)
{
    cr_ticket ticket;
    own_call calling = {.change = change, .wants_row = ret_row != NULL};
    cruddur_status status =
        cr_queue_enter(store->queues, cr_uuid_str(change->group), call, &ticket);
    if (status == CRUDDUR_OK) {
        status = run(store, &calling, call);
        if (status != CRUDDUR_OK) {
            cr_queue_keep(call, NULL);
        }
        cr_queue_leave(call);
    }
    if (status == CRUDDUR_OK && ret_row != NULL) {
        *ret_row = calling.row;
    } else {
        free(calling.row);
    }
    return status;
}
