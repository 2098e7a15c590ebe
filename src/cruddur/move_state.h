/* SPDX-License-Identifier: MIT */
/* What a move notes in its two stores, so that it can be continued, and given up. Each has one row
 * (model/store_row.h), with the same id. The target's tells how far the move has come; the source's
 * keeps the changes from being forgotten that are still needed. */
#ifndef CR_CRUDDUR_MOVE_STATE_H
#define CR_CRUDDUR_MOVE_STATE_H

#include "store/store.h"

#define CR_MOVE_ID_SIZE 17
#define CR_MOVE_TEXT_MAX 8192

typedef enum cr_move_role {
    CR_MOVE_NONE,      /* there is no such row */
    CR_MOVE_COPYING,   /* the target's */
    CR_MOVE_FOLLOWING, /* the same, behind the copy */
    CR_MOVE_SOURCE,    /* the source's */
    CR_MOVE_MOVED,     /* the source's, behind a move that has ended */
    CR_MOVE_UNKNOWN,   /* of a later version, or damaged */
} cr_move_role;

typedef struct cr_move_note {
    cr_move_role role;
    char id[CR_MOVE_ID_SIZE]; /* of the move */
    int64_t seq;              /* the last change that was followed */
    int64_t began_us;
    char cursor[CR_MOVE_TEXT_MAX]; /* while it copies; empty: from the start */
} cr_move_note;

/* Makes the note of a new move. False if the system gives no random bytes. */
bool cr_move_note_make(cr_move_note *note);

cruddur_status cr_move_note_read(cr_store *store, cr_move_note *note, cr_call *call);

/* Puts the note at the beginning of the move. */
cruddur_status cr_move_note_put(cr_store *store, const cr_move_note *note, cr_call *call);

/* Replaces the note. CRUDDUR_E_CANCELLED: that of this move is not there any more. */
cruddur_status cr_move_note_write(cr_store *store, const cr_move_note *note, cr_call *call);

cruddur_status cr_move_note_remove(cr_store *store, cr_call *call);

/* Puts the fence, with the name of the table to which the store moves; or finds it there.
 * CRUDDUR_E_CANCELLED: the note of the move with the id (NULL: of none) is not there. */
cruddur_status cr_move_fence_put(cr_store *store, const char *to, const char *id, cr_call *call);

cruddur_status cr_move_fence_read(cr_store *store, bool *is_there, cr_call *call);

cruddur_status cr_move_fence_remove(cr_store *store, cr_call *call);

#endif
