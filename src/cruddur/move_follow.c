/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "base/clock.h"
#include "cruddur/moving.h"
#include "model/store_row.h"
#include "processor/follow.h"

/* Entries of the sequence that are read at once. */
#define ENTRIES_MAX 100

/* How long a stream keeps its records, less an hour. */
#define STREAM_US (INT64_C(23) * 3600 * 1000000)
/* How far the clocks of the service and of this machine may disagree. */
#define CLOCKS_MARGIN_US (INT64_C(900) * 1000000)

/* ---- the sequence ---- */

cruddur_status cr_moving_fail_replaced(const cr_call *call)
{
    return cr_fail_with(call->error, CRUDDUR_E_STORE_REPLACED,
                        "the source does not know any more what has changed since the move began: "
                        "it is another store, was restored from a copy, or the move was cancelled. "
                        "Cancel the move, empty the target, and begin anew");
}

/* The target's note tells where to continue; the source's, which entries are not needed any more.
 */
static cruddur_status write_notes(cr_moving *moving, cr_call *call)
{
    cr_move_note source = moving->note;
    source.role = CR_MOVE_SOURCE;
    cruddur_status status = cr_move_note_write(moving->to, &moving->note, call);
    return status == CRUDDUR_OK ? cr_move_note_write(moving->from, &source, call) : status;
}

/* A store that was dropped and made again counts its changes anew, and has no note. */
static cruddur_status check_source_note(const cr_moving *moving, cr_call *call)
{
    cr_move_note source;
    cruddur_status status = cr_move_note_read(moving->from, &source, call);
    return status == CRUDDUR_OK && strcmp(source.id, moving->note.id) != 0
               ? cr_moving_fail_replaced(call)
               : status;
}

static cruddur_status follow_entries(cr_moving *moving, cr_call *call)
{
    cr_changed_keys changed;
    cr_mirrored done = {0};
    cr_store *from = moving->from;
    cr_arena_reset(&moving->arena);
    cruddur_status status = from->ops->read_changes(from, moving->note.seq, ENTRIES_MAX, &changed,
                                                    &moving->arena, call);
    if (status == CRUDDUR_OK && changed.is_cut) {
        status = cr_moving_fail_replaced(call);
    }
    if (status == CRUDDUR_OK) {
        status = check_source_note(moving, call);
    }
    if (status == CRUDDUR_OK) {
        status = cr_mirror_follow(&moving->mirror, changed.keys, changed.count, call, &done);
    }
    if (status == CRUDDUR_OK && changed.last > moving->note.seq) {
        moving->note.seq = changed.last;
        moving->event.changes += changed.count;
        status = write_notes(moving, call);
    }
    cr_moving_tell(moving, CRUDDUR_MOVE_FOLLOWING, &done);
    return status;
}

static cruddur_status find_newest(cr_moving *moving, cr_call *call, int64_t *newest)
{
    cr_changed_keys changed;
    cr_store *from = moving->from;
    cr_arena_reset(&moving->arena);
    cruddur_status status =
        from->ops->read_changes(from, moving->note.seq, 1, &changed, &moving->arena, call);
    *newest = changed.newest;
    return status == CRUDDUR_OK && changed.is_cut ? cr_moving_fail_replaced(call) : status;
}

/* The notes are changes, too: so the end is what was there when the round began. Behind the fence
 * nothing but notes is written. */
static cruddur_status follow_sequence(cr_moving *moving)
{
    int64_t until = 0;
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&moving->parts, &error);
    cruddur_status status = find_newest(moving, &call, &until);
    cr_parts_end_call(&moving->parts, &call, error, status != CRUDDUR_OK);
    while (status == CRUDDUR_OK && !moving->is_stopped && moving->note.seq < until) {
        status = cr_moving_do(moving, follow_entries);
    }
    return status;
}

/* ---- the stream ---- */

/* How long the last round waits for a shard. */
#define PATIENCE_US INT64_C(60000000)

/* What the threads of a follower share. */
typedef struct stream_round {
    cr_moving *moving;
    bool is_last;          /* behind the fence; of the calling thread: */
    int64_t mark_due_us;   /* when marks are to be put again */
    int64_t until_us;      /* what is written later, past the fence, is no progress */
    cruddur_status status; /* of putting them, or of waiting for them */
    pthread_mutex_t lock;  /* for the rest */
    int64_t heard_us;      /* the latest record that is progress was applied then */
    cr_mirrored done;
    uint64_t changes;
    bool has_gap;
} stream_round;

static size_t gather_keys(const cr_moving *moving, const cr_records *records, cr_key *keys)
{
    size_t count = 0;
    int64_t since_us = moving->note.began_us - CLOCKS_MARGIN_US;
    for (size_t i = 0; i < records->count; i++) {
        const cr_record *record = &records->record[i];
        bool is_old = record->written_at_us != 0 && record->written_at_us < since_us;
        bool has_key = record->key.pk.data != NULL && record->key.sk.data != NULL;
        if (has_key && !is_old && !cr_is_store_row(record->key)) {
            keys[count++] = record->key;
        }
    }
    return count;
}

static const cr_record *find_poison(const cr_records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        if (records->record[i].kind == CR_RECORD_POISON) {
            return &records->record[i];
        }
    }
    return NULL;
}

/* A program that does not know the fence can write for ever: that must not keep the round waiting
 * for a shard that shows nothing. */
