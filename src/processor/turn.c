/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/clock.h"
#include "processor/apply.h"
#include "processor/run.h"

#define US_PER_MS 1000

/* An open shard answers with nothing also where there is more to come, and does not say which it
 * is. So many such answers in a row, so far apart, count as the end. */
#define EMPTY_PAGES_MAX 10
#define EMPTY_PAGE_PAUSE_US INT64_C(100000)

/* Records tell their time in whole seconds. */
#define WRITTEN_MARGIN_US INT64_C(2000000)

/* One shard's turn. */
typedef struct turn {
    cr_run *run;
    cr_node *node;
    cr_reader *reader;
    cr_call call;
    cruddur_error *error;
} turn;

void cr_reader_free(cr_reader *reader)
{
    if (reader != NULL) {
        cr_arena_free(&reader->arena);
        free(reader->iterator);
        free(reader->last);
        free(reader);
    }
}

/* Begins another call of the turn; what the last one cost is kept. */
static void begin_call(turn *now)
{
    cr_meter meter = now->call.meter;
    now->call = cr_run_call(now->run, &now->error);
    now->call.meter = meter;
}

/* Of the batch in hand, or the one that was just applied; -1: not told. */
static int64_t lag_ms(const turn *now)
{
    int64_t written_at_us = now->reader->written_at_us;
    (void)pthread_mutex_lock(&now->run->lock);
    int64_t now_us = cr_clock_now_us() + now->run->clock_ahead_us;
    (void)pthread_mutex_unlock(&now->run->lock);
    int64_t lag_us = now_us - written_at_us;
    return written_at_us == 0 ? -1 : lag_us < 0 ? 0 : lag_us / US_PER_MS;
}

static void fail(turn *now, cruddur_status status)
{
    cr_reader *reader = now->reader;
    cruddur_error *error = now->error;
    now->error = NULL;
    cr_run_fail(now->run,
                (cruddur_follow_event){.status = status,
                                       .shard_id = now->node->id,
                                       .lag_ms = reader->has_batch ? lag_ms(now) : -1},
                &reader->attempts, &reader->due_us, error);
}

static void drop_iterator(turn *now)
{
    (void)cr_str_keep(&now->reader->iterator, CR_STR_ABSENT);
}

/* ---- the end of a shard, and what it lost ---- */

static void finish_shard(turn *now)
{
    cr_run *run = now->run;
    (void)pthread_mutex_lock(&run->lock);
    now->node->is_done = true;
    run->must_save = true;
    run->must_list = run->must_list || !cr_lineage_has_child(&run->lineage, now->node);
    now->reader->ended_us = cr_clock_monotonic_us();
    (void)pthread_mutex_unlock(&run->lock);
    drop_iterator(now);
    cr_arena_free(&now->reader->arena);
    cr_run_tell(run, (cruddur_follow_event){.kind = CRUDDUR_FOLLOW_SHARD_CLOSED,
                                            .shard_id = now->node->id});
}

/* Told once, however often the service says so before there is a record again. */
static void tell_gap(turn *now, cr_shard_state state)
{
    if (!now->reader->is_gap_told) {
        now->reader->is_gap_told = true;
        cr_run_tell_gap(now->run, now->node, state);
    }
}

/* The place that was to be read is not kept any more: on with the oldest record that is. */
static void skip_trimmed(turn *now)
{
    cr_run *run = now->run;
    tell_gap(now, CR_SHARD_TRIMMED);
    (void)pthread_mutex_lock(&run->lock);
    (void)cr_node_set_after(now->node, CR_STR_ABSENT);
    run->must_save = true;
    (void)pthread_mutex_unlock(&run->lock);
}

/* That happens; twice in a row it is trouble. */
static cruddur_status get_another(turn *now, const char *message)
{
    cr_reader *reader = now->reader;
    reader->due_us = 0;
    if (!reader->is_iterator_lost) {
        reader->is_iterator_lost = true;
        return CRUDDUR_OK;
    }
    return cr_fail_with(now->call.error, CRUDDUR_E_SERVICE, "%s", message);
}

