/* SPDX-License-Identifier: MIT */
/* The small things of the page: times, names, avatars, icons. */
#include <string.h>
#include <time.h>

#include "show.h"

#define SECOND_US INT64_C(1000000)
#define MINUTE_S INT64_C(60)
#define HOUR_S (60 * MINUTE_S)
#define DAY_S (24 * HOUR_S)

static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

/* A time in the reader's zone; in UTC with an offset of 0. */
static struct tm split(int64_t time_us, int offset_min)
{
    time_t seconds = (time_t)(time_us / SECOND_US + offset_min * MINUTE_S);
    struct tm parts = {0};
    if (gmtime_r(&seconds, &parts) == NULL) {
        parts = (struct tm){.tm_mday = 1, .tm_year = 70};
    }
    return parts;
}

static int64_t day_of(const struct view *view, int64_t time_us)
{
    int64_t seconds = time_us / SECOND_US + view->utc_offset_min * MINUTE_S;
    return seconds >= 0 ? seconds / DAY_S : (seconds - DAY_S + 1) / DAY_S;
}

bool show_is_same_day(const struct view *view, int64_t a_us, int64_t b_us)
{
    return day_of(view, a_us) == day_of(view, b_us);
}

static void put_date(html *out, const struct view *view, const struct tm *then)
{
    html_put(out, "%d %s", then->tm_mday, months[then->tm_mon]);
    if (then->tm_year != split(view->now_us, view->utc_offset_min).tm_year) {
        html_put(out, " %d", then->tm_year + 1900);
    }
}

static void put_ago(html *out, const struct view *view, int64_t time_us, const struct tm *then)
{
    int64_t age_s = (view->now_us - time_us) / SECOND_US;
    if (age_s < MINUTE_S) {
        html_put(out, "now");
    } else if (age_s < HOUR_S) {
        html_put(out, "%d min", (int)(age_s / MINUTE_S));
    } else if (age_s < DAY_S) {
        html_put(out, "%d h", (int)(age_s / HOUR_S));
    } else if (age_s < 6 * DAY_S) {
        html_put(out, "%s", weekdays[then->tm_wday]);
    } else {
        put_date(out, view, then);
    }
}

static void put_day(html *out, const struct view *view, int64_t time_us, const struct tm *then)
{
    int64_t days = day_of(view, view->now_us) - day_of(view, time_us);
    if (days == 0 || days == 1) {
        html_put(out, "%s", days == 0 ? "Today" : "Yesterday");
    } else {
        html_put(out, "%s ", weekdays[then->tm_wday]);
        put_date(out, view, then);
    }
}

void show_time(html *out, const struct view *view, int64_t time_us, show_time_form form)
{
    static const char *const names[] = {"clock", "ago", "day"};
    struct tm utc = split(time_us, 0);
    struct tm then = split(time_us, view->utc_offset_min);
    if (time_us == CRUDDUR_TIME_UNKNOWN) {
        return;
    }
    html_put(out, "<time data-form=\"%s\" datetime=\"%d-%02d-%02dT%02d:%02d:%02dZ\">", names[form],
             utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
    if (form == SHOW_TIME_CLOCK) {
        html_put(out, "%02d:%02d", then.tm_hour, then.tm_min);
    } else if (form == SHOW_TIME_AGO) {
        put_ago(out, view, time_us, &then);
    } else {
        put_day(out, view, time_us, &then);
    }
    html_put(out, "</time>");
}

const char *show_name(const char *display_name, const char *handle)
{
    if (display_name != NULL && *display_name != '\0') {
        return display_name;
    }
    return handle != NULL && *handle != '\0' ? handle : "Somebody";
}

const char *show_group_name(const cruddur_group *group)
{
    return cruddur_group_name(group) != NULL ? cruddur_group_name(group)
                                             : show_name(cruddur_group_user_display_name(group),
                                                         cruddur_group_user_handle(group));
}

void show_group_title(html *out, const cruddur_group *group)
{
    size_t others = cruddur_group_member_count(group) - 1;
    html_put(out, "<bdi>%s</bdi>", show_group_name(group));
    if (cruddur_group_name(group) == NULL && others > 1) {
        html_put(out, " and %d more", (int)others - 1);
    }
}

/* The first character of a name: one code point of UTF-8, which is text. */
static void first_character(const char *name, char buffer[5])
{
    size_t length = 1;
    while (length < 4 && ((unsigned char)name[length] & 0xC0U) == 0x80U) {
        length++;
    }
    memcpy(buffer, name, length);
    buffer[length] = '\0';
}

void show_avatar(html *out, const char *uuid, const char *name)
{
    unsigned hash = 0;
    char letter[5];
    for (; *uuid != '\0'; uuid++) {
        hash = hash * 31 + (unsigned char)*uuid;
    }
    first_character(name, letter);
    html_put(out, "<span class=\"avatar hue%d\" aria-hidden=\"true\">%s</span>", (int)(hash % 8),
             letter);
}

void show_icon(html *out, const struct view *view, const char *name)
{
    html_put(out, "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"%s#%s\"/></svg>",
             view->icons, name);
}
