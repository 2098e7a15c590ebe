/* SPDX-License-Identifier: MIT */
/* Arrays that grow one element at a time. The capacity doubles, so that few elements are moved. */
#ifndef CR_BASE_ARRAY_H
#define CR_BASE_ARRAY_H

#include "base/arena.h"

/* A capacity of at least `needed`: `first` or the old one, doubled as often as necessary, but never
 * more than `max`. 0 if `needed` is more. */
size_t cr_array_capacity(size_t capacity, size_t needed, size_t first, size_t max);

/* Returns the array, moved if necessary, with room for one element after the first `count`; the
 * caller keeps the pointer. NULL if memory ran out: then nothing has changed. An array that is NULL
 * begins with a capacity of 0, and gets one of `first`. `size` is the size of an element. */
void *cr_array_grow(void *array, size_t count, size_t *capacity, size_t first, size_t size);

/* The same for an array in an arena, which keeps the memory of the smaller ones. */
void *cr_array_grow_in(cr_arena *arena, void *array, size_t count, size_t *capacity, size_t first,
                       size_t size);

#endif
