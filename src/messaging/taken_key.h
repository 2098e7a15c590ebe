/* SPDX-License-Identifier: MIT */
/* Stepping on from a sort key that is taken: another group of some member has it (invariant 4). By
 * a few microseconds at first, then further with each try. */
#ifndef CR_MESSAGING_TAKEN_KEY_H
#define CR_MESSAGING_TAKEN_KEY_H

#include <stdint.h>

/* How far the next try steps on at most; after none, 0. */
int64_t cr_reach_next_us(int64_t reach_us);

/* A step within reach, at random, so that of many that step on from the same moment each finds a
 * place soon: in fixed steps all would follow the same trail. */
int64_t cr_reach_step_us(int64_t reach_us);

#endif
