/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The handle of a store: opening, closing, hooks.
 */
#ifndef CRUDDUR_HANDLE_H
#define CRUDDUR_HANDLE_H

#include <cruddur/error.h>

CRUDDUR_BEGIN_DECLS

/**
 * An open store. Any number of threads may use one at once. A thread must not be cancelled
 * (pthread_cancel()) inside a call.
 *
 * After `fork`, only the process that opened a handle can use it. In the child each call on an
 * inherited handle fails with #CRUDDUR_E_STORE_FORKED, and cruddur_close() does nothing: the
 * child's copy of the handle, its memory and its descriptors, lasts until the child ends or calls
 * `exec`. Results and errors are plain memory and stay valid. The child can open handles of its
 * own, with two exceptions, which also fail with #CRUDDUR_E_STORE_FORKED:
 * - an SQLite store, if any SQLite store (also one in memory) was open at the fork: close them
 *   before forking, or open them after `exec`;
 * - a DynamoDB store, if another thread was in a call on a DynamoDB store at the fork.
 */
typedef struct cruddur cruddur;

/** How much a line of the log matters. Later versions may add values. */
typedef enum cruddur_log_level {
    CRUDDUR_LOG_DEBUG = 0,
    CRUDDUR_LOG_INFO = 1,
    CRUDDUR_LOG_WARNING = 2,
    CRUDDUR_LOG_ERROR = 3,
} cruddur_log_level;

/** The calls that are measured. Later versions may add values. */
typedef enum cruddur_operation {
    CRUDDUR_OP_MSG_LIST = 0,
    CRUDDUR_OP_GROUP_LIST = 1,
    CRUDDUR_OP_GROUP_CREATE = 2,
    CRUDDUR_OP_MSG_APPEND = 3,
    CRUDDUR_OP_GROUP_GET = 4,
    CRUDDUR_OP_GROUP_MEMBERS = 5,
    CRUDDUR_OP_SCAN = 6,
    CRUDDUR_OP_SCHEMA_LOAD = 7,
    CRUDDUR_OP_SCHEMA_VERIFY = 8,
    CRUDDUR_OP_SCHEMA_LIST = 9,
    CRUDDUR_OP_SCHEMA_DROP = 10,
    CRUDDUR_OP_STREAM_APPLY = 11,
    CRUDDUR_OP_STREAM_FOLLOW = 12,
} cruddur_operation;

/** What one call cost. Given to the metrics hook; valid during the hook only. */
typedef struct cruddur_metrics {
    /** `sizeof` of this struct in the library: fields beyond it do not exist. */
    size_t size;
    /** The call: a #cruddur_operation. */
    uint32_t operation;
    /** What it returned: a #cruddur_status. */
    uint32_t status;
    /** From entry to return, in microseconds. */
    int64_t duration_us;
    /** How often the call's plan was run: 1 when nothing moved underneath. */
    uint32_t attempts;
    /** Rows that the engine read for it. */
    uint32_t rows_read;
    /** Rows that the engine put or deleted for it. */
    uint32_t rows_written;
    /** Requests to the service, each attempt counted; 0 on an engine without one. */
    uint32_t requests;
    /** The capacity that the service consumed for reading, in its own units. */
    double read_units;
    /** The same for writing. */
    double write_units;
} cruddur_metrics;

/**
 * Receives a line for the log. It has no message text and no secret in it.
 *
 * @param data    as given in the options.
 * @param level   how much it matters: a #cruddur_log_level.
 * @param message one line, NUL-terminated, valid during the hook only.
 * Threads: called from any thread that uses the handle, and from threads that a call starts for
 * itself, several at once. The library holds no lock meanwhile: a slow hook delays its own call
 * only. It must not call the library with the same handle.
 */
typedef void (*cruddur_log_fn)(void *data, uint32_t level, const char *message);

/**
 * Receives what a call cost, just before the call returns.
 *
 * @param data    as given in the options.
 * @param metrics valid during the hook only.
 * Threads: as for #cruddur_log_fn.
 */
typedef void (*cruddur_metrics_fn)(void *data, const cruddur_metrics *metrics);

