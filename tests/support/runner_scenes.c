/* SPDX-License-Identifier: MIT */
/* Tests that end in every way there is, for test_runner.py. */
#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <unistd.h>

static pid_t first;

static void begin(void)
{
    first = getpid();
}

static void end(void)
{
    cr_expect_eq(first, getpid(), "a test ran in another process than its fixture");
}

TestSuite(good, .init = begin, .fini = end);
TestSuite(memory, .init = begin, .fini = end);

Test(good, passes)
{
    cr_log_info("the process is %d", (int)first);
    cr_assert_eq(first, getpid());
}

Test(good, skips)
{
    cr_skip_test("nothing here");
    abort();
}

static int numbers[] = {1, 2, 3};

ParameterizedTestParameters(parameters, are_odd)
{
    return cr_make_param_array(int, numbers, sizeof(numbers) / sizeof(numbers[0]));
}

ParameterizedTest(int *number, parameters, are_odd)
{
    cr_assert(*number % 2 == 1, "%d is even", *number);
}

Test(bad, asserts)
{
    cr_assert_eq(1, 2, "the assertion %d", 1);
    abort();
}

Test(bad, expects)
{
    cr_expect_eq(1, 2, "the expectation");
}

Test(bad, crashes)
{
    abort();
}

Test(bad, ends)
{
    exit(3); /* NOLINT(concurrency-mt-unsafe) */
}

Test(bad, hangs, .timeout = 0.1)
{
    for (;;) {
        (void)pause();
    }
}

/* Only a tool sees what is wrong with these. */

Test(memory, leaks)
{
    char *volatile text = malloc(10);
    cr_assert_not_null(text);
    text = NULL;
}

Test(memory, reads_too_early)
{
    char *volatile text = malloc(10);
    cr_assert_not_null(text);
    if (text[3] > 'a') {
        (void)alarm(0);
    }
    free(text);
}
