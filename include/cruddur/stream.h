/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Processing the table's stream: moves inboxes after messages that were written without doing so.
 *
 * In a store with `mode=stream` an append writes the message alone, and a processor of the table's
 * stream moves the group rows of the members. cruddur_stream_apply() processes one event, from a
 * Lambda trigger, the Streams API or a file. cruddur_stream_follow() (follow.h) fetches the records
 * itself.
 */
#ifndef CRUDDUR_STREAM_H
#define CRUDDUR_STREAM_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** The most groups of one event whose rows are moved at the same time. */
#define CRUDDUR_STREAM_WORKERS_MAX 64

/** Options of cruddur_stream_apply(). Start from #CRUDDUR_STREAM_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_stream_options {
    /** `sizeof (cruddur_stream_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** The number of groups whose rows are moved at the same time, on threads that the call starts:
     * 1 to #CRUDDUR_STREAM_WORKERS_MAX. */
    uint32_t workers;
    /** Must be 0. */
    uint32_t reserved;
} cruddur_stream_options;

/* clang-format off */
/** The defaults: the handle's deadline, one group after the other. */
#define CRUDDUR_STREAM_OPTIONS_INIT {sizeof(cruddur_stream_options), 0, 0, 1, 0}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_STREAM_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_stream_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_stream_options_init(cruddur_stream_options *options, size_t size);

/** The result of processing an event. Immutable; outlives the handle. */
typedef struct cruddur_stream_result cruddur_stream_result;

/**
 * Processes a stream event: moves the group rows of every group that has a new message to the
 * group's newest message.
 *
 * Only inserts and changes of the library's message rows count; all other records are skipped. The
 * rows of a group move once for all its messages in the event, and only forward, to the newest
 * message in the table. A change of a message moves nothing; if the rows are at that message, they
 * get its new text. So records that come again, late or out of order change nothing, and neither do
 * records of a group that no longer exists. Messages never move. If a member's inbox already has
 * another row at the message's sort key, that member's row gets the next free key and names the
 * message in `head_sk`. Any number of processors and writers may work on the table at the same
 * time.
 *
 * A failure does not stop the rest: a record that is not one of this table's stream or lacks the
 * new image, and a group whose rows could not be moved, are listed in the result.
 *
 * @param dm         the store with the stream's table.
 * @param event      the event as JSON: an object with a list `Records`, as a Lambda trigger of
 *                   DynamoDB Streams or GetRecords gives it. It need not end with a NUL.
 * @param event_size the event's size in bytes.
 * @param options    the options; NULL for the defaults.
 * @param ret_result receives the result; free it with cruddur_stream_result_free().
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also if records failed, even all of them; their statuses are in the result.
 *         Or
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, `workers`, or an event that is not JSON, or does
 *           not have exactly one list of records);
 *         - #CRUDDUR_E_STORE_FORKED, #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1. Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon
 * DynamoDB"; Amazon DynamoDB API Reference, GetRecords.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_stream_apply(
    cruddur *dm, const char *event, size_t event_size, const cruddur_stream_options *options,
    cruddur_stream_result **ret_result, cruddur_error **error);

/**
 * Returns the response for the event source: `{"batchItemFailures":[{"itemIdentifier":"…"}]}`, with
 * the sequence number of each record that failed, in the event's order. A record without a sequence
 * number has an empty identifier, which makes the service repeat the whole batch.
 *
 * @param result a result, or NULL.
 * @return text that lives as long as the result; NULL for NULL.
 * Threads: any. Since: 0.1. Source: AWS Lambda Developer Guide, "Reporting batch item failures".
 */
CRUDDUR_API const char *cruddur_stream_result_answer(const cruddur_stream_result *result);

/**
 * Returns the number of records in the event.
 *
 * @param result a result, or NULL.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_record_count(const cruddur_stream_result *result);

/**
 * Returns the number of records that are inserts or changes of message rows.
 *
 * @param result a result, or NULL.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_message_count(const cruddur_stream_result *result);

/**
 * Returns the number of groups that these messages belong to.
 *
 * @param result a result, or NULL.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_group_count(const cruddur_stream_result *result);

/**
 * Returns the number of groups whose rows were moved, or got a new text. The rows of the others
 * were in place already, or could not be moved.
 *
 * @param result a result, or NULL.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_moved_count(const cruddur_stream_result *result);

/**
 * Returns the number of records that failed. For a group whose rows could not be moved, it is the
 * record of the group's newest message.
 *
 * @param result a result, or NULL.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_failure_count(const cruddur_stream_result *result);

/**
 * Returns the position of a record that failed.
 *
 * @param result a result, or NULL.
 * @param index  0 to the number of failures less 1.
 * @return its position in the event, from 0; `SIZE_MAX` beyond the end, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_failure_record(const cruddur_stream_result *result,
                                                        size_t index);

/**
 * Returns the sequence number of a record that failed.
 *
 * @param result a result, or NULL.
 * @param index  0 to the number of failures less 1.
 * @return text that lives as long as the result; empty if the record has none; NULL beyond the end,
 *         and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *
cruddur_stream_result_failure_sequence_number(const cruddur_stream_result *result, size_t index);

/**
 * Returns the reason why a record failed.
 *
 * @param result a result, or NULL.
 * @param index  0 to the number of failures less 1.
 * @return #CRUDDUR_E_INVALID_ARGUMENT for a record that can never be processed; else the status of
 *         moving the group's rows, a read or write status. #CRUDDUR_E_STORE_DAMAGED stands for a
 *         group without a card that has messages but no group rows, or whose rows do not name its
 *         members.
 *         #CRUDDUR_OK beyond the end, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API cruddur_status cruddur_stream_result_failure_status(const cruddur_stream_result *result,
                                                                size_t index);

/**
 * Describes the reason in one line. It contains no message text.
 *
 * @param result a result, or NULL.
 * @param index  0 to the number of failures less 1.
 * @return text that lives as long as the result; NULL beyond the end, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_stream_result_failure_message(const cruddur_stream_result *result,
                                                              size_t index);

/**
 * Frees a result.
 *
 * @param result a result, or NULL.
 * Threads: any; no other thread may be using the result. Since: 0.1.
 */
CRUDDUR_API void cruddur_stream_result_free(cruddur_stream_result *result);

CRUDDUR_END_DECLS

#endif
