/* SPDX-License-Identifier: MIT */
/* Runs the tests of a Criterion program in forks of one process. Linked into each program, it takes
 * the place of Criterion's own main() and of the functions by which tests talk to it.
 *
 * Criterion starts the program anew for each test, and ignores the exit code of a test whose body
 * has ended well. The starts were most of a run's time: 14 ms of 18 ms of processor time for each
 * unit test, two seconds under valgrind. Here the program starts once and forks for each test, so
 * that tests share nothing, as before, and what a sanitizer or valgrind finds when the test's
 * process ends counts by its exit code.
 *
 *   -jN                so many tests side by side; else one for each processor, under valgrind one
 *   --filter PATTERN   only those whose SUITE/NAME matches, as the shell matches it
 *   --list             prints their names instead
 *
 * With CRUDDUR_TEST_EVERY=N in the environment only the first of each N tests runs: for a tool that
 * is so slow that a sample must do.
 *
 * Of Criterion's attributes it knows those that the tests have here: .init, .fini and .timeout.
 * Each parameter of a test with parameters counts as a test. */
#define _GNU_SOURCE /* FNM_EXTMATCH; NOLINT */
#include <criterion/criterion.h>
#include <criterion/event.h>
#include <criterion/internal/ordered-set.h>
#include <criterion/logging.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_ENABLE_ERROR_REPORTING
#endif

#define MAX_CHILDREN 16

typedef struct child {
    pid_t pid;
    const struct criterion_test *test;
} child;

typedef struct run {
    const char *filter;
    bool lists;
    size_t every;
    size_t seen;
    size_t limit;
    child children[MAX_CHILDREN];
    size_t running;
    unsigned passed;
    unsigned failed;
    unsigned crashed;
} run;

/* ---- in a test's process ---- */

static const struct criterion_suite *current_suite;
static const struct criterion_test *current_test;
static void *current_parameter;
static bool has_failed;
static jmp_buf way_out;

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    if (!stats->passed) {
        has_failed = true;
        (void)fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    }
}

void criterion_abort_test(void)
{
    has_failed = true;
    longjmp(way_out, 1);
}

void criterion_skip_test(const char *format, ...)
{
    (void)format;
    longjmp(way_out, 1);
}

/* Criterion shows it on request only. */
void cr_log(enum criterion_severity severity, const char *format, ...)
{
    (void)severity;
    (void)format;
}

static void run_fixture(void (*fixture)(void))
{
    if (fixture != NULL) {
        fixture();
    }
}

/* A test's own function calls these three in turn. */

void criterion_internal_test_setup(void)
{
}

void criterion_internal_test_main(void (*body)(void))
{
    const struct criterion_test_extra_data *suite = current_suite->data;
    const struct criterion_test_extra_data *test = current_test->data;
    if (setjmp(way_out) == 0) {
        run_fixture(suite == NULL ? NULL : suite->init);
        run_fixture(test->init);
        if (test->kind_ == CR_TEST_PARAMETERIZED) {
            ((void (*)(void *))body)(current_parameter); /* Criterion made it a void (*)(void) */
        } else {
            body();
        }
    }
    if (setjmp(way_out) == 0) {
        run_fixture(test->fini);
        run_fixture(suite == NULL ? NULL : suite->fini);
    }
}

void criterion_internal_test_teardown(void)
{
}

/* ---- in the process that forks ---- */

static void fail_with(const char *call)
{
    perror(call);
    exit(EXIT_FAILURE);
}

