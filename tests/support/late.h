/* SPDX-License-Identifier: MIT */
/* Upper bounds of durations, which hold on a busy machine, too. */
#ifndef TESTS_SUPPORT_LATE_H
#define TESTS_SUPPORT_LATE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether something that should take `limit_us` took too long: by more than a second on a machine
 * that has nothing else to do. On a busy one a thread gets only a part of a processor, and is
 * allowed as much more time as it takes for the same work now. */
bool test_is_late(int64_t took_us, int64_t limit_us);

/* The same for a duration that ends now, with the clock of the deadlines. */
bool test_is_late_since(int64_t began_us, int64_t limit_us);

#endif
