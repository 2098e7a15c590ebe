/* SPDX-License-Identifier: MIT */
/* Rows about the store as a whole. They are foreign to everything that reads conversations, belong
 * to this one table, and so are never copied to another.
 *
 * The **fence** closes the store: while it is there, engines commit no change but those of such
 * rows. The **move** is what a move between two stores knows of itself, in both; in a source with a
 * sequence of changes, `rev` is the last one that is not needed any more. The **watch** is there
 * where the sequence is kept without a move, too. **Marks** are put and removed at the end of a
 * move, for their records in the table's stream. The row of **twins** is in an SQLite file in which
 * a user may have two rows of one group: an import has brought them, or version 1 left them. */
#ifndef CR_MODEL_STORE_ROW_H
#define CR_MODEL_STORE_ROW_H

#include "model/row.h"

#define CR_PK_STORE "STORE#"
#define CR_FENCE_PK CR_PK_STORE "FENCE"
#define CR_MOVE_PK CR_PK_STORE "MOVE"
#define CR_WATCH_PK CR_PK_STORE "WATCH"
#define CR_TWINS_PK CR_PK_STORE "TWINS"
#define CR_MARK_PK CR_PK_STORE "MARK#" /* and so many hexadecimal digits */
#define CR_MARK_SIZE 16
#define CR_STORE_SK "STORE"

static inline cr_key cr_store_row_key(const char *pk)
{
    return (cr_key){cr_str_of(pk), cr_str_of(CR_STORE_SK)};
}

/* Whether the key is that of a row about the store. */
static inline bool cr_is_store_row(cr_key key)
{
    const size_t size = sizeof(CR_PK_STORE) - 1;
    return key.pk.size >= size && memcmp(key.pk.data, CR_PK_STORE, size) == 0 &&
           cr_str_equal(key.sk, cr_str_of(CR_STORE_SK));
}

#endif
