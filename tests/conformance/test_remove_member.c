/* SPDX-License-Identifier: MIT */
/* Members who are removed from a group, or leave it. */
#include <string.h>

#include "people.h"

CONFORMANCE_SUITE(remove_member);

/* The others, without the one at this index. */
static void without(const cruddur_user *people, size_t count, size_t gone, cruddur_user *left)
{
    for (size_t i = 0, j = 0; i < count; i++) {
        if (i != gone) {
            left[j++] = people[i];
        }
    }
}

Test(remove_member, in_steps_it_needs_transactions)
{
    cruddur_user people[3];
    people_of(people, 3);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        test_report before = test_check_summary(&store);
        must_fail(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL,
                  cruddur_group_remove_member(store.dm, people[0].uuid, group.text, people[1].uuid,
                                              NULL, NULL, TEST_ERROR));
        cr_assert_str_eq(test_check_summary(&store).text, before.text);
    }
}

/* Each of the four in turn, by another member, with the newest message of each. */
Test(remove_member, takes_effect_before_it_returns)
{
    cruddur_user people[4];
    cruddur_user left[3];
    people_of(people, 4);
    if (test_store_is_in_steps(&store)) {
        return;
    }
    for (size_t gone = 0; gone < 4; gone++) {
        cruddur_group *seen = NULL;
        group_id group = open_large(4, "Four", "one");
        const cruddur_user *by = &people[(gone + 1) % 4];
        say(&people[gone], &group, "two");
        must_succeed(cruddur_group_remove_member(store.dm, by->uuid, group.text, people[gone].uuid,
                                                 NULL, &seen, TEST_ERROR));
        expect_outside(&people[gone], &group);
        cr_assert_eq(cruddur_group_member_count(seen), 3);
        cruddur_group_free(seen);
        cr_assert_eq(inbox_size(&people[gone]), gone);
        without(people, 4, gone, left);
        expect_group(&(expected_group){&group, "Four", NULL, "two", false}, left, 3);
        say(by, &group, "three");
        expect_group(&(expected_group){&group, "Four", NULL, "three", false}, left, 3);
        expect_outside(&people[gone], &group);
    }
}

