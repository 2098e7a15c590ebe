/* SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/clock.h"
#include "model/marker.h"
#include "watch/poll_parts.h"
#include "watch/tell.h"

/* Rows at the top of an inbox that each look reads. */
#define TOP_ROWS 20

/* Counters that are read at once. */
#define COUNTERS_MAX 100

/* ---- the groups of the inbox ---- */

static size_t find_place(const cr_poll *poll, const cr_uuid *group)
{
    size_t low = 0;
    size_t high = poll->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool is_before = cr_uuid_compare(&poll->tracked[middle]->group, group) < 0;
        low = is_before ? middle + 1 : low;
        high = is_before ? high : middle;
    }
    return low;
}

static cr_tracked *find_group(const cr_poll *poll, const cr_uuid *group)
{
    size_t at = find_place(poll, group);
    bool is_it = at < poll->count && cr_uuid_compare(&poll->tracked[at]->group, group) == 0;
    return is_it ? poll->tracked[at] : NULL;
}

static cr_tracked *add_group(cr_poll *poll, const cr_uuid *group)
{
    cr_tracked **grown =
        cr_array_grow(poll->tracked, poll->count, &poll->capacity, TOP_ROWS, sizeof(void *));
    if (grown == NULL) {
        return NULL;
    }
    poll->tracked = grown;
    cr_tracked *tracked = calloc(1, sizeof(*tracked));
    if (tracked != NULL) {
        size_t at = find_place(poll, group);
        tracked->group = *group;
        memmove(grown + at + 1, grown + at, (poll->count - at) * sizeof(void *));
        grown[at] = tracked;
        poll->count++;
    }
    return tracked;
}

void cr_poll_free_inbox(cr_poll *poll)
{
    for (size_t i = 0; i < poll->count; i++) {
        cr_tracked_free(poll->tracked[i]);
        free(poll->tracked[i]);
    }
    free(poll->tracked);
}

bool cr_poll_copy_inbox(cr_poll *copy, const cr_poll *poll)
{
    for (size_t i = 0; i < poll->count; i++) {
        cr_tracked *tracked = add_group(copy, &poll->tracked[i]->group);
        if (tracked == NULL || !cr_tracked_copy(tracked, poll->tracked[i])) {
            return false;
        }
    }
    return true;
}

bool cr_poll_knows(const cr_poll *poll, const cr_uuid *groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const cr_tracked *tracked = find_group(poll, &groups[i]);
        if (tracked != NULL && !tracked->is_lost) {
            return true;
        }
    }
    return false;
}

/* ---- the rows ---- */

typedef struct listing {
    cr_poll *poll;
    const cr_place *from; /* of the first look; NULL: it begins now */
    bool is_first;
    bool is_full;
    cr_look *look;
    cr_call *call;
} listing;

static uint64_t digest(cr_str text)
{
    cr_str value = cr_str_or_empty(text);
    return cr_cursor_hash(value.data, value.size);
}

static bool is_before_noted(const cr_tracked *tracked, const cr_row *row)
{
    return cr_str_compare(row->value[CR_SK], cr_kept_key_str(&tracked->row_sk)) < 0;
}

static void note_own_values(cr_tracked *tracked, const cr_row *row)
{
    tracked->marker = digest(cr_row_marker(row));
    tracked->settings = cr_own_settings(row);
}

/* Rows move forward: one that is before the row that was noted is a late read, and says nothing new
 * of what is the member's own. */
static void note_row(cr_tracked *tracked, const cr_row *row)
{
    if (!is_before_noted(tracked, row)) {
        note_own_values(tracked, row);
    }
    cr_kept_key_set(&tracked->row_sk, row->value[CR_SK]);
    tracked->row_version = digest(row->value[CR_VERSION]);
    tracked->is_seen = true;
}

/* Where a group that is new to the watch begins: of an inbox that is watched from now on, at the
 * message that its row is at; else as far back as what is new can be. */
static void begin_group(const listing *now, cr_tracked *tracked, const cr_row *row)
{
    if (now->is_first && now->from == NULL) {
        cr_kept_key_set(&tracked->low, cr_row_place(row));
        tracked->newest = tracked->low;
        tracked->change = CR_CHANGE_UNKNOWN; /* until its counter was read */
        return;
    }
    cr_tracked_begin_at(tracked, now->poll->place.time_us);
    tracked->tells_opening = true;
    tracked->is_due =
        cr_str_compare(cr_row_place(row), cr_kept_key_str(&tracked->low)) > 0 || !now->is_first;
}

