/* SPDX-License-Identifier: MIT */
/* cruddur_check(): each way to break a table is found under its name; what the rules can repair is
 * repaired, and the rest stays as it is. */
#include "checked.h"
#include "planted.h"

#include <stdio.h>
#include <string.h>

#include "support/raw.h"

CONFORMANCE_SUITE(check);

/* ---- a table in order ---- */

Test(check, a_table_in_order)
{
    group_id groups[5];
    open_many(groups, 5);
    group_id large = open_large(5, "name", "g0");
    say(&test_ann, &groups[1], "g1");
    say(&test_ann, &groups[1], TEST_SECRET);
    cruddur_user first = test_user(0);
    say(&first, &large, "g2");
    if (!test_store_is_in_steps(&store)) {
        must_succeed(cruddur_group_mark_read(store.dm, test_user(2).uuid, groups[2].text, NULL,
                                             NULL, TEST_ERROR));
        cruddur_set_options set = CRUDDUR_SET_OPTIONS_INIT;
        set.hidden = CRUDDUR_SWITCH_ON;
        must_succeed(
            cruddur_group_set(store.dm, test_ann.uuid, groups[3].text, &set, NULL, TEST_ERROR));
        must_succeed(cruddur_group_add_members(store.dm, first.uuid, large.text, &test_ann, 1, NULL,
                                               NULL, TEST_ERROR));
    }
    test_store_settle(&store);
    told heard = check_table(0);
    cr_assert_str_eq(heard.kinds, "");
    cr_assert_eq(heard.last.groups, 6);
    cr_assert_eq(heard.last.messages, 9);
    cr_assert_eq(heard.last.cards, 6);
    cr_assert_eq(heard.last.breaches, 0);
    cr_assert_eq(heard.last.rows, heard.last.messages + heard.last.group_rows + heard.last.cards +
                                      heard.last.claims + heard.last.changes);
    cr_assert_gt(heard.last.message_bytes, heard.last.messages * 100);
    test_check(&store);
}

/* ---- each way to break it ---- */

/* The direct group of Ann and Bob: "m0" at second 0, "m1" at second 1. */
static group_id direct;
static const char *ann_pk, *bob_pk, *messages_pk, *card_pk;

static void open_group(void)
{
    direct = open_with_messages(2);
    ann_pk = planted_text("GRP#%s", test_ann.uuid);
    bob_pk = planted_text("GRP#%s", test_bob.uuid);
    messages_pk = planted_text("MSG#%s", direct.text);
    card_pk = planted_text("CARD#%s", direct.text);
    test_store_settle(&store);
}

static void put_row(const char *pk, const cruddur_user *other, int64_t second, const char *text)
{
    const planted row = {{[CR_PK] = pk,
                          [CR_SK] = planted_key(second),
                          [CR_GROUP_UUID] = direct.text,
                          [CR_TEXT] = text,
                          [CR_USER_UUID] = other->uuid,
                          [CR_DISPLAY_NAME] = other->display_name,
                          [CR_HANDLE] = other->handle,
                          [CR_VERSION] = "0123456789abcdef",
                          [CR_REV] = "1"}};
    plant(&row, 1);
}

static void lose_row(void)
{
    cr_assert_eq(uproot(ann_pk, direct.text), 1);
}

static void lose_all_rows(void)
{
    lose_row();
    cr_assert_eq(uproot(bob_pk, direct.text), 1);
}

static void double_row(void)
{
    put_row(ann_pk, &test_bob, 0, "m0");
}

static void age_row(void)
{
    reword(ann_pk, direct.text, CR_SK, planted_key(0));
}

static void age_all_rows(void)
{
    age_row();
    reword(bob_pk, direct.text, CR_SK, planted_key(0));
}

static void advance_row(void)
{
    reword(ann_pk, direct.text, CR_SK, planted_key(9));
}

static void advance_all_rows(void)
{
    advance_row();
    reword(bob_pk, direct.text, CR_SK, planted_key(9));
}

static void advance_row_and_lose_other(void)
{
    advance_row();
    cr_assert_eq(uproot(bob_pk, direct.text), 1);
}

