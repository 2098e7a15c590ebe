/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Statuses and error objects.
 *
 * Every call that can fail returns a #cruddur_status and takes, as its last argument, the place
 * for an error object. The place may be NULL; the status alone then tells what happened. On
 * failure no `ret_…` output is written. On success the place is left as it was.
 *
 * There is no per-thread or global error, and nothing aborts.
 */
#ifndef CRUDDUR_ERROR_H
#define CRUDDUR_ERROR_H

#include <stdbool.h>

#include <cruddur/api.h>

CRUDDUR_BEGIN_DECLS

/**
 * Every status: X(NAME, value, text). Values are stable; later versions add more, so callers must
 * cope with a status that they do not know (treat it as a failure).
 */
#define CRUDDUR_STATUS_MAP(X)                                                                      \
    X(OK, 0, "success")                                                                            \
    /* The machine. */                                                                             \
    X(E_NO_MEMORY, 1, "out of memory")                                                             \
    X(E_INTERNAL, 2, "internal error")                                                             \
    /* The arguments: nothing was read or written. */                                              \
    X(E_NULL_ARGUMENT, 10, "a required argument is NULL")                                          \
    X(E_INVALID_ARGUMENT, 11, "invalid argument")                                                  \
    X(E_STRUCT_SIZE, 12, "the size field of a struct is wrong")                                    \
    X(E_TEXT_BLANK, 13, "the text has no visible character")                                       \
    X(E_TEXT_TOO_LONG, 14, "the text is too long")                                                 \
    X(E_NOT_UTF8, 15, "invalid UTF-8")                                                             \
    X(E_UUID, 16, "invalid uuid")                                                                  \
    X(E_NAME_TOO_LONG, 17, "the name is too long")                                                 \
    X(E_NAME_CHARACTER, 18, "the name has a control character, or no visible one")                 \
    X(E_MEMBER_COUNT, 19, "a group has 2 to 49 members")                                           \
    X(E_MEMBER_TWICE, 20, "a member is listed twice")                                              \
    X(E_MEMBER_SELF, 21, "a user cannot send a message to themselves")                             \
    X(E_LIMIT, 22, "a page has 1 to 1000 rows")                                                    \
    X(E_CURSOR_DAMAGED, 23, "the cursor is damaged")                                               \
    X(E_CURSOR_FOREIGN, 24, "the cursor belongs to another list")                                  \
    X(E_TIME, 25, "the time is outside the years 1 to 9999")                                       \
    X(E_TIME_RANGE, 26, "since must be before until")                                              \
    X(E_URL_SCHEME, 27, "unknown store URL scheme")                                                \
    X(E_URL_PARAMETER, 28, "invalid store URL parameter")                                          \
    /* The data: the question was understood, and this is the answer. */                           \
    X(E_GROUP_NOT_FOUND, 40, "group not found")                                                    \
    X(E_NOT_A_MEMBER, 41, "not a member of the group")                                             \
    X(E_GROUP_EXISTS, 42, "the group exists with other members")                                   \
    X(E_CONFLICT, 43, "too many conflicting writes")                                               \
    /* The store. */                                                                               \
    X(E_TIMEOUT, 60, "deadline exceeded")                                                          \
    X(E_STORE_LOCKED, 61, "the store is locked by another process")                                \
    X(E_STORE_MISSING, 62, "the store does not exist")                                             \
    X(E_STORE_ACCESS, 63, "the store cannot be opened")                                            \
    X(E_STORE_READ_ONLY, 64, "the store is read-only")                                             \
    X(E_STORE_FULL, 65, "no space left for the store")                                             \
    X(E_STORE_FOREIGN, 66, "the file is not a cruddur store")                                      \
    X(E_STORE_NEWER, 67, "the store was written by a newer version of the library")                \
    X(E_STORE_DAMAGED, 68, "the store is damaged")                                                 \
    X(E_STORE_IO, 69, "input/output error")                                                        \
    X(E_STORE_FORKED, 70, "the process was forked while a store was in use")                       \
    X(E_STORE_REPLACED, 71, "the store's file was removed, renamed or replaced")                   \
    /* The service, of a store that is one. */                                                     \
    X(E_NETWORK, 80, "the service could not be reached")                                           \
    X(E_TLS, 81, "TLS verification failed")                                                        \
    X(E_PROTOCOL, 82, "the service returned an invalid response")                                  \
    X(E_CREDENTIALS, 83, "no valid credentials")                                                   \
    X(E_ACCESS_DENIED, 84, "access denied by the service")                                         \
    X(E_THROTTLED, 85, "rate limit exceeded")                                                      \
    X(E_SERVICE, 86, "internal error of the service")                                              \
    X(E_TABLE_MISSING, 87, "the table does not exist")                                             \
    X(E_TABLE_SHAPE, 88, "the table or its index has the wrong schema")                            \
    X(E_ITEM_TOO_LARGE, 89, "the item is too large for the service")                               \
    X(E_CONFIG, 90, "invalid configuration")                                                       \
    X(E_REFUSED, 91, "the service refused the request")

