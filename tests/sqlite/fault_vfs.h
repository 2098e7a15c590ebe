/* SPDX-License-Identifier: MIT */
/* A file system that fails when told to: an SQLite VFS around the default one.
 *
 * Syncs never reach the disk (no test cuts the power), so that sweeps over every fault are quick.
 */
#ifndef TESTS_SQLITE_FAULT_VFS_H
#define TESTS_SQLITE_FAULT_VFS_H

#include <stdbool.h>

/* Where the file system is asked for something. */
typedef enum fault_point {
    AT_OPEN,
    AT_READ,
    AT_WRITE,
    AT_TRUNCATE,
    AT_SYNC,
    AT_SIZE,
    AT_DELETE,
    AT_ACCESS,
    AT_LOCK,
    AT_SHM_MAP,
    AT_SHM_LOCK,
    AT_WRITE_LOCK, /* the lock of the one who writes to the log; counted at AT_SHM_LOCK as well */
    FAULT_POINTS
} fault_point;

/* Makes this the default of the process; before anything is opened. */
void fault_vfs_install(void);

/* From now on the nth call (from 1) at the point fails with an SQLite code; if it persists, so do
 * all after it. A write that fails has written the first half. */
void fault_vfs_arm(fault_point point, unsigned nth, int code, bool persists);

/* Nothing fails any more; tells how many calls failed. */
unsigned fault_vfs_disarm(void);

/* How many calls there have been at a point since fault_vfs_arm() or fault_vfs_count_again(). */
unsigned fault_vfs_calls(fault_point point);
void fault_vfs_count_again(void);

/* Before the nth call from now at the point, runs a function, once; NULL: none. */
void fault_vfs_hook(fault_point point, unsigned nth, void (*hook)(void *context), void *context);

/* How long a sync takes. */
void fault_vfs_set_sync_us(unsigned duration_us);

#endif
