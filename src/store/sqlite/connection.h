/* SPDX-License-Identifier: MIT */
/* One connection to the file: used by one thread at a time. */
#ifndef CR_STORE_SQLITE_CONNECTION_H
#define CR_STORE_SQLITE_CONNECTION_H

#include <sqlite3.h>

#include "base/call.h"
#include "model/row.h"

/* Every statement that is run again and again; their texts are in connection.c. */
typedef enum cr_statement {
    CR_STATEMENT_BEGIN_READ,
    CR_STATEMENT_BEGIN_WRITE,
    CR_STATEMENT_COMMIT,
    CR_STATEMENT_ROLLBACK,
    CR_STATEMENT_SAVEPOINT,
    CR_STATEMENT_RELEASE,
    CR_STATEMENT_ROLLBACK_TO,
    CR_STATEMENT_GET,
    CR_STATEMENT_QUERY_TABLE_ASCENDING,
    CR_STATEMENT_QUERY_TABLE_DESCENDING,
    CR_STATEMENT_QUERY_GROUPS_ASCENDING,
    CR_STATEMENT_QUERY_GROUPS_DESCENDING,
    CR_STATEMENT_LIST_MESSAGES_ASCENDING, /* what pages show of them (txn.c) */
    CR_STATEMENT_LIST_MESSAGES_DESCENDING,
    CR_STATEMENT_LIST_INBOX_ASCENDING,
    CR_STATEMENT_LIST_INBOX_DESCENDING,
    CR_STATEMENT_QUERY_UUID,
    CR_STATEMENT_FIND_TWIN,  /* whether a user has another row of a group */
    CR_STATEMENT_FIND_TWINS, /* whether any has */
    CR_STATEMENT_SCAN,
    CR_STATEMENT_BEFORE,
    CR_STATEMENT_AFTER,
    CR_STATEMENT_PUT,
    CR_STATEMENT_REPLACE, /* the new row without its keys, then the old one */
    CR_STATEMENT_REMOVE,
    CR_STATEMENT_REQUIRE,
    CR_STATEMENT_STORE_ROWS, /* those about the store: their pk, rev and end */
    CR_STATEMENT_SEQUENCE_ADD,
    CR_STATEMENT_SEQUENCE_REMOVE, /* some, up to an entry, or to what a move still needs */
    CR_STATEMENT_SEQUENCE_CLEAR,  /* all but the newest */
    CR_STATEMENT_SEQUENCE_READ,
    CR_STATEMENT_SEQUENCE_BOUNDS,
    CR_STATEMENT_WATCH_END, /* notes that it was noticed */
    CR_STATEMENT_COUNT
} cr_statement;

/* Where a store's connections lead, and how they are set up. */
typedef struct cr_sqlite_place {
    char *named; /* the path as the caller gave it */
    char *path;  /* from the root, without symbolic links, once the store is open */
    bool is_memory;
    bool synchronous_full;
} cr_sqlite_place;

typedef struct cr_connection {
    sqlite3 *db;
    const cr_sqlite_place *place;
    bool had_log;        /* there was a write-ahead log before this connection read anything */
    int log_frames;      /* in the write-ahead log, after the latest commit */
    int restart_frames;  /* how many make it worth while to wait for readers */
    int64_t deadline_us; /* until when the busy handler waits for another process */
    const atomic_bool *cancel; /* of the call that uses the connection; NULL: none */
    sqlite3_stmt *statements[CR_STATEMENT_COUNT];
} cr_connection;

/* Opens a file that is there already, or the private database of a memory store. */
cruddur_status cr_connection_open(const cr_sqlite_place *place, int64_t deadline_us,
                                  cr_connection **ret_connection, cruddur_error **error);

void cr_connection_close(cr_connection *connection);

/* Reads something, so that all files of the connection are open: SQLite opens the log and the
 * shared memory when it first reads. Returns SQLite's result code. */
int cr_connection_touch(cr_connection *connection);

/* Whether another file, or none, is at the path of the file that the connection has open. */
bool cr_connection_has_moved(const cr_connection *connection);

/* A statement, ready to be bound; NULL after a failure, which sqlite3_extended_errcode() tells. */
sqlite3_stmt *cr_connection_statement(cr_connection *connection, cr_statement which);

/* Runs a statement that has no parameters and gives no rows; returns SQLite's result code. */
int cr_connection_run(cr_connection *connection, cr_statement which);

/* Copies the write-ahead log into the file, if it has grown (a checkpoint). SQLite would do so
 * inside the commit: a failure could then be taken for the commit's, and everybody would wait for
 * it. */
void cr_connection_tidy_log(cr_connection *connection);

/* Closing the connection shall not copy the log into the file, nor remove it. */
void cr_connection_leave_log(cr_connection *connection);

/* The same, and there shall be a log, if only an empty one, as far as the system permits. */
void cr_connection_keep_log(cr_connection *connection);

/* Closes a connection to a store that could not be opened: a log that was there stays, also an
 * empty one. NULL is ignored. */
void cr_connection_give_up(cr_connection *connection);

/* Binds text, NULL where it is absent; it must stay where it is until the statement is reset. */
int cr_connection_bind(sqlite3_stmt *statement, int parameter, cr_str text);

/* Describes the failure `code` of `action` on this connection's store. */
cruddur_status cr_connection_fail(const cr_connection *connection, int code, const char *action,
                                  cruddur_error **error);

#endif
