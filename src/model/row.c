/* SPDX-License-Identifier: MIT */
#include "model/row.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/random.h"

#define VERSION_SIZE 17 /* 16 hex digits and a NUL */

static const char *const names[CR_ATTRIBUTE_COUNT] = {
#define NAME_ROW(NAME, name, type) [CR_##NAME] = (name),
    CR_ATTRIBUTE_MAP(NAME_ROW)
#undef NAME_ROW
};

static const cr_type types[CR_ATTRIBUTE_COUNT] = {
#define TYPE_ROW(NAME, name, type) [CR_##NAME] = CR_TYPE_##type,
    CR_ATTRIBUTE_MAP(TYPE_ROW)
#undef TYPE_ROW
};

const char *cr_attribute_name(cr_attribute attribute)
{
    return attribute < CR_ATTRIBUTE_COUNT ? names[attribute] : NULL;
}

cr_type cr_attribute_type(cr_attribute attribute)
{
    return types[attribute];
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
