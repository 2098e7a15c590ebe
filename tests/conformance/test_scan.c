/* SPDX-License-Identifier: MIT */
/* The table as it is. */
#include <stdio.h>
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(scan);

static const char *const names[] = {"pk",
                                    "sk",
                                    "message_group_uuid",
                                    "message",
                                    "message_uuid",
                                    "user_uuid",
                                    "user_display_name",
                                    "user_handle",
                                    "version",
                                    "group_name",
                                    "group_data",
                                    "member_uuids",
                                    "blocked",
                                    "rev",
                                    "head_sk",
                                    "head_expires_at",
                                    "read_sk",
                                    "visible_sk",
                                    "muted_until",
                                    "archived",
                                    "pinned",
                                    "edited_at",
                                    "deleted_at",
                                    "reply_to",
                                    "message_data",
                                    "reactions",
                                    "expires_at",
                                    "other_attributes"};

#define NAMES (sizeof(names) / sizeof(names[0]))

static size_t number_of(const char *name)
{
    size_t attribute = 0;
    while (attribute < cruddur_row_attribute_count() &&
           strcmp(cruddur_row_attribute_name(attribute), name) != 0) {
        attribute++;
    }
    cr_assert_lt(attribute, cruddur_row_attribute_count(), "no attribute is called %s", name);
    return attribute;
}

static const char *value_of(const cruddur_row_page *page, size_t index, const char *name)
{
    return cruddur_row_page_get(page, index, number_of(name));
}

static cruddur_row_page *read_page(uint32_t limit, const char *cursor)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *page = NULL;
    options.limit = limit;
    options.cursor = cursor;
    must_succeed(cruddur_scan(store.dm, &options, &page, TEST_ERROR));
    cr_assert(page != NULL);
    cr_assert_leq(cruddur_row_page_count(page), limit);
    return page;
}

Test(scan, names_of_attributes)
{
    cr_assert_eq(cruddur_row_attribute_count(), NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        (void)number_of(names[i]);
    }
    cr_assert_str_eq(cruddur_row_attribute_name(NAMES - 1), "other_attributes");
    cr_assert(cruddur_row_attribute_name(NAMES) == NULL);
    cr_assert(cruddur_row_attribute_name(SIZE_MAX) == NULL);
    test_check(&store);
}

Test(scan, of_an_empty_table)
{
    cruddur_row_page *page = NULL;
    must_succeed(cruddur_scan(store.dm, NULL, &page, TEST_ERROR));
    cr_assert_eq(cruddur_row_page_count(page), 0);
    cr_assert(cruddur_row_page_next(page) == NULL);
    cr_assert(cruddur_row_page_get(page, 0, 0) == NULL);
    cruddur_row_page_free(page);
    test_check(&store);
}

/* The keys of all rows that a scan in pages meets, each with a line break behind it. */
typedef struct key_list {
    char text[40000];
    size_t size;
    size_t count;
} key_list;

static void add_key(key_list *keys, const cruddur_row_page *page, size_t index)
{
    int length = snprintf(keys->text + keys->size, sizeof(keys->text) - keys->size, "%s %s\n",
                          value_of(page, index, "pk"), value_of(page, index, "sk"));
    cr_assert(length > 0 && (size_t)length < sizeof(keys->text) - keys->size);
    keys->size += (size_t)length;
    keys->count++;
}

static void scan_all(uint32_t limit, key_list *keys)
{
    cruddur_row_page *page = read_page(limit, NULL);
    keys->size = keys->count = 0;
    keys->text[0] = '\0';
    for (;;) {
        for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
            add_key(keys, page, i);
        }
        if (cruddur_row_page_next(page) == NULL) {
            break;
        }
        cruddur_row_page *next = read_page(limit, cruddur_row_page_next(page));
        cruddur_row_page_free(page);
        page = next;
    }
    cruddur_row_page_free(page);
}

static void expect_each_once(const key_list *keys)
{
    const char *at = keys->text;
    for (size_t i = 0; i < keys->count; i++) {
        char line[200];
        size_t length = strcspn(at, "\n") + 1;
        cr_assert_lt(length, sizeof(line));
        memcpy(line, at, length);
        line[length] = '\0';
        at += length;
        cr_assert(strstr(at, line) == NULL, "twice: %s", line);
    }
}

Test(scan, meets_every_row_once)
{
    static const uint32_t limits[] = {1, 2, 3, 7, 50, 999};
    group_id groups[5];
    static key_list whole;
    static key_list paged;
    open_many(groups, 5);
    group_id large = open_large(7, "seven", "x");
    for (int i = 0; i < 10; i++) {
        cruddur_user author = test_user(2);
        say(&author, &large, "y");
        say(&test_ann, &groups[i % 5], "z");
    }
    scan_all(CRUDDUR_LIMIT_MAX, &whole);
    /* Cards; first messages and group rows of the direct groups, then of the large one; messages.
     */
    cr_assert_eq(whole.count, 6 + 5 + 10 + 1 + 10 + 10 + 7);
    expect_each_once(&whole);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        scan_all(limits[i], &paged);
        cr_assert_str_eq(paged.text, whole.text, "with a limit of %u", limits[i]);
    }
    test_check(&store);
}

static void expect_value(const cruddur_row_page *page, size_t row, const char *name,
                         const char *expected)
{
    const char *value = value_of(page, row, name);
    if (expected == NULL) {
        cr_assert(value == NULL, "%s is there", name);
    } else {
        cr_assert(value != NULL, "%s is not there", name);
        cr_assert_str_eq(value, expected);
    }
}

