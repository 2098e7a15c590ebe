/* SPDX-License-Identifier: MIT */
/* The reactions of a message: what is one character, and the lines that keep them. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "model/reactions.h"

TestSuite(reactions, .timeout = 300);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define ANNA "0f0e0d0c-0b0a-4009-8807-060504030201"
#define BERT "1f0e0d0c-0b0a-4009-8807-060504030201"

#define THUMB "\xf0\x9f\x91\x8d"
#define HEART "\xe2\x9d\xa4"
#define EMOJI_STYLE "\xef\xb8\x8f"
#define MEDIUM_SKIN "\xf0\x9f\x8f\xbd"
#define JOINER "\xe2\x80\x8d"
#define MAN "\xf0\x9f\x91\xa8"
#define WOMAN "\xf0\x9f\x91\xa9"
#define GIRL "\xf0\x9f\x91\xa7"
#define D "\xf0\x9f\x87\xa9"
#define E "\xf0\x9f\x87\xaa"
#define F "\xf0\x9f\x87\xab"

/* ---- characters ---- */

static const struct {
    const char *text;
    cr_reaction_fault fault;
} characters[] = {
    {"a", CR_REACTION_GOOD},
    {"+", CR_REACTION_GOOD},
    {"\xc3\xa9", CR_REACTION_GOOD},
    {"e\xcc\x81", CR_REACTION_GOOD}, /* e and a combining acute accent */
    {THUMB, CR_REACTION_GOOD},
    {THUMB MEDIUM_SKIN, CR_REACTION_GOOD},
    {HEART, CR_REACTION_GOOD},
    {HEART EMOJI_STYLE, CR_REACTION_GOOD},
    {MAN JOINER WOMAN JOINER GIRL, CR_REACTION_GOOD},
    {D E, CR_REACTION_GOOD},                                    /* a flag */
    {"1" EMOJI_STYLE "\xe2\x83\xa3", CR_REACTION_GOOD},         /* a keycap */
    {"\xea\xb0\x81", CR_REACTION_GOOD},                         /* a syllable of Hangul */
    {"\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", CR_REACTION_GOOD}, /* the same of its parts */
    {"\xe0\xae\xa8\xe0\xae\xbf", CR_REACTION_GOOD},             /* a syllable of Tamil */
    {"", CR_REACTION_NONE},
    {"ab", CR_REACTION_MANY},
    {"a ", CR_REACTION_MANY},
    {THUMB THUMB, CR_REACTION_MANY},
    {THUMB " ", CR_REACTION_MANY},
    {D E F, CR_REACTION_MANY},   /* a flag and a half */
    {D E F D, CR_REACTION_MANY}, /* two flags */
    {"a\n", CR_REACTION_MANY},
    {"\xe2\x80\x8b" THUMB, CR_REACTION_MANY}, /* a space without width */
    {"\n", CR_REACTION_INVISIBLE},
    {"\r\n", CR_REACTION_INVISIBLE},
    {" ", CR_REACTION_INVISIBLE},
    {"\xc2\xa0", CR_REACTION_INVISIBLE},
    {JOINER, CR_REACTION_INVISIBLE},
    {EMOJI_STYLE, CR_REACTION_INVISIBLE},
    {"\xcc\x81", CR_REACTION_INVISIBLE},  /* an accent without a letter */
    {" \xcc\x81", CR_REACTION_INVISIBLE}, /* the same on a blank */
    {"\x7f", CR_REACTION_INVISIBLE},
    {"\xe2\xa0\x80", CR_REACTION_INVISIBLE}, /* a pattern of Braille without dots */
    {"\xff", CR_REACTION_NOT_UTF8},
    {"a\xc3", CR_REACTION_NOT_UTF8},
    {"\xed\xa0\x80", CR_REACTION_NOT_UTF8}, /* a surrogate */
};

Test(reactions, one_visible_character)
{
    for (size_t i = 0; i < LENGTH(characters); i++) {
        cr_reaction_fault fault = cr_reaction_check(cr_str_of(characters[i].text));
        cr_expect_eq(fault, characters[i].fault, "%zu: \"%s\" gives %d", i, characters[i].text,
                     (int)fault);
    }
}

/* One character can have any number of accents, of two bytes each. */
static void write_accented(const char *letter, size_t size, char *text)
{
    size_t at = strlen(letter);
    memcpy(text, letter, at);
    for (; at < size; at += 2) {
        memcpy(text + at, "\xcc\x81", 2);
    }
}

Test(reactions, the_longest_character)
{
    char text[CRUDDUR_REACTION_SIZE + 4];
    for (size_t size = 2; size <= CRUDDUR_REACTION_SIZE + 2; size++) {
        write_accented(size % 2 == 0 ? "\xc3\xa4" : "a", size, text);
        cr_assert_eq(cr_reaction_check((cr_str){text, size}),
                     size < CRUDDUR_REACTION_SIZE ? CR_REACTION_GOOD : CR_REACTION_TOO_LONG,
                     "%zu bytes", size);
    }
}

/* ---- lines ---- */

static cr_arena arena;

static void tidy(void)
{
    cr_arena_free(&arena);
}

