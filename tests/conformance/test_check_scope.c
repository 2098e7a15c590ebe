/* SPDX-License-Identifier: MIT */
/* cruddur_check(): groups without cards and of many, one group, one user, cursors, writers that are
 * at work meanwhile, and what is refused. */
#include "checked.h"
#include "planted.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "support/raw.h"

static bool is_in_steps(void)
{
    return test_store_is_in_steps(&store);
}

CONFORMANCE_SUITE(check_scope);

/* ---- groups of many, and of older versions ---- */

Test(check_scope, a_large_group)
{
    group_id large = open_large(6, "name", "m0");
    const char *pk = planted_text("GRP#%s", test_user(2).uuid);
    test_store_settle(&store);
    strip(pk, large.text, CR_MEMBER_UUIDS);
    strip(pk, large.text, CR_GROUP_NAME);
    cr_assert_eq(uproot(planted_text("GRP#%s", test_user(3).uuid), large.text), 1);
    expect_found(0, "row_missing members_differ card_contradicted ");
    if (!is_in_steps()) {
        expect_found(CRUDDUR_CHECK_REPAIR, "+row_missing +members_differ +card_contradicted ");
        expect_found(0, "");
        test_check(&store);
    }
}

/* As the original application opens groups: no card, neither rev nor version. */
Test(check_scope, groups_without_cards)
{
    group_id direct = open_direct(&test_ann, &test_bob, "m0");
    group_id large = open_large(4, "name", "m0");
    test_store_settle(&store);
    must_succeed(raw_make_old(store.dm));
    expect_found(0, "");
    const char *pk = planted_text("GRP#%s", test_user(2).uuid);
    strip(pk, large.text, CR_MEMBER_UUIDS);
    cr_assert_eq(uproot(planted_text("GRP#%s", test_ann.uuid), direct.text), 1);
    told heard = check_table(0);
    cr_assert_eq(heard.last.breaches, 2, "%s", heard.kinds);
    cr_assert_eq(heard.last.groups, 2);
    cr_assert(strstr(heard.kinds, "row_missing ") != NULL, "%s", heard.kinds);
    cr_assert(strstr(heard.kinds, "members_differ ") != NULL, "%s", heard.kinds);
    if (!is_in_steps()) {
        cr_assert_eq(check_table(CRUDDUR_CHECK_REPAIR).last.repaired, 2);
        expect_found(0, "");
        test_check(&store);
    }
}

/* Nothing tells who its members are: nothing is done about it. */
Test(check_scope, a_group_whose_members_are_not_known)
{
    group_id large = open_large(3, "name", "m0");
    test_store_settle(&store);
    uproot_card(&large);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(uproot(planted_text("GRP#%s", test_user(i).uuid), large.text), 1);
    }
    expect_found(0, "members_unknown ");
    if (!is_in_steps()) {
        expect_found(CRUDDUR_CHECK_REPAIR, "members_unknown ");
    }
    cr_assert_eq(count_unsettled(NULL, large.text), 0);
}

/* The newest message has expired, and its row has gone: that is in order. */
Test(check_scope, a_group_whose_newest_message_has_expired)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(1);
    options.expires_in_s = 1;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "m1", &options, NULL, TEST_ERROR));
    test_store_settle(&store);
    expect_found(0, "");
    if (!is_in_steps()) {
        must_succeed(cruddur_purge(store.dm, NULL, TEST_ERROR));
        expect_found(0, "");
    }
}

Test(check_scope, older_forms_of_keys_can_be_accepted)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    const planted row = {{[CR_PK] = planted_text("MSG#%s", group.text),
                          [CR_SK] = "2019-12-31T10:00:00+02:00",
                          [CR_TEXT] = "old",
                          [CR_USER_UUID] = test_ann.uuid}};
    plant(&row, 1);
    expect_found(0, "key_not_canonical ");
    expect_found(CRUDDUR_CHECK_OLD_KEYS, "");
}

/* ---- one group, one user ---- */

Test(check_scope, one_group)
{
    group_id groups[3];
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    open_many(groups, 3);
    test_store_settle(&store);
    for (size_t i = 1; i < 3; i++) {
        cr_assert_eq(uproot(planted_text("GRP#%s", test_user(i).uuid), groups[i].text), 1);
    }
    options.group_uuid = groups[0].text;
    told heard = check_with(&options);
    cr_assert_str_eq(heard.kinds, "");
    cr_assert_eq(heard.last.groups, 1);
    cr_assert_eq(heard.last.messages, 1);
    cr_assert_eq(heard.last.group_rows, 2);
    cr_assert_eq(heard.last.cards, 1);
    options.group_uuid = groups[1].text;
    options.flags = is_in_steps() ? 0 : CRUDDUR_CHECK_REPAIR;
    heard = check_with(&options);
    cr_assert_str_eq(heard.kinds, is_in_steps() ? "row_missing " : "+row_missing ");
    cr_assert_str_eq(heard.group, groups[1].text);
    cr_assert_str_eq(heard.user, test_user(1).uuid);
    expect_found(0, is_in_steps() ? "row_missing row_missing " : "row_missing ");
}

