/* SPDX-License-Identifier: MIT */
/* Checking the table: the walk over it. Rows are noted while the engine walks; groups and claims
 * are looked at, and the observer is called, when it has left the walk. */
#include "cruddur/examine.h"

#include <stdlib.h>

#include "messaging/purge.h"
#include "model/time.h"

/* ---- the walk ---- */

static void begin_part(cr_examination *examination)
{
    cr_arena_reset(&examination->arena);
    examination->met_count = examination->claim_count = examination->note_count = 0;
}

static cruddur_status tell_progress(cr_examination *examination, bool is_at_end)
{
    cr_buffer cursor;
    const cruddur_check_options *options = examination->options;
    cruddur_check_event event = examination->counts;
    event.size = sizeof(event);
    event.kind = CRUDDUR_CHECK_PROGRESS;
    cr_buffer_init(&cursor, SIZE_MAX);
    cruddur_status status =
        is_at_end ? CRUDDUR_OK : cr_parts_write_cursor(&examination->parts, &cursor);
    event.cursor = cursor.data;
    if (status == CRUDDUR_OK && options->observe != NULL &&
        !options->observe(options->data, &event)) {
        examination->is_stopped = true;
    }
    cr_buffer_free(&cursor);
    return status;
}

static cruddur_status tell_notes(cr_examination *examination)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0;
         status == CRUDDUR_OK && i < examination->note_count && !examination->is_stopped; i++) {
        const cr_note *note = &examination->note[i];
        if (note->kind == CRUDDUR_CHECK_MESSAGE_DOUBLED) {
            status = cr_examine_twin(examination, note);
        } else {
            cr_examination_tell(examination, note, false);
        }
    }
    return status;
}

/* What the part has brought. */
static cruddur_status examine_part(cr_examination *examination)
{
    cruddur_status status = tell_notes(examination);
    for (size_t i = 0;
         status == CRUDDUR_OK && i < examination->met_count && !examination->is_stopped; i++) {
        status = cr_examine_group(examination, &examination->met[i]);
    }
    return status == CRUDDUR_OK && !examination->is_stopped ? cr_examine_claims(examination)
                                                            : status;
}

static cruddur_status walk_on(cr_examination *examination, bool *is_at_end)
{
    begin_part(examination);
    cruddur_status status = cr_parts_read(&examination->parts, is_at_end);
    if (status == CRUDDUR_OK && *is_at_end && !cr_examine_end_of_changes(examination)) {
        status = cr_fail_memory(examination->parts.call->error);
    }
    if (status == CRUDDUR_OK) {
        examination->counts.rows += examination->parts.rows;
        status = examine_part(examination);
    }
    return status == CRUDDUR_OK && !examination->is_stopped ? tell_progress(examination, *is_at_end)
                                                            : status;
}

/* A walk that goes on in the middle of a partition knows the message before. */
static void take_up(cr_examination *examination)
{
    cr_key position = examination->parts.after.position;
    if (position.pk.data != NULL && cr_pk_kind(position.pk) == CR_KIND_MESSAGE) {
        memcpy(examination->messages.text, position.pk.data, position.pk.size);
        examination->has_latest = cr_time_parse(position.sk, &examination->latest_us);
    }
}

/* What was mended may have been the last user's. */
static cruddur_status forget_twins(const cr_examination *examination)
{
    cruddur_error *error = NULL;
    cr_store *store = examination->parts.store;
    if (store->ops->forget_twins == NULL) {
        return CRUDDUR_OK;
    }
    cr_call call = cr_parts_call(&examination->parts, &error);
    cruddur_status status = store->ops->forget_twins(store, &call);
    cr_parts_end_call(&examination->parts, &call, error, status != CRUDDUR_OK);
    return status;
}

static cruddur_status walk(cr_examination *examination, const cruddur *dm)
{
    bool is_at_end = false;
    const cruddur_check_options *options = examination->options;
    cr_call *call = examination->parts.call;
    cruddur_status status = cr_parts_begin(&examination->parts, dm, "check", options->cursor,
                                           options->timeout_ms, call);
    examination->parts.sink = cr_examine_row;
    examination->parts.context = examination;
    if (status == CRUDDUR_OK) {
        take_up(examination);
    }
    while (status == CRUDDUR_OK && !is_at_end && !examination->is_stopped) {
        status = walk_on(examination, &is_at_end);
    }
    bool is_repair = (options->flags & CRUDDUR_CHECK_REPAIR) != 0;
    return status == CRUDDUR_OK && is_at_end && is_repair ? forget_twins(examination) : status;
}

