/* SPDX-License-Identifier: MIT */
/* The lines of an export: rows, headers, and what ends a block. */
#include "fuzz.h"
#include "transfer/block.h"

static void add_lines(cr_block *block, cr_str text)
{
    static const cr_checksum before = {
        "0000000000000000000000000000000000000000000000000000000000000000"};
    cr_block_begin(block, &before);
    while (text.size > 0) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end == NULL ? text.size : (size_t)(end - text.data);
        cr_block_add_line(block, (cr_str){text.data, size});
        size += end == NULL ? 0 : 1;
        text = (cr_str){text.data + size, text.size - size};
    }
}

static bool read_block(cr_block *block, cr_str text)
{
    cruddur_error *error = NULL;
    add_lines(block, text);
    cruddur_status status = cr_block_read(block, 1, &error);
    FUZZ_REQUIRE(status == CRUDDUR_OK || status == CRUDDUR_E_EXPORT_DAMAGED);
    FUZZ_REQUIRE((status == CRUDDUR_OK) == (error == NULL));
    cruddur_error_free(error);
    return status == CRUDDUR_OK;
}

static void write_block(const cr_block *from, cr_block *to)
{
    static const cr_checksum before = {
        "0000000000000000000000000000000000000000000000000000000000000000"};
    cr_block_begin(to, &before);
    for (size_t i = 0; i < from->count; i++) {
        cr_block_add_row(to, &from->rows[i]);
    }
    FUZZ_REQUIRE(!to->text.failed);
}

/* What is taken can be written; what was written is read as it was written. */
static void check_block(cr_str text)
{
    cr_block block, written, read, again;
    cr_block_init(&block);
    cr_block_init(&written);
    cr_block_init(&read);
    cr_block_init(&again);
    if (read_block(&block, text)) {
        write_block(&block, &written);
        FUZZ_REQUIRE(read_block(&read, cr_block_lines(&written)));
        FUZZ_REQUIRE(read.count == block.count);
        write_block(&read, &again);
        FUZZ_REQUIRE(cr_str_equal(cr_block_lines(&again), cr_block_lines(&written)));
    }
    cr_block_free(&block);
    cr_block_free(&written);
    cr_block_free(&read);
    cr_block_free(&again);
}

static void check_header(cr_str line)
{
    cr_export_header header, again;
    cr_arena arena = CR_ARENA_INIT;
    cr_buffer out;
    cr_buffer_init(&out, SIZE_MAX);
    if (cr_export_read_header(line, &arena, &header)) {
        cr_export_write_header(&out, &header, "t");
        FUZZ_REQUIRE(cr_export_read_header((cr_str){out.data, out.size - 1}, &arena, &again));
        FUZZ_REQUIRE(again.version == header.version && again.has_claims == header.has_claims);
        FUZZ_REQUIRE(memcmp(&again.id, &header.id, sizeof(again.id)) == 0);
    }
    cr_buffer_free(&out);
    cr_arena_free(&arena);
}

static void check_end(cr_str line)
{
    cr_block_end end, again;
    cr_arena arena = CR_ARENA_INIT;
    cr_buffer out;
    cr_buffer_init(&out, SIZE_MAX);
    if (cr_block_end_read(line, &arena, &end)) {
        cr_block_end_write(&out, &end);
        FUZZ_REQUIRE(cr_block_end_read((cr_str){out.data, out.size - 1}, &arena, &again));
        FUZZ_REQUIRE(again.block == end.block && again.rows == end.rows);
        FUZZ_REQUIRE(strcmp(again.sum.hex, end.sum.hex) == 0);
        FUZZ_REQUIRE((again.cursor.data == NULL) == (end.cursor.data == NULL));
        FUZZ_REQUIRE(end.cursor.data == NULL || cr_str_equal(again.cursor, end.cursor));
    }
    cr_buffer_free(&out);
    cr_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_str text = fuzz_text(bytes, size);
    check_block(text);
    check_header(text);
    check_end(text);
    return 0;
}