/* Its message may still come. */
static void advance_to_now(void)
{
    char key[CRUDDUR_TIME_SIZE];
    must_succeed(cruddur_time_format(cruddur_time_now_us(), key, TEST_ERROR));
    reword(ann_pk, direct.text, CR_SK, planted_text("%s", key));
}

static void add_stranger(void)
{
    put_row(planted_text("GRP#%s", test_cem.uuid), &test_ann, 1, "m1");
}

static void change_preview(void)
{
    reword(ann_pk, direct.text, CR_TEXT, TEST_SECRET);
}

static void end_preview(void)
{
    reword(ann_pk, direct.text, CR_HEAD_EXPIRES_AT, "9999999999");
}

static void show_history(void)
{
    reword(ann_pk, direct.text, CR_VISIBLE_SK, planted_text("%s!", planted_key(1)));
}

static void read_nonsense(void)
{
    reword(ann_pk, direct.text, CR_READ_SK, "soon");
}

static void read_future(void)
{
    reword(ann_pk, direct.text, CR_READ_SK, planted_key(7));
}

static void hide_future(void)
{
    reword(ann_pk, direct.text, CR_VISIBLE_SK, planted_key(7));
}

static void hide_nonsense(void)
{
    reword(ann_pk, direct.text, CR_VISIBLE_SK, "2020-01-01T00:00:00.000000+00:00?");
}

static void displace_nonsense(void)
{
    reword(ann_pk, direct.text, CR_HEAD_SK, planted_key(7));
}

static void name_stranger(void)
{
    reword(ann_pk, direct.text, CR_USER_UUID, test_cem.uuid);
}

static void list_stranger(void)
{
    const char *first = strcmp(test_ann.uuid, test_cem.uuid) < 0 ? test_ann.uuid : test_cem.uuid;
    const char *last = first == test_ann.uuid ? test_cem.uuid : test_ann.uuid;
    char list[80];
    (void)snprintf(list, sizeof(list), "%s,%s", first, last);
    reword(ann_pk, direct.text, CR_MEMBER_UUIDS, list);
}

static void lose_card(void)
{
    uproot_card(&direct);
}

static void damage_card(void)
{
    strip(card_pk, NULL, CR_REV);
}

static void change_rev(void)
{
    reword(ann_pk, direct.text, CR_REV, "7");
}

static void name_row(void)
{
    reword(ann_pk, direct.text, CR_GROUP_NAME, "name");
}

static void block_by_stranger(void)
{
    reword(card_pk, NULL, CR_BLOCKED, test_cem.uuid);
}

static void lose_messages(void)
{
    cr_assert_eq(uproot(messages_pk, NULL), 2);
}

static void lose_rows_and_messages(void)
{
    lose_all_rows();
    lose_messages();
}

static void put_message(const char *sk)
{
    const planted row = {{[CR_PK] = messages_pk,
                          [CR_SK] = sk,
                          [CR_TEXT] = "m",
                          [CR_MESSAGE_UUID] = "12345678-0000-4000-8000-00000000000a",
                          [CR_USER_UUID] = test_ann.uuid,
                          [CR_DISPLAY_NAME] = test_ann.display_name,
                          [CR_HANDLE] = test_ann.handle}};
    plant(&row, 1);
}

static void add_old_key(void)
{
    put_message("2019-12-31T10:00:00+02:00");
}

static void disturb_order(void)
{
    put_message("2020-01-01T00:00:00.500000+01:00");
}

static void add_claim(const char *others)
{
    const planted row = {{[CR_PK] = "CLAIM#12345678-0000-4000-8000-00000000000a",
                          [CR_SK] = "CLAIM",
                          [CR_USER_UUID] = test_ann.uuid,
                          [CR_OTHERS] = others}};
    plant(&row, 1);
}

static void claim_at(int64_t second, const char *more)
{
    char others[200];
    (void)snprintf(others, sizeof(others),
                   "{\"group_uuid\":{\"S\":\"%s\"},\"message_sk\":{\"S\":\"%s\"}%s}", direct.text,
                   planted_key(second), more);
    add_claim(others);
}

/* Puts the first message once more, at another key, with another text unless it is NULL. Its uuid
 * has a claim, which leads to the message of this second. */
