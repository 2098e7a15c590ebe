/* SPDX-License-Identifier: MIT */
#include "world/traces.h"

#include <stdio.h>
#include <stdlib.h>

static void put(traces *all, uint64_t trace)
{
    size_t at = (size_t)trace % all->capacity;
    while (all->slot[at] != 0 && all->slot[at] != trace) {
        at = (at + 1) % all->capacity;
    }
    all->count += all->slot[at] == 0 ? 1 : 0;
    all->slot[at] = trace;
}

static void grow(traces *all)
{
    traces grown = {.capacity = all->capacity == 0 ? 1024 : 2 * all->capacity};
    grown.slot = calloc(grown.capacity, sizeof(*grown.slot));
    if (grown.slot == NULL) {
        perror("counting stories");
        abort();
    }
    for (size_t i = 0; i < all->capacity; i++) {
        if (all->slot[i] != 0) {
            put(&grown, all->slot[i]);
        }
    }
    free(all->slot);
    *all = grown;
}

void traces_add(traces *all, uint64_t trace)
{
    if (2 * (all->count + 1) > all->capacity) {
        grow(all);
    }
    put(all, trace == 0 ? 1 : trace);
}

void traces_free(traces *all)
{
    free(all->slot);
    *all = (traces){.slot = NULL};
}
