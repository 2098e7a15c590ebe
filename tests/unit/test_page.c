/* SPDX-License-Identifier: MIT */
/* Rows packed into pages. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/page.h"

/* Through all sets of attributes, 2,048 of them; it is odd, so that each attribute takes turns. */
#define STEP ((1u << (CR_ATTRIBUTE_COUNT - 11)) - 1)

TestSuite(page, .timeout = 300);

/* A row of which every attribute that the mask names is there, and empty if `empty` names it. */
static cr_row make_row(char texts[CR_ATTRIBUTE_COUNT][32], int number, unsigned present,
                       unsigned empty)
{
    cr_row row = {0};
    for (int a = 0; a < CR_ATTRIBUTE_COUNT; a++) {
        (void)snprintf(texts[a], 32, "%s", "");
        if ((empty >> a & 1u) == 0) {
            (void)snprintf(texts[a], 32, "%d.%s", number, cr_attribute_name((cr_attribute)a));
        }
        if ((present >> a & 1u) != 0) {
            row.value[a] = cr_str_of(texts[a]);
        }
    }
    return row;
}

static void expect_row(const cr_packed_row *packed, const cr_row *row)
{
    for (int i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        cr_attribute a = (cr_attribute)i;
        const char *text = cr_packed_get(packed, a);
        cr_assert_eq(text == NULL, row->value[a].data == NULL, "%s", cr_attribute_name(a));
        cr_assert_str_eq(cr_packed_get_or_empty(packed, a),
                         row->value[a].data == NULL ? "" : row->value[a].data);
    }
}

Test(page, a_row_alone)
{
    char texts[CR_ATTRIBUTE_COUNT][32];
    for (unsigned present = 0; present < 1u << CR_ATTRIBUTE_COUNT; present += STEP) {
        cr_row row = make_row(texts, 1, present, present / 3);
        cr_packed_row *packed = cr_pack_row(&row);
        cr_assert(packed != NULL);
        expect_row(packed, &row);
        free(packed);
    }
}

Test(page, names_of_attributes)
{
    cr_assert_str_eq(cr_attribute_name(CR_PK), "pk");
    cr_assert_str_eq(cr_attribute_name(CR_SK), "sk");
    cr_assert_str_eq(cr_attribute_name(CR_GROUP_UUID), "message_group_uuid");
    cr_assert_str_eq(cr_attribute_name(CR_TEXT), "message");
    cr_assert_str_eq(cr_attribute_name(CR_MESSAGE_UUID), "message_uuid");
    cr_assert_str_eq(cr_attribute_name(CR_USER_UUID), "user_uuid");
    cr_assert_str_eq(cr_attribute_name(CR_DISPLAY_NAME), "user_display_name");
    cr_assert_str_eq(cr_attribute_name(CR_HANDLE), "user_handle");
    cr_assert_str_eq(cr_attribute_name(CR_GROUP_NAME), "group_name");
    cr_assert_str_eq(cr_attribute_name(CR_MEMBER_UUIDS), "member_uuids");
    cr_assert_str_eq(cr_attribute_name(CR_HEAD_SK), "head_sk");
    cr_assert_str_eq(cr_attribute_name(CR_OTHERS), "other_attributes");
    cr_assert(cr_attribute_name(CR_ATTRIBUTE_COUNT) == NULL);
}

/* ---- pages ---- */

static void add_numbers(cr_page_builder *builder, int count)
{
    char texts[CR_ATTRIBUTE_COUNT][32];
    for (int i = 0; i < count; i++) {
        cr_row row = make_row(texts, i, ~0u, 0);
        cr_assert(cr_page_add(builder, &row));
        memset(texts, '?', sizeof(texts)); /* the page has copies */
    }
}

static void expect_number(const cr_page *page, size_t index, int number)
{
    char expected[32];
    (void)snprintf(expected, sizeof(expected), "%d.sk", number);
    cr_assert_str_eq(cr_packed_get(cr_page_at(page, index), CR_SK), expected);
    (void)snprintf(expected, sizeof(expected), "%d.other_attributes", number);
    cr_assert_str_eq(cr_packed_get(cr_page_at(page, index), CR_OTHERS), expected);
}

Test(page, of_any_size_and_in_order)
{
    static const int sizes[] = {0, 1, 2, 31, 32, 33, 64, 65, 1000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int reversed = 0; reversed < 2; reversed++) {
            cr_page_builder builder;
            cr_page_builder_init(&builder, 1000);
            add_numbers(&builder, sizes[i]);
            if (reversed != 0) {
                cr_page_reverse(&builder);
            }
            cr_page *page = cr_page_finish(&builder, NULL, NULL);
            cr_assert(page != NULL);
            cr_assert_eq(page->count, (uint32_t)sizes[i]);
            for (int row = 0; row < sizes[i]; row++) {
                expect_number(page, (size_t)row, reversed != 0 ? sizes[i] - 1 - row : row);
            }
            cr_assert(cr_page_at(page, (size_t)sizes[i]) == NULL);
            cr_assert(cr_page_older(page) == NULL);
            cr_assert(cr_page_newer(page) == NULL);
            cr_assert_not(page->has_older);
            cr_assert_not(page->has_newer);
            free(page);
        }
    }
}

Test(page, absent_is_not_empty)
{
    char texts[4][CR_ATTRIBUTE_COUNT][32];
    cr_row rows[4];
    cr_page_builder builder;
    cr_page_builder_init(&builder, 4);
    for (unsigned i = 0; i < 4; i++) {
        rows[i] = make_row(texts[i], (int)i, i < 2 ? ~0u : 0x555u, i % 2 == 0 ? 0 : 0x2aau);
        cr_assert(cr_page_add(&builder, &rows[i]));
    }
    cr_page *page = cr_page_finish(&builder, NULL, NULL);
    for (size_t i = 0; i < 4; i++) {
        expect_row(cr_page_at(page, i), &rows[i]);
    }
    free(page);
}

