/* SPDX-License-Identifier: MIT */
/* A store in memory, for jobs that take turns as dice decide: before every request another may come
 * first. Changes are transactions, and nothing else is guaranteed: each read is of its own moment,
 * and the index tells of the table as it was a while ago. The same seed tells the same story. */
#ifndef TESTS_STREAM_SIMULATED_H
#define TESTS_STREAM_SIMULATED_H

#include "store/store.h"

typedef struct simulated simulated;

/* The index lags behind by up to so many moments, for each row another. NULL: no memory. */
simulated *simulated_new(uint64_t seed, unsigned lag);
void simulated_free(simulated *all);

/* The table, for whoever moves group rows, and for whoever leaves that to a processor. */
cr_store *simulated_store(simulated *all, bool is_streamed);

/* Throws the dice: 0 to sides less 1. */
size_t simulated_roll(simulated *all, size_t sides);

/* Adds a row, before the jobs begin; false: no memory. */
bool simulated_put(simulated *all, const cr_row *row);

/* The rows that are there; NULL behind the last. */
const cr_row *simulated_row(const simulated *all, size_t index);

/* The message that was put as the number `index`; NULL where there is none yet. */
const cr_row *simulated_message(const simulated *all, size_t index);

typedef void (*simulated_job)(void *context);

#define SIMULATED_JOBS_MAX 8

/* Runs the jobs, each on a thread of its own, one at a time. */
void simulated_run(simulated *all, const simulated_job *jobs, void *const *contexts, size_t count);

/* Lets others come first, in a job that waits for something. */
void simulated_wait(simulated *all);

#endif
