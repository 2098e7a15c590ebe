/* SPDX-License-Identifier: MIT */
/* U+0000 in rows of other programs. C strings end there; what comes after it is shown all the same,
 * and stays in the table as it was. */
#include <string.h>

#include "planted.h"
#include "support/raw.h"

CONFORMANCE_SUITE(nul);

#define FFFD "\xef\xbf\xbd"
/* A literal with all its bytes. */
#define BYTES(literal) ((cr_str){literal, sizeof(literal) - 1})

#define GROUP_UUID "abcdef00-0000-4000-8000-00000000abcd"
#define ANN_PK "GRP#a0000000-0000-4000-8000-00000000000a"
#define BOB_PK "GRP#b0000000-0000-4000-8000-00000000000b"
#define CEM_PK "GRP#c0000000-0000-4000-8000-00000000000c"
#define GROUP_PK "MSG#" GROUP_UUID
#define SK "2020-01-01T00:00:00.000000+00:00"

static cr_row group_row(const char *pk, const cruddur_user *other, cr_str other_name)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(pk);
    row.value[CR_SK] = cr_str_of(SK);
    row.value[CR_GROUP_UUID] = cr_str_of(GROUP_UUID);
    row.value[CR_TEXT] = BYTES("\0one\0two\0");
    row.value[CR_USER_UUID] = cr_str_of(other->uuid);
    row.value[CR_DISPLAY_NAME] = other_name;
    row.value[CR_HANDLE] = BYTES("h\0h");
    row.value[CR_GROUP_NAME] = BYTES("We\0three");
    row.value[CR_MEMBER_UUIDS] = cr_str_of("a0000000-0000-4000-8000-00000000000a,"
                                           "b0000000-0000-4000-8000-00000000000b,"
                                           "c0000000-0000-4000-8000-00000000000c");
    row.value[CR_OTHERS] = BYTES("{\"x\":{\"S\":\"\\u0000y\"}}");
    return row;
}

static cr_row message_row(void)
{
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of(GROUP_PK);
    row.value[CR_SK] = cr_str_of(SK);
    row.value[CR_TEXT] = BYTES("\0one\0two\0");
    row.value[CR_MESSAGE_UUID] = BYTES("12345678-0000-4000-8000-000000000000\0x");
    row.value[CR_USER_UUID] = cr_str_of(test_ann.uuid);
    row.value[CR_DISPLAY_NAME] = BYTES("A\0nn");
    row.value[CR_HANDLE] = BYTES("\0");
    return row;
}

/* A group of Ann's, Bob's and Cem's, as another program has it. */
static void plant_group(void)
{
    const cr_row rows[] = {
        message_row(),
        group_row(ANN_PK, &test_bob, BYTES("B\0ob")),
        group_row(BOB_PK, &test_cem, BYTES("C\0em")),
        group_row(CEM_PK, &test_ann, BYTES("A\0nn")),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        must_succeed(raw_put_row(store.dm, &rows[i]));
    }
}

static const group_id group = {GROUP_UUID};

Test(nul, a_message)
{
    plant_group();
    cruddur_msg_page *page = list_messages(&test_bob, &group, NULL);
    cr_assert_eq(cruddur_msg_page_count(page), 1);
    const cruddur_msg *msg = cruddur_msg_page_at(page, 0);
    cr_assert_str_eq(cruddur_msg_text(msg), FFFD "one" FFFD "two" FFFD);
    cr_assert_str_eq(cruddur_msg_uuid(msg), "12345678-0000-4000-8000-000000000000" FFFD "x");
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), "A" FFFD "nn");
    cr_assert_str_eq(cruddur_msg_user_handle(msg), FFFD);
    cruddur_msg_page_free(page);
}

static void expect_group(const cruddur_group *row)
{
    cr_assert_str_eq(cruddur_group_text(row), FFFD "one" FFFD "two" FFFD);
    cr_assert_str_eq(cruddur_group_user_display_name(row), "B" FFFD "ob");
    cr_assert_str_eq(cruddur_group_user_handle(row), "h" FFFD "h");
    cr_assert_str_eq(cruddur_group_name(row), "We" FFFD "three");
}

Test(nul, a_group)
{
    cruddur_group *got = NULL;
    cruddur_members *members = NULL;
    plant_group();
    cruddur_group_page *page = list_groups(&test_ann, NULL);
    cr_assert_eq(cruddur_group_page_count(page), 1);
    expect_group(cruddur_group_page_at(page, 0));
    cruddur_group_page_free(page);
    must_succeed(cruddur_group_get(store.dm, test_ann.uuid, GROUP_UUID, NULL, &got, TEST_ERROR));
    expect_group(got);
    cruddur_group_free(got);
    must_succeed(
        cruddur_group_members(store.dm, test_ann.uuid, GROUP_UUID, NULL, &members, TEST_ERROR));
    cr_assert_eq(cruddur_members_count(members), 3);
    cr_assert_str_eq(cruddur_members_at(members, 1)->display_name, "B" FFFD "ob");
    cruddur_members_free(members);
}

