/* SPDX-License-Identifier: MIT */
/* Cursors as text. */
#include <criterion/criterion.h>
#include <cruddur/list.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/cursor.h"

TestSuite(cursor, .timeout = 300);

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LIST "MSG#abcdef01-2345-6789-abcd-efabcdef0123"
#define SORT_KEY "2026-01-31T09:10:00.123456+00:00"

static cr_cursor cursor_of(cr_cursor_kind kind, bool inclusive, const char *pk, const char *sk)
{
    bool is_scan = kind == CR_CURSOR_SCAN;
    return (cr_cursor){
        kind, inclusive, cr_str_of(is_scan ? "" : LIST), {cr_str_of(pk), cr_str_of(sk)}};
}

/* To be freed with free(). */
static char *written(const cr_cursor *cursor)
{
    cr_buffer out;
    cr_buffer_init(&out, 10000);
    cr_cursor_write(cursor, &out);
    char *text = cr_buffer_take(&out);
    cr_assert(text != NULL);
    return text;
}

static cr_cursor_check check(const char *text, const char *list)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_cursor cursor;
    cr_cursor_check found = cr_cursor_read(cr_str_of(text), cr_str_of(list), &arena, &cursor);
    cr_arena_free(&arena);
    return found;
}

static void expect_round_trip(const cr_cursor *cursor)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_cursor found;
    char *text = written(cursor);
    cr_assert_eq(cr_cursor_read(cr_str_of(text), cursor->list, &arena, &found), CR_CURSOR_GOOD);
    cr_assert_eq(found.kind, cursor->kind);
    cr_assert_eq(found.inclusive, cursor->inclusive);
    cr_assert(cr_str_equal(found.position.sk, cursor->position.sk));
    if (cursor->kind == CR_CURSOR_SCAN) {
        cr_assert(cr_str_equal(found.position.pk, cursor->position.pk));
    }
    cr_assert_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                 strlen(text));
    free(text);
    cr_arena_free(&arena);
}

Test(cursor, comes_back_as_it_was)
{
    for (int kind = CR_CURSOR_OLDER; kind <= CR_CURSOR_SCAN; kind++) {
        for (int inclusive = 0; inclusive < 2; inclusive++) {
            cr_cursor cursor = cursor_of((cr_cursor_kind)kind, inclusive != 0, "pk", SORT_KEY);
            expect_round_trip(&cursor);
            cursor.position.sk = cr_str_of("");
            expect_round_trip(&cursor);
            cursor.position.sk = cr_str_of("\x01\xff\x80 anything \xf0\x9f\x98\x80");
            expect_round_trip(&cursor);
        }
    }
}

static char *fill(char *buffer, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        buffer[i] = (char)(1 + (i * 37 + size) % 255);
    }
    buffer[size] = '\0';
    return buffer;
}

Test(cursor, keys_of_all_lengths)
{
    static char pk[2049];
    static char sk[1025];
    for (size_t size = 0; size <= 1024; size++) {
        cr_cursor list = cursor_of(CR_CURSOR_NEWER, false, "", fill(sk, size));
        cr_cursor scan = cursor_of(CR_CURSOR_SCAN, false, fill(pk, size), sk);
        expect_round_trip(&list);
        expect_round_trip(&scan);
    }
    cr_cursor longest = cursor_of(CR_CURSOR_SCAN, false, fill(pk, 2048), fill(sk, 1024));
    expect_round_trip(&longest);
}

Test(cursor, keys_that_no_engine_has_are_not_written)
{
    static char pk[2050];
    static char sk[1026];
    const cr_cursor too_long[] = {
        cursor_of(CR_CURSOR_NEWER, false, "", fill(sk, 1025)),
        cursor_of(CR_CURSOR_SCAN, false, "pk", sk),
        cursor_of(CR_CURSOR_SCAN, false, fill(pk, 2049), "sk"),
    };
    for (size_t i = 0; i < LENGTH(too_long); i++) {
        cr_buffer out;
        cr_buffer_init(&out, 10000);
        cr_cursor_write(&too_long[i], &out);
        cr_assert(out.failed);
        cr_assert(cr_buffer_take(&out) == NULL);
    }
}

/* ---- what is written stays good for ever ---- */

