/* SPDX-License-Identifier: MIT */
/* The two kinds of polls: of a group, and of an inbox. */
#ifndef CR_WATCH_POLL_PARTS_H
#define CR_WATCH_POLL_PARTS_H

#include "watch/poll.h"
#include "watch/tracked.h"

/* What a member has read. */
typedef struct cr_known_marker {
    cr_uuid member;
    uint64_t digest;
} cr_known_marker;

typedef struct cr_known_markers {
    cr_known_marker known[CRUDDUR_MEMBERS_MAX];
    size_t count;
} cr_known_markers;

struct cr_poll {
    cr_store *store;
    cr_watch_wish wish;
    cr_place place;

    /* Of a watch of a group. */
    cr_tracked group;
    cr_known_markers markers;

    /* Of an inbox; `full_at_us` also of a group. */
    cr_tracked **tracked; /* sorted by uuid */
    size_t count;
    size_t capacity;
    int64_t full_at_us;    /* monotonic: when the latest look at all groups began; 0: never */
    int64_t begun_at_us;   /* the same of one that goes on with the groups that are due; 0: none */
    int64_t begun_time_us; /* since 1970 */
};

/* Looks at one group. */
cruddur_status cr_poll_tracked(cr_poll *poll, cr_tracked *tracked, bool begins, cr_call *call,
                               cr_look *look, bool *is_gone);

cruddur_status cr_poll_begin_group(cr_poll *poll, const cr_place *from, cr_call *call);
cruddur_status cr_poll_look_at_group(cr_poll *poll, cr_call *call, cr_look *look);

cruddur_status cr_poll_begin_inbox(cr_poll *poll, const cr_place *from, cr_call *call);
cruddur_status cr_poll_look_at_inbox(cr_poll *poll, const cr_uuid *hints, size_t hint_count,
                                     bool is_full, cr_call *call, cr_look *look);
/* Copies the groups; false when memory ran out. */
bool cr_poll_copy_inbox(cr_poll *copy, const cr_poll *poll);
void cr_poll_free_inbox(cr_poll *poll);

#endif
