/* SPDX-License-Identifier: MIT */
/* Calls that return at once, of one caller's thread, against threads that block, on a service that
 * answers after 5 ms.
 *
 *     bench-live SERVER_PROGRAM
 *
 * Rates and processor times are compared within a round; the median of the rounds counts. */
#include <cruddur/cruddur.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "canned.h"
#include "child.h"
#include "measure.h"

#define DELAY_US "5000"
#define URL_SIZE 300
#define ROUNDS 5
#define THREADS_MAX 256
#define HELD_REQUESTS 10000

static char store[URL_SIZE];
static id group, viewer;

/* What a way to make many calls comes to. */
typedef struct outcome {
    double rate;   /* calls a second */
    double cpu_us; /* of this process, for one call */
} outcome;

static double cpu_now_us(void)
{
    struct rusage use;
    must(getrusage(RUSAGE_SELF, &use) == 0, "the system tells the processor time");
    return 1e6 * (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

typedef struct timing {
    double began_us, began_cpu_us;
} timing;

static timing begin_timing(void)
{
    return (timing){now_us(), cpu_now_us()};
}

static outcome end_timing(timing began, size_t count)
{
    return (outcome){1e6 * (double)count / (now_us() - began.began_us),
                     (cpu_now_us() - began.began_cpu_us) / (double)count};
}

static cruddur *open_service(void)
{
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = 120000;
    need(cruddur_open(store, &options, &dm, &error), &error);
    return dm;
}

/* ---- blocking threads ---- */

typedef struct blocking {
    cruddur *dm;
    atomic_long left;
} blocking;

static void *call_all(void *argument)
{
    blocking *work = argument;
    cruddur_msg_page *page;
    cruddur_error *error = NULL;
    while (atomic_fetch_sub(&work->left, 1) > 0) {
        need(cruddur_msg_list(work->dm, viewer.text, group.text, NULL, &page, &error), &error);
        cruddur_msg_page_free(page);
    }
    return NULL;
}

static void run_blocking(cruddur *dm, unsigned threads, size_t count)
{
    pthread_t thread[THREADS_MAX];
    blocking work = {dm, (long)count};
    for (unsigned i = 0; i < threads; i++) {
        must(pthread_create(&thread[i], NULL, call_all, &work) == 0, "a thread starts");
    }
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(thread[i], NULL);
    }
}

/* After calls that open the connections. */
static outcome measure_blocking(unsigned threads, size_t count)
{
    cruddur *dm = open_service();
    run_blocking(dm, threads, (size_t)threads * 4);
    timing began = begin_timing();
    run_blocking(dm, threads, count);
    outcome result = end_timing(began, count);
    cruddur_close(dm);
    return result;
}

/* ---- submissions ---- */

static void submit_one(cruddur *dm)
{
    cruddur_error *error = NULL;
    need(cruddur_msg_list_submit(dm, viewer.text, group.text, NULL, NULL, NULL, &error), &error);
}

static void receive_one(cruddur *dm)
{
    cruddur_completion *completion = NULL;
    cruddur_error *error = NULL;
    need(cruddur_completion_next(dm, CRUDDUR_WAIT_FOREVER, &completion, &error), &error);
    must(cruddur_completion_status(completion) == CRUDDUR_OK, "a submitted call succeeds");
    cruddur_completion_free(completion);
}

/* So many are in flight until the last ones have been submitted. */
static void run_submitted(cruddur *dm, size_t in_flight, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i >= in_flight) {
            receive_one(dm);
        }
        submit_one(dm);
    }
    for (size_t i = 0; i < in_flight && i < count; i++) {
        receive_one(dm);
    }
}

static outcome measure_submitted(unsigned threads, size_t in_flight, size_t count)
{
    cruddur *dm = open_service();
    cruddur_error *error = NULL;
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    options.threads = threads;
    need(cruddur_async_start(dm, &options, &error), &error);
    run_submitted(dm, (size_t)threads * 4, (size_t)threads * 4);
    timing began = begin_timing();
    run_submitted(dm, in_flight, count);
    outcome result = end_timing(began, count);
    cruddur_close(dm);
    return result;
}

/* ---- memory ---- */

static sem_t began_to_hold, gate;

static bool hold(void *data, const cruddur_check_event *event)
{
    (void)data;
    (void)event;
    (void)sem_post(&began_to_hold);
    (void)sem_wait(&gate);
    return true;
}

static size_t heap_now(void)
{
    struct mallinfo2 use = mallinfo2();
    return use.uordblks + use.hblkhd;
}

