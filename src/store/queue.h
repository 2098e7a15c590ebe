/* SPDX-License-Identifier: MIT */
/* Queues in which the threads of one handle wait to change the same thing, first come, first
 * served.
 *
 * Where changes are guarded by conditions alone, threads that change the same group at the same
 * time make each other's conditions fail, and all but one have to start again. In a queue each
 * starts when the one before it has finished. Other handles and other processes still meet in the
 * conditions: queues save requests, and correctness does not depend on them.
 *
 * So a change that gets no further, for example on a connection that hangs, does not block the
 * others for as long: after CR_QUEUE_OVERDUE_US the next one starts without waiting for its end.
 *
 * A handle cannot queue behind other handles and processes. Where it has met them it pauses for a
 * random part of a window: after a conflict, and before the next change of the same group, so that
 * whoever has just succeeded does not do so again before the others had a chance. The window is 16
 * times what a run takes; it shrinks with each conflict of a change, so that older changes come
 * first, and with the number of threads that wait. A conflict after a time without any is retried
 * at once. */
#ifndef CR_STORE_QUEUE_H
#define CR_STORE_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/call.h"
#include "base/str.h"

/* Many times what a request takes, and less than half of the default deadline. */
#define CR_QUEUE_OVERDUE_US INT64_C(3000000)

/* The queues of a handle, one for each subject. */
typedef struct cr_queues cr_queues;

/* A thread's place in a queue; owned by that thread, and must not move while it is in the queue. */
typedef struct cr_ticket {
    struct cr_ticket *next;
    cr_queues *queues;
    cr_str subject;
    pthread_cond_t moved_up;
    _Atomic int64_t active_us; /* when it began, or last got further; 0: waiting */
    bool is_contended;
    unsigned conflicts;
    cr_kept_log
        log; /* while others wait for their turn the caller's hook is not to take its time */
} cr_ticket;

/* Returns NULL if the system is out of memory or mutexes. */
cr_queues *cr_queues_new(void);

/* All tickets have left. NULL is ignored. */
void cr_queues_free(cr_queues *queues);

/* Waits until the threads that came earlier have finished changing the subject, and notes the
 * ticket in the call, whose log lines are kept until it leaves. The subject is borrowed as long. If
 * `queues` is NULL, returns at once: the engine orders changes itself. CRUDDUR_E_TIMEOUT if the
 * deadline passes first, CRUDDUR_E_CANCELLED if the call is cancelled; then it is in no queue. */
cruddur_status cr_queue_enter(cr_queues *queues, cr_str subject, cr_call *call, cr_ticket *ticket);

/* Notes that the call gets further. */
void cr_queue_progress(const cr_call *call);

/* Tells the queue that a change of another handle or process came in between, in a run of `run_us`.
 * Returns how long to pause before the next run. */
int64_t cr_queue_conflict_us(cr_ticket *ticket, int64_t run_us, int64_t deadline_us);

/* Lets the next thread begin, and hands out the log lines. Does nothing if the call is not in a
 * queue. */
void cr_queue_leave(cr_call *call);

#endif
