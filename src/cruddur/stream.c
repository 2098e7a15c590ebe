/* SPDX-License-Identifier: MIT */
#include <cruddur/stream.h>

#include <stdlib.h>

#include "base/json.h"
#include "cruddur/entry.h"
#include "processor/apply.h"

typedef struct failure {
    size_t record;
    cruddur_status status;
    const char *sequence_number;
    const char *message;
} failure;

/* The arena holds everything, this struct included. */
struct cruddur_stream_result {
    cr_arena arena;
    size_t records;
    size_t messages;
    size_t groups;
    size_t moved;
    size_t failure_count;
    failure *failures;
    const char *answer;
};

/* ---- the response ---- */

/* {"batchItemFailures":[{"itemIdentifier":"…"},…]} */
static void write_answer(cr_buffer *out, const cruddur_stream_result *result)
{
    CR_JSON_ADD(out, "{\"batchItemFailures\":[");
    for (size_t i = 0; i < result->failure_count; i++) {
        if (i > 0) {
            CR_JSON_ADD(out, ",");
        }
        CR_JSON_ADD(out, "{\"itemIdentifier\":");
        cr_json_add_string(out, cr_str_of(result->failures[i].sequence_number));
        CR_JSON_ADD(out, "}");
    }
    CR_JSON_ADD(out, "]}");
}

static bool add_answer(cruddur_stream_result *result)
{
    cr_buffer out;
    cr_buffer_init(&out, SIZE_MAX);
    write_answer(&out, result);
    if (!out.failed) {
        result->answer = cr_arena_copy(&result->arena, (cr_str){out.data, out.size}).data;
    }
    cr_buffer_free(&out);
    return result->answer != NULL;
}

/* ---- the result ---- */

static bool add_failures(cruddur_stream_result *result, const cr_records *records,
                         const cr_stream_outcome *outcome)
{
    size_t count = outcome->failure_count;
    result->failures = cr_arena_alloc(&result->arena, (count + 1) * sizeof(failure));
    for (size_t i = 0; result->failures != NULL && i < count; i++) {
        const cr_stream_failure *from = &outcome->failure[i];
        cr_str number = records->record[from->record].sequence_number;
        failure *to = &result->failures[i];
        *to = (failure){from->record, from->status, cr_arena_copy(&result->arena, number).data,
                        cr_arena_copy(&result->arena, from->message).data};
        if (to->sequence_number == NULL || to->message == NULL) {
            return false;
        }
    }
    result->failure_count = count;
    return result->failures != NULL;
}

/* Returns NULL if memory ran out. */
static cruddur_stream_result *make_result(const cr_records *records,
                                          const cr_stream_outcome *outcome)
{
    cr_arena arena = CR_ARENA_INIT;
    cruddur_stream_result *made = cr_arena_alloc(&arena, sizeof(*made));
    if (made == NULL) {
        return NULL;
    }
    *made = (cruddur_stream_result){
        arena, records->count, outcome->messages, outcome->groups, outcome->moved, 0, NULL, NULL};
    if (!add_failures(made, records, outcome) || !add_answer(made)) {
        cruddur_stream_result_free(made);
        return NULL;
    }
    return made;
}

void cruddur_stream_result_free(cruddur_stream_result *result)
{
    if (result != NULL) {
        cr_arena arena = result->arena;
        cr_arena_free(&arena);
    }
}

/* ---- the call ---- */

static cruddur_status read_options(const cruddur_stream_options *given,
                                   cruddur_stream_options *options, cruddur_error **error)
{
    cruddur_status status =
        cr_read_struct("options", given, options, CR_STRUCT_0_2(STREAM_OPTIONS, *options), error);
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.flags", options->flags, 0, error);
    }
    if (status == CRUDDUR_OK) {
        status = cr_check_flags("options.reserved", options->reserved, 0, error);
    }
    if (status == CRUDDUR_OK &&
        (options->workers < 1 || options->workers > CRUDDUR_STREAM_WORKERS_MAX)) {
        status = cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "options.workers",
                                  "must be 1 to %d; it is %u", CRUDDUR_STREAM_WORKERS_MAX,
                                  options->workers);
    }
    return status;
}

