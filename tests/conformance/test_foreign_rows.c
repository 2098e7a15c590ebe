/* SPDX-License-Identifier: MIT */
/* A table that other programs write to, too: their rows are not listed, counted, taken for the
 * newest message, written over, moved or removed, wherever they are. */
#include "planted.h"

#include <ctype.h>
#include <string.h>

CONFORMANCE_SUITE(foreign_rows);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LOUD "ABCDEF00-0000-4000-8000-00000000ABCD"
#define GROUP_UUID "abcdef00-0000-4000-8000-00000000abcd"

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

static const char *talk_of(const group_id *group)
{
    return planted_text("MSG#%s", group->text);
}

static const char *loud(const char *quiet)
{
    char text[64];
    size_t length = strlen(quiet);
    cr_assert_lt(length, sizeof(text));
    for (size_t i = 0; i <= length; i++) {
        text[i] = (char)toupper((unsigned char)quiet[i]);
    }
    return planted_text("%s", text);
}

/* ---- in the partition of a group's messages ---- */

/* Notes before and after all times, what begins like a time, and rows at times without a message.
 */
static size_t plant_notes(const group_id *group, planted *rows)
{
    const char *pk = talk_of(group);
    const char *const keys[] = {"META", "#title", "2020", "2099-12-31", "9999-99-99T00:00:00Z"};
    size_t count = 0;
    for (size_t i = 0; i < LENGTH(keys); i++) {
        rows[count++] = (planted){{[CR_PK] = pk,
                                   [CR_SK] = keys[i],
                                   [CR_TEXT] = TEST_SECRET,
                                   [CR_MESSAGE_UUID] = GROUP_UUID,
                                   [CR_USER_UUID] = test_cem.uuid}};
    }
    for (int i = 0; i < 40; i++) {
        rows[count++] = (planted){{
            [CR_PK] = pk,
            [CR_SK] = planted_text("2020-01-01T00:00:03.%06d+00:00", 100 + i),
            [CR_USER_UUID] = test_cem.uuid,
            [CR_OTHERS] = "{\"reaction\":{\"S\":\"+1\"}}",
        }};
    }
    rows[count++] = (planted){{[CR_PK] = pk,
                               [CR_SK] = "2099-01-01T00:00:00.000000+00:00",
                               [CR_OTHERS] = "{\"message\":{\"N\":\"7\"}}"}};
    plant(rows, count);
    return count;
}

Test(foreign_rows, beside_messages)
{
    planted rows[64];
    group_id group = open_with_messages(6);
    size_t count = plant_notes(&group, rows);
    walk_messages(&test_ann, &group, 'm', 5);
    walk_messages(NULL, &group, 'm', 5);
    say_at(&test_bob, &group, "m6", AT_SECOND(6));
    say_at(&test_ann, &group, "m7", AT_SECOND(7));
    walk_messages(&test_bob, &group, 'm', 7);
    expect_planted(rows, count);
    check_beside(count);
}

Test(foreign_rows, beside_a_message_that_is_repeated)
{
    planted rows[64];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    group_id group = open_with_messages(6);
    size_t count = plant_notes(&group, rows);
    options.message_uuid = GROUP_UUID; /* a note has it, too */
    for (int i = 0; i < 3; i++) {
        must_succeed(
            cruddur_msg_append(store.dm, &test_ann, group.text, "m6", &options, NULL, TEST_ERROR));
    }
    walk_messages(&test_bob, &group, 'm', 6);
    expect_planted(rows, count);
    check_beside(count);
}

/* A partition of notes alone is no group, and one can be opened there. */
Test(foreign_rows, without_a_message)
{
    planted rows[64];
    char uuid[CRUDDUR_UUID_SIZE];
    cruddur_msg_page *page = NULL;
    must_succeed(cruddur_group_direct_uuid(test_ann.uuid, test_bob.uuid, uuid, TEST_ERROR));
    group_id group;
    memcpy(group.text, uuid, sizeof(uuid));
    size_t count = plant_notes(&group, rows);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, NULL, uuid, &test_trusted_list, &page, TEST_ERROR));
    group_id opened = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    cr_assert_str_eq(opened.text, uuid);
    walk_messages(&test_ann, &group, 'm', 0);
    expect_planted(rows, count);
    check_beside(count);
}

