/* SPDX-License-Identifier: MIT */
/* Cursors that are refused: damaged ones, and those of another list. */
#include <stdlib.h>
#include <string.h>

#include "refusal.h"

REFUSAL_SUITE(bad_cursors);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

typedef struct cursor_text {
    char text[1000];
} cursor_text;

static cursor_text keep(const char *text)
{
    cursor_text kept;
    cr_assert(text != NULL && strlen(text) < sizeof(kept.text));
    strcpy(kept.text, text);
    return kept;
}

static cursor_text cursor_of_messages(const group_id *group, bool older)
{
    cruddur_list_options options = from_newest(1);
    cruddur_msg_page *page = list_messages(NULL, group, &options);
    cursor_text kept = keep(older ? cruddur_msg_page_older(page) : cruddur_msg_page_newer(page));
    cruddur_msg_page_free(page);
    return kept;
}

static cursor_text cursor_of_groups(const cruddur_user *user, bool older)
{
    cruddur_group_page *page = list_groups(user, NULL);
    cursor_text kept =
        keep(older ? cruddur_group_page_older(page) : cruddur_group_page_newer(page));
    cruddur_group_page_free(page);
    return kept;
}

static cursor_text cursor_of_scan(void)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    cruddur_row_page *page = NULL;
    options.limit = 1;
    must_succeed(cruddur_scan(store.dm, &options, &page, TEST_ERROR));
    cursor_text kept = keep(cruddur_row_page_next(page));
    cruddur_row_page_free(page);
    return kept;
}

static const char *try_cursor_on_messages(cruddur_status expected, const char *group,
                                          const char *cursor)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.cursor = cursor;
    const char *wrong = try_messages(expected, "options.cursor", test_ann.uuid, group, &options);
    options.flags = CRUDDUR_LIST_TRUSTED;
    return wrong != NULL ? wrong : try_messages(expected, "options.cursor", NULL, group, &options);
}

static const char *try_cursor_on_groups(cruddur_status expected, const char *user,
                                        const char *cursor)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    options.cursor = cursor;
    return try_groups(expected, "options.cursor", user, &options);
}

static const char *try_cursor_on_scan(cruddur_status expected, const char *cursor)
{
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    options.cursor = cursor;
    return try_scan(expected, "options.cursor", &options);
}

/* A text that no list has given. */
static void refuse_everywhere(const char *cursor)
{
    refused(try_cursor_on_messages(CRUDDUR_E_CURSOR_DAMAGED, refusal_group.text, cursor));
    refused(try_cursor_on_groups(CRUDDUR_E_CURSOR_DAMAGED, test_ann.uuid, cursor));
    refused(try_cursor_on_scan(CRUDDUR_E_CURSOR_DAMAGED, cursor));
}

