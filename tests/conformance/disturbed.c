/* SPDX-License-Identifier: MIT */
#include "disturbed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dynamodb/door.h"

#define PROCESSORS_MAX 4
#define POLL_MS 20
#define ATTEMPTS_MAX 200
#define LATE_WAIT_MS 20000

#define PATIENT "&attempts=20"

/* About one write in four, and one read in forty. */
static const char weather[] =
    "{\"fault\": \"late\", \"operation\": \"write\", \"ms\": [20, 1500], \"times\": 0,"
    " \"chance\": 0.10},"
    "{\"fault\": \"drop-after\", \"operation\": \"write\", \"times\": 0, \"chance\": 0.03},"
    "{\"fault\": \"reset-after\", \"operation\": \"write\", \"times\": 0, \"chance\": 0.02},"
    "{\"fault\": \"status\", \"status\": 503, \"applied\": true, \"operation\": \"write\","
    " \"times\": 0, \"chance\": 0.02},"
    "{\"fault\": \"drop-before\", \"operation\": \"write\", \"times\": 0, \"chance\": 0.02},"
    "{\"fault\": \"slow\", \"ms\": 30, \"operation\": \"write\", \"times\": 0, \"chance\": 0.02},"
    "{\"fault\": \"cancel\", \"operation\": \"TransactWriteItems\", \"times\": 0,"
    " \"chance\": 0.02},"
    "{\"fault\": \"error\", \"code\": \"TransactionInProgressException\","
    " \"operation\": \"TransactWriteItems\", \"times\": 0, \"chance\": 0.005},"
    "{\"fault\": \"truncate\", \"operation\": \"read\", \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"bad-crc\", \"operation\": \"read\", \"times\": 0, \"chance\": 0.012}";
/* Half of the writes are late, and a request on a connection that was closed is sent again at once.
 */
static const char rough_weather[] =
    "{\"fault\": \"late\", \"operation\": \"write\", \"ms\": [20, 1500], \"times\": 0,"
    " \"chance\": 0.5}";
static const char *const kinds[] = {"late",   "drop-after", "reset-after", "status",   "slow",
                                    "cancel", "error",      "drop-before", "truncate", "bad-crc"};

static disturbances total;
static door ways[2]; /* of the store's handle, and of the hasty one */
static bool has_faults;
static cruddur *hasty;
static pid_t processors[PROCESSORS_MAX];
static size_t processor_count;
static unsigned calls;

static unsigned number_from(const char *variable)
{
    const char *text = getenv(variable);
    return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

static void pause_ms(long ms)
{
    struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&span, NULL);
}

/* ---- processors ---- */

/* In the child; it ends by a signal. */
static void process(void)
{
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    cruddur *dm = NULL;
    options.poll_ms = POLL_MS;
    bool is_following = cruddur_open(store.url, NULL, &dm, NULL) == CRUDDUR_OK &&
                        cruddur_stream_follow(dm, &options, NULL) == CRUDDUR_OK;
    _exit(is_following ? EXIT_SUCCESS : EXIT_FAILURE);
}

static pid_t start_processor(void)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        process();
    }
    return child;
}

/* One that has ended by itself has failed. */
static void stop_processor(pid_t child)
{
    int state = 0;
    cr_assert_eq(waitpid(child, &state, WNOHANG), 0, "a processor has ended");
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, &state, 0), child);
}

void disturbed_kill(unsigned die)
{
    if (processor_count > 0) {
        pid_t *killed = &processors[die % processor_count];
        stop_processor(*killed);
        *killed = start_processor();
        total.killed++;
    }
}

/* ---- stores ---- */

static void open_at_door(unsigned seed)
{
    char url[sizeof(store.url)];
    ways[1] = door_make();
    ways[0] = door_make();
    (void)snprintf(url, sizeof(url), "%s" PATIENT, getenv("CRUDDUR_TEST_STORE"));
    cr_assert_eq(setenv("CRUDDUR_TEST_STORE", url, 1), 0);
    suite_begin();
    int length = snprintf(url, sizeof(url), "dynamodb:%s?endpoint=%s&mode=%s&attempts=1",
                          door_table(&store), ways[1].url, getenv("CRUDDUR_TEST_MODE"));
    cr_assert(length > 0 && (size_t)length < sizeof(url));
    must_succeed(cruddur_open(url, NULL, &hasty, TEST_ERROR));
    door_rules(&ways[0], seed, weather);
    door_rules(&ways[1], seed, rough_weather);
}

void disturbed_begin(unsigned seed)
{
    unsigned asked = number_from("CRUDDUR_TEST_PROCESSORS");
    has_faults = number_from("CRUDDUR_TEST_FAULTS") > 0;
    if (has_faults) {
        open_at_door(seed);
    } else {
        suite_begin();
    }
    processor_count = !test_store_is_streamed(&store) ? 0
                      : asked < PROCESSORS_MAX        ? asked
                                                      : PROCESSORS_MAX;
    for (size_t i = 0; i < processor_count; i++) {
        processors[i] = start_processor();
    }
}

static void wait_for_late(const door *way)
{
    unsigned late = door_count(way, "fault.late");
    for (int ms = 0; door_count(way, "late.delivered") < late; ms += POLL_MS) {
        cr_assert_lt(ms, LATE_WAIT_MS, "a late request does not arrive");
        pause_ms(POLL_MS);
    }
}

static void end_faults(const door *way)
{
    char of[40];
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        (void)snprintf(of, sizeof(of), "fault.%s", kinds[i]);
        total.faults += door_count(way, of);
    }
    total.late += door_count(way, "fault.late");
    door_rules(way, 0, "");
    wait_for_late(way);
}

void disturbed_calm(void)
{
    for (size_t i = 0; i < processor_count; i++) {
        stop_processor(processors[i]);
    }
    processor_count = 0;
    for (size_t i = 0; has_faults && i < 2; i++) {
        end_faults(&ways[i]);
    }
    test_store_settle(&store);
}

bool disturbed_leaves_rows(void)
{
    return has_faults && test_store_is_in_steps(&store);
}

void disturbed_end(void)
{
    cruddur_close(hasty);
    hasty = NULL;
    suite_end();
}

disturbances disturbed_count(void)
{
    return total;
}

/* ---- calls ---- */

cruddur *attempt_begin(attempt *at)
{
    at->made++;
    calls++;
    return hasty != NULL && calls % 2 == 0 ? hasty : store.dm;
}

bool attempt_again(attempt *at, cruddur_status status)
{
    bool is_unknown = cruddur_error_outcome_unknown(test_error);
    bool is_over = status == CRUDDUR_OK || !has_faults || at->made >= ATTEMPTS_MAX;
    if (is_over || (!is_unknown && !cruddur_error_is_retryable(test_error))) {
        return false;
    }
    at->may_be_done = at->may_be_done || is_unknown;
    total.repeated++;
    total.unknown += is_unknown ? 1 : 0;
    cruddur_error_free(test_error);
    test_error = NULL;
    return true;
}
