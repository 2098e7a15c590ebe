/* SPDX-License-Identifier: MIT */
#include "timetext.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

void timetext_until(char *buffer, int64_t then_us, int64_t now_us)
{
    struct moment then, now;
    if (!moment_of(then_us, &then) || !moment_of(now_us, &now)) {
        (void)snprintf(buffer, TIMETEXT_SIZE, "at an unknown time");
        return;
    }
    char day[TIMETEXT_SIZE / 2] = "today";
    if (then.day_number != now.day_number) {
        int size = snprintf(day, sizeof(day), "%d %.3s", then.day, then.month);
        if (then.year != now.year && size > 0) {
            (void)snprintf(day + size, sizeof(day) - (size_t)size, " %ld", then.year);
        }
    }
    (void)snprintf(buffer, TIMETEXT_SIZE, "%s %02d:%02d", day, then.hour, then.minute);
}

/* ---- reading ---- */

#define DATE_LENGTH 10   /* 2025-01-31 */
#define MINUTE_LENGTH 16 /* 2025-01-31 09:00 */

/* Calls mktime() with this tm_isdst. Whether the result shows the same clock is in *ret_is_same. */
static bool make_time(const struct tm *fields, int is_dst, time_t *ret_time, bool *ret_is_same)
{
    struct tm local = *fields;
    local.tm_isdst = is_dst;
    local.tm_wday = -1; /* unchanged if mktime() fails */
    *ret_time = mktime(&local);
    *ret_is_same = local.tm_wday >= 0 && local.tm_mday == fields->tm_mday &&
                   local.tm_hour == fields->tm_hour && local.tm_min == fields->tm_min &&
                   local.tm_sec == fields->tm_sec;
    return local.tm_wday >= 0;
}

/* The moment at which clocks here show this, given as if they showed UTC. */
static bool local_moment(int64_t shown_us, int64_t *ret_time_us)
{
    int64_t fraction_us = (shown_us % SECOND_US + SECOND_US) % SECOND_US;
    time_t shown = (time_t)((shown_us - fraction_us) / SECOND_US);
    time_t time = 0;
    time_t candidate;
    bool is_found = false;
    bool is_same;
    struct tm fields;
    if (gmtime_r(&shown, &fields) == NULL) {
        return false;
    }
    /* Of an hour that comes twice the first one counts. Which of the two is called summer time
     * differs between zones: in Ireland it is the second one. */
    for (int is_dst = 0; is_dst <= 1; is_dst++) {
        bool is_made = make_time(&fields, is_dst, &candidate, &is_same);
        if (is_made && is_same && (!is_found || candidate < time)) {
            time = candidate;
            is_found = true;
        }
    }
    /* A time that is left out when clocks are set forward is up to the system. */
    if (!is_found && !make_time(&fields, -1, &time, &is_same)) {
        return false;
    }
    *ret_time_us = (int64_t)time * SECOND_US + fraction_us;
    return true;
}

/* The beginning of a local day, as if clocks showed UTC. */
static bool day_shown(int64_t now_us, int64_t days_ago, int64_t *ret_shown_us)
{
    int64_t day;
    if (!timetext_day_number(now_us, &day)) {
        return false;
    }
    *ret_shown_us = (day - days_ago) * DAY_S * SECOND_US;
    return true;
}

static bool has_offset(const char *text)
{
    return strlen(text) > DATE_LENGTH && strpbrk(text + DATE_LENGTH, "Zz+-") != NULL;
}

/* Completes a date, and a time without seconds, which may have an offset. */
static bool parse_completed(const char *text, int64_t *ret_time_us)
{
    char whole[64];
    size_t length = strlen(text);
    int head = MINUTE_LENGTH;
    const char *added = "";
    if (length == DATE_LENGTH) {
        head = DATE_LENGTH;
        added = "T00:00:00";
    } else if (length == MINUTE_LENGTH ||
               (length > MINUTE_LENGTH && strchr("Zz+-", text[MINUTE_LENGTH]) != NULL)) {
        added = ":00";
    }
    int size = snprintf(whole, sizeof(whole), "%.*s%s%s", head, text, added,
                        length > (size_t)head ? text + head : "");
    return size > 0 && (size_t)size < sizeof(whole) &&
           cruddur_time_parse(whole, ret_time_us, NULL) == CRUDDUR_OK;
}

bool timetext_read(const char *text, int64_t now_us, int64_t *ret_time_us)
{
    int64_t shown_us;
    if (strcmp(text, "now") == 0) {
        *ret_time_us = now_us;
        return true;
    }
    if (has_offset(text)) {
        return parse_completed(text, ret_time_us);
    }
    bool is_read = strcmp(text, "today") == 0       ? day_shown(now_us, 0, &shown_us)
                   : strcmp(text, "yesterday") == 0 ? day_shown(now_us, 1, &shown_us)
                                                    : parse_completed(text, &shown_us);
    return is_read && local_moment(shown_us, ret_time_us);
}

bool timetext_read_seconds(const char *text, int64_t *ret_seconds)
{
    static const struct {
        const char *letter;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", MINUTE_S}, {"h", HOUR_S}, {"d", DAY_S}, {"w", 7 * DAY_S}};
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    /* strtoll() accepts white space and a sign. */
    if (text[0] < '0' || text[0] > '9' || errno != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].letter) == 0 && number <= INT64_MAX / units[i].seconds) {
            *ret_seconds = (int64_t)number * units[i].seconds;
            return true;
        }
    }
    return false;
}
