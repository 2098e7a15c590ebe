/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

/* In the new process. */
static void become(const char *const *arguments, int in, int out)
{
    union {
        const char *const *constant;
        char *const *mutable;
    } either = {arguments};
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
        (void)execvp(arguments[0], either.mutable);
    }
    perror(arguments[0]);
    _exit(127);
}

static void make_pipe(int ends[2])
{
    must(pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
             fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0,
         "a pipe");
}

child child_start(const char *const *arguments)
{
    int down[2];
    int up[2];
    child made;
    make_pipe(down);
    make_pipe(up);
    (void)fflush(stdout);
    (void)signal(SIGPIPE, SIG_IGN);
    made.pid = fork();
    must(made.pid >= 0, "a process");
    if (made.pid == 0) {
        become(arguments, down[0], up[1]);
    }
    (void)close(down[0]);
    (void)close(up[1]);
    made.to = fdopen(down[1], "w");
    made.from = fdopen(up[0], "r");
    must(made.to != NULL && made.from != NULL, "memory for a process");
    return made;
}

void child_talk(child *other, const char *line, char *answer, size_t answer_size)
{
    if (line != NULL) {
        must(fprintf(other->to, "%s\n", line) > 0 && fflush(other->to) == 0, "the child listens");
    }
    must(fgets(answer, (int)answer_size, other->from) != NULL, "the child answers");
    answer[strcspn(answer, "\n")] = '\0';
}

void child_end(child *other)
{
    (void)fclose(other->to);
    (void)waitpid(other->pid, NULL, 0);
    (void)fclose(other->from);
}
