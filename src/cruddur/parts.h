/* SPDX-License-Identifier: MIT */
/* A walk over the whole table, part by part: each part has its own deadline, and a cursor behind it
 * from which another call can continue. */
#ifndef CR_CRUDDUR_PARTS_H
#define CR_CRUDDUR_PARTS_H

#include "cruddur/entry.h"

/* So many rows of the table are a part, at most. */
#define CR_PART_ROWS 500

/* Room for the list of a cursor. */
#define CR_PARTS_LIST_SIZE 64

/* Whose a cursor is: an operation on one store. A cursor of another operation, or of the same on
 * another store, is refused: part of the table would be passed over. */
cr_str cr_parts_list_of(const cr_store *store, const char *operation,
                        char list[CR_PARTS_LIST_SIZE]);

typedef struct cr_parts {
    cr_store *store;
    cr_call *call;      /* the whole call's; each part has its own */
    int64_t timeout_us; /* of a part */
    cr_sink sink;       /* receives the rows of a part, but for those about the store;
                           CR_SINK_STOP means nothing */
    void *context;
    size_t rows; /* of the latest part */
    char list[CR_PARTS_LIST_SIZE];
    cr_cursor after;   /* its last row; the position is in an arena */
    cr_arena arena[2]; /* of this part and the one before it, in turn */
    unsigned turn;
} cr_parts;

/* Begins at a caller's cursor, NULL: at the start of the table; `timeout_ms` 0: the handle's. The
 * sink is set by the caller. *parts stays where it is. To be freed with cr_parts_free(), on
 * failure, too. CRUDDUR_E_CURSOR_FOREIGN: of another operation or store. */
cruddur_status cr_parts_begin(cr_parts *parts, const cruddur *dm, const char *operation,
                              const char *cursor, uint32_t timeout_ms, cr_call *call);

/* Reads the next part. *is_at_end: nothing comes after it. */
cruddur_status cr_parts_read(cr_parts *parts, bool *is_at_end);

/* Writes the cursor behind the latest part. */
cruddur_status cr_parts_write_cursor(const cr_parts *parts, cr_buffer *cursor);

void cr_parts_free(cr_parts *parts);

/* A call for what is done about a part, with a deadline and an error of its own. */
cr_call cr_parts_call(const cr_parts *parts, cruddur_error **error);

/* Adds what such a call has cost. An error that ends the walk becomes the whole call's. */
void cr_parts_end_call(const cr_parts *parts, const cr_call *part, cruddur_error *error,
                       bool ends_walk);

#endif
