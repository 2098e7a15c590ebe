/* SPDX-License-Identifier: MIT */
/* Cursors: a position in a list, as text for URLs. */
#ifndef CR_MODEL_CURSOR_H
#define CR_MODEL_CURSOR_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/row.h"

typedef enum cr_cursor_kind {
    CR_CURSOR_OLDER,
    CR_CURSOR_NEWER,
    CR_CURSOR_SCAN,
} cr_cursor_kind;

typedef struct cr_cursor {
    cr_cursor_kind kind;
    bool inclusive;  /* the list goes on with the row at the position, not behind it */
    cr_str list;     /* the partition key of the list that it belongs to; for a scan any text
                        without a number sign */
    cr_key position; /* for a list only the sort key counts */
} cr_cursor;

typedef enum cr_cursor_check {
    CR_CURSOR_GOOD,
    CR_CURSOR_DAMAGED,
    CR_CURSOR_FOREIGN,
    CR_CURSOR_NO_MEMORY,
} cr_cursor_check;

/* ---- what all cursors have in common ---- */

/* The first byte of a cursor: of a position in a list, of a watch. */
#define CR_CURSOR_OF_LIST 1
#define CR_CURSOR_OF_WATCH 0x57

/* The most bytes of a cursor. */
#define CR_CURSOR_BYTES_MAX (10 + CR_SK_MAX + 1 + CR_PK_MAX + 4)
#define CR_CURSOR_CHECK_SIZE 4

uint64_t cr_cursor_hash(const void *data, size_t size);
void cr_cursor_write_number(unsigned char *bytes, size_t size, uint64_t value);
uint64_t cr_cursor_read_number(const unsigned char *bytes, size_t size);

/* Adds the bytes and their check, for which there is room after them, as text and a NUL. */
void cr_cursor_seal(unsigned char *bytes, size_t size, cr_buffer *out);

/* Returns how many bytes the text stands for, without the check; 0 where it is damaged. */
size_t cr_cursor_unseal(cr_str text, unsigned char bytes[CR_CURSOR_BYTES_MAX]);

/* ---- positions in lists ---- */

/* Adds the cursor's text and a NUL to the buffer. */
void cr_cursor_write(const cr_cursor *cursor, cr_buffer *out);

/* Reads a cursor of `list`; its position is copied to the arena. */
cr_cursor_check cr_cursor_read(cr_str text, cr_str list, cr_arena *arena, cr_cursor *cursor);

/* The kind of an intact cursor, whatever list it belongs to; false for a damaged one. */
bool cr_cursor_peek(cr_str text, cr_cursor_kind *kind);

#endif
