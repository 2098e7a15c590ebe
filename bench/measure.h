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
typedef double (*bench_ask)(void *context, size_t count);

typedef struct contender {
    const char *name;
    bench_run run; /* does the operation `count` times */
    bench_ask ask; /* instead: has another process do it, and returns its time for one, in us */
    size_t slower; /* how many times fewer operations make a round; 0: as many as the others do */
    void *context;
    double us[ROUNDS_MAX]; /* each round's time for one operation */
} contender;

/* Median and quartiles. */
typedef struct spread {
    double low, median, high;
} spread;

/* The time on the clock. */
double now_us(void);

/* The time by which contenders are measured. From measure_processor_time() on it is what the
 * processor spent on this process, in its own code and in the kernel; before, that of the clock. */
double contender_us(void);
void measure_processor_time(void);
void measure_real_time(void);

/* Ends the program, saying why, unless the condition holds. */
void must(bool condition, const char *what);

/* Sorts the values. */
spread spread_of(double *values, size_t count);

/* The least of a contender's times. */
double best_of(const contender *one, size_t rounds);

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
