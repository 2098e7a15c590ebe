/* SPDX-License-Identifier: MIT */
/* Times and their text. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>

#include "model/time.h"
#include "time_table.h"

TestSuite(time_, .timeout = 300);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define FIRST_US (INT64_C(-62135596800) * 1000000)
#define LAST_US (INT64_C(253402300800) * 1000000 - 1)

static int64_t parse(const char *text)
{
    int64_t time_us = INT64_MIN;
    cr_assert(cr_time_parse(cr_str_of(text), &time_us), "refused: %s", text);
    return time_us;
}

static void refuse(const char *text)
{
    int64_t time_us = 42;
    cr_assert_not(cr_time_parse(cr_str_of(text), &time_us), "accepted: %s", text);
    cr_assert_eq(time_us, 42);
}

Test(time_, is_written_and_read_as_python_does)
{
    cr_assert_gt(LENGTH(canonical_times), 3000);
    for (size_t i = 0; i < LENGTH(canonical_times); i++) {
        cr_sort_key key;
        cr_assert(cr_time_format(canonical_times[i].time_us, &key));
        cr_assert_str_eq(key.text, canonical_times[i].text);
        cr_assert_eq(parse(canonical_times[i].text), canonical_times[i].time_us);
    }
}

Test(time_, is_read_in_other_forms_as_python_does)
{
    cr_assert_gt(LENGTH(other_forms), 3000);
    for (size_t i = 0; i < LENGTH(other_forms); i++) {
        cr_assert_eq(parse(other_forms[i].text), other_forms[i].time_us, "%s", other_forms[i].text);
    }
}

Test(time_, every_day_of_the_calendar_round_trips)
{
    const int64_t day_us = INT64_C(86400) * 1000000;
    for (int64_t time_us = FIRST_US; time_us <= LAST_US; time_us += day_us) {
        cr_sort_key key;
        cr_assert(cr_time_format(time_us, &key));
        cr_assert_eq(parse(key.text), time_us);
    }
}

Test(time_, order_of_text_is_order_of_time)
{
    cr_sort_key before;
    cr_assert(cr_time_format(FIRST_US, &before));
    for (int64_t time_us = FIRST_US + 1; time_us < LAST_US - LAST_US / 7;
         time_us += 1 + (LAST_US - time_us) / 5000) {
        cr_sort_key key;
        cr_assert(cr_time_format(time_us, &key));
        cr_assert_lt(cr_str_compare(cr_sort_key_str(&before), cr_sort_key_str(&key)), 0);
        before = key;
    }
}

Test(time_, outside_the_years_1_to_9999_is_none)
{
    const int64_t outside[] = {FIRST_US - 1, LAST_US + 1, INT64_MIN, INT64_MAX, INT64_MIN + 1};
    for (size_t i = 0; i < LENGTH(outside); i++) {
        cr_sort_key key = {"untouched"};
        cr_assert_not(cr_time_is_valid(outside[i]));
        cr_assert_not(cr_time_format(outside[i], &key));
        cr_assert_eq(cr_time_lower_bound(outside[i], &key), 0);
        cr_assert_str_eq(key.text, "untouched");
    }
    cr_assert(cr_time_is_valid(FIRST_US));
    cr_assert(cr_time_is_valid(LAST_US));
    cr_assert_eq(parse("0001-01-01T00:00:00"), FIRST_US);
    cr_assert_eq(parse("9999-12-31T23:59:59.999999999"), LAST_US);
    refuse("0001-01-01T00:00:00+00:01");
    refuse("9999-12-31T23:59:59-00:01");
    refuse("9999-12-31T23:59:60");
    refuse("0000-12-31T23:59:59");
    refuse("10000-01-01T00:00:00");
    cr_assert_eq(parse("0001-01-01T00:01:00+00:01"), FIRST_US);
    cr_assert_eq(parse("9999-12-31T23:58:59.999999-00:01"), LAST_US);
}

Test(time_, forms_that_are_read)
{
    const int64_t second_us = INT64_C(1706692200000000); /* 2024-01-31T09:10:00Z */
    static const char *const same[] = {
        "2024-01-31T09:10:00.000000+00:00",
        "2024-01-31T09:10:00Z",
        "2024-01-31t09:10:00z",
        "2024-01-31 09:10:00",
        "2024-01-31T09:10:00",
        "2024-01-31T09:10:00.0",
        "2024-01-31T09:10:00.000000000Z",
        "2024-01-31T10:10:00+01:00",
        "2024-01-31T14:40:00+0530",
        "2024-01-31T00:10:00-09:00",
        "2024-01-30T23:40:00-0930",
        "2024-01-31T09:10:00-00:00",
        "2024-01-31T09:10:00-0000",
        "2024-02-01T08:10:00+23:00",
        "2024-02-01T09:09:00+23:59",
    };
    for (size_t i = 0; i < LENGTH(same); i++) {
        cr_assert_eq(parse(same[i]), second_us, "%s", same[i]);
    }
}

