/* SPDX-License-Identifier: MIT */
/* A group as this handle has left it: what the next change of it may go by, as a guess that its
 * conditions judge. */
#ifndef CR_STORE_KEPT_GROUP_H
#define CR_STORE_KEPT_GROUP_H

#include "model/row_list.h"
#include "model/time.h"

/* What there is of a group. */
typedef struct cr_group_content {
    const cr_row *card;
    const cr_row *rows; /* of all members, at one message */
    size_t row_count;
    const cr_row *message; /* the one at which they are */
    const cr_row *counter; /* of changes, absent throughout where there is none; NULL: not known */
} cr_group_content;

typedef struct cr_kept_group {
    cr_arena arena;
    cr_row card;
    cr_rows rows;
    cr_row message;
    cr_row counter;
    bool knows_counter;
    bool is_sure; /* this handle found the group as it had left it. Of two handles that take turns,
                     neither guesses */
} cr_kept_group;

/* Copies all of it. NULL where it is too large to be kept, or memory ran out: then the next change
 * reads. */
cr_kept_group *cr_kept_group_make(const cr_group_content *content);

/* Finds the sort key of the group row in this partition. */
bool cr_kept_group_find(const cr_kept_group *kept, cr_str pk, cr_kept_key *sk);

/* NULL is ignored. */
void cr_kept_group_free(cr_kept_group *kept);

#endif
