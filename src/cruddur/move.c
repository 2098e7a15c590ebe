/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cruddur/moving.h"

#define US_PER_MS 1000

/* So many changes are followed in a second or two: the source can be closed. A round on a stream
 * takes some seconds however few there are, and as long behind the fence. */
#define FEW_CHANGES 1000
#define SHORT_STREAM_US INT64_C(10000000)
/* So many rounds in a row may have more than nine tenths of what the shortest so far had. */
#define STALLS_MAX 3
/* How long it waits at once, between two events. */
#define NAP_US INT64_C(200000)

/* ---- steps ---- */

cruddur_status cr_moving_do(cr_moving *moving, cr_moving_step step)
{
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&moving->parts, &error);
    cruddur_status status = step(moving, &call);
    cr_parts_end_call(&moving->parts, &call, error, status != CRUDDUR_OK);
    return status;
}

void cr_moving_tell(cr_moving *moving, cruddur_move_phase phase, const cr_mirrored *done)
{
    cruddur_move_event *event = &moving->event;
    bool is_fenced = moving->fenced_at_us != 0;
    event->phase = phase == CRUDDUR_MOVE_FOLLOWING && is_fenced ? CRUDDUR_MOVE_FENCED : phase;
    event->put += done->put;
    event->replaced += done->replaced;
    event->removed += done->removed;
    event->fenced_us = is_fenced ? cr_clock_monotonic_us() - moving->fenced_at_us : 0;
    if (moving->options->observe != NULL && !moving->is_stopped) {
        moving->is_stopped = !moving->options->observe(moving->options->data, event);
    }
}

/* ---- the copy ---- */

static cr_sink_answer keep_row(void *context, const cr_row *row)
{
    cr_moving *moving = context;
    if (!cr_mirror_has(&moving->mirror, cr_row_key(row))) {
        return CR_SINK_MORE;
    }
    return cr_row_copy(&moving->arena, row, &moving->rows[moving->row_count++]) ? CR_SINK_MORE
                                                                                : CR_SINK_NO_MEMORY;
}

static cruddur_status write_note(cr_moving *moving, cr_call *call)
{
    return cr_move_note_write(moving->to, &moving->note, call);
}

static cruddur_status copy_rows(cr_moving *moving, cr_call *call)
{
    cr_mirrored done = {0};
    cruddur_status status =
        cr_mirror_copy(&moving->mirror, moving->rows, moving->row_count, call, &done);
    moving->event.rows += moving->parts.rows;
    cr_moving_tell(moving, CRUDDUR_MOVE_COPYING, &done);
    return status;
}

static cruddur_status keep_cursor(cr_moving *moving)
{
    cr_buffer cursor;
    cr_buffer_init(&cursor, CR_MOVE_TEXT_MAX);
    cruddur_status status = cr_parts_write_cursor(&moving->parts, &cursor);
    if (status == CRUDDUR_OK) {
        memcpy(moving->note.cursor, cursor.data, cursor.size); /* with its NUL */
    }
    cr_buffer_free(&cursor);
    return status;
}

