/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/commit.h"

typedef enum outcome {
    DONE,
    REFUSED, /* its condition failed */
    FAILED,  /* described */
} outcome;

/* Pauses before a step that met somebody's transaction stop growing here, at a fraction of a
 * second. */
#define PAUSE_ROUND_MAX 5

/* Waits for a transaction that has the row to be over; false when there is no time left for that.
 */
static bool waits(cr_dynamodb_txn *txn, unsigned round)
{
    cr_call *call = txn->base.call;
    cruddur_status status = cr_aws_pause(txn->table->client, CR_RETRY_TRANSIENT,
                                         round < PAUSE_ROUND_MAX ? round : PAUSE_ROUND_MAX, call);
    if (status != CRUDDUR_OK) {
        cr_error_discard(call->error); /* the answer says more */
    }
    return status == CRUDDUR_OK;
}

static cruddur_status send(cr_dynamodb_txn *txn, cr_operation operation, cr_str members)
{
    bool may_be_applied = false;
    cruddur_status status;
    unsigned round = 0;
    do {
        cr_request_single(&txn->request, members);
        status =
            cr_dynamodb_send(txn->table, operation, &txn->request, txn->base.call, &txn->answer);
        may_be_applied = may_be_applied || txn->answer.may_be_applied;
    } while (status == CRUDDUR_OK &&
             cr_dynamodb_is_code(&txn->answer, "TransactionConflictException") &&
             waits(txn, round++));
    txn->answer.may_be_applied = may_be_applied;
    return status;
}

/* A lost answer may have been a success, and another writer may have helped: then what is there is
 * what was put. */
static bool is_in_place(cr_dynamodb_txn *txn, const cr_write *write)
{
    cr_reply reply;
    const cr_str *put = write->row.value;
    cr_arena_reset(&txn->page);
    if (cr_reply_read(cr_aws_body(&txn->answer), &txn->page, &reply) != CR_REPLY_GOOD ||
        reply.row_count != 1) {
        return false;
    }
    const cr_str *found = reply.row[0].value;
    cr_attribute uuid = put[CR_MESSAGE_UUID].data != NULL ? CR_MESSAGE_UUID : CR_GROUP_UUID;
    return put[uuid].data != NULL && cr_str_equal(put[uuid], found[uuid]) &&
           cr_str_equal(put[CR_TEXT], found[CR_TEXT]);
}

static outcome take_answer(cr_dynamodb_txn *txn, cr_operation operation, cruddur_status *status)
{
    cr_call *call = txn->base.call;
    cr_reply reply;
    if (*status != CRUDDUR_OK) {
        return FAILED;
    }
    if (cr_aws_is_ok(&txn->answer)) {
        cr_arena_reset(&txn->page);
        if (cr_reply_read(cr_aws_body(&txn->answer), &txn->page, &reply) == CR_REPLY_GOOD) {
            call->meter.write_units += reply.capacity_units;
        }
        call->meter.rows_written++;
        return DONE;
    }
    if (cr_dynamodb_is_code(&txn->answer, "ConditionalCheckFailedException")) {
        return REFUSED;
    }
    *status = cr_dynamodb_fail(txn->table, operation, &txn->answer, call->error);
    return FAILED;
}

static outcome put_row(cr_dynamodb_txn *txn, const cr_write *write, cruddur_status *status)
{
    *status = send(txn, CR_PUT_ITEM, cr_write_text(txn, write));
    outcome came = take_answer(txn, CR_PUT_ITEM, status);
    return came == REFUSED && is_in_place(txn, write) ? DONE : came;
}

static outcome remove_row(cr_dynamodb_txn *txn, cr_str members, cruddur_status *status)
{
    *status = send(txn, CR_DELETE_ITEM, members);
    return take_answer(txn, CR_DELETE_ITEM, status);
}

