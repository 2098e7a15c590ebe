/* SPDX-License-Identifier: MIT */
#include "handler.h"

#include <stdlib.h>

#define US_PER_MS 1000

/* The answer has to be sent before the deadline, or all that was done counts as failed and comes
 * again. What comes after the library's call takes a millisecond of a whole processor, of which a
 * small function has a fourteenth, in slices of 20 ms and more: a tenth of the time, up to a
 * second. */
#define MARGIN_PART 10
#define MARGIN_MAX_MS 1000

static void add_costs(void *data, const cruddur_metrics *metrics)
{
    struct handler *handler = data;
    (void)pthread_mutex_lock(&handler->lock);
    handler->costs.requests += metrics->requests;
    handler->costs.rows_written += metrics->rows_written;
    handler->costs.read_units += metrics->read_units;
    handler->costs.write_units += metrics->write_units;
    (void)pthread_mutex_unlock(&handler->lock);
}

cruddur_status handler_open(struct handler *handler, const struct settings *settings,
                            struct log *log, cruddur_error **error)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    *handler = (struct handler){.log = log, .workers = settings->workers};
    if (pthread_mutex_init(&handler->lock, NULL) != 0) {
        return CRUDDUR_E_INTERNAL;
    }
    options.log = log_hook;
    options.log_data = log;
    options.metrics = add_costs;
    options.metrics_data = handler;
    cruddur_status status = cruddur_open(settings->store, &options, &handler->dm, error);
    if (status != CRUDDUR_OK) {
        (void)pthread_mutex_destroy(&handler->lock);
    }
    return status;
}

void handler_close(struct handler *handler)
{
    cruddur_close(handler->dm);
    (void)pthread_mutex_destroy(&handler->lock);
}

/* What the library gets of the time that is left; 0, the handle's own limit, where that is not
 * known. */
static uint32_t choose_timeout_ms(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - cruddur_time_now_us() / US_PER_MS;
    int64_t margin_ms = left_ms / MARGIN_PART;
    int64_t timeout_ms = left_ms - (margin_ms < MARGIN_MAX_MS ? margin_ms : MARGIN_MAX_MS);
    if (deadline_ms <= 0) {
        return 0;
    }
    return timeout_ms < 1 ? 1 : timeout_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)timeout_ms;
}

static void log_failures(struct handler *handler, const cruddur_stream_result *result)
{
    for (size_t i = 0; i < cruddur_stream_result_failure_count(result); i++) {
        cruddur_status status = cruddur_stream_result_failure_status(result, i);
        struct json_object *line = log_begin(handler->log, CRUDDUR_LOG_ERROR,
                                             cruddur_stream_result_failure_message(result, i));
        log_text(line, "status", cruddur_status_name(status));
        log_text(line, "sequenceNumber", cruddur_stream_result_failure_sequence_number(result, i));
        log_number(line, "record", cruddur_stream_result_failure_record(result, i));
        log_end(line);
    }
}

static void log_summary(struct handler *handler, const cruddur_stream_result *result,
                        size_t event_size, int64_t duration_us)
{
    (void)pthread_mutex_lock(&handler->lock);
    struct costs costs = handler->costs;
    (void)pthread_mutex_unlock(&handler->lock);
    const char *trace_id = getenv("_X_AMZN_TRACE_ID");
    struct json_object *line = log_begin(handler->log, CRUDDUR_LOG_INFO, "event applied");
    log_number(line, "eventBytes", event_size);
    log_number(line, "records", cruddur_stream_result_record_count(result));
    log_number(line, "messages", cruddur_stream_result_message_count(result));
    log_number(line, "groups", cruddur_stream_result_group_count(result));
    log_number(line, "moved", cruddur_stream_result_moved_count(result));
    log_number(line, "failures", cruddur_stream_result_failure_count(result));
    log_fraction(line, "durationMs", (double)duration_us / US_PER_MS);
    log_number(line, "requests", costs.requests);
    log_number(line, "rowsWritten", costs.rows_written);
    log_fraction(line, "readUnits", costs.read_units);
    log_fraction(line, "writeUnits", costs.write_units);
    log_text(line, "traceId", trace_id != NULL && trace_id[0] != '\0' ? trace_id : NULL);
    log_end(line);
}

cruddur_status handler_apply(struct handler *handler, const char *event, size_t size,
                             int64_t deadline_ms, cruddur_stream_result **ret_result,
                             cruddur_error **error)
{
    cruddur_stream_options options = CRUDDUR_STREAM_OPTIONS_INIT;
    int64_t started_us = cruddur_time_now_us();
    options.timeout_ms = choose_timeout_ms(deadline_ms);
    options.workers = handler->workers;
    handler->costs = (struct costs){0};
    cruddur_status status =
        cruddur_stream_apply(handler->dm, event, size, &options, ret_result, error);
    if (status == CRUDDUR_OK) {
        log_failures(handler, *ret_result);
        log_summary(handler, *ret_result, size, cruddur_time_now_us() - started_us);
    }
    return status;
}
