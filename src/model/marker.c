/* SPDX-License-Identifier: MIT */
#include "model/marker.h"

#include "model/kind.h"
#include "model/time.h"

static cr_str later(cr_str a, cr_str b)
{
    return cr_str_compare(a, b) >= 0 ? a : b;
}

cr_str cr_row_marker(const cr_row *group_row)
{
    cr_str read_sk = group_row->value[CR_READ_SK];
    return read_sk.data != NULL ? read_sk : cr_row_place(group_row);
}

cr_str cr_row_unread_after(const cr_row *group_row)
{
    cr_str marker = cr_row_marker(group_row);
    cr_str visible_sk = group_row->value[CR_VISIBLE_SK];
    return visible_sk.data == NULL ? marker : later(marker, visible_sk);
}

bool cr_row_may_have_unread(const cr_row *group_row)
{
    return cr_str_compare(cr_row_place(group_row), cr_row_unread_after(group_row)) > 0;
}

bool cr_row_is_hidden(const cr_row *group_row)
{
    int64_t time_us;
    cr_str visible_sk = group_row->value[CR_VISIBLE_SK];
    return cr_time_parse(visible_sk, &time_us) &&
           cr_str_compare(cr_row_place(group_row), visible_sk) <= 0;
}

void cr_row_set_marker(cr_row *group_row, cr_str marker)
{
    bool is_at_place = cr_str_equal(marker, cr_row_place(group_row));
    group_row->value[CR_READ_SK] = is_at_place ? CR_STR_ABSENT : marker;
}

void cr_row_carry_marker(const cr_row *before, bool has_written, cr_row *moved)
{
    cr_str marker = cr_row_marker(before);
    bool has_read = has_written || cr_str_compare(marker, cr_row_place(moved)) >= 0;
    moved->value[CR_READ_SK] = has_read ? CR_STR_ABSENT : marker;
}

void cr_row_raise_marker(cr_row *group_row, cr_str message_sk)
{
    if (cr_str_compare(message_sk, cr_row_place(group_row)) > 0) {
        group_row->value[CR_READ_SK] = later(message_sk, cr_row_marker(group_row));
    }
}
