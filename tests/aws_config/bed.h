/* SPDX-License-Identifier: MIT */
/* A folder of its own and a clean environment for each test. */
#ifndef TESTS_AWS_CONFIG_BED_H
#define TESTS_AWS_CONFIG_BED_H

#include "../aws/unit.h"

#include "aws/config.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Unsets all variables that matter, and sets HOME to a new folder. */
void bed_make(void);
void bed_remove(void);

/* The path of a file below the folder; valid until the test ends. */
const char *bed_path(const char *name);

/* Writes a file below the folder, and the folders that it needs; returns its path. */
const char *bed_write(const char *name, const char *content);

/* Sets a variable; the value is a format. */
void bed_set(const char *variable, const char *format, ...) CR_PRINTF(2, 3);

/* printf into a text that is valid until the test ends. */
const char *bed_text(const char *format, ...) CR_PRINTF(1, 2);

/* "2026-01-31T09:30:00Z", so many seconds from now. */
const char *bed_time(int64_t seconds_ahead);

/* Fails the test unless the error is of this status and its message has all these words in it, up
 * to a NULL; frees it. */
void bed_expect_error(cruddur_status status, cruddur_status expected, cruddur_error **error,
                      const char *const *words);

#define EXPECT_ERROR(status, expected, error, ...)                                                 \
    bed_expect_error(status, expected, error, (const char *const[]){__VA_ARGS__, NULL})

#endif
