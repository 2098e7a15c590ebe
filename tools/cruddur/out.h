/* SPDX-License-Identifier: MIT */
/* Standard output: colours, width, the pager, and what became of what was written. */
#ifndef CRUDDUR_TOOL_OUT_H
#define CRUDDUR_TOOL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Looks, as SGR parameters: any of them may be combined with `;`. */
#define STYLE_BOLD "1"
#define STYLE_DIM "2"
#define STYLE_PLAIN "0"

struct out {
    FILE *stream;
    size_t width; /* columns of the terminal, or what stands for it */
    bool is_terminal;
    bool has_colour;
    bool is_closed; /* whoever read it has gone: nothing more is written, and that is no failure */
    int error;      /* the errno of the first write that failed; 0 while all is well */
};

/* The columns of the terminal that a file descriptor leads to; elsewhere COLUMNS, or 80. */
size_t out_find_width(int fd);

/* Looks at standard output. */
void out_init(struct out *out);

/* Sends what follows through the user's pager if it goes to a terminal. */
void out_start_pager(struct out *out);

void out_bytes(struct out *out, const char *bytes, size_t length);
void out_text(struct out *out, const char *text);
void out_format(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void out_repeat(struct out *out, const char *text, size_t times);

/* Writes a text with a look. */
void out_styled(struct out *out, const char *style, const char *text);

/* Passes on what was written so far; false when writing more is of no use. */
bool out_flush(struct out *out);

/* Ends the output and waits for the pager; reports what was lost. */
bool out_close(struct out *out);

/* Whether the terminal can do nothing but print. */
bool out_is_dumb_terminal(void);

#endif
