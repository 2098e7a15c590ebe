/* SPDX-License-Identifier: MIT */
/* Importing rows: the text is cut into lines, the lines are gathered into blocks, and a block that
 * is in order is handed to the loader. */
#include <inttypes.h>
#include <stdio.h>

#include "cruddur/entry.h"
#include "cruddur/parts.h"
#include "messaging/group.h"
#include "model/store_row.h"
#include "transfer/loader.h"
#include "transfer/splitter.h"

#define US_PER_MS 1000
/* "<rows>:<checksum of the text up to there>:<the store>" */
#define CURSOR_SIZE (24 + CR_SHA256_HEX_SIZE + CR_PARTS_LIST_SIZE)

typedef struct importing {
    const cruddur_import_options *options;
    cr_store *store;
    cr_call *call;
    cr_splitter splitter;
    cr_loader loader;
    cr_export_format format;
    cr_export_header header; /* of an export of ours */
    cr_checksum before;      /* of what comes before the block */
    cr_arena arena;          /* of a line */
    uint64_t blocks;         /* of an export of ours */
    uint64_t rows;           /* in all blocks that were read */
    uint64_t left_out;       /* which are in the blocks, and not in `rows` */
    uint64_t rows_before;    /* which another call has written, as its cursor says, */
    cr_checksum sum_before;  /* of a text with this checksum */
    bool is_same_text;       /* the text has it */
    cruddur_transfer_event counts;
    cr_loading *loading; /* that is being filled; NULL once the loader was stopped */
    bool is_at_end;
} importing;

/* ---- what the observer receives ---- */

static bool tell_conflict(importing *now, const cr_row *row)
{
    cruddur_transfer_event event = now->counts;
    cr_arena arena = CR_ARENA_INIT;
    cr_str pk = cr_arena_copy(&arena, row->value[CR_PK]);
    cr_str sk = cr_arena_copy(&arena, row->value[CR_SK]);
    event.pk = pk.data == NULL ? "" : pk.data;
    event.sk = sk.data == NULL ? "" : sk.data;
    event.cursor = NULL;
    bool goes_on = now->options->observe(now->options->data, &event);
    cr_arena_free(&arena);
    return goes_on;
}

static bool tell_conflicts(importing *now, const cr_loading *loading)
{
    bool goes_on = true;
    for (size_t i = 0; goes_on && i < loading->block.count; i++) {
        if (loading->fates[i] == CR_FATE_TAKEN || loading->fates[i] == CR_FATE_REPLACED) {
            goes_on = tell_conflict(now, &loading->block.rows[i]);
        }
    }
    return goes_on;
}

static void write_cursor(const importing *now, uint64_t rows, const cr_checksum *sum,
                         char cursor[CURSOR_SIZE])
{
    char list[CR_PARTS_LIST_SIZE];
    (void)cr_parts_list_of(now->store, "import", list);
    (void)snprintf(cursor, CURSOR_SIZE, "%" PRIu64 ":%s:%s", rows, sum->hex, strchr(list, ' ') + 1);
}

/* `cursor` NULL: at the end. */
static bool tell(importing *now, const char *cursor)
{
    cruddur_transfer_event event = now->counts;
    event.cursor = cursor;
    return now->options->observe(now->options->data, &event);
}

static bool finish_block(void *context, const cr_loading *loading)
{
    importing *now = context;
    char cursor[CURSOR_SIZE];
    now->counts.rows = loading->rows;
    now->counts.bytes = loading->bytes;
    now->counts.put += loading->loaded.put;
    now->counts.same += loading->loaded.same;
    now->counts.conflicts += loading->loaded.taken;
    now->counts.replaced += loading->loaded.replaced;
    now->counts.claims += loading->loaded.claims;
    write_cursor(now, loading->rows, &loading->sum, cursor);
    return now->options->observe == NULL || (tell_conflicts(now, loading) && tell(now, cursor));
}

/* ---- blocks ---- */

