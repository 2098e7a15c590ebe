/* SPDX-License-Identifier: MIT */
/* In a simulated world, what members set of their own: settings of a group, what they have read,
 * and reactions. Each value that is left must be of a call that no later one has replaced. */
#ifndef TESTS_WORLD_SETTINGS_H
#define TESTS_WORLD_SETTINGS_H

#include "world/stage.h"

/* Forgets those of the world before. */
void settings_begin(void);

/* A member of a group changes the settings, marks it as read, or reacts to a message. Nothing where
 * the stage has no such changes: in steps, and beside the original application's handler, which
 * puts rows without what it does not know. */
void act_set(stage *all, cruddur *dm);
void act_mark(stage *all, cruddur *dm);
void act_react(stage *all, cruddur *dm);

/* A member names a group, or blocks or unblocks a direct one. */
void act_rename(stage *all, cruddur *dm);
void act_block(stage *all, cruddur *dm);

/* Whether a block may be why a call failed that began then; and whether it must
 * fail, as a block was acknowledged before and never taken back. */
bool settings_may_refuse(size_t group, cruddur_status status, int64_t begun_us);
bool settings_must_refuse(size_t group, int64_t begun_us);

/* At rest, before the last messages are sent. */
void settings_resolve(stage *all);

/* Judges a table at rest. */
void check_settings(stage *all);

#endif
