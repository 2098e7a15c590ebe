/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/batch.h"

#include "base/print.h"
#include "store/dynamodb/refusal.h"

typedef struct batch {
    cr_dynamodb *table;
    cr_call *call;
    cr_buffer request;
    cr_aws_answer answer;
    cr_arena arena;
} batch;

static cruddur_status ask(batch *now, cr_result *result)
{
    cruddur_status status = cr_dynamodb_send(now->table, CR_BATCH_WRITE_ITEM, &now->request,
                                             now->call, &now->answer, &now->arena, result);
    if (status == CRUDDUR_OK && !cr_aws_is_ok(&now->answer)) {
        status = cr_dynamodb_fail(now->table, CR_BATCH_WRITE_ITEM, &now->answer, now->call);
    }
    if (status == CRUDDUR_OK) {
        now->call->meter.write_units += result->capacity_units;
    }
    return status;
}

/* The service leaves writes unprocessed when there are too many of them: they are sent again after
 * a pause, which grows. */
static cruddur_status pause(batch *now, unsigned round)
{
    cruddur_status status = cr_aws_pause(now->table->client, CR_RETRY_THROTTLE, round, now->call);
    if (status != CRUDDUR_E_TIMEOUT) {
        return status;
    }
    cr_error_discard(now->call->error);
    return cr_fail_with(now->call->error, CRUDDUR_E_THROTTLED,
                        "writing to table %.*s: the service left rows unwritten until the deadline",
                        CR_CUT(now->table->names.table.data, 255));
}

static cruddur_status write_all(batch *now)
{
    for (unsigned round = 0;; round++) {
        cr_result result;
        cruddur_status status = ask(now, &result);
        if (status != CRUDDUR_OK || result.unprocessed.data == NULL) {
            return status;
        }
        cr_request_batch_rest(&now->request, result.unprocessed);
        status = pause(now, round);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
}

cruddur_status cr_dynamodb_batch_write(cr_store *store, const cr_row *rows, size_t count,
                                       cr_call *call)
{
    batch now = {.table = (cr_dynamodb *)store, .call = call, .arena = CR_ARENA_INIT};
    cr_aws_answer_init(&now.answer);
    cr_buffer_init(&now.request, CR_REQUEST_SIZE_MAX);
    cr_request_batch_write(&now.request, &now.table->names, rows, count);
    call->meter.attempts++;
    cruddur_status status = write_all(&now);
    call->meter.rows_written += status == CRUDDUR_OK ? (uint32_t)count : 0;
    cr_aws_answer_free(&now.answer);
    cr_buffer_free(&now.request);
    cr_arena_free(&now.arena);
    return status;
}
