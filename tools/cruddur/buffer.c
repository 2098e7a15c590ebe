/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define FIRST_CAPACITY 64

void *memory_check(void *memory)
{
    if (memory == NULL) {
        (void)fputs("cruddur: out of memory\n", stderr);
        exit(CODE_FAILED);
    }
    return memory;
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    return memory_check(count > SIZE_MAX / size ? NULL : realloc(memory, count * size));
}

char *memory_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_resize(NULL, size, 1), text, size);
}

/* Makes room for `more` bytes and a NUL. */
static char *reserve(struct buffer *buffer, size_t more)
{
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
    while (capacity - buffer->length <= more && capacity <= SIZE_MAX / 2) {
        capacity *= 2;
    }
    if (capacity != buffer->capacity) {
        buffer->data = memory_resize(buffer->data, capacity, 1);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
    char *room = reserve(buffer, length);
    memcpy(room, bytes, length);
    room[length] = '\0';
    buffer->length += length;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_va(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list copy;
    va_copy(copy, arguments);
    int length = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    if (length > 0) {
        (void)vsnprintf(reserve(buffer, (size_t)length), (size_t)length + 1, format, arguments);
        buffer->length += (size_t)length;
    }
}

void buffer_add_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_add_va(buffer, format, arguments);
    va_end(arguments);
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data : "";
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data != NULL) {
        buffer->data[0] = '\0';
    }
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){NULL, 0, 0};
}
