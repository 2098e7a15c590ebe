/* SPDX-License-Identifier: MIT */
/* The name of a group, and its data. */
#include <string.h>

#include "people.h"

CONFORMANCE_SUITE(rename);

#define UNKNOWN_GROUP "11111111-2222-4333-8444-555555555555"

Test(rename, in_steps_it_needs_transactions)
{
    cruddur_user people[3];
    people_of(people, 3);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        test_report before = test_check_summary(&store);
        must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL,
                  cruddur_group_rename(store.dm, people[0].uuid, group.text, "Trio", NULL, NULL,
                                       TEST_ERROR));
        cr_assert_str_eq(test_check_summary(&store).text, before.text);
    }
}

Test(rename, changes_what_all_members_see)
{
    cruddur_user people[3];
    cruddur_group *seen = NULL;
    people_of(people, 3);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.data = "{\"picture\":\"1.png\"}";
    must_succeed(cruddur_group_rename(store.dm, people[1].uuid, group.text, "Trio", &options, &seen,
                                      TEST_ERROR));
    cr_assert_str_eq(cruddur_group_name(seen), "Trio");
    cr_assert_str_eq(cruddur_group_data(seen), options.data);
    cr_assert_str_eq(cruddur_group_text(seen), "one");
    cr_assert_str_eq(cruddur_group_user_uuid(seen), people[2].uuid);
    cruddur_group_free(seen);
    expect_group(&(expected_group){&group, "Trio", options.data, "one", false}, people, 3);
    say(&people[2], &group, "two");
    expect_group(&(expected_group){&group, "Trio", options.data, "two", false}, people, 3);
}

Test(rename, changes_one_of_the_two_or_removes_it)
{
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(4, NULL, "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    rename_group(&people[0], &group, "Four", NULL);
    expect_group(&(expected_group){&group, "Four", NULL, "one", false}, people, 4);
    rename_group(&people[1], &group, NULL, "data");
    expect_group(&(expected_group){&group, "Four", "data", "one", false}, people, 4);
    say(&people[3], &group, "two");
    rename_group(&people[2], &group, "", NULL);
    expect_group(&(expected_group){&group, NULL, "data", "two", false}, people, 4);
    rename_group(&people[2], &group, "Quartet", "");
    expect_group(&(expected_group){&group, "Quartet", NULL, "two", false}, people, 4);
}

Test(rename, to_what_it_is_called_writes_nothing)
{
    cruddur_user people[3];
    cruddur_group *seen = NULL;
    people_of(people, 3);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    rename_group(&people[0], &group, "Trio", "data");
    test_store_settle(&store);
    test_report before = test_check_summary(&store);
    rename_group(&people[1], &group, "Trio", "data");
    rename_group(&people[1], &group, "Trio", NULL);
    must_succeed(
        cruddur_group_rename(store.dm, people[2].uuid, group.text, NULL, NULL, &seen, TEST_ERROR));
    cr_assert_str_eq(cruddur_group_name(seen), "Trio");
    cr_assert_str_eq(cruddur_group_user_uuid(seen), people[0].uuid);
    cruddur_group_free(seen);
    cr_assert_str_eq(test_check_summary(&store).text, before.text, "something was written");
}

Test(rename, of_a_separate_group_of_two)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    const cruddur_user people[] = {test_ann, test_bob};
    group_id group = {"12345678-0000-4000-8000-000000000001"};
    options.group_uuid = group.text;
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "one", &options, NULL, TEST_ERROR));
    if (test_store_is_in_steps(&store)) {
        return;
    }
    rename_group(&test_bob, &group, "Us", "data");
    expect_group(&(expected_group){&group, "Us", "data", "one", false}, people, 2);
    say(&test_ann, &group, "two");
    expect_group(&(expected_group){&group, "Us", "data", "two", false}, people, 2);
}

