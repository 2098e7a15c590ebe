/* SPDX-License-Identifier: MIT */
/* What may be said, and that it comes back as it was. */
#include <stdlib.h>
#include <string.h>

#include "suite.h"

CONFORMANCE_SUITE(text);

static void expect_kept(const group_id *group, const char *text)
{
    cruddur_list_options options = from_newest(1);
    say(&test_ann, group, text);
    cruddur_msg_page *page = list_messages(&test_bob, group, &options);
    cr_assert_str_eq(cruddur_msg_text(cruddur_msg_page_at(page, 0)), text);
    cruddur_msg_page_free(page);
    cruddur_group_page *groups = list_groups(&test_bob, &options);
    cr_assert_str_eq(cruddur_group_text(cruddur_group_page_at(groups, 0)), text);
    cruddur_group_page_free(groups);
}

Test(text, comes_back_as_it_was)
{
    static const char *const kept[] = {
        "a",
        " leading and trailing space ",
        "two\nlines\r\n\tand a tab",
        "quotes ' \" ` and \\ and % and {} and -- ; DROP TABLE",
        "\x01\x02\x7f control characters",
        "na\xc3\xafve caf\xc3\xa9",
        "cafe\xcc\x81 is not caf\xc3\xa9",
        "\xd9\x84\xd9\x8a\xd9\x84\xd9\x89",
        "\xe4\xbd\xa0\xe5\xa5\xbd",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
        "\xf4\x8f\xbf\xbf and \xef\xbf\xbf and \xef\xbb\xbf",
        "{\"json\": [1, 2, {\"S\": \"x\"}]}",
        "0",
    };
    group_id group = open_direct(&test_ann, &test_bob, "first");
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        expect_kept(&group, kept[i]);
    }
    test_check(&store);
}

/* A string of one character again and again, to be freed. */
static char *repeat(const char *character, size_t count)
{
    size_t size = strlen(character);
    char *text = malloc(count * size + 1);
    cr_assert(text != NULL);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * size, character, size);
    }
    text[count * size] = '\0';
    return text;
}

static const char *const characters[] = {"x", "\xc3\xa9", "\xe4\xbd\xa0", "\xf0\x9f\x98\x80"};

#define CHARACTERS (sizeof(characters) / sizeof(characters[0]))

static void expect_limit(const group_id *group, size_t limit)
{
    for (size_t i = 0; i < CHARACTERS; i++) {
        char *fits = repeat(characters[i], limit);
        char *too_long = repeat(characters[i], limit + 1);
        expect_kept(group, fits);
        must_fail(
            CRUDDUR_E_TEXT_TOO_LONG, "text",
            cruddur_msg_append(store.dm, &test_ann, group->text, too_long, NULL, NULL, TEST_ERROR));
        must_fail(CRUDDUR_E_TEXT_TOO_LONG, "text",
                  cruddur_group_create(store.dm, &test_ann, &test_bob, 1, too_long, NULL, NULL,
                                       TEST_ERROR));
        free(fits);
        free(too_long);
    }
}

Test(text, has_1024_characters_at_most_whatever_their_size)
{
    group_id group = open_direct(&test_ann, &test_bob, "first");
    expect_limit(&group, 1024);
    cr_assert_eq(test_check_count(&store, "messages"), 1 + CHARACTERS);
    test_check(&store);
}

static void expect_limit_of(uint32_t max_text_chars)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.max_text_chars = max_text_chars;
    test_store_remove(&store);
    test_store_open(&store, &options);
    group_id group = open_direct(&test_ann, &test_bob, "1");
    expect_limit(&group, max_text_chars);
    test_check(&store);
}

Test(text, the_limit_can_be_the_least)
{
    expect_limit_of(1);
}

Test(text, the_limit_can_be_another)
{
    expect_limit_of(140);
}

/* What an item holds at most is 400 KB; this is the text that comes nearest. */
Test(text, the_limit_can_be_the_most)
{
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.max_text_chars = 100000;
    test_store_remove(&store);
    test_store_open(&store, &options);
    group_id group = open_direct(&test_ann, &test_bob, "first");
    char *fits = repeat("\xe4\xbd\xa0", 100000);
    char *too_long = repeat("x", 100001);
    expect_kept(&group, fits);
    must_fail(
        CRUDDUR_E_TEXT_TOO_LONG, "text",
        cruddur_msg_append(store.dm, &test_ann, group.text, too_long, NULL, NULL, TEST_ERROR));
    free(fits);
    free(too_long);
    test_check(&store);
}

/* 1.4 MB: more than a service gives in one answer. */
Test(text, a_page_of_long_texts)
{
    enum { TEXTS = 14, CHARACTERS_EACH = 25000 };
    cruddur_options patient = CRUDDUR_OPTIONS_INIT;
    patient.timeout_ms = 60000;
    patient.max_text_chars = CHARACTERS_EACH;
    test_store_reopen(&store, &patient);
    cruddur_list_options options = from_oldest(CRUDDUR_LIMIT_MAX);
    char *text = repeat("\xf0\x9f\x98\x80", CHARACTERS_EACH);
    group_id group = open_direct(&test_ann, &test_bob, text);
    for (int i = 1; i < TEXTS; i++) {
        say(&test_ann, &group, text);
    }
    cruddur_msg_page *page = list_messages(&test_ann, &group, &options);
    cr_assert_eq(cruddur_msg_page_count(page), TEXTS);
    for (size_t i = 0; i < TEXTS; i++) {
        cr_assert_str_eq(cruddur_msg_text(cruddur_msg_page_at(page, i)), text);
    }
    cruddur_msg_page_free(page);
    free(text);
    test_check(&store);
}

Test(text, names_have_256_characters_at_most)
{
    for (size_t i = 0; i < CHARACTERS; i++) {
        char *name = repeat(characters[i], 256);
        cruddur_user other = test_user(i);
        other.display_name = name;
        other.handle = name;
        group_id group = open_direct(&other, &test_bob, "hello");
        cruddur_msg_page *page = list_messages(NULL, &group, NULL);
        const cruddur_msg *msg = cruddur_msg_page_at(page, 0);
        cr_assert_str_eq(cruddur_msg_user_display_name(msg), name);
        cr_assert_str_eq(cruddur_msg_user_handle(msg), name);
        cruddur_msg_page_free(page);
        (void)open_large(3, name, "named");
        free(name);
    }
    test_check(&store);
}
