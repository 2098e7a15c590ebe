/* SPDX-License-Identifier: MIT */
#include "messaging/send.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "messaging/combine.h"
#include "messaging/settle.h"
#include "model/expiry.h"

/* How often a look back is tried that fails, and for how long the first pause is. */
#define LOOKS_MAX 8
#define LOOK_PAUSE_US INT64_C(10000)

/* ---- in a run ---- */

static void note_left(cr_send *send, const cr_txn *txn)
{
    cr_sort_key sk;
    if (txn->may_be_left && cr_time_format(send->choice.time_us, &sk)) {
        cr_kept_key_set(&send->left, cr_sort_key_str(&sk));
    }
}

void cr_send_begin(cr_send *send, const cr_txn *txn)
{
    note_left(send, txn);
    /* Run again because the engine found out what the service lacks: no key was taken. */
    send->choice.reach_us = txn->traits == send->traits ? send->choice.reach_us : 0;
    send->traits = txn->traits;
    send->token = send->draft->may_be_repeat ? cr_uuid_str(&send->draft->uuid) : CR_STR_ABSENT;
    send->is_repeat = send->is_late = send->is_recalled = false;
    cr_queue_keep(txn->call, NULL);
    send->oldest.size = 0;
    send->planned_us = 0;
}

bool cr_send_may_be_stored(const cr_send *send, const cr_txn *txn, const cr_row *head)
{
    bool has_stated = send->first.size > 0 &&
                      (txn->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_SNAPSHOT)) == CR_TRAIT_ATOMIC;
    return txn->may_be_stored || send->may_be_stored ||
           (has_stated && cr_str_compare(head->value[CR_SK], cr_kept_key_str(&send->first)) >= 0);
}

void cr_send_note_head(cr_send *send, const cr_row *head)
{
    bool is_same = cr_str_equal(cr_kept_key_str(&send->head), head->value[CR_SK]);
    send->choice.reach_us = is_same ? send->choice.reach_us : 0;
    cr_kept_key_set(&send->head, head->value[CR_SK]);
    if (send->first_head.size == 0) {
        send->first_head = send->head;
    }
}

bool cr_send_plan_key(cr_send *send, cr_str last_sk, cr_sort_key *key)
{
    cr_key_choice planned = {.has_chosen = false};
    bool is_planned = cr_key_choose(&planned, cr_clock_now_us(), last_sk, key);
    send->planned_us = is_planned ? planned.time_us : 0;
    return is_planned;
}

/* From when on: the caller's time, or a key that was planned, or the present. */
static int64_t earliest_us(const cr_send *send)
{
    int64_t told_us = send->draft->created_at_us;
    int64_t planned_us = send->planned_us != 0 ? send->planned_us : cr_clock_now_us();
    return told_us != 0 ? told_us : planned_us;
}

cruddur_status cr_send_choose_key(cr_send *send, cr_str last_sk, cr_sort_key *key,
                                  const cr_call *call)
{
    if (!cr_key_choose(&send->choice, earliest_us(send), last_sk, key)) {
        return cr_fail_with(call->error, CRUDDUR_E_TIME,
                            "no time up to the year 9999 follows the newest message");
    }
    if (send->first.size == 0 ||
        cr_str_compare(cr_sort_key_str(key), cr_kept_key_str(&send->first)) < 0) {
        cr_kept_key_set(&send->first, cr_sort_key_str(key));
    }
    return CRUDDUR_OK;
}

/* The end is counted from the time that the message gets, which may be later than now. */
static cruddur_status set_end(cr_txn *txn, const cr_draft *draft, cr_row *row)
{
    char text[CR_EXPIRY_SIZE];
    int64_t time_us = 0;
    int64_t end_s;
    (void)cr_time_parse(row->value[CR_SK], &time_us); /* it is one */
    if (!cr_expiry_of(time_us, draft->lasts_s, &end_s)) {
        return cr_fail_argument(txn->call->error, CRUDDUR_E_TIME, "options.expires_in_s",
                                "ends after the year 9999");
    }
    cr_str end = cr_expiry_write(end_s, text);
    row->value[CR_EXPIRES_AT] = end.data == NULL ? end : cr_arena_copy(txn->arena, end);
    return end.data == NULL || row->value[CR_EXPIRES_AT].data != NULL
               ? CRUDDUR_OK
               : cr_fail_memory(txn->call->error);
}

cruddur_status cr_send_message(cr_txn *txn, const cr_draft *draft, const cr_person *author,
                               const cr_pk *pk, const cr_sort_key *sk, cr_row *row)
{
    *row = (cr_row){0};
    row->value[CR_PK] = cr_pk_str(pk);
    row->value[CR_SK] = cr_sort_key_str(sk);
    row->value[CR_TEXT] = draft->text;
    row->value[CR_MESSAGE_UUID] = cr_uuid_str(&draft->uuid);
    row->value[CR_USER_UUID] = cr_uuid_str(&draft->author.uuid);
    row->value[CR_DISPLAY_NAME] = author->display_name;
    row->value[CR_HANDLE] = author->handle;
    row->value[CR_REPLY_TO] = draft->is_reply ? cr_uuid_str(&draft->reply_to) : CR_STR_ABSENT;
    row->value[CR_DATA] = draft->data;
    return set_end(txn, draft, row);
}

