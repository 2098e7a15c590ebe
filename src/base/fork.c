/* SPDX-License-Identifier: MIT */
#include "base/fork.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
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

#if defined(MADV_WIPEONFORK)

/* Memory that the system empties in every child: while there is something in it, the generation
 * needs no system call to be known. NULL where the system has none. */
static _Atomic(_Atomic uint32_t *) mark;

static void make_mark(void)
{
    _Atomic uint32_t *none = NULL;
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return;
    }
    if (madvise(page, size, MADV_WIPEONFORK) != 0 ||
        !atomic_compare_exchange_strong(&mark, &none, page)) {
        (void)munmap(page, size); /* or another thread was quicker */
    }
}

static bool has_mark(void)
{
    _Atomic uint32_t *made = atomic_load(&mark);
    return made != NULL && atomic_load(made) != 0;
}

static void set_mark(void)
{
    if (atomic_load(&mark) == NULL) {
        make_mark();
    }
    _Atomic uint32_t *made = atomic_load(&mark);
    if (made != NULL) {
        atomic_store(made, 1);
    }
}

#else

static bool has_mark(void)
{
    return false;
}

static void set_mark(void)
{
}

#endif

/* The handler does not run in children of _Fork() and clone(), nor where there was no memory to
 * register it; the process id tells these. It alone would not do, as ids are used again. */
static uint32_t find_generation(void)
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

uint32_t cr_fork_generation(void)
{
    if (has_mark()) {
        return (uint32_t)upper_of(atomic_load(&current));
    }
    uint32_t generation = find_generation();
    set_mark();
    return generation;
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