static void expect_value(const cr_row *row, cr_attribute attribute, cr_str expected)
{
    cr_assert(cr_str_equal(row->value[attribute], expected), "%s", cr_attribute_name(attribute));
}

/* Ann writes without giving her names: those of the rows are taken, and all of it moves. */
Test(nul, moves_as_it_is)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row;
    cruddur_user ann = {sizeof(ann), test_ann.uuid, NULL, NULL};
    cruddur_msg *msg = NULL;
    plant_group();
    must_succeed(cruddur_msg_append(store.dm, &ann, GROUP_UUID, "two", NULL, &msg, TEST_ERROR));
    cr_assert_str_eq(cruddur_msg_user_display_name(msg), "A" FFFD "nn");
    test_store_settle(&store);
    cr_key key = {cr_str_of(ANN_PK), cr_str_of(cruddur_msg_sort_key(msg))};
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    expect_value(&row, CR_TEXT, BYTES("two"));
    expect_value(&row, CR_DISPLAY_NAME, BYTES("B\0ob"));
    expect_value(&row, CR_HANDLE, BYTES("h\0h"));
    expect_value(&row, CR_GROUP_NAME, BYTES("We\0three"));
    cr_assert(strstr(row.value[CR_OTHERS].data, "\\u0000y") != NULL);
    key.pk = cr_str_of(CEM_PK);
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    expect_value(&row, CR_DISPLAY_NAME, BYTES("A\0nn"));
    key.pk = cr_str_of(GROUP_PK);
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    expect_value(&row, CR_DISPLAY_NAME, BYTES("A\0nn"));
    key.sk = cr_str_of(SK);
    must_succeed(raw_get_row(store.dm, key, &arena, &row));
    expect_value(&row, CR_TEXT, BYTES("\0one\0two\0"));
    cruddur_msg_free(msg);
    cr_arena_free(&arena);
}

/* What begins like the uuid is not the uuid. */
Test(nul, of_a_uuid_that_only_begins_like_ours)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    plant_group();
    options.message_uuid = "12345678-0000-4000-8000-000000000000";
    options.created_at_us = AT_SECOND(5);
    must_succeed(
        cruddur_msg_append(store.dm, &test_ann, GROUP_UUID, "two", &options, NULL, TEST_ERROR));
    cruddur_msg_page *page = list_messages(&test_ann, &group, NULL);
    cr_assert_eq(cruddur_msg_page_count(page), 2);
    cruddur_msg_page_free(page);
}

/* ---- scans ---- */

typedef struct seen {
    size_t rows;
    size_t messages;
    bool has_text;
} seen;

static void look_at(const cruddur_row_page *page, seen *all)
{
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        const char *text = cruddur_row_page_get(page, i, CR_TEXT);
        bool is_message = strcmp(cruddur_row_page_get(page, i, CR_PK), GROUP_PK) == 0;
        all->rows++;
        all->messages += is_message ? 1 : 0;
        all->has_text = all->has_text || strcmp(text, FFFD "one" FFFD "two" FFFD) == 0;
    }
}

static seen scan_by(uint32_t limit)
{
    seen all = {0};
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *last = NULL;
    options.limit = limit;
    do {
        cruddur_row_page *page = NULL;
        must_succeed(cruddur_scan(store.dm, &options, &page, TEST_ERROR));
        look_at(page, &all);
        options.cursor = cruddur_row_page_next(page);
        cruddur_row_page_free(last);
        last = page;
        cr_assert_leq(all.rows, 100, "the scan has no end");
    } while (options.cursor != NULL);
    cruddur_row_page_free(last);
    return all;
}

/* No cursor can name such a key: the row is left out, and the scan goes on after it. */
Test(nul, in_a_key)
{
    plant_group();
    cr_row row = message_row();
    row.value[CR_PK] = BYTES(GROUP_PK "\0");
    must_succeed(raw_put_row(store.dm, &row));
    row.value[CR_PK] = BYTES(GROUP_PK);
    row.value[CR_SK] = BYTES("2020-01-01T00:00:00\0");
    must_succeed(raw_put_row(store.dm, &row));
    row.value[CR_SK] = BYTES("2020-01-01T00:00:01.000000+00:00");
    must_succeed(raw_put_row(store.dm, &row));
    for (uint32_t limit = 1; limit <= 8; limit++) {
        seen all = scan_by(limit);
        cr_assert_eq(all.rows, 5, "by %u: %zu rows", limit, all.rows);
        cr_assert_eq(all.messages, 2);
        cr_assert(all.has_text);
    }
    cruddur_msg_page *page = list_messages(&test_ann, &group, NULL);
    cr_assert_eq(cruddur_msg_page_count(page), 2);
    cruddur_msg_page_free(page);
}
