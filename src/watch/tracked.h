/* SPDX-License-Identifier: MIT */
/* A group whose table partitions are looked at: up to which message and which change row all was
 * told.
 *
 * Where a message and the group rows are one transaction, messages become visible in the order of
 * their keys, so the newest key that was told is all there is to know. In mode `stream` they do
 * not: a message may get a key that is before one that is visible already, but after the one that
 * was the newest when its call began. So messages are looked for from the *low mark* on, the newest
 * key that was seen CR_PLACE_CALL_US ago, and those that were told are remembered as long. No
 * clocks are compared. */
#ifndef CR_WATCH_TRACKED_H
#define CR_WATCH_TRACKED_H

#include "messaging/change.h"
#include "watch/event.h"

/* Messages that one look tells of, at most. */
#define CR_LOOK_MESSAGES_MAX 500

/* Messages that were told, after the low mark. */
typedef struct cr_told {
    cr_kept_key *key;
    size_t count;
    size_t capacity;
} cr_told;

typedef struct cr_tracked {
    cr_uuid group;
    cr_kept_key low;    /* all messages up to this one were told; empty: all are looked for */
    cr_kept_key newest; /* that was seen */
    cr_kept_key marked; /* was the newest at `marked_us` (monotonic) */
    int64_t marked_us;
    uint64_t change;    /* up to which all was told; CR_CHANGE_UNKNOWN: go by the time */
    int64_t since_us;   /* changes since this time are looked for then */
    bool tells_opening; /* if the first message is after the low mark */
    bool is_out;        /* the viewer was no member after the last change that was told */
    uint64_t removal;   /* the change that removed the viewer, if that was told; else 0 */
    cr_told told;

    /* What the member's row said: of an inbox. */
    cr_kept_key row_sk;
    uint64_t row_version;
    uint64_t marker;
    uint64_t settings;
    cr_event_list own; /* what has changed of these two, until the group is looked at */
    bool is_due;       /* for a look */
    bool is_seen;      /* in the list that is being read */
    bool is_lost;      /* the member is none any more, until another row comes */
} cr_tracked;

/* One look. */
typedef struct cr_tracked_look {
    cr_tracked *tracked;
    const cr_uuid *viewer; /* NULL: anybody */
    cr_place place;        /* of the watch */
    cr_event_list events;
    bool is_gone;  /* there is no such group, or the viewer is not a member */
    bool has_more; /* messages or changes than one look tells of */
    bool begins;   /* notes where the group is, and tells nothing */
} cr_tracked_look;

/* Looks for everything that is new. On success what was told is noted. Read statuses. */
cruddur_status cr_tracked_read(cr_store *store, cr_tracked_look *look, cr_call *call);

/* What becomes visible from this time on is new: as far as keys tell it. */
void cr_tracked_begin_at(cr_tracked *tracked, int64_t time_us);

/* Writes a copy; false when memory ran out: then it has told nothing. */
bool cr_tracked_copy(cr_tracked *copy, const cr_tracked *tracked);

void cr_tracked_free(cr_tracked *tracked);

#endif
