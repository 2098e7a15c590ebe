/* SPDX-License-Identifier: MIT */
#include "cruddur/parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/store_row.h"

#define US_PER_MS 1000

/* FNV-1a. */
static uint64_t hash(const char *text)
{
    uint64_t value = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++) {
        value = (value ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    return value;
}

cr_str cr_parts_list_of(const cr_store *store, const char *operation, char list[CR_PARTS_LIST_SIZE])
{
    const char *place = store->place != NULL ? store->place : store->table;
    int size = snprintf(list, CR_PARTS_LIST_SIZE, "%s %016" PRIx64, operation, hash(place));
    return (cr_str){list, (size_t)size}; /* operations have short names */
}

cruddur_status cr_parts_begin(cr_parts *parts, const cruddur *dm, const char *operation,
                              const char *cursor, uint32_t timeout_ms, cr_call *call)
{
    *parts = (cr_parts){.store = dm->store, .call = call};
    parts->timeout_us =
        (int64_t)(timeout_ms == 0 ? dm->options.timeout_ms : timeout_ms) * US_PER_MS;
    cr_str list = cr_parts_list_of(dm->store, operation, parts->list);
    parts->after = (cr_cursor){
        .kind = CR_CURSOR_SCAN, .list = list, .position = {CR_STR_ABSENT, CR_STR_ABSENT}};
    if (cursor == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        cr_read_cursor(cr_str_of(cursor), list, &parts->arena[1], &parts->after, call->error);
    parts->after.list = list;
    return status;
}

void cr_parts_free(cr_parts *parts)
{
    cr_arena_free(&parts->arena[0]);
    cr_arena_free(&parts->arena[1]);
}

/* ---- calls ---- */

cr_call cr_parts_call(const cr_parts *parts, cruddur_error **error)
{
    cr_call call = *parts->call;
    call.meter = (cr_meter){0};
    call.error = error;
    call.deadline_us = cr_clock_monotonic_us() + parts->timeout_us;
    return call;
}

void cr_parts_end_call(const cr_parts *parts, const cr_call *part, cruddur_error *error,
                       bool ends_walk)
{
    cr_meter_add(&parts->call->meter, &part->meter);
    if (ends_walk && parts->call->error != NULL) {
        *parts->call->error = error;
    } else {
        cruddur_error_free(error);
    }
}

/* ---- one part ---- */

/* A cursor cannot name such a row; none of ours has such a key. */
static bool has_nul(cr_str key)
{
    return key.size > 0 && memchr(key.data, '\0', key.size) != NULL;
}

static bool keep_position(cr_parts *parts, const cr_row *row)
{
    cr_key *position = &parts->after.position;
    cr_arena *arena = &parts->arena[parts->turn];
    parts->turn ^= 1;
    cr_arena_reset(arena);
    position->pk = cr_arena_copy(arena, row->value[CR_PK]);
    position->sk = cr_arena_copy(arena, row->value[CR_SK]);
    return position->pk.data != NULL && position->sk.data != NULL;
}

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    cr_parts *parts = context;
    if (cr_is_store_row(cr_row_key(row))) {
        return CR_SINK_MORE;
    }
    if (has_nul(row->value[CR_PK]) || has_nul(row->value[CR_SK])) {
        return CR_SINK_MORE;
    }
    if (parts->sink(parts->context, row) == CR_SINK_NO_MEMORY) {
        return CR_SINK_NO_MEMORY;
    }
    if (++parts->rows < CR_PART_ROWS) {
        return CR_SINK_MORE;
    }
    return keep_position(parts, row) ? CR_SINK_STOP : CR_SINK_NO_MEMORY;
}

cruddur_status cr_parts_read(cr_parts *parts, bool *is_at_end)
{
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(parts, &error);
    parts->rows = 0;
    cruddur_status status = cr_call_check_deadline(&call); /* it may be cancelled between parts */
    if (status == CRUDDUR_OK) {
        status = parts->store->ops->scan(parts->store, parts->after.position, CR_PART_ROWS,
                                         take_row, parts, &call);
    }
    *is_at_end = parts->rows < CR_PART_ROWS;
    cr_parts_end_call(parts, &call, error, status != CRUDDUR_OK);
    return status;
}

cruddur_status cr_parts_write_cursor(const cr_parts *parts, cr_buffer *cursor)
{
    cr_cursor_write(&parts->after, cursor);
    return cursor->failed ? cr_fail_memory(parts->call->error) : CRUDDUR_OK;
}