static void put_again(const char *sk, const char *text, int64_t claimed)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row;
    const cr_key key = {cr_str_of(messages_pk), cr_str_of(planted_key(0))};
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    must_succeed(raw_remove_row(store.dm, &row));
    row.value[CR_MESSAGE_UUID] = cr_str_of("12345678-0000-4000-8000-00000000000a");
    must_succeed(raw_put_row(store.dm, &row));
    row.value[CR_SK] = cr_str_of(sk);
    row.value[CR_TEXT] = text == NULL ? row.value[CR_TEXT] : cr_str_of(text);
    row.value[CR_VERSION] = cr_str_of("fedcba9876543210");
    must_succeed(raw_put_row(store.dm, &row));
    cr_arena_free(&arena);
    if (strncmp(store.url, "sqlite:", 7) != 0) { /* which finds messages by their uuids */
        claim_at(claimed, "");
    }
}

/* Between the two messages of the group. */
#define HALF_A_SECOND "2020-01-01T00:00:00.500000+00:00"

static void double_message(void)
{
    put_again(HALF_A_SECOND, NULL, 0);
}

static void double_other_message(void)
{
    put_again(HALF_A_SECOND, TEST_SECRET, 0);
}

static void double_newest_message(void)
{
    put_again(planted_key(5), NULL, 5);
}

static void damage_claim(void)
{
    add_claim("{\"group_uuid\":{\"S\":\"nonsense\"}}");
}

static void claim_other_message(void)
{
    claim_at(0, "");
}

static void claim_of_other_author(void)
{
    reword(messages_pk, NULL, CR_USER_UUID, test_bob.uuid);
    const char *uuid = "12345678-0000-4000-8000-00000000000a";
    cr_arena arena = CR_ARENA_INIT;
    cr_row row;
    const cr_key key = {cr_str_of(messages_pk), cr_str_of(planted_key(0))};
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    must_succeed(raw_remove_row(store.dm, &row));
    row.value[CR_MESSAGE_UUID] = cr_str_of(uuid);
    must_succeed(raw_put_row(store.dm, &row));
    cr_arena_free(&arena);
    claim_at(0, "");
}

static void claim_nothing(void)
{
    claim_at(5, "");
}

static void claim_ahead(void)
{
    claim_at(5, ",\"ahead\":{\"BOOL\":true}");
}

static void change_without_counter(void)
{
    const char *pk = planted_text("CHG#%s", direct.text);
    const planted row = {{[CR_PK] = pk,
                          [CR_SK] = "00000000000000000003",
                          [CR_VERSION] = "0123456789abcdef",
                          [CR_EXPIRES_AT] = "9999999999"}};
    (void)uproot(pk, NULL); /* what is told of the opening */
    plant(&row, 1);
}

static void change_beyond_counter(void)
{
    const planted row = {
        {[CR_PK] = planted_text("CHG#%s", direct.text), [CR_SK] = "COUNTER", [CR_REV] = "2"}};
    change_without_counter();
    plant(&row, 1);
}

static void change_up_to_counter(void)
{
    const planted row = {
        {[CR_PK] = planted_text("CHG#%s", direct.text), [CR_SK] = "COUNTER", [CR_REV] = "3"}};
    change_without_counter();
    plant(&row, 1);
}

static void add_foreign_row(void)
{
    const planted rows[] = {
        {{[CR_PK] = messages_pk, [CR_SK] = "META", [CR_TEXT] = "a note"}},
        {{[CR_PK] = "ORDER#1", [CR_SK] = "1", [CR_TEXT] = "of a shop"}},
    };
    plant(rows, 2);
}

/* As the original application's handler does it. */
static void move_as_original(void)
{
    strip(ann_pk, direct.text, CR_REV);
    strip(ann_pk, direct.text, CR_VERSION);
}

typedef struct way {
    void (*break_it)(void);
    const char *found;
    const char *repaired; /* what the repair says */
    bool is_whole;        /* then the table is in order */
} way;