/* A cursor is of one operation on one store: elsewhere, part of the table would be passed over. */
static void refuse_elsewhere(const char *cursor)
{
    char url[300];
    cruddur *other = NULL;
    cruddur_purge_options purge = CRUDDUR_PURGE_OPTIONS_INIT;
    cruddur_scan_options scan = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_check_options check = CRUDDUR_CHECK_OPTIONS_INIT;
    cruddur_row_page *page = NULL;
    purge.cursor = scan.cursor = check.cursor = cursor;
    if (!test_store_is_in_steps(&store)) { /* it refuses to purge at all */
        must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
                  cruddur_purge(store.dm, &purge, TEST_ERROR));
    }
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_scan(store.dm, &scan, &page, TEST_ERROR));
    (void)snprintf(url, sizeof(url), "sqlite:%s/other.db", store.dir);
    must_succeed(cruddur_open(url, NULL, &other, TEST_ERROR));
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor", cruddur_check(other, &check, TEST_ERROR));
    cruddur_close(other);
}

/* More messages than a part has: the order of keys is checked across parts, too. */
Test(check_scope, one_group_of_many_messages)
{
    enum { MESSAGES = 520 };
    if (test_store_is_streamed(&store)) {
        cr_skip_test("no processor knows a message without a group");
    }
    static planted rows[MESSAGES];
    static char keys[MESSAGES][CRUDDUR_TIME_SIZE];
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(9999));
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    for (int i = 0; i < MESSAGES; i++) {
        must_succeed(cruddur_time_format(AT_SECOND(i), keys[i], TEST_ERROR));
        rows[i] = (planted){{[CR_PK] = planted_text("MSG#%s", group.text),
                             [CR_SK] = keys[i],
                             [CR_TEXT] = "text",
                             [CR_USER_UUID] = test_ann.uuid}};
    }
    /* The first of the second part is as late as the last of the first. */
    (void)snprintf(keys[500], sizeof(keys[500]), "%.26sZ", keys[499]);
    plant(rows, MESSAGES);
    options.group_uuid = group.text;
    told heard = check_with(&options);
    cr_assert_str_eq(heard.kinds, "key_not_canonical key_out_of_order ");
    cr_assert_eq(heard.last.messages, MESSAGES + 1);
    options.group_uuid = NULL;
    cruddur_check_options first = CRUDDUR_CHECK_OPTIONS_INIT;
    told part = check_some(&first, 1);
    cr_assert_eq(part.last.rows, 500);
    options.cursor = part.cursor;
    told rest = check_with(&options);
    cr_assert_eq(part.last.rows + rest.last.rows, MESSAGES + 4);
    cr_assert_eq(part.last.breaches + rest.last.breaches, 2);
    refuse_elsewhere(part.cursor);
}

Test(check_scope, one_user)
{
    group_id groups[3];
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    open_many(groups, 3);
    group_id other = open_direct(&test_bob, &test_cem, "m0");
    test_store_settle(&store);
    for (size_t i = 1; i < 3; i++) {
        cr_assert_eq(uproot(planted_text("GRP#%s", test_user(i).uuid), groups[i].text), 1);
    }
    cr_assert_eq(uproot(planted_text("GRP#%s", test_bob.uuid), other.text), 1);
    options.user_uuid = test_user(2).uuid;
    told heard = check_with(&options);
    cr_assert_str_eq(heard.kinds, "row_missing ");
    cr_assert_str_eq(heard.group, groups[2].text);
    cr_assert_eq(heard.last.groups, 1);
    options.user_uuid = test_ann.uuid;
    heard = check_with(&options);
    cr_assert_str_eq(heard.kinds, "row_missing row_missing ");
    cr_assert_eq(heard.last.groups, 3);
}

/* ---- beside writers ---- */

static atomic_bool is_over;

static void *write_on(void *argument)
{
    const group_id *group = argument;
    while (!atomic_load(&is_over)) {
        cruddur_error *error = NULL;
        cruddur_status status =
            cruddur_msg_append(store.dm, &test_ann, group->text, "text", NULL, NULL, &error);
        cruddur_error_free(error);
        if (status != CRUDDUR_OK && !cruddur_status_is_retryable(status)) {
            return argument;
        }
    }
    return NULL;
}

