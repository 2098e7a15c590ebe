/* SPDX-License-Identifier: MIT */
#include "transfer/loader.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"

/* Blocks that wait while all workers are busy. */
#define PLACES_AHEAD 2
/* Of a block for a service, so many rows have a deadline of their own: each is a request, perhaps.
 * One file is written in one transaction. */
#define PART_ROWS 100

/* ---- the work ---- */

static cruddur_status load_part(cr_loader *loader, cr_loading *loading, size_t from, size_t count,
                                cr_meter *meter)
{
    cr_loaded loaded;
    cr_load_options options = loader->options;
    cr_call call = loader->part_call;
    options.fates = &loading->fates[from];
    call.error = &loading->error;
    call.deadline_us = cr_clock_monotonic_us() + loader->timeout_us;
    cruddur_status status = loader->store->ops->load(loader->store, loading->block.rows + from,
                                                     count, &options, &loaded, &call);
    loading->loaded.put += loaded.put;
    loading->loaded.same += loaded.same;
    loading->loaded.taken += loaded.taken;
    loading->loaded.replaced += loaded.replaced;
    loading->loaded.claims += loaded.claims;
    cr_meter_add(meter, &call.meter);
    return status;
}

static void load(cr_loader *loader, cr_loading *loading, cr_meter *meter)
{
    bool is_file = (loader->store->traits & CR_TRAIT_SNAPSHOT) != 0;
    size_t count = loading->block.count;
    size_t most = is_file ? count : PART_ROWS;
    loading->loaded = (cr_loaded){0};
    loading->status = CRUDDUR_OK;
    for (size_t at = 0; loading->status == CRUDDUR_OK && at < count; at += most) {
        size_t left = count - at;
        loading->status = load_part(loader, loading, at, left < most ? left : most, meter);
    }
}

static cr_loading *find_ready(const cr_loader *loader)
{
    for (size_t i = 0; !loader->is_stopped && i < loader->places; i++) {
        cr_loading *loading = &loader->loading[(loader->next + i) % loader->places];
        if (loading->state == CR_LOADING_READY) {
            return loading;
        }
    }
    return NULL;
}

static void *work(void *argument)
{
    cr_loader *loader = argument;
    (void)pthread_mutex_lock(&loader->lock);
    while (!loader->must_end) {
        cr_meter meter = {0};
        cr_loading *loading = find_ready(loader);
        if (loading == NULL) {
            (void)pthread_cond_wait(&loader->is_ready, &loader->lock);
            continue;
        }
        loading->state = CR_LOADING_RUNNING;
        (void)pthread_mutex_unlock(&loader->lock);
        load(loader, loading, &meter);
        (void)pthread_mutex_lock(&loader->lock);
        loading->state = CR_LOADING_DONE;
        cr_meter_add(&loader->call->meter, &meter);
        (void)pthread_cond_signal(&loader->is_done);
    }
    (void)pthread_mutex_unlock(&loader->lock);
    return NULL;
}

/* ---- start, end ---- */

static cruddur_status fail_threads(const cr_loader *loader)
{
    return cr_fail_with(loader->call->error, CRUDDUR_E_INTERNAL,
                        "the system refused a lock or a thread for the import");
}

static cruddur_status make_locks(cr_loader *loader)
{
    if (pthread_mutex_init(&loader->lock, NULL) != 0) {
        return fail_threads(loader);
    }
    if (pthread_cond_init(&loader->is_ready, NULL) != 0) {
        (void)pthread_mutex_destroy(&loader->lock);
        return fail_threads(loader);
    }
    if (pthread_cond_init(&loader->is_done, NULL) != 0) {
        (void)pthread_mutex_destroy(&loader->lock);
        (void)pthread_cond_destroy(&loader->is_ready);
        return fail_threads(loader);
    }
    return CRUDDUR_OK;
}

/* Without a thread for each worker there are fewer of them. */
static cruddur_status start_threads(cr_loader *loader)
{
    while (loader->started < loader->workers &&
           cr_thread_start(&loader->threads[loader->started], work, loader)) {
        loader->started++;
    }
    return loader->workers > 0 && loader->started == 0 ? fail_threads(loader) : CRUDDUR_OK;
}

