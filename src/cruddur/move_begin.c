/* SPDX-License-Identifier: MIT */
#include "base/print.h"
#include "cruddur/moving.h"
#include "messaging/purge.h"
#include "model/store_row.h"
#include "store/stream.h"

#define TABLE(store) CR_CUT((store)->table, 255)

/* ---- what is refused before anything is written ---- */

static cruddur_status check_target_shape(cr_moving *moving, cr_call *call)
{
    cr_lines differences;
    cr_lines_init(&differences);
    cruddur_status status = moving->to->ops->schema_verify(moving->to, NULL, &differences, call);
    const char *first = cr_lines_first(&differences);
    if (status == CRUDDUR_OK && differences.bytes.failed) {
        status = cr_fail_memory(call->error);
    } else if (status == CRUDDUR_OK && first != NULL) {
        status = cr_fail_with(call->error, CRUDDUR_E_TABLE_SHAPE,
                              "the target %.*s is not as the library needs it: %.*s",
                              TABLE(moving->to), CR_CUT(first, 500));
    }
    cr_lines_free(&differences);
    return status;
}

/* Only a stream tells what has changed on DynamoDB. */
static cruddur_status check_source(cr_moving *moving, cr_call *call)
{
    cr_str stream;
    cr_store *from = moving->from;
    if (from->ops->read_changes != NULL) {
        return CRUDDUR_OK;
    }
    cr_arena_reset(&moving->arena);
    return from->stream->find_stream(from, &moving->arena, call, &stream);
}

static cruddur_status check_transactions(cr_moving *moving, cr_call *call)
{
    cruddur_status status = cr_purge_check(moving->from, call);
    return status == CRUDDUR_OK && moving->to != NULL ? cr_purge_check(moving->to, call) : status;
}

static cr_sink_answer find_row(void *context, const cr_row *row)
{
    bool *has_rows = context;
    *has_rows = !cr_is_store_row(cr_row_key(row));
    return *has_rows ? CR_SINK_STOP : CR_SINK_MORE;
}

static cruddur_status fail_argument(const cr_call *call, const char *argument, const char *rule)
{
    return cr_fail_argument(call->error, CRUDDUR_E_INVALID_ARGUMENT, argument, "%s", rule);
}

/* Of a table of that name there can be another one, in another account. */
static const char *why_not_empty(const cr_moving *moving)
{
    if (moving->from->bell != moving->to->bell) {
        return "must be an empty table; it has rows";
    }
    return (moving->from->traits & CR_TRAIT_SNAPSHOT) != 0
               ? "is the same store as the source"
               : "must be an empty table; it has rows, and its name and region are the source's: "
                 "it "
                 "may be the same table";
}

static cruddur_status check_target_empty(cr_moving *moving, cr_call *call)
{
    bool has_rows = false;
    cr_key start = {CR_STR_ABSENT, CR_STR_ABSENT};
    cruddur_status status = moving->to->ops->scan(moving->to, start, 1, find_row, &has_rows, call);
    return status == CRUDDUR_OK && has_rows ? fail_argument(call, "to", why_not_empty(moving))
                                            : status;
}

static cruddur_status fail_moved(const cr_call *call)
{
    return cr_fail_with(call->error, CRUDDUR_E_STORE_FENCED,
                        "the source has been moved to another store already");
}

/* ---- the notes ---- */

/* The source's note while the target has none. */
static cruddur_status check_new(const cr_move_note *source, const cr_call *call)
{
    switch (source->role) {
    case CR_MOVE_NONE:
        return CRUDDUR_OK;
    case CR_MOVE_MOVED:
        return fail_moved(call);
    case CR_MOVE_SOURCE:
        return fail_argument(call, "from",
                             "is being moved to another store than this one; give that move up "
                             "first");
    default:
        return fail_argument(call, "from",
                             "is the target of a move that has not ended; end or cancel that one");
    }
}

/* The two notes of a move that was begun. The source's is written before the first row is copied.
 */
static cruddur_status check_begun(const cr_moving *moving, const cr_move_note *source,
                                  const cr_call *call)
{
    const cr_move_note *target = &moving->note;
    bool is_target = target->role == CR_MOVE_COPYING || target->role == CR_MOVE_FOLLOWING;
    bool is_source = source->role == CR_MOVE_SOURCE || source->role == CR_MOVE_MOVED;
    if (!is_target) {
        return fail_argument(call, "to", "is being moved itself, or was moved");
    }
    if (source->role == CR_MOVE_NONE) {
        bool has_copied = target->role == CR_MOVE_FOLLOWING || target->cursor[0] != '\0';
        return has_copied ? cr_moving_fail_replaced(call) : CRUDDUR_OK;
    }
    return is_source && strcmp(source->id, target->id) == 0
               ? CRUDDUR_OK
               : fail_argument(call, "to",
                               "is the target of another move that has not ended, or is the same "
                               "store as the source");
}