/** Open only what is there: never make a new store. */
#define CRUDDUR_OPEN_EXISTING 0x1u

/** How to open a store. Start from #CRUDDUR_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_options {
    /** `sizeof (cruddur_options)`. */
    size_t size;
    /** Any of the `CRUDDUR_OPEN_…` bits. */
    uint32_t flags;
    /** The deadline of every call that sets none of its own, in milliseconds; at least 1. */
    uint32_t timeout_ms;
    /** The longest message text, in characters (Unicode code points): 1 to 100,000. */
    uint32_t max_text_chars;
    /** Zero. */
    uint32_t reserved;
    /** Receives lines for the log; may be NULL. */
    cruddur_log_fn log;
    /** Handed to `log`. */
    void *log_data;
    /** Receives what each call cost; may be NULL. */
    cruddur_metrics_fn metrics;
    /** Handed to `metrics`. */
    void *metrics_data;
} cruddur_options;

/* clang-format off */
/** The defaults: 10 seconds, 1,024 characters, no hooks. */
#define CRUDDUR_OPTIONS_INIT {sizeof(cruddur_options), 0, 10000, 1024, 0, NULL, NULL, NULL, NULL}
/* clang-format on */

/**
 * The same as #CRUDDUR_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_options_init(cruddur_options *options, size_t size);

/**
 * Opens a store, and makes it where there is none yet.
 *
 * Store URLs:
 * - `sqlite:PATH[?PARAMETERS]`: one file, mode 0600 when made here. `PATH` is relative to the
 *   working directory or absolute; `%`, `?` and `#` in it are written `%25`, `%3F` and `%23`.
 *   Several processes may use the file at once; it must not lie on a network file system.
 *   Parameters: `synchronous=full` (default: what was acknowledged survives a power cut) or
 *   `synchronous=normal` (it survives a crash of the process, and a power cut may take the latest
 *   messages; nothing else is harmed).
 * - `sqlite::memory:`: private to the handle, gone when it is closed.
 * - `dynamodb:TABLE[?PARAMETERS]`: a table of Amazon DynamoDB, or of a service that speaks its API.
 *   Opening it touches no network; cruddur_schema_load() makes the table. Without `TABLE` it is
 *   `cruddur-messages`. Parameters: `region`, `endpoint` (a URL), `profile` (of the AWS
 *   configuration files), `index` (default: `message-group-sk-index`), `mode`, `fips` and
 *   `dualstack` (`true`, `false`), `account_endpoint` (`preferred`, `disabled`, `required`),
 *   `attempts` (1 to 20, of each request). What is not given comes from where the AWS command line
 *   has it, credentials always. Modes: `auto` (default: all or nothing, where the service has
 *   transactions; else as `steps`), `atomic` (all or nothing, or an error), `steps` (one write
 *   after the other: an interruption can leave a group in an inbox twice, until its next message),
 *   `stream` (a message is one write; whoever processes the table's stream moves the inboxes).
 *
 * @param store_url the store.
 * @param options   how; NULL for the defaults.
 * @param ret_dm    receives the handle; free it with cruddur_close().
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, #CRUDDUR_E_URL_SCHEME, #CRUDDUR_E_URL_PARAMETER, #CRUDDUR_E_STRUCT_SIZE,
 *         #CRUDDUR_E_INVALID_ARGUMENT, #CRUDDUR_E_NULL_ARGUMENT, any `E_STORE_…`,
 *         #CRUDDUR_E_NO_MEMORY, #CRUDDUR_E_INTERNAL (no mutex, or an SQLite without threads).
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_open(const char *store_url,
                                                         const cruddur_options *options,
                                                         cruddur **ret_dm, cruddur_error **error);

/**
 * Closes a store. Pages, groups, messages and errors that it returned stay valid. In a child of
 * `fork` it does nothing with a handle of the parent.
 *
 * @param dm the handle, or NULL. No other call may be in progress on this handle, and none may
 *           start afterwards.
 * Threads: any, once. Since: 0.1.
 */
CRUDDUR_API void cruddur_close(cruddur *dm);

CRUDDUR_END_DECLS

#endif
