/* SPDX-License-Identifier: MIT */
#include "model/time.h"

#define US_PER_S INT64_C(1000000)
#define S_PER_DAY INT64_C(86400)
#define TIME_MIN_US (INT64_C(-62135596800) * US_PER_S)     /* 0001-01-01T00:00:00 */
#define TIME_MAX_US (INT64_C(253402300800) * US_PER_S - 1) /* 9999-12-31T23:59:59.999999 */

typedef struct civil_time {
    int year, month, day, hour, minute, second;
    int64_t microsecond;
} civil_time;

bool cr_time_is_valid(int64_t time_us)
{
    return time_us >= TIME_MIN_US && time_us <= TIME_MAX_US;
}

/* Days since the epoch, in the proleptic Gregorian calendar. A year is counted from March, so that
 * the leap day is its last, and 400 years make an era of 146,097 days. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, civil_time *civil)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    civil->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    civil->month = (int)(month < 10 ? month + 3 : month - 9);
    civil->year = (int)(year_of_era + era * 400 + (civil->month <= 2 ? 1 : 0));
}

static void write_digits(char *text, size_t width, int64_t value)
{
    for (size_t i = width; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

bool cr_time_format(int64_t time_us, cr_sort_key *key)
{
    if (!cr_time_is_valid(time_us)) {
        return false;
    }
    int64_t since_min = time_us - TIME_MIN_US; /* not negative: division rounds down */
    int64_t second_of_day = since_min / US_PER_S % S_PER_DAY;
    civil_time civil;
    civil_from_days(since_min / US_PER_S / S_PER_DAY + TIME_MIN_US / US_PER_S / S_PER_DAY, &civil);
    memcpy(key->text, "YYYY-MM-DDTHH:MM:SS.ffffff+00:00", CRUDDUR_TIME_SIZE);
    write_digits(key->text, 4, civil.year);
    write_digits(key->text + 5, 2, civil.month);
    write_digits(key->text + 8, 2, civil.day);
    write_digits(key->text + 11, 2, second_of_day / 3600);
    write_digits(key->text + 14, 2, second_of_day / 60 % 60);
    write_digits(key->text + 17, 2, second_of_day % 60);
    write_digits(key->text + 20, 6, since_min % US_PER_S);
    return true;
}

/* A cursor over text that is being read; `ok` turns false at the first thing that does not fit. */
typedef struct reader {
    const char *at;
    const char *end;
    bool ok;
} reader;

static bool next_is_digit(const reader *in)
{
    return in->at < in->end && *in->at >= '0' && *in->at <= '9';
}

static bool next_is(const reader *in, const char *accepted)
{
    while (*accepted != '\0' && in->at < in->end && *accepted != *in->at) {
        accepted++;
    }
    return *accepted != '\0' && in->at < in->end;
}

static void read_one_of(reader *in, const char *accepted)
{
    in->ok = in->ok && next_is(in, accepted);
    in->at += in->ok ? 1 : 0;
}

static int read_number(reader *in, int width, int min, int max)
{
    int value = 0;
    for (int i = 0; in->ok && i < width; i++) {
        in->ok = next_is_digit(in);
        value = in->ok ? value * 10 + (*in->at++ - '0') : 0;
    }
    in->ok = in->ok && value >= min && value <= max;
    return value;
}

static int64_t read_fraction_us(reader *in)
{
    int64_t us = 0;
    int64_t unit = US_PER_S / 10;
    int digits = 0;
    for (; next_is_digit(in); digits++) {
        us += (*in->at++ - '0') * unit;
        unit /= 10;
    }
    in->ok = in->ok && digits >= 1 && digits <= 9;
    return us;
}

