/* SPDX-License-Identifier: MIT */
/* Following a table's stream: reading its shards, applying their records, keeping how far it has
 * come. */
#ifndef CR_PROCESSOR_FOLLOW_H
#define CR_PROCESSOR_FOLLOW_H

#include <cruddur/follow.h>

#include "model/record.h"
#include "store/store.h"

/* What is done with the records instead of moving group rows. The function may be called on several
 * threads at once, for different shards, and again with records that it has had. If it fails, the
 * batch is tried again, for as long as the options' patience lasts. */
typedef struct cr_follow_target {
    cruddur_status (*apply)(void *context, const cr_records *records, cr_call *call);
    void *context;
    /* With CRUDDUR_FOLLOW_ONCE: an open shard has been read when it has shown a record that was
     * written after the call began. Answers without records prove nothing. The caller sees to it
     * that there are such records, and stops the call if none come. */
    bool reads_past;
} cr_follow_target;

/* As cruddur_stream_follow(), with options that were checked; `timeout_us` is that of a job. A
 * target of NULL moves group rows. */
cruddur_status cr_follow(cr_store *store, const cr_follow_target *target,
                         const cruddur_follow_options *options, int64_t timeout_us, cr_call *call);

#endif
