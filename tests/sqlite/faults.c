/* SPDX-License-Identifier: MIT */
/* Every call with every fault of the file system: the first write fails, the second, … until the
 * call comes through unhurt. */
#include <stdio.h>

#include "sqlite/fault_kinds.h"
#include "sqlite/scene.h"

static void set_up(void)
{
    bed_make();
    fault_vfs_install();
}

TestSuite(faults, .init = set_up, .fini = bed_remove, .timeout = 900);

/* ---- the calls ---- */

typedef struct operation {
    const char *name;
    scene_start start;
    bool is_open; /* before the call */
    cruddur_status (*run)(scene *stage, cruddur_error **error);
} operation;

static cruddur_status run_open(scene *stage, cruddur_error **error)
{
    return cruddur_open(bed_url(stage->path), NULL, &stage->dm, error);
}

static cruddur_status run_create(scene *stage, cruddur_error **error)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *group = NULL;
    options.message_uuid = scene_message(stage, 0);
    cruddur_status status =
        cruddur_group_create(stage->dm, person(3), person(4), 6, "hello", &options, &group, error);
    cr_assert_eq(group != NULL, status == CRUDDUR_OK);
    cruddur_group_free(group);
    return status;
}

static cruddur_status append_to(scene *stage, const char *group_uuid, cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    options.message_uuid = scene_message(stage, 0);
    cruddur_status status =
        cruddur_msg_append(stage->dm, person(1), group_uuid, "hello", &options, &msg, error);
    cr_assert_eq(msg != NULL, status == CRUDDUR_OK);
    cruddur_msg_free(msg);
    return status;
}

static cruddur_status run_append_two(scene *stage, cruddur_error **error)
{
    return append_to(stage, stage->two, error);
}

static cruddur_status run_append_five(scene *stage, cruddur_error **error)
{
    return append_to(stage, stage->five, error);
}

static cruddur_status run_open_and_append(scene *stage, cruddur_error **error)
{
    cruddur_status status = run_open(stage, error);
    return status == CRUDDUR_OK ? run_append_five(stage, error) : status;
}

static cruddur_status run_group_list(scene *stage, cruddur_error **error)
{
    cruddur_group_page *page = NULL;
    cruddur_status status = cruddur_group_list(stage->dm, person(0)->uuid, NULL, &page, error);
    cr_assert_eq(cruddur_group_page_count(page), status == CRUDDUR_OK ? 2 : 0);
    cruddur_group_page_free(page);
    return status;
}

static cruddur_status run_msg_list(scene *stage, cruddur_error **error)
{
    cruddur_msg_page *page = NULL;
    cruddur_status status =
        cruddur_msg_list(stage->dm, person(4)->uuid, stage->five, NULL, &page, error);
    cr_assert_eq(cruddur_msg_page_count(page), status != CRUDDUR_OK         ? 0
                                               : stage->messages_before > 4 ? 20
                                                                            : 2);
    cruddur_msg_page_free(page);
    return status;
}

static cruddur_status run_members(scene *stage, cruddur_error **error)
{
    cruddur_members *members = NULL;
    cruddur_status status =
        cruddur_group_members(stage->dm, NULL, stage->five, &test_trusted_members, &members, error);
    cr_assert_eq(cruddur_members_count(members), status == CRUDDUR_OK ? 5 : 0);
    cruddur_members_free(members);
    return status;
}

static cruddur_status run_scan(scene *stage, cruddur_error **error)
{
    cruddur_row_page *page = NULL;
    cruddur_status status = cruddur_scan(stage->dm, NULL, &page, error);
    cr_assert_eq(cruddur_row_page_count(page), status == CRUDDUR_OK ? 13 : 0);
    cruddur_row_page_free(page);
    return status;
}

/* Closing cannot fail; it leaves what it cannot tidy up for others. */
static cruddur_status run_close(scene *stage, cruddur_error **error)
{
    (void)error;
    cruddur_close(stage->dm);
    stage->dm = NULL;
    return CRUDDUR_OK;
}

/* ---- the sweep ---- */

/* One call with the nth fault; false when the call did not come that far. */
static bool run_with_fault(const operation *tried, const fault_kind *kind, unsigned nth,
                           bool persists)
{
    char name[128];
    scene stage;
    cruddur_error *error = NULL;
    (void)snprintf(name, sizeof(name), "%s, %s %u%s", tried->name, kind->name, nth,
                   persists ? " and on" : "");
    scene_set(&stage, name, tried->start, tried->is_open);
    fault_vfs_arm(kind->point, nth, kind->code, persists);
    cruddur_status status = tried->run(&stage, &error);
    bool may_be_unknown = fault_outcome_may_be_unknown(kind);
    unsigned hits = fault_vfs_disarm();
    cr_assert_eq(error == NULL, status == CRUDDUR_OK, "%s", name);
    cr_assert(status == CRUDDUR_OK || hits > 0, "%s: failed without a fault", name);
    if (status != CRUDDUR_OK) {
        fault_check_failure(kind, &stage, status, error, may_be_unknown);
    }
    scene_note(&stage, 0, status, error);
    if (kind->code == SQLITE_IOERR_SHORT_READ) {
        cruddur_close(stage.dm); /* it may keep the zeros */
        stage.dm = NULL;
    }
    scene_check(&stage);
    return hits > 0;
}

static void sweep(const operation *tried, unsigned faults_min)
{
    unsigned faults = 0;
    scene_prepare(tried->start);
    for (size_t kind = 0; kind < FAULT_KINDS; kind++) {
        for (int persists = 0; persists <= (is_very_slow() ? 0 : 1); persists++) {
            unsigned nth = 1;
            while (run_with_fault(tried, &fault_kinds[kind], nth, persists != 0)) {
                nth = next_fault(nth, 16);
                faults++;
            }
        }
    }
    must_pass_checker(bed_path("scene"));
    cr_assert_geq(faults, (unsigned)scaled((int)faults_min, (int)faults_min / 5),
                  "%s met only %u faults", tried->name, faults);
}

#define SWEEP(test, name, start, is_open, run, faults_min)                                         \
    Test(faults, test)                                                                             \
    {                                                                                              \
        sweep(&(operation){name, start, is_open, run}, faults_min);                                \
    }

SWEEP(open_new, "open a new store", SCENE_NOTHING, false, run_open, 60)
SWEEP(open, "open", SCENE_GROUPS, false, run_open, 20)
SWEEP(open_after_crash, "open after a crash", SCENE_LOG, false, run_open, 20)
SWEEP(create, "create", SCENE_GROUPS, true, run_create, 20)
SWEEP(append_two, "append, two members", SCENE_GROUPS, true, run_append_two, 20)
SWEEP(append_five, "append, five members", SCENE_GROUPS, true, run_append_five, 20)
SWEEP(append_long_log, "append, long log", SCENE_LOG, true, run_append_five, 20)
SWEEP(open_and_append, "open and append", SCENE_GROUPS, false, run_open_and_append, 20)
SWEEP(group_list, "group_list", SCENE_GROUPS, true, run_group_list, 20)
SWEEP(msg_list, "msg_list", SCENE_GROUPS, true, run_msg_list, 20)
SWEEP(msg_list_log, "msg_list from the log", SCENE_LOG, true, run_msg_list, 20)
SWEEP(members, "members", SCENE_GROUPS, true, run_members, 20)
SWEEP(scan, "scan", SCENE_GROUPS, true, run_scan, 20)
SWEEP(close, "close", SCENE_LOG, true, run_close, 20)
