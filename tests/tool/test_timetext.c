/* SPDX-License-Identifier: MIT */
/* Times as people read them. */
#include <criterion/criterion.h>
#include <cruddur/cruddur.h>
#include <stdlib.h>
#include <time.h>

#include "timetext.h"

#define MINUTE_US INT64_C(60000000)
#define HOUR_US (60 * MINUTE_US)

static void set_zone(const char *zone)
{
    cr_assert_eq(setenv("TZ", zone, 1), 0);
    tzset();
}

static void in_utc(void)
{
    set_zone("UTC");
}

TestSuite(timetext, .timeout = 120, .init = in_utc);

static int64_t at(const char *text)
{
    int64_t time_us = 0;
    cr_assert_eq(cruddur_time_parse(text, &time_us, NULL), CRUDDUR_OK);
    return time_us;
}

static void expect_ago(const char *then, const char *now, const char *full, const char *brief)
{
    char text[TIMETEXT_SIZE];
    timetext_ago(text, at(then), at(now), false);
    cr_assert_str_eq(text, full);
    timetext_ago(text, at(then), at(now), true);
    cr_assert_str_eq(text, brief);
}

static void expect_day(const char *then, const char *now, const char *full, const char *brief)
{
    char text[TIMETEXT_SIZE];
    timetext_day(text, at(then), at(now), false);
    cr_assert_str_eq(text, full);
    timetext_day(text, at(then), at(now), true);
    cr_assert_str_eq(text, brief);
}

#define NOW "2025-11-12T10:00:00"

Test(timetext, the_last_day)
{
    expect_ago(NOW, NOW, "just now", "now");
    expect_ago("2025-11-12T09:59:00.000001", NOW, "1 minute ago", "1m");
    expect_ago("2025-11-12T09:59:01", NOW, "just now", "now");
    expect_ago("2025-11-12T09:58:00", NOW, "2 minutes ago", "2m");
    expect_ago("2025-11-12T09:00:01", NOW, "59 minutes ago", "59m");
    expect_ago("2025-11-12T09:00:00", NOW, "1 hour ago", "1h");
    expect_ago("2025-11-11T10:00:01", NOW, "23 hours ago", "23h");
}

Test(timetext, the_last_week)
{
    expect_ago("2025-11-11T10:00:00", NOW, "yesterday", "1d");
    expect_ago("2025-11-11T00:00:00", NOW, "yesterday", "1d");
    expect_ago("2025-11-10T23:59:59", NOW, "2 days ago", "2d");
    expect_ago("2025-11-06T00:00:00", NOW, "6 days ago", "6d");
}

Test(timetext, earlier)
{
    expect_ago("2025-11-05T23:59:59", NOW, "5 Nov", "5 Nov");
    expect_ago("2025-01-01T00:00:00", NOW, "1 Jan", "1 Jan");
    expect_ago("2024-12-31T23:59:59", NOW, "31 Dec 2024", "Dec 2024");
    expect_ago("0001-01-01T00:00:00", NOW, "1 Jan 1", "Jan 1");
    expect_ago("2024-12-31T23:59:59", "2025-01-01T00:00:00", "just now", "now");
    expect_ago("2024-12-30T23:59:59", "2025-01-01T00:00:00", "2 days ago", "2d");
}

Test(timetext, ahead)
{
    expect_ago("2025-11-12T10:02:00", NOW, "just now", "now");
    expect_ago("2025-11-12T10:02:01", NOW, "today 10:02", "10:02");
    expect_ago("2025-11-13T00:00:00", NOW, "13 Nov", "13 Nov");
    expect_ago("9999-12-31T23:59:59", NOW, "31 Dec 9999", "Dec 9999");
}

Test(timetext, unknown)
{
    char text[TIMETEXT_SIZE];
    int64_t day;
    timetext_ago(text, CRUDDUR_TIME_UNKNOWN, at(NOW), false);
    cr_assert_str_eq(text, "at an unknown time");
    timetext_ago(text, CRUDDUR_TIME_UNKNOWN, at(NOW), true);
    cr_assert_str_eq(text, "?");
    timetext_clock(text, CRUDDUR_TIME_UNKNOWN);
    cr_assert_str_eq(text, "--:--");
    timetext_day(text, CRUDDUR_TIME_UNKNOWN, at(NOW), false);
    cr_assert_str_eq(text, "Unknown day");
    cr_assert_not(timetext_day_number(CRUDDUR_TIME_UNKNOWN, &day));
}

Test(timetext, days)
{
    expect_day(NOW, NOW, "Today", "Today");
    expect_day("2025-11-11T00:00:00", NOW, "Yesterday", "Yesterday");
    expect_day("2025-11-10T23:59:59", NOW, "Monday, 10 November", "10 Nov 2025");
    expect_day("2025-11-13T00:00:00", NOW, "Thursday, 13 November", "13 Nov 2025");
    expect_day("2024-02-29T12:00:00", NOW, "Thursday, 29 February 2024", "29 Feb 2024");
}

Test(timetext, clock)
{
    char text[TIMETEXT_SIZE];
    timetext_clock(text, at("2025-11-12T09:05:59.999999"));
    cr_assert_str_eq(text, "09:05");
    timetext_clock(text, at("1969-12-31T23:59:59.999999"));
    cr_assert_str_eq(text, "23:59");
}

Test(timetext, zone)
{
    char text[TIMETEXT_SIZE];
    set_zone("Test-5:30");
    timetext_clock(text, at("2025-11-12T20:00:00"));
    cr_assert_str_eq(text, "01:30");
    expect_day("2025-11-12T18:29:59", "2025-11-12T18:30:00", "Yesterday", "Yesterday");
    expect_day("2025-11-12T18:30:00", "2025-11-13T18:29:59", "Today", "Today");
}

