/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/table.h"

#include "store/dynamodb/refusal.h"

#define CONTENT_TYPE "application/x-amz-json-1.0"

static const struct operation {
    const char *target;
    const char *action;
    const char *member; /* that a success must have; NULL: none */
    cr_about about;
    char begins; /* what the member's value begins with */
} operations[] = {
#define ROWS(id, name, action, member)                                                             \
    [id] = {"DynamoDB_20120810." name, action, member, CR_ABOUT_ROWS, 0}
#define TABLE(id, name, action, member, begins)                                                    \
    [id] = {"DynamoDB_20120810." name, action, member, CR_ABOUT_TABLE, begins}
#define STREAM(id, name, member, begins)                                                           \
    [id] = {"DynamoDBStreams_20120810." name, "reading the stream of", member, CR_ABOUT_STREAM,    \
            begins}
    ROWS(CR_GET_ITEM, "GetItem", "reading from", NULL),
    ROWS(CR_BATCH_GET_ITEM, "BatchGetItem", "reading from", "Responses"),
    ROWS(CR_QUERY, "Query", "reading from", "Items"),
    ROWS(CR_SCAN, "Scan", "reading from", "Items"),
    ROWS(CR_PUT_ITEM, "PutItem", "writing to", NULL),
    ROWS(CR_BATCH_WRITE_ITEM, "BatchWriteItem", "writing to", "UnprocessedItems"),
    ROWS(CR_DELETE_ITEM, "DeleteItem", "writing to", NULL),
    ROWS(CR_TRANSACT_WRITE_ITEMS, "TransactWriteItems", "writing to", NULL),
    TABLE(CR_CREATE_TABLE, "CreateTable", "creating", "TableDescription", '{'),
    TABLE(CR_DESCRIBE_TABLE, "DescribeTable", "looking at", "Table", '{'),
    TABLE(CR_UPDATE_TABLE, "UpdateTable", "updating", "TableDescription", '{'),
    TABLE(CR_DELETE_TABLE, "DeleteTable", "deleting", "TableDescription", '{'),
    TABLE(CR_LIST_TABLES, "ListTables", "listing tables besides", "TableNames", '['),
    TABLE(CR_DESCRIBE_TIME_TO_LIVE, "DescribeTimeToLive", "looking at", "TimeToLiveDescription",
          '{'),
    TABLE(CR_UPDATE_TIME_TO_LIVE, "UpdateTimeToLive", "updating", "TimeToLiveSpecification", '{'),
    TABLE(CR_DESCRIBE_CONTINUOUS_BACKUPS, "DescribeContinuousBackups", "looking at",
          "ContinuousBackupsDescription", '{'),
    TABLE(CR_UPDATE_CONTINUOUS_BACKUPS, "UpdateContinuousBackups", "updating",
          "ContinuousBackupsDescription", '{'),
    STREAM(CR_DESCRIBE_STREAM, "DescribeStream", "StreamDescription", '{'),
    STREAM(CR_GET_SHARD_ITERATOR, "GetShardIterator", "ShardIterator", '"'),
    STREAM(CR_GET_RECORDS, "GetRecords", "Records", '['),
#undef ROWS
#undef TABLE
#undef STREAM
};

cr_about cr_dynamodb_about(cr_operation operation)
{
    return operations[operation].about;
}

const char *cr_dynamodb_action(cr_operation operation)
{
    return operations[operation].action;
}

bool cr_dynamodb_is_code(const cr_aws_answer *answer, const char *code)
{
    return strcmp(answer->code, code) == 0;
}

static cr_aws_request make_request(cr_operation operation, const cr_buffer *request,
                                   cr_aws_reading reading)
{
    return (cr_aws_request){
        .target = operations[operation].target,
        .content_type = CONTENT_TYPE,
        .body = {request->data, request->size},
        .reading = reading,
        .is_public = operations[operation].about == CR_ABOUT_TABLE,
    };
}

static cruddur_status send(cr_aws_client *client, cr_operation operation, cr_buffer *request,
                           cr_aws_reading reading, cr_call *call, cr_aws_answer *answer)
{
    if (request->failed) {
        return cr_fail_memory(call->error);
    }
    const cr_aws_request made = make_request(operation, request, reading);
    cruddur_status status = cr_aws_call(client, &made, call, answer);
    call->meter.requests += answer->attempts;
    call->meter.waves += answer->attempts;
    cr_queue_progress(call);
    request->size = 0;
    return status;
}

/* ---- answers about tables and streams ---- */

typedef struct member_reading {
    cr_operation operation;
    cr_aws_reading then;
} member_reading;

