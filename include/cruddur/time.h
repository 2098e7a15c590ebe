/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Times. In the API a time is an `int64_t`: microseconds since 1970-01-01T00:00:00Z, leap seconds
 * not counted. In the table it is text of fixed width, `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`, so that
 * the order of the bytes is the order of the times.
 */
#ifndef CRUDDUR_TIME_H
#define CRUDDUR_TIME_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/** Bytes that a formatted time takes, with its NUL. */
#define CRUDDUR_TIME_SIZE 33

/** Stands where a row's sort key cannot be read as a time. */
#define CRUDDUR_TIME_UNKNOWN INT64_MIN

/**
 * The present.
 *
 * @return microseconds since the epoch, by the system's real-time clock.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API int64_t cruddur_time_now_us(void);

/**
 * Writes a time as `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`.
 *
 * @param time_us microseconds since the epoch, in the years 1 to 9999.
 * @param buffer  #CRUDDUR_TIME_SIZE bytes that receive the text and its NUL; as it was on failure.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, #CRUDDUR_E_TIME, #CRUDDUR_E_NULL_ARGUMENT.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_time_format(int64_t time_us, char *buffer,
                                                                cruddur_error **error);

/**
 * Reads a time: RFC 3339, and the forms that Python's `isoformat()` writes. Between date and time
 * stands `T`, `t` or a space; the fraction has 0 to 9 digits (what is finer than a microsecond is
 * cut off); the offset is `Z`, `z`, `+HH:MM`, `-HH:MM`, `+HHMM`, `-HHMM`, or missing, which means
 * UTC.
 *
 * @param text        the text, NUL-terminated.
 * @param ret_time_us receives microseconds since the epoch.
 * @param error       receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, #CRUDDUR_E_TIME, #CRUDDUR_E_NULL_ARGUMENT.
 * Threads: any. Since: 0.1. Source: RFC 3339, section 5.6.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_time_parse(const char *text,
                                                               int64_t *ret_time_us,
                                                               cruddur_error **error);

CRUDDUR_END_DECLS

#endif
