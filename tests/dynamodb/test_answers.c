/* SPDX-License-Identifier: MIT */
/* A 200 is a success only with a well-formed response of the operation. Whatever else answers, from
 * the service or from something in between, is asked again; a write's fate is then looked up in the
 * table, or unknown. */
#include "dynamodb/scripted.h"

#include <stdio.h>
#include <string.h>

#include "store/stream.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define JSON "Content-Type: application/x-amz-json-1.0\r\n"
#define HTML "Content-Type: text/html; charset=utf-8\r\n"
#define PAGE "<html><body>Please sign in</body></html>"
#define CAPACITY "\"ConsumedCapacity\":{\"TableName\":\"t\",\"CapacityUnits\":1.0}"
#define CAPACITIES "\"ConsumedCapacity\":[{\"TableName\":\"t\",\"CapacityUnits\":6.0}]"

/* ---- what is a success of no operation on rows ---- */

typedef struct bad {
    const char *name;
    int status;
    const char *headers;
    const char *body;
} bad;

static const bad bads[] = {
    {"a page", 200, HTML, PAGE},
    {"a page under DynamoDB's content type", 200, JSON, PAGE},
    {"the right body as text/html", 200, HTML, "{}"},
    {"the right body as application/json", 200, "Content-Type: application/json\r\n", "{}"},
    {"the right body without a content type", 200, "Content-Type:\r\n", "{}"},
    {"no body", 200, JSON, ""},
    {"blanks", 200, JSON, " \r\n "},
    {"a body that is cut", 200, JSON, "{\"ConsumedCapacity\":{\"TableName\":\"t\",\"Cap"},
    {"a body with something behind it", 200, JSON, "{} {}"},
    {"an array", 200, JSON, "[]"},
    {"a string", 200, JSON, "\"ok\""},
    {"null", 200, JSON, "null"},
    {"JSON of something else", 200, JSON, "{\"status\":\"ok\"}"},
    {"a member of another type", 200, JSON, "{\"ConsumedCapacity\":\"much\"}"},
    {"an error", 200, JSON, "{\"__type\":\"x#InternalServerError\",\"message\":\"no\"}"},
    {"an error beside a success", 200, JSON, "{\"__type\":\"x#InternalServerError\"," CAPACITY "}"},
    {"a wrong checksum", 200, JSON "x-amz-crc32: 1\r\n", "{}"},
    {"201", 201, JSON, "{}"},
    {"202", 202, JSON, "{}"},
    {"204", 204, "", ""},
    {"206", 206, JSON, "{}"},
    {"301", 301, "Location: https://127.0.0.1:1/\r\n", ""},
    {"302 with the right body", 302, JSON "Location: https://127.0.0.1:1/\r\n", "{}"},
    {"304", 304, "", ""},
};

static step answer(const bad *what)
{
    return (step){ACT_REPLY, answer_of(what->status, what->headers, what->body)};
}

/* ---- writes ---- */

/* Whether what may be carried out says so, and whether it may be tried again. */
static void expect_unknown(const char *name, cruddur_status status, cruddur_status wanted)
{
    cr_assert_eq(status, wanted, "%s: %s, %s", name, cruddur_status_name(status),
                 cruddur_error_message(now.error));
    cr_assert(cruddur_error_outcome_unknown(now.error), "%s", name);
}

Test(dynamodb_answers, do_not_acknowledge_a_transaction_that_was_not_carried_out)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        OPEN("&attempts=1", answer(&bads[i]), reply(200, "{" CAPACITY "}"));
        expect_unknown(bads[i].name, change(), CRUDDUR_E_PROTOCOL);
        cr_assert(cruddur_error_is_retryable(now.error), "%s", bads[i].name);
        expect_target(1, "GetItem");
        close_store(2);
    }
}

Test(dynamodb_answers, the_table_tells_of_a_transaction_that_was_carried_out)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        OPEN("&attempts=1", answer(&bads[i]), reply(200, "{\"Item\":" MESSAGE "}"));
        cr_assert_eq(change(), CRUDDUR_OK, "%s: %s", bads[i].name,
                     cruddur_error_message(now.error));
        expect_target(1, "GetItem");
        close_store(2);
    }
}

