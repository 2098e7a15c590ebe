/* SPDX-License-Identifier: MIT */
#include "heap.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>

/* The linker leads every call of malloc() and its kin here (--wrap, meson.build). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static bool is_counting;
static heap_use use;

void heap_start(void)
{
    use = (heap_use){0};
    is_counting = true;
}

heap_use heap_stop(void)
{
    is_counting = false;
    return use;
}

static void *count_new(void *memory)
{
    if (is_counting) {
        use.allocations++;
        use.held += malloc_usable_size(memory);
        use.peak = use.held > use.peak ? use.held : use.peak;
    }
    return memory;
}

static void count_gone(size_t size)
{
    if (is_counting) {
        use.held -= size;
    }
}

void *__wrap_malloc(size_t size)
{
    return count_new(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return count_new(__real_calloc(count, size));
}

/* What moves is there twice for a moment: the peak counts both. */
void *__wrap_realloc(void *memory, size_t size)
{
    size_t old_size = is_counting ? malloc_usable_size(memory) : 0;
    void *resized = __real_realloc(memory, size);
    if (resized == memory) {
        count_gone(old_size);
        return count_new(resized);
    }
    (void)count_new(resized);
    count_gone(old_size);
    return resized;
}

void __wrap_free(void *memory)
{
    count_gone(is_counting ? malloc_usable_size(memory) : 0);
    __real_free(memory);
}
