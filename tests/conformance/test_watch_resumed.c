/* SPDX-License-Identifier: MIT */
/* Watches that go on from a cursor: what has happened in the meantime. */
#include <stdio.h>
#include <stdlib.h>

#include "watching.h"

CONFORMANCE_SUITE(watch_resumed);

/* ---- going on ---- */

/* Reads up to `count` messages "m<n>" from the cursor, and says which numbers came. */
static char *read_some(const cruddur_user *user, const group_id *group, char *cursor, int count,
                       bool *seen)
{
    cruddur_watch *watch =
        group == NULL ? watch_inbox(user, cursor) : watch_group(user, group, cursor);
    free(cursor);
    cursor = strdup(cruddur_watch_cursor(watch));
    while (count > 0) {
        cruddur_event *event = next_event(watch);
        const cruddur_msg *msg = cruddur_event_msg(event);
        if (cruddur_event_get_kind(event) == CRUDDUR_EVENT_MESSAGE && msg != NULL &&
            *cruddur_msg_text(msg) == 'm') {
            int number = atoi(cruddur_msg_text(msg) + 1);
            count -= seen[number] ? 0 : 1;
            seen[number] = true;
            free(cursor);
            cursor = strdup(cruddur_event_cursor(event));
        }
        cruddur_event_free(event);
    }
    cruddur_watch_close(watch); /* with events in its queue, as if it had been killed */
    return cursor;
}

static void miss_nothing(bool is_inbox)
{
    enum { ROUNDS = 6, EACH = 4 };
    bool seen[ROUNDS * EACH] = {false};
    char text[16];
    int said_so_far = 0;
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    test_store_settle(&store);
    char *cursor = read_some(&test_bob, is_inbox ? NULL : &group, NULL, 0, seen);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EACH; i++) {
            (void)snprintf(text, sizeof(text), "m%d", said_so_far++);
            say(i % 2 == 0 ? &test_ann : &test_bob, &group, text);
        }
        test_store_settle(&store);
        cursor = read_some(&test_bob, is_inbox ? NULL : &group, cursor,
                           round + 1 < ROUNDS ? EACH - 1 : EACH + ROUNDS - 1, seen);
    }
    for (int i = 0; i < ROUNDS * EACH; i++) {
        cr_assert(seen[i], "m%d is missing", i);
    }
    free(cursor);
    test_check(&store);
}

Test(watch_resumed, a_group_goes_on_where_it_was)
{
    needs_transactions();
    miss_nothing(false);
}

Test(watch_resumed, an_inbox_goes_on_where_it_was)
{
    needs_transactions();
    miss_nothing(true);
}

/* ---- keys of the past ---- */

/* A key that is far behind where an inbox is looked at for what is new. */
static void tell_of_the_past(bool is_inbox)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "hello", AT_SECOND(0));
    test_store_settle(&store);
    cruddur_watch *watch =
        is_inbox ? watch_inbox(&test_bob, NULL) : watch_group(&test_bob, &group, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    say_at(&test_ann, &group, "past", AT_SECOND(5));
    test_store_settle(&store);
    watch = is_inbox ? watch_inbox(&test_bob, cursor) : watch_group(&test_bob, &group, cursor);
    cruddur_event *event = expect_event(watch, "message", "past");
    cr_assert_eq(cruddur_msg_created_at_us(cruddur_event_msg(event)), AT_SECOND(5));
    cruddur_event_free(event);
    free(cursor);
    cruddur_watch_close(watch);
    test_check(&store);
}

Test(watch_resumed, an_inbox_is_told_of_messages_of_the_past)
{
    needs_transactions();
    tell_of_the_past(true);
}

Test(watch_resumed, a_group_is_told_of_messages_of_the_past)
{
    needs_transactions();
    tell_of_the_past(false);
}

/* ---- what the member has set, and a message after it ---- */

/* On DynamoDB what was set while no watch was running has no event. */
Test(watch_resumed, a_setting_is_told_although_a_message_has_moved_its_row)
{
    group_id group = open_direct(&test_ann, &test_bob, "hello");
    if (!has_sequence()) {
        cr_skip_test("the store has no sequence of changes");
    }
    char *cursor = cursor_of_inbox(&test_bob);
    say(&test_ann, &group, "one");
    said one = last_said(&group);
    mark_all_read(&test_bob, &group);
    archive_group(&test_bob, &group);
    say(&test_ann, &group, "two");
    cruddur_watch *watch = watch_inbox(&test_bob, cursor);
    expect_and_free(watch, "message", "one");
    cruddur_event *event = expect_event(watch, "read", NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), test_bob.uuid);
    cr_assert_eq(cruddur_event_read_up_to_us(event), one.created_at_us);
    cruddur_event_free(event);
    event = expect_event(watch, "group-changed", NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), test_bob.uuid);
    cruddur_event_free(event);
    expect_and_free(watch, "message", "two"); /* each is told once */
    cruddur_watch_close(watch);
    free(cursor);
    test_check(&store);
}

/* ---- of a time without the viewer ---- */

static void be_away(const cruddur_user *people, const group_id *group)
{
    said early = say_named(&people[0], group, "early", 0);
    remove_member(&people[0], group, &people[1]);
    rename_group(&people[0], group, "While away", NULL);
    say(&people[2], group, "meanwhile");
    (void)edit_it(&people[0], group, &early, "edited", NULL, true);
    add_member(&people[0], group, &people[3], 0);
    add_member(&people[0], group, &people[1], CRUDDUR_ADD_WITH_HISTORY);
    rename_group(&people[0], group, "Afterwards", NULL);
}

static void expect_of_member(cruddur_watch *watch, const char *kind, const cruddur_user *user)
{
    cruddur_event *event = expect_event(watch, kind, NULL);
    cr_assert_str_eq(cruddur_event_user_uuid(event), user->uuid);
    cruddur_event_free(event);
}

/* That the name, a text and the members changed in between is not told. */
static void tell_of_the_way_back(bool is_inbox)
{
    cruddur_user people[4];
    people_of(people, 4);
    group_id group = open_large(3, "Three", "hello");
    test_store_settle(&store);
    cruddur_watch *watch =
        is_inbox ? watch_inbox(&people[1], NULL) : watch_group(&people[1], &group, NULL);
    char *cursor = strdup(cruddur_watch_cursor(watch));
    cruddur_watch_close(watch);
    be_away(people, &group);
    test_store_settle(&store);
    watch = is_inbox ? watch_inbox(&people[1], cursor) : watch_group(&people[1], &group, cursor);
    if (has_sequence()) {
        expect_and_free(watch, "message", "edited");
        expect_of_member(watch, "member-removed", &people[1]);
        expect_and_free(watch, "message", "meanwhile");
    } else { /* messages first */
        expect_and_free(watch, "message", "meanwhile");
        expect_of_member(watch, "member-removed", &people[1]);
    }
    expect_of_member(watch, "member-added", &people[1]);
    expect_and_free(watch, "group-changed", NULL);
    say(&people[0], &group, "last");
    expect_none_before(watch, "group-changed", "last");
    cruddur_watch_close(watch);
    free(cursor);
    test_check(&store);
}

Test(watch_resumed, an_inbox_is_not_told_of_a_time_without_its_user)
{
    needs_transactions();
    tell_of_the_way_back(true);
}

Test(watch_resumed, a_group_is_not_told_of_a_time_without_the_viewer)
{
    needs_transactions();
    tell_of_the_way_back(false);
}
