/* SPDX-License-Identifier: MIT */
#include <cruddur/list.h>

#include "model/cursor.h"

uint32_t cruddur_cursor_direction(const char *cursor)
{
    static const uint32_t directions[] = {
        [CR_CURSOR_OLDER] = CRUDDUR_DIRECTION_OLDER,
        [CR_CURSOR_NEWER] = CRUDDUR_DIRECTION_NEWER,
        [CR_CURSOR_SCAN] = CRUDDUR_DIRECTION_NONE,
    };
    cr_cursor_kind kind;
    return cursor != NULL && cr_cursor_peek(cr_str_of(cursor), &kind) ? directions[kind]
                                                                      : CRUDDUR_DIRECTION_NONE;
}
