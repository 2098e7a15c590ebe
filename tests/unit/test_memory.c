/* SPDX-License-Identifier: MIT */
/* Arenas, arrays, buffers and borrowed text. */
#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "model/row.h"

TestSuite(memory, .timeout = 300);

/* ---- text ---- */

Test(memory, text_is_compared_by_its_bytes)
{
    static const char *const sorted[] = {"",  "\x01", "A",    "AA",   "AB",
                                         "B", "a",    "\x7f", "\x80", "\xff"};
    const size_t count = sizeof(sorted) / sizeof(sorted[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            cr_str a = cr_str_of(sorted[i]);
            cr_str b = cr_str_of(sorted[j]);
            int order = cr_str_compare(a, b);
            cr_assert_eq(order < 0, i < j, "%zu and %zu", i, j);
            cr_assert_eq(order > 0, i > j, "%zu and %zu", i, j);
            cr_assert_eq(cr_str_equal(a, b), i == j);
        }
    }
    cr_assert(cr_str_of(NULL).data == NULL);
    cr_assert_eq(cr_str_of(NULL).size, 0);
    cr_assert(cr_str_equal(CR_STR_ABSENT, cr_str_of("")));
    cr_assert_eq(cr_str_compare((cr_str){"a\0b", 3}, (cr_str){"a\0c", 3}) < 0, true);
}

/* ---- arenas ---- */

Test(memory, an_arena_gives_aligned_memory_that_does_not_overlap)
{
    enum { COUNT = 500 };
    cr_arena arena = CR_ARENA_INIT;
    unsigned char *pieces[COUNT];
    size_t sizes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        sizes[i] = i % 50 == 49 ? 10000 + i : i * 7 % 200;
        pieces[i] = cr_arena_alloc(&arena, sizes[i]);
        cr_assert(pieces[i] != NULL);
        cr_assert_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i % 251), sizes[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t byte = 0; byte < sizes[i]; byte++) {
            cr_assert_eq(pieces[i][byte], i % 251);
        }
    }
    cr_arena_free(&arena);
}

Test(memory, an_arena_copies_text)
{
    cr_arena arena = CR_ARENA_INIT;
    char text[] = "text";
    cr_str copy = cr_arena_copy(&arena, cr_str_of(text));
    text[0] = '?';
    cr_assert_str_eq(copy.data, "text");
    cr_assert_eq(copy.size, 4);
    copy = cr_arena_copy(&arena, (cr_str){"cut here", 3});
    cr_assert_str_eq(copy.data, "cut");
    copy = cr_arena_copy(&arena, (cr_str){"a\0b", 3});
    cr_assert_eq(memcmp(copy.data, "a\0b", 4), 0);
    copy = cr_arena_copy(&arena, cr_str_of(""));
    cr_assert_str_eq(copy.data, "");
    cr_assert_eq(copy.size, 0);
    cr_arena_free(&arena);
}

Test(memory, an_arena_can_be_emptied_and_used_again)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_arena_reset(&arena);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 50; i++) {
            void *piece = cr_arena_alloc(&arena, 300);
            cr_assert(piece != NULL);
            memset(piece, round, 300);
        }
        cr_arena_reset(&arena);
    }
    cr_arena_free(&arena);
    cr_arena_free(&arena);
    cr_assert(cr_arena_alloc(&arena, 1) != NULL);
    cr_arena_free(&arena);
}

Test(memory, an_arena_refuses_what_cannot_be)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_assert(cr_arena_alloc(&arena, SIZE_MAX) == NULL);
    cr_assert(cr_arena_alloc(&arena, SIZE_MAX - 15) == NULL);
    cr_assert(cr_arena_alloc(&arena, SIZE_MAX - 16) == NULL);
    cr_assert(cr_arena_alloc(&arena, SIZE_MAX - 31) == NULL);
    cr_assert(cr_arena_alloc(&arena, 8) != NULL);
    cr_arena_free(&arena);
}

Test(memory, a_row_is_copied_with_all_its_text)
{
    cr_arena arena = CR_ARENA_INIT;
    char text[] = "text";
    cr_row copy;
    cr_row row = {0};
    row.value[CR_TEXT] = cr_str_of(text);
    row.value[CR_HANDLE] = cr_str_of("");
    cr_assert(cr_row_copy(&arena, &row, &copy));
    text[0] = '?';
    cr_assert_str_eq(copy.value[CR_TEXT].data, "text");
    cr_assert_str_eq(copy.value[CR_HANDLE].data, "");
    cr_assert(copy.value[CR_PK].data == NULL);
    cr_assert_not(cr_row_exists(&copy));
    row.value[CR_PK] = cr_str_of("p");
    row.value[CR_SK] = cr_str_of("s");
    cr_assert(cr_row_exists(&row));
    cr_assert_str_eq(cr_row_key(&row).pk.data, "p");
    cr_assert_str_eq(cr_row_key(&row).sk.data, "s");
    cr_arena_free(&arena);
}

/* ---- arrays ---- */

