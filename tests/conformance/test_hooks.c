/* SPDX-License-Identifier: MIT */
/* The log and the metrics. */
#include <stdio.h>
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(hooks);

#define UNKNOWN_GROUP "11111111-2222-4333-8444-555555555555"

typedef struct record {
    int count;
    cruddur_metrics last;
    char log[20000];
} record;

static void note_metrics(void *data, const cruddur_metrics *metrics)
{
    record *noted = data;
    noted->count++;
    cr_assert_geq(metrics->size, sizeof(*metrics));
    noted->last = *metrics;
}

static void note_log(void *data, uint32_t level, const char *message)
{
    record *noted = data;
    size_t used = strlen(noted->log);
    (void)snprintf(noted->log + used, sizeof(noted->log) - used, "%d %s\n", (int)level, message);
}

/* Opens a fresh store whose hooks fill the record. */
static void open_noted(record *noted)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    memset(noted, 0, sizeof(*noted));
    options.log = note_log;
    options.log_data = noted;
    options.metrics = note_metrics;
    options.metrics_data = noted;
    test_store_remove(&store);
    test_store_open(&store, &options);
    noted->count = 0;
}

/* Exactly one call was measured since the last look. */
static void expect_measured(record *noted, cruddur_operation operation, cruddur_status status)
{
    cr_assert_eq(noted->count, 1, "measured %d times", noted->count);
    cr_assert_eq(noted->last.operation, operation, "operation %d", (int)noted->last.operation);
    cr_assert_eq(noted->last.status, status, "%s", cruddur_status_name(noted->last.status));
    cr_assert_geq(noted->last.duration_us, 0);
    cr_assert_lt(noted->last.duration_us, INT64_C(600000000));
    noted->count = 0;
}

/* A message, and for each member one row that is put and one that goes. */
static uint32_t rows_of_append(uint32_t members)
{
    return 1 + (test_store_is_streamed(&store) ? 0 : 2 * members);
}

static bool claims_are_rows(void)
{
    return strncmp(store.url, "dynamodb:", strlen("dynamodb:")) == 0;
}

Test(hooks, metrics_of_writes)
{
    static record noted;
    open_noted(&noted);
    group_id group = open_direct(&test_ann, &test_bob, "one");
    expect_measured(&noted, CRUDDUR_OP_GROUP_CREATE, CRUDDUR_OK);
    cr_assert_eq(noted.last.attempts, 1);
    cr_assert_eq(noted.last.rows_written, 2 + 2); /* card and message, group rows */
    say(&test_bob, &group, "two");
    expect_measured(&noted, CRUDDUR_OP_MSG_APPEND, CRUDDUR_OK);
    cr_assert_eq(noted.last.attempts, 1);
    cr_assert_eq(noted.last.rows_written, rows_of_append(2));
    cr_assert_geq(noted.last.rows_read, test_store_is_streamed(&store) ? 2 : 3);
    group = open_large(49, NULL, "one");
    expect_measured(&noted, CRUDDUR_OP_GROUP_CREATE, CRUDDUR_OK);
    cr_assert_eq(noted.last.rows_written, 2 + 49);
    cruddur_user author = test_user(5);
    say(&author, &group, "two");
    expect_measured(&noted, CRUDDUR_OP_MSG_APPEND, CRUDDUR_OK);
    cr_assert_eq(noted.last.rows_written, rows_of_append(49));
    test_check(&store);
}

/* "1 when nothing moved underneath", also where a repeat is looked for. */
Test(hooks, attempts_of_a_message_with_a_uuid)
{
    static record noted;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    char uuid[CRUDDUR_UUID_SIZE];
    open_noted(&noted);
    group_id group = open_direct(&test_ann, &test_bob, "one");
    noted.count = 0;
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), uuid, TEST_ERROR));
    options.message_uuid = uuid;
    for (int i = 0; i < 2; i++) {
        must_succeed(
            cruddur_msg_append(store.dm, &test_ann, group.text, "two", &options, NULL, TEST_ERROR));
        expect_measured(&noted, CRUDDUR_OP_MSG_APPEND, CRUDDUR_OK);
        cr_assert_eq(noted.last.attempts, 1, "attempts %u", noted.last.attempts);
        cr_assert_eq(noted.last.rows_written,
                     i == 0 ? rows_of_append(2) + (claims_are_rows() ? 1 : 0) : 0);
    }
    test_check(&store);
}

