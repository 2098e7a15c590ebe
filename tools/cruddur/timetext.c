/* SPDX-License-Identifier: MIT */
#include "timetext.h"

#include <stdio.h>
#include <time.h>

#include <cruddur/cruddur.h>

#define SECOND_US INT64_C(1000000)
#define MINUTE_S 60
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)
/* Clocks disagree a little; whoever is ahead by less has just written. */
#define CLOCK_SKEW_S (2 * MINUTE_S)
#define DAYS_AS_AGO 7

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};

static bool local_time(int64_t time_us, struct tm *ret_tm)
{
    int64_t seconds = time_us / SECOND_US - (time_us % SECOND_US < 0 ? 1 : 0);
    time_t time = (time_t)seconds;

    if (time_us == CRUDDUR_TIME_UNKNOWN || (int64_t)time != seconds) {
        return false;
    }
    return localtime_r(&time, ret_tm) != NULL;
}

/* The number of a day of the proleptic Gregorian calendar, by counting leap days up to March. */
static int64_t day_number(const struct tm *tm)
{
    int64_t year = (int64_t)tm->tm_year + 1900 - (tm->tm_mon < 2 ? 1 : 0);
    int64_t month = (tm->tm_mon + 10) % 12;

    return year * 365 + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + tm->tm_mday;
}

int64_t timetext_day_number(int64_t time_us)
{
    struct tm tm;

    return local_time(time_us, &tm) ? day_number(&tm) : TIMETEXT_DAY_UNKNOWN;
}

/* The names come from the system's calendar, which no corrupt row can put out of bounds. */
static const char *month_name(const struct tm *tm)
{
    return month_names[(unsigned)tm->tm_mon % 12];
}

static const char *day_name(const struct tm *tm)
{
    return day_names[(unsigned)tm->tm_wday % 7];
}

static void write_date(char *buffer, const struct tm *then, const struct tm *now,
                       enum timetext_style style)
{
    long year = (long)then->tm_year + 1900;

    if (then->tm_year == now->tm_year) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%d %.3s", then->tm_mday, month_name(then));
    } else if (style == TIMETEXT_BRIEF) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%.3s %ld", month_name(then), year);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%d %.3s %ld", then->tm_mday, month_name(then), year);
    }
}

static void write_count(char *buffer, long count, const char *unit, enum timetext_style style)
{
    if (style == TIMETEXT_BRIEF) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%ld%.1s", count, unit);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%ld %s%s ago", count, unit, count == 1 ? "" : "s");
    }
}

static void write_future(char *buffer, const struct tm *then, const struct tm *now,
                         enum timetext_style style)
{
    if (day_number(then) == day_number(now)) {
        (void)snprintf(buffer, TIMETEXT_SIZE,
                       style == TIMETEXT_BRIEF ? "%02d:%02d" : "today %02d:%02d", then->tm_hour,
                       then->tm_min);
    } else {
        write_date(buffer, then, now, style);
    }
}

void timetext_ago(char *buffer, int64_t then_us, int64_t now_us, enum timetext_style style)
{
    struct tm then, now;
    int64_t seconds, days;

    if (!local_time(then_us, &then) || !local_time(now_us, &now)) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s",
                       style == TIMETEXT_BRIEF ? "?" : "at an unknown time");
        return;
    }
    seconds = now_us / SECOND_US - then_us / SECOND_US;
    days = day_number(&now) - day_number(&then);
    if (seconds < -CLOCK_SKEW_S) {
        write_future(buffer, &then, &now, style);
    } else if (seconds < MINUTE_S) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s", style == TIMETEXT_BRIEF ? "now" : "just now");
    } else if (seconds < HOUR_S) {
        write_count(buffer, (long)(seconds / MINUTE_S), "minute", style);
    } else if (seconds < DAY_S) {
        write_count(buffer, (long)(seconds / HOUR_S), "hour", style);
    } else if (days <= 1 && style == TIMETEXT_FULL) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "yesterday");
    } else if (days < DAYS_AS_AGO) {
        write_count(buffer, days < 1 ? 1 : (long)days, "day", style);
    } else {
        write_date(buffer, &then, &now, style);
    }
}

void timetext_clock(char *buffer, int64_t time_us)
{
    struct tm tm;

    if (local_time(time_us, &tm)) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%02d:%02d", tm.tm_hour, tm.tm_min);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "--:--");
    }
}

void timetext_day(char *buffer, int64_t time_us, int64_t now_us, enum timetext_style style)
{
    struct tm then, now;
    int64_t days;

    if (!local_time(time_us, &then) || !local_time(now_us, &now)) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "Unknown day");
        return;
    }
    days = day_number(&now) - day_number(&then);
    if (days == 0 || days == 1) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s", days == 0 ? "Today" : "Yesterday");
        return;
    }
    if (style == TIMETEXT_BRIEF) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%d %.3s %ld", then.tm_mday, month_name(&then),
                       (long)then.tm_year + 1900);
        return;
    }
    if (then.tm_year == now.tm_year) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s, %d %s", day_name(&then), then.tm_mday,
                       month_name(&then));
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s, %d %s %ld", day_name(&then), then.tm_mday,
                       month_name(&then), (long)then.tm_year + 1900);
    }
}
