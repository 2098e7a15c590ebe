/* SPDX-License-Identifier: MIT */
/* What the engine makes of a service's answers, on a server that follows a script. */
#include "dynamodb/scripted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/late.h"

/* ---- changes ---- */

Test(dynamodb_engine, a_change_is_one_transaction)
{
    OPEN("", reply(200, "{\"ConsumedCapacity\":[{\"TableName\":\"t\",\"CapacityUnits\":6.0}]}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    expect_target(0, "TransactWriteItems");
    cr_assert_eq(now.runs, 1);
    cr_assert(now.call.meter.write_units > 5.9 && now.call.meter.write_units < 6.1);
    cr_assert_eq(now.call.meter.requests, 1);
    cr_assert_not_null(strstr(body_of(0), "\"ClientRequestToken\":\""));
    cr_assert_not_null(strstr(body_of(0), "attribute_not_exists(pk)"));
    cr_assert_not_null(strstr(body_of(0), "AND #o0 = :o0"));
    close_store(1);
}

Test(dynamodb_engine, a_conflict_sends_the_same_bytes_again)
{
    OPEN("", reply(400, CANCELLED(NONE "," CONFLICT "," NONE)),
         reply(400, CANCELLED(NONE ",{\"Code\":\"ThrottlingError\"}," NONE)), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK, "%s", cruddur_error_message(now.error));
    cr_assert_eq(now.runs, 1);
    cr_assert_str_eq(body_of(0), body_of(1));
    cr_assert_str_eq(body_of(0), body_of(2));
    close_store(3);
}

Test(dynamodb_engine, a_failed_condition_runs_the_body_again)
{
    OPEN("", reply(400, CANCELLED(CONFLICT "," NONE "," REFUSED)), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 2);
    cr_assert_str_neq(body_of(0), body_of(1), "the token must be another");
    close_store(2);
}

Test(dynamodb_engine, our_own_success_is_recognised)
{
    OPEN("", (step){ACT_CLOSE, NULL}, reply(400, CANCELLED(REFUSED "," OUR_OWN "," REFUSED)));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 1);
    cr_assert_str_eq(body_of(0), body_of(1));
    close_store(2);
}

Test(dynamodb_engine, another_message_is_not_taken_for_ours)
{
    OPEN("", (step){ACT_CLOSE, NULL}, reply(400, CANCELLED(NONE "," THEIRS "," NONE)),
         reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 2);
    close_store(3);
}

Test(dynamodb_engine, other_reasons_end_it)
{
    OPEN("", reply(400, CANCELLED(NONE ",{\"Code\":\"ValidationError\",\"Message\":\"secret\"}")),
         reply(400, FAILED("AccessDeniedException")));
    cr_assert_eq(change(), CRUDDUR_E_REFUSED);
    cr_assert(!cruddur_error_outcome_unknown(now.error));
    expect_target(1, "DescribeTable"); /* the code says too little, and we may not look */
    close_store(2);
}

Test(dynamodb_engine, a_lost_answer_is_asked_for)
{
    OPEN("&attempts=1", (step){ACT_CLOSE, NULL}, reply(200, "{\"Item\":" MESSAGE "}"));
    cr_assert_eq(change(), CRUDDUR_OK, "%s", cruddur_error_message(now.error));
    expect_target(1, "GetItem");
    close_store(2);
}

Test(dynamodb_engine, an_outcome_that_nobody_knows_is_told)
{
    OPEN("&attempts=1", reply(500, FAILED("InternalServerError")), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_E_SERVICE);
    cr_assert(cruddur_error_outcome_unknown(now.error));
    close_store(2);
}

Test(dynamodb_engine, rows_that_keep_changing_end_at_the_deadline)
{
    OPEN("", reply(400, CANCELLED(NONE "," NONE "," REFUSED)));
    /* Under valgrind a single request takes longer. */
    int64_t limit_us = getenv("CRUDDUR_TEST_SLOW") != NULL ? 10000000 : 300000;
    now.call.deadline_us = cr_clock_monotonic_us() + limit_us;
    cr_assert_eq(change(), CRUDDUR_E_CONFLICT);
    cr_assert_gt(now.runs, 1);
    cr_assert_not(test_is_late_since(now.call.deadline_us, 0));
    /* The deadline may come between the last run and its request. */
    size_t requests = server_requests(now.service);
    cr_assert(requests == now.runs || requests + 1 == now.runs);
    close_store(requests);
}

/* ---- steps ---- */

Test(dynamodb_engine, a_service_without_transactions_is_found_out_and_remembered)
{
    OPEN("", reply(400, FAILED("UnknownOperationException")), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK, "%s", cruddur_error_message(now.error));
    cr_assert_eq(change(), CRUDDUR_OK);
    expect_target(0, "TransactWriteItems");
    expect_target(1, "PutItem");
    expect_target(2, "PutItem");
    expect_target(3, "DeleteItem");
    expect_target(4, "PutItem");
    close_store(7);
}

Test(dynamodb_engine, who_insists_on_transactions_is_told)
{
    OPEN("&mode=atomic", reply(400, FAILED("UnknownOperationException")));
    cr_assert_eq(change(), CRUDDUR_E_CONFIG);
    close_store(1);
}

/* Rows at the key of another message that is stored are that one's by now. */
Test(dynamodb_engine, steps_stay_where_another_message_has_the_key)
{
    OPEN("&mode=steps", reply(200, "{}"), reply(400, REFUSED_BY(OTHER_MESSAGE)), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 2);
    for (size_t i = 0; i < 4; i++) {
        expect_target(i, "PutItem");
    }
    close_store(5);
}

Test(dynamodb_engine, a_step_that_meets_a_transaction_is_sent_again)
{
    OPEN("&mode=steps", reply(400, FAILED("TransactionConflictException")),
         reply(400, FAILED("TransactionConflictException")), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 1);
    close_store(5);
}

/* Nobody goes by the rows of a message that is not stored. */
Test(dynamodb_engine, group_rows_are_taken_back_when_a_step_fails)
{
    OPEN("&mode=steps&attempts=1", reply(500, FAILED("InternalServerError")), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_E_SERVICE);
    cr_assert(!cruddur_error_outcome_unknown(now.error));
    expect_target(1, "GetItem");
    expect_target(2, "DeleteItem");
    close_store(3);
}

Test(dynamodb_engine, group_rows_of_a_message_that_may_be_stored_stay)
{
    OPEN("&mode=steps&attempts=1", reply(200, "{}"), reply(500, FAILED("InternalServerError")),
         reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_E_SERVICE);
    cr_assert(cruddur_error_outcome_unknown(now.error));
    expect_target(2, "GetItem");
    close_store(3);
}

Test(dynamodb_engine, a_step_whose_answer_was_lost_is_recognised)
{
    OPEN("&mode=steps", reply(200, "{}"), (step){ACT_CLOSE, NULL}, reply(400, REFUSED_BY(MESSAGE)),
         reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 1);
    close_store(4);
}

/* Not every service sends the row with its refusal. */
Test(dynamodb_engine, a_step_whose_answer_was_lost_is_looked_up)
{
    OPEN("&mode=steps", reply(200, "{}"), (step){ACT_CLOSE, NULL},
         reply(400, FAILED("ConditionalCheckFailedException")),
         reply(200, "{\"Item\":" MESSAGE "}"), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 1);
    expect_target(3, "GetItem");
    cr_assert_not_null(strstr(body_of(3), "\"ConsistentRead\":true"));
    expect_target(4, "DeleteItem");
    close_store(5);
}

/* Others may have read the message and changed it since. */
Test(dynamodb_engine, a_message_whose_answer_was_lost_is_known_by_its_uuid)
{
    OPEN("&mode=steps", reply(200, "{}"), (step){ACT_CLOSE, NULL},
         reply(400, FAILED("ConditionalCheckFailedException")),
         reply(200, "{\"Item\":" CHANGED_MESSAGE "}"), reply(200, "{}"));
    cr_assert_eq(change(), CRUDDUR_OK);
    cr_assert_eq(now.runs, 1);
    close_store(5);
}

/* Whether the message is stored stays open when the look fails. */
Test(dynamodb_engine, a_step_whose_answer_was_lost_and_that_cannot_be_looked_up)
{
    OPEN("&mode=steps", reply(200, "{}"), (step){ACT_CLOSE, NULL},
         reply(400, FAILED("ConditionalCheckFailedException")),
         reply(400, FAILED("AccessDeniedException")));
    cr_assert_eq(change(), CRUDDUR_E_ACCESS_DENIED);
    cr_assert(cruddur_error_outcome_unknown(now.error));
    close_store(4);
}

static cruddur_status remove_message_body(cr_txn *txn, void *context)
{
    cr_row message = message_row();
    (void)context;
    return txn->ops->remove(txn, &message);
}

/* Another message may have come to stand at the same key. */
Test(dynamodb_engine, a_message_is_removed_by_its_uuid)
{
    OPEN("", reply(200, "{}"));
    cr_assert_eq(now.store->ops->change(now.store, remove_message_body, NULL, &now.call),
                 CRUDDUR_OK);
    expect_target(0, "DeleteItem");
    cr_assert_not_null(strstr(body_of(0), "message_uuid = :a"));
    close_store(1);
}

Test(dynamodb_engine, what_is_left_to_remove_is_no_failure)
{
    OPEN("&mode=steps&attempts=1", reply(200, "{}"), reply(200, "{}"),
         reply(500, FAILED("InternalServerError")));
    cr_assert_eq(change(), CRUDDUR_OK);
    close_store(3);
}

/* ---- reads ---- */

Test(dynamodb_engine, a_page_may_be_empty_with_more_behind_it)
{
    reading what = {.expected = 2};
    OPEN("", reply(200, "{\"Items\":[],\"LastEvaluatedKey\":{\"pk\":{\"S\":\"\\u0070\"}}}"),
         reply(200, "{\"LastEvaluatedKey\":" ROW("1") ",\"Items\":[" ROW("1") "]}"),
         reply(200, "{\"Items\":[" ROW("2") "]}"));
    cr_assert_eq(query(&what), CRUDDUR_OK);
    cr_assert_eq(what.rows, 2);
    cr_assert_not_null(strstr(body_of(0), "\"Limit\":2"));
    cr_assert_not_null(strstr(body_of(0), "\"ConsistentRead\":true"));
    cr_assert_not_null(strstr(body_of(1), "\"ExclusiveStartKey\":{\"pk\":{\"S\":\"\\u0070\"}}"));
    close_store(3);
}

Test(dynamodb_engine, a_sink_that_stops_costs_no_more_pages)
{
    reading what = {.stop_at = 1};
    OPEN("",
         reply(200, "{\"Items\":[" ROW("1") "," ROW("2") "],\"LastEvaluatedKey\":" ROW("2") "}"));
    cr_assert_eq(query(&what), CRUDDUR_OK);
    cr_assert_eq(what.rows, 1);
    close_store(1);
}

Test(dynamodb_engine, the_index_is_never_asked_for_consistency)
{
    reading what = {.index = CR_INDEX_GROUPS};
    OPEN("", reply(200, "{\"Items\":[]}"));
    cr_assert_eq(query(&what), CRUDDUR_OK);
    cr_assert(strstr(body_of(0), "ConsistentRead") == NULL);
    cr_assert_not_null(strstr(body_of(0), "\"IndexName\":\"message-group-sk-index\""));
    close_store(1);
}

Test(dynamodb_engine, garbage_is_asked_for_again)
{
    reading what = {0};
    OPEN("", reply(200, "<html>"), reply(200, "{\"Items\":[" ROW("1") "]"),
         reply(200, "{\"Items\":[" ROW("1") "]}"));
    cr_assert_eq(query(&what), CRUDDUR_OK);
    cr_assert_eq(what.rows, 1);
    close_store(3);
}

Test(dynamodb_engine, nothing_but_garbage_is_a_failure)
{
    reading what = {0};
    OPEN("", reply(200, "secret"));
    cr_assert_eq(query(&what), CRUDDUR_E_PROTOCOL);
    close_store(4);
}

Test(dynamodb_engine, a_missing_table_names_the_fix)
{
    reading what = {0};
    OPEN("", reply(400, FAILED("ResourceNotFoundException")));
    cr_assert_eq(query(&what), CRUDDUR_E_TABLE_MISSING);
    cr_assert_not_null(strstr(cruddur_error_message(now.error), "cruddur schema load"));
    expect_target(1, "DescribeTable");
    close_store(2);
}

static cruddur_status get_body(cr_txn *txn, void *context)
{
    cr_row *rows = context;
    cr_key keys[] = {{cr_str_of("p"), cr_str_of("1")},
                     {cr_str_of("p"), cr_str_of("2")},
                     {cr_str_of("p"), cr_str_of("3")}};
    cruddur_status status = txn->ops->get(txn, keys, 3, rows);
    for (size_t i = 0; i < 3; i++) {
        rows[i].value[CR_TEXT] = cr_row_exists(&rows[i]) ? cr_str_of("there") : CR_STR_ABSENT;
    }
    return status;
}

Test(dynamodb_engine, keys_that_were_left_unread_are_asked_for)
{
    cr_row rows[3];
    OPEN("",
         reply(200, "{\"UnprocessedKeys\":{\"messages\":{\"Keys\":[" ROW(
                        "1") "]}},"
                             "\"Responses\":{\"messages\":[" ROW("3") "]}}"),
         reply(200, "{\"UnprocessedKeys\":{\"messages\":{\"Keys\":[" ROW("1") "]}},"
                                                                              "\"Responses\":{}}"),
         reply(200, "{\"UnprocessedKeys\":{},\"Responses\":{\"messages\":[" ROW("1") "]}}"));
    cr_assert_eq(now.store->ops->read(now.store, get_body, rows, &now.call), CRUDDUR_OK);
    cr_assert(rows[0].value[CR_TEXT].data != NULL);
    cr_assert(rows[1].value[CR_TEXT].data == NULL);
    cr_assert(rows[2].value[CR_TEXT].data != NULL);
    cr_assert_not_null(
        strstr(body_of(2), "{\"RequestItems\":{\"messages\":{\"Keys\":[" ROW("1") "]}}"));
    close_store(3);
}

/* ---- where the service is ---- */

/* Opens a table at the service's own address, and tells where the first request would have gone. */
static void expect_host(const char *parameters, const char *host)
{
    char url[200];
    reading what = {0};
    const step steps[] = {reply(403, "")};
    open_store(steps, 1, "");
    now.store->ops->close(now.store);
    (void)setenv("AWS_ACCOUNT_ID", "123456789012", 1);
    (void)setenv("https_proxy", server_url(now.service), 1);
    (void)snprintf(url, sizeof(url), "dynamodb:messages?region=eu-central-1&attempts=1%s",
                   parameters);
    const cr_store_options options = {.deadline_us = now.call.deadline_us};
    cr_assert_eq(cr_store_open(url, &options, &now.store, &now.error), CRUDDUR_OK);
    cr_assert_eq(query(&what), CRUDDUR_E_NETWORK);
    cr_assert_eq(strncmp(server_request(now.service, 0), host, strlen(host)), 0, "%s",
                 server_request(now.service, 0));
    close_store(1);
}

Test(dynamodb_engine, an_account_has_an_endpoint_of_its_own)
{
    expect_host("", "CONNECT 123456789012.ddb.eu-central-1.amazonaws.com:443 ");
    expect_host("&account_endpoint=disabled", "CONNECT dynamodb.eu-central-1.amazonaws.com:443 ");
    expect_host("&fips=true", "CONNECT dynamodb-fips.eu-central-1.amazonaws.com:443 ");
}
