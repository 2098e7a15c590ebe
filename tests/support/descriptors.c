/* SPDX-License-Identifier: MIT */
#include "support/descriptors.h"

#define cr_log criterion_log_function
#include <criterion/criterion.h>
#undef cr_log
#undef cr_fail

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#define LIMIT 200

static int held[LIMIT];
static unsigned held_count;

void descriptors_hold_all_but(unsigned count)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = LIMIT;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    while (held_count < LIMIT && (held[held_count] = dup(STDERR_FILENO)) >= 0) {
        held_count++;
    }
    cr_assert_eq(errno, EMFILE);
    cr_assert_geq(held_count, count);
    while (count > 0) {
        cr_assert_eq(close(held[--held_count]), 0);
        count--;
    }
}

void descriptors_let_go(void)
{
    while (held_count > 0) {
        cr_assert_eq(close(held[--held_count]), 0);
    }
}