static cruddur_status copy_part(cr_moving *moving)
{
    bool is_at_end;
    cr_arena_reset(&moving->arena);
    moving->row_count = 0;
    cruddur_status status = cr_parts_read(&moving->parts, &is_at_end);
    if (status == CRUDDUR_OK) {
        status = cr_moving_do(moving, copy_rows);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (is_at_end) {
        moving->note.role = CR_MOVE_FOLLOWING;
        moving->note.cursor[0] = '\0';
    } else {
        status = keep_cursor(moving);
    }
    return status == CRUDDUR_OK ? cr_moving_do(moving, write_note) : status;
}

static cruddur_status copy_all(cr_moving *moving)
{
    cruddur_status status = CRUDDUR_OK;
    moving->rows = malloc(CR_PART_ROWS * sizeof(*moving->rows));
    if (moving->rows == NULL) {
        return cr_fail_memory(moving->parts.call->error);
    }
    while (status == CRUDDUR_OK && !moving->is_stopped && moving->note.role == CR_MOVE_COPYING) {
        status = copy_part(moving);
    }
    free(moving->rows);
    moving->rows = NULL;
    return status;
}

/* ---- the fence ---- */

static cruddur_status put_fence(cr_moving *moving, cr_call *call)
{
    cruddur_status status =
        cr_move_fence_put(moving->from, moving->to->table, moving->note.id, call);
    moving->fenced_at_us = cr_clock_monotonic_us();
    return status;
}

/* On DynamoDB writers may not know of the fence yet, and their calls may be under way. */
static void wait_for_writers(cr_moving *moving)
{
    int64_t writers_us = (int64_t)moving->options->writers_ms * US_PER_MS;
    int64_t until_us = moving->fenced_at_us + CR_FENCE_US + writers_us;
    static const cr_mirrored nothing;
    if (moving->from->ops->read_changes != NULL) {
        return;
    }
    const atomic_bool *cancel = moving->parts.call->cancel; /* the next step looks at it */
    for (int64_t now_us; (now_us = cr_clock_monotonic_us()) < until_us && !moving->is_stopped &&
                         !cr_is_cancelled(cancel);) {
        (void)cr_cancel_sleep_us(until_us - now_us < NAP_US ? until_us - now_us : NAP_US, cancel);
        cr_moving_tell(moving, CRUDDUR_MOVE_FENCED, &nothing);
    }
}

static cruddur_status note_end(cr_moving *moving, cr_call *call)
{
    cr_move_note source = moving->note;
    source.role = CR_MOVE_MOVED;
    cruddur_status status = cr_move_note_write(moving->from, &source, call);
    return status == CRUDDUR_OK ? cr_move_note_remove(moving->to, call) : status;
}

/* ---- the phases ---- */

static cruddur_status fail_behind(const cr_moving *moving, uint64_t changes)
{
    return cr_fail_with(moving->parts.call->error, CRUDDUR_E_MOVE_BEHIND,
                        "the source changes faster than the move can follow: there were %" PRIu64
                        " changes in the latest round, and no fewer than in those before. Continue "
                        "when there are fewer writes, or close the source anyway",
                        changes);
}

static bool are_few(const cr_moving *moving, uint64_t changes, int64_t took_us)
{
    bool is_stream = moving->from->ops->read_changes == NULL;
    return changes <= FEW_CHANGES || (is_stream && took_us <= SHORT_STREAM_US);
}

/* Goes on while each round has clearly less to do than the best so far. */
static cruddur_status follow_until_few(cr_moving *moving)
{
    cruddur_status status = CRUDDUR_OK;
    bool closes_anyway = (moving->options->flags & CRUDDUR_MOVE_FENCE_ANYWAY) != 0;
    uint64_t fewest = UINT64_MAX;
    int stalls = 0;
    while (status == CRUDDUR_OK && !moving->is_stopped && stalls < STALLS_MAX) {
        uint64_t before = moving->event.changes;
        int64_t began_us = cr_clock_monotonic_us();
        status = cr_moving_follow(moving);
        uint64_t changes = moving->event.changes - before;
        if (are_few(moving, changes, cr_clock_monotonic_us() - began_us)) {
            return status;
        }
        stalls = changes < fewest - fewest / 10 ? 0 : stalls + 1;
        fewest = changes < fewest ? changes : fewest;
        if (status == CRUDDUR_OK && stalls == STALLS_MAX && !closes_anyway) {
            status = fail_behind(moving, changes);
        }
    }
    return status;
}

/* A group's row may have been copied before it moved and after it. */
static cruddur_status forget_twins(cr_moving *moving, cr_call *call)
{
    cr_store *to = moving->to;
    return to->ops->forget_twins == NULL ? CRUDDUR_OK : to->ops->forget_twins(to, call);
}

static cruddur_status move_on(cr_moving *moving)
{
    static const cr_mirrored nothing;
    cruddur_status status = copy_all(moving);
    if (status == CRUDDUR_OK && !moving->is_stopped) {
        status = follow_until_few(moving);
    }
    if (status == CRUDDUR_OK && !moving->is_stopped) {
        status = cr_moving_do(moving, put_fence);
    }
    if (status == CRUDDUR_OK && !moving->is_stopped) {
        wait_for_writers(moving);
    }
    if (status == CRUDDUR_OK && !moving->is_stopped) {
        status = cr_moving_follow(moving);
    }
    if (status == CRUDDUR_OK && !moving->is_stopped) {
        status = cr_moving_do(moving, forget_twins);
    }
    if (status == CRUDDUR_OK && !moving->is_stopped) {
        status = cr_moving_do(moving, note_end);
    }
    if (status == CRUDDUR_OK && !moving->is_stopped) {
        cr_moving_tell(moving, CRUDDUR_MOVE_DONE, &nothing);
    }
    return status;
}

static cruddur_status run(cr_moving *moving, const cruddur *from, cr_call *call)
{
    const cruddur_move_options *options = moving->options;
    cruddur_status status =
        cr_parts_begin(&moving->parts, from, "move", NULL, options->timeout_ms, call);
    moving->parts.sink = keep_row;
    moving->parts.context = moving;
    if (status == CRUDDUR_OK && (options->flags & CRUDDUR_MOVE_CANCEL) != 0) {
        return cr_moving_cancel(moving);
    }
    if (status == CRUDDUR_OK && (options->flags & CRUDDUR_MOVE_CHECK) != 0) {
        return cr_moving_check(moving);
    }
    if (status == CRUDDUR_OK) {
        status = cr_moving_begin(moving);
    }
    if (status == CRUDDUR_OK && moving->note.cursor[0] != '\0') {
        cr_parts_free(&moving->parts);
        status = cr_parts_begin(&moving->parts, from, "move", moving->note.cursor,
                                options->timeout_ms, call);
        moving->parts.sink = keep_row;
        moving->parts.context = moving;
    }
    return status == CRUDDUR_OK ? move_on(moving) : status;
}

static cruddur_status move_all(const cruddur *from, const cruddur *to,
                               const cruddur_move_options *options, cr_call *call)
{
    cr_moving *moving = calloc(1, sizeof(*moving));
    if (moving == NULL) {
        return cr_fail_memory(call->error);
    }
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    moving->from = from->store;
    moving->to = to == NULL ? NULL : to->store;
    moving->options = options;
    moving->event.size = sizeof(moving->event);
    /* One change of a file runs after the other. */
    bool is_parallel = to != NULL && (to->store->traits & CR_TRAIT_UUIDS) == 0;
    moving->mirror = (cr_mirror){moving->from, moving->to, is_parallel ? options->workers : 1};
    cruddur_status status = run(moving, from, call);
    cr_parts_free(&moving->parts);
    cr_arena_free(&moving->arena);
    free(moving);
    return status;
}

static cruddur_status check_options(const cruddur *from, const cruddur_move_options *options,
                                    cruddur_error **error)
{
    bool has_stream = from->store->stream != NULL;
    bool has_checkpoint = options->checkpoint != NULL && *options->checkpoint != '\0';
    const uint32_t flags = options->flags;
    bool is_alone = (flags & (flags - 1)) == 0;
    cruddur_status status =
        cr_check_flags("options.flags", flags,
                       CRUDDUR_MOVE_CANCEL | CRUDDUR_MOVE_CHECK | CRUDDUR_MOVE_FENCE_ANYWAY, error);
    if (status == CRUDDUR_OK && (flags & CRUDDUR_MOVE_CANCEL) != 0 && !is_alone) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
                                  "must not combine CRUDDUR_MOVE_CANCEL with another flag");
    }
    if (status != CRUDDUR_OK || (flags & CRUDDUR_MOVE_CANCEL) != 0) {
        return status;
    }
    if (options->workers < 1 || options->workers > CR_MIRROR_WORKERS_MAX) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.workers",
                                "must be 1 to %d; it is %u", CR_MIRROR_WORKERS_MAX,
                                options->workers);
    }
    if (has_stream && !has_checkpoint) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.checkpoint",
                                "is needed for a source on DynamoDB: the file that keeps how far "
                                "its stream was read");
    }
    return has_stream || options->checkpoint == NULL
               ? CRUDDUR_OK
               : cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.checkpoint",
                                  "must not be given: a source on SQLite has no stream");
}

cruddur_status cruddur_move(cruddur *from, cruddur *to, const cruddur_move_options *given,
                            cruddur_error **error)
{
    cruddur_move_options options = CRUDDUR_MOVE_OPTIONS_INIT;
    cr_entry entry;
    if (from == NULL) {
        return cr_fail_null(error, "from");
    }
    cruddur_status status = cr_entry_begin(&entry, from, CRUDDUR_OP_MOVE, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(MOVE_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK && to == NULL && (options.flags & CRUDDUR_MOVE_CHECK) == 0) {
        status = cr_fail_null(entry.call.error, "to");
    }
    if (status == CRUDDUR_OK) {
        status = check_options(from, &options, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        status = move_all(from, to, &options, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
