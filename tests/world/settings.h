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

/* Judges a table at rest. */
void check_settings(stage *all);

#endif
