/* SPDX-License-Identifier: MIT */
/* Sort keys for messages, and stepping on from one that is taken: another group of some member has
 * it (invariant 4). By a few microseconds at first, then further with each try. */
#ifndef CR_MODEL_TAKEN_KEY_H
#define CR_MODEL_TAKEN_KEY_H

#include <stdint.h>

#include "model/time.h"

/* How far the next try steps on at most; after none, 0. */
int64_t cr_reach_next_us(int64_t reach_us);

/* A step within reach, at random, so that of many that step on from the same moment each finds a
 * place soon: in fixed steps all would follow the same trail. */
int64_t cr_reach_step_us(int64_t reach_us);

/* The keys that the runs of one body choose. It begins as zeros. */
typedef struct cr_key_choice {
    bool has_chosen;
    int64_t time_us;  /* of the latest run's key */
    int64_t reach_us; /* how far the next run steps on at most; 0: it does not */
} cr_key_choice;

/* Chooses a key at `time_us` or later, and after `last_sk`. A run behind one that came to nothing
 * with the same head steps on from its key. False where no time up to the year 9999 is left. */
bool cr_key_choose(cr_key_choice *choice, int64_t time_us, cr_str last_sk, cr_sort_key *key);

#endif
