/* SPDX-License-Identifier: MIT */
/* One simulated world, from its beginning to its judgement. */
#ifndef TESTS_WORLD_PLAY_H
#define TESTS_WORLD_PLAY_H

#include "world/stage.h"

/* Of a story, what is left: for stories that are shrunk. Faults beyond those that are listed do not
 * come. */
typedef struct play_cut {
    size_t clients;       /* at most */
    size_t tasks;         /* of each of them, at most */
    uint64_t faults;      /* bit n: whether the fault number n comes */
    uint64_t faults_seen; /* how many there were; set by play_world() */
    bool is_fresh;        /* the index does not lag */
} play_cut;

typedef struct play_setting {
    stage_mode mode;
    bool is_shared; /* other programs write to the table: foreign rows, the original handler */
    play_cut *cut;  /* NULL: the whole story */
} play_setting;

#define PLAY_BREACHES_MAX 10

typedef struct play_breach {
    uint64_t seed;
    char text[512];
} play_breach;

typedef struct play_result {
    uint64_t worlds;
    uint64_t calls;
    uint64_t acks;
    uint64_t requests;
    uint64_t late;
    uint64_t displaced; /* group rows that were put beside their message's key, as it was taken */
    uint64_t allowed[STAGE_ALLOWANCE_COUNT];
    uint64_t insertions; /* of the embedded engine: messages that were lost with the power */
    uint64_t trace;      /* of the last one: sim_trace() */
    uint64_t breaches;
    play_breach breach[PLAY_BREACHES_MAX]; /* the first */
} play_result;

/* Plays the world of a seed, and adds to the result. */
void play_world(const play_setting *setting, uint64_t seed, play_result *result);

/* Plays one world after the other, from a seed on, until there were so many calls; or, where
 * `stops`, until the first breach. */
void play_worlds(const play_setting *setting, uint64_t seed, uint64_t calls, bool stops,
                 play_result *result);

const char *play_mode_name(stage_mode mode);

#endif
