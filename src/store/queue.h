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
 * A thread whose turn it is may take along those behind it (cr_queue_take_along()): what each has
 * to do, its errand, is done by the one for all. They wait for nothing else meanwhile, not even for
 * their deadline: the one that takes them along ends before that.
 *
 * With the turn goes what the one before has left of its group (cr_queue_keep()): it lasts for one
 * turn, and for a few hundred groups.
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
#include "store/kept_group.h"

/* Many times what a request takes, and less than half of the default deadline. */
#define CR_QUEUE_OVERDUE_US INT64_C(3000000)

/* The queues of a handle, one for each subject. */
typedef struct cr_queues cr_queues;

typedef enum cr_ticket_state {
    CR_TICKET_ITS_OWN, /* waits for its turn, or has it */
    CR_TICKET_ALONG,   /* was taken along */
    CR_TICKET_DONE,    /* its errand was done */
} cr_ticket_state;

/* A thread's place in a queue; owned by that thread, and must not move while it is in the queue. */
typedef struct cr_ticket {
    struct cr_ticket *next;
    cr_queues *queues;
    cr_str subject;
    void *errand; /* what may be done by another; NULL: nothing */
    int64_t deadline_us;
    cr_ticket_state state;
    cr_kept_group *kept; /* what the change before this one left; NULL: nothing */
    cr_kept_group *left; /* what this one leaves */
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

/* The same with an errand, which is borrowed as long. *is_done: another thread has done it; then
 * the ticket is in no queue. A call that may be cancelled waits for its own turn. */
cruddur_status cr_queue_enter_with(cr_queues *queues, cr_str subject, void *errand, cr_call *call,
                                   cr_ticket *ticket, bool *is_done);

/* Calls whose deadline is before this have too little time to go along with the call. */
int64_t cr_queue_least_us(const cr_call *call);

/* Takes along those who wait behind the call with errands of theirs, in their order, up to `max` of
 * them: if they have about as much time as the call, and if `accept` takes the errand. Lowers
 * *deadline_us to the earliest of their deadlines, by which the call must be over. Returns how
 * many: each must be set down again. */
size_t cr_queue_take_along(const cr_call *call, bool (*accept)(void *context, void *errand),
                           void *context, cr_ticket **taken, size_t max, int64_t *deadline_us);

/* Ends the wait of a thread whose errand was done; or sends it back to its place, where it has its
 * turn, or is taken along again. */
void cr_queue_set_down(cr_ticket *taken, bool is_done);

/* Leaves this to the next change of the group; without it, there is nothing. Takes it over, also
 * where the call is in no queue; NULL: nothing. */
void cr_queue_keep(const cr_call *call, cr_kept_group *left);

/* The sort key of the row that the latest change has left in this partition, for a call that is in
 * no queue. False: nothing is known, as where a change of the group is under way. `queues` may be
 * NULL.
 */
bool cr_queue_find_kept(cr_queues *queues, cr_str subject, cr_str pk, cr_kept_key *sk);

/* Forgets what the change before has left: the group is another by now. */
void cr_queue_forget(const cr_call *call);

/* Notes that the call gets further. */
void cr_queue_progress(const cr_call *call);

/* Tells the queue that a change of another handle or process came in between, in a run of `run_us`.
 * Returns how long to pause before the next run. */
int64_t cr_queue_conflict_us(cr_ticket *ticket, int64_t run_us, int64_t deadline_us);

/* Lets the next thread begin, and hands out the log lines. Does nothing if the call is not in a
 * queue. */
void cr_queue_leave(cr_call *call);

#endif