Test(bad_cursors, nonsense)
{
    char text[10000];
    static const char *const cursors[] = {
        "",
        "x",
        "nonsense",
        "AAAA",
        "AQAA",
        "====",
        "\xff\xfe",
        "2026-01-01T00:00:00.000000+00:00",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "../../../etc/passwd",
        "%00",
        " ",
        "null",
    };
    for (size_t i = 0; i < LENGTH(cursors); i++) {
        refuse_everywhere(cursors[i]);
    }
    memset(text, 'A', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    refuse_everywhere(text);
    refusals_end();
}

/* Each character of a cursor is exchanged for others, taken out, doubled, and cut off. */
static void damage(const cursor_text *good, const char *(*attempt)(const char *cursor))
{
    static const char others[] = "Aaz09-_ =.~+/%";
    size_t length = strlen(good->text);
    for (size_t i = 0; i < length; i++) {
        cursor_text bad = *good;
        for (size_t j = 0; j < sizeof(others) - 1; j++) {
            bad.text[i] = others[j];
            if (others[j] != good->text[i]) {
                refused(attempt(bad.text));
            }
        }
        bad = *good;
        memmove(bad.text + i, bad.text + i + 1, length - i);
        refused(attempt(bad.text));
        bad = *good;
        memmove(bad.text + i + 1, bad.text + i, length - i + 1);
        refused(attempt(bad.text));
        bad = *good;
        bad.text[i] = '\0';
        refused(attempt(bad.text));
    }
}

static const char *attempt_on_messages(const char *cursor)
{
    return try_cursor_on_messages(CRUDDUR_E_CURSOR_DAMAGED, refusal_group.text, cursor);
}

static const char *attempt_on_groups(const char *cursor)
{
    return try_cursor_on_groups(CRUDDUR_E_CURSOR_DAMAGED, test_ann.uuid, cursor);
}

static const char *attempt_on_scan(const char *cursor)
{
    return try_cursor_on_scan(CRUDDUR_E_CURSOR_DAMAGED, cursor);
}

Test(bad_cursors, a_damaged_cursor_of_messages)
{
    cursor_text older = cursor_of_messages(&refusal_group, true);
    cursor_text newer = cursor_of_messages(&refusal_group, false);
    damage(&older, attempt_on_messages);
    damage(&newer, attempt_on_messages);
    refusals_end();
}

Test(bad_cursors, a_damaged_cursor_of_groups)
{
    cursor_text older = cursor_of_groups(&test_ann, true);
    cursor_text empty = cursor_of_groups(&test_cem, true);
    damage(&older, attempt_on_groups);
    damage(&empty, attempt_on_groups);
    refusals_end();
}

Test(bad_cursors, a_damaged_cursor_of_a_scan)
{
    cursor_text next = cursor_of_scan();
    damage(&next, attempt_on_scan);
    refusals_end();
}

Test(bad_cursors, something_behind_a_good_cursor)
{
    cursor_text cursors[] = {cursor_of_messages(&refusal_group, true),
                             cursor_of_groups(&test_ann, true), cursor_of_scan()};
    static const char *const tails[] = {"A", "AA", "AAA", "AAAA", "=", "\n", " ", "_"};
    for (size_t i = 0; i < LENGTH(tails); i++) {
        for (size_t j = 0; j < LENGTH(cursors); j++) {
            cursor_text longer = cursors[j];
            strcat(longer.text, tails[i]);
            refused(j == 0   ? attempt_on_messages(longer.text)
                    : j == 1 ? attempt_on_groups(longer.text)
                             : attempt_on_scan(longer.text));
        }
    }
    refusals_end();
}

Test(bad_cursors, of_another_list)
{
    const cruddur_status expected = CRUDDUR_E_CURSOR_FOREIGN;
    cursor_text groups[] = {cursor_of_groups(&test_ann, true), cursor_of_groups(&test_ann, false)};
    cursor_text scan = cursor_of_scan();
    for (size_t i = 0; i < 2; i++) {
        cursor_text messages = cursor_of_messages(&refusal_group, i == 0);
        refused(try_cursor_on_groups(expected, test_ann.uuid, messages.text));
        refused(try_cursor_on_groups(expected, refusal_group.text, messages.text));
        refused(try_cursor_on_scan(expected, messages.text));
        refused(try_cursor_on_messages(expected, refusal_group.text, groups[i].text));
        refused(try_cursor_on_groups(expected, test_bob.uuid, groups[i].text));
        refused(try_cursor_on_scan(expected, groups[i].text));
    }
    refused(try_cursor_on_messages(expected, refusal_group.text, scan.text));
    refused(try_cursor_on_groups(expected, test_ann.uuid, scan.text));
    refusals_end();
}

Test(bad_cursors, of_another_group)
{
    group_id other = open_direct(&test_bob, &test_cem, "other");
    test_report before = test_check_summary(&store);
    for (int older = 0; older < 2; older++) {
        cursor_text cursor = cursor_of_messages(&refusal_group, older == 0);
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        options.cursor = cursor.text;
        refused(try_messages(CRUDDUR_E_CURSOR_FOREIGN, "options.cursor", test_bob.uuid, other.text,
                             &options));
    }
    cr_assert_str_eq(before.text, test_check_summary(&store).text);
}
