/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "measure.h"
#include "raw.h"

#define TIMES 51
#define US_PER_MS 1000.0

/* How long each step took, every time. */
typedef struct steps {
    double opening[TIMES], first_page[TIMES], closing[TIMES];
} steps;

static double ms_since(double *started_us)
{
    double ended_us = now_us();
    double passed_ms = (ended_us - *started_us) / US_PER_MS;
    *started_us = ended_us;
    return passed_ms;
}

static void list_once(cruddur *dm)
{
    id group = id_of(ID_GROUP, LONG_GROUP);
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    options.flags = CRUDDUR_LIST_TRUSTED;
    need(cruddur_msg_list(dm, NULL, group.text, &options, &page, &error), &error);
    cruddur_msg_page_free(page);
}

static void open_existing(const char *path, steps *taken, size_t i)
{
    double started_us = now_us();
    cruddur *dm = open_store(path, "");
    taken->opening[i] = ms_since(&started_us);
    list_once(dm);
    taken->first_page[i] = ms_since(&started_us);
    cruddur_close(dm);
    taken->closing[i] = ms_since(&started_us);
}

static void open_raw(const char *path, steps *taken, size_t i)
{
    raw_store raw;
    id group = id_of(ID_GROUP, LONG_GROUP);
    raw_key key = raw_group_key(group.text);
    double started_us = now_us();
    raw_open(&raw, path, true);
    taken->opening[i] = ms_since(&started_us);
    raw_page(&raw, key.text, NULL, 20, true);
    taken->first_page[i] = ms_since(&started_us);
    raw_close(&raw);
    taken->closing[i] = ms_since(&started_us);
}

static void open_new(const char *path, steps *taken, size_t i)
{
    double started_us = now_us();
    cruddur *dm = open_store(path, "");
    taken->opening[i] = ms_since(&started_us);
    cruddur_close(dm);
    taken->closing[i] = ms_since(&started_us);
    must(unlink(path) == 0, "removing a store");
}

/* Prints the spreads; returns the median times of opening and closing. */
static void print_steps(const char *name, steps *taken, bool has_page, double *open_ms,
                        double *close_ms)
{
    spread opening = spread_of(taken->opening, TIMES);
    spread closing = spread_of(taken->closing, TIMES);
    (void)printf("  %s\n", name);
    print_spread("  opening", opening, "ms");
    if (has_page) {
        print_spread("  the first page", spread_of(taken->first_page, TIMES), "ms");
    }
    print_spread("  closing", closing, "ms");
    *open_ms = opening.median;
    *close_ms = closing.median;
}

void bench_open(const char *folder, const char *small_path, const char *large_path)
{
    static steps raw, small, large, new;
    bench_path new_path = path_in(folder, "new.db");
    double open_ms;
    double close_ms;
    print_heading("Opening and closing");
    for (size_t i = 0; i < TIMES; i++) {
        open_raw(small_path, &raw, i);
        open_existing(small_path, &small, i);
        open_existing(large_path, &large, i);
        open_new(new_path.text, &new, i);
    }
    print_steps("SQLite: a store of 1,000 messages", &raw, true, &open_ms, &close_ms);
    print_steps("library: a store of 1,000 messages", &small, true, &open_ms, &close_ms);
    at_most("opening a store", 2.0, open_ms, "ms");
    at_most("closing it", 2.0, close_ms, "ms");
    print_steps("library: a store of 1,000,000 messages", &large, true, &open_ms, &close_ms);
    at_most("opening a large store", 2.0, open_ms, "ms");
    print_steps("library: a new store", &new, false, &open_ms, &close_ms);
    at_most("making a new store", 2.0, open_ms, "ms");
    at_most("closing a new store", 2.0, close_ms, "ms");
}
