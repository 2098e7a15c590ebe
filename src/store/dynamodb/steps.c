/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/commit.h"
#include "store/dynamodb/refusal.h"
#include "store/dynamodb/together.h"
#include "store/dynamodb/witness.h"

#include "model/kind.h"

typedef enum outcome {
    DONE,
    REFUSED, /* its condition failed */
    FAILED,  /* described */
} outcome;

/* Pauses before a step that met somebody's transaction stop growing here, at a fraction of a
 * second. */
#define PAUSE_ROUND_MAX 5

/* The row is part of another writer's transaction: waits for it to be over, and says whether there
 * was time for that. */
static bool waits(cr_dynamodb_txn *txn, unsigned round, cruddur_status *status)
{
    cr_call *call = txn->base.call;
    *status = cr_aws_pause(txn->table->client, CR_RETRY_TRANSIENT,
                           round < PAUSE_ROUND_MAX ? round : PAUSE_ROUND_MAX, call);
    bool has_waited = *status == CRUDDUR_OK;
    if (*status == CRUDDUR_E_TIMEOUT) {
        cr_error_discard(call->error); /* the answer says more */
        *status = CRUDDUR_OK;
    }
    return has_waited;
}

/* After an earlier attempt whose answer may have got lost. */
static cruddur_status send(cr_dynamodb_txn *txn, cr_operation operation, cr_str members,
                           bool was_lost, cr_result *result)
{
    bool may_be_applied = was_lost;
    cruddur_status status;
    unsigned round = 0;
    txn->answer.may_be_applied = false;
    do {
        cr_request_single(&txn->request, members);
        status = cr_dynamodb_send(txn->table, operation, &txn->request, txn->base.call,
                                  &txn->answer, &txn->page, result);
        may_be_applied = may_be_applied || txn->answer.may_be_applied;
    } while (status == CRUDDUR_OK &&
             cr_dynamodb_is_code(&txn->answer, "TransactionConflictException") &&
             waits(txn, round++, &status));
    txn->answer.may_be_applied = may_be_applied;
    return status;
}

static bool is_message(const cr_write *write)
{
    return write->kind == CR_WRITE_PUT && cr_row_kind(&write->row) == CR_KIND_MESSAGE;
}

static bool is_refused(const cr_dynamodb_txn *txn)
{
    return cr_dynamodb_is_code(&txn->answer, "ConditionalCheckFailedException");
}

/* What came of one of several. An answer that is damaged says nothing. */
static bool was_refused(const cr_dynamodb_txn *txn, const cr_dynamodb_try *tried)
{
    return tried->is_answered && is_refused(txn);
}

static outcome carry_out(cr_dynamodb_txn *txn, cr_operation operation, cr_str members,
                         bool was_lost, cruddur_status *status)
{
    cr_result result;
    *status = send(txn, operation, members, was_lost, &result);
    if (*status != CRUDDUR_OK) {
        return FAILED;
    }
    if (cr_aws_is_ok(&txn->answer)) {
        cr_dynamodb_note_write(txn, &result, 1);
        return DONE;
    }
    if (is_refused(txn)) {
        return REFUSED;
    }
    *status = cr_dynamodb_fail(txn->table, operation, &txn->answer, txn->base.call);
    return FAILED;
}

/* Where no answer says what became of the row, the table is asked. */
static outcome settle_put(cr_dynamodb_txn *txn, const cr_write *write, cruddur_status *status)
{
    bool is_stored = cr_dynamodb_is_stored(txn, &write, 1);
    txn->answer.may_be_applied = true; /* the answer is by now the look's */
    if (is_stored) {
        cr_error_discard(txn->base.call->error);
        *status = CRUDDUR_OK;
    }
    return is_stored ? DONE : FAILED;
}

/* Reads the row that stands in the way of a put. DynamoDB sends it with its refusal; other services
 * may not, and are asked for it. */
static cruddur_status read_obstacle(cr_dynamodb_txn *txn, const cr_write *write, cr_row *row)
{
    cr_result result;
    cr_arena_reset(&txn->page);
    if (cr_result_read(cr_aws_body(&txn->answer), &txn->page, &result) == CR_RESULT_GOOD &&
        result.row_count == 1) {
        *row = result.row[0];
        return CRUDDUR_OK;
    }
    bool may_be_applied = txn->answer.may_be_applied;
    cr_key key = cr_row_key(&write->row);
    cruddur_status status = txn->base.ops->get(&txn->base, &key, 1, row);
    txn->answer.may_be_applied = may_be_applied; /* the put's, not the read's */
    return status;
}

