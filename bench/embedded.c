/* SPDX-License-Identifier: MIT */
/* Measures the embedded engine against SQLite itself; docs/performance.md tells what and why.
 * Argument: a folder that is there and empty, on the disk to be measured. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
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

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return EXIT_FAILURE;
    }
    const char *folder = argv[1];
    bench_path small = path_in(folder, "small.db");
    bench_path large = path_in(folder, "large.db");
    (void)printf("cruddur %s, SQLite %s, %ld cores\n", cruddur_version(), sqlite3_libversion(),
                 sysconf(_SC_NPROCESSORS_ONLN));
    bench_disk(folder);
    fill(small.text, "Filling a small store by SQL", SMALL_MESSAGES, SMALL_INBOX);
    bench_page(small.text);
    bench_append(folder);
    bench_mark(folder);
    fill(large.text, "Filling a large store by SQL", LARGE_MESSAGES, LARGE_INBOX);
    bench_size(small.text, large.text);
    bench_open(folder, small.text, large.text);
    bench_memory(small.text, large.text);
    print_targets();
    return EXIT_SUCCESS;
}
