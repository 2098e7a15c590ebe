/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Removing what has expired.
 *
 * A message can have an end (`expires_in_s` of #cruddur_append_options, `retention_s` of
 * #cruddur_options). From then on no call shows it. On DynamoDB the service removes its row some
 * time later; an SQLite file keeps it until it is purged.
 */
#ifndef CRUDDUR_PURGE_H
#define CRUDDUR_PURGE_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** Where a purge is. The observer receives it after each part of the table, and may use it until it
 * returns. All counts are of this call. Since: 0.2. */
typedef struct cruddur_purge_event {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** Rows of the table that were looked at. */
    uint64_t rows;
    /** Rows that were removed: messages, notes of changes for watchers, and claims. */
    uint64_t removed;
    /** Rows that stay without their text: messages whose uuid is kept for a while, so that a
     * repeated send does not store them again, and previews in inboxes. */
    uint64_t emptied;
    /** Where another call can continue; NULL at the end of the table. */
    const char *cursor;
} cruddur_purge_event;

/**
 * Receives the progress of a purge.
 *
 * @param data  the `data` of the options.
 * @param event valid until the observer returns.
 * @return true to go on, false to stop.
 * Threads: called on the calling thread.
 */
typedef bool (*cruddur_purge_fn)(void *data, const cruddur_purge_event *event);

/** Options of cruddur_purge(). Start from #CRUDDUR_PURGE_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_purge_options {
    /** `sizeof (cruddur_purge_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of each part of the table in milliseconds; 0 for the handle's. The call as a
     * whole has none. */
    uint32_t timeout_ms;
    /** Where to begin: the `cursor` of an event, or NULL for the start of the table. */
    const char *cursor;
    /** Receives events; may be NULL. */
    cruddur_purge_fn observe;
    /** Passed to `observe`. */
    void *data;
} cruddur_purge_options;

/* clang-format off */
/** The defaults: the whole table, with the handle's deadline for each part, no observer. */
#define CRUDDUR_PURGE_OPTIONS_INIT {sizeof(cruddur_purge_options), 0, 0, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_PURGE_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_purge_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_purge_options_init(cruddur_purge_options *options, size_t size);

/**
 * Removes what has expired: run it daily on an SQLite file whose messages expire. DynamoDB removes
 * messages by itself, but not their texts from previews that no newer message has replaced, nor
 * what expired more than five years ago; there it is run now and then, if at all.
 *
 * The call walks over the table, part by part, in bounded memory; the store may be in use
 * meanwhile. It can be interrupted at any time and called again, from the start or with the latest
 * `cursor`. On SQLite, a message that is younger than a claim would be (7 days) is emptied first,
 * and removed by a later purge: until then its uuid is known, so that a repeated send does not
 * store it again. Removed message rows cannot be restored. Where SQLite keeps what it
 * deleted in free pages, `VACUUM` of the sqlite3 program overwrites them.
 *
 * @param dm      the store.
 * @param options where to begin, and the observer; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end of the table, and when the observer stopped it; or
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: the store is written in steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another list);
 *         - a read or write status. After a failure, call it again.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_purge(cruddur *dm,
                                                          const cruddur_purge_options *options,
                                                          cruddur_error **error);

CRUDDUR_END_DECLS

#endif