static cruddur_status take_place(importing *now)
{
    cruddur_status status = cr_loader_take(&now->loader, &now->loading);
    if (status == CRUDDUR_OK && now->loading != NULL) {
        cr_block_begin(&now->loading->block, &now->before);
    }
    return status;
}

/* Rows about the store from which the text is: they say nothing about this one. */
static void leave_out(importing *now, cr_block *block)
{
    size_t kept = 0;
    for (size_t i = 0; i < block->count; i++) {
        if (!cr_is_store_row(cr_row_key(&block->rows[i]))) {
            block->rows[kept++] = block->rows[i];
        }
    }
    now->left_out += block->count - kept;
    block->count = kept;
}

static cruddur_status fail_cursor(const importing *now, cruddur_status status, const char *rule)
{
    return cr_fail_argument(now->call->error, status, "options.cursor", "%s", rule);
}

static cruddur_status fail_foreign(const importing *now)
{
    return fail_cursor(now, CRUDDUR_E_CURSOR_FOREIGN,
                       "is of the import of another text, or into another store");
}

/* Another call has written these rows, if it read the same text: two texts may begin alike. */
static cruddur_status pass_over(importing *now)
{
    cr_block *block = &now->loading->block;
    bool is_there = block->count > 0 && now->rows == now->rows_before;
    now->is_same_text =
        now->is_same_text || (is_there && strcmp(now->before.hex, now->sum_before.hex) == 0);
    cr_block_begin(block, &now->before);
    return is_there && !now->is_same_text ? fail_foreign(now) : CRUDDUR_OK;
}

