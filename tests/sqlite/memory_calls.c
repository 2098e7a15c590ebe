/* SPDX-License-Identifier: MIT */
#include "sqlite/memory_calls.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static char group_cursor[512];
static char msg_cursor[512];
static char scan_cursor[512];
static char newest_uuid[CRUDDUR_UUID_SIZE]; /* of the five's messages, and the one before it */
static char older_uuid[CRUDDUR_UUID_SIZE];

/* Stands in a `ret_` output before the call, and after a failure. */
static char untouched;
#define UNTOUCHED ((void *)&untouched)

/* The output of a call: freed if the call succeeded. */
static cruddur_status settle(cruddur_status status, void *output, void (*free_output)(void *))
{
    cr_assert_eq(output == UNTOUCHED, status != CRUDDUR_OK, "a ret_ output was touched on failure");
    if (status == CRUDDUR_OK) {
        free_output(output);
    }
    return status;
}

#define FREE_FUNCTION(type)                                                                        \
    static void free_##type(void *output)                                                          \
    {                                                                                              \
        type##_free(output);                                                                       \
    }

FREE_FUNCTION(cruddur_group_page)
FREE_FUNCTION(cruddur_msg_page)
FREE_FUNCTION(cruddur_row_page)
FREE_FUNCTION(cruddur_group)
FREE_FUNCTION(cruddur_msg)
FREE_FUNCTION(cruddur_members)

/* ---- opening ---- */

static cruddur_status open_at(scene *stage, const char *url, uint32_t flags, cruddur_error **error)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    cruddur *dm = UNTOUCHED;
    options.flags = flags;
    cruddur_status status = cruddur_open(url, &options, &dm, error);
    cr_assert_eq((void *)dm == UNTOUCHED, status != CRUDDUR_OK);
    if (status == CRUDDUR_OK) {
        cruddur_close(stage->dm);
        stage->dm = dm;
    }
    return status;
}

static cruddur_status run_open(scene *stage, cruddur_error **error)
{
    return open_at(stage, bed_url(stage->path), CRUDDUR_OPEN_EXISTING, error);
}

static cruddur_status run_open_new(scene *stage, cruddur_error **error)
{
    return open_at(stage, bed_url(bed_path("new")), 0, error);
}

static cruddur_status run_open_memory(scene *stage, cruddur_error **error)
{
    return open_at(stage, "sqlite::memory:?synchronous=normal", 0, error);
}

static cruddur_status run_open_scheme(scene *stage, cruddur_error **error)
{
    return open_at(stage, "abacus:beads", 0, error);
}

static cruddur_status run_open_missing(scene *stage, cruddur_error **error)
{
    return open_at(stage, bed_url(bed_path("missing")), CRUDDUR_OPEN_EXISTING, error);
}

/* ---- writing ---- */

/* A group that is not the direct one has the message's uuid, so that a repeat finds it. */
static cruddur_status create(scene *stage, unsigned creator, unsigned others, uint32_t flags,
                             const char *group_name, cruddur_error **error)
{
    bool is_direct = others == 1 && flags == 0;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *group = UNTOUCHED;
    options.flags = flags;
    options.group_name = group_name;
    options.group_uuid = is_direct ? NULL : stage->calls[0].message_uuid;
    options.message_uuid = stage->calls[0].message_uuid;
    cruddur_status status =
        cruddur_group_create(stage->dm, person(creator), person(creator + 1), others,
                             "a first message", &options, &group, error);
    return settle(status, group, free_cruddur_group);
}

static cruddur_status run_create_direct(scene *stage, cruddur_error **error)
{
    return create(stage, 7, 1, 0, NULL, error);
}

static cruddur_status run_create_separate(scene *stage, cruddur_error **error)
{
    return create(stage, 5, 1, CRUDDUR_CREATE_SEPARATE, NULL, error);
}

static cruddur_status run_create_large(scene *stage, cruddur_error **error)
{
    return create(stage, 3, 9, 0, "a large group", error);
}

