/* SPDX-License-Identifier: MIT */
#include "model/row_list.h"

#include "base/array.h"

/* The group rows of a small group. */
#define FIRST_ROWS 8

bool cr_rows_add(cr_rows *rows, const cr_row *row)
{
    cr_row *grown = cr_array_grow_in(rows->arena, rows->row, rows->count, &rows->capacity,
                                     FIRST_ROWS, sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    rows->row = grown;
    return cr_row_copy(rows->arena, row, &rows->row[rows->count++]);
}

bool cr_rows_have(const cr_rows *rows, cr_key key)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (cr_str_equal(rows->row[i].value[CR_PK], key.pk) &&
            cr_str_equal(rows->row[i].value[CR_SK], key.sk)) {
            return true;
        }
    }
    return false;
}

bool cr_rows_add_once(cr_rows *rows, const cr_row *row)
{
    return cr_rows_have(rows, cr_row_key(row)) || cr_rows_add(rows, row);
}

cr_str cr_rows_last(const cr_rows *rows, cr_str sk)
{
    for (size_t i = 0; i < rows->count; i++) {
        cr_str other = rows->row[i].value[CR_SK];
        sk = cr_str_compare(other, sk) > 0 ? other : sk;
    }
    return sk;
}
