/* SPDX-License-Identifier: MIT */
#include "messaging/combine.h"

#include "base/clock.h"
#include "messaging/append.h"
#include "messaging/followers.h"

/* What all messages of a change come to at most: far from the 4 MB that it may have. */
#define TEXT_MAX ((size_t)512 * 1024)

/* The sends that wait for one change: the call's, its followers', those of other threads. */
typedef struct combination {
    cr_send *send[CR_TOGETHER_MAX];
    size_t count;
    size_t follower_count;
    size_t text_size;
    bool has_run;      /* the body */
    bool was_in_doubt; /* a run of it may have been carried out late */
} combination;

bool cr_combine_can(const cr_store *store, const cr_send *send)
{
    return send->opening == NULL && send->draft->created_at_us == 0 &&
           (store->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED)) == CR_TRAIT_ATOMIC;
}

/* ---- who comes along ---- */

/* Of two sends under one uuid the second is a repeat. */
static bool has_uuid(const combination *now, const cr_uuid *uuid)
{
    for (size_t i = 0; i < now->count; i++) {
        if (cr_uuid_compare(&now->send[i]->draft->uuid, uuid) == 0) {
            return true;
        }
    }
    return false;
}

static bool add(void *context, void *errand)
{
    combination *now = context;
    cr_send *send = errand;
    size_t text_size = send->draft->text.size + send->draft->data.size;
    if (send->is_apart || now->count == CR_TOGETHER_MAX || now->text_size + text_size > TEXT_MAX ||
        has_uuid(now, &send->draft->uuid)) {
        return false;
    }
    now->send[now->count++] = send;
    now->text_size += text_size;
    return true;
}

/* Of two groups with one lane, one is another's. */
static bool add_follower(combination *now, cr_store *store, cr_send *send)
{
    bool is_of_group = cr_uuid_compare(&send->draft->group, &now->send[0]->draft->group) == 0;
    bool is_added = is_of_group && cr_combine_can(store, send) && add(now, send);
    now->follower_count += is_added ? 1 : 0;
    return is_added;
}

static void add_followers(combination *now, cr_store *store, const cr_call *call,
                          int64_t *deadline_us)
{
    bool is_added = true;
    const cr_followers *followers = call->followers;
    int64_t least_us = cr_queue_least_us(call);
    while (followers != NULL && is_added && now->count < CR_TOGETHER_MAX) {
        int64_t its_us = INT64_MAX;
        cr_send *next = followers->next(followers->context, least_us, &its_us);
        is_added = next != NULL && add_follower(now, store, next);
        if (is_added) {
            *deadline_us = its_us < *deadline_us ? its_us : *deadline_us;
        } else if (next != NULL) {
            followers->set_down(followers->context, next);
        }
    }
}

/* ---- the change ---- */

/* What each run begins with: nobody is in it yet. */
static void begin(combination *now, const cr_txn *txn)
{
    now->was_in_doubt = now->was_in_doubt || txn->may_be_stored;
    for (size_t i = 0; i < now->count; i++) {
        cr_send_begin(now->send[i], txn);
        now->send[i]->is_together = false;
        now->send[i]->is_apart = true;
    }
}

static cruddur_status read_group(cr_txn *txn, combination *now, cr_group *group)
{
    bool is_first = !now->has_run;
    cr_str tokens[CR_TOGETHER_MAX];
    cr_send *first = now->send[0];
    cr_group_reading reading = cr_group_reading_to_change(txn, NULL, is_first);
    size_t count = 0;
    for (size_t i = 0; i < now->count; i++) {
        tokens[count] = now->send[i]->token;
        count += tokens[count].data != NULL ? 1 : 0;
    }
    now->has_run = true;
    reading.ahead = (cr_reads){.tokens = tokens, .token_count = count};
    cruddur_status status = cr_append_read_group(txn, first, is_first, &reading, group);
    for (size_t i = 0; i < now->count; i++) {
        now->send[i]->is_recalled = first->is_recalled;
    }
    group->is_to_change = true;
    group->believes_index = group->believes_index || reading.may_guess;
    return status;
}

