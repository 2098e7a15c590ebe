/* SPDX-License-Identifier: MIT */
/* cruddur_purge(): what has expired is removed, and nothing else is changed. */
#include "planted.h"

#include <stdio.h>
#include <string.h>

#include "support/raw.h"

/* In steps there is nothing to test but that it is refused. (Mode `auto` finds out with the first
 * change.) */
static void begin(void)
{
    suite_begin();
    if (test_store_is_in_steps(&store)) {
        (void)open_direct(&test_ann, &test_bob, "one");
        must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL, cruddur_purge(store.dm, NULL, TEST_ERROR));
        cr_skip_test("the store has no transactions");
    }
}

TestSuite(purge, .init = begin, .fini = suite_end, .timeout = 600);

static bool is_sqlite(void)
{
    return strncmp(store.url, "sqlite:", 7) == 0;
}

/* ---- the call ---- */

typedef struct told {
    cruddur_purge_event last; /* its cursor is not kept */
    char cursor[512];         /* the latest; empty at the end */
    size_t parts;
    size_t parts_wanted; /* 0: all */
} told;

static bool listen(void *data, const cruddur_purge_event *event)
{
    told *heard = data;
    const char *cursor = event->cursor == NULL ? "" : event->cursor;
    cr_assert_eq(event->size, sizeof(*event));
    cr_assert_lt(strlen(cursor), sizeof(heard->cursor));
    (void)snprintf(heard->cursor, sizeof(heard->cursor), "%s", cursor);
    heard->last = *event;
    heard->parts++;
    return heard->parts != heard->parts_wanted;
}

static told purge_from(const char *cursor, size_t parts)
{
    told heard = {.parts_wanted = parts};
    cruddur_purge_options options = CRUDDUR_PURGE_OPTIONS_INIT;
    options.cursor = cursor;
    options.observe = listen;
    options.data = &heard;
    must_succeed(cruddur_purge(store.dm, &options, TEST_ERROR));
    return heard;
}

/* In mode stream the processor may have emptied the inboxes before: it reads what has expired. */
static void purge(uint64_t removed, uint64_t emptied)
{
    test_store_settle(&store);
    told heard = purge_from(NULL, 0);
    bool may_be_fewer = test_store_is_streamed(&store) && heard.last.emptied < emptied;
    cr_assert_str_eq(heard.cursor, "");
    cr_assert_eq(heard.last.removed, removed, "%lu removed", (unsigned long)heard.last.removed);
    cr_assert(may_be_fewer || heard.last.emptied == emptied, "%lu emptied",
              (unsigned long)heard.last.emptied);
}

/* ---- what there is to purge ---- */

static void say_for(const cruddur_user *author, const group_id *group, const char *text,
                    int64_t second, int64_t expires_in_s)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(second);
    options.expires_in_s = expires_in_s;
    options.data = "data";
    must_succeed(
        cruddur_msg_append(store.dm, author, group->text, text, &options, NULL, TEST_ERROR));
}

static bool has_text(const char *text)
{
    bool is_there = false;
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *page = NULL;
    options.limit = CRUDDUR_LIMIT_MAX;
    must_succeed(cruddur_scan(store.dm, &options, &page, TEST_ERROR));
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        for (size_t j = 0; j < cruddur_row_attribute_count(); j++) {
            const char *value = cruddur_row_page_get(page, i, j);
            is_there = is_there || (value != NULL && strstr(value, text) != NULL);
        }
    }
    cr_assert_null(cruddur_row_page_next(page));
    cruddur_row_page_free(page);
    return is_there;
}

Test(purge, removes_messages_that_have_expired)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    say_for(&test_ann, &group, "e1", 1, 1);
    say_for(&test_bob, &group, "e2", 2, 3);
    say_for(&test_bob, &group, "m3", 3, CRUDDUR_EXPIRES_NEVER);
    say_for(&test_bob, &group, "m4", 4, INT64_C(3153600000));
    purge(2, 0);
    cr_assert_eq(test_check_count(&store, "messages"), 3);
    cruddur_msg_page *page = list_messages(&test_ann, &group, NULL);
    expect_messages(page, "m4 m3 m0 ");
    cruddur_msg_page_free(page);
    purge(0, 0);
    say(&test_ann, &group, "m5");
    test_check(&store);
}

