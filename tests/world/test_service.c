/* SPDX-License-Identifier: MIT */
/* What the simulated service promises: as DynamoDB does, in what the rules rely on. */
#include "../aws/unit.h"

#include "world/expression.h"
#include "world/simulated.h"

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
