/* SPDX-License-Identifier: MIT */
/* Many writers through a bad network: whatever goes wrong, a message that is sent again under its
 * uuid until it is acknowledged is there once, and every call comes back in time.
 *
 * CRUDDUR_TEST_SEED chooses another storm; which request meets which fault also hangs on how the
 * threads run. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dynamodb/door.h"
#include "support/late.h"

#define THREADS 8
#define HANDLES 2
#define SENDS 24
#define PEOPLE 4
#define GROUPS 6 /* each pair of them */
#define TIMEOUT_MS 4000
#define TRIES_MAX 100
#define AGAIN_AFTER_US 10000

/* About one request in nine. */
static const char weather[] =
    "{\"fault\": \"reset-before\", \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"reset-after\", \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"drop-before\", \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"drop-after\", \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"truncate\", \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"bad-crc\", \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"status\", \"status\": 500, \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"status\", \"status\": 503, \"applied\": true, \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"slow\", \"ms\": 60, \"times\": 0, \"chance\": 0.012},"
    "{\"fault\": \"error\", \"code\": \"ThrottlingException\", \"times\": 0, \"chance\": 0.002},"
    "{\"fault\": \"cancel\", \"operation\": \"TransactWriteItems\", \"times\": 0, \"chance\": "
    "0.03},"
    "{\"fault\": \"error\", \"code\": \"TransactionInProgressException\","
    " \"operation\": \"TransactWriteItems\", \"times\": 0, \"chance\": 0.005},"
    "{\"fault\": \"silent\", \"times\": 0, \"chance\": 0.001},"
    "{\"fault\": \"stall\", \"times\": 0, \"chance\": 0.001},"
    "{\"fault\": \"refuse\", \"ms\": 20, \"times\": 0, \"chance\": 0.001}";

static door way;
static test_store store;

static void begin(void)
{
    way = door_make();
    test_store_open(&store, NULL);
    for (size_t i = 0; i < PEOPLE; i++) {
        (void)test_user(i); /* before the threads begin */
    }
}

static void end(void)
{
    test_store_remove(&store);
}

TestSuite(storm, .init = begin, .fini = end, .timeout = 240);

typedef struct sent {
    char uuid[CRUDDUR_UUID_SIZE];
    char group[CRUDDUR_UUID_SIZE];
    size_t found;
} sent;

typedef struct writer {
    cruddur *dm;
    unsigned seed;
    sent sends[SENDS];
    unsigned calls;
    unsigned unknown;
    int64_t longest_us;
    char problem[400];
} writer;

/* The two of the group number `pair`, either way round. */
static void choose_people(unsigned pair, bool turned, cruddur_user *from, cruddur_user *to)
{
    static const unsigned char pairs[GROUPS][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
    *from = test_user(pairs[pair][turned ? 1 : 0]);
    *to = test_user(pairs[pair][turned ? 0 : 1]);
}

/* Where the group is known, half of the calls append to it; all others open it, or find it open. */
static cruddur_status call(writer *self, sent *message, unsigned chance, uint32_t timeout_ms,
                           cruddur_error **error)
{
    cruddur_user from;
    cruddur_user to;
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options create = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *group = NULL;
    choose_people(chance % GROUPS, chance / GROUPS % 2 == 0, &from, &to);
    append.message_uuid = create.message_uuid = message->uuid;
    append.timeout_ms = create.timeout_ms = timeout_ms;
    if (message->group[0] != '\0') {
        return cruddur_msg_append(self->dm, &from, message->group, message->uuid, &append, NULL,
                                  error);
    }
    cruddur_status status =
        cruddur_group_create(self->dm, &from, &to, 1, message->uuid, &create, &group, error);
    if (status == CRUDDUR_OK) {
        (void)snprintf(message->group, sizeof(message->group), "%s", cruddur_group_uuid(group));
        cruddur_group_free(group);
    }
    return status;
}

static void complain(writer *self, cruddur_status status, const cruddur_error *error)
{
    (void)snprintf(self->problem, sizeof(self->problem), "%s: %s", cruddur_status_name(status),
                   cruddur_error_message(error));
}

/* Once; true when the message need not be sent again. */
static bool try_once(writer *self, sent *message, unsigned chance, uint32_t timeout_ms)
{
    cruddur_error *error = NULL;
    int64_t began_us = cr_clock_monotonic_us();
    cruddur_status status = call(self, message, chance, timeout_ms, &error);
    int64_t took_us = cr_clock_monotonic_us() - began_us;
    bool may_help = cruddur_error_outcome_unknown(error) || cruddur_error_is_retryable(error);
    self->calls++;
    self->unknown += cruddur_error_outcome_unknown(error);
    self->longest_us = took_us > self->longest_us ? took_us : self->longest_us;
    if (status != CRUDDUR_OK && !may_help) {
        complain(self, status, error);
    }
    if (test_is_late(took_us, timeout_ms * INT64_C(1000))) {
        complain(self, CRUDDUR_E_TIMEOUT, NULL);
    }
    cruddur_error_free(error);
    return status == CRUDDUR_OK || !may_help;
}

static void send_message(writer *self, size_t number, char groups[GROUPS][CRUDDUR_UUID_SIZE])
{
    sent *message = &self->sends[number];
    self->seed = self->seed * 1103515245u + 12345u;
    unsigned chance = self->seed >> 16;
    char *group = groups[chance % GROUPS];
    if (cruddur_uuid_v4(message->uuid, NULL) != CRUDDUR_OK) {
        complain(self, CRUDDUR_E_INTERNAL, NULL);
        return;
    }
    if (chance / (2 * GROUPS) % 2 == 0) {
        memcpy(message->group, group, CRUDDUR_UUID_SIZE);
    }
    /* Later tries have more time: a slow machine may need it. */
    for (unsigned i = 0; !try_once(self, message, chance, TIMEOUT_MS * (1 + i / 4)); i++) {
        if (i == TRIES_MAX) {
            complain(self, CRUDDUR_E_CONFLICT, NULL);
            return;
        }
        cr_clock_sleep_us(AGAIN_AFTER_US);
    }
    memcpy(group, message->group, CRUDDUR_UUID_SIZE);
}

static void *write_on(void *argument)
{
    writer *self = argument;
    char groups[GROUPS][CRUDDUR_UUID_SIZE] = {""};
    for (size_t i = 0; i < SENDS && self->problem[0] == '\0'; i++) {
        send_message(self, i, groups);
    }
    return NULL;
}

/* ---- afterwards ---- */

static void count_found(writer *writers, const cruddur_msg_page *page)
{
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *msg = cruddur_msg_page_at(page, i);
        for (size_t t = 0; t < THREADS; t++) {
            for (size_t s = 0; s < SENDS; s++) {
                sent *message = &writers[t].sends[s];
                message->found += strcmp(message->uuid, cruddur_msg_uuid(msg)) == 0 &&
                                  strcmp(message->group, cruddur_msg_group_uuid(msg)) == 0;
            }
        }
    }
}

