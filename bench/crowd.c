/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "disk.h"
#include "measure.h"

#define THREADS_MAX 32u
#define CROWDS_MAX 8u
#define ROUNDS 11
#define SYNCS 20u
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

static void print_crowd(unsigned threads, spread rate, spread ratio)
{
    (void)printf("  %7u %10.0f  (%6.0f to %6.0f) %7.2f  (%.2f to %.2f)\n", threads, rate.median,
                 rate.low, rate.high, ratio.median, ratio.low, ratio.high);
    (void)fflush(stdout);
}

double compare_crowds(const char *folder, const char *store, const unsigned *threads, size_t n,
                      uint64_t groups)
{
    double rates[CROWDS_MAX][ROUNDS];
    double ratios[CROWDS_MAX][ROUNDS];
    double of_16 = 0;
    double syncs_us[ROUNDS * SYNCS];
    const size_t syncs = sizeof(syncs_us) / sizeof(syncs_us[0]);
    bench_path path = path_in(folder, store);
    cruddur *dm = open_store(path.text, "");
    FILE *disk = disk_open(folder);
    must(n <= CROWDS_MAX, "there is room for the crowds");
    for (size_t round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < n; i++) {
            rates[i][round] = rate_of_crowd(dm, threads[i], groups);
            ratios[i][round] = rates[i][round] / rates[0][round];
        }
        disk_sync(disk, syncs_us + round * SYNCS, SYNCS);
    }
    (void)printf("  %7s %10s  %-18s %7s  %s\n", "threads", "appends/s", "(middle half)", "x one",
                 "(middle half)");
    for (size_t i = 0; i < n; i++) {
        spread ratio = spread_of(ratios[i], ROUNDS);
        print_crowd(threads[i], spread_of(rates[i], ROUNDS), ratio);
        of_16 = threads[i] == 16 ? ratio.median : of_16;
    }
    print_spread("the disk itself meanwhile: write and fdatasync", spread_of(syncs_us, syncs),
                 "us");
    disk_close(disk, folder);
    cruddur_close(dm);
    return of_16;
}
