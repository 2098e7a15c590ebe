/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/together.h"

#include <stdlib.h>

static void begin(cr_dynamodb_try *tried, cr_operation operation, cr_str members)
{
    *tried = (cr_dynamodb_try){.operation = operation, .page = CR_ARENA_INIT};
    cr_buffer_init(&tried->request, CR_REQUEST_SIZE_MAX);
    cr_aws_answer_init(&tried->answer);
    cr_request_single(&tried->request, members);
}

cr_dynamodb_try *cr_together_send(const cr_dynamodb_txn *txn, cr_operation operation, size_t first,
                                  size_t count)
{
    cr_dynamodb_try *all[CR_HTTP_TOGETHER_MAX];
    cr_dynamodb_try *tries = calloc(count, sizeof(*tries));
    for (size_t i = 0; tries != NULL && i < count; i++) {
        begin(&tries[i], operation, cr_write_text(txn, &txn->write[first + i]));
        all[i] = &tries[i];
    }
    if (tries != NULL) {
        cr_dynamodb_try_together(txn->table, all, count, txn->base.call);
    }
    return tries;
}

void cr_together_free(cr_dynamodb_try *tries, size_t count)
{
    for (size_t i = 0; tries != NULL && i < count; i++) {
        cr_buffer_free(&tries[i].request);
        cr_aws_answer_free(&tries[i].answer);
        cr_arena_free(&tries[i].page);
    }
    free(tries);
}

void cr_together_take(cr_dynamodb_txn *txn, cr_dynamodb_try *tried)
{
    cr_aws_answer answer = txn->answer;
    txn->answer = tried->answer;
    tried->answer = answer;
}