/* Under one token, so that it is never applied twice. */
Test(dynamodb_answers, a_transaction_is_sent_again)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        OPEN("", answer(&bads[i]), answer(&bads[i]), reply(200, "{" CAPACITIES "}"));
        cr_assert_eq(change(), CRUDDUR_OK, "%s: %s", bads[i].name,
                     cruddur_error_message(now.error));
        cr_assert_str_eq(body_of(0), body_of(2));
        close_store(3);
    }
}

/* In steps the message's own write is the second. */
Test(dynamodb_answers, do_not_acknowledge_a_step_that_was_not_carried_out)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        OPEN("&mode=steps&attempts=1", reply(200, "{" CAPACITY "}"), answer(&bads[i]),
             reply(200, "{" CAPACITY "}"));
        expect_unknown(bads[i].name, change(), CRUDDUR_E_PROTOCOL);
        expect_target(1, "PutItem");
        expect_target(2, "GetItem");
        close_store(3);
    }
}

Test(dynamodb_answers, the_table_tells_of_a_step_that_was_carried_out)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        OPEN("&mode=steps&attempts=1", reply(200, "{}"), answer(&bads[i]),
             reply(200, "{\"Item\":" MESSAGE "}"), reply(200, "{}"));
        cr_assert_eq(change(), CRUDDUR_OK, "%s: %s", bads[i].name,
                     cruddur_error_message(now.error));
        expect_target(3, "DeleteItem");
        close_store(4);
    }
}

/* A removal that nobody acknowledged is left to the next change, and is no failure of this one. */
Test(dynamodb_answers, do_not_acknowledge_a_removal)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        OPEN("&mode=steps&attempts=1", reply(200, "{}"), reply(200, "{}"), answer(&bads[i]));
        cr_assert_eq(change(), CRUDDUR_OK);
        cr_assert_eq(now.call.meter.rows_written, 2, "%s", bads[i].name);
        close_store(3);
    }
}

static cruddur_status remove_body(cr_txn *txn, void *context)
{
    cr_row old = group_row(OLD);
    (void)context;
    return txn->ops->remove(txn, &old);
}

Test(dynamodb_answers, a_change_that_only_removes_may_be_of_unknown_outcome)
{
    for (size_t i = 0; i < COUNT(bads); i++) {
        OPEN("&attempts=1", answer(&bads[i]));
        cruddur_status status = now.store->ops->change(now.store, remove_body, NULL, &now.call);
        expect_unknown(bads[i].name, status, CRUDDUR_E_PROTOCOL);
        close_store(1);
    }
}

/* ---- an error that is not the service's ---- */

static const struct {
    bad is;
    cruddur_status status;
} errors[] = {
    {{"400 without a code", 400, JSON, "{\"message\":\"no\"}"}, CRUDDUR_E_PROTOCOL},
    {{"401 of a proxy", 401, HTML, PAGE}, CRUDDUR_E_ACCESS_DENIED},
    {{"403 of a proxy", 403, HTML, PAGE}, CRUDDUR_E_ACCESS_DENIED},
    {{"404 of a web server", 404, HTML, PAGE}, CRUDDUR_E_PROTOCOL},
    {{"407 of a proxy", 407, HTML, PAGE}, CRUDDUR_E_PROTOCOL},
    {{"413 of a proxy", 413, HTML, PAGE}, CRUDDUR_E_PROTOCOL},
    {{"502 of a proxy", 502, HTML, PAGE}, CRUDDUR_E_SERVICE},
    {{"504 of a proxy", 504, HTML, PAGE}, CRUDDUR_E_SERVICE},
};

/* Whatever stands in between may have passed the request on before it answered so. */
Test(dynamodb_answers, an_error_without_a_code_leaves_a_write_open)
{
    for (size_t i = 0; i < COUNT(errors); i++) {
        OPEN("&attempts=1", answer(&errors[i].is), reply(200, "{}"));
        expect_unknown(errors[i].is.name, change(), errors[i].status);
        close_store(2);
        OPEN("&attempts=1", answer(&errors[i].is), reply(200, "{\"Item\":" MESSAGE "}"));
        cr_assert_eq(change(), CRUDDUR_OK, "%s", errors[i].is.name);
        close_store(2);
    }
}

