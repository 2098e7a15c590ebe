/* SPDX-License-Identifier: MIT */
/* What the library gets from the system, as the world has it. The linker leads the library's calls
 * here (--wrap); without a world they go on to the system. */
#include "base/clock.h"
#include "base/condition.h"
#include "base/random.h"
#include "base/thread.h"
#include "world/world.h"

#include <stdlib.h>
#include <string.h>

int64_t __real_cr_clock_now_us(void);
int64_t __wrap_cr_clock_now_us(void);
int64_t __real_cr_clock_monotonic_us(void);
int64_t __wrap_cr_clock_monotonic_us(void);
void __real_cr_clock_sleep_us(int64_t duration_us);
void __wrap_cr_clock_sleep_us(int64_t duration_us);
bool __real_cr_random_bytes(void *bytes, size_t size);
bool __wrap_cr_random_bytes(void *bytes, size_t size);
double __real_cr_random_fraction(void);
double __wrap_cr_random_fraction(void);
bool __real_cr_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                    int64_t until_us);
bool __wrap_cr_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                    int64_t until_us);
bool __real_cr_thread_start(pthread_t *made, void *(*run)(void *argument), void *argument);
bool __wrap_cr_thread_start(pthread_t *made, void *(*run)(void *argument), void *argument);
int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __real_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __real_pthread_cond_signal(pthread_cond_t *condition);
int __wrap_pthread_cond_signal(pthread_cond_t *condition);
int __real_pthread_cond_broadcast(pthread_cond_t *condition);
int __wrap_pthread_cond_broadcast(pthread_cond_t *condition);

int64_t __wrap_cr_clock_now_us(void)
{
    return sim_world_is_there() ? sim_wall_us() : __real_cr_clock_now_us();
}

int64_t __wrap_cr_clock_monotonic_us(void)
{
    return sim_world_is_there() ? sim_look_us() : __real_cr_clock_monotonic_us();
}

void __wrap_cr_clock_sleep_us(int64_t duration_us)
{
    if (sim_world_is_there()) {
        sim_sleep(duration_us);
    } else {
        __real_cr_clock_sleep_us(duration_us);
    }
}

bool __wrap_cr_random_bytes(void *bytes, size_t size)
{
    if (!sim_world_is_there()) {
        return __real_cr_random_bytes(bytes, size);
    }
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        uint64_t random = sim_random();
        size_t left = size - at;
        memcpy((char *)bytes + at, &random, left < sizeof(random) ? left : sizeof(random));
    }
    return true;
}

double __wrap_cr_random_fraction(void)
{
    return sim_world_is_there() ? (double)(sim_random() >> 11) / 9007199254740992.0
                                : __real_cr_random_fraction();
}

/* ---- threads ---- */

/* They are jobs of the program that starts them. */
typedef struct started {
    void *(*run)(void *argument);
    void *argument;
} started;

static void run_thread(void *context)
{
    started *self = context;
    (void)self->run(self->argument);
    free(self);
}

bool __wrap_cr_thread_start(pthread_t *made, void *(*run)(void *argument), void *argument)
{
    if (!sim_world_is_there()) {
        return __real_cr_thread_start(made, run, argument);
    }
    started *self = malloc(sizeof(*self));
    if (self == NULL) {
        return false;
    }
    *self = (started){run, argument};
    size_t number = sim_add_job(run_thread, self);
    *made = (pthread_t)(sim_job_serial(number) * SIM_JOBS_MAX + number);
    return true;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    if (!sim_world_is_there()) {
        return __real_pthread_join(thread, result);
    }
    sim_await_job((size_t)thread % SIM_JOBS_MAX, (uint64_t)thread / SIM_JOBS_MAX);
    return 0;
}

/* ---- waiting for another job ---- */

static void let_go(pthread_mutex_t *mutex)
{
    if (pthread_mutex_unlock(mutex) != 0) {
        abort();
    }
}

static void hold(pthread_mutex_t *mutex)
{
    if (pthread_mutex_lock(mutex) != 0) {
        abort();
    }
}

bool __wrap_cr_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                    int64_t until_us)
{
    if (!sim_world_is_there()) {
        return __real_cr_condition_wait_until(condition, mutex, until_us);
    }
    let_go(mutex);
    sim_wait(condition, until_us);
    hold(mutex);
    return sim_now_us() < until_us;
}

int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    if (!sim_world_is_there()) {
        return __real_pthread_cond_wait(condition, mutex);
    }
    let_go(mutex);
    sim_wait(condition, INT64_MAX);
    hold(mutex);
    return 0;
}

int __wrap_pthread_cond_signal(pthread_cond_t *condition)
{
    if (!sim_world_is_there()) {
        return __real_pthread_cond_signal(condition);
    }
    sim_wake(condition, false);
    return 0;
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *condition)
{
    if (!sim_world_is_there()) {
        return __real_pthread_cond_broadcast(condition);
    }
    sim_wake(condition, true);
    return 0;
}
