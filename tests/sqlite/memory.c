/* SPDX-License-Identifier: MIT */
/* Memory runs out at every allocation in turn, until the call comes through: nothing crashes,
 * leaks, or is half written, and the handle works afterwards. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "sqlite/fault_memory.h"
#include "sqlite/fault_vfs.h"
#include "sqlite/memory_calls.h"

/* After so many calls the store is made anew, lest it grow. */
#define CALLS_PER_STORE 40

TestSuite(memory, .timeout = 900);

static uint64_t messages; /* that were tried: each has a uuid of its own */

/* ---- one call ---- */

static void open_fresh(const memory_call *tried, scene *stage)
{
    if (messages++ % CALLS_PER_STORE == 0) {
        scene_set(stage, tried->name, SCENE_GROUPS, false);
    }
    number_uuid(1000 + messages, stage->calls[0].message_uuid);
    bed_remove_store(bed_path("new"));
    if (!tried->opens) {
        stage->dm = open_store(stage->path);
    }
}

/* A failure without memory, or the one that there always is. */
static void check_status(const memory_call *tried, const char *name, cruddur_status status,
                         const cruddur_error *error, unsigned hits)
{
    cr_assert(status == tried->expected || (status == CRUDDUR_E_NO_MEMORY && hits > 0),
              "%s: %s: %s", name, cruddur_status_name(status), cruddur_error_message(error));
    if (error != NULL) {
        cruddur_status told = cruddur_error_status(error);
        cr_assert(told == status || (told == CRUDDUR_E_NO_MEMORY && hits > 0),
                  "%s: the error is %s", name, cruddur_status_name(told));
        bool may_be_unknown = tried->writes && fault_vfs_calls(AT_WRITE) > 0;
        cr_assert(!cruddur_error_outcome_unknown(error) || may_be_unknown,
                  "%s: nothing was committed, and the outcome is said to be unknown", name);
    }
    cr_assert(status != CRUDDUR_OK || error == NULL, "%s: success, and an error", name);
}

static bool is_stored(const scene *stage)
{
    char sql[200];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*' AND "
                   "(message_uuid = '%s' OR message = '%s')",
                   stage->calls[0].message_uuid, stage->calls[0].message_uuid);
    return raw_number(stage->path, sql) == 1;
}

/* What the table has is what the call said. */
static void check_table(const memory_call *tried, const scene *stage, const char *name,
                        cruddur_status status)
{
    char problem[PROBLEM_SIZE];
    if (tried->writes) {
        cr_assert_eq(is_stored(stage), status == CRUDDUR_OK, "%s: %s, yet the table differs", name,
                     cruddur_status_name(status));
        cr_assert(is_sound(stage->path, problem), "%s: %s", name, problem);
    }
}

static void call_again(const memory_call *tried, scene *stage, const char *name)
{
    cruddur_error *error = NULL;
    cruddur_status status = tried->run(stage, &error);
    cr_assert_eq(status, tried->expected, "%s: afterwards: %s: %s", name,
                 cruddur_status_name(status), cruddur_error_message(error));
    cruddur_error_free(error);
}

/* Tells how many allocations failed. */
static unsigned run_with_fault(const memory_call *tried, scene *stage, unsigned whose, unsigned nth,
                               unsigned count)
{
    char name[128];
    cruddur_error *error = NULL;
    (void)snprintf(name, sizeof(name), "%s, allocation %u of %u, %u times", tried->name, nth, whose,
                   count);
    long library_before = fault_memory_outstanding(OF_LIBRARY);
    long sqlite_before = fault_memory_outstanding(OF_SQLITE);
    open_fresh(tried, stage);
    fault_vfs_count_again();
    fault_memory_arm(whose, nth, count);
    cruddur_status status = tried->run(stage, &error);
    unsigned hits = fault_memory_disarm();
    check_status(tried, name, status, error, hits);
    check_table(tried, stage, name, status);
    cruddur_error_free(error);
    call_again(tried, stage, name);
    cruddur_close(stage->dm);
    stage->dm = NULL;
    cr_assert_eq(fault_memory_outstanding(OF_LIBRARY), library_before, "%s: the library leaks",
                 name);
    cr_assert_eq(fault_memory_outstanding(OF_SQLITE), sqlite_before, "%s: SQLite's memory leaks",
                 name);
    return hits;
}

/* ---- the sweeps ---- */

/* Of SQLite's allocations, which are many and much the same in many calls, all are tried in two
 * calls, and fewer in the others. */
static unsigned next(const memory_call *tried, unsigned whose, unsigned nth)
{
    return whose == OF_LIBRARY ? nth + 1 : next_fault(nth, tried->undoes ? 4096 : 64);
}

static unsigned sweep(const memory_call *tried, scene *stage, unsigned whose, unsigned count)
{
    unsigned faults = 0;
    for (unsigned nth = 1; run_with_fault(tried, stage, whose, nth, count) > 0;
         nth = next(tried, whose, nth)) {
        faults++;
    }
    return faults;
}

