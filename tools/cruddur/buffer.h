/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Text that grows. A failed allocation sticks: builders add on and look once, at the end.
 */
#ifndef CRUDDUR_TOOL_BUFFER_H
#define CRUDDUR_TOOL_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    /** Memory ran out; what was added since is missing. */
    bool failed;
};

#define BUFFER_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0, false                                                                          \
    }

void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_add_va(struct buffer *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/** What is in it, NUL-terminated; never NULL. */
const char *buffer_text(const struct buffer *buffer);

/** Empties it and forgets a failure, keeping the memory. */
void buffer_clear(struct buffer *buffer);

/** Hands the text over to the caller, who frees it. NULL when memory ran out on the way. */
char *buffer_take(struct buffer *buffer);

void buffer_free(struct buffer *buffer);

#endif
