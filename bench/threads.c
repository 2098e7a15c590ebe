/* SPDX-License-Identifier: MIT */
/* Threads of one handle that append at the same time: to one group, and each to a group of its own;
 * and one thread that submits as many to one group; on a service whose answers come later.
 *
 *     bench-threads SERVICE_PORT DELAY_US MODE
 *     bench-threads SERVICE_PORT DELAY_US MODE submitted
 *     bench-threads STORE_URL submitted
 *
 * Prints one line for each run, for bench/waves.py: what, threads, or requests in flight, appends,
 * requests an append, appends a second, the median and the slowest call in ms, what one wave takes
 * in ms, and how many appends failed. A wave is that of one thread: the time of its calls, divided
 * by how often they waited for the service. Exits with 1 if an append failed. */
#include <cruddur/cruddur.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "delay.h"
#include "measure.h"

#define TIMEOUT_MS 60000
#define URL_SIZE 200
#define THREADS_MAX 16
#define FLIGHT_MAX 100
#define MEMBERS_OF_ONE THREADS_MAX /* every author is a member of the one group */
#define MEMBERS_OF_OWN 3
#define WARM_UP 2
#define CALLS_MAX 48 /* of one thread; several make as many together, but each some */
#define CALLS_MIN 10

typedef struct plan {
    const char *what;
    unsigned threads; /* or requests in flight, of one thread */
    bool has_own_groups;
    bool has_own_uuids; /* the caller gives the messages' */
    bool is_submitted;
} plan;

static const plan plans[] = {
    {.what = "one group", .threads = 1},
    {.what = "one group", .threads = 4},
    {.what = "one group", .threads = 16},
    {.what = "one group, the caller's uuid", .threads = 16, .has_own_uuids = true},
    {.what = "groups of their own", .threads = 1, .has_own_groups = true},
    {.what = "groups of their own", .threads = 4, .has_own_groups = true},
    {.what = "groups of their own", .threads = 16, .has_own_groups = true},
};

static const plan submitted_plans[] = {
    {.what = "blocking, one after the other", .threads = 1},
    {.what = "blocking threads", .threads = 16},
    {.what = "submitted", .threads = 4, .is_submitted = true},
    {.what = "submitted", .threads = 16, .is_submitted = true},
    {.what = "submitted, the caller's uuid",
     .threads = 16,
     .has_own_uuids = true,
     .is_submitted = true},
    {.what = "submitted", .threads = 100, .is_submitted = true},
};

