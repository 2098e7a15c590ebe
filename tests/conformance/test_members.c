/* SPDX-License-Identifier: MIT */
/* One group, and its members. */
#include "suite.h"

CONFORMANCE_SUITE(members);

#define UNKNOWN_GROUP "11111111-2222-4333-8444-555555555555"

static cruddur_group *get(const cruddur_user *user, const group_id *group)
{
    cruddur_group *found = NULL;
    test_store_settle(&store);
    must_succeed(cruddur_group_get(store.dm, user->uuid, group->text, NULL, &found, TEST_ERROR));
    cr_assert(found != NULL);
    return found;
}

static cruddur_members *members_of(const cruddur_user *viewer, const group_id *group)
{
    cruddur_members *members = NULL;
    test_store_settle(&store);
    must_succeed(cruddur_group_members(store.dm, viewer == NULL ? NULL : viewer->uuid, group->text,
                                       viewer == NULL ? &test_trusted_members : NULL, &members,
                                       TEST_ERROR));
    cr_assert(members != NULL);
    return members;
}

static void expect_member(const cruddur_members *members, size_t index,
                          const cruddur_user *expected)
{
    const cruddur_user *member = cruddur_members_at(members, index);
    cr_assert(member != NULL);
    cr_assert_eq(member->size, sizeof(cruddur_user));
    cr_assert_str_eq(member->uuid, expected->uuid);
    cr_assert_str_eq(member->display_name, expected->display_name);
    cr_assert_str_eq(member->handle, expected->handle);
}

Test(members, get_gives_the_group_as_the_member_sees_it)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    say_at(&test_bob, &group, "two", AT_SECOND(2));
    cruddur_group *anns = get(&test_ann, &group);
    cruddur_group *bobs = get(&test_bob, &group);
    cr_assert_str_eq(cruddur_group_uuid(anns), group.text);
    cr_assert_str_eq(cruddur_group_text(anns), "two");
    cr_assert_str_eq(cruddur_group_user_uuid(anns), test_bob.uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(anns), test_bob.display_name);
    cr_assert_str_eq(cruddur_group_user_handle(anns), test_bob.handle);
    cr_assert_str_eq(cruddur_group_user_uuid(bobs), test_ann.uuid);
    cr_assert_eq(cruddur_group_member_count(bobs), 2);
    cr_assert(cruddur_group_name(bobs) == NULL);
    cr_assert_eq(cruddur_group_last_message_at_us(bobs), AT_SECOND(2));
    cr_assert_str_eq(cruddur_group_sort_key(bobs), "2020-01-01T00:00:02.000000+00:00");
    cruddur_group_free(anns);
    cruddur_group_free(bobs);
    test_check(&store);
}

Test(members, get_of_a_large_group)
{
    group_id group = open_large(49, "Forty-nine", "one");
    for (size_t i = 0; i < 49; i += 8) {
        cruddur_user viewer = test_user(i);
        cruddur_group *found = get(&viewer, &group);
        cr_assert_str_eq(cruddur_group_name(found), "Forty-nine");
        cr_assert_eq(cruddur_group_member_count(found), 49);
        cr_assert_str_neq(cruddur_group_user_uuid(found), viewer.uuid);
        cruddur_group_free(found);
    }
    test_check(&store);
}

Test(members, a_large_group_may_have_no_name_or_an_empty_one)
{
    group_id nameless = open_large(3, NULL, "one");
    group_id empty = open_large(3, "", "two");
    cruddur_user viewer = test_user(1);
    cruddur_group *found = get(&viewer, &nameless);
    cr_assert(cruddur_group_name(found) == NULL);
    cruddur_group_free(found);
    found = get(&viewer, &empty);
    cr_assert(cruddur_group_name(found) == NULL || *cruddur_group_name(found) == '\0');
    cruddur_group_free(found);
    test_check(&store);
}