static cruddur_status append(scene *stage, unsigned author, const char *group_uuid,
                             cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = UNTOUCHED;
    options.message_uuid = stage->calls[0].message_uuid;
    cruddur_status status =
        cruddur_msg_append(stage->dm, person(author), group_uuid, "hello", &options, &msg, error);
    return settle(status, msg, free_cruddur_msg);
}

static cruddur_status run_append_two(scene *stage, cruddur_error **error)
{
    return append(stage, 0, stage->two, error);
}

static cruddur_status run_append_five(scene *stage, cruddur_error **error)
{
    return append(stage, 4, stage->five, error);
}

/* Nobody wants the message, nor the error's words. */
static cruddur_status run_append_bare(scene *stage, cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = stage->calls[0].message_uuid;
    (void)error;
    return cruddur_msg_append(stage->dm, person(4), stage->five, "hello", &options, NULL, NULL);
}

static cruddur_status run_append_refused(scene *stage, cruddur_error **error)
{
    return append(stage, PEOPLE - 1, stage->five, error);
}

static cruddur_status run_append_missing(scene *stage, cruddur_error **error)
{
    return append(stage, 0, person(0)->uuid, error);
}

static cruddur_status run_append_blank(scene *stage, cruddur_error **error)
{
    return cruddur_msg_append(stage->dm, person(0), stage->two, " ", NULL, NULL, error);
}

/* The message gets the uuid as its text, so each call changes it. */
static cruddur_status edit(scene *stage, const char *message_uuid, cruddur_error **error)
{
    cruddur_msg_options options = CRUDDUR_MSG_OPTIONS_INIT;
    cruddur_msg *msg = UNTOUCHED;
    options.flags = CRUDDUR_MSG_TRUSTED;
    cruddur_status status =
        cruddur_msg_edit(stage->dm, person(0)->uuid, stage->five, message_uuid,
                         stage->calls[0].message_uuid, &options, &msg, NULL, error);
    return settle(status, msg, free_cruddur_msg);
}

static cruddur_status run_edit_newest(scene *stage, cruddur_error **error)
{
    return edit(stage, newest_uuid, error);
}

static cruddur_status run_edit_older(scene *stage, cruddur_error **error)
{
    return edit(stage, older_uuid, error);
}

/* ---- reading ---- */

/* Removing a reaction that is not there reads all that a change reads. */
static cruddur_status run_react(scene *stage, cruddur_error **error)
{
    cruddur_msg *msg = UNTOUCHED;
    cruddur_status status = cruddur_msg_react(stage->dm, person(3)->uuid, stage->five, newest_uuid,
                                              "+", false, NULL, &msg, NULL, error);
    return settle(status, msg, free_cruddur_msg);
}

static cruddur_status run_msg_get(scene *stage, cruddur_error **error)
{
    cruddur_msg *msg = UNTOUCHED;
    cruddur_status status =
        cruddur_msg_get(stage->dm, person(3)->uuid, stage->five, older_uuid, NULL, &msg, error);
    return settle(status, msg, free_cruddur_msg);
}

static cruddur_status run_msg_get_missing(scene *stage, cruddur_error **error)
{
    cruddur_msg *msg = UNTOUCHED;
    cruddur_status status = cruddur_msg_get(stage->dm, person(3)->uuid, stage->five,
                                            person(0)->uuid, NULL, &msg, error);
    return settle(status, msg, free_cruddur_msg);
}

static cruddur_status list_groups(scene *stage, const char *cursor, cruddur_error **error)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_group_page *page = UNTOUCHED;
    options.limit = 1;
    options.cursor = cursor;
    cruddur_status status = cruddur_group_list(stage->dm, person(1)->uuid, &options, &page, error);
    return settle(status, page, free_cruddur_group_page);
}

static cruddur_status run_group_list(scene *stage, cruddur_error **error)
{
    return list_groups(stage, NULL, error);
}

static cruddur_status run_group_list_on(scene *stage, cruddur_error **error)
{
    return list_groups(stage, group_cursor, error);
}