static void count(run *self, const struct criterion_test *test, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) {
        self->passed++;
        return;
    }
    self->failed++;
    if (WIFSIGNALED(status)) {
        self->crashed++;
    }
    (void)fprintf(stderr, "%s/%s failed: %s %d\n", test->category, test->name,
                  WIFSIGNALED(status) ? "signal" : "exit code",
                  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void wait_for_one(run *self)
{
    int status = 0;
    pid_t pid = wait(&status);
    if (pid < 0 && errno != EINTR) {
        fail_with("wait");
    }
    for (size_t i = 0; i < self->running; i++) {
        if (self->children[i].pid == pid) {
            count(self, self->children[i].test, status);
            self->children[i] = self->children[--self->running];
            return;
        }
    }
}

/* A test's own, or its suite's. */
static unsigned timeout_s(const struct criterion_suite *suite, const struct criterion_test *test)
{
    double timeout = test->data->timeout;
    if (timeout <= 0 && suite->data != NULL) {
        timeout = suite->data->timeout;
    }
    return timeout <= 0 ? 0 : (unsigned)timeout + 1;
}

static void start(run *self, struct criterion_suite *suite, struct criterion_test *test,
                  void *parameter)
{
    if (self->seen++ % self->every != 0) {
        return;
    }
    while (self->running >= self->limit) {
        wait_for_one(self);
    }
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        fail_with("fork");
    }
    if (pid == 0) {
        VALGRIND_ENABLE_ERROR_REPORTING; /* criterion_initialize() disables it for the runner */
        current_suite = suite;
        current_test = test;
        current_parameter = parameter;
        (void)alarm(timeout_s(suite, test)); /* 0: none */
        test->test();
        exit(has_failed ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    self->children[self->running++] = (child){.pid = pid, .test = test};
}

static bool is_wanted(const run *self, const struct criterion_test *test)
{
    char name[256];
    if (snprintf(name, sizeof(name), "%s/%s", test->category, test->name) >= (int)sizeof(name)) {
        return true;
    }
    return self->filter == NULL || fnmatch(self->filter, name, FNM_EXTMATCH) == 0;
}

static void run_one(run *self, struct criterion_suite *suite, struct criterion_test *test)
{
    if (test->data->signal != 0 || test->data->exit_code != 0 || test->data->disabled) {
        (void)fprintf(stderr, "%s/%s is of a kind that does not run here\n", test->category,
                      test->name);
        self->failed++;
    } else if (test->data->kind_ == CR_TEST_PARAMETERIZED) {
        const struct criterion_test_params all = test->data->param_();
        for (size_t i = 0; i < all.length; i++) {
            start(self, suite, test, (char *)all.params + i * all.size);
        }
    } else {
        start(self, suite, test, NULL);
    }
}

static void run_all(run *self, struct criterion_test_set *tests)
{
    FOREACH_SET(struct criterion_suite_set * suite, tests->suites)
    {
        FOREACH_SET(struct criterion_test * test, suite->tests)
        {
            if (!is_wanted(self, test)) {
                continue;
            }
            if (self->lists) {
                (void)printf("%s/%s\n", test->category, test->name);
            } else {
                run_one(self, &suite->suite, test);
            }
        }
    }
    while (self->running > 0) {
        wait_for_one(self);
    }
}

static size_t default_limit(void)
{
    long processors = RUNNING_ON_VALGRIND ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > MAX_CHILDREN ? MAX_CHILDREN : (size_t)processors;
}

static size_t read_every(void)
{
    const char *text = getenv("CRUDDUR_TEST_EVERY");
    return text == NULL ? 1 : strtoul(text, NULL, 10);
}

static void misuse(const char *program)
{
    (void)fprintf(stderr,
                  "usage: %s [-jN] [--filter PATTERN] [--list], N from 1 to %d; "
                  "CRUDDUR_TEST_EVERY from 1\n",
                  program, MAX_CHILDREN);
    exit(2);
}

static run read_arguments(int argc, char **argv)
{
    run all = {.every = read_every(), .limit = default_limit()};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
            all.filter = argv[++i];
        } else if (strcmp(argv[i], "--list") == 0) {
            all.lists = true;
        } else if (strncmp(argv[i], "-j", 2) == 0) {
            all.limit = strtoul(argv[i] + 2, NULL, 10);
        } else {
            misuse(argv[0]);
        }
    }
    if (all.limit < 1 || all.limit > MAX_CHILDREN || all.every < 1) {
        misuse(argv[0]);
    }
    return all;
}

/* A program with a main() of its own may use what tests use. */
__attribute__((weak)) int main(int argc, char **argv)
{
    run all = read_arguments(argc, argv);
    struct criterion_test_set *tests = criterion_initialize();
    run_all(&all, tests);
    criterion_finalize(tests);
    if (all.lists) {
        return EXIT_SUCCESS;
    }
    /* As Criterion says it: scripts/count_tests.py reads it. */
    (void)fprintf(stderr,
                  "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n",
                  all.passed + all.failed, all.passed, all.failed, all.crashed);
    return all.failed == 0 && all.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
