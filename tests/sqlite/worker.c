/* SPDX-License-Identifier: MIT */
/* The other process of the tests with several: writes to a store, and prints a line with message
 * and group for every message that was acknowledged.
 *
 *     worker load PATH SEED THREADS STEPS     (0 steps: until it is killed)
 *     worker open PATH SEED START_US ROUNDS   opens PATH0, PATH1, … for the first time
 *     worker loop PATH SEED ROUNDS            opens, writes and closes, again and again
 *     worker once PATH TIMEOUT_MS             opens, writes and closes, unless that takes too long
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sqlite/ledger.h"
#include "sqlite/load.h"
#include "sqlite/workers.h"

#define THREADS_MAX 8

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static int fail(const char *doing, const char *wrong)
{
    (void)fprintf(stderr, "worker: %s: %s\n", doing, wrong);
    return EXIT_FAILURE;
}

/* One write, so that lines of several threads and processes do not mix. */
static void print_line(void *context, const char *message_uuid, const char *group_uuid)
{
    char line[2 * CRUDDUR_UUID_SIZE + 1];
    (void)context;
    int size = snprintf(line, sizeof(line), "%s %s\n", message_uuid, group_uuid);
    while (write(STDOUT_FILENO, line, (size_t)size) < 0 && errno == EINTR) {
    }
}

#define PATIENCE_MS 240000

static const char *open_at(const char *path, uint32_t timeout_ms, cruddur **dm)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = timeout_ms;
    return test_wrong_success(cruddur_open(bed_url(path), &options, dm, TEST_ERROR));
}

static int run_load(char **arguments)
{
    static load loads[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    cruddur *dm = NULL;
    unsigned seed = number(arguments[1]);
    unsigned count = number(arguments[2]);
    unsigned steps = number(arguments[3]);
    const char *wrong = open_at(arguments[0], PATIENCE_MS, &dm);
    if (wrong != NULL) {
        return fail("open", wrong);
    }
    for (unsigned i = 0; i < count; i++) {
        loads[i] = (load){.dm = dm,
                          .seed = seed + i,
                          .steps = steps == 0 ? UINT_MAX : steps,
                          .acknowledge = print_line};
    }
    load_prepare(&loads[0]);
    for (unsigned i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, load_run, &loads[i]) != 0) {
            return fail("load", "no thread");
        }
    }
    int exit_code = EXIT_SUCCESS;
    for (unsigned i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
        if (loads[i].problem[0] != '\0') {
            exit_code = fail("load", loads[i].problem);
        }
    }
    cruddur_close(dm);
    return exit_code;
}

/* Writes one message to the direct group of persons 0 and 1, opening it if need be. */
static const char *write_one(cruddur *dm, uint64_t message)
{
    char message_uuid[CRUDDUR_UUID_SIZE];
    char text[TEXT_SIZE];
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *group = NULL;
    number_uuid(message, message_uuid);
    text_of(message_uuid, text);
    options.message_uuid = message_uuid;
    options.created_at_us = NOON_US;
    const char *wrong = test_wrong_success(
        cruddur_group_create(dm, person(0), person(1), 1, text, &options, &group, TEST_ERROR));
    if (wrong == NULL) {
        print_line(NULL, message_uuid, cruddur_group_uuid(group));
        cruddur_group_free(group);
    }
    return wrong;
}

static const char *open_and_write(const char *path, uint32_t timeout_ms, uint64_t message)
{
    cruddur *dm = NULL;
    const char *wrong = open_at(path, timeout_ms, &dm);
    if (wrong == NULL) {
        wrong = write_one(dm, message);
        cruddur_close(dm);
    }
    return wrong;
}

/* Does nothing else meanwhile, so that all processes go off at once. */
static void wait_until(int64_t moment_us)
{
    while (monotonic_us() < moment_us) {
    }
}

static int run_open(char **arguments)
{
    char path[PATH_SIZE + 16];
    unsigned seed = number(arguments[1]);
    int64_t start_us = strtoll(arguments[2], NULL, 10);
    unsigned rounds = number(arguments[3]);
    for (unsigned round = 0; round < rounds; round++) {
        (void)snprintf(path, sizeof(path), "%s%u", arguments[0], round);
        wait_until(start_us + (int64_t)round * OPEN_PERIOD_US);
        const char *wrong = open_and_write(path, PATIENCE_MS, (uint64_t)seed << 32 | round);
        if (wrong != NULL) {
            return fail(path, wrong);
        }
    }
    return EXIT_SUCCESS;
}

static int run_loop(char **arguments)
{
    unsigned seed = number(arguments[1]);
    unsigned rounds = number(arguments[2]);
    for (unsigned round = 0; round < rounds; round++) {
        const char *wrong = open_and_write(arguments[0], PATIENCE_MS, (uint64_t)seed << 32 | round);
        if (wrong != NULL) {
            return fail("loop", wrong);
        }
    }
    return EXIT_SUCCESS;
}

static int run_once(char **arguments)
{
    const char *wrong = open_and_write(arguments[0], number(arguments[1]), 1);
    return wrong == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int arguments;
        int (*run)(char **arguments);
    } modes[] = {
        {"load", 4, run_load}, {"open", 4, run_open}, {"loop", 3, run_loop}, {"once", 2, run_once}};
    for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name) == 0 && argc == modes[i].arguments + 2) {
            return modes[i].run(argv + 2);
        }
    }
    return fail("usage", "see worker.c");
}
