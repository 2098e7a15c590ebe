/* SPDX-License-Identifier: MIT */
/* A world in which nothing happens but by dice: jobs that take turns, a clock that never waits, and
 * random bytes. One seed tells one story. There is one world at a time, on one thread; while there
 * is one, the library's clocks and random bytes are the world's (clock.c). */
#ifndef TESTS_WORLD_WORLD_H
#define TESTS_WORLD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world/coroutine.h"

#define SIM_JOBS_MAX COROUTINES_MAX
/* Outside of any job. */
#define SIM_NO_JOB COROUTINES_MAX

/* The moment at which each world begins, by the clock on the wall. */
#define SIM_BEGIN_US INT64_C(1769851800000000)

typedef void (*sim_job)(void *context);

void sim_world_begin(uint64_t seed);
void sim_world_end(void);
bool sim_world_is_there(void);

/* ---- dice ---- */

/* 0 to sides less 1. */
size_t sim_roll(size_t sides);

/* Once in so many times; never for 0. */
bool sim_happens(size_t once_in);

uint64_t sim_random(void);

/* ---- time ---- */

/* Since the world began. */
int64_t sim_now_us(void);

/* By the clock of the job that runs. */
int64_t sim_wall_us(void);

void sim_advance(int64_t us);

/* From now on each look of the library at its clock takes so long: where nothing else takes time, a
 * call that tries again until its deadline would never end. */
void sim_set_look(int64_t us);

/* A look at the clock, since the world began. */
int64_t sim_look_us(void);

/* How far the clock of a job is ahead; of SIM_NO_JOB: outside of any. */
void sim_set_skew(size_t job, int64_t skew_us);

/* ---- jobs ---- */

/* Adds a job, before sim_run(); its number. From within a job: a thread of its program, whose clock
 * it has, and with which it dies. It may have the number of one that has ended. */
size_t sim_add_job(sim_job job, void *context);

/* Pauses until the job that was added by this one has ended. `serial` is sim_job_serial() of it,
 * right after it was added. */
void sim_await_job(size_t number, uint64_t serial);
uint64_t sim_job_serial(size_t number);

/* The first job of the program whose job runs; SIM_NO_JOB outside of any. */
size_t sim_program(void);

/* Runs the jobs until all have ended. `on_step`, which may be NULL, is called before each turn. */
void sim_run(void (*on_step)(void));

/* The job that runs; SIM_NO_JOB outside of any. */
size_t sim_job_number(void);

/* In a job: lets others come first, as the dice decide. Outside: does nothing. */
void sim_step(void);

/* In a job: pauses. Outside: time passes. */
void sim_sleep(int64_t us);

/* Pauses until another job wakes those that wait for the same thing, or until the time comes
 * (INT64_MAX: never); now and then for no reason. If all jobs wait for each other, the program ends
 * with the seed. */
void sim_wait(const void *reason, int64_t until_us);

/* Wakes one of the jobs that wait for it, or all. */
void sim_wake(const void *reason, bool all);

#endif
