/* SPDX-License-Identifier: MIT */
/* What the simulated service promises: as DynamoDB does, in what the rules rely on. */
#include "../aws/unit.h"

#include <stdio.h>

#include "world/canon.h"
#include "world/expression.h"
#include "world/simulated.h"
#include "world/streams.h"

TestSuite(service, .timeout = 60);

#define PUT(sk, more)                                                                              \
    "{\"TableName\":\"t\",\"Item\":{\"pk\":{\"S\":\"MSG#1\"},\"sk\":{\"S\":\"" sk "\"}" more       \
    "},\"ConditionExpression\":\"attribute_not_exists(pk)\""                                       \
    ",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}"
#define DELETE(sk, condition)                                                                      \
    "{\"TableName\":\"t\",\"Key\":{\"pk\":{\"S\":\"MSG#1\"},\"sk\":{\"S\":\"" sk "\"}}"            \
    ",\"ConditionExpression\":\"" condition "\"}"
#define TRANSACTION(token, actions)                                                                \
    "{\"ClientRequestToken\":\"" token "\",\"TransactItems\":[" actions "]}"

static sim_answer answer;

static void begin(void)
{
    sim_begin(1, 0, &SIM_CALM);
    cr_buffer_init(&answer.body, SIZE_MAX);
}

static void end(void)
{
    cr_buffer_free(&answer.body);
    sim_end();
}

static int ask(const char *operation, const char *body)
{
    sim_service_handle(cr_str_of(operation), cr_str_of(body), SIM_NO_JOB, &answer);
    return answer.status;
}

static bool answers(const char *part)
{
    return sim_contains((cr_str){answer.body.data, answer.body.size}, part);
}

static const sim_item *item_at(const char *sk)
{
    return sim_table_get((cr_key){cr_str_of("MSG#1"), cr_str_of(sk)});
}

Test(service, puts_once, .init = begin, .fini = end)
{
    cr_expect_eq(ask("PutItem", PUT("1", ",\"a\":{\"S\":\"x\"}")), 200);
    cr_expect_eq(ask("PutItem", PUT("1", "")), 400);
    cr_expect_str_eq(answer.code, "ConditionalCheckFailedException");
    cr_expect(answers("\"a\":{\"S\":\"x\"}"));
    cr_expect_eq(ask("PutItem", PUT("2", "")), 200);
}

Test(service, removes_under_a_condition, .init = begin, .fini = end)
{
    cr_assert_eq(ask("PutItem", PUT("1", ",\"a\":{\"S\":\"x\"}")), 200);
    cr_expect_eq(ask("DeleteItem", DELETE("1", "attribute_not_exists(a)")), 400);
    cr_expect_not_null(item_at("1"));
    cr_expect_eq(ask("DeleteItem", DELETE("1", "attribute_exists(a) AND attribute_not_exists(b)")),
                 200);
    cr_expect_null(item_at("1"));
}

Test(service, commits_all_or_nothing, .init = begin, .fini = end)
{
    cr_assert_eq(ask("PutItem", PUT("1", "")), 200);
    cr_expect_eq(ask("TransactWriteItems",
                     TRANSACTION("a", "{\"Put\":" PUT("2", "") "},{\"Put\":" PUT("1", "") "}")),
                 400);
    cr_expect_str_eq(answer.code, "TransactionCanceledException");
    cr_expect(answers("[{\"Code\":\"None\"},{\"Code\":\"ConditionalCheckFailed\""));
    cr_expect_null(item_at("2"));
    cr_expect_eq(ask("TransactWriteItems",
                     TRANSACTION("b", "{\"Put\":" PUT("2", "") "},{\"ConditionCheck\":" DELETE(
                                          "1", "attribute_exists(pk)") "}")),
                 200);
    cr_expect_not_null(item_at("2"));
}

/* For ten minutes. */
Test(service, knows_a_transaction_again, .init = begin, .fini = end)
{
    static const char put[] = TRANSACTION("a", "{\"Put\":" PUT("1", "") "}");
    cr_assert_eq(ask("TransactWriteItems", put), 200);
    cr_assert_eq(ask("DeleteItem", DELETE("1", "attribute_exists(pk)")), 200);
    sim_advance(SIM_TOKEN_US / 2);
    cr_expect_eq(ask("TransactWriteItems", put), 200);
    cr_expect_null(item_at("1"), "it was recognised");
    sim_advance(SIM_TOKEN_US);
    cr_expect_eq(ask("TransactWriteItems", put), 200);
    cr_expect_not_null(item_at("1"), "it was carried out again");
}

static size_t rows_in_index(void)
{
    const sim_item *const *found;
    const sim_range range = {.is_index = true, .partition = cr_str_of("g")};
    return sim_table_query(&range, &found);
}

