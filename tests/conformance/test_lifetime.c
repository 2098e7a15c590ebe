/* SPDX-License-Identifier: MIT */
/* What calls give outlives the handle, and what was stored outlives it too. */
#include <stdio.h>
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(lifetime);

Test(lifetime, results_outlive_the_handle)
{
    cruddur_group *group = NULL;
    cruddur_msg *msg = NULL;
    cruddur_members *members = NULL;
    cruddur_row_page *rows = NULL;
    cruddur_error *error = NULL;
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "one", NULL, &group, TEST_ERROR));
    group_id id;
    (void)snprintf(id.text, sizeof(id.text), "%s", cruddur_group_uuid(group));
    must_succeed(cruddur_msg_append(store.dm, &test_bob, id.text, "two", NULL, &msg, TEST_ERROR));
    test_store_settle(&store);
    must_succeed(cruddur_group_members(store.dm, NULL, id.text, &test_trusted_members, &members,
                                       TEST_ERROR));
    must_succeed(cruddur_scan(store.dm, NULL, &rows, TEST_ERROR));
    cruddur_msg_page *messages = list_messages(NULL, &id, NULL);
    cruddur_group_page *groups = list_groups(&test_ann, NULL);
    cr_assert_eq(cruddur_msg_append(store.dm, &test_cem, id.text, "x", NULL, NULL, &error),
                 CRUDDUR_E_GROUP_NOT_FOUND);
    test_check(&store);
    test_store_remove(&store);

    cr_assert_str_eq(cruddur_group_text(group), "one");
    cr_assert_str_eq(cruddur_msg_text(msg), "two");
    cr_assert_str_eq(cruddur_members_at(members, 1)->display_name, test_bob.display_name);
    cr_assert_eq(cruddur_row_page_count(rows), 5);
    cr_assert(cruddur_row_page_get(rows, 4, 0) != NULL);
    expect_messages(messages, "two one ");
    cr_assert(cruddur_msg_page_older(messages) != NULL);
    expect_groups(groups, "two ");
    cr_assert_str_eq(cruddur_error_argument(error), "group_uuid");
    cr_assert(strstr(cruddur_error_message(error), test_cem.uuid) != NULL);
    cruddur_error_free(error);
    cruddur_group_free(group);
    cruddur_msg_free(msg);
    cruddur_members_free(members);
    cruddur_row_page_free(rows);
    cruddur_msg_page_free(messages);
    cruddur_group_page_free(groups);
}

Test(lifetime, results_are_copies)
{
    char text[] = "one";
    char name[] = "Ann";
    cruddur_user ann = test_ann;
    cruddur_group *group = NULL;
    cruddur_msg *msg = NULL;
    ann.display_name = name;
    must_succeed(
        cruddur_group_create(store.dm, &ann, &test_bob, 1, text, NULL, &group, TEST_ERROR));
    must_succeed(cruddur_msg_append(store.dm, &ann, cruddur_group_uuid(group), text, NULL, &msg,
                                    TEST_ERROR));
    text[0] = name[0] = '?';
    cr_assert_str_eq(cruddur_group_text(group), "one");
    cr_assert_str_eq(cruddur_msg_text(msg), "one");
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), "Ann");
    cruddur_group_free(group);
    cruddur_msg_free(msg);
    test_check(&store);
}

Test(lifetime, closing_nothing)
{
    cruddur_close(NULL);
    cruddur_error_free(NULL);
    test_check(&store);
}

Test(lifetime, what_was_stored_is_there_when_the_store_is_opened_again)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    if (!test_store_is_lasting(&store)) {
        return;
    }
    group_id group = open_with_messages(5);
    test_report before = test_check_summary(&store);
    test_store_reopen(&store, NULL);
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
    options.flags = CRUDDUR_OPEN_EXISTING;
    test_store_reopen(&store, &options);
    cruddur_msg_page *page = list_messages(&test_ann, &group, NULL);
    expect_messages(page, "m4 m3 m2 m1 m0 ");
    cruddur_msg_page_free(page);
    say(&test_bob, &group, "m5");
    page = list_messages(&test_ann, &group, NULL);
    expect_messages(page, "m5 m4 m3 m2 m1 m0 ");
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(lifetime, two_handles_see_each_others_writes)
{
    if (!test_store_is_lasting(&store)) {
        return;
    }
    cruddur *first = store.dm;
    cruddur *second = test_store_connect(&store, NULL);
    group_id group = open_direct(&test_ann, &test_bob, "m0");
    for (int i = 1; i < 10; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "m%d", i);
        store.dm = i % 2 == 0 ? first : second;
        say(&test_bob, &group, text);
        store.dm = i % 2 == 0 ? second : first;
        cruddur_msg_page *page = list_messages(&test_ann, &group, NULL);
        expect_messages(page, texts_from_to('m', i, 0).all);
        cruddur_msg_page_free(page);
    }
    store.dm = first;
    cruddur_close(second);
    test_check(&store);
}

/* ---- the place for the error ---- */

Test(lifetime, the_place_for_the_error_need_not_be_empty)
{
    /* Nobody's error: a call that looked at it, or freed it, would crash. */
    static max_align_t nowhere;
    void *const garbage = &nowhere;
    cruddur_list_options bad = from_newest(0);
    cruddur_msg_page *page = NULL;
    cruddur *dm = NULL;
    cruddur_error *error = garbage;
    cr_assert_eq(cruddur_open("nonsense:x", NULL, &dm, &error), CRUDDUR_E_URL_SCHEME);
    cr_assert(error != garbage);
    cruddur_error_free(error);
    error = garbage;
    cr_assert_eq(cruddur_msg_list(store.dm, NULL, test_ann.uuid, &bad, &page, &error),
                 CRUDDUR_E_LIMIT);
    cr_assert(error != garbage);
    cruddur_error_free(error);
    error = garbage;
    cr_assert_eq(cruddur_msg_list(store.dm, NULL, test_ann.uuid, &test_trusted_list, &page, &error),
                 CRUDDUR_E_GROUP_NOT_FOUND);
    cr_assert(error != garbage);
    cruddur_error_free(error);
    error = garbage;
    cr_assert_eq(cruddur_msg_list(NULL, NULL, NULL, NULL, &page, &error), CRUDDUR_E_NULL_ARGUMENT);
    cr_assert(error != garbage);
    cruddur_error_free(error);
    test_check(&store);
}

Test(lifetime, on_success_the_place_for_the_error_is_left_as_it_was)
{
    static max_align_t nowhere;
    void *const garbage = &nowhere;
    cruddur_error *error = garbage;
    cruddur_group *group = NULL;
    cruddur_group_page *page = NULL;
    cr_assert_eq(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "one", NULL, &group, &error),
        CRUDDUR_OK);
    cr_assert(error == garbage);
    cr_assert_eq(cruddur_group_list(store.dm, test_ann.uuid, NULL, &page, &error), CRUDDUR_OK);
    cr_assert(error == garbage);
    cruddur_group_free(group);
    cruddur_group_page_free(page);
    test_check(&store);
}
