/* SPDX-License-Identifier: MIT */
#include "processor/follow.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/thread.h"
#include "processor/run.h"

#define US_PER_MS 1000

/* How often it is asked whether to stop, and at most how often the checkpoint is written. */
#define WATCH_PERIOD_US INT64_C(50000)
#define SAVE_PERIOD_US INT64_C(1000000)

#define PATIENCE_ONCE_US INT64_C(30000000)

/* ---- whose turn it is; with the lock ---- */

static bool is_waiting(const cr_run *run, const cr_node *node)
{
    const cr_reader *reader = node->reader;
    return reader != NULL && !node->is_done && !reader->is_busy &&
           !(cr_run_is_once(run) && reader->has_caught_up) &&
           cr_lineage_may_read(&run->lineage, node);
}

/* The shard that is due first; NULL: none is waiting. */
static cr_node *find_next(const cr_run *run)
{
    cr_node *next = NULL;
    for (size_t i = 0; i < run->lineage.count; i++) {
        cr_node *node = run->lineage.node[i];
        if (is_waiting(run, node) &&
            (next == NULL || node->reader->due_us < next->reader->due_us)) {
            next = node;
        }
    }
    return next;
}

static int64_t listing_due_us(const cr_run *run)
{
    return run->must_list && run->listing_attempts.failures == 0 ? 0 : run->listing_due_us;
}

/* Whether every shard was read as far as it has to be, and none may have come since. The children
 * of a shard that has caught up have only what came later. */
static bool has_caught_up(const cr_run *run)
{
    if (!run->is_listed || run->must_list || run->is_listing) {
        return false;
    }
    for (size_t i = 0; i < run->lineage.count; i++) {
        const cr_reader *reader = run->lineage.node[i]->reader;
        if (reader == NULL || reader->is_busy || is_waiting(run, run->lineage.node[i])) {
            return false;
        }
    }
    return !cr_run_awaits_children(run);
}

static void check_end(cr_run *run)
{
    bool is_end = (run->ended_status != CRUDDUR_OK && cr_lineage_is_done(&run->lineage)) ||
                  (cr_run_is_once(run) && has_caught_up(run));
    if (!run->is_over && is_end) {
        run->is_over = true;
        run->status = run->ended_status;
        run->error = run->ended;
        run->ended = NULL;
        (void)pthread_cond_broadcast(&run->changed);
    }
}

/* ---- the threads ---- */

static void wait_until(cr_run *run, int64_t until_us)
{
    (void)cr_condition_wait_until(&run->changed, &run->lock, until_us);
}

static void do_listing(cr_run *run)
{
    run->is_listing = true;
    run->must_list = false;
    (void)pthread_mutex_unlock(&run->lock);
    cr_run_list(run);
    (void)pthread_mutex_lock(&run->lock);
    run->is_listing = false;
    run->must_list = run->must_list || run->listing_attempts.failures > 0;
}

static void do_turn(cr_run *run, cr_node *node)
{
    node->reader->is_busy = true;
    (void)pthread_mutex_unlock(&run->lock);
    cr_events_await_room(&run->events, node->id);
    cr_run_take_turn(run, node);
    (void)pthread_mutex_lock(&run->lock);
    node->reader->is_busy = false;
}

/* Does what is due, or waits for what will be first. */
static void do_next(cr_run *run)
{
    int64_t now_us = cr_clock_monotonic_us();
    cr_node *next = find_next(run);
    if (!run->is_listing && listing_due_us(run) <= now_us) {
        do_listing(run);
    } else if (next != NULL && next->reader->due_us <= now_us) {
        do_turn(run, next);
    } else {
        int64_t due_us = next == NULL ? INT64_MAX : next->reader->due_us;
        int64_t listing_us = run->is_listing ? INT64_MAX : listing_due_us(run);
        int64_t most_us = now_us + PATIENCE_ONCE_US; /* whoever changes something wakes us */
        due_us = listing_us < due_us ? listing_us : due_us;
        wait_until(run, due_us < most_us ? due_us : most_us);
        return;
    }
    check_end(run);
    (void)pthread_cond_broadcast(&run->changed);
}

static void *run_jobs(void *argument)
{
    cr_run *run = argument;
    (void)pthread_mutex_lock(&run->lock);
    while (!run->is_over) {
        do_next(run);
    }
    (void)pthread_mutex_unlock(&run->lock);
    return NULL;
}

/* ---- the checkpoint ---- */

static cruddur_status save(cr_run *run, cruddur_error **error)
{
    cr_buffer text;
    cr_buffer_init(&text, CR_CHECKPOINT_MAX);
    (void)pthread_mutex_lock(&run->lock);
    bool must_save = run->must_save && run->checkpoint != NULL;
    if (must_save) {
        cr_checkpoint_format(cr_str_of(run->stream), &run->lineage, &text);
        run->must_save = false;
    }
    (void)pthread_mutex_unlock(&run->lock);
    cruddur_status status = CRUDDUR_OK;
    if (must_save) {
        status = text.failed
                     ? cr_fail_memory(error)
                     : cr_checkpoint_write(run->checkpoint, (cr_str){text.data, text.size}, error);
    }
    if (status != CRUDDUR_OK) {
        (void)pthread_mutex_lock(&run->lock);
        run->must_save = true;
        (void)pthread_mutex_unlock(&run->lock);
    }
    cr_buffer_free(&text);
    return status;
}

