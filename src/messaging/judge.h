/* SPDX-License-Identifier: MIT */
/* What in a group that was read breaks the invariants. It reads nothing itself. */
#ifndef CR_MESSAGING_JUDGE_H
#define CR_MESSAGING_JUDGE_H

#include "messaging/inspect.h"

/* A group as a look at it has found it. */
typedef struct cr_group_state {
    const cr_uuid *uuid;
    unsigned traits; /* of the store */
    int64_t now_us;
    cr_read_card card;
    bool is_card_damaged;
    cr_rows rows;       /* all its group rows */
    cr_members members; /* by the card, else by the rows; fewer than two: they are not known */
    cr_row head;        /* the newest message; absent throughout: there is none */
    bool is_head_gone;  /* it has expired, and its row has gone */
} cr_group_state;

/* Adds what is wrong to the findings. */
void cr_judge(const cr_group_state *group, cr_inspection *inspection);

#endif