static bool is_group_row_of(const cr_row *row, cr_str group)
{
    return cr_row_kind(row) == CR_KIND_GROUP_ROW && cr_str_equal(row->value[CR_GROUP_UUID], group);
}

/* What is there is what was to be put. A message is known by its uuid, which another call may have
 * stored at this key as well. */
static bool is_in_place(const cr_dynamodb_txn *txn, const cr_write *write, const cr_row *obstacle)
{
    if (is_message(write)) {
        return cr_str_equal(write->row.value[CR_MESSAGE_UUID], obstacle->value[CR_MESSAGE_UUID]);
    }
    return txn->answer.may_be_applied && cr_dynamodb_is_as_put(txn, obstacle, write);
}

/* Whether a put whose answer may have got lost, and that was refused since, is there. */
static outcome judge_lost(cr_dynamodb_txn *txn, const cr_write *write, cruddur_status *status)
{
    cr_row there;
    *status = read_obstacle(txn, write, &there);
    if (*status != CRUDDUR_OK) {
        return FAILED;
    }
    return cr_dynamodb_is_as_put(txn, &there, write) ? DONE : REFUSED;
}

/* At the key that is claimed for a message, a group row of its group was put by an earlier attempt,
 * or for another message that is to have the key. It becomes ours, so that the other does not take
 * it back when the key turns out to be ours. */
static outcome adopt(cr_dynamodb_txn *txn, const cr_write *write, const cr_row *obstacle,
                     cruddur_status *status)
{
    cr_buffer members;
    outcome came = FAILED;
    cr_buffer_init(&members, CR_REQUEST_SIZE_MAX);
    cr_request_replace(&members, &txn->table->names, obstacle, &write->row, CR_COMPARE_ALL);
    if (members.failed) {
        *status = cr_fail_memory(txn->base.call->error);
    } else {
        came = carry_out(txn, CR_PUT_ITEM, (cr_str){members.data, members.size}, false, status);
    }
    cr_buffer_free(&members);
    txn->has_adopted = true;
    txn->has_lost_answers = txn->has_lost_answers || txn->answer.may_be_applied;
    if (came == FAILED && txn->answer.may_be_applied) {
        return settle_put(txn, write, status);
    }
    return came == REFUSED && txn->answer.may_be_applied ? judge_lost(txn, write, status) : came;
}

/* A put was refused. Its lost answer may have been a success. */
static outcome judge_refusal(cr_dynamodb_txn *txn, const cr_write *write, cruddur_status *status)
{
    cr_row obstacle;
    cr_str group = write->row.value[CR_GROUP_UUID];
    if (!is_message(write) && !txn->is_claimed && !txn->answer.may_be_applied) {
        return REFUSED;
    }
    *status = read_obstacle(txn, write, &obstacle);
    if (*status != CRUDDUR_OK) {
        return FAILED;
    }
    if (is_in_place(txn, write, &obstacle)) {
        return DONE;
    }
    bool may_adopt = txn->is_claimed && !is_message(write) && group.data != NULL;
    return may_adopt && is_group_row_of(&obstacle, group) ? adopt(txn, write, &obstacle, status)
                                                          : REFUSED;
}

static outcome put_row(cr_dynamodb_txn *txn, cr_write *write, bool was_lost, cruddur_status *status)
{
    outcome came = carry_out(txn, CR_PUT_ITEM, cr_write_text(txn, write), was_lost, status);
    txn->has_lost_answers = txn->has_lost_answers || txn->answer.may_be_applied;
    if (came == FAILED && txn->answer.may_be_applied) {
        came = settle_put(txn, write, status);
    } else if (came == REFUSED) {
        came = judge_refusal(txn, write, status);
    }
    write->may_be_there = came == DONE || (came == FAILED && txn->answer.may_be_applied);
    return came;
}

static outcome remove_row(cr_dynamodb_txn *txn, cr_str members, cruddur_status *status)
{
    return carry_out(txn, CR_DELETE_ITEM, members, false, status);
}

/* ---- several at once ---- */

/* Group rows need no order among each other: any of them may be there without the others. */
static bool may_join(const cr_write *write)
{
    return write->kind == CR_WRITE_PUT && !write->is_kept &&
           cr_row_kind(&write->row) == CR_KIND_GROUP_ROW;
}

/* How many puts from this one on go out together, the last of them before `end`. */
static size_t count_joined(const cr_dynamodb_txn *txn, size_t first, size_t end)
{
    size_t count = 0;
    while (first + count < end && count < CR_HTTP_TOGETHER_MAX &&
           may_join(&txn->write[first + count])) {
        count++;
    }
    return count > 0 ? count : 1;
}

