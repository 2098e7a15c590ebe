/* SPDX-License-Identifier: MIT */
/* Waits that another thread can end early by setting a flag. Setting it wakes no thread, so a wait
 * looks at it again and again. NULL: a wait that only its time ends. */
#ifndef CR_BASE_CANCEL_H
#define CR_BASE_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

static inline bool cr_is_cancelled(const atomic_bool *cancel)
{
    return cancel != NULL && atomic_load(cancel);
}

/* Until when to wait before the next look at the flag; `until_us` if that is earlier. */
int64_t cr_cancel_look_us(int64_t until_us, const atomic_bool *cancel);

/* Sleeps for that long; returns false at once if the flag is or gets set. */
bool cr_cancel_sleep_us(int64_t duration_us, const atomic_bool *cancel);

/* Describes it, and returns CRUDDUR_E_CANCELLED. */
cruddur_status cr_fail_cancelled(cruddur_error **error);

#endif
