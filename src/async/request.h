/* SPDX-License-Identifier: MIT */
/* A request: what its submitter sets, what comes of it, and where the pool has it. */
#ifndef CR_ASYNC_REQUEST_H
#define CR_ASYNC_REQUEST_H

#include <cruddur/submit.h>
#include <stdatomic.h>

#include "base/error.h"

typedef struct cr_request cr_request;

typedef struct cr_request_list {
    cr_request *first;
    cr_request *last;
} cr_request_list;

typedef enum cr_request_state {
    CR_REQUEST_WAITING,
    CR_REQUEST_READY,
    CR_REQUEST_RUNNING,
    CR_REQUEST_DONE,
} cr_request_state;

/* Not in the heap of deadlines. */
#define CR_NO_PLACE SIZE_MAX

struct cr_request {
    /* The submitter's. */
    void (*run)(cr_request *request); /* makes the call; sets status and error */
    cruddur_complete_fn complete;     /* NULL: a receiver fetches the completion */
    void *data;                       /* of the caller */
    uint64_t lane;                    /* requests of one lane run one after the other; 0: none */
    bool may_go_along;                /* the one before it in its lane may do its work */
    int64_t deadline_us;              /* in the queue; INT64_MAX: none */
    bool has_deadline_running;        /* then the pool cancels it while it runs, too */

    /* What comes of it. */
    cruddur_status status;
    cruddur_error *error;
    bool is_in_doubt; /* it was taken along, and what came of that is not known */
    uint64_t id;

    /* The pool's, under its lock. */
    atomic_bool cancel;     /* read by the call without it */
    atomic_bool cancel_all; /* the request was cancelled, and all that it took along */
    bool is_expired;        /* and therefore cancelled */
    bool is_next;           /* it was taken along, and its work is done: it runs at once */
    cr_request_state state;
    size_t place; /* in the heap of deadlines */
    cr_request *next, *prev;
    cr_request *next_of_id;
    cr_request *next_of_lane; /* of those that are the first of their lane */
    cr_request_list behind;   /* of the first of a lane: those that wait */
};

static inline void cr_request_list_push(cr_request_list *list, cr_request *request)
{
    request->next = NULL;
    request->prev = list->last;
    *(list->last == NULL ? &list->first : &list->last->next) = request;
    list->last = request;
}

static inline void cr_request_list_remove(cr_request_list *list, cr_request *request)
{
    *(request->prev == NULL ? &list->first : &request->prev->next) = request->next;
    *(request->next == NULL ? &list->last : &request->next->prev) = request->prev;
    request->next = NULL;
    request->prev = NULL;
}

/* NULL if it is empty. */
static inline cr_request *cr_request_list_pop(cr_request_list *list)
{
    cr_request *first = list->first;
    if (first != NULL) {
        cr_request_list_remove(list, first);
    }
    return first;
}

#endif
