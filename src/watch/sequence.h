/* SPDX-License-Identifier: MIT */
/* The watches of a store that has one sequence of all changes: one thread reads each part of it
 * once for all watches that are at the same place. */
#ifndef CR_WATCH_SEQUENCE_H
#define CR_WATCH_SEQUENCE_H

#include "watch/hub.h"

/* Runs until the hub stops. */
void *cr_sequence_watch(void *context);

#endif
