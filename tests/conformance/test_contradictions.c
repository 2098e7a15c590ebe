/* SPDX-License-Identifier: MIT */
/* Cards that are damaged, of another generation than the rows, or contradict them; claims whose
 * message is gone. The card alone decides; what cannot be decided is told, and nothing is written.
 */
#include "planted.h"

#include <stdio.h>
#include <string.h>

#include "model/card.h"
#include "support/raw.h"

CONFORMANCE_SUITE(contradictions);

#define GROUP "12345678-0000-4000-8000-000000000001"
#define UUID "2ed6657d-e927-468b-95e1-2665a8aea6a2"
#define REMOVED "{\"removed\":{\"BOOL\":true}}"

static const char *inbox_of(const cruddur_user *user)
{
    return planted_text("GRP#%s", user->uuid);
}

static const char *talk_of(const char *group)
{
    return planted_text("MSG#%s", group);
}

static const char *card_of(const char *group)
{
    return planted_text("CARD#%s", group);
}

static bool are_claims_rows(void)
{
    return strncmp(store.url, "dynamodb:", strlen("dynamodb:")) == 0;
}

/* Lists are sorted. */
static const char *list_of(const cruddur_user *const *users, size_t count)
{
    static char lists[8][CRUDDUR_MEMBERS_MAX * CRUDDUR_UUID_SIZE];
    static size_t used;
    cr_arena arena = CR_ARENA_INIT;
    cr_members members = {0};
    for (size_t i = 0; i < count; i++) {
        cr_uuid uuid;
        cr_assert(cr_uuid_parse(cr_str_of(users[i]->uuid), &uuid));
        cr_assert(cr_members_add(&members, &uuid));
    }
    cr_str list = cr_members_join(&members, &arena);
    char *kept = lists[used++ % 8];
    (void)snprintf(kept, sizeof(lists[0]), "%.*s", CR_STR_ARGS(list));
    cr_arena_free(&arena);
    return kept;
}

static void reword_card(const char *group, cr_attribute attribute, const char *value)
{
    reword(card_of(group), NULL, attribute, value);
}

static cruddur_status open_three(const char *text, const cruddur_create_options *given,
                                 cruddur_error **error)
{
    const cruddur_user others[] = {test_bob, test_cem};
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options = given == NULL ? options : *given;
    options.group_uuid = GROUP;
    return cruddur_group_create(store.dm, &test_ann, others, 2, text, &options, NULL, error);
}

/* ---- what each call says ---- */

static void refused_with(cruddur_status expected, const char *argument, const cruddur_user *user,
                         const char *group)
{
    cruddur_msg_page *page = NULL;
    cruddur_group *found = NULL;
    cruddur_members *members = NULL;
    must_fail(expected, argument,
              cruddur_msg_list(store.dm, user->uuid, group, NULL, &page, TEST_ERROR));
    must_fail(expected, argument,
              cruddur_group_get(store.dm, user->uuid, group, NULL, &found, TEST_ERROR));
    must_fail(expected, argument,
              cruddur_group_members(store.dm, user->uuid, group, NULL, &members, TEST_ERROR));
    must_fail(expected, argument,
              cruddur_msg_append(store.dm, user, group, TEST_SECRET, NULL, NULL, TEST_ERROR));
}