static bool is_progress(const stream_round *round, const cr_records *records)
{
    bool is_one = false;
    for (size_t i = 0; !is_one && i < records->count; i++) {
        const cr_record *record = &records->record[i];
        is_one = record->written_at_us <= round->until_us && record->key.pk.data != NULL &&
                 !cr_is_store_row(record->key);
    }
    return is_one;
}

static cruddur_status apply_records(void *context, const cr_records *records, cr_call *call)
{
    stream_round *round = context;
    cr_mirrored done = {0};
    const cr_record *poison = find_poison(records);
    if (poison != NULL) {
        return cr_fail_with(call->error, CRUDDUR_E_PROTOCOL, "a record of the stream is wrong: %s",
                            poison->problem);
    }
    cr_key *keys = malloc((records->count + 1) * sizeof(*keys));
    if (keys == NULL) {
        return cr_fail_memory(call->error);
    }
    size_t count = gather_keys(round->moving, records, keys);
    call->consistency = CRUDDUR_CONSISTENCY_STRONG;
    cruddur_status status = cr_mirror_follow(&round->moving->mirror, keys, count, call, &done);
    free(keys);
    (void)pthread_mutex_lock(&round->lock);
    round->done.put += done.put;
    round->done.replaced += done.replaced;
    round->done.removed += done.removed;
    round->changes += status == CRUDDUR_OK ? count : 0;
    round->heard_us = is_progress(round, records) ? cr_clock_monotonic_us() : round->heard_us;
    (void)pthread_mutex_unlock(&round->lock);
    return status;
}

static void note_gap(void *data, const cruddur_follow_event *event)
{
    stream_round *round = data;
    if (event->kind == CRUDDUR_FOLLOW_GAP) {
        (void)pthread_mutex_lock(&round->lock);
        round->has_gap = true;
        (void)pthread_mutex_unlock(&round->lock);
    }
}

static cruddur_status fail_gap(const cr_call *call)
{
    return cr_fail_with(call->error, CRUDDUR_E_TABLE_SHAPE,
                        "the source's stream does not keep the records any more that were written "
                        "since the move began. Cancel the move, empty the target, and begin anew");
}

/* Called on the move's thread, again and again while the round lasts. */
static bool mark_last_round(void *data)
{
    stream_round *round = data;
    cr_moving *moving = round->moving;
    if (!round->is_last) {
        return false;
    }
    (void)pthread_mutex_lock(&round->lock);
    int64_t silent_us = cr_clock_monotonic_us() - round->heard_us;
    (void)pthread_mutex_unlock(&round->lock);
    if (silent_us > PATIENCE_US) {
        round->status = cr_fail_with(
            moving->parts.call->error, CRUDDUR_E_TIMEOUT,
            "for a minute a shard of the source's stream has not shown what was written after the "
            "source was closed, so it is not certain that all was copied. Run the move again");
    } else {
        round->status = cr_moving_mark(moving, &round->mark_due_us);
    }
    return round->status != CRUDDUR_OK;
}

static cruddur_status follow_round(stream_round *round)
{
    cr_moving *moving = round->moving;
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    cr_follow_target target = {apply_records, round, round->is_last};
    options.flags = CRUDDUR_FOLLOW_ONCE;
    options.checkpoint = moving->options->checkpoint;
    options.observe = note_gap;
    options.is_stopping = mark_last_round;
    options.data = round;
    cruddur_error *error = NULL;
    cr_call call = cr_parts_call(&moving->parts, &error);
    cruddur_status status =
        cr_follow(moving->from, &target, &options, moving->parts.timeout_us, &call);
    if (status == CRUDDUR_OK && round->has_gap) {
        status = fail_gap(&call);
    }
    bool is_failure = status != CRUDDUR_OK && round->status == CRUDDUR_OK;
    cr_parts_end_call(&moving->parts, &call, error, is_failure); /* the first failure is told */
    status = is_failure ? status : round->status;
    moving->event.changes += round->changes;
    cr_moving_tell(moving, CRUDDUR_MOVE_FOLLOWING, &round->done);
    return status;
}

static cruddur_status note_followed(cr_moving *moving, cr_call *call)
{
    moving->note.seq++; /* here the rounds of the stream */
    return cr_move_note_write(moving->to, &moving->note, call);
}

/* Behind the fence the round reads each shard until it has shown a mark. The first round begins at
 * the oldest record of the stream, which must not be younger than the move. From then on the
 * checkpoint tells where to continue, and whether records were lost. */
static cruddur_status follow_stream(cr_moving *moving)
{
    stream_round round = {.moving = moving,
                          .is_last = moving->fenced_at_us != 0,
                          .until_us = cr_clock_now_us() + CLOCKS_MARGIN_US,
                          .heard_us = cr_clock_monotonic_us()};
    if (moving->note.seq == 0 && cr_clock_now_us() - moving->note.began_us > STREAM_US) {
        return fail_gap(moving->parts.call);
    }
    if (pthread_mutex_init(&round.lock, NULL) != 0) {
        return cr_fail_with(moving->parts.call->error, CRUDDUR_E_INTERNAL,
                            "the system gave no lock");
    }
    cruddur_status status = follow_round(&round);
    (void)pthread_mutex_destroy(&round.lock);
    return status == CRUDDUR_OK && moving->note.seq == 0 ? cr_moving_do(moving, note_followed)
                                                         : status;
}

cruddur_status cr_moving_follow(cr_moving *moving)
{
    return moving->from->ops->read_changes != NULL ? follow_sequence(moving)
                                                   : follow_stream(moving);
}
