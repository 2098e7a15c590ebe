/* SPDX-License-Identifier: MIT */
/* While a call has its turn in a group's queue, the caller's log hook is not called: other threads
 * wait for that turn, and the hook may be slow. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "messaging/send.h"
#include "model/expiry.h"
#include "processor/apply.h"
#include "store/queue.h"

static bool has_turn;
static unsigned lines;

/* An engine that has something to log in each change, and then fails. */
static cruddur_status change(cr_store *store, cr_body body, void *context, cr_call *call)
{
    (void)store;
    (void)body;
    (void)context;
    has_turn = true;
    cr_log_line(&call->logger, CRUDDUR_LOG_WARNING, "in the turn");
    has_turn = false;
    return cr_fail_with(call->error, CRUDDUR_E_NETWORK, "no network");
}

static void note_line(void *data, uint32_t level, const char *message)
{
    (void)data;
    cr_expect_not(has_turn);
    cr_expect_eq(level, (uint32_t)CRUDDUR_LOG_WARNING);
    cr_expect_str_eq(message, "in the turn");
    lines++;
}

static const cr_store_ops ops = {.change = change};
static cr_store store = {.ops = &ops, .table = "t"};
static cr_call call;
static cruddur_error *error;
static cr_uuid group;

static void set_up(void)
{
    cr_assert(cr_uuid_parse(cr_str_of("11111111-2222-4333-8444-555555555555"), &group));
    store.queues = cr_queues_new();
    cr_assert_not_null(store.queues);
    call = (cr_call){.deadline_us = cr_clock_monotonic_us() + 60000000,
                     .error = &error,
                     .logger = {note_line, NULL}};
}

static void tear_down(void)
{
    cr_expect_eq(lines, 1);
    cruddur_error_free(error);
    cr_queues_free(store.queues);
}

TestSuite(turn, .init = set_up, .fini = tear_down, .timeout = 60);

Test(turn, of_an_append)
{
    cr_packed_row *message = NULL;
    const cr_draft draft = {
        .lasts_s = CR_EXPIRES_NEVER, .group = group, .text = cr_str_of("hello")};
    cr_expect_eq(cr_append(&store, &(cr_send){.draft = &draft}, &call, &message),
                 CRUDDUR_E_NETWORK);
}

Test(turn, of_a_move)
{
    cr_arena arena = {NULL};
    cr_stream_outcome outcome;
    cr_record record = {
        .kind = CR_RECORD_MESSAGE, .group = group, .sk = cr_str_of("2026-01-31T09:30:00.000000Z")};
    const cr_records records = {.record = &record, .count = 1};
    cr_expect_eq(cr_stream_apply(&store, &records, 1, &call, &arena, &outcome), CRUDDUR_OK);
    cr_expect_eq(outcome.failure_count, 1);
    cr_arena_free(&arena);
}
