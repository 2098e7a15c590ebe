/* SPDX-License-Identifier: MIT */
/* The table's time to live, and how long a claim is kept. */
#include "dynamodb/scripted.h"

#include <stdio.h>
#include <string.h>

#include "store/dynamodb/table.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STEPS_MAX 6

#define DESCRIBED "{\"Table\":" TABLE "}"
#define EXPIRY(status, more)                                                                       \
    "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"" status "\"" more "}}"
#define BY(attribute) ",\"AttributeName\":\"" attribute "\""
#define ON EXPIRY("ENABLED", BY("expires_at"))
#define OFF EXPIRY("DISABLED", "")
#define SWITCHED "{\"TimeToLiveSpecification\":{\"Enabled\":true,\"AttributeName\":\"expires_at\"}}"
#define UNKNOWN FAILED("UnknownOperationException")
#define INVALID FAILED("ValidationException")
#define DENIED FAILED("AccessDeniedException")

#define IS_OFF                                                                                     \
    "time to live is off; `cruddur schema load` switches it on for the attribute expires_at"
#define IS_ENDING                                                                                  \
    "time to live is being switched off, which takes up to an hour; after that `cruddur schema "   \
    "load` switches it on for the attribute expires_at"
#define IS_ON_OTHER                                                                                \
    "time to live is on for the attribute gone_at; it must be expires_at, and a table has only "   \
    "one. To change it, switch time to live off (`aws dynamodb update-time-to-live`), wait an "    \
    "hour, and load again"

/* ---- the log ---- */

static unsigned told; /* lines of the log that say that the service has no time to live */

static void watch_log(void *data, uint32_t level, const char *message)
{
    (void)data;
    told += level == CRUDDUR_LOG_WARNING &&
            strcmp(message, "the service has no time to live, so claims of messages stay in table "
                            "messages") == 0;
}

/* ---- what the service answers, in order ---- */

typedef struct answer {
    int status;
    const char *body;
} answer;

static size_t open_with(const answer answers[STEPS_MAX])
{
    step steps[STEPS_MAX];
    size_t count = 0;
    while (count < STEPS_MAX && answers[count].body != NULL) {
        steps[count] = reply(answers[count].status, answers[count].body);
        count++;
    }
    open_store(steps, count, "&attempts=1");
    now.call.logger.log = watch_log;
    told = 0;
    return count;
}

static void expect_targets(const char *const operations[STEPS_MAX])
{
    for (size_t i = 0; i < STEPS_MAX && operations[i] != NULL; i++) {
        expect_target(i, operations[i]);
    }
}

/* ---- load ---- */

#define LOOK "DescribeTimeToLive"
#define SWITCH "UpdateTimeToLive"

static const struct {
    const char *name;
    answer answers[STEPS_MAX]; /* after two looks at the table, which lacks nothing else */
    const char *operations[STEPS_MAX];
    cruddur_status status;
    bool is_retryable;
    bool is_told;
    const char *words;
} loads[] = {
    {"on", {{200, ON}}, {LOOK}, CRUDDUR_OK, false, false, ""},
    {"being switched on, which nothing waits for",
     {{200, EXPIRY("ENABLING", BY("expires_at"))}},
     {LOOK},
     CRUDDUR_OK,
     false,
     false,
     ""},
    {"off",
     {{200, OFF}, {200, SWITCHED}, {200, DESCRIBED}},
     {LOOK, SWITCH, "DescribeTable"},
     CRUDDUR_OK,
     false,
     false,
     ""},
    {"no such operation", {{400, UNKNOWN}}, {LOOK}, CRUDDUR_OK, false, true, ""},
    {"described only",
     {{200, OFF}, {400, UNKNOWN}, {200, DESCRIBED}},
     {LOOK, SWITCH, "DescribeTable"},
     CRUDDUR_OK,
     false,
     true,
     ""},
    {"another attribute",
     {{200, EXPIRY("ENABLED", BY("gone_at"))}},
     {LOOK},
     CRUDDUR_E_REFUSED,
     false,
     false,
     "table messages: " IS_ON_OTHER},
    {"being switched off",
     {{200, EXPIRY("DISABLING", BY("expires_at"))}},
     {LOOK},
     CRUDDUR_E_REFUSED,
     true,
     false,
     "table messages: " IS_ENDING},
    {"switched on by another program at the same time",
     {{200, OFF}, {400, INVALID}, {200, DESCRIBED}, {200, ON}},
     {LOOK, SWITCH, "DescribeTable", LOOK},
     CRUDDUR_OK,
     false,
     false,
     ""},
    {"the same, for another attribute",
     {{200, OFF}, {400, INVALID}, {200, DESCRIBED}, {200, EXPIRY("ENABLED", BY("gone_at"))}},
     {LOOK, SWITCH, "DescribeTable", LOOK},
     CRUDDUR_E_REFUSED,
     false,
     false,
     "table messages: " IS_ON_OTHER},
    {"refused",
     {{200, OFF}, {400, INVALID}, {200, DESCRIBED}, {200, OFF}},
     {LOOK, SWITCH, "DescribeTable", LOOK},
     CRUDDUR_E_REFUSED,
     false,
     false,
     "the service did not switch on time to live: updating table messages: ValidationException: "
     "no (HTTP 400)"},
    {"no right to look",
     {{400, DENIED}},
     {LOOK},
     CRUDDUR_E_ACCESS_DENIED,
     false,
     false,
     "looking at table messages: AccessDeniedException"},
    {"no right to switch",
     {{200, OFF}, {400, DENIED}},
     {LOOK, SWITCH},
     CRUDDUR_E_ACCESS_DENIED,
     false,
     false,
     "updating table messages: AccessDeniedException"},
};

