/* SPDX-License-Identifier: MIT */
/* Texts and names that are refused. */
#include <stdio.h>
#include <string.h>

#include "refusal.h"

REFUSAL_SUITE(bad_text);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void refuse_text(cruddur_status expected, const char *text)
{
    refused(try_append(expected, "text", &test_ann, refusal_group.text, text, NULL));
    refused(try_create(expected, "text", &test_ann, &test_cem, 1, text, NULL));
}

Test(bad_text, blank)
{
    static const char *const texts_[] = {
        "",
        " ",
        "\t\n\v\f\r ",
        "\xc2\x85",
        "\xc2\xa0",
        "\xe1\x9a\x80",
        "\xe2\x80\x80",
        "\xe2\x80\x8a",
        "\xe2\x80\x8b\xe2\x80\x8d",
        "\xe2\x80\xa8\xe2\x80\xa9",
        "\xe2\x80\xaf",
        "\xe2\x81\x9f",
        "\xe2\x81\xa0",
        "\xe3\x80\x80",
        "\xef\xbb\xbf",
        " \xc2\xa0\n\xe3\x80\x80 ",
        "\x01",         /* control characters */
        "\xc2\xad",     /* a soft hyphen */
        "\xe2\xa0\x80", /* a Braille pattern without dots */
        "\xe3\x85\xa4", /* Hangul fillers */
        "\xe1\x85\x9f\xe1\x85\xa0",
        "\xef\xbe\xa0",
        "\xd8\x9c\xe2\x80\x8f", /* direction marks */
        "\xef\xb8\x8f",         /* a variation of nothing */
        "\xf3\xa0\x81\xa1",     /* a tag */
        "\xcd\x8f\xe1\xa0\x8e\xef\xbf\xb0",
    };
    for (size_t i = 0; i < LENGTH(texts_); i++) {
        refuse_text(CRUDDUR_E_TEXT_BLANK, texts_[i]);
    }
    refusals_end();
}

Test(bad_text, blank_and_long_is_blank)
{
    char text[5000];
    memset(text, ' ', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    refuse_text(CRUDDUR_E_TEXT_BLANK, text);
    refusals_end();
}

Test(bad_text, too_long)
{
    char text[1026] = TEST_SECRET;
    memset(text + strlen(text), 'x', 1025 - strlen(text));
    text[1025] = '\0';
    cr_assert_eq(strlen(text), 1025);
    refuse_text(CRUDDUR_E_TEXT_TOO_LONG, text);
    refusals_end();
}

/* Each stands between good text, and alone. */
static const char *const not_utf8[] = {
    "\x80",             /* a following byte that follows nothing */
    "\xbf",             /* */
    "\xc0\x80",         /* overlong NUL */
    "\xc1\xbf",         /* overlong */
    "\xe0\x80\x80",     /* */
    "\xe0\x9f\xbf",     /* */
    "\xf0\x80\x80\x80", /* */
    "\xf0\x8f\xbf\xbf", /* */
    "\xed\xa0\x80",     /* surrogates */
    "\xed\xbf\xbf",     /* */
    "\xf4\x90\x80\x80", /* beyond U+10FFFF */
    "\xf5\x80\x80\x80", /* */
    "\xfe",             /* never */
    "\xff",             /* */
    "\xc3",             /* cut short */
    "\xe4\xbd",         /* */
    "\xf0\x9f\x98",     /* */
    "\xe4\x28\xa1",     /* not followed as it should */
    "\xf0\x28\x8c\x28", /* */
};

Test(bad_text, not_utf8)
{
    for (size_t i = 0; i < LENGTH(not_utf8); i++) {
        char text[64];
        refuse_text(CRUDDUR_E_NOT_UTF8, not_utf8[i]);
        (void)snprintf(text, sizeof(text), TEST_SECRET " %s", not_utf8[i]);
        refuse_text(CRUDDUR_E_NOT_UTF8, text);
        (void)snprintf(text, sizeof(text), "%s " TEST_SECRET, not_utf8[i]);
        refuse_text(CRUDDUR_E_NOT_UTF8, text);
    }
    refusals_end();
}

/* ---- names ---- */

/* The same bad name as each of the names that the two calls take. */
static void refuse_name(cruddur_status expected, const char *name)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur_user named = test_ann;
    cruddur_user handled = test_ann;
    const char *group = refusal_group.text;
    const char *text = TEST_SECRET;
    named.display_name = name;
    handled.handle = name;
    refused(try_append(expected, "author.display_name", &named, group, text, NULL));
    refused(try_append(expected, "author.handle", &handled, group, text, NULL));
    refused(try_create(expected, "creator.display_name", &named, &test_cem, 1, text, NULL));
    refused(try_create(expected, "creator.handle", &handled, &test_cem, 1, text, NULL));
    const cruddur_user others_named[] = {test_cem, named};
    const cruddur_user others_handled[] = {test_cem, handled};
    refused(try_create(expected, "others.display_name", &test_bob, others_named, 2, text, NULL));
    refused(try_create(expected, "others.handle", &test_bob, others_handled, 2, text, NULL));
    const cruddur_user others[] = {test_cem, test_bob};
    options.group_name = name;
    refused(try_create(expected, "options.group_name", &test_ann, others, 2, text, &options));
}

Test(bad_text, names_that_are_too_long)
{
    char ascii[258];
    char wide[257 * 4 + 1] = "";
    memset(ascii, 'x', 257);
    ascii[257] = '\0';
    for (int i = 0; i < 257; i++) {
        strcat(wide, "\xf0\x9f\x98\x80");
    }
    refuse_name(CRUDDUR_E_NAME_TOO_LONG, ascii);
    refuse_name(CRUDDUR_E_NAME_TOO_LONG, wide);
    refusals_end();
}

Test(bad_text, names_with_control_characters)
{
    static const char *const names[] = {
        "\x01", "a\nb",  "a\tb",     "a\r",      "\x1b[0m",
        "\x1f", "a\x7f", "\xc2\x80", "\xc2\x85", "\xc2\x9f",
    };
    for (size_t i = 0; i < LENGTH(names); i++) {
        refuse_name(CRUDDUR_E_NAME_CHARACTER, names[i]);
    }
    refusals_end();
}

/* Empty is fine: that is how a user without a name is stored. */
Test(bad_text, names_that_show_nothing)
{
    static const char *const names[] = {
        " ",
        "\xc2\xa0",
        "\xe2\x80\x8b",
        "\xc2\xad",
        "\xe2\xa0\x80",
        "\xe3\x85\xa4",
        "\xe2\x80\xae ",
    };
    for (size_t i = 0; i < LENGTH(names); i++) {
        refuse_name(CRUDDUR_E_NAME_CHARACTER, names[i]);
    }
    refusals_end();
}

Test(bad_text, names_that_are_not_utf8)
{
    for (size_t i = 0; i < LENGTH(not_utf8); i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "a%sb", not_utf8[i]);
        refuse_name(CRUDDUR_E_NOT_UTF8, name);
    }
    refusals_end();
}

Test(bad_text, a_name_for_a_group_of_two)
{
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.group_name = "We two";
    refused(try_create(CRUDDUR_E_INVALID_ARGUMENT, "options.group_name", &test_ann, &test_cem, 1,
                       TEST_SECRET, &options));
    options.flags = CRUDDUR_CREATE_SEPARATE;
    refused(try_create(CRUDDUR_E_INVALID_ARGUMENT, "options.group_name", &test_ann, &test_cem, 1,
                       TEST_SECRET, &options));
    refusals_end();
}