static cruddur_status write_source_note(cr_moving *moving, cr_call *call)
{
    cr_move_note source = moving->note;
    source.role = CR_MOVE_SOURCE;
    source.cursor[0] = '\0';
    return cr_move_note_put(moving->from, &source, call);
}

/* ---- beginning ---- */

static cruddur_status find_newest_change(cr_moving *moving, cr_call *call)
{
    cr_changed_keys changed = {0};
    cr_store *from = moving->from;
    if (from->ops->read_changes == NULL) {
        return CRUDDUR_OK;
    }
    cr_arena_reset(&moving->arena);
    cruddur_status status =
        from->ops->read_changes(from, INT64_MAX, 1, &changed, &moving->arena, call);
    moving->note.seq = changed.newest;
    return status;
}

/* If the source shows the note that was put into the target, the two are one store. */
static cruddur_status check_two_stores(cr_moving *moving, cr_call *call)
{
    cr_move_note found;
    cruddur_status status = cr_move_note_read(moving->from, &found, call);
    if (status != CRUDDUR_OK || strcmp(found.id, moving->note.id) != 0) {
        return status;
    }
    status = cr_move_note_remove(moving->to, call);
    return status == CRUDDUR_OK ? fail_argument(call, "to", "is the same store as the source")
                                : status;
}

/* The target's note first: it tells whether there are two stores, and finds the move again. What
 * changes between the two notes cannot be forgotten: the sequence keeps thousands. */
static cruddur_status begin_new(cr_moving *moving, cr_call *call)
{
    if (!cr_move_note_make(&moving->note)) {
        return cr_fail_with(call->error, CRUDDUR_E_INTERNAL, "the system gave no random bytes");
    }
    cruddur_status status = check_target_empty(moving, call);
    if (status == CRUDDUR_OK) {
        status = find_newest_change(moving, call);
    }
    if (status == CRUDDUR_OK) {
        status = cr_move_note_put(moving->to, &moving->note, call);
    }
    return status == CRUDDUR_OK ? check_two_stores(moving, call) : status;
}

static cruddur_status begin(cr_moving *moving, cr_call *call)
{
    cr_move_note source;
    cruddur_status status = cr_move_note_read(moving->to, &moving->note, call);
    if (status == CRUDDUR_OK) {
        status = cr_move_note_read(moving->from, &source, call);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (moving->note.role == CR_MOVE_NONE) {
        status = check_new(&source, call);
        status = status == CRUDDUR_OK ? begin_new(moving, call) : status;
    } else {
        status = check_begun(moving, &source, call);
    }
    return status == CRUDDUR_OK && source.role == CR_MOVE_NONE ? write_source_note(moving, call)
                                                               : status;
}

static cruddur_status do_steps(cr_moving *moving, const cr_moving_step *steps, size_t count)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        status = cr_moving_do(moving, steps[i]);
    }
    return status;
}

cruddur_status cr_moving_begin(cr_moving *moving)
{
    static const cr_moving_step steps[] = {check_target_shape, check_source, check_transactions,
                                           begin};
    if (moving->from == moving->to) {
        return fail_argument(moving->parts.call, "to", "is the same store as the source");
    }
    return do_steps(moving, steps, sizeof(steps) / sizeof(steps[0]));
}

/* ---- only looking ---- */

static cruddur_status check_source_note(cr_moving *moving, cr_call *call)
{
    cr_move_note source;
    cruddur_status status = cr_move_note_read(moving->from, &source, call);
    return status == CRUDDUR_OK ? check_new(&source, call) : status;
}

cruddur_status cr_moving_check(cr_moving *moving)
{
    static const cr_moving_step steps[] = {check_source, check_transactions, check_source_note};
    return do_steps(moving, steps, sizeof(steps) / sizeof(steps[0]));
}

/* ---- giving up ---- */

static cruddur_status cancel(cr_moving *moving, cr_call *call)
{
    cr_move_note source;
    cruddur_status status = cr_move_note_read(moving->from, &source, call);
    if (status == CRUDDUR_OK) {
        status = cr_move_note_read(moving->to, &moving->note, call);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (source.role == CR_MOVE_MOVED) {
        return fail_moved(call);
    }
    bool is_begun = source.role == CR_MOVE_SOURCE || moving->note.role == CR_MOVE_COPYING ||
                    moving->note.role == CR_MOVE_FOLLOWING;
    bool is_other = source.role != CR_MOVE_NONE && moving->note.role != CR_MOVE_NONE &&
                    strcmp(source.id, moving->note.id) != 0;
    if (!is_begun || is_other || moving->from == moving->to) {
        return fail_argument(call, "from", "is not being moved to this target");
    }
    /* The fence before the notes: as long as these are there, the call can be repeated. */
    status = cr_move_fence_remove(moving->from, call);
    if (status == CRUDDUR_OK && moving->note.role != CR_MOVE_NONE) {
        status = cr_move_note_remove(moving->to, call);
    }
    return status == CRUDDUR_OK ? cr_move_note_remove(moving->from, call) : status;
}

cruddur_status cr_moving_cancel(cr_moving *moving)
{
    return cr_moving_do(moving, cancel);
}
