/* SPDX-License-Identifier: MIT */
/* Looking at the table for one watch: what is new since the last look, by keys. */
#ifndef CR_WATCH_POLL_H
#define CR_WATCH_POLL_H

#include "watch/hub.h"

/* What one look has found. */
typedef struct cr_look {
    cr_event_list events;
    bool has_ended; /* the viewer is not a member of the group, or there is none */
    bool has_more;  /* than one look tells of */
} cr_look;

/* Reads where a watch begins: at `from`, or NULL: now. No events come of that. Read statuses;
 * CRUDDUR_E_GROUP_NOT_FOUND for a group that the viewer may not read. */
cruddur_status cr_poll_begin(cr_store *store, const cr_watch_wish *wish, const cr_place *from,
                             cr_call *call, cr_poll **ret_poll);

/* Looks. `hints` are groups that have changed for certain; `is_full`: all groups are looked at, not
 * those at the top of the inbox only. Events that were found before a failure count. */
cruddur_status cr_poll_look(cr_poll *poll, const cr_uuid *hints, size_t hint_count, bool is_full,
                            cr_call *call, cr_look *look);

/* Whether it is time for a look at all groups. */
bool cr_poll_is_full_due(const cr_poll *poll);

/* Whether any of these groups is one of the inbox. */
bool cr_poll_knows(const cr_poll *poll, const cr_uuid *groups, size_t count);

/* The place after all that was told. */
void cr_poll_place(const cr_poll *poll, cr_place *place);

/* When the latest look at everything began, monotonic; 0: there was none yet. */
int64_t cr_poll_whole_at(const cr_poll *poll);

/* A poll that goes on as this one would; NULL when memory ran out. */
cr_poll *cr_poll_copy(const cr_poll *poll);

void cr_poll_free(cr_poll *poll);

/* Runs the polls of a hub until it stops: one of its threads. */
void *cr_poll_watch(void *context);

#endif
