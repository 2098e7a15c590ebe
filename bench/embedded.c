/* SPDX-License-Identifier: MIT */
/* Measures the embedded engine against SQLite itself; docs/performance.md tells what and why.
 * Arguments: a folder that is there and empty, on the disk to be measured; and a part, to measure
 * that alone. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "data.h"
#include "disk.h"
#include "measure.h"

static void fill(const char *path, const char *heading, uint64_t messages, uint64_t inbox)
{
    print_heading(heading);
    double started_us = now_us();
    fill_sizes(path, messages, inbox);
    (void)printf("  done in %.1f s\n", (now_us() - started_us) / 1e6);
}

static bench_path small;
static bench_path large;
static bool has_small;
static bool has_large;

/* Several parts use one store; it is filled for the first of them. */
static const char *need_small(const char *folder)
{
    small = path_in(folder, "small.db");
    if (!has_small) {
        fill(small.text, "Filling a small store by SQL", SMALL_MESSAGES, SMALL_INBOX);
    }
    has_small = true;
    return small.text;
}

static const char *need_large(const char *folder)
{
    large = path_in(folder, "large.db");
    if (!has_large) {
        fill(large.text, "Filling a large store by SQL", LARGE_MESSAGES, LARGE_INBOX);
    }
    has_large = true;
    return large.text;
}

static void measure_page(const char *folder)
{
    bench_page(need_small(folder));
}

static void measure_size(const char *folder)
{
    bench_size(need_small(folder), need_large(folder));
}

static void measure_open(const char *folder)
{
    bench_open(folder, need_small(folder), need_large(folder));
}

static void measure_memory(const char *folder)
{
    bench_memory(need_small(folder), need_large(folder));
}

static const struct {
    const char *name;
    void (*measure)(const char *folder);
} parts[] = {
    {"disk", bench_disk},       {"page", measure_page},     {"append", bench_append},
    {"threads", bench_threads}, {"mark", bench_mark},       {"size", measure_size},
    {"open", measure_open},     {"memory", measure_memory},
};

/* Runs the part of that name, or all; returns how many. */
static size_t run_parts(const char *folder, const char *wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (wanted == NULL || strcmp(parts[i].name, wanted) == 0) {
            parts[i].measure(folder);
            count++;
        }
    }
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        (void)fprintf(stderr, "usage: %s FOLDER [PART]\n", argv[0]);
        return EXIT_FAILURE;
    }
    (void)printf("cruddur %s, SQLite %s, %ld cores\n", cruddur_version(), sqlite3_libversion(),
                 sysconf(_SC_NPROCESSORS_ONLN));
    must(run_parts(argv[1], argc == 3 ? argv[2] : NULL) > 0, "there is a part of that name");
    print_targets();
    return EXIT_SUCCESS;
}
