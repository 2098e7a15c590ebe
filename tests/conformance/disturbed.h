/* SPDX-License-Identifier: MIT */
/* Disturbances for a long random run: faults between the library and a service, calls that are
 * repeated until their outcome is known, and processors that are killed.
 *
 * CRUDDUR_TEST_FAULTS=1        writes arrive late or not at all, answers get lost. Needs the proxy
 *                              of run_with_service.py.
 * CRUDDUR_TEST_PROCESSORS=N    in mode stream N processes follow the stream beside the test, and
 *                              are killed and started again at random. */
#ifndef TEST_CONFORMANCE_DISTURBED_H
#define TEST_CONFORMANCE_DISTURBED_H

#include "suite.h"

/* What came of it, over all stores. */
typedef struct disturbances {
    unsigned faults;
    unsigned late;     /* requests that arrived after their connection was closed */
    unsigned repeated; /* calls that were made again */
    unsigned unknown;  /* of these, with an unknown outcome */
    unsigned killed;
} disturbances;

/* Opens a fresh store, with the faults and the processors that the environment asks for. */
void disturbed_begin(unsigned seed);

/* Kills a processor and starts another; nothing where there are none. */
void disturbed_kill(unsigned die);

/* Ends the disturbances, waits for late requests, and has everything applied. */
void disturbed_calm(void);

/* In steps a late request can leave an older group row until the group's next message. Only a list
 * that begins at the newest end hides it. */
bool disturbed_leaves_rows(void);

/* Closes the store and removes it. */
void disturbed_end(void);

disturbances disturbed_count(void);

/* ---- calls ---- */

typedef struct attempt {
    unsigned made;
    bool may_be_done; /* the outcome of an earlier one is unknown */
} attempt;

/* The handle for the next attempt. Every second call has one whose requests are
 * often late and hardly repeated. */
cruddur *attempt_begin(attempt *at);

/* Whether to make the call again: its outcome is unknown, or it failed because of a fault. Frees
 * the error then. */
bool attempt_again(attempt *at, cruddur_status status);

#endif
