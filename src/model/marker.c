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
    cr_row_set_marker(moved, has_written ? later(marker, cr_row_place(moved)) : marker);
}

void cr_row_limit_marker(cr_row *group_row)
{
    if (cr_str_compare(cr_row_marker(group_row), cr_row_place(group_row)) > 0) {
        group_row->value[CR_READ_SK] = CR_STR_ABSENT;
    }
}

void cr_row_raise_marker(cr_row *group_row, cr_str message_sk)
{
    if (cr_str_compare(message_sk, cr_row_place(group_row)) > 0) {
        group_row->value[CR_READ_SK] = later(message_sk, cr_row_marker(group_row));
    }
}

/* ---- what they can be ---- */

static bool is_key_up_to(cr_str text, cr_str last_sk)
{
    int64_t time_us;
    return cr_time_parse(text, &time_us) && cr_str_compare(text, last_sk) <= 0;
}

bool cr_row_marker_is_possible(const cr_row *group_row, cr_str head_sk)
{
    cr_str read_sk = group_row->value[CR_READ_SK];
    cr_str place = cr_row_place(group_row);
    if (read_sk.data == NULL || cr_str_equal(read_sk, cr_str_of(CR_READ_NOTHING))) {
        return true;
    }
    if (cr_str_compare(place, head_sk) < 0) {
        return is_key_up_to(read_sk, head_sk);
    }
    return is_key_up_to(read_sk, place) && !cr_str_equal(read_sk, place);
}

bool cr_row_history_is_possible(const cr_row *group_row, cr_str head_sk)
{
    cr_str visible_sk = group_row->value[CR_VISIBLE_SK];
    if (visible_sk.data == NULL) {
        return true;
    }
    if (visible_sk.size > 0 && visible_sk.data[visible_sk.size - 1] == CR_BEHIND_MESSAGE[0]) {
        visible_sk.size--;
    }
    return is_key_up_to(visible_sk, later(head_sk, cr_row_place(group_row)));
}
