/* SPDX-License-Identifier: MIT */
/* Lines of text for a person: messages of errors, lines of the log. */
#ifndef CR_BASE_PRINT_H
#define CR_BASE_PRINT_H

#include <stdarg.h>
#include <stddef.h>

/* For printf's "%.*s": the beginning of a text, at most `max` bytes, that ends with a whole
 * character. A plain "%.40s" can end inside one. */
#define CR_CUT(text, max) (int)cr_cut((text), (max)), (text)

/* The size of that beginning. */
size_t cr_cut(const char *text, size_t max);

/* Formats one line of UTF-8 into `size` > 0 bytes. A line that is too long ends with a whole
 * character; control characters and bytes that are not UTF-8 become `?`. Returns the size. */
size_t cr_print_line(char *line, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

#endif
