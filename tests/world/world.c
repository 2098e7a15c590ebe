/* SPDX-License-Identifier: MIT */
#include "world/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of so many waits one ends for no reason, after so long at most. */
#define SPURIOUS 16
#define SPURIOUS_US 5000

/* No moment is 0, which stands for none in places. */
#define FIRST_US INT64_C(1000000000)

typedef struct job_state {
    sim_job body;
    void *context;
    bool is_alive;
    int64_t wakes_us;
    const void *waits_for; /* NULL: for nothing */
    size_t program;        /* its first job */
    uint64_t serial;
} job_state;

static struct world {
    bool is_there;
    uint64_t seed;
    uint64_t state;
    int64_t now_us;
    int64_t look_us;
    int64_t skew_us[SIM_JOBS_MAX + 1];
    job_state job[SIM_JOBS_MAX];
    size_t job_count;
    size_t next; /* whose turn is next; SIM_NO_JOB: not decided */
    uint64_t serial;
    void (*on_step)(void);
} world;

void sim_world_begin(uint64_t seed)
{
    world = (struct world){
        .is_there = true, .seed = seed, .state = seed, .now_us = FIRST_US, .next = SIM_NO_JOB};
}

void sim_world_end(void)
{
    world.is_there = false;
}

bool sim_world_is_there(void)
{
    return world.is_there;
}

/* ---- dice ---- */

/* SplitMix64. */
uint64_t sim_random(void)
{
    uint64_t z = world.state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

size_t sim_roll(size_t sides)
{
    return (size_t)(sim_random() >> 11) % sides;
}

bool sim_happens(size_t once_in)
{
    return once_in > 0 && sim_roll(once_in) == 0;
}

/* ---- time ---- */

int64_t sim_now_us(void)
{
    return world.now_us;
}

int64_t sim_wall_us(void)
{
    return SIM_BEGIN_US + world.now_us + world.skew_us[coroutine_number()];
}

void sim_advance(int64_t us)
{
    world.now_us += us;
}

void sim_set_look(int64_t us)
{
    world.look_us = us;
}

int64_t sim_look_us(void)
{
    world.now_us += world.look_us;
    return world.now_us;
}

void sim_set_skew(size_t job, int64_t skew_us)
{
    world.skew_us[job] = skew_us;
}

/* ---- jobs ---- */

/* While jobs run, the number of one that has ended may be given again. */
static size_t free_number(bool is_running)
{
    size_t number = 0;
    while (number < world.job_count && (!is_running || world.job[number].is_alive)) {
        number++;
    }
    if (number == SIM_JOBS_MAX) {
        abort();
    }
    world.job_count = number < world.job_count ? world.job_count : number + 1;
    return number;
}

size_t sim_add_job(sim_job body, void *context)
{
    size_t self = coroutine_number();
    bool is_thread = self != SIM_NO_JOB;
    size_t number = free_number(is_thread);
    world.job[number] = (job_state){.body = body,
                                    .context = context,
                                    .is_alive = true,
                                    .program = is_thread ? world.job[self].program : number,
                                    .serial = ++world.serial};
    if (is_thread) {
        world.skew_us[number] = world.skew_us[self];
        coroutine_start(number, body, context);
    }
    return number;
}

uint64_t sim_job_serial(size_t number)
{
    return world.job[number].serial;
}

void sim_await_job(size_t number, uint64_t serial)
{
    const job_state *one = &world.job[number];
    while (one->is_alive && one->serial == serial) {
        sim_wait(one, INT64_MAX);
    }
}

size_t sim_program(void)
{
    size_t self = coroutine_number();
    return self == SIM_NO_JOB ? SIM_NO_JOB : world.job[self].program;
}

size_t sim_job_number(void)
{
    return coroutine_number();
}

static void stop_where_all_wait(void)
{
    for (size_t i = 0; i < world.job_count; i++) {
        if (world.job[i].is_alive) {
            (void)fprintf(stderr, "seed %" PRIu64 ": all jobs wait for each other\n", world.seed);
            abort();
        }
    }
}

/* Among the jobs that are awake. Where all sleep, time passes until one wakes. */
static size_t choose(void)
{
    size_t awake[SIM_JOBS_MAX];
    size_t count = 0;
    int64_t first_us = INT64_MAX;
    for (size_t i = 0; i < world.job_count; i++) {
        const job_state *one = &world.job[i];
        if (one->is_alive && one->wakes_us <= world.now_us) {
            awake[count++] = i;
        } else if (one->is_alive && one->wakes_us < first_us) {
            first_us = one->wakes_us;
        }
    }
    if (count > 0) {
        return awake[sim_roll(count)];
    }
    if (first_us == INT64_MAX) {
        stop_where_all_wait();
        return SIM_NO_JOB;
    }
    world.now_us = first_us;
    return choose();
}

static size_t take_turn(void)
{
    if (world.on_step != NULL) {
        world.on_step();
    }
    return choose();
}

static void wake_all(const void *reason)
{
    for (size_t i = 0; i < world.job_count; i++) {
        job_state *one = &world.job[i];
        if (one->is_alive && one->waits_for == reason) {
            one->waits_for = NULL;
            one->wakes_us = world.now_us;
        }
    }
}

void sim_run(void (*on_step)(void))
{
    world.on_step = on_step;
    for (size_t i = 0; i < world.job_count; i++) {
        coroutine_start(i, world.job[i].body, world.job[i].context);
    }
    size_t turn = take_turn();
    while (turn != SIM_NO_JOB) {
        world.next = SIM_NO_JOB;
        if (coroutine_resume(turn)) {
            world.job[turn].is_alive = false;
            wake_all(&world.job[turn]);
        }
        turn = world.next == SIM_NO_JOB ? take_turn() : world.next;
    }
    world.job_count = 0;
    world.on_step = NULL;
}

void sim_step(void)
{
    size_t self = coroutine_number();
    if (self == SIM_NO_JOB) {
        return;
    }
    size_t turn = take_turn();
    if (turn != self) {
        world.next = turn;
        coroutine_pause();
    }
    world.now_us++; /* no two jobs see the same moment */
}

void sim_sleep(int64_t us)
{
    size_t self = coroutine_number();
    if (us <= 0) {
        return;
    }
    if (self == SIM_NO_JOB) {
        world.now_us += us;
        return;
    }
    world.job[self].wakes_us = world.now_us + us;
    sim_step();
}

void sim_wait(const void *reason, int64_t until_us)
{
    size_t self = coroutine_number();
    int64_t spurious_us = world.now_us + 1 + (int64_t)sim_roll(SPURIOUS_US);
    bool is_spurious = sim_happens(SPURIOUS) || self == SIM_NO_JOB;
    int64_t wakes_us = is_spurious && spurious_us < until_us ? spurious_us : until_us;
    if (self == SIM_NO_JOB) {
        world.now_us = wakes_us > world.now_us ? wakes_us : world.now_us;
        return;
    }
    world.job[self].waits_for = reason;
    world.job[self].wakes_us = wakes_us;
    sim_step();
    world.job[self].waits_for = NULL;
}

void sim_wake(const void *reason, bool all)
{
    size_t first = world.job_count == 0 ? 0 : sim_roll(world.job_count);
    for (size_t i = 0; i < world.job_count; i++) {
        job_state *one = &world.job[(first + i) % world.job_count];
        if (one->is_alive && one->waits_for == reason) {
            one->waits_for = NULL;
            one->wakes_us = world.now_us;
            if (!all) {
                return;
            }
        }
    }
}
