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
 * An open store. One handle serves any number of threads; a program usually has one for its whole
 * life. A thread must not be cancelled (pthread_cancel()) inside a call.
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

/** The importance of a line in the log. Later versions may add values. */
typedef enum cruddur_log_level {
    CRUDDUR_LOG_DEBUG = 0,
    CRUDDUR_LOG_INFO = 1,
    CRUDDUR_LOG_WARNING = 2,
    CRUDDUR_LOG_ERROR = 3,
} cruddur_log_level;

/** The calls that metrics are about. Later versions may add values. */
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
    CRUDDUR_OP_SCHEMA_UPGRADE = 13,
    CRUDDUR_OP_MSG_GET = 14,
    CRUDDUR_OP_MSG_EDIT = 15,
    CRUDDUR_OP_MSG_DELETE = 16,
    CRUDDUR_OP_MSG_REACT = 17,
    CRUDDUR_OP_GROUP_MARK_READ = 18,
    CRUDDUR_OP_GROUP_SET = 19,
    CRUDDUR_OP_GROUP_RENAME = 20,
    CRUDDUR_OP_GROUP_ADD_MEMBERS = 21,
    CRUDDUR_OP_GROUP_REMOVE_MEMBER = 22,
    CRUDDUR_OP_PURGE = 23,
    CRUDDUR_OP_CHECK = 24,
    CRUDDUR_OP_EXPORT = 26,
    CRUDDUR_OP_IMPORT = 27,
    CRUDDUR_OP_PERSON_EXPORT = 30,
    CRUDDUR_OP_PERSON_ERASE = 31,
    CRUDDUR_OP_PERSON_RENAME = 32,
    CRUDDUR_OP_MOVE = 28,
    CRUDDUR_OP_WATCH_OPEN = 33,
} cruddur_operation;

/**
 * Returns the name of an operation, for logs and metrics: the name of its function without
 * `cruddur_`, such as "msg_append".
 *
 * @param operation an operation, such as the one of #cruddur_metrics.
 * @return a string that lives as long as the library; "unknown" for an unknown value.
 * Threads: any. Since: 0.2.
 */
CRUDDUR_API const char *cruddur_operation_name(cruddur_operation operation);

/** The cost of one call. The metrics hook receives it, and may use it until it returns. */
typedef struct cruddur_metrics {
    /** The size of this struct in the library. Fields beyond it do not exist. */
    size_t size;
    /** The call: a #cruddur_operation. */
    uint32_t operation;
    /** Its result: a #cruddur_status. */
    uint32_t status;
    /** The time from entry to return, in microseconds. */
    int64_t duration_us;
    /** How often the call was planned: 1, and 1 more for each conflict with another writer. */
    uint32_t attempts;
    /** Rows that the engine read. */
    uint32_t rows_read;
    /** Rows that the engine put or deleted. */
    uint32_t rows_written;
    /** Requests to the service, each attempt counted; 0 on SQLite. */
    uint32_t requests;
    /** Read capacity that the service charged, in its units; 0 on SQLite. */
    double read_units;
    /** Write capacity that the service charged, in its units; 0 on SQLite. */
    double write_units;
    /** How often the call waited for the service: requests that were under way at the same time
     * count as one wave. What a call takes is about this many round trips. 0 on SQLite. */
    uint32_t waves;
    /** Runs of a change that went by rows that may have been out of date, as the conditions of the
     * change judge them: what the index showed, or what this handle had left; and runs of a list of
     * messages that looked for the viewer's row where this handle had left it. 0 on SQLite. */
    uint32_t guesses;
    /** Those of them that were wrong: rows had to be read once more, from the table itself, which
     * costs more waves. */
    uint32_t guesses_wrong;
    /** Messages of other calls that the same change stored: appends of one handle to one group that
     * wait for each other go together. One of the calls makes the requests and has all their cost;
     * the others have waves and attempts alone. On SQLite only submitted appends do. */
    uint32_t combined;
} cruddur_metrics;

