/* SPDX-License-Identifier: MIT */
/* What the service's errors come to. Its words decide nothing: the look at the table does, where a
 * code says too little. */
#include "dynamodb/scripted.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DESCRIBED(table) "{\"Table\":" table "}"
#define GONE FAILED("ResourceNotFoundException")
#define INVALID FAILED("ValidationException")

/* The keys are others; the index is not there. */
#define OTHER_KEYS                                                                                 \
    "{\"TableStatus\":\"ACTIVE\",\"KeySchema\":[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}]}"
#define NO_INDEX                                                                                   \
    "{\"TableStatus\":\"ACTIVE\",\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},"  \
    "{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],\"AttributeDefinitions\":[{"                \
    "\"AttributeName\":"                                                                           \
    "\"pk\",\"AttributeType\":\"S\"},{\"AttributeName\":\"sk\",\"AttributeType\":\"S\"}]}"

static cruddur_status query_it(void)
{
    reading what = {.index = CR_INDEX_GROUPS};
    return query(&what);
}

static cruddur_status drop(void)
{
    return now.store->ops->schema_drop(now.store, NULL, &now.call);
}

static cruddur_status verify(void)
{
    cr_lines lines;
    cr_lines_init(&lines);
    cruddur_status status = now.store->ops->schema_verify(now.store, NULL, &lines, &now.call);
    cr_lines_free(&lines);
    return status;
}

static const struct {
    const char *name;
    cruddur_status (*run)(void);
    const char *refusal;
    int look_status; /* 0: nobody looks */
    const char *look;
    cruddur_status status;
    bool is_retryable;
    const char *words;
} refusals[] = {
    {"no table", query_it, GONE, 400, GONE, CRUDDUR_E_TABLE_MISSING, false, "does not exist"},
    {"may not look", query_it, GONE, 400, FAILED("AccessDeniedException"), CRUDDUR_E_TABLE_MISSING,
     false, "does not exist"},
    {"a table that is being made", query_it, GONE, 200,
     DESCRIBED(TABLE_AS("CREATING", "CREATING", "")), CRUDDUR_E_TABLE_MISSING, true, "is CREATING"},
    {"a table that is being deleted", query_it, GONE, 200,
     DESCRIBED(TABLE_AS("DELETING", "ACTIVE", "")), CRUDDUR_E_TABLE_MISSING, false, "is DELETING"},
    {"an index that the service calls a resource", query_it, GONE, 200, DESCRIBED(NO_INDEX),
     CRUDDUR_E_TABLE_SHAPE, false, "lacks its index"},
    {"no index", query_it, INVALID, 200, DESCRIBED(NO_INDEX), CRUDDUR_E_TABLE_SHAPE, false,
     "lacks its index"},
    {"an index that is being made", query_it, INVALID, 200,
     DESCRIBED(TABLE_AS("UPDATING", "CREATING", "")), CRUDDUR_E_TABLE_SHAPE, true,
     "has an index that is CREATING"},
    {"other keys", query_it, INVALID, 200, DESCRIBED(OTHER_KEYS), CRUDDUR_E_TABLE_SHAPE, false,
     "has other keys than it must have (the table has the partition key id; it must be pk)"},
    {"other keys at a write", change, INVALID, 200, DESCRIBED(OTHER_KEYS), CRUDDUR_E_TABLE_SHAPE,
     false, "has other keys than it must have (the table has the partition key id; it must be pk)"},
    {"no index, which a write does not need", change, INVALID, 200, DESCRIBED(NO_INDEX),
     CRUDDUR_E_REFUSED, false, "writing to table messages: ValidationException (HTTP 400)"},
    {"nothing wrong with the table", query_it, INVALID, 200, DESCRIBED(TABLE), CRUDDUR_E_REFUSED,
     false, "reading from table messages: ValidationException (HTTP 400)"},
    {"invalid, and may not look", query_it, INVALID, 400, FAILED("AccessDeniedException"),
     CRUDDUR_E_REFUSED, false, "reading from table messages: ValidationException (HTTP 400)"},
    {"invalid, and the look fails", query_it, INVALID, 200, "<html>", CRUDDUR_E_REFUSED, false,
     "reading from table messages: ValidationException (HTTP 400)"},
    {"a protected table", drop, INVALID, 200,
     DESCRIBED(TABLE_WITH(",\"DeletionProtectionEnabled\":true")), CRUDDUR_E_REFUSED, false,
     "is protected from deletion"},
    {"a table that cannot be dropped for another reason", drop, INVALID, 200, DESCRIBED(TABLE),
     CRUDDUR_E_REFUSED, false, "deleting table messages: ValidationException: no (HTTP 400)"},
    {"a table that is being changed", drop, FAILED("ResourceInUseException"), 0, NULL,
     CRUDDUR_E_REFUSED, true, "is being made, changed or deleted"},
    {"no table to drop", drop, GONE, 400, GONE, CRUDDUR_E_TABLE_MISSING, false, "does not exist;"},
    {"a description that is refused", verify, INVALID, 0, NULL, CRUDDUR_E_REFUSED, false,
     "looking at table messages: ValidationException: no (HTTP 400)"},
    /* The words of this one quote the headers. */
    {"a wrong signature", verify, FAILED("InvalidSignatureException"), 0, NULL,
     CRUDDUR_E_CREDENTIALS, false,
     "looking at table messages: InvalidSignatureException (HTTP 400)"},
};

Test(dynamodb_refusals, come_to_what_the_look_finds)
{
    for (size_t i = 0; i < COUNT(refusals); i++) {
        bool looks = refusals[i].look_status != 0;
        const step steps[] = {
            reply(400, refusals[i].refusal),
            reply(looks ? refusals[i].look_status : 500, looks ? refusals[i].look : "")};
        open_store(steps, COUNT(steps), "&attempts=1");
        cruddur_status status = refusals[i].run();
        const char *message = cruddur_error_message(now.error);
        cr_assert_eq(status, refusals[i].status, "%s: %s", refusals[i].name, message);
        cr_assert_eq(cruddur_error_is_retryable(now.error), refusals[i].is_retryable, "%s: %s",
                     refusals[i].name, message);
        cr_assert_not_null(strstr(message, refusals[i].words), "%s: %s", refusals[i].name, message);
        cr_assert(!cruddur_error_outcome_unknown(now.error), "%s", refusals[i].name);
        if (looks) {
            expect_target(1, "DescribeTable");
        }
        cr_error_discard(&now.error); /* one of them speaks of secret keys */
        close_store(looks ? 2 : 1);
    }
}

/* What the reasons of a cancelled transaction say is found out in the same way. */
Test(dynamodb_refusals, the_reason_of_a_cancelled_transaction)
{
    OPEN("&attempts=1",
         reply(400, CANCELLED(NONE ",{\"Code\":\"ValidationError\",\"Message\":\"secret\"}," NONE)),
         reply(200, DESCRIBED(OTHER_KEYS)));
    cr_assert_eq(change(), CRUDDUR_E_TABLE_SHAPE, "%s", cruddur_error_message(now.error));
    close_store(2);
}
