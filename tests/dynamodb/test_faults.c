/* SPDX-License-Identifier: MIT */
/* Everything that can go wrong between the library and the service, alone: what a call comes to,
 * how long it takes, and what the table is like afterwards. docs/reliability.md has the results.
 *
 * Each call goes through a door of the proxy and through a handle of its own; run me by
 * run_with_service.py, which says in which mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dynamodb/door.h"
#include "support/late.h"

/* Where the deadline is not what counts. */
#define PATIENT_MS 60000
/* Where half of the time is spent on an answer that does not come. */
#define HALF_LOST_MS 10000
#define TIMEOUT_MS 1500
#define NO_TIME_MS 300

static door way;
static test_store store;
static unsigned scenes;

static void begin(void)
{
    way = door_make();
    test_store_open(&store, NULL);
}

static void end(void)
{
    door_rules(&way, 0, "");
    test_store_remove(&store);
}

TestSuite(faults, .init = begin, .fini = end, .timeout = 900);

/* ---- a scene: two people, the group they have or will have, and one call ---- */

typedef struct scene {
    cruddur *dm; /* a handle of its own: no memory of earlier failures */
    cruddur_user ann;
    cruddur_user bob;
    char group[CRUDDUR_UUID_SIZE]; /* empty before it is opened */
    char uuid[CRUDDUR_UUID_SIZE];  /* of the message under test */
    uint32_t timeout_ms;
    cruddur_status status;
    bool is_unknown;
    int64_t took_us;
    char words[300];
} scene;

static cruddur_status open_group(scene *now, const char *uuid, uint32_t timeout_ms)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *group = NULL;
    options.message_uuid = uuid;
    options.timeout_ms = timeout_ms;
    cruddur_status status = cruddur_group_create(now->dm, &now->ann, &now->bob, 1, "first",
                                                 &options, &group, TEST_ERROR);
    if (status == CRUDDUR_OK) {
        (void)snprintf(now->group, sizeof(now->group), "%s", cruddur_group_uuid(group));
        cruddur_group_free(group);
    }
    return status;
}

static cruddur_status create(scene *now)
{
    return open_group(now, now->uuid, now->timeout_ms);
}

static cruddur_status append(scene *now)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = now->uuid;
    options.timeout_ms = now->timeout_ms;
    return cruddur_msg_append(now->dm, &now->ann, now->group, TEST_SECRET, &options, NULL,
                              TEST_ERROR);
}

/* The group's only message gets the uuid as its text, so that it is counted. */
static cruddur_status edit(scene *now)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    bool is_changed = false;
    must_succeed(
        cruddur_msg_list(store.dm, NULL, now->group, &test_trusted_list, &page, TEST_ERROR));
    const cruddur_msg *first = cruddur_msg_page_at(page, 0);
    bool is_edited = strcmp(cruddur_msg_text(first), now->uuid) == 0;
    options.timeout_ms = now->timeout_ms;
    options.created_at_us = cruddur_msg_created_at_us(first);
    cruddur_status status =
        cruddur_msg_edit(now->dm, now->ann.uuid, now->group, cruddur_msg_uuid(first), now->uuid,
                         &options, NULL, &is_changed, TEST_ERROR);
    cr_assert(status != CRUDDUR_OK || is_changed != is_edited);
    cruddur_msg_page_free(page);
    return status;
}

static cruddur_status list(scene *now)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    options.timeout_ms = now->timeout_ms;
    cruddur_status status =
        cruddur_msg_list(now->dm, now->ann.uuid, now->group, &options, &page, TEST_ERROR);
    cr_assert(status != CRUDDUR_OK || cruddur_msg_page_count(page) == 1);
    cruddur_msg_page_free(page);
    return status;
}

