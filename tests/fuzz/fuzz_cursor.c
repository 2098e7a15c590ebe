/* SPDX-License-Identifier: MIT */
/* Cursors. The first byte chooses what the rest is: a cursor's text (and behind a NUL the list that
 * it is said to be of), the bytes that the text stands for, to which the hashes are added that
 * nobody guesses, or a position that is written and read. */
#include "fuzz.h"
#include "model/cursor.h"

/* Long texts take long to read so many times. */
#define SHORT 100

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool is_same(const cr_cursor *a, const cr_cursor *b)
{
    return a->kind == b->kind && a->inclusive == b->inclusive && cr_str_equal(a->list, b->list) &&
           cr_str_equal(a->position.pk, b->position.pk) &&
           cr_str_equal(a->position.sk, b->position.sk);
}

/* No other text with this beginning is a cursor. */
static void check_only_text(cr_str text, cr_str list, cr_arena *arena)
{
    char *other = fuzz_copy(text);
    char *last = other + text.size - 1;
    for (const char *digit = alphabet; *digit != '\0'; digit++) {
        cr_cursor ignored;
        *last = *digit;
        FUZZ_REQUIRE(*digit == text.data[text.size - 1] ||
                     cr_cursor_read((cr_str){other, text.size}, list, arena, &ignored) !=
                         CR_CURSOR_GOOD);
    }
    free(other);
}

/* A cursor has one text, and a text that is taken is that text, byte for byte. */
static cr_cursor_check check_text(cr_str text, cr_str list, cr_cursor *cursor, cr_arena *arena)
{
    cr_buffer out;
    cr_cursor_check check = cr_cursor_read(text, list, arena, cursor);
    FUZZ_REQUIRE(check != CR_CURSOR_NO_MEMORY);
    if (check == CR_CURSOR_GOOD) {
        if (text.size < SHORT) {
            check_only_text(text, list, arena);
        }
        cr_buffer_init(&out, 100000);
        cr_cursor_write(cursor, &out);
        /* Longer keys than DynamoDB has may be read; they are never written. */
        bool is_writable = cursor->position.sk.size <= 1024 && cursor->position.pk.size <= 2048;
        FUZZ_REQUIRE(out.failed == !is_writable);
        FUZZ_REQUIRE(out.failed || cr_str_equal((cr_str){out.data, out.size - 1}, text));
        cr_buffer_free(&out);
    }
    return check;
}

static void check_written(const cr_cursor *cursor, cr_arena *arena)
{
    cr_buffer out;
    cr_cursor back;
    cr_buffer_init(&out, 100000);
    cr_cursor_write(cursor, &out);
    if (!out.failed) {
        cr_str text = {out.data, out.size - 1};
        FUZZ_REQUIRE(strlen(out.data) == text.size);
        FUZZ_REQUIRE(strspn(out.data, alphabet) == text.size);
        FUZZ_REQUIRE(check_text(text, cursor->list, &back, arena) == CR_CURSOR_GOOD);
        FUZZ_REQUIRE(is_same(&back, cursor));
        FUZZ_REQUIRE(cr_cursor_read(text, cr_str_of("another"), arena, &back) == CR_CURSOR_FOREIGN);
    }
    cr_buffer_free(&out);
}

static void check_position(uint8_t kind, cr_str text, cr_arena *arena)
{
    cr_cursor cursor = {.kind = (cr_cursor_kind)(kind % 3), .inclusive = kind % 2 == 1};
    cr_str rest = fuzz_cut(&text);
    if (cursor.kind == CR_CURSOR_SCAN) {
        cursor.list = (cr_str){"", 0};
        cursor.position = (cr_key){text, rest};
        check_written(&cursor, arena);
    } else if (memchr(text.data, '#', text.size) != NULL) { /* a partition */
        cursor.list = text;
        cursor.position.sk = rest;
        check_written(&cursor, arena);
    }
}

/* ---- bytes with hashes ---- */

static void hash_into(uint8_t *out, size_t out_size, const uint8_t *bytes, size_t size)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++) {
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    for (size_t i = 0; i < out_size; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static size_t encode(const uint8_t *bytes, size_t size, char *text)
{
    size_t length = (size * 8 + 5) / 6;
    for (size_t i = 0; i < length; i++) {
        size_t bit = i * 6;
        unsigned high = bytes[bit / 8];
        unsigned low = bit / 8 + 1 < size ? bytes[bit / 8 + 1] : 0u;
        text[i] = alphabet[(high << 8 | low) >> (10 - bit % 8) & 0x3fu];
    }
    return length;
}

/* version, kind, hash of the list, position, hash */
static void check_bytes(uint8_t kind, cr_str position, cr_str list, cr_arena *arena)
{
    cr_cursor cursor;
    uint8_t raw[4096] = {1, kind};
    char text[6000];
    if (position.size > sizeof(raw) - 14) {
        return;
    }
    hash_into(raw + 2, 8, (const uint8_t *)list.data, list.size);
    memcpy(raw + 10, position.data, position.size);
    size_t size = 10 + position.size;
    hash_into(raw + size, 4, raw, size);
    size_t length = encode(raw, size + 4, text);
    (void)check_text((cr_str){text, length}, list, &cursor, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_cursor cursor;
    if (size < 2) {
        return 0;
    }
    cr_str text = fuzz_text(bytes + 2, size - 2);
    if (bytes[0] % 3 == 0) {
        cr_str list = fuzz_cut(&text);
        (void)check_text(text, list, &cursor, &arena);
    } else if (bytes[0] % 3 == 1) {
        check_bytes(bytes[1], text, (cr_str){"GRP#a", bytes[1] % 2 == 0 ? 0 : 5}, &arena);
    } else {
        check_position(bytes[1], text, &arena);
    }
    cr_arena_free(&arena);
    return 0;
}
