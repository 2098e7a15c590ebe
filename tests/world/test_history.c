/* SPDX-License-Identifier: MIT */
/* The judge of histories, on histories that are right, and on some that are wrong in one way. */
#include "../aws/unit.h"

#include "world/history.h"

TestSuite(history, .timeout = 60);

#define OK HISTORY_OK
#define FAILED HISTORY_FAILED
#define UNKNOWN HISTORY_UNKNOWN

/* A history as a test writes it: appends with their outcome and their place in the list (0: not
 * there), reads with what they show ("011": the second and the third). */
typedef struct line {
    int64_t begun_us;
    int64_t ended_us;
    history_outcome outcome;
    size_t place;
    const char *shows; /* NULL: it is an append */
} line;

static history read_lines(const line *lines, size_t count)
{
    history made = {.is_in_order = true};
    for (size_t i = 0; i < count; i++) {
        const line *one = &lines[i];
        if (one->shows == NULL) {
            made.append[made.append_count++] = (history_append){
                one->begun_us, one->ended_us, one->outcome, one->place > 0 ? 1 : 0, one->place};
            continue;
        }
        history_read *read = &made.read[made.read_count++];
        *read = (history_read){.begun_us = one->begun_us, .ended_us = one->ended_us};
        for (size_t j = 0; one->shows[j] != '\0'; j++) {
            read->shows[j] = one->shows[j] == '1';
        }
    }
    return made;
}

static char why[512];

static bool is_wrong(const history *all)
{
    size_t insertions;
    return history_is_wrong(all, &insertions, why, sizeof(why));
}

#define HISTORY(...)                                                                               \
    read_lines((const line[]){__VA_ARGS__}, sizeof((const line[]){__VA_ARGS__}) / sizeof(line))

Test(history, of_nobody_is_right)
{
    history empty = {.is_in_order = true};
    cr_assert_not(is_wrong(&empty));
}

Test(history, of_calls_one_after_the_other)
{
    history all =
        HISTORY({1, 2, OK, 1, NULL}, {3, 4, OK, 0, "10"}, {5, 6, OK, 2, NULL}, {7, 8, OK, 0, "11"});
    cr_assert_not(is_wrong(&all), "%s", why);
}

Test(history, of_calls_at_once_may_have_either_order)
{
    history all = HISTORY({1, 9, OK, 2, NULL}, {1, 9, OK, 1, NULL}, {1, 9, OK, 0, "00"},
                          {2, 8, OK, 0, "01"}, {3, 9, OK, 0, "11"});
    cr_assert_not(is_wrong(&all), "%s", why);
}

Test(history, of_an_unknown_append_that_shows_late)
{
    history all = HISTORY({1, 2, UNKNOWN, 2, NULL}, {3, 4, OK, 1, NULL}, {5, 6, OK, 0, "01"},
                          {7, 8, OK, 0, "11"});
    cr_assert_not(is_wrong(&all), "%s", why);
}

Test(history, with_an_append_that_is_lost)
{
    history all = HISTORY({1, 2, OK, 0, NULL});
    cr_assert(is_wrong(&all));
    cr_assert_not_null(strstr(why, "0 times"));
}

Test(history, with_an_append_that_is_there_twice)
{
    history all = HISTORY({1, 2, UNKNOWN, 1, NULL});
    all.append[0].copies = 2;
    cr_assert(is_wrong(&all));
}

Test(history, with_a_failed_append_that_is_there)
{
    history all = HISTORY({1, 2, FAILED, 1, NULL});
    cr_assert(is_wrong(&all));
}

Test(history, with_a_read_of_what_is_not_there)
{
    history all = HISTORY({1, 2, UNKNOWN, 0, NULL}, {3, 4, OK, 0, "1"});
    cr_assert(is_wrong(&all));
    cr_assert_not_null(strstr(why, "not in the list"));
}

Test(history, with_a_read_that_misses_what_ended_before)
{
    history all = HISTORY({1, 2, OK, 1, NULL}, {3, 4, OK, 0, "0"});
    cr_assert(is_wrong(&all));
}

Test(history, with_a_read_that_shows_what_begins_later)
{
    history all = HISTORY({5, 6, OK, 1, NULL}, {3, 4, OK, 0, "1"});
    cr_assert(is_wrong(&all));
}

Test(history, with_a_list_against_real_time)
{
    history all = HISTORY({1, 2, OK, 2, NULL}, {3, 4, OK, 1, NULL});
    cr_assert(is_wrong(&all));
    all.is_in_order = false;
    cr_assert_not(is_wrong(&all), "%s", why);
}

Test(history, with_a_read_that_goes_back)
{
    history all = HISTORY({1, 20, OK, 1, NULL}, {2, 3, OK, 0, "1"}, {4, 5, OK, 0, "0"});
    cr_assert(is_wrong(&all));
}

/* The second is in the list behind the first, and is shown without it. */
Test(history, with_a_read_that_is_no_prefix)
{
    size_t insertions;
    history all = HISTORY({1, 20, OK, 1, NULL}, {1, 20, OK, 2, NULL}, {2, 3, OK, 0, "01"});
    cr_assert(is_wrong(&all));
    all.is_in_order = false;
    cr_assert_not(history_is_wrong(&all, &insertions, why, sizeof(why)), "%s", why);
    cr_assert_eq(insertions, 1u);
}

/* Two readers see two appends in different orders. */
Test(history, with_a_fork)
{
    history all = HISTORY({1, 20, OK, 1, NULL}, {1, 20, OK, 2, NULL}, {2, 10, OK, 0, "10"},
                          {2, 10, OK, 0, "01"});
    all.is_in_order = false;
    cr_assert(is_wrong(&all));
    cr_assert_not_null(strstr(why, "does not show"));
}

/* No two calls contradict each other; all together do. */
Test(history, with_a_cycle_of_four)
{
    history all = HISTORY({1, 3, OK, 1, NULL}, {4, 30, OK, 2, NULL}, {5, 6, OK, 0, "01"},
                          {7, 8, OK, 0, "11"});
    all.append[0].ended_us = 40;
    all.append[0].begun_us = 1;
    all.is_in_order = false;
    cr_assert_not(is_wrong(&all), "%s", why);
    all.read[1].shows[1] = false;
    cr_assert(is_wrong(&all));
}
