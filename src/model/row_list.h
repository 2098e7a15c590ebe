/* SPDX-License-Identifier: MIT */
/* Lists of rows. */
#ifndef CR_MODEL_ROW_LIST_H
#define CR_MODEL_ROW_LIST_H

#include "model/row.h"

typedef struct cr_rows {
    cr_row *row;
    size_t count;
    size_t capacity;
    cr_arena *arena;
} cr_rows;

/* Adds a copy of the row; false when memory ran out. */
bool cr_rows_add(cr_rows *rows, const cr_row *row);

/* The same, unless a row with its key is there already. */
bool cr_rows_add_once(cr_rows *rows, const cr_row *row);

bool cr_rows_have(const cr_rows *rows, cr_key key);

/* The last of this sort key and those of the rows. */
cr_str cr_rows_last(const cr_rows *rows, cr_str sk);

#endif
