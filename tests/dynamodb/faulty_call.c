/* SPDX-License-Identifier: MIT */
#include "dynamodb/faulty_call.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "support/late.h"

door way;
test_store store;
static unsigned scenes;

void faulty_begin(void)
{
    way = door_make();
    test_store_open(&store, NULL);
}

void faulty_end(void)
{
    door_rules(&way, 0, "");
    test_store_remove(&store);
}

/* ---- the calls ---- */

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

const deed creates = {"create", "cruddur_group_create", create, true, false};
const deed appends = {"append", "cruddur_msg_append", append, true, true};
const deed edits = {"edit", "cruddur_msg_edit", edit, true, true};
const deed lists = {"list", "cruddur_msg_list", list, false, true};
const deed looks_at_members = {"members", "cruddur_group_members", members, false, true};

scene set_scene(const deed *what)
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

void act(scene *now, const deed *what)
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
void recover(scene *now, const deed *what)
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

void set_rule(const fault *what, const char *operation, unsigned first, unsigned times)
{
    char rule[400];
    (void)snprintf(rule, sizeof(rule), "{%s, \"first\": %u, \"times\": %u%s%s%s}", what->rule,
                   first, times, operation == NULL ? "" : ", \"operation\": \"",
                   operation == NULL ? "" : operation, operation == NULL ? "" : "\"");
    door_rules(&way, 1, rule);
}

unsigned message_write(const deed *what)
{
    return !door_mode_is("steps") ? 1 : what->needs_group ? 4 : 5;
}

void must_be(const scene *now, const deed *what, const char *fault_name, expected wanted)
{
    cr_assert_eq(now->status, wanted.status, "%s, %s: %s (%s)", what->name, fault_name,
                 cruddur_status_name(now->status), now->words);
    cr_assert_eq(now->is_unknown, wanted.is_unknown, "%s, %s: outcome_unknown is %d (%s)",
                 what->name, fault_name, now->is_unknown, now->words);
}

static bool is_as_expected(const scene *now, expected wanted)
{
    bool lasts = wanted.status == CRUDDUR_E_CONFLICT || wanted.status == CRUDDUR_E_THROTTLED;
    if (lasts && now->status == CRUDDUR_E_TIMEOUT) {
        return true;
    }
    return now->status == wanted.status && now->is_unknown == wanted.is_unknown;
}

bool is_right(const scene *now, const deed *what, const fault *broken, expected wanted)
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

bool stays(const deed *what, const fault *broken, const char *operation, unsigned first,
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