static cruddur_status run_group_list_damaged(scene *stage, cruddur_error **error)
{
    return list_groups(stage, "damaged", error);
}

static cruddur_status run_group_list_foreign(scene *stage, cruddur_error **error)
{
    return list_groups(stage, msg_cursor, error);
}

static cruddur_status list_messages(scene *stage, const char *viewer_uuid, const char *cursor,
                                    cruddur_error **error)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = UNTOUCHED;
    options.flags = viewer_uuid == NULL ? CRUDDUR_LIST_TRUSTED : 0;
    options.limit = 1;
    options.order = CRUDDUR_OLDEST_FIRST;
    options.cursor = cursor;
    cruddur_status status =
        cruddur_msg_list(stage->dm, viewer_uuid, stage->five, &options, &page, error);
    return settle(status, page, free_cruddur_msg_page);
}

static cruddur_status run_msg_list(scene *stage, cruddur_error **error)
{
    return list_messages(stage, person(0)->uuid, NULL, error);
}

static cruddur_status run_msg_list_on(scene *stage, cruddur_error **error)
{
    return list_messages(stage, NULL, msg_cursor, error);
}

static cruddur_status run_msg_list_refused(scene *stage, cruddur_error **error)
{
    return list_messages(stage, person(PEOPLE - 1)->uuid, NULL, error);
}

static cruddur_status run_group_get(scene *stage, cruddur_error **error)
{
    cruddur_group *group = UNTOUCHED;
    cruddur_status status =
        cruddur_group_get(stage->dm, person(2)->uuid, stage->five, NULL, &group, error);
    return settle(status, group, free_cruddur_group);
}

static cruddur_status members_of(scene *stage, const char *viewer_uuid, cruddur_error **error)
{
    cruddur_members *members = UNTOUCHED;
    cruddur_status status =
        cruddur_group_members(stage->dm, viewer_uuid, stage->five,
                              viewer_uuid == NULL ? &test_trusted_members : NULL, &members, error);
    return settle(status, members, free_cruddur_members);
}

static cruddur_status run_members(scene *stage, cruddur_error **error)
{
    return members_of(stage, person(3)->uuid, error);
}

static cruddur_status run_members_any(scene *stage, cruddur_error **error)
{
    return members_of(stage, NULL, error);
}

static cruddur_status scan(scene *stage, const char *cursor, cruddur_error **error)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *page = UNTOUCHED;
    options.limit = 3;
    options.cursor = cursor;
    cruddur_status status = cruddur_scan(stage->dm, &options, &page, error);
    return settle(status, page, free_cruddur_row_page);
}

static cruddur_status run_scan(scene *stage, cruddur_error **error)
{
    return scan(stage, NULL, error);
}

static cruddur_status run_scan_on(scene *stage, cruddur_error **error)
{
    return scan(stage, scan_cursor, error);
}

static cruddur_status run_schema_verify(scene *stage, cruddur_error **error)
{
    cruddur_lines *lines = NULL;
    cruddur_status status = cruddur_schema_verify(stage->dm, NULL, &lines, error);
    cr_assert_eq(status == CRUDDUR_OK, lines != NULL);
    cr_assert_eq(cruddur_lines_count(lines), 0);
    cruddur_lines_free(lines);
    return status;
}

static cruddur_status run_time_parse(scene *stage, cruddur_error **error)
{
    int64_t time_us = 42;
    (void)stage;
    cruddur_status status = cruddur_time_parse("noon", &time_us, error);
    cr_assert_eq(time_us, 42);
    return status;
}

static cruddur_status run_uuid_v5(scene *stage, cruddur_error **error)
{
    char uuid[CRUDDUR_UUID_SIZE] = "as it was";
    cruddur_status status = cruddur_uuid_v5(stage->two, "name", uuid, error);
    cr_assert_eq(strcmp(uuid, "as it was") == 0, status != CRUDDUR_OK);
    return status;
}

