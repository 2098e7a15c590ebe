/* SPDX-License-Identifier: MIT */
/* Cards for all groups that have none: the walk over the table. */
#include <stdlib.h>

#include "base/clock.h"
#include "cruddur/entry.h"
#include "messaging/settle.h"
#include "model/uuid_set.h"

/* Rows of one part of the table: so many groups wait at most, and so far apart are two cursors. */
#define PART_ROWS 500

#define US_PER_MS 1000

typedef struct walk {
    cr_store *store;
    const cruddur_upgrade_options *options;
    cr_call *call;      /* the whole call's; each part has its own */
    int64_t timeout_us; /* of a part */
    cr_uuid_set met;    /* the groups that were met; each has a row for each member */
    cr_cursor after;    /* the last row of the latest part; its position is in an arena */
    cr_arena arena[2];  /* of this part and the one before it, in turn */
    unsigned turn;
    cr_uuid *waiting;     /* the groups of the part */
    size_t waiting_count; /* at most PART_ROWS */
    size_t part_rows;     /* of the part */
    bool is_stopped;
    cruddur_upgrade_event counts; /* and nothing else of an event */
} walk;

/* ---- events ---- */

static void tell(walk *walking, cruddur_upgrade_event *event)
{
    const cruddur_upgrade_options *options = walking->options;
    event->size = sizeof(*event);
    if (options->observe != NULL && !options->observe(options->data, event)) {
        walking->is_stopped = true;
    }
}

static void tell_failure(walk *walking, const cr_uuid *group, cruddur_status status,
                         const cruddur_error *error)
{
    cruddur_upgrade_event event = walking->counts;
    event.kind = CRUDDUR_UPGRADE_GROUP_FAILED;
    event.status = status;
    event.group_uuid = group->text;
    event.message = cruddur_error_message(error);
    tell(walking, &event);
}

static cruddur_status tell_progress(walk *walking, bool is_at_end)
{
    cr_buffer cursor;
    cruddur_upgrade_event event = walking->counts;
    event.kind = CRUDDUR_UPGRADE_PROGRESS;
    cr_buffer_init(&cursor, SIZE_MAX);
    if (!is_at_end) {
        cr_cursor_write(&walking->after, &cursor);
    }
    cruddur_status status = cursor.failed ? cr_fail_memory(walking->call->error) : CRUDDUR_OK;
    if (status == CRUDDUR_OK) {
        event.cursor = cursor.data;
        tell(walking, &event);
    }
    cr_buffer_free(&cursor);
    return status;
}

/* ---- one group ---- */

/* What is wrong with one group alone: the others can do without it. */
static bool is_of_group(cruddur_status status)
{
    return status == CRUDDUR_E_STORE_DAMAGED || status == CRUDDUR_E_CONFLICT ||
           status == CRUDDUR_E_ITEM_TOO_LARGE || status == CRUDDUR_E_INVALID_ARGUMENT;
}

/* A call with a deadline and an error of its own. */
static cr_call part_call(const walk *walking, cruddur_error **error)
{
    cr_call call = *walking->call;
    call.meter = (cr_meter){0};
    call.error = error;
    call.deadline_us = cr_clock_monotonic_us() + walking->timeout_us;
    return call;
}

/* Adds what the part has cost. An error that ends the walk becomes the call's. */
static void end_part(walk *walking, const cr_call *part, cruddur_error *error, bool ends_walk)
{
    cr_meter_add(&walking->call->meter, &part->meter);
    if (ends_walk && walking->call->error != NULL) {
        *walking->call->error = error;
    } else {
        cruddur_error_free(error);
    }
}

static cruddur_status upgrade_group(walk *walking, const cr_uuid *group)
{
    cr_settled result = CR_SETTLED_GONE;
    const cr_settling known = {.group = group, .makes_card = true};
    cruddur_error *error = NULL;
    cr_call call = part_call(walking, &error);
    cruddur_status status = cr_settle_in_turn(walking->store, &known, &call, &result);
    bool has_failed = is_of_group(status);
    walking->counts.cards += status == CRUDDUR_OK && result == CR_SETTLED_CHANGED ? 1 : 0;
    walking->counts.failed += has_failed ? 1 : 0;
    if (has_failed) {
        tell_failure(walking, group, status, error);
        status = CRUDDUR_OK;
    }
    end_part(walking, &call, error, status != CRUDDUR_OK);
    return status;
}

/* ---- one part of the table ---- */

