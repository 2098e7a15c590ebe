/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TARGETS_MAX 32

typedef struct target {
    const char *what;
    const char *unit;
    double limit;
    double measured;
    bool is_upper;
} target;

static target targets[TARGETS_MAX];
static size_t target_count;

static clockid_t contenders_clock = CLOCK_MONOTONIC;

static double read_clock(clockid_t clock)
{
    struct timespec now = {0, 0};
    must(clock_gettime(clock, &now) == 0, "the clock is there");
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

double now_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double contender_us(void)
{
    return read_clock(contenders_clock);
}

void measure_processor_time(void)
{
    contenders_clock = CLOCK_PROCESS_CPUTIME_ID;
}

void measure_real_time(void)
{
    contenders_clock = CLOCK_MONOTONIC;
}

void must(bool condition, const char *what)
{
    if (!condition) {
        (void)fprintf(stderr, "bench: failed: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

/* ---- statistics ---- */

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

spread spread_of(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return (spread){values[count / 4], values[count / 2], values[count - 1 - count / 4]};
}

spread time_of(const contender *one, size_t rounds)
{
    double values[ROUNDS_MAX];
    for (size_t i = 0; i < rounds; i++) {
        values[i] = one->us[i];
    }
    return spread_of(values, rounds);
}

double best_of(const contender *one, size_t rounds)
{
    double values[ROUNDS_MAX];
    for (size_t i = 0; i < rounds; i++) {
        values[i] = one->us[i];
    }
    (void)spread_of(values, rounds);
    return values[0];
}

spread ratio_of(const contender *one, const contender *other, size_t rounds)
{
    double values[ROUNDS_MAX];
    for (size_t i = 0; i < rounds; i++) {
        values[i] = one->us[i] / other->us[i];
    }
    return spread_of(values, rounds);
}

/* ---- rounds ---- */

static double time_once(const contender *one, size_t all)
{
    size_t count = one->slower > 1 && all > one->slower ? all / one->slower : all;
    if (one->ask != NULL) {
        return one->ask(one->context, count);
    }
    double started_us = contender_us();
    one->run(one->context, count);
    return (contender_us() - started_us) / (double)count;
}

void run_rounds(contender *contenders, size_t n, size_t rounds, size_t count)
{
    must(rounds <= ROUNDS_MAX, "there is room for the rounds");
    for (size_t i = 0; i < n; i++) {
        (void)time_once(&contenders[i], count);
    }
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < n; i++) {
            /* Every other round backwards: nobody always comes first. */
            contender *next = &contenders[round % 2 == 0 ? i : n - 1 - i];
            next->us[round] = time_once(next, count);
        }
    }
}

/* ---- printing ---- */

void print_heading(const char *heading)
{
    (void)printf("\n%s\n", heading);
    (void)fflush(stdout);
}

void print_spread(const char *name, spread values, const char *unit)
{
    (void)printf("  %-44s %9.2f %s   (%.2f to %.2f)\n", name, values.median, unit, values.low,
                 values.high);
    (void)fflush(stdout);
}

void print_contenders(const contender *contenders, const size_t *base, size_t n, size_t rounds)
{
    (void)printf("  %-44s %9s  %-19s %7s  %s\n", "", "us each", "(middle half)", "ratio",
                 "(middle half)");
    for (size_t i = 0; i < n; i++) {
        spread time = time_of(&contenders[i], rounds);
        (void)printf("  %-44s %9.2f  (%7.2f to %7.2f)", contenders[i].name, time.median, time.low,
                     time.high);
        if (base[i] != i) {
            spread ratio = ratio_of(&contenders[i], &contenders[base[i]], rounds);
            (void)printf(" %7.2f  (%.2f to %.2f)", ratio.median, ratio.low, ratio.high);
        }
        (void)printf("\n");
    }
    (void)fflush(stdout);
}

/* ---- targets ---- */

static void add_target(target added)
{
    must(target_count < TARGETS_MAX, "there is room for the targets");
    targets[target_count++] = added;
}

void at_most(const char *what, double limit, double measured, const char *unit)
{
    add_target((target){what, unit, limit, measured, true});
}

void at_least(const char *what, double limit, double measured, const char *unit)
{
    add_target((target){what, unit, limit, measured, false});
}

void print_targets(void)
{
    print_heading("Targets");
    for (size_t i = 0; i < target_count; i++) {
        const target *one = &targets[i];
        bool is_met = one->is_upper ? one->measured <= one->limit : one->measured >= one->limit;
        (void)printf("  %-56s %s %4.2f  measured %6.2f %-7s %s\n", one->what,
                     one->is_upper ? "<=" : ">=", one->limit, one->measured, one->unit,
                     is_met ? "met" : "MISSED");
    }
}
