/* SPDX-License-Identifier: MIT */
/* Replacements, requirements and cancelled calls, on a server that follows a script. */
#include "dynamodb/scripted.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "support/late.h"

TestSuite(dynamodb_changes, .timeout = 60);

#define SECOND_US INT64_C(1000000)

#define VERSION "00000000000000ff"
/* The message after an edit of ours; with another attribute of others; after an edit of others. */
#define EDITED_WITH(version, color)                                                                \
    "{\"pk\":{\"S\":\"" TALK "\"},\"sk\":{\"S\":\"" NEW "\"},\"message\":{\"S\":\"secret\"},"      \
    "\"message_uuid\":{\"S\":\"u\"},\"version\":{\"S\":\"" version "\"},\"color\":{\"S\":\"" color \
    "\"}}"
#define EDITED EDITED_WITH(VERSION, "red")
#define LOST ((step){ACT_CLOSE, NULL})

typedef enum shape {
    REPLACE = 1,
    REQUIRE = 2,
    PUT_OTHER = 4,
} shape;

/* Replaces a message, or requires it; may put a group row besides, with a version. */
static cruddur_status edit_body(cr_txn *txn, void *context)
{
    const shape *wanted = context;
    const cr_row old = message_row();
    cr_row edited = message_row();
    cr_row inbox = group_row(NEW);
    cruddur_status status = CRUDDUR_OK;
    now.runs++;
    edited.value[CR_VERSION] = inbox.value[CR_VERSION] = cr_str_of(VERSION);
    edited.value[CR_OTHERS] = cr_str_of("{\"color\":{\"S\":\"red\"}}");
    if ((*wanted & PUT_OTHER) != 0) {
        status = txn->ops->put(txn, &inbox);
    }
    if (status == CRUDDUR_OK && (*wanted & REPLACE) != 0) {
        status = txn->ops->replace(txn, &old, &edited);
    }
    if (status == CRUDDUR_OK && (*wanted & REQUIRE) != 0) {
        status = txn->ops->require(txn, &old);
    }
    return status;
}

static cruddur_status edit(unsigned wanted)
{
    shape as_enum = (shape)wanted;
    return now.store->ops->change(now.store, edit_body, &as_enum, &now.call);
}

/* ---- one replacement ---- */

Test(dynamodb_changes, a_replacement_is_one_conditional_write)
{
    OPEN("&mode=atomic", reply(200, "{}"));
    cr_assert_eq(edit(REPLACE), CRUDDUR_OK);
    expect_target(0, "PutItem");
    cr_assert_not_null(strstr(body_of(0), "attribute_not_exists(version)"));
    cr_assert_not_null(strstr(body_of(0), "message_uuid = :a"));
    close_store(1);
}

/* The message that is there has our uuid: another writer has changed it. */
Test(dynamodb_changes, a_refused_replacement_runs_the_body_again)
{
    OPEN("&mode=atomic", reply(400, REFUSED_BY(MESSAGE)), reply(200, "{}"));
    cr_assert_eq(edit(REPLACE), CRUDDUR_OK);
    cr_assert_eq(now.runs, 2);
    close_store(2);
}

Test(dynamodb_changes, a_replacement_whose_answer_was_lost_is_recognised)
{
    OPEN("&mode=atomic", LOST, reply(400, REFUSED_BY(EDITED)));
    cr_assert_eq(edit(REPLACE), CRUDDUR_OK);
    cr_assert_eq(now.runs, 1);
    close_store(2);
}

/* Another version, or the same with another attribute that the library does not know, is not ours.
 */
Test(dynamodb_changes, a_replacement_of_others_is_not_taken_for_ours)
{
    OPEN("&mode=atomic", LOST, reply(400, REFUSED_BY(EDITED_WITH("0000000000000000", "red"))), LOST,
         reply(400, REFUSED_BY(EDITED_WITH(VERSION, "blue"))), reply(200, "{}"));
    cr_assert_eq(edit(REPLACE), CRUDDUR_OK);
    cr_assert_eq(now.runs, 3);
    close_store(5);
}

Test(dynamodb_changes, what_became_of_a_replacement_is_asked)
{
    OPEN("&attempts=1", LOST, reply(200, "{\"Item\":" EDITED "}"));
    cr_assert_eq(edit(REPLACE), CRUDDUR_OK);
    expect_target(1, "GetItem");
    close_store(2);
}

Test(dynamodb_changes, what_became_of_a_replacement_may_stay_open)
{
    OPEN("&attempts=1", LOST, reply(200, "{\"Item\":" MESSAGE "}"));
    cr_assert_eq(edit(REPLACE), CRUDDUR_E_NETWORK);
    cr_assert(cruddur_error_outcome_unknown(now.error));
    close_store(2);
}

/* A service without transactions would let a mover undo it; a transaction finds out. */
Test(dynamodb_changes, the_first_replacement_asks_for_transactions)
{
    OPEN("", reply(200, "{}"), reply(200, "{}"));
    cr_assert_eq(edit(REPLACE), CRUDDUR_OK);
    expect_target(0, "TransactWriteItems");
    cr_assert_eq(edit(REPLACE), CRUDDUR_OK);
    expect_target(1, "PutItem");
    close_store(2);
}