Test(time_, fractions_are_cut_off_behind_the_microsecond)
{
    const int64_t base_us = INT64_C(1706692200000000);
    static const struct {
        const char *fraction;
        int64_t us;
    } fractions[] = {
        {"", 0},
        {".1", 100000},
        {".12", 120000},
        {".123", 123000},
        {".1234", 123400},
        {".12345", 123450},
        {".123456", 123456},
        {".1234567", 123456},
        {".12345699", 123456},
        {".999999999", 999999},
        {".000001", 1},
        {".0000009", 0},
    };
    static const char *const offsets[] = {"", "Z", "+00:00"};
    for (size_t i = 0; i < LENGTH(fractions); i++) {
        for (size_t j = 0; j < LENGTH(offsets); j++) {
            char text[64];
            (void)snprintf(text, sizeof(text), "2024-01-31T09:10:00%s%s", fractions[i].fraction,
                           offsets[j]);
            cr_assert_eq(parse(text), base_us + fractions[i].us, "%s", text);
        }
    }
}

Test(time_, a_leap_second_counts_as_the_next)
{
    cr_assert_eq(parse("2016-12-31T23:59:60Z"), parse("2017-01-01T00:00:00Z"));
    cr_assert_eq(parse("2016-12-31T23:59:60.5Z"), parse("2017-01-01T00:00:00.5Z"));
}

static const char *const texts[] = {
    "",
    " ",
    "T",
    "now",
    "2024",
    "2024-01",
    "2024-01-31",
    "2024-01-31T",
    "2024-01-31T09",
    "2024-01-31T09:10",
    "2024-01-31T09:10:",
    "2024-01-31T09:10:0",
    "2024-1-31T09:10:00",
    "24-01-31T09:10:00",
    "2024-01-31T9:10:00",
    "20240131T091000Z",
    "2024/01/31T09:10:00",
    "2024-01-31X09:10:00",
    "2024-01-31  09:10:00",
    "2024-01-31T09-10-00",
    "-024-01-31T09:10:00",
    "+2024-01-31T09:10:00",
    " 2024-01-31T09:10:00",
    "2024-01-31T09:10:00 ",
    "2024-01-31T09:10:00Z ",
    "2024-00-31T09:10:00",
    "2024-13-31T09:10:00",
    "2024-01-00T09:10:00",
    "2024-01-32T09:10:00",
    "2024-04-31T09:10:00",
    "2023-02-29T09:10:00",
    "2024-02-30T09:10:00",
    "1900-02-29T09:10:00",
    "2100-02-29T09:10:00",
    "2024-01-31T24:00:00",
    "2024-01-31T09:60:00",
    "2024-01-31T09:10:61",
    "2024-01-31T09:10:00.",
    "2024-01-31T09:10:00.Z",
    "2024-01-31T09:10:00,5",
    "2024-01-31T09:10:00.0000000000",
    "2024-01-31T09:10:00.12x",
    "2024-01-31T09:10:00+",
    "2024-01-31T09:10:00+1",
    "2024-01-31T09:10:00+01",
    "2024-01-31T09:10:00+01:",
    "2024-01-31T09:10:00+01:0",
    "2024-01-31T09:10:00+24:00",
    "2024-01-31T09:10:00+01:60",
    "2024-01-31T09:10:00+01:00:00",
    "2024-01-31T09:10:00+01:00Z",
    "2024-01-31T09:10:00ZZ",
    "2024-01-31T09:10:00 +01:00",
    "2024-01-31T09:10:00UTC",
    "2024-01-31T09:10:00.5.5",
    "0000-01-01T00:00:00",
    "2024-01-31T09:10:\xd9\xa0\xd9\xa0",
};

Test(time_, what_is_no_time)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        refuse(texts[i]);
    }
}

