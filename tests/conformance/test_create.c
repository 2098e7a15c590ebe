/* SPDX-License-Identifier: MIT */
/* Pattern C: opening a group with its first message. */
#include <stdio.h>
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(create);

#define GROUP_UUID "0188b7a6-91c2-7d3e-8f40-51a6b7c8d9e0"

static cruddur_group *create(const cruddur_user *creator, const cruddur_user *others, size_t n,
                             const char *text, const cruddur_create_options *options)
{
    cruddur_group *group = NULL;
    must_succeed(
        cruddur_group_create(store.dm, creator, others, n, text, options, &group, TEST_ERROR));
    cr_assert(group != NULL);
    return group;
}

static void expect_messages_of(const char *group_uuid, const char *expected)
{
    group_id id;
    (void)snprintf(id.text, sizeof(id.text), "%s", group_uuid);
    cruddur_msg_page *page = list_messages(NULL, &id, NULL);
    expect_messages(page, expected);
    cruddur_msg_page_free(page);
}

Test(create, gives_the_group_as_the_creator_sees_it)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(1);
    cruddur_group *group = create(&test_ann, &test_bob, 1, "hello", &options);
    cr_assert(cruddur_uuid_is_valid(cruddur_group_uuid(group)));
    cr_assert(cruddur_group_name(group) == NULL);
    cr_assert_str_eq(cruddur_group_text(group), "hello");
    cr_assert_str_eq(cruddur_group_user_uuid(group), test_bob.uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(group), test_bob.display_name);
    cr_assert_str_eq(cruddur_group_user_handle(group), test_bob.handle);
    cr_assert_eq(cruddur_group_member_count(group), 2);
    cr_assert_eq(cruddur_group_last_message_at_us(group), AT_SECOND(1));
    cr_assert_str_eq(cruddur_group_sort_key(group), "2020-01-01T00:00:01.000000+00:00");
    expect_messages_of(cruddur_group_uuid(group), "hello ");
    cruddur_group_free(group);
    test_check(&store);
}

Test(create, is_of_the_present_unless_told_otherwise)
{
    int64_t before_us = cruddur_time_now_us();
    cruddur_group *group = create(&test_ann, &test_bob, 1, "hello", NULL);
    int64_t after_us = cruddur_time_now_us();
    cr_assert_geq(cruddur_group_last_message_at_us(group), before_us);
    cr_assert_leq(cruddur_group_last_message_at_us(group), after_us);
    cruddur_group_free(group);
    test_check(&store);
}

Test(create, needs_no_place_for_the_group)
{
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "hello", NULL, NULL, TEST_ERROR));
    cr_assert_eq(test_check_count(&store, "groups"), 1);
    test_check(&store);
}

/* ---- direct groups ---- */

/* The direct group's uuid is the same for ever: another release must find the same group. It is
 * Python's uuid.uuid5(uuid.UUID("1610e24a-6dab-4dbd-a05d-8f9178288498"), "<Ann's>,<Bob's>"). */
Test(create, the_uuid_of_a_direct_group_never_changes)
{
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    cr_assert_str_eq(group.text, "3a2b2cf4-bb4e-54df-b4e5-3ca1a5326b4c");
    test_check(&store);
}

Test(create, two_people_have_one_direct_group_whoever_writes_first)
{
    group_id first = open_direct(&test_ann, &test_bob, "one");
    group_id again = open_direct(&test_ann, &test_bob, "two");
    group_id other_side = open_direct(&test_bob, &test_ann, "three");
    cr_assert_str_eq(first.text, again.text);
    cr_assert_str_eq(first.text, other_side.text);
    expect_messages_of(first.text, "three two one ");
    cr_assert_eq(test_check_count(&store, "groups"), 1);
    test_check(&store);
}

Test(create, the_second_create_gives_the_group_as_it_is_then)
{
    (void)open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(0));
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.created_at_us = AT_SECOND(9);
    cruddur_group *group = create(&test_bob, &test_ann, 1, "two", &options);
    cr_assert_str_eq(cruddur_group_text(group), "two");
    cr_assert_str_eq(cruddur_group_user_uuid(group), test_ann.uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(group), test_ann.display_name);
    cr_assert_eq(cruddur_group_last_message_at_us(group), AT_SECOND(9));
    cruddur_group_free(group);
    test_check(&store);
}