static size_t find_row(const cruddur_row_page *page, const char *pk)
{
    for (size_t i = 0; i < cruddur_row_page_count(page); i++) {
        if (strcmp(value_of(page, i, "pk"), pk) == 0) {
            return i;
        }
    }
    cr_assert_fail("no row has the key %s", pk);
    return 0;
}

static void expect_card(const cruddur_row_page *page, const char *pk, const char *members,
                        const char *name)
{
    size_t row = find_row(page, pk);
    expect_value(page, row, "sk", "CARD");
    expect_value(page, row, "member_uuids", members);
    expect_value(page, row, "group_name", name);
    expect_value(page, row, "rev", "1");
    expect_value(page, row, "other_attributes", NULL);
    expect_value(page, row, "message_group_uuid", NULL);
    expect_value(page, row, "message", NULL);
    expect_value(page, row, "user_uuid", NULL);
}

Test(scan, rows_of_a_direct_group)
{
    group_id group = open_direct_at(&test_ann, &test_bob, "hello", AT_SECOND(1));
    char pk[64];
    cruddur_row_page *page = read_page(100, NULL);
    cr_assert_eq(cruddur_row_page_count(page), 4);
    (void)snprintf(pk, sizeof(pk), "MSG#%s", group.text);
    size_t row = find_row(page, pk);
    expect_value(page, row, "sk", "2020-01-01T00:00:01.000000+00:00");
    expect_value(page, row, "message_group_uuid", NULL);
    expect_value(page, row, "message", "hello");
    cr_assert(cruddur_uuid_is_valid(value_of(page, row, "message_uuid")));
    expect_value(page, row, "user_uuid", test_ann.uuid);
    expect_value(page, row, "user_display_name", test_ann.display_name);
    expect_value(page, row, "user_handle", test_ann.handle);
    expect_value(page, row, "group_name", NULL);
    expect_value(page, row, "member_uuids", NULL);
    expect_value(page, row, "head_sk", NULL);
    expect_value(page, row, "other_attributes", NULL);
    char members[2 * CRUDDUR_UUID_SIZE];
    bool is_sorted = strcmp(test_ann.uuid, test_bob.uuid) < 0;
    (void)snprintf(members, sizeof(members), "%s,%s", is_sorted ? test_ann.uuid : test_bob.uuid,
                   is_sorted ? test_bob.uuid : test_ann.uuid);
    (void)snprintf(pk, sizeof(pk), "CARD#%s", group.text);
    expect_card(page, pk, members, NULL);
    (void)snprintf(pk, sizeof(pk), "GRP#%s", test_bob.uuid);
    row = find_row(page, pk);
    expect_value(page, row, "sk", "2020-01-01T00:00:01.000000+00:00");
    expect_value(page, row, "message_group_uuid", group.text);
    expect_value(page, row, "message", "hello");
    expect_value(page, row, "message_uuid", NULL);
    expect_value(page, row, "user_uuid", test_ann.uuid);
    expect_value(page, row, "user_display_name", test_ann.display_name);
    expect_value(page, row, "user_handle", test_ann.handle);
    expect_value(page, row, "group_name", NULL);
    expect_value(page, row, "member_uuids", NULL);
    expect_value(page, row, "head_sk", NULL);
    expect_value(page, row, "other_attributes", NULL);
    cruddur_row_page_free(page);
    test_check(&store);
}

Test(scan, rows_of_a_large_group)
{
    char pk[64];
    char members[3 * CRUDDUR_UUID_SIZE];
    cruddur_user users[] = {test_user(0), test_user(1), test_user(2)};
    group_id group = open_large(3, "three", "hello");
    cruddur_row_page *page = read_page(100, NULL);
    cr_assert_eq(cruddur_row_page_count(page), 5);
    (void)snprintf(members, sizeof(members), "%s,%s,%s", users[0].uuid, users[1].uuid,
                   users[2].uuid);
    (void)snprintf(pk, sizeof(pk), "CARD#%s", group.text);
    expect_card(page, pk, members, "three");
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(pk, sizeof(pk), "GRP#%s", users[i].uuid);
        size_t row = find_row(page, pk);
        expect_value(page, row, "group_name", "three");
        expect_value(page, row, "member_uuids", members);
    }
    cruddur_row_page_free(page);
    test_check(&store);
}

Test(scan, beyond_the_end_of_a_page_and_without_a_page)
{
    (void)open_direct(&test_ann, &test_bob, "hello");
    cruddur_row_page *page = read_page(100, NULL);
    cr_assert(cruddur_row_page_get(page, 3, 0) != NULL);
    cr_assert(cruddur_row_page_get(page, 4, 0) == NULL);
    cr_assert(cruddur_row_page_get(page, SIZE_MAX, 0) == NULL);
    cr_assert(cruddur_row_page_get(page, 0, NAMES) == NULL);
    cr_assert(cruddur_row_page_get(page, 0, SIZE_MAX) == NULL);
    cruddur_row_page_free(page);
    cr_assert_eq(cruddur_row_page_count(NULL), 0);
    cr_assert(cruddur_row_page_next(NULL) == NULL);
    cr_assert(cruddur_row_page_get(NULL, 0, 0) == NULL);
    cruddur_row_page_free(NULL);
    test_check(&store);
}
