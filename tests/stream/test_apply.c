/* SPDX-License-Identifier: MIT */
/* The call: what it takes, what it refuses, what it tells. */
#include <string.h>

#include "stream/event.h"
#include "support/check.h"
#include "support/raw.h"

TestSuite(apply, .timeout = 300);

#define NOWHERE "00000000-0000-4000-8000-0000000000aa"
#define SK "2026-01-31T09:30:00.000001+00:00"

static test_store store;

static void open_store(void)
{
    test_store_open(&store, NULL);
}

static void remove_store(void)
{
    test_store_remove(&store);
}

static void refuse(const char *argument, const char *text)
{
    cruddur_stream_result *result = NULL;
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, argument,
              cruddur_stream_apply(store.dm, text, strlen(text), NULL, &result, TEST_ERROR));
    cr_assert_null(result);
}

Test(apply, refuses_what_is_no_event, .init = open_store, .fini = remove_store)
{
    refuse("event", "");
    refuse("event", "not JSON " TEST_SECRET);
    refuse("event", "{\"Records\":[");
    refuse("event", "{}");
    refuse("event", "[]");
    refuse("event", "{\"Records\":7}");
}

Test(apply, refuses_wrong_arguments, .init = open_store, .fini = remove_store)
{
    static const char empty[] = "{\"Records\":[]}";
    const size_t size = sizeof(empty) - 1;
    cruddur_stream_result *result = NULL;
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm",
              cruddur_stream_apply(NULL, empty, size, NULL, &result, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "event",
              cruddur_stream_apply(store.dm, NULL, 0, NULL, &result, TEST_ERROR));
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "ret_result",
              cruddur_stream_apply(store.dm, empty, size, NULL, NULL, TEST_ERROR));
    cruddur_stream_options options = CRUDDUR_STREAM_OPTIONS_INIT;
    options.workers = 0;
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.workers",
              cruddur_stream_apply(store.dm, empty, size, &options, &result, TEST_ERROR));
    options.workers = CRUDDUR_STREAM_WORKERS_MAX + 1;
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.workers",
              cruddur_stream_apply(store.dm, empty, size, &options, &result, TEST_ERROR));
    options = (cruddur_stream_options)CRUDDUR_STREAM_OPTIONS_INIT;
    options.size = 1;
    must_fail(CRUDDUR_E_STRUCT_SIZE, "options",
              cruddur_stream_apply(store.dm, empty, size, &options, &result, TEST_ERROR));
    cr_assert_null(result);
}

Test(apply, of_nothing_is_a_success, .init = open_store, .fini = remove_store)
{
    event made;
    event_begin(&made);
    cruddur_stream_result *result = event_apply(&made, store.dm, NULL);
    cr_expect_str_eq(cruddur_stream_result_answer(result), "{\"batchItemFailures\":[]}");
    cr_expect_eq(cruddur_stream_result_message_count(result), 0u);
    cr_expect_eq(cruddur_stream_result_group_count(result), 0u);
    cr_expect_eq(cruddur_stream_result_moved_count(result), 0u);
    cr_expect_eq(cruddur_stream_result_failure_count(result), 0u);
    cr_expect_eq(cruddur_stream_result_failure_record(result, 0), SIZE_MAX);
    cr_expect_null(cruddur_stream_result_failure_sequence_number(result, 0));
    cr_expect_null(cruddur_stream_result_failure_message(result, 0));
    cr_expect_eq(cruddur_stream_result_failure_status(result, 0), CRUDDUR_OK);
    cruddur_stream_result_free(result);
}

#define FENCE(name, number)                                                                        \
    "{\"eventName\":\"" name "\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{\"Keys\":{"        \
    "\"pk\":{\"S\":\"STORE#FENCE\"},\"sk\":{\"S\":\"STORE\"}},\"SequenceNumber\":\"" number "\"}}"

/* With and without an image: a stream of keys alone shows them, too. */
Test(apply, passes_over_rows_about_the_store, .init = open_store, .fini = remove_store)
{
    event made;
    event_begin(&made);
    event_add(&made, FENCE("INSERT", "1"));
    event_add(&made, FENCE("MODIFY", "2"));
    event_add(&made, FENCE("REMOVE", "3"));
    cruddur_stream_result *result = event_apply(&made, store.dm, NULL);
    cr_expect_eq(cruddur_stream_result_record_count(result), 3u);
    cr_expect_eq(cruddur_stream_result_message_count(result), 0u);
    cr_expect_eq(cruddur_stream_result_failure_count(result), 0u);
    cruddur_stream_result_free(result);
}

