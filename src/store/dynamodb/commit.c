/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/commit.h"

#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/print.h"
#include "model/uuid.h"
#include "store/dynamodb/fence.h"
#include "store/dynamodb/refusal.h"
#include "store/dynamodb/witness.h"

/* Pauses between two tries stop growing here, at a fraction of a second. */
#define PAUSE_ROUND_MAX 3

/* Of a transaction's request, what is not in the text of its writes: for all of them, and for one.
 */
#define BODY_REST ((size_t)256)
#define BODY_REST_OF_WRITE ((size_t)32)

/* What an answer to a transaction asks for. */
typedef enum verdict {
    COMMITTED,
    RUN_AGAIN, /* a condition failed, or the plan has to change for another reason */
    SEND_AGAIN,
    SEND_LATER, /* it is all too much just now */
    GIVE_UP,
} verdict;

/* What the service says of each action of a cancelled transaction; a reason that is not in the list
 * is for good. */
static const struct {
    const char *code;
    verdict verdict;
} reasons[] = {
    {"None", COMMITTED}, /* not to blame */
    {"ConditionalCheckFailed", RUN_AGAIN},
    {"TransactionConflict", SEND_AGAIN},
    {"ThrottlingError", SEND_LATER},
    {"ProvisionedThroughputExceeded", SEND_LATER},
};

static verdict judge_reason(cr_str code)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (cr_str_equal(code, cr_str_of(reasons[i].code))) {
            return reasons[i].verdict;
        }
    }
    return GIVE_UP;
}

/* A put that is refused only needs another key; and a message that is not there was not read. */
static bool goes_by_row(const cr_write *write)
{
    return write->kind != CR_WRITE_PUT && write->kind != CR_WRITE_REQUIRE_MESSAGE;
}

/* One condition that failed is enough to plan again: sent as it is, the transaction would never
 * succeed. */
static verdict judge_reasons(cr_dynamodb_txn *txn, const cr_result *result)
{
    bool has[GIVE_UP + 1] = {false};
    if (cr_dynamodb_is_carried_out(txn, result)) {
        return COMMITTED;
    }
    for (size_t i = 0; i < result->reason_count && i < txn->write_count; i++) {
        verdict of_action = judge_reason(result->reason[i].code);
        has[of_action] = true;
        bool is_moved = of_action == RUN_AGAIN && goes_by_row(&txn->write[i]);
        txn->has_met_others = txn->has_met_others || is_moved || of_action == SEND_AGAIN;
    }
    if (has[RUN_AGAIN] || has[GIVE_UP]) {
        return has[RUN_AGAIN] ? RUN_AGAIN : GIVE_UP;
    }
    if (has[SEND_LATER] || has[SEND_AGAIN]) {
        return has[SEND_LATER] ? SEND_LATER : SEND_AGAIN;
    }
    return GIVE_UP;
}

static verdict judge_cancelled(cr_dynamodb_txn *txn)
{
    cr_result result;
    cr_arena_reset(&txn->page);
    return cr_result_read(cr_aws_body(&txn->answer), &txn->page, &result) == CR_RESULT_GOOD
               ? judge_reasons(txn, &result)
               : GIVE_UP;
}

void cr_dynamodb_note_write(cr_dynamodb_txn *txn, const cr_result *result, size_t rows)
{
    cr_meter *meter = &txn->base.call->meter;
    meter->write_units += result->capacity_units;
    meter->rows_written += (uint32_t)rows;
}

static verdict judge(cr_dynamodb_txn *txn)
{
    const cr_aws_answer *answer = &txn->answer;
    if (cr_aws_is_ok(answer)) {
        return COMMITTED;
    }
    if (cr_dynamodb_is_code(answer, "TransactionCanceledException")) {
        return judge_cancelled(txn);
    }
    if (cr_dynamodb_is_code(answer, "UnknownOperationException") &&
        txn->table->mode != CR_MODE_ATOMIC) {
        atomic_store(&txn->table->lacks_transactions, true);
        txn->base.call->meter.attempts--; /* a run that only found this out does not count */
        cr_log_line(&txn->base.call->logger, CRUDDUR_LOG_INFO,
                    "the service has no transactions: changes are written in steps");
        return RUN_AGAIN;
    }
    return cr_dynamodb_is_code(answer, "TransactionConflictException") ||
                   cr_dynamodb_is_code(answer, "TransactionInProgressException")
               ? SEND_AGAIN
               : GIVE_UP;
}

/* ---- a transaction whose outcome nobody told ---- */

/* The transaction failed, and the failure is described. If it may have been applied all the same,
 * the table is asked. */
