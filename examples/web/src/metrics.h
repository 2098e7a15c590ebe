/* SPDX-License-Identifier: MIT */
/* What /metrics tells, in the text format of Prometheus: the library's calls, from its metrics
 * hook, and HTTP requests. */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include <cruddur/cruddur.h>
#include <pthread.h>

#include "request.h"

#define METRICS_OPERATIONS 40
#define METRICS_STATUSES 100
#define METRICS_ROUTES 48
#define METRICS_CODES 500
#define METRICS_STEPS 11

struct metrics_times {
    uint64_t steps[METRICS_STEPS + 1];
    uint64_t count, sum_us;
};

struct metrics {
    pthread_mutex_t mutex; /* for what the hook adds: it runs on the library's threads */
    uint64_t calls[METRICS_OPERATIONS][METRICS_STATUSES];
    struct metrics_times call_times[METRICS_OPERATIONS];
    uint64_t rows_read, rows_written, service_requests;
    double read_units, write_units;
    uint64_t answers[METRICS_ROUTES][METRICS_CODES]; /* by route, and HTTP status less 100 */
    struct metrics_times answer_times;
    uint64_t streams_opened, events_sent, connections, streams;
};

bool metrics_start(struct metrics *self);
void metrics_free(struct metrics *self);

/* The library's hook; `data` is the struct. */
void metrics_call(void *data, const cruddur_metrics *call);

void metrics_answer(struct metrics *self, size_t route, unsigned status, int64_t duration_us);

/* GET /metrics */
void metrics_get(request *self);

#endif
