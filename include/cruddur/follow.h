/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Following a table's stream: a processor that fetches the records itself, without a Lambda.
 *
 * cruddur_stream_follow() reads all shards of the stream, a parent before its children, and applies
 * their records as cruddur_stream_apply() does. It goes on until it is told to stop, or, where that
 * is asked for, until it has caught up. How far it has come is kept in a file.
 */
#ifndef CRUDDUR_FOLLOW_H
#define CRUDDUR_FOLLOW_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** Apply what is there now, and return. */
#define CRUDDUR_FOLLOW_ONCE 0x1u

/** The most shards that are read at the same time. */
#define CRUDDUR_FOLLOW_SHARDS_MAX 64
/** The most records that are fetched at once. */
#define CRUDDUR_FOLLOW_BATCH_MAX 1000
/** The longest pause before an open shard is asked again, in milliseconds. */
#define CRUDDUR_FOLLOW_POLL_MAX_MS 600000

/** Where to begin without a checkpoint. */
enum {
    CRUDDUR_FOLLOW_OLDEST = 0, /**< with the oldest record that the stream still has */
    CRUDDUR_FOLLOW_LATEST = 1, /**< with what is written from now on */
};

/** What happened. Later versions may add values. */
typedef enum cruddur_follow_kind {
    /** A shard is being read from now on. Tells `shard_id`. */
    CRUDDUR_FOLLOW_SHARD_OPENED = 0,
    /** A shard was read to its end. Tells `shard_id`. */
    CRUDDUR_FOLLOW_SHARD_CLOSED = 1,
    /** A batch of records was applied. Tells `shard_id`, `sequence_number` (of the last record),
     * the numbers, `lag_ms`, and what it cost. */
    CRUDDUR_FOLLOW_BATCH = 2,
    /** Records were not read in time, and the stream keeps them no more: how many, nobody knows.
     * Their groups' rows move with the next message of each. Tells `shard_id`, `message`, and
     * `sequence_number`, the last one that was applied. */
    CRUDDUR_FOLLOW_GAP = 3,
    /** A record is not one of this table's stream, or lacks the new image, or its group cannot be
     * moved whatever is tried; it was passed over. Records of rows of other programs are no
     * failures. Tells `shard_id`, `sequence_number`, `status`, `message`. */
    CRUDDUR_FOLLOW_RECORD_FAILED = 4,
    /** Something failed and will be tried again. Tells `status`, `message`, `wait_ms`; `shard_id`
     * where it was about one; `lag_ms`, which is -1 unless a batch waits to be applied. */
    CRUDDUR_FOLLOW_TROUBLE = 5,
} cruddur_follow_kind;

/** One thing that happened. Given to the observer; valid during its call only. What a kind does not
 * tell is 0 or NULL. */
typedef struct cruddur_follow_event {
    /** `sizeof` of this struct in the library: fields beyond it do not exist. */
    size_t size;
    /** What happened: a #cruddur_follow_kind. */
    uint32_t kind;
    /** Why it failed: a #cruddur_status. */
    uint32_t status;
    /** The shard. */
    const char *shard_id;
    /** A record of it. */
    const char *sequence_number;
    /** In words, for a person; there is no message text in it. */
    const char *message;
    /** Records of the batch. */
    uint32_t records;
    /** Those among them that are inserts of message rows. */
    uint32_t messages;
    /** The groups that these are of. */
    uint32_t groups;
    /** The groups whose rows were moved. */
    uint32_t moved;
    /** How long ago the batch's last record was written, in milliseconds, by the service's clock
     * and as exactly as the service tells (seconds); -1: it does not tell. */
    int64_t lag_ms;
    /** How long the batch took, from its first request to its last, in microseconds. */
    int64_t duration_us;
    /** The pause before it is tried again, in milliseconds. */
    uint32_t wait_ms;
    /** Rows that were put or deleted. */
    uint32_t rows_written;
    /** Requests to the service, each attempt counted. */
    uint32_t requests;
    /** Zero. */
    uint32_t reserved;
    /** The capacity that the service consumed for reading, in its own units. */
    double read_units;
    /** The same for writing. */
    double write_units;
} cruddur_follow_event;

/**
 * Tells whether to stop.
 *
 * @param data as given in the options.
 * @return true to stop as soon as the batches that are being applied are done with.
 * Threads: called on the calling thread, at least ten times a second.
 */
typedef bool (*cruddur_is_stopping_fn)(void *data);

/**
 * Receives what happens.
 *
 * @param data  as given in the options.
 * @param event valid during the call only.
 * Threads: called on one thread that the call starts for this purpose, one event after the other,
 * in the order in which they happened, and the last before the call returns. A slow observer delays
 * a shard only when 100 of the shard's events are waiting. It must not call the library with the
 * same handle.
 */
