/* SPDX-License-Identifier: MIT */
#include "slow_disk.h"

#include <sqlite3.h>
#include <stddef.h>
#include <time.h>

#include "measure.h"

#define KINDS_MAX 4
#define NS_PER_US 1000

/* SQLite's own system interface, and ours: the same but for the method that syncs. */
static sqlite3_vfs *real;
static sqlite3_vfs slow;
static struct timespec longer;

/* Files of different kinds (the store, its log) have different methods. */
typedef struct slow_methods {
    sqlite3_io_methods methods; /* first: SQLite knows the file by them */
    const sqlite3_io_methods *real;
} slow_methods;
static slow_methods kinds[KINDS_MAX];

static int sync_slowly(sqlite3_file *file, int flags)
{
    const slow_methods *kind = (const slow_methods *)(const void *)file->pMethods;
    (void)nanosleep(&longer, NULL);
    return kind->real->xSync(file, flags);
}

static const sqlite3_io_methods *slow_methods_of(const sqlite3_io_methods *methods)
{
    size_t i = 0;
    while (i < KINDS_MAX && kinds[i].real != NULL && kinds[i].real != methods) {
        i++;
    }
    must(i < KINDS_MAX, "there is room for the kinds of files");
    kinds[i] = (slow_methods){*methods, methods};
    kinds[i].methods.xSync = sync_slowly;
    return &kinds[i].methods;
}

static int open_slow(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    (void)vfs;
    int code = real->xOpen(real, name, file, flags, ret_flags);
    if (code == SQLITE_OK && file->pMethods != NULL) {
        file->pMethods = slow_methods_of(file->pMethods);
    }
    return code;
}

void slow_disk_begin(long slower_us)
{
    longer = (struct timespec){0, slower_us * NS_PER_US};
    real = sqlite3_vfs_find(NULL);
    must(real != NULL, "finding SQLite's system interface");
    slow = *real;
    slow.pNext = NULL;
    slow.zName = "slow";
    slow.xOpen = open_slow;
    must(sqlite3_vfs_register(&slow, 1) == SQLITE_OK, "registering a system interface");
}

void slow_disk_end(void)
{
    must(sqlite3_vfs_unregister(&slow) == SQLITE_OK && sqlite3_vfs_register(real, 1) == SQLITE_OK,
         "going back to SQLite's system interface");
}
