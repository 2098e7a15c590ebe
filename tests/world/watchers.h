/* SPDX-License-Identifier: MIT */
/* In a simulated world, who watches: groups and an inbox, by the public API. */
#ifndef TESTS_WORLD_WATCHERS_H
#define TESTS_WORLD_WATCHERS_H

#include "world/stage.h"

#define WATCHERS 2

/* Forgets those of the world before. */
void watchers_begin(void);

/* Watches from a moment on, with a handle of its own, until the clients have ended. Now and then
 * the program ends and begins anew, with the cursor of an event that it has had. */
void act_watcher(void *context);

/* In a world at rest: takes what has not been told yet. A job for each watcher. */
void act_last_watch(void *context);

/* No watcher has missed an event of what was written after its watch was opened. */
void check_watchers(stage *all);

/* Follows the table's stream with cruddur_stream_follow() until the clients have ended. */
void act_follower(void *context);

/* The same in a world at rest, as a job: to the end of the stream, with which all rows are moved.
 */
void act_last_follow(void *context);

#endif
