/* SPDX-License-Identifier: MIT */
#include "model/row.h"

static const char *const names[CR_ATTRIBUTE_COUNT] = {
#define NAME_ROW(NAME, name) [CR_##NAME] = (name),
    CR_ATTRIBUTE_MAP(NAME_ROW)
#undef NAME_ROW
};

const char *cr_attribute_name(cr_attribute attribute)
{
    return attribute < CR_ATTRIBUTE_COUNT ? names[attribute] : NULL;
}

bool cr_row_copy(cr_arena *arena, const cr_row *row, cr_row *copy)
{
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        cr_str value = row->value[i];
        copy->value[i] = value.data == NULL ? value : cr_arena_copy(arena, value);
        if (value.data != NULL && copy->value[i].data == NULL) {
            return false;
        }
    }
    return true;
}
