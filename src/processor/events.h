/* SPDX-License-Identifier: MIT */
/* Events on their way to the observer and the log. A thread of its own delivers them, so that a
 * slow observer or log holds up neither the threads that read shards nor a lock. */
#ifndef CR_PROCESSOR_EVENTS_H
#define CR_PROCESSOR_EVENTS_H

#include <cruddur/follow.h>
#include <pthread.h>

#include "base/call.h"

/* How many events of one shard may wait for the observer before that shard waits too. */
#define CR_EVENTS_OF_SHARD_MAX 100

typedef struct cr_told cr_told;

typedef struct cr_events {
    const cruddur_follow_options *options;
    cr_logger logger;
    pthread_t thread;

    pthread_mutex_t lock;   /* for all below */
    pthread_cond_t changed; /* an event came or went, or there will be none any more */
    cr_told *first;
    cr_told **last;
    bool has_ended;
    bool no_memory; /* an event was lost */
} cr_events;

/* Starts the delivery; false if the system gives no thread or lock. */
bool cr_events_start(cr_events *events, const cruddur_follow_options *options,
                     const cr_logger *logger);

/* Copies an event and returns at once. */
void cr_events_add(cr_events *events, const cruddur_follow_event *event);

/* Waits until few enough of the shard's events are waiting. To be called without locks. */
void cr_events_await_room(cr_events *events, const char *shard_id);

/* Whether memory ran out and an event was lost. */
bool cr_events_are_lost(cr_events *events);

/* Delivers what is left, and stops. */
void cr_events_end(cr_events *events);

#endif
