/* SPDX-License-Identifier: MIT */
#include "sqlite/fault_vfs.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* SQLite's place, in the shared memory, of the lock of the one who writes. */
#define WRITE_LOCK 0

typedef struct shim_file {
    sqlite3_file base;
    sqlite3_file *real; /* stands right behind this */
} shim_file;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs shim_vfs;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned calls[FAULT_POINTS];
static unsigned sync_us;
static struct {
    bool is_armed;
    fault_point point;
    unsigned nth;
    int code;
    bool persists;
    unsigned hits;
} fault;
static struct {
    fault_point point;
    unsigned left; /* 0: none */
    void (*run)(void *context);
    void *context;
} hook;

void fault_vfs_arm(fault_point point, unsigned nth, int code, bool persists)
{
    (void)pthread_mutex_lock(&lock);
    memset(calls, 0, sizeof(calls));
    fault.is_armed = true;
    fault.point = point;
    fault.nth = nth;
    fault.code = code;
    fault.persists = persists;
    fault.hits = 0;
    (void)pthread_mutex_unlock(&lock);
}

unsigned fault_vfs_disarm(void)
{
    (void)pthread_mutex_lock(&lock);
    fault.is_armed = false;
    unsigned hits = fault.hits;
    (void)pthread_mutex_unlock(&lock);
    return hits;
}

unsigned fault_vfs_calls(fault_point point)
{
    (void)pthread_mutex_lock(&lock);
    unsigned count = calls[point];
    (void)pthread_mutex_unlock(&lock);
    return count;
}

void fault_vfs_count_again(void)
{
    (void)pthread_mutex_lock(&lock);
    memset(calls, 0, sizeof(calls));
    (void)pthread_mutex_unlock(&lock);
}

void fault_vfs_hook(fault_point point, unsigned nth, void (*run)(void *context), void *context)
{
    (void)pthread_mutex_lock(&lock);
    hook.point = point;
    hook.left = run == NULL ? 0 : nth;
    hook.run = run;
    hook.context = context;
    (void)pthread_mutex_unlock(&lock);
}

void fault_vfs_set_sync_us(unsigned duration_us)
{
    (void)pthread_mutex_lock(&lock);
    sync_us = duration_us;
    (void)pthread_mutex_unlock(&lock);
}

/* Every call comes by here; returns what it is to fail with, or SQLITE_OK. */
static int come_by(fault_point point)
{
    void (*run)(void *context) = NULL;
    void *context = NULL;
    int code = SQLITE_OK;
    (void)pthread_mutex_lock(&lock);
    calls[point]++;
    if (hook.left > 0 && hook.point == point && --hook.left == 0) {
        run = hook.run;
        context = hook.context;
    }
    if (fault.is_armed && fault.point == point &&
        (calls[point] == fault.nth || (fault.persists && calls[point] > fault.nth))) {
        fault.hits++;
        code = fault.code;
    }
    (void)pthread_mutex_unlock(&lock);
    if (run != NULL) {
        run(context);
    }
    return code;
}

/* ---- files ---- */

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((shim_file *)file)->real;
}

static int shim_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int shim_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    int code = come_by(AT_READ);
    if (code == SQLITE_IOERR_SHORT_READ) {
        memset(bytes, 0, (size_t)size); /* as xRead must */
    }
    return code != SQLITE_OK ? code
                             : real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

static int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    int code = come_by(AT_WRITE);
    int written = code == SQLITE_OK ? size : size / 2;
    int real = real_of(file)->pMethods->xWrite(real_of(file), bytes, written, at);
    return code != SQLITE_OK ? code : real;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = come_by(AT_TRUNCATE);
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    int code = come_by(AT_SYNC);
    if (sync_us > 0) {
        (void)usleep(sync_us);
    }
    return code;
}

static int shim_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = come_by(AT_SIZE);
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    int code = come_by(AT_LOCK);
    return code != SQLITE_OK ? code : real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_check_reserved_lock(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int shim_file_control(sqlite3_file *file, int what, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int shim_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_device_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
    int code = come_by(AT_SHM_MAP);
    return code != SQLITE_OK
               ? code
               : real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, memory);
}

static int shim_shm_lock(sqlite3_file *file, int first, int count, int flags)
{
    int code = SQLITE_OK;
    if ((flags & SQLITE_SHM_LOCK) != 0) {
        code = come_by(AT_SHM_LOCK);
    }
    if (code == SQLITE_OK && first == WRITE_LOCK &&
        flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE)) {
        code = come_by(AT_WRITE_LOCK);
    }
    return code != SQLITE_OK
               ? code
               : real_of(file)->pMethods->xShmLock(real_of(file), first, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/* Version 2: with shared memory, without mapped files. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_file_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_check_reserved_lock,
    .xFileControl = shim_file_control,
    .xSectorSize = shim_sector_size,
    .xDeviceCharacteristics = shim_device_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

/* ---- the file system ---- */

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *given_flags)
{
    (void)vfs;
    shim_file *shim = (shim_file *)file;
    int code = come_by(AT_OPEN);
    shim->base.pMethods = NULL;
    shim->real = (sqlite3_file *)(shim + 1);
    if (code == SQLITE_OK) {
        code = real_vfs->xOpen(real_vfs, path, shim->real, flags, given_flags);
    }
    if (code == SQLITE_OK) {
        shim->base.pMethods = &methods;
    }
    return code;
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    (void)sync_folder;
    int code = come_by(AT_DELETE);
    return code != SQLITE_OK ? code : real_vfs->xDelete(real_vfs, path, 0);
}

static int shim_access(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
    (void)vfs;
    int code = come_by(AT_ACCESS);
    return code != SQLITE_OK ? code : real_vfs->xAccess(real_vfs, path, flags, result);
}

void fault_vfs_install(void)
{
    if (real_vfs != NULL) {
        return;
    }
    real_vfs = sqlite3_vfs_find(NULL);
    shim_vfs = *real_vfs; /* what is not replaced does not look at which VFS it is called of */
    shim_vfs.zName = "fault";
    shim_vfs.szOsFile = (int)sizeof(shim_file) + real_vfs->szOsFile;
    shim_vfs.xOpen = shim_open;
    shim_vfs.xDelete = shim_delete;
    shim_vfs.xAccess = shim_access;
    cr_assert_eq(sqlite3_vfs_register(&shim_vfs, 1), SQLITE_OK);
}
