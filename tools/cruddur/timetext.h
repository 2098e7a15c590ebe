/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Times as people read them: local, and in relation to now.
 *
 * Times are microseconds since the epoch, as in the library. The time zone is that of `TZ`.
 */
#ifndef CRUDDUR_TOOL_TIMETEXT_H
#define CRUDDUR_TOOL_TIMETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Enough for every text made here. */
#define TIMETEXT_SIZE 40

/** A day of the local calendar; equal for equal days. */
#define TIMETEXT_DAY_UNKNOWN INT64_MIN

enum timetext_style {
    TIMETEXT_FULL,
    TIMETEXT_BRIEF,
};

/**
 * How long ago: "5 minutes ago", and a date where that says more. A time in the future by more
 * than what clocks disagree is given as time and date, for "in 3 hours" is no way to have written.
 */
void timetext_ago(char *buffer, int64_t then_us, int64_t now_us, enum timetext_style style);

/** The time of day, "09:05"; "--:--" when it is not known. */
void timetext_clock(char *buffer, int64_t time_us);

/** The day: "Today", "Yesterday", "Monday, 3 November", with the year where it is another. */
void timetext_day(char *buffer, int64_t time_us, int64_t now_us, enum timetext_style style);

/** Counts days of the local calendar; #TIMETEXT_DAY_UNKNOWN when the time is not known. */
int64_t timetext_day_number(int64_t time_us);

#endif
