/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The table behind a store: creating it, comparing it with what the library needs, bringing the
 * groups of older versions up to date, dropping it.
 *
 * On SQLite cruddur_open() creates the table, so loading has nothing left to do.
 */
#ifndef CRUDDUR_SCHEMA_H
#define CRUDDUR_SCHEMA_H

#include <cruddur/handle.h>

CRUDDUR_BEGIN_DECLS

/** The table needs no stream of its changes. */
#define CRUDDUR_SCHEMA_NO_STREAM 0x1u
/** Protects the table from being dropped. */
#define CRUDDUR_SCHEMA_DELETION_PROTECTION 0x2u
/** Keeps continuous backups, so that the table can be restored to any moment of the last days. */
#define CRUDDUR_SCHEMA_POINT_IN_TIME_RECOVERY 0x4u

/**
 * Receives the progress of a call that takes long, about once a second.
 *
 * @param data the `progress_data` of the options.
 * @param text a few words, such as "the table is CREATING"; valid until the callback returns.
 * Threads: called on the calling thread.
 */
typedef void (*cruddur_progress_fn)(void *data, const char *text);

/** Options of the calls in this header. Start from #CRUDDUR_SCHEMA_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_schema_options {
    /** `sizeof (cruddur_schema_options)`. */
    size_t size;
    /** Any of the `CRUDDUR_SCHEMA_…` bits. */
    uint32_t flags;
    /** The deadline of this call in milliseconds; 0 for the handle's, which is short for a service
     * that takes a minute to create a table. */
    uint32_t timeout_ms;
    /** Provisioned read capacity; 0, like `write_units`, to pay per request. */
    uint32_t read_units;
    /** Provisioned write capacity. */
    uint32_t write_units;
    /** The images that the stream's records contain: "NEW_IMAGE" or "NEW_AND_OLD_IMAGES"; NULL for
     * NEW_IMAGE. */
    const char *stream_view;
    /** Receives the progress; may be NULL. */
    cruddur_progress_fn progress;
    /** Passed to `progress`. */
    void *progress_data;
} cruddur_schema_options;

/* clang-format off */
/** The defaults: pay per request, a stream of new images, five minutes. */
#define CRUDDUR_SCHEMA_OPTIONS_INIT {sizeof(cruddur_schema_options), 0, 300000, 0, 0, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_SCHEMA_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_schema_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_schema_options_init(cruddur_schema_options *options, size_t size);

/**
 * Returns the name of the table behind a store, as cruddur_schema_list() lists it.
 *
 * @param dm the store, or NULL.
 * @return a string that lives as long as the handle; NULL for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_schema_table(const cruddur *dm);

/** Lines of text. Immutable; outlives the handle. */
typedef struct cruddur_lines cruddur_lines;

/**
 * Creates the table with its index, and waits until both can be used. A table that exists gets what
 * it lacks (the index, the stream and so on); nothing is taken away from it. A setting that the
 * service does not offer is reported after all others were made. Run it before a deployment, as
 * often as you like.
 *
 * On DynamoDB it also switches on time to live for the attribute `expires_at`, and does not wait
 * until the service has done so: from then on the service deletes every row whose `expires_at`, a
 * number of seconds since 1970, has passed. These are claims of messages, and rows of other
 * programs that have such an attribute. If the service has no time to live, only the log says so.
 *
 * @param dm      the store.
 * @param options the table to create, and the deadline; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_TABLE_SHAPE: the keys of the table or the index, on SQLite also the columns
 *           and options, are not those that the library needs, and cannot be changed;
 *         - #CRUDDUR_E_REFUSED: the service refused a setting, for the reason in the message; or
 *           time to live is on for another attribute, or is being switched off (this passes by
 *           itself). Everything else is there;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag, one of the two capacities without the other,
 *           `stream_view`);
 *         - a read or write status. After a failure, call it again: it continues where it stopped.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_load(cruddur *dm, const cruddur_schema_options *options, cruddur_error **error);

/**
 * Compares the table with what the library needs, and with what cruddur_schema_load() makes with
 * the same options: a stream too, unless they have #CRUDDUR_SCHEMA_NO_STREAM. On DynamoDB the time
 * to live is always compared. On SQLite each index, column and trigger on the table that another
 * program added is a difference, too. Useful as a check before a program starts.
 *
 * @param dm              the store.
 * @param options         what to compare with beyond the library's needs, and the deadline; NULL
 *                        for no more than these needs, a stream only if the store's mode needs one.
 * @param ret_differences receives one line for each difference, no line if there is none; free them
 *                        with cruddur_lines_free().
 * @param error           receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, also if there are differences, or
 *         - for the arguments: as for cruddur_schema_load();
 *         - a read status. A table that does not exist is a difference, not a failure.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_verify(cruddur *dm, const cruddur_schema_options *options,
                      cruddur_lines **ret_differences, cruddur_error **error);

/**
 * Lists the tables of the same account and region, or of the same file.
 *
 * @param dm         the store.
 * @param options    the deadline; NULL for the defaults. All other options have no effect.
 * @param ret_tables receives one line for each table, its name; free them with
 *                   cruddur_lines_free().
 * @param error      receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: as for cruddur_schema_load();
 *         - a read status.
 * Threads: any. Since: 0.1; the options since 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_list(cruddur *dm, const cruddur_schema_options *options, cruddur_lines **ret_tables,
                    cruddur_error **error);

/**
 * Drops the table with all its messages, and waits until it is gone.
 *
 * @param dm      the store. On SQLite the handle can be used again after cruddur_schema_load().
 * @param options the deadline and the progress; NULL for the defaults. All other options have no
 *                effect.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - #CRUDDUR_E_TABLE_MISSING: there is no table to drop; #CRUDDUR_E_REFUSED: the table is
 *           protected from deletion, or is still being created;
 *         - for the arguments: as for cruddur_schema_load();
 *         - a read or write status.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_drop(cruddur *dm, const cruddur_schema_options *options, cruddur_error **error);

/** The kinds of events of an upgrade. Later versions may add kinds. */
typedef enum cruddur_upgrade_kind {
    /** A part of the table is done. Sets `cursor`. */
    CRUDDUR_UPGRADE_PROGRESS = 0,
    /** A group got no card; the others are not affected. Sets `group_uuid`, `status`, `message`. */
    CRUDDUR_UPGRADE_GROUP_FAILED = 1,
} cruddur_upgrade_kind;

