/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Following the table's stream: a processor that fetches the records itself, without a Lambda.
 *
 * cruddur_stream_follow() reads all shards of the stream, a parent before its children, and
 * processes their records as cruddur_stream_apply() does. It continues until it is told to stop or,
 * if asked to, until it has caught up. A checkpoint file holds its position.
 */
#ifndef CRUDDUR_FOLLOW_H
#define CRUDDUR_FOLLOW_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** Processes the records that exist now, and returns. */
#define CRUDDUR_FOLLOW_ONCE 0x1u

/** The most shards that are read at the same time. */
#define CRUDDUR_FOLLOW_SHARDS_MAX 64
/** The most records of one request. */
#define CRUDDUR_FOLLOW_BATCH_MAX 1000
/** The longest pause before an open shard is polled again, in milliseconds. */
#define CRUDDUR_FOLLOW_POLL_MAX_MS 600000

/** Where to begin without a checkpoint. */
enum {
    CRUDDUR_FOLLOW_OLDEST = 0, /**< at the oldest record that the stream still has */
    CRUDDUR_FOLLOW_LATEST = 1, /**< at the first record that is written from now on */
};

/** The kinds of events, and the fields that each sets. Later versions may add kinds. */
typedef enum cruddur_follow_kind {
    /** The call began to read a shard. Sets `shard_id`. */
    CRUDDUR_FOLLOW_SHARD_OPENED = 0,
    /** A shard was read to its end. Sets `shard_id`. */
    CRUDDUR_FOLLOW_SHARD_CLOSED = 1,
    /** A batch of records was processed. Sets `shard_id`, `sequence_number` (of the last record),
     * the counts, `lag_ms`, `duration_us` and the cost. */
    CRUDDUR_FOLLOW_BATCH = 2,
    /** Records expired before they were read; their number is unknown. The rows of their groups
     * move with the next message of each group. Sets `shard_id`, `message`, and `sequence_number`
     * (of the last record that was processed). */
    CRUDDUR_FOLLOW_GAP = 3,
    /** A record was skipped. It is not one of this table's stream, or lacks the new image, or its
     * group can never be moved. (Records of other programs' rows are skipped without an event.)
     * Sets `shard_id`, `sequence_number`, `status`, `message`. */
    CRUDDUR_FOLLOW_RECORD_FAILED = 4,
    /** Something failed, and will be retried. Sets `status`, `message`, `wait_ms`; `shard_id` if it
     * was about a shard; `lag_ms` (-1 unless a batch is waiting). */
    CRUDDUR_FOLLOW_TROUBLE = 5,
} cruddur_follow_kind;

/** An event. The observer receives it, and may use it until it returns. Fields that the kind does
 * not set are 0 or NULL. */
typedef struct cruddur_follow_event {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** What happened: a #cruddur_follow_kind. */
    uint32_t kind;
    /** Why it failed: a #cruddur_status. */
    uint32_t status;
    /** The shard. */
    const char *shard_id;
    /** A record of the shard. */
    const char *sequence_number;
    /** A description, for people. It contains no message text. */
    const char *message;
    /** Records in the batch. */
    uint32_t records;
    /** Records that are inserts of message rows. */
    uint32_t messages;
    /** Groups that these messages belong to. */
    uint32_t groups;
    /** Groups whose rows were moved. */
    uint32_t moved;
    /** The age of the batch's last record in milliseconds, by the service's clock, which counts
     * whole seconds; -1 if the service does not say. */
    int64_t lag_ms;
    /** The time from the batch's first request to its last, in microseconds. */
    int64_t duration_us;
    /** The pause before the retry, in milliseconds. */
    uint32_t wait_ms;
    /** Rows that were put or deleted. */
    uint32_t rows_written;
    /** Requests to the service, each attempt counted. */
    uint32_t requests;
    /** 0. */
    uint32_t reserved;
    /** Read capacity that the service charged, in its units. */
    double read_units;
    /** Write capacity that the service charged, in its units. */
    double write_units;
} cruddur_follow_event;

/**
 * Tells whether to stop.
 *
 * @param data the `data` of the options.
 * @return true to stop as soon as the batches in progress are done.
 * Threads: called on the calling thread, at least ten times a second.
 */
typedef bool (*cruddur_is_stopping_fn)(void *data);

/**
 * Receives an event.
 *
 * @param data  the `data` of the options.
 * @param event valid until the observer returns.
 * Threads: called on one thread that the call starts for this purpose, one event at a time, in the
 * order in which they happened, and the last before the call returns. A slow observer delays a
 * shard only when 100 of the shard's events are waiting. It must not use the same handle.
 */
typedef void (*cruddur_follow_fn)(void *data, const cruddur_follow_event *event);