typedef struct writer {
    pthread_t thread;
    cruddur *dm;
    const plan *plan;
    unsigned number, calls;
    unsigned made;
    double began_us; /* of one that was submitted */
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

/* What a writer sends next. */
typedef struct sending {
    id author;
    char message[CRUDDUR_UUID_SIZE];
    cruddur_user user;
    cruddur_append_options options;
} sending;

static void fill_sending(const writer *self, sending *made)
{
    made->author = id_of(ID_USER, self->number % MEMBERS_OF_ONE);
    made->user = (cruddur_user)CRUDDUR_USER_INIT;
    made->options = (cruddur_append_options)CRUDDUR_APPEND_OPTIONS_INIT;
    made->user.uuid = made->author.text;
    made->user.display_name = "Somebody";
    made->user.handle = "somebody";
    if (self->plan->has_own_uuids) {
        must(cruddur_uuid_v4(made->message, NULL) == CRUDDUR_OK, "a uuid");
        made->options.message_uuid = made->message;
    }
}

static bool append_one(const writer *self)
{
    sending next;
    fill_sending(self, &next);
    return cruddur_msg_append(self->dm, &next.user, group_of(self), text_of(self->number).text,
                              &next.options, NULL, NULL) == CRUDDUR_OK;
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
    static double us[FLIGHT_MAX * CALLS_MAX];
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
    if (run->threads == 1) { /* a call on SQLite has no waves, and counts as one */
        ms_of_wave = total_us / 1000 / (writers[0].waves > 0 ? writers[0].waves : writers[0].calls);
    }
    spread calls = spread_of(us, count);
    (void)printf("%s\t%u\t%zu\t%.2f\t%.1f\t%.1f\t%.1f\t%.2f\t%zu\n", run->what, run->threads, count,
                 (double)requests / (double)count, (double)count / took_us * 1e6,
                 calls.median / 1000, us[count - 1] / 1000, ms_of_wave, failed);
    (void)fflush(stdout);
    return failed;
}

static unsigned calls_of(const plan *run)
{
    return CALLS_MAX / run->threads > CALLS_MIN ? CALLS_MAX / run->threads : CALLS_MIN;
}

/* A handle of its own, so that no run begins with what another one remembers. */
static size_t block(const plan *run)
{
    static writer writers[THREADS_MAX];
    cruddur *dm = open_service();
    unsigned calls = calls_of(run);
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

/* ---- one thread that submits ---- */

static void submit_next(writer *self)
{
    sending next;
    cruddur_error *error = NULL;
    cruddur_submit_options submit = CRUDDUR_SUBMIT_OPTIONS_INIT;
    submit.data = self;
    fill_sending(self, &next);
    self->began_us = now_us();
    need(cruddur_msg_append_submit(self->dm, &next.user, group_of(self), text_of(self->number).text,
                                   &next.options, &submit, NULL, &error),
         &error);
}

static writer *receive_next(cruddur *dm)
{
    cruddur_completion *completion = NULL;
    cruddur_error *error = NULL;
    need(cruddur_completion_next(dm, CRUDDUR_WAIT_FOREVER, &completion, &error), &error);
    writer *self = cruddur_completion_data(completion);
    self->failed += cruddur_completion_status(completion) == CRUDDUR_OK ? 0 : 1;
    cruddur_completion_free(completion);
    self->ended_us = now_us();
    return self;
}

/* Each writer has one in flight, and submits the next one when it has completed. */
static double submit_all(cruddur *dm, writer *writers, unsigned count, unsigned calls)
{
    double ended_us = 0;
    for (unsigned i = 0; i < count; i++) {
        writers[i].made = 0;
        submit_next(&writers[i]);
    }
    for (unsigned left = count * calls; left > 0; left--) {
        writer *self = receive_next(dm);
        self->us[self->made++] = self->ended_us - self->began_us;
        ended_us = self->ended_us;
        if (self->made < calls) {
            submit_next(self);
        }
    }
    return ended_us;
}

static size_t submit(const plan *run)
{
    static writer writers[FLIGHT_MAX];
    cruddur *dm = open_service();
    unsigned calls = calls_of(run);
    for (unsigned i = 0; i < run->threads; i++) {
        writers[i] = (writer){.dm = dm, .plan = run, .number = i, .calls = calls};
    }
    (void)submit_all(dm, writers, run->threads, WARM_UP);
    unsigned long requests = delay_requests();
    double began_us = now_us();
    double ended_us = submit_all(dm, writers, run->threads, calls);
    requests = delay_requests() - requests;
    cruddur_close(dm);
    return report(run, writers, ended_us - began_us, requests);
}

static size_t carry_out(const plan *all, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        failed += (all[i].is_submitted ? submit : block)(&all[i]);
    }
    return failed;
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

static void set_url(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void set_url(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(url, sizeof(url), format, arguments);
    va_end(arguments);
    must(size > 0 && (size_t)size < sizeof(url), "the URL is short");
}

int main(int argc, char **argv)
{
    bool is_submitted = argc > 2 && strcmp(argv[argc - 1], "submitted") == 0;
    must(argc - (is_submitted ? 1 : 0) == 4 || (is_submitted && argc == 3),
         "usage: bench-threads SERVICE_PORT DELAY_US MODE [submitted], or STORE_URL submitted");
    if (argc == 3) {
        set_url("%s", argv[1]);
    } else {
        unsigned port = delay_start(number_of(argv[1]), number_of(argv[2]));
        set_url("dynamodb:threads?endpoint=http://127.0.0.1:%u&mode=%s", port, argv[3]);
    }
    make_groups();
    size_t failed = is_submitted ? carry_out(submitted_plans,
                                             sizeof(submitted_plans) / sizeof(submitted_plans[0]))
                                 : carry_out(plans, sizeof(plans) / sizeof(plans[0]));
    return failed == 0 ? 0 : 1;
}