/** An event of an upgrade. The observer receives it, and may use it until it returns. All events
 * have the counts; other fields that the kind does not set are 0 or NULL. */
typedef struct cruddur_upgrade_event {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** What happened: a #cruddur_upgrade_kind. */
    uint32_t kind;
    /** Why the group got no card: a #cruddur_status. #CRUDDUR_E_STORE_DAMAGED: its rows do not say
     * who its members are, or its card is damaged. #CRUDDUR_E_CONFLICT: other writers changed its
     * rows until the deadline. #CRUDDUR_E_ITEM_TOO_LARGE, #CRUDDUR_E_INVALID_ARGUMENT: one of its
     * rows is as long as the store allows already. */
    uint32_t status;
    /** Rows of the table that this call has read. */
    uint64_t rows;
    /** Groups that it has met in them. */
    uint64_t groups;
    /** Groups that have got a card. */
    uint64_t cards;
    /** Groups that have got none because of a failure. */
    uint64_t failed;
    /** The group that got no card. */
    const char *group_uuid;
    /** A description of the failure, for people. It contains no message text. */
    const char *message;
    /** Where another call can continue; NULL at the end of the table. */
    const char *cursor;
} cruddur_upgrade_event;

/**
 * Receives an event of an upgrade.
 *
 * @param data  the `data` of the options.
 * @param event valid until the observer returns.
 * @return true to go on, false to stop.
 * Threads: called on the calling thread.
 */
typedef bool (*cruddur_upgrade_fn)(void *data, const cruddur_upgrade_event *event);

/** Options of cruddur_schema_upgrade(). Start from #CRUDDUR_UPGRADE_OPTIONS_INIT. Since: 0.2. */
typedef struct cruddur_upgrade_options {
    /** `sizeof (cruddur_upgrade_options)`. */
    size_t size;
    /** Must be 0: no bit has a meaning yet. */
    uint32_t flags;
    /** The deadline of each part of the table that is read, and of each group, in milliseconds; 0
     * for the handle's. The call as a whole has none. */
    uint32_t timeout_ms;
    /** Where to begin: the `cursor` of an event, or NULL for the start of the table. */
    const char *cursor;
    /** Receives events; may be NULL. */
    cruddur_upgrade_fn observe;
    /** Passed to `observe`. */
    void *data;
} cruddur_upgrade_options;

/* clang-format off */
/** The defaults: the whole table, with the handle's deadline for each part, no observer. */
#define CRUDDUR_UPGRADE_OPTIONS_INIT {sizeof(cruddur_upgrade_options), 0, 0, NULL, NULL, NULL}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_UPGRADE_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_upgrade_options)` as the caller knows it.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API void cruddur_upgrade_options_init(cruddur_upgrade_options *options, size_t size);

/**
 * Gives each group that has no card its card, which from then on alone says who the members are.
 * Groups of version 0.1 and of the original application have none. They work without, but each call
 * has to find out anew who their members are. Run it once, after all writers have been upgraded to
 * this version: older ones do not know cards.
 *
 * The call reads the whole table, part by part, and makes one change for each group without a card,
 * one after the other. The table may be in use meanwhile; a group that is being written to is tried
 * again until the deadline. Messages do not change. Group rows that were lost, or are there twice,
 * are set right, as by the next message. The call keeps up to 64
 * bytes of memory for each group of the table.
 *
 * It can be interrupted at any time and called again, from the start or with the latest `cursor`:
 * groups that have a card are not changed.
 *
 * @param dm      the store. It must write in transactions: on DynamoDB any mode but `steps`, on a
 *                service that has them.
 * @param options where to begin, and the observer; NULL for the defaults.
 * @param error   receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK at the end of the table, also if groups failed, and when the observer stopped
 *         it; or
 *         - #CRUDDUR_E_CONFIG: the store has no transactions;
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (a flag), #CRUDDUR_E_CURSOR_DAMAGED,
 *           #CRUDDUR_E_CURSOR_FOREIGN (the cursor of another list);
 *         - a read or write status. After a failure, call it again.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status
cruddur_schema_upgrade(cruddur *dm, const cruddur_upgrade_options *options, cruddur_error **error);

/**
 * Returns the number of lines.
 *
 * @param lines lines, or NULL.
 * @return the number; 0 for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API size_t cruddur_lines_count(const cruddur_lines *lines);

/**
 * Returns one of the lines.
 *
 * @param lines lines, or NULL.
 * @param index 0 to the count less 1.
 * @return text that lives as long as the lines; NULL beyond the end, and for NULL.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API const char *cruddur_lines_at(const cruddur_lines *lines, size_t index);

/**
 * Frees lines.
 *
 * @param lines lines, or NULL.
 * Threads: any; no other thread may be using them. Since: 0.1.
 */
CRUDDUR_API void cruddur_lines_free(cruddur_lines *lines);

CRUDDUR_END_DECLS

#endif