cruddur_status cr_loader_start(cr_loader *loader, size_t workers)
{
    bool is_file = (loader->store->traits & CR_TRAIT_SNAPSHOT) != 0;
    loader->workers = is_file ? 0 : workers == 0 ? CR_LOADER_WORKERS : workers;
    loader->places = is_file ? 1 : loader->workers + PLACES_AHEAD;
    loader->next = loader->started = 0;
    loader->is_stopped = loader->must_end = false;
    loader->loading = NULL;
    loader->part_call = *loader->call;
    loader->part_call.meter = (cr_meter){0};
    cruddur_status status = make_locks(loader);
    if (status != CRUDDUR_OK) {
        return status;
    }
    loader->loading = calloc(loader->places, sizeof(*loader->loading));
    if (loader->loading == NULL) {
        (void)pthread_mutex_destroy(&loader->lock);
        (void)pthread_cond_destroy(&loader->is_ready);
        (void)pthread_cond_destroy(&loader->is_done);
        return cr_fail_memory(loader->call->error);
    }
    for (size_t i = 0; i < loader->places; i++) {
        cr_block_init(&loader->loading[i].block);
    }
    return start_threads(loader);
}

void cr_loader_free(cr_loader *loader)
{
    if (loader->loading == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&loader->lock);
    loader->is_stopped = loader->must_end = true;
    (void)pthread_cond_broadcast(&loader->is_ready);
    (void)pthread_mutex_unlock(&loader->lock);
    for (size_t i = 0; i < loader->started; i++) {
        (void)pthread_join(loader->threads[i], NULL);
    }
    for (size_t i = 0; i < loader->places; i++) {
        cr_block_free(&loader->loading[i].block);
        cruddur_error_free(loader->loading[i].error);
    }
    free(loader->loading);
    loader->loading = NULL;
    (void)pthread_mutex_destroy(&loader->lock);
    (void)pthread_cond_destroy(&loader->is_ready);
    (void)pthread_cond_destroy(&loader->is_done);
}

/* ---- the caller's side ---- */

static void stop(cr_loader *loader)
{
    (void)pthread_mutex_lock(&loader->lock);
    loader->is_stopped = true;
    (void)pthread_mutex_unlock(&loader->lock);
}

/* Waits until the place is no longer in use, and says what came of its block. */
static cruddur_status settle(cr_loader *loader, cr_loading *loading)
{
    (void)pthread_mutex_lock(&loader->lock);
    while (loading->state == CR_LOADING_READY || loading->state == CR_LOADING_RUNNING) {
        (void)pthread_cond_wait(&loader->is_done, &loader->lock);
    }
    bool is_done = loading->state == CR_LOADING_DONE;
    loading->state = CR_LOADING_FREE;
    (void)pthread_mutex_unlock(&loader->lock);
    if (!is_done) {
        return CRUDDUR_OK;
    }
    cruddur_status status = loading->status;
    if (status != CRUDDUR_OK) {
        stop(loader);
        if (loader->call->error != NULL) {
            *loader->call->error = loading->error;
            loading->error = NULL;
        }
    } else if (!loader->finished(loader->context, loading)) {
        stop(loader);
    }
    return status;
}

cruddur_status cr_loader_take(cr_loader *loader, cr_loading **ret_loading)
{
    cr_loading *loading = &loader->loading[loader->next];
    *ret_loading = NULL;
    if (loader->is_stopped) {
        return CRUDDUR_OK;
    }
    cruddur_status status = settle(loader, loading);
    if (status == CRUDDUR_OK && !loader->is_stopped) {
        *ret_loading = loading;
    }
    return status;
}

cruddur_status cr_loader_submit(cr_loader *loader, cr_loading *loading)
{
    cruddur_error_free(loading->error);
    loading->error = NULL;
    if (loader->workers == 0) {
        load(loader, loading, &loader->call->meter);
        loading->state = CR_LOADING_DONE;
        return settle(loader, loading);
    }
    (void)pthread_mutex_lock(&loader->lock);
    loading->state = CR_LOADING_READY;
    loader->next = (loader->next + 1) % loader->places;
    (void)pthread_cond_signal(&loader->is_ready);
    (void)pthread_mutex_unlock(&loader->lock);
    return CRUDDUR_OK;
}

cruddur_status cr_loader_finish(cr_loader *loader)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && !loader->is_stopped && i < loader->places; i++) {
        status = settle(loader, &loader->loading[loader->next]);
        loader->next = (loader->next + 1) % loader->places;
    }
    return status;
}
