/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Uuids as text of 36 characters. Calls accept uuids of any version, in upper or lower case. They
 * store and return them in lower case.
 */
#ifndef CRUDDUR_UUID_H
#define CRUDDUR_UUID_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/** The size of a uuid's text, with its NUL. */
#define CRUDDUR_UUID_SIZE 37

/**
 * Makes a random uuid, version 4: for a new person or group.
 *
 * @param buffer receives the text and its NUL, #CRUDDUR_UUID_SIZE bytes; unchanged on failure.
 * @param error  receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_NULL_ARGUMENT; #CRUDDUR_E_INTERNAL if the system gave no random
 *         bytes.
 * Threads: any. Since: 0.1. Source: RFC 9562, section 5.4.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_uuid_v4(char *buffer, cruddur_error **error);

/**
 * Makes a uuid of version 5: the same namespace and name always give the same uuid. Useful for
 * imports, which can then run again without storing anything twice.
 *
 * @param namespace_uuid the namespace.
 * @param name           the name; any bytes but NUL.
 * @param buffer         receives the text and its NUL, #CRUDDUR_UUID_SIZE bytes; unchanged on
 *                       failure.
 * @param error          receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_NULL_ARGUMENT; #CRUDDUR_E_UUID if the namespace is not a uuid;
 *         #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1. Source: RFC 9562, section 5.5.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_uuid_v5(const char *namespace_uuid,
                                                            const char *name, char *buffer,
                                                            cruddur_error **error);

/**
 * Makes a uuid that sorts by its time, version 7. Make one when a draft is written, keep it with
 * the draft, and pass it as the message's uuid: however often the send is repeated, the message is
 * stored once. The resolution is a microsecond.
 *
 * @param time_us the time, from 1970 on: usually cruddur_time_now_us().
 * @param buffer  receives the text and its NUL, #CRUDDUR_UUID_SIZE bytes; unchanged on failure.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_NULL_ARGUMENT; #CRUDDUR_E_TIME if the time is before 1970 or
 *         after 9999; #CRUDDUR_E_INTERNAL if the system gave no random bytes.
 * Threads: any. Since: 0.1. Source: RFC 9562, sections 5.7 and 6.2 (method 3).
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_uuid_v7(int64_t time_us, char *buffer,
                                                            cruddur_error **error);

/**
 * Tells whether text is a uuid, 8-4-4-4-12 hexadecimal digits with hyphens: for checking a form
 * before a call.
 *
 * @param text the text, or NULL.
 * @return true for a uuid of any version, in upper or lower case.
 * Threads: any. Since: 0.1. Source: RFC 9562, section 4.
 */
CRUDDUR_API bool cruddur_uuid_is_valid(const char *text);

CRUDDUR_END_DECLS

#endif
