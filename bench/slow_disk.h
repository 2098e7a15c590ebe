/* SPDX-License-Identifier: MIT */
/* A disk that takes longer to make writes durable: every sync of the files that SQLite opens
 * between begin and end takes so much longer. */
#ifndef BENCH_SLOW_DISK_H
#define BENCH_SLOW_DISK_H

void slow_disk_begin(long slower_us);

/* All files that were opened since the beginning are closed. */
void slow_disk_end(void);

#endif
