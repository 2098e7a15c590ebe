/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdlib.h>

#include "base/array.h"

#define FIRST_CAPACITY 1024

void cr_buffer_init(cr_buffer *buffer, size_t cap)
{
    *buffer = (cr_buffer){.cap = cap};
}

static bool reserve(cr_buffer *buffer, size_t size)
{
    if (size > buffer->cap - buffer->size) {
        return false;
    }
    size_t needed = buffer->size + size;
    if (needed <= buffer->capacity) {
        return true;
    }
    size_t capacity = cr_array_capacity(buffer->capacity, needed, FIRST_CAPACITY, buffer->cap);
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void cr_buffer_reserve(cr_buffer *buffer, size_t size)
{
    buffer->failed = buffer->failed || !reserve(buffer, size);
}

void *cr_buffer_grow(cr_buffer *buffer, size_t size)
{
    if (buffer->failed || !reserve(buffer, size)) {
        buffer->failed = true;
        return NULL;
    }
    char *room = buffer->data + buffer->size;
    buffer->size += size;
    return room;
}

void cr_buffer_add_text(cr_buffer *buffer, cr_str text)
{
    char *room = cr_buffer_extend(buffer, text.size + 1);
    if (room != NULL) {
        if (text.size > 0) {
            memcpy(room, text.data, text.size);
        }
        room[text.size] = '\0';
    }
}

void cr_buffer_align(cr_buffer *buffer, size_t alignment)
{
    size_t over = buffer->size % alignment;
    if (over != 0) {
        void *room = cr_buffer_extend(buffer, alignment - over);
        if (room != NULL) {
            memset(room, 0, alignment - over);
        }
    }
}

void *cr_buffer_take(cr_buffer *buffer)
{
    char *data = buffer->failed ? NULL : buffer->data;
    if (buffer->failed) {
        free(buffer->data);
    }
    cr_buffer_init(buffer, buffer->cap);
    return data;
}

void cr_buffer_free(cr_buffer *buffer)
{
    free(buffer->data);
    cr_buffer_init(buffer, buffer->cap);
}