/* Sets a reaction; "same", "too many", or the lines afterwards. */
static const char *set(const char *before, const char *text, const char *user, bool is_added)
{
    cr_str result = CR_STR_ABSENT;
    const cr_reaction reaction = {cr_str_of(text), cr_str_of(user)};
    switch (cr_reactions_set(cr_str_of(before), &reaction, is_added, &arena, &result)) {
    case CR_REACTIONS_CHANGED:
        return result.data == NULL ? "none" : cr_arena_copy(&arena, result).data;
    case CR_REACTIONS_SAME:
        return "same";
    case CR_REACTIONS_TOO_MANY:
        return "too many";
    case CR_REACTIONS_NO_MEMORY:
        break;
    }
    return "no memory";
}

#define ASSERT_TEXT(actual, expected) cr_assert_str_eq(actual, expected, "%s", actual)

Test(reactions, lines_are_sorted_and_there_once, .fini = tidy)
{
    ASSERT_TEXT(set(NULL, "b", BERT, true), "b " BERT);
    ASSERT_TEXT(set("b " BERT, "b", ANNA, true), "b " ANNA "\nb " BERT);
    ASSERT_TEXT(set("b " BERT, "a", BERT, true), "a " BERT "\nb " BERT);
    ASSERT_TEXT(set("a " BERT "\nc " BERT, "b", ANNA, true), "a " BERT "\nb " ANNA "\nc " BERT);
    ASSERT_TEXT(set("b " BERT, "c", ANNA, true), "b " BERT "\nc " ANNA);
    ASSERT_TEXT(set("b " ANNA "\nb " BERT, "b", BERT, true), "same");
}

Test(reactions, one_s_own_is_removed, .fini = tidy)
{
    ASSERT_TEXT(set("b " ANNA "\nb " BERT, "b", ANNA, false), "b " BERT);
    ASSERT_TEXT(set("b " ANNA "\nb " BERT, "b", BERT, false), "b " ANNA);
    ASSERT_TEXT(set("a " ANNA "\nb " ANNA "\nc " ANNA, "b", ANNA, false), "a " ANNA "\nc " ANNA);
    ASSERT_TEXT(set("b " ANNA, "b", ANNA, false), "none");
    ASSERT_TEXT(set("b " ANNA, "b", BERT, false), "same");
    ASSERT_TEXT(set("b " ANNA, "c", ANNA, false), "same");
    ASSERT_TEXT(set(NULL, "b", ANNA, false), "same");
}

/* The heart of text style is the beginning of that of emoji style, and another kind. */
Test(reactions, a_kind_that_begins_like_another, .fini = tidy)
{
    const char *both = HEART " " BERT "\n" HEART EMOJI_STYLE " " ANNA;
    ASSERT_TEXT(set(HEART EMOJI_STYLE " " ANNA, HEART, BERT, true), both);
    ASSERT_TEXT(set(both, HEART, BERT, false), HEART EMOJI_STYLE " " ANNA);
}

/* ---- kinds ---- */

/* A line for each of the first letters. */
static void write_kinds(size_t count, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, size - used, "%s%c " ANNA, i == 0 ? "" : "\n", (char)('a' + i));
    }
}

Test(reactions, at_most_twenty_kinds, .fini = tidy)
{
    char kinds[2048];
    write_kinds(CRUDDUR_REACTION_KINDS_MAX - 1, kinds, sizeof(kinds));
    cr_assert_str_neq(set(kinds, "z", BERT, true), "too many");
    write_kinds(CRUDDUR_REACTION_KINDS_MAX, kinds, sizeof(kinds));
    ASSERT_TEXT(set(kinds, "z", BERT, true), "too many");
    cr_assert_str_neq(set(kinds, "a", BERT, true), "too many");
    cr_assert_str_neq(set(kinds, "t", BERT, true), "too many");
    ASSERT_TEXT(set(kinds, "a", ANNA, true), "same");
    ASSERT_TEXT(set(kinds, "z", ANNA, false), "same");
}

/* ---- reading ---- */

static size_t count(const char *text)
{
    size_t count = 0;
    cr_reaction reaction;
    cr_str rest = cr_str_of(text);
    while (cr_reactions_next(&rest, &reaction)) {
        cr_assert_eq(reaction.user.size, CRUDDUR_UUID_SIZE - 1);
        cr_assert_lt(reaction.text.size, CRUDDUR_REACTION_SIZE);
        count++;
    }
    return count;
}

Test(reactions, lines_of_other_programs_are_passed_over)
{
    cr_assert_eq(count(NULL), 0);
    cr_assert_eq(count(""), 0);
    cr_assert_eq(count("a " ANNA "\na " BERT), 2);
    cr_assert_eq(count("a " ANNA "\n"), 1);
    cr_assert_eq(count("\n\na " ANNA), 1);
    cr_assert_eq(count("a " ANNA "\n" ANNA "\n " ANNA "\nb" ANNA "\nc anna\nd " BERT), 2);
    cr_assert_eq(count("a 0F0E0D0C-0B0A-4009-8807-060504030201"), 0);
}

Test(reactions, lines_of_other_programs_stay, .fini = tidy)
{
    ASSERT_TEXT(set("strange\nb " ANNA "\n\nz", "b", ANNA, false), "strange\n\nz");
    ASSERT_TEXT(set("strange", "b", ANNA, true), "b " ANNA "\nstrange");
}
