/* SPDX-License-Identifier: MIT */
/* Reactions to messages. */
#include <stdio.h>
#include <string.h>

#include "said.h"

CONFORMANCE_SUITE(react);

#define THUMB "\xf0\x9f\x91\x8d"
#define HEART "\xe2\x9d\xa4\xef\xb8\x8f"

static const char *line_of(const char *reaction, const cruddur_user *user)
{
    static char lines[8][CRUDDUR_REACTION_SIZE + CRUDDUR_UUID_SIZE + 2];
    static size_t next;
    char *line = lines[next++ % 8];
    (void)snprintf(line, sizeof(lines[0]), "%s %s;", reaction, user->uuid);
    return line;
}

/* Two of one kind are in the order of their users. */
static const char *lines_of_both(const char *reaction)
{
    static char both[400];
    bool is_ann_first = strcmp(test_ann.uuid, test_bob.uuid) < 0;
    (void)snprintf(both, sizeof(both), "%s%s",
                   line_of(reaction, is_ann_first ? &test_ann : &test_bob),
                   line_of(reaction, is_ann_first ? &test_bob : &test_ann));
    return both;
}

Test(react, by_anybody_of_the_group)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    expect_reactions(&group, &message, "");
    (void)react_to_it(&test_bob, &group, &message, THUMB, true, true);
    expect_reactions(&group, &message, line_of(THUMB, &test_bob));
    (void)react_to_it(&test_ann, &group, &message, THUMB, true, true);
    expect_reactions(&group, &message, lines_of_both(THUMB));
    (void)react_to_it(&test_bob, &group, &message, THUMB, false, true);
    expect_reactions(&group, &message, line_of(THUMB, &test_ann));
    (void)react_to_it(&test_ann, &group, &message, THUMB, false, true);
    expect_reactions(&group, &message, "");
    expect_preview(&test_ann, "one");
    cruddur_msg *msg = get_it(&group, &message);
    cr_assert_eq(cruddur_msg_edited_at_us(msg), CRUDDUR_TIME_UNKNOWN);
    cruddur_msg_free(msg);
    test_check(&store);
}

Test(react, with_several_kinds)
{
    needs_transactions();
    char all[400];
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    (void)react_to_it(&test_bob, &group, &message, THUMB, true, true);
    (void)react_to_it(&test_bob, &group, &message, HEART, true, true);
    (void)react_to_it(&test_bob, &group, &message, "+", true, true);
    (void)snprintf(all, sizeof(all), "%s%s%s", line_of("+", &test_bob), line_of(HEART, &test_bob),
                   line_of(THUMB, &test_bob));
    expect_reactions(&group, &message, all);
    (void)react_to_it(&test_bob, &group, &message, HEART, false, true);
    (void)snprintf(all, sizeof(all), "%s%s", line_of("+", &test_bob), line_of(THUMB, &test_bob));
    expect_reactions(&group, &message, all);
    (void)edit_it(&test_ann, &group, &message, "two", NULL, true);
    expect_reactions(&group, &message, all);
    test_check(&store);
}

Test(react, twice_changes_nothing)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    (void)react_to_it(&test_bob, &group, &message, THUMB, false, false);
    said once = react_to_it(&test_bob, &group, &message, THUMB, true, true);
    test_report before = test_check_summary(&store);
    said twice = react_to_it(&test_bob, &group, &message, THUMB, true, false);
    cr_assert_str_eq(twice.version, once.version);
    (void)react_to_it(&test_ann, &group, &message, THUMB, false, false);
    (void)react_to_it(&test_bob, &group, &message, "+", false, false);
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
    test_check(&store);
}

Test(react, to_a_message_that_the_rows_are_past)
{
    needs_transactions();
    group_id group = open_with_messages(3);
    said message = say_named(&test_ann, &group, "m3", AT_SECOND(3));
    say_at(&test_bob, &group, "m4", AT_SECOND(4));
    (void)react_to_it(&test_bob, &group, &message, THUMB, true, true);
    expect_reactions(&group, &message, line_of(THUMB, &test_bob));
    expect_preview(&test_ann, "m4");
    test_check(&store);
}

Test(react, with_at_most_twenty_kinds)
{
    needs_transactions();
    char letter[2] = "a";
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    for (int i = 0; i < CRUDDUR_REACTION_KINDS_MAX; i++, letter[0]++) {
        (void)react_to_it(i % 2 == 0 ? &test_ann : &test_bob, &group, &message, letter, true, true);
    }
    test_report before = test_check_summary(&store);
    must_fail(CRUDDUR_E_REACTION_COUNT, "reaction",
              cruddur_msg_react(store.dm, test_ann.uuid, group.text, message.uuid, letter, true,
                                &options, NULL, NULL, TEST_ERROR));
    cr_assert_str_eq(test_check_summary(&store).text, before.text);
    (void)react_to_it(&test_bob, &group, &message, "a", true, true);
    (void)react_to_it(&test_bob, &group, &message, "b", false, true);
    (void)react_to_it(&test_ann, &group, &message, letter, true, true);
    test_check(&store);
}
