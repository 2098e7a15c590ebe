/* SPDX-License-Identifier: MIT */
/* What goes down with every call from the public functions to the engine: until when, whether it
 * was cancelled, how exactly, what it has cost so far, where a failure is described, and the log.
 */
#ifndef CR_BASE_CALL_H
#define CR_BASE_CALL_H

#include <cruddur/handle.h>
#include <cruddur/list.h>

#include "base/buffer.h"
#include "base/cancel.h"
#include "base/error.h"

typedef struct cr_meter {
    uint32_t attempts;
    uint32_t rows_read;
    uint32_t rows_written;
    uint32_t requests; /* to a service, each attempt counted */
    uint32_t waves;    /* how often it was waited for answers: to one request, or to several that
                          were under way at the same time */
    uint32_t guesses;  /* runs of a change by rows that may be out of date */
    uint32_t guesses_wrong;
    uint32_t combined; /* messages of other calls that the same change stored */
    double read_units; /* that the service charges for */
    double write_units;
} cr_meter;

void cr_meter_add(cr_meter *sum, const cr_meter *part);

/* Begins a run of a change. `*was_guess`, of the run before it, is kept for the call: a guess whose
 * change is run again was wrong. */
static inline void cr_meter_run(cr_meter *meter, bool is_guess, bool *was_guess)
{
    meter->guesses_wrong += *was_guess ? 1 : 0;
    meter->guesses += is_guess ? 1 : 0;
    *was_guess = is_guess;
}

typedef struct cr_logger {
    cruddur_log_fn log;
    void *data;
} cr_logger;

struct cr_ticket;
struct cr_followers;

typedef struct cr_call {
    int64_t deadline_us;       /* on the monotonic clock */
    const atomic_bool *cancel; /* another thread may set it, to end the call early; NULL: none */
    struct cr_ticket *ticket;  /* the call's place in a queue (store/queue.h); NULL: none */
    const struct cr_followers *followers; /* calls that were submitted after this one
                                             (messaging/followers.h); NULL: none */
    cruddur_consistency consistency;
    cr_logger logger;
    cr_meter meter;
    bool is_in_doubt; /* an answer to a change got lost: it may be made, or be made yet */
    cruddur_error **error;
} cr_call;

/* Never give it message text or a secret. */
void cr_log_line(const cr_logger *logger, cruddur_log_level level, const char *format, ...)
    CR_PRINTF(3, 4);

/* Lines that are kept while a lock is held, as the caller's hook may take its time. */
typedef struct cr_kept_log {
    cr_logger logger; /* the caller's */
    cr_buffer lines;
} cr_kept_log;

/* From now on the call's lines are kept; `kept` must stay where it is. */
void cr_log_keep(cr_kept_log *kept, cr_call *call);

/* Hands the lines to the caller's hook, and later ones at once. To be called without locks. */
void cr_log_release(cr_kept_log *kept, cr_call *call);

/* Whether the call has no time left, or was cancelled. */
bool cr_call_is_over(const cr_call *call);

/* CRUDDUR_E_CANCELLED once the call was cancelled, CRUDDUR_E_TIMEOUT once the deadline has passed.
 */
cruddur_status cr_call_check_deadline(const cr_call *call);

#endif
