/* SPDX-License-Identifier: MIT */
#include "cruddur/people.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/item.h"

/* A cursor is the subject, the number of the pass, and a cursor of a scan, with these between; the
 * last part is empty at the start of the table. If groups were skipped, the pass is followed by
 * their number: without it, the call that continues would succeed. */
#define BETWEEN ":"
#define SKIPPED "+"

cruddur_status cr_person_read_options(const cruddur_person_options *given, uint32_t flags,
                                      cruddur_person_options *options, cruddur_error **error)
{
    *options = (cruddur_person_options)CRUDDUR_PERSON_OPTIONS_INIT;
    cruddur_status status =
        cr_read_struct("options", given, options, CR_STRUCT_0_2(PERSON_OPTIONS, *options), error);
    return status == CRUDDUR_OK ? cr_check_flags("options.flags", options->flags, flags, error)
                                : status;
}

/* ---- cursors ---- */

static cruddur_status fail_damaged(const cr_person_walk *walk)
{
    return cr_fail_argument(walk->call->error, CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
                            "is not as an event gave it");
}

/* Reads the groups that earlier calls have skipped. Returns what follows, NULL if it is damaged. */
static const char *read_skipped(const char *text, uint64_t *skipped)
{
    const char *rest = text;
    if (*rest != *SKIPPED) {
        return rest;
    }
    for (rest++; *rest >= '0' && *rest <= '9' && *skipped < UINT32_MAX; rest++) {
        *skipped = 10 * *skipped + (uint64_t)(*rest - '0');
    }
    return *skipped == 0 ? NULL : rest;
}

static cruddur_status read_cursor(cr_person_walk *walk, const char **rest)
{
    const char *cursor = walk->options->cursor;
    cruddur_error **error = walk->call->error;
    *rest = NULL;
    if (cursor == NULL) {
        return CRUDDUR_OK;
    }
    if (strncmp(cursor, walk->subject.data, walk->subject.size) != 0 ||
        cursor[walk->subject.size] != *BETWEEN) {
        return cr_fail_argument(
            error, CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
            "is of another list, or of the same call for another person or with "
            "other flags");
    }
    const char *pass = cursor + walk->subject.size + 1;
    size_t number = (size_t)(unsigned char)*pass - '0';
    if (number >= walk->pass_count) {
        return fail_damaged(walk);
    }
    const char *end = read_skipped(pass + 1, &walk->counts.skipped);
    if (end == NULL || *end != *BETWEEN) {
        return fail_damaged(walk);
    }
    walk->pass = number;
    *rest = end[1] == '\0' ? NULL : end + 1;
    return CRUDDUR_OK;
}

static cruddur_status write_cursor(const cr_person_walk *walk, cr_buffer *cursor)
{
    char pass[40];
    uint64_t skipped = walk->counts.skipped;
    int size = skipped == 0
                   ? snprintf(pass, sizeof(pass), "%zu", walk->pass)
                   : snprintf(pass, sizeof(pass), "%zu" SKIPPED "%" PRIu64, walk->pass, skipped);
    cr_buffer_add(cursor, walk->subject);
    cr_buffer_add(cursor, cr_str_of(BETWEEN));
    cr_buffer_add(cursor, (cr_str){pass, (size_t)size});
    cr_buffer_add(cursor, cr_str_of(BETWEEN));
    if (walk->parts.after.position.pk.data != NULL) {
        return cr_parts_write_cursor(&walk->parts, cursor);
    }
    cr_buffer_add(cursor, (cr_str){"", 1}); /* and a NUL */
    return cursor->failed ? cr_fail_memory(walk->call->error) : CRUDDUR_OK;
}

/* ---- telling ---- */

bool cr_person_tell(cr_person_walk *walk, const char *line, const char *cursor)
{
    cruddur_person_event event = walk->counts;
    event.size = sizeof(event);
    event.line = line;
    event.cursor = cursor;
    return walk->options->observe == NULL || walk->options->observe(walk->options->data, &event);
}

static cruddur_status tell_part(cr_person_walk *walk)
{
    cr_buffer cursor;
    cr_buffer_init(&cursor, SIZE_MAX);
    cruddur_status status = write_cursor(walk, &cursor);
    if (status == CRUDDUR_OK) {
        walk->is_stopped = !cr_person_tell(walk, NULL, cursor.data);
    }
    cr_buffer_free(&cursor);
    return status;
}

