/* SPDX-License-Identifier: MIT */
/* Condition variables whose waits end at a time of the monotonic clock. Signalling and destroying
 * them is up to pthread_cond_signal(), _broadcast() and _destroy(). */
#ifndef CR_BASE_CONDITION_H
#define CR_BASE_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Returns false if the system is out of condition variables. */
bool cr_condition_init(pthread_cond_t *condition);

/* Waits until the condition is signalled, or for no reason, as pthread_cond_wait() does; returns
 * false if `until_us` (cr_clock_monotonic_us) came first. The mutex is held. */
bool cr_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_us);

#endif