/* A cursor cannot name such a row; none of ours has such a key. */
static bool has_nul(cr_str key)
{
    return key.size > 0 && memchr(key.data, '\0', key.size) != NULL;
}

static bool keep_position(walk *walking, const cr_row *row)
{
    cr_key *position = &walking->after.position;
    cr_arena *arena = &walking->arena[walking->turn];
    walking->turn ^= 1;
    cr_arena_reset(arena);
    position->pk = cr_arena_copy(arena, row->value[CR_PK]);
    position->sk = cr_arena_copy(arena, row->value[CR_SK]);
    return position->pk.data != NULL && position->sk.data != NULL;
}

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    walk *walking = context;
    bool is_new;
    cr_uuid group;
    if (has_nul(row->value[CR_PK]) || has_nul(row->value[CR_SK])) {
        return CR_SINK_MORE;
    }
    if (cr_row_kind(row) == CR_KIND_GROUP_ROW && cr_uuid_parse(row->value[CR_GROUP_UUID], &group)) {
        if (!cr_uuid_set_add(&walking->met, &group, &is_new)) {
            return CR_SINK_NO_MEMORY;
        }
        if (is_new) {
            walking->waiting[walking->waiting_count++] = group;
        }
    }
    if (++walking->part_rows < PART_ROWS) {
        return CR_SINK_MORE;
    }
    return keep_position(walking, row) ? CR_SINK_STOP : CR_SINK_NO_MEMORY;
}

/* Reads the next part. Its changes are made when the engine has left the walk over the table. */
static cruddur_status read_part(walk *walking)
{
    cruddur_error *error = NULL;
    cr_call call = part_call(walking, &error);
    walking->part_rows = walking->waiting_count = 0;
    cruddur_status status = walking->store->ops->scan(walking->store, walking->after.position,
                                                      PART_ROWS, take_row, walking, &call);
    walking->counts.rows += status == CRUDDUR_OK ? walking->part_rows : 0;
    walking->counts.groups += status == CRUDDUR_OK ? walking->waiting_count : 0;
    end_part(walking, &call, error, status != CRUDDUR_OK);
    return status;
}

static cruddur_status upgrade_part(walk *walking, bool *is_at_end)
{
    cruddur_status status = read_part(walking);
    *is_at_end = walking->part_rows < PART_ROWS;
    for (size_t i = 0; status == CRUDDUR_OK && i < walking->waiting_count && !walking->is_stopped;
         i++) {
        status = upgrade_group(walking, &walking->waiting[i]);
    }
    return status == CRUDDUR_OK && !walking->is_stopped ? tell_progress(walking, *is_at_end)
                                                        : status;
}

/* ---- the call ---- */

static cruddur_status read_start(walk *walking)
{
    cr_str cursor = cr_str_of(walking->options->cursor);
    walking->after = (cr_cursor){
        .kind = CR_CURSOR_SCAN, .list = {"", 0}, .position = {CR_STR_ABSENT, CR_STR_ABSENT}};
    return cursor.data == NULL ? CRUDDUR_OK
                               : cr_read_cursor(cursor, cr_str_of(""), &walking->arena[1],
                                                &walking->after, walking->call->error);
}

static cruddur_status upgrade(const cruddur *dm, const cruddur_upgrade_options *options,
                              cr_call *call)
{
    uint32_t timeout_ms = options->timeout_ms == 0 ? dm->options.timeout_ms : options->timeout_ms;
    walk walking = {.store = dm->store,
                    .options = options,
                    .call = call,
                    .timeout_us = (int64_t)timeout_ms * US_PER_MS};
    bool is_at_end = false;
    cruddur_status status = read_start(&walking);
    if (status == CRUDDUR_OK) {
        walking.waiting = malloc(PART_ROWS * sizeof(*walking.waiting));
        status = walking.waiting == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
    }
    while (status == CRUDDUR_OK && !is_at_end && !walking.is_stopped) {
        status = upgrade_part(&walking, &is_at_end);
    }
    free(walking.waiting);
    cr_uuid_set_free(&walking.met);
    cr_arena_free(&walking.arena[0]);
    cr_arena_free(&walking.arena[1]);
    return status;
}

cruddur_status cruddur_schema_upgrade(cruddur *dm, const cruddur_upgrade_options *given,
                                      cruddur_error **error)
{
    cruddur_upgrade_options options = CRUDDUR_UPGRADE_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_SCHEMA_UPGRADE, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(UPGRADE_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options.flags, 0, entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = upgrade(dm, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
