/* SPDX-License-Identifier: MIT */
/* Cards for all groups that have none: the walk over the table. */
#include <stdlib.h>

#include "cruddur/parts.h"
#include "messaging/settle.h"
#include "model/uuid_set.h"

typedef struct walk {
    cr_parts parts;
    const cruddur_upgrade_options *options;
    cr_uuid_set met;      /* the groups that were met; each has a row for each member */
    cr_uuid *waiting;     /* the groups of the part */
    size_t waiting_count; /* at most CR_PART_ROWS */
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
    cruddur_status status =
        is_at_end ? CRUDDUR_OK : cr_parts_write_cursor(&walking->parts, &cursor);
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

static cruddur_status upgrade_group(walk *walking, const cr_uuid *group)
{
    cr_settled result = CR_SETTLED_GONE;
    const cr_settling known = {.group = group, .makes_card = true};
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&walking->parts, &error);
    cruddur_status status = cr_settle_in_turn(walking->parts.store, &known, &call, &result);
    bool has_failed = is_of_group(status);
    walking->counts.cards += status == CRUDDUR_OK && result == CR_SETTLED_CHANGED ? 1 : 0;
    walking->counts.failed += has_failed ? 1 : 0;
    if (has_failed) {
        tell_failure(walking, group, status, error);
        status = CRUDDUR_OK;
    }
    cr_parts_end_call(&walking->parts, &call, error, status != CRUDDUR_OK);
    return status;
}

/* ---- one part of the table ---- */

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    walk *walking = context;
    bool is_new;
    cr_uuid group;
    if (cr_row_kind(row) == CR_KIND_GROUP_ROW && cr_uuid_parse(row->value[CR_GROUP_UUID], &group)) {
        if (!cr_uuid_set_add(&walking->met, &group, &is_new)) {
            return CR_SINK_NO_MEMORY;
        }
        if (is_new) {
            walking->waiting[walking->waiting_count++] = group;
        }
    }
    return CR_SINK_MORE;
}

/* The changes are made when the engine has left the walk over the table. */
static cruddur_status upgrade_part(walk *walking, bool *is_at_end)
{
    walking->waiting_count = 0;
    cruddur_status status = cr_parts_read(&walking->parts, is_at_end);
    walking->counts.rows += status == CRUDDUR_OK ? walking->parts.rows : 0;
    walking->counts.groups += status == CRUDDUR_OK ? walking->waiting_count : 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < walking->waiting_count && !walking->is_stopped;
         i++) {
        status = upgrade_group(walking, &walking->waiting[i]);
    }
    return status == CRUDDUR_OK && !walking->is_stopped ? tell_progress(walking, *is_at_end)
                                                        : status;
}

/* ---- the call ---- */

static cruddur_status upgrade(const cruddur *dm, const cruddur_upgrade_options *options,
                              cr_call *call)
{
    walk walking = {.options = options};
    bool is_at_end = false;
    cruddur_status status =
        cr_parts_begin(&walking.parts, dm, "upgrade", options->cursor, options->timeout_ms, call);
    walking.parts.sink = take_row;
    walking.parts.context = &walking;
    if (status == CRUDDUR_OK) {
        walking.waiting = malloc(CR_PART_ROWS * sizeof(*walking.waiting));
        status = walking.waiting == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
    }
    while (status == CRUDDUR_OK && !is_at_end && !walking.is_stopped) {
        status = upgrade_part(&walking, &is_at_end);
    }
    free(walking.waiting);
    cr_uuid_set_free(&walking.met);
    cr_parts_free(&walking.parts);
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
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = upgrade(dm, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
