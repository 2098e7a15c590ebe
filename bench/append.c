/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "bench.h"
#include "crowd.h"
#include "measure.h"
#include "raw.h"
#include "slow_disk.h"

#define MESSAGES 20u
#define ROUNDS 15
#define BATCH 16 /* APPENDS_PER_ROUND is a multiple */
#define APPENDS_PER_ROUND 960
#define SLOWER_US 1000
#define STORES 3

typedef struct append_context {
    cruddur *dm;
    raw_store *raw;
    size_t batch; /* how many appends have one commit */
    uint64_t appended;
} append_context;

static void append_by_library(void *argument, size_t count)
{
    append_context *context = argument;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = context->appended++;
        append_one(context->dm, number % CROWD_GROUPS, number / CROWD_GROUPS);
    }
}

static void append_raw(void *argument, size_t count)
{
    append_context *context = argument;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = context->appended++;
        if (i % context->batch == 0) {
            raw_step(context->raw, RAW_BEGIN_IMMEDIATE);
        }
        append_one_raw(context->raw, number % CROWD_GROUPS, number / CROWD_GROUPS);
        if (i % context->batch == context->batch - 1) {
            raw_step(context->raw, RAW_COMMIT);
        }
    }
}

/* Each on a store of its own, so that all have the same to carry. */
static void compare_appends(const bench_path paths[STORES], bool is_synchronous_full)
{
    const char *parameters = is_synchronous_full ? "?synchronous=full" : "?synchronous=normal";
    raw_store raw[2];
    append_context library = {.dm = open_store(paths[0].text, parameters)};
    append_context single = {.raw = &raw[0], .batch = 1};
    append_context batched = {.raw = &raw[1], .batch = BATCH};
    raw_open(&raw[0], paths[1].text, is_synchronous_full);
    raw_open(&raw[1], paths[2].text, is_synchronous_full);
    contender contenders[] = {
        {.name = "SQLite", .run = append_raw, .context = &single},
        {.name = "library", .run = append_by_library, .context = &library},
        {.name = "SQLite, 16 appends with one commit", .run = append_raw, .context = &batched},
    };
    static const size_t base[] = {0, 0, 0};
    run_rounds(contenders, 3, ROUNDS, APPENDS_PER_ROUND);
    print_contenders(contenders, base, 3, ROUNDS);
    spread rate = ratio_of(&contenders[0], &contenders[1], ROUNDS);
    print_spread("the library's rate", rate, "x raw");
    print_spread("SQLite's rate with 16 appends a commit",
                 ratio_of(&contenders[0], &contenders[2], ROUNDS), "x one");
    if (is_synchronous_full) {
        at_least("durable append, one thread", 0.95, rate.median, "x raw");
    }
    raw_close(&raw[0]);
    raw_close(&raw[1]);
    cruddur_close(library.dm);
}

/* With and without an entry in the sequence of changes: the processor's time. */
static void compare_followed(const char *folder)
{
    raw_store raw;
    const bench_path plain = path_in(folder, "plain.db");
    const bench_path followed = path_in(folder, "followed.db");
    fill_groups(plain.text, CROWD_GROUPS, MESSAGES);
    fill_groups(followed.text, CROWD_GROUPS, MESSAGES);
    raw_open(&raw, followed.text, false);
    raw_run(&raw, "INSERT INTO cruddur_messages (pk, sk) VALUES ('STORE#WATCH', 'STORE')");
    raw_close(&raw);
    append_context without = {.dm = open_store(plain.text, "?synchronous=normal")};
    append_context with = {.dm = open_store(followed.text, "?synchronous=normal")};
    contender contenders[] = {
        {.name = "library", .run = append_by_library, .context = &without},
        {.name = "library, changes are followed", .run = append_by_library, .context = &with},
    };
    static const size_t base[] = {0, 0};
    measure_processor_time();
    run_rounds(contenders, 2, ROUNDS, APPENDS_PER_ROUND);
    measure_real_time();
    print_contenders(contenders, base, 2, ROUNDS);
    cruddur_close(without.dm);
    cruddur_close(with.dm);
}

static void compare_threads(const char *folder, const char *store, raw_store *raw)
{
    static const unsigned all[] = {1, 2, 4, 8, 16, 32};
    static const unsigned few[] = {1, 16};
    double ratio;
    print_heading("Durable appends by several threads, in 1,024 conversations");
    ratio = compare_with_raw(folder, store, raw, all, sizeof(all) / sizeof(all[0]));
    at_least("durable append, 16 threads", 0.9, ratio, "x raw");
    print_heading("The same in 16 conversations");
    ratio = compare_crowds(folder, store, few, sizeof(few) / sizeof(few[0]), 16);
    at_least("durable append, 16 threads, 16 conversations", 2.5, ratio, "x one");
    print_heading("The same in 1,024 conversations on a disk that syncs 1 ms slower (simulated)");
    slow_disk_begin(SLOWER_US);
    ratio = compare_crowds(folder, store, few, sizeof(few) / sizeof(few[0]), CROWD_GROUPS);
    slow_disk_end();
    at_least("durable append, 16 threads, slower disk (simulated)", 2.5, ratio, "x one");
}

void bench_append(const char *folder)
{
    const bench_path paths[STORES] = {path_in(folder, "library.db"), path_in(folder, "raw.db"),
                                      path_in(folder, "raw-batches.db")};
    for (size_t i = 0; i < STORES; i++) {
        fill_groups(paths[i].text, CROWD_GROUPS, MESSAGES);
    }
    print_heading("An append to a group of two, one thread, synchronous=full");
    compare_appends(paths, true);
    print_heading("The same with synchronous=normal: without the wait for the disk");
    compare_appends(paths, false);
    print_heading("The same with an entry in the sequence of changes, processor time");
    compare_followed(folder);
}

void bench_threads(const char *folder)
{
    raw_store raw;
    const bench_path path = path_in(folder, "threads.db");
    const bench_path raw_path = path_in(folder, "threads-raw.db");
    fill_groups(path.text, CROWD_GROUPS, MESSAGES);
    fill_groups(raw_path.text, CROWD_GROUPS, MESSAGES);
    raw_open(&raw, raw_path.text, true);
    compare_threads(folder, "threads.db", &raw);
    raw_close(&raw);
}