Test(create, uuids_in_upper_case_name_the_same_people)
{
    char upper[CRUDDUR_UUID_SIZE];
    cruddur_user loud = test_bob;
    (void)snprintf(upper, sizeof(upper), "%s", "B0000000-0000-4000-8000-00000000000B");
    loud.uuid = upper;
    group_id first = open_direct(&test_ann, &test_bob, "one");
    group_id again = open_direct(&loud, &test_ann, "two");
    cr_assert_str_eq(first.text, again.text);
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    cr_assert_str_eq(cruddur_group_user_uuid(cruddur_group_page_at(page, 0)), test_bob.uuid);
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(create, separate_opens_a_group_of_its_own_each_time)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    group_id direct = open_direct(&test_ann, &test_bob, "direct");
    options.flags = CRUDDUR_CREATE_SEPARATE;
    cruddur_group *one = create(&test_ann, &test_bob, 1, "one", &options);
    cruddur_group *two = create(&test_bob, &test_ann, 1, "two", &options);
    cr_assert_str_neq(cruddur_group_uuid(one), direct.text);
    cr_assert_str_neq(cruddur_group_uuid(two), direct.text);
    cr_assert_str_neq(cruddur_group_uuid(two), cruddur_group_uuid(one));
    cruddur_group_free(one);
    cruddur_group_free(two);
    group_id again = open_direct(&test_ann, &test_bob, "direct-again");
    cr_assert_str_eq(again.text, direct.text);
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    expect_groups(page, "direct-again two one ");
    cruddur_group_page_free(page);
    test_check(&store);
}

Test(create, a_uuid_of_the_callers_opens_a_group_of_its_own_and_can_be_repeated)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    group_id direct = open_direct(&test_ann, &test_bob, "direct");
    options.group_uuid = GROUP_UUID;
    cruddur_group *group = create(&test_ann, &test_bob, 1, "one", &options);
    cr_assert_str_eq(cruddur_group_uuid(group), GROUP_UUID);
    cruddur_group_free(group);
    group = create(&test_bob, &test_ann, 1, "two", &options);
    cr_assert_str_eq(cruddur_group_uuid(group), GROUP_UUID);
    cruddur_group_free(group);
    options.group_uuid = "0188B7A6-91C2-7D3E-8F40-51A6B7C8D9E0";
    options.flags = CRUDDUR_CREATE_SEPARATE; /* adds nothing here */
    group = create(&test_bob, &test_ann, 1, "three", &options);
    cr_assert_str_eq(cruddur_group_uuid(group), GROUP_UUID);
    cruddur_group_free(group);
    expect_messages_of(GROUP_UUID, "three two one ");
    expect_messages_of(direct.text, "direct ");
    test_check(&store);
}

Test(create, the_direct_groups_own_uuid_may_be_given)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = "3a2b2cf4-bb4e-54df-b4e5-3ca1a5326b4c";
    cruddur_group *group = create(&test_bob, &test_ann, 1, "one", &options);
    cr_assert_str_eq(cruddur_group_uuid(group), options.group_uuid);
    cruddur_group_free(group);
    group_id direct = open_direct(&test_ann, &test_bob, "two");
    cr_assert_str_eq(direct.text, options.group_uuid);
    expect_messages_of(direct.text, "two one ");
    test_check(&store);
}

/* ---- groups of three and more ---- */

static void expect_created(size_t n_members)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user users[CRUDDUR_MEMBERS_MAX];
    options.group_name = "Everybody";
    for (size_t i = 0; i < n_members; i++) {
        users[i] = test_user(i);
    }
    /* The creator is in the middle of the members' order. */
    cruddur_user creator = users[n_members / 2];
    users[n_members / 2] = users[n_members - 1];
    cruddur_group *group = create(&creator, users, n_members - 1, "hello", &options);
    cr_assert_eq(cruddur_group_member_count(group), n_members);
    cr_assert_str_eq(cruddur_group_name(group), "Everybody");
    cr_assert_str_eq(cruddur_group_text(group), "hello");
    for (size_t i = 0; i < n_members - 1; i++) {
        cruddur_group_page *page = list_groups(&users[i], NULL);
        expect_groups(page, "hello ");
        cr_assert_str_eq(cruddur_group_uuid(cruddur_group_page_at(page, 0)),
                         cruddur_group_uuid(group));
        cruddur_group_page_free(page);
    }
    cruddur_group_free(group);
    cr_assert_eq(test_check_count(&store, "group_rows"), n_members);
}

Test(create, a_group_of_3)
{
    expect_created(3);
    test_check(&store);
}

Test(create, a_group_of_49)
{
    expect_created(49);
    test_check(&store);
}

