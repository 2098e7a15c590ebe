/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Moving a table to another store while it is in use.
 *
 * A move copies all rows, then catches up with what was written meanwhile, and at the end closes
 * the source to writes for good: for a service that has outgrown one machine, or goes back to one.
 * The service stops writing for the seconds between the fence and its restart with the new store's
 * URL.
 */
#ifndef CRUDDUR_MOVE_H
#define CRUDDUR_MOVE_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** A flag of #cruddur_move_options: gives up a move that has not ended. The source takes writes
 * again; the target keeps the rows that were copied, and has to be emptied before another move. */
#define CRUDDUR_MOVE_CANCEL 0x1u

/** A flag of #cruddur_move_options: only finds out whether the source can be moved with these
 * options. Nothing is written, and the target may be NULL: it is not looked at. Use it before the
 * target is created. */
#define CRUDDUR_MOVE_CHECK 0x2u

/** A flag of #cruddur_move_options: closes the source also if the move does not catch up with its
 * writers. The source is then closed for as long as the rest takes. */
#define CRUDDUR_MOVE_FENCE_ANYWAY 0x4u

/** What a move is doing. Later versions may add phases. */
typedef enum cruddur_move_phase {
    /** It copies all rows. The source is in use. */
    CRUDDUR_MOVE_COPYING = 0,
    /** It copies what has changed since it began. The source is in use. */
    CRUDDUR_MOVE_FOLLOWING = 1,
    /** The source is closed to writes. It copies the rest. */
    CRUDDUR_MOVE_FENCED = 2,
    /** The target has all rows. */
    CRUDDUR_MOVE_DONE = 3,
} cruddur_move_phase;

/** Where a move is. The observer receives it after each part, and may use it until it returns. All
 * counts are of this call. Since: 0.2. */
typedef struct cruddur_move_event {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** What it is doing: a #cruddur_move_phase. */
    uint32_t phase;
    /** 0. */
    uint32_t reserved;
    /** Rows of the source that the copy has looked at. */
    uint64_t rows;
    /** Changes of rows that were followed; a row that changes twice may count twice. */
    uint64_t changes;
    /** Rows that were put into the target. */
    uint64_t put;
    /** Rows of the target that were replaced. */
    uint64_t replaced;
    /** Rows of the target that were removed. */
    uint64_t removed;
    /** How long the source has been closed to writes in this call, in microseconds; 0 before. */
    int64_t fenced_us;
} cruddur_move_event;

/**
 * Receives the progress of a move.
 *
 * @param data  the `data` of the options.
 * @param event valid until the observer returns.
 * @return true to go on, false to stop; a later call continues.
 * Threads: called on the calling thread.
 */
typedef bool (*cruddur_move_fn)(void *data, const cruddur_move_event *event);

/** Options of cruddur_move(). Start from #CRUDDUR_MOVE_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_move_options {
    /** `sizeof (cruddur_move_options)`. */
    size_t size;
    /** #CRUDDUR_MOVE_FENCE_ANYWAY, #CRUDDUR_MOVE_CHECK; or, alone, #CRUDDUR_MOVE_CANCEL. */
    uint32_t flags;
    /** The deadline of each part in milliseconds; 0 for the handle's of the source. The call as a
     * whole has none. */
    uint32_t timeout_ms;
    /** Of a source on DynamoDB: how long a call of a writer may take at most, in milliseconds. The
     * move waits so long, and 2 seconds more, between the fence and the last look at the stream. A
     * source on SQLite needs no wait. */
    uint32_t writers_ms;
    /** How many rows are written at the same time where the target is on DynamoDB: 1 to 16. */
    uint32_t workers;
    /** Of a source on DynamoDB: the file that keeps how far its stream was read, as for
     * cruddur_stream_follow(). Must be NULL for a source on SQLite. */
    const char *checkpoint;
    /** Receives events; may be NULL. */
    cruddur_move_fn observe;
    /** Passed to `observe`. */
    void *data;
} cruddur_move_options;

