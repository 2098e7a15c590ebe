/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cruddur/cruddur.h>

#define REDRAW_US 100000
#define DEFAULT_WIDTH 80
#define BAR_MAX 40
/* "NNNNNNNNN/NNNNNNNNN [] " and the last column, which is left alone. */
#define AROUND_BAR 24

void progress_start(struct progress *progress, const char *what, size_t total)
{
    const char *term = getenv("TERM");

    progress->shown = isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
    progress->drawn = false;
    progress->what = what;
    progress->total = total;
    progress->drawn_at_us = cruddur_time_now_us();
}

static size_t bar_width(size_t taken)
{
    struct winsize size;
    size_t width = DEFAULT_WIDTH;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        width = size.ws_col;
    }
    if (width < taken + AROUND_BAR + 5) {
        return 0;
    }
    width -= taken + AROUND_BAR;
    return width < BAR_MAX ? width : BAR_MAX;
}

static void draw(const struct progress *progress, size_t done)
{
    size_t width = progress->total > 0 ? bar_width(strlen(progress->what)) : 0;
    size_t filled = width > 0 ? done * width / progress->total : 0;
    char bar[BAR_MAX];

    (void)fprintf(stderr, "\r%s ", progress->what);
    if (width > 0) {
        memset(bar, '-', width);
        memset(bar, '#', filled < width ? filled : width);
        (void)fprintf(stderr, "[%.*s] ", (int)width, bar);
    }
    if (progress->total > 0) {
        (void)fprintf(stderr, "%zu/%zu\x1b[K", done, progress->total);
    } else {
        (void)fprintf(stderr, "%zu\x1b[K", done);
    }
    (void)fflush(stderr);
}

void progress_update(struct progress *progress, size_t done)
{
    int64_t now_us;

    if (!progress->shown) {
        return;
    }
    now_us = cruddur_time_now_us();
    /* A clock that was set back must not stop the drawing. */
    if (now_us - progress->drawn_at_us < REDRAW_US && now_us >= progress->drawn_at_us) {
        return;
    }
    progress->drawn = true;
    progress->drawn_at_us = now_us;
    draw(progress, done);
}

void progress_end(struct progress *progress)
{
    if (progress->drawn) {
        (void)fputs("\r\x1b[K", stderr);
    }
    progress->shown = false;
    progress->drawn = false;
}
