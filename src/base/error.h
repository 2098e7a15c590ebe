/* SPDX-License-Identifier: MIT */
/* Making error objects. Every function takes the caller's place for the error, which may be NULL
 * and is not read, and returns the status, so that a failure reads `return cr_fail_with(error, …)`.
 */
#ifndef CR_BASE_ERROR_H
#define CR_BASE_ERROR_H

#include <cruddur/error.h>

#if defined(__GNUC__)
#define CR_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CR_PRINTF(text, first)
#endif

/* Describes a failure. */
cruddur_status cr_fail_with(cruddur_error **error, cruddur_status status, const char *format, ...)
    CR_PRINTF(3, 4);

/* Describes a refused argument, for which the message says which rule it breaks. */
cruddur_status cr_fail_argument(cruddur_error **error, cruddur_status status, const char *argument,
                                const char *format, ...) CR_PRINTF(4, 5);

/* Describes what the system refused: `format`, and in words why. `number` is an errno. */
cruddur_status cr_fail_system(cruddur_error **error, cruddur_status status, int number,
                              const char *format, ...) CR_PRINTF(4, 5);

/* The status of an errno that the process' or the system's resources are the reason of, whatever
 * was being done: no descriptor, no memory. Any other gets `otherwise`. */
cruddur_status cr_status_of_errno(int number, cruddur_status otherwise);

/* The status of an errno that came of a file of a store: no space is one of them. */
cruddur_status cr_status_of_store_errno(int number, cruddur_status otherwise);

/* Says that an argument is NULL and must not be. */
cruddur_status cr_fail_null(cruddur_error **error, const char *argument);

/* Says that memory ran out; needs none itself. */
cruddur_status cr_fail_memory(cruddur_error **error);

/* Drops an error of ours, when the failure turned out not to be one, or another is to be told. */
void cr_error_discard(cruddur_error **error);

/* Marks the error that is in the place: the write may have been applied. */
void cr_error_set_outcome_unknown(cruddur_error **error);

/* Says whether the same call may succeed later, where this failure is not like most of its status.
 */
void cr_error_set_retryable(cruddur_error **error, bool is_retryable);

/* Notes the service's name for the request; an empty one counts as none. */
void cr_error_set_request_id(cruddur_error *error, const char *request_id);

/* Puts `outer: ` in front of the message. */
void cr_error_wrap(cruddur_error *error, const char *outer);

#endif