Test(create, a_larger_group_is_a_new_one_each_time)
{
    group_id one = open_large(3, NULL, "one");
    group_id two = open_large(3, NULL, "two");
    cr_assert_str_neq(one.text, two.text);
    cr_assert_eq(test_check_count(&store, "groups"), 2);
    test_check(&store);
}

Test(create, a_larger_group_with_the_callers_uuid_can_be_repeated_by_any_member)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    const cruddur_user others[] = {test_bob, test_cem};
    const cruddur_user turned[] = {test_ann, test_bob};
    options.group_uuid = GROUP_UUID;
    cruddur_group_free(create(&test_ann, others, 2, "one", &options));
    cruddur_group *group = create(&test_cem, turned, 2, "two", &options);
    cr_assert_str_eq(cruddur_group_uuid(group), GROUP_UUID);
    cr_assert_eq(cruddur_group_member_count(group), 3);
    cruddur_group_free(group);
    expect_messages_of(GROUP_UUID, "two one ");
    test_check(&store);
}

Test(create, a_uuid_that_has_other_members_is_refused)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    const cruddur_user two[] = {test_bob, test_cem};
    const cruddur_user user = test_user(1);
    const cruddur_user three[] = {test_bob, test_cem, user};
    const struct {
        const cruddur_user *creator, *others;
        size_t count;
    } attempts[] = {
        {&test_ann, &test_bob, 1}, /* fewer */
        {&test_ann, three, 3},     /* more */
        {&user, two, 2},           /* the creator is no member */
        {&user, &test_cem, 1},     /* somebody else altogether */
    };
    options.group_uuid = GROUP_UUID;
    cruddur_group_free(create(&test_ann, two, 2, "one", &options));
    test_report before = test_check_summary(&store);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        cruddur_group *group = NULL;
        must_fail(CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
                  cruddur_group_create(store.dm, attempts[i].creator, attempts[i].others,
                                       attempts[i].count, TEST_SECRET, &options, &group,
                                       TEST_ERROR));
        cr_assert(group == NULL);
    }
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
}

Test(create, names_that_are_null_are_empty_in_a_new_group)
{
    cruddur_user ann = test_ann;
    cruddur_user bob = test_bob;
    ann.display_name = ann.handle = NULL;
    bob.display_name = bob.handle = NULL;
    group_id group = open_direct(&ann, &bob, "hello");
    cruddur_msg_page *messages = list_messages(NULL, &group, NULL);
    const cruddur_msg *msg = cruddur_msg_page_at(messages, 0);
    cr_assert_str_empty(cruddur_msg_user_display_name(msg));
    cr_assert_str_empty(cruddur_msg_user_handle(msg));
    cruddur_msg_page_free(messages);
    cruddur_group_page *groups = list_groups(&test_ann, NULL);
    const cruddur_group *row = cruddur_group_page_at(groups, 0);
    cr_assert_str_empty(cruddur_group_user_display_name(row));
    cr_assert_str_empty(cruddur_group_user_handle(row));
    cruddur_group_page_free(groups);
    test_check(&store);
}

Test(create, in_a_group_that_is_there_the_creators_null_names_are_the_groups)
{
    cruddur_user bob = test_bob;
    bob.display_name = bob.handle = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    (void)open_direct(&bob, &test_ann, "two");
    cruddur_msg_page *page = list_messages(NULL, &group, NULL);
    const cruddur_msg *msg = cruddur_msg_page_at(page, 0);
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), test_bob.display_name);
    cr_assert_str_eq(cruddur_msg_user_handle(msg), test_bob.handle);
    cruddur_msg_page_free(page);
    test_check(&store);
}

Test(create, groups_of_one_user_at_one_moment_get_sort_keys_of_their_own)
{
    cruddur_list_options options = from_oldest(100);
    for (size_t i = 0; i < 40; i++) {
        cruddur_user other = test_user(i);
        (void)open_direct_at(&test_ann, &other, "same-moment", AT_SECOND(0));
    }
    cruddur_group_page *page = list_groups(&test_ann, &options);
    cr_assert_eq(cruddur_group_page_count(page), 40);
    for (size_t i = 1; i < 40; i++) {
        cr_assert_gt(cruddur_group_last_message_at_us(cruddur_group_page_at(page, i)),
                     cruddur_group_last_message_at_us(cruddur_group_page_at(page, i - 1)));
    }
    cr_assert_eq(cruddur_group_last_message_at_us(cruddur_group_page_at(page, 0)), AT_SECOND(0));
    cruddur_group_page_free(page);
    test_check(&store);
}