/* The form that is written is read in a way of its own: each character in turn is exchanged for
 * every other byte, and what comes out is compared with the same time with a digit more. */
Test(time_, the_own_form_is_read_as_the_others_are)
{
    static const char good[] = "2024-02-29T19:05:09.123456+00:00";
    enum { LENGTH_OF_FORM = sizeof(good) - 1, FRACTION_END = 26 };
    for (size_t i = 0; i < LENGTH_OF_FORM; i++) {
        for (int byte = 0; byte < 256; byte++) {
            char own[LENGTH_OF_FORM];
            char other[LENGTH_OF_FORM + 1];
            int64_t own_us = 0;
            int64_t other_us = 0;
            memcpy(own, good, sizeof(own));
            own[i] = (char)byte;
            memcpy(other, own, FRACTION_END);
            other[FRACTION_END] = '0';
            memcpy(other + FRACTION_END + 1, own + FRACTION_END, LENGTH_OF_FORM - FRACTION_END);
            bool is_own = cr_time_parse((cr_str){own, sizeof(own)}, &own_us);
            bool is_other = cr_time_parse((cr_str){other, sizeof(other)}, &other_us);
            cr_assert_eq(is_own, is_other, "%zu, %d", i, byte);
            cr_assert_eq(own_us, other_us, "%zu, %d", i, byte);
        }
    }
}

Test(time_, text_is_read_to_its_end_and_not_beyond)
{
    int64_t time_us;
    const char text[] = "2024-01-31T09:10:00Z2024";
    cr_assert(cr_time_parse((cr_str){text, 20}, &time_us));
    cr_assert(cr_time_parse((cr_str){text, 19}, &time_us));
    cr_assert_not(cr_time_parse((cr_str){text, 21}, &time_us));
    cr_assert_not(cr_time_parse((cr_str){text, 18}, &time_us));
    cr_assert_not(cr_time_parse((cr_str){"2024-01-31T09:10:00Z", 21}, &time_us)); /* with its NUL */
    cr_assert_not(cr_time_parse((cr_str){"2024-01-31T09:10:00\0Z", 21}, &time_us));
    cr_assert_not(cr_time_parse(CR_STR_ABSENT, &time_us));
    cr_assert_not(cr_time_parse((cr_str){"", 0}, &time_us));
}

/* ---- bounds ---- */

/* The texts that a key of this time can have. */
static void expect_bound(int64_t time_us)
{
    static const char *const offsets[] = {"", "Z", "+00:00", "-00:00"};
    cr_sort_key bound;
    cr_sort_key key;
    cr_sort_key before;
    size_t length = cr_time_lower_bound(time_us, &bound);
    cr_str least = {bound.text, length};
    cr_assert(cr_time_format(time_us, &key));
    cr_assert_eq(strlen(bound.text), length);
    cr_assert_eq(parse(bound.text), time_us);
    cr_assert_leq(cr_str_compare(least, cr_sort_key_str(&key)), 0);
    if (cr_time_format(time_us - 1, &before)) {
        cr_assert_lt(cr_str_compare(cr_sort_key_str(&before), least), 0);
    }
    for (size_t digits = 0; digits <= 6; digits++) {
        for (size_t i = 0; i < LENGTH(offsets); i++) {
            char form[64];
            (void)snprintf(form, sizeof(form), "%.*s%s", digits == 0 ? 19 : 20 + (int)digits,
                           key.text, offsets[i]);
            bool is_earlier = parse(form) < time_us;
            bool is_before = cr_str_compare(cr_str_of(form), least) < 0;
            cr_assert(is_earlier || !is_before, "%s and %s", form, bound.text);
            /* No bound can part "…:07Z" from "…:07.000001+00:00": the former sorts behind. */
            cr_assert(is_before || !is_earlier || *offsets[i] == 'Z', "%s and %s", form,
                      bound.text);
        }
    }
}

Test(time_, a_lower_bound_parts_earlier_keys_from_others)
{
    for (size_t i = 0; i < LENGTH(canonical_times); i++) {
        expect_bound(canonical_times[i].time_us);
    }
    for (int64_t us = 1; us < 1000000; us = us * 10 / 9 + 1) {
        expect_bound(INT64_C(1706692200000000) + us);
        expect_bound(INT64_C(1706692200000000) + us / 10 * 10);
        expect_bound(INT64_C(1706692200000000) + us / 1000 * 1000);
    }
}
