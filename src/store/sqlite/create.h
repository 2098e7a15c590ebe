/* SPDX-License-Identifier: MIT */
/* Making the file of a new store. */
#ifndef CR_STORE_SQLITE_CREATE_H
#define CR_STORE_SQLITE_CREATE_H

#include <pthread.h>

#include "store/sqlite/connection.h"

/* Closing a file gives up all locks that this process has on it, SQLite's too. So while a new file
 * is open here, no connection to it may be made: the thread that makes one holds this. */
extern pthread_mutex_t cr_sqlite_creating;

/* Makes the file, readable by its owner only, unless something is there already. SQLite gives the
 * files beside it the same mode. The file has no tables and is in WAL mode, beside an empty log. It
 * has no bytes, and there is no log, where the file system has no links, or a log of another store
 * is there. */
cruddur_status cr_sqlite_create(const cr_sqlite_place *place, cruddur_error **error);

#endif
