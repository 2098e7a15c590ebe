/* SPDX-License-Identifier: MIT */
/* What changes of messages put for watchers; and messages that other programs wrote or changed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "planted.h"
#include "said.h"
#include "support/raw.h"

CONFORMANCE_SUITE(change_rows);

#define WEEK_US INT64_C(604800000000)

/* ---- rows ---- */

static cr_arena arena;

static cr_row change_row(const group_id *group, const char *sk)
{
    cr_row row;
    const cr_key key = {cr_str_of(planted_text("CHG#%s", group->text)), cr_str_of(sk)};
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    return row;
}

/* `number` is the last one; NULL: nothing was counted yet. */
static void expect_counter(const group_id *group, const char *number)
{
    cr_row row = change_row(group, "COUNTER");
    cr_assert_eq(cr_row_exists(&row), number != NULL);
    if (number != NULL) {
        cr_row next = change_row(group, planted_text("%020d", atoi(number) + 1));
        cr_assert(cr_str_equal(row.value[CR_REV], cr_str_of(number)));
        cr_assert_not(cr_row_exists(&next));
    }
}

/* The attributes that only change rows have, in either order. */
static void expect_others(const cr_row *row, const char *time, const char *what)
{
    char text[200];
    char turned[200];
    (void)snprintf(text, sizeof(text), "{\"change\":{\"S\":\"%s\"},\"message_sk\":{\"S\":\"%s\"}}",
                   what, time);
    (void)snprintf(turned, sizeof(turned),
                   "{\"message_sk\":{\"S\":\"%s\"},\"change\":{\"S\":\"%s\"}}", time, what);
    cr_assert(cr_str_equal(row->value[CR_OTHERS], cr_str_of(text)) ||
                  cr_str_equal(row->value[CR_OTHERS], cr_str_of(turned)),
              "%s", row->value[CR_OTHERS].data);
}

/* The change row of this number tells of the message as it is after it. */
static void expect_change(const group_id *group, int number, const said *after, const char *what)
{
    int64_t end_s = 0;
    char time[CRUDDUR_TIME_SIZE];
    cr_row row = change_row(group, planted_text("%020d", number));
    cr_assert(cr_row_exists(&row), "there is no change %d", number);
    must_succeed(cruddur_time_format(after->created_at_us, time, TEST_ERROR));
    expect_others(&row, time, what);
    cr_assert(cr_str_equal(row.value[CR_VERSION], cr_str_of(after->version)));
    cr_assert_eq(sscanf(row.value[CR_EXPIRES_AT].data, "%" SCNd64, &end_s), 1);
    int64_t left_us = end_s * 1000000 - cruddur_time_now_us();
    cr_assert(left_us <= WEEK_US && left_us > WEEK_US - INT64_C(3600000000));
    cr_assert(row.value[CR_TEXT].data == NULL && row.value[CR_GROUP_UUID].data == NULL);
}

Test(change_rows, are_numbered)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said first = last_said(&group);
    said second = say_named(&test_ann, &group, "two", 0);
    expect_counter(&group, NULL);
    said edited = edit_it(&test_ann, &group, &first, "one!", NULL, true);
    said reacted = react_to_it(&test_bob, &group, &second, "+", true, true);
    said deleted = delete_it(&test_ann, &group, &second, true);
    said taken_back = react_to_it(&test_bob, &group, &first, "+", true, true);
    expect_change(&group, 1, &edited, "edit");
    expect_change(&group, 2, &reacted, "react");
    expect_change(&group, 3, &deleted, "delete");
    expect_change(&group, 4, &taken_back, "react");
    expect_counter(&group, "4");
    test_store_settle(&store);
    test_check(&store);
    cr_arena_free(&arena);
}

Test(change_rows, are_not_put_for_nothing)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    (void)edit_it(&test_ann, &group, &message, "one", NULL, false);
    (void)react_to_it(&test_bob, &group, &message, "+", false, false);
    expect_counter(&group, NULL);
    (void)delete_it(&test_ann, &group, &message, true);
    (void)delete_it(&test_ann, &group, &message, false);
    expect_counter(&group, "1");
    say(&test_ann, &group, "two");
    expect_counter(&group, "1");
    test_store_settle(&store);
    test_check(&store);
    cr_arena_free(&arena);
}

Test(change_rows, of_each_group_have_a_counter)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    group_id other = open_direct(&test_ann, &test_cem, "one");
    said message = last_said(&group);
    said elsewhere = last_said(&other);
    (void)edit_it(&test_ann, &group, &message, "two", NULL, true);
    (void)edit_it(&test_ann, &other, &elsewhere, "two", NULL, true);
    expect_counter(&group, "1");
    expect_counter(&other, "1");
    test_store_settle(&store);
    test_check(&store);
    cr_arena_free(&arena);
}

/* No list shows them; a scan does. */
Test(change_rows, are_in_no_list)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    (void)edit_it(&test_ann, &group, &message, "two", NULL, true);
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    expect_messages(page, "two ");
    cruddur_msg_page_free(page);
    expect_preview(&test_bob, "two");
    cr_assert_eq(test_check_count(&store, "messages"), 1);
    test_check(&store);
}

/* A counter that another program has put is no number to go on from. */
Test(change_rows, with_a_damaged_counter)
{
    needs_transactions();
    group_id group = open_direct(&test_ann, &test_bob, "one");
    said message = last_said(&group);
    cruddur_msg_options options = known_time(&message);
    const planted rows[] = {{{[CR_PK] = planted_text("CHG#%s", group.text),
                              [CR_SK] = "COUNTER",
                              [CR_REV] = "99999999999999999999"}}};
    test_store_settle(&store);
    plant(rows, 1);
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_msg_edit(store.dm, test_ann.uuid, group.text, message.uuid, TEST_SECRET,
                               &options, NULL, NULL, TEST_ERROR));
    expect_text(&group, &message, "one");
    expect_planted(rows, 1);
}