/* Goes through all of the body: what is behind the member must be JSON, too. */
static bool has_member(cr_str body, const struct operation *operation)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    bool has = false;
    cr_json_init(&in, body, &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        has = has || (cr_str_equal(name, cr_str_of(operation->member)) &&
                      cr_json_peek(&in) == operation->begins);
        (void)cr_json_skip(&in);
    }
    bool is_good = has && cr_json_is_done(&in);
    cr_arena_free(&arena);
    return is_good;
}

static cruddur_status read_member(void *data, cr_str body)
{
    const member_reading *now = data;
    if (!has_member(body, &operations[now->operation])) {
        return CRUDDUR_E_PROTOCOL;
    }
    return now->then.read == NULL ? CRUDDUR_OK : now->then.read(now->then.data, body);
}

cruddur_status cr_dynamodb_send_by(cr_aws_client *client, cr_operation operation,
                                   cr_buffer *request, cr_aws_reading reading, cr_call *call,
                                   cr_aws_answer *answer)
{
    member_reading now = {operation, reading};
    return send(client, operation, request, (cr_aws_reading){read_member, &now}, call, answer);
}

/* ---- answers about rows ---- */

typedef struct rows_reading {
    cr_operation operation;
    cr_arena *arena;
    cr_result *result;
} rows_reading;

static cruddur_status read_rows(void *data, cr_str body)
{
    const rows_reading *now = data;
    cr_arena_reset(now->arena);
    switch (cr_result_read(body, now->arena, now->result)) {
    case CR_RESULT_GOOD:
        break;
    case CR_RESULT_GARBAGE:
        return CRUDDUR_E_PROTOCOL;
    case CR_RESULT_NO_MEMORY:
        return CRUDDUR_E_NO_MEMORY;
    }
    bool lacks_rows = operations[now->operation].member != NULL && !now->result->has_rows;
    return now->result->is_foreign || lacks_rows ? CRUDDUR_E_PROTOCOL : CRUDDUR_OK;
}

cruddur_status cr_dynamodb_send(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                                cr_call *call, cr_aws_answer *answer, cr_arena *arena,
                                cr_result *result)
{
    rows_reading now = {operation, arena, result};
    *result = (cr_result){0};
    return send(table->client, operation, request, (cr_aws_reading){read_rows, &now}, call, answer);
}

cruddur_status cr_dynamodb_ask(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                               cr_call *call, cr_aws_answer *answer, cr_arena *arena,
                               cr_result *result)
{
    cruddur_status status =
        cr_dynamodb_send(table, operation, request, call, answer, arena, result);
    if (status == CRUDDUR_OK && !cr_aws_is_ok(answer)) {
        status = cr_dynamodb_fail(table, operation, answer, call);
    }
    if (status == CRUDDUR_OK) {
        call->meter.read_units += result->capacity_units;
    }
    return status;
}

void cr_dynamodb_try_together(cr_dynamodb *table, cr_dynamodb_try *const *tries, size_t count,
                              cr_call *call)
{
    cr_aws_try sent[CR_HTTP_TOGETHER_MAX];
    rows_reading reading[CR_HTTP_TOGETHER_MAX];
    for (size_t i = 0; i < count; i++) {
        if (tries[i]->request.failed) {
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        cr_dynamodb_try *now = tries[i];
        reading[i] = (rows_reading){now->operation, &now->page, &now->result};
        now->result = (cr_result){0};
        sent[i] = (cr_aws_try){
            .request = make_request(now->operation, &now->request,
                                    (cr_aws_reading){read_rows, &reading[i]}),
            .answer = &now->answer,
        };
    }
    cr_aws_try_together(table->client, sent, count, call);
    unsigned requests = 0;
    for (size_t i = 0; i < count; i++) {
        cr_dynamodb_try *now = tries[i];
        now->is_answered = sent[i].is_answered;
        now->is_good = sent[i].is_success;
        requests += now->answer.attempts;
    }
    call->meter.requests += requests;
    call->meter.waves += requests > 0 ? 1 : 0;
    cr_queue_progress(call);
}

void cr_dynamodb_ask_together(cr_dynamodb *table, cr_dynamodb_try *const *tries, size_t count,
                              cr_call *call)
{
    cr_dynamodb_try_together(table, tries, count, call);
    for (size_t i = 0; i < count; i++) {
        const cr_dynamodb_try *now = tries[i];
        call->meter.rows_read += now->is_good ? (uint32_t)now->result.row_count : 0;
        call->meter.read_units += now->is_good ? now->result.capacity_units : 0;
    }
}
