/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/schema_call.h"

#include "base/clock.h"
#include "base/print.h"

#define REQUEST_MAX ((size_t)64 * 1024)

/* Between two looks at a table that is being made. */
#define POLL_FIRST_US INT64_C(50000)
#define POLL_MAX_US INT64_C(1000000)

void cr_schema_begin(cr_schema_call *now, cr_store *base, const cruddur_schema_options *options,
                     cr_call *call)
{
    *now = (cr_schema_call){.table = (cr_dynamodb *)base, .options = options, .call = call};
    cr_buffer_init(&now->request, REQUEST_MAX);
    cr_aws_answer_init(&now->answer);
}

void cr_schema_end(cr_schema_call *now)
{
    cr_buffer_free(&now->request);
    cr_aws_answer_free(&now->answer);
}

bool cr_schema_has_flag(const cr_schema_call *now, uint32_t flag)
{
    return now->options != NULL && (now->options->flags & flag) != 0;
}

/* ---- requests ---- */

void cr_schema_add_table(cr_schema_call *now)
{
    CR_JSON_ADD(&now->request, "{");
    cr_request_table(&now->request, &now->table->names);
}

/* Sends the request; a success, or one of the codes that are not to be taken for a failure. */
cruddur_status cr_schema_ask(cr_schema_call *now, cr_operation operation, const char *accepted_code)
{
    cruddur_status status = cr_dynamodb_send_by(now->table->client, operation, &now->request,
                                                (cr_aws_reading){0}, now->call, &now->answer);
    if (status != CRUDDUR_OK || cr_aws_is_ok(&now->answer) ||
        (accepted_code != NULL && cr_dynamodb_is_code(&now->answer, accepted_code))) {
        return status;
    }
    return cr_dynamodb_fail(now->table, operation, &now->answer, now->call);
}

cruddur_status cr_schema_describe(const cr_schema_call *now, cr_description *description)
{
    cr_description_free(description);
    return cr_dynamodb_describe(now->table, now->call, description);
}

/* ---- waiting ---- */

void cr_schema_tell(const cr_schema_call *now, const char *text)
{
    if (now->options != NULL && now->options->progress != NULL) {
        now->options->progress(now->options->progress_data, text);
    }
}

/* Sleeps before the next look; CRUDDUR_E_TIMEOUT where the deadline would pass meanwhile. */
static cruddur_status wait_for(const cr_schema_call *now, const char *what, int64_t *pause_us)
{
    cr_schema_tell(now, what);
    if (cr_clock_monotonic_us() + *pause_us >= now->call->deadline_us) {
        return cr_fail_with(now->call->error, CRUDDUR_E_TIMEOUT,
                            "the deadline passed while table %.*s: %s",
                            CR_CUT(now->table->names.table.data, 255), what);
    }
    if (!cr_cancel_sleep_us(*pause_us, now->call->cancel)) {
        return cr_fail_cancelled(now->call->error);
    }
    *pause_us = *pause_us * 2 < POLL_MAX_US ? *pause_us * 2 : POLL_MAX_US;
    return CRUDDUR_OK;
}

/* Waits until the table is there, and active with its index. The description is renewed. */
cruddur_status cr_schema_wait_until_active(const cr_schema_call *now, cr_description *description)
{
    int64_t pause_us = POLL_FIRST_US;
    for (;;) {
        cr_lines obstacles;
        cruddur_status status = cr_schema_describe(now, description);
        if (status != CRUDDUR_OK) {
            return status;
        }
        cr_lines_init(&obstacles);
        if (description->table == NULL) {
            cr_lines_add(&obstacles, "it is not there yet");
        } else {
            (void)cr_description_check_active(description, &obstacles);
        }
        const char *obstacle = cr_lines_first(&obstacles);
        bool is_free = obstacles.count == 0;
        if (!is_free) {
            status = obstacle == NULL ? cr_fail_memory(now->call->error)
                                      : wait_for(now, obstacle, &pause_us);
        }
        cr_lines_free(&obstacles);
        if (is_free || status != CRUDDUR_OK) {
            return status;
        }
    }
}

cruddur_status cr_schema_wait_until_gone(const cr_schema_call *now)
{
    int64_t pause_us = POLL_FIRST_US;
    for (;;) {
        cr_description description = {0};
        cruddur_status status = cr_schema_describe(now, &description);
        bool is_gone = status == CRUDDUR_OK && description.table == NULL;
        cr_description_free(&description);
        if (status != CRUDDUR_OK || is_gone) {
            return status;
        }
        status = wait_for(now, "the table is being deleted", &pause_us);
        if (status != CRUDDUR_OK) {
            return status;
        }
    }
}