static cruddur_status read_event(const cruddur *dm, cr_str event, cr_arena *arena,
                                 cr_records *records, cruddur_error **error)
{
    switch (cr_records_read(event, cr_str_of(dm->store->table), arena, records)) {
    case CR_RECORDS_GOOD:
        return CRUDDUR_OK;
    case CR_RECORDS_NOT_JSON:
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "event", "is not JSON");
    case CR_RECORDS_NO_LIST:
        return cr_fail_argument(error, CRUDDUR_E_INVALID_ARGUMENT, "event",
                                "must be an object with a list named Records");
    case CR_RECORDS_NO_MEMORY:
        break;
    }
    return cr_fail_memory(error);
}

static cruddur_status apply(const cruddur *dm, cr_str event, unsigned workers, cr_call *call,
                            cruddur_stream_result **made)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_records records;
    cr_stream_outcome outcome;
    cruddur_status status = read_event(dm, event, &arena, &records, call->error);
    if (status == CRUDDUR_OK) {
        status = cr_stream_apply(dm->store, &records, workers, call, &arena, &outcome);
    }
    if (status == CRUDDUR_OK) {
        *made = make_result(&records, &outcome);
        status = *made == NULL ? cr_fail_memory(call->error) : CRUDDUR_OK;
    }
    cr_arena_free(&arena);
    return status;
}

cruddur_status cruddur_stream_apply(cruddur *dm, const char *event, size_t event_size,
                                    const cruddur_stream_options *given,
                                    cruddur_stream_result **ret_result, cruddur_error **error)
{
    cruddur_stream_options options = CRUDDUR_STREAM_OPTIONS_INIT;
    cruddur_stream_result *made = NULL;
    cr_entry entry;
    if (dm == NULL || event == NULL || ret_result == NULL) {
        return cr_fail_null(error, dm == NULL ? "dm" : event == NULL ? "event" : "ret_result");
    }
    cruddur_status status = cr_entry_begin(&entry, dm, CRUDDUR_OP_STREAM_APPLY, error);
    if (status == CRUDDUR_OK) {
        status = read_options(given, &options, entry.call.error);
    }
    status = cr_entry_checked(&entry, status);
    if (status == CRUDDUR_OK) {
        cr_entry_set_timeout(&entry, options.timeout_ms);
        status = apply(dm, (cr_str){event, event_size}, options.workers, &entry.call, &made);
    }
    if (status == CRUDDUR_OK) {
        *ret_result = made;
    }
    return cr_entry_end(&entry, status);
}

/* ---- accessors ---- */

const char *cruddur_stream_result_answer(const cruddur_stream_result *result)
{
    return result == NULL ? NULL : result->answer;
}

size_t cruddur_stream_result_record_count(const cruddur_stream_result *result)
{
    return result == NULL ? 0 : result->records;
}

size_t cruddur_stream_result_message_count(const cruddur_stream_result *result)
{
    return result == NULL ? 0 : result->messages;
}

size_t cruddur_stream_result_group_count(const cruddur_stream_result *result)
{
    return result == NULL ? 0 : result->groups;
}

size_t cruddur_stream_result_moved_count(const cruddur_stream_result *result)
{
    return result == NULL ? 0 : result->moved;
}

size_t cruddur_stream_result_failure_count(const cruddur_stream_result *result)
{
    return result == NULL ? 0 : result->failure_count;
}

static const failure *failure_at(const cruddur_stream_result *result, size_t index)
{
    return result == NULL || index >= result->failure_count ? NULL : &result->failures[index];
}

size_t cruddur_stream_result_failure_record(const cruddur_stream_result *result, size_t index)
{
    const failure *at = failure_at(result, index);
    return at == NULL ? SIZE_MAX : at->record;
}

const char *cruddur_stream_result_failure_sequence_number(const cruddur_stream_result *result,
                                                          size_t index)
{
    const failure *at = failure_at(result, index);
    return at == NULL ? NULL : at->sequence_number;
}

cruddur_status cruddur_stream_result_failure_status(const cruddur_stream_result *result,
                                                    size_t index)
{
    const failure *at = failure_at(result, index);
    return at == NULL ? CRUDDUR_OK : at->status;
}

const char *cruddur_stream_result_failure_message(const cruddur_stream_result *result, size_t index)
{
    const failure *at = failure_at(result, index);
    return at == NULL ? NULL : at->message;
}
