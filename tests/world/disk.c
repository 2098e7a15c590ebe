/* SPDX-License-Identifier: MIT */
#include "world/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/kept.h"
#include "world/world.h"

#define FILES 8
#define SECTOR ((size_t)512)
#define SLOW_US 20000000
#define OPERATIONS_AFTER_SYNC 100

typedef struct disk_file {
    sqlite3_file base;
    kept *kept;         /* NULL: of no name */
    bool syncs_folder;  /* with its first sync, as SQLite's own VFS does for logs and journals */
    sqlite3_file *real; /* follows this struct in memory */
} disk_file;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs disk_vfs;

static struct disk {
    kept file[FILES];
    size_t file_count;
    bool is_armed;
    disk_fault fault;
    unsigned left;
    bool is_powersafe;
    bool is_full;
    bool is_slow;
    bool is_off;
    disk_ignored ignores;
    char synced[PATH_MAX]; /* the latest file that the library has synced itself */
    uint64_t trace;
} disk;

static uint64_t counts[DISK_FAULT_COUNT];

/* ---- faults ---- */

void disk_arm(disk_fault fault, unsigned operations)
{
    disk.is_armed = true;
    disk.fault = fault;
    disk.left = operations;
}

void disk_mend(void)
{
    disk.is_armed = disk.is_full = disk.is_slow = false;
}

void disk_promise(bool is_powersafe)
{
    disk.is_powersafe = is_powersafe;
}

bool disk_is_off(void)
{
    return disk.is_off;
}

void disk_ignore(disk_ignored ignored)
{
    disk.ignores = ignored;
}

uint64_t disk_fault_count(disk_fault fault)
{
    return counts[fault];
}

const char *disk_fault_name(disk_fault fault)
{
    static const char *const names[DISK_FAULT_COUNT] = {"power cut",  "disk full",   "sync fails",
                                                        "read fails", "write fails", "process dies",
                                                        "slow syncs"};
    return names[fault];
}

uint64_t disk_trace(void)
{
    return disk.trace;
}

/* Which faults an operation may meet. */
static bool fits(disk_fault fault, char operation)
{
    static const char *const of[DISK_FAULT_COUNT] = {
        [DISK_FAULT_POWER] = "rwstd", [DISK_FAULT_FULL] = "w",  [DISK_FAULT_SYNC] = "s",
        [DISK_FAULT_READ] = "r",      [DISK_FAULT_WRITE] = "w", [DISK_FAULT_DEATH] = "rwstd",
        [DISK_FAULT_SLOW] = "s"};
    return strchr(of[fault], operation) != NULL;
}

/* Each operation comes by here: whether the fault comes now that is armed. */
static bool comes(char operation, sqlite3_int64 at)
{
    const int64_t seen[] = {operation, at};
    const unsigned char *bytes = (const unsigned char *)seen;
    for (size_t i = 0; i < sizeof(seen); i++) {
        disk.trace = (disk.trace ^ bytes[i]) * UINT64_C(1099511628211);
    }
    if (!disk.is_armed || !fits(disk.fault, operation) || disk.left-- > 1) {
        return false;
    }
    disk.is_armed = false;
    counts[disk.fault]++;
    disk.is_off = disk.fault == DISK_FAULT_POWER || disk.fault == DISK_FAULT_DEATH;
    disk.is_full = disk.is_full || disk.fault == DISK_FAULT_FULL;
    disk.is_slow = disk.is_slow || disk.fault == DISK_FAULT_SLOW;
    if (disk.fault == DISK_FAULT_SYNC) { /* what it has lost shows after a power cut */
        disk_arm(DISK_FAULT_POWER, 1 + (unsigned)sim_roll(OPERATIONS_AFTER_SYNC));
        return true;
    }
    return disk.fault != DISK_FAULT_SLOW;
}

/* ---- what is safe ---- */

static kept *find(const char *path)
{
    for (size_t i = 0; i < disk.file_count; i++) {
        if (strcmp(disk.file[i].path, path) == 0) {
            return &disk.file[i];
        }
    }
    return NULL;
}

static kept *keep(const char *path)
{
    kept *file = find(path);
    if (file == NULL) {
        if (disk.file_count == FILES) {
            abort();
        }
        file = &disk.file[disk.file_count++];
        kept_init(file, path);
    }
    return file;
}

