/* SPDX-License-Identifier: MIT */
/* Threads that append as fast as they can. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "data.h"
#include "raw.h"

#define CROWD_GROUPS 1024u

/* The group's next message, by one member and the other in turn. */
void append_one(cruddur *dm, uint64_t group, uint64_t number);

/* The same by SQLite itself, in the transaction that is open. */
void append_one_raw(raw_store *raw, uint64_t group, uint64_t number);

/* Lets crowds of these sizes, the first of one thread, write to so many groups of the store, each
 * thread to some of its own; prints their rates, and how fast the disk was meanwhile. Returns the
 * ratio of the crowd of 16 to the one thread. */
double compare_crowds(const char *folder, const char *store, const unsigned *threads, size_t n,
                      uint64_t groups);

/* The same in CROWD_GROUPS groups, beside one thread of SQLite itself with 64 appends a commit, on
 * a store of its own. Returns the ratio of the crowd of 16 to that. */
double compare_with_raw(const char *folder, const char *store, raw_store *raw,
                        const unsigned *threads, size_t n);

#endif