/* Also if a message has moved the row since the change. It is told with the look at the group. */
static bool note_own(const cr_poll *poll, cr_tracked *tracked, const cr_row *row)
{
    cr_str user = cr_uuid_str(&poll->wish.subject);
    const cr_news read = cr_news_of_marker(&tracked->group, user, cr_row_marker(row));
    const cr_news set = {.kind = CRUDDUR_EVENT_GROUP_CHANGED,
                         .group = tracked->group,
                         .user = user,
                         .version = row->value[CR_VERSION]};
    bool is_new = !is_before_noted(tracked, row);
    bool is_read = is_new && tracked->marker != digest(cr_row_marker(row));
    bool is_set = is_new && tracked->settings != cr_own_settings(row);
    return (!is_read || cr_event_list_add(&tracked->own, &read, &poll->place)) &&
           (!is_set || cr_event_list_add(&tracked->own, &set, &poll->place));
}

static bool is_as_noted(const cr_tracked *tracked, const cr_row *row)
{
    return cr_str_equal(cr_kept_key_str(&tracked->row_sk), row->value[CR_SK]) &&
           tracked->row_version == digest(row->value[CR_VERSION]);
}

/* Of a group that was lost: it goes on where it ended. The row of before may be put back by another
 * program, and makes a member only if the card is put back, too. */
static bool meet_again(const listing *now, cr_tracked *tracked, const cr_row *row)
{
    bool is_same = is_as_noted(tracked, row);
    tracked->is_due = tracked->is_due || !is_same || now->is_full;
    if (!is_same) {
        note_own_values(tracked, row); /* of a new membership, wherever it is */
        note_row(tracked, row);
        tracked->is_lost = false;
    }
    return true;
}

/* False when memory ran out. */
static bool compare_row(const listing *now, const cr_row *row)
{
    cr_uuid group;
    if (!cr_uuid_parse(row->value[CR_GROUP_UUID], &group)) {
        return true;
    }
    cr_tracked *tracked = find_group(now->poll, &group);
    if (tracked == NULL) {
        tracked = add_group(now->poll, &group);
        if (tracked == NULL) {
            return false;
        }
        begin_group(now, tracked, row);
        note_row(tracked, row);
        return true;
    }
    if (tracked->is_lost) {
        return meet_again(now, tracked, row);
    }
    if (tracked->is_seen && is_before_noted(tracked, row)) {
        return true; /* an older row of the same group */
    }
    bool is_same = is_as_noted(tracked, row);
    tracked->is_due = tracked->is_due || !is_same;
    bool is_noted = is_same || note_own(now->poll, tracked, row);
    note_row(tracked, row);
    return is_noted;
}

typedef struct collecting {
    const cr_poll *poll;
    size_t limit; /* 0: all */
    cr_arena *arena;
    cr_rows rows;
} collecting;

static cruddur_status collect_body(cr_txn *txn, void *context)
{
    collecting *now = context;
    cr_pk pk = cr_pk_of_member(&now->poll->wish.subject);
    const cr_query query = {
        .partition = cr_pk_str(&pk), .descending = true, .expected = now->limit};
    now->rows = (cr_rows){.arena = now->arena};
    return cr_rows_collect(txn, &query, now->limit == 0 ? SIZE_MAX : now->limit, &now->rows);
}

static cruddur_status read_rows(const listing *now, cr_arena *arena)
{
    cr_poll *poll = now->poll;
    collecting rows = {.poll = poll, .limit = now->is_full ? 0 : TOP_ROWS, .arena = arena};
    for (size_t i = 0; i < poll->count; i++) {
        poll->tracked[i]->is_seen = false;
    }
    cruddur_status status = poll->store->ops->read(poll->store, collect_body, &rows, now->call);
    for (size_t i = 0; status == CRUDDUR_OK && i < rows.rows.count; i++) {
        if (!compare_row(now, &rows.rows.row[i])) {
            status = cr_fail_memory(now->call->error);
        }
    }
    return status;
}

/* ---- the counters of changes ---- */

typedef struct counting {
    cr_tracked *tracked[COUNTERS_MAX];
    size_t count;
    bool begins;
    uint64_t number[COUNTERS_MAX];
} counting;

static cruddur_status count_body(cr_txn *txn, void *context)
{
    counting *now = context;
    cr_change_pk pk[COUNTERS_MAX];
    cr_key keys[COUNTERS_MAX];
    cr_row rows[COUNTERS_MAX];
    for (size_t i = 0; i < now->count; i++) {
        pk[i] = cr_change_pk_of(&now->tracked[i]->group);
        keys[i] = cr_change_counter_key(&pk[i]);
    }
    cruddur_status status = txn->ops->get(txn, keys, now->count, rows);
    for (size_t i = 0; status == CRUDDUR_OK && i < now->count; i++) {
        now->number[i] = cr_change_count_read(&rows[i]);
    }
    return status;
}

static void note_count(cr_tracked *tracked, uint64_t number, bool begins)
{
    if (begins) {
        tracked->change = number;
    } else {
        bool is_known = tracked->change != CR_CHANGE_UNKNOWN;
        tracked->is_due = tracked->is_due || number > (is_known ? tracked->change : 0);
    }
}

