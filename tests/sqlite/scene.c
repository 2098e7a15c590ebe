/* SPDX-License-Identifier: MIT */
#include "sqlite/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sqlite/ledger.h"

/* SQLite moves the log into the file once it has this many pages. */
#define LOG_PAGES 1000
#define LOG_FRAME_SIZE (4096 + 24)

static int64_t start_messages[SCENE_STARTS];

static const char *start_path(scene_start start)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "start%u", (unsigned)start);
    return bed_path(name);
}

static void write_groups(cruddur *dm, const scene *stage)
{
    open_group(dm, 0, 2, stage->two, "first of two", NOON_US);
    append_text(dm, 1, stage->two, "second of two");
    open_group(dm, 0, 5, stage->five, "first of five", NOON_US);
    append_text(dm, 4, stage->five, "second of five");
}

/* A reader that stays keeps the log from being moved into the file while it grows. */
static void write_log(const scene *stage, const char *target)
{
    char path[PATH_SIZE];
    char log[PATH_SIZE + 8];
    struct stat facts;
    (void)snprintf(path, sizeof(path), "%s", bed_path("log"));
    cruddur *dm = open_store(path);
    write_groups(dm, stage);
    sqlite3 *reader = raw_open(path);
    cr_assert_eq(
        sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM cruddur_messages", NULL, NULL, NULL),
        SQLITE_OK);
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    do {
        append_text(dm, 0, stage->five, "one of many");
        cr_assert_eq(stat(log, &facts), 0);
    } while (facts.st_size < LOG_PAGES * (off_t)LOG_FRAME_SIZE);
    bed_copy_store(path, target);
    cr_assert_eq(sqlite3_close(reader), SQLITE_OK);
    cruddur_close(dm);
}

static int64_t count_messages(const char *path)
{
    return raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'");
}

static void name_groups(scene *stage)
{
    number_uuid(2, stage->two);
    number_uuid(5, stage->five);
}

void scene_prepare(scene_start start)
{
    scene stage = {0};
    name_groups(&stage);
    if (start == SCENE_GROUPS) {
        cruddur *dm = open_store(start_path(start));
        write_groups(dm, &stage);
        cruddur_close(dm);
        start_messages[start] = count_messages(start_path(start));
    } else if (start == SCENE_LOG) {
        write_log(&stage, start_path(start));
        bed_copy_store(start_path(start), bed_path("log")); /* looking at it would end the log */
        start_messages[start] = count_messages(bed_path("log"));
    }
}

void scene_set(scene *stage, const char *name, scene_start start, bool is_open)
{
    *stage = (scene){.name = name, .messages_before = start_messages[start]};
    (void)snprintf(stage->path, sizeof(stage->path), "%s", bed_path("scene"));
    name_groups(stage);
    bed_remove_store(stage->path);
    if (start != SCENE_NOTHING) {
        bed_copy_store(start_path(start), stage->path);
    }
    stage->dm = is_open ? open_store(stage->path) : NULL;
}

const char *scene_message(scene *stage, unsigned call)
{
    number_uuid(100 + call, stage->calls[call].message_uuid);
    return stage->calls[call].message_uuid;
}

void scene_note(scene *stage, unsigned call, cruddur_status status, cruddur_error *error)
{
    stage->calls[call].status = status;
    stage->calls[call].outcome_unknown = cruddur_error_outcome_unknown(error);
    if (stage->call_count <= call) {
        stage->call_count = call + 1;
    }
    cruddur_error_free(error);
}

static bool is_stored(const char *dump, const char *message_uuid)
{
    return dump != NULL && strstr(dump, message_uuid) != NULL;
}

/* How many of the calls' messages the table has, all of which it may have. */
static int64_t check_calls(const scene *stage, const char *dump, const char *when)
{
    int64_t stored = 0;
    for (unsigned i = 0; i < stage->call_count; i++) {
        const scene_call *call = &stage->calls[i];
        if (call->message_uuid[0] == '\0') {
            continue;
        }
        bool is_there = is_stored(dump, call->message_uuid);
        stored += is_there ? 1 : 0;
        cr_assert(call->status != CRUDDUR_OK || is_there,
                  "%s, %s: call %u succeeded and its "
                  "message is not there",
                  stage->name, when, i);
        cr_assert(call->status == CRUDDUR_OK || call->outcome_unknown || !is_there,
                  "%s, %s: call %u failed (%s), not with an unknown outcome, and its message is "
                  "there",
                  stage->name, when, i, cruddur_status_name(call->status));
    }
    return stored;
}

static bool has_failed_write(const scene *stage)
{
    for (unsigned i = 0; i < stage->call_count; i++) {
        if (stage->calls[i].status != CRUDDUR_OK && stage->calls[i].message_uuid[0] != '\0') {
            return true;
        }
    }
    return false;
}

static void must_be_sound_as(const scene *stage, const char *path, const char *when)
{
    char problem[PROBLEM_SIZE];
    cr_assert(is_sound(path, problem), "%s, %s: %s", stage->name, when, problem);
}

/* If everything died now: what would be there? */
static void check_crash(const scene *stage)
{
    const char *path = bed_path("crashed");
    bed_copy_store(stage->path, path);
    char *dump = dump_table(path);
    int64_t stored = check_calls(stage, dump, "after a crash");
    if (dump != NULL) {
        cr_assert_eq(count_messages(path), stage->messages_before + stored, "%s", stage->name);
        must_be_sound_as(stage, path, "after a crash");
    }
    free(dump);
}

/* The store takes one more message; whether it goes by an old handle or a new one. */
static void write_one_more(scene *stage)
{
    if (stage->dm == NULL) {
        stage->dm = open_store(stage->path);
    }
    cruddur_status status = cruddur_group_create(stage->dm, person(0), person(1), 1, "one more",
                                                 NULL, NULL, TEST_ERROR);
    const char *wrong = test_wrong_success(status);
    cr_assert_null(wrong, "%s: the store is of no use any more: %s", stage->name, wrong);
    cruddur_close(stage->dm);
    stage->dm = NULL;
}

void scene_check(scene *stage)
{
    if (has_failed_write(stage)) {
        check_crash(stage);
    }
    write_one_more(stage);
    char *dump = dump_table(stage->path);
    int64_t stored = check_calls(stage, dump, "afterwards");
    cr_assert_eq(count_messages(stage->path), stage->messages_before + stored + 1, "%s",
                 stage->name);
    must_be_sound_as(stage, stage->path, "afterwards");
    free(dump);
}