static cruddur_status settle(cr_dynamodb_txn *txn, bool may_be_applied, cruddur_status status)
{
    cr_call *call = txn->base.call;
    if (!may_be_applied) {
        return status;
    }
    if (cr_dynamodb_is_change_stored(txn)) {
        cr_error_discard(call->error);
        return CRUDDUR_OK;
    }
    cr_error_set_outcome_unknown(call->error);
    return status;
}

/* ---- sending ---- */

static const char *const actions[] = {
    [CR_WRITE_PUT] = "Put",
    [CR_WRITE_REPLACE] = "Put",
    [CR_WRITE_REMOVE] = "Delete",
    [CR_WRITE_REQUIRE] = "ConditionCheck",
    [CR_WRITE_REQUIRE_MESSAGE] = "ConditionCheck",
};

/* Writes the transaction. Its token lets the service recognise a request that comes again, so that
 * nothing is ever applied twice. */
static cruddur_status freeze(const cr_dynamodb_txn *txn, cr_buffer *body)
{
    cr_uuid token;
    const cr_call *call = txn->base.call;
    if (!cr_uuid_v4(&token)) {
        return cr_fail_with(call->error, CRUDDUR_E_INTERNAL, "the system gave no random bytes");
    }
    cr_request_transaction_begin(body, cr_uuid_str(&token));
    for (size_t i = 0; i < txn->write_count; i++) {
        cr_request_transaction_add(body, i == 0, actions[txn->write[i].kind],
                                   cr_write_text(txn, &txn->write[i]));
    }
    cr_request_transaction_end(body);
    return body->failed ? cr_fail_memory(call->error) : CRUDDUR_OK;
}

/* Waits before the transaction is sent again, and describes why it has not gone through where there
 * is no time left for that. */
static cruddur_status pause(cr_dynamodb_txn *txn, verdict why, unsigned round)
{
    cr_call *call = txn->base.call;
    cr_retry_class class = why == SEND_LATER ? CR_RETRY_THROTTLE : CR_RETRY_TRANSIENT;
    cruddur_status status = cr_aws_pause(txn->table->client, class,
                                         round < PAUSE_ROUND_MAX ? round : PAUSE_ROUND_MAX, call);
    if (status == CRUDDUR_OK || status == CRUDDUR_E_CANCELLED) {
        return status;
    }
    cr_error_discard(call->error);
    return why == SEND_LATER
               ? cr_fail_with(call->error, CRUDDUR_E_THROTTLED,
                              "writing to table %.*s: the service throttled it until the deadline",
                              CR_CUT(txn->table->names.table.data, 255))
               : cr_fail_with(call->error, CRUDDUR_E_CONFLICT,
                              "writing to table %.*s: other writers kept the rows busy until the "
                              "deadline",
                              CR_CUT(txn->table->names.table.data, 255));
}