/* ---- one group ---- */

typedef struct message_part {
    cr_examination *examination;
    size_t count;
    cr_kept_key last;
} message_part;

static cr_sink_answer take_next_message(void *context, const cr_row *row)
{
    message_part *part = context;
    cr_kept_key_set(&part->last, row->value[CR_SK]);
    cr_sink_answer answer = cr_examine_row(part->examination, row);
    return ++part->count == CR_PART_ROWS && answer == CR_SINK_MORE ? CR_SINK_STOP : answer;
}

static cruddur_status walk_messages(cr_examination *examination)
{
    message_part part = {.examination = examination};
    cruddur_status status = CRUDDUR_OK;
    do {
        cruddur_error *error = NULL;
        cr_call call = cr_parts_call(&examination->parts, &error);
        cr_kept_key from = part.last;
        begin_part(examination);
        part.count = 0;
        status = cr_inspect_messages(examination->parts.store, &examination->group,
                                     cr_kept_key_str(&from), CR_PART_ROWS, take_next_message, &part,
                                     &call);
        cr_parts_end_call(&examination->parts, &call, error, status != CRUDDUR_OK);
        examination->counts.rows += status == CRUDDUR_OK ? part.count : 0;
        if (status == CRUDDUR_OK) {
            status = tell_notes(examination);
        }
    } while (status == CRUDDUR_OK && part.count == CR_PART_ROWS && !examination->is_stopped);
    return status;
}

static cruddur_status examine_one(cr_examination *examination, const cruddur *dm)
{
    cr_call *call = examination->parts.call;
    const cruddur_check_options *options = examination->options;
    const cr_met met = {.at = CR_MET_ALONE, .group = examination->group};
    cruddur_status status =
        cr_parts_begin(&examination->parts, dm, "check", NULL, options->timeout_ms, call);
    if (status == CRUDDUR_OK) {
        status = cr_examine_group(examination, &met);
    }
    if (status == CRUDDUR_OK && examination->counts.groups == 0) {
        status = cr_fail_argument(call->error, CRUDDUR_E_GROUP_NOT_FOUND, "options.group_uuid",
                                  "there is no group %s", examination->group.text);
    }
    if (status == CRUDDUR_OK && !examination->is_stopped) {
        status = walk_messages(examination);
    }
    return status == CRUDDUR_OK && !examination->is_stopped ? tell_progress(examination, true)
                                                            : status;
}

/* ---- the call ---- */

static cruddur_status read_scope(const cruddur_check_options *options, cr_examination *examination,
                                 cruddur_error **error)
{
    bool has_group;
    bool has_person;
    cruddur_status status = cr_read_optional_uuid("options.group_uuid", options->group_uuid,
                                                  &examination->group, &has_group, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_optional_uuid("options.user_uuid", options->user_uuid, &examination->user,
                                       &has_person, error);
    }
    if (status == CRUDDUR_OK && has_group && has_person) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.user_uuid",
                                  "cannot be combined with a group");
    }
    if (status == CRUDDUR_OK && has_group && options->cursor != NULL) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.cursor",
                                  "cannot be combined with a group");
    }
    return status;
}

static cruddur_status examine(const cruddur *dm, const cruddur_check_options *options,
                              cr_call *call)
{
    bool is_repair = (options->flags & CRUDDUR_CHECK_REPAIR) != 0;
    cr_examination *examination = calloc(1, sizeof(*examination));
    if (examination == NULL) {
        return cr_fail_memory(call->error);
    }
    examination->options = options;
    examination->parts.call = call;
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cruddur_status status = read_scope(options, examination, call->error);
    if (status == CRUDDUR_OK && is_repair) {
        status = cr_purge_check(dm->store, call);
    }
    if (status == CRUDDUR_OK) {
        status = examination->group.text[0] != '\0' ? examine_one(examination, dm)
                                                    : walk(examination, dm);
    }
    cr_parts_free(&examination->parts);
    cr_uuid_set_free(&examination->seen);
    cr_uuid_set_free(&examination->carded);
    cr_uuid_set_free(&examination->uuids);
    cr_uuid_set_free(&examination->older);
    cr_arena_free(&examination->arena);
    cr_inspection_free(&examination->found);
    cr_inspection_free(&examination->after);
    free(examination);
    return status;
}

cruddur_status cruddur_check(cruddur *dm, const cruddur_check_options *given, cruddur_error **error)
{
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_CHECK, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(CHECK_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options.flags,
                                CRUDDUR_CHECK_REPAIR | CRUDDUR_CHECK_OLD_KEYS, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = examine(dm, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