/** What a call came to. */
typedef enum cruddur_status {
#define CRUDDUR_STATUS_ENUM(name, value, text) CRUDDUR_##name = value,
    CRUDDUR_STATUS_MAP(CRUDDUR_STATUS_ENUM)
#undef CRUDDUR_STATUS_ENUM
} cruddur_status;

/** A failure in detail. Immutable; may move between threads. */
typedef struct cruddur_error cruddur_error;

/**
 * The constant's name without its prefix, for example "E_TEXT_BLANK": stable, for programs.
 *
 * @param status any value.
 * @return a string that lives as long as the library; "E_UNKNOWN" for a value not in the list.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_status_name(cruddur_status status);

/**
 * What the status means in a few words, for people.
 *
 * @param status any value.
 * @return a string that lives as long as the library.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_status_text(cruddur_status status);

/**
 * Tells whether the same call may succeed later without anything being changed by hand, for most
 * failures of a status. Ask cruddur_error_is_retryable() instead if there is an error object.
 *
 * @param status any value.
 * @return true for a deadline, a lock, a conflict, the network, a rate limit, and a service that
 *         failed.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_status_is_retryable(cruddur_status status);

/**
 * The status that came with the error.
 *
 * @param error an error, or NULL.
 * @return its status; #CRUDDUR_OK for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API cruddur_status cruddur_error_status(const cruddur_error *error);

/**
 * One line for a log or a person: `outer: inner`, naming the argument and the rule that it breaks,
 * or the file and what the system said of it. It never has message text or a secret in it.
 *
 * @param error an error, or NULL.
 * @return a string that lives as long as the error; the text of #CRUDDUR_OK for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_error_message(const cruddur_error *error);

/**
 * The argument that was refused, for example "text" or "options.limit".
 *
 * @param error an error, or NULL.
 * @return a string that lives as long as the error; NULL when no argument is to blame.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_error_argument(const cruddur_error *error);

/**
 * Tells whether the same call may succeed later without anything being changed by hand. It knows
 * more than the status: a response that is not the service's, credentials whose source had trouble,
 * and a table that is still being made may pass, where other failures of these statuses do not. See
 * docs/reliability.md.
 *
 * @param error an error, or NULL.
 * @return false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_error_is_retryable(const cruddur_error *error);

/**
 * Tells whether the write may have been applied although the call failed: the library could not
 * find out. Repeat the call with the same `message_uuid` to be sure; it stores nothing twice.
 *
 * @param error an error, or NULL.
 * @return false when the store certainly is as it was, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_error_outcome_unknown(const cruddur_error *error);

/**
 * The service's name for the request that failed, for those who run the service.
 *
 * @param error an error, or NULL.
 * @return a string that lives as long as the error; NULL when no service is to blame, or it gave
 *         none.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_error_request_id(const cruddur_error *error);

/**
 * Frees an error.
 *
 * @param error an error that a call returned, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_error_free(cruddur_error *error);

CRUDDUR_END_DECLS

#endif