static void find_messages(writer *writers)
{
    for (unsigned pair = 0; pair < GROUPS; pair++) {
        cruddur_user from;
        cruddur_user to;
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        cruddur_msg_page *page = NULL;
        cruddur_group *group = NULL;
        options.limit = CRUDDUR_LIMIT_MAX;
        choose_people(pair, false, &from, &to);
        /* One more quiet message in each: in steps it clears up what failed calls left. */
        must_succeed(
            cruddur_group_create(store.dm, &from, &to, 1, "quiet", NULL, &group, TEST_ERROR));
        must_succeed(cruddur_msg_list(store.dm, from.uuid, cruddur_group_uuid(group), &options,
                                      &page, TEST_ERROR));
        count_found(writers, page);
        cruddur_msg_page_free(page);
        cruddur_group_free(group);
    }
}

static void report(const writer *writers, int64_t took_us)
{
    unsigned calls = 0;
    unsigned unknown = 0;
    int64_t longest_us = 0;
    for (size_t i = 0; i < THREADS; i++) {
        calls += writers[i].calls;
        unknown += writers[i].unknown;
        longest_us = writers[i].longest_us > longest_us ? writers[i].longest_us : longest_us;
    }
    (void)fprintf(stderr, "%d messages, %u calls, %u of unknown outcome, longest %lld ms, %lld s\n",
                  THREADS * SENDS, calls, unknown, (long long)(longest_us / 1000),
                  (long long)(took_us / 1000000));
}

/* The last handle makes one attempt of each request only, so that nothing is smoothed over: half of
 * its calls fail somewhere on their way. */
static void open_handles(cruddur *handles[HANDLES])
{
    char url[sizeof(store.url) + 20];
    test_store_url_with(&store, "attempts=1", url, sizeof(url));
    for (size_t i = 0; i + 1 < HANDLES; i++) {
        handles[i] = test_store_connect(&store, NULL);
    }
    must_succeed(cruddur_open(url, NULL, &handles[HANDLES - 1], TEST_ERROR));
}

static void weather_the_storm(void)
{
    static writer writers[THREADS];
    pthread_t threads[THREADS];
    cruddur *handles[HANDLES];
    const char *chosen = getenv("CRUDDUR_TEST_SEED");
    unsigned seed = chosen == NULL ? 20260131u : (unsigned)strtoul(chosen, NULL, 10);
    int64_t began_us = cr_clock_monotonic_us();
    open_handles(handles);
    door_rules(&way, seed, weather);
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i].dm = handles[i % HANDLES];
        writers[i].seed = seed + i * 7919u;
        cr_assert_eq(pthread_create(&threads[i], NULL, write_on, &writers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    door_rules(&way, 0, "");
    /* What a call left that failed just now shows in the index, or nobody could clear it up. */
    door_order(&way, "\"do\": \"thaw-index\"");
    report(writers, cr_clock_monotonic_us() - began_us);
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_str_eq(writers[i].problem, "", "thread %zu: %s", i, writers[i].problem);
    }
    find_messages(writers);
    for (size_t i = 0; i < (size_t)THREADS * SENDS; i++) {
        const sent *message = &writers[i / SENDS].sends[i % SENDS];
        cr_assert_eq(message->found, 1, "%s is there %zu times", message->uuid, message->found);
    }
    for (size_t i = 0; i < HANDLES; i++) {
        cruddur_close(handles[i]);
    }
    cr_assert_eq(test_check_count(&store, "messages"), THREADS * SENDS + GROUPS);
    cr_assert_eq(test_check_count(&store, "groups"), GROUPS);
}

Test(storm, nothing_is_lost_and_nothing_is_there_twice)
{
    weather_the_storm();
}

/* The index tells of rows as they were a while ago. */
Test(storm, beside_an_index_that_lags)
{
    door_order(&way, "\"do\": \"delay-index\", \"table\": \"%s\", \"ms\": 300", door_table(&store));
    weather_the_storm();
}