static void expect_stranger(const cruddur_user *user, const char *group)
{
    refused_with(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", user, group);
}

static void expect_members(const cruddur_user *viewer, const char *group, size_t count)
{
    cruddur_members *members = NULL;
    must_succeed(cruddur_group_members(store.dm, viewer->uuid, group, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), count, "%zu members",
                 cruddur_members_count(members));
    cruddur_members_free(members);
}

static size_t count_rows(void)
{
    cruddur_row_page *page = NULL;
    must_succeed(cruddur_scan(store.dm, NULL, &page, TEST_ERROR));
    size_t count = cruddur_row_page_count(page);
    cruddur_row_page_free(page);
    return count;
}

static cr_row read_card(const char *group, cr_arena *arena)
{
    cr_row row;
    const cr_key key = {cr_str_of(card_of(group)), cr_str_of(CR_CARD_SK)};
    must_succeed(raw_get_row(store.dm, key, arena, &row));
    return row;
}

static cr_row read_group_row(const cruddur_user *user, cr_arena *arena)
{
    cr_row row;
    const char *pk = inbox_of(user);
    test_store_settle(&store);
    const cr_key key = {cr_str_of(pk), cr_str_of(newest_key(pk))};
    must_succeed(raw_get_row(store.dm, key, arena, &row));
    return row;
}

static void expect_row_rev(const cruddur_user *user, const char *rev)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = read_group_row(user, &arena);
    cr_assert(cr_str_equal(row.value[CR_REV], cr_str_of(rev)), "rev %s instead of %s",
              row.value[CR_REV].data, rev);
    cr_arena_free(&arena);
}

/* ---- damaged cards ---- */

static const struct damage {
    cr_attribute attribute;
    const char *value;
} damages[] = {
    {CR_MEMBER_UUIDS, NULL},
    {CR_MEMBER_UUIDS, "x"},
    {CR_MEMBER_UUIDS, "00000000-0000-4000-8000-000000000001"},
    {CR_REV, NULL},
    {CR_REV, "0"},
    {CR_REV, "-1"},
    {CR_REV, "99999999999999999999"},
};

/* Also where all rows are healthy: the card is read with each look. */
Test(contradictions, damaged_cards_are_told)
{
    must_succeed(open_three("one", NULL, TEST_ERROR));
    test_store_settle(&store);
    cr_arena arena = CR_ARENA_INIT;
    cr_row card = read_card(GROUP, &arena);
    size_t rows = count_rows();
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        cr_row damaged = card;
        damaged.value[damages[i].attribute] = cr_str_of(damages[i].value);
        must_succeed(raw_remove_row(store.dm, &card));
        must_succeed(raw_put_row(store.dm, &damaged));
        refused_with(CRUDDUR_E_STORE_DAMAGED, NULL, &test_ann, GROUP);
        must_fail(CRUDDUR_E_STORE_DAMAGED, NULL, open_three(TEST_SECRET, NULL, TEST_ERROR));
        cr_assert_eq(count_rows(), rows);
        must_succeed(raw_remove_row(store.dm, &damaged));
        must_succeed(raw_put_row(store.dm, &card));
    }
    cr_arena_free(&arena);
    const group_id group = {GROUP};
    say(&test_bob, &group, "two");
    test_store_settle(&store);
    test_check(&store);
}

/* ---- rows of another generation ---- */

static void mend_generation(const char *rev_of_card)
{
    const group_id group = {GROUP};
    cruddur_user former = test_user(7);
    must_succeed(open_three("one", NULL, TEST_ERROR));
    test_store_settle(&store);
    reword_card(GROUP, CR_REV, rev_of_card);
    const planted rows[] = {{{[CR_PK] = inbox_of(&former),
                              [CR_SK] = "2019-01-01T00:00:00.000000+00:00",
                              [CR_GROUP_UUID] = GROUP,
                              [CR_USER_UUID] = test_ann.uuid,
                              [CR_TEXT] = "one",
                              [CR_REV] = "1"}}};
    plant(rows, 1);
    expect_stranger(&former, GROUP);
    expect_members(&test_bob, GROUP, 3);
    say(&test_bob, &group, "two");
    cruddur_msg_page *page = list_messages(&test_cem, &group, NULL);
    cr_assert_str_eq(texts_of_messages(page).all, "two one ");
    cruddur_msg_page_free(page);
    expect_stranger(&former, GROUP);
    if (!test_store_is_in_steps(&store)) {
        expect_row_rev(&test_ann, rev_of_card);
        expect_row_rev(&test_bob, rev_of_card);
        expect_row_rev(&test_cem, rev_of_card);
        cr_assert_eq(count_in(inbox_of(&former), GROUP), 0);
        test_check(&store);
    }
}

