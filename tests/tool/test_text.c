/* SPDX-License-Identifier: MIT */
/* Text as a terminal shows it. */
#include <criterion/criterion.h>
#include <string.h>

#include "text.h"

/* Two pictures joined to one, and one with a skin tone: width 4 each. */
#define FAMILY "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"
#define THUMB "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"
/* Width 2 each. */
#define CJK "\xe4\xbd\xa0"
#define FLAG "\xf0\x9f\x87\xb3\xf0\x9f\x87\xb4"
#define HEART "\xe2\x9d\xa4\xef\xb8\x8f"
/* Width 1 each. */
#define E_ACUTE "e\xcc\x81"
#define ALEF "\xd7\x90"
#define BEH "\xd8\xa8"
#define DOTS "\xe2\x80\xa6"

#define FSI "\xe2\x81\xa8"
#define PDI "\xe2\x81\xa9"
#define LRM "\xe2\x80\x8e"
#define RLM "\xe2\x80\x8f"

TestSuite(text, .timeout = 120, .init = text_set_locale);

static size_t width(const char *text)
{
    return text_width(text, strlen(text));
}

/* Compares what was built, and frees it. */
static void expect_built(struct buffer *found, const char *expected)
{
    cr_assert_str_eq(buffer_text(found), expected);
    buffer_free(found);
}

static void expect_clean(const char *text, enum text_breaks breaks, const char *expected)
{
    struct buffer found = {NULL, 0, 0};
    text_clean(&found, text, breaks);
    expect_built(&found, expected);
}

static void expect_cut(const char *text, size_t columns, const char *expected)
{
    struct buffer found = {NULL, 0, 0};
    text_truncate(&found, text, columns);
    cr_assert_leq(width(buffer_text(&found)), columns);
    expect_built(&found, expected);
}

/* Compares the lines of a text, with | behind each. */
static void expect_lines(const char *text, size_t columns, const char *expected)
{
    struct buffer found = {NULL, 0, 0};
    struct text_wrap wrap = {text, columns};
    const char *line;
    size_t length;
    while (text_wrap_next(&wrap, &line, &length)) {
        buffer_add(&found, line, length);
        buffer_add_text(&found, "|");
    }
    expect_built(&found, expected);
}

Test(text, decode)
{
    static const struct {
        const char *bytes;
        uint32_t code_point;
        size_t length;
    } cases[] = {
        {"a", 'a', 1},
        {"", 0, 1},
        {"\xc2\x80", 0x80, 2},
        {"\xe0\xa0\x80", 0x800, 3},
        {"\xef\xbf\xbf", 0xFFFF, 3},
        {"\xf0\x90\x80\x80", 0x10000, 4},
        {"\xf4\x8f\xbf\xbf", 0x10FFFF, 4},
        {"\x80", TEXT_BAD, 1},             /* begins nothing */
        {"\xff", TEXT_BAD, 1},             /* occurs nowhere */
        {"\xc3", TEXT_BAD, 1},             /* ends too early */
        {"\xe4\xbd", TEXT_BAD, 1},         /* ends too early */
        {"\xc1\xbf", TEXT_BAD, 1},         /* has a shorter form */
        {"\xe0\x9f\xbf", TEXT_BAD, 1},     /* has a shorter form */
        {"\xf0\x8f\xbf\xbf", TEXT_BAD, 1}, /* has a shorter form */
        {"\xed\xa0\x80", TEXT_BAD, 1},     /* a surrogate */
        {"\xf4\x90\x80\x80", TEXT_BAD, 1}, /* beyond the last */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t code_point;
        cr_assert_eq(text_decode(cases[i].bytes, &code_point), cases[i].length, "%zu", i);
        cr_assert_eq(code_point, cases[i].code_point, "%zu", i);
    }
}

Test(text, look)
{
    struct text_facts facts = text_look("na\xc3\xafve");
    cr_assert(facts.is_utf8 && !facts.is_blank && !facts.has_control);
    cr_assert_eq(facts.code_points, 5);
    facts = text_look("ab\xff"
                      "c\xfe");
    cr_assert(!facts.is_utf8 && !facts.is_blank);
    cr_assert_eq(facts.bad_offset, 2);
    cr_assert_eq(facts.code_points, 5);
    cr_assert(text_look("").is_blank);
    cr_assert(text_look(" \n\t\xc2\xa0\xe2\x80\x8b\xe2\x80\x8d\xe2\x81\xa0\xe3\x80\x80\xef\xbb\xbf")
                  .is_blank);
    cr_assert(text_look("a\x7f").has_control);
    cr_assert(text_look("\xc2\x9f").has_control);
    cr_assert_not(text_look("\xc2\xa0").has_control);
}

