/* SPDX-License-Identifier: MIT */
/* What the function does with an event, and what it tells the log of it. */
#ifndef CRUDDUR_LAMBDA_HANDLER_H
#define CRUDDUR_LAMBDA_HANDLER_H

#include <pthread.h>

#include <cruddur/cruddur.h>
#include <cruddur/stream.h>

#include "log.h"
#include "settings.h"

/* What the library's calls cost. */
struct costs {
    uint64_t requests;
    uint64_t rows_written;
    double read_units;
    double write_units;
};

struct handler {
    cruddur *dm;
    struct log *log;
    uint32_t workers;
    pthread_mutex_t lock; /* for the costs: the hook may be called on any thread */
    struct costs costs;   /* of this invocation */
};

/* Opens the store; it touches no network. The handler must stay where it is. */
cruddur_status handler_open(struct handler *handler, const struct settings *settings,
                            struct log *log, cruddur_error **error);
void handler_close(struct handler *handler);

/* Applies an event until shortly before its deadline (milliseconds since the epoch; 0: unknown),
 * and logs what came of it. What was not done by then is among the result's failures. */
cruddur_status handler_apply(struct handler *handler, const char *event, size_t size,
                             int64_t deadline_ms, cruddur_stream_result **ret_result,
                             cruddur_error **error);

#endif
