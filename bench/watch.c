/* SPDX-License-Identifier: MIT */
/* Watches: how long after a commit an event comes, in one process and across processes; what idle
 * watches cost; and whether any message is missed when the watcher is killed again and again.
 *
 *   bench-watch delay URL COUNT     a writer's thread, then a writer's process
 *   bench-watch idle URL COUNT      so many watches, for ten seconds
 *   bench-watch kill URL COUNT      so many messages, and the watcher is killed 100 times
 */
#include <cruddur/cruddur.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#define KILLS 100
#define IDLE_S 10
#define PAUSE_US 2000 /* between two messages */
#define CURSOR_SIZE 256

static const cruddur_user ann = {sizeof(ann), "5ae290ed-55d1-47a0-bc6d-fe2bc2700399", "Ann", "ann"};
static const cruddur_user bob = {sizeof(bob), "ee8a1d0c-7b1f-4c41-9f0e-2b7a3c1d5e60", "Bob", "bob"};

static char group[CRUDDUR_UUID_SIZE];

static void check(cruddur_status status, cruddur_error *error, const char *what)
{
    if (status != CRUDDUR_OK) {
        (void)fprintf(stderr, "%s: %s\n", what, cruddur_error_message(error));
        exit(1);
    }
}

static cruddur *open_store(const char *url)
{
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    check(cruddur_open(url, NULL, &dm, &error), error, "open");
    check(cruddur_schema_load(dm, NULL, &error), error, "schema");
    return dm;
}

static void open_group(cruddur *dm)
{
    cruddur_group *opened = NULL;
    cruddur_error *error = NULL;
    check(cruddur_group_create(dm, &ann, &bob, 1, "hello", NULL, &opened, &error), error, "create");
    memcpy(group, cruddur_group_uuid(opened), sizeof(group));
    cruddur_group_free(opened);
}

static cruddur_watch *open_watch(cruddur *dm, bool is_inbox, const char *cursor)
{
    cruddur_watch *watch = NULL;
    cruddur_error *error = NULL;
    cruddur_watch_options options = CRUDDUR_WATCH_OPTIONS_INIT;
    options.user_uuid = is_inbox ? bob.uuid : NULL;
    options.group_uuid = is_inbox ? NULL : group;
    options.viewer_uuid = is_inbox ? NULL : bob.uuid;
    options.cursor = cursor;
    check(cruddur_watch_open(dm, &options, &watch, &error), error, "watch");
    return watch;
}

static cruddur_event *next_message(cruddur_watch *watch)
{
    for (;;) {
        cruddur_event *event = NULL;
        cruddur_error *error = NULL;
        check(cruddur_watch_next(watch, CRUDDUR_WATCH_FOREVER, &event, &error), error, "next");
        if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_MESSAGE &&
            cruddur_event_msg(event) != NULL &&
            *cruddur_msg_text(cruddur_event_msg(event)) == 'm') {
            return event;
        }
        cruddur_event_free(event);
    }
}

static size_t number_of(const cruddur_event *event)
{
    return (size_t)strtoull(cruddur_msg_text(cruddur_event_msg(event)) + 1, NULL, 10);
}

static void say(cruddur *dm, size_t number)
{
    char text[32];
    cruddur_error *error = NULL;
    (void)snprintf(text, sizeof(text), "m%zu", number);
    check(cruddur_msg_append(dm, &ann, group, text, NULL, NULL, &error), error, "append");
}

/* ---- delays ---- */

typedef struct writing {
    cruddur *dm;
    size_t count;
    double *said_us; /* when each append had returned */
} writing;

static void *write_all(void *context)
{
    const writing *now = context;
    for (size_t i = 0; i < now->count; i++) {
        say(now->dm, i);
        now->said_us[i] = now_us();
        (void)usleep(PAUSE_US);
    }
    return NULL;
}

