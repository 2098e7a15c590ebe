/* SPDX-License-Identifier: MIT */
/* Children made by fork(), which go on in the middle of the test. */
#ifndef TEST_SUPPORT_CHILD_H
#define TEST_SUPPORT_CHILD_H

#include <sys/types.h>

/* What a child does; returns what went wrong, or NULL. */
typedef const char *(*test_child)(void *context);

pid_t test_child_start(test_child run, void *context);

/* The same by another way to fork: returns what fork() would. */
pid_t test_child_start_by(pid_t (*forking)(void), test_child run, void *context);

/* Waits for the child, which ends itself when it hangs. Returns what went wrong, or NULL. */
const char *test_child_wait(pid_t child);

/* Starts a child and waits for it; likewise. */
const char *test_child_run(test_child run, void *context);

/* In a test, not in a child: fails where there is something wrong. */
#define child_must_succeed(waiting)                                                                \
    do {                                                                                           \
        const char *wrong_ = (waiting);                                                            \
        cr_assert(wrong_ == NULL, "%s: %s", #waiting, wrong_);                                     \
    } while (0)

#endif