static cruddur_status members(scene *now)
{
    cruddur_members_options options = CRUDDUR_MEMBERS_OPTIONS_INIT;
    cruddur_members *found = NULL;
    options.timeout_ms = now->timeout_ms;
    cruddur_status status =
        cruddur_group_members(now->dm, now->ann.uuid, now->group, &options, &found, TEST_ERROR);
    cr_assert(status != CRUDDUR_OK || cruddur_members_count(found) == 2);
    cruddur_members_free(found);
    return status;
}

typedef struct deed {
    const char *name;
    const char *call;
    cruddur_status (*run)(scene *now);
    bool writes;
    bool needs_group;
} deed;

static const deed creates = {"create", "cruddur_group_create", create, true, false};
static const deed appends = {"append", "cruddur_msg_append", append, true, true};
static const deed edits = {"edit", "cruddur_msg_edit", edit, true, true};
static const deed lists = {"list", "cruddur_msg_list", list, false, true};
static const deed looks_at_members = {"members", "cruddur_group_members", members, false, true};

/* Nobody has met before. */
static scene set_scene(const deed *what)
{
    scene now = {.timeout_ms = PATIENT_MS};
    size_t number = scenes++;
    cr_assert(number < (size_t)TEST_USERS * (TEST_USERS / 2 - 1), "too many scenes");
    now.ann = test_user(number % TEST_USERS);
    now.bob = test_user((number % TEST_USERS + 1 + number / TEST_USERS) % TEST_USERS);
    now.dm = test_store_connect(&store, NULL);
    must_succeed(cruddur_uuid_v4(now.uuid, TEST_ERROR));
    if (what->needs_group) {
        must_succeed(open_group(&now, NULL, 0));
    }
    return now;
}

static void act(scene *now, const deed *what)
{
    int64_t began_us = cr_clock_monotonic_us();
    now->status = what->run(now);
    now->took_us = cr_clock_monotonic_us() - began_us;
    now->is_unknown = cruddur_error_outcome_unknown(test_error);
    (void)snprintf(now->words, sizeof(now->words), "%s", cruddur_error_message(test_error));
    cr_assert(strstr(now->words, TEST_SECRET) == NULL);
    cr_assert(now->status == CRUDDUR_OK || test_is_documented(what->call, now->status),
              "%s: %s is not documented", what->name, cruddur_status_name(now->status));
    cruddur_error_free(test_error);
    test_error = NULL;
    cr_assert(!test_is_late(now->took_us, (int64_t)now->timeout_ms * 1000), "%s took %lld us",
              what->name, (long long)now->took_us);
}

/* How often the message is in its group, or its text. */
static size_t count_message(const scene *now)
{
    cruddur_msg_page *page = NULL;
    size_t count = 0;
    if (now->group[0] == '\0') {
        return 0;
    }
    must_succeed(
        cruddur_msg_list(store.dm, NULL, now->group, &test_trusted_list, &page, TEST_ERROR));
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i);
        count += strcmp(cruddur_msg_uuid(msg), now->uuid) == 0 ||
                 strcmp(cruddur_msg_text(msg), now->uuid) == 0;
    }
    cruddur_msg_page_free(page);
    return count;
}

/* The faults are over. A message whose call did not succeed is sent again, under the same uuid. In
 * steps, what a call left behind is cleared up by the next one. */
static void recover(scene *now, const deed *what)
{
    door_rules(&way, 0, "");
    door_order(&way, "\"do\": \"open\"");
    now->timeout_ms = PATIENT_MS;
    if (what->writes && now->status != CRUDDUR_OK) {
        cruddur_status told = now->status;
        bool was_known = !now->is_unknown;
        if (was_known && what->needs_group) {
            cr_assert_eq(count_message(now), 0, "%s failed and did it all the same", what->name);
        }
        act(now, what);
        cr_assert_eq(now->status, CRUDDUR_OK, "sent again: %s", now->words);
        now->status = told;
    }
    if (what->writes) {
        cr_assert_eq(count_message(now), 1, "the message is there %zu times", count_message(now));
    }
    if (what->writes && door_mode_is("steps")) {
        must_succeed(
            cruddur_msg_append(store.dm, &now->bob, now->group, "quiet", NULL, NULL, TEST_ERROR));
    }
    cruddur_close(now->dm);
}

