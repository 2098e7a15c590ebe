/* SPDX-License-Identifier: MIT */
/* The card of a group: openings meet in it, and it alone says who is a member. */
#include "planted.h"

#include <string.h>

#include "support/raw.h"

CONFORMANCE_SUITE(cards);

#define GROUP "12345678-0000-4000-8000-000000000001"

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

static const char *card_of(const char *group)
{
    return planted_text("CARD#%s", group);
}

static cruddur_status open_of_three(const cruddur_user *third, const char *text,
                                    cruddur_error **error)
{
    const cruddur_user others[] = {test_bob, *third};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_uuid = GROUP;
    options.group_name = "Three";
    return cruddur_group_create(store.dm, &test_ann, others, 2, text, &options, NULL, error);
}

static cr_row read_card(const char *group, cr_arena *arena)
{
    cr_row row;
    const cr_key key = {cr_str_of(card_of(group)), cr_str_of("CARD")};
    must_succeed(raw_get_row(store.dm, key, arena, &row));
    return row;
}

static void expect_rev(const char *group, const char *rev)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = read_card(group, &arena);
    cr_assert(cr_row_exists(&row));
    cr_assert(cr_str_equal(row.value[CR_REV], cr_str_of(rev)), "%s", row.value[CR_REV].data);
    cr_arena_free(&arena);
}

/* ---- members ---- */

static void expect_stranger(const cruddur_user *user, const char *group)
{
    cruddur_msg_page *page = NULL;
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_list(store.dm, user->uuid, group, NULL, &page, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
              cruddur_msg_append(store.dm, user, group, TEST_SECRET, NULL, NULL, TEST_ERROR));
}

/* Whatever the rows say: the lists are gone, and a stray row names somebody else. */
Test(cards, decide_who_is_a_member)
{
    cruddur_user stranger = test_user(7);
    const group_id group = {GROUP};
    must_succeed(open_of_three(&test_cem, "one", TEST_ERROR));
    test_store_settle(&store);
    cr_assert_eq(uproot(inbox_of(&test_cem), GROUP), 1);
    strip(NULL, GROUP, CR_MEMBER_UUIDS);
    const planted rows[] = {{{[CR_PK] = inbox_of(&stranger),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_GROUP_UUID] = GROUP,
                              [CR_USER_UUID] = test_ann.uuid,
                              [CR_TEXT] = "planted"}}};
    plant(rows, 1);
    expect_stranger(&stranger, GROUP);
    cruddur_msg_page_free(list_messages(&test_cem, &group, NULL));
    say(&test_cem, &group, "two");
    cr_assert_eq(count_in(inbox_of(&test_cem), GROUP), 1);
    cr_assert_eq(count_in(inbox_of(&test_ann), GROUP), 1);
    cr_assert_eq(count_in(inbox_of(&stranger), GROUP), 0);
    expect_rev(GROUP, "1");
}

/* Beside healthy rows, and beside those of a group that has lost one. Whoever meets it removes it.
 */
Test(cards, a_stray_row_names_nobody)
{
    cruddur_user stranger = test_user(7);
    const group_id group = {GROUP};
    must_succeed(open_of_three(&test_cem, "one", TEST_ERROR));
    test_store_settle(&store);
    const planted rows[] = {{{[CR_PK] = inbox_of(&stranger),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_GROUP_UUID] = GROUP,
                              [CR_USER_UUID] = test_ann.uuid,
                              [CR_TEXT] = "planted"}}};
    plant(rows, 1);
    say(&test_ann, &group, "two");
    test_store_settle(&store);
    cr_assert_eq(uproot(inbox_of(&test_cem), GROUP), 1);
    say(&test_bob, &group, "three");
    test_store_settle(&store);
    expect_stranger(&stranger, GROUP);
    cr_assert_eq(count_in(inbox_of(&stranger), GROUP), 0);
    test_check(&store);
}

Test(cards, that_are_damaged_are_told)
{
    cruddur_msg_page *page = NULL;
    cr_arena arena = CR_ARENA_INIT;
    must_succeed(open_of_three(&test_cem, "one", TEST_ERROR));
    test_store_settle(&store);
    cr_assert_eq(uproot(inbox_of(&test_cem), GROUP), 1);
    cr_row row = read_card(GROUP, &arena);
    must_succeed(raw_remove_row(store.dm, &row));
    row.value[CR_MEMBER_UUIDS] = cr_str_of("x");
    must_succeed(raw_put_row(store.dm, &row));
    cr_arena_free(&arena);
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_msg_list(store.dm, test_cem.uuid, GROUP, NULL, &page, TEST_ERROR));
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL, open_of_three(&test_cem, "two", TEST_ERROR));
}

/* ---- openings ---- */

static void remove_group(const char *group)
{
    test_store_settle(&store);
    cr_assert_gt(uproot(planted_text("MSG#%s", group), NULL), 0);
    cr_assert_eq(uproot(inbox_of(&test_ann), group), 1);
    cr_assert_eq(uproot(inbox_of(&test_bob), group), 1);
}

/* Its card stays, so that a late request cannot bring it back. */
Test(cards, a_group_that_was_removed_can_be_opened_again)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    expect_rev(group.text, "1");
    remove_group(group.text);
    expect_stranger(&test_ann, group.text);
    (void)open_direct(&test_bob, &test_ann, "two");
    /* In steps a card is left alone. */
    expect_rev(group.text, test_store_is_in_steps(&store) ? "1" : "2");
    test_check(&store);
}

Test(cards, a_group_that_was_removed_keeps_its_members)
{
    must_succeed(open_of_three(&test_cem, "one", TEST_ERROR));
    remove_group(GROUP);
    cr_assert_eq(uproot(inbox_of(&test_cem), GROUP), 1);
    cruddur_user other = test_user(7);
    must_fail(CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
              open_of_three(&other, TEST_SECRET, TEST_ERROR));
    must_succeed(open_of_three(&test_cem, "two", TEST_ERROR));
    test_check(&store);
}

/* An opening of a group that has no card puts none: nobody knows whether it has all members. */
Test(cards, groups_without_one_stay_as_they_are)
{
    group_id group = open_direct(&test_ann, &test_bob, "one");
    cr_arena arena = CR_ARENA_INIT;
    uproot_card(&group);
    (void)open_direct(&test_bob, &test_ann, "two");
    say(&test_ann, &group, "three");
    cr_row row = read_card(group.text, &arena);
    cr_assert(!cr_row_exists(&row));
    cr_arena_free(&arena);
    test_check(&store);
}
