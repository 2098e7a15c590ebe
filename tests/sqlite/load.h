/* SPDX-License-Identifier: MIT */
/* A load that many threads, of one or several processes, put on one store.
 *
 * The groups share members, and every message is said to be of the same moment, so that group rows
 * of different groups keep asking for the same keys. */
#ifndef TESTS_SQLITE_LOAD_H
#define TESTS_SQLITE_LOAD_H

#include "sqlite/bed.h"

#define LOAD_GROUPS 9

typedef struct load {
    cruddur *dm;
    unsigned seed; /* different for each thread of each process, below 0xff */
    unsigned steps;
    void (*acknowledge)(void *context, const char *message_uuid, const char *group_uuid);
    void *context;
    char problem[PROBLEM_SIZE]; /* empty: none */
    /* Inside. */
    unsigned step;
    uint64_t dice;
    char seen[PEOPLE][LOAD_GROUPS][CRUDDUR_TIME_SIZE];
} load;

/* Opens the groups. Whoever does it first acknowledges their first messages. */
void load_prepare(load *prepared);

/* Runs the steps; stops at the first problem. A thread's function: `argument` is the load. */
void *load_run(void *argument);

#endif
