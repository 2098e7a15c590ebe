/* SPDX-License-Identifier: MIT */
/* The parts of the benchmark; each prints its table and notes its targets. Paths are those of
 * stores that data.h fills. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

/* A page, against the same statements on SQLite itself. */
void bench_page(const char *small_path);

/* A page of little against a page of much. */
void bench_size(const char *small_path, const char *large_path);

/* Memory that a page takes. */
void bench_memory(const char *small_path, const char *large_path);

/* The disk by itself. */
void bench_disk(const char *folder);

/* Appends of one thread, against the same statements on SQLite itself. */
void bench_append(const char *folder);

/* Durable appends of several threads. */
void bench_threads(const char *folder);

/* Marking as read. */
void bench_mark(const char *folder);

/* Opening and closing. */
void bench_open(const char *folder, const char *small_path, const char *large_path);

#define SMALL_MESSAGES 1000u
#define SMALL_INBOX 1000u
#define LARGE_MESSAGES 1000000u
#define LARGE_INBOX 100000u

#endif
