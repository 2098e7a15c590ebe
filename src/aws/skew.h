/* SPDX-License-Identifier: MIT */
/* Clocks that disagree: a service refuses signatures that are more than some minutes off its own
 * time, and tells that time in every answer. */
#ifndef CR_AWS_SKEW_H
#define CR_AWS_SKEW_H

#include "aws/http.h"

/* Reads a time of the form `Sun, 06 Nov 1994 08:49:37 GMT`. */
bool cr_http_date_parse(cr_str text, int64_t *time_us);

/* How far the service's clock is ahead of ours, as far as an answer tells. False where it cannot:
 * no date, one that a cache may have kept, or an exchange so slow that it tells nothing. */
bool cr_skew_measure(const cr_http_response *response, int64_t *offset_us);

/* Whether a refusal under this code may be the clock's fault. */
bool cr_skew_is_suspect(cr_str code);

/* Whether the two offsets differ so much that a signature accepted under one may be refused under
 * the other. */
bool cr_skew_matters(int64_t used_us, int64_t measured_us);

#endif
