/* SPDX-License-Identifier: MIT */
/* Criterion, without those of its names that are also ours. */
#ifndef TESTS_AWS_UNIT_H
#define TESTS_AWS_UNIT_H

#define cr_log criterion_log_function
#include <criterion/criterion.h>
#undef cr_log
#undef cr_fail

#endif