/* Of sends that wait behind a call that keeps the only thread. */
static double memory_of_request(void)
{
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    cruddur_check_options held = CRUDDUR_CHECK_OPTIONS_INIT;
    id author = canned_member(CANNED_AUTHOR);
    const cruddur_user user = {sizeof(user), author.text, "Andrew Brown", "andrewbrown"};
    must(sem_init(&began_to_hold, 0, 0) == 0 && sem_init(&gate, 0, 0) == 0, "there is a semaphore");
    need(cruddur_open("sqlite::memory:", NULL, &dm, &error), &error);
    options.threads = 1;
    need(cruddur_async_start(dm, &options, &error), &error);
    held.observe = hold;
    need(cruddur_check_submit(dm, &held, NULL, NULL, &error), &error);
    (void)sem_wait(&began_to_hold);
    size_t before = heap_now();
    for (uint64_t i = 0; i < HELD_REQUESTS; i++) {
        bench_text text = text_of(i);
        need(cruddur_msg_append_submit(dm, &user, group.text, text.text, NULL, NULL, NULL, &error),
             &error);
    }
    double each = (double)(heap_now() - before) / HELD_REQUESTS;
    need(cruddur_shutdown(dm, CRUDDUR_SHUTDOWN_CANCEL, 0, NULL) == CRUDDUR_E_TIMEOUT
             ? CRUDDUR_OK
             : CRUDDUR_E_INTERNAL,
         &error);
    (void)sem_post(&gate);
    cruddur_close(dm);
    return each;
}

/* ---- the comparison ---- */

static void print_outcome(const char *name, unsigned threads, outcome result)
{
    (void)printf("| %s | %u | %.0f | %.0f |\n", name, threads, result.rate, result.cpu_us);
    (void)fflush(stdout);
}

/* The number of threads that makes the most calls. */
static unsigned find_best(void)
{
    static const unsigned tried[] = {8, 16, 32, 64, 128};
    unsigned best = 0;
    double best_rate = 0;
    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
        outcome result = measure_blocking(tried[i], 4000);
        print_outcome("blocking", tried[i], result);
        if (result.rate > best_rate) {
            best = tried[i];
            best_rate = result.rate;
        }
    }
    return best;
}

typedef struct ratios {
    double rate_1k[ROUNDS], rate_10k[ROUNDS], cpu_1k[ROUNDS], cpu_10k[ROUNDS];
} ratios;

static void run_round(unsigned threads, size_t round, ratios *all)
{
    outcome one = measure_blocking(1, 400);
    outcome blocked = measure_blocking(threads, 8000);
    outcome some = measure_submitted(threads, 1000, 8000);
    outcome many = measure_submitted(threads, 10000, 16000);
    print_outcome("one blocking call after the other", 1, one);
    print_outcome("blocking", threads, blocked);
    print_outcome("submitted, 1,000 in flight", threads, some);
    print_outcome("submitted, 10,000 in flight", threads, many);
    all->rate_1k[round] = some.rate / blocked.rate;
    all->rate_10k[round] = many.rate / blocked.rate;
    all->cpu_1k[round] = some.cpu_us / blocked.cpu_us;
    all->cpu_10k[round] = many.cpu_us / blocked.cpu_us;
}

static void begin(const char *server, child *service)
{
    const char *const arguments[] = {server, DELAY_US, NULL};
    char url[128];
    *service = child_start(arguments);
    child_talk(service, NULL, url, sizeof(url));
    int size = snprintf(store, sizeof(store),
                        "dynamodb:cruddur-messages?region=eu-central-1&endpoint=%s", url);
    must(size > 0 && (size_t)size < sizeof(store), "the URL fits");
    group = canned_group();
    viewer = canned_member(CANNED_AUTHOR);
}

int main(int argc, char **argv)
{
    child service;
    ratios all;
    must(argc == 2, "say which server");
    begin(argv[1], &service);
    print_heading("Pages of 20 messages, each request answered after 5 ms");
    (void)puts("| | threads | calls a second | processor time of a call, us |\n|---|---|---|---|");
    unsigned best = find_best();
    for (size_t round = 0; round < ROUNDS; round++) {
        run_round(best, round, &all);
    }
    child_end(&service);
    at_least("rate of 1,000 in flight to that of blocking threads", 0.95,
             spread_of(all.rate_1k, ROUNDS).median, "");
    at_least("rate of 10,000 in flight to that of blocking threads", 0.95,
             spread_of(all.rate_10k, ROUNDS).median, "");
    at_most("processor time with 1,000 in flight to that of blocking threads", 1.3,
            spread_of(all.cpu_1k, ROUNDS).median, "");
    at_most("processor time with 10,000 in flight to that of blocking threads", 1.3,
            spread_of(all.cpu_10k, ROUNDS).median, "");
    at_most("memory of a request in flight", 4096, memory_of_request(), "bytes");
    print_targets();
    return EXIT_SUCCESS;
}
