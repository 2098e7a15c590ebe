/* SPDX-License-Identifier: MIT */
/* The whole table, looked at from outside: check_table.py reads it without the library. */
#ifndef TEST_SUPPORT_CHECK_H
#define TEST_SUPPORT_CHECK_H

#include "support/store.h"

/* What the checker prints, cut off where it is longer. */
typedef struct test_report {
    char text[8000];
} test_report;

/* Runs the checker and returns its exit code: 0 for a good table, 1 for violations. `flag` is an
 * option of check_table.py ("--old-keys", "--unknown-attributes") or NULL. The store may be open or
 * closed; one in memory must be open, and is read by cruddur_scan(). */
int test_check_run(const test_store *store, const char *flag, test_report *report);

/* Fails the test where the table breaks an invariant. Call it at the end of the test's body. Where
 * CRUDDUR_TEST_UNCHECKED is set, it does nothing: a run that differs from time to time calls
 * test_check_summary(). */
void test_check(const test_store *store);

/* The same, and returns what the table comes to: "groups 1 messages 2 group_rows 2 digest …". Two
 * equal reports mean two equal tables. */
test_report test_check_summary(const test_store *store);

/* The same for what a summary counts: "groups", "messages" or "group_rows". */
size_t test_check_count(const test_store *store, const char *what);

#endif
