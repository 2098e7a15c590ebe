/* SPDX-License-Identifier: MIT */
/* Coroutines: functions with stacks of their own, of which one runs at a time, on one thread. A
 * switch costs half a microsecond, a tenth of what handing over between threads costs. */
#ifndef TESTS_WORLD_COROUTINE_H
#define TESTS_WORLD_COROUTINE_H

#include <stdbool.h>
#include <stddef.h>

#define COROUTINES_MAX 48

typedef void (*coroutine_body)(void *context);

/* Makes coroutine `number` ready to run the body from its beginning. The one that had this number
 * has ended. Its stack is kept for the next one. */
void coroutine_start(size_t number, coroutine_body body, void *context);

/* Runs the coroutine until it pauses or ends; returns whether it has ended. */
bool coroutine_resume(size_t number);

/* In a coroutine: returns to coroutine_resume(). */
void coroutine_pause(void);

/* The number of the coroutine that runs; COROUTINES_MAX outside of any. */
size_t coroutine_number(void);

#endif
