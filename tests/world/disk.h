/* SPDX-License-Identifier: MIT */
/* A simulated disk below SQLite: a VFS that passes everything on to real files, and knows what of
 * it was synced. When the power is cut, what was not may be lost, in part, or out of order, by
 * sectors of 512 bytes; files that were removed may be back. Dice are the world's (world.h). */
#ifndef TESTS_WORLD_DISK_H
#define TESTS_WORLD_DISK_H

#include <stdbool.h>
#include <stdint.h>

typedef enum disk_fault {
    DISK_FAULT_POWER, /* is cut: nothing works any more */
    DISK_FAULT_FULL,  /* files do not grow */
    DISK_FAULT_SYNC,  /* one sync fails */
    DISK_FAULT_READ,  /* one read fails */
    DISK_FAULT_WRITE, /* one write fails, half done */
    DISK_FAULT_DEATH, /* the process dies: nothing works any more, but what was written is there */
    DISK_FAULT_SLOW,  /* syncs take seconds */
    DISK_FAULT_COUNT,
} disk_fault;

/* Makes it the default VFS of the process. */
void disk_install(void);

/* Forgets all files. */
void disk_begin(void);

/* Whether a write harms no byte beside it, as SQLite assumes by default.
 * Then a sync that fails may lose what it should have made safe, and a later one succeeds
 * nevertheless. Without that promise SQLite pads the log after a commit, and leaves the end of the
 * padding to the next sync: if that one loses it, so are later commits. So there it loses nothing.
 */
void disk_promise(bool is_powersafe);

/* The fault comes at so many operations from now on; full and slow disks stay so until disk_mend().
 */
void disk_arm(disk_fault fault, unsigned operations);
void disk_mend(void);
bool disk_is_off(void);

/* Once all connections are closed: makes the files what they are after a power cut, and switches
 * the power on. */
void disk_restore(void);

/* Turns one bit of a file; false where it has none. */
bool disk_rot(const char *path);

/* Planted faults: syncs that do nothing. */
typedef enum disk_ignored {
    DISK_IGNORED_NONE,
    DISK_IGNORED_ALL,
    DISK_IGNORED_FOLDER, /* names are not safe */
    DISK_IGNORED_NEW,    /* a new store's file is not synced before it gets its name */
} disk_ignored;
void disk_ignore(disk_ignored ignored);

uint64_t disk_fault_count(disk_fault fault);
const char *disk_fault_name(disk_fault fault);

/* Of all operations in their order, since disk_begin(). */
uint64_t disk_trace(void);

#endif