/* Each member has one row, at the head and of the card: then rows are moved in memory as they would
 * be in the table, message by message. */
static bool are_in_order(const cr_group *group, const cr_group_rows *rows)
{
    cr_str rev = group->card.row.value[CR_REV];
    for (size_t i = 0; i < rows->old.count; i++) {
        const cr_row *row = &rows->old.row[i];
        if (!cr_str_equal(row->value[CR_REV], rev) ||
            !cr_str_equal(cr_row_place(row), group->head.value[CR_SK])) {
            return false;
        }
    }
    return rows->old.count == rows->members.count && !cr_group_rows_have_restored(rows);
}

static size_t count_writes_of(const cr_send *send)
{
    return send->draft->may_be_repeat ? 2 : 1;
}

/* Judges whether its message can be appended now. */
static cruddur_status judge(cr_txn *txn, const cr_group_rows *rows, cr_send *send,
                            cr_found_claim *claim)
{
    bool is_new = false;
    cruddur_status status = CRUDDUR_OK;
    if (!cr_is_cancelled(send->cancel) &&
        cr_members_have(&rows->members, &send->draft->author.uuid)) {
        status = cr_repeat_is_new(txn, send, claim, &is_new);
    }
    send->is_apart = status != CRUDDUR_OK || !is_new;
    return status;
}

/* Takes those whose message can be appended now, while there is room; the next change takes the
 * rest. No follower is stored before one that it follows, unless that was cancelled. */
static cruddur_status choose(cr_txn *txn, const combination *now, const cr_group *group,
                             const cr_group_rows *rows, cr_together *together)
{
    size_t room = CR_CHANGE_WRITES_MAX - 2 * rows->members.count;
    bool has_gap = false;
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        cr_send *send = now->send[i];
        bool is_in_order = i <= now->follower_count;
        size_t needed = count_writes_of(send);
        status = judge(txn, rows, send, &together->claim[together->count]);
        send->is_together = !send->is_apart && needed <= room && !(is_in_order && has_gap);
        has_gap = has_gap || (is_in_order && !send->is_together && !cr_is_cancelled(send->cancel));
        if (send->is_together) {
            cr_send_note_head(send, &group->head);
            together->send[together->count++] = send;
            room -= needed;
        }
    }
    return status;
}

static cr_sink_answer find_ours(void *context, const cr_row *row)
{
    cr_uuid uuid;
    combination *now = context;
    now->was_in_doubt = now->was_in_doubt ||
                        (cr_uuid_parse(row->value[CR_MESSAGE_UUID], &uuid) && has_uuid(now, &uuid));
    return now->was_in_doubt ? CR_SINK_STOP : CR_SINK_MORE;
}

/* The one whose message was stated at the earliest key, if any was: runs differ in which are in it.
 */
static const cr_send *find_first_stated(const combination *now)
{
    const cr_send *first = now->send[0];
    for (size_t i = 1; i < now->count; i++) {
        const cr_send *send = now->send[i];
        bool is_earlier =
            first->first.size == 0 ||
            cr_str_compare(cr_kept_key_str(&send->first), cr_kept_key_str(&first->first)) < 0;
        first = send->first.size > 0 && is_earlier ? send : first;
    }
    return first;
}

/* Whether the change of a run before this one was carried out after all. */
static cruddur_status look_for_ours(cr_txn *txn, combination *now, const cr_group *group)
{
    const cr_send *first = find_first_stated(now);
    cr_pk pk = cr_pk_of_group(&group->uuid);
    const cr_query query = {.partition = cr_pk_str(&pk),
                            .lower = {cr_kept_key_str(&first->first), true}};
    return cr_send_may_be_stored(first, txn, &group->head)
               ? cr_rows_query(txn, &query, find_ours, now)
               : CRUDDUR_OK;
}

