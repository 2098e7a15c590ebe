/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "model/marker.h"
#include "watch/poll_parts.h"
#include "watch/tell.h"

/* ---- what the members have read ---- */

typedef struct marking {
    const cr_poll *poll;
    cr_known_markers now;
    cr_event_list events;
} marking;

static cr_known_marker *find_marker(cr_known_markers *markers, const cr_uuid *member)
{
    for (size_t i = 0; i < markers->count; i++) {
        if (cr_uuid_compare(&markers->known[i].member, member) == 0) {
            return &markers->known[i];
        }
    }
    return NULL;
}

/* Where as many markers are known as a group has members, one of who is no member gives its room.
 */
static cr_known_marker *make_room(marking *now, const cr_rows *rows)
{
    if (now->now.count < CRUDDUR_MEMBERS_MAX) {
        return &now->now.known[now->now.count++];
    }
    for (size_t i = 0; i < now->now.count; i++) {
        bool has_row = false;
        cr_pk pk = cr_pk_of_member(&now->now.known[i].member);
        for (size_t j = 0; j < rows->count; j++) {
            has_row = has_row || cr_str_equal(rows->row[j].value[CR_PK], cr_pk_str(&pk));
        }
        if (!has_row) {
            return &now->now.known[i];
        }
    }
    return NULL;
}

/* False when memory ran out. */
static bool compare_marker(marking *now, const cr_rows *rows, const cr_row *row)
{
    cr_uuid member;
    cr_str marker = cr_row_marker(row);
    uint64_t digest = cr_cursor_hash(marker.data, marker.size);
    if (!cr_row_owner(row, &member)) {
        return true;
    }
    cr_known_marker *known = find_marker(&now->now, &member);
    if (known == NULL) {
        known = make_room(now, rows);
        if (known != NULL) {
            *known = (cr_known_marker){member, digest};
        }
        return true;
    }
    bool has_moved = known->digest != digest;
    known->digest = digest;
    const cr_news news = cr_news_of_marker(&now->poll->wish.subject, cr_uuid_str(&member), marker);
    return !has_moved || cr_event_list_add(&now->events, &news, &now->poll->place);
}

/* A member may have two rows for a moment: the later one counts. */
static bool is_latest(const cr_rows *rows, size_t at)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (i != at && cr_str_equal(rows->row[i].value[CR_PK], rows->row[at].value[CR_PK]) &&
            cr_str_compare(rows->row[i].value[CR_SK], rows->row[at].value[CR_SK]) > 0) {
            return false;
        }
    }
    return true;
}

static cruddur_status mark_body(cr_txn *txn, void *context)
{
    marking *now = context;
    cr_rows rows;
    cr_event_list_free(&now->events);
    now->now = now->poll->markers;
    cruddur_status status = cr_group_read_index(txn, &now->poll->wish.subject, &rows);
    for (size_t i = 0; status == CRUDDUR_OK && i < rows.count; i++) {
        if (is_latest(&rows, i) && !compare_marker(now, &rows, &rows.row[i])) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

/* Tells nothing the first time. */
static cruddur_status read_markers(cr_poll *poll, cr_call *call, marking *now)
{
    *now = (marking){.poll = poll};
    return poll->store->ops->read(poll->store, mark_body, now, call);
}

/* ---- the poll ---- */

static void note_place(cr_poll *poll)
{
    poll->place.low = poll->group.low;
    poll->place.change = poll->group.change;
    poll->place.time_us = cr_clock_now_us();
}

cruddur_status cr_poll_begin_group(cr_poll *poll, const cr_place *from, cr_call *call)
{
    bool is_gone = false;
    cr_look look = {{NULL, NULL, 0}, false, false};
    poll->group.group = poll->wish.subject;
    cruddur_status status = cr_poll_tracked(poll, &poll->group, true, call, &look, &is_gone);
    if (status == CRUDDUR_OK && is_gone && from == NULL) {
        return cr_fail_argument(call->error, CRUDDUR_E_GROUP_NOT_FOUND, "options.group_uuid",
                                "there is no group %s with this member", poll->wish.subject.text);
    }
    if (status == CRUDDUR_OK && from != NULL) {
        cr_tracked_free(&poll->group);
        cr_tracked_begin_at(&poll->group, from->time_us);
        poll->group.low = from->low.size > 0 ? from->low : poll->group.low;
        poll->group.newest = poll->group.low; /* or it would fall back to the time */
        poll->group.change = from->change;
    }
    if (status == CRUDDUR_OK && !is_gone) {
        marking read;
        status = read_markers(poll, call, &read);
        poll->markers = status == CRUDDUR_OK ? read.now : poll->markers;
        cr_event_list_free(&read.events);
    }
    note_place(poll);
    if (from != NULL) {
        poll->place.time_us = from->time_us;
    }
    return status;
}

/* The markers are read first: what the others read after the viewer was removed is not told. */
cruddur_status cr_poll_look_at_group(cr_poll *poll, cr_call *call, cr_look *look)
{
    marking read;
    int64_t began_us = cr_clock_monotonic_us();
    cruddur_status status = read_markers(poll, call, &read);
    if (status == CRUDDUR_OK) {
        status = cr_poll_tracked(poll, &poll->group, false, call, look, &look->has_ended);
    }
    if (status == CRUDDUR_OK && !look->has_more) {
        note_place(poll);
    }
    if (status == CRUDDUR_OK && !look->has_ended) {
        poll->markers = read.now;
        for (cruddur_event *event = read.events.first; event != NULL; event = event->next) {
            event->place = poll->place; /* after what this look tells before them */
        }
        cr_event_list_join(&look->events, &read.events);
    }
    cr_event_list_free(&read.events);
    if (status == CRUDDUR_OK && !look->has_more) {
        poll->full_at_us = began_us;
    }
    return status;
}
