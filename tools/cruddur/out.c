/* SPDX-License-Identifier: MIT */
#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80
#define WIDTH_MAX 10000
#define DEFAULT_PAGER "less"
#define SHELL_NOT_EXECUTABLE 126
#define SHELL_NOT_FOUND 127

extern char **environ;

static size_t find_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    unsigned long number;
    char *end;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    if (columns != NULL && columns[0] >= '0' && columns[0] <= '9') {
        errno = 0;
        number = strtoul(columns, &end, 10);
        if (errno == 0 && *end == '\0' && number > 0 && number <= WIDTH_MAX) {
            return number;
        }
    }
    return DEFAULT_WIDTH;
}

static bool is_dumb_terminal(void)
{
    const char *term = getenv("TERM");

    return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");

    return (no_color == NULL || no_color[0] == '\0') && !is_dumb_terminal();
}

void out_init(struct out *out, bool no_colour)
{
    out->stream = stdout;
    out->terminal = isatty(STDOUT_FILENO) == 1;
    out->colour = out->terminal && !no_colour && wants_colour();
    out->width = find_width();
    out->closed = false;
    out->error = 0;
    out->pager = 0;
}

/* The pager as a line for the shell; NULL for the default, "" for none. */
static const char *find_pager(void)
{
    const char *pager = getenv("CRUDDUR_PAGER");

    if (pager == NULL) {
        pager = getenv("PAGER");
    }
    return pager != NULL && strcmp(pager, "cat") == 0 ? "" : pager;
}

/* Starts the pager with `input` as its standard input. */
static int spawn_pager(const char *pager, int input, pid_t *ret_pid)
{
    char shell[] = "sh", shell_option[] = "-c", less[] = DEFAULT_PAGER;
    char *const less_arguments[] = {less, NULL};
    char *shell_arguments[] = {shell, shell_option, NULL, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int result;

    if (posix_spawn_file_actions_init(&actions) != 0) {
        return ENOMEM;
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    /* The pager must not inherit that this process ignores some signals. */
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGPIPE);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGQUIT);
    result = posix_spawnattr_setsigdefault(&attributes, &signals);
    if (result == 0) {
        result = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    }
    if (result == 0) {
        result = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    }
    if (result == 0 && pager == NULL) {
        result = posix_spawnp(ret_pid, less, &actions, &attributes, less_arguments, environ);
    } else if (result == 0) {
        /* The argument is not changed by exec; its type only lacks the const. */
        memcpy(&shell_arguments[2], &pager, sizeof(pager));
        result = posix_spawn(ret_pid, "/bin/sh", &actions, &attributes, shell_arguments, environ);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return result;
}

/* Both ends are closed on exec, so that the pager sees the end when this process closes it. */
static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0) {
        return false;
    }
    if (fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0) {
        return true;
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
    return false;
}

void out_start_pager(struct out *out)
{
    const char *pager = find_pager();
    FILE *stream;
    int ends[2];

    if (!out->terminal || out->pager != 0 || (pager != NULL && pager[0] == '\0')) {
        return;
    }
    /* less needs a terminal that can do more; a pager that the user chose may not. */
    if (pager == NULL && is_dumb_terminal()) {
        return;
    }
    if (!open_pipe(ends)) {
        return;
    }
    stream = fdopen(ends[1], "w");
    if (stream == NULL) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return;
    }
    /* What less needs for colours and for characters beyond ASCII, unless the user set it up. */
    (void)setenv("LESS", "FRX", 0);
    (void)setenv("LESSCHARSET", "utf-8", 0);
    (void)setenv("LV", "-c", 0);
    if (spawn_pager(pager, ends[0], &out->pager) != 0) {
        out->pager = 0;
        (void)fclose(stream);
    } else {
        out->stream = stream;
        /* The keys belong to the pager now, as they do to a child of system(). */
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGQUIT, SIG_IGN);
    }
    (void)close(ends[0]);
}

static void note_error(struct out *out)
{
    if (errno == EPIPE) {
        out->closed = true;
    } else {
        out->error = errno != 0 ? errno : EIO;
    }
}

void out_bytes(struct out *out, const char *bytes, size_t length)
{
    if (out->closed || out->error != 0 || length == 0) {
        return;
    }
    errno = 0;
    if (fwrite(bytes, 1, length, out->stream) != length) {
        note_error(out);
    }
}

void out_text(struct out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

void out_format(struct out *out, const char *format, ...)
{
    va_list arguments;

    if (out->closed || out->error != 0) {
        return;
    }
    errno = 0;
    va_start(arguments, format);
    if (vfprintf(out->stream, format, arguments) < 0) {
        note_error(out);
    }
    va_end(arguments);
}

void out_repeat(struct out *out, const char *text, size_t times)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < times; i++) {
        out_bytes(out, text, length);
    }
}

void out_style(struct out *out, const char *style)
{
    if (out->colour) {
        out_format(out, "\x1b[%sm", style);
    }
}

void out_plain(struct out *out)
{
    if (out->colour) {
        out_text(out, "\x1b[0m");
    }
}

bool out_flush(struct out *out)
{
    if (out->closed || out->error != 0) {
        return false;
    }
    errno = 0;
    if (fflush(out->stream) != 0) {
        note_error(out);
    }
    return !out->closed && out->error == 0;
}

/* Waits for the pager; false when it could not be run. */
static bool wait_for_pager(struct out *out)
{
    pid_t pid;
    int status;

    do {
        pid = waitpid(out->pager, &status, 0);
    } while (pid < 0 && errno == EINTR);
    out->pager = 0;
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    return pid < 0 || !WIFEXITED(status) ||
           (WEXITSTATUS(status) != SHELL_NOT_FOUND && WEXITSTATUS(status) != SHELL_NOT_EXECUTABLE);
}

bool out_close(struct out *out)
{
    bool good = true;

    (void)out_flush(out);
    errno = 0;
    if (fclose(out->stream) != 0 && !out->closed && out->error == 0) {
        note_error(out);
    }
    if (out->pager != 0) {
        good = wait_for_pager(out);
    }
    out->stream = NULL;
    return good && out->error == 0;
}
