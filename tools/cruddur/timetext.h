/* SPDX-License-Identifier: MIT */
/* Times as people read them: local (by TZ), and in relation to now. Times are microseconds since
 * the epoch, as in the library. */
#ifndef CRUDDUR_TOOL_TIMETEXT_H
#define CRUDDUR_TOOL_TIMETEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Enough for every text made here. */
#define TIMETEXT_SIZE 40

/* How long ago: "5 minutes ago", and the date after a week; brief: "5m". What lies further ahead
 * than clocks disagree is given as time of day and date: "in 3 hours" is no way to have written. */
void timetext_ago(char *buffer, int64_t then_us, int64_t now_us, bool brief);

/* The time of day, "09:05". */
void timetext_clock(char *buffer, int64_t time_us);

/* The day: "Today", "Yesterday", "Monday, 3 November", with the year where it is another; brief:
 * "3 Nov 2025". */
void timetext_day(char *buffer, int64_t time_us, int64_t now_us, bool brief);

/* Counts days of the local calendar; false when the time is not known. */
bool timetext_day_number(int64_t time_us, int64_t *ret_day);

/* Reads a time as a person types it: an RFC 3339 time, a local date and time without an offset
 * ("2025-01-31 09:00"), both with or without seconds, a local date (its first moment), "now",
 * "today" or "yesterday". Of a time that a clock set back shows twice, the first one counts.
 * Returns false, with *ret_time_us unchanged, if the text is none of these. */
bool timetext_read(const char *text, int64_t now_us, int64_t *ret_time_us);

/* Reads how long something takes, in seconds: a whole number, with s, m, h, d or w behind it if it
 * is not in seconds. False, with *ret_seconds unchanged, if it is not that, or beyond int64_t. */
bool timetext_read_seconds(const char *text, int64_t *ret_seconds);

/* When something will be: "today 18:00", "3 Dec 18:00", with the year where it is another. */
void timetext_until(char *buffer, int64_t then_us, int64_t now_us);

#endif
