/* SPDX-License-Identifier: MIT */
#include "store/sqlite/readers.h"

#include <pthread.h>
#include <stdlib.h>

/* Connections that are kept though nobody uses them. */
#define IDLE_MAX 64

struct cr_readers {
    const cr_sqlite_place *place;
    pthread_mutex_t lock;
    cr_connection *idle[IDLE_MAX];
    size_t idle_count;
};

cruddur_status cr_readers_new(const cr_sqlite_place *place, cr_readers **ret_readers,
                              cruddur_error **error)
{
    cr_readers *readers = calloc(1, sizeof(*readers));
    if (readers == NULL) {
        return cr_fail_memory(error);
    }
    if (pthread_mutex_init(&readers->lock, NULL) != 0) {
        free(readers);
        return cr_fail_with(error, CRUDDUR_E_INTERNAL, "the system gave no mutex");
    }
    readers->place = place;
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
    free(readers);
}

/* The latest given back comes first: its pages are likeliest to be in memory. */
static cr_connection *take_idle(cr_readers *readers)
{
    (void)pthread_mutex_lock(&readers->lock);
    cr_connection *connection =
        readers->idle_count == 0 ? NULL : readers->idle[--readers->idle_count];
    (void)pthread_mutex_unlock(&readers->lock);
    return connection;
}

cruddur_status cr_readers_take(cr_readers *readers, const cr_call *call,
                               cr_connection **ret_connection)
{
    cr_connection *connection = take_idle(readers);
    if (connection == NULL) {
        return cr_connection_open(readers->place, call->deadline_us, ret_connection, call->error);
    }
    connection->deadline_us = call->deadline_us;
    *ret_connection = connection;
    return CRUDDUR_OK;
}

void cr_readers_give(cr_readers *readers, cr_connection *connection)
{
    /* A transaction that could not be ended leaves the connection of no use. */
    bool is_sound = sqlite3_get_autocommit(connection->db) != 0;
    (void)pthread_mutex_lock(&readers->lock);
    bool is_kept = is_sound && readers->idle_count < IDLE_MAX;
    if (is_kept) {
        readers->idle[readers->idle_count++] = connection;
    }
    (void)pthread_mutex_unlock(&readers->lock);
    if (!is_kept) {
        cr_connection_close(connection);
    }
}