static void sync_folder(void)
{
    for (size_t i = 0; i < disk.file_count; i++) {
        kept_make_name_safe(&disk.file[i]);
    }
}

void disk_begin(void)
{
    disk_ignored ignores = disk.ignores;
    for (size_t i = 0; i < disk.file_count; i++) {
        kept_free(&disk.file[i]);
    }
    disk = (struct disk){.ignores = ignores, .trace = UINT64_C(14695981039346656037)};
}

/* ---- after a power cut ---- */

/* Names of a folder become safe in the order of their changes. So those of all files were, or some
 * of the first. */
void disk_restore(void)
{
    char path[600];
    bool are_names_lost = sim_happens(2);
    bool is_death = disk.fault == DISK_FAULT_DEATH;
    disk.is_off = false;
    disk_mend();
    if (is_death) {
        return; /* files are as they were written */
    }
    for (size_t i = 0; i < disk.file_count; i++) {
        kept_restore(&disk.file[i], are_names_lost);
        (void)snprintf(path, sizeof(path), "%s-shm", disk.file[i].path);
        (void)unlink(path);
    }
    sync_folder();
}

bool disk_rot(const char *path)
{
    struct stat facts;
    unsigned char byte = 0;
    int real = open(path, O_RDWR | O_CLOEXEC);
    bool is_good = real >= 0 && fstat(real, &facts) == 0 && facts.st_size > 0;
    off_t at = is_good ? (off_t)sim_roll((size_t)facts.st_size) : 0;
    is_good = is_good && pread(real, &byte, 1, at) == 1;
    byte ^= (unsigned char)(1u << sim_roll(8));
    is_good = is_good && pwrite(real, &byte, 1, at) == 1;
    return (real < 0 || close(real) == 0) && is_good;
}

/* ---- files ---- */

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((disk_file *)file)->real;
}

static int disk_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int disk_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    return disk.is_off || comes('r', at)
               ? SQLITE_IOERR_READ
               : real_of(file)->pMethods->xRead(real_of(file), bytes, size, at);
}

static int disk_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    kept *known = ((disk_file *)file)->kept;
    sqlite3_int64 real_size = 0;
    if (disk.is_off) {
        return SQLITE_IOERR_WRITE;
    }
    bool fails = comes('w', at);
    int written = fails ? size / 2 : size;
    (void)real_of(file)->pMethods->xFileSize(real_of(file), &real_size);
    if (disk.is_full && at + size > real_size) {
        return SQLITE_FULL;
    }
    int code = real_of(file)->pMethods->xWrite(real_of(file), bytes, written, at);
    if (code == SQLITE_OK && known != NULL && written > 0) {
        kept_note(known, (size_t)at, bytes, (size_t)written);
    }
    return fails ? SQLITE_IOERR_WRITE : code;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    kept *known = ((disk_file *)file)->kept;
    if (disk.is_off || comes('t', size)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    if (known != NULL) {
        kept_note(known, (size_t)size, NULL, 0);
    }
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static void take_time(void)
{
    if (disk.is_slow) {
        sim_advance((int64_t)sim_roll(SLOW_US));
    }
}

static int disk_sync(sqlite3_file *file, int flags)
{
    disk_file *self = (disk_file *)file;
    (void)flags;
    if (disk.is_off || comes('s', 0)) {
        if (!disk.is_off && disk.is_powersafe && self->kept != NULL) {
            kept_fail_sync(self->kept);
        }
        return SQLITE_IOERR_FSYNC;
    }
    if (self->kept != NULL && disk.ignores != DISK_IGNORED_ALL) {
        kept_make_safe(self->kept);
    }
    if (self->syncs_folder && disk.ignores != DISK_IGNORED_ALL &&
        disk.ignores != DISK_IGNORED_FOLDER) {
        sync_folder();
    }
    take_time();
    self->syncs_folder = false;
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int disk_check_reserved_lock(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int disk_control(sqlite3_file *file, int what, void *argument)
{
    if (what == SQLITE_FCNTL_POWERSAFE_OVERWRITE) {
        *(int *)argument = disk.is_powersafe ? 1 : 0;
        return SQLITE_OK;
    }
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int disk_sector_size(sqlite3_file *file)
{
    (void)file;
    return (int)SECTOR;
}

/* No write is done as a whole. */
static int disk_characteristics(sqlite3_file *file)
{
    (void)file;
    return disk.is_powersafe ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

static int disk_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, memory);
}

static int disk_shm_lock(sqlite3_file *file, int first, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), first, count, flags);
}

static void disk_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int disk_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/* Version 2: with shared memory, without mapped files. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_reserved_lock,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector_size,
    .xDeviceCharacteristics = disk_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

/* ---- the file system ---- */

/* A file that may be new here: SQLite has made it, or the library. */
static kept *know(const char *path, bool is_safe)
{
    kept *file = keep(path);
    if (!file->is_there) {
        kept_change_name(file, true);
        kept_read(file, is_safe);
    }
    return file;
}

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *given_flags)
{
    static const int synced = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
    (void)vfs;
    disk_file *made = (disk_file *)file;
    *made = (disk_file){.syncs_folder = (flags & SQLITE_OPEN_CREATE) && (flags & synced),
                        .real = (sqlite3_file *)(made + 1)};
    if (disk.is_off) {
        return SQLITE_CANTOPEN;
    }
    int code = real_vfs->xOpen(real_vfs, path, made->real, flags, given_flags);
    if (code != SQLITE_OK) {
        return code;
    }
    made->base.pMethods = &methods;
    made->kept = path == NULL ? NULL : know(path, false);
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder)
{
    (void)vfs;
    kept *file = find(path);
    if (disk.is_off || comes('d', syncs_folder)) {
        return SQLITE_IOERR_DELETE;
    }
    int code = real_vfs->xDelete(real_vfs, path, 0);
    if (file != NULL && file->is_there && code == SQLITE_OK) {
        kept_change_name(file, false);
    }
    if (syncs_folder != 0 && code == SQLITE_OK) {
        sync_folder();
    }
    return code;
}