/* ---- the stream ---- */

/* A record of each group, later than all messages, one of a group that is not there, and poison,
 * which has no new image. */
static size_t write_event(const scene *stage, char *event, size_t size)
{
    const char *const groups[] = {stage->two, stage->five, person(0)->uuid, person(1)->uuid};
    size_t length = (size_t)snprintf(event, size, "{\"Records\":[");
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        length += (size_t)snprintf(
            event + length, size - length,
            "%s{\"eventName\":\"INSERT\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":"
            "{\"Keys\":{\"pk\":{\"S\":\"MSG#%s\"},\"sk\":{\"S\":\"2099-01-01T00:00:00.000000+00:"
            "00\"}},"
            "\"%s\":{\"message\":{\"S\":\"hi\"},\"user_uuid\":{\"S\":\"%s\"}},"
            "\"SequenceNumber\":\"%zu\"}}",
            i == 0 ? "" : ",", groups[i], i == 3 ? "OldImage" : "NewImage", person(0)->uuid, i + 1);
    }
    return length + (size_t)snprintf(event + length, size - length, "]}");
}

/* The poison fails, and else nothing but for want of memory. */
static cruddur_status judge_result(const cruddur_stream_result *result, cruddur_error **error)
{
    cruddur_status found = CRUDDUR_OK;
    for (size_t i = 0; i < cruddur_stream_result_failure_count(result); i++) {
        cruddur_status status = cruddur_stream_result_failure_status(result, i);
        bool is_poison = cruddur_stream_result_failure_record(result, i) == 3;
        cr_assert_eq(status, is_poison ? CRUDDUR_E_INVALID_ARGUMENT : CRUDDUR_E_NO_MEMORY);
        found = is_poison ? found : cr_fail_memory(error);
    }
    cr_assert_eq(cruddur_stream_result_moved_count(result), 0u);
    return found;
}

static cruddur_status run_stream(scene *stage, cruddur_error **error)
{
    char event[2048];
    cruddur_stream_result *result = UNTOUCHED;
    size_t size = write_event(stage, event, sizeof(event));
    cruddur_status status = cruddur_stream_apply(stage->dm, event, size, NULL, &result, error);
    cr_assert_eq((void *)result == UNTOUCHED, status != CRUDDUR_OK);
    if (status == CRUDDUR_OK) {
        status = judge_result(result, error);
        cruddur_stream_result_free(result);
    }
    return status;
}