static const way ways[] = {
    {lose_row, "row_missing ", "+row_missing ", true},
    {lose_all_rows, "row_missing row_missing ", "+row_missing +row_missing ", true},
    {double_row, "row_doubled ", "+row_doubled ", true},
    {age_row, "row_stale ", "+row_stale ", true},
    {age_all_rows, "row_stale row_stale ", "+row_stale +row_stale ", true},
    {advance_row, "row_ahead ", "+row_ahead ", true},
    {advance_all_rows, "row_ahead row_ahead ", "+row_ahead +row_ahead ", true},
    {advance_row_and_lose_other, "row_missing row_ahead ", "+row_missing +row_ahead ", true},
    {advance_to_now, "row_ahead ", "row_ahead ", false},
    {add_stranger, "row_stray ", "+row_stray ", true},
    {change_preview, "preview_wrong ", "+preview_wrong ", true},
    {end_preview, "preview_wrong ", "+preview_wrong ", true},
    {show_history, "preview_wrong ", "+preview_wrong ", true},
    {read_nonsense, "read_sk_impossible ", "+read_sk_impossible ", true},
    {read_future, "read_sk_impossible ", "+read_sk_impossible ", true},
    {hide_future, "visible_sk_impossible ", "+visible_sk_impossible ", true},
    {hide_nonsense, "visible_sk_impossible ", "+visible_sk_impossible ", true},
    {displace_nonsense, "head_sk_impossible ", "+head_sk_impossible ", true},
    {name_stranger, "members_differ ", "+members_differ ", true},
    {list_stranger, "members_differ ", "+members_differ ", true},
    {lose_card, "card_missing ", "+card_missing ", true},
    {damage_card, "card_damaged ", "card_damaged ", false},
    {change_rev, "card_contradicted ", "+card_contradicted ", true},
    {name_row, "card_contradicted ", "+card_contradicted ", true},
    {block_by_stranger, "card_contradicted card_contradicted card_contradicted ",
     "card_contradicted +card_contradicted +card_contradicted ", false},
    {lose_messages, "messages_gone ", "messages_gone ", false},
    {lose_rows_and_messages, "card_unused ", "card_unused ", false},
    {add_old_key, "key_not_canonical ", "key_not_canonical ", false},
    {disturb_order, "key_not_canonical key_out_of_order ", "key_not_canonical key_out_of_order ",
     false},
    {double_message, "message_doubled ", "+message_doubled ", true},
    {double_newest_message, "message_doubled row_stale row_stale ",
     "message_doubled +row_stale +row_stale ", false},
    {double_other_message, "message_doubled ", "message_doubled ", false},
    {damage_claim, "claim_damaged ", "claim_damaged ", false},
    {claim_other_message, "claim_contradicted ", "claim_contradicted ", false},
    {claim_of_other_author, "claim_contradicted ", "claim_contradicted ", false},
    {claim_nothing, "claim_unused ", "claim_unused ", false},
    {claim_ahead, "", "", false},
    {change_without_counter, "changes_contradicted ", "changes_contradicted ", false},
    {change_beyond_counter, "changes_contradicted ", "changes_contradicted ", false},
    {change_up_to_counter, "", "", false},
    {add_foreign_row, "foreign_row ", "foreign_row ", false},
    {move_as_original, "foreign_writer ", "foreign_writer ", true},
};

static void break_and_check(const way *broken)
{
    open_group();
    broken->break_it();
    told heard = check_table(0);
    cr_assert_str_eq(heard.kinds, broken->found);
    if (test_store_is_in_steps(&store)) {
        return;
    }
    told repaired = check_table(CRUDDUR_CHECK_REPAIR);
    cr_assert_str_eq(repaired.kinds, broken->repaired);
    cr_assert_eq(repaired.last.breaches, heard.last.breaches);
    told again = check_table(CRUDDUR_CHECK_REPAIR);
    cr_assert_eq(again.last.repaired, 0, "%s is repaired again: %s", broken->found, again.kinds);
    cr_assert_eq(again.last.breaches, heard.last.breaches - repaired.last.repaired);
    if (broken->is_whole) {
        test_check(&store);
    }
}

/* Each in a store of its own. */
Test(check, finds_and_repairs_each_way_to_break_a_table)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (i > 0) {
            suite_end();
            suite_begin();
        }
        bool is_mended =
            test_store_is_streamed(&store) && ways[i].break_it == double_newest_message;
        if (!is_mended) { /* by the processor, which moves the rows to that message */
            break_and_check(&ways[i]);
        }
    }
}