/**
 * Receives a line for the log. It contains no message text and no secret.
 *
 * @param data    the `log_data` of the options.
 * @param level   the importance: a #cruddur_log_level.
 * @param message one line; valid until the hook returns.
 * Threads: called on any thread that uses the handle, and on threads that a call starts, several at
 * once. The library holds no lock meanwhile: a slow hook delays its own call only. The hook must
 * not use the same handle.
 */
typedef void (*cruddur_log_fn)(void *data, uint32_t level, const char *message);

/**
 * Receives the cost of a call, just before the call returns. Not called for cruddur_open() and
 * cruddur_close(), nor if the handle or a required output is NULL.
 *
 * @param data    the `metrics_data` of the options.
 * @param metrics the cost; valid until the hook returns.
 * Threads: called on the thread of the call, on several threads at once. The hook must not use the
 * same handle.
 */
typedef void (*cruddur_metrics_fn)(void *data, const cruddur_metrics *metrics);

/** Fails if the store does not exist instead of creating it. */
#define CRUDDUR_OPEN_EXISTING 0x1u

/** For `expires_in_s`: what the handle's `retention_s` says. */
#define CRUDDUR_EXPIRES_DEFAULT (-1)
/** The message lasts. */
#define CRUDDUR_EXPIRES_NEVER INT64_MAX

/** Options of cruddur_open(). Start from #CRUDDUR_OPTIONS_INIT. Since: 0.1. */
typedef struct cruddur_options {
    /** `sizeof (cruddur_options)`. */
    size_t size;
    /** #CRUDDUR_OPEN_EXISTING or 0. */
    uint32_t flags;
    /** The deadline of every call that has no deadline of its own, in milliseconds; at least 1. */
    uint32_t timeout_ms;
    /** The longest message text, in characters (Unicode code points): 1 to 100,000. */
    uint32_t max_text_chars;
    /** Must be 0. */
    uint32_t reserved;
    /** Receives lines for the log; may be NULL. */
    cruddur_log_fn log;
    /** Passed to `log`. */
    void *log_data;
    /** Receives the cost of each call; may be NULL. */
    cruddur_metrics_fn metrics;
    /** Passed to `metrics`. */
    void *metrics_data;
    /** How long a message that is sent with this handle lasts, in seconds, unless the call says
     * otherwise (`expires_in_s`): at least 1, or #CRUDDUR_EXPIRES_NEVER. Since: 0.2. */
    int64_t retention_s;
} cruddur_options;

/* clang-format off */
/** The defaults: 10 seconds, 1,024 characters, no hooks, messages that last. */
#define CRUDDUR_OPTIONS_INIT \
    {sizeof(cruddur_options), 0, 10000, 1024, 0, NULL, NULL, NULL, NULL, CRUDDUR_EXPIRES_NEVER}
/* clang-format on */