/* The code of an action's reason where it has another name than as an error of its own. */
static const char *error_code_of(cr_str reason_code)
{
    static const struct {
        const char *reason;
        const char *error;
    } names[] = {
        {"ValidationError", "ValidationException"},
        {"AccessDenied", "AccessDeniedException"},
        {"ItemCollectionSizeLimitExceeded", "ItemCollectionSizeLimitExceededException"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (cr_str_equal(reason_code, cr_str_of(names[i].reason))) {
            return names[i].error;
        }
    }
    return NULL;
}

/* A cancelled transaction says nothing; its reasons do. The first that is for good stands for all
 * from here on. */
static void adopt_reason(cr_dynamodb_txn *txn)
{
    cr_result result;
    cr_aws_answer *answer = &txn->answer;
    cr_arena_reset(&txn->page);
    if (cr_result_read(cr_aws_body(answer), &txn->page, &result) != CR_RESULT_GOOD) {
        return;
    }
    for (size_t i = 0; i < result.reason_count; i++) {
        const char *code = error_code_of(result.reason[i].code);
        cr_str message = result.reason[i].message;
        if (code != NULL) {
            (void)snprintf(answer->code, sizeof(answer->code), "%s", code);
            (void)snprintf(answer->message, sizeof(answer->message), "%.*s",
                           (int)(message.size < INT_MAX ? message.size : INT_MAX),
                           message.data == NULL ? "" : message.data);
            return;
        }
    }
}

/* What the rows come to that are put, or also those that were read. The service counts the former
 * for certain. */
static size_t size_of(const cr_dynamodb_txn *txn, bool with_read)
{
    size_t size = 0;
    for (size_t i = 0; i < txn->write_count; i++) {
        const cr_write *write = &txn->write[i];
        size += cr_write_is_put(write) || with_read ? cr_item_size(&write->row) : 0;
    }
    return size;
}

static cruddur_status fail_size(const cr_dynamodb_txn *txn)
{
    return cr_fail_with(txn->base.call->error, CRUDDUR_E_ITEM_TOO_LARGE,
                        "writing to table %.*s: with a row for each member the message comes "
                        "to more than the 4 MB of a transaction",
                        CR_CUT(txn->table->names.table.data, 255));
}

static cruddur_status fail_transaction(cr_dynamodb_txn *txn)
{
    cr_call *call = txn->base.call;
    if (cr_dynamodb_is_code(&txn->answer, "UnknownOperationException")) {
        return cr_aws_fail_as(&txn->answer, CRUDDUR_E_CONFIG,
                              "writing: the service has no transactions; without mode=atomic in "
                              "the store's URL changes are written in steps",
                              call->error);
    }
    adopt_reason(txn);
    if (cr_dynamodb_is_code(&txn->answer, "ValidationException") &&
        size_of(txn, true) > CR_TRANSACTION_SIZE_MAX) {
        return fail_size(txn);
    }
    cruddur_status status =
        cr_dynamodb_fail(txn->table, CR_TRANSACT_WRITE_ITEMS, &txn->answer, call);
    if (status != CRUDDUR_E_CONFLICT) {
        return status;
    }
    /* A cancelled transaction that is no matter of conditions or conflicts. */
    cr_error_discard(call->error);
    return cr_aws_fail_as(&txn->answer, CRUDDUR_E_REFUSED, "writing", call->error);
}

static size_t count_written(const cr_dynamodb_txn *txn)
{
    size_t count = 0;
    for (size_t i = 0; i < txn->write_count; i++) {
        count += cr_write_is_condition(&txn->write[i]) ? 0 : 1;
    }
    return count;
}

/* Sends the frozen transaction until its fate is known. */
static cruddur_status send_transaction(cr_dynamodb_txn *txn, cr_buffer *body)
{
    size_t size = body->size;
    bool may_be_applied = false;
    for (unsigned round = 0;; round++) {
        cr_result result;
        body->size = size; /* the bytes are still there */
        cruddur_status status = cr_dynamodb_send(txn->table, CR_TRANSACT_WRITE_ITEMS, body,
                                                 txn->base.call, &txn->answer, &txn->page, &result);
        may_be_applied = may_be_applied || txn->answer.may_be_applied;
        if (status != CRUDDUR_OK) {
            return settle(txn, may_be_applied, status);
        }
        verdict found = judge(txn);
        switch (found) {
        case COMMITTED:
            atomic_store(&txn->table->has_transactions, true);
            cr_dynamodb_note_write(txn, &result, count_written(txn));
            return CRUDDUR_OK;
        case RUN_AGAIN:
            txn->base.may_be_stored = txn->base.may_be_stored || may_be_applied;
            return cr_dynamodb_run_again(txn);
        case GIVE_UP:
            return settle(txn, may_be_applied, fail_transaction(txn));
        case SEND_AGAIN:
        case SEND_LATER:
            status = pause(txn, found, round);
        }
        if (status != CRUDDUR_OK) {
            return settle(txn, may_be_applied, status);
        }
    }
}

static cruddur_status commit_transaction(cr_dynamodb_txn *txn)
{
    cr_buffer body;
    /* As text a row is never smaller. */
    if (txn->text.size > CR_TRANSACTION_SIZE_MAX && size_of(txn, false) > CR_TRANSACTION_SIZE_MAX) {
        return fail_size(txn);
    }
    size_t size = txn->text.size + BODY_REST + BODY_REST_OF_WRITE * txn->write_count;
    cr_buffer_init(&body, size);
    cr_buffer_reserve(&body, size);
    cruddur_status status = freeze(txn, &body);
    if (status == CRUDDUR_OK) {
        status = send_transaction(txn, &body);
    }
    cr_buffer_free(&body);
    return status;
}

/* One write alone is as good as a transaction of one. But a row is replaced only where there are
 * transactions: in steps, a writer that moves the row would undo it. Until it is known whether the
 * service has them, a transaction finds out. */
static bool can_do_without(const cr_dynamodb_txn *txn)
{
    cr_write_kind kind = txn->write[0].kind;
    bool is_known =
        txn->table->mode == CR_MODE_ATOMIC || atomic_load(&txn->table->has_transactions);
    return txn->write_count == 1 && !cr_write_is_condition(&txn->write[0]) &&
           (kind != CR_WRITE_REPLACE || is_known);
}

cruddur_status cr_dynamodb_commit(cr_dynamodb_txn *txn)
{
    if (txn->write_count == 0) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_fence_check(txn);
    if (status != CRUDDUR_OK) {
        return status;
    }
    return can_do_without(txn) || (txn->base.traits & CR_TRAIT_ATOMIC) == 0
               ? cr_dynamodb_commit_in_steps(txn)
               : commit_transaction(txn);
}