static int64_t read_offset_s(reader *in)
{
    if (in->at == in->end) {
        return 0;
    }
    if (next_is(in, "Zz")) {
        in->at++;
        return 0;
    }
    int sign = next_is(in, "-") ? -1 : 1;
    read_one_of(in, "+-");
    int hours = read_number(in, 2, 0, 23);
    if (next_is(in, ":")) {
        in->at++;
    }
    int minutes = read_number(in, 2, 0, 59);
    return (int64_t)sign * (hours * 3600 + minutes * 60);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static void read_civil(reader *in, civil_time *civil)
{
    civil->year = read_number(in, 4, 1, 9999);
    read_one_of(in, "-");
    civil->month = read_number(in, 2, 1, 12);
    read_one_of(in, "-");
    civil->day = read_number(in, 2, 1, in->ok ? days_in_month(civil->year, civil->month) : 0);
    read_one_of(in, "Tt ");
    civil->hour = read_number(in, 2, 0, 23);
    read_one_of(in, ":");
    civil->minute = read_number(in, 2, 0, 59);
    read_one_of(in, ":");
    civil->second = read_number(in, 2, 0, 60); /* 60: a leap second, counted as the next */
    if (in->ok && next_is(in, ".")) {
        in->at++;
        civil->microsecond = read_fraction_us(in);
    }
}

static bool read_any_form(cr_str text, civil_time *civil, int64_t *offset_s)
{
    reader in = {text.data, text.data + text.size, true};
    read_civil(&in, civil);
    *offset_s = in.ok ? read_offset_s(&in) : 0;
    return in.ok && in.at == in.end;
}

/* Whether it looks as cr_time_format() writes it; without branches, for the compiler to take many
 * characters at once. */
static bool has_own_form(cr_str text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddddd+00:00";
    unsigned char misfits = 0;
    if (text.size != sizeof(form) - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        unsigned char c = (unsigned char)text.data[i];
        unsigned char is_digit = (unsigned char)(c - '0') <= 9;
        unsigned char wants_digit = form[i] == 'd';
        unsigned char is_as_written = c == (unsigned char)form[i];
        misfits |= ((wants_digit & is_digit) | ((wants_digit ^ 1) & is_as_written)) ^ 1;
    }
    return misfits == 0;
}

static int digits_at(const char *at, int width)
{
    int value = 0;
    for (int i = 0; i < width; i++) {
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

/* Most rows have it, and every row that is listed is parsed (model/kind.h). False for another form,
 * and for what is no time. */
static bool read_own_form(cr_str text, civil_time *civil)
{
    const char *at = text.data;
    if (!has_own_form(text)) {
        return false;
    }
    *civil = (civil_time){.year = digits_at(at, 4),
                          .month = digits_at(at + 5, 2),
                          .day = digits_at(at + 8, 2),
                          .hour = digits_at(at + 11, 2),
                          .minute = digits_at(at + 14, 2),
                          .second = digits_at(at + 17, 2),
                          .microsecond = digits_at(at + 20, 6)};
    return civil->year >= 1 && civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month) && civil->hour <= 23 &&
           civil->minute <= 59 && civil->second <= 60;
}

bool cr_time_parse(cr_str text, int64_t *time_us)
{
    civil_time civil = {0};
    int64_t offset_s = 0;
    if (text.data == NULL ||
        (!read_own_form(text, &civil) && !read_any_form(text, &civil, &offset_s))) {
        return false;
    }
    int64_t days = days_from_civil(civil.year, civil.month, civil.day);
    int64_t seconds = days * S_PER_DAY + civil.hour * INT64_C(3600) + civil.minute * INT64_C(60) +
                      civil.second - offset_s;
    int64_t parsed_us = seconds * US_PER_S + civil.microsecond;
    if (!cr_time_is_valid(parsed_us)) {
        return false;
    }
    *time_us = parsed_us;
    return true;
}

#define SECONDS_END (sizeof("YYYY-MM-DDTHH:MM:SS") - 1)

size_t cr_time_lower_bound(int64_t time_us, cr_sort_key *bound)
{
    if (!cr_time_format(time_us, bound)) {
        return 0;
    }
    size_t length = SECONDS_END + sizeof(".ffffff") - 1;
    while (length > SECONDS_END && strchr(".0", bound->text[length - 1]) != NULL) {
        length--;
    }
    bound->text[length] = '\0';
    return length;
}

bool cr_time_shows_itself(cr_str text)
{
    int64_t time_us;
    cr_sort_key key;
    return cr_time_parse(text, &time_us) && cr_time_format(time_us, &key) &&
           memcmp(text.data, key.text, SECONDS_END) == 0;
}

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool sorts_behind(int64_t time_us, cr_str head, cr_sort_key *key)
{
    return cr_time_format(time_us, key) && cr_str_compare(cr_sort_key_str(key), head) > 0;
}

bool cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key)
{
    int64_t head_us = TIME_MIN_US - 1;
    if (head.data == NULL) {
        return cr_time_format(time_us, key);
    }
    (void)cr_time_parse(head, &head_us);
    int64_t from_us = later_of(time_us, head_us + 1);
    if (sorts_behind(from_us, head, key)) {
        return true;
    }
    /* Keys sort as their times do, so the first behind the head can be searched by halves. */
    int64_t behind_us = TIME_MAX_US;
    if (from_us > TIME_MAX_US || !sorts_behind(behind_us, head, key)) {
        return false;
    }
    for (int64_t before_us = from_us; behind_us - before_us > 1;) {
        int64_t middle_us = before_us + (behind_us - before_us) / 2;
        *(sorts_behind(middle_us, head, key) ? &behind_us : &before_us) = middle_us;
    }
    return cr_time_format(behind_us, key);
}

void cr_kept_key_set(cr_kept_key *kept, cr_str sk)
{
    kept->size = 0;
    if (sk.data != NULL && sk.size <= sizeof(kept->text)) {
        memcpy(kept->text, sk.data, sk.size);
        kept->size = sk.size;
    }
}
