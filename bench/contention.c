/* SPDX-License-Identifier: MIT */
/* Many writers of one group at once: how many requests an append takes, and how long the slowest
 * takes.
 *
 *     bench-contention NAME STORE PROCESSES THREADS APPENDS
 *
 * Prints one line of the table in docs/performance.md. Each process has a handle of its own, used
 * by THREADS threads, and each thread appends APPENDS messages without a pause. Exits with 1 if an
 * append failed. */
#include <cruddur/cruddur.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#define TIMEOUT_MS 60000

/* One append. */
typedef struct result {
    double us;
    unsigned requests;
    cruddur_status status;
} result;

/* What the processes share. */
typedef struct arena {
    pthread_barrier_t start;
    double ended_us[1024]; /* of each writer */
    result results[];
} arena;

typedef struct writer {
    pthread_t thread;
    cruddur *dm;
    unsigned number; /* among all writers */
} writer;

static const char *store;
static unsigned processes, threads, appends;
static arena *shared;

static const char group[] = "10000000-0000-4000-8000-000000000001";
static const cruddur_user ann = {sizeof(ann), "a0000000-0000-4000-8000-00000000000a", "Ann", "ann"};
static const cruddur_user bob = {sizeof(bob), "b0000000-0000-4000-8000-00000000000b", "Bob", "bob"};

/* Of the append that this thread makes. */
static _Thread_local result *current;

static void note_cost(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    if (current != NULL) {
        *current = (result){(double)metrics->duration_us, metrics->requests, metrics->status};
    }
}

static cruddur *open_store(void)
{
    cruddur *dm = NULL;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = TIMEOUT_MS;
    options.metrics = note_cost;
    must(cruddur_open(store, &options, &dm, NULL) == CRUDDUR_OK, "the store opens");
    return dm;
}

static void *append_all(void *argument)
{
    const writer *self = argument;
    (void)pthread_barrier_wait(&shared->start);
    for (unsigned i = 0; i < appends; i++) {
        current = &shared->results[self->number * appends + i];
        cruddur_status status = cruddur_msg_append(self->dm, self->number % 2 == 0 ? &ann : &bob,
                                                   group, "hello", NULL, NULL, NULL);
        (void)status; /* note_cost() has it */
    }
    shared->ended_us[self->number] = now_us();
    return NULL;
}

static void run_process(unsigned number)
{
    cruddur *dm = open_store();
    writer *writers = calloc(threads, sizeof(*writers));
    must(writers != NULL, "there is memory");
    for (unsigned i = 0; i < threads; i++) {
        writers[i] = (writer){.dm = dm, .number = number * threads + i};
        must(pthread_create(&writers[i].thread, NULL, append_all, &writers[i]) == 0,
             "a thread starts");
    }
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(writers[i].thread, NULL);
    }
    free(writers);
    cruddur_close(dm);
}

static void share(void)
{
    pthread_barrierattr_t attributes;
    size_t size = sizeof(*shared) + (size_t)processes * threads * appends * sizeof(result);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(memory != MAP_FAILED, "there is memory");
    shared = memory;
    must(pthread_barrierattr_init(&attributes) == 0 &&
             pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
             pthread_barrier_init(&shared->start, &attributes, processes * threads + 1) == 0,
         "there is a barrier");
}

/* Another process makes the group: this one must not have an open store when it forks. */
static void make_group(void)
{
    pid_t child = fork();
    if (child == 0) {
        cruddur *dm = open_store();
        cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
        cruddur_schema_options schema = CRUDDUR_SCHEMA_OPTIONS_INIT;
        options.group_uuid = group;
        schema.flags = CRUDDUR_SCHEMA_NO_STREAM; /* nothing reads it, and dynalite has none */
        must(cruddur_schema_load(dm, &schema, NULL) == CRUDDUR_OK &&
                 cruddur_group_create(dm, &ann, &bob, 1, "first", &options, NULL, NULL) ==
                     CRUDDUR_OK,
             "the group opens");
        cruddur_close(dm);
        _exit(0);
    }
    int status = 1;
    must(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the group is made");
}

static double run_all(void)
{
    for (unsigned i = 0; i < processes; i++) {
        pid_t child = fork();
        must(child >= 0, "a process starts");
        if (child == 0) {
            run_process(i);
            _exit(0);
        }
    }
    (void)pthread_barrier_wait(&shared->start);
    double began_us = now_us();
    double ended_us = began_us;
    for (int status; wait(&status) > 0;) {
        must(status == 0, "a process ends well");
    }
    for (unsigned i = 0; i < processes * threads; i++) {
        ended_us = shared->ended_us[i] > ended_us ? shared->ended_us[i] : ended_us;
    }
    return ended_us - began_us;
}

static unsigned number_of(const char *text)
{
    unsigned long number = strtoul(text, NULL, 10);
    must(number > 0 && number <= 1000, "numbers are 1 to 1000");
    return (unsigned)number;
}

int main(int argc, char **argv)
{
    must(argc == 6, "usage: bench-contention NAME STORE PROCESSES THREADS APPENDS");
    store = argv[2];
    processes = number_of(argv[3]);
    threads = number_of(argv[4]);
    appends = number_of(argv[5]);
    must(processes * threads <= sizeof(shared->ended_us) / sizeof(shared->ended_us[0]),
         "there are at most 1,024 writers");
    share();
    make_group();
    double took_us = run_all();
    size_t count = (size_t)processes * threads * appends;
    size_t requests = 0;
    size_t failed = 0;
    double *us = calloc(count, sizeof(*us));
    must(us != NULL, "there is memory");
    for (size_t i = 0; i < count; i++) {
        requests += shared->results[i].requests;
        failed += shared->results[i].status == CRUDDUR_OK ? 0 : 1;
        us[i] = shared->results[i].us;
    }
    spread durations = spread_of(us, count);
    (void)printf("| %s | %u × %u | %zu | %.1f | %.0f ms | %.0f ms | %.1f | %zu |\n", argv[1],
                 processes, threads, count, (double)requests / (double)count,
                 durations.median / 1000, us[count - 1] / 1000, (double)count / took_us * 1000000,
                 failed);
    free(us);
    return failed == 0 ? 0 : 1;
}
