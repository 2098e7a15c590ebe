/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "async/pool.h"
#include "base/clock.h"
#include "base/fork.h"
#include "cruddur/entry.h"

#define TEXT_MAX_CHARACTERS 100000
#define US_PER_MS 1000

const char *cruddur_version(void)
{
    return CRUDDUR_VERSION_STRING;
}

uint32_t cruddur_version_number(void)
{
    return CRUDDUR_VERSION_NUMBER;
}

/* ---- the entry of a call ---- */

/* The child of a fork has the handle's memory, but neither its locks on files nor its threads, and
 * it shares the handle's connections with the parent. */
static bool is_inherited(const cruddur *dm)
{
    return dm->generation != cr_fork_generation();
}

cruddur_status cr_entry_begin(cr_entry *entry, const cruddur *dm, cruddur_operation operation,
                              cruddur_error **error)
{
    *entry = (cr_entry){.dm = dm, .operation = operation, .ret_error = error};
    entry->started_us = cr_clock_monotonic_us();
    entry->since_us = entry->started_us;
    if (dm->submitted != NULL) {
        entry->since_us = dm->submitted->since_us;
        entry->call.cancel = dm->submitted->cancel;
        entry->call.followers = dm->submitted->followers;
    }
    entry->call.consistency = CRUDDUR_CONSISTENCY_STRONG;
    entry->call.logger = (cr_logger){dm->options.log, dm->options.log_data};
    entry->call.error = error == NULL ? NULL : &entry->error;
    cr_entry_set_timeout(entry, dm->options.timeout_ms);
    return cr_handle_check(dm, entry->call.error);
}

cruddur_status cr_handle_check(const cruddur *dm, cruddur_error **error)
{
    return !is_inherited(dm)
               ? CRUDDUR_OK
               : cr_fail_with(error, CRUDDUR_E_STORE_FORKED,
                              "the handle was opened before this process was forked, and only the "
                              "process that opened it may use it; open the store in this process "
                              "(an SQLite store must be closed before forking)");
}

void cr_entry_set_timeout(cr_entry *entry, uint32_t timeout_ms)
{
    const cr_submitted *submitted = entry->dm->submitted;
    if (timeout_ms != 0) {
        entry->call.deadline_us = entry->since_us + (int64_t)timeout_ms * US_PER_MS;
    }
    if (submitted != NULL && entry->call.deadline_us > submitted->deadline_us) {
        entry->call.deadline_us = submitted->deadline_us;
    }
}

cruddur_status cr_entry_end(cr_entry *entry, cruddur_status status)
{
    const cruddur_options *options = &entry->dm->options;
    if (status == CR_CHECKED) {
        return status;
    }
    if (status != CRUDDUR_OK && entry->call.is_in_doubt) {
        cr_error_set_outcome_unknown(&entry->error);
    }
    if (status == CRUDDUR_OK) {
        cruddur_error_free(entry->error);
    } else if (entry->ret_error != NULL) {
        *entry->ret_error = entry->error;
    }
    if (options->metrics != NULL) {
        cruddur_metrics metrics = {sizeof(metrics),
                                   entry->operation,
                                   status,
                                   cr_clock_monotonic_us() - entry->started_us,
                                   entry->call.meter.attempts,
                                   entry->call.meter.rows_read,
                                   entry->call.meter.rows_written,
                                   entry->call.meter.requests,
                                   entry->call.meter.read_units,
                                   entry->call.meter.write_units,
                                   entry->call.meter.waves,
                                   entry->call.meter.guesses,
                                   entry->call.meter.guesses_wrong,
                                   entry->call.meter.combined};
        options->metrics(options->metrics_data, &metrics);
    }
    return status;
}

/* ---- open, close ---- */

static cruddur_status check_options(const cruddur_options *options, cruddur_error **error)
{
    cruddur_status status =
        cr_check_flags("options.flags", options->flags, CRUDDUR_OPEN_EXISTING, error);
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.reserved", options->reserved, 0, error);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (options->timeout_ms < 1) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.timeout_ms",
                                "must be at least 1");
    }
    if (options->max_text_chars < 1 || options->max_text_chars > TEXT_MAX_CHARACTERS) {
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.max_text_chars",
                                "must be 1 to %d; it is %u", TEXT_MAX_CHARACTERS,
                                options->max_text_chars);
    }
    return cr_check_lasting("options.retention_s", options->retention_s, cr_clock_now_us(), error);
}

static cruddur_status open_store(const char *store_url, cruddur *dm, cruddur_error **error)
{
    cr_store_options options = {
        (dm->options.flags & CRUDDUR_OPEN_EXISTING) != 0,
        cr_clock_monotonic_us() + (int64_t)dm->options.timeout_ms * US_PER_MS,
        {dm->options.log, dm->options.log_data},
    };
    return cr_store_open(store_url, &options, &dm->store, error);
}

cruddur_status cruddur_open(const char *store_url, const cruddur_options *given, cruddur **ret_dm,
                            cruddur_error **error)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    if (store_url == NULL || ret_dm == NULL) {
        return cr_fail_null(error, store_url == NULL ? "store_url" : "ret_dm");
    }
    cruddur_status status =
        cr_read_struct("options", given, &options, CR_STRUCT_0_2(OPTIONS, options), error);
    if (status == CRUDDUR_OK) {
        status = check_options(&options, error);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    cruddur *dm = calloc(1, sizeof(*dm));
    if (dm == NULL) {
        return cr_fail_memory(error);
    }
    dm->options = options;
    dm->generation = cr_fork_generation();
    atomic_init(&dm->hub, NULL);
    status = open_store(store_url, dm, error);
    if (status != CRUDDUR_OK) {
        free(dm);
        return status;
    }
    *ret_dm = dm;
    return CRUDDUR_OK;
}

/* A thread of the handle cannot wait for its own end. */
static bool is_in_callback(cruddur *dm)
{
    cr_pool *pool = atomic_load(&dm->pool);
    const cr_logger logger = {dm->options.log, dm->options.log_data};
    if (pool == NULL || !cr_pool_has_caller(pool)) {
        return false;
    }
    cr_log_line(&logger, CRUDDUR_LOG_ERROR,
                "cruddur_close() was called in a callback of the handle, and left it open");
    return true;
}

void cruddur_close(cruddur *dm)
{
    if (dm != NULL && !is_inherited(dm) && !is_in_callback(dm)) {
        cr_pool *pool = atomic_load(&dm->pool);
        if (pool != NULL) {
            cr_pool_close(pool);
        }
        cr_hub_close(atomic_load(&dm->hub));
        dm->store->ops->close(dm->store);
        free(dm);
    }
}
