/* SPDX-License-Identifier: MIT */
/* What is between the library's engine and the simulated service. The engine is the real one, from
 * its transactions down to its requests' text; the linker leads the AWS client's calls here
 * (--wrap). Each request is of one moment, and before it others may come first. It may get lost,
 * arrive late or twice, and its answer may get lost. */
#ifndef TESTS_SIMULATED_NETWORK_H
#define TESTS_SIMULATED_NETWORK_H

#include "simulated/world.h"
#include "store/dynamodb/table.h"

typedef enum sim_fate {
    SIM_FATE_GOOD,
    SIM_FATE_LOST,       /* it is carried out, and its answer gets lost */
    SIM_FATE_LATE,       /* the connection breaks, and it is carried out later */
    SIM_FATE_NEVER,      /* the connection breaks, and it never arrives */
    SIM_FATE_TWIN,       /* it is carried out and answered, and carried out again later */
    SIM_FATE_CONFLICT,   /* it is refused because of another transaction, and nothing happens */
    SIM_FATE_DEATH,      /* the job ends before it */
    SIM_FATE_LAST,       /* it is carried out, and the job ends */
    SIM_FATE_LATE_DEATH, /* the job ends, and it is carried out later */
    SIM_FATE_COUNT,
} sim_fate;

/* How often dice decide for these, once in so many requests; 0: never. */
typedef struct sim_weather {
    size_t faults;   /* of writes: LOST to CONFLICT */
    size_t failures; /* of reads: NEVER */
    size_t deaths;
    int64_t pace_us; /* how long a request takes at most */
    int64_t late_us; /* how much later a late request arrives at most; a few arrive later still */
    int64_t timeout_us; /* of calls */
} sim_weather;

void sim_network_begin(const sim_weather *weather);
void sim_network_end(void);
void sim_network_set_weather(const sim_weather *weather);
const sim_weather *sim_network_weather(void);

/* A handle. Its jobs do nothing more once they are dead: each request fails. */
cr_store *sim_store_open(cr_mode mode);

/* The same for mode atomic, with writers=ours. */
cr_store *sim_store_open_ours(void);
void sim_store_close(cr_store *store);

bool sim_is_dead(void);
void sim_revive(void);

/* ---- late requests ---- */

size_t sim_late_count(void);

/* Carries out those whose time has come; called before each turn. */
void sim_deliver_due(void);

/* Carries out the late request number `index`, and forgets it. */
void sim_deliver(size_t index);

/* In an order that the dice decide; of those that never arrive, one in `never` (0: none). */
void sim_deliver_all(size_t never);

/* ---- scripts ---- */

typedef struct sim_request {
    size_t number; /* since the script began, from 1 */
    cr_str operation;
    cr_str body;
    bool is_write;
} sim_request;

/* Decides the fate of each request. It may itself make calls of the library, whose requests are not
 * brought to it: what they do comes between two requests of the call that is under way. */
typedef sim_fate (*sim_script)(void *context, const sim_request *request);

/* From now on the script decides instead of dice; NULL: dice again. */
void sim_network_script(sim_script script, void *context);

/* ---- the story ---- */

/* Prints each request to standard error. */
void sim_tell_story(bool is_told);
void sim_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t sim_request_count(void);

/* How many requests were late or came twice, since the world began. */
uint64_t sim_late_total(void);

#endif