/* What came of a put that went out with others. One that was not answered goes out again. */
static outcome judge_put(cr_dynamodb_txn *txn, cr_write *write, cr_dynamodb_try *tried,
                         cruddur_status *status)
{
    if (tried->is_good) {
        return DONE;
    }
    cr_together_take(txn, tried);
    bool was_lost = txn->answer.may_be_applied;
    if (!was_refused(txn, tried)) {
        return put_row(txn, write, was_lost, status);
    }
    outcome came = judge_refusal(txn, write, status);
    write->may_be_there = came == DONE || (came == FAILED && txn->answer.may_be_applied);
    return came;
}

/* Notes of all that went out what may be there, before one of them ends the change. */
static void note_puts(cr_dynamodb_txn *txn, size_t first, size_t count,
                      const cr_dynamodb_try *tries)
{
    for (size_t i = 0; i < count; i++) {
        bool is_lost = tries[i].answer.may_be_applied;
        txn->write[first + i].may_be_there = tries[i].is_good || is_lost;
        txn->has_lost_answers = txn->has_lost_answers || is_lost;
        if (tries[i].is_good) {
            cr_dynamodb_note_write(txn, &tries[i].result, 1);
        }
    }
}

/* Puts rows from `*at` on, which is then behind them, or at the one that did not get there. */
static outcome put_some(cr_dynamodb_txn *txn, size_t count, size_t *at, cruddur_status *status)
{
    size_t first = *at;
    outcome came = DONE;
    cr_dynamodb_try *tries = count > 1 ? cr_together_send(txn, CR_PUT_ITEM, first, count) : NULL;
    if (tries != NULL) {
        note_puts(txn, first, count, tries);
    }
    for (; came == DONE && *at < first + count; *at += came == DONE ? 1 : 0) {
        cr_write *write = &txn->write[*at];
        came = tries == NULL ? put_row(txn, write, false, status)
                             : judge_put(txn, write, &tries[*at - first], status);
    }
    cr_together_free(tries, count);
    return came;
}

/* A change that stores a message puts it last (store.h). */
static bool stores_message(const cr_dynamodb_txn *txn, size_t puts)
{
    return puts > 0 && is_message(&txn->write[puts - 1]);
}

/* Runs through removals without describing a failure; false where there was one. Also for a call
 * that was cancelled: what is left would be in the way of others. */
typedef bool (*cr_removals)(cr_dynamodb_txn *txn, size_t at);

static bool remove_quietly(cr_dynamodb_txn *txn, cr_removals remove, size_t at, const char *what)
{
    cr_call *call = txn->base.call;
    cruddur_error *reason = NULL;
    cr_call quiet = *call;
    quiet.error = &reason;
    quiet.cancel = NULL;
    txn->base.call = &quiet;
    bool is_done = remove(txn, at);
    txn->base.call = call;
    call->meter = quiet.meter;
    if (!is_done) {
        cr_log_line(&call->logger, CRUDDUR_LOG_WARNING, "%s, for the next change to remove: %s",
                    what, cruddur_error_message(reason));
    }
    cr_error_discard(&reason);
    return is_done;
}

/* Takes the first puts back, as many as there are, in reverse order. Claims and cards stay: others
 * may go by them already. */
static bool remove_puts(cr_dynamodb_txn *txn, size_t puts)
{
    cr_buffer members;
    cruddur_status status = CRUDDUR_OK;
    cr_buffer_init(&members, CR_REQUEST_SIZE_MAX);
    for (size_t i = puts; status == CRUDDUR_OK && i > 0; i--) {
        if (txn->write[i - 1].is_kept || !txn->write[i - 1].may_be_there) {
            continue;
        }
        members.size = 0;
        cr_request_remove(&members, &txn->table->names, &txn->write[i - 1].row, CR_COMPARE_ALL);
        if (members.failed) {
            status = cr_fail_memory(txn->base.call->error);
        } else {
            (void)remove_row(txn, (cr_str){members.data, members.size}, &status);
        }
    }
    cr_buffer_free(&members);
    return status == CRUDDUR_OK;
}

/* What came of a removal. A refused one is left to the writer that was faster. */
static cruddur_status remove_one(cr_dynamodb_txn *txn, const cr_write *write,
                                 cr_dynamodb_try *tried)
{
    cruddur_status status = CRUDDUR_OK;
    if (tried != NULL && tried->is_good) {
        cr_dynamodb_note_write(txn, &tried->result, 1);
        return CRUDDUR_OK;
    }
    if (tried != NULL) {
        cr_together_take(txn, tried);
    }
    bool is_others = (tried != NULL && was_refused(txn, tried)) ||
                     remove_row(txn, cr_write_text(txn, write), &status) == REFUSED;
    txn->has_met_others = txn->has_met_others || is_others;
    return status;
}

