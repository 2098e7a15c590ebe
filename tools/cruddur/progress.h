/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A line on the terminal that tells how far long work has come.
 */
#ifndef CRUDDUR_TOOL_PROGRESS_H
#define CRUDDUR_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    /** Standard error is a terminal that can go back in its line. */
    bool shown;
    bool drawn;
    const char *what;
    /** 0 when it is not known. */
    size_t total;
    int64_t drawn_at_us;
};

/** Begins; nothing is drawn before the work takes noticeable time. */
void progress_start(struct progress *progress, const char *what, size_t total);

/** Says how much is done. */
void progress_update(struct progress *progress, size_t done);

/** Takes the line away again. */
void progress_end(struct progress *progress);

#endif