void cr_person_tell_end(cr_person_walk *walk)
{
    (void)cr_person_tell(walk, NULL, NULL);
}

/* ---- the walk ---- */

static cr_sink_answer take_row(void *context, const cr_row *row)
{
    cr_person_walk *walk = context;
    cr_found_row *found = &walk->waiting[walk->waiting_count];
    bool is_wanted = false;
    *found = (cr_found_row){.size = 0};
    if (!walk->passes[walk->pass].look(walk, row, found, &is_wanted)) {
        return CR_SINK_NO_MEMORY;
    }
    if (!is_wanted) {
        return CR_SINK_MORE;
    }
    found->key.pk = cr_arena_copy(&walk->arena, row->value[CR_PK]);
    found->key.sk = cr_arena_copy(&walk->arena, row->value[CR_SK]);
    found->size = cr_item_size(row);
    walk->waiting_count++;
    return found->key.pk.data == NULL || found->key.sk.data == NULL ? CR_SINK_NO_MEMORY
                                                                    : CR_SINK_MORE;
}

/* As many of the rows from this one on as one change has room for. */
static size_t gather(const cr_person_walk *walk, size_t from, bool in_groups)
{
    size_t count = 0;
    size_t size = 0;
    const cr_found_row *first = &walk->waiting[from];
    while (from + count < walk->waiting_count && count < CR_PERSON_ROWS_MAX) {
        const cr_found_row *next = &first[count];
        size += next->size;
        bool fits =
            size <= CR_PERSON_SIZE_MAX && (!in_groups || cr_str_equal(next->key.pk, first->key.pk));
        if (count > 0 && !fits) {
            break;
        }
        count++;
    }
    return count;
}

cruddur_status cr_person_change_waiting(cr_person_walk *walk, cr_person_change change,
                                        bool in_groups)
{
    cruddur_status status = CRUDDUR_OK;
    size_t count;
    for (size_t i = 0; status == CRUDDUR_OK && i < walk->waiting_count; i += count) {
        cruddur_error *error = NULL;
        cr_call call = cr_parts_call(&walk->parts, &error);
        count = gather(walk, i, in_groups);
        status = change(walk, &walk->waiting[i], count, &call);
        cr_parts_end_call(&walk->parts, &call, error, status != CRUDDUR_OK);
    }
    return status;
}

/* At the start of the table. */
static void begin_next_pass(cr_person_walk *walk)
{
    walk->pass++;
    walk->parts.after.position = (cr_key){CR_STR_ABSENT, CR_STR_ABSENT};
}

static cruddur_status walk_on(cr_person_walk *walk, bool *is_at_end)
{
    cr_arena_reset(&walk->arena);
    walk->waiting_count = 0;
    cruddur_status status = cr_parts_read(&walk->parts, is_at_end);
    if (status == CRUDDUR_OK) {
        walk->counts.rows += walk->parts.rows;
        status = walk->passes[walk->pass].change(walk);
    }
    if (status == CRUDDUR_OK && *is_at_end && !walk->is_stopped) {
        begin_next_pass(walk);
    }
    bool is_to_be_told = !walk->is_stopped && walk->pass < walk->pass_count;
    return status == CRUDDUR_OK && is_to_be_told ? tell_part(walk) : status;
}

static cruddur_status run_pass(cr_person_walk *walk, const char *cursor)
{
    bool is_at_end = false;
    cruddur_status status = cr_parts_begin(&walk->parts, walk->dm, "person", cursor,
                                           walk->options->timeout_ms, walk->call);
    walk->parts.sink = take_row;
    walk->parts.context = walk;
    while (status == CRUDDUR_OK && !is_at_end && !walk->is_stopped) {
        status = walk_on(walk, &is_at_end);
    }
    cr_parts_free(&walk->parts);
    return status;
}

cruddur_status cr_person_walk_run(cr_person_walk *walk)
{
    const char *cursor;
    cruddur_status status = read_cursor(walk, &cursor);
    while (status == CRUDDUR_OK && !walk->is_stopped && walk->pass < walk->pass_count) {
        status = run_pass(walk, cursor);
        cursor = NULL;
    }
    cr_arena_free(&walk->arena);
    return status;
}
