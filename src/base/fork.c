/* SPDX-License-Identifier: MIT */
#include "base/fork.h"

#include <pthread.h>
#include <unistd.h>

/* Two numbers in one word, so that threads that meet here agree on both. */
static uint64_t make_word(uint64_t upper, uint32_t lower)
{
    return upper << 32 | lower;
}

static uint64_t upper_of(uint64_t word)
{
    return word >> 32;
}

/* The generation, and the process that has it. */
static _Atomic uint64_t current;

static void begin_generation(void)
{
    uint64_t generation = upper_of(atomic_load(&current)) + 1;
    atomic_store(&current, make_word(generation, (uint32_t)getpid()));
}

/* Two threads may both register it: then a fork counts twice, which does no harm. */
static void watch_forks(void)
{
    static _Atomic bool is_watching;
    if (!atomic_load(&is_watching) && pthread_atfork(NULL, NULL, begin_generation) == 0) {
        atomic_store(&is_watching, true);
    }
}

/* The handler does not run in children of _Fork() and clone(), nor where there was no memory to
 * register it; the process id tells these. It alone would not do, as ids are used again. */
uint32_t cr_fork_generation(void)
{
    uint32_t process = (uint32_t)getpid();
    watch_forks();
    uint64_t word = atomic_load(&current);
    while ((uint32_t)word != process) {
        uint64_t next = make_word(upper_of(word) + 1, process);
        if (atomic_compare_exchange_weak(&current, &word, next)) {
            word = next;
        }
    }
    return (uint32_t)upper_of(word);
}

bool cr_fork_guard_enter(cr_fork_guard *guard)
{
    uint32_t generation = cr_fork_generation();
    uint64_t word = atomic_load(&guard->word);
    do {
        if (upper_of(word) > 0 && (uint32_t)word != generation) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&guard->word, &word,
                                           make_word(upper_of(word) + 1, generation)));
    return true;
}

void cr_fork_guard_leave(cr_fork_guard *guard)
{
    (void)atomic_fetch_sub(&guard->word, make_word(1, 0));
}
