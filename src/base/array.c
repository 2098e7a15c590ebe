/* SPDX-License-Identifier: MIT */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

size_t cr_array_capacity(size_t capacity, size_t needed, size_t first, size_t max)
{
    if (needed > max) {
        return 0;
    }
    capacity = capacity > 0 ? capacity : first;
    while (capacity < needed) {
        capacity = capacity > max / 2 ? max : capacity * 2;
    }
    return capacity < max ? capacity : max;
}

void *cr_array_grow(void *array, size_t count, size_t *capacity, size_t first, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    size_t larger = cr_array_capacity(*capacity, count + 1, first, SIZE_MAX / size);
    void *grown = larger == 0 ? NULL : realloc(array, larger * size);
    *capacity = grown == NULL ? *capacity : larger;
    return grown;
}

void *cr_array_grow_in(cr_arena *arena, void *array, size_t count, size_t *capacity, size_t first,
                       size_t size)
{
    if (count < *capacity) {
        return array;
    }
    size_t larger = cr_array_capacity(*capacity, count + 1, first, SIZE_MAX / size);
    void *grown = larger == 0 ? NULL : cr_arena_alloc(arena, larger * size);
    if (grown == NULL) {
        return NULL;
    }
    if (count > 0) {
        memcpy(grown, array, count * size);
    }
    *capacity = larger;
    return grown;
}
