/* SPDX-License-Identifier: MIT */
/* What is between the library and the simulated service. The library's AWS client is the real one,
 * with its attempts, its checks and its signatures; the linker leads what it sends by HTTP here
 * (--wrap). Each request is of one moment, and before it others may come first. It may get lost,
 * arrive late or twice, and what comes back may be lost, late, damaged, or of somebody else. */
#ifndef TESTS_WORLD_NETWORK_H
#define TESTS_WORLD_NETWORK_H

#include "store/dynamodb/table.h"
#include "world/service.h"
#include "world/world.h"

typedef enum sim_fate {
    SIM_FATE_GOOD,
    SIM_FATE_LOST,       /* it is carried out, and its answer gets lost */
    SIM_FATE_LATE,       /* the connection breaks, and it is carried out later */
    SIM_FATE_NEVER,      /* the connection breaks, and it never arrives */
    SIM_FATE_REFUSED,    /* there is no connection */
    SIM_FATE_TWIN,       /* it is carried out and answered, and carried out again later */
    SIM_FATE_SLOW,       /* it is carried out, and answered when nobody waits any more */
    SIM_FATE_SLOW_LATE,  /* nobody waits any more, and it is carried out later */
    SIM_FATE_CUT,        /* it is carried out, and the answer is cut off */
    SIM_FATE_GARBLED,    /* it is carried out, and a bit of the answer is wrong */
    SIM_FATE_PAGE,       /* a proxy answers with a page, and HTTP's 200 */
    SIM_FATE_PAGE_LATE,  /* the same, and the request is carried out later */
    SIM_FATE_ERROR,      /* HTTP's 500, and it is not carried out */
    SIM_FATE_ERROR_DONE, /* HTTP's 500, and it is carried out */
    SIM_FATE_THROTTLED,  /* it is refused, as there are too many */
    SIM_FATE_CONFLICT,   /* it is refused because of another transaction, and nothing happens */
    SIM_FATE_DEATH,      /* the job ends before it */
    SIM_FATE_LAST,       /* it is carried out, and the job ends */
    SIM_FATE_LATE_DEATH, /* the job ends, and it is carried out later */
    SIM_FATE_COUNT,
} sim_fate;

/* How often dice decide for these, once in so many requests; 0: never. */
typedef struct sim_weather {
    size_t faults;   /* of writes */
    size_t failures; /* of reads */
    size_t deaths;
    int64_t pace_us; /* how long a request takes at most */
    int64_t late_us; /* how much later a late request arrives at most; a few arrive later still */
    int64_t timeout_us; /* of calls */
    bool is_signed; /* requests are; the service refuses a clock that is wrong by five minutes */
} sim_weather;

void sim_network_begin(const sim_weather *weather);
void sim_network_end(void);
void sim_network_set_weather(const sim_weather *weather);
const sim_weather *sim_network_weather(void);

/* A handle, of the public API and of the seam. Its jobs do nothing more once they are dead: each
 * request fails. `are_ours`: with writers=ours. */
cruddur *sim_open(cr_mode mode, bool are_ours);
cr_store *sim_store_open(cr_mode mode);

/* The same for mode atomic, with writers=ours. */
cr_store *sim_store_open_ours(void);
void sim_store_close(cr_store *store);

/* From now on only those faults come whose bits are set, of the first 64; NULL: all. Dice are
 * rolled all the same. */
void sim_network_choose_faults(const uint64_t *chosen);

/* How many faults dice have decided for since the world began, whether they came or not. */
uint64_t sim_network_faults(void);

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
bool sim_is_told(void);
void sim_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t sim_request_count(void);

/* How many requests were late or came twice, since the world began. */
uint64_t sim_late_total(void);

/* How many requests had a fate, since the program began. */
uint64_t sim_fate_count(sim_fate fate);
const char *sim_fate_name(sim_fate fate);

/* Of all that happened since the world began, in its order: who sent what, and what became of it.
 * The same seed has the same one. */
uint64_t sim_trace(void);

/* Whether a call may fail with this status where requests have these fates. */
bool sim_may_pass(cruddur_status status);

/* ---- for http.c ---- */

/* What comes back of a request. */
typedef enum sim_reply {
    SIM_REPLY_GOOD,
    SIM_REPLY_BROKEN,
    SIM_REPLY_REFUSED,
    SIM_REPLY_TOO_LATE,
    SIM_REPLY_CUT,
    SIM_REPLY_GARBLED,
    SIM_REPLY_PAGE,
    SIM_REPLY_ERROR,
    SIM_REPLY_DEAD, /* to nobody */
} sim_reply;

/* Sends a request for the job that runs. */
sim_reply sim_network_send(cr_str operation, cr_str body, sim_answer *answer);

#endif