/* clang-format off */
/** The defaults: the handle's deadline for each part, writers whose calls take up to 10 seconds,
 * 8 workers, no checkpoint, no observer. */
#define CRUDDUR_MOVE_OPTIONS_INIT {sizeof(cruddur_move_options), 0, 0, 10000, 8, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_MOVE_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_move_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_move_options_init(cruddur_move_options *options, size_t size);

/**
 * Moves all rows of a store to another one, of the same engine or the other.
 *
 * The target has to be empty, and no program may use it before the move has ended. The source may
 * be in use: the move copies its rows part by part, in bounded memory, and then the rows that have
 * changed meanwhile, in rounds. On SQLite the file's sequence of changes tells which these are, on
 * DynamoDB the table's stream. It goes on while each round has less to do than those before, until
 * few changes are left. If the rounds do not get shorter, the source changes faster than the move
 * can follow: the call fails with #CRUDDUR_E_MOVE_BEHIND, and the source stays in use.
 *
 * Then it puts a *fence*: from now on each call that writes to the source fails with
 * #CRUDDUR_E_STORE_FENCED, on SQLite at once, on DynamoDB within 2 seconds. When the rest is
 * copied, the call returns, and the service can use the target. On DynamoDB the rest is copied when
 * each open shard of the stream has shown a record that the move caused behind the fence: records
 * of a shard come in the order of the writes.
 *
 * Both stores note how far the move has come. So it can be interrupted at any moment, and the same
 * call continues it; until the fence is there it can also be given up, and afterwards as long as
 * the call has not succeeded, with #CRUDDUR_MOVE_CANCEL. The fence stays: a program that was
 * forgotten cannot write to the old store.
 *
 * Every row is moved with all its attributes, those of other programs too. Claims, which DynamoDB
 * keeps for messages that a caller may send again, are made for messages that are younger than a
 * claim's lifetime, or left out, as the target needs it.
 *
 * @param from    the source.
 * @param to      the target; may be NULL with #CRUDDUR_MOVE_CHECK.
 * @param options how to move, and the observer; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end, and when the observer stopped it; or
 *         - #CRUDDUR_E_STORE_FENCED: the source was moved already, or the target was;
 *         - #CRUDDUR_E_MOVE_BEHIND: the rounds do not get shorter. Call it again when there are
 *           fewer writes, or with #CRUDDUR_MOVE_FENCE_ANYWAY; it continues;
 *         - #CRUDDUR_E_TIMEOUT: a part did not end by its deadline; or for a minute a shard of the
 *           source's stream has not shown what was written behind the fence. Call it again;
 *         - #CRUDDUR_E_TABLE_SHAPE: one of the tables differs from what the library needs, or the
 *           source is on DynamoDB and has no stream, or one without new images, or the stream does
 *           not keep the records any more that the move needs: cancel it, and begin anew;
 *         - #CRUDDUR_E_STORE_REPLACED: the source is not the store with which the move began, but
 *           another one, or an older copy of it: cancel the move, and begin anew. A move between
 *           files that another call has cancelled meanwhile can fail so, too;
 *         - #CRUDDUR_E_CANCELLED: another call has cancelled or ended the move meanwhile;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: one of the stores is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (both are the same store, the target is not empty, the
 *           source is being moved elsewhere, or is a target itself; an option);
 *         - for the checkpoint, #CRUDDUR_E_STORE_LOCKED, #CRUDDUR_E_STORE_IO,
 *           #CRUDDUR_E_STORE_FULL, #CRUDDUR_E_STORE_READ_ONLY;
 *         - a read or write status. After a failure, call it again.
 * Threads: any. The call starts up to `workers` threads, and those of cruddur_stream_follow().
 * Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_move(cruddur *from, cruddur *to,
                                                         const cruddur_move_options *options,
                                                         cruddur_error **error);

CRUDDUR_END_DECLS

#endif
