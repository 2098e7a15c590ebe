/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/table.h"

#include <stdio.h>

#define CONTENT_TYPE "application/x-amz-json-1.0"

/* How often an answer that makes no sense is asked for again. */
#define GARBAGE_RETRIES 2

static const struct {
    const char *target;
    const char *action;
    bool gives_rows; /* its answer has a list of rows, if an empty one */
} operations[] = {
#define OPERATION_ROW(id, name, action, gives_rows)                                                \
    [id] = {"DynamoDB_20120810." name, action, gives_rows}
#define STREAM_ROW(id, name)                                                                       \
    [id] = {"DynamoDBStreams_20120810." name, "reading the stream of", false}
    OPERATION_ROW(CR_GET_ITEM, "GetItem", "reading from", false),
    OPERATION_ROW(CR_BATCH_GET_ITEM, "BatchGetItem", "reading from", true),
    OPERATION_ROW(CR_QUERY, "Query", "reading from", true),
    OPERATION_ROW(CR_SCAN, "Scan", "reading from", true),
    OPERATION_ROW(CR_PUT_ITEM, "PutItem", "writing to", false),
    OPERATION_ROW(CR_DELETE_ITEM, "DeleteItem", "writing to", false),
    OPERATION_ROW(CR_TRANSACT_WRITE_ITEMS, "TransactWriteItems", "writing to", false),
    OPERATION_ROW(CR_CREATE_TABLE, "CreateTable", "creating", false),
    OPERATION_ROW(CR_DESCRIBE_TABLE, "DescribeTable", "looking at", false),
    OPERATION_ROW(CR_UPDATE_TABLE, "UpdateTable", "updating", false),
    OPERATION_ROW(CR_DELETE_TABLE, "DeleteTable", "deleting", false),
    OPERATION_ROW(CR_LIST_TABLES, "ListTables", "listing tables besides", false),
    OPERATION_ROW(CR_DESCRIBE_TIME_TO_LIVE, "DescribeTimeToLive", "looking at", false),
    OPERATION_ROW(CR_UPDATE_TIME_TO_LIVE, "UpdateTimeToLive", "updating", false),
    OPERATION_ROW(CR_DESCRIBE_CONTINUOUS_BACKUPS, "DescribeContinuousBackups", "looking at", false),
    OPERATION_ROW(CR_UPDATE_CONTINUOUS_BACKUPS, "UpdateContinuousBackups", "updating", false),
    STREAM_ROW(CR_DESCRIBE_STREAM, "DescribeStream"),
    STREAM_ROW(CR_GET_SHARD_ITERATOR, "GetShardIterator"),
    STREAM_ROW(CR_GET_RECORDS, "GetRecords"),
#undef OPERATION_ROW
#undef STREAM_ROW
};

#define NO_TABLE "does not exist; `cruddur schema load` makes it"
#define OTHER_KEYS                                                                                 \
    "or its index has other keys than it must have; `cruddur schema verify` says which"

/* What the service's codes mean here, in words that go on from "table NAME"; what is not in the
 * list is common to all services. Where a text is given, the message has it: the service uses one
 * code for much. */
static const struct {
    const char *code;
    const char *text;
    cruddur_status status;
    const char *words;
} meanings[] = {
    {"ResourceNotFoundException", "index", CRUDDUR_E_TABLE_SHAPE,
     "lacks its index; `cruddur schema load` makes it"},
    {"ResourceNotFoundException", "", CRUDDUR_E_TABLE_MISSING, NO_TABLE},
    {"TableNotFoundException", "", CRUDDUR_E_TABLE_MISSING, NO_TABLE},
    {"ValidationException", "specified index", CRUDDUR_E_TABLE_SHAPE,
     "lacks its index; `cruddur schema load` makes it"},
    {"ValidationException", "key element", CRUDDUR_E_TABLE_SHAPE, OTHER_KEYS},
    {"ValidationException", "key schema", CRUDDUR_E_TABLE_SHAPE, OTHER_KEYS},
    {"ValidationException", "required keys", CRUDDUR_E_TABLE_SHAPE, OTHER_KEYS},
    {"ValidationException", "Missing the key", CRUDDUR_E_TABLE_SHAPE, OTHER_KEYS},
    {"ValidationException", "conditions on the keys", CRUDDUR_E_TABLE_SHAPE, OTHER_KEYS},
    {"ValidationException", "key condition", CRUDDUR_E_TABLE_SHAPE, OTHER_KEYS},
    {"ValidationException", "Type mismatch for", CRUDDUR_E_TABLE_SHAPE, OTHER_KEYS},
    {"ValidationException", "Item size", CRUDDUR_E_ITEM_TOO_LARGE, "takes rows of at most 400 KB"},
    {"ValidationException", "protected against deletion", CRUDDUR_E_REFUSED,
     "is protected from deletion; take the protection away first (`aws dynamodb update-table "
     "--no-deletion-protection-enabled`)"},
    {"ItemCollectionSizeLimitExceededException", "", CRUDDUR_E_STORE_FULL, "is full"},
    {"ConditionalCheckFailedException", "", CRUDDUR_E_CONFLICT, "has other rows by now"},
    {"TransactionCanceledException", "", CRUDDUR_E_CONFLICT, "has other rows by now"},
    {"TransactionConflictException", "", CRUDDUR_E_CONFLICT, "is being written to by others"},
    {"TransactionInProgressException", "", CRUDDUR_E_CONFLICT, "is being written to by others"},
};