cruddur_status cr_send_keep(cr_send *send, const cr_row *result, const cr_call *call)
{
    free(send->result);
    send->result = cr_pack_row(result);
    return send->result == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

/* ---- around the runs ---- */

static bool has_opened(const cr_send *send)
{
    return send->opening != NULL && send->head.size == 0;
}

static cruddur_status look_back(cr_store *store, const cr_settling *settling, cr_call *call)
{
    int64_t pause_us = LOOK_PAUSE_US;
    cruddur_status status = cr_settle(store, settling, call, NULL);
    for (int look = 1; look < LOOKS_MAX && status != CRUDDUR_OK && !cr_is_cancelled(call->cancel) &&
                       cr_clock_monotonic_us() + pause_us < call->deadline_us;
         look++) {
        cr_error_discard(call->error);
        (void)cr_cancel_sleep_us(pause_us, call->cancel);
        pause_us *= 2;
        status = cr_settle(store, settling, call, NULL);
    }
    return status;
}

/* The message behind which rows may be left: of an earlier call, the one before it; else the oldest
 * that had rows, or that a run of this call found as the head. Each run in steps may leave rows at
 * the key that it had claimed. */
static cr_str look_back_from(const cr_send *send)
{
    cr_str head = cr_kept_key_str(&send->head);
    cr_str first = cr_kept_key_str(cr_send_is_atomic(send) ? &send->head : &send->first_head);
    cr_str oldest = cr_kept_key_str(send->oldest.size > 0 ? &send->oldest : &send->head);
    if (send->is_repeat) {
        return head;
    }
    return cr_str_compare(first, oldest) < 0 ? first : oldest;
}

/* In steps other writers may have met the change half done, and a run that came to nothing may have
 * left rows at its key; and a message that was put alone, at the key that was claimed for it, has
 * left the group rows where they were. What is not settled now is settled by the next write: the
 * message is stored in any case. */
static void clear_up(cr_store *store, const cr_send *send, cr_call *call)
{
    cruddur_error *error = NULL;
    const cr_draft *draft = send->draft;
    const cr_kept_key *left = send->is_late ? &send->head : &send->left;
    cr_str left_sk = left->size == 0 ? CR_STR_ABSENT : cr_kept_key_str(left);
    cr_sort_key own;
    bool has_put_rows = has_opened(send) && !send->is_repeat && !send->is_late &&
                        cr_time_format(send->choice.time_us, &own);
    const cr_settling settling = {.group = &draft->group,
                                  .author = &draft->author.uuid,
                                  .named = send->opening == NULL ? NULL : &send->opening->members,
                                  .looks_back = true,
                                  .from_sk = look_back_from(send),
                                  .is_repeat = send->is_repeat,
                                  .own_sk = has_put_rows ? cr_sort_key_str(&own) : CR_STR_ABSENT,
                                  .left_sk = left_sk,
                                  .must_settle =
                                      has_opened(send) || send->is_late || left_sk.data != NULL};
    cr_call quiet = *call;
    quiet.error = &error;
    cruddur_status status = look_back(store, &settling, &quiet);
    quiet.meter.attempts = call->meter.attempts;
    call->meter = quiet.meter;
    if (status != CRUDDUR_OK) {
        cr_log_line(&call->logger, CRUDDUR_LOG_WARNING,
                    "group %s: old group rows may be left, for the next write to remove: %s",
                    draft->group.text, cruddur_error_message(error));
    }
    cruddur_error_free(error);
}

/* Its turn has come. */
static cruddur_status send_alone(cr_store *store, cr_body body, cr_send *send, cr_call *call)
{
    cruddur_status status = store->ops->change(store, body, send, call);
    bool rows_stay = (send->traits & CR_TRAIT_STREAMED) != 0 && !has_opened(send);
    bool is_half_done = !cr_send_is_atomic(send) || send->is_late;
    if (status == CRUDDUR_OK && is_half_done && !rows_stay) {
        clear_up(store, send, call);
    }
    if (status != CRUDDUR_OK) {
        cr_queue_keep(call, NULL);
    }
    return status;
}

/* What was waited for while another call made the change. */
static void add_shared(const cr_send *send, cr_call *call)
{
    call->meter.attempts += send->shared.attempts;
    call->meter.waves += send->shared.waves;
    call->meter.combined = send->shared.combined;
}

cruddur_status cr_send_run(cr_store *store, cr_body body, cr_send *send, cr_call *call,
                           cr_packed_row **ret_row)
{
    cr_ticket ticket;
    bool is_done = send->is_together;
    bool can_combine = cr_combine_can(store, send);
    /* An append that leaves the group rows alone contends with nobody. */
    bool puts_only = (store->traits & CR_TRAIT_STREAMED) != 0 && send->opening == NULL;
    cruddur_status status = CRUDDUR_OK;
    send->cancel = call->cancel;
    if (!is_done) {
        status =
            cr_queue_enter_with(puts_only ? NULL : store->queues, cr_uuid_str(&send->draft->group),
                                can_combine ? send : NULL, call, &ticket, &is_done);
    }
    add_shared(send, call);
    if (status == CRUDDUR_OK && !is_done && can_combine && !send->is_apart) {
        is_done = cr_combine(store, send, call);
    }
    if (status == CRUDDUR_OK && !is_done) {
        status = send_alone(store, body, send, call);
    }
    cr_queue_leave(call);
    if (status == CRUDDUR_OK) {
        *ret_row = send->result;
    } else {
        free(send->result);
    }
    if (status != CRUDDUR_OK && send->may_be_stored) {
        cr_error_set_outcome_unknown(call->error);
    }
    return status;
}