/* Anything but a good state ends the turn. */
static cruddur_status leave_state(turn *now, cr_shard_state state)
{
    drop_iterator(now);
    switch (state) {
    case CR_SHARD_GOOD:
        break;
    case CR_SHARD_EXPIRED:
        return get_another(now, "each iterator has expired already");
    case CR_SHARD_TRIMMED:
        skip_trimmed(now);
        return get_another(now, "the oldest record is not kept any more");
    case CR_SHARD_GONE:
        tell_gap(now, state);
        finish_shard(now);
        break;
    }
    return CRUDDUR_OK;
}

/* ---- fetching ---- */

/* What is empty is none. */
static cruddur_status keep_text(turn *now, cr_str text, char **kept)
{
    bool is_kept = cr_str_keep(kept, text.size == 0 ? CR_STR_ABSENT : text);
    return is_kept ? CRUDDUR_OK : cr_fail_memory(now->call.error);
}

static cruddur_status get_iterator(turn *now, cr_shard_state *state)
{
    cr_run *run = now->run;
    cr_reader *reader = now->reader;
    cr_str after = cr_str_of(now->node->after);
    cr_str iterator;
    cr_shard_start start = after.data != NULL      ? CR_SHARD_AFTER
                           : reader->starts_latest ? CR_SHARD_LATEST
                                                   : CR_SHARD_OLDEST;
    cruddur_status status = run->store->stream->get_iterator(
        run->store, cr_str_of(run->stream), cr_str_of(now->node->id), start, after, &reader->arena,
        &now->call, state, &iterator);
    if (status == CRUDDUR_OK && *state == CR_SHARD_GOOD) {
        status = keep_text(now, iterator, &reader->iterator);
    }
    if (status == CRUDDUR_OK && *state == CR_SHARD_GOOD) {
        /* Should this iterator expire before there is a record, what came since is not to be lost:
         * what is applied twice does no harm. */
        reader->starts_latest = false;
        if (!reader->is_opened) {
            reader->is_opened = true;
            cr_run_tell(run, (cruddur_follow_event){.kind = CRUDDUR_FOLLOW_SHARD_OPENED,
                                                    .shard_id = now->node->id});
        }
    }
    return status;
}

/* The last that has one: poison may lack it. */
static cr_str last_number(const cr_records *records)
{
    for (size_t i = records->count; i > 0; i--) {
        if (records->record[i - 1].sequence_number.size > 0) {
            return records->record[i - 1].sequence_number;
        }
    }
    return CR_STR_ABSENT;
}

/* 0 where no record tells. */
static int64_t latest_time_us(const cr_records *records)
{
    int64_t latest_us = 0;
    for (size_t i = 0; i < records->count; i++) {
        int64_t written_at_us = records->record[i].written_at_us;
        latest_us = written_at_us > latest_us ? written_at_us : latest_us;
    }
    return latest_us;
}