Test(dynamodb_changes, a_replacement_needs_transactions)
{
    OPEN("",
         reply(400, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#UnknownOperationException\"}"));
    cr_assert_eq(edit(REPLACE), CRUDDUR_E_CONFIG);
    expect_target(0, "TransactWriteItems");
    close_store(1);
}

/* ---- requirements ---- */

/* They are transactions even where they are alone, or beside one write. */
Test(dynamodb_changes, a_requirement_is_a_check_of_a_transaction)
{
    OPEN("", reply(200, "{}"), reply(200, "{}"));
    cr_assert_eq(edit(REQUIRE), CRUDDUR_OK);
    expect_target(0, "TransactWriteItems");
    cr_assert_not_null(strstr(body_of(0), "{\"ConditionCheck\":{\"TableName\":\"messages\","
                                          "\"Key\":"));
    cr_assert_eq(now.call.meter.rows_written, 0);
    cr_assert_eq(edit(PUT_OTHER | REQUIRE), CRUDDUR_OK);
    expect_target(1, "TransactWriteItems");
    cr_assert_not_null(strstr(body_of(1), "{\"Put\":{"));
    cr_assert_not_null(strstr(body_of(1), ",{\"ConditionCheck\":{"));
    cr_assert_eq(now.call.meter.rows_written, 1);
    close_store(2);
}

/* ---- transactions without a message that is put ---- */

Test(dynamodb_changes, a_version_tells_our_own_success)
{
    OPEN("", LOST,
         reply(400, CANCELLED(NONE ",{\"Code\":\"ConditionalCheckFailed\",\"Item\":" EDITED "}")));
    cr_assert_eq(edit(PUT_OTHER | REPLACE), CRUDDUR_OK);
    cr_assert_eq(now.runs, 1);
    close_store(2);
}

Test(dynamodb_changes, the_table_is_asked_for_a_version)
{
    OPEN("&attempts=1", LOST, reply(200, "{\"Responses\":{\"messages\":[" EDITED "]}}"));
    cr_assert_eq(edit(PUT_OTHER | REPLACE), CRUDDUR_OK);
    expect_target(1, "BatchGetItem");
    close_store(2);
}

Test(dynamodb_changes, another_version_leaves_the_outcome_open)
{
    OPEN("&attempts=1", LOST,
         reply(200, "{\"Responses\":{\"messages\":[" EDITED_WITH("0000000000000000", "red") "]}}"));
    cr_assert_eq(edit(PUT_OTHER | REPLACE), CRUDDUR_E_NETWORK);
    cr_assert(cruddur_error_outcome_unknown(now.error));
    close_store(2);
}

/* ---- cancelled calls ---- */

typedef struct cancelling {
    atomic_bool cancel;
    size_t requests; /* that the service has got by then */
} cancelling;

static void *set_cancel(void *argument)
{
    cancelling *what = argument;
    while (server_requests(now.service) < what->requests) {
        cr_clock_sleep_us(1000);
    }
    atomic_store(&what->cancel, true);
    return NULL;
}

static cruddur_status run_cancelled(cruddur_status (*run)(void), size_t requests)
{
    pthread_t canceller;
    cancelling what = {.requests = requests};
    now.call.cancel = &what.cancel;
    int64_t began_us = cr_clock_monotonic_us();
    cr_assert_eq(pthread_create(&canceller, NULL, set_cancel, &what), 0);
    cruddur_status status = run();
    cr_assert_eq(pthread_join(canceller, NULL), 0);
    cr_assert_not(test_is_late_since(began_us, 4 * SECOND_US));
    now.call.cancel = NULL;
    return status;
}

static cruddur_status query_once(void)
{
    reading what = {0};
    return query(&what);
}

Test(dynamodb_changes, a_request_that_is_not_answered_is_cancelled)
{
    OPEN("", (step){ACT_HELD, answer_of(200, "", "{\"Items\":[]}")});
    cr_assert_eq(run_cancelled(query_once, 1), CRUDDUR_E_CANCELLED);
    cr_assert(!cruddur_error_outcome_unknown(now.error));
    server_release(now.service);
    close_store(1);
}

/* The service may carry it out. */
Test(dynamodb_changes, a_change_whose_write_is_cancelled)
{
    OPEN("", (step){ACT_HELD, answer_of(200, "", "{}")});
    cr_assert_eq(run_cancelled(change, 1), CRUDDUR_E_CANCELLED);
    cr_assert(cruddur_error_outcome_unknown(now.error));
    server_release(now.service);
    close_store(1);
}

/* The service is in trouble, and each pause is longer than the one before. */
Test(dynamodb_changes, pauses_are_cancelled)
{
    OPEN("&attempts=20", reply(500, FAILED("InternalServerError")));
    cruddur_status status = run_cancelled(query_once, 6);
    cr_assert_eq(status, CRUDDUR_E_CANCELLED, "%s", cruddur_error_message(now.error));
    close_store(server_requests(now.service));
}

#define BUSY reply(400, FAILED("TransactionConflictException"))

static bool is_tidied_up(void)
{
    OPEN("&mode=steps", reply(200, "{}"), BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY, BUSY,
         reply(200, "{}"));
    cruddur_status status = run_cancelled(change, 2);
    cr_assert_eq(status, CRUDDUR_E_CANCELLED, "%s", cruddur_error_message(now.error));
    bool is_known = !cruddur_error_outcome_unknown(now.error);
    if (is_known) {
        expect_target(server_requests(now.service) - 1, "DeleteItem");
    }
    close_store(server_requests(now.service));
    return is_known;
}

/* In steps: what was put for a message that is not stored is taken back. Where the flag is set
 * while the message is under way, and not in a pause, its outcome is unknown. */
Test(dynamodb_changes, a_cancelled_change_tidies_up)
{
    bool is_tidy = false;
    for (unsigned i = 0; i < 10 && !is_tidy; i++) {
        is_tidy = is_tidied_up();
    }
    cr_assert(is_tidy || getenv("CRUDDUR_TEST_SLOW") != NULL);
}