/* Made by an independent program; cursors of older releases must be read by newer ones. */
Test(cursor, the_form_never_changes)
{
    static const struct {
        cr_cursor_kind kind;
        bool inclusive;
        const char *pk, *sk, *text;
    } rows[] = {
        {CR_CURSOR_OLDER, false, "", SORT_KEY,
         "AQA3Z4SFdR7YHzIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwGsa1pA"},
        {CR_CURSOR_NEWER, true, "", SORT_KEY,
         "ARE3Z4SFdR7YHzIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwNZ8HIw"},
        {CR_CURSOR_NEWER, true, "", "", "ARE3Z4SFdR7YHwxUWGI"},
        {CR_CURSOR_SCAN, false, "MSG#x", SORT_KEY,
         "AQIlIyKE5Jzyy01TRyN4ADIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwjCIOsQ"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        cr_cursor cursor = cursor_of(rows[i].kind, rows[i].inclusive, rows[i].pk, rows[i].sk);
        char *text = written(&cursor);
        cr_assert_str_eq(text, rows[i].text);
        free(text);
    }
}

/* ---- what is refused ---- */

/* Every byte of the text in turn is every other byte. */
static void damage(const char *good, const char *list)
{
    size_t length = strlen(good);
    char *bad = malloc(length + 2);
    cr_assert(bad != NULL);
    for (size_t i = 0; i < length; i++) {
        memcpy(bad, good, length + 1);
        for (int byte = 0; byte < 256; byte++) {
            if (byte != (unsigned char)good[i]) {
                bad[i] = (char)byte;
                cr_assert_eq(check(bad, list), CR_CURSOR_DAMAGED, "%s for %s", bad, good);
            }
        }
    }
    for (size_t cut = 0; cut < length; cut++) {
        memcpy(bad, good, length + 1);
        bad[cut] = '\0';
        cr_assert_eq(check(bad, list), CR_CURSOR_DAMAGED, "%s for %s", bad, good);
    }
    for (int byte = 1; byte < 256; byte++) {
        memcpy(bad, good, length + 1);
        bad[length] = (char)byte;
        bad[length + 1] = '\0';
        cr_assert_eq(check(bad, list), CR_CURSOR_DAMAGED, "%s for %s", bad, good);
    }
    free(bad);
}

Test(cursor, every_damage_is_noticed)
{
    static char sk[40];
    for (size_t size = 0; size < 36; size++) { /* for each of the three ends that base64 has */
        cr_cursor list = cursor_of(CR_CURSOR_OLDER, size % 2 == 0, "", fill(sk, size));
        char *text = written(&list);
        damage(text, LIST);
        free(text);
    }
    cr_cursor scan = cursor_of(CR_CURSOR_SCAN, false, LIST, SORT_KEY);
    char *text = written(&scan);
    damage(text, "");
    free(text);
}

Test(cursor, of_another_list)
{
    static const char *const lists[] = {
        "",
        "MSG#abcdef01-2345-6789-abcd-efabcdef0124",
        "GRP#abcdef01-2345-6789-abcd-efabcdef0123",
        "MSG#",
        LIST " ",
    };
    cr_cursor cursor = cursor_of(CR_CURSOR_OLDER, false, "", SORT_KEY);
    char *text = written(&cursor);
    for (size_t i = 0; i < LENGTH(lists); i++) {
        cr_assert_eq(check(text, lists[i]), CR_CURSOR_FOREIGN, "\"%s\"", lists[i]);
    }
    cr_assert_eq(check(text, LIST), CR_CURSOR_GOOD);
    free(text);
    cursor = cursor_of(CR_CURSOR_SCAN, false, LIST, SORT_KEY);
    text = written(&cursor);
    cr_assert_eq(check(text, LIST), CR_CURSOR_FOREIGN);
    free(text);
}

Test(cursor, nonsense)
{
    static const char *const texts[] = {
        "", "A", "AQ", "AAAA", "AQAAAAAAAAAAAAAAAA", "====", "\xff", "not a cursor", "%41"};
    char longest[6000];
    for (size_t i = 0; i < LENGTH(texts); i++) {
        cr_assert_eq(check(texts[i], LIST), CR_CURSOR_DAMAGED, "%s", texts[i]);
        cr_assert_eq(check(texts[i], ""), CR_CURSOR_DAMAGED, "%s", texts[i]);
    }
    memset(longest, 'A', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    cr_assert_eq(check(longest, LIST), CR_CURSOR_DAMAGED);
}

/* Good sums over content that no release has written. Made by an independent program. */
Test(cursor, forged)
{
    static const char *const forged[] = {
        /* another version */
        "AgA3Z4SFdR7YHzIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwndRNZQ",
        /* another version, of a scan */
        "AAIlIyKE5Jzyy01TRyN4ADIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwESqc7Q",
        /* another kind */
        "AQM3Z4SFdR7YHzIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwKzwD0Q",
        /* another kind */
        "AQ8lIyKE5JzyyzIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwKcRr3g",
        /* unknown flags */
        "ASA3Z4SFdR7YHzIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwumdv6w",
        /* unknown flags */
        "AZE3Z4SFdR7YHzIwMjYtMDEtMzFUMDk6MTA6MDAuMTIzNDU2KzAwOjAwtXWgzQ",
        /* a scan without the NUL between its keys */
        "AQIlIyKE5Jzyy01TRyN4MjAyNi0wMS0zMVQwOToxMDowMC4xMjM0NTYrMDA6MDAGBlX4",
    };
    for (size_t i = 0; i < LENGTH(forged); i++) {
        cr_assert_neq(check(forged[i], LIST), CR_CURSOR_GOOD, "number %zu", i);
        cr_assert_eq(check(forged[i], ""), CR_CURSOR_DAMAGED, "number %zu", i);
    }
}

/* The kind alone, of any list's cursor. */
Test(cursor, tell_their_kind)
{
    static const cr_cursor_kind kinds[] = {CR_CURSOR_OLDER, CR_CURSOR_NEWER, CR_CURSOR_SCAN};
    static const uint32_t directions[] = {CRUDDUR_DIRECTION_OLDER, CRUDDUR_DIRECTION_NEWER,
                                          CRUDDUR_DIRECTION_NONE};
    for (size_t i = 0; i < LENGTH(kinds); i++) {
        cr_cursor_kind found = kinds[(i + 1) % LENGTH(kinds)];
        cr_cursor cursor = cursor_of(kinds[i], i % 2 == 0, "pk", SORT_KEY);
        char *text = written(&cursor);
        cr_assert(cr_cursor_peek(cr_str_of(text), &found));
        cr_assert_eq(found, kinds[i]);
        cr_assert_eq(cruddur_cursor_direction(text), directions[i]);
        text[strlen(text) / 2] = text[strlen(text) / 2] == 'A' ? 'B' : 'A';
        cr_assert_not(cr_cursor_peek(cr_str_of(text), &found));
        cr_assert_eq(cruddur_cursor_direction(text), CRUDDUR_DIRECTION_NONE);
        free(text);
    }
    cr_assert_eq(cruddur_cursor_direction(NULL), CRUDDUR_DIRECTION_NONE);
    cr_assert_eq(cruddur_cursor_direction(""), CRUDDUR_DIRECTION_NONE);
}