Test(text, lower)
{
    char text[] = "@AZaz[\xc3\x89";
    text_lower(text);
    cr_assert_str_eq(text, "@azaz[\xc3\x89");
}

Test(text, widths)
{
    cr_assert_eq(width(""), 0);
    cr_assert_eq(width("hello"), 5);
    cr_assert_eq(width(CJK CJK), 4);
    cr_assert_eq(width(E_ACUTE E_ACUTE), 2);
    cr_assert_eq(width(FAMILY "x"), 5);
    cr_assert_eq(width(FLAG FLAG), 4);
    cr_assert_eq(width(THUMB HEART), 6);
    cr_assert_eq(width(ALEF BEH), 2);
    cr_assert_eq(width("\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa5\x87"),
                 4);
    cr_assert_eq(width("a\xe2\x80\x8b"
                       "b"),
                 2);
    cr_assert_eq(width("\xff"), 1);
    cr_assert_eq(text_width("hello", 2), 2);
}

Test(text, clean_control_characters)
{
    expect_clean("plain " CJK FAMILY, TEXT_BREAKS_ESCAPED, "plain " CJK FAMILY);
    expect_clean("\x1b[2J\x07\x7f", TEXT_BREAKS_KEPT, "\\x1b[2J\\x07\\x7f");
    expect_clean("\xc2\x9b"
                 "31m",
                 TEXT_BREAKS_FOLDED, "\\x9b31m");
    expect_clean("\xe2\x80\xae\xe2\x81\xa6", TEXT_BREAKS_KEPT, "\\u202e\\u2066");
    expect_clean("a\xff"
                 "b",
                 TEXT_BREAKS_KEPT, "a\\xffb");
}

Test(text, clean_breaks)
{
    const char *text = "a\r\nb\n\n\tc\rd\xe2\x80\xa8"
                       "e";
    expect_clean(text, TEXT_BREAKS_ESCAPED, "a\\x0d\\x0ab\\x0a\\x0a\\x09c\\x0dd\\u2028e");
    expect_clean(text, TEXT_BREAKS_FOLDED, "a b c\\x0dd e");
    expect_clean(text, TEXT_BREAKS_KEPT, "a\nb\n\n    c\\x0dd\ne");
    expect_clean("\n a \n b\n", TEXT_BREAKS_FOLDED, "a b ");
}

Test(text, truncate)
{
    expect_cut("hello", 5, "hello");
    expect_cut("hello", 4, "hel" DOTS);
    expect_cut("hello", 1, DOTS);
    expect_cut("", 1, "");
    expect_cut("a b", 2, "a" DOTS);
    expect_cut("a  bc", 4, "a" DOTS);
    expect_cut(CJK CJK CJK, 5, CJK CJK DOTS);
    expect_cut(CJK CJK CJK, 4, CJK DOTS);
    expect_cut(CJK, 1, DOTS);
    expect_cut(FAMILY FAMILY, 7, FAMILY DOTS);
    expect_cut(THUMB, 3, DOTS);
    expect_cut(FLAG FLAG FLAG, 5, FLAG FLAG DOTS);
    expect_cut(E_ACUTE E_ACUTE E_ACUTE, 2, E_ACUTE DOTS);
}

Test(text, directions)
{
    bool has_any = true;
    cr_assert_eq(text_direction("12 !", 4, &has_any), TEXT_NEUTRAL);
    cr_assert_not(has_any);
    cr_assert_eq(text_direction("12 a" ALEF, 6, &has_any), TEXT_LEFT_TO_RIGHT);
    cr_assert(has_any);
    cr_assert_eq(text_direction("12 " ALEF "a", 6, &has_any), TEXT_RIGHT_TO_LEFT);
    cr_assert_eq(text_direction(BEH, 2, &has_any), TEXT_RIGHT_TO_LEFT);
}

static void expect_isolated(const char *text, enum text_direction whole, const char *expected)
{
    struct buffer found = {NULL, 0, 0};
    text_isolate(&found, text, strlen(text), whole);
    expect_built(&found, expected);
}