/* Each item as it was a while ago: so an item that moved is seen twice, once, or not at all. */
Test(service, has_an_index_that_lags, .init = begin, .fini = end)
{
    bool seen[3] = {false};
    sim_table_set_lag(20);
    for (int i = 0; i < 20; i++) {
        sim_table_pass_moment();
    }
    cr_assert_eq(ask("PutItem", PUT("1", ",\"message_group_uuid\":{\"S\":\"g\"}")), 200);
    for (int i = 0; i < 20; i++) {
        sim_table_pass_moment();
    }
    cr_expect_eq(rows_in_index(), 1u);
    cr_assert_eq(ask("PutItem", PUT("2", ",\"message_group_uuid\":{\"S\":\"g\"}")), 200);
    cr_assert_eq(ask("DeleteItem", DELETE("1", "attribute_exists(pk)")), 200);
    for (int i = 0; i < 200; i++) {
        seen[rows_in_index()] = true;
    }
    cr_expect(seen[0] && seen[1] && seen[2]);
    for (int i = 0; i < 20; i++) {
        sim_table_pass_moment();
    }
    cr_expect_eq(rows_in_index(), 1u);
}

static bool holds(const char *condition)
{
    sim_placeholders none = {
        .count = 2, .name = {{":v", 2}, {"#n", 2}}, .meaning = {{"{\"S\":\"x\"}", 9}, {"a", 1}}};
    return sim_condition_holds(cr_str_of(condition), &none, item_at("1"));
}

Test(service, evaluates_conditions, .init = begin, .fini = end)
{
    cr_assert_eq(ask("PutItem", PUT("1", ",\"a\":{\"S\":\"x\"},\"b\":{\"N\":\"1\"}")), 200);
    cr_expect(holds("a = :v"));
    cr_expect(holds("#n = :v AND attribute_exists(b)"));
    cr_expect_not(holds("b = :v"));
    cr_expect(holds("b <> :v"));
    cr_expect(holds("b = :v OR a = :v"));
    cr_expect_not(holds("c = :v"));
    cr_expect(holds("NOT (c = :v OR attribute_not_exists(a)) AND attribute_not_exists(c)"));
}

/* ---- what the real service may do ---- */

#define QUERY                                                                                      \
    "{\"TableName\":\"t\",\"KeyConditionExpression\":\"pk = :p\","                                 \
    "\"ExpressionAttributeValues\":{\":p\":{\"S\":\"MSG#1\"}}"

static size_t count_of(const char *part)
{
    size_t count = 0;
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= answer.body.size; i++) {
        count += memcmp(answer.body.data + i, part, size) == 0 ? 1 : 0;
    }
    return count;
}

/* Of up to so many moments ago, unless a read is to be consistent. */
Test(service, shows_what_was_to_reads_that_are_not_consistent, .init = begin, .fini = end)
{
    const sim_manners stale = {.stale = 20};
    bool seen[2] = {false};
    sim_service_set_manners(&stale);
    for (int i = 0; i < 20; i++) {
        sim_table_pass_moment();
    }
    cr_assert_eq(ask("PutItem", PUT("1", "")), 200);
    for (int i = 0; i < 15; i++) {
        cr_assert_eq(ask("Query", QUERY ",\"ConsistentRead\":true}"), 200);
        cr_assert_eq(count_of("\"sk\""), 1u);
        cr_assert_eq(ask("Query", QUERY "}"), 200);
        seen[count_of("\"sk\"")] = true;
    }
    cr_expect(seen[0] && seen[1]);
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(ask("Query", QUERY "}"), 200);
    }
    cr_expect_eq(count_of("\"sk\""), 1u);
}

Test(service, ends_pages_soon, .init = begin, .fini = end)
{
    const sim_manners small = {.page_bytes = 20};
    cr_assert_eq(ask("PutItem", PUT("1", "")), 200);
    cr_assert_eq(ask("PutItem", PUT("2", "")), 200);
    cr_assert_eq(ask("PutItem", PUT("3", "")), 200);
    sim_service_set_manners(&small);
    cr_assert_eq(ask("Query", QUERY "}"), 200);
    cr_expect_eq(count_of("\"pk\""), 3u, "two rows, and the key of the next page");
    cr_assert_eq(ask("Query", QUERY ",\"ExclusiveStartKey\":{\"pk\":{\"S\":\"MSG#1\"},"
                                    "\"sk\":{\"S\":\"2\"}}}"),
                 200);
    cr_expect_eq(count_of("\"pk\""), 1u);
    cr_expect(answers("\"3\"") && !answers("LastEvaluatedKey"));
}

