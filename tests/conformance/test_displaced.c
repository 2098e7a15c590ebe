/* SPDX-License-Identifier: MIT */
/* Group rows that are not at their message's key, because their inbox has another row there: the
 * group is in each inbox once, with the time of its newest message, and every call works on it. */
#include "planted.h"

#include <stdio.h>
#include <string.h>

CONFORMANCE_SUITE(displaced);

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

/* The sort key of a moment behind second 1. */
static const char *key_at(int64_t behind_us)
{
    char key[CRUDDUR_TIME_SIZE];
    must_succeed(cruddur_time_format(AT_SECOND(1) + behind_us, key, TEST_ERROR));
    return planted_text("%s", key);
}

static planted obstacle(const cruddur_user *user, int64_t behind_us)
{
    return (planted){
        {[CR_PK] = inbox_of(user), [CR_SK] = key_at(behind_us), [CR_TEXT] = TEST_SECRET}};
}

static planted row_at(const group_id *group, const cruddur_user *owner, const cruddur_user *other,
                      const char *sk, const char *head_sk)
{
    return (planted){{[CR_PK] = inbox_of(owner),
                      [CR_SK] = sk,
                      [CR_GROUP_UUID] = group->text,
                      [CR_TEXT] = "m1",
                      [CR_USER_UUID] = other->uuid,
                      [CR_DISPLAY_NAME] = other->display_name,
                      [CR_HANDLE] = other->handle,
                      [CR_HEAD_SK] = head_sk}};
}

#define BEHIND_US INT64_C(5)

/* Two messages, the second at second 1, where Ann's inbox has another row. */
static group_id open_displaced(void)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    say_at(&test_bob, &group, "m1", AT_SECOND(1));
    const planted rows[] = {
        obstacle(&test_ann, 0),
        row_at(&group, &test_ann, &test_bob, key_at(BEHIND_US), key_at(0)),
    };
    plant_instead(inbox_of(&test_ann), group.text, rows, 2);
    return group;
}

/* The user's row of the group is at a message of this moment, and so many microseconds behind. */
static void expect_row(const cruddur_user *user, const group_id *group, const char *text,
                       int64_t moment_us, int64_t behind_us)
{
    char sort_key[CRUDDUR_TIME_SIZE];
    cruddur_group *found = NULL;
    must_succeed(cruddur_time_format(moment_us + behind_us, sort_key, TEST_ERROR));
    must_succeed(cruddur_group_get(store.dm, user->uuid, group->text, NULL, &found, TEST_ERROR));
    cr_assert_str_eq(cruddur_group_text(found), text);
    cr_assert_str_eq(cruddur_group_sort_key(found), sort_key);
    cr_assert_eq(cruddur_group_last_message_at_us(found), moment_us);
    cruddur_group_free(found);
    cr_assert_eq(count_in(inbox_of(user), group->text), 1);
}

static int64_t say_and_get(const cruddur_user *author, const group_id *group, const char *text,
                           int64_t created_at_us)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_msg *msg = NULL;
    options.created_at_us = created_at_us;
    must_succeed(
        cruddur_msg_append(store.dm, author, group->text, text, &options, &msg, TEST_ERROR));
    int64_t time_us = cruddur_msg_created_at_us(msg);
    cruddur_msg_free(msg);
    test_store_settle(&store);
    return time_us;
}

Test(displaced, is_read_like_any_other)
{
    cruddur_members *members = NULL;
    cruddur_msg_page *none = NULL;
    group_id group = open_displaced();
    expect_row(&test_ann, &group, "m1", AT_SECOND(1), BEHIND_US);
    expect_row(&test_bob, &group, "m1", AT_SECOND(1), 0);
    walk_messages(&test_ann, &group, 'm', 1);
    must_succeed(
        cruddur_group_members(store.dm, test_ann.uuid, group.text, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), 2);
    cruddur_members_free(members);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, test_cem.uuid, group.text, NULL, &none, TEST_ERROR));
    check_beside(1);
}

/* Cursors go by the rows' keys. */
Test(displaced, in_a_list_of_groups)
{
    open_direct_at(&test_ann, &test_cem, "m0", AT_SECOND(0) + 1);
    (void)open_displaced();
    cruddur_user other = test_user(7);
    open_direct_at(&test_ann, &other, "m2", AT_SECOND(1) + 2 * BEHIND_US);
    walk_groups(&test_ann, 'm', 2);
    check_beside(1);
}

