/* SPDX-License-Identifier: MIT */
/* Group rows that were lost, or lost what they told: by somebody who deleted a conversation, or by
 * another program that was killed between taking a row away and putting it again, or that puts only
 * what it knows. No member is locked out, and the next message gives everybody a row again. The
 * groups are as the original application opens them, without a card. */
#include "planted.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cruddur/entry.h"
#include "processor/apply.h"

CONFORMANCE_SUITE(lost_rows);

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

static void lose(const cruddur_user *user, const group_id *group)
{
    cr_assert_eq(uproot(inbox_of(user), group->text), 1);
}

/* Whatever a member may do. */
static void expect_member(const cruddur_user *user, const group_id *group, size_t n_members,
                          const char *newest)
{
    cruddur_group *found = NULL;
    cruddur_members *members = NULL;
    cruddur_msg_page *page = list_messages(user, group, NULL);
    cr_assert_str_eq(cruddur_msg_text(cruddur_msg_page_at(page, 0)), newest);
    cruddur_msg_page_free(page);
    must_succeed(cruddur_group_get(store.dm, user->uuid, group->text, NULL, &found, TEST_ERROR));
    cr_assert_str_eq(cruddur_group_uuid(found), group->text);
    cr_assert_eq(cruddur_group_member_count(found), n_members);
    cr_assert_str_neq(cruddur_group_user_uuid(found), user->uuid);
    cruddur_group_free(found);
    must_succeed(
        cruddur_group_members(store.dm, user->uuid, group->text, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), n_members);
    cruddur_members_free(members);
}

static void expect_stranger(const cruddur_user *user, const group_id *group)
{
    cruddur_group *found = NULL;
    cruddur_members *members = NULL;
    cruddur_msg_page *page = NULL;
    const cruddur_status expected = CRUDDUR_E_GROUP_NOT_FOUND;
    must_fail(expected, "group_uuid",
              cruddur_msg_list(store.dm, user->uuid, group->text, NULL, &page, TEST_ERROR));
    must_fail(expected, "group_uuid",
              cruddur_group_get(store.dm, user->uuid, group->text, NULL, &found, TEST_ERROR));
    must_fail(expected, "group_uuid",
              cruddur_group_members(store.dm, user->uuid, group->text, NULL, &members, TEST_ERROR));
    must_fail(expected, "group_uuid",
              cruddur_msg_append(store.dm, user, group->text, TEST_SECRET, NULL, NULL, TEST_ERROR));
}

/* The user has the group once in the inbox, with this text, and the other party's names. */
static void expect_inbox(const cruddur_user *user, const group_id *group, const char *text,
                         const cruddur_user *other)
{
    cruddur_group_page *page = list_groups(user, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1, "%zu groups", cruddur_group_page_count(page));
    const cruddur_group *row = cruddur_group_page_at(page, 0);
    cr_assert_str_eq(cruddur_group_uuid(row), group->text);
    cr_assert_str_eq(cruddur_group_text(row), text);
    cr_assert_str_eq(cruddur_group_user_uuid(row), other->uuid);
    cr_assert_str_eq(cruddur_group_user_display_name(row), other->display_name);
    cr_assert_str_eq(cruddur_group_user_handle(row), other->handle);
    cruddur_group_page_free(page);
}

static void expect_inboxes(const group_id *group, const char *text)
{
    expect_inbox(&test_ann, group, text, &test_bob);
    expect_inbox(&test_bob, group, text, &test_ann);
    test_check(&store);
}

/* ---- the direct group of two ---- */

/* The other party's names are in no row any more, but in their messages. */
static group_id open_talk(void)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    uproot_card(&group);
    say(&test_bob, &group, "two");
    say(&test_ann, &group, "three");
    return group;
}

static void write_again(const cruddur_user *other, const char *text, const group_id *expected)
{
    cruddur_group *group = NULL;
    const cruddur_user *author = other == &test_ann ? &test_bob : &test_ann;
    must_succeed(cruddur_group_create(store.dm, author, other, 1, text, NULL, &group, TEST_ERROR));
    cr_assert_str_eq(cruddur_group_uuid(group), expected->text);
    cr_assert_str_eq(cruddur_group_text(group), text);
    cr_assert_str_eq(cruddur_group_user_uuid(group), other->uuid);
    cruddur_group_free(group);
}

Test(lost_rows, of_whoever_writes)
{
    group_id group = open_talk();
    lose(&test_bob, &group);
    expect_member(&test_bob, &group, 2, "three");
    expect_stranger(&test_cem, &group);
    say(&test_bob, &group, "four");
    expect_inboxes(&group, "four");
}

Test(lost_rows, of_the_other_party)
{
    group_id group = open_talk();
    lose(&test_bob, &group);
    say(&test_ann, &group, "four");
    expect_inboxes(&group, "four");
    lose(&test_ann, &group);
    say(&test_bob, &group, "five");
    expect_inboxes(&group, "five");
}

