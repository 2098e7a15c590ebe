/* SPDX-License-Identifier: MIT */
/* Exporting a table: one walk over it, whose rows are written out block by block. On SQLite the
 * walk is one read transaction, so the export shows one moment. */
#include <inttypes.h>

#include "base/clock.h"
#include "cruddur/entry.h"
#include "cruddur/parts.h"
#include "model/store_row.h"
#include "transfer/block.h"

#define US_PER_MS 1000
/* The deadline is moved after so many rows: it is for a part, not for the whole walk. */
#define ROWS_PER_DEADLINE 64

typedef struct exporting {
    const cruddur_export_options *options;
    cruddur_write_fn write;
    void *write_data;
    cr_call *call;
    int64_t timeout_us;
    cr_block block;
    cr_buffer line;
    cr_arena start; /* of where the walk begins: the engine borrows it */
    cr_arena arena; /* of the position */
    char list[CR_PARTS_LIST_SIZE];
    cr_cursor after; /* the latest row whose key a cursor can name */
    cr_checksum before;
    uint64_t blocks;
    uint64_t rows; /* in all blocks that were written */
    uint64_t expected_rows;
    uint64_t bytes;
    bool is_stopped;
    cruddur_status status; /* of the sink, which cannot return one */
} exporting;

static void extend_deadline(const exporting *now)
{
    now->call->deadline_us = cr_clock_monotonic_us() + now->timeout_us;
}

/* ---- writing ---- */

static cruddur_status write_text(exporting *now, cr_str text)
{
    if (text.size > 0 && !now->write(now->write_data, text.data, text.size)) {
        return cr_fail_with(now->call->error, CRUDDUR_E_CANCELLED,
                            "the text of the export could not be written");
    }
    now->bytes += text.size;
    return CRUDDUR_OK;
}

static cruddur_status write_line(exporting *now)
{
    return now->line.failed ? cr_fail_memory(now->call->error)
                            : write_text(now, (cr_str){now->line.data, now->line.size});
}

static cruddur_status write_header(exporting *now, const cr_store *store)
{
    cr_export_header header = {.version = CR_EXPORT_VERSION,
                               .has_claims = (store->traits & CR_TRAIT_UUIDS) == 0};
    if (!cr_uuid_v4(&header.id)) {
        return cr_fail_with(now->call->error, CRUDDUR_E_INTERNAL,
                            "the system gave no random bytes");
    }
    cr_export_write_header(&now->line, &header, store->table);
    cruddur_status status = write_line(now);
    if (status == CRUDDUR_OK &&
        !cr_checksum_of((cr_str){now->line.data, now->line.size - 1}, &now->before)) {
        status = cr_fail_memory(now->call->error);
    }
    return status;
}

/* The latest `line` without its end is the cursor. */
static void tell(exporting *now, bool is_at_end)
{
    cruddur_transfer_event event = {.size = sizeof(event),
                                    .rows = now->rows,
                                    .expected_rows = now->expected_rows,
                                    .bytes = now->bytes};
    if (now->options->observe == NULL) {
        return;
    }
    now->line.data[now->line.size - 1] = '\0';
    event.cursor = is_at_end ? NULL : now->line.data;
    now->is_stopped = !now->options->observe(now->options->data, &event);
}

/* The line after a block, or after the last one; its checksum is that of the block. */
static cruddur_status write_end(exporting *now, bool is_at_end)
{
    cr_buffer cursor;
    cr_buffer_init(&cursor, SIZE_MAX);
    cr_block_end end = {now->blocks, now->rows, now->before, CR_STR_ABSENT};
    if (!is_at_end) {
        cr_cursor_write(&now->after, &cursor);
        end.cursor = cr_str_of(cursor.failed ? "" : cursor.data);
    }
    now->line.size = 0;
    cr_block_end_write(&now->line, &end);
    cruddur_status status = cursor.failed ? cr_fail_memory(now->call->error) : write_line(now);
    cr_buffer_free(&cursor);
    return status;
}

static cruddur_status write_block(exporting *now)
{
    const cr_block *block = &now->block;
    if (!cr_checksum_of((cr_str){block->text.data, block->text.size}, &now->before)) {
        return cr_fail_memory(now->call->error);
    }
    cruddur_status status = write_text(now, cr_block_lines(block));
    now->blocks++;
    now->rows += block->count;
    if (status == CRUDDUR_OK) {
        status = write_end(now, false);
    }
    if (status == CRUDDUR_OK) {
        tell(now, false);
    }
    cr_block_begin(&now->block, &now->before);
    return status;
}

/* ---- the walk ---- */

static bool has_nul(cr_str key)
{
    return key.size > 0 && memchr(key.data, '\0', key.size) != NULL;
}

/* A cursor cannot name a key with a zero byte: a block does not end there, and an export that is
 * continued has such rows twice, which an import does not mind. */
static bool keep_position(exporting *now, const cr_row *row, bool *is_named)
{
    *is_named = !has_nul(row->value[CR_PK]) && !has_nul(row->value[CR_SK]);
    if (!*is_named) {
        return true;
    }
    cr_arena_reset(&now->arena);
    now->after.position.pk = cr_arena_copy(&now->arena, row->value[CR_PK]);
    now->after.position.sk = cr_arena_copy(&now->arena, row->value[CR_SK]);
    return now->after.position.pk.data != NULL && now->after.position.sk.data != NULL;
}

