/* SPDX-License-Identifier: MIT */
/* Threads of one handle that append to the same group take turns: one is held in the middle of its
 * append, and the others neither start nor cost more requests than alone. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dynamodb/door.h"

#define OTHERS 3
#define TIMEOUT_MS 60000

static door way;
static test_store store;

typedef struct writer {
    pthread_t thread;
    const char *group;
    uint32_t timeout_ms;
    cruddur_status status;
    bool is_unknown;
    unsigned requests;
    unsigned attempts;
} writer;

/* Of the call that this thread makes. */
static _Thread_local writer *caller;

static void note_cost(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    if (caller != NULL) {
        caller->requests = metrics->requests;
        caller->attempts = metrics->attempts;
    }
}

static void begin(void)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = TIMEOUT_MS;
    options.metrics = note_cost;
    way = door_make();
    test_store_open(&store, &options);
}

static void end(void)
{
    door_rules(&way, 0, "");
    test_store_remove(&store);
}

TestSuite(turns, .init = begin, .fini = end, .timeout = 300);

static void open_group(size_t other, char uuid[CRUDDUR_UUID_SIZE])
{
    cruddur_user user = test_user(other);
    cruddur_group *group = NULL;
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &user, 1, "first", NULL, &group, TEST_ERROR));
    (void)snprintf(uuid, CRUDDUR_UUID_SIZE, "%s", cruddur_group_uuid(group));
    cruddur_group_free(group);
}

static void *append(void *argument)
{
    writer *self = argument;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_error *error = NULL;
    options.timeout_ms = self->timeout_ms;
    caller = self;
    self->status =
        cruddur_msg_append(store.dm, &test_ann, self->group, "hello", &options, NULL, &error);
    self->is_unknown = cruddur_error_outcome_unknown(error);
    cruddur_error_free(error);
    caller = NULL;
    return NULL;
}

static void start(writer *one, const char *group, uint32_t timeout_ms)
{
    *one = (writer){.group = group, .timeout_ms = timeout_ms};
    cr_assert_eq(pthread_create(&one->thread, NULL, append, one), 0);
}

static void finish(writer *one)
{
    cr_assert_eq(pthread_join(one->thread, NULL), 0);
}

static unsigned requests_of_one(const char *group)
{
    writer alone = {.group = group};
    (void)append(&alone);
    cr_assert_eq(alone.status, CRUDDUR_OK);
    return alone.requests;
}

/* Starts an append, and waits until the service is asked for its first write, which it is not. */
static void start_held(writer *one, const char *group)
{
    door_rules(&way, 0, "{\"fault\": \"held\", \"operation\": \"write\"}");
    unsigned before = door_count(&way, "fault.held");
    start(one, group, 0);
    while (door_count(&way, "fault.held") == before) {
        cr_clock_sleep_us(1000);
    }
}

/* How long others have to get in between. A machine that is slower than that finds less. */
#define CHANCE_US 200000

Test(turns, an_append_starts_when_the_one_before_has_ended)
{
    char group[CRUDDUR_UUID_SIZE];
    writer held;
    writer others[OTHERS];
    unsigned requests = 0;
    open_group(0, group);
    unsigned alone = requests_of_one(group);
    start_held(&held, group);
    for (size_t i = 0; i < OTHERS; i++) {
        start(&others[i], group, 0);
    }
    cr_clock_sleep_us(CHANCE_US);
    door_order(&way, "\"do\": \"let-go\"");
    finish(&held);
    cr_assert_eq(held.status, CRUDDUR_OK);
    cr_assert_eq(held.requests, alone, "%u requests instead of %u", held.requests, alone);
    for (size_t i = 0; i < OTHERS; i++) {
        finish(&others[i]);
        cr_assert_eq(others[i].status, CRUDDUR_OK);
        cr_assert_eq(others[i].attempts, 1);
        requests += others[i].requests;
    }
    /* In steps each has its own, which are fewer from the third append on; else those that waited
     * go together. */
    bool is_in_steps = door_mode_is("steps");
    cr_assert(is_in_steps || requests % alone == 0);
    cr_assert(!is_in_steps || requests >= OTHERS * (alone - 1));
    cr_assert_leq(requests, OTHERS * alone);
    cr_assert_geq(requests, alone);
    test_check(&store);
    cr_assert_eq(test_check_count(&store, "messages"), 3 + OTHERS);
}

Test(turns, another_group_does_not_wait)
{
    char group[CRUDDUR_UUID_SIZE];
    char other[CRUDDUR_UUID_SIZE];
    writer held;
    open_group(0, group);
    open_group(1, other);
    start_held(&held, group);
    (void)requests_of_one(other);
    door_order(&way, "\"do\": \"let-go\"");
    finish(&held);
    cr_assert_eq(held.status, CRUDDUR_OK);
}

Test(turns, a_deadline_that_passes_in_the_queue)
{
    char group[CRUDDUR_UUID_SIZE];
    writer held;
    writer hasty;
    open_group(0, group);
    start_held(&held, group);
    start(&hasty, group, 50);
    finish(&hasty);
    cr_assert_eq(hasty.status, CRUDDUR_E_TIMEOUT);
    cr_assert(!hasty.is_unknown);
    door_order(&way, "\"do\": \"let-go\"");
    finish(&held);
    cr_assert_eq(held.status, CRUDDUR_OK);
    cr_assert_eq(test_check_count(&store, "messages"), 2);
}