/* A checkpoint that cannot be written now may be later: a full disk is emptied. */
static void save_when_due(cr_run *run, int64_t *due_us, cr_attempts *attempts)
{
    cruddur_error *error = NULL;
    int64_t now_us = cr_clock_monotonic_us();
    if (now_us < *due_us) {
        return;
    }
    *due_us = now_us + SAVE_PERIOD_US;
    cruddur_status status = save(run, &error);
    if (status == CRUDDUR_OK) {
        cr_attempts_succeed(attempts);
    } else {
        cr_run_fail(run, (cruddur_follow_event){.status = status, .lag_ms = -1}, attempts, due_us,
                    error);
    }
}

/* ---- the caller's thread ---- */

static bool wait_for_end(cr_run *run)
{
    (void)pthread_mutex_lock(&run->lock);
    if (!run->is_over) {
        wait_until(run, cr_clock_monotonic_us() + WATCH_PERIOD_US);
    }
    bool over = run->is_over;
    (void)pthread_mutex_unlock(&run->lock);
    return over;
}

static void finish_cancelled(cr_run *run)
{
    cruddur_error *error = NULL;
    cruddur_status status = cr_fail_cancelled(&error);
    cr_run_finish(run, status, error);
}

static void watch(cr_run *run)
{
    const cruddur_follow_options *options = run->options;
    int64_t save_due_us = cr_clock_monotonic_us() + SAVE_PERIOD_US;
    cr_attempts save_attempts = {0};
    do {
        bool is_stopping = options->is_stopping != NULL && options->is_stopping(options->data);
        if (cr_is_cancelled(run->call->cancel)) {
            finish_cancelled(run);
        } else if (is_stopping || cr_events_are_lost(&run->events)) {
            cr_run_finish(run, CRUDDUR_OK, NULL);
        } else {
            save_when_due(run, &save_due_us, &save_attempts);
        }
    } while (!wait_for_end(run));
}

static size_t start_threads(cr_run *run, pthread_t *thread)
{
    size_t started = 0;
    while (started < run->options->shards && cr_thread_start(&thread[started], run_jobs, run)) {
        started++;
    }
    return started;
}

static cruddur_status fail_threads(cruddur_error **error)
{
    return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no thread");
}

static cruddur_status run_threads(cr_run *run, cruddur_error **error)
{
    pthread_t thread[CRUDDUR_FOLLOW_SHARDS_MAX];
    cruddur_error *save_error = NULL;
    if (!cr_events_start(&run->events, run->options, &run->call->logger)) {
        return fail_threads(error);
    }
    size_t started = start_threads(run, thread);
    if (started == 0) {
        cr_events_end(&run->events);
        return fail_threads(error);
    }
    watch(run);
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(thread[i], NULL);
    }
    cruddur_status saved = save(run, &save_error);
    cr_events_end(&run->events);
    if (run->status == CRUDDUR_OK && run->events.no_memory) {
        run->status = cr_fail_memory(&run->error);
    }
    if (run->status != CRUDDUR_OK || saved == CRUDDUR_OK) {
        cruddur_error_free(save_error);
        saved = run->status;
        save_error = run->error;
    }
    if (error != NULL) {
        *error = save_error;
    } else {
        cruddur_error_free(save_error);
    }
    return saved;
}

/* ---- beginning and end ---- */

static cruddur_status open_checkpoint(cr_run *run, cruddur_error **error)
{
    if (run->options->checkpoint == NULL) {
        return CRUDDUR_OK;
    }
    cruddur_status status = cr_checkpoint_open(run->options->checkpoint, &run->checkpoint, error);
    return status == CRUDDUR_OK
               ? cr_checkpoint_read(run->checkpoint, &run->found, &run->has_found, error)
               : status;
}

/* False when the system gives none. */
static bool make_locks(cr_run *run)
{
    if (pthread_mutex_init(&run->lock, NULL) != 0) {
        return false;
    }
    bool is_good = cr_condition_init(&run->changed);
    if (!is_good) {
        (void)pthread_mutex_destroy(&run->lock);
    }
    return is_good;
}

static void free_locks(cr_run *run)
{
    (void)pthread_cond_destroy(&run->changed);
    (void)pthread_mutex_destroy(&run->lock);
}

static void free_run(cr_run *run)
{
    for (size_t i = 0; i < run->lineage.count; i++) {
        cr_reader_free(run->lineage.node[i]->reader);
    }
    cr_lineage_free(&run->lineage);
    cr_checkpoint_close(run->checkpoint);
    cr_buffer_free(&run->found);
    cruddur_error_free(run->ended);
    free(run->stream);
}

cruddur_status cr_follow(cr_store *store, const cr_follow_target *target,
                         const cruddur_follow_options *options, int64_t timeout_us, cr_call *call)
{
    int64_t patience_us = (int64_t)options->patience_ms * US_PER_MS;
    cr_run run = {.store = store,
                  .target = target,
                  .options = options,
                  .call = call,
                  .timeout_us = timeout_us};
    if (store->stream == NULL) {
        return cr_fail_with(call->error, CRUDDUR_E_INVALID_ARGUMENT,
                            "this store has no stream, and needs none: its group rows are moved "
                            "by whoever writes");
    }
    cr_buffer_init(&run.found, CR_CHECKPOINT_MAX);
    run.patience_us = patience_us == 0 && cr_run_is_once(&run) ? PATIENCE_ONCE_US : patience_us;
    cruddur_status status = open_checkpoint(&run, call->error);
    if (status == CRUDDUR_OK && !make_locks(&run)) {
        status = cr_fail_with(call->error, CRUDDUR_E_INTERNAL, "the system gave no lock");
    } else if (status == CRUDDUR_OK) {
        status = run_threads(&run, call->error);
        free_locks(&run);
    }
    call->meter = run.meter;
    free_run(&run);
    return status;
}