Test(lost_rows, of_whoever_writes_to_the_other_again)
{
    group_id group = open_talk();
    lose(&test_bob, &group);
    write_again(&test_ann, "four", &group);
    expect_inboxes(&group, "four");
    lose(&test_bob, &group);
    write_again(&test_bob, "five", &group);
    expect_inboxes(&group, "five");
}

Test(lost_rows, of_both)
{
    group_id group = open_talk();
    lose(&test_ann, &group);
    lose(&test_bob, &group);
    expect_member(&test_ann, &group, 2, "three");
    expect_member(&test_bob, &group, 2, "three");
    expect_stranger(&test_cem, &group);
    say(&test_ann, &group, "four");
    expect_inboxes(&group, "four");
    lose(&test_ann, &group);
    lose(&test_bob, &group);
    write_again(&test_ann, "five", &group);
    expect_inboxes(&group, "five");
}

/* Only one has ever written: then nothing tells who the other is, but a call that names them. */
Test(lost_rows, of_both_where_one_wrote_alone)
{
    cruddur_msg *msg = NULL;
    group_id group = open_direct(&test_ann, &test_bob, "one");
    uproot_card(&group);
    lose(&test_ann, &group);
    lose(&test_bob, &group);
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, &test_ann, group.text, "two", NULL, &msg, TEST_ERROR));
    expect_member(&test_bob, &group, 2, "one"); /* who is the other to the author */
    write_again(&test_bob, "two", &group);
    if (test_store_is_streamed(&store)) {
        say(&test_bob, &group, "three"); /* the processor has names from messages only */
    }
    expect_inboxes(&group, test_store_is_streamed(&store) ? "three" : "two");
}

/* A send that is repeated, and an opening, by one who has no row. */
Test(lost_rows, of_whoever_repeats)
{
    cruddur_append_options again = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    group_id group = open_talk();
    again.message_uuid = "aaaaaaaa-0000-4000-8000-000000000001";
    options.message_uuid = "aaaaaaaa-0000-4000-8000-000000000002";
    for (int i = 0; i < 3; i++) {
        cruddur_group *opened = NULL;
        lose(&test_bob, &group);
        must_succeed(
            cruddur_msg_append(store.dm, &test_bob, group.text, "four", &again, NULL, TEST_ERROR));
        must_succeed(cruddur_group_create(store.dm, &test_bob, &test_ann, 1, "five", &options,
                                          &opened, TEST_ERROR));
        cr_assert_str_eq(cruddur_group_user_uuid(opened), test_ann.uuid);
        cruddur_group_free(opened);
        say(&test_ann, &group, "more");
        test_store_settle(&store);
    }
    expect_inboxes(&group, "more");
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    cr_assert_eq(cruddur_msg_page_count(page), 3 + 2 + 3);
    cruddur_msg_page_free(page);
}

/* Whoever gets a message or a row into the direct group of two others is no member of it. */
Test(lost_rows, make_no_strangers_members)
{
    group_id group = open_talk();
    const char *pk = planted_text("MSG#%s", group.text);
    const planted rows[] = {
        {{[CR_PK] = pk,
          [CR_SK] = planted_key(-1),
          [CR_TEXT] = "me too",
          [CR_MESSAGE_UUID] = "aaaaaaaa-0000-4000-8000-000000000001",
          [CR_USER_UUID] = test_cem.uuid}},
        {{[CR_PK] = inbox_of(&test_cem),
          [CR_SK] = planted_key(-1),
          [CR_GROUP_UUID] = group.text,
          [CR_TEXT] = "me too",
          [CR_USER_UUID] = test_ann.uuid,
          [CR_MEMBER_UUIDS] = planted_text("%.4s", "none")}},
    };
    plant(rows, 1);
    expect_stranger(&test_cem, &group);
    plant(rows + 1, 1);
    expect_stranger(&test_cem, &group);
    lose(&test_ann, &group);
    expect_stranger(&test_cem, &group);
    say(&test_ann, &group, "four");
    expect_member(&test_bob, &group, 2, "four");
    expect_stranger(&test_cem, &group);
    expect_planted(rows, 2);
}

static void count_warnings(void *data, uint32_t level, const char *message)
{
    unsigned *warnings = data;
    *warnings += level == CRUDDUR_LOG_WARNING && strstr(message, "disagree") != NULL ? 1 : 0;
}

