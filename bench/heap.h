/* SPDX-License-Identifier: MIT */
/* Counts what the library takes from the heap. One thread at a time. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include <stddef.h>

typedef struct heap_use {
    size_t held;        /* bytes that are still there */
    size_t peak;        /* the most bytes at any moment */
    size_t allocations; /* calls that asked for memory */
} heap_use;

void heap_start(void);
heap_use heap_stop(void);

#endif