/* ---- in inboxes ---- */

Test(foreign_rows, in_an_inbox)
{
    group_id groups[6];
    open_many(groups, LENGTH(groups));
    const char *ann = inbox_of(&test_ann);
    const char *group = groups[2].text;
    const char *between = "2020-01-01T00:00:02.500000+00:00";
    const planted rows[] = {
        {{[CR_PK] = ann, [CR_SK] = "PROFILE", [CR_GROUP_UUID] = group, [CR_TEXT] = TEST_SECRET}},
        {{[CR_PK] = ann, [CR_SK] = "#unread", [CR_GROUP_UUID] = group, [CR_TEXT] = TEST_SECRET}},
        {{[CR_PK] = ann, [CR_SK] = "2099", [CR_GROUP_UUID] = group, [CR_TEXT] = TEST_SECRET}},
        {{[CR_PK] = ann, [CR_SK] = between, [CR_TEXT] = TEST_SECRET}},
        {{[CR_PK] = ann, [CR_SK] = planted_key(7), [CR_GROUP_UUID] = "general"}},
        {{[CR_PK] = ann, [CR_SK] = planted_key(8), [CR_GROUP_UUID] = loud(LOUD)}},
        {{[CR_PK] = loud(ann), [CR_SK] = planted_key(9), [CR_GROUP_UUID] = group}},
        {{[CR_PK] = "GRP#ann", [CR_SK] = planted_key(9), [CR_GROUP_UUID] = group}},
    };
    plant(rows, LENGTH(rows));
    walk_groups(&test_ann, 'g', 5);
    for (size_t i = 0; i < LENGTH(groups); i++) {
        say_at(&test_ann, &groups[i], planted_text("g%zu", i), AT_SECOND(10 + (int64_t)i));
    }
    walk_groups(&test_ann, 'g', 5);
    expect_planted(rows, LENGTH(rows));
    check_beside(LENGTH(rows));
}

/* ---- in the index ---- */

Test(foreign_rows, in_the_index)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    const planted rows[] = {
        {{[CR_PK] = planted_text("USR#%s", test_ann.uuid),
          [CR_SK] = planted_key(0),
          [CR_GROUP_UUID] = group.text,
          [CR_TEXT] = TEST_SECRET}},
        {{[CR_PK] = planted_text("USR#%s", test_cem.uuid),
          [CR_SK] = planted_key(0),
          [CR_GROUP_UUID] = group.text,
          [CR_USER_UUID] = test_ann.uuid}},
        {{[CR_PK] = inbox_of(&test_cem),
          [CR_SK] = "LAST#SEEN",
          [CR_GROUP_UUID] = group.text,
          [CR_USER_UUID] = test_ann.uuid}},
        {{[CR_PK] = "room", [CR_SK] = "2099", [CR_GROUP_UUID] = group.text}},
    };
    plant(rows, LENGTH(rows));
    for (int i = 1; i < 5; i++) {
        say_at(i % 2 == 0 ? &test_ann : &test_bob, &group, planted_text("m%d", i), AT_SECOND(i));
        cr_assert_eq(count_group_rows(group.text), 2 + LENGTH(rows));
    }
    walk_messages(&test_ann, &group, 'm', 4);
    cruddur_members *members = NULL;
    must_succeed(cruddur_group_members(store.dm, NULL, group.text, &test_trusted_members, &members,
                                       TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), 2);
    cruddur_members_free(members);
    expect_planted(rows, LENGTH(rows));
    check_beside(LENGTH(rows));
}

/* Another writer puts its messages into the index, too: they are messages, and not group rows. */
Test(foreign_rows, messages_in_the_index)
{
    planted rows[3];
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    for (int i = 0; i < 3; i++) {
        rows[i] = (planted){{
            [CR_PK] = talk_of(&group),
            [CR_SK] = planted_key(1 + i),
            [CR_GROUP_UUID] = group.text,
            [CR_TEXT] = planted_text("m%d", 1 + i),
            [CR_MESSAGE_UUID] = planted_text("aaaaaaaa-0000-4000-8000-00000000000%d", i),
            [CR_USER_UUID] = test_bob.uuid,
            [CR_DISPLAY_NAME] = test_bob.display_name,
            [CR_HANDLE] = test_bob.handle,
        }};
    }
    plant(rows, LENGTH(rows));
    walk_messages(&test_ann, &group, 'm', 3);
    expect_planted(rows, LENGTH(rows));
    for (int i = 4; i < 8; i++) {
        say_at(i % 2 == 0 ? &test_ann : &test_bob, &group, planted_text("m%d", i), AT_SECOND(i));
    }
    walk_messages(&test_bob, &group, 'm', 7);
    expect_planted(rows, LENGTH(rows));
    cr_assert_eq(count_in(inbox_of(&test_ann), NULL), 1);
    check_beside(0);
}

