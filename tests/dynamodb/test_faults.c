/* SPDX-License-Identifier: MIT */
/* Everything that can go wrong between the library and the service, alone: what a call comes to, how
 * long it takes, and what the table is like afterwards. docs/reliability.md has the results.
 *
 * Each call goes through a door of the proxy and through a handle of its own; run me by
 * run_with_service.py, which says in which mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dynamodb/door.h"

/* How late a call may come back, on a busy machine. */
#define SLACK_US INT64_C(900000)
#define TIMEOUT_MS 2500
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

TestSuite(faults, .init = begin, .fini = end, .timeout = 300);

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
    cruddur_members *found = NULL;
    cruddur_status status = cruddur_group_members(now->dm, now->ann.uuid, now->group,
                                                  now->timeout_ms, &found, TEST_ERROR);
    cr_assert(status != CRUDDUR_OK || cruddur_members_count(found) == 2);
    cruddur_members_free(found);
    return status;
}

typedef struct deed {
    const char *name;
    cruddur_status (*run)(scene *now);
    bool writes;
    bool needs_group;
} deed;

static const deed creates = {"create", create, true, false};
static const deed appends = {"append", append, true, true};
static const deed lists = {"list", list, false, true};
static const deed looks_at_members = {"members", members, false, true};

/* Nobody has met before. */
static scene set_scene(const deed *what)
{
    scene now = {.timeout_ms = TIMEOUT_MS};
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
    cruddur_error_free(test_error);
    test_error = NULL;
    cr_assert(now->took_us < (int64_t)now->timeout_ms * 1000 + SLACK_US, "%s took %lld us",
              what->name, (long long)now->took_us);
}

/* How often the message is in its group. */
static size_t count_message(const scene *now)
{
    cruddur_msg_page *page = NULL;
    size_t count = 0;
    if (now->group[0] == '\0') {
        return 0;
    }
    must_succeed(cruddur_msg_list(store.dm, NULL, now->group, NULL, &page, TEST_ERROR));
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        count += strcmp(cruddur_msg_uuid(cruddur_msg_page_at(page, i)), now->uuid) == 0;
    }
    cruddur_msg_page_free(page);
    return count;
}

/* The faults are over. A message whose call did not succeed is sent again, under the same uuid. In
 * steps, what a call left behind is cleared up by the next one. */
static void recover(scene *now, const deed *what)
{
    door_rules(&way, 0, "");
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
        must_succeed(cruddur_msg_append(store.dm, &now->bob, now->group, "quiet", NULL, NULL,
                                        TEST_ERROR));
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

/* They break one attempt; nothing of them is left when the next one is made. */
static const fault passing[] = {
    {"reset before the request", "\"fault\": \"reset-before\""},
    {"reset after the request", "\"fault\": \"reset-after\""},
    {"closed before the request", "\"fault\": \"drop-before\""},
    {"closed without an answer", "\"fault\": \"drop-after\""},
    {"half an answer", "\"fault\": \"truncate\""},
    {"wrong checksum", "\"fault\": \"bad-crc\""},
    {"500, not applied", "\"fault\": \"status\", \"status\": 500"},
    {"503, applied", "\"fault\": \"status\", \"status\": 503, \"applied\": true"},
    {"InternalServerError, applied",
     "\"fault\": \"error\", \"status\": 500, \"code\": \"InternalServerError\", \"applied\": true"},
    {"throttled, told to wait 1 ms",
     "\"fault\": \"error\", \"code\": \"ProvisionedThroughputExceededException\", "
     "\"retry_after_ms\": 1"},
    {"connections refused for 30 ms", "\"fault\": \"refuse\", \"ms\": 30"},
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

static unsigned requests_so_far(void)
{
    return door_count(&way, "received");
}

static void must_be(const scene *now, const deed *what, const char *fault_name, expected wanted)
{
    cr_log_info("%s, %s: %s%s, %lld ms: %s", what->name, fault_name,
                cruddur_status_name(now->status), now->is_unknown ? ", outcome unknown" : "",
                (long long)(now->took_us / 1000), now->words);
    cr_assert_eq(now->status, wanted.status, "%s, %s: %s (%s)", what->name, fault_name,
                 cruddur_status_name(now->status), now->words);
    cr_assert_eq(now->is_unknown, wanted.is_unknown, "%s, %s: outcome_unknown is %d (%s)",
                 what->name, fault_name, now->is_unknown, now->words);
}

/* The fault meets the first request of the call, then in another call the second, and so on until a
 * call gets through untouched. */
static void sweep(const deed *what, const fault *broken)
{
    for (unsigned nth = 1;; nth++) {
        scene now = set_scene(what);
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

Test(faults, any_request_of_a_create_may_break_once)
{
    sweep_all(&creates);
}

Test(faults, any_request_of_a_listing_may_break_once)
{
    sweep_all(&lists);
    sweep_all(&looks_at_members);
}
