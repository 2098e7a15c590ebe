/* SPDX-License-Identifier: MIT */
/* Direct groups that one of the two blocks. */
#include <string.h>

#include "people.h"

CONFORMANCE_SUITE(block);

static cruddur_status try_block(const cruddur_user *user, const group_id *group, uint32_t blocked,
                                cruddur_group **seen)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    options.blocked = blocked;
    return cruddur_group_set(store.dm, user->uuid, group->text, &options, seen, TEST_ERROR);
}

static void block(const cruddur_user *user, const group_id *group, bool is_on)
{
    must_succeed(try_block(user, group, is_on ? CRUDDUR_SWITCH_ON : CRUDDUR_SWITCH_OFF, NULL));
}

/* The three of the status, with words of the test's own. */
#define refuse(expected, argument, call)                                                           \
    do {                                                                                           \
        const char *wrong_ = test_wrong_failure(call, expected, argument);                         \
        cr_assert(wrong_ == NULL, "%s: %s", #call, wrong_);                                        \
        cr_assert(test_is_documented("cruddur_group_set", expected));                              \
    } while (0)

static const cruddur_user *other_of(const cruddur_user *user)
{
    return user == &test_ann ? &test_bob : &test_ann;
}

/* Neither of the two can write, be it to the group or to the other person. */
static void expect_blocked(const group_id *group)
{
    const cruddur_user *const both[] = {&test_ann, &test_bob};
    for (size_t i = 0; i < 2; i++) {
        must_fail(CRUDDUR_E_BLOCKED, "group_uuid",
                  cruddur_msg_append(store.dm, both[i], group->text, TEST_SECRET, NULL, NULL,
                                     TEST_ERROR));
        must_fail(CRUDDUR_E_BLOCKED, "others",
                  cruddur_group_create(store.dm, both[i], other_of(both[i]), 1, TEST_SECRET, NULL,
                                       NULL, TEST_ERROR));
    }
}

static void expect_view(const cruddur_user *viewer, const group_id *group, bool is_blocked,
                        bool by_viewer)
{
    cruddur_group *found = NULL;
    cruddur_group_page *page = list_groups(viewer, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    const cruddur_group *row = cruddur_group_page_at(page, 0);
    must_succeed(cruddur_group_get(store.dm, viewer->uuid, group->text, NULL, &found, TEST_ERROR));
    cr_assert_eq(cruddur_group_is_blocked(row), is_blocked);
    cr_assert_eq(cruddur_group_is_blocked(found), is_blocked);
    cr_assert_eq(cruddur_group_is_blocked_by_viewer(row), by_viewer);
    cr_assert_eq(cruddur_group_is_blocked_by_viewer(found), by_viewer);
    cruddur_group_page_free(page);
    cruddur_group_free(found);
}

Test(block, in_steps_it_needs_transactions)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    if (test_store_is_in_steps(&store)) {
        test_report before = test_check_summary(&store);
        refuse(CRUDDUR_E_NEEDS_TRANSACTIONS, NULL,
               try_block(&test_ann, &group, CRUDDUR_SWITCH_ON, NULL));
        cr_assert_str_eq(test_check_summary(&store).text, before.text);
    }
}

Test(block, takes_effect_before_it_returns)
{
    cruddur_group *seen = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    say(&test_bob, &group, "two"); /* in mode stream nothing has moved the rows yet */
    must_succeed(try_block(&test_ann, &group, CRUDDUR_SWITCH_ON, &seen));
    cr_assert(cruddur_group_is_blocked(seen) && cruddur_group_is_blocked_by_viewer(seen));
    cr_assert_str_eq(cruddur_group_text(seen), "two");
    cruddur_group_free(seen);
    expect_blocked(&group);
    expect_view(&test_ann, &group, true, true);
    expect_view(&test_bob, &group, true, false);
    const cruddur_user people[] = {test_ann, test_bob};
    expect_group(&(expected_group){&group, NULL, NULL, "two", false}, people, 2);
    must_succeed(try_block(&test_ann, &group, CRUDDUR_SWITCH_OFF, &seen));
    cr_assert(!cruddur_group_is_blocked(seen) && !cruddur_group_is_blocked_by_viewer(seen));
    cruddur_group_free(seen);
    say(&test_bob, &group, "three");
    expect_view(&test_ann, &group, false, false);
    expect_group(&(expected_group){&group, NULL, NULL, "three", false}, people, 2);
}

/* Each takes back only what is theirs. */
Test(block, by_both)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    block(&test_ann, &group, true);
    block(&test_bob, &group, false);
    expect_blocked(&group);
    block(&test_bob, &group, true);
    expect_view(&test_bob, &group, true, true);
    block(&test_ann, &group, false);
    expect_view(&test_ann, &group, true, false);
    expect_view(&test_bob, &group, true, true);
    expect_blocked(&group);
    block(&test_bob, &group, false);
    expect_view(&test_bob, &group, false, false);
    say(&test_ann, &group, "two");
    test_check(&store);
}