Test(service, leaves_keys_of_a_batch_for_later, .init = begin, .fini = end)
{
    const sim_manners slow = {.unprocessed = 2};
    bool seen[3] = {false};
    cr_assert_eq(ask("PutItem", PUT("1", "")), 200);
    cr_assert_eq(ask("PutItem", PUT("2", "")), 200);
    sim_service_set_manners(&slow);
    for (int i = 0; i < 40; i++) {
        cr_assert_eq(ask("BatchGetItem", "{\"RequestItems\":{\"t\":{\"Keys\":["
                                         "{\"pk\":{\"S\":\"MSG#1\"},\"sk\":{\"S\":\"1\"}},"
                                         "{\"pk\":{\"S\":\"MSG#1\"},\"sk\":{\"S\":\"2\"}}]}}}"),
                     200);
        cr_expect_eq(count_of("\"sk\""), 2u, "each key is answered or left");
        seen[answers("\"Keys\"") ? 1 : 0] = true;
    }
    cr_expect(seen[0] && seen[1]);
}

/* By the service itself, which the stream's record says. */
Test(service, removes_what_has_expired, .init = begin, .fini = end)
{
    cr_assert_eq(ask("UpdateTimeToLive", "{\"TableName\":\"t\",\"TimeToLiveSpecification\":"
                                         "{\"Enabled\":true,\"AttributeName\":\"expires_at\"}}"),
                 200);
    cr_assert_eq(ask("PutItem", PUT("1", ",\"expires_at\":{\"N\":\"1000\"}")), 200);
    cr_assert_eq(ask("PutItem", PUT("2", ",\"expires_at\":{\"S\":\"1000\"}")), 200);
    cr_assert_eq(ask("PutItem", PUT("3", "")), 200);
    const sim_about *about = sim_tables_find(cr_str_of(SIM_FIRST_TABLE));
    cr_assert_not_null(about);
    cr_expect_eq(sim_tables_expire(about, 1000), 0u);
    cr_expect_eq(sim_tables_expire(about, 1001), 1u);
    cr_expect_null(item_at("1"));
    cr_expect_not_null(item_at("2"));
    cr_expect_not_null(item_at("3"));
    cr_expect(sim_change_at(sim_change_count() - 1)->is_expiry);
}

Test(service, refuses_a_token_with_another_content, .init = begin, .fini = end)
{
    cr_assert_eq(ask("TransactWriteItems", TRANSACTION("a", "{\"Put\":" PUT("1", "") "}")), 200);
    cr_expect_eq(ask("TransactWriteItems", TRANSACTION("a", "{\"Put\":" PUT("2", "") "}")), 400);
    cr_expect_str_eq(answer.code, "IdempotentParameterMismatchException");
    cr_expect_null(item_at("2"));
}

/* ---- streams ---- */

#define STREAM "\"arn:aws:dynamodb:simulated:000000000000:table/t/stream/2026-01-01T00:00:00.000\""
#define SHARD(number) "\"shardId-0000000000000000000" number "\""

typedef struct iterator {
    char text[128];
} iterator;

static bool take_iterator(const char *member, iterator *found)
{
    char *at;
    found->text[0] = '\0';
    cr_buffer_add_text(&answer.body, cr_str_of(""));
    answer.body.size--;
    at = strstr(answer.body.data, member);
    if (at != NULL) {
        at += strlen(member) + strlen("\":\"");
        (void)snprintf(found->text, sizeof(found->text), "%.*s", (int)strcspn(at, "\""), at);
    }
    return at != NULL;
}

static int open_shard(const char *number, const char *type, iterator *found)
{
    char body[400];
    (void)snprintf(body, sizeof(body),
                   "{\"StreamArn\":" STREAM ",\"ShardId\":" SHARD(
                       "%s") ",\"ShardIteratorType\":\"%s\",\"SequenceNumber\":\"100000000000\"}",
                   number, type);
    int status = ask("GetShardIterator", body);
    (void)take_iterator("ShardIterator", found);
    return status;
}

/* How many records there are; *at is where it goes on, if it does. */
static size_t read_on(iterator *at, bool *goes_on)
{
    char body[400];
    (void)snprintf(body, sizeof(body), "{\"ShardIterator\":\"%s\"}", at->text);
    cr_assert_eq(ask("GetRecords", body), 200);
    size_t count = count_of("\"eventName\"");
    *goes_on = take_iterator("NextShardIterator", at);
    return count;
}

