/* SPDX-License-Identifier: MIT */
/* One descriptor that a program can poll: readable while the beacon is raised. An eventfd where
 * there is one, else a non-blocking pipe; closed by exec.
 *
 * The owner calls raise and lower one at a time, under its own lock, together with the change that
 * they announce. A child of fork() shares the descriptor with its parent, and must call neither. */
#ifndef CR_BASE_BEACON_H
#define CR_BASE_BEACON_H

#include <stdbool.h>

#include "base/error.h"

typedef struct cr_beacon {
    int read_fd;
    int write_fd; /* of an eventfd the same */
    bool is_raised;
} cr_beacon;

/* Of a beacon that is not open: closing it does nothing. */
#define CR_BEACON_INIT                                                                             \
    {                                                                                              \
        -1, -1, false                                                                              \
    }

/* Opens it, lowered. CRUDDUR_E_NO_DESCRIPTORS, CRUDDUR_E_NO_MEMORY or CRUDDUR_E_INTERNAL, with the
 * beacon not open. */
cruddur_status cr_beacon_init(cr_beacon *beacon, cruddur_error **error);

/* The descriptor to poll for reading, and for nothing else; -1 if it is not open. */
static inline int cr_beacon_fd(const cr_beacon *beacon)
{
    return beacon->read_fd;
}

/* Makes the descriptor readable. Cheap where it is already. */
void cr_beacon_raise(cr_beacon *beacon);

/* Makes the descriptor unreadable. Cheap where it is already. */
void cr_beacon_lower(cr_beacon *beacon);

void cr_beacon_close(cr_beacon *beacon);

#endif
