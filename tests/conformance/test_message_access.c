/* SPDX-License-Identifier: MIT */
/* Who may change or read one message: after a block, after members came and went, and what is not
 * in their history, or has expired. */
#include "people.h"
#include "reading.h"
#include "said.h"

CONFORMANCE_SUITE(message_access);

/* Each of the four calls, by this person. */
static void refuse_edit(cruddur_status expected, const char *argument, const cruddur_user *user,
                        const group_id *group, const said *message)
{
    const cruddur_msg_options options = known_time(message);
    must_fail(expected, argument,
              cruddur_msg_edit(store.dm, user->uuid, group->text, message->uuid, TEST_SECRET,
                               &options, NULL, NULL, TEST_ERROR));
}

static void refuse_delete(cruddur_status expected, const char *argument, const cruddur_user *user,
                          const group_id *group, const said *message)
{
    const cruddur_msg_options options = known_time(message);
    must_fail(expected, argument,
              cruddur_msg_delete(store.dm, user->uuid, group->text, message->uuid, &options, NULL,
                                 NULL, TEST_ERROR));
}

static void refuse_reaction(cruddur_status expected, const char *argument, const cruddur_user *user,
                            const group_id *group, const said *message)
{
    const cruddur_msg_options options = known_time(message);
    must_fail(expected, argument,
              cruddur_msg_react(store.dm, user->uuid, group->text, message->uuid, "+", true,
                                &options, NULL, NULL, TEST_ERROR));
}

static void refuse_get(cruddur_status expected, const char *argument, const cruddur_user *user,
                       const group_id *group, const said *message)
{
    cruddur_msg *msg = NULL;
    const cruddur_msg_options options = known_time(message);
    must_fail(expected, argument,
              cruddur_msg_get(store.dm, user->uuid, group->text, message->uuid, &options, &msg,
                              TEST_ERROR));
    cr_assert_null(msg);
}

static void must_get(const cruddur_user *user, const group_id *group, const said *message)
{
    cruddur_msg *msg = NULL;
    const cruddur_msg_options options = known_time(message);
    must_succeed(cruddur_msg_get(store.dm, user->uuid, group->text, message->uuid, &options, &msg,
                                 TEST_ERROR));
    cruddur_msg_free(msg);
}

/* "Blocked direct group: delete, mark, set, list work." */
Test(message_access, in_a_blocked_group)
{
    needs_transactions();
    cruddur_set_options options = CRUDDUR_SET_OPTIONS_INIT;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said anns = last_said(&group);
    said bobs = say_named(&test_bob, &group, "two", 0);
    options.blocked = CRUDDUR_SWITCH_ON;
    test_store_settle(&store);
    set_group(&test_bob, &group, &options);
    refuse_edit(CRUDDUR_E_BLOCKED, "group_uuid", &test_ann, &group, &anns);
    refuse_edit(CRUDDUR_E_BLOCKED, "group_uuid", &test_bob, &group, &bobs);
    refuse_reaction(CRUDDUR_E_BLOCKED, "group_uuid", &test_ann, &group, &bobs);
    refuse_reaction(CRUDDUR_E_BLOCKED, "group_uuid", &test_bob, &group, &anns);
    must_get(&test_ann, &group, &bobs);
    (void)delete_it(&test_bob, &group, &bobs, true);
    (void)delete_it(&test_ann, &group, &anns, true);
    expect_preview(&test_ann, "");
    options.blocked = CRUDDUR_SWITCH_OFF;
    set_group(&test_bob, &group, &options);
    said next = say_named(&test_ann, &group, "three", 0);
    (void)edit_it(&test_ann, &group, &next, "three!", NULL, true);
    (void)react_to_it(&test_bob, &group, &next, "+", true, true);
    test_store_settle(&store);
    test_check(&store);
}