Test(apply, results_may_be_null)
{
    cr_expect_null(cruddur_stream_result_answer(NULL));
    cr_expect_eq(cruddur_stream_result_record_count(NULL), 0u);
    cr_expect_eq(cruddur_stream_result_message_count(NULL), 0u);
    cr_expect_eq(cruddur_stream_result_group_count(NULL), 0u);
    cr_expect_eq(cruddur_stream_result_moved_count(NULL), 0u);
    cr_expect_eq(cruddur_stream_result_failure_count(NULL), 0u);
    cruddur_stream_result_free(NULL);
}

#define NO_IMAGE                                                                                   \
    "{\"eventName\":\"INSERT\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{\"Keys\":{\"pk\":{"  \
    "\"S\":"                                                                                       \
    "\"MSG#" NOWHERE "\"},\"sk\":{\"S\":\"" SK "\"}},\"SequenceNumber\":\"4\"}}"

/* Messages of groups that nobody knows, twice, with poison and rows of other programs between. */
Test(apply, poison_does_not_hide_the_others, .init = open_store, .fini = remove_store)
{
    event made;
    event_begin(&made);
    event_add_key(&made, "MSG#" NOWHERE, SK, NOWHERE, 1);
    event_add_key(&made, "MSG#" NOWHERE, "no time", NOWHERE, 2);
    event_add_key(&made, "MSG#" NOWHERE, SK, NULL, 3);
    event_add_key(&made, "FOO#" NOWHERE, SK, NOWHERE, 4);
    event_add(&made, NO_IMAGE);
    event_add(&made, "{\"message\":\"" TEST_SECRET "\"}");
    event_add_key(&made, "GRP#" NOWHERE, SK, NOWHERE, 5);
    cruddur_stream_result *result = event_apply(&made, store.dm, NULL);
    cr_expect_eq(cruddur_stream_result_message_count(result), 2u);
    cr_expect_eq(cruddur_stream_result_group_count(result), 1u);
    cr_expect_eq(cruddur_stream_result_moved_count(result), 0u);
    cr_assert_eq(cruddur_stream_result_failure_count(result), 2u);
    cr_expect_str_eq(cruddur_stream_result_answer(result),
                     "{\"batchItemFailures\":[{\"itemIdentifier\":\"4\"},"
                     "{\"itemIdentifier\":\"\"}]}");
    static const size_t failed[] = {4, 5};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(cruddur_stream_result_failure_record(result, i), failed[i]);
        cr_expect_eq(cruddur_stream_result_failure_status(result, i), CRUDDUR_E_INVALID_ARGUMENT);
        cr_expect_null(strstr(cruddur_stream_result_failure_message(result, i), TEST_SECRET));
    }
    cr_expect_str_eq(cruddur_stream_result_failure_sequence_number(result, 0), "4");
    cr_expect_str_eq(cruddur_stream_result_failure_sequence_number(result, 1), "");
    cruddur_stream_result_free(result);
}

/* The handle's store is damaged in one group: its newest record fails, and no other. */
Test(apply, a_deadline_that_has_passed_fails_each_group, .init = open_store, .fini = remove_store)
{
    event made;
    char many[64][64];
    cruddur_stream_options options = CRUDDUR_STREAM_OPTIONS_INIT;
    event_begin(&made);
    for (unsigned i = 0; i < 64; i++) {
        (void)snprintf(many[i], sizeof(many[i]), "MSG#00000000-0000-4000-8000-0000000000%02x", i);
        for (unsigned copy = 0; copy < 40; copy++) {
            event_add_key(&made, many[i], SK, NOWHERE, i * 40 + copy + 1);
        }
    }
    options.timeout_ms = 1; /* reading the event takes longer */
    options.workers = 4;
    cruddur_stream_result *result = event_apply(&made, store.dm, &options);
    cr_expect_eq(cruddur_stream_result_group_count(result), 64u);
    for (size_t i = 0; i < cruddur_stream_result_failure_count(result); i++) {
        cr_expect_eq(cruddur_stream_result_failure_status(result, i), CRUDDUR_E_TIMEOUT);
    }
    cruddur_stream_result_free(result);
}

