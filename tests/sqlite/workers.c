/* SPDX-License-Identifier: MIT */
#include "sqlite/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sqlite/bed.h"

#define ARGUMENTS_MAX 8

extern char **environ;

int64_t monotonic_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void crew_form(crew *workers)
{
    int ends[2];
    memset(workers, 0, sizeof(*workers));
    cr_assert_eq(pipe(ends), 0);
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    workers->out = ends[0];
    workers->in = ends[1];
}

/* By this variable a program that is linked with Criterion would take itself for a test's worker.
 */
static void forget_criterion(void)
{
    cr_assert_eq(unsetenv("BXFI_MAP"), 0);
}

void crew_start(crew *workers, const char *format, ...)
{
    char line[2 * PATH_SIZE];
    char *arguments[ARGUMENTS_MAX] = {getenv("CRUDDUR_TEST_WORKER")};
    posix_spawn_file_actions_t actions;
    va_list values;
    forget_criterion();
    cr_assert_not_null(arguments[0], "CRUDDUR_TEST_WORKER must name the program worker");
    va_start(values, format);
    (void)vsnprintf(line, sizeof(line), format, values);
    va_end(values);
    char *rest = line;
    for (size_t i = 1; rest != NULL && i < ARGUMENTS_MAX - 1; i++) {
        arguments[i] = strsep(&rest, " ");
    }
    cr_assert_eq(posix_spawn_file_actions_init(&actions), 0);
    cr_assert_eq(posix_spawn_file_actions_adddup2(&actions, workers->in, STDOUT_FILENO), 0);
    int code = posix_spawn(&workers->process[workers->count], arguments[0], &actions, NULL,
                           arguments, environ);
    cr_assert_eq(code, 0, "%s: %s", arguments[0], strerror(code));
    (void)posix_spawn_file_actions_destroy(&actions);
    workers->count++;
}

void crew_is_complete(crew *workers)
{
    (void)close(workers->in);
}

bool crew_await_output(const crew *workers, int timeout_ms)
{
    struct pollfd out = {workers->out, POLLIN, 0};
    return poll(&out, 1, timeout_ms) == 1;
}

/* Enters the whole lines; returns how many bytes of a line without its end stand behind them. */
static size_t enter_lines(ledger *book, char *text, size_t size)
{
    const size_t length = CRUDDUR_UUID_SIZE - 1;
    const size_t line = 2 * length + 2;
    size_t at = 0;
    for (; size - at >= line; at += line) {
        text[at + length] = '\0';
        text[at + line - 1] = '\0';
        ledger_add(book, text + at, text + at + length + 1);
    }
    memmove(text, text + at, size - at);
    return size - at;
}

void crew_read(crew *workers, ledger *book)
{
    char text[4096];
    size_t held = 0;
    for (;;) {
        ssize_t size = read(workers->out, text + held, sizeof(text) - held);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        cr_assert_geq(size, 0);
        if (size == 0) {
            break;
        }
        held = enter_lines(book, text, held + (size_t)size);
    }
    cr_assert_eq(held, 0, "a worker printed half a line");
    (void)close(workers->out);
}

void crew_must_succeed(crew *workers)
{
    for (unsigned i = 0; i < workers->count; i++) {
        int state = 0;
        if (workers->process[i] == 0) {
            continue;
        }
        cr_assert_eq(waitpid(workers->process[i], &state, 0), workers->process[i]);
        cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 0, "worker %u: wait status 0x%x", i,
                  (unsigned)state);
    }
}

void crew_kill(crew *workers, unsigned index)
{
    pid_t process = workers->process[index];
    workers->process[index] = 0;
    if (process != 0) {
        cr_assert_eq(kill(process, SIGKILL), 0);
        cr_assert_eq(waitpid(process, NULL, 0), process);
    }
}