Test(page, can_be_moved_in_memory)
{
    cr_page_builder builder;
    cr_page_builder_init(&builder, 50);
    add_numbers(&builder, 50);
    cr_page *page = cr_page_finish(&builder, NULL, NULL);
    for (int i = 0; i < 5; i++) {
        /* Bigger than any page of this test: what lies behind does not matter. */
        char *moved = malloc(100000);
        cr_assert(moved != NULL);
        memcpy(moved, page, page->rows + page->count * sizeof(cr_packed_row));
        free(page);
        page = (cr_page *)(void *)moved;
        expect_number(page, 0, 0);
        expect_number(page, 49, 49);
    }
    free(page);
}

Test(page, rows_can_be_taken_out_again)
{
    cr_page_builder builder;
    cr_page_builder_init(&builder, 10);
    add_numbers(&builder, 10);
    cr_page_remove(&builder, 9);
    cr_page_remove(&builder, 4);
    cr_page_remove(&builder, 0);
    cr_assert_str_eq(cr_page_peek(&builder, 0, CR_SK).data, "1.sk");
    cr_assert_eq(cr_page_peek(&builder, 0, CR_SK).size, 4);
    add_numbers(&builder, 3); /* there is room again */
    cr_page *page = cr_page_finish(&builder, NULL, NULL);
    static const int left[] = {1, 2, 3, 5, 6, 7, 8, 0, 1, 2};
    cr_assert_eq(page->count, 10);
    for (size_t i = 0; i < 10; i++) {
        expect_number(page, i, left[i]);
    }
    free(page);
}

Test(page, peeking_tells_absent_from_empty)
{
    char texts[CR_ATTRIBUTE_COUNT][32];
    cr_page_builder builder;
    cr_page_builder_init(&builder, 1);
    cr_row row = make_row(texts, 0, 1u << CR_PK | 1u << CR_SK, 1u << CR_SK);
    cr_assert(cr_page_add(&builder, &row));
    cr_assert_str_eq(cr_page_peek(&builder, 0, CR_PK).data, "0.pk");
    cr_assert(cr_page_peek(&builder, 0, CR_SK).data != NULL);
    cr_assert_eq(cr_page_peek(&builder, 0, CR_SK).size, 0);
    cr_assert(cr_page_peek(&builder, 0, CR_TEXT).data == NULL);
    cr_page_builder_free(&builder);
}

Test(page, has_no_more_rows_than_its_limit)
{
    static const size_t limits[] = {1, 5, 32, 40};
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        char texts[CR_ATTRIBUTE_COUNT][32];
        cr_page_builder builder;
        cr_page_builder_init(&builder, limits[i]);
        add_numbers(&builder, (int)limits[i]);
        cr_row row = make_row(texts, 0, ~0u, 0);
        cr_assert_not(cr_page_add(&builder, &row));
        cr_assert(cr_page_finish(&builder, NULL, NULL) == NULL);
    }
}

Test(page, that_grows_too_large_is_none)
{
    char texts[CR_ATTRIBUTE_COUNT][32];
    cr_row row = make_row(texts, 0, ~0u, 0);
    for (size_t cap = sizeof(cr_page); cap < 2000; cap += 50) {
        cr_page_builder builder;
        bool is_added = true;
        cr_page_builder_init(&builder, 1000);
        builder.bytes.cap = cap;
        builder.bytes.capacity = cap < builder.bytes.capacity ? cap : builder.bytes.capacity;
        for (int i = 0; is_added && i < 1000; i++) {
            is_added = cr_page_add(&builder, &row);
        }
        cr_assert_not(is_added);
        cr_assert(cr_page_finish(&builder, NULL, NULL) == NULL);
    }
}

Test(page, carries_its_cursors)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_page_builder builder;
    cr_cursor found;
    cr_str list = cr_str_of("MSG#x");
    cr_cursor older = {CR_CURSOR_OLDER, false, list, {{"", 0}, cr_str_of("a")}};
    cr_cursor newer = {CR_CURSOR_NEWER, true, list, {{"", 0}, cr_str_of("b")}};
    cr_page_builder_init(&builder, 3);
    add_numbers(&builder, 3);
    cr_page *page = cr_page_finish(&builder, &older, &newer);
    expect_number(page, 2, 2);
    cr_assert_eq(cr_cursor_read(cr_str_of(cr_page_older(page)), list, &arena, &found),
                 CR_CURSOR_GOOD);
    cr_assert(cr_str_equal(found.position.sk, cr_str_of("a")));
    cr_assert_eq(cr_cursor_read(cr_str_of(cr_page_newer(page)), list, &arena, &found),
                 CR_CURSOR_GOOD);
    cr_assert(cr_str_equal(found.position.sk, cr_str_of("b")));
    cr_assert(found.inclusive);
    free(page);
    cr_arena_free(&arena);
    cr_assert(cr_page_older(NULL) == NULL);
    cr_assert(cr_page_newer(NULL) == NULL);
}

Test(page, builder_is_empty_when_it_has_finished)
{
    cr_page_builder builder;
    cr_page_builder_init(&builder, 3);
    add_numbers(&builder, 3);
    free(cr_page_finish(&builder, NULL, NULL));
    cr_assert_eq(builder.count, 0);
    cr_page_builder_free(&builder);
    cr_page_builder_free(&builder);
}