/* What is repaired stays repaired, nothing that the writers do is taken for a breach, and nothing
 * of it is lost. */
Test(check_scope, a_repair_beside_writers)
{
    enum { GROUPS = 2 };
    group_id groups[GROUPS];
    pthread_t threads[GROUPS];
    const int rounds = 5;
    if (is_in_steps()) {
        cr_skip_test("no repair in steps");
    }
    open_many(groups, GROUPS);
    test_store_settle(&store);
    atomic_store(&is_over, false);
    for (size_t i = 0; i < GROUPS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, write_on, &groups[i]), 0);
    }
    for (int i = 0; i < rounds; i++) {
        cr_arena arena = CR_ARENA_INIT;
        cr_row row = {0};
        /* One of the rows that the writers move. It may have moved on meanwhile: no matter. */
        row.value[CR_PK] = cr_str_of(planted_text("GRP#%s", test_ann.uuid));
        row.value[CR_SK] = cr_str_of(planted_key(i - 100));
        row.value[CR_GROUP_UUID] = cr_str_of(groups[i % GROUPS].text);
        row.value[CR_TEXT] = cr_str_of("stale");
        row.value[CR_USER_UUID] = cr_str_of(test_user((size_t)i % GROUPS).uuid);
        (void)raw_put_row(store.dm, &row);
        told heard = check_table(CRUDDUR_CHECK_REPAIR);
        cr_assert_eq(heard.last.breaches, heard.last.repaired, "%s", heard.kinds);
        cr_arena_free(&arena);
    }
    atomic_store(&is_over, true);
    for (size_t i = 0; i < GROUPS; i++) {
        void *failed;
        cr_assert_eq(pthread_join(threads[i], &failed), 0);
        cr_assert_null(failed);
    }
    test_store_settle(&store);
    expect_found(CRUDDUR_CHECK_REPAIR, "");
    test_check(&store);
}

/* ---- what is refused ---- */

Test(check_scope, arguments_that_are_wrong)
{
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    group_id group = open_with_messages(3);
    must_fail(CRUDDUR_E_NULL_ARGUMENT, "dm", cruddur_check(NULL, NULL, TEST_ERROR));
    for (uint32_t bit = 2; bit < 32; bit++) {
        options.flags = UINT32_C(1) << bit;
        must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
                  cruddur_check(store.dm, &options, TEST_ERROR));
    }
    options.flags = 0;
    options.group_uuid = "nonsense";
    must_fail(CRUDDUR_E_UUID, "options.group_uuid", cruddur_check(store.dm, &options, TEST_ERROR));
    options.group_uuid = "12345678-0000-4000-8000-000000000001";
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "options.group_uuid",
              cruddur_check(store.dm, &options, TEST_ERROR));
    options.user_uuid = test_ann.uuid;
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.user_uuid",
              cruddur_check(store.dm, &options, TEST_ERROR));
    options.user_uuid = NULL;
    options.cursor = "cursor";
    must_fail(CRUDDUR_E_INVALID_ARGUMENT, "options.cursor",
              cruddur_check(store.dm, &options, TEST_ERROR));
    options.group_uuid = NULL;
    must_fail(CRUDDUR_E_CURSOR_DAMAGED, "options.cursor",
              cruddur_check(store.dm, &options, TEST_ERROR));
    cruddur_list_options list = from_newest(1);
    cruddur_msg_page *page = list_messages(NULL, &group, &list);
    options.cursor = cruddur_msg_page_older(page);
    must_fail(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor",
              cruddur_check(store.dm, &options, TEST_ERROR));
    cruddur_msg_page_free(page);
    options.cursor = NULL;
    options.user_uuid = "nonsense";
    must_fail(CRUDDUR_E_UUID, "options.user_uuid", cruddur_check(store.dm, &options, TEST_ERROR));
    options.user_uuid = NULL;
    options.flags = CRUDDUR_CHECK_REPAIR;
    if (is_in_steps()) {
        must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL,
                  cruddur_check(store.dm, &options, TEST_ERROR));
    }
    options.size--;
    must_fail(CRUDDUR_E_STRUCT_SIZE, "options", cruddur_check(store.dm, &options, TEST_ERROR));
    cr_assert_str_eq(cruddur_check_kind_name(4711), "unknown");
    cr_assert_str_eq(cruddur_check_kind_text(CRUDDUR_CHECK_ROW_MISSING),
                     "a member has no group row");
}
