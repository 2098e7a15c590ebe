/* SPDX-License-Identifier: MIT */
#include "store/sqlite/readers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/condition.h"

/* Readers beyond the number of processors gain little; each has two descriptors. */
#define READERS_MAX 64
#define READERS_MIN 4
/* The readers' share of the descriptors that the process may have: two of sixteen. */
#define DESCRIPTORS_PER_READER 16
/* So long after the system had no descriptor left, no new reader is tried while there are others.
 */
#define SHORTAGE_US 1000000

struct cr_readers {
    const cr_sqlite_place *place;
    cr_store_files *files;
    pthread_cond_t returned; /* one is idle, or was opened, or one fewer is open */
    pthread_mutex_t lock;
    size_t max;
    size_t open_count; /* idle, in use, or being opened */
    bool is_opening;   /* one of them */
    int64_t shortage_until_us;
    size_t idle_count;
    cr_connection *idle[READERS_MAX];
};

static size_t choose_max(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur >= (rlim_t)READERS_MAX * DESCRIPTORS_PER_READER) {
        return READERS_MAX;
    }
    size_t share = (size_t)limit.rlim_cur / DESCRIPTORS_PER_READER;
    return share < READERS_MIN ? READERS_MIN : share;
}

cruddur_status cr_readers_new(const cr_sqlite_place *place, cr_store_files *files,
                              cr_readers **ret_readers, cruddur_error **error)
{
    cr_readers *readers = calloc(1, sizeof(*readers));
    if (readers == NULL) {
        return cr_fail_memory(error);
    }
    if (!cr_condition_init(&readers->returned)) {
        free(readers);
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no condition variable");
    }
    if (pthread_mutex_init(&readers->lock, NULL) != 0) {
        (void)pthread_cond_destroy(&readers->returned);
        free(readers);
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no mutex");
    }
    readers->place = place;
    readers->files = files;
    readers->max = choose_max();
    *ret_readers = readers;
    return CRUDDUR_OK;
}

void cr_readers_free(cr_readers *readers)
{
    if (readers == NULL) {
        return;
    }
    for (size_t i = 0; i < readers->idle_count; i++) {
        cr_connection_close(readers->idle[i]);
    }
    (void)pthread_mutex_destroy(&readers->lock);
    (void)pthread_cond_destroy(&readers->returned);
    free(readers);
}

/* ---- taking ---- */

static bool is_short(const cr_readers *readers)
{
    return !cr_deadline_passed(readers->shortage_until_us);
}

/* Whether one more may be opened; while descriptors are short, only if there is no other. One after
 * the other: SQLite keeps the file's descriptor of an opening that failed, for the next one, and
 * two that failed together would leave one too few for the log. Under the lock. */
static bool may_open(const cr_readers *readers)
{
    bool has_room = readers->open_count < readers->max && !is_short(readers);
    return !readers->is_opening && (readers->open_count == 0 || has_room);
}

/* What a call may do next: use an idle reader, or open one, which is counted as open already. */
typedef struct turn {
    cr_connection *idle;
    bool is_last_try; /* no other reader could take the descriptors that this one needs */
} turn;

static cruddur_status wait_for_turn(cr_readers *readers, const cr_call *call, turn *next)
{
    bool has_turn = true;
    *next = (turn){NULL, false};
    (void)pthread_mutex_lock(&readers->lock);
    while (readers->idle_count == 0 && !may_open(readers) && !cr_call_is_over(call)) {
        (void)cr_condition_wait_until(&readers->returned, &readers->lock,
                                      cr_cancel_look_us(call->deadline_us, call->cancel));
    }
    if (readers->idle_count > 0) {
        /* The latest that was returned: its pages are likeliest to be in memory. */
        next->idle = readers->idle[--readers->idle_count];
    } else if (may_open(readers)) {
        next->is_last_try = is_short(readers);
        readers->is_opening = true;
        readers->open_count++;
    } else {
        has_turn = false;
    }
    (void)pthread_mutex_unlock(&readers->lock);
    if (!has_turn && cr_is_cancelled(call->cancel)) {
        return cr_fail_cancelled(call->error);
    }
    return has_turn ? CRUDDUR_OK
                    : cr_fail_with(call->error, CRUDDUR_E_TIMEOUT,
                                   "all connections for reading were in use until the deadline");
}