/* As if the time had come. */
static void expire(const group_id *group)
{
    static const char *const past = "1700000000";
    test_store_settle(&store);
    reword(planted_text("MSG#%s", group->text), NULL, CR_EXPIRES_AT, past);
    reword(NULL, group->text, CR_HEAD_EXPIRES_AT, past);
}

/* Nothing of the text is left, in the inboxes neither. */
Test(purge, removes_the_text_from_inboxes)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    cruddur_user others[3] = {test_user(1), test_user(2), test_user(3)};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *opened = NULL;
    group_id large;
    options.created_at_us = AT_SECOND(1);
    must_succeed(cruddur_group_create(store.dm, &test_ann, others, 3, TEST_SECRET, &options,
                                      &opened, TEST_ERROR));
    (void)snprintf(large.text, sizeof(large.text), "%s", cruddur_group_uuid(opened));
    cruddur_group_free(opened);
    say_for(&test_bob, &group, TEST_SECRET, 2, CRUDDUR_EXPIRES_NEVER);
    expire(&group);
    expire(&large);
    cr_assert(has_text(TEST_SECRET));
    cruddur_group_page *before = list_groups(&test_ann, NULL);
    expect_groups(before, "  "); /* it is in the rows, and is not shown */
    cruddur_group_page_free(before);
    purge(3, 6);
    cr_assert(!has_text(TEST_SECRET));
    purge(0, 0);
    cruddur_group_page *inbox = list_groups(&test_ann, NULL);
    expect_groups(inbox, "  ");
    cruddur_group_page_free(inbox);
    test_check(&store);
    say(&test_ann, &group, "m3");
    inbox = list_groups(&test_bob, NULL);
    expect_groups(inbox, "m3 ");
    cruddur_group_page_free(inbox);
    test_check(&store);
}

/* In an SQLite file a message is the claim of its uuid. */
Test(purge, a_repeat_does_not_store_a_message_again)
{
    group_id group = open_direct(&test_ann, &test_bob, "m0");
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    char uuid[CRUDDUR_UUID_SIZE];
    must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), uuid, TEST_ERROR));
    options.message_uuid = uuid;
    options.data = TEST_SECRET;
    must_succeed(cruddur_msg_append(store.dm, &test_ann, group.text, TEST_SECRET, &options, NULL,
                                    TEST_ERROR));
    expire(&group);
    /* both messages are of now */
    purge(is_sqlite() ? 0 : 2, is_sqlite() ? 4 : 2);
    cr_assert(!has_text(TEST_SECRET));
    must_fail(CRUDDUR_E_MESSAGE_GONE, "options.message_uuid",
              cruddur_msg_append(store.dm, &test_ann, group.text, TEST_SECRET, &options, NULL,
                                 TEST_ERROR));
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.message_uuid",
              cruddur_msg_append(store.dm, &test_bob, group.text, TEST_SECRET, &options, NULL,
                                 TEST_ERROR));
    purge(0, 0);
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    expect_messages(page, "");
    cruddur_msg_page_free(page);
}

/* Notes for watchers, and claims. */
Test(purge, removes_change_rows_and_claims_that_have_ended)
{
    const char *changes = planted_text("CHG#%s", "12345678-0000-4000-8000-000000000001");
    const char *claims = planted_text("CLAIM#%s", "12345678-0000-4000-8000-000000000002");
    char soon[24];
    (void)snprintf(soon, sizeof(soon), "%lld", (long long)(cruddur_time_now_us() / 1000000 + 600));
    const planted rows[] = {
        {{[CR_PK] = changes, [CR_SK] = "COUNTER", [CR_REV] = "3"}},
        {{[CR_PK] = changes, [CR_SK] = "00000000000000000003", [CR_EXPIRES_AT] = soon}},
        {{[CR_PK] = "XYZ#12345678-0000-4000-8000-000000000001",
          [CR_SK] = "00000000000000000002",
          [CR_EXPIRES_AT] = "1700000000"}},
        {{[CR_PK] = changes, [CR_SK] = "00000000000000000002", [CR_EXPIRES_AT] = "1700000000"}},
        {{[CR_PK] = claims, [CR_SK] = "CLAIM", [CR_EXPIRES_AT] = "1700000000"}},
    };
    plant(rows, 5);
    purge(2, 0);
    expect_planted(rows, 3);
    cr_assert_eq(count_in(changes, NULL), 2);
    cr_assert_eq(count_in(claims, NULL), 0);
}

