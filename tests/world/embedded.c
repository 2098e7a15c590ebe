/* SPDX-License-Identifier: MIT */
#include "world/embedded.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/disk.h"
#include "world/embedded_story.h"
#include "world/network.h"
#include "world/world.h"

#define ROUNDS 4
#define CALLS_MAX 40
#define OPERATIONS_MAX 400
#define OPERATIONS_MAKING 40 /* about as many as make a store */
#define CALLS_ROTTEN 10
/* A file that is damaged can make a call try again until its deadline. */
#define LOOK_US 5000

void embedded_breach(embedded *now, const char *format, ...)
{
    va_list arguments;
    if (now->breach[0] == '\0') {
        va_start(arguments, format);
        (void)vsnprintf(now->breach, sizeof(now->breach), format, arguments);
        va_end(arguments);
        sim_tell("BREACH: %s", now->breach);
    }
}

void embedded_judge_failure(embedded *now, const char *what, bool is_in_trouble,
                            cruddur_status status, const cruddur_error *error)
{
    static const cruddur_status allowed[] = {CRUDDUR_E_STORE_IO,     CRUDDUR_E_STORE_FULL,
                                             CRUDDUR_E_STORE_ACCESS, CRUDDUR_E_STORE_LOCKED,
                                             CRUDDUR_E_TIMEOUT,      CRUDDUR_E_STORE_REPLACED};
    bool is_allowed = now->is_rotten;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        is_allowed = is_allowed || (is_in_trouble && status == allowed[i]);
    }
    if (!is_allowed) {
        embedded_breach(now, "%s: %s: %s", what, cruddur_status_name(status),
                        cruddur_error_message(error));
    }
}

/* One that was opened is there from then on. */
static bool open_handles(embedded *now, bool is_in_trouble)
{
    bool are_open = true;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.flags = now->is_made && now->is_full && !is_in_trouble ? CRUDDUR_OPEN_EXISTING : 0;
    for (size_t i = 0; i < HANDLES && are_open; i++) {
        cruddur_error *error = NULL;
        if (now->dm[i] == NULL) {
            cruddur_status status = cruddur_open(now->url, &options, &now->dm[i], &error);
            are_open = status == CRUDDUR_OK;
            now->is_made = now->is_made || are_open;
            if (!are_open) {
                embedded_judge_failure(now, "opening", is_in_trouble, status, error);
            }
        }
        cruddur_error_free(error);
    }
    return are_open;
}

static void close_handles(embedded *now)
{
    for (size_t i = 0; i < HANDLES; i++) {
        cruddur_close(now->dm[i]);
        now->dm[i] = NULL;
    }
}

/* ---- judging ---- */

static void see_nothing(void)
{
    for (size_t i = 0; i < REGISTERS_MAX; i++) {
        registers_see(i, "");
    }
}

static void see_messages(embedded *now, const cruddur_msg_page *page)
{
    bool was_seen[MESSAGES] = {false};
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *one = cruddur_msg_page_at(page, i);
        size_t number = (size_t)strtoull(cruddur_msg_uuid(one) + 24, NULL, 10);
        if (number >= now->message_count || was_seen[number] ||
            strlen(cruddur_msg_text(one)) >= REGISTER_SIZE) {
            embedded_breach(now, "message %s was not sent, or is there twice",
                            cruddur_msg_uuid(one));
            return;
        }
        was_seen[number] = true;
        registers_see(
            REGISTER_MESSAGE(number),
            cruddur_msg_deleted_at_us(one) != CRUDDUR_TIME_UNKNOWN ? "-" : cruddur_msg_text(one));
        registers_see(REGISTER_REACTION(number), cruddur_msg_reaction_count(one) > 0 ? "+" : "");
    }
}

/* A member's view of the group, whose preview is the newest message's text. */
static void see_group(embedded *now, size_t person, const char *newest)
{
    char text[REGISTER_SIZE] = "";
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    cruddur_status status = cruddur_group_get(
        now->dm[person % HANDLES], embedded_people[person].uuid, GROUP, NULL, &group, &error);
    if (status != CRUDDUR_OK) {
        embedded_judge_failure(now, "getting a group", false, status, error);
        cruddur_error_free(error);
        return;
    }
    if (strcmp(cruddur_group_text(group), newest) != 0) {
        embedded_breach(now, "person %zu is shown \"%s\", and not \"%s\"", person,
                        cruddur_group_text(group), newest);
    }
    int64_t muted_us = cruddur_group_muted_until_us(group);
    if (muted_us != 0) {
        (void)snprintf(text, sizeof(text), "%" PRId64, (muted_us - 2 * SIM_BEGIN_US) % 1000000);
    }
    registers_see(REGISTER_PINNED(person), cruddur_group_is_pinned(group) ? "+" : "");
    registers_see(REGISTER_MUTED(person), text);
    const char *name = cruddur_group_name(group);
    registers_see(REGISTER_NAME, name == NULL ? "" : name);
    registers_see(REGISTER_GUEST, cruddur_group_member_count(group) > MEMBERS ? "+" : "");
    cruddur_group_free(group);
}