Test(timetext, day_numbers)
{
    int64_t before, day;
    cr_assert(timetext_day_number(at("1969-12-31T23:59:59"), &before));
    cr_assert(timetext_day_number(at("1970-01-01T00:00:00"), &day));
    cr_assert_eq(day - before, 1);
    cr_assert(timetext_day_number(at("1970-01-01T23:59:59.999999"), &before));
    cr_assert_eq(day, before);
}

/* A day of 25 hours: what was written 24 hours ago may have been written today. */
Test(timetext, end_of_summer_time)
{
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    expect_ago("2025-10-26T00:10:00+02:00", "2025-10-26T23:50:00+01:00", "24 hours ago", "24h");
}

/* ---- reading ---- */

static const char *const rome = "CET-1CEST,M3.5.0,M10.5.0/3";

static void expect_read(const char *text, const char *time)
{
    int64_t time_us = 1;
    cr_assert(timetext_read(text, at("2025-11-12T10:00:00.5Z"), &time_us), "%s", text);
    cr_assert_eq(time_us, at(time), "%s", text);
}

static void refuse(const char *text)
{
    int64_t time_us = 1;
    cr_assert(!timetext_read(text, at(NOW), &time_us), "%s", text);
    cr_assert_eq(time_us, 1);
}

Test(timetext, reads_times_with_an_offset)
{
    set_zone(rome);
    expect_read("2025-01-31T09:00:00+01:00", "2025-01-31T08:00:00Z");
    expect_read("2025-07-31T09:00:00.25Z", "2025-07-31T09:00:00.25Z");
    expect_read("2025-07-31 09:00:00-0930", "2025-07-31T18:30:00Z");
    expect_read("2025-01-31T09:00Z", "2025-01-31T09:00:00Z");
    expect_read("2025-01-31T09:00+01:00", "2025-01-31T08:00:00Z");
    expect_read("2025-01-31 09:00-0930", "2025-01-31T18:30:00Z");
}

Test(timetext, reads_local_times)
{
    set_zone(rome);
    expect_read("2025-01-31 09:00:00", "2025-01-31T08:00:00Z");
    expect_read("2025-07-31T09:00:00.123456", "2025-07-31T07:00:00.123456Z");
    expect_read("2025-07-31 09:00", "2025-07-31T07:00:00Z");
    expect_read("2025-07-31", "2025-07-30T22:00:00Z");
    expect_read("1969-12-31T00:59:59.5", "1969-12-30T23:59:59.5Z");
    expect_read("1970-01-01T00:59:59", "1969-12-31T23:59:59Z"); /* -1 is a time, too */
    set_zone("Test-5:30");
    expect_read("2025-01-31 09:00:00", "2025-01-31T03:30:00Z");
}

Test(timetext, reads_words)
{
    set_zone(rome);
    expect_read("now", "2025-11-12T10:00:00.5Z");
    expect_read("today", "2025-11-11T23:00:00Z");
    expect_read("yesterday", "2025-11-10T23:00:00Z");
}

/* Clocks are set back from 3:00 to 2:00, and forward from 2:00 to 3:00. */
Test(timetext, reads_times_when_clocks_change)
{
    set_zone(rome);
    expect_read("2025-10-26 01:59:59", "2025-10-25T23:59:59Z");
    expect_read("2025-10-26 02:30:00", "2025-10-26T00:30:00Z");
    expect_read("2025-10-26 03:00:00", "2025-10-26T02:00:00Z");
    expect_read("2025-03-30 01:59:59", "2025-03-30T00:59:59Z");
    expect_read("2025-03-30 03:00:00", "2025-03-30T01:00:00Z");
    int64_t left_out_us;
    cr_assert(timetext_read("2025-03-30 02:30:00", at(NOW), &left_out_us));
    cr_assert_geq(left_out_us, at("2025-03-30T00:30:00Z"));
    cr_assert_leq(left_out_us, at("2025-03-30T01:30:00Z"));
}

/* Irish summer time is the standard time there: tm_isdst is 1 in winter. */
Test(timetext, reads_times_when_clocks_change_in_ireland)
{
    set_zone("IST-1GMT0,M10.5.0,M3.5.0/1");
    expect_read("2025-10-26 00:59:59", "2025-10-25T23:59:59Z");
    expect_read("2025-10-26 01:30", "2025-10-26T00:30:00Z");
    expect_read("2025-10-26 02:00", "2025-10-26T02:00:00Z");
    expect_read("2025-07-31 09:00", "2025-07-31T08:00:00Z");
    expect_read("2025-01-31 09:00", "2025-01-31T09:00:00Z");
    expect_read("2025-03-30 00:59:59", "2025-03-30T00:59:59Z");
    expect_read("2025-03-30 02:00", "2025-03-30T01:00:00Z");
}

Test(timetext, refuses_other_texts)
{
    static const char *const texts[] = {"",
                                        "tomorrow",
                                        "Today",
                                        "2025-01-32",
                                        "2025-1-31",
                                        "9:00",
                                        "2025-01-31T",
                                        "2025-01-31 09",
                                        "2025-01-31 24:01",
                                        "now ",
                                        "2025-01-31T09Z",
                                        "2025-01-31 9:00Z",
                                        "2025-01-31T09:00+",
                                        "2025-01-31T09:00+01:00:00",
                                        "2025-01-31Z"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        refuse(texts[i]);
    }
}
