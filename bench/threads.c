/* SPDX-License-Identifier: MIT */
/* Threads of one handle that append at the same time: to one group, and each to a group of its own,
 * on a service whose answers come later.
 *
 *     bench-threads SERVICE_PORT DELAY_US MODE
 *
 * Prints one line for each run, for bench/waves.py: what, threads, appends, requests an append,
 * appends a second, the median and the slowest call in ms, what one wave takes in ms, and how many
 * appends failed. A wave is that of one thread: the time of its calls, divided by how often they
 * waited for the service. Exits with 1 if an append failed. */
#include <cruddur/cruddur.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "data.h"
#include "delay.h"
#include "measure.h"

#define TIMEOUT_MS 60000
#define URL_SIZE 200
#define THREADS_MAX 16
#define MEMBERS_OF_ONE THREADS_MAX /* every author is a member of the one group */
#define MEMBERS_OF_OWN 3
#define WARM_UP 2
#define CALLS_MAX 48 /* of one thread; several make as many together, but each some */
#define CALLS_MIN 10

typedef struct plan {
    const char *what;
    unsigned threads;
    bool has_own_groups;
    bool has_own_uuids; /* the caller gives the messages' */
} plan;

static const plan plans[] = {
    {"one group", 1, false, false},           {"one group", 4, false, false},
    {"one group", 16, false, false},          {"one group, the caller's uuid", 16, false, true},
    {"groups of their own", 1, true, false},  {"groups of their own", 4, true, false},
    {"groups of their own", 16, true, false},
};

typedef struct writer {
    pthread_t thread;
    cruddur *dm;
    const plan *plan;
    unsigned number, calls;
    unsigned waves;
    size_t failed;
    double us[CALLS_MAX];
    double ended_us;
} writer;

static char url[URL_SIZE];
static pthread_barrier_t warm, start; /* the threads and the one that counts meet there */
static _Thread_local unsigned waves_of_last;

static id one_group, own_group[THREADS_MAX];

static void note_waves(void *data, const cruddur_metrics *metrics)
{
    (void)data;
    waves_of_last = metrics->waves;
}

static cruddur *open_service(void)
{
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = TIMEOUT_MS;
    options.metrics = note_waves;
    need(cruddur_open(url, &options, &dm, &error), &error);
    return dm;
}

static const char *group_of(const writer *self)
{
    return self->plan->has_own_groups ? own_group[self->number].text : one_group.text;
}

static bool append_one(const writer *self)
{
    id author = id_of(ID_USER, self->number);
    char message[CRUDDUR_UUID_SIZE];
    cruddur_user user = CRUDDUR_USER_INIT;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    user.uuid = author.text;
    user.display_name = "Somebody";
    user.handle = "somebody";
    if (self->plan->has_own_uuids) {
        must(cruddur_uuid_v4(message, NULL) == CRUDDUR_OK, "a uuid");
        options.message_uuid = message;
    }
    return cruddur_msg_append(self->dm, &user, group_of(self), text_of(self->number).text, &options,
                              NULL, NULL) == CRUDDUR_OK;
}

/* The first calls make connections, and do not count. */
static void *append_all(void *argument)
{
    writer *self = argument;
    for (unsigned i = 0; i < WARM_UP; i++) {
        self->failed += append_one(self) ? 0 : 1;
    }
    (void)pthread_barrier_wait(&warm);
    (void)pthread_barrier_wait(&start);
    for (unsigned i = 0; i < self->calls; i++) {
        double began_us = now_us();
        self->failed += append_one(self) ? 0 : 1;
        self->ended_us = now_us();
        self->us[i] = self->ended_us - began_us;
        self->waves += waves_of_last;
    }
    return NULL;
}

/* ---- what a run comes to ---- */

static double ms_of_wave; /* of the one thread that ran before */