Test(block, twice_writes_nothing)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    test_report before = test_check_summary(&store);
    block(&test_ann, &group, false);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
    block(&test_ann, &group, true);
    before = test_check_summary(&store);
    block(&test_ann, &group, true);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
}

/* What was written before can still be read, repeated and marked. */
Test(block, leaves_the_rest_alone)
{
    cruddur_append_options sending = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options opening = CRUDDUR_CREATE_OPTIONS_INIT;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    sending.message_uuid = "aaaaaaaa-0000-4000-8000-000000000001";
    opening.message_uuid = "aaaaaaaa-0000-4000-8000-000000000002";
    if (test_store_is_in_steps(&store)) {
        return;
    }
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "two", &sending, NULL, TEST_ERROR));
    must_succeed(cruddur_group_create(store.dm, &test_bob, &test_ann, 1, "three", &opening, NULL,
                                      TEST_ERROR));
    test_store_settle(&store);
    block(&test_bob, &group, true);
    test_report before = test_check_summary(&store);
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "two", &sending, NULL, TEST_ERROR));
    must_succeed(cruddur_group_create(store.dm, &test_bob, &test_ann, 1, "three", &opening, NULL,
                                      TEST_ERROR));
    expect_blocked(&group);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
    cruddur_msg_page *page = list_messages(&test_ann, &group, NULL);
    expect_messages(page, "three two one ");
    cruddur_msg_page_free(page);
    must_succeed(
        cruddur_group_mark_read(store.dm, test_ann.uuid, group.text, NULL, NULL, TEST_ERROR));
    test_check(&store);
}

/* Other groups of the two are none of its business. */
Test(block, is_of_the_direct_group_alone)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user users[3];
    people_of(users, 3);
    group_id direct = open_direct(&test_ann, &test_bob, "one");
    group_id separate = {"12345678-0000-4000-8000-000000000001"};
    group_id large = open_large(3, "Three", "one");
    options.group_uuid = separate.text;
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "one", &options, NULL, TEST_ERROR));
    if (test_store_is_in_steps(&store)) {
        return;
    }
    block(&test_bob, &direct, true);
    say(&test_ann, &separate, "two");
    test_report before = test_check_summary(&store);
    refuse(CRUDDUR_E_GROUP_NOT_DIRECT, "options.blocked",
           try_block(&test_bob, &separate, CRUDDUR_SWITCH_ON, NULL));
    refuse(CRUDDUR_E_GROUP_NOT_DIRECT, "options.blocked",
           try_block(&users[1], &large, CRUDDUR_SWITCH_ON, NULL));
    refuse(CRUDDUR_E_GROUP_NOT_DIRECT, "options.blocked",
           try_block(&users[1], &large, CRUDDUR_SWITCH_OFF, NULL));
    refuse(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
           try_block(&test_cem, &direct, CRUDDUR_SWITCH_ON, NULL));
    refuse(CRUDDUR_E_INVALID_ARGUMENT, "options.blocked", try_block(&test_bob, &direct, 3, NULL));
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
}

/* With other settings in the same call. */
Test(block, together_with_other_settings)
{
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    cruddur_group *seen = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    if (test_store_is_in_steps(&store)) {
        return;
    }
    options.blocked = CRUDDUR_SWITCH_ON;
    options.pinned = CRUDDUR_SWITCH_ON;
    must_succeed(
        cruddur_group_set(store.dm, test_bob.uuid, group.text, &options, &seen, TEST_ERROR));
    cr_assert(cruddur_group_is_blocked_by_viewer(seen) && cruddur_group_is_pinned(seen));
    cruddur_group_free(seen);
    block(&test_ann, &group, true); /* which carries it */
    must_succeed(cruddur_group_get(store.dm, test_bob.uuid, group.text, NULL, &seen, TEST_ERROR));
    cr_assert(cruddur_group_is_blocked_by_viewer(seen) && cruddur_group_is_pinned(seen));
    cruddur_group_free(seen);
    test_check(&store);
}
