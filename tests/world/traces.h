/* SPDX-License-Identifier: MIT */
/* Counts how many different stories there were, by their traces. */
#ifndef TESTS_WORLD_TRACES_H
#define TESTS_WORLD_TRACES_H

#include <stddef.h>
#include <stdint.h>

typedef struct traces {
    uint64_t *slot; /* 0: free */
    size_t capacity;
    size_t count;
} traces;

/* Aborts where memory ends. */
void traces_add(traces *all, uint64_t trace);

void traces_free(traces *all);

#endif
