/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Uuids, as text of 36 characters. Where a call takes a uuid, any version is accepted, in upper or
 * lower case; it is kept and returned in lower case.
 */
#ifndef CRUDDUR_UUID_H
#define CRUDDUR_UUID_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/** Bytes that a uuid's text takes, with its NUL. */
#define CRUDDUR_UUID_SIZE 37

/**
 * Makes a random uuid, version 4.
 *
 * @param buffer #CRUDDUR_UUID_SIZE bytes that receive the text and its NUL; as it was on failure.
 * @param error  receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, #CRUDDUR_E_INTERNAL (the system gave no random bytes),
 *         #CRUDDUR_E_NULL_ARGUMENT.
 * Threads: any. Since: 0.1. Source: RFC 9562, section 5.4.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_uuid_v4(char *buffer, cruddur_error **error);

/**
 * Makes a uuid of version 5: the same namespace and name always give the same uuid.
 *
 * @param namespace_uuid the namespace.
 * @param name           the name, NUL-terminated, any bytes.
 * @param buffer #CRUDDUR_UUID_SIZE bytes that receive the text and its NUL; as it was on failure.
 * @param error  receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, #CRUDDUR_E_UUID, #CRUDDUR_E_NO_MEMORY, #CRUDDUR_E_NULL_ARGUMENT.
 * Threads: any. Since: 0.1. Source: RFC 9562, section 5.5.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_uuid_v5(const char *namespace_uuid,
                                                            const char *name, char *buffer,
                                                            cruddur_error **error);

/**
 * Makes a uuid that sorts by its time, version 7, with a part of the millisecond in its second
 * field. Make one for a draft, keep it with the draft, and send it as the message's uuid: however
 * often the send is repeated, the message is stored once.
 *
 * @param time_us microseconds since the epoch, from 1970 on: usually cruddur_time_now_us().
 * @param buffer #CRUDDUR_UUID_SIZE bytes that receive the text and its NUL; as it was on failure.
 * @param error  receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, #CRUDDUR_E_TIME, #CRUDDUR_E_INTERNAL, #CRUDDUR_E_NULL_ARGUMENT.
 * Threads: any. Since: 0.1. Source: RFC 9562, sections 5.7 and 6.2 (method 3).
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_uuid_v7(int64_t time_us, char *buffer,
                                                            cruddur_error **error);

/**
 * Tells whether text is a uuid: 8-4-4-4-12 hexadecimal digits with hyphens.
 *
 * @param text NUL-terminated, or NULL.
 * @return true for a uuid of any version.
 * Threads: any. Since: 0.1. Source: RFC 9562, section 4.
 */
CRUDDUR_API bool cruddur_uuid_is_valid(const char *text);

CRUDDUR_END_DECLS

#endif