static void set_up_memory(void)
{
    bed_make();
    fault_memory_install();
    fault_vfs_install();
    scene_prepare(SCENE_GROUPS);
}

ParameterizedTestParameters(memory, every_call)
{
    static size_t indices[MEMORY_CALLS];
    for (size_t i = 0; i < MEMORY_CALLS; i++) {
        indices[i] = i;
    }
    return cr_make_param_array(size_t, indices, MEMORY_CALLS);
}

ParameterizedTest(size_t *index, memory, every_call, .init = set_up_memory, .fini = bed_remove)
{
    const memory_call *tried = &memory_calls[*index];
    scene stage = {0};
    scene_set(&stage, tried->name, SCENE_GROUPS, true);
    memory_calls_prepare(&stage);
    cruddur_close(stage.dm);
    stage.dm = NULL;
    (void)run_with_fault(tried, &stage, 0, 1, 1); /* what is allocated once and for all */

    unsigned once = sweep(tried, &stage, OF_LIBRARY, 1);
    unsigned from_then_on = sweep(tried, &stage, OF_LIBRARY, FROM_THEN_ON);
    cr_assert_geq(once, tried->library_min, "%s: only %u", tried->name, once);
    cr_assert_geq(from_then_on, tried->library_min, "%s: only %u", tried->name, from_then_on);

    once = sweep(tried, &stage, OF_SQLITE, 1);
    from_then_on = sweep(tried, &stage, OF_SQLITE, FROM_THEN_ON);
    cr_assert_geq(once, (unsigned)scaled((int)tried->sqlite_min, (int)tried->sqlite_min / 20),
                  "%s: only %u", tried->name, once);
    cr_assert_geq(from_then_on,
                  (unsigned)scaled((int)tried->sqlite_min, (int)tried->sqlite_min / 20),
                  "%s: only %u", tried->name, from_then_on);

    /* The second failure meets whatever undoes what the first has broken off. */
    for (unsigned count = 2; tried->undoes && count <= 3; count++) {
        (void)sweep(tried, &stage, OF_LIBRARY | OF_SQLITE, count);
    }
}

/* ---- a watch, whose thread allocates as well ---- */

#define WATCH_FAULTS_MIN 8 /* its thread does not allocate the same each time */

/* Until there is memory again the owner is told so, and no event is lost. */
static void await_message(cruddur_watch *watch)
{
    bool has_come = false;
    while (!has_come) {
        cruddur_event *event = NULL;
        cruddur_status status = cruddur_watch_next(watch, 60000, &event, NULL);
        cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_NO_MEMORY);
        cr_assert(status != CRUDDUR_OK || event != NULL, "the message is lost");
        has_come = event != NULL && cruddur_event_get_kind(event) == CRUDDUR_EVENT_MESSAGE;
        cruddur_event_free(event);
    }
}

static unsigned watch_with_fault(const char *path, const char *group_uuid, unsigned nth)
{
    cruddur_watch *watch = NULL;
    cruddur_error *error = NULL;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.user_uuid = person(1)->uuid;
    long before = fault_memory_outstanding(OF_LIBRARY);
    cruddur *dm = open_store(path);
    fault_memory_arm(OF_LIBRARY, nth, 1);
    cruddur_status status = cruddur_watch_open(dm, &options, &watch, &error);
    unsigned hits = fault_memory_disarm();
    cr_assert(status == CRUDDUR_OK || (status == CRUDDUR_E_NO_MEMORY && hits > 0), "%s",
              cruddur_error_message(error));
    cruddur_error_free(error);
    if (status != CRUDDUR_OK) {
        must_succeed(cruddur_watch_open(dm, &options, &watch, TEST_ERROR));
    }
    status = CRUDDUR_E_NO_MEMORY;
    fault_memory_arm(OF_LIBRARY, nth, 1);
    while (status == CRUDDUR_E_NO_MEMORY) {
        status = cruddur_msg_append(dm, person(0), group_uuid, "text", NULL, NULL, NULL);
    }
    cr_assert_eq(status, CRUDDUR_OK);
    await_message(watch);
    hits += fault_memory_disarm();
    cruddur_watch_close(watch);
    cruddur_close(dm);
    cr_assert_eq(fault_memory_outstanding(OF_LIBRARY), before, "allocation %u: a leak", nth);
    return hits;
}

Test(memory, a_watch_survives, .init = set_up_memory, .fini = bed_remove)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    unsigned faults = 0;
    const char *path = bed_path("watched.db");
    number_uuid(5, group_uuid);
    cruddur *dm = open_store(path);
    open_group(dm, 0, 2, group_uuid, "first", 0);
    cruddur_close(dm);
    (void)watch_with_fault(path, group_uuid, 100000); /* what is allocated once and for all */
    for (unsigned nth = 1; watch_with_fault(path, group_uuid, nth) > 0; nth = next_fault(nth, 64)) {
        faults++;
    }
    cr_assert_geq(faults, (unsigned)scaled(WATCH_FAULTS_MIN, WATCH_FAULTS_MIN / 2), "only %u",
                  faults);
}
