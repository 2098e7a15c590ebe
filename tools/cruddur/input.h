/* SPDX-License-Identifier: MIT */
/* Input files, and what is wrong with them. */
#ifndef CRUDDUR_TOOL_INPUT_H
#define CRUDDUR_TOOL_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

/* What is wrong with a file, and where. The text quotes no message. */
struct problem {
    size_t line; /* from 1; 0: no line is to blame */
    size_t user; /* the same for the users in a JSON file */
    char text[160];
};

/* Fills it in and returns false, so that a parser can say `return problem_set(…)`. */
bool problem_set(struct problem *problem, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The line that the byte at `offset` is on. */
size_t line_at(const char *text, size_t offset);

/* What messages call a file: its path, or standard input for "-". */
const char *input_name(const char *path);

/* Reports `FILE:LINE: …`. */
enum exit_code report_problem(const char *path, const struct problem *problem);

/* Reads a text file, or standard input for "-": valid UTF-8 without NUL, to be freed with free().
 * A byte order mark is taken off. `argument` is what the file is on the command line, for errors;
 * `limit` is the most bytes. */
enum exit_code input_read(const char *argument, const char *path, size_t limit, char **ret_text);

#endif
