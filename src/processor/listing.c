/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/clock.h"
#include "base/print.h"
#include "processor/run.h"

/* A shard that ends has the list looked at at once; this is for those whose children come late. */
#define LISTING_PERIOD_US INT64_C(10000000)
#define CHILDREN_PERIOD_US INT64_C(200000)

/* ---- shards that are not there any more ---- */

/* A shard in our hands is read on, listed or not: reading it tells for sure. One that is done is
 * forgotten. One that only the checkpoint knows may have had more records than were applied. */
static void remove_unlisted(cr_run *run)
{
    for (size_t i = run->lineage.count; i > 0; i--) {
        cr_node *node = run->lineage.node[i - 1];
        if (node->is_listed || (!node->is_done && node->reader != NULL) ||
            (node->reader != NULL && node->reader->is_busy)) {
            continue;
        }
        if (!node->is_done) {
            cr_run_tell_gap(run, node, CR_SHARD_GONE);
        }
        cr_reader_free(node->reader);
        cr_lineage_remove(&run->lineage, i - 1);
        run->must_save = true;
    }
}

/* ---- shards that are ---- */

static bool add_reader(const cr_run *run, cr_node *node, const cr_shard *shard, bool is_first)
{
    bool skips = is_first && !run->has_found && run->options->from == CRUDDUR_FOLLOW_LATEST;
    if (node->reader != NULL) {
        return true;
    }
    node->reader = calloc(1, sizeof(*node->reader));
    if (node->reader == NULL) {
        return false;
    }
    node->is_done = node->is_done || (skips && shard->is_closed);
    node->reader->starts_latest = skips;
    return true;
}

/* One that was open has been closed: it is to be read to its end. */
static void take_end(cr_reader *reader, const cr_shard *shard)
{
    if (shard->is_closed && !reader->is_closed) {
        reader->is_closed = true;
        reader->has_caught_up = false;
    }
}

/* What is in a shard whose parent is open came after the list was asked for. */
static void await_parents(const cr_lineage *lineage)
{
    for (size_t i = 0; i < lineage->count; i++) {
        const cr_node *node = lineage->node[i];
        if (node->reader != NULL && !cr_lineage_may_read(lineage, node)) {
            node->reader->starts_latest = false;
        }
    }
}

static bool add_shards(cr_run *run, const cr_shards *shards, bool is_first)
{
    for (size_t i = 0; i < run->lineage.count; i++) {
        run->lineage.node[i]->is_listed = false;
    }
    for (size_t i = 0; i < shards->count; i++) {
        const cr_shard *shard = &shards->shard[i];
        cr_node *node = cr_lineage_add(&run->lineage, shard->id);
        if (node == NULL || !add_reader(run, node, shard, is_first) ||
            (node->parent == NULL && !cr_node_set_parent(node, shard->parent))) {
            return false;
        }
        node->is_listed = true;
        take_end(node->reader, shard);
    }
    if (is_first) {
        await_parents(&run->lineage);
    }
    return true;
}

/* ---- the list ---- */

/* Which stream it is tells whether the checkpoint is of use. */
static cruddur_status take_stream(cr_run *run, cr_str stream, cruddur_error **error)
{
    cr_checkpoint_check check = CR_CHECKPOINT_GOOD;
    if (run->has_found) {
        cr_str text = {run->found.data, run->found.size};
        check = cr_checkpoint_parse(text, stream, &run->lineage);
    }
    if (check != CR_CHECKPOINT_GOOD) {
        return cr_checkpoint_fail(run->checkpoint, check, error);
    }
    run->stream = strndup(stream.data, stream.size);
    return run->stream == NULL ? cr_fail_memory(error) : CRUDDUR_OK;
}

static cruddur_status find_stream(cr_run *run, cr_arena *arena, cr_call *call)
{
    cr_str stream;
    cruddur_status status = run->store->stream->find_stream(run->store, arena, call, &stream);
    if (status == CRUDDUR_OK) {
        (void)pthread_mutex_lock(&run->lock);
        status = take_stream(run, stream, call->error);
        (void)pthread_mutex_unlock(&run->lock);
    }
    return status;
}

/* With the lock. */
static cruddur_status take_list(cr_run *run, const cr_shards *shards, cruddur_error **error)
{
    if (!add_shards(run, shards, !run->is_listed)) {
        return cr_fail_memory(error);
    }
    /* Taken anew each time: our own clock may be set. */
    run->clock_ahead_us = shards->has_clock ? shards->clock_ahead_us : run->clock_ahead_us;
    if (!run->is_listed) {
        run->has_clock = shards->has_clock;
        run->began_us = cr_clock_now_us() + shards->clock_ahead_us;
        run->is_listed = true;
        run->must_save = true;
    }
    remove_unlisted(run);
    return shards->is_enabled
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_TABLE_SHAPE,
                              "the stream of table %.*s was switched off; with a new one goes a "
                              "new checkpoint",
                              CR_CUT(run->store->table, 255));
}

static cruddur_status list_shards(cr_run *run, cr_arena *arena, cr_call *call)
{
    cr_shards shards;
    cruddur_status status =
        run->store->stream->list_shards(run->store, cr_str_of(run->stream), arena, call, &shards);
    if (status == CRUDDUR_OK) {
        (void)pthread_mutex_lock(&run->lock);
        status = take_list(run, &shards, call->error);
        (void)pthread_mutex_unlock(&run->lock);
    }
    return status;
}

/* The list is there (CRUDDUR_OK), or will not be any more. */
static void set_ended(cr_run *run, cruddur_status status, cruddur_error *error)
{
    cr_attempts_succeed(&run->listing_attempts);
    (void)pthread_mutex_lock(&run->lock);
    cruddur_error_free(run->ended);
    run->ended = error;
    run->ended_status = status;
    bool is_soon = cr_run_is_once(run) && cr_run_awaits_children(run);
    run->listing_due_us =
        cr_clock_monotonic_us() + (is_soon ? CHILDREN_PERIOD_US : LISTING_PERIOD_US);
    (void)pthread_mutex_unlock(&run->lock);
}

void cr_run_list(cr_run *run)
{
    cr_arena arena = CR_ARENA_INIT;
    cruddur_error *error;
    cr_call call = cr_run_call(run, &error);
    cruddur_status status = run->stream == NULL ? find_stream(run, &arena, &call) : CRUDDUR_OK;
    if (status == CRUDDUR_OK) {
        status = list_shards(run, &arena, &call);
    }
    (void)pthread_mutex_lock(&run->lock);
    cr_meter_add(&run->meter, &call.meter);
    (void)pthread_mutex_unlock(&run->lock);
    cr_arena_free(&arena);
    if (status == CRUDDUR_OK) {
        set_ended(run, status, error);
        return;
    }
    switch (cr_run_consequence(run->is_listed ? CR_STAGE_LIST : CR_STAGE_FIRST, status,
                               cruddur_error_is_retryable(error))) {
    case CR_END_LATER:
        set_ended(run, status, error);
        break;
    case CR_END:
        cr_run_finish(run, status, error);
        break;
    case CR_TRY_AGAIN:
    case CR_PASS_OVER:
        cr_run_fail(run, (cruddur_follow_event){.status = status, .lag_ms = -1},
                    &run->listing_attempts, &run->listing_due_us, error);
        break;
    }
}
