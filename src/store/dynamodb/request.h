/* SPDX-License-Identifier: MIT */
/* Requests as text. Each function adds one, or a part of one, to the buffer, which keeps a failure
 * to itself. */
#ifndef CR_STORE_DYNAMODB_REQUEST_H
#define CR_STORE_DYNAMODB_REQUEST_H

#include "model/item.h"
#include "store/store.h"

/* The most that the service takes at once. */
#define CR_BATCH_KEYS_MAX 100
#define CR_BATCH_ROWS_MAX 25
#define CR_ITEM_SIZE_MAX ((size_t)400 * 1024)
#define CR_REQUEST_SIZE_MAX ((size_t)16 * 1024 * 1024)
#define CR_TRANSACTION_SIZE_MAX ((size_t)4 * 1024 * 1024)

/* What requests name; checked, so that none of it needs escaping. */
typedef struct cr_table_names {
    cr_str table;
    cr_str index;
} cr_table_names;

/* Where a page of rows begins, and how it is read. */
typedef struct cr_page_request {
    size_t limit;     /* 0: as much as the service gives at once */
    bool consistent;  /* strongly; never for an index */
    cr_str start_key; /* JSON, as the page before gave it; absent: from the start */
} cr_page_request;

/* The member "TableName", with which most requests begin. */
void cr_request_table(cr_buffer *out, const cr_table_names *names);

void cr_request_get(cr_buffer *out, const cr_table_names *names, cr_key key, bool consistent);

/* Up to CR_BATCH_KEYS_MAX keys. */
void cr_request_batch_get(cr_buffer *out, const cr_table_names *names, const cr_key *keys,
                          size_t count, bool consistent);

/* The rest of a batch of reads or writes, as the answer named it, in JSON. */
void cr_request_batch_rest(cr_buffer *out, cr_str unprocessed);

/* Up to CR_BATCH_ROWS_MAX rows of different keys, which are put without a condition. */
void cr_request_batch_write(cr_buffer *out, const cr_table_names *names, const cr_row *rows,
                            size_t count);

/* False where the bounds leave no room for a row, and nothing is to be asked. */
bool cr_request_query(cr_buffer *out, const cr_table_names *names, const cr_query *query,
                      const cr_page_request *page);

void cr_request_scan(cr_buffer *out, const cr_table_names *names, const cr_page_request *page);

/* How the text of a row that was read is compared. */
typedef enum cr_comparing {
    CR_COMPARE_ALL,
    CR_COMPARE_ENDS, /* a long text by both its ends, and by its size where it is ASCII */
} cr_comparing;

/* The members of a single write: a request of its own once cr_request_single() has put braces
 * around it, or an element of a transaction. A put demands that its key is free, and has the row
 * told that is there instead; a removal demands that the row is as it was read. A transaction's
 * check of a row has the members of a removal. */
void cr_request_put(cr_buffer *out, const cr_table_names *names, const cr_row *row);
void cr_request_remove(cr_buffer *out, const cr_table_names *names, const cr_row *as_read,
                       cr_comparing how);

/* Puts a row in the place of one that still is as it was read. */
void cr_request_replace(cr_buffer *out, const cr_table_names *names, const cr_row *as_read,
                        const cr_row *row, cr_comparing how);

/* A transaction's check that a message with this uuid and without an end is there. */
void cr_request_require_message(cr_buffer *out, const cr_table_names *names, cr_key key,
                                cr_str uuid);

void cr_request_single(cr_buffer *out, cr_str members);

/* A transaction is begun with its token, gets its elements, and is ended. */
void cr_request_transaction_begin(cr_buffer *out, cr_str token);
void cr_request_transaction_add(cr_buffer *out, bool first, const char *action, cr_str members);
void cr_request_transaction_end(cr_buffer *out);

#endif