/* ---- where a row of ours would go ---- */

/* The key of a message, and of a member's group row, is taken by a row that nobody lists. */
Test(foreign_rows, where_a_row_would_go)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    const planted rows[] = {
        {{[CR_PK] = inbox_of(&test_bob), [CR_SK] = planted_key(1), [CR_TEXT] = TEST_SECRET}},
        {{[CR_PK] = talk_of(&group), [CR_SK] = planted_key(2), [CR_USER_UUID] = test_bob.uuid}},
        {{[CR_PK] = inbox_of(&test_cem), [CR_SK] = planted_key(3), [CR_TEXT] = TEST_SECRET}},
        {{[CR_PK] = inbox_of(&test_ann), [CR_SK] = planted_key(4), [CR_GROUP_UUID] = "general"}},
    };
    plant(rows, LENGTH(rows));
    say_at(&test_ann, &group, "m1", AT_SECOND(1));
    say_at(&test_ann, &group, "m2", AT_SECOND(2));
    group_id other = open_direct_at(&test_bob, &test_cem, "other", AT_SECOND(3));
    say_at(&test_bob, &group, "m3", AT_SECOND(4));
    walk_messages(&test_bob, &group, 'm', 3);
    cr_assert_eq(count_group_rows(other.text), 2);
    expect_planted(rows, LENGTH(rows));
    check_beside(LENGTH(rows));
}

/* ---- uuids in another form ---- */

/* Whatever a list of groups shows can be used in every call. */
Test(foreign_rows, a_group_uuid_in_upper_case)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *opened = NULL;
    options.group_uuid = LOUD;
    options.created_at_us = AT_SECOND(0);
    must_succeed(cruddur_group_create(store.dm, &test_ann, &test_cem, 1, "hello", &options, &opened,
                                      TEST_ERROR));
    cr_assert_str_eq(cruddur_group_uuid(opened), GROUP_UUID);
    cruddur_group_free(opened);
    const char *shouted = loud("dddddddd-0000-4000-8000-00000000000d");
    const planted rows[] = {
        {{[CR_PK] = inbox_of(&test_ann),
          [CR_SK] = planted_key(2),
          [CR_GROUP_UUID] = shouted,
          [CR_TEXT] = "shouted",
          [CR_USER_UUID] = test_bob.uuid}},
        {{[CR_PK] = planted_text("MSG#%s", shouted),
          [CR_SK] = planted_key(2),
          [CR_TEXT] = "shouted",
          [CR_USER_UUID] = test_bob.uuid}},
    };
    plant(rows, LENGTH(rows));
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    for (size_t i = 0; i < cruddur_group_page_count(page); i++) {
        const char *uuid = cruddur_group_uuid(cruddur_group_page_at(page, i));
        cruddur_group *group = NULL;
        cruddur_members *members = NULL;
        cruddur_msg_page *messages = NULL;
        must_succeed(cruddur_group_get(store.dm, test_ann.uuid, uuid, NULL, &group, TEST_ERROR));
        must_succeed(
            cruddur_group_members(store.dm, test_ann.uuid, uuid, NULL, &members, TEST_ERROR));
        must_succeed(
            cruddur_msg_list(store.dm, test_ann.uuid, loud(uuid), NULL, &messages, TEST_ERROR));
        must_succeed(
            cruddur_msg_append(store.dm, &test_ann, loud(uuid), "again", NULL, NULL, TEST_ERROR));
        cruddur_group_free(group);
        cruddur_members_free(members);
        cruddur_msg_page_free(messages);
    }
    cruddur_group_page_free(page);
    expect_planted(rows, LENGTH(rows));
    check_beside(LENGTH(rows));
}