/* The connection must lead to the files that the store has noted. They may be replaced while it is
 * opened, and put back, so it is asked itself after the look. */
static cruddur_status check_opened(cr_readers *readers, cr_connection *connection,
                                   const cr_call *call)
{
    int code = cr_connection_touch(connection);
    if (code != SQLITE_OK) {
        return cr_connection_fail(connection, code, "opening", call->error);
    }
    cr_store_finding finding = cr_store_files_look(readers->files);
    if (finding != 0) {
        return cr_store_files_fail(readers->files, finding, call->error);
    }
    return cr_connection_has_moved(connection)
               ? cr_store_files_fail_opening(readers->place->path, call->error)
               : CRUDDUR_OK;
}

/* Opens one. A connection to files that were removed would make new ones in their places. */
static cruddur_status open_one(cr_readers *readers, const cr_call *call,
                               cr_connection **ret_connection)
{
    cr_connection *connection = NULL;
    cr_store_finding finding = cr_store_files_look(readers->files);
    if (finding != 0) {
        return cr_store_files_fail(readers->files, finding, call->error);
    }
    cruddur_status status =
        cr_connection_open(readers->place, call->deadline_us, &connection, call->error);
    if (status != CRUDDUR_OK) {
        return status;
    }
    status = check_opened(readers, connection, call);
    if (status != CRUDDUR_OK) {
        cr_connection_close(connection);
        return status;
    }
    *ret_connection = connection;
    return CRUDDUR_OK;
}

/* The same for one that is counted as open. */
static cruddur_status open_counted(cr_readers *readers, const cr_call *call,
                                   cr_connection **ret_connection)
{
    cruddur_status status = open_one(readers, call, ret_connection);
    (void)pthread_mutex_lock(&readers->lock);
    readers->is_opening = false;
    readers->open_count -= status == CRUDDUR_OK ? 0 : 1;
    if (status == CRUDDUR_E_NO_DESCRIPTORS) {
        readers->shortage_until_us = cr_clock_monotonic_us() + SHORTAGE_US;
    }
    (void)pthread_cond_signal(&readers->returned);
    (void)pthread_mutex_unlock(&readers->lock);
    return status;
}

/* Where the descriptors have run out, those readers will do that are there. */
cruddur_status cr_readers_take(cr_readers *readers, const cr_call *call,
                               cr_connection **ret_connection)
{
    turn next;
    cruddur_status status = wait_for_turn(readers, call, &next);
    while (status == CRUDDUR_OK && next.idle == NULL) {
        status = open_counted(readers, call, &next.idle);
        if (status == CRUDDUR_E_NO_DESCRIPTORS && !next.is_last_try) {
            cr_error_discard(call->error);
            status = wait_for_turn(readers, call, &next);
        }
    }
    if (status == CRUDDUR_OK) {
        next.idle->deadline_us = call->deadline_us;
        next.idle->cancel = call->cancel;
        *ret_connection = next.idle;
    }
    return status;
}

void cr_readers_give(cr_readers *readers, cr_connection *connection)
{
    /* A transaction that could not be ended leaves the connection of no use. */
    bool is_kept = sqlite3_get_autocommit(connection->db) != 0;
    connection->cancel = NULL;
    if (!is_kept) {
        cr_connection_close(connection);
    }
    (void)pthread_mutex_lock(&readers->lock);
    if (is_kept) {
        readers->idle[readers->idle_count++] = connection;
    } else {
        readers->open_count--;
    }
    (void)pthread_cond_signal(&readers->returned);
    (void)pthread_mutex_unlock(&readers->lock);
}
