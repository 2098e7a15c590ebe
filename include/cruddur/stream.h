/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The table's stream: moving group rows behind messages that were written without moving them.
 *
 * Where a store is opened with `mode=stream`, an append writes the message alone, and whoever
 * processes the table's stream moves the group rows. cruddur_stream_apply() is that processor's
 * work on one event, however the event came: from a Lambda trigger, from the Streams API, from a
 * file. cruddur_stream_follow() fetches the events itself.
 */
#ifndef CRUDDUR_STREAM_H
#define CRUDDUR_STREAM_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** The most groups of one event whose rows are moved at the same time. */
#define CRUDDUR_STREAM_WORKERS_MAX 64

/** How to apply an event. Start from #CRUDDUR_STREAM_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_stream_options {
    /** `sizeof (cruddur_stream_options)`. */
    size_t size;
    /** Zero: no bit has a meaning yet. */
    uint32_t flags;
    /** This call's deadline in milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** How many groups are moved at the same time, on threads of the call's own: 1 to
     * #CRUDDUR_STREAM_WORKERS_MAX. */
    uint32_t workers;
    /** Zero. */
    uint32_t reserved;
} cruddur_stream_options;

/* clang-format off */
/** The defaults: the handle's deadline, one group after the other. */
#define CRUDDUR_STREAM_OPTIONS_INIT {sizeof(cruddur_stream_options), 0, 0, 1, 0}
/* clang-format on */

/**
 * The same as #CRUDDUR_STREAM_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_stream_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_stream_options_init(cruddur_stream_options *options, size_t size);

/** What came of an event. Immutable; outlives the handle; may move between threads. */
typedef struct cruddur_stream_result cruddur_stream_result;

/**
 * Applies the records of a stream event: moves the group rows of every group that has a new
 * message to the group's newest message.
 *
 * Records other than inserts of message rows are passed over. Of several messages of one group only
 * the newest counts, and the group's rows move in one change. They move forward only, and to the
 * newest message that the table has: records that come again, late, or in another order change
 * nothing, nor do those of a group that is no longer there. Where another group of a member has
 * that message's sort key, the message moves on to a free one, with the rows. Any number of
 * processors and writers may be at work on the table at the same time.
 *
 * Records of rows that are not messages of the library are passed over. A record that cannot be one
 * of this table's stream, or that lacks the new image, and a group whose rows could not be moved,
 * do not hide the others: they are in the result's list of failures, and in its answer.
 *
 * @param dm         the store with the stream's table.
 * @param event      the event as JSON, UTF-8: an object with a list `Records`, as a Lambda trigger
 *                   of DynamoDB Streams and GetRecords have it. It need not end with a NUL.
 * @param event_size its bytes.
 * @param options    how; NULL for the defaults.
 * @param ret_result receives what came of it; free it with cruddur_stream_result_free().
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also when some records failed, be it all of them for the deadline;
 *         #CRUDDUR_E_INVALID_ARGUMENT for an event that is not JSON, or has no list of records, or
 *         two, and for an option out of its range; #CRUDDUR_E_STRUCT_SIZE,
 *         #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1. Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon
 * DynamoDB"; Amazon DynamoDB API Reference, GetRecords.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_stream_apply(
    cruddur *dm, const char *event, size_t event_size, const cruddur_stream_options *options,
    cruddur_stream_result **ret_result, cruddur_error **error);

/**
 * The answer for the event source: `{"batchItemFailures":[{"itemIdentifier":"…"}]}`, with the
 * sequence number of each record that failed, in the event's order. A record without one has an
 * empty identifier, at which the service takes the whole batch for failed.
 *
 * @param result a result.
 * @return text that lives as long as the result; NULL for NULL.
 * Threads: any. Since: 0.1. Source: AWS Lambda Developer Guide, "Reporting batch item failures".
 */
CRUDDUR_API const char *cruddur_stream_result_answer(const cruddur_stream_result *result);

/**
 * How many records the event has.
 *
 * @param result a result.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_record_count(const cruddur_stream_result *result);

/**
 * How many of them are inserts of message rows.
 *
 * @param result a result.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_message_count(const cruddur_stream_result *result);

/**
 * How many groups those messages are of.
 *
 * @param result a result.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_group_count(const cruddur_stream_result *result);

/**
 * How many groups' rows were moved; the others were where they belong, or failed.
 *
 * @param result a result.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_moved_count(const cruddur_stream_result *result);

/**
 * How many records failed. Where a group's rows could not be moved, that is the record of its
 * newest message.
 *
 * @param result a result.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_failure_count(const cruddur_stream_result *result);

/**
 * Which record failed.
 *
 * @param result a result.
 * @param index  0 to the number of failures less 1.
 * @return its place in the event, from 0; `SIZE_MAX` beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_stream_result_failure_record(const cruddur_stream_result *result,
                                                        size_t index);

/**
 * The sequence number of a record that failed.
 *
 * @param result a result.
 * @param index  0 to the number of failures less 1.
 * @return text that lives as long as the result; empty where the record has none, NULL beyond the
 *         end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *
cruddur_stream_result_failure_sequence_number(const cruddur_stream_result *result, size_t index);

/**
 * Why a record failed.
 *
 * @param result a result.
 * @param index  0 to the number of failures less 1.
 * @return #CRUDDUR_E_INVALID_ARGUMENT for a record that cannot be applied, now or later; else the
 *         status of moving the group's rows: #CRUDDUR_E_STORE_DAMAGED for a group with messages and
 *         no group rows, or with rows that do not tell its members, #CRUDDUR_E_TIMEOUT, and so on.
 *         #CRUDDUR_OK beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API cruddur_status cruddur_stream_result_failure_status(const cruddur_stream_result *result,
                                                                size_t index);

/**
 * The same in words. They have no message text in them.
 *
 * @param result a result.
 * @param index  0 to the number of failures less 1.
 * @return text that lives as long as the result; NULL beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_stream_result_failure_message(const cruddur_stream_result *result,
                                                              size_t index);

/**
 * Frees a result.
 *
 * @param result a result, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_stream_result_free(cruddur_stream_result *result);

CRUDDUR_END_DECLS

#endif