Test(members, of_a_direct_group_by_uuid)
{
    group_id group = open_direct(&test_bob, &test_ann, "one");
    const cruddur_user *viewers[] = {&test_ann, &test_bob, NULL};
    for (size_t i = 0; i < 3; i++) {
        cruddur_members *members = members_of(viewers[i], &group);
        cr_assert_eq(cruddur_members_count(members), 2);
        expect_member(members, 0, &test_ann);
        expect_member(members, 1, &test_bob);
        cr_assert(cruddur_members_at(members, 2) == NULL);
        cr_assert(cruddur_members_at(members, SIZE_MAX) == NULL);
        cruddur_members_free(members);
    }
    test_check(&store);
}

static void expect_members(const group_id *group, size_t count, const cruddur_user *viewer)
{
    cruddur_members *members = members_of(viewer, group);
    cr_assert_eq(cruddur_members_count(members), count);
    for (size_t i = 0; i < count; i++) {
        cruddur_user expected = test_user(i);
        expect_member(members, i, &expected);
    }
    cruddur_members_free(members);
}

Test(members, of_large_groups_with_all_their_names)
{
    static const size_t counts[] = {3, 4, 17, 48, 49};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        group_id group = open_large(counts[i], NULL, "one");
        cruddur_user last = test_user(counts[i] - 1);
        expect_members(&group, counts[i], NULL);
        expect_members(&group, counts[i], &last);
        say(&last, &group, "two");
        expect_members(&group, counts[i], NULL);
    }
    test_check(&store);
}

Test(members, names_are_the_latest)
{
    group_id group = open_large(5, NULL, "one");
    cruddur_user renamed = test_user(3);
    renamed.display_name = "Somebody Else";
    renamed.handle = "else";
    say(&renamed, &group, "two");
    cruddur_user other = test_user(1);
    say(&other, &group, "three");
    cruddur_members *members = members_of(NULL, &group);
    expect_member(members, 1, &other);
    expect_member(members, 3, &renamed);
    cruddur_members_free(members);
    test_check(&store);
}

Test(members, names_may_be_empty_and_are_never_null)
{
    cruddur_user ann = test_ann;
    cruddur_user bob = test_bob;
    ann.display_name = ann.handle = bob.display_name = bob.handle = NULL;
    group_id group = open_direct(&ann, &bob, "one");
    cruddur_members *members = members_of(NULL, &group);
    for (size_t i = 0; i < 2; i++) {
        cr_assert_str_empty(cruddur_members_at(members, i)->display_name);
        cr_assert_str_empty(cruddur_members_at(members, i)->handle);
    }
    cruddur_members_free(members);
    test_check(&store);
}

Test(members, who_may_not_ask)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    cruddur_members *members = NULL;
    cruddur_group *found = NULL;
    must_fail(
        CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
        cruddur_group_members(store.dm, test_cem.uuid, group.text, NULL, &members, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_get(store.dm, test_cem.uuid, group.text, NULL, &found, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_members(store.dm, NULL, UNKNOWN_GROUP, &test_trusted_members, &members,
                                    TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_get(store.dm, test_ann.uuid, UNKNOWN_GROUP, NULL, &found, TEST_ERROR));
    cr_assert(members == NULL && found == NULL);
    test_check(&store);
}

Test(members, a_member_of_another_group_with_the_same_newest_time)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    group_id other = open_direct_at(&test_cem, &test_bob, "two", AT_SECOND(1));
    cruddur_user zero = test_user(0);
    group_id third = open_direct_at(&test_cem, &zero, "three", AT_SECOND(1) + 1);
    cruddur_group *found = NULL;
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_get(store.dm, test_cem.uuid, group.text, NULL, &found, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_get(store.dm, test_ann.uuid, other.text, NULL, &found, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_group_get(store.dm, test_ann.uuid, third.text, NULL, &found, TEST_ERROR));
    test_check(&store);
}

Test(members, without_an_object)
{
    (void)open_direct(&test_ann, &test_bob, "one");
    cr_assert_eq(cruddur_members_count(NULL), 0);
    cr_assert(cruddur_members_at(NULL, 0) == NULL);
    cruddur_members_free(NULL);
    cruddur_group_free(NULL);
    test_check(&store);
}
