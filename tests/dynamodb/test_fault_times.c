/* SPDX-License-Identifier: MIT */
/* Faults that take time, clocks that disagree, and calls that have little time: what a call comes
 * to, and what the table is like afterwards. docs/reliability.md has the results.
 *
 * Run me by run_with_service.py, which says in which mode. */
#include <stdio.h>
#include <string.h>

#include "dynamodb/faulty_call.h"

/* Where half of the time is spent on an answer that does not come. */
#define HALF_LOST_MS 10000
#define NO_TIME_MS 300

TestSuite(fault_times, .init = faulty_begin, .fini = faulty_end, .timeout = 900);

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

Test(fault_times, that_cost_a_write_time)
{
    pass_all(&appends, "write");
    pass_all(&creates, "write");
}

Test(fault_times, that_cost_a_read_time)
{
    pass_all(&appends, "read");
    pass_all(&lists, "read");
    pass_all(&looks_at_members, "read");
}

/* ---- clocks ---- */

#define HOUR "3600"

/* The reads of an append that are under way at the same time, and one that is sent again. */
#define REFUSED_MAX 4

/* Refusals each time that the clocks part or meet again, and none in between. */
Test(fault_times, clocks_that_disagree)
{
    static const char *const skews[] = {HOUR, HOUR, "-86400", "0", "0", "240"};
    static const bool are_news[] = {true, false, true, true, false, false};
    scene now = set_scene(&appends);
    for (size_t i = 0; i < COUNT(skews); i++) {
        door_order(&way, "\"do\": \"skew\", \"seconds\": %s", skews[i]);
        unsigned before = door_count(&way, "skewed");
        must_succeed(
            cruddur_msg_append(now.dm, &now.ann, now.group, "tick", NULL, NULL, TEST_ERROR));
        unsigned refused = door_count(&way, "skewed") - before;
        cr_assert_eq(refused > 0, are_news[i], "skew %s", skews[i]);
        cr_assert_leq(refused, REFUSED_MAX, "skew %s", skews[i]);
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

Test(fault_times, deadlines_of_300_ms)
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
Test(fault_times, connections_refused_from_the_beginning)
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
Test(fault_times, a_message_whose_fate_is_unknown_is_sent_again)
{
    for (size_t i = 0; i < 2; i++) {
        const deed *what = i == 0 ? &appends : &creates;
        const fault lost = {"lost", "\"fault\": \"silent\""};
        cr_assert(stays(what, &lost, "write", message_write(what), (expected)UNKNOWN(E_TIMEOUT)));
    }
    test_check(&store);
}
