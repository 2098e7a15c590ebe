/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/commit.h"
#include "store/dynamodb/refusal.h"

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

static cruddur_status send(cr_dynamodb_txn *txn, cr_operation operation, cr_str members,
                           cr_result *result)
{
    bool may_be_applied = false;
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

static outcome carry_out(cr_dynamodb_txn *txn, cr_operation operation, cr_str members,
                         cruddur_status *status)
{
    cr_result result;
    *status = send(txn, operation, members, &result);
    if (*status != CRUDDUR_OK) {
        return FAILED;
    }
    if (cr_aws_is_ok(&txn->answer)) {
        cr_dynamodb_note_write(txn, &result, 1);
        return DONE;
    }
    if (cr_dynamodb_is_code(&txn->answer, "ConditionalCheckFailedException")) {
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
        came = carry_out(txn, CR_PUT_ITEM, (cr_str){members.data, members.size}, status);
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

static outcome put_row(cr_dynamodb_txn *txn, const cr_write *write, cruddur_status *status)
{
    outcome came = carry_out(txn, CR_PUT_ITEM, cr_write_text(txn, write), status);
    txn->has_lost_answers = txn->has_lost_answers || txn->answer.may_be_applied;
    if (came == FAILED && txn->answer.may_be_applied) {
        return settle_put(txn, write, status);
    }
    return came == REFUSED ? judge_refusal(txn, write, status) : came;
}

static outcome remove_row(cr_dynamodb_txn *txn, cr_str members, cruddur_status *status)
{
    return carry_out(txn, CR_DELETE_ITEM, members, status);
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

/* Takes the puts before `end` back, in reverse order. Claims and
 * cards stay: others may go by them already. */
static bool remove_puts(cr_dynamodb_txn *txn, size_t end)
{
    cr_buffer members;
    cruddur_status status = CRUDDUR_OK;
    cr_buffer_init(&members, CR_REQUEST_SIZE_MAX);
    for (size_t i = end; status == CRUDDUR_OK && i > 0; i--) {
        if (txn->write[i - 1].is_kept) {
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

/* Carries out the removals from `first` on. A refused one is left to the writer that was faster. */
static bool remove_old(cr_dynamodb_txn *txn, size_t first)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = first; status == CRUDDUR_OK && i < txn->write_count; i++) {
        outcome came = remove_row(txn, cr_write_text(txn, &txn->write[i]), &status);
        txn->has_met_others = txn->has_met_others || came == REFUSED;
    }
    return status == CRUDDUR_OK;
}

/* Takes the group rows of a message back that is not stored: nobody goes by them yet. Those of a
 * stored message stay, whoever put them, for others may have removed older ones since. So do those
 * of a claimed message that may be stored late, or by another that has put them as well. */
static void undo(cr_dynamodb_txn *txn, size_t end, size_t puts)
{
    bool may_be_used = txn->is_claimed && (txn->has_lost_answers || txn->has_adopted);
    if (end > 0 && stores_message(txn, puts) && !may_be_used) {
        (void)remove_quietly(txn, remove_puts, end, "group rows of no message are left");
    }
}

/* A put failed for good. A change with a message is taken back, unless the message may be stored;
 * of any other, what was written stays. */
static cruddur_status give_up(cr_dynamodb_txn *txn, size_t failed, size_t puts,
                              cruddur_status status)
{
    bool may_be_applied = txn->answer.may_be_applied;
    bool is_left = stores_message(txn, puts) ? may_be_applied && is_message(&txn->write[failed])
                                             : may_be_applied || failed > 0;
    if (is_left) {
        cr_error_set_outcome_unknown(txn->base.call->error);
    } else {
        undo(txn, failed + (may_be_applied ? 1 : 0), puts);
    }
    return status;
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
    for (size_t i = 0; i < puts; i++) {
        cruddur_status status;
        switch (put_row(txn, &txn->write[i], &status)) {
        case DONE:
            break;
        case REFUSED:
            /* The group rows at the key of another message that is stored are that one's by now. */
            if (!is_message(&txn->write[i])) {
                undo(txn, i, puts);
            }
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
