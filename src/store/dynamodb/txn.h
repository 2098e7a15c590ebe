/* SPDX-License-Identifier: MIT */
/* What a body may do: it reads from the table directly, and its writes are collected. */
#ifndef CR_STORE_DYNAMODB_TXN_H
#define CR_STORE_DYNAMODB_TXN_H

#include "store/dynamodb/ahead.h"
#include "store/dynamodb/table.h"

typedef enum cr_write_kind {
    CR_WRITE_PUT,
    CR_WRITE_REPLACE,
    CR_WRITE_REMOVE,
    CR_WRITE_REQUIRE,         /* a condition alone */
    CR_WRITE_REQUIRE_MESSAGE, /* the same, of a row that was not read */
} cr_write_kind;

/* A write that a body stated. */
typedef struct cr_write {
    cr_write_kind kind;
    bool is_kept; /* a put that is not taken back when the rest of the change comes to nothing */
    bool may_be_there; /* a put in steps that was carried out, or may have been */
    size_t text_at;    /* in the transaction's `text`: the members of its request */
    size_t text_size;
    cr_row row; /* what is put, or was read; its text lies in the arena */
} cr_write;

/* Whether the write's row is what it puts, rather than what was read. */
static inline bool cr_write_is_put(const cr_write *write)
{
    return write->kind == CR_WRITE_PUT || write->kind == CR_WRITE_REPLACE;
}

static inline bool cr_write_is_condition(const cr_write *write)
{
    return write->kind == CR_WRITE_REQUIRE || write->kind == CR_WRITE_REQUIRE_MESSAGE;
}

typedef struct cr_dynamodb_txn {
    cr_txn base;
    cr_dynamodb *table;
    bool is_change;
    bool must_run_again;   /* why a run came to CRUDDUR_E_CONFLICT, with no error described */
    bool is_claimed;       /* the change is a message's whose uuid, with its sort key, is claimed */
    bool has_lost_answers; /* a write in steps may be carried out late */
    bool has_adopted;      /* group rows at the claimed key that others had put */
    bool has_met_others;   /* who changed the same group in the meantime */
    cr_ahead *ahead;       /* what was announced; NULL: nothing ever was */
    cr_arena page;         /* the rows of the latest answer */
    cr_aws_answer answer;
    cr_buffer request;
    cr_write *write; /* in the order in which they were stated; in base.arena */
    size_t write_count;
    size_t write_capacity;
    cr_buffer text;
} cr_dynamodb_txn;

void cr_dynamodb_txn_init(cr_dynamodb_txn *txn, cr_dynamodb *table, bool is_change, cr_arena *arena,
                          cr_call *call);

/* Forgets what the last run of the body stated. */
void cr_dynamodb_txn_restart(cr_dynamodb_txn *txn);

void cr_dynamodb_txn_free(cr_dynamodb_txn *txn);

/* Notes that the body has to be run again, and returns CRUDDUR_E_CONFLICT. */
static inline cruddur_status cr_dynamodb_run_again(cr_dynamodb_txn *txn)
{
    txn->must_run_again = true;
    return CRUDDUR_E_CONFLICT;
}

/* The request's members of a write. */
static inline cr_str cr_write_text(const cr_dynamodb_txn *txn, const cr_write *write)
{
    return (cr_str){txn->text.data + write->text_at, write->text_size};
}

#endif
