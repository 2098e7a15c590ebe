/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Exporting all rows of a table, and importing them into another.
 *
 * An export is text, a JSON object on each line: a header, the rows in blocks, each with a
 * checksum, and an end. A row has all its attributes, those of other programs too, in DynamoDB's
 * notation. So an export of either engine can be imported into either engine. docs/moving.md
 * describes the format and how one uses it.
 */
#ifndef CRUDDUR_TRANSFER_H
#define CRUDDUR_TRANSFER_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** Where an export or an import is. The observer receives it after each block, and may use it until
 * it returns. Since: 0.2. */
typedef struct cruddur_transfer_event {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** The rows that were written to the export, or read from it, including those before the
     * `cursor` of the options. */
    uint64_t rows;
    /** How many rows the table of an export had at the beginning, on SQLite; 0 on DynamoDB, where
     * it would cost as much as the export to count them, and for an import. */
    uint64_t expected_rows;
    /** Bytes of the export that this call has written or read. */
    uint64_t bytes;
    /** The rest is of an import and of this call alone. Rows that were put. */
    uint64_t put;
    /** Rows that the table had already, with the same attributes. */
    uint64_t same;
    /** Rows whose key had another row in the table, which stays. */
    uint64_t conflicts;
    /** Rows whose key had another row in the table, which was replaced. */
    uint64_t replaced;
    /** Claims that were put for messages of the import. */
    uint64_t claims;
    /** Where another call can continue; NULL at the end. */
    const char *cursor;
    /** NULL, unless the event is about one row: the key of a row of the import whose place in the
     * table is taken. Such an event precedes the one of its block. The keys of the library's rows
     * contain uuids and times, but no text of a user. */
    const char *pk;
    /** The other part of the key. */
    const char *sk;
} cruddur_transfer_event;

/**
 * Receives the progress of an export or import.
 *
 * @param data  the `data` of the options.
 * @param event valid until the observer returns.
 * @return true to go on, false to stop.
 * Threads: called by one thread at a time, of an export on a store in memory perhaps another than
 *          the calling one. It must not use the store of an export.
 */
typedef bool (*cruddur_transfer_fn)(void *data, const cruddur_transfer_event *event);

/**
 * Receives the text of an export, piece by piece.
 *
 * @param data the argument of cruddur_export().
 * @param text the next piece; not NUL-terminated.
 * @param size its size in bytes.
 * @return true to go on; false if the text could not be written: the export fails with
 *         #CRUDDUR_E_CANCELLED.
 * Threads: as for #cruddur_transfer_fn.
 */
typedef bool (*cruddur_write_fn)(void *data, const char *text, size_t size);

/**
 * Supplies the text of an export, piece by piece.
 *
 * @param data     the argument of cruddur_import().
 * @param text     receives the next piece.
 * @param size     the size of the room in bytes, more than 0.
 * @param ret_size receives how many bytes there are; 0 at the end of the text.
 * @return true to go on; false if the text could not be read: the import fails with
 *         #CRUDDUR_E_CANCELLED.
 * Threads: called on the calling thread.
 */
typedef bool (*cruddur_read_fn)(void *data, char *text, size_t size, size_t *ret_size);

/* ---- export ---- */

/** Options of cruddur_export(). Start from #CRUDDUR_EXPORT_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_export_options {
    /** `sizeof (cruddur_export_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of each block in milliseconds; 0 for the handle's. The call as a whole has
     * none. */
    uint32_t timeout_ms;
    /** Where to begin: the `cursor` of an event, or NULL for the start of the table. The text then
     * belongs after what had been written when the event was received. */
    const char *cursor;
    /** Receives events; may be NULL. */
    cruddur_transfer_fn observe;
    /** Passed to `observe`. */
    void *data;
} cruddur_export_options;

/* clang-format off */
/** The defaults: the whole table, with the handle's deadline for each block, no observer. */
#define CRUDDUR_EXPORT_OPTIONS_INIT {sizeof(cruddur_export_options), 0, 0, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_EXPORT_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_export_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_export_options_init(cruddur_export_options *options, size_t size);

/**
 * Exports all rows of the table: for a backup, or for cruddur_import() into another table.
 *
 * It needs memory for one block, whatever the size of the table. On SQLite the export shows the
 * table at one moment, while other calls write to it; an export that was continued by a cursor
 * shows it at two. On DynamoDB rows that are written meanwhile may be missed, and rows that move
 * may be in it twice or not at all: export a table there while no program writes to it.
 *
 * @param dm      the store.
 * @param write   receives the text.
 * @param data    passed to `write`.
 * @param options where to begin, and the observer; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK when the export is complete, and when the observer stopped it; or
 *         - #CRUDDUR_E_CANCELLED: `write` returned false;
 *         - #CRUDDUR_E_ITEM_TOO_LARGE: a row is larger than an export can hold (16 MB);
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of an export of another store);
 *         - a read status. After a failure, call it again with the latest cursor.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_export(cruddur *dm, cruddur_write_fn write,
                                                           void *data,
                                                           const cruddur_export_options *options,
                                                           cruddur_error **error);

/* ---- import ---- */

