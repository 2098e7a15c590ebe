/* SPDX-License-Identifier: MIT */
#include "support/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Only what hangs takes as long. */
#define PATIENCE_S 120

pid_t test_child_start_by(pid_t (*forking)(void), test_child run, void *context)
{
    pid_t child = forking();
    if (child == 0) {
        (void)signal(SIGALRM, SIG_DFL);
        (void)alarm(PATIENCE_S);
        const char *wrong = run(context);
        if (wrong != NULL) {
            (void)fprintf(stderr, "child: %s\n", wrong);
        }
        _exit(wrong == NULL ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return child;
}

pid_t test_child_start(test_child run, void *context)
{
    return test_child_start_by(fork, run, context);
}

const char *test_child_wait(pid_t child)
{
    int state = 0;
    if (child < 0 || waitpid(child, &state, 0) != child) {
        return "there is no child";
    }
    if (WIFSIGNALED(state)) {
        return WTERMSIG(state) == SIGALRM ? "the child hung" : strsignal(WTERMSIG(state));
    }
    return WEXITSTATUS(state) == EXIT_SUCCESS ? NULL : "what the child wrote to standard error";
}

const char *test_child_run(test_child run, void *context)
{
    return test_child_wait(test_child_start(run, context));
}