typedef void (*cruddur_follow_fn)(void *data, const cruddur_follow_event *event);

/** How to follow. Start from #CRUDDUR_FOLLOW_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_follow_options {
    /** `sizeof (cruddur_follow_options)`. */
    size_t size;
    /** #CRUDDUR_FOLLOW_ONCE or 0. */
    uint32_t flags;
    /** The deadline of each request to the stream, and of each attempt to apply a batch, in
     * milliseconds; 0 for the handle's. */
    uint32_t timeout_ms;
    /** How long the same trouble may last before the call gives up and returns it, in milliseconds;
     * 0: 30 seconds with #CRUDDUR_FOLLOW_ONCE, else for ever. The last attempt begins when that
     * time is over, and takes no longer than its deadline. */
    uint32_t patience_ms;
    /** Where to begin when there is no checkpoint: #CRUDDUR_FOLLOW_OLDEST or
     * #CRUDDUR_FOLLOW_LATEST. */
    uint32_t from;
    /** How many groups of a batch are moved at the same time: 1 to #CRUDDUR_STREAM_WORKERS_MAX. */
    uint32_t workers;
    /** How many shards are read at the same time: 1 to #CRUDDUR_FOLLOW_SHARDS_MAX. */
    uint32_t shards;
    /** How long after an open shard had nothing new it is asked again, in milliseconds: 1 to
     * #CRUDDUR_FOLLOW_POLL_MAX_MS. */
    uint32_t poll_ms;
    /** How many records are fetched at once: 1 to #CRUDDUR_FOLLOW_BATCH_MAX. */
    uint32_t batch_limit;
    /** The file that keeps how far each shard was applied, made with mode 0600 where there is none;
     * NULL for none. Beside it lie, under the same name and `.lock` and `.new`, a lock and the file
     * to be. */
    const char *checkpoint;
    /** Tells whether to stop; may be NULL. */
    cruddur_is_stopping_fn is_stopping;
    /** Receives what happens; may be NULL. */
    cruddur_follow_fn observe;
    /** Handed to both. */
    void *data;
} cruddur_follow_options;

/* clang-format off */
/** The defaults: for ever, from the oldest record, no checkpoint, 4 groups of each of 4 shards at
 * the same time, half a second, 1000 records. */
#define CRUDDUR_FOLLOW_OPTIONS_INIT \
    {sizeof(cruddur_follow_options), 0, 0, 0, CRUDDUR_FOLLOW_OLDEST, 4, 4, 500, \
     CRUDDUR_FOLLOW_BATCH_MAX, NULL, NULL, NULL, NULL}
/* clang-format on */

/**
 * The same as #CRUDDUR_FOLLOW_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_follow_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_follow_options_init(cruddur_follow_options *options, size_t size);

/**
 * Follows the table's stream, and moves the group rows behind the messages that it tells of.
 *
 * The checkpoint moves behind records that were applied, about once a second and at the end. After
 * whatever interruption, some records are applied again, which changes nothing. Any number of
 * followers, with a checkpoint of their own each, and other processors of the stream may be at work
 * at the same time.
 *
 * What fails is tried again, with growing pauses, and told to the observer: see
 * #cruddur_follow_kind and `patience_ms`. Only what is wrong from the start (the table, its stream,
 * the credentials, the checkpoint) and does not pass by itself (cruddur_error_is_retryable()) ends
 * the call at once.
 *
 * With #CRUDDUR_FOLLOW_ONCE it returns when every shard was read to its end, or, where a shard is
 * open, up to a record that was written after the call began, or to where ten answers in a row
 * had nothing new.
 *
 * @param dm      the store with the table.
 * @param options how; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK when it was told to stop (`is_stopping` knows), or has caught up;
 *         #CRUDDUR_E_TABLE_SHAPE: the table has no stream, not one of the kind that is needed, or,
 *         while it was being followed, no longer the same; #CRUDDUR_E_INVALID_ARGUMENT: an option,
 *         a checkpoint that is damaged or of another stream, a store without streams (SQLite);
 *         #CRUDDUR_E_STORE_LOCKED: another follower uses the checkpoint; #CRUDDUR_E_STORE_IO: the
 *         checkpoint cannot be read or written; #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_NULL_ARGUMENT,
 *         #CRUDDUR_E_NO_MEMORY; whatever the service has to say.
 * Threads: any; it starts `shards` threads for itself and one for the observer and the log, and
 * each of the former `workers` less 1 more for a batch. Since: 0.1. Source: Amazon DynamoDB API
 * Reference, "Amazon DynamoDB Streams".
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_stream_follow(cruddur *dm, const cruddur_follow_options *options, cruddur_error **error);

CRUDDUR_END_DECLS

#endif
