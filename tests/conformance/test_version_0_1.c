/* SPDX-License-Identifier: MIT */
/* Tables that version 0.1 wrote, and writes still: groups without cards, messages without claims.
 */
#include "planted.h"

#include <stdio.h>
#include <string.h>

#include "model/card.h"
#include "support/raw.h"

CONFORMANCE_SUITE(version_0_1);

#define GROUP "12345678-0000-4000-8000-000000000001"
#define UUID "2ed6657d-e927-468b-95e1-2665a8aea6a2"

static bool is_dynamodb(void)
{
    return strncmp(store.url, "dynamodb:", strlen("dynamodb:")) == 0;
}

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

/* ---- rows as 0.1 puts them ---- */

static planted message_row(const char *group, int64_t second, const cruddur_user *author,
                           const char *text, const char *uuid)
{
    return (planted){{[CR_PK] = planted_text("MSG#%s", group),
                      [CR_SK] = planted_key(second),
                      [CR_TEXT] = text,
                      [CR_MESSAGE_UUID] = uuid,
                      [CR_USER_UUID] = author->uuid,
                      [CR_DISPLAY_NAME] = author->display_name,
                      [CR_HANDLE] = author->handle}};
}

static planted group_row(const char *group, int64_t second, const cruddur_user *owner,
                         const cruddur_user *other, const char *text)
{
    return (planted){{[CR_PK] = inbox_of(owner),
                      [CR_SK] = planted_key(second),
                      [CR_GROUP_UUID] = group,
                      [CR_TEXT] = text,
                      [CR_USER_UUID] = other->uuid,
                      [CR_DISPLAY_NAME] = other->display_name,
                      [CR_HANDLE] = other->handle}};
}

static group_id direct_group(void)
{
    group_id group;
    must_succeed(cruddur_group_direct_uuid(test_ann.uuid, test_bob.uuid, group.text, TEST_ERROR));
    return group;
}

/* The direct group of Ann and Bob with two messages. */
static group_id plant_talk(void)
{
    group_id group = direct_group();
    const planted rows[] = {
        message_row(group.text, 1, &test_ann, "one", UUID),
        message_row(group.text, 2, &test_bob, "two", "2ed6657d-e927-468b-95e1-2665a8aea6a3"),
        group_row(group.text, 2, &test_ann, &test_bob, "two"),
        group_row(group.text, 2, &test_bob, &test_ann, "two")};
    plant(rows, sizeof(rows) / sizeof(rows[0]));
    return group;
}

/* A group of three. */
static void plant_three(void)
{
    static char list[3 * CRUDDUR_UUID_SIZE];
    cruddur_user user[3] = {test_user(0), test_user(1), test_user(2)};
    planted rows[4];
    (void)snprintf(list, sizeof(list), "%s,%s,%s", user[0].uuid, user[1].uuid, user[2].uuid);
    rows[0] = message_row(GROUP, 3, &user[0], "hello", "2ed6657d-e927-468b-95e1-2665a8aea6a4");
    for (size_t i = 0; i < 3; i++) {
        rows[i + 1] = group_row(GROUP, 3, &user[i], &user[(i + 1) % 3], "hello");
        rows[i + 1].value[CR_MEMBER_UUIDS] = list;
        rows[i + 1].value[CR_GROUP_NAME] = "Three";
    }
    plant(rows, 4);
}

static void append_as_0_1(const group_id *group, int64_t second, const char *text)
{
    const cruddur_user *member[] = {&test_ann, &test_bob};
    const planted message = message_row(
        group->text, second, &test_ann, text,
        planted_text("2ed6657d-e927-468b-95e1-26650000000%c", (char)('0' + second % 10)));
    plant(&message, 1);
    for (int i = 0; i < 2; i++) {
        cr_arena arena = CR_ARENA_INIT;
        cr_row row;
        const char *pk = inbox_of(member[i]);
        const cr_key key = {cr_str_of(pk), cr_str_of(newest_key(pk))};
        must_succeed(raw_get_row(store.dm, key, &arena, &row));
        must_succeed(raw_remove_row(store.dm, &row));
        row.value[CR_SK] = cr_str_of(message.value[CR_SK]);
        row.value[CR_TEXT] = cr_str_of(text);
        if (!is_dynamodb()) { /* there it carries what it does not know */
            row.value[CR_REV] = row.value[CR_VERSION] = CR_STR_ABSENT;
        }
        must_succeed(raw_put_row(store.dm, &row));
        cr_arena_free(&arena);
    }
}

/* ---- what is there ---- */

static void expect_texts(const cruddur_user *viewer, const group_id *group, const char *all)
{
    cruddur_list_options options = from_oldest(20);
    cruddur_msg_page *page = list_messages(viewer, group, &options);
    cr_assert_str_eq(texts_of_messages(page).all, all);
    cruddur_msg_page_free(page);
}

