/* SPDX-License-Identifier: MIT */
#include "transfer/block.h"

#include <cruddur/version.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/time.h"

/* ---- checksums ---- */

bool cr_checksum_of(cr_str text, cr_checksum *sum)
{
    cr_hasher hasher;
    unsigned char digest[CR_SHA256_SIZE];
    bool ok = cr_hasher_init(&hasher, EVP_sha256()) && cr_sha256(&hasher, text, digest);
    cr_hasher_free(&hasher);
    if (ok) {
        cr_hex(digest, sizeof(digest), sum->hex);
        sum->hex[CR_SHA256_HEX_SIZE] = '\0';
    }
    return ok;
}

static bool read_checksum(cr_str text, cr_checksum *sum)
{
    bool ok = text.size == CR_SHA256_HEX_SIZE;
    for (size_t i = 0; ok && i < text.size; i++) {
        ok = strchr("0123456789abcdef", text.data[i]) != NULL && text.data[i] != '\0';
    }
    if (ok) {
        memcpy(sum->hex, text.data, text.size);
        sum->hex[text.size] = '\0';
    }
    return ok;
}

/* ---- blocks ---- */

void cr_block_init(cr_block *block)
{
    *block = (cr_block){.arena = CR_ARENA_INIT};
    cr_buffer_init(&block->text, SIZE_MAX);
}

void cr_block_free(cr_block *block)
{
    cr_buffer_free(&block->text);
    cr_arena_free(&block->arena);
}

void cr_block_begin(cr_block *block, const cr_checksum *before)
{
    block->text.size = 0;
    block->rows = NULL;
    block->count = 0;
    cr_arena_reset(&block->arena);
    cr_buffer_add(&block->text, (cr_str){before->hex, CR_SHA256_HEX_SIZE});
}

cr_str cr_block_lines(const cr_block *block)
{
    return block->text.size < CR_SHA256_HEX_SIZE ? (cr_str){"", 0}
                                                 : (cr_str){block->text.data + CR_SHA256_HEX_SIZE,
                                                            block->text.size - CR_SHA256_HEX_SIZE};
}

void cr_block_add_row(cr_block *block, const cr_row *row)
{
    CR_JSON_ADD(&block->text, CR_LINE_ROW);
    cr_item_write(&block->text, row);
    CR_JSON_ADD(&block->text, "}\n");
    block->count++;
}

void cr_block_add_line(cr_block *block, cr_str line)
{
    cr_buffer_add(&block->text, line);
    CR_JSON_ADD(&block->text, "\n");
    block->count++;
}

bool cr_block_is_full(const cr_block *block)
{
    return block->count >= CR_BLOCK_ROWS || block->text.size >= CR_BLOCK_SIZE;
}

/* {"Item": {…}} */
static bool read_row(cr_str line, cr_arena *arena, cr_row *row, bool *no_memory)
{
    cr_json in;
    cr_str name;
    bool first = true;
    *row = (cr_row){0};
    cr_json_init(&in, line, arena);
    cr_json_enter(&in, '{');
    if (cr_json_next_member(&in, &first, &name) && cr_str_equal(name, cr_str_of("Item"))) {
        cr_item_read(&in, row);
    } else {
        in.failed = true;
    }
    bool is_end = !cr_json_next_member(&in, &first, &name);
    *no_memory = in.no_memory;
    return is_end && cr_json_is_done(&in) && row->value[CR_PK].size > 0 &&
           row->value[CR_SK].size > 0 && cr_key_is_possible(cr_row_key(row));
}

static cruddur_status read_line(cr_block *block, cr_str line, size_t at, uint64_t first,
                                cruddur_error **error)
{
    bool no_memory;
    if (read_row(line, &block->arena, &block->rows[at], &no_memory)) {
        return CRUDDUR_OK;
    }
    return no_memory ? cr_fail_memory(error)
                     : cr_fail_with(error, CRUDDUR_E_EXPORT_DAMAGED,
                                    "row %" PRIu64 " of the export is not an item with a pk and an "
                                    "sk, which are strings of at most %d and %d bytes",
                                    first + at, CR_PK_MAX, CR_SK_MAX);
}

