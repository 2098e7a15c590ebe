/* SPDX-License-Identifier: MIT */
/* A story of the embedded engine: two handles on one file, whose disk fills up, fails, or loses its
 * power, again and again. */
#ifndef TESTS_WORLD_EMBEDDED_H
#define TESTS_WORLD_EMBEDDED_H

#include "world/play.h"

/* `is_full`: synchronous=full, where what was acknowledged is there after a power cut; else the
 * latest messages may be lost, which is counted in result->insertions. `folder` is for the file. */
void embedded_play(const char *folder, bool is_full, uint64_t seed, play_result *result);

#endif
