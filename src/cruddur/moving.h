/* SPDX-License-Identifier: MIT */
/* A move between two stores.
 *
 *   move.c          the call, and the order of its phases
 *   move_begin.c    which moves are refused; beginning, continuing, giving up
 *   move_follow.c   what has changed since: from a sequence, from a stream
 *   move_marks.c    whether a stream has shown all that was written before the fence
 *   move_state.c    what the stores note of it
 */
#ifndef CR_CRUDDUR_MOVING_H
#define CR_CRUDDUR_MOVING_H

#include "cruddur/move_state.h"
#include "cruddur/parts.h"
#include "store/mirror.h"

typedef struct cr_moving {
    cr_store *from;
    cr_store *to;
    const cruddur_move_options *options;
    cr_parts parts; /* of the source; each step has a call of it */
    cr_mirror mirror;
    cr_move_note note; /* the target's */
    cruddur_move_event event;
    int64_t fenced_at_us; /* 0: it is not */
    bool is_stopped;      /* by the observer */
    cr_arena arena;       /* of the step */
    cr_row *rows;         /* of a part of the copy */
    size_t row_count;
} cr_moving;

/* A step: a call of its own, with the deadline of a part. */
typedef cruddur_status (*cr_moving_step)(cr_moving *moving, cr_call *call);

cruddur_status cr_moving_do(cr_moving *moving, cr_moving_step step);

/* Counts what was mirrored, and tells the observer. */
void cr_moving_tell(cr_moving *moving, cruddur_move_phase phase, const cr_mirrored *done);

/* ---- move_begin.c ---- */

/* Refuses what cannot be moved; begins a move, or finds the one that was begun. */
cruddur_status cr_moving_begin(cr_moving *moving);

/* Refuses a source that cannot be moved; writes nothing. The target may be NULL. */
cruddur_status cr_moving_check(cr_moving *moving);

/* Gives a move up. */
cruddur_status cr_moving_cancel(cr_moving *moving);

/* ---- move_follow.c ---- */

/* For a source that is not the one with which the move began: CRUDDUR_E_STORE_REPLACED. */
cruddur_status cr_moving_fail_replaced(const cr_call *call);

/* Mirrors what has changed since the note, up to the moment of the call: behind the fence that is
 * all of it. */
cruddur_status cr_moving_follow(cr_moving *moving);

/* ---- move_marks.c ---- */

/* Puts and removes rows about the store in the source, behind the fence, unless that is not due
 * yet; sets when it is due again. Write statuses. */
cruddur_status cr_moving_mark(cr_moving *moving, int64_t *due_us);

#endif
