/* SPDX-License-Identifier: MIT */
/* Moving group rows behind messages that were written without moving them, as the table's stream
 * tells of them.
 *
 * A record is but a hint that its group has a new message: the rows move to the newest message that
 * the table has. So it does not matter how often records come, how late, or in which order. */
#ifndef CR_PROCESSOR_APPLY_H
#define CR_PROCESSOR_APPLY_H

#include "model/record.h"
#include "store/store.h"

/* A record that makes no sense, or whose group's rows could not be moved. */
typedef struct cr_stream_failure {
    size_t record; /* its place in the event */
    cruddur_status status;
    cr_str message; /* of poison: CRUDDUR_E_INVALID_ARGUMENT, and no text but `problem` */
} cr_stream_failure;

typedef struct cr_stream_outcome {
    size_t messages;
    size_t groups;
    size_t moved;
    cr_stream_failure *failure; /* in the event's order; in the arena */
    size_t failure_count;
} cr_stream_outcome;

/* Applies the records: of each group the newest only, `workers` groups at the same time. Fails with
 * CRUDDUR_E_NO_MEMORY only: whatever else goes wrong is a failure of its record. */
cruddur_status cr_stream_apply(cr_store *store, const cr_records *records, unsigned workers,
                               cr_call *call, cr_arena *arena, cr_stream_outcome *outcome);

#endif
