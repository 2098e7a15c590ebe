/* SPDX-License-Identifier: MIT */
/* Compares the schema of a file with that of a new store. */
#ifndef CR_STORE_SQLITE_SHAPE_H
#define CR_STORE_SQLITE_SHAPE_H

#include "store/sqlite/connection.h"

#define CR_SQLITE_TABLE "cruddur_messages"
#define CR_SQLITE_SEQUENCE "cruddur_changes"

typedef struct cr_difference {
    const char *line;
    const char *remedy; /* SQL that creates what is missing; NULL: nothing can be added */
    bool is_foreign;    /* another program added it; the library works with it */
} cr_difference;

/* Receives one difference, borrowed for this call. Returns SQLITE_OK to receive the next one; any
 * other code ends the comparison, which returns it. */
typedef int (*cr_difference_sink)(void *context, const cr_difference *difference);

/* Compares the connection's schema with the one that `make` creates in an empty database. Reads the
 * connection before the first difference is handed over. Returns SQLite's result code. */
int cr_shape_compare(cr_connection *connection, int (*make)(sqlite3 *db), cr_difference_sink sink,
                     void *context);

#endif
