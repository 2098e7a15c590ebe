/* SPDX-License-Identifier: MIT */
/* What text is made of. */
#include <criterion/criterion.h>
#include <stdint.h>

#include "model/text.h"

TestSuite(text, .timeout = 300);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
/* A literal with its length: it may have NULs in it. */
#define TEXT(literal) ((cr_str){literal, sizeof(literal) - 1})

/* Encodes without asking whether the character is one; returns the length. */
static size_t encode(uint32_t c, char *bytes)
{
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    bytes[0] = (char)(first[length] | c);
    return length;
}

Test(text, every_character_and_no_surrogate)
{
    for (uint32_t c = 0; c < 0x120000; c++) {
        char bytes[8];
        size_t length = encode(c, bytes);
        cr_text_facts facts = cr_text_look((cr_str){bytes, length});
        bool is_good = c < 0xd800 || (c > 0xdfff && c < 0x110000);
        cr_assert_eq(facts.is_utf8, is_good, "U+%04X", c);
        if (is_good) {
            cr_assert_eq(facts.characters, 1, "U+%04X", c);
            cr_assert_eq(facts.has_control, c < 0x20 || (c >= 0x7f && c < 0xa0), "U+%04X", c);
        }
        if (length > 1) {
            cr_assert_not(cr_text_look((cr_str){bytes, length - 1}).is_utf8, "cut: U+%04X", c);
        }
    }
}

Test(text, every_pair_of_bytes)
{
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            const char bytes[] = {(char)first, (char)second};
            bool is_good = (first < 0x80 && second < 0x80) ||
                           (first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf);
            cr_assert_eq(cr_text_look((cr_str){bytes, 2}).is_utf8, is_good, "%02x %02x", first,
                         second);
        }
    }
}

/* Each is refused where it begins, with good text before and behind. */
Test(text, malformed)
{
    static const char *const malformed[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xc2",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xe1\x80",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xed\xa0\x80\xed\xb0\x80",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfc\x84\x80\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xe1\xc3\xa9",
        "\xf1\x80\x80\xc3\xa9",
    };
    for (size_t i = 0; i < LENGTH(malformed); i++) {
        char text[32] = "\xc3\xa9z";
        strcat(text, malformed[i]);
        strcat(text, "\xe4\xbd\xa0z");
        cr_text_facts facts = cr_text_look(cr_str_of(text));
        cr_assert_not(facts.is_utf8, "number %zu", i);
        cr_assert_eq(facts.bad_position, 3, "number %zu: at %zu", i, facts.bad_position);
        facts = cr_text_look(cr_str_of(malformed[i]));
        cr_assert_not(facts.is_utf8, "number %zu", i);
        cr_assert_eq(facts.bad_position, 0, "number %zu", i);
    }
}

Test(text, characters_are_code_points)
{
    static const struct {
        cr_str text;
        size_t characters;
    } rows[] = {
        {{"", 0}, 0},          {{"abc", 3}, 3},
        {{"a\0b", 3}, 3},      {{"\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80", 9}, 3},
        {{"e\xcc\x81", 3}, 2}, {{"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7", 11}, 3},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        cr_text_facts facts = cr_text_look(rows[i].text);
        cr_assert(facts.is_utf8);
        cr_assert_eq(facts.characters, rows[i].characters, "number %zu", i);
    }
}

static bool is_blank(uint32_t c)
{
    char bytes[8];
    size_t length = encode(c, bytes);
    return cr_text_look((cr_str){bytes, length}).is_blank;
}

/* Characters that show nothing, in runs: the ones next to each run show. unit-invisible compares
 * the whole table with Unicode's. */
Test(text, invisible_characters)
{
    static const struct {
        uint32_t first, last;
    } runs[] = {
        {0x0, 0x20},        {0x7f, 0xa0},       {0xad, 0xad},     {0x34f, 0x34f},
        {0x61c, 0x61c},     {0x115f, 0x1160},   {0x1680, 0x1680}, {0x17b4, 0x17b5},
        {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f}, {0x205f, 0x206f},
        {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164}, {0xfe00, 0xfe0f},
        {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < LENGTH(runs); i++) {
        for (uint32_t c = runs[i].first; c <= runs[i].last; c++) {
            cr_assert(is_blank(c), "U+%04X", c);
        }
        cr_assert(runs[i].first == 0 || !is_blank(runs[i].first - 1), "before U+%04X",
                  runs[i].first);
        cr_assert_not(is_blank(runs[i].last + 1), "after U+%04X", runs[i].last);
    }
}

Test(text, one_character_that_shows_is_enough)
{
    cr_assert(cr_text_look(TEXT("")).is_blank);
    cr_assert(cr_text_look(CR_STR_ABSENT).is_blank);
    cr_assert(cr_text_look(TEXT(" \t\n\xc2\xa0\xe3\x80\x80")).is_blank);
    cr_assert_not(cr_text_look(TEXT(" \t.\n")).is_blank);
    cr_assert_not(cr_text_look(TEXT(". ")).is_blank);
    cr_assert_not(cr_text_look(TEXT(" .")).is_blank);
    cr_assert(cr_text_look(TEXT("\x01\x7f\0")).is_blank);
    cr_assert_not(cr_text_look(TEXT("\xf4\x8f\xbf\xbf")).is_blank); /* the last of all */
    cr_assert(cr_text_look(TEXT("\xc2\xad\xe2\xa0\x80\xe3\x85\xa4\xef\xb8\x8f")).is_blank);
    cr_assert_not(cr_text_look(TEXT("\xe2\x9d\xa4\xef\xb8\x8f")).is_blank); /* a red heart */
}

Test(text, one_control_character_is_enough)
{
    cr_assert_not(cr_text_look(TEXT("plain \xc2\xa0 text")).has_control);
    cr_assert(cr_text_look(TEXT("\x01plain")).has_control);
    cr_assert(cr_text_look(TEXT("pl\nain")).has_control);
    cr_assert(cr_text_look(TEXT("plain\xc2\x9f")).has_control);
    cr_assert(cr_text_look(TEXT("pl\0ain")).has_control);
}
