/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "disk.h"
#include "measure.h"

#define THREADS_MAX 32u
#define CROWDS_MAX 8u
#define ROUNDS 11
#define SYNCS 20u
#define RAW_BATCH 64u
#define ROUND_NS 400000000L

typedef struct crowd {
    cruddur *dm;
    uint64_t groups_each;
    atomic_bool is_over;
    pthread_barrier_t start;
} crowd;

typedef struct writer {
    crowd *of;
    unsigned index;
    uint64_t appended;
    pthread_t thread;
} writer;

void append_one(cruddur *dm, uint64_t group, uint64_t number)
{
    id group_uuid = id_of(ID_GROUP, group);
    id author_uuid = member_of(group, number % 2);
    bench_text text = text_of(number);
    cruddur_user author = CRUDDUR_USER_INIT;
    cruddur_msg *msg = NULL;
    cruddur_error *error = NULL;
    author.uuid = author_uuid.text;
    need(cruddur_msg_append(dm, &author, group_uuid.text, text.text, NULL, &msg, &error), &error);
    cruddur_msg_free(msg);
}

void append_one_raw(raw_store *raw, uint64_t group, uint64_t number)
{
    static uint64_t messages = UINT64_C(1) << 32; /* beyond those that the store was filled with */
    id group_uuid = id_of(ID_GROUP, group);
    id author = member_of(group, number % 2);
    id message = id_of(ID_MESSAGE, messages++);
    bench_text text = text_of(number);
    raw_append(raw, author.text, group_uuid.text, message.text, text.text);
}

static void *write_along(void *argument)
{
    writer *self = argument;
    uint64_t groups = self->of->groups_each;
    (void)pthread_barrier_wait(&self->of->start);
    while (!atomic_load(&self->of->is_over)) {
        uint64_t group = self->index * groups + self->appended % groups;
        append_one(self->of->dm, group, self->appended / groups);
        self->appended++;
    }
    return NULL;
}

/* How many appends a second that many threads get done. */
static double rate_of_crowd(cruddur *dm, unsigned threads, uint64_t groups)
{
    static const struct timespec round = {0, ROUND_NS};
    crowd all = {.dm = dm, .groups_each = groups / threads};
    writer writers[THREADS_MAX];
    double appended = 0;
    must(threads <= THREADS_MAX, "there is room for the threads");
    atomic_init(&all.is_over, false);
    must(pthread_barrier_init(&all.start, NULL, threads + 1) == 0, "a barrier");
    for (unsigned i = 0; i < threads; i++) {
        writers[i] = (writer){.of = &all, .index = i};
        must(pthread_create(&writers[i].thread, NULL, write_along, &writers[i]) == 0, "a thread");
    }
    (void)pthread_barrier_wait(&all.start);
    double started_us = now_us();
    (void)nanosleep(&round, NULL);
    atomic_store(&all.is_over, true);
    for (unsigned i = 0; i < threads; i++) {
        must(pthread_join(writers[i].thread, NULL) == 0, "the end of a thread");
        appended += (double)writers[i].appended;
    }
    double ended_us = now_us();
    (void)pthread_barrier_destroy(&all.start);
    return appended / (ended_us - started_us) * 1e6;
}

/* The same of one thread of SQLite itself. */
static double rate_of_raw(raw_store *raw)
{
    static uint64_t appended;
    uint64_t before = appended;
    double started_us = now_us();
    double ended_us;
    do {
        raw_step(raw, RAW_BEGIN_IMMEDIATE);
        for (unsigned i = 0; i < RAW_BATCH; i++) {
            append_one_raw(raw, appended % CROWD_GROUPS, appended / CROWD_GROUPS);
            appended++;
        }
        raw_step(raw, RAW_COMMIT);
        ended_us = now_us();
    } while (ended_us - started_us < (double)ROUND_NS / 1e3);
    return (double)(appended - before) / (ended_us - started_us) * 1e6;
}

static void print_crowd(const char *threads, spread rate, spread ratio)
{
    (void)printf("  %7s %10.0f  (%6.0f to %6.0f) %7.2f  (%.2f to %.2f)\n", threads, rate.median,
                 rate.low, rate.high, ratio.median, ratio.low, ratio.high);
    (void)fflush(stdout);
}

typedef struct comparison {
    cruddur *dm;
    raw_store *raw; /* NULL: none */
    uint64_t groups;
    const unsigned *threads;
    size_t n;
    double rates[CROWDS_MAX][ROUNDS];
    double raw_rates[ROUNDS];
    double syncs_us[ROUNDS * SYNCS];
} comparison;

static void run_crowds(comparison *all, const char *folder)
{
    FILE *disk = disk_open(folder);
    must(all->n <= CROWDS_MAX, "there is room for the crowds");
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < all->n; i++) {
            all->rates[i][round] = rate_of_crowd(all->dm, all->threads[i], all->groups);
        }
        if (all->raw != NULL) {
            all->raw_rates[round] = rate_of_raw(all->raw);
        }
        disk_sync(disk, all->syncs_us + round * SYNCS, SYNCS);
    }
    disk_close(disk, folder);
}

static spread ratio_to(const double *rates, const double *base)
{
    double ratios[ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        ratios[round] = rates[round] / base[round];
    }
    return spread_of(ratios, ROUNDS);
}

/* Prints all; returns the ratio of the crowd of 16 to the one thread, or to SQLite itself. */
static double print_crowds(comparison *all)
{
    double of_16 = 0;
    (void)printf("  %7s %10s  %-18s %7s  %s\n", "threads", "appends/s", "(middle half)", "x one",
                 "(middle half)");
    for (size_t i = 0; i < all->n; i++) {
        char threads[16];
        double sorted[ROUNDS];
        const double *base = all->raw == NULL ? all->rates[0] : all->raw_rates;
        (void)snprintf(threads, sizeof(threads), "%u", all->threads[i]);
        memcpy(sorted, all->rates[i], sizeof(sorted));
        print_crowd(threads, spread_of(sorted, ROUNDS), ratio_to(all->rates[i], all->rates[0]));
        of_16 = all->threads[i] == 16 ? ratio_to(all->rates[i], base).median : of_16;
    }
    if (all->raw != NULL) {
        spread to_one = ratio_to(all->raw_rates, all->rates[0]);
        print_crowd("SQLite", spread_of(all->raw_rates, ROUNDS), to_one);
    }
    print_spread("the disk itself meanwhile: write and fdatasync",
                 spread_of(all->syncs_us, ROUNDS * SYNCS), "us");
    return of_16;
}

static double compare(comparison *all, const char *folder, const char *store)
{
    bench_path path = path_in(folder, store);
    all->dm = open_store(path.text, "");
    run_crowds(all, folder);
    cruddur_close(all->dm);
    return print_crowds(all);
}

double compare_crowds(const char *folder, const char *store, const unsigned *threads, size_t n,
                      uint64_t groups)
{
    static comparison all;
    all = (comparison){.groups = groups, .threads = threads, .n = n};
    return compare(&all, folder, store);
}

double compare_with_raw(const char *folder, const char *store, raw_store *raw,
                        const unsigned *threads, size_t n)
{
    static comparison all;
    all = (comparison){.raw = raw, .groups = CROWD_GROUPS, .threads = threads, .n = n};
    double ratio = compare(&all, folder, store);
    (void)printf("  SQLite: one thread, %u appends with one commit\n", RAW_BATCH);
    return ratio;
}