static cruddur_status take_page(turn *now, const cr_records *page)
{
    cr_reader *reader = now->reader;
    cruddur_status status = keep_text(now, last_number(page), &reader->last);
    if (status == CRUDDUR_OK) {
        status = keep_text(now, page->next_iterator, &reader->iterator);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    reader->batch = *page;
    reader->has_batch = true;
    reader->is_iterator_lost = false;
    reader->is_last_batch = page->next_iterator.size == 0;
    reader->written_at_us = latest_time_us(page);
    reader->sums.records = page->count;
    return CRUDDUR_OK;
}

static cruddur_status fetch(turn *now)
{
    cr_run *run = now->run;
    cr_reader *reader = now->reader;
    cr_shard_state state = CR_SHARD_GOOD;
    cr_records page = {.record = NULL};
    cruddur_status status = CRUDDUR_OK;
    cr_arena_reset(&reader->arena);
    reader->sums = (cr_batch_sums){.began_us = cr_clock_monotonic_us()};
    if (reader->iterator == NULL) {
        status = get_iterator(now, &state);
    }
    if (status == CRUDDUR_OK && state == CR_SHARD_GOOD) {
        status = run->store->stream->get_records(run->store, cr_str_of(reader->iterator),
                                                 run->options->batch_limit, &reader->arena,
                                                 &now->call, &state, &page);
    }
    if (status == CRUDDUR_OK && state == CR_SHARD_GOOD) {
        return take_page(now, &page);
    }
    return status == CRUDDUR_OK ? leave_state(now, state) : status;
}

/* ---- applying ---- */

static void tell_failure(turn *now, const cr_record *record, const cr_stream_failure *failure,
                         cr_arena *arena)
{
    cr_str number = cr_arena_copy(arena, record->sequence_number);
    cr_run_tell(now->run, (cruddur_follow_event){.kind = CRUDDUR_FOLLOW_RECORD_FAILED,
                                                 .status = failure->status,
                                                 .shard_id = now->node->id,
                                                 .sequence_number = number.data,
                                                 .message = failure->message.data});
}

/* Tells of the records that are passed over, for the others do not wait for them: the group's next
 * message tries once more. Keeps the other records that failed to apply them again; the first of
 * these describes the turn's failure. */
static cruddur_status keep_failed(turn *now, const cr_stream_outcome *outcome, cr_arena *arena)
{
    cr_records *batch = &now->reader->batch;
    cruddur_status status = CRUDDUR_OK;
    size_t kept = 0;
    for (size_t i = 0; i < outcome->failure_count; i++) {
        const cr_stream_failure *failure = &outcome->failure[i];
        const cr_record *record = &batch->record[failure->record];
        if (cr_run_consequence(CR_STAGE_APPLY, failure->status, false) == CR_PASS_OVER) {
            tell_failure(now, record, failure, arena);
            continue;
        }
        if (status == CRUDDUR_OK) {
            status = cr_fail_with(now->call.error, failure->status, "%s", failure->message.data);
        }
        batch->record[kept++] = *record; /* the failures are in the batch's order */
    }
    batch->count = kept;
    return status;
}

static cruddur_status move_rows(turn *now)
{
    cr_reader *reader = now->reader;
    cr_stream_outcome outcome;
    size_t before = reader->batch.count;
    bool is_again = reader->sums.groups > 0;
    cr_arena arena = CR_ARENA_INIT; /* of this attempt: there may be thousands */
    cruddur_status status = cr_stream_apply(
        now->run->store, &reader->batch, now->run->options->workers, &now->call, &arena, &outcome);
    if (status == CRUDDUR_OK) {
        reader->sums.messages += is_again ? 0 : outcome.messages;
        reader->sums.groups += is_again ? 0 : outcome.groups;
        reader->sums.moved += outcome.moved;
        status = keep_failed(now, &outcome, &arena);
    }
    cr_arena_free(&arena);
    if (status != CRUDDUR_OK && reader->batch.count < before) {
        cr_attempts_succeed(&reader->attempts); /* it gets on */
    }
    return status;
}

static cruddur_status apply(turn *now)
{
    const cr_follow_target *target = now->run->target;
    if (now->reader->batch.count == 0) {
        return CRUDDUR_OK;
    }
    begin_call(now);
    return target == NULL ? move_rows(now)
                          : target->apply(target->context, &now->reader->batch, &now->call);
}

/* ---- behind an applied batch ---- */

static void tell_batch(turn *now)
{
    const cr_reader *reader = now->reader;
    const cr_batch_sums *sums = &reader->sums;
    cr_run_tell(now->run, (cruddur_follow_event){
                              .kind = CRUDDUR_FOLLOW_BATCH,
                              .shard_id = now->node->id,
                              .sequence_number = reader->last,
                              .records = (uint32_t)sums->records,
                              .messages = (uint32_t)sums->messages,
                              .groups = (uint32_t)sums->groups,
                              .moved = (uint32_t)sums->moved,
                              .lag_ms = lag_ms(now),
                              .duration_us = cr_clock_monotonic_us() - sums->began_us,
                              .rows_written = sums->meter.rows_written,
                              .requests = sums->meter.requests,
                              .read_units = sums->meter.read_units,
                              .write_units = sums->meter.write_units,
                          });
}

static cruddur_status keep_position(turn *now)
{
    cr_run *run = now->run;
    if (now->reader->last == NULL) {
        return CRUDDUR_OK;
    }
    (void)pthread_mutex_lock(&run->lock);
    bool is_kept = cr_node_set_after(now->node, cr_str_of(now->reader->last));
    run->must_save = run->must_save || is_kept;
    (void)pthread_mutex_unlock(&run->lock);
    return is_kept ? CRUDDUR_OK : cr_fail_memory(now->call.error);
}

/* Whether an open shard was read far enough for CRUDDUR_FOLLOW_ONCE. It may have been closed by
 * now: that shows in the list. */
static void judge_progress(cr_run *run, cr_reader *reader)
{
    (void)pthread_mutex_lock(&run->lock);
    bool reads_past = run->target != NULL && run->target->reads_past;
    bool is_empty = !reads_past && reader->empty_pages >= EMPTY_PAGES_MAX;
    bool is_late = run->has_clock && reader->written_at_us > run->began_us + WRITTEN_MARGIN_US;
    reader->has_caught_up = !reader->is_closed && (is_empty || is_late);
    run->must_list = run->must_list || (reader->has_caught_up && !is_late);
    (void)pthread_mutex_unlock(&run->lock);
}

/* When the shard's next turn comes. */
static void plan_next(turn *now)
{
    cr_run *run = now->run;
    cr_reader *reader = now->reader;
    int64_t pause_us = (int64_t)run->options->poll_ms * US_PER_MS;
    reader->empty_pages = reader->sums.records == 0 ? reader->empty_pages + 1 : 0;
    if (reader->empty_pages > 0) {
        cr_arena_free(&reader->arena); /* thousands of shards may be idle */
    }
    if (cr_run_is_once(run)) {
        pause_us = pause_us < EMPTY_PAGE_PAUSE_US ? pause_us : EMPTY_PAGE_PAUSE_US;
        judge_progress(run, reader);
    }
    reader->due_us = reader->empty_pages == 0 ? 0 : cr_clock_monotonic_us() + pause_us;
}

static cruddur_status finish_batch(turn *now)
{
    cr_reader *reader = now->reader;
    cruddur_status status = keep_position(now);
    if (status != CRUDDUR_OK) {
        return status;
    }
    reader->has_batch = false;
    cr_attempts_succeed(&reader->attempts);
    if (reader->sums.records > 0) {
        reader->is_gap_told = false;
        cr_meter_add(&reader->sums.meter, &now->call.meter);
        tell_batch(now);
    }
    if (reader->is_last_batch) {
        finish_shard(now);
    } else {
        plan_next(now);
    }
    return CRUDDUR_OK;
}

/* Whoever stops does not wait for a batch that was not begun with: it comes again. */
static void drop_if_over(turn *now)
{
    if (now->reader->has_batch && cr_run_is_over(now->run)) {
        now->reader->has_batch = false;
    }
}

void cr_run_take_turn(cr_run *run, cr_node *node)
{
    turn now = {.run = run, .node = node, .reader = node->reader};
    cruddur_status status = CRUDDUR_OK;
    begin_call(&now);
    if (!now.reader->has_batch) {
        status = fetch(&now);
        drop_if_over(&now);
    }
    if (status == CRUDDUR_OK && now.reader->has_batch) {
        status = apply(&now);
    }
    if (status == CRUDDUR_OK && now.reader->has_batch) {
        status = finish_batch(&now);
    } else if (now.reader->has_batch) {
        cr_meter_add(&now.reader->sums.meter, &now.call.meter);
    }
    (void)pthread_mutex_lock(&run->lock);
    cr_meter_add(&run->meter, &now.call.meter);
    (void)pthread_mutex_unlock(&run->lock);
    /* In a store that has been moved, group rows do not move any more. */
    if (cr_run_consequence(CR_STAGE_APPLY, status, true) == CR_END) {
        cr_run_finish(run, status, now.error);
    } else if (status != CRUDDUR_OK) {
        fail(&now, status);
    }
}
