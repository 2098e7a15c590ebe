/* SPDX-License-Identifier: MIT */
/* Times, taken so that they can be compared: all contenders of a comparison run in turn, round
 * after round, so that whatever makes the machine faster or slower meets all of them; a ratio is
 * taken within a round, and its median over the rounds is what counts. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#define ROUNDS_MAX 101

typedef void (*bench_run)(void *context, size_t count);

typedef struct contender {
    const char *name;
    bench_run run; /* does the operation `count` times */
    void *context;
    double us[ROUNDS_MAX]; /* each round's time for one operation */
} contender;

/* Median and quartiles. */
typedef struct spread {
    double low, median, high;
} spread;

double now_us(void);

/* Ends the program, saying why, unless the condition holds. */
void must(bool condition, const char *what);

/* Sorts the values. */
spread spread_of(double *values, size_t count);

/* Runs the contenders for that many rounds, after one that does not count. */
void run_rounds(contender *contenders, size_t n, size_t rounds, size_t count);

spread time_of(const contender *one, size_t rounds);
spread ratio_of(const contender *one, const contender *other, size_t rounds);

void print_heading(const char *heading);

/* One line for each contender; ratios are to the contender base[i], none where that is i. */
void print_contenders(const contender *contenders, const size_t *base, size_t n, size_t rounds);

void print_spread(const char *name, spread values, const char *unit);

/* Notes a target and what was measured, for the end; the limit is included. */
void at_most(const char *what, double limit, double measured, const char *unit);
void at_least(const char *what, double limit, double measured, const char *unit);
void print_targets(void);

#endif
