/* SPDX-License-Identifier: MIT */
/* The hub of a handle: all its watches, and the threads that read for them. Where the store has a
 * sequence of changes, one thread reads it once for all watches (watch/sequence.h). Elsewhere each
 * watch is a look at the table every so often (watch/poll.h), by up to CR_HUB_THREADS threads.
 *
 * A watch is used by its owner, one call at a time, and by one thread of the hub at a time. What
 * both use is under the hub's lock; the rest of it is the hub's thread's. */
#ifndef CR_WATCH_HUB_H
#define CR_WATCH_HUB_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/beacon.h"
#include "store/store.h"
#include "watch/crowd.h"
#include "watch/event.h"
#include "watch/presence.h"

#define CR_HUB_THREADS 8

/* From so many events on nothing is read for a watch, until its owner has taken half of them. */
#define CR_QUEUE_FULL 256

/* Groups whose changes a watch was told of by another thread of the process. */
#define CR_HINTS_MAX 8

typedef struct cr_hub cr_hub;
typedef struct cr_poll cr_poll;

/* What is watched. */
typedef struct cr_watch_wish {
    bool is_inbox;
    cr_uuid subject; /* the user, or the group */
    bool has_viewer; /* of a group; an inbox is its user's */
    cr_uuid viewer;
    cr_str cursor; /* absent: from now on */
    int64_t interval_min_us;
    int64_t interval_max_us;
} cr_watch_wish;

struct cruddur_watch {
    cr_hub *hub;
    cr_watch_wish wish;
    atomic_bool is_busy; /* a call of the owner is in progress */
    uint64_t store;      /* cr_place_store() of it */
    char *cursor;        /* that the owner was told */

    /* Under the hub's lock. */
    cr_event_list queue;
    cr_place told; /* after the last event that the owner has got */
    cr_place at;   /* after the last that is in the queue; written by the hub's thread */
    cruddur_status failed;
    cruddur_error *error;
    bool has_ended; /* nothing more will come, and each call fails */
    bool is_closed;
    bool is_in_work; /* by a thread of the hub */
    bool is_cut;     /* its place is not in the sequence any more */
    cr_place front;  /* where one that is cut goes on when its poll has told all */
    int64_t due_us;  /* when to look again; of one that is cut: to try again */
    int64_t look_us; /* the same, but for hints */
    cr_uuid hint[CR_HINTS_MAX];
    size_t hint_count;
    bool is_hinted_all; /* more than these */
    pthread_cond_t changed;
    cr_beacon beacon;

    /* Of one that polls: watch/share.h. */
    cruddur_watch *leader; /* whose poll it shares; NULL: it has its own */
    size_t followers;
    int64_t looked_until_us; /* monotonic: when its latest look ended, or it was opened */
    int64_t news_until_us;   /* the same of the latest that found something, or looked at all */

    /* Of the thread that has it in work. */
    bool has_lost; /* the group, or the right to read it */
    int64_t pause_us;
    cr_poll *poll;  /* NULL: none, or one is begun at its place */
    uint64_t round; /* of telling from the sequence, the latest that it took part in */
};

struct cr_hub {
    cr_store *store;
    cr_logger logger;
    int64_t timeout_us; /* of each read */
    bool has_sequence;
    uint32_t generation; /* of the process */
    atomic_bool stops;

    pthread_mutex_t lock;
    pthread_cond_t work; /* for threads that poll */
    cr_beacon alarm;     /* for the one that reads the sequence */
    cr_listener listener;
    size_t users; /* the handle and its watches: the last one frees it */
    cr_crowd crowd;
    pthread_t thread[CR_HUB_THREADS];
    size_t threads;
    cr_presence presence;
    int64_t renewed_at_us;      /* since 1970 */
    int64_t renewal_due_us;     /* monotonic */
    bool renewal_failed;        /* the latest one */
    struct cr_own_cache *cache; /* of the thread that reads the sequence */
};

/* Makes the hub of a store, without threads. */
cruddur_status cr_hub_new(cr_store *store, const cr_logger *logger, int64_t timeout_us,
                          cr_hub **ret_hub, cruddur_error **error);

/* The handle is closed: ends the threads and all watches. NULL is ignored. */
void cr_hub_close(cr_hub *hub);

/* Opens a watch: reads where it is, and starts a thread if need be. */
cruddur_status cr_hub_open_watch(cr_hub *hub, const cr_watch_wish *wish, cr_call *call,
                                 cruddur_watch **ret_watch);

/* Takes the next event; *ret_event is NULL if none came in time (negative: without a limit). */
cruddur_status cr_hub_next(cruddur_watch *watch, int64_t until_us, cruddur_event **ret_event,
                           cruddur_error **error);

/* The watch's place as a cursor, which the watch owns; NULL when memory ran out. */
const char *cr_hub_cursor(cruddur_watch *watch);

void cr_hub_close_watch(cruddur_watch *watch);

/* ---- for its threads ---- */

/* Takes a watch into work, or leaves it: closed ones are freed then. Under the lock. */
void cr_hub_release(cr_hub *hub, cruddur_watch *watch);

/* Hands events to a watch that is in work, which is at this place then. Under the lock. */
void cr_hub_deliver(cruddur_watch *watch, cr_event_list *events, const cr_place *at);

/* Tells the owner of a failure; `is_end`: nothing more will come. Takes the error. Under the lock.
 */
void cr_hub_fail(cruddur_watch *watch, cruddur_status status, cruddur_error *error, bool is_end);

/* The presence was read or renewed. Under the lock. */
void cr_hub_note_presence(cr_hub *hub, const cr_presence *presence);

/* Whether no watch of this handle has a future after such a failure. */
bool cr_hub_is_end(cruddur_status status);

/* Begins a call of a thread of the hub. */
cr_call cr_hub_call(const cr_hub *hub, cruddur_error **error);

#endif
