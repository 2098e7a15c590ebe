/* SPDX-License-Identifier: MIT */
/* A table, and asking the service about it. */
#ifndef CR_STORE_DYNAMODB_TABLE_H
#define CR_STORE_DYNAMODB_TABLE_H

#include <stdatomic.h>

#include "aws/client.h"
#include "aws/config.h"
#include "store/dynamodb/request.h"
#include "store/dynamodb/result.h"
#include "store/store.h"

/* How changes are committed. */
typedef enum cr_mode {
    CR_MODE_AUTO,   /* as transactions, where the service has them; else in steps */
    CR_MODE_ATOMIC, /* as transactions, or not at all */
    CR_MODE_STEPS,  /* one write after the other */
    CR_MODE_STREAM, /* as AUTO, but appends leave the group rows to a processor of the stream */
} cr_mode;

typedef struct cr_dynamodb {
    cr_store base;
    cr_aws_config *config;
    cr_http *http;
    cr_credentials *credentials;
    cr_aws_client *client;
    _Atomic(cr_aws_client *) stream_client; /* made when it is first needed */
    cr_table_names names;                   /* these two own their text, which ends with a NUL */
    cr_mode mode;
    bool are_writers_ours;          /* as the store's URL says; only with CR_MODE_ATOMIC */
    int64_t claim_us;               /* how long a claim is kept */
    atomic_bool lacks_transactions; /* found out by asking, as is the opposite */
    atomic_bool has_transactions;
    _Atomic int64_t unfenced_at_us; /* when the latest look for a fence began; 0: none has */
    cr_logger logger;
} cr_dynamodb;

/* The traits of a body's next run: they depend on what was found out. */
unsigned cr_dynamodb_traits(const cr_dynamodb *table);

typedef enum cr_operation {
    CR_GET_ITEM,
    CR_BATCH_GET_ITEM,
    CR_QUERY,
    CR_SCAN,
    CR_PUT_ITEM,
    CR_BATCH_WRITE_ITEM,
    CR_DELETE_ITEM,
    CR_TRANSACT_WRITE_ITEMS,
    CR_CREATE_TABLE,
    CR_DESCRIBE_TABLE,
    CR_UPDATE_TABLE,
    CR_DELETE_TABLE,
    CR_LIST_TABLES,
    CR_DESCRIBE_TIME_TO_LIVE,
    CR_UPDATE_TIME_TO_LIVE,
    CR_DESCRIBE_CONTINUOUS_BACKUPS,
    CR_UPDATE_CONTINUOUS_BACKUPS,
    CR_DESCRIBE_STREAM, /* these are asked of another endpoint: store/dynamodb/stream.c */
    CR_GET_SHARD_ITERATOR,
    CR_GET_RECORDS,
} cr_operation;

/* What an operation is about. */
typedef enum cr_about {
    CR_ABOUT_ROWS,
    CR_ABOUT_TABLE, /* such a request contains no row and no text of a user */
    CR_ABOUT_STREAM,
} cr_about;

cr_about cr_dynamodb_about(cr_operation operation);

/* What the operation does, in words before the table's name: "reading from". */
const char *cr_dynamodb_action(cr_operation operation);

/* Sends a request through a client. CRUDDUR_OK: the service has answered, with success or not. A
 * success has the member that the operation must have, and was read by `reading` where that has a
 * function. Empties the request. */
cruddur_status cr_dynamodb_send_by(cr_aws_client *client, cr_operation operation,
                                   cr_buffer *request, cr_aws_reading reading, cr_call *call,
                                   cr_aws_answer *answer);

/* The same for an operation on rows, through the table's own client. A success is in the result,
 * whose rows are in the arena, or borrowed from the answer; the arena is emptied first. */
cruddur_status cr_dynamodb_send(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                                cr_call *call, cr_aws_answer *answer, cr_arena *arena,
                                cr_result *result);

/* The same for one that reads, which leaves only a success or an error that is described. */
cruddur_status cr_dynamodb_ask(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                               cr_call *call, cr_aws_answer *answer, cr_arena *arena,
                               cr_result *result);

/* One of several operations that are under way at the same time. The caller keeps it initialised,
 * and sets the first two. */
typedef struct cr_dynamodb_try {
    cr_operation operation;
    cr_buffer request;
    cr_aws_answer answer;
    cr_arena page; /* the rows of the result, where they are not borrowed from the answer */
    cr_result result;
    bool is_answered; /* the service has answered, and its answer is whole */
    bool is_good;     /* with a success */
} cr_dynamodb_try;

/* Sends up to CR_HTTP_TOGETHER_MAX requests, with one attempt each. None is sent where there is no
 * memory for one of them. */
void cr_dynamodb_try_together(cr_dynamodb *table, cr_dynamodb_try *const *tries, size_t count,
                              cr_call *call);

/* The same for reads. */
void cr_dynamodb_ask_together(cr_dynamodb *table, cr_dynamodb_try *const *tries, size_t count,
                              cr_call *call);

bool cr_dynamodb_is_code(const cr_aws_answer *answer, const char *code);

#endif
