/* SPDX-License-Identifier: MIT */
/* Judges a simulated world at rest by its history and its table, with nothing of the library's
 * rules. */
#ifndef TESTS_WORLD_CHECK_H
#define TESTS_WORLD_CHECK_H

#include "world/stage.h"

/* What may be in the table still. */
typedef enum check_rows {
    CHECK_ROWS_EXACT,  /* each member has one row, at the newest message */
    CHECK_ROWS_NEWEST, /* older rows beside it are left for the next message */
} check_rows;

/* Each message: once, where it was acknowledged, by its author; in order. May be called at any
 * time. */
void check_messages_stored(stage *all);

/* Each row that is at the newest message shows that one's text. Holds before the rows have moved,
 * too, unless another program rewrites them. */
void check_previews(stage *all);

/* The group rows, the cards, the claims, and the rows of other programs. */
void check_table(stage *all, check_rows rows);

#endif
