/* SPDX-License-Identifier: MIT */
/* Removing what has expired: the walk over the table. */
#include "messaging/purge.h"
#include "cruddur/parts.h"
#include "model/item.h"

/* The rows of the part that are to be purged: what they take is kept, not what they say. */
typedef struct found {
    cr_key key;
    size_t size;
} found;

typedef struct walk {
    cr_parts parts;
    const cruddur_purge_options *options;
    cr_arena arena; /* of the keys */
    found waiting[CR_PART_ROWS];
    size_t waiting_count;
    bool is_stopped;
    uint64_t rows;
    cr_purged purged;
} walk;

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    walk *walking = context;
    found *next = &walking->waiting[walking->waiting_count];
    if (!cr_purge_concerns(walking->parts.store, row)) {
        return CR_SINK_MORE;
    }
    next->key.pk = cr_arena_copy(&walking->arena, row->value[CR_PK]);
    next->key.sk = cr_arena_copy(&walking->arena, row->value[CR_SK]);
    next->size = cr_item_size(row);
    walking->waiting_count++;
    return next->key.pk.data == NULL || next->key.sk.data == NULL ? CR_SINK_NO_MEMORY
                                                                  : CR_SINK_MORE;
}

/* As many of the rows from this one on as one change has room for. */
static size_t gather(const walk *walking, size_t from, cr_key keys[CR_PURGE_ROWS_MAX])
{
    size_t count = 0;
    size_t size = 0;
    while (from + count < walking->waiting_count && count < CR_PURGE_ROWS_MAX) {
        const found *next = &walking->waiting[from + count];
        size += next->size;
        if (count > 0 && size > CR_PURGE_SIZE_MAX) {
            break;
        }
        keys[count++] = next->key;
    }
    return count;
}

/* The changes are made when the engine has left the walk over the table. */
static cruddur_status purge_part(walk *walking)
{
    cr_key keys[CR_PURGE_ROWS_MAX];
    cruddur_status status = CRUDDUR_OK;
    size_t count;
    for (size_t i = 0; status == CRUDDUR_OK && i < walking->waiting_count; i += count) {
        cruddur_error *error = NULL;
        cr_call call = cr_parts_call(&walking->parts, &error);
        count = gather(walking, i, keys);
        status = cr_purge(walking->parts.store, keys, count, &call, &walking->purged);
        cr_parts_end_call(&walking->parts, &call, error, status != CRUDDUR_OK);
    }
    return status;
}

static cruddur_status tell(walk *walking, bool is_at_end)
{
    cr_buffer cursor;
    const cruddur_purge_options *options = walking->options;
    cruddur_purge_event event = {.size = sizeof(event),
                                 .rows = walking->rows,
                                 .removed = walking->purged.removed,
                                 .emptied = walking->purged.emptied};
    cr_buffer_init(&cursor, SIZE_MAX);
    cruddur_status status =
        is_at_end ? CRUDDUR_OK : cr_parts_write_cursor(&walking->parts, &cursor);
    event.cursor = cursor.data;
    if (status == CRUDDUR_OK && options->observe != NULL) {
        walking->is_stopped = !options->observe(options->data, &event);
    }
    cr_buffer_free(&cursor);
    return status;
}

static cruddur_status walk_on(walk *walking, bool *is_at_end)
{
    cr_arena_reset(&walking->arena);
    walking->waiting_count = 0;
    cruddur_status status = cr_parts_read(&walking->parts, is_at_end);
    if (status == CRUDDUR_OK) {
        walking->rows += walking->parts.rows;
        status = purge_part(walking);
    }
    return status == CRUDDUR_OK ? tell(walking, *is_at_end) : status;
}

static cruddur_status purge(const cruddur *dm, const cruddur_purge_options *options, cr_call *call)
{
    walk walking = {.options = options};
    bool is_at_end = false;
    cruddur_status status = cr_purge_check(dm->store, call);
    if (status == CRUDDUR_OK) {
        status =
            cr_parts_begin(&walking.parts, dm, "purge", options->cursor, options->timeout_ms, call);
    }
    walking.parts.sink = take_row;
    walking.parts.context = &walking;
    while (status == CRUDDUR_OK && !is_at_end && !walking.is_stopped) {
        status = walk_on(&walking, &is_at_end);
    }
    cr_parts_free(&walking.parts);
    cr_arena_free(&walking.arena);
    return status;
}

cruddur_status cruddur_purge(cruddur *dm, const cruddur_purge_options *given, cruddur_error **error)
{
    cruddur_purge_options options = CRUDDUR_PURGE_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_PURGE, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(PURGE_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options.flags, 0, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = purge(dm, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
