/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Standard output: colours, width, the pager, and what became of what was written.
 */
#ifndef CRUDDUR_TOOL_OUT_H
#define CRUDDUR_TOOL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/** Looks, as SGR parameters: any of them may be combined with `;`. */
#define STYLE_BOLD "1"
#define STYLE_DIM "2"

struct out {
    FILE *stream;
    /** Columns of the terminal, or what stands for it. */
    size_t width;
    bool terminal;
    bool colour;
    /** Whoever read it has gone: nothing more is written, and that is no failure. */
    bool closed;
    /** The errno of the first write that failed; 0 while all is well. */
    int error;
    /** 0 when there is no pager. */
    pid_t pager;
};

/** Looks at standard output. */
void out_init(struct out *out, bool no_colour);

/** Sends what follows through the user's pager if it goes to a terminal. */
void out_start_pager(struct out *out);

void out_bytes(struct out *out, const char *bytes, size_t length);
void out_text(struct out *out, const char *text);
void out_format(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void out_repeat(struct out *out, const char *text, size_t times);

/** Begins a look, and ends it. */
void out_style(struct out *out, const char *style);
void out_plain(struct out *out);

/** Passes on what was written so far; false when writing more is of no use. */
bool out_flush(struct out *out);

/**
 * Ends the output and waits for the pager.
 *
 * @return false when some of it was lost; `error` then tells why, 0 for a pager that cannot run.
 */
bool out_close(struct out *out);

#endif