/* Who has left changes nothing any more, not even what is theirs. */
Test(message_access, of_who_has_left)
{
    needs_transactions();
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(4, NULL, "one");
    said theirs = say_named(&people[3], &group, "two", 0);
    said others = say_named(&people[0], &group, "three", 0);
    test_store_settle(&store);
    (void)react_to_it(&people[3], &group, &others, "+", true, true);
    remove_member(&people[3], &group, &people[3]);
    refuse_edit(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", &people[3], &group, &theirs);
    refuse_delete(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", &people[3], &group, &theirs);
    refuse_reaction(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", &people[3], &group, &others);
    refuse_get(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", &people[3], &group, &theirs);
    must_get(&people[0], &group, &theirs);
    (void)react_to_it(&people[0], &group, &theirs, "+", true, true);
    (void)edit_it(&people[0], &group, &others, "three!", NULL, true);
    expect_preview(&people[1], "three!");
    test_check(&store);
}

Test(message_access, of_who_came_later)
{
    needs_transactions();
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, NULL, "one");
    said before = last_said(&group);
    test_store_settle(&store);
    add_member(&people[0], &group, &people[3], 0);
    refuse_get(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &people[3], &group, &before);
    refuse_reaction(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &people[3], &group, &before);
    said after = say_named(&people[0], &group, "two", 0);
    must_get(&people[3], &group, &after);
    (void)react_to_it(&people[3], &group, &after, "+", true, true);
    refuse_get(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &people[3], &group, &before);
    must_get(&people[2], &group, &before);
    /* A change of the newest message does not show it to who may not see it. */
    test_store_settle(&store);
    hide(&people[3], &group);
    (void)edit_it(&people[0], &group, &after, "two!", NULL, true);
    refuse_get(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &people[3], &group, &after);
    expect_preview(&people[1], "two!");
    test_check(&store);
}

/* Who has cleared their history can still take back what they said. */
Test(message_access, behind_a_cleared_history)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    test_store_settle(&store);
    hide(&test_ann, &group);
    refuse_get(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &test_ann, &group, &message);
    refuse_reaction(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &test_ann, &group, &message);
    (void)edit_it(&test_ann, &group, &message, "one!", NULL, true);
    expect_preview(&test_bob, "one!");
    (void)delete_it(&test_ann, &group, &message, true);
    expect_preview(&test_bob, "");
    say(&test_bob, &group, "two");
    expect_preview(&test_ann, "two");
    test_check(&store);
}

Test(message_access, of_what_has_expired)
{
    needs_transactions();
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    said first = last_said(&group);
    options.created_at_us = AT_SECOND(1);
    options.expires_in_s = 1;
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "gone", &options, &msg, TEST_ERROR));
    said gone = said_of(msg);
    cruddur_msg_free(msg);
    test_store_settle(&store);
    refuse_edit(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &test_ann, &group, &gone);
    refuse_delete(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &test_ann, &group, &gone);
    refuse_reaction(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &test_bob, &group, &gone);
    refuse_get(CRUDDUR_E_MESSAGE_NOT_FOUND, "message_uuid", &test_bob, &group, &gone);
    (void)edit_it(&test_ann, &group, &first, "edited", NULL, true);
    expect_preview(&test_bob, "");
    expect_text(&group, &first, "edited");
    test_check(&store);
}

/* A message that is edited expires when it would have. */
Test(message_access, an_edit_does_not_extend_a_life)
{
    needs_transactions();
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    options.expires_in_s = 86400;
    options.reply_to = "12345678-0000-4000-8000-0000000000e1";
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, group.text, "two", &options, &msg, TEST_ERROR));
    said message = said_of(msg);
    int64_t end_us = cruddur_msg_expires_at_us(msg);
    cruddur_msg_free(msg);
    (void)edit_it(&test_ann, &group, &message, "two!", NULL, true);
    msg = get_it(&group, &message);
    cr_assert_eq(cruddur_msg_expires_at_us(msg), end_us);
    cr_assert_str_eq(cruddur_msg_reply_to(msg), options.reply_to);
    cruddur_msg_free(msg);
    test_store_settle(&store);
    test_check(&store);
}