/* ---- what is expected ---- */

typedef struct expected {
    cruddur_status status;
    bool is_unknown;
} expected;

typedef struct fault {
    const char *name;
    const char *rule; /* its members in faults.py, after "operation" and "times" */
} fault;

#define PAGE "\"type\": \"text/html\", \"body\": \"<html>Please sign in</html>\""

/* They break one attempt; nothing of them is left when the next one is made. */
static const fault passing[] = {
    {"reset before the request", "\"fault\": \"reset-before\""},
    {"reset after the request", "\"fault\": \"reset-after\""},
    {"closed before the request", "\"fault\": \"drop-before\""},
    {"closed without an answer", "\"fault\": \"drop-after\""},
    {"half an answer", "\"fault\": \"truncate\""},
    {"wrong checksum", "\"fault\": \"bad-crc\""},
    {"a page, not applied", "\"fault\": \"instead\", " PAGE},
    {"a page, applied", "\"fault\": \"instead\", \"applied\": true, " PAGE},
    {"500, not applied", "\"fault\": \"status\", \"status\": 500"},
    {"503, applied", "\"fault\": \"status\", \"status\": 503, \"applied\": true"},
    {"InternalServerError, applied",
     "\"fault\": \"error\", \"status\": 500, \"code\": \"InternalServerError\", \"applied\": true"},
    {"throttled, told to wait 1 ms",
     "\"fault\": \"error\", \"code\": \"ProvisionedThroughputExceededException\", "
     "\"retry_after_ms\": 1"},
    {"connections refused for 5 ms", "\"fault\": \"refuse\", \"ms\": 5"},
    {"an answer 20 ms late", "\"fault\": \"slow\", \"ms\": 20"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void set_rule(const fault *what, const char *operation, unsigned first, unsigned times)
{
    char rule[400];
    (void)snprintf(rule, sizeof(rule), "{%s, \"first\": %u, \"times\": %u%s%s%s}", what->rule,
                   first, times, operation == NULL ? "" : ", \"operation\": \"",
                   operation == NULL ? "" : operation, operation == NULL ? "" : "\"");
    door_rules(&way, 1, rule);
}

/* Which write of a call stores the message: in steps its claim comes before it, a new group's card,
 * and the two members' group rows. */
static unsigned message_write(const deed *what)
{
    return !door_mode_is("steps") ? 1 : what->needs_group ? 4 : 5;
}

static unsigned requests_so_far(void)
{
    return door_count(&way, "received");
}

static void must_be(const scene *now, const deed *what, const char *fault_name, expected wanted)
{
    cr_assert_eq(now->status, wanted.status, "%s, %s: %s (%s)", what->name, fault_name,
                 cruddur_status_name(now->status), now->words);
    cr_assert_eq(now->is_unknown, wanted.is_unknown, "%s, %s: outcome_unknown is %d (%s)",
                 what->name, fault_name, now->is_unknown, now->words);
}

/* A new handle for the scene. */
static void connect_with(scene *now, const char *parameter)
{
    char url[sizeof(store.url) + 40];
    cruddur_close(now->dm);
    test_store_url_with(&store, parameter, url, sizeof(url));
    must_succeed(cruddur_open(url, NULL, &now->dm, TEST_ERROR));
}

/* The fault meets the first request of the call, then in another call the second, and so on until a
 * call gets through untouched. */
static void sweep(const deed *what, const fault *broken)
{
    for (unsigned nth = 1;; nth++) {
        scene now = set_scene(what);
        if (strstr(broken->rule, "\"refuse\"") != NULL) {
            connect_with(&now, "attempts=20"); /* how many it takes is up to the machine */
        }
        set_rule(broken, NULL, nth, 1);
        unsigned before = requests_so_far();
        act(&now, what);
        bool is_untouched = requests_so_far() - before < nth;
        must_be(&now, what, broken->name, (expected){CRUDDUR_OK, false});
        recover(&now, what);
        if (is_untouched) {
            cr_assert(nth > 1);
            return;
        }
        cr_assert(nth < 40);
    }
}

static void sweep_all(const deed *what)
{
    for (size_t i = 0; i < COUNT(passing); i++) {
        sweep(what, &passing[i]);
    }
    test_check(&store);
}

Test(faults, any_request_of_an_append_may_break_once)
{
    sweep_all(&appends);
}

/* What was changed before its answer got lost is told as a change. */
Test(faults, any_request_of_an_edit_may_break_once)
{
    if (door_mode_is("steps")) {
        cr_skip_test("in steps messages are not changed");
    }
    sweep_all(&edits);
}

Test(faults, any_request_of_a_create_may_break_once)
{
    sweep_all(&creates);
}

Test(faults, any_request_of_a_listing_may_break_once)
{
    sweep_all(&lists);
    sweep_all(&looks_at_members);
}

/* ---- faults that stay ---- */

typedef struct lasting {
    fault is;
    /* Of a read, and of a write that meets it while it reads; OK where reads have no such answer.
     */
    cruddur_status on_reads;
    expected on_writes;
} lasting;

#define KNOWN(status)                                                                              \
    {                                                                                              \
        CRUDDUR_##status, false                                                                    \
    }
#define UNKNOWN(status)                                                                            \
    {                                                                                              \
        CRUDDUR_##status, true                                                                     \
    }
#define ERROR(code) "\"fault\": \"error\", \"code\": \"" code "\""

static const lasting lasting_faults[] = {
    {{"connections refused", "\"fault\": \"refuse\", \"ms\": 60000"},
     CRUDDUR_E_NETWORK,
     UNKNOWN(E_NETWORK)},
    {{"reset before the request", "\"fault\": \"reset-before\""},
     CRUDDUR_E_NETWORK,
     UNKNOWN(E_NETWORK)},
    {{"reset after the request", "\"fault\": \"reset-after\""}, CRUDDUR_E_NETWORK, KNOWN(OK)},
    {{"closed without an answer", "\"fault\": \"drop-after\""}, CRUDDUR_E_NETWORK, KNOWN(OK)},
    {{"half an answer", "\"fault\": \"truncate\""}, CRUDDUR_E_NETWORK, KNOWN(OK)},
    {{"no answer", "\"fault\": \"silent\""}, CRUDDUR_E_TIMEOUT, UNKNOWN(E_TIMEOUT)},
    {{"an answer that stalls", "\"fault\": \"stall\""}, CRUDDUR_E_TIMEOUT, UNKNOWN(E_TIMEOUT)},
    {{"an answer that trickles", "\"fault\": \"trickle\", \"ms\": 100"},
     CRUDDUR_E_TIMEOUT,
     UNKNOWN(E_TIMEOUT)},
    {{"garbage", "\"fault\": \"garbage\""}, CRUDDUR_E_PROTOCOL, KNOWN(OK)},
    {{"a page, not applied", "\"fault\": \"instead\", " PAGE},
     CRUDDUR_E_PROTOCOL,
     UNKNOWN(E_PROTOCOL)},
    {{"a page, applied", "\"fault\": \"instead\", \"applied\": true, " PAGE},
     CRUDDUR_E_PROTOCOL,
     KNOWN(OK)},
    {{"an empty body, not applied", "\"fault\": \"instead\""},
     CRUDDUR_E_PROTOCOL,
     UNKNOWN(E_PROTOCOL)},
    {{"JSON of something else, applied",
      "\"fault\": \"instead\", \"applied\": true, \"body\": \"{\\\"ok\\\": 1}\""},
     CRUDDUR_E_PROTOCOL,
     KNOWN(OK)},
    {{"an error under 200, not applied",
      "\"fault\": \"instead\", \"body\": \"{\\\"__type\\\": \\\"x#InternalServerError\\\"}\""},
     CRUDDUR_E_PROTOCOL,
     UNKNOWN(E_PROTOCOL)},
    {{"204, applied", "\"fault\": \"instead\", \"applied\": true, \"status\": 204"},
     CRUDDUR_E_PROTOCOL,
     KNOWN(OK)},
    {{"302, not applied", "\"fault\": \"instead\", \"status\": 302, " PAGE},
     CRUDDUR_E_PROTOCOL,
     UNKNOWN(E_PROTOCOL)},
    {{"403 of a proxy, not applied", "\"fault\": \"instead\", \"status\": 403, " PAGE},
     CRUDDUR_E_ACCESS_DENIED,
     UNKNOWN(E_ACCESS_DENIED)},
    {{"wrong checksum", "\"fault\": \"bad-crc\""}, CRUDDUR_E_PROTOCOL, KNOWN(OK)},
    {{"500, not applied", "\"fault\": \"status\", \"status\": 500"},
     CRUDDUR_E_SERVICE,
     UNKNOWN(E_SERVICE)},
    {{"503, applied", "\"fault\": \"status\", \"status\": 503, \"applied\": true"},
     CRUDDUR_E_SERVICE,
     KNOWN(OK)},
    {{"ThrottlingException", ERROR("ThrottlingException")},
     CRUDDUR_E_THROTTLED,
     KNOWN(E_THROTTLED)},
    {{"ProvisionedThroughputExceededException, told to wait 5 s",
      ERROR("ProvisionedThroughputExceededException") ", \"retry_after_ms\": 5000"},
     CRUDDUR_E_THROTTLED,
     KNOWN(E_THROTTLED)},
    {{"AccessDeniedException", ERROR("AccessDeniedException")},
     CRUDDUR_E_ACCESS_DENIED,
     KNOWN(E_ACCESS_DENIED)},
    {{"ExpiredTokenException", ERROR("ExpiredTokenException")},
     CRUDDUR_E_CREDENTIALS,
     KNOWN(E_CREDENTIALS)},
    {{"TransactionConflictException", ERROR("TransactionConflictException")},
     CRUDDUR_OK,
     KNOWN(E_CONFLICT)},
    {{"TransactionInProgressException", ERROR("TransactionInProgressException")},
     CRUDDUR_OK,
     UNKNOWN(E_CONFLICT)},
};

/* A conflict that stays, or throttling, ends at the deadline, in a pause or in the middle of a
 * request. */
static bool is_as_expected(const scene *now, expected wanted)
{
    bool lasts = wanted.status == CRUDDUR_E_CONFLICT || wanted.status == CRUDDUR_E_THROTTLED;
    if (lasts && now->status == CRUDDUR_E_TIMEOUT) {
        return true;
    }
    return now->status == wanted.status && now->is_unknown == wanted.is_unknown;
}

static bool is_right(const scene *now, const deed *what, const fault *broken, expected wanted)
{
    bool is_good = is_as_expected(now, wanted);
    (void)fprintf(stderr, "%s %s | %s | %s%s | %lld ms | %s\n", is_good ? "    " : "BAD ",
                  what->name, broken->name, cruddur_status_name(now->status),
                  now->is_unknown ? ", outcome unknown" : "", (long long)(now->took_us / 1000),
                  now->words);
    return is_good;
}

/* What ends at the deadline is given little time, and all else as much as it takes. */
static uint32_t time_for(expected wanted)
{
    bool ends_at_deadline = wanted.status == CRUDDUR_E_TIMEOUT ||
                            wanted.status == CRUDDUR_E_CONFLICT ||
                            wanted.status == CRUDDUR_E_THROTTLED;
    return ends_at_deadline ? TIMEOUT_MS : PATIENT_MS;
}

static unsigned times_met(const fault *broken)
{
    char name[32];
    char counter[48];
    cr_assert_eq(sscanf(broken->rule, "\"fault\": \"%31[^\"]", name), 1);
    (void)snprintf(counter, sizeof(counter), "fault.%s", name);
    return door_count(&way, counter);
}

/* One call under a fault that stays, from its `first` such request on, as long as the call does. A
 * call that did not get as far in its time is made again, with more. */
static bool stays(const deed *what, const fault *broken, const char *operation, unsigned first,
                  expected wanted)
{
    for (uint32_t timeout_ms = time_for(wanted);; timeout_ms *= 2) {
        scene now = set_scene(what);
        now.timeout_ms = timeout_ms;
        set_rule(broken, operation, first, 0);
        unsigned before = times_met(broken);
        act(&now, what);
        bool is_met = times_met(broken) > before || timeout_ms > PATIENT_MS;
        bool is_good = !is_met || is_right(&now, what, broken, wanted);
        recover(&now, what);
        if (is_met) {
            return is_good;
        }
    }
}

static void all_stay_on_reads(const deed *what)
{
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(lasting_faults); i++) {
        const lasting *one = &lasting_faults[i];
        if (one->on_reads != CRUDDUR_OK) {
            wrong += !stays(what, &one->is, "read", 1, (expected){one->on_reads, false});
        }
    }
    cr_assert_eq(wrong, 0, "%zu calls came to something else", wrong);
    test_check(&store);
}

/* Before the message is stored, what a failure comes to is always known. */
static void all_stay_on_writes(const deed *what)
{
    size_t wrong = 0;
    bool is_in_steps = door_mode_is("steps");
    for (size_t i = 0; i < COUNT(lasting_faults); i++) {
        const lasting *one = &lasting_faults[i];
        expected wanted = one->on_writes;
        wrong += !stays(what, &one->is, "write", message_write(what), wanted);
        if (is_in_steps) {
            wrong += !stays(what, &one->is, "write", 1, (expected){wanted.status, false});
        }
    }
    cr_assert_eq(wrong, 0, "%zu calls came to something else", wrong);
    test_check(&store);
}

Test(faults, that_stay_on_the_writes_of_an_append)
{
    all_stay_on_writes(&appends);
}

Test(faults, that_stay_on_the_writes_of_an_edit)
{
    if (door_mode_is("steps")) {
        cr_skip_test("in steps messages are not changed");
    }
    all_stay_on_writes(&edits);
}

Test(faults, that_stay_on_the_writes_of_a_create)
{
    all_stay_on_writes(&creates);
}

Test(faults, that_stay_on_the_reads_of_an_append)
{
    all_stay_on_reads(&appends);
}

Test(faults, that_stay_on_a_listing)
{
    all_stay_on_reads(&lists);
}

Test(faults, that_stay_on_a_look_at_the_members)
{
    all_stay_on_reads(&looks_at_members);
}

/* ---- faults that pass, and take time ---- */

#define NO_ANSWERS 3

static const fault slow_faults[] = {
    {"no answer", "\"fault\": \"silent\""},
    {"an answer that stalls", "\"fault\": \"stall\""},
    {"an answer that trickles", "\"fault\": \"trickle\", \"ms\": 100"},
    {"ThrottlingException, told to wait 200 ms",
     ERROR("ThrottlingException") ", \"retry_after_ms\": 200"},
    {"TransactionInProgressException", ERROR("TransactionInProgressException")},
    {"TransactionConflictException", ERROR("TransactionConflictException")},
    {"garbage", "\"fault\": \"garbage\""},
};

static void pass_once(const deed *what, const char *operation, const fault *broken)
{
    scene now = set_scene(what);
    now.timeout_ms = HALF_LOST_MS;
    set_rule(broken, operation, 1, 1);
    act(&now, what);
    must_be(&now, what, broken->name, (expected){CRUDDUR_OK, false});
    recover(&now, what);
}

static void pass_all(const deed *what, const char *operation)
{
    for (size_t i = 0; i < COUNT(slow_faults); i++) {
        pass_once(what, operation, &slow_faults[i]);
    }
    test_check(&store);
}

Test(faults, that_cost_a_write_time)
{
    pass_all(&appends, "write");
    pass_all(&creates, "write");
}

Test(faults, that_cost_a_read_time)
{
    pass_all(&appends, "read");
    pass_all(&lists, "read");
    pass_all(&looks_at_members, "read");
}

/* ---- transactions ---- */

/* What a cancelled transaction may say, for a while or for good. */
static const struct {
    fault is;
    expected once;
    expected always;
} cancellations[] = {
    {{"TransactionConflict", "\"fault\": \"cancel\""}, KNOWN(OK), KNOWN(E_CONFLICT)},
    {{"ThrottlingError", "\"fault\": \"cancel\", \"reason\": \"ThrottlingError\""},
     KNOWN(OK),
     KNOWN(E_THROTTLED)},
    {{"ProvisionedThroughputExceeded",
      "\"fault\": \"cancel\", \"reason\": \"ProvisionedThroughputExceeded\""},
     KNOWN(OK),
     KNOWN(E_THROTTLED)},
    {{"ConditionalCheckFailed", "\"fault\": \"cancel\", \"reason\": \"ConditionalCheckFailed\""},
     KNOWN(OK),
     KNOWN(E_CONFLICT)},
    {{"ValidationError", "\"fault\": \"cancel\", \"reason\": \"ValidationError\""},
     KNOWN(E_REFUSED),
     KNOWN(E_REFUSED)},
};

static void cancel(const deed *what)
{
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(cancellations); i++) {
        const fault *broken = &cancellations[i].is;
        scene now = set_scene(what);
        set_rule(broken, "TransactWriteItems", 1, 1);
        act(&now, what);
        wrong += !is_right(&now, what, broken, cancellations[i].once);
        recover(&now, what);
        wrong += !stays(what, broken, "TransactWriteItems", 1, cancellations[i].always);
    }
    cr_assert_eq(wrong, 0);
    test_check(&store);
}

