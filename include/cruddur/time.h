/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Times. In the API a time is an `int64_t`: microseconds since 1970-01-01T00:00:00Z, without leap
 * seconds. In the table a time is text of fixed width, `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`, so that
 * byte order is time order.
 */
#ifndef CRUDDUR_TIME_H
#define CRUDDUR_TIME_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/** The size of a formatted time, with its NUL. */
#define CRUDDUR_TIME_SIZE 33

/** The time of a row whose sort key is not a time. */
#define CRUDDUR_TIME_UNKNOWN INT64_MIN

/**
 * Returns the current time, by the system's real-time clock.
 *
 * @return microseconds since 1970.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API int64_t cruddur_time_now_us(void);

/**
 * Formats a time as the table has it, `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`.
 *
 * @param time_us the time, in the years 1 to 9999.
 * @param buffer  receives the text and its NUL, #CRUDDUR_TIME_SIZE bytes; unchanged on failure.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_NULL_ARGUMENT; #CRUDDUR_E_TIME if the time is outside these
 *         years.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_time_format(int64_t time_us, char *buffer,
                                                                cruddur_error **error);

/**
 * Parses a time in RFC 3339 format, or in a format that Python's `isoformat()` writes. Date and
 * time are separated by `T`, `t` or a space. The fraction has 0 to 9 digits; digits after the
 * microseconds are cut off. The offset is `Z`, `z`, `+HH:MM`, `-HH:MM`, `+HHMM` or `-HHMM`; without
 * one the time is UTC.
 *
 * @param text        the text.
 * @param ret_time_us receives the time.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_NULL_ARGUMENT; #CRUDDUR_E_TIME if the text is not such a time.
 * Threads: any. Since: 0.1. Source: RFC 3339, section 5.6.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_time_parse(const char *text,
                                                               int64_t *ret_time_us,
                                                               cruddur_error **error);

CRUDDUR_END_DECLS

#endif
