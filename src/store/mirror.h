/* SPDX-License-Identifier: MIT */
/* Makes rows of one store as they are in another. Whatever is done twice, or late, does no harm: a
 * key is always given the row that the source has now. Rows about the store (model/store_row.h) are
 * left out on both sides.
 *
 * Engines differ in how they know that a message uuid is used. A source that finds messages by
 * their uuids has no claims, so for messages that are younger than a claim's lifetime they are made
 * here; a target that finds them so needs none, and gets none. */
#ifndef CR_STORE_MIRROR_H
#define CR_STORE_MIRROR_H

#include "store/store.h"

#define CR_MIRROR_WORKERS_MAX 16

typedef struct cr_mirror {
    cr_store *from;
    cr_store *to;
    unsigned workers; /* threads that write at the same time */
} cr_mirror;

typedef struct cr_mirrored {
    uint64_t put;      /* rows that the target lacked */
    uint64_t replaced; /* rows that were different there */
    uint64_t removed;  /* rows that the source has not got */
} cr_mirrored;

/* Whether the row of this key is mirrored at all. */
bool cr_mirror_has(const cr_mirror *mirror, cr_key key);

/* Puts rows that a scan of the source has just shown, where their keys are free in the target: for
 * the copy, behind which every key that has changed since is followed. Adds to *sums. Read and
 * write statuses; then some of the rows may have been put. */
cruddur_status cr_mirror_copy(const cr_mirror *mirror, const cr_row *rows, size_t count,
                              cr_call *call, cr_mirrored *sums);

/* Gives these keys of the target the rows that the source has now. Sorts the keys. As above. */
cruddur_status cr_mirror_follow(const cr_mirror *mirror, cr_key *keys, size_t count, cr_call *call,
                                cr_mirrored *sums);

#endif