static void expect_inbox(const cruddur_user *user, const char *text, const cruddur_user *other)
{
    cruddur_group_page *page = list_groups(user, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    const cruddur_group *group = cruddur_group_page_at(page, 0);
    cr_assert_str_eq(cruddur_group_text(group), text);
    cr_assert_str_eq(cruddur_group_user_uuid(group), other->uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(group), other->display_name);
    cruddur_group_page_free(page);
}

static void expect_stranger(const cruddur_user *user, const char *group)
{
    cruddur_msg_page *page = NULL;
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, user->uuid, group, NULL, &page, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, user, group, TEST_SECRET, NULL, NULL, TEST_ERROR));
}

static bool has_card(const char *group)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row;
    const cr_key key = {cr_str_of(planted_text("CARD#%s", group)), cr_str_of(CR_CARD_SK)};
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    bool is_there = cr_row_exists(&row);
    cr_arena_free(&arena);
    return is_there;
}

static void upgrade(void)
{
    if (!test_store_is_in_steps(&store)) {
        must_succeed(cruddur_schema_upgrade(store.dm, NULL, TEST_ERROR));
    }
}

/* ---- tests ---- */

/* Lists, members, messages, strangers: all of it without a card. */
Test(version_0_1, groups_work_without_a_card)
{
    group_id group = plant_talk();
    cruddur_members *members = NULL;
    plant_three();
    cruddur_user first = test_user(0);
    cruddur_user second = test_user(1);
    expect_texts(&test_ann, &group, "one two ");
    expect_inbox(&test_ann, "two", &test_bob);
    expect_inbox(&first, "hello", &second);
    must_succeed(cruddur_group_members(store.dm, first.uuid, GROUP, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), 3);
    cruddur_members_free(members);
    expect_stranger(&test_cem, group.text);
    expect_stranger(&test_cem, GROUP);
    say(&test_ann, &group, "three");
    expect_texts(&test_bob, &group, "one two three ");
    expect_inbox(&test_bob, "three", &test_ann);
    const group_id three = {GROUP};
    say(&second, &three, "hi");
    expect_inbox(&first, "hi", &second);
    expect_stranger(&test_cem, group.text);
    test_check(&store);
}

/* Writing a "first message" continues the conversation; a group beside it gets its card. */
Test(version_0_1, openings_beside_old_groups)
{
    group_id group = plant_talk();
    cr_assert_str_eq(open_direct(&test_bob, &test_ann, "three").text, group.text);
    expect_texts(&test_ann, &group, "one two three ");
    group_id other = open_direct(&test_ann, &test_cem, "other");
    cr_assert(has_card(other.text));
    plant_three();
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user user[3] = {test_user(0), test_user(1), test_user(7)};
    options.group_uuid = GROUP;
    must_fail(CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
              cruddur_group_create(store.dm, &user[0], &user[1], 2, TEST_SECRET, &options, NULL,
                                   TEST_ERROR));
    user[2] = test_user(2);
    must_succeed(
        cruddur_group_create(store.dm, &user[0], &user[1], 2, "again", &options, NULL, TEST_ERROR));
    test_check(&store);
}

/* SQLite knows a message by its own row. On DynamoDB its claim is not there. */
Test(version_0_1, repeats_of_old_messages)
{
    group_id group = plant_talk();
    cruddur_msg *msg = NULL;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = UUID;
    for (int i = 0; i < 2; i++) { /* the second one always finds the first */
        must_succeed(cruddur_msg_append(store.dm, &test_ann, group.text, "again", &options, &msg,
                                        TEST_ERROR));
        cr_assert_str_eq(cruddur_msg_text(msg), is_dynamodb() ? "again" : "one");
        cruddur_msg_free(msg);
    }
    expect_texts(&test_bob, &group, is_dynamodb() ? "one two again " : "one two ");
}

/* It moves the rows of a group that has a card, and knows nothing of the card. */
Test(version_0_1, writes_to_groups_with_a_card)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    append_as_0_1(&group, 5, "two");
    expect_texts(&test_bob, &group, "one two ");
    expect_inbox(&test_bob, "two", &test_ann);
    expect_stranger(&test_cem, group.text);
    say_at(&test_bob, &group, "three", AT_SECOND(6));
    append_as_0_1(&group, 7, "four");
    say_at(&test_ann, &group, "five", AT_SECOND(8));
    expect_texts(&test_ann, &group, "one two three four five ");
    expect_inbox(&test_ann, "five", &test_bob);
    expect_inbox(&test_bob, "five", &test_ann);
    test_check(&store);
}

/* The same after an upgrade, which came too early. */
Test(version_0_1, writes_after_an_upgrade)
{
    group_id group = plant_talk();
    upgrade();
    append_as_0_1(&group, 5, "three");
    upgrade();
    expect_inbox(&test_bob, "three", &test_ann);
    expect_stranger(&test_cem, group.text);
    say(&test_bob, &group, "four");
    expect_texts(&test_ann, &group, "one two three four ");
    expect_inbox(&test_ann, "four", &test_bob);
    test_check(&store);
}

/* A row that it puts for somebody else makes nobody a member of a group with a card. */
Test(version_0_1, rows_beside_a_card_prove_nothing)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    const planted rows[] = {group_row(group.text, 1, &test_cem, &test_ann, "one")};
    plant(rows, 1);
    expect_stranger(&test_cem, group.text);
    upgrade();
    expect_stranger(&test_cem, group.text);
    expect_texts(&test_ann, &group, "one ");
}