Test(dynamodb_answers, an_error_with_a_code_means_that_nothing_was_written)
{
    OPEN("&attempts=1", reply(400, FAILED("AccessDeniedException")));
    cr_assert_eq(change(), CRUDDUR_E_ACCESS_DENIED);
    cr_assert(!cruddur_error_outcome_unknown(now.error));
    close_store(1);
}

/* ---- reads ---- */

static cruddur_status get_body(cr_txn *txn, void *context)
{
    const size_t *count = context;
    cr_row rows[2];
    const cr_key keys[] = {{cr_str_of("p"), cr_str_of("1")}, {cr_str_of("p"), cr_str_of("2")}};
    return txn->ops->get(txn, keys, *count, rows);
}

static cruddur_status get(size_t count)
{
    return now.store->ops->read(now.store, get_body, &count, &now.call);
}

static cruddur_status get_one(void)
{
    return get(1);
}

static cruddur_status get_two(void)
{
    return get(2);
}

static cruddur_status query_table(void)
{
    reading what = {0};
    return query(&what);
}

static cr_sink_answer ignore_row(void *context, const cr_row *row)
{
    (void)context;
    (void)row;
    return CR_SINK_MORE;
}

static cruddur_status scan(void)
{
    const cr_key start = {CR_STR_ABSENT, CR_STR_ABSENT};
    return now.store->ops->scan(now.store, start, 10, ignore_row, NULL, &now.call);
}

static const struct reader {
    const char *operation;
    cruddur_status (*run)(void);
    const char *right; /* an answer */
    const char *wrong; /* one of another operation */
} readers[] = {
    {"GetItem", get_one, "{\"Item\":" ROW("1") "}", "{\"Table\":{\"TableStatus\":\"ACTIVE\"}}"},
    {"BatchGetItem", get_two, "{\"Responses\":{\"messages\":[" ROW("1") "]}}", "{" CAPACITY "}"},
    {"Query", query_table, "{\"Items\":[" ROW("1") "]}", "{\"Item\":" ROW("1") "}"},
    {"Scan", scan, "{\"Items\":[" ROW("1") "]}", "{}"},
};

/* The wrong answer twice, then always. */
static void expect_again(const struct reader *reader, const bad *wrong)
{
    OPEN("", answer(wrong), answer(wrong), reply(200, reader->right));
    cr_assert_eq(reader->run(), CRUDDUR_OK, "%s, %s: %s", reader->operation, wrong->name,
                 cruddur_error_message(now.error));
    expect_target(2, reader->operation);
    close_store(3);
    OPEN("&attempts=1", answer(wrong));
    cr_assert_eq(reader->run(), CRUDDUR_E_PROTOCOL, "%s, %s", reader->operation, wrong->name);
    cr_assert(cruddur_error_is_retryable(now.error), "%s, %s", reader->operation, wrong->name);
    cr_assert(!cruddur_error_outcome_unknown(now.error));
    close_store(1);
}

Test(dynamodb_answers, a_read_is_asked_again)
{
    for (size_t i = 0; i < COUNT(readers); i++) {
        const bad foreign = {"another operation's", 200, JSON, readers[i].wrong};
        for (size_t j = 0; j < COUNT(bads); j++) {
            expect_again(&readers[i], &bads[j]);
        }
        expect_again(&readers[i], &foreign);
    }
}

/* ---- tables ---- */

static cruddur_status load(void)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    return now.store->ops->schema_load(now.store, &options, &now.call);
}

static cruddur_status load_backups(void)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    options.flags = CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY;
    return now.store->ops->schema_load(now.store, &options, &now.call);
}

static cruddur_status list_tables(void)
{
    cr_lines lines;
    cr_lines_init(&lines);
    cruddur_status status = now.store->ops->schema_list(now.store, &lines, &now.call);
    cr_lines_free(&lines);
    return status;
}