static cruddur_status read_some(const listing *now, counting *some)
{
    cr_poll *poll = now->poll;
    cruddur_status status = poll->store->ops->read(poll->store, count_body, some, now->call);
    for (size_t i = 0; status == CRUDDUR_OK && i < some->count; i++) {
        note_count(some->tracked[i], some->number[i], some->begins);
    }
    some->count = 0;
    return status;
}

static cruddur_status read_counters(const listing *now)
{
    cr_poll *poll = now->poll;
    cruddur_status status = CRUDDUR_OK;
    counting some = {.count = 0, .begins = now->is_first && now->from == NULL};
    for (size_t i = 0; status == CRUDDUR_OK && i < poll->count; i++) {
        if (!poll->tracked[i]->is_lost) {
            some.tracked[some.count++] = poll->tracked[i];
        }
        if (some.count == COUNTERS_MAX) {
            status = read_some(now, &some);
        }
    }
    return status == CRUDDUR_OK && some.count > 0 ? read_some(now, &some) : status;
}

/* ---- a look ---- */

/* Groups whose row has gone may be lost. */
static void mark_missing(cr_poll *poll)
{
    for (size_t i = 0; i < poll->count; i++) {
        cr_tracked *tracked = poll->tracked[i];
        tracked->is_due = tracked->is_due || (!tracked->is_seen && !tracked->is_lost);
    }
}

/* The row of a member who was removed and added again begins anew: nobody has set that. */
static void tell_own(cr_tracked *tracked, bool was_out, cr_event_list *events)
{
    if (was_out) {
        cr_event_list_free(&tracked->own);
    }
    cr_event_list_join(events, &tracked->own);
}

static cruddur_status look_at_one(cr_poll *poll, cr_tracked *tracked, cr_call *call, cr_look *look)
{
    bool is_gone = false;
    cr_look one = {{NULL, NULL, 0}, false, false};
    uint64_t removal = tracked->removal;
    cruddur_status status = cr_poll_tracked(poll, tracked, false, call, &one, &is_gone);
    if (status == CRUDDUR_OK) {
        tell_own(tracked, is_gone || tracked->removal != removal, &look->events);
        tracked->is_lost = is_gone;
    }
    cr_event_list_join(&look->events, &one.events);
    look->has_more = look->has_more || one.has_more;
    tracked->is_due = status != CRUDDUR_OK || one.has_more;
    return status;
}

static cruddur_status look_at_due(cr_poll *poll, cr_call *call, cr_look *look)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < poll->count; i++) {
        cr_tracked *tracked = poll->tracked[i];
        if (tracked->is_due && look->events.count >= CR_QUEUE_FULL) {
            look->has_more = true;
            break;
        }
        if (tracked->is_due) {
            status = look_at_one(poll, tracked, call, look);
        }
    }
    return status;
}

static cruddur_status look_at_all(const listing *now)
{
    cr_poll *poll = now->poll;
    cr_arena arena = CR_ARENA_INIT;
    int64_t began_us = cr_clock_monotonic_us();
    int64_t time_us = cr_clock_now_us();
    cruddur_status status = read_rows(now, &arena);
    if (status == CRUDDUR_OK && now->is_full && !now->is_first) {
        mark_missing(poll);
    }
    if (status == CRUDDUR_OK && now->is_full) {
        status = read_counters(now);
    }
    cr_arena_free(&arena);
    if (status == CRUDDUR_OK && now->is_full) {
        poll->begun_at_us = began_us;
        poll->begun_time_us = time_us;
    }
    if (status == CRUDDUR_OK && now->look != NULL) {
        status = look_at_due(poll, now->call, now->look);
    }
    bool is_complete = status == CRUDDUR_OK && (now->look == NULL || !now->look->has_more);
    if (is_complete && poll->begun_at_us != 0) {
        poll->full_at_us = poll->begun_at_us;
        poll->place.time_us = poll->begun_time_us;
        poll->begun_at_us = 0;
    }
    return status;
}

cruddur_status cr_poll_begin_inbox(cr_poll *poll, const cr_place *from, cr_call *call)
{
    const listing now = {
        .poll = poll, .from = from, .is_first = true, .is_full = true, .call = call};
    cruddur_status status = CRUDDUR_OK;
    poll->place.change = CR_CHANGE_UNKNOWN;
    poll->place.time_us = from == NULL ? cr_clock_now_us() : from->time_us;
    if (from == NULL) {
        status = look_at_all(&now);
    }
    return status;
}

cruddur_status cr_poll_look_at_inbox(cr_poll *poll, const cr_uuid *hints, size_t hint_count,
                                     bool is_full, cr_call *call, cr_look *look)
{
    bool is_first = poll->full_at_us == 0 && poll->begun_at_us == 0;
    const listing now = {poll, is_first ? &poll->place : NULL, is_first, is_full || is_first, look,
                         call};
    for (size_t i = 0; i < hint_count; i++) {
        cr_tracked *tracked = find_group(poll, &hints[i]);
        if (tracked != NULL && !tracked->is_lost) {
            tracked->is_due = true;
        }
    }
    return look_at_all(&now);
}
