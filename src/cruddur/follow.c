/* SPDX-License-Identifier: MIT */
#include "processor/follow.h"

#include <cruddur/stream.h>

#include "cruddur/entry.h"

#define US_PER_MS 1000

typedef struct bound {
    const char *argument;
    uint32_t value;
    uint32_t least;
    uint32_t most;
} bound;

static cruddur_status check_options(const cruddur_follow_options *options, cruddur_error **error)
{
    const bound bounds[] = {
        {"options.from", options->from, CRUDDUR_FOLLOW_OLDEST, CRUDDUR_FOLLOW_LATEST},
        {"options.workers", options->workers, 1, CRUDDUR_STREAM_WORKERS_MAX},
        {"options.shards", options->shards, 1, CRUDDUR_FOLLOW_SHARDS_MAX},
        {"options.poll_ms", options->poll_ms, 1, CRUDDUR_FOLLOW_POLL_MAX_MS},
        {"options.batch_limit", options->batch_limit, 1, CRUDDUR_FOLLOW_BATCH_MAX},
    };
    cruddur_status status =
        cr_check_flags("options.flags", options->flags, CRUDDUR_FOLLOW_ONCE, error);
    for (size_t i = 0; status == CRUDDUR_OK && i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        const bound *is = &bounds[i];
        if (is->value < is->least || is->value > is->most) {
            status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, is->argument,
                                      "must be %u to %u; it is %u", is->least, is->most, is->value);
        }
    }
    if (status == CRUDDUR_OK && options->checkpoint != NULL && *options->checkpoint == '\0') {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.checkpoint",
                                  "must not be empty; NULL is for none");
    }
    return status;
}

cruddur_status cruddur_stream_follow(cruddur *dm, const cruddur_follow_options *given,
                                     cruddur_error **error)
{
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    cr_entry entry;
    if (dm == NULL) {
        return cr_fail_null(error, "dm");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_STREAM_FOLLOW, error);
    if (status == CRUDDUR_OK) {
        status = cr_read_struct("options", given, &options, CR_STRUCT_0_2(FOLLOW_OPTIONS, options),
                                entry.call.error);
    }
    if (status == CRUDDUR_OK) {
        status = check_options(&options, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        uint32_t timeout_ms = options.timeout_ms == 0 ? dm->options.timeout_ms : options.timeout_ms;
        status = cr_follow(dm->store, NULL, &options, (int64_t)timeout_ms * US_PER_MS, &entry.call);
    }
    return cr_entry_end(&entry, status);
}
