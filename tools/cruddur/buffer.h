/* SPDX-License-Identifier: MIT */
/* Text that grows. When memory runs out, the command ends: there is nothing left that it could do,
 * and the store takes no harm from it. */
#ifndef CRUDDUR_TOOL_BUFFER_H
#define CRUDDUR_TOOL_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

struct buffer {
    char *data; /* NULL while it is empty, else with a NUL behind it */
    size_t length;
    size_t capacity;
};

void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_add_va(struct buffer *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* What is in it; never NULL. */
const char *buffer_text(const struct buffer *buffer);

/* Empties it, keeping the memory. */
void buffer_clear(struct buffer *buffer);

void buffer_free(struct buffer *buffer);

/* Returns the memory, which is there: else the command ends. */
void *memory_check(void *memory);

/* realloc() for `count` elements, and strdup(), which never return NULL. */
void *memory_resize(void *memory, size_t count, size_t size);
char *memory_copy(const char *text);

#endif