/* No write sets a stray row right, so none says that the next one will. */
Test(lost_rows, of_strangers_are_no_disorder)
{
    unsigned warnings = 0;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.log = count_warnings;
    options.log_data = &warnings;
    test_store_remove(&store);
    test_store_open(&store, &options);
    group_id group = open_talk();
    const planted row = {{[CR_PK] = inbox_of(&test_cem),
                          [CR_SK] = planted_key(-1),
                          [CR_GROUP_UUID] = group.text,
                          [CR_TEXT] = "me too",
                          [CR_USER_UUID] = test_ann.uuid}};
    plant(&row, 1);
    for (int i = 0; i < 3; i++) {
        say(&test_bob, &group, "four");
    }
    cr_assert_eq(warnings, 0, "%u warnings", warnings);
    expect_planted(&row, 1);
}

/* More people than a group can have, each with a row that names the next. */
#define CROWD ((size_t)CRUDDUR_MEMBERS_MAX + 11)

static const planted *plant_crowd(const group_id *group)
{
    static planted rows[CROWD];
    const int64_t later = INT64_C(20) * 365 * 24 * 3600; /* they are the newest */
    for (size_t i = 0; i < CROWD; i++) {
        rows[i] = (planted){
            {[CR_PK] = planted_text("GRP#cccccccc-0000-4000-8000-0000000000%02zx", i),
             [CR_SK] = planted_key(later + (int64_t)i),
             [CR_GROUP_UUID] = group->text,
             [CR_TEXT] = "me too",
             [CR_USER_UUID] = planted_text("cccccccc-0000-4000-8000-0000000000%02zx", i + 1)}};
    }
    plant(rows, CROWD);
    return rows;
}

/* The uuid of a direct group tells its members, however many others have a row of it. */
Test(lost_rows, beside_a_crowd_of_strangers)
{
    group_id group = open_talk();
    const planted *rows = plant_crowd(&group);
    expect_stranger(&test_cem, &group);
    expect_member(&test_ann, &group, 2, "three");
    lose(&test_ann, &group);
    expect_member(&test_ann, &group, 2, "three");
    expect_stranger(&test_cem, &group);
    say(&test_ann, &group, "four");
    expect_member(&test_bob, &group, 2, "four");
    expect_inbox(&test_ann, &group, "four", &test_bob);
    expect_planted(rows, CROWD);
    lose(&test_ann, &group);
    lose(&test_bob, &group);
    expect_member(&test_bob, &group, 2, "four");
    expect_stranger(&test_cem, &group);
    say(&test_bob, &group, "five");
    expect_inbox(&test_ann, &group, "five", &test_bob);
    expect_inbox(&test_bob, &group, "five", &test_ann);
    expect_stranger(&test_cem,
                    &group); /* the group has a card by now, and the crowd's rows may go */
}

/* Elsewhere the rows contradict each other, of which a stranger does not learn. */
Test(lost_rows, beside_a_crowd_in_a_larger_group)
{
    group_id group = open_large(3, "three", "one");
    const cruddur_user member = test_user(1);
    (void)plant_crowd(&group);
    expect_stranger(&test_cem, &group);
    cruddur_msg_page_free(list_messages(&member, &group, NULL));
}

/* ---- other groups ---- */

/* Two people in a group whose uuid tells nothing, as the original application opened them. */
Test(lost_rows, of_two_in_a_separate_group)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_group *opened = NULL;
    group_id group = {"12345678-0000-4000-8000-000000000001"};
    options.group_uuid = group.text;
    must_succeed(cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "one", &options, &opened,
                                      TEST_ERROR));
    cruddur_group_free(opened);
    uproot_card(&group);
    say(&test_bob, &group, "two");
    lose(&test_bob, &group);
    expect_member(&test_bob, &group, 2, "two");
    expect_stranger(&test_cem, &group);
    say(&test_bob, &group, "three");
    expect_inboxes(&group, "three");
    lose(&test_ann, &group);
    say(&test_bob, &group, "four");
    expect_inboxes(&group, "four");
}

#define MEMBERS 5

static void expect_all(const group_id *group, const char *text)
{
    cr_assert_eq(count_group_rows(group->text), MEMBERS);
    for (size_t i = 0; i < MEMBERS; i++) {
        cruddur_user user = test_user(i);
        cruddur_group_page *page = list_groups(&user, NULL);
        cr_assert_eq(cruddur_group_page_count(page), 1);
        const cruddur_group *row = cruddur_group_page_at(page, 0);
        cr_assert_str_eq(cruddur_group_text(row), text);
        cr_assert_str_eq(cruddur_group_name(row), "Five");
        cr_assert_eq(cruddur_group_member_count(row), MEMBERS);
        cruddur_group_page_free(page);
    }
    test_check(&store);
}

static group_id open_five(void)
{
    group_id group = open_large(MEMBERS, "Five", "one");
    uproot_card(&group);
    for (size_t i = 0; i < MEMBERS; i++) {
        cruddur_user author = test_user(i);
        say(&author, &group, "two");
    }
    return group;
}