/* The block is in order, and `before` is its checksum. */
static cruddur_status submit(importing *now)
{
    cr_loading *loading = now->loading;
    uint64_t first = now->rows + now->left_out + 1;
    cruddur_status status = cr_block_read(&loading->block, first, now->call->error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    leave_out(now, &loading->block);
    now->rows += loading->block.count;
    if (loading->block.count == 0 || now->rows <= now->rows_before) {
        return pass_over(now);
    }
    if (now->rows_before > 0 && !now->is_same_text) {
        return fail_foreign(now);
    }
    loading->rows = now->rows;
    loading->sum = now->before;
    loading->bytes = now->splitter.bytes;
    status = cr_loader_submit(&now->loader, loading);
    return status == CRUDDUR_OK ? take_place(now) : status;
}

/* ---- an export of ours ---- */

static cruddur_status fail_block(const importing *now, const char *what)
{
    return cr_fail_with(now->call->error, CRUDDUR_E_EXPORT_DAMAGED,
                        "block %" PRIu64 " of the export, after row %" PRIu64 ", %s",
                        now->blocks + 1, now->rows + now->left_out, what);
}

static cruddur_status end_block(importing *now, cr_str line)
{
    cr_block_end end;
    cr_checksum sum;
    cr_block *block = &now->loading->block;
    if (!cr_block_end_read(line, &now->arena, &end)) {
        return fail_block(now, "ends with a line that is not of an export");
    }
    if (!cr_checksum_of((cr_str){block->text.data, block->text.size}, &sum)) {
        return cr_fail_memory(now->call->error);
    }
    if (strcmp(sum.hex, end.sum.hex) != 0 || end.block != now->blocks + 1 ||
        end.rows != now->rows + now->left_out + block->count) {
        return fail_block(now, "does not match its checksum: it was altered, or a part is missing");
    }
    now->before = sum;
    now->blocks++;
    return submit(now);
}

static cruddur_status end_export(importing *now, cr_str line)
{
    cr_block_end end;
    cr_str rest;
    if (!cr_block_end_read(line, &now->arena, &end) || end.block != now->blocks ||
        end.rows != now->rows + now->left_out || strcmp(end.sum.hex, now->before.hex) != 0 ||
        now->loading->block.count > 0) {
        return fail_block(now, "is missing, or the end of the export was altered");
    }
    cruddur_status status = cr_splitter_next_line(&now->splitter, &rest);
    if (status == CRUDDUR_OK && rest.data != NULL) {
        return cr_fail_with(now->call->error, CRUDDUR_E_EXPORT_DAMAGED,
                            "the text goes on after the end of the export");
    }
    now->is_at_end = true;
    return status;
}

static cruddur_status take_line(importing *now, cr_str line)
{
    cr_block *block = &now->loading->block;
    cr_arena_reset(&now->arena);
    if (cr_line_begins(line, CR_LINE_ROW)) {
        if (cr_block_is_full(block) && block->count >= CR_BLOCK_ROWS) {
            return fail_block(now, "has no end");
        }
        cr_block_add_line(block, line);
        return block->text.failed ? cr_fail_memory(now->call->error) : CRUDDUR_OK;
    }
    if (cr_line_begins(line, CR_LINE_BLOCK)) {
        return end_block(now, line);
    }
    return cr_line_begins(line, CR_LINE_END)
               ? end_export(now, line)
               : fail_block(now, "has a line that is not of an export");
}

static cruddur_status read_header(importing *now)
{
    cr_str line;
    cruddur_status status = cr_splitter_next_line(&now->splitter, &line);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (!cr_export_read_header(line, &now->arena, &now->header)) {
        return cr_fail_with(now->call->error, CRUDDUR_E_EXPORT_DAMAGED,
                            "the first line of the export is damaged");
    }
    if (now->header.version != CR_EXPORT_VERSION) {
        return cr_fail_with(now->call->error, CRUDDUR_E_STORE_NEWER,
                            "the export has version %" PRIu64 "; this library knows version %d",
                            now->header.version, CR_EXPORT_VERSION);
    }
    return cr_checksum_of(line, &now->before) ? CRUDDUR_OK : cr_fail_memory(now->call->error);
}

static cruddur_status fail_cut(const importing *now)
{
    return cr_fail_with(now->call->error, CRUDDUR_E_EXPORT_DAMAGED,
                        "the export was cut short after row %" PRIu64, now->rows + now->left_out);
}

static cruddur_status read_ours(importing *now)
{
    cr_str line;
    cruddur_status status = CRUDDUR_OK;
    while (status == CRUDDUR_OK && !now->is_at_end && now->loading != NULL) {
        status = cr_splitter_next_line(&now->splitter, &line);
        bool is_cut =
            line.data == NULL || (now->splitter.lacks_end && !cr_line_begins(line, CR_LINE_END));
        if (status == CRUDDUR_OK) {
            status = is_cut ? fail_cut(now) : take_line(now, line);
        }
    }
    return status;
}

/* ---- the cursor ---- */

static cruddur_status read_cursor(importing *now)
{
    char expected[CURSOR_SIZE];
    const char *cursor = now->options->cursor;
    if (cursor == NULL) {
        return CRUDDUR_OK;
    }
    size_t digits = strcspn(cursor, ":");
    bool is_number = cr_str_is_number((cr_str){cursor, digits}) && digits <= 15;
    size_t hex = is_number && cursor[digits] == ':' ? strcspn(cursor + digits + 1, ":") : 0;
    if (hex != CR_SHA256_HEX_SIZE) {
        return fail_cursor(now, CRUDDUR_E_CURSOR_DAMAGED, "is not the cursor of an import");
    }
    for (size_t i = 0; i < digits; i++) {
        now->rows_before = now->rows_before * 10 + (uint64_t)(cursor[i] - '0');
    }
    memcpy(now->sum_before.hex, cursor + digits + 1, hex);
    write_cursor(now, now->rows_before, &now->sum_before, expected);
    return strcmp(cursor, expected) == 0 && now->rows_before > 0 ? CRUDDUR_OK : fail_foreign(now);
}

/* ---- the other formats ---- */

static bool is_blank(cr_str line)
{
    return line.size == 0 || (line.size == 1 && line.data[0] == '\r');
}

/* Adds the next row to the block. */
static cruddur_status add_next(importing *now)
{
    cr_str text;
    cr_block *block = &now->loading->block;
    bool is_scan = now->format == CR_FORMAT_SCAN;
    cruddur_status status = is_scan ? cr_splitter_next_item(&now->splitter, &text)
                                    : cr_splitter_next_line(&now->splitter, &text);
    now->is_at_end = text.data == NULL;
    if (status != CRUDDUR_OK || text.data == NULL || is_blank(text)) {
        return status;
    }
    if (is_scan) {
        CR_JSON_ADD(&block->text, CR_LINE_ROW);
        cr_buffer_add(&block->text, text);
        text = cr_str_of("}");
    }
    cr_block_add_line(block, text);
    return block->text.failed ? cr_fail_memory(now->call->error) : CRUDDUR_OK;
}

/* Such a text has no checksums, so there is nothing to compare this one with but a cursor. */
static cruddur_status end_foreign_block(importing *now)
{
    cr_checksum sum;
    const cr_block *block = &now->loading->block;
    if (!cr_checksum_of((cr_str){block->text.data, block->text.size}, &sum)) {
        return cr_fail_memory(now->call->error);
    }
    now->before = sum;
    return submit(now);
}

static cruddur_status read_foreign(importing *now)
{
    cruddur_status status = CRUDDUR_OK;
    while (status == CRUDDUR_OK && !now->is_at_end && now->loading != NULL) {
        status = add_next(now);
        bool is_due = cr_block_is_full(&now->loading->block) ||
                      (now->is_at_end && now->loading->block.count > 0);
        if (status == CRUDDUR_OK && is_due) {
            status = end_foreign_block(now);
        }
    }
    return status;
}

/* ---- before the first row ---- */

static cruddur_status check_shape(const importing *now)
{
    cr_lines differences;
    cr_lines_init(&differences);
    cruddur_status status =
        now->store->ops->schema_verify(now->store, NULL, &differences, now->call);
    if (status == CRUDDUR_OK && differences.count > 0) {
        const char *first = cr_lines_first(&differences);
        status = first == NULL ? cr_fail_memory(now->call->error)
                               : cr_fail_with(now->call->error, CRUDDUR_E_TABLE_SHAPE,
                                              "importing into %s: %s; see `cruddur schema verify`",
                                              now->store->table, first);
    }
    cr_lines_free(&differences);
    return status;
}

static cr_sink_answer note_row(void *context, const cr_row *row)
{
    bool *has_row = context;
    *has_row = !cr_is_store_row(cr_row_key(row));
    return *has_row ? CR_SINK_STOP : CR_SINK_MORE;
}

static cruddur_status check_empty(const importing *now)
{
    bool has_row = false;
    if ((now->options->flags & CRUDDUR_IMPORT_UNUSED) == 0) {
        return CRUDDUR_OK;
    }
    cruddur_status status = now->store->ops->scan(
        now->store, (cr_key){CR_STR_ABSENT, CR_STR_ABSENT}, 1, note_row, &has_row, now->call);
    return status == CRUDDUR_OK && has_row
               ? cr_fail_argument(now->call->error, CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
                                  "the table %s is not empty, so it is not unused; without this "
                                  "flag the import puts what is missing",
                                  now->store->table)
               : status;
}

static cruddur_status check_body(cr_txn *txn, void *context)
{
    (void)context;
    return cr_check_transactions(txn);
}

static cruddur_status check_transactions(const importing *now)
{
    return now->options->on_conflict == CRUDDUR_CONFLICT_REPLACE
               ? now->store->ops->read(now->store, check_body, NULL, now->call)
               : CRUDDUR_OK;
}

static cruddur_status begin(importing *now)
{
    cruddur_status status = check_shape(now);
    if (status == CRUDDUR_OK) {
        status = check_empty(now);
    }
    if (status == CRUDDUR_OK) {
        status = check_transactions(now);
    }
    if (status == CRUDDUR_OK) {
        status = read_cursor(now);
    }
    if (status == CRUDDUR_OK) {
        status = cr_splitter_find_format(&now->splitter, &now->format);
    }
    return status == CRUDDUR_OK && now->format == CR_FORMAT_OURS ? read_header(now) : status;
}

/* ---- the call ---- */

static cruddur_status load_rows(importing *now, size_t workers)
{
    now->loader.options =
        (cr_load_options){.replaces = now->options->on_conflict == CRUDDUR_CONFLICT_REPLACE,
                          .is_unused = (now->options->flags & CRUDDUR_IMPORT_UNUSED) != 0,
                          .makes_claims = !now->header.has_claims};
    now->loader.finished = finish_block;
    now->loader.context = now;
    cruddur_status status = cr_loader_start(&now->loader, workers);
    if (status == CRUDDUR_OK) {
        status = take_place(now);
    }
    if (status == CRUDDUR_OK) {
        status = now->format == CR_FORMAT_OURS ? read_ours(now) : read_foreign(now);
    }
    if (status == CRUDDUR_OK && now->is_at_end && now->rows < now->rows_before) {
        status = fail_foreign(now);
    }
    /* What was read before a failure is in order, and is written. */
    cruddur_error *error = NULL;
    cruddur_error **place = now->call->error;
    now->call->error = status == CRUDDUR_OK ? place : &error;
    cruddur_status finished = cr_loader_finish(&now->loader);
    now->call->error = place;
    cruddur_error_free(error);
    return status == CRUDDUR_OK ? finished : status;
}

static cruddur_status import(importing *now, cruddur_read_fn read, void *data)
{
    int64_t timeout_us = now->loader.timeout_us;
    cruddur_status status = cr_splitter_init(&now->splitter, read, data, now->call->error);
    if (status == CRUDDUR_OK) {
        status = begin(now);
    }
    now->loader = (cr_loader){.store = now->store, .call = now->call, .timeout_us = timeout_us};
    if (status == CRUDDUR_OK) {
        status = load_rows(now, now->options->workers);
    }
    if (status == CRUDDUR_OK && now->is_at_end && !now->loader.is_stopped &&
        now->options->observe != NULL) {
        now->counts.rows = now->rows;
        now->counts.bytes = now->splitter.bytes;
        (void)tell(now, NULL);
    }
    cr_loader_free(&now->loader);
    cr_splitter_free(&now->splitter);
    cr_arena_free(&now->arena);
    return status;
}

static cruddur_status check_options(const cruddur_import_options *options, cruddur_error **error)
{
    cruddur_status status =
        cr_check_flags("options.flags", options->flags, CRUDDUR_IMPORT_UNUSED, error);
    if (status == CRUDDUR_OK && options->on_conflict > CRUDDUR_CONFLICT_REPLACE) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.on_conflict",
                                  "must be CRUDDUR_CONFLICT_SKIP or CRUDDUR_CONFLICT_REPLACE");
    }
    if (status == CRUDDUR_OK && options->workers > CRUDDUR_IMPORT_WORKERS_MAX) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.workers",
                                  "must be at most %d; it is %u", CRUDDUR_IMPORT_WORKERS_MAX,
                                  options->workers);
    }
    return status;
}

cruddur_status cruddur_import(cruddur *dm, cruddur_read_fn read, void *data,
                              const cruddur_import_options *given, cruddur_error **error)
{
    cruddur_import_options options = CRUDDUR_IMPORT_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL || read == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "read");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_IMPORT, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(IMPORT_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = check_options(&options, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        uint32_t timeout_ms = options.timeout_ms > 0 ? options.timeout_ms : dm->options.timeout_ms;
        cr_entry_set_timeout(&entry, options.timeout_ms);
        importing now = {.options = &options,
                         .store = dm->store,
                         .call = &entry.call,
                         .counts = {.size = sizeof(now.counts)},
                         .loader = {.timeout_us = (int64_t)timeout_ms * US_PER_MS}};
        status = import(&now, read, data);
    }
    return cr_entry_end(&entry, status);
}
