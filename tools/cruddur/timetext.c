/* SPDX-License-Identifier: MIT */
#include "timetext.h"

#include <stdio.h>
#include <time.h>

#include <cruddur/cruddur.h>

#define SECOND_US INT64_C(1000000)
#define MINUTE_S INT64_C(60)
#define HOUR_S INT64_C(3600)
#define DAY_S INT64_C(86400)
/* Clocks disagree a little; whoever is ahead by less has just written. */
#define CLOCK_SKEW_S (2 * MINUTE_S)
#define DAYS_AS_AGO 7

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

/* A local time, taken apart. */
struct moment {
    const char *month;
    const char *weekday;
    int day, hour, minute;
    long year;
    int64_t day_number;
};

static bool moment_of(int64_t time_us, struct moment *ret_moment)
{
    time_t time = (time_t)(time_us / SECOND_US - (time_us % SECOND_US < 0));
    struct tm tm;
    if (time_us == CRUDDUR_TIME_UNKNOWN || localtime_r(&time, &tm) == NULL) {
        return false;
    }
    struct tm date = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
    *ret_moment = (struct moment){.month = months[(unsigned)tm.tm_mon % 12],
                                  .weekday = weekdays[(unsigned)tm.tm_wday % 7],
                                  .day = tm.tm_mday,
                                  .hour = tm.tm_hour,
                                  .minute = tm.tm_min,
                                  .year = 1900L + tm.tm_year,
                                  .day_number = timegm(&date) / DAY_S};
    return true;
}

bool timetext_day_number(int64_t time_us, int64_t *ret_day)
{
    struct moment moment;
    if (!moment_of(time_us, &moment)) {
        return false;
    }
    *ret_day = moment.day_number;
    return true;
}

static void write_date(char *buffer, const struct moment *then, const struct moment *now,
                       bool brief)
{
    if (then->year == now->year) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%d %.3s", then->day, then->month);
    } else if (brief) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%.3s %ld", then->month, then->year);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%d %.3s %ld", then->day, then->month, then->year);
    }
}

static void write_count(char *buffer, int64_t count, const char *unit, bool brief)
{
    if (brief) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%ld%.1s", (long)count, unit);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%ld %s%s ago", (long)count, unit,
                       count == 1 ? "" : "s");
    }
}

/* For what was written in the last days. */
static void write_ago(char *buffer, int64_t seconds, int64_t days, bool brief)
{
    if (seconds < MINUTE_S) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s", brief ? "now" : "just now");
    } else if (seconds < HOUR_S) {
        write_count(buffer, seconds / MINUTE_S, "minute", brief);
    } else if (seconds < DAY_S || days == 0) { /* A day may have 25 hours. */
        write_count(buffer, seconds / HOUR_S, "hour", brief);
    } else if (days > 1 || brief) {
        write_count(buffer, days, "day", brief);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "yesterday");
    }
}

void timetext_ago(char *buffer, int64_t then_us, int64_t now_us, bool brief)
{
    struct moment then, now;
    if (!moment_of(then_us, &then) || !moment_of(now_us, &now)) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s", brief ? "?" : "at an unknown time");
        return;
    }
    int64_t seconds = now_us / SECOND_US - then_us / SECOND_US;
    int64_t days = now.day_number - then.day_number;
    bool is_ahead = seconds < -CLOCK_SKEW_S;
    if (is_ahead && days == 0) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s%02d:%02d", brief ? "" : "today ", then.hour,
                       then.minute);
    } else if (is_ahead || days >= DAYS_AS_AGO) {
        write_date(buffer, &then, &now, brief);
    } else {
        write_ago(buffer, seconds, days, brief);
    }
}

void timetext_clock(char *buffer, int64_t time_us)
{
    struct moment moment;
    if (moment_of(time_us, &moment)) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%02d:%02d", moment.hour, moment.minute);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "--:--");
    }
}

void timetext_day(char *buffer, int64_t time_us, int64_t now_us, bool brief)
{
    struct moment then, now;
    if (!moment_of(time_us, &then) || !moment_of(now_us, &now)) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "Unknown day");
        return;
    }
    int64_t days = now.day_number - then.day_number;
    if (days == 0 || days == 1) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s", days == 0 ? "Today" : "Yesterday");
    } else if (brief) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%d %.3s %ld", then.day, then.month, then.year);
    } else if (then.year == now.year) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s, %d %s", then.weekday, then.day, then.month);
    } else {
        (void)snprintf(buffer, TIMETEXT_SIZE, "%s, %d %s %ld", then.weekday, then.day, then.month,
                       then.year);
    }
}