/* Nobody who drops a table wants to be told how to make one. */
static const char *words_for(size_t meaning, cr_operation operation)
{
    bool is_gone = meanings[meaning].status == CRUDDUR_E_TABLE_MISSING;
    return is_gone && operation == CR_DELETE_TABLE ? "does not exist" : meanings[meaning].words;
}

bool cr_dynamodb_is_code(const cr_aws_answer *answer, const char *code)
{
    return strcmp(answer->code, code) == 0;
}

cruddur_status cr_dynamodb_fail(const cr_dynamodb *table, cr_operation operation,
                                const cr_aws_answer *answer, cruddur_error **error)
{
    char action[480];
    const char *words = operations[operation].action;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (cr_dynamodb_is_code(answer, meanings[i].code) &&
            strstr(answer->message, meanings[i].text) != NULL) {
            (void)snprintf(action, sizeof(action), "table %.255s %s; %s it",
                           table->names.table.data, words_for(i, operation), words);
            return cr_aws_fail_as(answer, meanings[i].status, action, error);
        }
    }
    (void)snprintf(action, sizeof(action), "%s table %.255s", words, table->names.table.data);
    return cr_aws_fail(answer, action, error);
}

cruddur_status cr_dynamodb_send_by(cr_aws_client *client, cr_operation operation,
                                   cr_buffer *request, cr_call *call, cr_aws_answer *answer)
{
    if (request->failed) {
        return cr_fail_memory(call->error);
    }
    cr_aws_request made = {
        operations[operation].target, CONTENT_TYPE, {request->data, request->size}};
    cruddur_status status = cr_aws_call(client, &made, call, answer);
    call->meter.requests += answer->attempts;
    request->size = 0;
    return status;
}

cruddur_status cr_dynamodb_send(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                                cr_call *call, cr_aws_answer *answer)
{
    return cr_dynamodb_send_by(table->client, operation, request, call, answer);
}

cruddur_status cr_dynamodb_fail_garbage(const cr_dynamodb *table, cr_operation operation,
                                        const cr_aws_answer *answer, cruddur_error **error)
{
    (void)cr_fail_with(error, CRUDDUR_E_PROTOCOL,
                       "%s table %.255s: what answers there does not speak DynamoDB's API; is the "
                       "endpoint right?",
                       operations[operation].action, table->names.table.data);
    if (error != NULL) {
        cr_error_set_request_id(*error, answer->request_id);
    }
    return CRUDDUR_E_PROTOCOL;
}

/* Reads a success. */
static cruddur_status read_reply(const cr_dynamodb *table, cr_operation operation,
                                 const cr_aws_answer *answer, cr_arena *arena, cr_call *call,
                                 cr_reply *reply)
{
    cr_reply_check check = cr_reply_read(cr_aws_body(answer), arena, reply);
    if (check == CR_REPLY_NO_MEMORY) {
        return cr_fail_memory(call->error);
    }
    if (check == CR_REPLY_GARBAGE || (operations[operation].gives_rows && !reply->has_rows)) {
        return cr_dynamodb_fail_garbage(table, operation, answer, call->error);
    }
    call->meter.read_units += reply->capacity_units;
    return CRUDDUR_OK;
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
            status = cr_aws_is_ok(answer) ? read_reply(table, operation, answer, arena, call, reply)
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