static cruddur_status load(void)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    return now.store->ops->schema_load(now.store, &options, &now.call);
}

Test(dynamodb_expiry, load_switches_time_to_live_on)
{
    for (size_t i = 0; i < COUNT(loads); i++) {
        const char *const tables[STEPS_MAX] = {"DescribeTable", "DescribeTable"};
        answer answers[STEPS_MAX] = {{200, DESCRIBED}, {200, DESCRIBED}};
        memcpy(answers + 2, loads[i].answers, 4 * sizeof(answer));
        size_t count = open_with(answers);
        cruddur_status status = load();
        const char *message = cruddur_error_message(now.error);
        cr_assert_eq(status, loads[i].status, "%s: %s", loads[i].name, message);
        cr_assert_eq(cruddur_error_is_retryable(now.error), loads[i].is_retryable, "%s",
                     loads[i].name);
        cr_assert_eq(strncmp(message, loads[i].words, strlen(loads[i].words)), 0, "%s: %s",
                     loads[i].name, message);
        cr_assert_eq(told, loads[i].is_told ? 1 : 0, "%s", loads[i].name);
        expect_targets(tables);
        for (size_t j = 0; j < STEPS_MAX && loads[i].operations[j] != NULL; j++) {
            expect_target(j + 2, loads[i].operations[j]);
        }
        close_store(count);
    }
}

Test(dynamodb_expiry, what_load_asks_for)
{
    const answer answers[STEPS_MAX] = {
        {200, DESCRIBED}, {200, DESCRIBED}, {200, OFF}, {200, SWITCHED}, {200, DESCRIBED}};
    size_t count = open_with(answers);
    cr_assert_eq(load(), CRUDDUR_OK, "%s", cruddur_error_message(now.error));
    cr_assert_str_eq(body_of(2), "{\"TableName\":\"messages\"}");
    cr_assert_str_eq(body_of(3), "{\"TableName\":\"messages\",\"TimeToLiveSpecification\":{"
                                 "\"Enabled\":true,\"AttributeName\":\"expires_at\"}}");
    close_store(count);
}

/* What time to live is like does not keep load from adding everything else. */
Test(dynamodb_expiry, comes_last)
{
    const answer answers[STEPS_MAX] = {{200, "{\"Table\":" TABLE_WITH("") "}"},
                                       {200, "{\"Table\":" TABLE_WITH("") "}"},
                                       {200, "{\"TableDescription\":{}}"},
                                       {200, DESCRIBED},
                                       {200, EXPIRY("ENABLED", BY("gone_at"))}};
    const char *const operations[STEPS_MAX] = {"DescribeTable", "DescribeTable", "UpdateTable",
                                               "DescribeTable", LOOK};
    size_t count = open_with(answers);
    cr_assert_eq(load(), CRUDDUR_E_REFUSED);
    expect_targets(operations);
    cr_assert_not_null(strstr(body_of(2), "\"StreamSpecification\""));
    close_store(count);
}

/* ---- verify ---- */

static const struct {
    const char *name;
    answer answers[STEPS_MAX]; /* after a look at the table, which differs in nothing else */
    const char *operations[STEPS_MAX];
    bool is_told;
    const char *difference; /* NULL: none */
} verifications[] = {
    {"on", {{200, ON}}, {LOOK}, false, NULL},
    {"being switched on", {{200, EXPIRY("ENABLING", BY("expires_at"))}}, {LOOK}, false, NULL},
    {"off", {{200, OFF}, {400, INVALID}}, {LOOK, SWITCH}, false, IS_OFF},
    {"off, and no right to switch", {{200, OFF}, {400, DENIED}}, {LOOK, SWITCH}, false, IS_OFF},
    {"being switched off", {{200, EXPIRY("DISABLING", "")}}, {LOOK}, false, IS_ENDING},
    {"another attribute", {{200, EXPIRY("ENABLED", BY("gone_at"))}}, {LOOK}, false, IS_ON_OTHER},
    {"no such operation", {{400, UNKNOWN}}, {LOOK}, true, NULL},
    {"described only", {{200, OFF}, {400, UNKNOWN}}, {LOOK, SWITCH}, true, NULL},
};