/* Somebody was removed; the rows are of the time before. */
Test(contradictions, rows_of_an_older_generation)
{
    mend_generation("7");
}

/* A card was put back as it had been. */
Test(contradictions, rows_of_a_later_generation)
{
    must_succeed(open_three("zero", NULL, TEST_ERROR));
    test_store_settle(&store);
    reword(NULL, GROUP, CR_REV, "9");
    expect_members(&test_ann, GROUP, 3);
    const group_id group = {GROUP};
    say(&test_cem, &group, "two");
    if (!test_store_is_in_steps(&store)) {
        expect_row_rev(&test_ann, "1");
        expect_row_rev(&test_cem, "1");
        test_check(&store);
    }
}

/* ---- cards that contradict the rows ---- */

/* The card names one more than the rows: that one has everything, and gets a row. */
Test(contradictions, a_card_that_names_more_than_the_rows)
{
    const group_id group = {GROUP};
    cruddur_user fourth = test_user(7);
    const cruddur_user *all[] = {&test_ann, &test_bob, &test_cem, &fourth};
    must_succeed(open_three("one", NULL, TEST_ERROR));
    test_store_settle(&store);
    reword_card(GROUP, CR_MEMBER_UUIDS, list_of(all, 4));
    expect_members(&fourth, GROUP, 4);
    cruddur_msg_page_free(list_messages(&fourth, &group, NULL));
    say(&fourth, &group, "two");
    cr_assert_eq(count_in(inbox_of(&fourth), GROUP), 1);
    cr_assert_eq(count_in(inbox_of(&test_ann), GROUP), 1);
    test_check(&store);
}

/* The card names one less: that one's healthy row, and the lists of all rows, prove nothing. */
Test(contradictions, a_card_that_names_fewer_than_the_rows)
{
    const group_id group = {GROUP};
    const cruddur_user *two[] = {&test_ann, &test_bob};
    must_succeed(open_three("one", NULL, TEST_ERROR));
    test_store_settle(&store);
    reword_card(GROUP, CR_MEMBER_UUIDS, list_of(two, 2));
    expect_stranger(&test_cem, GROUP);
    expect_members(&test_ann, GROUP, 2);
    say(&test_ann, &group, "two");
    cr_arena arena = CR_ARENA_INIT;
    if (count_in(inbox_of(&test_cem), GROUP) > 0) {
        cr_row row = read_group_row(&test_cem, &arena);
        cr_assert(!cr_str_equal(row.value[CR_TEXT], cr_str_of("two")), "a stranger got a message");
    }
    cr_arena_free(&arena);
    expect_stranger(&test_cem, GROUP);
}

/* Of a direct group, too, whose uuid says something else. */
Test(contradictions, a_card_that_contradicts_the_uuid)
{
    const cruddur_user *others[] = {&test_ann, &test_cem};
    group_id group = open_direct(&test_ann, &test_bob, "one");
    test_store_settle(&store);
    reword_card(group.text, CR_MEMBER_UUIDS, list_of(others, 2));
    expect_stranger(&test_bob, group.text);
    expect_members(&test_cem, group.text, 2);
    must_fail(CRUDDUR_E_GROUP_EXISTS, "options.group_uuid",
              cruddur_group_create(store.dm, &test_bob, &test_ann, 1, TEST_SECRET, NULL, NULL,
                                   TEST_ERROR));
}

/* ---- cards of groups that were removed ---- */

/* What a late request has left behind does not bring the group back. */
Test(contradictions, a_removed_group_with_rows)
{
    must_succeed(open_three("one", NULL, TEST_ERROR));
    test_store_settle(&store);
    reword_card(GROUP, CR_OTHERS, REMOVED);
    expect_stranger(&test_ann, GROUP);
    expect_stranger(&test_cem, GROUP);
    cr_assert_eq(uproot(talk_of(GROUP), NULL), 1);
    expect_stranger(&test_ann, GROUP);
}