/* ---- messages of other programs ---- */

#define STRANGE_SK "2020-01-01T02:00:10+02:00" /* second 10 */

/* A key of an older form, and attributes that the library does not know. */
static void plant_strange(const group_id *group, const char *sk, const char *uuid)
{
    const planted rows[] = {{{[CR_PK] = planted_text("MSG#%s", group->text),
                              [CR_SK] = sk,
                              [CR_TEXT] = "strange",
                              [CR_MESSAGE_UUID] = uuid,
                              [CR_USER_UUID] = test_ann.uuid,
                              [CR_DISPLAY_NAME] = "Ann",
                              [CR_HANDLE] = "ann",
                              [CR_OTHERS] = "{\"mood\":{\"S\":\"good\"}}"}}};
    plant(rows, 1);
}

Test(change_rows, of_a_key_of_another_form)
{
    needs_transactions();
    static const char *const keys[] = {STRANGE_SK, "2020-01-01T00:00:10", "2020-01-01T00:00:10Z",
                                       "2020-01-01T00:00:10.000+00:00",
                                       "2019-12-31T19:00:10.000000-05:00"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        cruddur_user other = test_user(i);
        group_id group = open_direct_at(&test_ann, &other, "m0", AT_SECOND(0));
        said message = {.created_at_us = AT_SECOND(10)};
        (void)snprintf(message.uuid, sizeof(message.uuid), "12345678-0000-4000-8000-0000000000d%zu",
                       i);
        plant_strange(&group, keys[i], message.uuid);
        say_at(&test_ann, &group, "m1", AT_SECOND(86400 * 3));
        (void)edit_it(&test_ann, &group, &message, "edited", NULL, true);
        expect_text(&group, &message, "edited");
        cr_arena row_arena = CR_ARENA_INIT;
        cr_row row;
        const cr_key key = {cr_str_of(planted_text("MSG#%s", group.text)), cr_str_of(keys[i])};
        must_succeed(raw_get_row(store.dm, key, &row_arena, &row));
        cr_assert(cr_str_equal(row.value[CR_TEXT], cr_str_of("edited")));
        cr_assert(cr_str_equal(row.value[CR_OTHERS], cr_str_of("{\"mood\":{\"S\":\"good\"}}")));
        cr_arena_free(&row_arena);
    }
}

/* ---- displaced rows ---- */

/* Where Ann's inbox has another row at the message's key, hers is displaced: its preview changes
 * where it is. */
Test(change_rows, with_a_displaced_row)
{
    needs_transactions();
    if (test_store_is_streamed(&store)) {
        cr_skip_test("tests/stream displaces rows of a processor");
    }
    group_id group = open_direct_at(&test_ann, &test_bob, "m0", AT_SECOND(0));
    const char *inbox = planted_text("GRP#%s", test_ann.uuid);
    const planted rows[] = {{{[CR_PK] = inbox, [CR_SK] = planted_key(1), [CR_TEXT] = "note"}}};
    plant(rows, 1);
    said message = say_named(&test_ann, &group, "m1", AT_SECOND(1));
    (void)edit_it(&test_ann, &group, &message, "edited", NULL, true);
    expect_preview(&test_ann, "edited");
    expect_preview(&test_bob, "edited");
    (void)delete_it(&test_ann, &group, &message, true);
    expect_preview(&test_ann, "");
    expect_planted(rows, 1);
    check_beside(1);
}

/* ---- groups without a card ---- */

Test(change_rows, in_a_group_without_a_card)
{
    needs_transactions();
    group_id group = open_large(3, NULL, "one");
    cruddur_user author = test_user(0);
    cruddur_user reader = test_user(2);
    said message = say_named(&author, &group, "two", 0);
    test_store_settle(&store);
    uproot_card(&group);
    (void)edit_it(&author, &group, &message, "two!", NULL, true);
    expect_preview(&reader, "two!");
    (void)react_to_it(&reader, &group, &message, "+", true, true);
    (void)delete_it(&author, &group, &message, true);
    expect_preview(&reader, "");
    test_check(&store);
}

/* A member whose row was lost gets it back with the change. */
Test(change_rows, restore_a_lost_row)
{
    needs_transactions();
    group_id group = open_large(3, "Three", "one");
    cruddur_user author = test_user(0);
    cruddur_user reader = test_user(2);
    said message = last_said(&group);
    test_store_settle(&store);
    cr_assert_eq(uproot(planted_text("GRP#%s", reader.uuid), group.text), 1);
    (void)edit_it(&author, &group, &message, "one!", NULL, true);
    expect_preview(&reader, "one!");
    test_check(&store);
}

/* One change has no room for all rows of the largest group where they are behind: the rest goes
 * with it all the same. */
Test(change_rows, in_the_largest_group)
{
    needs_transactions();
    group_id group = open_large(CRUDDUR_MEMBERS_MAX, "Largest", "one");
    cruddur_user author = test_user(0);
    said message = say_named(&author, &group, "two", 0); /* in mode stream no row follows yet */
    (void)edit_it(&author, &group, &message, "two!", NULL, true);
    cr_assert_eq(count_unsettled(NULL, group.text), CRUDDUR_MEMBERS_MAX);
    test_store_settle(&store);
    test_check(&store);
}
