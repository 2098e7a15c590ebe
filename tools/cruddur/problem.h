/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What is wrong with an input file, and where.
 */
#ifndef CRUDDUR_TOOL_PROBLEM_H
#define CRUDDUR_TOOL_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

struct problem {
    /** From 1; 0 when it concerns no line, or the line is not known. */
    size_t line;
    /** The rule that is broken. It quotes no message text. Empty when memory ran out. */
    char text[160];
};

/** Fills it in and returns false, so that a reader can say `return problem_set(…)`. */
bool problem_set(struct problem *problem, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Says that memory ran out, and returns false. */
bool problem_no_memory(struct problem *problem);

/** Tells whether the problem is that memory ran out. */
bool problem_is_memory(const struct problem *problem);

/** Counts lines: the number of the line that holds the byte at `offset`. */
size_t problem_line_at(const char *text, size_t offset);

/** Checks that a whole file is UTF-8 without a NUL byte. */
bool problem_check_text(const char *text, size_t length, struct problem *problem);

#endif
