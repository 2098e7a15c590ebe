/* SPDX-License-Identifier: MIT */
#include "sqlite/fault_memory.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>

/* What the linker makes of malloc() and the others; it wants these names. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);
EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
/* NOLINTEND(bugprone-reserved-identifier) */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned armed; /* whose */
static unsigned nth;
static unsigned length;
static unsigned seen;
static unsigned failed;

void fault_memory_arm(unsigned whose, unsigned first, unsigned count)
{
    (void)pthread_mutex_lock(&lock);
    armed = whose;
    nth = first;
    length = count;
    seen = failed = 0;
    (void)pthread_mutex_unlock(&lock);
}

unsigned fault_memory_disarm(void)
{
    (void)pthread_mutex_lock(&lock);
    armed = 0;
    unsigned hits = failed;
    (void)pthread_mutex_unlock(&lock);
    return hits;
}

static bool must_fail_now(unsigned whose)
{
    (void)pthread_mutex_lock(&lock);
    bool fails = false;
    if ((armed & whose) != 0) {
        seen++;
        fails = seen >= nth && seen - nth < length;
        failed += fails ? 1 : 0;
    }
    (void)pthread_mutex_unlock(&lock);
    return fails;
}

/* ---- the library's ---- */

/* What is allocated: a hash table, as free() also gets what was allocated elsewhere. */
#define PLACES 65536
#define REMOVED ((void *)(uintptr_t)1)

static void *places[PLACES];
static long library_count;

/* Where the memory is entered, or else could be. */
static size_t find_place(const void *memory, bool is_new)
{
    size_t at = (uintptr_t)memory / 16 % PLACES;
    while (places[at] != NULL && places[at] != memory && !(is_new && places[at] == REMOVED)) {
        at = (at + 1) % PLACES;
    }
    return at;
}

static void *enter(void *memory)
{
    if (memory != NULL) {
        (void)pthread_mutex_lock(&lock);
        places[find_place(memory, true)] = memory;
        library_count++;
        (void)pthread_mutex_unlock(&lock);
    }
    return memory;
}

static void strike_out(const void *memory)
{
    (void)pthread_mutex_lock(&lock);
    size_t at = find_place(memory, false);
    if (memory != NULL && places[at] == memory) {
        places[at] = REMOVED;
        library_count--;
    }
    (void)pthread_mutex_unlock(&lock);
}

/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__wrap_malloc(size_t size)
{
    return must_fail_now(OF_LIBRARY) ? NULL : enter(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return must_fail_now(OF_LIBRARY) ? NULL : enter(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (must_fail_now(OF_LIBRARY)) {
        return NULL;
    }
    strike_out(memory);
    return enter(__real_realloc(memory, size));
}

void __wrap_free(void *memory)
{
    strike_out(memory);
    __real_free(memory);
}

/* OpenSSL's memory counts as the library's. */
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void)
{
    return must_fail_now(OF_LIBRARY) ? NULL : __real_EVP_MD_CTX_new();
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- SQLite's ---- */

static sqlite3_mem_methods real;
static long sqlite_count;

static void count_sqlite(long more)
{
    (void)pthread_mutex_lock(&lock);
    sqlite_count += more;
    (void)pthread_mutex_unlock(&lock);
}

static void *sqlite_malloc(int size)
{
    void *memory = must_fail_now(OF_SQLITE) ? NULL : real.xMalloc(size);
    count_sqlite(memory == NULL ? 0 : 1);
    return memory;
}

static void *sqlite_realloc(void *memory, int size)
{
    return must_fail_now(OF_SQLITE) ? NULL : real.xRealloc(memory, size);
}

static void sqlite_free(void *memory)
{
    count_sqlite(memory == NULL ? 0 : -1);
    real.xFree(memory);
}

void fault_memory_install(void)
{
    cr_assert_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
    sqlite3_mem_methods ours = real;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    ours.xFree = sqlite_free;
    cr_assert_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours), SQLITE_OK);
}

long fault_memory_outstanding(unsigned whose)
{
    (void)pthread_mutex_lock(&lock);
    long count = ((whose & OF_LIBRARY) != 0 ? library_count : 0) +
                 ((whose & OF_SQLITE) != 0 ? sqlite_count : 0);
    (void)pthread_mutex_unlock(&lock);
    return count;
}