/* Only messages and the library's own notes go; what looks like a message, but is not, stays. */
Test(purge, leaves_foreign_rows_alone)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    const planted rows[] = {
        {{[CR_PK] = planted_text("MSG#%s", group.text),
          [CR_SK] = "META",
          [CR_TEXT] = "a note",
          [CR_EXPIRES_AT] = "1700000000"}},
        {{[CR_PK] = planted_text("MSG#%s", group.text),
          [CR_SK] = planted_key(5),
          [CR_OTHERS] = "{\"title\":{\"S\":\"of no message\"}}",
          [CR_EXPIRES_AT] = "1700000000"}},
        {{[CR_PK] = planted_text("GRP#%s", test_ann.uuid),
          [CR_SK] = "PROFILE",
          [CR_TEXT] = "of nobody",
          [CR_HEAD_EXPIRES_AT] = "1700000000"}},
    };
    plant(rows, 3);
    purge(0, 0);
    expect_planted(rows, 3);
    check_beside(3);
}

/* More rows than one part has, and more than one change. */
Test(purge, goes_on_from_a_cursor)
{
    enum { EXPIRED = 130, LASTING = 420 };
    if (test_store_is_streamed(&store)) {
        cr_skip_test("no processor knows a message without a group");
    }
    static planted rows[EXPIRED + LASTING];
    const char *pk = "MSG#12345678-0000-4000-8000-000000000001";
    for (size_t i = 0; i < EXPIRED + LASTING; i++) {
        char key[CRUDDUR_TIME_SIZE];
        must_succeed(cruddur_time_format(AT_SECOND((int64_t)i), key, TEST_ERROR));
        rows[i] = (planted){{[CR_PK] = pk, [CR_SK] = strdup(key), [CR_TEXT] = "text"}};
        rows[i].value[CR_EXPIRES_AT] = i % 4 == 0 && i < 4 * EXPIRED ? "1700000000" : NULL;
    }
    plant(rows, EXPIRED + LASTING);
    told first = purge_from(NULL, 1);
    cr_assert_eq(first.parts, 1);
    cr_assert_eq(first.last.rows, 500);
    cr_assert_str_neq(first.cursor, "");
    told second = purge_from(first.cursor, 0);
    cr_assert_eq(second.last.rows, EXPIRED + LASTING - 500);
    cr_assert_eq(first.last.removed + second.last.removed, EXPIRED);
    cr_assert_eq(second.parts, 1);
    cr_assert_eq(count_in(pk, NULL), LASTING);
    purge(0, 0);
    for (size_t i = 0; i < EXPIRED + LASTING; i++) {
        free((char *)(uintptr_t)rows[i].value[CR_SK]);
    }
}

/* ---- what is refused ---- */

Test(purge, arguments_that_are_wrong)
{
    cruddur_purge_options options = CRUDDUR_PURGE_OPTIONS_INIT;
    group_id group = open_with_messages(3);
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm", cruddur_purge(NULL, NULL, TEST_ERROR));
    for (uint32_t bit = 0; bit < 32; bit++) {
        options.flags = UINT32_C(1) << bit;
        must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
                  cruddur_purge(store.dm, &options, TEST_ERROR));
    }
    options.flags = 0;
    options.cursor = "";
    must_fail(CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
              cruddur_purge(store.dm, &options, TEST_ERROR));
    cruddur_list_options list = from_newest(1);
    cruddur_msg_page *page = list_messages(NULL, &group, &list);
    options.cursor = cruddur_msg_page_older(page);
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_purge(store.dm, &options, TEST_ERROR));
    cruddur_msg_page_free(page);
    options.cursor = NULL;
    options.size--;
    must_fail(CRUDDUR_E_STRUCT_SIZE, "options", cruddur_purge(store.dm, &options, TEST_ERROR));
    test_check(&store);
}