Test(lost_rows, of_a_member_of_a_larger_group)
{
    group_id group = open_five();
    for (size_t i = 0; i < MEMBERS; i++) {
        cruddur_user author = test_user(i);
        cruddur_user stranger = test_user(MEMBERS);
        lose(&author, &group);
        expect_member(&author, &group, MEMBERS, i == 0 ? "two" : "three");
        expect_stranger(&stranger, &group);
        say(&author, &group, "three");
        expect_all(&group, "three");
    }
    cruddur_user last = test_user(MEMBERS - 1);
    for (size_t i = 0; i + 1 < MEMBERS; i++) {
        cruddur_user member = test_user(i);
        lose(&member, &group);
    }
    say(&last, &group, "four");
    expect_all(&group, "four");
}

/* Their names come back, too. */
Test(lost_rows, of_a_member_of_a_larger_group_with_names)
{
    group_id group = open_five();
    cruddur_members *members = NULL;
    cruddur_user gone = test_user(2);
    cruddur_user viewer = test_user(0);
    lose(&gone, &group);
    for (int i = 0; i < 2; i++) {
        must_succeed(
            cruddur_group_members(store.dm, viewer.uuid, group.text, NULL, &members, TEST_ERROR));
        for (size_t j = 0; j < MEMBERS; j++) {
            cruddur_user expected = test_user(j);
            cr_assert_str_eq(cruddur_members_at(members, j)->display_name, expected.display_name);
        }
        cruddur_members_free(members);
        say(&viewer, &group, "three");
        test_store_settle(&store);
    }
    expect_all(&group, "three");
}

/* What a program does that puts rows again without the attributes that it does not know. */
Test(lost_rows, without_their_list_of_members)
{
    group_id group = open_five();
    strip(NULL, group.text, CR_MEMBER_UUIDS);
    for (size_t i = 0; i < MEMBERS; i++) {
        cruddur_user author = test_user(i);
        cruddur_user stranger = test_user(MEMBERS);
        expect_stranger(&stranger, &group);
        say(&author, &group, "three");
        expect_all(&group, "three");
        strip(inbox_of(&author), group.text, CR_MEMBER_UUIDS);
        cruddur_user next = test_user((i + 1) % MEMBERS);
        say(&next, &group, "four");
        expect_all(&group, "four");
        strip(NULL, group.text, CR_MEMBER_UUIDS);
    }
}

/* And is killed half-way. */
Test(lost_rows, and_the_others_without_their_list)
{
    group_id group = open_five();
    for (size_t i = 0; i < MEMBERS; i++) {
        cruddur_user gone = test_user(i);
        cruddur_user author = test_user((i + 2) % MEMBERS);
        strip(NULL, group.text, CR_MEMBER_UUIDS);
        lose(&gone, &group);
        cruddur_msg_page_free(list_messages(&gone, &group, NULL));
        say(i % 2 == 0 ? &gone : &author, &group, "three");
        expect_all(&group, "three");
    }
}

/* One row names fewer than the others do. Its owner's message reaches them all. */
Test(lost_rows, where_one_names_too_few)
{
    group_id group = open_five();
    for (size_t i = 0; i < MEMBERS; i++) {
        cruddur_user author = test_user(i);
        cruddur_user next = test_user((i + 1) % MEMBERS);
        char two[2 * CRUDDUR_UUID_SIZE];
        (void)snprintf(two, sizeof(two), "%s,%s", author.uuid, next.uuid);
        reword(inbox_of(&author), group.text, CR_MEMBER_UUIDS, two);
        say(&author, &group, "three");
        expect_all(&group, "three");
    }
}

/* The stream tells of the newest message again: that the rows that are left are in place does not
 * mean that all are there. */
Test(lost_rows, when_the_stream_repeats_itself)
{
    group_id group = open_five();
    cr_arena arena = CR_ARENA_INIT;
    cruddur_error *error = NULL;
    cr_stream_outcome outcome;
    cruddur_user gone = test_user(2);
    const char *key = newest_key(planted_text("MSG#%s", group.text));
    cr_record record = {.kind = CR_RECORD_MESSAGE, .sk = cr_str_of(key)};
    cr_records records = {.record = &record, .count = 1};
    cr_call call = {.deadline_us = cr_clock_monotonic_us() + 60000000, .error = &error};
    cr_assert(cr_uuid_parse(cr_str_of(group.text), &record.group));
    for (size_t i = 0; i < 2; i++) {
        test_store_settle(&store);
        lose(&gone, &group);
        cr_assert_eq(cr_stream_apply(store.dm->store, &records, 1, &call, &arena, &outcome),
                     CRUDDUR_OK);
        cr_assert_eq(outcome.failure_count, 0);
        expect_all(&group, "two");
    }
    cr_arena_free(&arena);
}
