/* SPDX-License-Identifier: MIT */
#include "world/embedded.h"

#include <cruddur/cruddur.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/disk.h"
#include "world/world.h"

#define ROUNDS 5
#define SENDS 12
#define HANDLES 2
#define MESSAGES (1 + ROUNDS * SENDS)
#define OPERATIONS_MAX 120
#define ANN "00000000-0000-4000-8000-000000000001"
#define BOB "00000000-0000-4000-8000-000000000002"
#define XIA "00000000-0000-4000-8000-000000000003"
#define GROUP "00000000-0000-4000-8000-0000000000aa"

static const cruddur_user people[] = {{.uuid = ANN, .display_name = "Ann", .handle = "ann"},
                                      {.uuid = BOB, .display_name = "Bob", .handle = "bob"},
                                      {.uuid = XIA, .display_name = "Xia", .handle = "xia"}};

/* A message, which may be sent again under its uuid. */
typedef struct saved {
    char uuid[37];
    char text[16];
    size_t author; /* of an opening the first */
    bool is_acknowledged;
    bool may_be_there;
} saved;

typedef struct story {
    char path[400];
    char url[450];
    bool is_full;
    cruddur *dm[HANDLES];
    saved message[MESSAGES];
    size_t message_count;
    bool is_open; /* the group is there for certain */
    uint64_t calls;
    uint64_t acks;
    size_t lost;
    char breach[512];
} story;

__attribute__((format(printf, 2, 3))) static void breach(story *now, const char *format, ...)
{
    va_list arguments;
    if (now->breach[0] == '\0') {
        va_start(arguments, format);
        (void)vsnprintf(now->breach, sizeof(now->breach), format, arguments);
        va_end(arguments);
    }
}

/* ---- calls ---- */

/* What a disk in trouble may come to; without trouble nothing fails. */
static void judge_failure(story *now, const char *what, bool is_in_trouble, cruddur_status status,
                          const cruddur_error *error)
{
    static const cruddur_status allowed[] = {CRUDDUR_E_STORE_IO,     CRUDDUR_E_STORE_FULL,
                                             CRUDDUR_E_STORE_ACCESS, CRUDDUR_E_STORE_LOCKED,
                                             CRUDDUR_E_TIMEOUT,      CRUDDUR_E_STORE_REPLACED};
    bool is_allowed = false;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        is_allowed = is_allowed || status == allowed[i];
    }
    if (!is_in_trouble || !is_allowed) {
        breach(now, "%s: %s: %s", what, cruddur_status_name(status), cruddur_error_message(error));
    }
}

static bool open_handles(story *now, bool is_in_trouble)
{
    bool are_open = true;
    for (size_t i = 0; i < HANDLES && are_open; i++) {
        cruddur_error *error = NULL;
        if (now->dm[i] == NULL) {
            cruddur_status status = cruddur_open(now->url, NULL, &now->dm[i], &error);
            are_open = status == CRUDDUR_OK;
            if (!are_open) {
                judge_failure(now, "opening", is_in_trouble || disk_is_off(), status, error);
            }
        }
        cruddur_error_free(error);
    }
    return are_open;
}

static void close_handles(story *now)
{
    for (size_t i = 0; i < HANDLES; i++) {
        cruddur_close(now->dm[i]);
        now->dm[i] = NULL;
    }
}

static saved *plan(story *now)
{
    size_t number = now->message_count++;
    saved *made = &now->message[number];
    *made = (saved){.author = now->is_open ? sim_roll(3) : 0};
    (void)snprintf(made->uuid, sizeof(made->uuid), "00000000-0000-4000-9000-%012zu", number);
    (void)snprintf(made->text, sizeof(made->text), "m%zu", number);
    return made;
}

static void note(story *now, saved *message, bool is_in_trouble, cruddur_status status,
                 const cruddur_error *error)
{
    now->calls++;
    if (status == CRUDDUR_OK) {
        now->acks++;
        message->is_acknowledged = message->may_be_there = true;
        now->is_open = true;
        return;
    }
    message->may_be_there = message->may_be_there || cruddur_error_outcome_unknown(error);
    judge_failure(now, "sending", is_in_trouble, status, error);
}

static void create(story *now, cruddur *dm, saved *message)
{
    cruddur_error *error = NULL;
    cruddur_group *group = NULL;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = GROUP;
    options.message_uuid = message->uuid;
    cruddur_status status = cruddur_group_create(dm, &people[0], &people[1], 2, message->text,
                                                 &options, &group, &error);
    note(now, message, true, status, error);
    cruddur_group_free(group);
    cruddur_error_free(error);
}

static void append(story *now, cruddur *dm, saved *message, bool is_in_trouble)
{
    cruddur_error *error = NULL;
    cruddur_msg *sent = NULL;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = message->uuid;
    cruddur_status status = cruddur_msg_append(dm, &people[message->author], GROUP, message->text,
                                               &options, &sent, &error);
    note(now, message, is_in_trouble, status, error);
    cruddur_msg_free(sent);
    cruddur_error_free(error);
}