static void receive(cruddur_watch *watch, size_t count, double *got_us)
{
    for (size_t left = count; left > 0;) {
        cruddur_event *event = next_message(watch);
        size_t number = number_of(event);
        if (number < count && got_us[number] == 0) {
            got_us[number] = now_us();
            left--;
        }
        cruddur_event_free(event);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_delays(const char *what, const double *said_us, double *got_us, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double delay = got_us[i] - said_us[i];
        got_us[i] = delay > 0 ? delay : 0; /* the event came before the append returned */
    }
    qsort(got_us, count, sizeof(*got_us), compare);
    printf("%-40s p50 %8.2f ms   p99 %8.2f ms\n", what, got_us[count / 2] / 1000,
           got_us[count * 99 / 100] / 1000);
}

static void measure_process(const char *url, size_t count, double *said_us, double *got_us)
{
    pthread_t thread;
    cruddur *dm = open_store(url);
    open_group(dm);
    cruddur_watch *watch = open_watch(dm, true, NULL);
    writing now = {dm, count, said_us};
    must(pthread_create(&thread, NULL, write_all, &now) == 0, "a thread starts");
    receive(watch, count, got_us);
    must(pthread_join(thread, NULL) == 0, "it ends");
    print_delays("one process", said_us, got_us, count);
    cruddur_watch_close(watch);
    cruddur_close(dm);
}

/* The child has no store when it is forked. It begins when it is told to. */
static pid_t start_writer(const char *url, size_t count, int begin, int answer)
{
    pid_t child = fork();
    must(child >= 0, "a process starts");
    if (child == 0) {
        char go;
        double *said_us = calloc(count, sizeof(*said_us));
        cruddur *dm = open_store(url);
        open_group(dm);
        must(said_us != NULL && read(begin, &go, 1) == 1, "the watcher is ready");
        writing now = {dm, count, said_us};
        (void)write_all(&now);
        for (size_t i = 0; i < count; i++) {
            must(write(answer, &said_us[i], sizeof(*said_us)) == (ssize_t)sizeof(*said_us),
                 "the times are told");
        }
        cruddur_close(dm);
        free(said_us);
        _exit(0);
    }
    return child;
}

static void measure_processes(const char *url, size_t count, double *said_us, double *got_us)
{
    int begin[2];
    int answer[2];
    must(pipe(begin) == 0 && pipe(answer) == 0, "pipes");
    pid_t child = start_writer(url, count, begin[0], answer[1]);
    cruddur *dm = open_store(url);
    open_group(dm);
    cruddur_watch *watch = open_watch(dm, true, NULL);
    must(write(begin[1], "g", 1) == 1, "the writer begins");
    receive(watch, count, got_us);
    for (size_t i = 0; i < count; i++) {
        must(read(answer[0], &said_us[i], sizeof(*said_us)) == (ssize_t)sizeof(*said_us),
             "the times are told");
    }
    must(waitpid(child, NULL, 0) == child, "the writer ends");
    print_delays("across processes", said_us, got_us, count);
    cruddur_watch_close(watch);
    cruddur_close(dm);
}

static void measure_delays(const char *url, size_t count)
{
    double *said_us = calloc(count, sizeof(*said_us));
    double *got_us = calloc(count, sizeof(*got_us));
    must(said_us != NULL && got_us != NULL, "memory");
    measure_processes(url, count, said_us, got_us);
    memset(got_us, 0, count * sizeof(*got_us));
    measure_process(url, count, said_us, got_us);
    free(said_us);
    free(got_us);
}

/* ---- idle watches ---- */

static double processor_us(void)
{
    struct rusage usage;
    must(getrusage(RUSAGE_SELF, &usage) == 0, "the time that was used");
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void measure_idle(const char *url, size_t count)
{
    cruddur *dm = open_store(url);
    cruddur_watch **watch = calloc(count, sizeof(*watch)); /* NOLINT(bugprone-sizeof-expression) */
    must(watch != NULL, "memory");
    open_group(dm);
    for (size_t i = 0; i < count; i++) {
        watch[i] = open_watch(dm, i % 2 == 0, NULL);
    }
    (void)sleep(2);
    double before = processor_us();
    (void)sleep(IDLE_S);
    printf("%zu idle watches: %.2f ms of the processor each second\n", count,
           (processor_us() - before) / 1000 / IDLE_S);
    for (size_t i = 0; i < count; i++) {
        cruddur_watch_close(watch[i]);
    }
    free(watch);
    cruddur_close(dm);
}

/* ---- a watcher that is killed ---- */

typedef struct report {
    size_t number;
    char cursor[CURSOR_SIZE];
} report;

static pid_t start_watcher(const char *url, const char *cursor, int answer)
{
    pid_t child = fork();
    must(child >= 0, "a process starts");
    if (child == 0) {
        cruddur *dm = open_store(url);
        cruddur_watch *watch = open_watch(dm, true, *cursor == '\0' ? NULL : cursor);
        report first = {SIZE_MAX, ""};
        (void)snprintf(first.cursor, sizeof(first.cursor), "%s", cruddur_watch_cursor(watch));
        must(write(answer, &first, sizeof(first)) == (ssize_t)sizeof(first), "the first report");
        for (;;) {
            cruddur_event *event = next_message(watch);
            report one = {number_of(event), ""};
            (void)snprintf(one.cursor, sizeof(one.cursor), "%s", cruddur_event_cursor(event));
            must(write(answer, &one, sizeof(one)) == (ssize_t)sizeof(one), "a report");
            cruddur_event_free(event);
        }
    }
    return child;
}

static bool read_report(int answer, report *one)
{
    struct pollfd fd = {answer, POLLIN, 0};
    return poll(&fd, 1, 10000) == 1 && read(answer, one, sizeof(*one)) == (ssize_t)sizeof(*one);
}

static pid_t start_plain_writer(const char *url, size_t count)
{
    pid_t child = fork();
    must(child >= 0, "a process starts");
    if (child == 0) {
        cruddur *dm = open_store(url);
        open_group(dm);
        for (size_t i = 0; i < count; i++) {
            say(dm, i);
        }
        cruddur_close(dm);
        _exit(0);
    }
    return child;
}

/* In a process of its own, as this one must have no store when it forks. */
static void prepare(const char *url)
{
    pid_t child = start_plain_writer(url, 0);
    must(waitpid(child, NULL, 0) == child, "the store is made");
    must(cruddur_group_direct_uuid(ann.uuid, bob.uuid, group, NULL) == CRUDDUR_OK, "the group");
}

static void measure_kills(const char *url, size_t count)
{
    int answer[2];
    report one = {0, ""};
    size_t seen_count = 0;
    size_t repeats = 0;
    size_t kills = 0;
    bool *seen = calloc(count, sizeof(*seen));
    must(seen != NULL && pipe(answer) == 0, "memory and a pipe");
    prepare(url);
    pid_t watcher = start_watcher(url, "", answer[1]);
    must(read_report(answer[0], &one), "the watcher begins");
    pid_t writer = start_plain_writer(url, count);
    while (seen_count < count && read_report(answer[0], &one)) {
        if (one.number < count) {
            repeats += seen[one.number] ? 1 : 0;
            seen_count += seen[one.number] ? 0 : 1;
            seen[one.number] = true;
        }
        if (kills < KILLS && seen_count > (kills + 1) * (count / (KILLS + 2))) {
            (void)kill(watcher, SIGKILL);
            (void)waitpid(watcher, NULL, 0);
            kills++; /* what it had reported and is in the pipe still comes again: that is a repeat
                      */
            watcher = start_watcher(url, one.cursor, answer[1]);
        }
    }
    (void)kill(watcher, SIGKILL);
    (void)waitpid(watcher, NULL, 0);
    must(waitpid(writer, NULL, 0) == writer, "the writer ends");
    printf("%zu messages, the watcher killed %zu times: %zu missed, %zu told again\n", count, kills,
           count - seen_count, repeats);
    free(seen);
    must(seen_count == count, "no message is missed");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "bench-watch delay|idle|kill URL COUNT\n");
        return 2;
    }
    size_t count = (size_t)strtoull(argv[3], NULL, 10);
    must(count > 0, "COUNT is a number");
    if (strcmp(argv[1], "delay") == 0) {
        measure_delays(argv[2], count);
    } else if (strcmp(argv[1], "idle") == 0) {
        measure_idle(argv[2], count);
    } else {
        measure_kills(argv[2], count);
    }
    return 0;
}