static void see_direct_group(embedded *now)
{
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    cruddur_status status = cruddur_group_get(now->dm[0], embedded_people[0].uuid,
                                              embedded_direct_group(), NULL, &group, &error);
    if (status == CRUDDUR_OK) {
        registers_see(REGISTER_DIRECT, "+");
        registers_see(REGISTER_BLOCKED, cruddur_group_is_blocked(group) ? "+" : "");
    } else if (status != CRUDDUR_E_GROUP_NOT_FOUND) {
        embedded_judge_failure(now, "getting the direct group", false, status, error);
    }
    cruddur_group_free(group);
    cruddur_error_free(error);
}

static void judge_registers(embedded *now)
{
    char why[256];
    size_t lost = 0;
    if (now->breach[0] == '\0' && !registers_agree(!now->is_full, &lost, why, sizeof(why))) {
        embedded_breach(now, "%s", why);
    }
    now->lost += lost;
}

static void judge_file(embedded *now)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    bool is_good =
        sqlite3_open_v2(now->path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    if (!is_good) {
        embedded_breach(now, "the file is damaged");
    }
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
}

/* With a disk in order. */
static void judge(embedded *now)
{
    cruddur_error *error = NULL;
    cruddur_msg_page *page = NULL;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = 100;
    if (!open_handles(now, false)) {
        return;
    }
    see_nothing();
    cruddur_status status = cruddur_msg_list(now->dm[sim_roll(HANDLES)], embedded_people[0].uuid,
                                             GROUP, &options, &page, &error);
    if (status == CRUDDUR_OK) {
        see_messages(now, page);
        for (size_t i = 0; i < MEMBERS; i++) {
            see_group(now, i, cruddur_msg_text(cruddur_msg_page_at(page, 0)));
        }
    } else if (status != CRUDDUR_E_GROUP_NOT_FOUND) {
        embedded_judge_failure(now, "listing", false, status, error);
    }
    see_direct_group(now);
    now->is_open = status == CRUDDUR_OK;
    judge_registers(now);
    cruddur_msg_page_free(page);
    cruddur_error_free(error);
    close_handles(now);
    judge_file(now);
}

/* ---- a story ---- */

static void play_round(embedded *now, size_t operations_max)
{
    static const disk_fault common[] = {DISK_FAULT_POWER, DISK_FAULT_POWER, DISK_FAULT_DEATH};
    disk_fault fault =
        sim_happens(2) ? common[sim_roll(3)] : (disk_fault)sim_roll(DISK_FAULT_COUNT);
    disk_arm(fault, 1 + (unsigned)sim_roll(sim_happens(2) ? operations_max : operations_max / 4));
    sim_tell("%s comes", disk_fault_name(fault));
    size_t calls = 1 + sim_roll(CALLS_MAX);
    for (size_t i = 0; i < calls && !disk_is_off() && open_handles(now, true); i++) {
        embedded_call(now, now->dm[sim_roll(HANDLES)]);
    }
    close_handles(now);
    if (disk_is_off()) {
        disk_restore();
    }
    disk_mend();
    judge(now);
}

/* Bits of the file turn. SQLite has no checksums of pages, so nothing is promised of what is read;
 * but calls return. */
static void rot(embedded *now)
{
    for (size_t i = 1 + sim_roll(8); i > 0; i--) {
        (void)disk_rot(now->path);
    }
    now->is_rotten = true;
    for (size_t i = 0; i < CALLS_ROTTEN && open_handles(now, true); i++) {
        embedded_call(now, now->dm[sim_roll(HANDLES)]);
    }
    close_handles(now);
}

void embedded_play(const char *folder, bool is_full, uint64_t seed, play_result *result)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    static embedded now;
    now = (embedded){.is_full = is_full};
    disk_install();
    disk_begin();
    registers_begin();
    sim_world_begin(seed);
    sim_set_look(LOOK_US);
    disk_promise(sim_happens(2));
    (void)snprintf(now.path, sizeof(now.path), "%s/store", folder);
    (void)snprintf(now.url, sizeof(now.url), "sqlite:%s?synchronous=%s", now.path,
                   is_full ? "full" : "normal");
    if (sim_happens(2)) {
        judge(&now); /* the file is there before the first fault */
    } else {
        play_round(&now, OPERATIONS_MAKING);
    }
    for (size_t i = 0; i < ROUNDS && now.breach[0] == '\0'; i++) {
        play_round(&now, OPERATIONS_MAX);
    }
    if (now.breach[0] == '\0' && sim_happens(8)) {
        rot(&now);
    }
    close_handles(&now);
    result->worlds++;
    result->calls += now.calls;
    result->acks += now.acks;
    result->insertions += now.lost;
    result->trace = disk_trace();
    if (now.breach[0] != '\0' && result->breaches++ < PLAY_BREACHES_MAX) {
        play_breach *noted = &result->breach[result->breaches - 1];
        noted->seed = seed;
        memcpy(noted->text, now.breach, sizeof(noted->text));
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char path[420];
        (void)snprintf(path, sizeof(path), "%s%s", now.path, ends[i]);
        (void)unlink(path);
    }
    sim_world_end();
    disk_begin();
}
