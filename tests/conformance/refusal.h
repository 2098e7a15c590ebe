/* SPDX-License-Identifier: MIT */
/* Calls that must be refused: with this status, blaming this argument, and with every output as it
 * was. Each is made twice, the second time without a place for the error. */
#ifndef TEST_CONFORMANCE_REFUSAL_H
#define TEST_CONFORMANCE_REFUSAL_H

#include "suite.h"

/* Makes the store, opens the direct group of Ann and Bob (m0, m1, m2), and notes the whole table;
 * the group and the note are below. */
void refusals_begin(void);

extern group_id refusal_group;

/* Fails the test if anything was written since. The last line of each test. */
void refusals_end(void);

#define REFUSAL_SUITE(name)                                                                        \
    TestSuite(name, .init = refusals_begin, .fini = suite_end, .timeout = 600)

/* The functions below give what is wrong, or NULL: refused(append(…)). */
#define refused(attempt)                                                                           \
    do {                                                                                           \
        const char *wrong_ = attempt;                                                              \
        cr_assert(wrong_ == NULL, "%s: %s", #attempt, wrong_);                                     \
    } while (0)

const char *try_open(cruddur_status expected, const char *argument, const char *url,
                     const cruddur_options *options);
const char *try_append(cruddur_status expected, const char *argument, const cruddur_user *author,
                       const char *group, const char *text, const cruddur_append_options *options);
const char *try_create(cruddur_status expected, const char *argument, const cruddur_user *creator,
                       const cruddur_user *others, size_t n_others, const char *text,
                       const cruddur_create_options *options);
const char *try_messages(cruddur_status expected, const char *argument, const char *viewer,
                         const char *group, const cruddur_list_options *options);
const char *try_groups(cruddur_status expected, const char *argument, const char *user,
                       const cruddur_list_options *options);
const char *try_get(cruddur_status expected, const char *argument, const char *viewer,
                    const char *group, const cruddur_get_options *options);
const char *try_members(cruddur_status expected, const char *argument, const char *viewer,
                        const char *group, const cruddur_members_options *options);
const char *try_scan(cruddur_status expected, const char *argument,
                     const cruddur_scan_options *options);

#endif
