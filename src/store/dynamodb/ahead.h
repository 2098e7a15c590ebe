/* SPDX-License-Identifier: MIT */
/* Reads that a body announces. They are under way at the same time, and are taken when the body
 * comes to them. One that came to nothing is forgotten: the body makes it again, and has it told
 * why. */
#ifndef CR_STORE_DYNAMODB_AHEAD_H
#define CR_STORE_DYNAMODB_AHEAD_H

#include "store/dynamodb/table.h"

/* The answer to a query. */
typedef struct cr_ahead_query {
    cr_query query;
    unsigned uses; /* how often it can be taken */
    cr_dynamodb_try asked;
} cr_ahead_query;

/* The answers of one announcement. Its text lies in the arena of the body. */
typedef struct cr_ahead {
    cr_ahead_query *query[CR_READ_AHEAD_MAX]; /* made when first needed: most bodies have few */
    size_t query_count;
    cr_key *key;
    bool *is_taken; /* of each key */
    size_t key_count;
    cr_dynamodb_try asked; /* for the keys */
} cr_ahead;

/* Reads what is announced, and the key of the fence where it has one. `*ahead` is made where it is
 * NULL; one that is there forgets what it has. */
void cr_ahead_read(cr_ahead **ahead, cr_dynamodb *table, const cr_reads *reads, bool is_strong,
                   const cr_key *fence, cr_arena *arena, cr_call *call);

/* Takes the row of a key; false where it was not announced, or was taken. */
bool cr_ahead_take_row(cr_ahead *ahead, cr_key key, cr_row *row);

/* Takes the beginning of a query's answer; NULL as above. What was announced may go on behind the
 * end of what is asked for. */
const cr_ahead_query *cr_ahead_take_query(cr_ahead *ahead, const cr_query *query);

/* NULL is ignored, as in the functions above. */
void cr_ahead_forget(cr_ahead *ahead);
void cr_ahead_free(cr_ahead *ahead);

#endif
