/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "out.h"
#include "text.h"

bool progress_can_be_shown(void)
{
    return isatty(STDERR_FILENO) == 1 && !out_is_dumb_terminal();
}

void progress_show(const char *text)
{
    struct buffer clean = {NULL, 0, 0};
    struct buffer cut = {NULL, 0, 0};
    /* The last column stays free: behind it some terminals begin another line. */
    size_t width = out_find_width(STDERR_FILENO);
    text_clean(&clean, text, TEXT_BREAKS_ESCAPED);
    text_truncate(&cut, buffer_text(&clean), width > 1 ? width - 1 : 1);
    (void)fprintf(stderr, "\r%s\x1b[K", buffer_text(&cut));
    buffer_free(&clean);
    buffer_free(&cut);
}

void progress_clear(void)
{
    (void)fputs("\r\x1b[K", stderr);
}
