/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The table behind a store: making it, comparing it with what the library needs, dropping it.
 *
 * On SQLite the table is made when the file is opened, so that loading has nothing left to do.
 */
#ifndef CRUDDUR_SCHEMA_H
#define CRUDDUR_SCHEMA_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** Have no stream of the table's changes. */
#define CRUDDUR_SCHEMA_NO_STREAM 0x1u
/** Protect the table from being dropped. */
#define CRUDDUR_SCHEMA_DELETION_PROTECTION 0x2u
/** Keep backups of the last days, from which the table can be restored to any moment. */
#define CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY 0x4u

/**
 * Receives what a call that takes long is doing, about once a second.
 *
 * @param data as given in the options.
 * @param text a few words, such as "the table is CREATING"; valid during the call only.
 * Threads: called on the calling thread.
 */
typedef void (*cruddur_progress_fn)(void *data, const char *text);

/** How a table is to be. Start from #CRUDDUR_SCHEMA_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_schema_options {
    /** `sizeof (cruddur_schema_options)`. */
    size_t size;
    /** Any of the `CRUDDUR_SCHEMA_…` bits. */
    uint32_t flags;
    /** This call's deadline in milliseconds; 0 for the handle's. Services take a minute or more. */
    uint32_t timeout_ms;
    /** Provisioned read and write capacity; both 0 to pay for each request instead. */
    uint32_t read_units;
    uint32_t write_units;
    /** What the stream tells of a row: "NEW_IMAGE", "NEW_AND_OLD_IMAGES"; NULL for NEW_IMAGE. */
    const char *stream_view;
    /** The attribute with the time, in seconds since 1970, at which a row expires; NULL for none.
     */
    const char *ttl_attribute;
    /** Receives what is going on; may be NULL. */
    cruddur_progress_fn progress;
    /** Handed to `progress`. */
    void *progress_data;
} cruddur_schema_options;

/* clang-format off */
/** The defaults: pay for each request, a stream of new images, five minutes. */
#define CRUDDUR_SCHEMA_OPTIONS_INIT {sizeof(cruddur_schema_options), 0, 300000, 0, 0, NULL, NULL, NULL, NULL}
/* clang-format on */

/**
 * The same as #CRUDDUR_SCHEMA_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_schema_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_schema_options_init(cruddur_schema_options *options, size_t size);

/**
 * The name of the table behind a store, as cruddur_schema_list() has it.
 *
 * @param dm the store, or NULL.
 * @return a string that lives as long as the handle; NULL for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_schema_table(const cruddur *dm);

/** Some lines of text. Immutable; outlives the handle; may move between threads. */
typedef struct cruddur_lines cruddur_lines;

/**
 * Makes the table with its index, and waits until both can be used. A table that is there gets what
 * it lacks (the index, the stream, …) and keeps what it has; nothing is ever taken away. A setting
 * that the service does not offer is reported once all others are there.
 *
 * @param dm      the store.
 * @param options how; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_TABLE_SHAPE when the table's keys, or its index, are others,
 * which cannot be changed; #CRUDDUR_E_REFUSED when the service refused a setting, with its message;
 *         #CRUDDUR_E_STRUCT_SIZE, #CRUDDUR_E_INVALID_ARGUMENT,
 *         #CRUDDUR_E_NULL_ARGUMENT; whatever the service has to say; #CRUDDUR_E_TIMEOUT,
 *         #CRUDDUR_E_NO_MEMORY.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_load(cruddur *dm, const cruddur_schema_options *options, cruddur_error **error);

/**
 * Compares the table with what the library needs, and with what cruddur_schema_load() makes under
 * the same options: a stream too, unless they have #CRUDDUR_SCHEMA_NO_STREAM.
 *
 * @param dm              the store.
 * @param options         what is asked for beyond the library's needs; NULL for nothing, and for a
 *                        stream only where the store's mode needs one.
 * @param ret_differences receives a line for each difference; none when all is well. Free it with
 *                        cruddur_lines_free().
 * @param error           receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also when there are differences; else as cruddur_schema_load().
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_verify(cruddur *dm, const cruddur_schema_options *options,
                      cruddur_lines **ret_differences, cruddur_error **error);

/**
 * Lists the tables that are there: those of the same account and region, or of the same file.
 *
 * @param dm         the store.
 * @param options    the deadline; NULL for the defaults.
 * @param ret_tables receives a line for each table, its name; free it with cruddur_lines_free().
 * @param error      receives the error on failure; may be NULL.
 * @return as cruddur_schema_load().
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_list(cruddur *dm, const cruddur_schema_options *options, cruddur_lines **ret_tables,
                    cruddur_error **error);

/**
 * Drops the table with all messages in it, and waits until it is gone.
 *
 * @param dm      the store. Where it is a file the handle has to be closed afterwards.
 * @param options the deadline and the progress; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK; #CRUDDUR_E_TABLE_MISSING; else as cruddur_schema_load().
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_drop(cruddur *dm, const cruddur_schema_options *options, cruddur_error **error);

/**
 * How many lines there are.
 *
 * @param lines lines.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_lines_count(const cruddur_lines *lines);

/**
 * One of the lines.
 *
 * @param lines lines.
 * @param index 0 to the count less 1.
 * @return text that lives as long as the lines; NULL beyond the end.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_lines_at(const cruddur_lines *lines, size_t index);

/**
 * Frees lines.
 *
 * @param lines lines, or NULL.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_lines_free(cruddur_lines *lines);

CRUDDUR_END_DECLS

#endif
