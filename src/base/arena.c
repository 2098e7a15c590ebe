/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/* Two group rows and a message fit into one block. */
#define BLOCK_SIZE 4096

struct cr_arena_block {
    cr_arena_block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

static cr_arena_block *add_block(cr_arena *arena, size_t size)
{
    size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    if (capacity > SIZE_MAX - sizeof(cr_arena_block)) {
        return NULL;
    }
    cr_arena_block *block = malloc(sizeof(*block) + capacity);
    if (block == NULL) {
        return NULL;
    }
    block->next = arena->blocks;
    block->capacity = capacity;
    block->used = 0;
    arena->blocks = block;
    return block;
}

void *cr_arena_alloc(cr_arena *arena, size_t size)
{
    const size_t alignment = alignof(max_align_t);
    if (size > SIZE_MAX - alignment) {
        return NULL;
    }
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    cr_arena_block *block = arena->blocks;
    if (block == NULL || block->capacity - block->used < rounded) {
        block = add_block(arena, rounded);
        if (block == NULL) {
            return NULL;
        }
    }
    void *memory = block->bytes + block->used;
    block->used += rounded;
    return memory;
}

cr_str cr_arena_copy(cr_arena *arena, cr_str text)
{
    char *copy = cr_arena_alloc(arena, text.size + 1);
    if (copy == NULL) {
        return CR_STR_ABSENT;
    }
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
    return (cr_str){copy, text.size};
}

void cr_arena_reset(cr_arena *arena)
{
    cr_arena_block *kept = arena->blocks;
    if (kept == NULL) {
        return;
    }
    cr_arena rest = {kept->next};
    kept->next = NULL;
    kept->used = 0;
    cr_arena_free(&rest);
}

void cr_arena_free(cr_arena *arena)
{
    while (arena->blocks != NULL) {
        cr_arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