Test(displaced, moves_to_the_next_message)
{
    const cruddur_user *const authors[] = {&test_ann, &test_bob};
    for (int i = 0; i < 2; i++) {
        group_id group = open_displaced();
        cr_assert_eq(say_and_get(authors[i], &group, "m2", AT_SECOND(2)), AT_SECOND(2));
        expect_row(&test_ann, &group, "m2", AT_SECOND(2), 0);
        expect_row(&test_bob, &group, "m2", AT_SECOND(2), 0);
        walk_messages(&test_ann, &group, 'm', 2);
        check_beside(1);
        test_store_remove(&store);
        test_store_open(&store, NULL);
    }
}

/* A new message comes after the rows' keys if its writer reads them. In mode `stream` only who has
 * no row at the newest message does: else the processor may find the key taken by the group's own
 * row. */
Test(displaced, and_a_message_in_between)
{
    const cruddur_user *const authors[] = {&test_ann, &test_bob};
    for (int i = 0; i < 2; i++) {
        for (int64_t behind_us = 1; behind_us <= BEHIND_US + 1; behind_us += 2) {
            group_id group = open_displaced();
            bool is_alone = test_store_is_streamed(&store) && authors[i] == &test_bob;
            int64_t asked_us = AT_SECOND(1) + behind_us;
            int64_t time_us = say_and_get(authors[i], &group, "m2", asked_us);
            cr_assert_eq(time_us, is_alone || behind_us > BEHIND_US ? asked_us
                                                                    : AT_SECOND(1) + BEHIND_US + 1);
            bool is_met = time_us == AT_SECOND(1) + BEHIND_US;
            expect_row(&test_ann, &group, "m2", time_us, is_met ? 1 : 0);
            expect_row(&test_bob, &group, "m2", time_us, 0);
            check_beside(1);
            test_store_remove(&store);
            test_store_open(&store, NULL);
        }
    }
}

/* A head_sk that is not the library's says nothing, and goes with the next message. */
Test(displaced, by_what_is_no_head)
{
    const char *const heads[] = {key_at(0), key_at(1), "", "0", "zzz", "2019"};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
        say_at(&test_bob, &group, "m1", AT_SECOND(1));
        const planted row = row_at(&group, &test_ann, &test_bob, key_at(0), heads[i]);
        plant_instead(inbox_of(&test_ann), group.text, &row, 1);
        expect_row(&test_ann, &group, "m1", AT_SECOND(1), 0);
        cr_assert_eq(say_and_get(&test_ann, &group, "m2", AT_SECOND(2)), AT_SECOND(2));
        expect_row(&test_ann, &group, "m2", AT_SECOND(2), 0);
        test_check(&store);
        test_store_remove(&store);
        test_store_open(&store, NULL);
    }
}

/* ---- where the processor displaces rows ---- */

/* A message never moves for the rows' sake. Further keys may be taken as well. */
Test(displaced, by_rows_that_are_there_already)
{
    const int64_t obstacles[] = {1, 2, 20, 60};
    if (!test_store_is_streamed(&store)) {
        return; /* there the message gets another key, before it is stored */
    }
    for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
        planted rows[60];
        group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
        for (int64_t at = 0; at < obstacles[i]; at++) {
            rows[at] = obstacle(&test_ann, at);
        }
        plant(rows, (size_t)obstacles[i]);
        cr_assert_eq(say_and_get(&test_bob, &group, "m1", AT_SECOND(1)), AT_SECOND(1));
        cruddur_group_page *page = list_groups(&test_ann, NULL);
        const cruddur_group *row = cruddur_group_page_at(page, 0);
        cr_assert_eq(cruddur_group_last_message_at_us(row), AT_SECOND(1));
        cr_assert_geq(strcmp(cruddur_group_sort_key(row), key_at(obstacles[i])), 0);
        if (obstacles[i] < 16) { /* the first look finds room, the next ones are anywhere behind */
            cr_assert_str_eq(cruddur_group_sort_key(row), key_at(obstacles[i]));
        }
        cruddur_group_page_free(page);
        walk_messages(&test_ann, &group, 'm', 1);
        expect_planted(rows, (size_t)obstacles[i]);
        check_beside((size_t)obstacles[i]);
        test_store_remove(&store);
        test_store_open(&store, NULL);
    }
}
