/* SPDX-License-Identifier: MIT */
/* Following a table's stream: reading its shards, applying their records, keeping how far it has
 * come. */
#ifndef CR_PROCESSOR_FOLLOW_H
#define CR_PROCESSOR_FOLLOW_H

#include <cruddur/follow.h>

#include "store/store.h"

/* As cruddur_stream_follow(), with options that were checked; `timeout_us` is that of a job. */
cruddur_status cr_follow(cr_store *store, const cruddur_follow_options *options, int64_t timeout_us,
                         cr_call *call);

#endif
