/* SPDX-License-Identifier: MIT */
/* Where the log outgrows a page of its index, a commit needs memory after its last frame has been
 * written: only a crash then tells whether it happened. */
#include <stdio.h>
#include <sys/stat.h>

#include "sqlite/fault_memory.h"
#include "sqlite/fault_vfs.h"
#include "sqlite/scene.h"

/* The first page of the index has room for so many frames (https://sqlite.org/walformat.html). */
#define FRAMES_PER_PAGE 4062
#define FRAME_SIZE (4096 + 24)
/* An append writes 7 to 13 frames. After one to warm up there is room for less than these need. */
#define APPENDS 6
#define FRAMES_LEFT 28

static void set_up(void)
{
    bed_make();
    fault_memory_install();
    fault_vfs_install();
}

TestSuite(memory_log, .init = set_up, .fini = bed_remove, .timeout = 900);

/* While somebody reads, the log grows on. */
static sqlite3 *begin_reading(const char *path)
{
    sqlite3 *reader = raw_open(path);
    cr_assert_eq(
        sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM cruddur_messages", NULL, NULL, NULL),
        SQLITE_OK);
    return reader;
}

static long frames_of(const char *path)
{
    char log[PATH_SIZE + 8];
    struct stat facts;
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    cr_assert_eq(stat(log, &facts), 0);
    return (long)facts.st_size / FRAME_SIZE;
}

/* Makes a store whose log has hardly any room left in the first page of its index. */
static void make_start(const char *group_uuid)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s", bed_path("growing"));
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", NOON_US);
    sqlite3 *reader = begin_reading(path);
    while (frames_of(path) < FRAMES_PER_PAGE - FRAMES_LEFT) {
        append_text(dm, 0, group_uuid, "one of many");
    }
    cr_assert_lt(frames_of(path), FRAMES_PER_PAGE);
    bed_copy_store(path, bed_path("start"));
    cr_assert_eq(sqlite3_close(reader), SQLITE_OK);
    cruddur_close(dm);
}

static bool is_stored(const char *path, const char *message_uuid)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM cruddur_messages WHERE message_uuid = '%s'", message_uuid);
    return raw_number(path, sql) == 1;
}

/* What the table has now, and would have after a crash, is what the call said. */
static void check_append(const char *path, const char *name, const char *message_uuid,
                         cruddur_status status, const cruddur_error *error, unsigned writes)
{
    if (status == CRUDDUR_OK) {
        cr_assert(is_stored(path, message_uuid), "%s: the message is lost", name);
    } else if (!cruddur_error_outcome_unknown(error)) {
        cr_assert(!is_stored(path, message_uuid), "%s: %s, and the message is there", name,
                  cruddur_status_name(status));
        if (writes == 0) {
            return;
        }
        bed_copy_store(path, bed_path("crashed"));
        cr_assert(!is_stored(bed_path("crashed"), message_uuid),
                  "%s: %s, the outcome is not said to be unknown, and the message is there after "
                  "a crash",
                  name, cruddur_status_name(status));
    }
}

typedef void (*arm_function)(unsigned nth);
typedef unsigned (*disarm_function)(void);

static void arm_memory(unsigned nth)
{
    fault_memory_arm(OF_SQLITE, nth, 1);
}

static void arm_sharing(unsigned nth)
{
    fault_vfs_arm(AT_SHM_MAP, nth, SQLITE_IOERR_SHMMAP, false);
}

static cruddur_status append_numbered(cruddur *dm, const char *group_uuid, unsigned number,
                                      char message_uuid[CRUDDUR_UUID_SIZE], cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    number_uuid(100 + number, message_uuid);
    options.message_uuid = message_uuid;
    return cruddur_msg_append(dm, person(1), group_uuid, "hello", &options, NULL, error);
}

/* A few appends, each with the nth fault; tells how many faults there were. */
static unsigned append_with_faults(const char *group_uuid, unsigned nth, arm_function arm,
                                   disarm_function disarm)
{
    char path[PATH_SIZE];
    char name[64];
    char message_uuid[CRUDDUR_UUID_SIZE];
    unsigned hits = 0;
    (void)snprintf(path, sizeof(path), "%s", bed_path("store"));
    bed_copy_store(bed_path("start"), path);
    cruddur *dm = open_store(path);
    sqlite3 *reader = begin_reading(path);
    must_succeed(append_numbered(dm, group_uuid, APPENDS, message_uuid, TEST_ERROR));
    for (unsigned i = 0; i < APPENDS; i++) {
        cruddur_error *error = NULL;
        (void)snprintf(name, sizeof(name), "append %u, fault %u", i, nth);
        fault_vfs_count_again();
        arm(nth);
        cruddur_status status = append_numbered(dm, group_uuid, i, message_uuid, &error);
        hits += disarm();
        check_append(path, name, message_uuid, status, error, fault_vfs_calls(AT_WRITE));
        cruddur_error_free(error);
    }
    append_text(dm, 0, group_uuid, "the handle works");
    cr_assert(hits > APPENDS / 2 || frames_of(path) > FRAMES_PER_PAGE, "the border is far off");
    cr_assert_eq(sqlite3_close(reader), SQLITE_OK);
    cruddur_close(dm);
    must_be_sound(path);
    bed_remove_store(path);
    return hits;
}

static void sweep(arm_function arm, disarm_function disarm)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    unsigned nth = 1;
    number_uuid(5, group_uuid);
    make_start(group_uuid);
    while (append_with_faults(group_uuid, nth, arm, disarm) > 0) {
        nth = next_fault(nth, 1000);
    }
    cr_assert_gt(nth, 1, "no fault was met");
}

Test(memory_log, memory_runs_out)
{
    sweep(arm_memory, fault_memory_disarm);
}

Test(memory_log, shared_memory_fails)
{
    sweep(arm_sharing, fault_vfs_disarm);
}
