/* SPDX-License-Identifier: MIT */
/* What the calls about the table itself share: asking, and waiting for it. */
#ifndef CR_STORE_DYNAMODB_SCHEMA_CALL_H
#define CR_STORE_DYNAMODB_SCHEMA_CALL_H

#include "store/dynamodb/refusal.h"

typedef struct cr_schema_call {
    cr_dynamodb *table;
    const cruddur_schema_options *options; /* may be NULL */
    cr_call *call;
    cr_buffer request;
    cr_aws_answer answer;
} cr_schema_call;

void cr_schema_begin(cr_schema_call *now, cr_store *base, const cruddur_schema_options *options,
                     cr_call *call);
void cr_schema_end(cr_schema_call *now);

bool cr_schema_has_flag(const cr_schema_call *now, uint32_t flag);

/* Hands words to the options' observer. */
void cr_schema_tell(const cr_schema_call *now, const char *text);

/* Begins the request with the table's name. */
void cr_schema_add_table(cr_schema_call *now);

/* The code with which a service refuses an operation that it does not have. */
#define CR_NO_SUCH_CALL "UnknownOperationException"

/* Sends the request: a success, or an error with the accepted code (NULL: none). */
cruddur_status cr_schema_ask(cr_schema_call *now, cr_operation operation,
                             const char *accepted_code);

/* These renew the description. */
cruddur_status cr_schema_describe(const cr_schema_call *now, cr_description *description);

/* Waits until the table is there, and active with its index. */
cruddur_status cr_schema_wait_until_active(const cr_schema_call *now, cr_description *description);

cruddur_status cr_schema_wait_until_gone(const cr_schema_call *now);

#endif
