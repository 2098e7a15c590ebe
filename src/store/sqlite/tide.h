/* SPDX-License-Identifier: MIT */
/* Waiting for other processes to write to the file. The system tells when the write-ahead log
 * grows, just before a commit becomes visible; where it does not, the wait is short. */
#ifndef CR_STORE_SQLITE_TIDE_H
#define CR_STORE_SQLITE_TIDE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cr_tide {
    int fd;    /* -1: the system does not tell */
    int watch; /* of the log; -1: it was not there yet, or is another file by now */
    bool is_tried;
} cr_tide;

#define CR_TIDE_INIT                                                                               \
    {                                                                                              \
        -1, -1, false                                                                              \
    }

/* Waits until the log at `path` (NULL: the store is in memory) was written to, until `alarm_fd` is
 * readable, until that time, or for a while: then it may have been written to, too. True: it was.
 * One thread at a time. */
bool cr_tide_wait(cr_tide *tide, const char *path, int alarm_fd, int64_t until_us);

void cr_tide_close(cr_tide *tide);

#endif
