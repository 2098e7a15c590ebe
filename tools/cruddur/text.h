/* SPDX-License-Identifier: MIT */
/* Text as a terminal shows it: columns, lines, and nothing that could steer the terminal.
 *
 * Text from the store goes through text_clean() first; widths, cuts and lines are of its result. */
#ifndef CRUDDUR_TOOL_TEXT_H
#define CRUDDUR_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* Stands for a byte that is not part of valid UTF-8. */
#define TEXT_BAD UINT32_MAX

/* Prepares the character tables: the locale's if it is a UTF-8 one, else C.UTF-8. */
void text_set_locale(void);

/* Reads one code point (TEXT_BAD for a stray byte) and returns how many bytes it takes. */
size_t text_decode(const char *bytes, uint32_t *ret_code_point);

/* For printf's "%.*s": the beginning of a text, at most `max` bytes, that ends with a whole
 * character. A plain "%.80s" can end inside one. */
#define TEXT_CUT(text, max) (int)text_cut((text), (max)), (text)

/* The size of that beginning. */
size_t text_cut(const char *text, size_t max);

/* The code points that a terminal obeys instead of showing them. */
bool text_is_control(uint32_t code_point);

struct text_facts {
    bool is_utf8;
    size_t bad_offset;  /* where it is not UTF-8 */
    size_t code_points; /* with stray bytes counted as one each */
    bool is_blank;      /* nothing in it shows */
    bool has_control;
};

struct text_facts text_look(const char *text);

/* Puts ASCII letters into lower case. */
void text_lower(char *text);

/* The columns that a text takes. */
size_t text_width(const char *text, size_t length);

/* What becomes of line breaks and tabs; other control characters are escaped in any case. */
enum text_breaks {
    TEXT_BREAKS_ESCAPED, /* like every control character: names */
    TEXT_BREAKS_FOLDED,  /* one space for each run: previews */
    TEXT_BREAKS_KEPT,    /* newlines stay, a tab becomes spaces: whole messages */
};

/* Adds `text` with everything escaped that a terminal would act on. */
void text_clean(struct buffer *to, const char *text, enum text_breaks breaks);

/* Adds `text`, cut with an ellipsis where it is wider than `width` columns, at least 1. */
void text_truncate(struct buffer *to, const char *text, size_t width);

/* Which way a text runs: decided by its first letter. */
enum text_direction {
    TEXT_NEUTRAL,
    TEXT_LEFT_TO_RIGHT,
    TEXT_RIGHT_TO_LEFT,
};

/* Tells also whether any of it runs right to left. */
enum text_direction text_direction(const char *text, size_t length, bool *ret_has_right_to_left);

/* Adds `text`; where some of it runs right to left, isolated from what stands around it. `whole` is
 * the direction of the text of which this is a line; TEXT_NEUTRAL when it is all. */
void text_isolate(struct buffer *to, const char *text, size_t length, enum text_direction whole);

/* A walk over the lines of a text; `width` may be changed between two of them. */
struct text_wrap {
    const char *next;
    size_t width;
};

/* Gives the next line of at most `width` columns, broken between words where possible; false after
 * the last one. */
bool text_wrap_next(struct text_wrap *wrap, const char **ret_line, size_t *ret_length);

#endif
