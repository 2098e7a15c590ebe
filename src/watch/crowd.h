/* SPDX-License-Identifier: MIT */
/* The watches of a hub, in order: those of groups first, then by subject, then by viewer. So those
 * whom a change concerns are found without a look at the others. */
#ifndef CR_WATCH_CROWD_H
#define CR_WATCH_CROWD_H

#include <cruddur/watch.h>
#include <stddef.h>

#include "model/uuid.h"

typedef struct cr_crowd {
    cruddur_watch **watch;
    size_t count;
    size_t capacity;
} cr_crowd;

/* False when memory ran out. */
bool cr_crowd_add(cr_crowd *crowd, cruddur_watch *watch);

/* Does nothing if it is not in it. */
void cr_crowd_remove(cr_crowd *crowd, const cruddur_watch *watch);

struct cr_watch_wish;

/* Where the watches begin that watch the same, for the same viewer, and where they end. */
size_t cr_crowd_find_same(const cr_crowd *crowd, const struct cr_watch_wish *wish, size_t *ret_end);

/* Where the watches of one inbox or group begin, or would begin. */
size_t cr_crowd_find(const cr_crowd *crowd, bool is_inbox, const cr_uuid *subject);

/* Whether the watch at this place is of that inbox or group; false at the end. */
bool cr_crowd_has(const cr_crowd *crowd, size_t at, bool is_inbox, const cr_uuid *subject);

#endif
