/* SPDX-License-Identifier: MIT */
/* The row that says that a store with a sequence is being watched, so that the sequence is kept. It
 * ends CR_PRESENCE_US after it was last renewed: a watch that is away for less misses nothing of
 * the sequence, and a store that is not watched any more pays for it no longer. The row stays, as
 * it has the name of the store in the cursors of its watches. */
#ifndef CR_WATCH_PRESENCE_H
#define CR_WATCH_PRESENCE_H

#include "store/store.h"

#define CR_PRESENCE_US INT64_C(86400000000) /* a day */
/* How often to renew it. */
#define CR_PRESENCE_RENEWAL_US (CR_PRESENCE_US / 4)

#define CR_PRESENCE_NAME_SIZE 17

typedef struct cr_presence {
    char name[CR_PRESENCE_NAME_SIZE]; /* of the store */
    uint64_t epoch;                   /* another one after each gap; never 0 */
} cr_presence;

/* Writes the row if it is missing, has ended, or ends before long. Read and write statuses. */
cruddur_status cr_presence_renew(cr_store *store, cr_presence *presence, cr_call *call);

#endif
