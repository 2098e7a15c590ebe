/* SPDX-License-Identifier: MIT */
/* How long the disk takes to make a write durable. */
#ifndef BENCH_DISK_H
#define BENCH_DISK_H

#include <stddef.h>
#include <stdio.h>

/* A file to try it on. */
FILE *disk_open(const char *folder);
void disk_close(FILE *file, const char *folder);

/* Writes so many blocks from the file's start on and waits for each; the times, in microseconds. */
void disk_sync(FILE *file, double *times_us, size_t blocks);

/* Tries a file that grows and one that is there, and prints both. */

#endif
