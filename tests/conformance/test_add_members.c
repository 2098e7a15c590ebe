/* SPDX-License-Identifier: MIT */
/* People who are added to a group. */
#include <string.h>

#include "people.h"

CONFORMANCE_SUITE(add_members);

static void expect_history(const cruddur_user *viewer, const group_id *group, const char *expected)
{
    cruddur_msg_page *page = list_messages(viewer, group, NULL);
    expect_messages(page, expected);
    cruddur_msg_page_free(page);
}

Test(add_members, in_steps_it_needs_transactions)
{
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        test_report before = test_check_summary(&store);
        must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL,
                  cruddur_group_add_members(store.dm, people[0].uuid, group.text, &people[3], 1,
                                            NULL, NULL, TEST_ERROR));
        cr_assert_str_eq(test_check_summary(&store).text, before.text);
    }
}

/* In the middle of the order, at its end, and at its beginning. */
Test(add_members, wherever_they_are_in_the_order)
{
    cruddur_user people[6];
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    group_id group = {"12345678-0000-4000-8000-000000000001"};
    people_of(people, 6);
    options.group_uuid = group.text;
    const cruddur_user others[] = {people[2], people[4]};
    must_succeed(
        cruddur_group_create(store.dm, &people[1], others, 2, "one", &options, NULL, TEST_ERROR));
    if (test_store_is_in_steps(&store)) {
        return;
    }
    add_member(&people[1], &group, &people[3], 0);
    expect_group(&(expected_group){&group, NULL, NULL, "one", false}, &people[1], 4);
    add_member(&people[3], &group, &people[5], 0);
    expect_group(&(expected_group){&group, NULL, NULL, "one", false}, &people[1], 5);
    say(&people[2], &group, "two");
    add_member(&people[5], &group, &people[0], 0);
    expect_group(&(expected_group){&group, NULL, NULL, "two", false}, people, 6);
    say(&people[0], &group, "three");
    expect_group(&(expected_group){&group, NULL, NULL, "three", false}, people, 6);
}

Test(add_members, several_at_once_to_a_group_of_two)
{
    cruddur_user people[5];
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *seen = NULL;
    people_of(people, 5);
    options.flags = CRUDDUR_CREATE_SEPARATE;
    must_succeed(cruddur_group_create(store.dm, &people[0], &people[3], 1, "one", &options, &seen,
                                      TEST_ERROR));
    group_id group;
    (void)strcpy(group.text, cruddur_group_uuid(seen));
    cruddur_group_free(seen);
    if (test_store_is_in_steps(&store)) {
        return;
    }
    const cruddur_user added[] = {people[4], people[1], people[2]};
    must_succeed(cruddur_group_add_members(store.dm, people[3].uuid, group.text, added, 3, NULL,
                                           &seen, TEST_ERROR));
    cr_assert_eq(cruddur_group_member_count(seen), 5);
    cr_assert_str_eq(cruddur_group_user_uuid(seen), people[4].uuid);
    cr_assert_str_eq(cruddur_group_text(seen), "one");
    cruddur_group_free(seen);
    expect_group(&(expected_group){&group, NULL, NULL, "one", false}, people, 5);
}

/* Who is added without the history sees neither the messages nor the preview of what was written
 * before, and finds the group all the same. */
Test(add_members, who_see_what_is_written_from_then_on)
{
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    say(&people[1], &group, "two");
    add_member(&people[0], &group, &people[3], 0);
    expect_history(&people[3], &group, "");
    cruddur_group_page *page = list_groups(&people[3], NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    const cruddur_group *row = cruddur_group_page_at(page, 0);
    cr_assert_str_eq(cruddur_group_text(row), "");
    cr_assert_eq(cruddur_group_unread_count(row), 0);
    cr_assert(!cruddur_group_is_hidden(row));
    cr_assert_str_eq(cruddur_group_name(row), "Three");
    cruddur_group_page_free(page);
    rename_group(&people[0], &group, "Four", NULL); /* which does not show it either */
    page = list_groups(&people[3], NULL);
    cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(page, 0)), "");
    cruddur_group_page_free(page);
    say(&people[2], &group, "three");
    expect_group(&(expected_group){&group, "Four", NULL, "three", false}, people, 4);
    page = list_groups(&people[3], NULL);
    cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(page, 0)), "three");
    cr_assert_eq(cruddur_group_unread_count(cruddur_group_page_at(page, 0)), 1);
    cruddur_group_page_free(page);
    expect_history(&people[3], &group, "three ");
    expect_history(&people[0], &group, "three two one ");
}

Test(add_members, who_see_all_of_it)
{
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    say(&people[1], &group, "two");
    add_member(&people[0], &group, &people[3], CRUDDUR_ADD_WITH_HISTORY);
    cruddur_group_page *page = list_groups(&people[3], NULL);
    cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(page, 0)), "two");
    cr_assert_eq(cruddur_group_unread_count(cruddur_group_page_at(page, 0)), 0);
    cruddur_group_page_free(page);
    expect_history(&people[3], &group, "two one ");
    say(&people[3], &group, "three");
    expect_history(&people[3], &group, "three two one ");
    expect_group(&(expected_group){&group, "Three", NULL, "three", false}, people, 4);
}

/* Names that are not given are learned from the member's first message. */
Test(add_members, without_names)
{
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    cruddur_user nameless = {sizeof(nameless), people[3].uuid, NULL, NULL};
    add_member(&people[0], &group, &nameless, 0);
    test_store_settle(&store);
    test_check(&store);
    say(&people[3], &group, "two");
    expect_group(&(expected_group){&group, "Three", NULL, "two", false}, people, 4);
}