Test(faults, cancelled_transactions)
{
    if (door_mode_is("steps")) {
        cr_skip_test("in steps there are no transactions");
    }
    cancel(&appends);
    cancel(&creates);
}

static const fault no_transactions = {"no transactions", ERROR("UnknownOperationException")};

/* A new handle in this mode. */
static void change_mode(scene *now, const char *mode)
{
    char url[300];
    cruddur_close(now->dm);
    (void)snprintf(url, sizeof(url), "dynamodb:%s?endpoint=%s&mode=%s", door_table(&store), way.url,
                   mode);
    must_succeed(cruddur_open(url, NULL, &now->dm, TEST_ERROR));
}

static void do_without(const deed *what, const char *mode, expected wanted, unsigned asked)
{
    scene now = set_scene(what);
    change_mode(&now, mode);
    if (!door_service_is("dynalite")) { /* which needs no proxy to lack them */
        set_rule(&no_transactions, "TransactWriteItems", 1, 0);
    }
    unsigned before = door_count(&way, "received.TransactWriteItems");
    act(&now, what);
    must_be(&now, what, mode, wanted);
    if (now.status == CRUDDUR_OK) {
        must_succeed(
            cruddur_msg_append(now.dm, &now.bob, now.group, "quiet", NULL, NULL, TEST_ERROR));
    }
    cr_assert_eq(door_count(&way, "received.TransactWriteItems") - before, asked);
    change_mode(&now, getenv("CRUDDUR_TEST_MODE"));
    recover(&now, what);
}