/**
 * Fills in the defaults of #CRUDDUR_OPTIONS_INIT, for callers that cannot use a macro.
 *
 * @param options receives the defaults; may be NULL.
 * @param size    `sizeof (cruddur_options)` as the caller knows it.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_options_init(cruddur_options *options, size_t size);

/**
 * Opens a store, and creates it if it does not exist.
 *
 * Store URLs:
 * - `sqlite:PATH[?PARAMETERS]`: one file, created with mode 0600. `PATH` is absolute, or relative
 * to the working directory; `%`, `?` and `#` in it are written `%25`, `%3F` and `%23`. Several
 *   processes may use the file at once; it must not be on a network file system. The parameter
 *   `synchronous` is `full` (default: acknowledged messages survive a power cut) or `normal` (they
 *   survive a crash of the process, but a power cut may lose the latest ones).
 * - `sqlite::memory:`: private to the handle, gone when the handle is closed.
 * - `dynamodb:[TABLE][?PARAMETERS]`: a table of Amazon DynamoDB, or of a service with its API. The
 *   default table is `cruddur-messages`. Opening sends no request: a table that does not exist is
 *   reported by the first call, and cruddur_schema_load() creates it. Parameters: `region`,
 *   `endpoint` (a URL), `profile` (of the AWS configuration files), `index` (default:
 *   `message-group-sk-index`), `mode`, `fips` and `dualstack` (`true`, `false`), `account_endpoint`
 *   (`preferred`, `disabled`, `required`), `attempts` (1 to 20, of each request), `claim_days` (1
 *   to 3650, default 7: how long the claim of a message is kept), `writers` (`any`, the default; or
 *   `ours` with `mode=atomic`: this library alone writes messages and groups). Settings that are
 * not given are resolved as the AWS CLI resolves them; credentials always are. Modes:
 *   - `auto` (default): transactions; `steps` if the service has none.
 *   - `atomic`: transactions, or an error.
 *   - `steps`: one conditional write after the other. An interruption can leave a group in an inbox
 *     twice until its next message.
 *   - `stream`: a message is one write; a processor of the table's stream moves the inboxes
 *     (stream.h, follow.h).
 *
 * @param store_url the store.
 * @param options   the options; NULL for the defaults.
 * @param ret_dm    receives the handle; free it with cruddur_close().
 * @param error     receives the error on failure; may be NULL.
 * @return #CRUDDUR_OK, or
 *         - for the arguments: #CRUDDUR_E_NULL_ARGUMENT, #CRUDDUR_E_STRUCT_SIZE,
 *           #CRUDDUR_E_INVALID_ARGUMENT (an option, the path, a table's or index's name),
 *           #CRUDDUR_E_TIME (`retention_s` is less than a second, or leads beyond the year 9999),
 *           #CRUDDUR_E_URL_SCHEME, #CRUDDUR_E_URL_PARAMETER, #CRUDDUR_E_ENGINE_DISABLED (the
 *           library was built without the engine of the URL);
 *         - on every engine: #CRUDDUR_E_NO_MEMORY, #CRUDDUR_E_NO_DESCRIPTORS (too many open files;
 *           may pass by itself), #CRUDDUR_E_STORE_FORKED (see #cruddur),
 *           #CRUDDUR_E_INTERNAL (the system gave no lock, or a library was built without what is
 *           needed, such as SQLite without threads);
 *         - on SQLite: #CRUDDUR_E_STORE_MISSING (with #CRUDDUR_OPEN_EXISTING),
 *           #CRUDDUR_E_STORE_ACCESS, #CRUDDUR_E_STORE_READ_ONLY, #CRUDDUR_E_STORE_FULL,
 *           #CRUDDUR_E_STORE_FOREIGN (another application's file), #CRUDDUR_E_STORE_NEWER,
 *           #CRUDDUR_E_STORE_DAMAGED, #CRUDDUR_E_STORE_IO, #CRUDDUR_E_STORE_LOCKED (another
 *           process kept the lock until the deadline of the options), #CRUDDUR_E_STORE_REPLACED
 *           (the file was removed or replaced while it was being opened);
 *         - on DynamoDB: #CRUDDUR_E_CONFIG (no region; an invalid setting in the URL, the
 *           environment or the AWS configuration files; a profile that does not exist),
 *           #CRUDDUR_E_CREDENTIALS (incomplete keys in the environment, a credentials file that
 *           cannot be read). No other status of a service, as opening sends no request.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_MUST_USE CRUDDUR_API cruddur_status cruddur_open(const char *store_url,
                                                         const cruddur_options *options,
                                                         cruddur **ret_dm, cruddur_error **error);

/**
 * Closes a store. Pages, groups, messages and errors that it returned stay valid. In a child of
 * `fork` it does nothing with a handle of the parent; in a callback of one of the handle's requests
 * it leaves the handle open, and logs an error.
 *
 * @param dm the handle, or NULL. No other call may be in progress on this handle, and none may
 *           start afterwards.
 * Threads: any. Since: 0.1.
 */
CRUDDUR_API void cruddur_close(cruddur *dm);

CRUDDUR_END_DECLS

#endif