static cruddur_status fail_row(const exporting *now, const cr_row *row, cruddur_status status,
                               const char *why)
{
    return cr_fail_with(now->call->error, status, "the row %.*s %.*s %s",
                        CR_STR_ARGS(row->value[CR_PK]), CR_STR_ARGS(row->value[CR_SK]), why);
}

static cruddur_status add_row(exporting *now, const cr_row *row)
{
    bool is_named;
    size_t before = now->block.text.size;
    if (now->block.count % ROWS_PER_DEADLINE == 0) {
        extend_deadline(now);
    }
    cr_block_add_row(&now->block, row);
    if (now->block.text.failed) {
        return fail_row(now, row, CRUDDUR_E_STORE_DAMAGED,
                        "has other_attributes that are no JSON, or is too large for the memory");
    }
    if (now->block.text.size - before > CR_EXPORT_LINE_MAX) {
        return fail_row(now, row, CRUDDUR_E_ITEM_TOO_LARGE, "has more than 16 MB");
    }
    if (!keep_position(now, row, &is_named)) {
        return cr_fail_memory(now->call->error);
    }
    return is_named && cr_block_is_full(&now->block) ? write_block(now) : CRUDDUR_OK;
}

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    exporting *now = context;
    if (cr_is_store_row(cr_row_key(row))) {
        return CR_SINK_MORE;
    }
    now->status = add_row(now, row);
    return now->status == CRUDDUR_OK && !now->is_stopped ? CR_SINK_MORE : CR_SINK_STOP;
}

static cr_sink_answer count_row(void *context, const cr_row *row)
{
    exporting *now = context;
    if (cr_is_store_row(cr_row_key(row))) {
        return CR_SINK_MORE;
    }
    if (now->expected_rows++ % ROWS_PER_DEADLINE == 0) {
        extend_deadline(now);
    }
    return CR_SINK_MORE;
}

/* For the observer. A service would take as much for it as for the export. */
static cruddur_status count_rows(exporting *now, cr_store *store)
{
    bool is_file = (store->traits & CR_TRAIT_SNAPSHOT) != 0;
    return now->options->observe == NULL || !is_file
               ? CRUDDUR_OK
               : store->ops->scan(store, (cr_key){CR_STR_ABSENT, CR_STR_ABSENT}, 0, count_row, now,
                                  now->call);
}

static cruddur_status walk(exporting *now, cr_store *store)
{
    cr_block_begin(&now->block, &now->before);
    cruddur_status status =
        store->ops->scan(store, now->after.position, 0, take_row, now, now->call);
    extend_deadline(now);
    return status == CRUDDUR_OK ? now->status : status;
}

/* ---- the call ---- */

static cruddur_status fail_cursor(cruddur_error **error)
{
    return cr_fail_argument(error, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
                            "is not the cursor of an export");
}

/* Continues where the line of a block says that it ended. */
static cruddur_status read_cursor(exporting *now, const char *text)
{
    cr_block_end end;
    cr_str line = cr_str_of(text);
    if (!cr_line_begins(line, CR_LINE_BLOCK) || !cr_block_end_read(line, &now->start, &end) ||
        end.cursor.data == NULL) {
        return fail_cursor(now->call->error);
    }
    now->blocks = end.block;
    now->rows = end.rows;
    now->before = end.sum;
    cr_str list = now->after.list;
    cruddur_status status =
        cr_read_cursor(end.cursor, list, &now->start, &now->after, now->call->error);
    now->after.list = list;
    return status;
}

static cruddur_status begin(exporting *now, const cr_store *store)
{
    extend_deadline(now);
    return now->options->cursor != NULL ? read_cursor(now, now->options->cursor)
                                        : write_header(now, store);
}

static cruddur_status finish(exporting *now)
{
    cruddur_status status = CRUDDUR_OK;
    if (now->block.count > 0) {
        status = write_block(now);
    }
    if (status == CRUDDUR_OK && !now->is_stopped) {
        status = write_end(now, true);
        if (status == CRUDDUR_OK) {
            tell(now, true);
        }
    }
    return status;
}

static cruddur_status export_table(const cruddur *dm, exporting *now)
{
    now->after = (cr_cursor){.kind = CR_CURSOR_SCAN,
                             .list = cr_parts_list_of(dm->store, "export", now->list),
                             .position = {CR_STR_ABSENT, CR_STR_ABSENT}};
    now->call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cr_block_init(&now->block);
    cr_buffer_init(&now->line, SIZE_MAX);
    cruddur_status status = begin(now, dm->store);
    if (status == CRUDDUR_OK) {
        status = count_rows(now, dm->store);
    }
    if (status == CRUDDUR_OK) {
        status = walk(now, dm->store);
    }
    if (status == CRUDDUR_OK && !now->is_stopped) {
        status = finish(now);
    }
    cr_block_free(&now->block);
    cr_buffer_free(&now->line);
    cr_arena_free(&now->arena);
    cr_arena_free(&now->start);
    return status;
}

cruddur_status cruddur_export(cruddur *dm, cruddur_write_fn write, void *data,
                              const cruddur_export_options *given, cruddur_error **error)
{
    cruddur_export_options options = CRUDDUR_EXPORT_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL || write == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : "write");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_EXPORT, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(EXPORT_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options.flags, 0, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        uint32_t timeout_ms = options.timeout_ms > 0 ? options.timeout_ms : dm->options.timeout_ms;
        exporting now = {.options = &options,
                         .write = write,
                         .write_data = data,
                         .call = &entry.call,
                         .timeout_us = (int64_t)timeout_ms * US_PER_MS};
        status = export_table(dm, &now);
    }
    return cr_entry_end(&entry, status);
}
