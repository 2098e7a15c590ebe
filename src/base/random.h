/* SPDX-License-Identifier: MIT */
/* Random bytes from the system. */
#ifndef CR_BASE_RANDOM_H
#define CR_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/* Fills up to 256 bytes; false when the system gives none. */
bool cr_random_bytes(void *bytes, size_t size);

/* A number from 0 up to but not including 1, for pauses. Falls back to the clock if the system has
 * no entropy; the value need not be secret. */
double cr_random_fraction(void);

#endif