const memory_call memory_calls[MEMORY_CALLS] = {
    {"open", CRUDDUR_OK, true, false, false, run_open, 5, 20},
    {"open a new store", CRUDDUR_OK, true, false, false, run_open_new, 5, 100},
    {"open in memory", CRUDDUR_OK, true, false, false, run_open_memory, 4, 100},
    {"open, wrong scheme", CRUDDUR_E_URL_SCHEME, true, false, false, run_open_scheme, 2, 0},
    {"open, missing", CRUDDUR_E_STORE_MISSING, true, false, false, run_open_missing, 4, 0},
    {"create, direct", CRUDDUR_OK, false, true, false, run_create_direct, 3, 50},
    {"create, separate", CRUDDUR_OK, false, true, false, run_create_separate, 1, 50},
    {"create, large", CRUDDUR_OK, false, true, true, run_create_large, 2, 50},
    {"append, two members", CRUDDUR_OK, false, true, false, run_append_two, 2, 50},
    {"append, five members", CRUDDUR_OK, false, true, true, run_append_five, 2, 50},
    {"append, no outputs", CRUDDUR_OK, false, true, false, run_append_bare, 2, 50},
    {"append, refused", CRUDDUR_E_GROUP_NOT_FOUND, false, true, false, run_append_refused, 1, 20},
    {"append, no such group", CRUDDUR_E_GROUP_NOT_FOUND, false, true, false, run_append_missing, 1,
     10},
    {"append, blank", CRUDDUR_E_TEXT_BLANK, false, true, false, run_append_blank, 1, 0},
    {"edit, the newest message", CRUDDUR_OK, false, true, true, run_edit_newest, 3, 50},
    {"edit, an older message", CRUDDUR_OK, false, true, false, run_edit_older, 2, 50},
    {"react, in vain", CRUDDUR_OK, false, false, false, run_react, 2, 20},
    {"msg_get", CRUDDUR_OK, false, false, false, run_msg_get, 2, 20},
    {"msg_get, missing", CRUDDUR_E_MESSAGE_NOT_FOUND, false, false, false, run_msg_get_missing, 2,
     20},
    {"group_list", CRUDDUR_OK, false, false, false, run_group_list, 3, 20},
    {"group_list, on", CRUDDUR_OK, false, false, false, run_group_list_on, 3, 20},
    {"group_list, damaged cursor", CRUDDUR_E_CURSOR_DAMAGED, false, false, false,
     run_group_list_damaged, 2, 10},
    {"group_list, foreign cursor", CRUDDUR_E_CURSOR_FOREIGN, false, false, false,
     run_group_list_foreign, 2, 10},
    {"msg_list", CRUDDUR_OK, false, false, false, run_msg_list, 3, 20},
    {"msg_list, on", CRUDDUR_OK, false, false, false, run_msg_list_on, 3, 20},
    {"msg_list, refused", CRUDDUR_E_GROUP_NOT_FOUND, false, false, false, run_msg_list_refused, 2,
     20},
    {"group_get", CRUDDUR_OK, false, false, false, run_group_get, 2, 20},
    {"members", CRUDDUR_OK, false, false, false, run_members, 3, 20},
    {"members, to anybody", CRUDDUR_OK, false, false, false, run_members_any, 3, 20},
    {"scan", CRUDDUR_OK, false, false, false, run_scan, 3, 10},
    {"scan, on", CRUDDUR_OK, false, false, false, run_scan_on, 3, 10},
    {"schema_verify", CRUDDUR_OK, false, false, false, run_schema_verify, 2, 100},
    {"stream_apply", CRUDDUR_OK, false, false, false, run_stream, 5, 20},
    {"uuid_v5", CRUDDUR_OK, false, false, false, run_uuid_v5, 1, 0},
    {"time_parse", CRUDDUR_E_TIME, false, false, false, run_time_parse, 1, 0},
};

/* ---- cursors ---- */

void memory_calls_prepare(scene *stage)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_scan_options scan_options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_group_page *groups = NULL;
    cruddur_msg_page *messages = NULL;
    cruddur_row_page *rows = NULL;
    must_succeed(
        cruddur_msg_list(stage->dm, person(3)->uuid, stage->five, &options, &messages, TEST_ERROR));
    (void)snprintf(newest_uuid, sizeof(newest_uuid), "%s",
                   cruddur_msg_uuid(cruddur_msg_page_at(messages, 0)));
    (void)snprintf(older_uuid, sizeof(older_uuid), "%s",
                   cruddur_msg_uuid(cruddur_msg_page_at(messages, 1)));
    cruddur_msg_page_free(messages);
    options.limit = 1;
    scan_options.limit = 2;
    must_succeed(cruddur_group_list(stage->dm, person(1)->uuid, &options, &groups, TEST_ERROR));
    must_succeed(
        cruddur_msg_list(stage->dm, person(3)->uuid, stage->five, &options, &messages, TEST_ERROR));
    must_succeed(cruddur_scan(stage->dm, &scan_options, &rows, TEST_ERROR));
    (void)snprintf(group_cursor, sizeof(group_cursor), "%s", cruddur_group_page_older(groups));
    (void)snprintf(msg_cursor, sizeof(msg_cursor), "%s", cruddur_msg_page_older(messages));
    (void)snprintf(scan_cursor, sizeof(scan_cursor), "%s", cruddur_row_page_next(rows));
    cruddur_group_page_free(groups);
    cruddur_msg_page_free(messages);
    cruddur_row_page_free(rows);
}
