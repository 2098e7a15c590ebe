/* SPDX-License-Identifier: MIT */
/* Rows that other programs put into the table, or take away, on whatever engine. */
#ifndef TEST_CONFORMANCE_PLANTED_H
#define TEST_CONFORMANCE_PLANTED_H

#include "model/row.h"
#include "suite.h"

/* The values of a row, NULL for those that it has not. */
typedef struct planted {
    const char *value[CR_ATTRIBUTE_COUNT];
} planted;

/* A text that lives as long as the test. */
const char *planted_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The sort key of a second, as in AT_SECOND(). */
const char *planted_key(int64_t second);

void plant(const planted *rows, size_t count);

/* The same in place of the group's row in this partition, before a processor comes by. */
void plant_instead(const char *pk, const char *group, const planted *rows, size_t count);

/* Fails the test unless each row is there as it was planted. */
void expect_planted(const planted *rows, size_t count);

/* Takes away all rows of this partition that have this group (NULL: all), wherever a processor has
 * got to. How many there were. */
size_t uproot(const char *pk, const char *group);

/* Takes the group's card away: so it is as the original application opens groups. */
void uproot_card(const group_id *group);

/* Takes an attribute off all group rows of the group that are in this partition (NULL: in any). */
void strip(const char *pk, const char *group, cr_attribute attribute);

/* The same, with this value in its place. */
void reword(const char *pk, const char *group, cr_attribute attribute, const char *value);

/* The greatest sort key of the partition. */
const char *newest_key(const char *pk);

/* How many group rows the group has, and how many of them are in this partition. */
size_t count_group_rows(const char *group);
size_t count_in(const char *pk, const char *group);

/* The same before a processor comes by; any partition for NULL. */
size_t count_unsettled(const char *pk, const char *group);

/* The table is as it should be, beside `foreign` rows that are not ours. */
void check_beside(size_t foreign);

/* All pages of a list, with every limit up to the number of rows and one more, both ways: what is
 * on them, whether they are full, and whether they tell of more. Rows are called `letter`0 to
 * `letter``last`. */
void walk_messages(const cruddur_user *viewer, const group_id *group, char letter, int last);
void walk_groups(const cruddur_user *user, char letter, int last);

#endif
