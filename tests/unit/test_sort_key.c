/* SPDX-License-Identifier: MIT */
/* The next sort key: it sorts behind the head's, is later than it, and is the first such. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>

#include "model/time.h"

TestSuite(sort_key, .timeout = 300);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LAST_US (INT64_C(253402300800) * 1000000 - 1)

static bool is_behind(int64_t time_us, const char *head)
{
    cr_sort_key key;
    int64_t head_us;
    bool is_later = !cr_time_parse(cr_str_of(head), &head_us) || time_us > head_us;
    return is_later && cr_time_format(time_us, &key) &&
           cr_str_compare(cr_sort_key_str(&key), cr_str_of(head)) > 0;
}

/* Returns the time of the key that comes at `time_us` and after the head. */
static int64_t expect_after(int64_t time_us, const char *head)
{
    cr_sort_key key;
    cr_sort_key canonical;
    int64_t key_us = INT64_MIN;
    cr_assert(cr_sort_key_after(time_us, cr_str_of(head), &key), "no key after %s", head);
    cr_assert(cr_time_parse(cr_sort_key_str(&key), &key_us));
    cr_assert(cr_time_format(key_us, &canonical));
    cr_assert_str_eq(key.text, canonical.text);
    cr_assert_geq(key_us, time_us);
    cr_assert(is_behind(key_us, head), "%s after %s", key.text, head);
    return key_us;
}

/* The same, and it is the first. */
static void expect_first_after(int64_t time_us, const char *head)
{
    int64_t key_us = expect_after(time_us, head);
    cr_sort_key key;
    cr_assert(cr_time_format(key_us, &key));
    cr_assert(key_us == time_us || !is_behind(key_us - 1, head), "%s is not the first after %s",
              key.text, head);
}

static const char *const offsets[] = {
    "", "Z", "z", "+00:00", "-00:00", "+0000", "+05:30", "-05:30", "+23:59", "-23:59", "-0930",
};
static const char *const fractions[] = {
    "",        ".0",       ".1",        ".9",         ".12",        ".99",     ".123",
    ".999",    ".1234",    ".9999",     ".12345",     ".99999",     ".123456", ".999999",
    ".000000", ".1234567", ".12345678", ".123456789", ".999999999",
};
static const char *const dates[] = {
    "2024-02-28", "2023-12-31", "1969-12-31", "1970-01-01",
    "1900-02-28", "0001-01-02", "9999-12-30",
};
static const char *const clocks[] = {"00:00:00", "23:59:59", "12:34:56"};

/* Calls back with every head in every form. */
static void for_each_head(void (*visit)(const char *head))
{
    for (size_t i = 0; i < LENGTH(dates) * LENGTH(clocks) * 3; i++) {
        for (size_t j = 0; j < LENGTH(fractions) * LENGTH(offsets); j++) {
            char head[64];
            (void)snprintf(head, sizeof(head), "%s%c%s%s%s", dates[i / 3 % LENGTH(dates)],
                           "Tt "[i % 3], clocks[i / 3 / LENGTH(dates)],
                           fractions[j % LENGTH(fractions)], offsets[j / LENGTH(fractions)]);
            visit(head);
        }
    }
}

static const int64_t distances[] = {
    INT64_MIN / 4,
    -INT64_C(86400000000),
    -INT64_C(3600000000),
    -1000001,
    -1,
    0,
    1,
    999,
    1000000,
    INT64_C(3600000000),
    INT64_C(86400000000),
    INT64_C(31536000000000),
};

/* Calls back with times around the head's own. */
static void for_times_around(const char *head, void (*visit)(int64_t time_us, const char *head))
{
    int64_t head_us = 0;
    (void)cr_time_parse(cr_str_of(head), &head_us);
    for (size_t i = 0; i < LENGTH(distances); i++) {
        int64_t time_us = head_us + distances[i];
        if (cr_time_is_valid(time_us)) {
            visit(time_us, head);
        }
    }
}

static void visit_any(int64_t time_us, const char *head)
{
    (void)expect_after(time_us, head);
}

static void visit_head(const char *head)
{
    for_times_around(head, visit_any);
}

Test(sort_key, comes_after_a_head_of_any_form)
{
    for_each_head(visit_head);
}

static void visit_head_for_first(const char *head)
{
    for_times_around(head, expect_first_after);
}