static cruddur_status drop(void)
{
    return now.store->ops->schema_drop(now.store, NULL, &now.call);
}

/* ---- streams ---- */

static cr_arena arena;

static cruddur_status list_shards(void)
{
    cr_shards shards;
    cruddur_status status = now.store->stream->list_shards(now.store, cr_str_of("arn:stream"),
                                                           &arena, &now.call, &shards);
    cr_assert(status != CRUDDUR_OK || shards.count == 1);
    return status;
}

static cruddur_status get_iterator(void)
{
    cr_shard_state state;
    cr_str iterator;
    return now.store->stream->get_iterator(now.store, cr_str_of("arn:stream"), cr_str_of("shard"),
                                           CR_SHARD_OLDEST, CR_STR_ABSENT, &arena, &now.call,
                                           &state, &iterator);
}

static cruddur_status get_records(void)
{
    cr_shard_state state;
    cr_records records;
    return now.store->stream->get_records(now.store, cr_str_of("iterator"), 10, &arena, &now.call,
                                          &state, &records);
}

static cruddur_status find_stream(void)
{
    cr_str stream;
    return now.store->stream->find_stream(now.store, &arena, &now.call, &stream);
}

/* ---- operations on tables and streams ---- */

#define EXPIRY                                                                                     \
    "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"ENABLED\","                                \
    "\"AttributeName\":\"expires_at\"}}"

/* What comes before the operation, its own answer, and what comes after. */
static const struct {
    const char *operation;
    cruddur_status (*run)(void);
    struct {
        int status;
        const char *body;
    } before[3], right, after[2];
    const char *member; /* that an answer must have */
} others[] = {
    {"DescribeTable",
     load,
     {{0, NULL}},
     {200, "{\"Table\":" TABLE "}"},
     {{200, "{\"Table\":" TABLE "}"}, {200, EXPIRY}},
     "Table"},
    {"DescribeTable",
     find_stream,
     {{0, NULL}},
     {200, "{\"Table\":" TABLE "}"},
     {{0, NULL}},
     "Table"},
    {"CreateTable",
     load,
     {{400, NO_TABLE}},
     {200, "{\"TableDescription\":{}}"},
     {{200, "{\"Table\":" TABLE "}"}, {200, EXPIRY}},
     "TableDescription"},
    {"UpdateTable",
     load,
     {{200, "{\"Table\":" TABLE_WITH("") "}"}, {200, "{\"Table\":" TABLE_WITH("") "}"}},
     {200, "{\"TableDescription\":{}}"},
     {{200, "{\"Table\":" TABLE "}"}, {200, EXPIRY}},
     "TableDescription"},
    {"DeleteTable",
     drop,
     {{0, NULL}},
     {200, "{\"TableDescription\":{}}"},
     {{400, NO_TABLE}},
     "TableDescription"},
    {"ListTables",
     list_tables,
     {{0, NULL}},
     {200, "{\"TableNames\":[]}"},
     {{0, NULL}},
     "TableNames"},
    {"DescribeTimeToLive",
     load,
     {{200, "{\"Table\":" TABLE "}"}, {200, "{\"Table\":" TABLE "}"}},
     {200, EXPIRY},
     {{0, NULL}},
     "TimeToLiveDescription"},
    {"UpdateTimeToLive",
     load,
     {{200, "{\"Table\":" TABLE "}"},
      {200, "{\"Table\":" TABLE "}"},
      {200, "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}"}},
     {200, "{\"TimeToLiveSpecification\":{}}"},
     {{200, "{\"Table\":" TABLE "}"}},
     "TimeToLiveSpecification"},
    {"DescribeContinuousBackups",
     load_backups,
     {{200, "{\"Table\":" TABLE "}"}, {200, "{\"Table\":" TABLE "}"}},
     {200, "{\"ContinuousBackupsDescription\":{\"PointInTimeRecoveryDescription\":{"
           "\"PointInTimeRecoveryStatus\":\"ENABLED\"}}}"},
     {{200, EXPIRY}},
     "ContinuousBackupsDescription"},
    {"UpdateContinuousBackups",
     load_backups,
     {{200, "{\"Table\":" TABLE "}"},
      {200, "{\"Table\":" TABLE "}"},
      {200, "{\"ContinuousBackupsDescription\":{}}"}},
     {200, "{\"ContinuousBackupsDescription\":{}}"},
     {{200, "{\"Table\":" TABLE "}"}, {200, EXPIRY}},
     "ContinuousBackupsDescription"},
    {"DescribeStream",
     list_shards,
     {{0, NULL}},
     {200, "{\"StreamDescription\":{\"Shards\":[{\"ShardId\":\"a\"}]}}"},
     {{0, NULL}},
     "StreamDescription"},
    {"GetShardIterator",
     get_iterator,
     {{0, NULL}},
     {200, "{\"ShardIterator\":\"i\"}"},
     {{0, NULL}},
     "ShardIterator"},
    {"GetRecords", get_records, {{0, NULL}}, {200, "{\"Records\":[]}"}, {{0, NULL}}, "Records"},
};