/* Found out at the first change of a handle, and remembered. */
Test(faults, a_service_without_transactions)
{
    do_without(&appends, "auto", (expected)KNOWN(OK), 1);
    do_without(&creates, "auto", (expected)KNOWN(OK), 1);
    do_without(&appends, "steps", (expected)KNOWN(OK), 0);
    do_without(&appends, "atomic", (expected)KNOWN(E_CONFIG), 1);
    test_check(&store);
}

/* ---- clocks ---- */

#define HOUR "3600"

/* One refusal for each time that the clocks part or meet again, and none in between. */
Test(faults, clocks_that_disagree)
{
    static const char *const skews[] = {HOUR, HOUR, "-86400", "0", "0", "240"};
    static const unsigned refusals[] = {1, 0, 1, 1, 0, 0};
    scene now = set_scene(&appends);
    for (size_t i = 0; i < COUNT(skews); i++) {
        door_order(&way, "\"do\": \"skew\", \"seconds\": %s", skews[i]);
        unsigned before = door_count(&way, "skewed");
        must_succeed(
            cruddur_msg_append(now.dm, &now.ann, now.group, "tick", NULL, NULL, TEST_ERROR));
        cr_assert_eq(door_count(&way, "skewed") - before, refusals[i], "skew %s", skews[i]);
    }
    door_order(&way, "\"do\": \"skew\", \"seconds\": 0");
    act(&now, &appends);
    must_be(&now, &appends, "clocks", (expected)KNOWN(OK));
    recover(&now, &appends);
    test_check(&store);
}