static size_t report(const plan *run, const writer *writers, double took_us, unsigned long requests)
{
    double us[THREADS_MAX * CALLS_MAX];
    double total_us = 0;
    size_t count = 0;
    size_t failed = 0;
    for (unsigned i = 0; i < run->threads; i++) {
        failed += writers[i].failed;
        for (unsigned j = 0; j < writers[i].calls; j++) {
            total_us += writers[i].us[j];
            us[count++] = writers[i].us[j];
        }
    }
    if (run->threads == 1) {
        must(writers[0].waves > 0, "calls wait for the service");
        ms_of_wave = total_us / 1000 / writers[0].waves;
    }
    spread calls = spread_of(us, count);
    (void)printf("%s\t%u\t%zu\t%.2f\t%.1f\t%.1f\t%.1f\t%.2f\t%zu\n", run->what, run->threads, count,
                 (double)requests / (double)count, (double)count / took_us * 1e6,
                 calls.median / 1000, us[count - 1] / 1000, ms_of_wave, failed);
    (void)fflush(stdout);
    return failed;
}

/* A handle of its own, so that no run begins with what another one remembers. */
static size_t carry_out(const plan *run)
{
    static writer writers[THREADS_MAX];
    cruddur *dm = open_service();
    unsigned calls = CALLS_MAX / run->threads > CALLS_MIN ? CALLS_MAX / run->threads : CALLS_MIN;
    must(pthread_barrier_init(&warm, NULL, run->threads + 1) == 0 &&
             pthread_barrier_init(&start, NULL, run->threads + 1) == 0,
         "barriers");
    for (unsigned i = 0; i < run->threads; i++) {
        writers[i] = (writer){.dm = dm, .plan = run, .number = i, .calls = calls};
        must(pthread_create(&writers[i].thread, NULL, append_all, &writers[i]) == 0,
             "a thread starts");
    }
    (void)pthread_barrier_wait(&warm);
    unsigned long requests = delay_requests();
    double began_us = now_us();
    (void)pthread_barrier_wait(&start);
    double ended_us = began_us;
    for (unsigned i = 0; i < run->threads; i++) {
        (void)pthread_join(writers[i].thread, NULL);
        ended_us = writers[i].ended_us > ended_us ? writers[i].ended_us : ended_us;
    }
    requests = delay_requests() - requests;
    (void)pthread_barrier_destroy(&warm);
    (void)pthread_barrier_destroy(&start);
    cruddur_close(dm);
    return report(run, writers, ended_us - began_us, requests);
}

/* ---- the groups ---- */

static void make_group(cruddur *dm, id *group, unsigned first, unsigned members)
{
    id uuid[THREADS_MAX];
    cruddur_user user[THREADS_MAX];
    cruddur_error *error = NULL;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    for (unsigned i = 0; i < members; i++) {
        uuid[i] = id_of(ID_USER, first + i);
        user[i] = (cruddur_user)CRUDDUR_USER_INIT;
        user[i].uuid = uuid[i].text;
        user[i].display_name = "Somebody";
        user[i].handle = "somebody";
    }
    options.group_uuid = group->text;
    need(cruddur_group_create(dm, &user[0], &user[1], members - 1, "first", &options, NULL, &error),
         &error);
}

static void make_groups(void)
{
    cruddur *dm = open_service();
    cruddur_error *error = NULL;
    cruddur_schema_options schema = CRUDDUR_SCHEMA_OPTIONS_INIT;
    need(cruddur_schema_load(dm, &schema, &error), &error);
    one_group = id_of(ID_GROUP, 0);
    make_group(dm, &one_group, 0, MEMBERS_OF_ONE);
    for (unsigned i = 0; i < THREADS_MAX; i++) {
        own_group[i] = id_of(ID_GROUP, 1 + i);
        make_group(dm, &own_group[i], i, MEMBERS_OF_OWN);
    }
    cruddur_close(dm);
}

static unsigned number_of(const char *text)
{
    unsigned long number = strtoul(text, NULL, 10);
    must(number > 0 && number <= 1000000, "numbers are 1 to 1,000,000");
    return (unsigned)number;
}

int main(int argc, char **argv)
{
    size_t failed = 0;
    must(argc == 4, "usage: bench-threads SERVICE_PORT DELAY_US MODE");
    unsigned port = delay_start(number_of(argv[1]), number_of(argv[2]));
    int size = snprintf(url, sizeof(url), "dynamodb:threads?endpoint=http://127.0.0.1:%u&mode=%s",
                        port, argv[3]);
    must(size > 0 && (size_t)size < sizeof(url), "the mode is short");
    make_groups();
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        failed += carry_out(&plans[i]);
    }
    return failed == 0 ? 0 : 1;
}
