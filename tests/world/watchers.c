/* SPDX-License-Identifier: MIT */
#include "world/watchers.h"

#include <cruddur/cruddur.h>

#include "messaging/change.h"
#include "model/time.h"
#include "world/actors.h"

#define SEEN_MAX 1024
#define CURSOR_SIZE 256
#define WAIT_MS 2000
/* At rest: as long as the longest pause between two looks at all of an inbox, and more. */
#define LAST_WAIT_MS 18000
#define LAST_INTERVAL_MS 6000
/* In mode stream a key may be this much older than the newest one, says docs/live.md. */
#define LATE_US INT64_C(60000000)

/* What tells an event is kept as a hash: of a message its group and uuid, of a change its group,
 * the member who came or went, and the version. */
typedef struct watcher {
    bool is_open;
    bool is_inbox;
    size_t subject; /* a group, or a person */
    size_t from;    /* the log's size when it was opened: what comes later has to be told */
    size_t changes; /* of all rows, then */
    char cursor[CURSOR_SIZE];
    uint64_t seen[SEEN_MAX];
    size_t seen_count;
} watcher;

static watcher watchers[WATCHERS];

void watchers_begin(void)
{
    memset(watchers, 0, sizeof(watchers));
}

/* FNV-1a. */
static uint64_t hash_text(uint64_t hash, cr_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint64_t hash_event(cr_str group, cr_str what, cr_str version)
{
    uint64_t hash = hash_text(UINT64_C(14695981039346656037), group);
    hash = hash_text(hash * 31, what);
    return hash_text(hash * 31, version);
}

static bool has_seen(const watcher *self, uint64_t hash)
{
    for (size_t i = 0; i < self->seen_count; i++) {
        if (self->seen[i] == hash) {
            return true;
        }
    }
    return false;
}

static void keep_cursor(watcher *self, const char *cursor)
{
    if (cursor != NULL && strlen(cursor) < CURSOR_SIZE) {
        (void)snprintf(self->cursor, CURSOR_SIZE, "%s", cursor);
    }
}

/* Markers and settings of a member are told as far as it goes, and an opening comes with its first
 * message. */
static bool must_be_told(cruddur_event_kind kind)
{
    return kind != CRUDDUR_EVENT_READ && kind != CRUDDUR_EVENT_GROUP_OPENED;
}

static uint64_t hash_of(const cruddur_event *event)
{
    const cruddur_msg *message = cruddur_event_msg(event);
    cruddur_event_kind kind = cruddur_event_get_kind(event);
    bool is_of_member = kind == CRUDDUR_EVENT_MEMBER_ADDED || kind == CRUDDUR_EVENT_MEMBER_REMOVED;
    cr_str group = cr_str_of(cruddur_event_group_uuid(event));
    if (kind == CRUDDUR_EVENT_MESSAGE) {
        return hash_event(group, cr_str_of(message == NULL ? "" : cruddur_msg_uuid(message)),
                          cr_str_of(""));
    }
    return hash_event(group, cr_str_of(is_of_member ? cruddur_event_user_uuid(event) : ""),
                      cr_str_of(cruddur_event_version(event)));
}

static void see(stage *all, watcher *self, const cruddur_event *event)
{
    const cruddur_msg *message = cruddur_event_msg(event);
    cruddur_event_kind kind = cruddur_event_get_kind(event);
    sim_tell("watch %d sees %s %s", (int)(self - watchers), cruddur_event_kind_name(kind),
             message == NULL ? "" : cruddur_msg_text(message));
    uint64_t hash = hash_of(event);
    if (!must_be_told(kind)) {
        return;
    }
    if (self->seen_count == SEEN_MAX) {
        stage_breach(all, "a watch tells the same again and again");
    } else if (!has_seen(self, hash)) {
        self->seen[self->seen_count++] = hash;
    }
}

/* ---- watching ---- */

static cruddur_watch *open_watch(stage *all, watcher *self, cruddur *dm)
{
    cruddur_error *error = NULL;
    cruddur_watch *watch = NULL;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    bool is_first = !self->is_open;
    if (self->is_inbox) {
        options.user_uuid = all->person[self->subject].text;
    } else {
        options.group_uuid = all->group[self->subject].uuid.text;
        options.flags = CRUDDUR_WATCH_TRUSTED;
    }
    options.timeout_ms = stage_timeout_ms();
    options.cursor = is_first ? NULL : self->cursor;
    options.interval_min_ms = all->is_quiet ? LAST_INTERVAL_MS : options.interval_min_ms;
    all->calls++;
    cruddur_status status = cruddur_watch_open(dm, &options, &watch, &error);
    sim_tell("watch %d: %s", (int)(self - watchers), cruddur_status_name(status));
    bool is_missing = status == CRUDDUR_E_GROUP_NOT_FOUND && is_first;
    if (status != CRUDDUR_OK && !is_missing && !sim_is_dead() && !stage_may_fail(all, status)) {
        stage_breach(all, "opening a watch: %s: %s", cruddur_status_name(status),
                     cruddur_error_message(error));
    }
    if (watch != NULL && is_first) {
        self->is_open = true;
        self->from = sim_log_size();
        self->changes = sim_change_count();
        keep_cursor(self, cruddur_watch_cursor(watch));
    }
    cruddur_error_free(error);
    return watch;
}

/* Takes events until none comes in time, or the clients have ended; returns whether it is to go on.
 * Its program may end at any event. */
static bool take_events(stage *all, watcher *self, cruddur_watch *watch, uint32_t wait_ms)
{
    cruddur_event *event = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_watch_next(watch, wait_ms, &event, &error);
    if (status != CRUDDUR_OK && !sim_is_dead() && !stage_may_fail(all, status)) {
        stage_breach(all, "watching: %s: %s", cruddur_status_name(status),
                     cruddur_error_message(error));
    }
    cruddur_error_free(error);
    if (event != NULL) {
        see(all, self, event);
        if (sim_happens(2)) {
            keep_cursor(self, cruddur_event_cursor(event));
        }
        cruddur_event_free(event);
        return true;
    }
    if (status == CRUDDUR_OK) {
        keep_cursor(self, cruddur_watch_cursor(watch));
    }
    return status != CRUDDUR_OK && !all->is_over;
}

/* Beside writers in mode stream a handle of that mode watches: one in mode atomic takes it that a
 * key below the newest does not come any more. */
void act_watcher(void *context)
{
    const actor *actor_self = context;
    stage *all = actor_self->all;
    watcher *self = &watchers[actor_self->number];
    self->is_inbox = actor_self->number % 2 == 1;
    self->subject = self->is_inbox ? 0 : sim_roll(GROUPS);
    while (all->writing > 0 && !all->is_over) {
        cruddur *dm = sim_open(all->mode == STAGE_ATOMIC ? CR_MODE_ATOMIC : CR_MODE_STREAM, false);
        cruddur_watch *watch = open_watch(all, self, dm);
        while (watch != NULL && all->writing > 0 && !sim_is_dead() && !all->is_over &&
               !sim_happens(16)) {
            (void)take_events(all, self, watch, WAIT_MS);
        }
        cruddur_watch_close(watch);
        cruddur_close(dm);
        sim_revive();
        sim_sleep(1 + (int64_t)sim_roll(1000000));
    }
}

void act_last_watch(void *context)
{
    const actor *actor_self = context;
    stage *all = actor_self->all;
    watcher *self = &watchers[actor_self->number];
    if (!self->is_open) {
        return;
    }
    cruddur *dm = sim_open(all->mode == STAGE_ATOMIC ? CR_MODE_ATOMIC : CR_MODE_STREAM, false);
    cruddur_watch *watch = open_watch(all, self, dm);
    while (watch != NULL && take_events(all, self, watch, LAST_WAIT_MS)) {
    }
    cruddur_watch_close(watch);
    cruddur_close(dm);
}

/* ---- judging ---- */

/* Whether a message was stored when one had been there whose key is later by more than this. Where
 * writers do not move the group rows with a message, a watch may have been past it. */
static bool is_behind(const stage *all, size_t number, int64_t by_us)
{
    const sim_item *item = sim_log_at(number)->new;
    int64_t time_us = 0;
    (void)cr_time_parse(item->sk, &time_us);
    for (size_t i = 0; i < number && all->mode != STAGE_ATOMIC; i++) {
        const sim_item *before = sim_log_at(i)->new;
        int64_t before_us = 0;
        if (before != NULL && cr_str_equal(before->pk, item->pk) &&
            cr_time_parse(before->sk, &before_us) && before_us - time_us > by_us) {
            return true;
        }
    }
    return false;
}

/* An inbox is looked through by time, and a writer tells watchers of a message that is late by its
 * clock. */
static bool is_for_clocks(const stage *all, const watcher *self, size_t number)
{
    return all->are_clocks_wrong && (self->is_inbox || is_behind(all, number, 0));
}

static bool is_watched(const stage *all, const watcher *self, const sim_item *item)
{
    for (size_t g = 0; g < GROUPS; g++) {
        if (cr_str_equal(cr_pk_suffix(item->pk), cr_uuid_str(&all->group[g].uuid))) {
            return self->is_inbox ? stage_is_member(all, g, self->subject) : g == self->subject;
        }
    }
    return false;
}

static void check_watcher(stage *all, const watcher *self)
{
    for (size_t i = self->from; i < sim_log_size() && !all->is_over; i++) {
        const sim_change *change = sim_log_at(i);
        const sim_item *item = change->new;
        bool is_message = item != NULL && sim_item_text(item, "message_uuid").data != NULL &&
                          sim_item_value(item, cr_str_of("expires_at")).data == NULL;
        if (!is_message || change->old != NULL || !is_watched(all, self, item)) {
            continue;
        }
        cr_str uuid = sim_item_text(item, "message_uuid");
        if (has_seen(self, hash_event(cr_pk_suffix(item->pk), uuid, cr_str_of("")))) {
            continue;
        }
        if (is_behind(all, i, LATE_US)) {
            all->allowed[STAGE_UNWATCHED]++;
        } else if (is_for_clocks(all, self, i)) {
            all->allowed[STAGE_CLOCKS]++;
        } else {
            stage_breach(all, "watch %d of %s %zu has missed message %.*s", (int)(self - watchers),
                         self->is_inbox ? "inbox" : "group", self->subject,
                         CR_STR_ARGS(sim_item_text(item, "message")));
        }
    }
}

/* Edits, deletions, reactions, members, names: each has its row, and each row has to be told. */
static void check_changes(stage *all, const watcher *self)
{
    for (size_t i = self->changes; i < sim_change_count() && !all->is_over; i++) {
        const sim_change *change = sim_change_at(i);
        cr_str what = change->old != NULL || change->new == NULL
                          ? CR_STR_ABSENT
                          : sim_item_text(change->new, "change");
        if (what.data == NULL || cr_str_equal(what, cr_str_of(CR_CHANGE_LATE)) ||
            !is_watched(all, self, change->new)) {
            continue;
        }
        cr_str member = cr_str_or_empty(sim_item_text(change->new, "user_uuid"));
        cr_str version = cr_str_or_empty(sim_item_text(change->new, "version"));
        if (has_seen(self, hash_event(cr_pk_suffix(change->new->pk), member, version))) {
            continue;
        }
        if (all->are_clocks_wrong && self->is_inbox) {
            all->allowed[STAGE_CLOCKS_CHANGE]++;
        } else {
            stage_breach(all, "watch %d of %s %zu has missed %.*s number %.*s",
                         (int)(self - watchers), self->is_inbox ? "inbox" : "group", self->subject,
                         CR_STR_ARGS(what), CR_STR_ARGS(change->new->sk));
        }
    }
}

void check_watchers(stage *all)
{
    for (size_t i = 0; i < WATCHERS; i++) {
        if (watchers[i].is_open) {
            check_watcher(all, &watchers[i]);
            check_changes(all, &watchers[i]);
        }
    }
}

/* ---- the stream ---- */

typedef struct following {
    stage *all;
    bool ends; /* with the clients */
} following;

static bool is_stopping(void *data)
{
    const following *now = data;
    return sim_is_dead() || now->all->is_over || (now->ends && sim_happens(100));
}

static void follow(stage *all, cruddur *dm, bool ends)
{
    cruddur_error *error = NULL;
    following now = {all, ends};
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    options.flags = CRUDDUR_FOLLOW_ONCE;
    options.timeout_ms = stage_timeout_ms();
    options.workers = 1;
    options.shards = 1 + (uint32_t)sim_roll(2);
    options.batch_limit = 1 + (uint32_t)sim_roll(20);
    options.is_stopping = is_stopping;
    options.data = &now;
    all->calls++;
    cruddur_status status = cruddur_stream_follow(dm, &options, &error);
    sim_tell("following: %s", cruddur_status_name(status));
    if (status != CRUDDUR_OK && !sim_is_dead() && !stage_may_fail(all, status)) {
        stage_breach(all, "following: %s: %s", cruddur_status_name(status),
                     cruddur_error_message(error));
    }
    cruddur_error_free(error);
}

void act_follower(void *context)
{
    const actor *self = context;
    stage *all = self->all;
    while (all->writing > 0 && !all->is_over) {
        follow(all, stage_dm(all, self->number), true);
        sim_revive();
        sim_sleep(1 + (int64_t)sim_roll(1000000));
    }
}

void act_last_follow(void *context)
{
    const actor *self = context;
    follow(self->all, stage_dm(self->all, 0), false);
}
