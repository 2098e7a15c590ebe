/* SPDX-License-Identifier: MIT */
/* One line at the bottom of the terminal, on standard error, that is written over and over: how far
 * something is. */
#ifndef CRUDDUR_TOOL_PROGRESS_H
#define CRUDDUR_TOOL_PROGRESS_H

#include <stdbool.h>

/* Whether standard error is a terminal that can do so. */
bool progress_can_be_shown(void);

/* Replaces the line, cut to the terminal's width. */
void progress_show(const char *text);

/* Takes the line away, for whatever is to stand there next. */
void progress_clear(void);

#endif
