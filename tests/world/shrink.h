/* SPDX-License-Identifier: MIT */
/* Makes a story with a breach shorter: fewer callers with fewer tasks, fewer faults, an index that
 * does not lag, as long as there is a breach. */
#ifndef TESTS_WORLD_SHRINK_H
#define TESTS_WORLD_SHRINK_H

#include "world/play.h"

/* Finds the smallest cut that it can of the story of a seed; false where not even the story with
 * its first 64 faults alone has a breach. */
bool shrink_story(const play_setting *setting, uint64_t seed, play_cut *cut);

#endif