/* ---- members ---- */

#define GROUP "00000000-0000-4000-8000-0000000000bb"

static void open_group(void)
{
    const cruddur_user others[] = {test_bob, test_cem};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = GROUP;
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, others, 2, "one", &options, NULL, TEST_ERROR));
}

static cruddur_row_page *scan(void)
{
    cruddur_row_page *page = NULL;
    must_succeed(cruddur_scan(store.dm, NULL, &page, TEST_ERROR));
    return page;
}

static size_t count_group_rows(void)
{
    size_t count = 0;
    cruddur_row_page *page = scan();
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        count += raw_row_at(page, i).value[CR_GROUP_UUID].data == NULL ? 0 : 1;
    }
    cruddur_row_page_free(page);
    return count;
}

/* Applies the records of all rows that are there, of which only the message's counts. Without
 * `keeps_rows` the group rows are lost before that. */
static cruddur_stream_result *apply_all(bool keeps_rows)
{
    event made;
    cruddur_row_page *page = scan();
    event_begin(&made);
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        event_add_insert(&made, page, i, (unsigned)i + 1);
        if (!keeps_rows && raw_row_at(page, i).value[CR_GROUP_UUID].data != NULL) {
            must_succeed(raw_remove(store.dm, page, i));
        }
    }
    cruddur_row_page_free(page);
    return event_apply(&made, store.dm, NULL);
}

/* Somebody has put a row into a stranger's inbox, or put it back: the card does not name its owner,
 * so it goes. */
Test(apply, removes_a_row_of_a_stranger, .init = open_store, .fini = remove_store)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row found;
    cr_row row = {0};
    open_group();
    row.value[CR_PK] = cr_str_of("GRP#" NOWHERE);
    row.value[CR_SK] = cr_str_of(SK);
    row.value[CR_TEXT] = cr_str_of("stray");
    row.value[CR_GROUP_UUID] = cr_str_of(GROUP);
    row.value[CR_USER_UUID] = cr_str_of(test_ann.uuid);
    must_succeed(raw_put_row(store.dm, &row));
    cruddur_stream_result *result = apply_all(true);
    cr_expect_eq(cruddur_stream_result_group_count(result), 1u);
    cr_expect_eq(cruddur_stream_result_moved_count(result), 1u);
    cr_expect_eq(cruddur_stream_result_failure_count(result), 0u);
    cruddur_stream_result_free(result);
    must_succeed(raw_get_row(store.dm, cr_row_key(&row), &arena, &found));
    cr_expect(!cr_row_exists(&found));
    cr_arena_free(&arena);
    cr_expect_eq(count_group_rows(), 3u);
    test_check(&store);
}

/* The card tells who gets one. */
Test(apply, restores_all_rows_of_a_group, .init = open_store, .fini = remove_store)
{
    open_group();
    cruddur_stream_result *result = apply_all(false);
    cr_expect_eq(cruddur_stream_result_moved_count(result), 1u);
    cr_expect_eq(cruddur_stream_result_failure_count(result), 0u);
    cruddur_stream_result_free(result);
    cr_expect_eq(count_group_rows(), 3u);
    test_check(&store);
}

/* ---- metrics ---- */

typedef struct noted {
    cruddur_metrics metrics;
    unsigned calls;
} noted;

static void note(void *data, const cruddur_metrics *metrics)
{
    noted *all = data;
    all->metrics = *metrics;
    all->calls++;
}

Test(apply, is_measured_as_one_call)
{
    event made;
    noted all = {.calls = 0};
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.metrics = note;
    options.metrics_data = &all;
    test_store_open(&store, &options);
    event_begin(&made);
    event_add_key(&made, "MSG#" NOWHERE, SK, NOWHERE, 1);
    event_add_key(&made, "MSG#00000000-0000-4000-8000-0000000000bb", SK, NOWHERE, 2);
    cruddur_stream_result_free(event_apply(&made, store.dm, NULL));
    cr_expect_eq(all.calls, 1u);
    cr_expect_eq(all.metrics.operation, CRUDDUR_OP_STREAM_APPLY);
    cr_expect_eq(all.metrics.status, CRUDDUR_OK);
    cr_expect_eq(all.metrics.attempts, 2u);
    test_store_remove(&store);
}
