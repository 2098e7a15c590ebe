/* SPDX-License-Identifier: MIT */
/* Everything that can go wrong between the library and the service, alone: what a call comes to,
 * and what the table is like afterwards. docs/reliability.md has the results.
 * test_fault_times.c has what takes time.
 *
 * Run me by run_with_service.py, which says in which mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamodb/faulty_call.h"

TestSuite(faults, .init = faulty_begin, .fini = faulty_end, .timeout = 900);

/* ---- faults that pass ---- */

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

static unsigned requests_so_far(void)
{
    return door_count(&way, "received");
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