/** Options of cruddur_stream_follow(). Start from #CRUDDUR_FOLLOW_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_follow_options {
    /** `sizeof (cruddur_follow_options)`. */
    size_t size;
    /** #CRUDDUR_FOLLOW_ONCE or 0. */
    uint32_t flags;
    /** The deadline of each request to the stream, and of each attempt to process a batch, in
     * milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** How long one failure may last before the call gives up and returns it, in milliseconds. 0:
     * 30 seconds with #CRUDDUR_FOLLOW_ONCE, else without limit. The last attempt begins when that
     * time is over, and may take until its deadline. */
    uint32_t patience_ms;
    /** Where to begin without a checkpoint: #CRUDDUR_FOLLOW_OLDEST or #CRUDDUR_FOLLOW_LATEST. */
    uint32_t from;
    /** The number of groups of a batch whose rows are moved at the same time: 1 to
     * #CRUDDUR_STREAM_WORKERS_MAX. */
    uint32_t workers;
    /** The number of shards that are read at the same time: 1 to #CRUDDUR_FOLLOW_SHARDS_MAX. */
    uint32_t shards;
    /** The pause before an open shard without new records is polled again, in milliseconds: 1 to
     * #CRUDDUR_FOLLOW_POLL_MAX_MS. */
    uint32_t poll_ms;
    /** The most records of one request: 1 to #CRUDDUR_FOLLOW_BATCH_MAX. */
    uint32_t batch_limit;
    /** The checkpoint file, created with mode 0600 if it does not exist; NULL for none. Its lock
     * and its next version have the same name with `.lock` and `.new` appended. */
    const char *checkpoint;
    /** Tells whether to stop; may be NULL. */
    cruddur_is_stopping_fn is_stopping;
    /** Receives events; may be NULL. */
    cruddur_follow_fn observe;
    /** Passed to both callbacks. */
    void *data;
} cruddur_follow_options;

/* clang-format off */
/** The defaults: without end, from the oldest record, no checkpoint; 4 shards and 4 groups of each at
 * the same time, polled after half a second, 1000 records a request. */
#define CRUDDUR_FOLLOW_OPTIONS_INIT \
    {sizeof(cruddur_follow_options), 0, 0, 0, CRUDDUR_FOLLOW_OLDEST, 4, 4, 500, \
     CRUDDUR_FOLLOW_BATCH_MAX, NULL, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_FOLLOW_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_follow_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_follow_options_init(cruddur_follow_options *options, size_t size);

/**
 * Follows the table's stream, and moves the group rows of the groups that get messages. Run it in
 * one process, or in several for safety: in a store with `mode=stream` inboxes move only while a
 * processor runs.
 *
 * The checkpoint is saved about once a second and at the end, after the records were processed.
 * After an interruption some records are processed again, which changes nothing. Several followers,
 * each with a checkpoint of its own, and other processors of the stream may work at the same time.
 *
 * Failures are retried with growing pauses, and reported to the observer: see #cruddur_follow_kind
 * and `patience_ms`. Only what is wrong when the call begins (the table, its stream, the
 * credentials, the checkpoint) and is not retryable (cruddur_error_is_retryable()) ends it at once.
 *
 * With #CRUDDUR_FOLLOW_ONCE the call returns when every closed shard was read to its end, and every
 * open shard up to a record that was written after the call began, or until ten responses in a row
 * had no records.
 *
 * @param dm      the store with the table.
 * @param options the options; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK when it was told to stop, or has caught up, or
 *         - #CRUDDUR_E_TABLE_SHAPE: the table has no stream, or one without new images, or its
 *           stream was switched off or replaced while it was followed;
 *         - #CRUDDUR_E_STORE_FENCED: the table has been moved to another store. The checkpoint is
 *           before the records that could not be applied, for the case that the move is given up;
 *         - #CRUDDUR_E_STORE_LOCKED: another follower uses the checkpoint;
 *         - #CRUDDUR_E_STORE_IO, #CRUDDUR_E_STORE_FULL, #CRUDDUR_E_STORE_READ_ONLY: the checkpoint
 *           cannot be read or written;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (an option, a checkpoint that is damaged or belongs to
 *           another stream, or a store without streams, as on SQLite);
 *         - a read or write status.
 * Threads: any. The call starts one thread for each of `shards`, one for the observer and the log,
 * and `workers` less 1 for each batch in progress. Since: 0.1. Source: Amazon DynamoDB API
 * Reference, "Amazon DynamoDB Streams".
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_stream_follow(cruddur *dm, const cruddur_follow_options *options, cruddur_error **error);

CRUDDUR_END_DECLS

#endif