/* The wrong answer once, then always. */
static void expect_other(size_t at, const bad *wrong)
{
    for (int is_last = 0; is_last < 2; is_last++) {
        step steps[8];
        size_t count = 0;
        for (size_t i = 0; i < COUNT(others[at].before) && others[at].before[i].body != NULL; i++) {
            steps[count++] = reply(others[at].before[i].status, others[at].before[i].body);
        }
        size_t asked = count;
        steps[count++] = answer(wrong);
        if (is_last == 0) {
            steps[count++] = reply(others[at].right.status, others[at].right.body);
            for (size_t i = 0; i < COUNT(others[at].after) && others[at].after[i].body != NULL;
                 i++) {
                steps[count++] = reply(others[at].after[i].status, others[at].after[i].body);
            }
        }
        open_store(steps, count, is_last == 0 ? "" : "&attempts=1");
        cruddur_status status = others[at].run();
        cr_assert_eq(status, is_last == 0 ? CRUDDUR_OK : CRUDDUR_E_PROTOCOL, "%s, %s: %s",
                     others[at].operation, wrong->name, cruddur_error_message(now.error));
        expect_target(asked, others[at].operation);
        close_store(server_requests(now.service));
    }
    cr_arena_reset(&arena);
}

Test(dynamodb_answers, about_tables_and_streams_are_asked_for_again)
{
    char number[160];
    char cut[160];
    for (size_t i = 0; i < COUNT(others); i++) {
        const bad wrong[] = {
            {"nothing", 200, JSON, "{}"},
            {"a page", 200, HTML, PAGE},
            {"204", 204, "", ""},
            {"a member of another type", 200, JSON, number},
            {"a body that is cut", 200, JSON, cut},
        };
        (void)snprintf(number, sizeof(number), "{\"%s\":7}", others[i].member);
        (void)snprintf(cut, sizeof(cut), "{\"%s\":", others[i].member);
        for (size_t j = 0; j < COUNT(wrong); j++) {
            expect_other(i, &wrong[j]);
        }
    }
    cr_arena_free(&arena);
}

/* ---- what passes ---- */

/* As services other than DynamoDB answer: nothing that was not asked for, or more than we know. */
Test(dynamodb_answers, that_are_bare_or_rich_are_right)
{
    static const char *const bodies[] = {
        "{}",
        " { } ",
        "{" CAPACITIES "}",
        "{\"ItemCollectionMetrics\":{}}",
        "{" CAPACITIES ",\"SomethingNew\":{\"a\":[1,2]}}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        OPEN("", reply(200, bodies[i]));
        cr_assert_eq(change(), CRUDDUR_OK, "%s", bodies[i]);
        close_store(1);
    }
    OPEN("",
         (step){ACT_REPLY, answer_of(200,
                                     "content-type: Application/X-Amz-JSON-1.0; charset=utf-8\r\n"
                                     "Content-Type: text/plain\r\n",
                                     "{}")});
    cr_assert_eq(change(), CRUDDUR_OK);
    close_store(1);
}