Test(rename, of_the_largest_group)
{
    cruddur_user people[CRUDDUR_MEMBERS_MAX];
    people_of(people, CRUDDUR_MEMBERS_MAX);
    group_id group = open_large(CRUDDUR_MEMBERS_MAX, "Many", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    say(&people[7], &group, "two"); /* in mode stream nothing has moved the rows yet */
    rename_group(&people[48], &group, "Multitude", "data");
    expect_group(&(expected_group){&group, "Multitude", "data", "two", false}, people,
                 CRUDDUR_MEMBERS_MAX);
}

/* ---- what is refused ---- */

static cruddur_status try_name(const char *user, const group_id *group, const char *name,
                               const char *data)
{
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.data = data;
    return cruddur_group_rename(store.dm, user, group->text, name, &options, NULL, TEST_ERROR);
}

#define refuse(expected, argument, call)                                                           \
    do {                                                                                           \
        const char *wrong_ = test_wrong_failure(call, expected, argument);                         \
        cr_assert(wrong_ == NULL, "%s: %s", #call, wrong_);                                        \
        cr_assert(test_is_documented("cruddur_group_rename", expected));                           \
    } while (0)

Test(rename, is_refused_where_the_arguments_are_bad)
{
    char long_name[300] = {0};
    char long_data[CRUDDUR_DATA_MAX + 2] = {0};
    group_id group = open_large(3, "Three", "one");
    cruddur_user user = test_user(0);
    test_store_settle(&store);
    test_report before = test_check_summary(&store);
    memset(long_name, 'n', sizeof(long_name) - 1);
    memset(long_data, 'd', sizeof(long_data) - 1);
    refuse(CRUDDUR_E_UUID, "user_uuid", try_name("x", &group, "n", NULL));
    refuse(CRUDDUR_E_UUID, "group_uuid", try_name(user.uuid, &(group_id){"x"}, "n", NULL));
    refuse(CRUDDUR_E_NULL_ARGUMENT, "user_uuid", try_name(NULL, &group, "n", NULL));
    refuse(CRUDDUR_E_NAME_TOO_LONG, "name", try_name(user.uuid, &group, long_name, NULL));
    refuse(CRUDDUR_E_NAME_CHARACTER, "name", try_name(user.uuid, &group, "a\nb", NULL));
    refuse(CRUDDUR_E_NAME_CHARACTER, "name", try_name(user.uuid, &group, "  ", NULL));
    refuse(CRUDDUR_E_NOT_UTF8, "name", try_name(user.uuid, &group, "a\xff", NULL));
    refuse(CRUDDUR_E_NOT_UTF8, "options.data", try_name(user.uuid, &group, "n", "a\xff"));
    refuse(CRUDDUR_E_DATA_TOO_LONG, "options.data", try_name(user.uuid, &group, "n", long_data));
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.flags = CRUDDUR_ADD_WITH_HISTORY;
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
           cruddur_group_rename(store.dm, user.uuid, group.text, "n", &options, NULL, TEST_ERROR));
    options.size = 3;
    refuse(CRUDDUR_E_STRUCT_SIZE, "options",
           cruddur_group_rename(store.dm, user.uuid, group.text, "n", &options, NULL, TEST_ERROR));
    refuse(CRUDDUR_E_NULL_ARGUMENT, "dm",
           cruddur_group_rename(NULL, user.uuid, group.text, "n", NULL, NULL, TEST_ERROR));
    cr_assert_str_eq(test_check_summary(&store).text, before.text, "something was written");
}

Test(rename, is_refused_by_the_group)
{
    group_id direct = open_direct(&test_ann, &test_bob, "one");
    group_id group = open_large(3, "Three", "one");
    char data[CRUDDUR_DATA_MAX + 1] = {0};
    cruddur_user user = test_user(0);
    memset(data, 'd', sizeof(data) - 1);
    if (test_store_is_in_steps(&store)) {
        return;
    }
    test_store_settle(&store);
    test_report before = test_check_summary(&store);
    refuse(CRUDDUR_E_GROUP_DIRECT, "group_uuid", try_name(test_ann.uuid, &direct, "n", NULL));
    refuse(CRUDDUR_E_GROUP_DIRECT, "group_uuid", try_name(test_bob.uuid, &direct, NULL, "d"));
    refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", try_name(test_cem.uuid, &direct, "n", NULL));
    refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", try_name(test_ann.uuid, &group, "n", NULL));
    refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
           try_name(test_ann.uuid, &(group_id){UNKNOWN_GROUP}, "n", NULL));
    cr_assert_str_eq(test_check_summary(&store).text, before.text, "something was written");
    must_succeed(try_name(user.uuid, &group, NULL, data)); /* the longest */
}