Test(add_members, up_to_the_largest_group)
{
    cruddur_user people[CRUDDUR_MEMBERS_MAX + 1];
    people_of(people, CRUDDUR_MEMBERS_MAX + 1);
    group_id group = open_large(3, "Many", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    must_succeed(cruddur_group_add_members(store.dm, people[0].uuid, group.text, &people[3], 45,
                                           NULL, NULL, TEST_ERROR));
    say(&people[40], &group, "two");
    add_member(&people[47], &group, &people[48], 0);
    expect_group(&(expected_group){&group, "Many", NULL, "two", false}, people,
                 CRUDDUR_MEMBERS_MAX);
    must_fail(CRUDDUR_E_MEMBER_COUNT, "n_people",
              cruddur_group_add_members(store.dm, people[0].uuid, group.text, &people[49], 1, NULL,
                                        NULL, TEST_ERROR));
    say(&people[48], &group, "three");
    expect_group(&(expected_group){&group, "Many", NULL, "three", false}, people,
                 CRUDDUR_MEMBERS_MAX);
}

/* ---- what is refused ---- */

static cruddur_status try_add(const char *user, const char *group, const cruddur_user *people,
                              size_t count, const cruddur_group_options *options)
{
    return cruddur_group_add_members(store.dm, user, group, people, count, options, NULL,
                                     TEST_ERROR);
}

#define refuse(expected, argument, call)                                                           \
    do {                                                                                           \
        const char *wrong_ = test_wrong_failure(call, expected, argument);                         \
        cr_assert(wrong_ == NULL, "%s: %s", #call, wrong_);                                        \
        cr_assert(test_is_documented("cruddur_group_add_members", expected));                      \
    } while (0)

Test(add_members, are_refused_where_the_arguments_are_bad)
{
    cruddur_user people[6];
    cruddur_user many[48];
    group_id group = open_large(3, "Three", "one");
    people_of(people, 6);
    people_of(many, 48);
    test_store_settle(&store);
    test_report before = test_check_summary(&store);
    const char *user = people[0].uuid;
    const cruddur_user twice[] = {people[3], people[4], people[3]};
    refuse(CRUDDUR_E_MEMBER_TWICE, "people", try_add(user, group.text, twice, 3, NULL));
    refuse(CRUDDUR_E_MEMBER_COUNT, "n_people", try_add(user, group.text, people, 0, NULL));
    refuse(CRUDDUR_E_MEMBER_COUNT, "n_people", try_add(user, group.text, NULL, 0, NULL));
    refuse(CRUDDUR_E_MEMBER_COUNT, "n_people", try_add(user, group.text, many, 48, NULL));
    refuse(CRUDDUR_E_NULL_ARGUMENT, "people", try_add(user, group.text, NULL, 1, NULL));
    refuse(CRUDDUR_E_UUID, "user_uuid", try_add("x", group.text, &people[3], 1, NULL));
    refuse(CRUDDUR_E_UUID, "group_uuid", try_add(user, "x", &people[3], 1, NULL));
    cruddur_user odd = people[3];
    odd.uuid = "x";
    refuse(CRUDDUR_E_UUID, "people.uuid", try_add(user, group.text, &odd, 1, NULL));
    odd = people[3];
    odd.display_name = "a\nb";
    refuse(CRUDDUR_E_NAME_CHARACTER, "people.display_name",
           try_add(user, group.text, &odd, 1, NULL));
    odd = people[3];
    odd.handle = "\xff";
    refuse(CRUDDUR_E_NOT_UTF8, "people.handle", try_add(user, group.text, &odd, 1, NULL));
    odd = people[3];
    odd.size = 1;
    refuse(CRUDDUR_E_STRUCT_SIZE, "people", try_add(user, group.text, &odd, 1, NULL));
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    options.data = "d";
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.data",
           try_add(user, group.text, &people[3], 1, &options));
    options.data = NULL;
    options.flags = 2;
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
           try_add(user, group.text, &people[3], 1, &options));
    cr_assert_str_eq(test_check_summary(&store).text, before.text, "something was written");
}

Test(add_members, are_refused_by_the_group)
{
    cruddur_user people[6];
    group_id group = open_large(3, "Three", "one");
    group_id direct = open_direct(&test_ann, &test_bob, "one");
    people_of(people, 6);
    if (test_store_is_in_steps(&store)) {
        return;
    }
    test_store_settle(&store);
    test_report before = test_check_summary(&store);
    const cruddur_user some[] = {people[3], people[1]};
    refuse(CRUDDUR_E_MEMBER_TWICE, "people", try_add(people[0].uuid, group.text, some, 2, NULL));
    refuse(CRUDDUR_E_MEMBER_TWICE, "people",
           try_add(people[0].uuid, group.text, people, 1, NULL)); /* oneself */
    refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
           try_add(people[3].uuid, group.text, &people[3], 1, NULL));
    refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
           try_add(test_cem.uuid, direct.text, &people[3], 1, NULL));
    cruddur_error *error = NULL;
    cr_assert_eq(cruddur_group_add_members(store.dm, test_ann.uuid, direct.text, &test_cem, 1, NULL,
                                           NULL, &error),
                 CRUDDUR_E_GROUP_DIRECT);
    cr_assert(strstr(cruddur_error_message(error), "create a group of three") != NULL, "%s",
              cruddur_error_message(error));
    cruddur_error_free(error);
    cr_assert(test_is_documented("cruddur_group_add_members", CRUDDUR_E_GROUP_DIRECT));
    cr_assert_str_eq(test_check_summary(&store).text, before.text, "something was written");
}
