/* SPDX-License-Identifier: MIT */
/* Another process that is talked to in lines. It is to end when its standard input does, so it
 * ends with this one however that comes about. */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdio.h>
#include <sys/types.h>

typedef struct child {
    pid_t pid;
    FILE *to;
    FILE *from;
} child;

/* arguments[0] is looked for on the path; a NULL ends them. */
child child_start(const char *const *arguments);

/* Sends a line, unless it is NULL, and reads one, which is kept without its end. */
void child_talk(child *other, const char *line, char *answer, size_t answer_size);

void child_end(child *other);

#endif
