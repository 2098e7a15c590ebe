/* SPDX-License-Identifier: MIT */
#include "model/row.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/random.h"

#define VERSION_SIZE 17 /* 16 hex digits and a NUL */

const cr_str cr_attribute_names[CR_ATTRIBUTE_COUNT] = {
#define NAME_ROW(NAME, name, type) [CR_##NAME] = {name, sizeof(name) - 1},
    CR_ATTRIBUTE_MAP(NAME_ROW)
#undef NAME_ROW
};

static const cr_type types[CR_ATTRIBUTE_COUNT] = {
#define TYPE_ROW(NAME, name, type) [CR_##NAME] = CR_TYPE_##type,
    CR_ATTRIBUTE_MAP(TYPE_ROW)
#undef TYPE_ROW
};

cr_type cr_attribute_type(cr_attribute attribute)
{
    return types[attribute];
}

static size_t size_of_values(const cr_row *row)
{
    size_t size = 0;
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        size += row->value[i].data == NULL ? 0 : row->value[i].size + 1;
    }
    return size;
}

bool cr_row_copy(cr_arena *arena, const cr_row *row, cr_row *copy)
{
    char *room = cr_arena_alloc(arena, size_of_values(row));
    if (room == NULL) {
        return false;
    }
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        cr_str value = row->value[i];
        if (value.data != NULL) {
            memcpy(room, value.data, value.size);
            room[value.size] = '\0';
            value.data = room;
            room += value.size + 1;
        }
        copy->value[i] = value;
    }
    return true;
}

/* Without random bytes a clock will do: a version is not secret. */
cr_str cr_row_fresh_version(cr_arena *arena)
{
    char text[VERSION_SIZE];
    uint64_t value;
    if (!cr_random_bytes(&value, sizeof(value))) {
        value = (uint64_t)cr_clock_monotonic_us() * UINT64_C(0x9e3779b97f4a7c15);
    }
    (void)snprintf(text, sizeof(text), "%016" PRIx64, value);
    return cr_arena_copy(arena, cr_str_of(text));
}