/* ---- little time ---- */

static unsigned writes_so_far(void)
{
    return door_count(&way, "received.PutItem") + door_count(&way, "received.TransactWriteItems");
}

/* On a slow machine the time may be over before there is anything to write: then the outcome is
 * known. */
static void run_out_of_time(const deed *what, const char *operation, const fault *broken)
{
    scene now = set_scene(what);
    unsigned before = writes_so_far();
    now.timeout_ms = NO_TIME_MS;
    bool is_write = strcmp(operation, "write") == 0;
    set_rule(broken, operation, is_write ? message_write(what) : 1, 0);
    act(&now, what);
    bool has_written = writes_so_far() - before >= message_write(what);
    must_be(&now, what, broken->name, (expected){CRUDDUR_E_TIMEOUT, has_written});
    recover(&now, what);
}

Test(faults, deadlines_of_300_ms)
{
    static const deed *const deeds[] = {&appends, &creates, &lists, &looks_at_members};
    for (size_t i = 0; i < COUNT(deeds) * NO_ANSWERS; i++) {
        const fault *broken = &slow_faults[i % NO_ANSWERS];
        const deed *what = deeds[i / NO_ANSWERS];
        run_out_of_time(what, "read", broken);
        if (what->writes) {
            run_out_of_time(what, "write", broken);
        }
    }
    test_check(&store);
}

/* Nobody listens from the beginning of the call to its end: that nothing was written is certain. */
Test(faults, connections_refused_from_the_beginning)
{
    static const deed *const deeds[] = {&appends, &creates, &lists, &looks_at_members};
    for (size_t i = 0; i < COUNT(deeds); i++) {
        scene now = set_scene(deeds[i]);
        door_order(&way, "\"do\": \"shut\"");
        act(&now, deeds[i]);
        must_be(&now, deeds[i], "refused", (expected)KNOWN(E_NETWORK));
        recover(&now, deeds[i]);
    }
    test_check(&store);
}

/* The answer to the write is lost, and nobody can be asked any more: sent again, the message is
 * found. */
Test(faults, a_message_whose_fate_is_unknown_is_sent_again)
{
    for (size_t i = 0; i < 2; i++) {
        const deed *what = i == 0 ? &appends : &creates;
        const fault lost = {"lost", "\"fault\": \"silent\""};
        cr_assert(stays(what, &lost, "write", message_write(what), (expected)UNKNOWN(E_TIMEOUT)));
    }
    test_check(&store);
}
