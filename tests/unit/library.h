/* SPDX-License-Identifier: MIT */
/* The library's headers with names that Criterion has too: a macro cr_fail and a function cr_log.
 * Included before <criterion/criterion.h>; the calls are written (cr_fail)(…) and library_log(…).
 */
#ifndef TEST_UNIT_LIBRARY_H
#define TEST_UNIT_LIBRARY_H

#define cr_log library_cr_log
#include "base/call.h"
#undef cr_log

/* cr_log() with this text. */
void library_log(const cr_logger *logger, cruddur_log_level level, const char *text);

#endif