/* The parent closes, and each change is in one child. */
Test(service, splits_shards, .init = begin, .fini = end)
{
    iterator at;
    bool goes_on;
    cr_assert_eq(ask("PutItem", PUT("1", "")), 200);
    cr_assert_eq(open_shard("0", "TRIM_HORIZON", &at), 200);
    cr_expect_eq(read_on(&at, &goes_on), 1u);
    cr_expect(goes_on, "it is open");
    sim_about *about = sim_tables_find(cr_str_of(SIM_FIRST_TABLE));
    sim_streams_split(about);
    cr_expect_eq(read_on(&at, &goes_on), 0u);
    cr_expect_not(goes_on, "it is closed");
    cr_assert_eq(ask("DescribeStream", "{\"StreamArn\":" STREAM "}"), 200);
    cr_expect_eq(count_of("\"ShardId\""), 3u);
    cr_expect_eq(count_of("\"ParentShardId\":" SHARD("0")), 2u);
    cr_expect_eq(count_of("\"EndingSequenceNumber\""), 1u);
    cr_assert_eq(ask("PutItem", PUT("2", "")), 200);
    size_t told = 0;
    cr_assert_eq(open_shard("1", "TRIM_HORIZON", &at), 200);
    told += read_on(&at, &goes_on);
    cr_assert_eq(open_shard("2", "TRIM_HORIZON", &at), 200);
    told += read_on(&at, &goes_on);
    cr_expect_eq(told, 1u);
}

Test(service, has_no_record_of_a_write_that_changes_nothing, .init = begin, .fini = end)
{
    static const char put[] =
        "{\"TableName\":\"t\",\"Item\":{\"pk\":{\"S\":\"MSG#1\"},\"sk\":{\"S\":\"1\"}}}";
    iterator at;
    bool goes_on;
    cr_assert_eq(ask("PutItem", put), 200);
    cr_assert_eq(ask("PutItem", put), 200);
    cr_assert_eq(open_shard("0", "TRIM_HORIZON", &at), 200);
    cr_expect_eq(read_on(&at, &goes_on), 1u);
}

Test(service, trims_streams_and_expires_iterators, .init = begin, .fini = end)
{
    iterator at;
    bool goes_on;
    char body[400];
    cr_assert_eq(ask("PutItem", PUT("1", "")), 200);
    cr_assert_eq(ask("PutItem", PUT("2", "")), 200);
    cr_assert_eq(open_shard("0", "AT_SEQUENCE_NUMBER", &at), 200);
    sim_about *about = sim_tables_find(cr_str_of(SIM_FIRST_TABLE));
    sim_streams_trim(about, 1);
    (void)snprintf(body, sizeof(body), "{\"ShardIterator\":\"%s\"}", at.text);
    cr_expect_eq(ask("GetRecords", body), 400);
    cr_expect_str_eq(answer.code, "TrimmedDataAccessException");
    cr_expect_eq(open_shard("0", "AT_SEQUENCE_NUMBER", &at), 400);
    cr_expect_str_eq(answer.code, "TrimmedDataAccessException");
    cr_assert_eq(open_shard("0", "TRIM_HORIZON", &at), 200);
    cr_expect_eq(read_on(&at, &goes_on), 1u);
    sim_advance(SIM_ITERATOR_US + 1);
    (void)snprintf(body, sizeof(body), "{\"ShardIterator\":\"%s\"}", at.text);
    cr_expect_eq(ask("GetRecords", body), 400);
    cr_expect_str_eq(answer.code, "ExpiredIteratorException");
    sim_streams_split(about);
    sim_streams_trim(about, 0);
    cr_expect_eq(open_shard("0", "TRIM_HORIZON", &at), 400, "a closed shard goes with its records");
    cr_expect_str_eq(answer.code, "ResourceNotFoundException");
}

/* ---- requests of other programs ---- */

static void expect_canonical(const char *json, const char *expected)
{
    cr_buffer out;
    cr_buffer_init(&out, SIZE_MAX);
    cr_assert(sim_canonize(cr_str_of(json), &out));
    cr_buffer_add_text(&out, cr_str_of(""));
    cr_assert_not(out.failed);
    cr_expect_str_eq(out.data, expected);
    cr_buffer_free(&out);
}

Test(service, reads_what_other_programs_write)
{
    expect_canonical("{ \"a\" : {\"S\": \"\\u00e9\\/\"} , \"b\":[true , null]}",
                     "{\"a\":{\"S\":\"\xc3\xa9/\"},\"b\":[true,null]}");
    expect_canonical("{\"SS\":[\"b\",\"a\"],\"NS\":[\"2.0\",\"1e1\"]}",
                     "{\"SS\":[\"a\",\"b\"],\"NS\":[\"10\",\"2\"]}");
    expect_canonical("[{\"N\":\"-0\"},{\"N\":\"007.50\"},{\"N\":\"-12e-4\"},{\"N\":\"1.5e3\"}]",
                     "[{\"N\":\"0\"},{\"N\":\"7.5\"},{\"N\":\"-0.0012\"},{\"N\":\"1500\"}]");
}
