/* SPDX-License-Identifier: MIT */
/* The bell of a table: rung by every handle of this process that has committed something, heard by
 * those who watch. Handles find each other by the table's place, in the one list of the process
 * that a child of fork() does not share with its parent. */
#ifndef CR_STORE_BELL_H
#define CR_STORE_BELL_H

#include "model/row.h"

typedef struct cr_bell cr_bell;

/* Who hears it. Owned by the listener, and must stay where it is while it listens. */
typedef struct cr_listener {
    struct cr_listener *next;
    /* What was written, as far as the engine knows; 0 keys: it does not. Called on the thread of
     * the writer, which waits: it must neither ring nor take long. */
    void (*hear)(void *context, const cr_key *keys, size_t count);
    void *context;
} cr_listener;

/* Returns the bell of a place, whichever handle comes first makes it; NULL as place: one of its
 * own. NULL if the system is out of memory or mutexes. */
cr_bell *cr_bell_of(const char *place);

/* The handle needs it no more. NULL is ignored. */
void cr_bell_leave(cr_bell *bell);

/* What it was made for; "" for one of its own. */
const char *cr_bell_place(const cr_bell *bell);

void cr_bell_listen(cr_bell *bell, cr_listener *listener);

/* When it returns, the listener hears no more. */
void cr_bell_unlisten(cr_bell *bell, const cr_listener *listener);

/* Whether anybody listens: else there is no need to ring. */
bool cr_bell_is_heard(const cr_bell *bell);

void cr_bell_ring(cr_bell *bell, const cr_key *keys, size_t count);

#endif