/**
 * A flag of #cruddur_import_options: the table is empty, and no program uses it before the import
 * ends. On DynamoDB rows are then written in batches, without conditions, which needs fewer
 * requests. A table that has a row is refused. Since: 0.2.
 */
#define CRUDDUR_IMPORT_UNUSED 0x1u

/** The row of the table stays; the default. Since: 0.2. */
#define CRUDDUR_CONFLICT_SKIP 0u
/** The row of the import replaces it. Since: 0.2. */
#define CRUDDUR_CONFLICT_REPLACE 1u

/** The most threads that write at the same time. Since: 0.2. */
#define CRUDDUR_IMPORT_WORKERS_MAX 64

/** Options of cruddur_import(). Start from #CRUDDUR_IMPORT_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_import_options {
    /** `sizeof (cruddur_import_options)`. */
    size_t size;
    /** #CRUDDUR_IMPORT_UNUSED or 0. */
    uint32_t flags;
    /** The deadline of each write in milliseconds; 0 for the handle's. The call as a whole has
     * none. */
    uint32_t timeout_ms;
    /** Where to begin to write: the `cursor` of an event, or NULL for the start. The text is read
     * and checked from its start in any case; up to the cursor it must be the same. */
    const char *cursor;
    /** Receives events; may be NULL. */
    cruddur_transfer_fn observe;
    /** Passed to `observe`. */
    void *data;
    /** What is done with a row whose key has another row in the table: #CRUDDUR_CONFLICT_SKIP or
     * #CRUDDUR_CONFLICT_REPLACE. Either way, the observer receives each. */
    uint32_t on_conflict;
    /** How many threads write, at most #CRUDDUR_IMPORT_WORKERS_MAX; 0: 16. On SQLite it is one in
     * any case. */
    uint32_t workers;
} cruddur_import_options;

/* clang-format off */
/** The defaults: conditional writes from the start, conflicts are skipped, no observer. */
#define CRUDDUR_IMPORT_OPTIONS_INIT \
    {sizeof(cruddur_import_options), 0, 0, NULL, NULL, NULL, CRUDDUR_CONFLICT_SKIP, 0}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_IMPORT_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_import_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_import_options_init(cruddur_import_options *options, size_t size);

/**
 * Imports rows into the table: those of an export of this library, of DynamoDB's export to S3 (JSON
 * lines, decompressed), or of the JSON that `aws dynamodb scan` prints. Which one it is shows in
 * the text.
 *
 * Rows are put where their key is free, unchanged. So importing the same text twice changes
 * nothing, and an import that was interrupted can be repeated, from the start or with the latest
 * cursor. Each block of an export is checked before any of its rows is written. On DynamoDB a
 * message of an export from SQLite gets a claim, unless it is older than claims last there: so a
 * repeat of a send still finds it.
 *
 * Import while no program writes to the table: a group row that is put back beside a newer one
 * makes the group appear twice, until the next message or `cruddur check --repair`.
 *
 * @param dm      the store, whose table exists.
 * @param read    supplies the text.
 * @param data    passed to `read`.
 * @param options how to write; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end of the text, and when the observer stopped the import; or
 *         - #CRUDDUR_E_EXPORT_DAMAGED: the text was cut short or altered, or has another format.
 *           Blocks before the damage were written;
 *         - #CRUDDUR_E_STORE_NEWER: a newer version of the library wrote the export;
 *         - #CRUDDUR_E_CANCELLED: `read` returned false;
 *         - #CRUDDUR_E_TABLE_SHAPE: cruddur_schema_verify() would report a difference;
 *         - #CRUDDUR_E_NEEDS_TRANSACTIONS: #CRUDDUR_CONFLICT_REPLACE on a store that is written in
 *           steps;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, another value, or the table is not empty),
 *           #CRUDDUR_E_CURSOR_DAMAGED, #CRUDDUR_E_CURSOR_FOREIGN (of the import of
 *           another text, or into another store);
 *         - a read or write status. After a failure, call it again.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_import(cruddur *dm, cruddur_read_fn read,
                                                           void *data,
                                                           const cruddur_import_options *options,
                                                           cruddur_error **error);

CRUDDUR_END_DECLS

#endif
