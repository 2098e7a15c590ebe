/* SPDX-License-Identifier: MIT */
/* What the tests of this suite share: a fresh store for each, and short words for talking.
 *
 * The suite uses the public API only and runs on every engine; CRUDDUR_TEST_STORE says which. It
 * looks at the table through the checker alone. */
#ifndef TEST_CONFORMANCE_SUITE_H
#define TEST_CONFORMANCE_SUITE_H

#include "support/check.h"

/* The test's store. It is checked by the last line of each test: test_check(&store). */
extern test_store store;

void suite_begin(void);
void suite_end(void);

/* Sanitizers, valgrind and a busy machine need time. */
#define CONFORMANCE_SUITE(name)                                                                    \
    TestSuite(name, .init = suite_begin, .fini = suite_end, .timeout = 600)

/* The second `s` of a day on which nothing happens but what the tests say; for created_at_us. */
#define AT_SECOND(s) (INT64_C(1577836800000000) + (s)*INT64_C(1000000))

typedef struct group_id {
    char text[CRUDDUR_UUID_SIZE];
} group_id;

/* Opens the direct group of two; `second` as in say_at(). */
group_id open_direct(const cruddur_user *creator, const cruddur_user *other, const char *text);
group_id open_direct_at(const cruddur_user *creator, const cruddur_user *other, const char *text,
                        int64_t created_at_us);

/* Opens a group of `n_members` people: test_user(0), who writes, to test_user(n_members - 1). */
group_id open_large(size_t n_members, const char *name, const char *text);

void say(const cruddur_user *author, const group_id *group, const char *text);
void say_at(const cruddur_user *author, const group_id *group, const char *text,
            int64_t created_at_us);

/* Ann and Bob take turns in their direct group: "m0" at second 0, "m1" at second 1, … */
group_id open_with_messages(size_t count);

/* Opens a group of Ann's with each of test_user(0), test_user(1), …: "g0" at second 0, … */
void open_many(group_id *groups, size_t count);

/* ---- listings ---- */

/* `viewer` and `options` may be NULL; without a viewer the caller is trusted. Free the page.
 * Inboxes are looked at when they have moved. */
cruddur_msg_page *list_messages(const cruddur_user *viewer, const group_id *group,
                                const cruddur_list_options *options);
cruddur_group_page *list_groups(const cruddur_user *user, const cruddur_list_options *options);

/* The defaults but for these three. */
cruddur_list_options list_options(uint32_t limit, uint32_t start, uint32_t order);

/* From the newest on, newest first; and from the oldest on, oldest first. */
cruddur_list_options from_newest(uint32_t limit);
cruddur_list_options from_oldest(uint32_t limit);

/* The texts of all rows, with a space behind each. */
typedef struct texts {
    char all[20000];
} texts;

texts texts_of_messages(const cruddur_msg_page *page);
texts texts_of_groups(const cruddur_group_page *page);

/* "m4 m3 m2 " for (4, 2), "m2 m3 m4 " for (2, 4). */
texts texts_from_to(char letter, int first, int last);

#define expect_messages(page, expected) cr_assert_str_eq(texts_of_messages(page).all, expected)
#define expect_groups(page, expected) cr_assert_str_eq(texts_of_groups(page).all, expected)

#endif
