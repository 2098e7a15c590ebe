/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Text as a terminal shows it: columns, lines, and nothing that could steer the terminal.
 *
 * Text from the store goes through text_clean() first; the other functions expect its result.
 */
#ifndef CRUDDUR_TOOL_TEXT_H
#define CRUDDUR_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/** Stands for a byte that is not part of valid UTF-8. */
#define TEXT_BAD UINT32_MAX

/** What becomes of line breaks and tabs; all other control characters are escaped in any case. */
enum text_breaks {
    /** Escaped, like every control character: names. */
    TEXT_BREAKS_ESCAPED,
    /** One space for each run: previews. */
    TEXT_BREAKS_FOLDED,
    /** Kept as newlines; a tab becomes spaces: whole messages. */
    TEXT_BREAKS_KEPT,
};

/** Walks over a text line by line. `width` may be changed between two lines. */
struct text_wrap {
    const char *next;
    size_t left;
    size_t width;
};

/** Prepares the character tables: the locale's if it is a UTF-8 one, else C.UTF-8. */
void text_set_locale(void);

/** Reads one code point (#TEXT_BAD for a stray byte) and returns how many bytes it takes. */
size_t text_decode(const char *bytes, size_t length, uint32_t *ret_code_point);

/** Tells whether all of it is valid UTF-8; else `ret_offset` receives where it is not. */
bool text_is_utf8(const char *bytes, size_t length, size_t *ret_offset);

/** Counts code points. */
size_t text_count(const char *text);

/** Tells whether there is nothing but white space. */
bool text_is_blank(const char *text);

/** The bytes of the first thing that stands in cells of its own, and its width in columns. */
size_t text_cluster(const char *text, size_t length, size_t *ret_width);

/** The columns that a text takes. */
size_t text_width(const char *text, size_t length);

/** Adds `text` with everything escaped that a terminal would act on. */
void text_clean(struct buffer *to, const char *text, enum text_breaks breaks);

/** Adds `text`, cut with an ellipsis where it is wider than `width` columns. */
void text_truncate(struct buffer *to, const char *text, size_t width);

/** Which way a text runs: decided by its first letter. */
enum text_direction {
    TEXT_NEUTRAL,
    TEXT_LEFT_TO_RIGHT,
    TEXT_RIGHT_TO_LEFT,
};

enum text_direction text_direction(const char *text, size_t length);

/**
 * Adds `text`; where some of it runs right to left, isolated from what stands around it.
 *
 * @param whole the direction of the text of which this is a line; #TEXT_NEUTRAL when it is all.
 */
void text_isolate(struct buffer *to, const char *text, size_t length, enum text_direction whole);

/** Gives the next line of at most `width` columns, broken between words where possible. */
bool text_wrap_next(struct text_wrap *wrap, const char **ret_line, size_t *ret_length);

#endif
