/* SPDX-License-Identifier: MIT */
/* A group as this handle has left it: what the next change of it may go by, as a guess that its
 * conditions judge. */
#ifndef CR_STORE_KEPT_GROUP_H
#define CR_STORE_KEPT_GROUP_H

#include "model/row_list.h"

typedef struct cr_kept_group {
    cr_arena arena;
    cr_row card;
    cr_rows rows; /* of all members, at one message */
    bool is_sure; /* the change before that was this handle's as well. Of two handles that take
                     turns, neither guesses */
} cr_kept_group;

/* Copies the card and the rows. NULL where they are too large to be kept, or memory ran out: then
 * the next change reads. */
cr_kept_group *cr_kept_group_make(const cr_row *card, const cr_row *rows, size_t count);

/* NULL is ignored. */
void cr_kept_group_free(cr_kept_group *kept);

#endif
