/* SPDX-License-Identifier: MIT */
/* Random bytes from the system. */
#ifndef CR_BASE_RANDOM_H
#define CR_BASE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/* Fills up to 256 bytes; false when the system gives none. */
bool cr_random_bytes(void *bytes, size_t size);

#endif