/* Carries out the removals from `first` on, many at once. */
static bool remove_old(cr_dynamodb_txn *txn, size_t first)
{
    cruddur_status status = CRUDDUR_OK;
    while (status == CRUDDUR_OK && first < txn->write_count) {
        size_t left = txn->write_count - first;
        size_t count = left < CR_HTTP_TOGETHER_MAX ? left : CR_HTTP_TOGETHER_MAX;
        cr_dynamodb_try *tries =
            count > 1 ? cr_together_send(txn, CR_DELETE_ITEM, first, count) : NULL;
        for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
            status = remove_one(txn, &txn->write[first + i], tries == NULL ? NULL : &tries[i]);
        }
        cr_together_free(tries, count);
        first += count;
    }
    return status == CRUDDUR_OK;
}

/* Whether the change has left anything. */
static bool may_be_begun(const cr_dynamodb_txn *txn, size_t puts)
{
    for (size_t i = 0; i < puts; i++) {
        if (txn->write[i].may_be_there) {
            return true;
        }
    }
    return false;
}

/* Takes the group rows of a message back that is not stored: nobody goes by them yet. Those of a
 * stored message stay, whoever put them, for others may have removed older ones since. So do those
 * of a claimed message that may be stored late, or by another that has put them as well. A put
 * without an answer may come after its removal. */
static void undo(cr_dynamodb_txn *txn, size_t puts)
{
    bool may_be_used = txn->is_claimed && (txn->has_lost_answers || txn->has_adopted);
    bool is_undone = true;
    if (may_be_begun(txn, puts) && stores_message(txn, puts) && !may_be_used) {
        is_undone = remove_quietly(txn, remove_puts, puts, "group rows of no message are left");
    }
    txn->base.may_be_left = txn->has_lost_answers || !is_undone;
}

/* A put failed for good. A change with a message is taken back, unless the message may be stored;
 * of any other, what was written stays. */
static cruddur_status give_up(cr_dynamodb_txn *txn, size_t failed, size_t puts,
                              cruddur_status status)
{
    bool is_left = stores_message(txn, puts)
                       ? txn->answer.may_be_applied && is_message(&txn->write[failed])
                       : may_be_begun(txn, puts);
    if (is_left) {
        cr_error_set_outcome_unknown(txn->base.call->error);
    } else {
        undo(txn, puts);
    }
    return status;
}

/* A replacement or removal was refused. If an answer to it got lost, it may have been made, and the
 * row changed by others since. */
static void note_refusal(cr_dynamodb_txn *txn, const cr_write *write)
{
    bool may_be_made = write->kind != CR_WRITE_PUT && txn->answer.may_be_applied;
    txn->base.may_be_stored = txn->base.may_be_stored || may_be_made;
}

static size_t count_puts(const cr_dynamodb_txn *txn)
{
    size_t count = 0;
    while (count < txn->write_count && cr_write_is_put(&txn->write[count])) {
        count++;
    }
    return count;
}

cruddur_status cr_dynamodb_commit_in_steps(cr_dynamodb_txn *txn)
{
    size_t puts = count_puts(txn);
    txn->base.may_be_left = false;
    for (size_t i = 0; i < puts;) {
        cruddur_status status;
        switch (put_some(txn, count_joined(txn, i, puts), &i, &status)) {
        case DONE:
            break;
        case REFUSED:
            /* The group rows at the key of another message that is stored are that one's by now. */
            if (!is_message(&txn->write[i])) {
                undo(txn, puts);
            }
            note_refusal(txn, &txn->write[i]);
            return cr_dynamodb_run_again(txn);
        case FAILED:
            return give_up(txn, i, puts, status);
        }
    }
    if (puts > 0) {
        /* With the puts the change is done. */
        (void)remove_quietly(txn, remove_old, puts, "old group rows are left");
        return CRUDDUR_OK;
    }
    /* Nothing but removals: then they are what the change is about. */
    for (size_t i = 0; i < txn->write_count; i++) {
        cruddur_status status;
        switch (remove_row(txn, cr_write_text(txn, &txn->write[i]), &status)) {
        case DONE:
            break;
        case REFUSED:
            txn->has_met_others = true;
            note_refusal(txn, &txn->write[i]);
            return cr_dynamodb_run_again(txn);
        case FAILED:
            if (txn->answer.may_be_applied) {
                cr_error_set_outcome_unknown(txn->base.call->error);
            }
            return status;
        }
    }
    return CRUDDUR_OK;
}