Test(hooks, metrics_of_reads)
{
    static record noted;
    cruddur_group *got = NULL;
    cruddur_members *members = NULL;
    cruddur_row_page *rows = NULL;
    open_noted(&noted);
    group_id group = open_with_messages(7);
    noted.count = 0;
    cruddur_msg_page_free(list_messages(&test_ann, &group, NULL));
    expect_measured(&noted, CRUDDUR_OP_MSG_LIST, CRUDDUR_OK);
    cr_assert_geq(noted.last.rows_read, 7);
    cr_assert_eq(noted.last.rows_written, 0);
    cr_assert_eq(noted.last.attempts, 1);
    cruddur_group_page_free(list_groups(&test_ann, NULL));
    expect_measured(&noted, CRUDDUR_OP_GROUP_LIST, CRUDDUR_OK);
    cr_assert_geq(noted.last.rows_read, 1);
    must_succeed(cruddur_group_get(store.dm, test_ann.uuid, group.text, NULL, &got, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_GROUP_GET, CRUDDUR_OK);
    must_succeed(cruddur_group_members(store.dm, NULL, group.text, &test_trusted_members, &members,
                                       TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_GROUP_MEMBERS, CRUDDUR_OK);
    must_succeed(cruddur_scan(store.dm, NULL, &rows, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_SCAN, CRUDDUR_OK);
    cr_assert_geq(noted.last.rows_read, 9);
    cr_assert_eq(noted.last.rows_written, 0);
    cruddur_group_free(got);
    cruddur_members_free(members);
    cruddur_row_page_free(rows);
    test_check(&store);
}

/* What a call costs does not grow with what the store has. */
Test(hooks, a_page_costs_what_it_shows)
{
    static record noted;
    group_id groups[30];
    cruddur_list_options options = from_newest(5);
    open_noted(&noted);
    group_id group = open_with_messages(200);
    open_many(groups, 30);
    test_store_settle(&store); /* a row that is behind is looked for in the inbox */
    cruddur_msg_page_free(list_messages(&test_ann, &group, &options));
    cr_assert_leq(noted.last.rows_read, 20); /* behind a stream with 8 of the viewer's inbox */
    cruddur_group_page_free(list_groups(&test_ann, &options));
    cr_assert_leq(noted.last.rows_read, 10);
    say(&test_ann, &group, "another");
    cr_assert_leq(noted.last.rows_read, 10);
    test_check(&store);
}

Test(hooks, refused_calls_are_measured_too)
{
    static record noted;
    cruddur_list_options bad_limit = from_newest(0);
    cruddur_scan_options bad_scan = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_append_options bad_append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options bad_create = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_msg_page *messages = NULL;
    cruddur_group_page *groups = NULL;
    cruddur_row_page *rows = NULL;
    const char *ann = test_ann.uuid;
    bad_scan.limit = 0;
    bad_append.size = bad_create.size = 1;
    open_noted(&noted);
    must_fail(CRUDDUR_E_LIMIT, "options.limit",
              cruddur_msg_list(store.dm, ann, UNKNOWN_GROUP, &bad_limit, &messages, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_MSG_LIST, CRUDDUR_E_LIMIT);
    must_fail(CRUDDUR_E_LIMIT, "options.limit",
              cruddur_group_list(store.dm, ann, &bad_limit, &groups, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_GROUP_LIST, CRUDDUR_E_LIMIT);
    must_fail(CRUDDUR_E_LIMIT, "options.limit",
              cruddur_scan(store.dm, &bad_scan, &rows, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_SCAN, CRUDDUR_E_LIMIT);
    must_fail(
        CRUDDUR_E_STRUCT_SIZE, "options",
        cruddur_msg_append(store.dm, &test_ann, UNKNOWN_GROUP, "x", &bad_append, NULL, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_MSG_APPEND, CRUDDUR_E_STRUCT_SIZE);
    must_fail(CRUDDUR_E_STRUCT_SIZE, "options",
              cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "x", &bad_create, NULL,
                                   TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_GROUP_CREATE, CRUDDUR_E_STRUCT_SIZE);
    test_check(&store);
}

Test(hooks, failed_calls_are_measured_too)
{
    static record noted;
    cruddur_group *got = NULL;
    cruddur_members *members = NULL;
    open_noted(&noted);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, &test_ann, UNKNOWN_GROUP, "x", NULL, NULL, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_MSG_APPEND, CRUDDUR_E_GROUP_NOT_FOUND);
    cr_assert_eq(noted.last.rows_written, 0);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_get(store.dm, test_ann.uuid, UNKNOWN_GROUP, NULL, &got, TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_GROUP_GET, CRUDDUR_E_GROUP_NOT_FOUND);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_members(store.dm, NULL, UNKNOWN_GROUP, &test_trusted_members, &members,
                                    TEST_ERROR));
    expect_measured(&noted, CRUDDUR_OP_GROUP_MEMBERS, CRUDDUR_E_GROUP_NOT_FOUND);
    test_check(&store);
}

Test(hooks, the_log_has_no_message_text)
{
    static record noted;
    cruddur_user author = test_ann;
    open_noted(&noted);
    author.display_name = TEST_SECRET;
    group_id group = open_direct(&author, &test_bob, TEST_SECRET);
    say(&author, &group, TEST_SECRET);
    must_fail(
        CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
        cruddur_msg_append(store.dm, &test_cem, group.text, TEST_SECRET, NULL, NULL, TEST_ERROR));
    cr_assert(strstr(noted.log, TEST_SECRET) == NULL, "the log is: %s", noted.log);
    test_check(&store);
}
