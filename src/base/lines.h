/* SPDX-License-Identifier: MIT */
/* Lines of text in one allocation, which is what the public object is. */
#ifndef CR_BASE_LINES_H
#define CR_BASE_LINES_H

#include "base/buffer.h"
#include "base/error.h"

/* To be filled with cr_lines_init(), cr_lines_add() and cr_lines_take(). */
typedef struct cr_lines {
    cr_buffer bytes; /* the count, then each line with its NUL */
    size_t count;
} cr_lines;

void cr_lines_init(cr_lines *lines);

/* A failure sticks. */
void cr_lines_add(cr_lines *lines, const char *format, ...) CR_PRINTF(2, 3);

/* The first line while they are collected; NULL if there is none, or memory ran out. */
const char *cr_lines_first(const cr_lines *lines);

/* Hands the lines over, to be freed with free(); NULL when memory ran out. */
void *cr_lines_take(cr_lines *lines);

void cr_lines_free(cr_lines *lines);

/* Of lines that were handed over. */
size_t cr_lines_count(const void *taken);
const char *cr_lines_at(const void *taken, size_t index);

#endif
