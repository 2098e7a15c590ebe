/* SPDX-License-Identifier: MIT */
/* Memory that is given back all at once. */
#ifndef CR_BASE_ARENA_H
#define CR_BASE_ARENA_H

#include "base/str.h"

typedef struct cr_arena_block cr_arena_block;

typedef struct cr_arena {
    cr_arena_block *blocks;
} cr_arena;

#define CR_ARENA_INIT                                                                              \
    {                                                                                              \
        NULL                                                                                       \
    }

/* Aligned for any type; NULL when memory runs out. */
void *cr_arena_alloc(cr_arena *arena, size_t size);

/* A NUL-terminated copy; absent when memory runs out. */
cr_str cr_arena_copy(cr_arena *arena, cr_str text);

/* Gives everything back but one block, so that the next round needs no allocation. */
void cr_arena_reset(cr_arena *arena);

void cr_arena_free(cr_arena *arena);

#endif