Test(contradictions, a_removed_group_can_be_opened_again)
{
    if (test_store_is_in_steps(&store)) {
        cr_skip_test("in steps a card is not replaced");
    }
    must_succeed(open_three("one", NULL, TEST_ERROR));
    test_store_settle(&store);
    cr_assert_eq(uproot(talk_of(GROUP), NULL), 1);
    cr_assert_eq(uproot(NULL, GROUP), 3);
    reword_card(GROUP, CR_OTHERS, REMOVED);
    expect_stranger(&test_ann, GROUP);
    must_succeed(open_three("two", NULL, TEST_ERROR));
    cr_arena arena = CR_ARENA_INIT;
    cr_card card;
    cr_row row = read_card(GROUP, &arena);
    cr_assert(cr_card_read(&row, &card));
    cr_assert_eq(card.rev, 2);
    cr_assert(!card.is_removed);
    cr_arena_free(&arena);
    expect_members(&test_cem, GROUP, 3);
    test_check(&store);
}

/* ---- claims whose message is gone ---- */

static void skip_without_claims(void)
{
    if (!are_claims_rows()) {
        cr_skip_test("this engine keeps no claims");
    }
}

static cruddur_status repeat(const char *group, cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = UUID;
    return cruddur_msg_append(store.dm, &test_ann, group, TEST_SECRET, &options, NULL, error);
}

/* A claim that was made together with its message. */
static void plant_claim(const char *group, const char *sk)
{
    static char others[400];
    (void)snprintf(others, sizeof(others),
                   "{\"group_uuid\":{\"S\":\"%s\"},\"message_sk\":{\"S\":\"%s\"}}", group, sk);
    const planted rows[] = {{{[CR_PK] = planted_text("CLAIM#%s", UUID),
                              [CR_SK] = "CLAIM",
                              [CR_USER_UUID] = test_ann.uuid,
                              [CR_OTHERS] = others}}};
    plant(rows, 1);
}

/* The message's key is free, or has another message, or a foreign row. */
Test(contradictions, claims_without_their_message)
{
    skip_without_claims();
    group_id group = open_direct_at(&test_ann, &test_bob, "one", AT_SECOND(1));
    say_at(&test_bob, &group, "two", AT_SECOND(5));
    const planted foreign[] = {{{[CR_PK] = talk_of(group.text),
                                 [CR_SK] = planted_key(3),
                                 [CR_DISPLAY_NAME] = "neither text nor uuid"}}};
    plant(foreign, 1);
    const char *const keys[] = {planted_key(2), planted_key(5), planted_key(3)};
    for (size_t i = 0; i < 3; i++) {
        plant_claim(group.text, keys[i]);
        size_t rows = count_rows();
        must_fail(CRUDDUR_E_MESSAGE_GONE, "options.message_uuid", repeat(group.text, TEST_ERROR));
        cr_assert_eq(count_rows(), rows);
        cr_assert_eq(uproot(planted_text("CLAIM#%s", UUID), NULL), 1);
    }
}

/* The opening of a group that was removed since is not carried out again. */
Test(contradictions, claims_of_an_opening)
{
    skip_without_claims();
    if (test_store_is_in_steps(&store)) {
        cr_skip_test("nothing tells it from an opening that was interrupted");
    }
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.message_uuid = UUID;
    must_succeed(open_three("one", &options, TEST_ERROR));
    test_store_settle(&store);
    cr_assert_eq(uproot(talk_of(GROUP), NULL), 1);
    cr_assert_eq(uproot(NULL, GROUP), 3);
    reword_card(GROUP, CR_OTHERS, REMOVED);
    must_fail(CRUDDUR_E_MESSAGE_GONE, "options.message_uuid",
              open_three(TEST_SECRET, &options, TEST_ERROR));
    must_fail(CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid", repeat(GROUP, TEST_ERROR));
    cr_assert_eq(uproot(planted_text("CLAIM#%s", UUID), NULL), 1);
    must_succeed(open_three("two", NULL, TEST_ERROR));
    test_check(&store);
}
