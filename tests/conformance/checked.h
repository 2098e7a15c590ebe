/* SPDX-License-Identifier: MIT */
/* Checking the test's store, and what the check tells. */
#ifndef TEST_CONFORMANCE_CHECKED_H
#define TEST_CONFORMANCE_CHECKED_H

#include "suite.h"

typedef struct told {
    char kinds[4000]; /* names, each with a space behind it; a + in front of what was repaired */
    cruddur_check_event last;
    char cursor[512]; /* the latest; empty at the end */
    char group[CRUDDUR_UUID_SIZE];
    char user[CRUDDUR_UUID_SIZE];
    size_t parts;
    size_t parts_wanted; /* 0: all */
} told;

/* `options` gets an observer. */
told check_some(cruddur_check_options *options, size_t parts_wanted);
told check_with(cruddur_check_options *options);
told check_table(uint32_t flags);

#define expect_found(flags, expected)                                                              \
    do {                                                                                           \
        told heard_ = check_table(flags);                                                          \
        cr_assert_str_eq(heard_.kinds, expected);                                                  \
        cr_assert_str_eq(heard_.cursor, "");                                                       \
    } while (0)

#endif
