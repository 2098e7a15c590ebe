/* SPDX-License-Identifier: MIT */
#include "out.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"

#define DEFAULT_WIDTH 80
#define WIDTH_MAX 10000
#define DEFAULT_PAGER "if command -v less >/dev/null; then exec less; else exec cat; fi"
#define SHELL_NOT_EXECUTABLE 126
#define SHELL_NOT_FOUND 127

/* An environment variable; empty where it is not set. */
static const char *value_of(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL ? value : "";
}

size_t out_find_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    char *end;
    unsigned long number = strtoul(value_of("COLUMNS"), &end, 10);
    return *end == '\0' && number > 0 && number <= WIDTH_MAX ? number : DEFAULT_WIDTH;
}

bool out_is_dumb_terminal(void)
{
    const char *terminal = value_of("TERM");
    return terminal[0] == '\0' || strcmp(terminal, "dumb") == 0;
}

void out_init(struct out *out)
{
    *out = (struct out){.stream = stdout, .width = out_find_width(STDOUT_FILENO)};
    out->is_terminal = isatty(STDOUT_FILENO) == 1;
    out->has_colour =
        out->is_terminal && value_of("NO_COLOR")[0] == '\0' && !out_is_dumb_terminal();
}

/* The pager as a line for the shell; NULL for none. */
static const char *find_pager(void)
{
    const char *pager = getenv("CRUDDUR_PAGER");
    if (pager == NULL) {
        pager = getenv("PAGER");
    }
    if (pager == NULL) {
        /* less needs a terminal that can do more; a pager that the user chose may not. */
        return out_is_dumb_terminal() ? NULL : DEFAULT_PAGER;
    }
    return pager[0] == '\0' || strcmp(pager, "cat") == 0 ? NULL : pager;
}

void out_start_pager(struct out *out)
{
    const char *pager = out->is_terminal ? find_pager() : NULL;
    if (pager == NULL) {
        return;
    }
    /* What less needs for colours and for characters beyond ASCII, unless the user set it up. */
    (void)setenv("LESS", "FRX", 0);
    (void)setenv("LESSCHARSET", "utf-8", 0);
    (void)setenv("LV", "-c", 0);
    FILE *stream = popen(pager, "we"); /* NOLINT(cert-env33-c): a pager is a line for the shell */
    if (stream != NULL) {
        out->stream = stream;
        /* The keys belong to the pager now, as they do to a child of system(). */
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGQUIT, SIG_IGN);
    }
}

static bool is_open(const struct out *out)
{
    return !out->is_closed && out->error == 0;
}

static void check(struct out *out, bool is_good)
{
    if (is_good) {
        return;
    }
    if (errno == EPIPE) {
        out->is_closed = true;
    } else {
        out->error = errno != 0 ? errno : EIO;
    }
}

void out_bytes(struct out *out, const char *bytes, size_t length)
{
    if (is_open(out)) {
        errno = 0;
        check(out, fwrite(bytes, 1, length, out->stream) == length);
    }
}

void out_text(struct out *out, const char *text)
{
    out_bytes(out, text, strlen(text));
}

void out_format(struct out *out, const char *format, ...)
{
    if (is_open(out)) {
        va_list arguments;
        va_start(arguments, format);
        errno = 0;
        check(out, vfprintf(out->stream, format, arguments) >= 0);
        va_end(arguments);
    }
}

void out_repeat(struct out *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        out_text(out, text);
    }
}

void out_styled(struct out *out, const char *style, const char *text)
{
    if (out->has_colour) {
        out_format(out, "\x1b[%sm%s\x1b[0m", style, text);
    } else {
        out_text(out, text);
    }
}

bool out_flush(struct out *out)
{
    if (is_open(out)) {
        errno = 0;
        check(out, fflush(out->stream) == 0);
    }
    return is_open(out);
}

bool out_close(struct out *out)
{
    (void)out_flush(out);
    int status = 0;
    if (out->stream != stdout) {
        status = pclose(out->stream);
    } else if (fclose(stdout) != 0 && is_open(out)) {
        check(out, false);
    }
    if (out->error != 0) {
        (void)report_system(out->error, "the output");
    } else if (status != -1 && WIFEXITED(status) &&
               (WEXITSTATUS(status) == SHELL_NOT_FOUND ||
                WEXITSTATUS(status) == SHELL_NOT_EXECUTABLE)) {
        (void)report(CODE_FAILED, "the pager could not be run");
        return false;
    }
    return out->error == 0;
}