cruddur_status cr_block_read(cr_block *block, uint64_t first, cruddur_error **error)
{
    cr_str left = cr_block_lines(block);
    cruddur_status status = CRUDDUR_OK;
    if (block->text.failed) {
        return cr_fail_memory(error);
    }
    block->rows = cr_arena_alloc(&block->arena, (block->count + 1) * sizeof(*block->rows));
    if (block->rows == NULL) {
        return cr_fail_memory(error);
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < block->count; i++) {
        const char *end = memchr(left.data, '\n', left.size);
        size_t size = end == NULL ? left.size : (size_t)(end - left.data);
        status = read_line(block, (cr_str){left.data, size}, i, first, error);
        size_t used = end == NULL ? size : size + 1;
        left = (cr_str){left.data + used, left.size - used};
    }
    return status;
}

/* ---- writing the other lines ---- */

static void add_count(cr_buffer *out, const char *before, uint64_t count)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRIu64, count);
    cr_buffer_add(out, cr_str_of(before));
    cr_buffer_add(out, cr_str_of(text));
}

static void add_text(cr_buffer *out, const char *before, cr_str text)
{
    cr_buffer_add(out, cr_str_of(before));
    cr_json_add_string(out, text);
}

void cr_export_write_header(cr_buffer *out, const cr_export_header *header, const char *table)
{
    cr_sort_key now;
    if (!cr_time_format(cr_clock_now_us(), &now)) {
        now.text[0] = '\0';
    }
    add_count(out, CR_LINE_HEADER, header->version);
    add_text(out, ",\"id\":", cr_uuid_str(&header->id));
    add_text(out, ",\"library\":", cr_str_of(CRUDDUR_VERSION_STRING));
    add_text(out, ",\"table\":", cr_str_of(table));
    add_text(out, ",\"created_at\":", cr_str_of(now.text));
    cr_buffer_add(out,
                  cr_str_of(header->has_claims ? ",\"claims\":true}\n" : ",\"claims\":false}\n"));
}

void cr_block_end_write(cr_buffer *out, const cr_block_end *end)
{
    if (end->cursor.data == NULL) {
        add_count(out, CR_LINE_END, end->block);
    } else {
        add_count(out, CR_LINE_BLOCK, end->block);
    }
    add_count(out, ",\"rows\":", end->rows);
    add_text(out, ",\"sha256\":", cr_str_of(end->sum.hex));
    if (end->cursor.data != NULL) {
        add_text(out, ",\"cursor\":", end->cursor);
    }
    CR_JSON_ADD(out, "}\n");
}

/* ---- reading them ---- */

/* A number of ours is an integer below 2^53. */
static uint64_t read_count(cr_json *in)
{
    double number = cr_json_number(in);
    in->failed = in->failed || !(number >= 0 && number < 9007199254740992.0);
    return in->failed ? 0 : (uint64_t)number;
}

static bool read_flag(cr_json *in)
{
    return cr_str_equal(cr_json_skip(in), cr_str_of("true"));
}

bool cr_export_read_header(cr_str line, cr_arena *arena, cr_export_header *header)
{
    cr_json in;
    cr_str name;
    bool has_id = false;
    *header = (cr_export_header){0};
    cr_json_init(&in, line, arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("cruddur_export"))) {
            header->version = read_count(&in);
        } else if (cr_str_equal(name, cr_str_of("id"))) {
            has_id = cr_uuid_parse(cr_json_string(&in), &header->id);
        } else if (cr_str_equal(name, cr_str_of("claims"))) {
            header->has_claims = read_flag(&in);
        } else {
            (void)cr_json_skip(&in);
        }
    }
    return cr_json_is_done(&in) && has_id;
}

bool cr_block_end_read(cr_str line, cr_arena *arena, cr_block_end *end)
{
    cr_json in;
    cr_str name;
    bool has_sum = false;
    *end = (cr_block_end){.cursor = CR_STR_ABSENT};
    cr_json_init(&in, line, arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (cr_str_equal(name, cr_str_of("block")) || cr_str_equal(name, cr_str_of("end"))) {
            end->block = read_count(&in);
        } else if (cr_str_equal(name, cr_str_of("rows"))) {
            end->rows = read_count(&in);
        } else if (cr_str_equal(name, cr_str_of("sha256"))) {
            has_sum = read_checksum(cr_json_string(&in), &end->sum);
        } else if (cr_str_equal(name, cr_str_of("cursor"))) {
            end->cursor = cr_json_string(&in);
        } else {
            (void)cr_json_skip(&in);
        }
    }
    return cr_json_is_done(&in) && has_sum;
}