Test(remove_member, oneself)
{
    cruddur_user people[3];
    cruddur_user left[2];
    cruddur_group *seen = (cruddur_group *)people;
    people_of(people, 3);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    must_succeed(cruddur_group_remove_member(store.dm, people[1].uuid, group.text, people[1].uuid,
                                             NULL, &seen, TEST_ERROR));
    cr_assert(seen == NULL);
    expect_outside(&people[1], &group);
    cr_assert_eq(inbox_size(&people[1]), 0);
    without(people, 3, 1, left);
    /* Two are left, and the group keeps its name. */
    expect_group(&(expected_group){&group, "Three", NULL, "one", false}, left, 2);
    say(&people[0], &group, "two");
    expect_group(&(expected_group){&group, "Three", NULL, "two", false}, left, 2);
    must_fail(CRUDDUR_E_MEMBER_LAST, "member_uuid",
              cruddur_group_remove_member(store.dm, people[0].uuid, group.text, people[2].uuid,
                                          NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_MEMBER_LAST, "member_uuid",
              cruddur_group_remove_member(store.dm, people[0].uuid, group.text, people[0].uuid,
                                          NULL, NULL, TEST_ERROR));
}

Test(remove_member, who_may_be_added_again)
{
    cruddur_user people[3];
    people_of(people, 3);
    group_id group = open_large(3, "Three", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        remove_member(&people[0], &group, &people[2]);
        say(&people[1], &group, "two");
        expect_outside(&people[2], &group);
        add_member(&people[1], &group, &people[2], i == 1 ? CRUDDUR_ADD_WITH_HISTORY : 0);
        expect_group(&(expected_group){&group, "Three", NULL, "two", false}, people, 3);
        say(&people[2], &group, "three");
        expect_group(&(expected_group){&group, "Three", NULL, "three", false}, people, 3);
    }
}

Test(remove_member, of_the_largest_group_down_to_two)
{
    cruddur_user people[CRUDDUR_MEMBERS_MAX];
    people_of(people, CRUDDUR_MEMBERS_MAX);
    group_id group = open_large(CRUDDUR_MEMBERS_MAX, "Many", "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    say(&people[48], &group, "two");
    remove_member(&people[0], &group, &people[48]);
    expect_outside(&people[48], &group);
    expect_group(&(expected_group){&group, "Many", NULL, "two", false}, people, 48);
    for (size_t i = 47; i >= 2; i--) {
        remove_member(&people[i - 1], &group, &people[i]);
    }
    expect_group(&(expected_group){&group, "Many", NULL, "two", false}, people, 2);
    say(&people[1], &group, "three");
    expect_group(&(expected_group){&group, "Many", NULL, "three", false}, people, 2);
}

/* A send that is repeated after its author has gone tells nothing of the group; an opening that is
 * repeated after its group has changed returns the group. */
Test(remove_member, beside_repeats)
{
    cruddur_user people[4];
    cruddur_group *seen = NULL;
    cruddur_create_options opening = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_append_options sending = CRUDDUR_APPEND_OPTIONS_INIT;
    group_id group = {"12345678-0000-4000-8000-000000000001"};
    people_of(people, 4);
    opening.group_uuid = group.text;
    opening.message_uuid = "aaaaaaaa-0000-4000-8000-000000000001";
    sending.message_uuid = "aaaaaaaa-0000-4000-8000-000000000002";
    must_succeed(cruddur_group_create(store.dm, &people[0], &people[1], 2, "one", &opening, NULL,
                                      TEST_ERROR));
    must_succeed(
        cruddur_msg_append(store.dm, &people[2], group.text, "two", &sending, NULL, TEST_ERROR));
    if (test_store_is_in_steps(&store)) {
        return;
    }
    remove_member(&people[0], &group, &people[2]);
    must_fail(
        CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
        cruddur_msg_append(store.dm, &people[2], group.text, "two", &sending, NULL, TEST_ERROR));
    must_succeed(cruddur_group_create(store.dm, &people[0], &people[1], 2, "one", &opening, &seen,
                                      TEST_ERROR));
    cr_assert_eq(cruddur_group_member_count(seen), 2);
    cruddur_group_free(seen);
    opening.message_uuid = NULL;
    must_fail(CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
              cruddur_group_create(store.dm, &people[0], &people[1], 2, TEST_SECRET, &opening, NULL,
                                   TEST_ERROR));
    must_succeed(cruddur_group_create(store.dm, &people[0], &people[1], 1, "three", &opening, NULL,
                                      TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
              cruddur_group_create(store.dm, &people[2], &people[0], 1, TEST_SECRET, &opening, NULL,
                                   TEST_ERROR));
    expect_group(&(expected_group){&group, NULL, NULL, "three", false}, people, 2);
}

/* ---- what is refused ---- */

static cruddur_status try_remove(const char *user, const char *group, const char *member,
                                 const cruddur_group_options *options)
{
    return cruddur_group_remove_member(store.dm, user, group, member, options, NULL, TEST_ERROR);
}

#define refuse(expected, argument, call)                                                           \
    do {                                                                                           \
        const char *wrong_ = test_wrong_failure(call, expected, argument);                         \
        cr_assert(wrong_ == NULL, "%s: %s", #call, wrong_);                                        \
        cr_assert(test_is_documented("cruddur_group_remove_member", expected));                    \
    } while (0)

Test(remove_member, is_refused)
{
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, "Three", "one");
    group_id direct = open_direct(&test_ann, &test_bob, "one");
    cruddur_group_options options = CRUDDUR_GROUP_OPTIONS_INIT;
    const char *user = people[0].uuid;
    const char *other = people[1].uuid;
    test_store_settle(&store);
    test_report before = test_check_summary(&store);
    refuse(CRUDDUR_E_UUID, "user_uuid", try_remove("x", group.text, other, NULL));
    refuse(CRUDDUR_E_UUID, "group_uuid", try_remove(user, "x", other, NULL));
    refuse(CRUDDUR_E_UUID, "member_uuid", try_remove(user, group.text, "x", NULL));
    refuse(CRUDDUR_E_NULL_ARGUMENT, "member_uuid", try_remove(user, group.text, NULL, NULL));
    options.flags = CRUDDUR_ADD_WITH_HISTORY;
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.flags",
           try_remove(user, group.text, other, &options));
    options.flags = 0;
    options.data = "";
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.data",
           try_remove(user, group.text, other, &options));
    if (!test_store_is_in_steps(&store)) {
        refuse(CRUDDUR_E_NOT_A_MEMBER, "member_uuid",
               try_remove(user, group.text, people[3].uuid, NULL));
        refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
               try_remove(people[3].uuid, group.text, user, NULL));
        refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
               try_remove(test_cem.uuid, direct.text, test_ann.uuid, NULL));
        refuse(CRUDDUR_E_GROUP_DIRECT, "group_uuid",
               try_remove(test_ann.uuid, direct.text, test_bob.uuid, NULL));
        refuse(CRUDDUR_E_GROUP_DIRECT, "group_uuid",
               try_remove(test_ann.uuid, direct.text, test_ann.uuid, NULL));
    }
    cr_assert_str_eq(test_check_summary(&store).text, before.text, "something was written");
}
