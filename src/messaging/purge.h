/* SPDX-License-Identifier: MIT */
/* What is done with rows that have expired: they are removed. Where a message's own row is its
 * claim, the row of a message that is younger than claims last is emptied first, so that a repeat
 * does not store the message again. And the text of a message that has expired goes from the
 * inboxes. */
#ifndef CR_MESSAGING_PURGE_H
#define CR_MESSAGING_PURGE_H

#include "store/store.h"

/* So many rows are purged in one change, at most, and so many bytes of them. */
#define CR_PURGE_ROWS_MAX 25
#define CR_PURGE_SIZE_MAX ((size_t)2000000)

typedef struct cr_purged {
    uint64_t removed;
    uint64_t emptied;
} cr_purged;

/* Whether there is anything to do about a row. */
bool cr_purge_concerns(const cr_store *store, const cr_row *row);

/* Purges the rows with these keys, as far as they are still there and concerned, in one change, and
 * adds to the counts what was done. Read and write statuses, and CRUDDUR_E_NEEDS_TRANSACTIONS. */
cruddur_status cr_purge(cr_store *store, const cr_key *keys, size_t count, cr_call *call,
                        cr_purged *purged);

/* CRUDDUR_E_NEEDS_TRANSACTIONS in a store that is written in steps, as far as that has been found
 * out. */
cruddur_status cr_purge_check(cr_store *store, cr_call *call);

#endif
