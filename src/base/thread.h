/* SPDX-License-Identifier: MIT */
/* Threads that the library starts for itself. */
#ifndef CR_BASE_THREAD_H
#define CR_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread with all signals blocked, so that the program's own threads handle them. Returns
 * false if the system cannot start a thread. */
bool cr_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

#endif
