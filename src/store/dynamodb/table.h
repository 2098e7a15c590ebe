/* SPDX-License-Identifier: MIT */
/* A table, and asking the service about it. */
#ifndef CR_STORE_DYNAMODB_TABLE_H
#define CR_STORE_DYNAMODB_TABLE_H

#include <stdatomic.h>

#include "aws/client.h"
#include "aws/config.h"
#include "store/dynamodb/answer.h"
#include "store/dynamodb/request.h"
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
    atomic_bool lacks_transactions; /* found out by asking */
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

/* Makes a call through a client; CRUDDUR_OK: the service has answered, with success or not. Empties
 * the request. */
cruddur_status cr_dynamodb_send_by(cr_aws_client *client, cr_operation operation,
                                   cr_buffer *request, cr_call *call, cr_aws_answer *answer);

/* The same through the table's own. */
cruddur_status cr_dynamodb_send(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                                cr_call *call, cr_aws_answer *answer);

/* Makes a call that reads, and reads the answer; its rows lie in the arena, or in the answer. An
 * answer that makes no sense is asked for again. Empties the request. */
cruddur_status cr_dynamodb_ask(cr_dynamodb *table, cr_operation operation, cr_buffer *request,
                               cr_call *call, cr_aws_answer *answer, cr_arena *arena,
                               cr_reply *reply);

/* Describes an answer that is no success. */
cruddur_status cr_dynamodb_fail(const cr_dynamodb *table, cr_operation operation,
                                const cr_aws_answer *answer, cruddur_error **error);

/* The same for a success that is not what the service's API defines. */
cruddur_status cr_dynamodb_fail_garbage(const cr_dynamodb *table, cr_operation operation,
                                        const cr_aws_answer *answer, cruddur_error **error);

bool cr_dynamodb_is_code(const cr_aws_answer *answer, const char *code);

#endif
