/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/table.h"

#include <stdio.h>

#define CONTENT_TYPE "application/x-amz-json-1.0"

/* How often an answer that makes no sense is asked for again. */
#define GARBAGE_RETRIES 2

static const struct {
    const char *target;
    const char *action;
} operations[] = {
#define OPERATION_ROW(id, name, action) [id] = {"DynamoDB_20120810." name, action}
    OPERATION_ROW(CR_GET_ITEM, "GetItem", "reading from"),
    OPERATION_ROW(CR_BATCH_GET_ITEM, "BatchGetItem", "reading from"),
    OPERATION_ROW(CR_QUERY, "Query", "reading from"),
    OPERATION_ROW(CR_SCAN, "Scan", "reading from"),
    OPERATION_ROW(CR_PUT_ITEM, "PutItem", "writing to"),
    OPERATION_ROW(CR_DELETE_ITEM, "DeleteItem", "writing to"),
    OPERATION_ROW(CR_TRANSACT_WRITE_ITEMS, "TransactWriteItems", "writing to"),
    OPERATION_ROW(CR_CREATE_TABLE, "CreateTable", "creating"),
    OPERATION_ROW(CR_DESCRIBE_TABLE, "DescribeTable", "looking at"),
    OPERATION_ROW(CR_UPDATE_TABLE, "UpdateTable", "updating"),
    OPERATION_ROW(CR_DELETE_TABLE, "DeleteTable", "deleting"),
    OPERATION_ROW(CR_LIST_TABLES, "ListTables", "listing tables besides"),
    OPERATION_ROW(CR_DESCRIBE_TIME_TO_LIVE, "DescribeTimeToLive", "looking at"),
    OPERATION_ROW(CR_UPDATE_TIME_TO_LIVE, "UpdateTimeToLive", "updating"),
    OPERATION_ROW(CR_DESCRIBE_CONTINUOUS_BACKUPS, "DescribeContinuousBackups", "looking at"),
    OPERATION_ROW(CR_UPDATE_CONTINUOUS_BACKUPS, "UpdateContinuousBackups", "updating"),
#undef OPERATION_ROW
};

/* What the service's codes mean here; what is not in the list is common to all services. Where a
 * text is given, the message has it: the service uses one code for much. */
static const struct {
    const char *code;
    const char *text;
    cruddur_status status;
    const char *hint;
} meanings[] = {
    {"ResourceNotFoundException", "index", CRUDDUR_E_TABLE_SHAPE,
     "; `cruddur schema verify` says what differs"},
    {"ResourceNotFoundException", "", CRUDDUR_E_TABLE_MISSING, "; `cruddur schema load` makes it"},
    {"TableNotFoundException", "", CRUDDUR_E_TABLE_MISSING, "; `cruddur schema load` makes it"},
    {"ValidationException", "specified index", CRUDDUR_E_TABLE_SHAPE,
     ": it lacks the index; `cruddur schema load` makes it"},
    {"ValidationException", "key element", CRUDDUR_E_TABLE_SHAPE,
     ": its keys are not pk and sk; `cruddur schema verify` says what differs"},
    {"ValidationException", "key schema", CRUDDUR_E_TABLE_SHAPE,
     ": its keys are not pk and sk; `cruddur schema verify` says what differs"},
    {"ValidationException", "required keys", CRUDDUR_E_TABLE_SHAPE,
     ": its keys are not pk and sk; `cruddur schema verify` says what differs"},
    {"ValidationException", "Missing the key", CRUDDUR_E_TABLE_SHAPE,
     ": its keys are not pk and sk; `cruddur schema verify` says what differs"},
    {"ValidationException", "Type mismatch for key", CRUDDUR_E_TABLE_SHAPE,
     ": its keys are not strings; `cruddur schema verify` says what differs"},
    {"ValidationException", "Item size", CRUDDUR_E_ITEM_TOO_LARGE, ": a row has at most 400 KB"},
    {"ValidationException", "protected against deletion", CRUDDUR_E_REFUSED,
     ": it is protected from deletion"},
    {"ItemCollectionSizeLimitExceededException", "", CRUDDUR_E_STORE_FULL, ""},
    {"ConditionalCheckFailedException", "", CRUDDUR_E_CONFLICT, ""},
    {"TransactionCanceledException", "", CRUDDUR_E_CONFLICT, ""},
    {"TransactionConflictException", "", CRUDDUR_E_CONFLICT, ""},
    {"TransactionInProgressException", "", CRUDDUR_E_CONFLICT, ""},
};

bool cr_dynamodb_is_code(const cr_aws_answer *answer, const char *code)
{
    return strcmp(answer->code, code) == 0;
}

cruddur_status cr_dynamodb_fail(const cr_dynamodb *table, cr_operation operation,
                                const cr_aws_answer *answer, cruddur_error **error)
{
    char action[400];
    const char *words = operations[operation].action;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (cr_dynamodb_is_code(answer, meanings[i].code) &&
            strstr(answer->message, meanings[i].text) != NULL) {
            (void)snprintf(action, sizeof(action), "%s table %.255s%s", words,
                           table->names.table.data, meanings[i].hint);
            return cr_aws_fail_as(answer, meanings[i].status, action, error);
        }
    }
    (void)snprintf(action, sizeof(action), "%s table %.255s", words, table->names.table.data);
    return cr_aws_fail(answer, action, error);
}

cruddur_status cr_dynamodb_send(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                                cr_call *call, cr_aws_answer *answer)
{
    if (request->failed) {
        return cr_fail_memory(call->error);
    }
    cr_aws_request made = {
        operations[operation].target, CONTENT_TYPE, {request->data, request->size}};
    cruddur_status status = cr_aws_call(table->client, &made, call, answer);
    call->meter.requests += answer->attempts;
    request->size = 0;
    return status;
}

/* Reads a success. */
static cruddur_status read_reply(const cr_dynamodb *table, const cr_aws_answer *answer,
                                 cr_arena *arena, cr_call *call, cr_reply *reply)
{
    switch (cr_reply_read(cr_aws_body(answer), arena, reply)) {
    case CR_REPLY_GOOD:
        call->meter.read_units += reply->capacity_units;
        return CRUDDUR_OK;
    case CR_REPLY_NO_MEMORY:
        return cr_fail_memory(call->error);
    case CR_REPLY_GARBAGE:
        break;
    }
    (void)cr_fail_with(
        call->error, CRUDDUR_E_PROTOCOL,
        "reading from table %.255s: the answer is not what the service's API defines",
        table->names.table.data);
    if (call->error != NULL) {
        cr_error_set_request_id(*call->error, answer->request_id);
    }
    return CRUDDUR_E_PROTOCOL;
}

cruddur_status cr_dynamodb_ask(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                               cr_call *call, cr_aws_answer *answer, cr_arena *arena,
                               cr_reply *reply)
{
    size_t size = request->size;
    for (unsigned round = 0;; round++) {
        request->size = size; /* the bytes are still there */
        cruddur_status status = cr_dynamodb_send(table, operation, request, call, answer);
        if (status == CRUDDUR_OK) {
            status = cr_aws_is_ok(answer) ? read_reply(table, answer, arena, call, reply)
                                          : cr_dynamodb_fail(table, operation, answer, call->error);
        }
        if (status != CRUDDUR_E_PROTOCOL || round == GARBAGE_RETRIES) {
            return status;
        }
        cr_error_discard(call->error);
        status = cr_aws_pause(table->client, CR_RETRY_TRANSIENT, round, call);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
}