/* Takes the puts before `end` back, in reverse order. */
static cruddur_status undo(cr_dynamodb_txn *txn, size_t end)
{
    cr_buffer members;
    cruddur_status status = CRUDDUR_OK;
    cr_buffer_init(&members, CR_REQUEST_SIZE_MAX);
    for (size_t i = end; status == CRUDDUR_OK && i > 0; i--) {
        const cr_write *write = &txn->write[i - 1];
        members.size = 0;
        cr_request_remove(&members, &txn->table->names, &write->row);
        if (members.failed) {
            status = cr_fail_memory(txn->base.call->error);
        } else {
            (void)remove_row(txn, (cr_str){members.data, members.size}, &status);
        }
    }
    cr_buffer_free(&members);
    return status;
}

/* Whether the message is among the writes before `end`. */
static bool has_message(const cr_dynamodb_txn *txn, size_t end)
{
    for (size_t i = 0; i < end; i++) {
        if (txn->write[i].row.value[CR_MESSAGE_UUID].data != NULL) {
            return true;
        }
    }
    return false;
}

/* A put failed for good. What was put is taken back, unless the message is among it: others may
 * have seen that and have moved the group's rows behind it, and would be left with none. Any
 * beginning is safe, and a repeat finds it. */
static cruddur_status give_up(cr_dynamodb_txn *txn, size_t failed, cruddur_status status)
{
    cr_call *call = txn->base.call;
    bool may_be_applied = txn->answer.may_be_applied;
    size_t end = failed + (may_be_applied ? 1 : 0);
    if (end == 0) {
        return status;
    }
    if (has_message(txn, end)) {
        cr_error_set_outcome_unknown(call->error);
        return status;
    }
    cruddur_error *reason = NULL;
    cr_call quiet = *call;
    quiet.error = &reason;
    txn->base.call = &quiet;
    bool is_undone = undo(txn, end) == CRUDDUR_OK;
    txn->base.call = call;
    call->meter = quiet.meter;
    cr_error_discard(&reason);
    if (!is_undone || may_be_applied) {
        cr_error_set_outcome_unknown(call->error);
    }
    return status;
}

static size_t count_puts(const cr_dynamodb_txn *txn)
{
    size_t count = 0;
    while (count < txn->write_count && txn->write[count].is_put) {
        count++;
    }
    return count;
}

/* The puts are done, and with them the change: what cannot be removed now is left. */
static void remove_rest(cr_dynamodb_txn *txn, size_t first)
{
    cr_call *call = txn->base.call;
    cruddur_error *reason = NULL;
    cr_call quiet = *call;
    cruddur_status status = CRUDDUR_OK;
    quiet.error = &reason;
    txn->base.call = &quiet;
    for (size_t i = first; status == CRUDDUR_OK && i < txn->write_count; i++) {
        (void)remove_row(txn, cr_write_text(txn, &txn->write[i]), &status);
    }
    txn->base.call = call;
    call->meter = quiet.meter;
    if (status != CRUDDUR_OK) {
        cr_log_line(&call->logger, CRUDDUR_LOG_WARNING,
                    "old group rows were left behind, for the next change to remove: %s",
                    cruddur_error_message(reason));
        cr_error_discard(&reason);
    }
}

cruddur_status cr_dynamodb_commit_in_steps(cr_dynamodb_txn *txn)
{
    size_t puts = count_puts(txn);
    for (size_t i = 0; i < puts; i++) {
        cruddur_status status;
        switch (put_row(txn, &txn->write[i], &status)) {
        case DONE:
            break;
        case REFUSED:
            status = undo(txn, i);
            if (status != CRUDDUR_OK) {
                cr_error_set_outcome_unknown(txn->base.call->error);
            }
            return status == CRUDDUR_OK ? cr_dynamodb_run_again(txn) : status;
        case FAILED:
            return give_up(txn, i, status);
        }
    }
    if (puts > 0) {
        remove_rest(txn, puts);
        return CRUDDUR_OK;
    }
    /* Nothing but removals: then they are what the change is about. */
    for (size_t i = 0; i < txn->write_count; i++) {
        cruddur_status status;
        outcome came = remove_row(txn, cr_write_text(txn, &txn->write[i]), &status);
        if (came != DONE) {
            return came == REFUSED ? cr_dynamodb_run_again(txn) : status;
        }
    }
    return CRUDDUR_OK;
}
