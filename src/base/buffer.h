/* SPDX-License-Identifier: MIT */
/* Bytes that grow up to a cap. A failure sticks: build first, look once at the end. */
#ifndef CR_BASE_BUFFER_H
#define CR_BASE_BUFFER_H

#include "base/str.h"

typedef struct cr_buffer {
    char *data;
    size_t size;
    size_t capacity; /* up to `cap` */
    size_t cap;
    bool failed;
} cr_buffer;

/* Never more than `cap` bytes. */
void cr_buffer_init(cr_buffer *buffer, size_t cap);

/* Sees to it that the next `size` bytes fit without moving what is there: for secrets, of which no
 * copy is to stay behind, and for pointers into the buffer. */
void cr_buffer_reserve(cr_buffer *buffer, size_t size);

/* The same where the bytes there are may not do. */
void *cr_buffer_grow(cr_buffer *buffer, size_t size);

/* Adds room for `size` bytes and returns it; NULL once anything has failed. Inline, as requests are
 * written in pieces of a few bytes. */
static inline void *cr_buffer_extend(cr_buffer *buffer, size_t size)
{
    if (buffer->failed || size == 0 || size > buffer->capacity - buffer->size) {
        return cr_buffer_grow(buffer, size);
    }
    char *room = buffer->data + buffer->size;
    buffer->size += size;
    return room;
}

/* Adds the text. */
static inline void cr_buffer_add(cr_buffer *buffer, cr_str text)
{
    bool is_empty = text.data == NULL || text.size == 0;
    void *room = is_empty ? NULL : cr_buffer_extend(buffer, text.size);
    if (room != NULL) {
        memcpy(room, text.data, text.size);
    }
}

/* Adds the text and a NUL behind it. */
void cr_buffer_add_text(cr_buffer *buffer, cr_str text);

/* Adds zeros until the size is a multiple of `alignment`. */
void cr_buffer_align(cr_buffer *buffer, size_t alignment);

/* Hands the bytes over to the caller, to be freed with free(); NULL if anything failed. */
void *cr_buffer_take(cr_buffer *buffer);

void cr_buffer_free(cr_buffer *buffer);

#endif