static int disk_access(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
    (void)vfs;
    return disk.is_off ? SQLITE_IOERR_ACCESS : real_vfs->xAccess(real_vfs, path, flags, result);
}

/* ---- what the library does without SQLite, when it makes a store ---- */

int __real_fsync(int file);
int __wrap_fsync(int file);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

static bool is_in_use(void)
{
    return real_vfs != NULL && sim_world_is_there();
}

static int fail_system(void)
{
    errno = EIO;
    return -1;
}

int __wrap_fsync(int file)
{
    char link[32];
    char path[PATH_MAX];
    if (!is_in_use()) {
        return __real_fsync(file);
    }
    if (disk.is_off || comes('s', 0)) {
        return fail_system();
    }
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof(path) - 1);
    if (size < 0) {
        return -1;
    }
    path[size] = '\0';
    if (disk.ignores == DISK_IGNORED_NONE || disk.ignores == DISK_IGNORED_FOLDER) {
        (void)snprintf(disk.synced, sizeof(disk.synced), "%s", path);
    }
    take_time();
    return 0;
}

int __wrap_link(const char *from, const char *to)
{
    char log[PATH_MAX];
    if (!is_in_use()) {
        return __real_link(from, to);
    }
    if (disk.is_off || comes('d', 0)) {
        return fail_system();
    }
    if (__real_link(from, to) != 0) {
        return -1;
    }
    (void)snprintf(log, sizeof(log), "%s-wal", to);
    if (access(log, F_OK) == 0) {
        (void)know(log, false);
    }
    (void)know(to, strcmp(disk.synced, from) == 0);
    return 0;
}

void disk_install(void)
{
    if (real_vfs != NULL) {
        return;
    }
    real_vfs = sqlite3_vfs_find(NULL);
    disk_vfs = *real_vfs; /* what is not replaced does not look at which VFS it is called of */
    disk_vfs.zName = "disk";
    disk_vfs.szOsFile = (int)sizeof(disk_file) + real_vfs->szOsFile;
    disk_vfs.xOpen = disk_open;
    disk_vfs.xDelete = disk_delete;
    disk_vfs.xAccess = disk_access;
    if (sqlite3_vfs_register(&disk_vfs, 1) != SQLITE_OK) {
        abort();
    }
}
