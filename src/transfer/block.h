/* SPDX-License-Identifier: MIT */
/* The lines of an export (docs/moving.md): a header, the rows in blocks, after each block a line
 * with its checksum, and an end. The checksum of a block is over that of the block before it, of
 * the first one over that of the header, and over its lines; so blocks cannot be left out or change
 * places. */
#ifndef CR_TRANSFER_BLOCK_H
#define CR_TRANSFER_BLOCK_H

#include "base/hash.h"
#include "model/item.h"
#include "model/uuid.h"
#include "store/store.h"

#define CR_EXPORT_VERSION 1

/* A block ends with the row that reaches one of these. */
#define CR_BLOCK_ROWS 1000
#define CR_BLOCK_SIZE ((size_t)512 * 1024)
/* Longer than any line. Only SQLite can have a row that is larger. */
#define CR_EXPORT_LINE_MAX ((size_t)16 * 1024 * 1024)

/* Begins each line, and tells what it is. */
#define CR_LINE_HEADER "{\"cruddur_export\":"
#define CR_LINE_ROW "{\"Item\":"
#define CR_LINE_BLOCK "{\"block\":"
#define CR_LINE_END "{\"end\":"

typedef struct cr_checksum {
    char hex[CR_SHA256_HEX_SIZE + 1];
} cr_checksum;

/* The first line. */
typedef struct cr_export_header {
    uint64_t version;
    cr_uuid id;      /* of this export */
    bool has_claims; /* the table keeps claims as rows, so the export has them */
} cr_export_header;

/* The line after a block, and the last line, whose cursor is absent and whose `block` is how many
 * there are. */
typedef struct cr_block_end {
    uint64_t block; /* counted from 1 */
    uint64_t rows;  /* up to here, all blocks together */
    cr_checksum sum;
    cr_str cursor; /* where the walk over the table continues; borrowed, or in the arena */
} cr_block_end;

/* Rows and their lines. The lines follow the checksum of what comes before them, so that all of
 * `text` is what the block's checksum is of. */
typedef struct cr_block {
    cr_buffer text;
    cr_arena arena;
    cr_row *rows; /* NULL until the lines are read; text in the arena, or borrowed from `text` */
    size_t count;
} cr_block;

void cr_block_init(cr_block *block);
void cr_block_free(cr_block *block);

/* Empties it, and begins it with a checksum. */
void cr_block_begin(cr_block *block, const cr_checksum *before);

/* The lines alone. */
cr_str cr_block_lines(const cr_block *block);

/* Adds the line of a row. A failure sticks to `text`. */
void cr_block_add_row(cr_block *block, const cr_row *row);

/* Adds a line as it was read, without its end. */
void cr_block_add_line(cr_block *block, cr_str line);

bool cr_block_is_full(const cr_block *block);

/* Reads the lines: returns CRUDDUR_E_EXPORT_DAMAGED, described, for a line that is no row; `first`
 * is the number of the block's first row, from 1. */
cruddur_status cr_block_read(cr_block *block, uint64_t first, cruddur_error **error);

/* False when OpenSSL fails. */
bool cr_checksum_of(cr_str text, cr_checksum *sum);

/* Each adds a line with its end. */
void cr_export_write_header(cr_buffer *out, const cr_export_header *header, const char *table);
void cr_block_end_write(cr_buffer *out, const cr_block_end *end);

/* Each is false for a line of another form. */
bool cr_export_read_header(cr_str line, cr_arena *arena, cr_export_header *header);
bool cr_block_end_read(cr_str line, cr_arena *arena, cr_block_end *end);

static inline bool cr_line_begins(cr_str line, const char *begin)
{
    size_t size = strlen(begin);
    return line.size >= size && memcmp(line.data, begin, size) == 0;
}

#endif
