/* SPDX-License-Identifier: MIT */
/* Allocations that fail when told to: the library's own, and SQLite's.
 *
 * The library's are caught by the linker (--wrap), so the test's own count as well; nothing of the
 * test allocates while faults are armed. */
#ifndef TESTS_SQLITE_FAULT_MEMORY_H
#define TESTS_SQLITE_FAULT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Whose allocations; several may be put together. */
enum {
    OF_LIBRARY = 0x1u,
    OF_SQLITE = 0x2u,
};

#define FROM_THEN_ON 0xffffffffu

/* Before anything of SQLite is used. */
void fault_memory_install(void);

/* Of the allocations of `whose` from now on, the nth (from 1) fails, and with it the next ones,
 * `count` altogether. */
void fault_memory_arm(unsigned whose, unsigned nth, unsigned count);

/* Nothing fails any more; tells how many allocations failed. */
unsigned fault_memory_disarm(void);

/* How many allocations of these are not freed yet. */
long fault_memory_outstanding(unsigned whose);

#endif