/* With options or without. */
static void expect_difference(size_t at, const cruddur_schema_options *options)
{
    cr_lines lines;
    answer answers[STEPS_MAX] = {{200, DESCRIBED}};
    cr_lines_init(&lines);
    memcpy(answers + 1, verifications[at].answers, 4 * sizeof(answer));
    size_t count = open_with(answers);
    cruddur_status status = now.store->ops->schema_verify(now.store, options, &lines, &now.call);
    cr_assert_eq(status, CRUDDUR_OK, "%s: %s", verifications[at].name,
                 cruddur_error_message(now.error));
    const char *expected = verifications[at].difference;
    cr_assert_eq(lines.count, expected == NULL ? 0 : 1, "%s", verifications[at].name);
    if (expected != NULL) {
        cr_assert_str_eq(cr_lines_first(&lines), expected);
    }
    cr_assert_eq(told, verifications[at].is_told ? 1 : 0, "%s", verifications[at].name);
    for (size_t i = 0; i < STEPS_MAX && verifications[at].operations[i] != NULL; i++) {
        expect_target(i + 1, verifications[at].operations[i]);
        cr_assert_str_eq(body_of(i + 1), "{\"TableName\":\"messages\"}"); /* changes nothing */
    }
    cr_lines_free(&lines);
    close_store(count);
}

Test(dynamodb_expiry, verify_tells_what_differs)
{
    const cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    for (size_t i = 0; i < COUNT(verifications); i++) {
        expect_difference(i, NULL);
        expect_difference(i, &options);
    }
}

Test(dynamodb_expiry, verify_needs_the_right_to_look)
{
    const answer answers[STEPS_MAX] = {{200, DESCRIBED}, {400, DENIED}};
    cr_lines lines;
    cr_lines_init(&lines);
    size_t count = open_with(answers);
    cr_assert_eq(now.store->ops->schema_verify(now.store, NULL, &lines, &now.call),
                 CRUDDUR_E_ACCESS_DENIED);
    cr_lines_free(&lines);
    close_store(count);
}

/* ---- how long ---- */

Test(dynamodb_expiry, claims_are_kept_for_days)
{
    static const struct {
        const char *parameter;
        int64_t days;
    } kept[] = {{"", 7}, {"&claim_days=1", 1}, {"&claim_days=30", 30}, {"&claim_days=3650", 3650}};
    for (size_t i = 0; i < COUNT(kept); i++) {
        OPEN(kept[i].parameter, reply(500, ""));
        cr_assert_eq(now.store->claim_us, kept[i].days * INT64_C(86400000000));
        close_store(0);
    }
}

/* The rules are told who else writes. */
Test(dynamodb_expiry, writers_are_told)
{
    static const struct {
        const char *parameters;
        bool are_ours;
    } stores[] = {{"&mode=atomic", false},
                  {"&mode=atomic&writers=any", false},
                  {"&writers=any&mode=stream", false},
                  {"&mode=atomic&writers=ours", true},
                  {"&writers=ours&mode=atomic", true}};
    for (size_t i = 0; i < COUNT(stores); i++) {
        OPEN(stores[i].parameters, reply(500, ""));
        cr_assert_eq((now.store->traits & CR_TRAIT_OURS) != 0, stores[i].are_ours, "%s",
                     stores[i].parameters);
        close_store(0);
    }
}

/* Numbers are digits alone. */
Test(dynamodb_expiry, values_that_are_refused)
{
    static const char *const wrong[] = {
        "claim_days=0",
        "claim_days=3651",
        "claim_days=",
        "claim_days=x",
        "claim_days=7x",
        "claim_days=-1",
        "claim_days=%2B7",
        "claim_days=%207",
        "claim_days=18446744073709551617",
        "attempts=0",
        "attempts=21",
        "attempts=%2B3",
        "attempts=%203",
        "attempts=-18446744073709551613",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char url[80];
        char words[60];
        cruddur_error *error = NULL;
        cr_store *store = NULL;
        const cr_store_options options = {0};
        bool is_claim = wrong[i][0] == 'c';
        (void)snprintf(url, sizeof(url), "dynamodb:messages?region=eu-central-1&%s", wrong[i]);
        (void)snprintf(words, sizeof(words), "store_url: %s is a number from 1 to %d, not \"",
                       is_claim ? "claim_days" : "attempts", is_claim ? 3650 : 20);
        cr_assert_eq(cr_store_open(url, &options, &store, &error), CRUDDUR_E_URL_PARAMETER, "%s",
                     wrong[i]);
        cr_assert_eq(strncmp(cruddur_error_message(error), words, strlen(words)), 0, "%s",
                     cruddur_error_message(error));
        cruddur_error_free(error);
    }
}