Test(text, isolate)
{
    expect_isolated("plain", TEXT_NEUTRAL, "plain");
    expect_isolated("plain", TEXT_RIGHT_TO_LEFT, "plain");
    expect_isolated(ALEF, TEXT_NEUTRAL, FSI ALEF PDI);
    expect_isolated(ALEF " a", TEXT_RIGHT_TO_LEFT, FSI ALEF " a" PDI);
    expect_isolated(ALEF " a", TEXT_LEFT_TO_RIGHT, FSI LRM ALEF " a" PDI);
    expect_isolated("a " ALEF, TEXT_RIGHT_TO_LEFT, FSI RLM "a " ALEF PDI);
}

Test(text, wrap_between_words)
{
    expect_lines("", 5, "");
    expect_lines("one two three", 20, "one two three|");
    expect_lines("one two three", 13, "one two three|");
    expect_lines("one two three", 12, "one two|three|");
    expect_lines("one two three", 7, "one two|three|");
    expect_lines("one   two", 4, "one|two|");
    expect_lines("one   two", 3, "one|two|");
    expect_lines("one two ", 7, "one two|");
    expect_lines("  one", 4, "  on|e|");
}

Test(text, wrap_within_words)
{
    expect_lines("abcdefgh", 3, "abc|def|gh|");
    expect_lines("ab cdefgh", 3, "ab|cde|fgh|");
    expect_lines("abc", 1, "a|b|c|");
    expect_lines(E_ACUTE E_ACUTE E_ACUTE, 2, E_ACUTE E_ACUTE "|" E_ACUTE "|");
    expect_lines(FAMILY FAMILY, 7, FAMILY "|" FAMILY "|");
    expect_lines("a" THUMB "b", 3, "a|" THUMB "|b|");
}

Test(text, wrap_at_newlines)
{
    expect_lines("a\nb", 5, "a|b|");
    expect_lines("a\n\nb\n", 5, "a||b|");
    expect_lines("\n", 5, "|");
    expect_lines("one \ntwo", 3, "one|two|");
    expect_lines("one  \n\ntwo", 3, "one||two|");
    expect_lines("a  \nb", 5, "a|b|");
}

Test(text, wrap_wide_text)
{
    expect_lines(CJK CJK CJK, 5, CJK CJK "|" CJK "|");
    expect_lines(CJK CJK CJK, 1, CJK "|" CJK "|" CJK "|");
    /* A full stop stays with what it ends. */
    expect_lines(CJK CJK "\xe3\x80\x82", 4, CJK "|" CJK "\xe3\x80\x82|");
    expect_lines("\xe3\x80\x82\xe3\x80\x82", 2, "\xe3\x80\x82|\xe3\x80\x82|");
    /* The ideographic space breaks as others do. */
    expect_lines(CJK "\xe3\x80\x80" CJK, 3, CJK "|" CJK "|");
    /* One thing that is wider than the line stands on it all the same. */
    expect_lines(CJK " " CJK "\n" CJK, 1, CJK "|" CJK "|" CJK "|");
    expect_lines("ab " CJK CJK, 5, "ab " CJK "|" CJK "|");
}

/* Whatever the width, a line is too wide only where it is one thing, and nothing gets lost. */
Test(text, wrap_keeps_everything)
{
    const char *text = "mixed " CJK CJK " text" FLAG FAMILY " of " ALEF BEH
                       " averylongwordindeed " E_ACUTE E_ACUTE " and\nlines";
    for (size_t columns = 1; columns < 40; columns++) {
        struct text_wrap wrap = {text, columns};
        const char *line, *last = text;
        size_t length;
        while (text_wrap_next(&wrap, &line, &length)) {
            size_t taken = text_width(line, length);
            cr_assert(taken <= columns || taken == 2 || taken == 4, "%zu: %zu", columns, taken);
            cr_assert_eq(strspn(last, " \n"), (size_t)(line - last), "%zu", columns);
            last = line + length;
        }
        cr_assert_str_eq(last, "");
    }
}

/* Of arguments that errors quote. */
Test(text, quoted_arguments_end_with_a_whole_character)
{
    static const struct {
        const char *text;
        size_t max, size;
    } rows[] = {
        {"", 3, 0},       {"abc", 3, 3},        {"abcd", 3, 3},     {CJK CJK, 6, 6},
        {CJK CJK, 5, 3},  {CJK CJK, 2, 0},      {"a" FLAG, 9, 9},   {"a" FLAG, 8, 5},
        {ALEF BEH, 3, 2}, {"a\xff" ALEF, 3, 2}, {"\xe4\xbd", 1, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert_eq(text_cut(rows[i].text, rows[i].max), rows[i].size, "number %zu", i);
    }
}
