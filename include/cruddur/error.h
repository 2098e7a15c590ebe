/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Statuses and error objects.
 *
 * Every call that can fail returns a #cruddur_status, and takes the place for an error object as
 * its last argument. The status is for the program: what to do next. The error is for people: which
 * argument was refused, which file or table, and what the system or the service said about it.
 *
 * The place for the error may be NULL. It is written on failure only, and the `ret_…` outputs on
 * success only. There is no per-thread or global error, and the library never aborts.
 */
#ifndef CRUDDUR_ERROR_H
#define CRUDDUR_ERROR_H

#include <stdbool.h>

#include <cruddur/api.h>

CRUDDUR_BEGIN_DECLS

/**
 * All statuses: X(NAME, value, text). Values and names are stable. Later versions may add statuses:
 * treat one that you do not know as a failure.
 */
#define CRUDDUR_STATUS_MAP(X)                                                                      \
    X(OK, 0, "success")                                                                            \
    /* This process and its machine. */                                                            \
    X(E_NO_MEMORY, 1, "out of memory")                                                             \
    X(E_INTERNAL, 2, "internal error")                                                             \
    X(E_NO_DESCRIPTORS, 3, "too many open files")                                                  \
    /* The arguments. Nothing was read or written. */                                              \
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
    X(E_UUID_TIME, 29, "the message uuid was made too long ago or in the future")                  \
    X(E_DATA_TOO_LONG, 30, "the data has more than 4096 bytes")                                    \
    X(E_REACTION, 31, "a reaction is one visible character")                                       \
    X(E_ENGINE_DISABLED, 32, "the library was built without this engine")                          \
    /* The answer to a valid request. To a caller who is not a member a group does not exist;      \
     * E_NOT_A_MEMBER is about another person. */                                                  \
    X(E_GROUP_NOT_FOUND, 40, "group not found")                                                    \
    X(E_NOT_A_MEMBER, 41, "not a member of the group")                                             \
    X(E_GROUP_EXISTS, 42, "the group exists with other members")                                   \
    X(E_CONFLICT, 43, "too many conflicting writes")                                               \
    X(E_MESSAGE_GONE, 44, "the message was stored, and has been removed since")                    \
    X(E_FOREIGN_WRITER, 45, "another program writes to the group")                                 \
    X(E_MESSAGE_NOT_FOUND, 46, "message not found")                                                \
    X(E_MESSAGE_TIME, 47, "the message cannot be found without its time")                          \
    X(E_NOT_THE_AUTHOR, 48, "only its author may change the message")                              \
    X(E_MESSAGE_DELETED, 49, "the message was deleted")                                            \
    X(E_VERSION, 50, "the message has been changed since")                                         \
    X(E_REACTION_COUNT, 51, "the message has 20 kinds of reactions")                               \
    X(E_GROUP_DIRECT, 52, "a direct group has exactly its two members, and no name")               \
    X(E_GROUP_NOT_DIRECT, 53, "only a direct group can be blocked")                                \
    X(E_BLOCKED, 54, "one of the two blocks the direct group")                                     \
    X(E_MEMBER_LAST, 55, "a group keeps two members")                                              \
    X(E_NEEDS_TRANSACTIONS, 56, "the store is written in steps, and this needs transactions")      \
    X(E_CLOSED, 57, "the group is closed")                                                         \
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
    X(E_CANCELLED, 72, "the call was cancelled")                                                   \
    X(E_STORE_FENCED, 73, "the store has been moved, and takes no more writes")                    \
    X(E_EXPORT_DAMAGED, 74, "the export was cut short or altered")                                 \
    X(E_QUEUE_FULL, 75, "too many requests are in flight")                                         \
    X(E_CLOSING, 76, "the handle takes no more requests")                                          \
    X(E_REQUEST_DONE, 77, "the request has completed already")                                     \
    X(E_WATCH_BUSY, 78, "another thread is in a call on the watch")                                \
    X(E_MOVE_BEHIND, 79, "the source changes faster than the move can follow")                     \
    /* The service behind the store. */                                                            \
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