/* ---- judging ---- */

static void judge_messages(story *now, const cruddur_msg_page *page)
{
    size_t copies[MESSAGES] = {0};
    bool is_lost = false;
    for (size_t i = 0; i < cruddur_msg_page_count(page); i++) {
        const cruddur_msg *one = cruddur_msg_page_at(page, i);
        size_t number = (size_t)strtoull(cruddur_msg_uuid(one) + 24, NULL, 10);
        if (number >= now->message_count ||
            strcmp(cruddur_msg_text(one), now->message[number].text) != 0) {
            breach(now, "message %s is not as it was sent", cruddur_msg_uuid(one));
            return;
        }
        copies[number]++;
    }
    for (size_t i = 0; i < now->message_count; i++) {
        saved *message = &now->message[i];
        if (copies[i] > 1) {
            breach(now, "message %s is there %zu times", message->text, copies[i]);
        } else if (copies[i] == 1 && !message->may_be_there) {
            breach(now, "message %s failed, and is there", message->text);
        } else if (copies[i] == 0 && message->is_acknowledged && now->is_full) {
            breach(now, "message %s was acknowledged, and is lost", message->text);
        }
        bool is_lost_now = copies[i] == 0 && message->is_acknowledged;
        now->lost += is_lost_now ? 1 : 0;
        is_lost = is_lost || is_lost_now;
        message->is_acknowledged = message->is_acknowledged && !is_lost_now;
    }
}

static void judge_inbox(story *now, cruddur *dm, const char *person, const char *newest)
{
    cruddur_error *error = NULL;
    cruddur_group_page *page = NULL;
    cruddur_status status = cruddur_group_list(dm, person, NULL, &page, &error);
    if (status != CRUDDUR_OK) {
        judge_failure(now, "listing groups", false, status, error);
    } else if (cruddur_group_page_count(page) != 1 ||
               strcmp(cruddur_group_text(cruddur_group_page_at(page, 0)), newest) != 0) {
        breach(now, "the inbox of %s has %zu groups, or does not show %s", person,
               cruddur_group_page_count(page), newest);
    }
    cruddur_group_page_free(page);
    cruddur_error_free(error);
}

static void judge_file(story *now)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    bool is_good =
        sqlite3_open_v2(now->path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    if (!is_good) {
        breach(now, "the file is damaged");
    }
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
}

/* With a disk in order. */
static void judge(story *now)
{
    cruddur_error *error = NULL;
    cruddur_msg_page *page = NULL;
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.limit = 100;
    if (!open_handles(now, false)) {
        return;
    }
    cruddur_status status =
        cruddur_msg_list(now->dm[sim_roll(HANDLES)], ANN, GROUP, &options, &page, &error);
    if (status == CRUDDUR_OK) {
        judge_messages(now, page);
        const char *newest = cruddur_msg_text(cruddur_msg_page_at(page, 0));
        for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
            judge_inbox(now, now->dm[i % HANDLES], people[i].uuid, newest);
        }
    } else if (status != CRUDDUR_E_GROUP_NOT_FOUND || (now->is_open && now->is_full)) {
        judge_failure(now, "listing", false, status, error);
    }
    now->is_open = status == CRUDDUR_OK;
    cruddur_msg_page_free(page);
    cruddur_error_free(error);
    close_handles(now);
    judge_file(now);
}

/* ---- a story ---- */

static void play_round(story *now)
{
    disk_fault fault = sim_happens(2) ? DISK_FAULT_POWER : (disk_fault)sim_roll(DISK_FAULT_COUNT);
    disk_arm(fault, 1 + (unsigned)sim_roll(OPERATIONS_MAX));
    size_t sends = 1 + sim_roll(SENDS - 1);
    for (size_t i = 0; i < sends && !disk_is_off() && open_handles(now, true); i++) {
        cruddur *dm = now->dm[sim_roll(HANDLES)];
        bool is_again = now->message_count > 0 && sim_happens(3);
        saved *message = is_again ? &now->message[sim_roll(now->message_count)] : plan(now);
        if (!now->is_open && (message == &now->message[0] || !is_again)) {
            create(now, dm, message);
        } else if (now->is_open) {
            append(now, dm, message, true);
        }
    }
    close_handles(now);
    if (disk_is_off()) {
        disk_restore();
    }
    disk_mend();
    judge(now);
}

void embedded_play(const char *folder, bool is_full, uint64_t seed, play_result *result)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    static story now;
    now = (story){.is_full = is_full};
    disk_install();
    disk_begin();
    sim_world_begin(seed);
    (void)snprintf(now.path, sizeof(now.path), "%s/store", folder);
    (void)snprintf(now.url, sizeof(now.url), "sqlite:%s?synchronous=%s", now.path,
                   is_full ? "full" : "normal");
    /* The file is there, and safe, before the first fault. */
    judge(&now);
    for (size_t i = 0; i < ROUNDS && now.breach[0] == '\0'; i++) {
        play_round(&now);
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