Test(memory, an_array_s_capacity_is_enough_and_within_its_bound)
{
    static const struct {
        size_t capacity, needed, first, max, expected;
    } cases[] = {
        {0, 1, 16, 100, 16},
        {0, 17, 16, 100, 32},
        {0, 1, 16, 10, 10},
        {16, 17, 16, 100, 32},
        {16, 90, 16, 100, 100},
        {64, 65, 16, 100, 100},
        {100, 101, 16, 100, 0},
        {0, 1, 16, 0, 0},
        {SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 2, 1, SIZE_MAX, SIZE_MAX},
        {SIZE_MAX / 16, SIZE_MAX / 16 + 1, 1, SIZE_MAX / 16, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(
            cr_array_capacity(cases[i].capacity, cases[i].needed, cases[i].first, cases[i].max),
            cases[i].expected, "case %zu", i);
    }
}

Test(memory, an_array_keeps_its_elements_while_it_grows)
{
    enum { COUNT = 1000 };
    cr_arena arena = CR_ARENA_INIT;
    uint32_t *arrays[2] = {NULL, NULL}; /* on the heap, in the arena */
    size_t capacities[2] = {0, 0};
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t *grown[2] = {
            cr_array_grow(arrays[0], i, &capacities[0], 3, sizeof(uint32_t)),
            cr_array_grow_in(&arena, arrays[1], i, &capacities[1], 3, sizeof(uint32_t)),
        };
        for (size_t a = 0; a < 2; a++) {
            cr_assert(grown[a] != NULL);
            cr_assert_gt(capacities[a], i);
            arrays[a] = grown[a];
            arrays[a][i] = i * 7;
        }
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        cr_assert_eq(arrays[0][i], i * 7);
        cr_assert_eq(arrays[1][i], i * 7);
    }
    free(arrays[0]);
    cr_arena_free(&arena);
}

Test(memory, an_array_that_cannot_grow_is_unchanged)
{
    cr_arena arena = CR_ARENA_INIT;
    const size_t size = 16;
    const size_t most = SIZE_MAX / size;
    size_t capacity = most;
    char array[16] = "";
    cr_assert(cr_array_grow(array, most, &capacity, 1, size) == NULL);
    cr_assert(cr_array_grow_in(&arena, array, most, &capacity, 1, size) == NULL);
    cr_assert_eq(capacity, most);
    cr_assert(cr_array_grow(array, most - 1, &capacity, 1, size) == array);
    cr_arena_free(&arena);
}

/* ---- buffers ---- */

Test(memory, a_buffer_grows)
{
    cr_buffer buffer;
    cr_buffer_init(&buffer, 1000000);
    for (int i = 0; i < 10000; i++) {
        cr_buffer_add_text(&buffer, cr_str_of("0123456789"));
    }
    cr_assert_not(buffer.failed);
    cr_assert_eq(buffer.size, 110000);
    char *data = cr_buffer_take(&buffer);
    for (size_t i = 0; i < 10000; i++) {
        cr_assert_str_eq(data + i * 11, "0123456789");
    }
    free(data);
    cr_assert_eq(buffer.size, 0);
    cr_assert(buffer.data == NULL);
}

Test(memory, a_buffer_keeps_to_its_cap)
{
    static const size_t caps[] = {0, 1, 10, 1023, 1024, 1025, 3000, 100000};
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        cr_buffer buffer;
        cr_buffer_init(&buffer, caps[i]);
        for (size_t size = 0; size < caps[i]; size++) {
            char *room = cr_buffer_extend(&buffer, 1);
            cr_assert(room != NULL);
            *room = 'x';
        }
        cr_assert_not(buffer.failed);
        cr_assert_eq(buffer.size, caps[i]);
        cr_assert(cr_buffer_extend(&buffer, 1) == NULL);
        cr_assert(buffer.failed);
        cr_assert_eq(buffer.size, caps[i]);
        cr_assert(cr_buffer_take(&buffer) == NULL);
        cr_assert_not(buffer.failed);
    }
}

Test(memory, a_buffers_failure_sticks)
{
    cr_buffer buffer;
    cr_buffer_init(&buffer, 10);
    cr_buffer_add_text(&buffer, cr_str_of("12345"));
    cr_buffer_add_text(&buffer, cr_str_of("12345"));
    cr_assert(buffer.failed);
    cr_buffer_add_text(&buffer, cr_str_of(""));
    cr_assert(cr_buffer_extend(&buffer, 1) == NULL);
    cr_buffer_align(&buffer, 4);
    cr_assert_eq(buffer.size, 6);
    cr_assert(cr_buffer_take(&buffer) == NULL);
    cr_buffer_init(&buffer, 10);
    cr_assert(cr_buffer_extend(&buffer, SIZE_MAX) == NULL);
    cr_buffer_free(&buffer);
    cr_buffer_free(&buffer);
}

Test(memory, a_buffer_adds_text_with_its_nul_and_aligns_with_zeros)
{
    static const char expected[16] = "ab\0\0c\0d\0\0\0\0\0";
    cr_buffer buffer;
    cr_buffer_init(&buffer, 100);
    cr_buffer_align(&buffer, 4);
    cr_assert_eq(buffer.size, 0);
    cr_buffer_add_text(&buffer, cr_str_of("ab"));
    cr_buffer_align(&buffer, 4);
    cr_assert_eq(buffer.size, 4);
    cr_buffer_align(&buffer, 4);
    cr_assert_eq(buffer.size, 4);
    cr_buffer_add_text(&buffer, cr_str_of("c"));
    cr_buffer_add_text(&buffer, (cr_str){"def", 1});
    cr_buffer_add_text(&buffer, CR_STR_ABSENT);
    cr_buffer_align(&buffer, 12);
    cr_assert_eq(buffer.size, 12);
    cr_assert_eq(memcmp(buffer.data, expected, 12), 0);
    cr_buffer_free(&buffer);
}
