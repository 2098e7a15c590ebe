/* SPDX-License-Identifier: MIT */
/* The reactions to a message: one line for each, `<character> <user uuid>`, in the order of the
 * bytes, with U+000A between. So those of one kind are together. Lines that are not like this are
 * another program's: they are passed over, and stay. */
#ifndef CR_MODEL_REACTIONS_H
#define CR_MODEL_REACTIONS_H

#include <cruddur/msg_change.h>

#include "base/arena.h"
#include "model/uuid.h"

typedef struct cr_reaction {
    cr_str text; /* the character */
    cr_str user; /* a uuid */
} cr_reaction;

typedef enum cr_reaction_fault {
    CR_REACTION_GOOD,
    CR_REACTION_NOT_UTF8,
    CR_REACTION_NONE,      /* an empty text */
    CR_REACTION_MANY,      /* more than one character */
    CR_REACTION_INVISIBLE, /* or a control character */
    CR_REACTION_TOO_LONG,
} cr_reaction_fault;

/* Whether a text is one visible character, as people see characters: an extended grapheme cluster
 * (Unicode Standard Annex #29). */
cr_reaction_fault cr_reaction_check(cr_str text);

/* Takes the next reaction from the rest of the attribute; false at the end. */
bool cr_reactions_next(cr_str *rest, cr_reaction *reaction);

typedef enum cr_reactions_change {
    CR_REACTIONS_CHANGED,
    CR_REACTIONS_SAME,
    CR_REACTIONS_TOO_MANY, /* kinds */
    CR_REACTIONS_NO_MEMORY,
} cr_reactions_change;

/* Adds a reaction, or removes it. *result lies in the arena; absent where none is left. It is set
 * on CR_REACTIONS_CHANGED only. */
cr_reactions_change cr_reactions_set(cr_str reactions, const cr_reaction *reaction, bool is_added,
                                     cr_arena *arena, cr_str *result);

#endif
