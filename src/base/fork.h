/* SPDX-License-Identifier: MIT */
/* Recognises a child made by fork(): it has a copy of the parent's memory, and so of locks that
 * threads of the parent held at that moment and that no thread of the child will ever release.
 * Nothing here takes a lock. */
#ifndef CR_BASE_FORK_H
#define CR_BASE_FORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A number that stays the same as long as the process lives, and differs from those of all
 * processes that it is a copy of. */
uint32_t cr_fork_generation(void);

/* Guards what a child of a fork must not use if the parent was using it at that moment; zero to
 * begin with. */
typedef struct cr_fork_guard {
    _Atomic uint64_t word; /* the number of uses, and in the lower half the generation that uses it
                            */
} cr_fork_guard;

/* Begins a use. Returns false, and begins none, if a process that this one is a fork of had not
 * ended one at that moment: then nobody ever will, and it stays like this. */
bool cr_fork_guard_enter(cr_fork_guard *guard);

void cr_fork_guard_leave(cr_fork_guard *guard);

#endif