static bool can_be_changed(const cr_txn *txn, const cr_group *group)
{
    return cr_row_exists(&group->card.row) && cr_row_exists(&group->head) && !group->is_head_gone &&
           cr_group_check_open(txn, &group->uuid, &group->card, "group_uuid") == CRUDDUR_OK;
}

/* Where anything is special, it states nothing: all go by themselves. */
static cruddur_status combine_body(cr_txn *txn, void *argument)
{
    cr_group group;
    cr_group_rows rows;
    cr_together together = {.count = 0};
    combination *now = argument;
    bool is_atomic = (txn->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED)) == CR_TRAIT_ATOMIC;
    begin(now, txn);
    if (!is_atomic || txn->may_be_stored) {
        return CRUDDUR_OK;
    }
    cruddur_status status = read_group(txn, now, &group);
    if (status == CRUDDUR_OK) {
        status = look_for_ours(txn, now, &group);
    }
    if (status != CRUDDUR_OK || now->was_in_doubt || !can_be_changed(txn, &group)) {
        return status;
    }
    status = cr_append_read_rows(txn, now->send[0], &group, &rows);
    if (status == CRUDDUR_OK && are_in_order(&group, &rows)) {
        status = choose(txn, now, &group, &rows, &together);
    }
    return status == CRUDDUR_OK && together.count > 0
               ? cr_append_and_move(txn, &together, &group, &rows)
               : status;
}

/* ---- around the change ---- */

/* What it comes to where the change was not made. Alone it is as good as new, unless it may have
 * been stored; the first key stays, for a request that was refused may be delivered again. */
static void come_to_nothing(cr_send *send, bool is_in_doubt)
{
    send->is_apart = send->is_apart || send->is_together;
    send->is_together = false;
    send->may_be_stored = is_in_doubt && (send->choice.has_chosen || send->first.size > 0);
    if (!send->may_be_stored) {
        send->choice = (cr_key_choice){0};
    }
}

/* Tells each what it has waited for between these two, and what is known of its message. */
static void tell(const combination *now, const cr_meter *before, const cr_meter *after,
                 bool is_made, bool is_in_doubt)
{
    uint32_t together = 0;
    for (size_t i = 0; i < now->count; i++) {
        cr_send *send = now->send[i];
        if (!is_made || !send->is_together) {
            come_to_nothing(send, is_in_doubt);
        }
        together += send->is_together ? 1 : 0;
    }
    for (size_t i = 0; i < now->count; i++) {
        cr_send *send = now->send[i];
        send->is_guess = false;
        send->shared.attempts += after->attempts - before->attempts;
        send->shared.waves += after->waves - before->waves;
        send->shared.combined = send->is_together ? together - 1 : 0;
    }
}

bool cr_combine(cr_store *store, cr_send *send, cr_call *call)
{
    cr_ticket *taken[CR_TOGETHER_MAX - 1];
    combination now = {.count = 0};
    cruddur_error *error = NULL;
    cr_call together = *call;
    if (!add(&now, send)) {
        return false;
    }
    add_followers(&now, store, call, &together.deadline_us);
    size_t count = cr_queue_take_along(call, add, &now, taken, CR_TOGETHER_MAX - now.count,
                                       &together.deadline_us);
    if (now.count == 1) {
        return false;
    }
    together.cancel = now.follower_count > 0 ? call->followers->cancel : call->cancel;
    together.error = &error;
    cruddur_status status = store->ops->change(store, combine_body, &now, &together);
    bool is_in_doubt = now.was_in_doubt || (error != NULL && cruddur_error_outcome_unknown(error));
    tell(&now, &call->meter, &together.meter, status == CRUDDUR_OK, is_in_doubt);
    call->meter = together.meter;
    call->meter.combined = send->shared.combined;
    cr_error_discard(&error);
    for (size_t i = 0; i < now.follower_count; i++) {
        call->followers->set_down(call->followers->context, now.send[1 + i]);
    }
    for (size_t i = 0; i < count; i++) {
        cr_queue_set_down(taken[i], now.send[1 + now.follower_count + i]->is_together);
    }
    cr_queue_forget(call);
    return send->is_together;
}
