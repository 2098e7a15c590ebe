/* SPDX-License-Identifier: MIT */
/* What the library gets from the system, as the world has it. The linker leads the library's calls
 * here (--wrap); without a world they go on to the system. */
#include "base/clock.h"
#include "base/condition.h"
#include "base/random.h"
#include "simulated/world.h"

#include <string.h>

/* How long a job that waits for another one sleeps before it looks again. */
#define LOOK_US 500

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

int64_t __wrap_cr_clock_now_us(void)
{
    return sim_world_is_there() ? sim_wall_us() : __real_cr_clock_now_us();
}

int64_t __wrap_cr_clock_monotonic_us(void)
{
    return sim_world_is_there() ? sim_now_us() : __real_cr_clock_monotonic_us();
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

/* All jobs are on one thread, so none signals another: it looks again and again. */
bool __wrap_cr_condition_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                    int64_t until_us)
{
    if (!sim_world_is_there()) {
        return __real_cr_condition_wait_until(condition, mutex, until_us);
    }
    int64_t left_us = until_us - sim_now_us();
    (void)pthread_mutex_unlock(mutex);
    sim_sleep(left_us < LOOK_US ? left_us : LOOK_US);
    (void)pthread_mutex_lock(mutex);
    return sim_now_us() < until_us;
}
