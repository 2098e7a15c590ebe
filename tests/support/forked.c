/* SPDX-License-Identifier: MIT */
/* Runs the tests of a Criterion program in forks of one process. Loaded before Criterion's library
 * (LD_PRELOAD), it replaces Criterion's main() and the functions by which tests talk to it.
 *
 * Criterion starts the program anew for each test. Under valgrind a start takes seconds, and was
 * most of a run's time. Here the program starts once and forks for each test, so that tests share
 * nothing, as before. CRUDDUR_TEST_FORKED is the number of tests that run side by side. Of
 * Criterion's options and attributes it knows those that the tests have here: --filter, and .init
 * and .fini. */
#include <criterion/criterion.h>
#include <criterion/event.h>
#include <criterion/internal/ordered-set.h>
#include <criterion/logging.h>
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
#ifndef VALGRIND_ENABLE_ERROR_REPORTING
#define VALGRIND_ENABLE_ERROR_REPORTING
#endif

#define MAX_CHILDREN 16

typedef struct child {
    pid_t pid;
    const struct criterion_test *test;
} child;

typedef struct run {
    const char *filter;
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
        body();
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

static void start(run *self, struct criterion_suite *suite, struct criterion_test *test)
{
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
        test->test();
        exit(has_failed ? EXIT_FAILURE : EXIT_SUCCESS); /* through the destructors of gates.c */
    }
    self->children[self->running++] = (child){.pid = pid, .test = test};
}

static bool is_wanted(const run *self, const struct criterion_test *test)
{
    char name[256];
    if (snprintf(name, sizeof(name), "%s/%s", test->category, test->name) >= (int)sizeof(name)) {
        return true;
    }
    return self->filter == NULL || fnmatch(self->filter, name, 0) == 0;
}

static void run_all(run *self, struct criterion_test_set *tests)
{
    FOREACH_SET(struct criterion_suite_set * suite, tests->suites)
    {
        FOREACH_SET(struct criterion_test * test, suite->tests)
        {
            if (test->data->kind_ != CR_TEST_NORMAL || test->data->signal != 0 ||
                test->data->exit_code != 0 || test->data->disabled) {
                (void)fprintf(stderr, "%s/%s is of a kind that does not run here\n", test->category,
                              test->name);
                self->failed++;
            } else if (is_wanted(self, test)) {
                start(self, &suite->suite, test);
            }
        }
    }
    while (self->running > 0) {
        wait_for_one(self);
    }
}

int main(int argc, char **argv)
{
    const char *number = getenv("CRUDDUR_TEST_FORKED");
    run all = {.limit = number == NULL ? 1 : strtoul(number, NULL, 10)};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--filter") == 0) {
            all.filter = argv[i + 1];
        }
    }
    if (all.limit < 1 || all.limit > MAX_CHILDREN || unsetenv("LD_PRELOAD") != 0) {
        (void)fprintf(stderr, "CRUDDUR_TEST_FORKED must be a number from 1 to %d\n", MAX_CHILDREN);
        return EXIT_FAILURE;
    }
    struct criterion_test_set *tests = criterion_initialize();
    run_all(&all, tests);
    criterion_finalize(tests);
    /* As Criterion says it: scripts/count_tests.py reads it. */
    (void)fprintf(stderr,
                  "[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n",
                  all.passed + all.failed, all.passed, all.failed, all.crashed);
    return all.failed == 0 && all.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
