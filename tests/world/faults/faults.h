/* SPDX-License-Identifier: MIT */
/* Faults that are planted, each of which the simulated worlds must find: conditions that are
 * dropped, writes that are left out or come in another order, checks that are not made. Those of
 * requests are planted into the simulated service; those inside of the library by leading a call
 * within it here (--wrap). */
#ifndef TESTS_WORLD_FAULTS_FAULTS_H
#define TESTS_WORLD_FAULTS_FAULTS_H

#include "world/play.h"

/* What is taken out of the library. */
typedef enum fault_cut {
    FAULT_CUT_NONE,
    FAULT_CUT_CHECKSUM,  /* answers are not compared with their checksums */
    FAULT_CUT_ORDER,     /* a new sort key follows the clock, and not the head and the rows */
    FAULT_CUT_LOOK_BACK, /* no caller looks back, and no processor settles a group */
    FAULT_CUT_ARRIVAL,   /* a request without an answer is taken for one that never arrived */
    FAULT_CUT_MEMBERS,   /* every caller counts as a member */
    FAULT_CUT_BLOCK,     /* a group is written to although it is blocked */
    FAULT_CUT_PLACE,     /* a watch's cursor is past what it has not told */
    FAULT_CUT_GUESS,     /* a row that was guessed counts, although no condition judges it */
    FAULT_CUT_TAKEN,     /* what was announced is taken again and again */
    FAULT_CUT_BEFORE,    /* an announced head counts, although the card was read after it */
    FAULT_CUT_CLAIM,     /* a claim that was read is taken for none */
    FAULT_CUT_TOGETHER, /* a message in a change for several is acknowledged, whatever it came to */
    FAULT_CUT_ALONG,    /* the same of one that was submitted and went along */
    FAULT_CUT_LINE,     /* of those that were submitted, the second goes along before the first */
    FAULT_CUT_WITNESS,  /* a row that tells of our own write is taken for another's */
    FAULT_CUT_STALE,    /* what a handle left counts, although others may have changed it */
} fault_cut;

typedef struct fault {
    const char *name;
    sim_fault in_service;
    fault_cut in_library;
    stage_mode mode; /* in which it shows */
    bool is_shared;
    const char *why_hidden; /* why it cannot show; NULL: it must */
} fault;

extern const fault faults_all[];
extern const size_t faults_count;

/* Plants it; NULL: nothing is planted any more. */
void faults_plant(const fault *planted);

typedef struct fault_found {
    bool is_found;
    uint64_t seed;
    uint64_t stories;
    double seconds; /* of processor time */
    char text[512];
} fault_found;

/* Plays stories until the planted fault shows, for so many seconds at most. */
void faults_search(const fault *planted, double seconds_max, fault_found *found);

#endif