Test(sort_key, is_the_first_after_a_head_of_any_form)
{
    for_each_head(visit_head_for_first);
}

Test(sort_key, is_the_first_after_a_canonical_head)
{
    static const int64_t heads[] = {
        INT64_C(-62135596800000000),
        -1,
        0,
        INT64_C(1704067199999999),
        INT64_C(1709164799999999),
        INT64_C(1767225599999999),
        INT64_C(253402300799999998),
    };
    for (size_t i = 0; i < LENGTH(heads); i++) {
        cr_sort_key head;
        cr_assert(cr_time_format(heads[i], &head));
        for (int64_t distance = -3; distance <= 1; distance++) {
            if (cr_time_is_valid(heads[i] + distance)) {
                cr_assert_eq(expect_after(heads[i] + distance, head.text), heads[i] + 1);
            }
        }
        if (cr_time_is_valid(heads[i] + 1000)) {
            cr_assert_eq(expect_after(heads[i] + 1000, head.text), heads[i] + 1000);
        }
    }
}

/* Whatever stands there as a key: what cannot be read as a time has its place among the keys. */
Test(sort_key, comes_after_a_head_that_is_no_time)
{
    static const char *const heads[] = {
        "",
        " ",
        "0",
        "0000",
        "1999",
        "2024-01-31",
        "2024-01-31T09:10",
        "2024-01-31T09:10Z",
        "2024-13-45T99:99:99",
        "2024-02-30T00:00:00.000000+00:00",
        "2024-01-31T09:10:00+01",
        "2024-01-31T09:10:00.1234567890Z",
        "2024-01-31T09:10:00.000000+00:00#1",
        "2999-99-99",
        "9999-12-31T23:00:00-05:00",
    };
    static const int64_t times[] = {0, INT64_C(1500000000000000), INT64_C(1800000000000000)};
    for (size_t i = 0; i < LENGTH(heads); i++) {
        for (size_t j = 0; j < LENGTH(times); j++) {
            expect_first_after(times[j], heads[i]);
        }
    }
}

Test(sort_key, after_nothing_is_the_time_itself)
{
    cr_sort_key key;
    cr_assert(cr_sort_key_after(INT64_C(1706692200000000), CR_STR_ABSENT, &key));
    cr_assert_str_eq(key.text, "2024-01-31T09:10:00.000000+00:00");
}

Test(sort_key, is_not_to_be_had_behind_the_year_9999)
{
    static const char *const heads[] = {
        "9999-12-31T23:59:59.999999+00:00",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31t00:00:00",
        "A",
        "zzz",
        "\xf0\x9f\x98\x80",
        "MSG#",
    };
    cr_sort_key key;
    for (size_t i = 0; i < LENGTH(heads); i++) {
        cr_assert_not(cr_sort_key_after(0, cr_str_of(heads[i]), &key), "%s", heads[i]);
        cr_assert_not(cr_sort_key_after(LAST_US, cr_str_of(heads[i]), &key), "%s", heads[i]);
    }
    cr_assert_not(cr_sort_key_after(LAST_US + 1, CR_STR_ABSENT, &key));
    cr_assert_not(cr_sort_key_after(INT64_MAX, cr_str_of("2024-01-31T09:10:00Z"), &key));
    cr_assert_not(cr_sort_key_after(INT64_MIN, CR_STR_ABSENT, &key));
}

Test(sort_key, shows_its_own_time_or_another)
{
    static const struct {
        const char *sk;
        bool expected;
    } rows[] = {
        {"2023-04-05T06:07:08.123456+00:00", true},
        {"2023-04-05T06:07:08", true},
        {"2023-04-05T06:07:08.5", true},
        {"2023-04-05T06:07:08Z", true},
        {"2023-04-05T06:07:08.123456789-0000", true},
        {"2023-04-05T06:07:08.123456+00:15", false},
        {"2023-04-05T06:07:08-05:00", false},
        {"2023-04-05 06:07:08", false}, /* sorts before all of that day */
        {"2023-04-05t06:07:08", false},
        {"2016-12-31T23:59:60", false}, /* the next second */
        {"some day", false},
        {"", false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        cr_assert_eq(cr_time_shows_itself(cr_str_of(rows[i].sk)), rows[i].expected, "%s",
                     rows[i].sk);
    }
    cr_assert_not(cr_time_shows_itself(CR_STR_ABSENT));
}
