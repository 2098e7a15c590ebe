/* SPDX-License-Identifier: MIT */
#include <sqlite3.h>
#include <stdio.h>

#include "bench.h"
#include "data.h"
#include "heap.h"
#include "measure.h"

#define KIB 1024.0

typedef struct memory_use {
    heap_use library;
    double sqlite; /* the most that SQLite took, beyond what it had */
} memory_use;

static cruddur_msg_page *list(cruddur *dm, uint32_t limit)
{
    id group = id_of(ID_GROUP, LONG_GROUP);
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    options.flags = CRUDDUR_LIST_TRUSTED;
    options.limit = limit;
    need(cruddur_msg_list(dm, NULL, group.text, &options, &page, &error), &error);
    must(cruddur_msg_page_count(page) == limit, "a full page");
    return page;
}

static memory_use measure(const char *path, uint32_t limit)
{
    memory_use use;
    cruddur *dm = open_store(path, "");
    cruddur_msg_page_free(
        list(dm, 1)); /* a connection, and its statements, are there from now on */
    sqlite3_int64 before = sqlite3_memory_used();
    (void)sqlite3_memory_highwater(1);
    heap_start();
    cruddur_msg_page *page = list(dm, limit);
    use.library = heap_stop();
    use.sqlite = (double)(sqlite3_memory_highwater(0) - before);
    cruddur_msg_page_free(page);
    cruddur_close(dm);
    return use;
}

void bench_memory(const char *small_path, const char *large_path)
{
    const struct {
        const char *name;
        const char *path;
        uint32_t limit;
    } cases[] = {
        {"page of 20, of 1,000 messages", small_path, 20},
        {"page of 20, of 1,000,000", large_path, 20},
        {"page of 1,000, of 1,000", small_path, 1000},
        {"page of 1,000, of 1,000,000", large_path, 1000},
    };
    memory_use use[sizeof(cases) / sizeof(cases[0])];
    print_heading("Memory of a listing, KiB");
    (void)printf("  %-34s %9s %9s %12s %12s\n", "", "peak", "the page", "allocations",
                 "SQLite cache");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        use[i] = measure(cases[i].path, cases[i].limit);
        (void)printf("  %-34s %9.1f %9.1f %12zu %12.1f\n", cases[i].name,
                     (double)use[i].library.peak / KIB, (double)use[i].library.held / KIB,
                     use[i].library.allocations, use[i].sqlite / KIB);
    }
    /* The texts of 20 messages are not as long as those of 20 others: in a buffer that grows by
     * doubling that can make much of a difference. Of 1,000 it makes none. */
    at_most("memory, page of 1,000 of 1,000,000", 1.05,
            (double)use[3].library.peak / (double)use[2].library.peak, "x small");
    at_most("memory of a row on a page of 1,000", 2.0,
            (double)use[3].library.peak / (double)use[1].library.peak / 50, "x of 20");
}