/**
 * The result of a call.
 *
 * The comment of each function names the statuses that are particular to it. For the rest it refers
 * to the following two lists.
 *
 * ### Read statuses
 *
 * Any call on an open store can return these.
 *
 * On every engine:
 * - #CRUDDUR_E_NO_MEMORY: memory ran out.
 * - #CRUDDUR_E_NO_DESCRIPTORS: the process or the system has no file descriptor left, for a file or
 *   for a connection.
 * - #CRUDDUR_E_TIMEOUT: the deadline passed.
 * - #CRUDDUR_E_CANCELLED: the caller's function ended an export or import, another call cancelled
 *   or ended the move, or the call was submitted and the request cancelled.
 * - #CRUDDUR_E_STORE_DAMAGED: the file is damaged, its tables are not the library's, or the rows
 *   of a group contradict each other.
 * - #CRUDDUR_E_STORE_FORKED: the parent of this process opened the handle; see #cruddur.
 * - #CRUDDUR_E_INTERNAL: the system refused a thread, a lock or random bytes, or a library below
 *   failed in a way that has no status of its own.
 *
 * On SQLite:
 * - #CRUDDUR_E_STORE_LOCKED: another process held the file's lock until the deadline.
 * - #CRUDDUR_E_STORE_ACCESS: the file cannot be opened, for want of a permission. Readers open it
 *   when they are needed, also long after cruddur_open().
 * - #CRUDDUR_E_STORE_READ_ONLY: the file or its folder cannot be written, which readers need
 *   too.
 * - #CRUDDUR_E_STORE_FOREIGN: the file is not an SQLite database.
 * - #CRUDDUR_E_STORE_IO: the system could not read or write the file.
 * - #CRUDDUR_E_STORE_FULL: no space is left for the log or the shared memory, which readers need,
 *   too.
 * - #CRUDDUR_E_STORE_REPLACED: the file, its log or its shared memory was removed, renamed or
 *   replaced while it was open. Close the handle and open the store again.
 *
 * On DynamoDB:
 * - #CRUDDUR_E_NETWORK: the service could not be reached, or the connection broke, in the TLS
 *   handshake or later.
 * - #CRUDDUR_E_TLS: the service's certificate cannot be verified.
 * - #CRUDDUR_E_PROTOCOL: the response is not one of DynamoDB. Is the endpoint right?
 * - #CRUDDUR_E_CREDENTIALS: no source has credentials, or the service does not accept them.
 * - #CRUDDUR_E_ACCESS_DENIED: the credentials do not permit the request.
 * - #CRUDDUR_E_THROTTLED: the table's or the account's capacity was exceeded, until the
 *   deadline.
 * - #CRUDDUR_E_SERVICE: the service failed.
 * - #CRUDDUR_E_TABLE_MISSING: the table does not exist; cruddur_schema_load() creates it.
 * - #CRUDDUR_E_TABLE_SHAPE: the table or its index lacks the keys that the library needs;
 *   cruddur_schema_verify() lists the differences.
 * - #CRUDDUR_E_CONFIG: a setting that is needed for the credentials is invalid, or the service
 *   lacks what the store's mode needs.
 * - #CRUDDUR_E_REFUSED: the service refused the request for another reason, which the message
 *   gives.
 * - #CRUDDUR_E_CONFLICT: the rows of a group changed again and again while they were read, until
 *   the deadline.
 *
 * ### Write statuses
 *
 * A call that writes can return the read statuses, and:
 * - #CRUDDUR_E_CONFLICT: other writers changed the same rows again and again, until the
 *   deadline.
 * - #CRUDDUR_E_STORE_FULL: the disk is full.
 * - #CRUDDUR_E_STORE_FENCED: the store was moved to another one (cruddur_move()), which is to be
 *   used from now on. A call that has nothing to write succeeds.
 * - #CRUDDUR_E_ITEM_TOO_LARGE: on DynamoDB, a row would exceed 400 KB, or a change 4 MB.
 * - #CRUDDUR_E_INVALID_ARGUMENT: on SQLite, a row would exceed SQLite's limit.
 *
 * ### Submission statuses
 *
 * A call that submits another one (submit.h) can return these, and what the other returns for its
 * arguments:
 * - #CRUDDUR_E_QUEUE_FULL: as many requests are in flight as the handle takes; receive completions,
 *   then submit again.
 * - #CRUDDUR_E_CLOSING: cruddur_shutdown() was called.
 * - #CRUDDUR_E_NULL_ARGUMENT: `dm` is NULL.
 * - #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_INVALID_ARGUMENT: of the #cruddur_submit_options.
 * - #CRUDDUR_E_NO_MEMORY: memory ran out.
 * - #CRUDDUR_E_STORE_FORKED: the parent of this process opened the handle; see #cruddur.
 * - #CRUDDUR_E_INTERNAL: the system refused a thread or a lock.
 */
