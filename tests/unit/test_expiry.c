/* SPDX-License-Identifier: MIT */
#include "model/expiry.h"

#include <criterion/criterion.h>

#include "support/check.h"

#define S INT64_C(1000000)
#define YEAR_10000_S INT64_C(253402300800)

TestSuite(expiry);

Test(expiry, counts_from_the_time_of_the_message)
{
    static const struct {
        int64_t time_us, lasts_s, end_s;
    } ends[] = {
        {0, 1, 1},
        {1, 1, 2},
        {S, 1, 2},
        {S + 1, 1, 3},
        {S - 1, 60, 61},
        {1767225600 * S, 604800, 1767830400},
        {-1, 1, 1},
        {-10 * S, 1, 1}, /* it has passed */
        {-10 * S, 20, 10},
        {0, YEAR_10000_S - 1, YEAR_10000_S - 1},
        {1767225600 * S + 5, CR_EXPIRES_NEVER, CR_EXPIRES_NEVER},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        int64_t end_s = -1;
        cr_assert(cr_expiry_of(ends[i].time_us, ends[i].lasts_s, &end_s), "%zu", i);
        cr_assert_eq(end_s, ends[i].end_s, "%zu: %lld", i, (long long)end_s);
    }
    int64_t end_s;
    cr_assert(!cr_expiry_of(0, YEAR_10000_S, &end_s));
    cr_assert(!cr_expiry_of(1767225600 * S, YEAR_10000_S - 1767225600, &end_s));
    cr_assert(!cr_expiry_of(1767225600 * S, INT64_MAX - 1, &end_s));
}

Test(expiry, is_read_as_it_was_written)
{
    char text[CR_EXPIRY_SIZE];
    static const int64_t ends[] = {1, 1767225600, YEAR_10000_S - 1, CR_EXPIRES_NEVER};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        cr_assert_eq(cr_expiry_read(cr_expiry_write(ends[i], text)), ends[i]);
    }
    cr_assert_null(cr_expiry_write(CR_EXPIRES_NEVER, text).data);
}

Test(expiry, what_is_no_number_of_seconds_is_no_end)
{
    static const char *const texts[] = {
        "",   "-1",           "x",
        "1x", " 1",           "1 ",
        ".5", "253402300800", "99999999999999999999999999999999999999"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_assert_eq(cr_expiry_read(cr_str_of(texts[i])), CR_EXPIRES_NEVER, "%s", texts[i]);
    }
    cr_assert_eq(cr_expiry_read(cr_str_of("17.9")), 17);
}

static cr_row message(const char *text, const char *expires_at)
{
    cr_row row = {0};
    row.value[CR_TEXT] = cr_str_of(text);
    row.value[CR_EXPIRES_AT] = cr_str_of(expires_at);
    return row;
}

Test(expiry, a_message_is_shown_until_its_end)
{
    cr_row lasting = message("hello", NULL);
    cr_row ending = message("hello", "100");
    cr_assert(cr_message_is_shown(&lasting, INT64_MAX));
    cr_assert(cr_message_is_shown(&ending, 100 * S - 1));
    cr_assert(!cr_message_is_shown(&ending, 100 * S));
}

Test(expiry, a_group_row_shows_a_message_until_its_end)
{
    cr_row row = message("before", NULL);
    cr_row ending = message("hello", "100");
    cr_row lasting = message("hello", NULL);
    cr_row_show_message(&row, &ending, 99 * S);
    cr_assert(cr_str_equal(row.value[CR_TEXT], cr_str_of("hello")));
    cr_assert(cr_str_equal(row.value[CR_HEAD_EXPIRES_AT], cr_str_of("100")));
    cr_row early = cr_group_row_shown(&row, 99 * S);
    cr_row late = cr_group_row_shown(&row, 100 * S);
    cr_assert(cr_str_equal(early.value[CR_TEXT], cr_str_of("hello")));
    cr_assert(late.value[CR_TEXT].data != NULL && late.value[CR_TEXT].size == 0);
    cr_row_show_message(&row, &ending, 100 * S);
    cr_assert(row.value[CR_TEXT].data != NULL && row.value[CR_TEXT].size == 0);
    cr_assert(cr_head_has_expired(&row, 100 * S) && !cr_head_has_expired(&row, 99 * S));
    cr_row_show_message(&row, &lasting, 100 * S);
    cr_assert(cr_str_equal(row.value[CR_TEXT], cr_str_of("hello")));
    cr_assert_null(row.value[CR_HEAD_EXPIRES_AT].data);
    cr_assert(!cr_head_has_expired(&row, INT64_MAX));
}