typedef enum cruddur_status {
#define CRUDDUR_STATUS_ENUM(name, value, text) CRUDDUR_##name = value,
    CRUDDUR_STATUS_MAP(CRUDDUR_STATUS_ENUM)
#undef CRUDDUR_STATUS_ENUM
} cruddur_status;

/** A failure in detail. Immutable; may be used and freed on any thread. */
typedef struct cruddur_error cruddur_error;

/**
 * Returns the name of a status without its prefix, for example "E_TEXT_BLANK": for logs and
 * protocols, since names never change.
 *
 * @param status any value.
 * @return a string that lives as long as the library; "E_UNKNOWN" for an unknown value.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_status_name(cruddur_status status);

/**
 * Returns a short description of a status, for people who have no error object at hand.
 *
 * @param status any value.
 * @return a string that lives as long as the library. The wording may change.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_status_text(cruddur_status status);

/**
 * Tells whether the same call may succeed later although nothing is repaired, by the status alone.
 * cruddur_error_is_retryable() knows more: prefer it if there is an error object.
 *
 * @param status any value.
 * @return true for #CRUDDUR_E_NO_DESCRIPTORS, #CRUDDUR_E_CONFLICT, #CRUDDUR_E_TIMEOUT,
 *         #CRUDDUR_E_STORE_LOCKED, #CRUDDUR_E_QUEUE_FULL, #CRUDDUR_E_NETWORK, #CRUDDUR_E_THROTTLED
 *         and #CRUDDUR_E_SERVICE.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_status_is_retryable(cruddur_status status);

/**
 * Returns the status of an error.
 *
 * @param error an error, or NULL.
 * @return the status that the call returned; #CRUDDUR_OK for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API cruddur_status cruddur_error_status(const cruddur_error *error);

/**
 * Describes an error in one line, for a log or a person. The line names the argument and the rule
 * that it breaks, or the file or table and what the system or the service reported. It contains no
 * message text and no secret.
 *
 * @param error an error, or NULL.
 * @return a string that lives as long as the error; the text of #CRUDDUR_OK for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_error_message(const cruddur_error *error);

/**
 * Returns the name of the argument that was refused, for example "text" or "options.limit", so that
 * a program can mark the field of a form.
 *
 * @param error an error, or NULL.
 * @return a string that lives as long as the library; NULL if no argument was refused.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_error_argument(const cruddur_error *error);

/**
 * Tells whether the same call may succeed later although nothing is repaired. The error knows more
 * than the status: a response that is not the service's, credentials whose source had trouble, and
 * a table that is still being created may pass, although other failures of these statuses do not
 * (docs/reliability.md). A program that retries should pause between its attempts, with a random
 * part (examples/threads.c): the library itself has already retried until the deadline.
 *
 * @param error an error, or NULL.
 * @return true if a retry may help; false for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_error_is_retryable(const cruddur_error *error);

/**
 * Tells whether a write may have been applied although the call failed, because the library could
 * not find out. Repeat such a call with the same `message_uuid`: the message is stored once.
 *
 * @param error an error, or NULL.
 * @return false if the call certainly changed nothing, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API bool cruddur_error_outcome_unknown(const cruddur_error *error);

/**
 * Returns the id that the service gave the request that failed. The service's support asks for it.
 *
 * @param error an error, or NULL.
 * @return a string that lives as long as the error; NULL if there is none.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_error_request_id(const cruddur_error *error);

/**
 * Frees an error.
 *
 * @param error an error that a call returned, or NULL.
 * Threads: any; no other thread may be using the error. Since: 0.1.
 */
CRUDDUR_API void cruddur_error_free(cruddur_error *error);

CRUDDUR_END_DECLS

#endif
