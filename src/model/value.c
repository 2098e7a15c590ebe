/* SPDX-License-Identifier: MIT */
#include "model/value.h"

#include <stdio.h>

#include "base/array.h"
#include "base/json.h"

/* DynamoDB's numbers have 38 digits, and exponents up to 125. */
#define DIGITS_MAX 80
#define EXPONENT_MAX 100000
#define FIRST_CAPACITY 16

/* ---- numbers ---- */

/* 0.DIGITS * 10^exponent, without zeros at either end of the digits; zero has none. */
typedef struct number {
    bool is_negative;
    size_t count;
    long exponent;
    char digits[DIGITS_MAX];
} number;

static bool add_digit(number *read, char digit, bool is_behind_point)
{
    bool is_leading_zero = digit == '0' && read->count == 0;
    read->exponent += is_leading_zero ? (is_behind_point ? -1 : 0) : (is_behind_point ? 0 : 1);
    if (is_leading_zero) {
        return true;
    }
    if (read->count == DIGITS_MAX) {
        return false;
    }
    read->digits[read->count++] = digit;
    return true;
}

/* "E+5"; false for anything else. */
static bool read_exponent(cr_str text, long *exponent)
{
    size_t at = 1;
    long value = 0;
    bool is_negative = text.size > 1 && text.data[1] == '-';
    at += text.size > 1 && (text.data[1] == '-' || text.data[1] == '+') ? 1 : 0;
    if (!cr_str_is_number((cr_str){text.data + at, text.size - at})) {
        return false;
    }
    for (; at < text.size && value < EXPONENT_MAX; at++) {
        value = value * 10 + (text.data[at] - '0');
    }
    *exponent += is_negative ? -value : value;
    return true;
}

/* Up to an exponent or the end; false for what has no place among digits. */
static bool read_digits(cr_str text, size_t *at, number *read)
{
    bool is_behind_point = false;
    for (; *at < text.size && text.data[*at] != 'e' && text.data[*at] != 'E'; (*at)++) {
        char next = text.data[*at];
        if (next == '.' && !is_behind_point) {
            is_behind_point = true;
        } else if (next < '0' || next > '9' || !add_digit(read, next, is_behind_point)) {
            return false;
        }
    }
    while (read->count > 0 && read->digits[read->count - 1] == '0') {
        read->count--;
    }
    return true;
}

static bool read_number(cr_str text, number *read)
{
    size_t at = 0;
    *read = (number){.is_negative = text.size > 0 && text.data[0] == '-'};
    at += text.size > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    bool ok = read_digits(text, &at, read) &&
              (at == text.size ||
               read_exponent((cr_str){text.data + at, text.size - at}, &read->exponent));
    if (read->count == 0) { /* zero, in whatever form */
        read->exponent = 0;
        read->is_negative = false;
    }
    return ok;
}

static bool is_same_number(cr_str a, cr_str b)
{
    number x;
    number y;
    return cr_str_equal(a, b) || (read_number(a, &x) && read_number(b, &y) &&
                                  x.is_negative == y.is_negative && x.exponent == y.exponent &&
                                  x.count == y.count && memcmp(x.digits, y.digits, x.count) == 0);
}

/* In a form that is the same for the same number; absent when memory ran out. */
static cr_str write_number(cr_str text, cr_arena *arena)
{
    number read;
    char line[DIGITS_MAX + 32];
    if (!read_number(text, &read)) {
        return text;
    }
    (void)snprintf(line, sizeof(line), "%s%.*s:%ld", read.is_negative ? "-" : "", (int)read.count,
                   read.digits, read.exponent);
    return cr_arena_copy(arena, cr_str_of(line));
}

/* ---- sets ---- */

typedef struct elements {
    cr_str *element;
    size_t count;
    size_t capacity;
} elements;

static int compare(const void *a, const void *b)
{
    return cr_str_compare(*(const cr_str *)a, *(const cr_str *)b);
}

static bool read_set(cr_json *in, bool are_numbers, elements *set)
{
    *set = (elements){NULL, 0, 0};
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        cr_str *grown = cr_array_grow_in(in->arena, set->element, set->count, &set->capacity,
                                         FIRST_CAPACITY, sizeof(*grown));
        cr_str text = cr_json_string(in);
        if (grown == NULL || in->failed) {
            return false;
        }
        set->element = grown;
        grown[set->count] = are_numbers ? write_number(text, in->arena) : text;
        if (grown[set->count++].data == NULL) {
            return false;
        }
    }
    if (set->count > 1) {
        qsort(set->element, set->count, sizeof(*set->element), compare);
    }
    return !in->failed;
}

static bool is_same_set(cr_json *a, cr_json *b, bool are_numbers)
{
    elements x;
    elements y;
    bool is_same =
        read_set(a, are_numbers, &x) && read_set(b, are_numbers, &y) && x.count == y.count;
    for (size_t i = 0; is_same && i < x.count; i++) {
        is_same = cr_str_equal(x.element[i], y.element[i]);
    }
    return is_same;
}

/* ---- values ---- */

static bool is_same(cr_str a, cr_str b, cr_arena *arena);

static bool is_same_list(cr_json *a, cr_json *b)
{
    bool first_of_a = true;
    bool first_of_b = true;
    cr_json_enter(a, '[');
    cr_json_enter(b, '[');
    for (;;) {
        bool has_a = cr_json_next_element(a, &first_of_a);
        bool has_b = cr_json_next_element(b, &first_of_b);
        if (!has_a || !has_b) {
            return has_a == has_b && !a->failed && !b->failed;
        }
        cr_str x = cr_json_skip(a);
        cr_str y = cr_json_skip(b);
        if (a->failed || b->failed || !is_same(x, y, a->arena)) {
            return false;
        }
    }
}

static bool find_member(cr_json in, cr_str wanted, cr_str *value, size_t *count)
{
    cr_str name;
    bool is_there = false;
    *count = 0;
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name); (*count)++) {
        cr_str text = cr_json_skip(&in);
        if (cr_str_equal(name, wanted)) {
            *value = text;
            is_there = true;
        }
    }
    return is_there && !in.failed;
}

static bool is_same_map(cr_json *a, const cr_json *b)
{
    cr_str name;
    cr_str other;
    size_t members = 0;
    size_t members_of_b = 0;
    (void)find_member(*b, CR_STR_ABSENT, &other, &members_of_b);
    cr_json_enter(a, '{');
    for (bool first = true; cr_json_next_member(a, &first, &name); members++) {
        cr_str value = cr_json_skip(a);
        if (a->failed || !find_member(*b, name, &other, &members_of_b) ||
            !is_same(value, other, a->arena)) {
            return false;
        }
    }
    return !a->failed && members == members_of_b;
}

static bool is_same_of_type(cr_str type, cr_json *a, cr_json *b)
{
    bool are_numbers = cr_str_equal(type, cr_str_of("NS"));
    if (cr_str_equal(type, cr_str_of("N"))) {
        return is_same_number(cr_json_string(a), cr_json_string(b));
    }
    if (cr_str_equal(type, cr_str_of("S")) || cr_str_equal(type, cr_str_of("B"))) {
        return cr_str_equal(cr_json_string(a), cr_json_string(b));
    }
    if (are_numbers || cr_str_equal(type, cr_str_of("SS")) || cr_str_equal(type, cr_str_of("BS"))) {
        return is_same_set(a, b, are_numbers);
    }
    if (cr_str_equal(type, cr_str_of("L"))) {
        return is_same_list(a, b);
    }
    return cr_str_equal(type, cr_str_of("M")) ? is_same_map(a, b)
                                              : cr_str_equal(cr_json_skip(a), cr_json_skip(b));
}

/* The depth of both was checked when they were passed over as a whole. */
static bool is_same(cr_str a, cr_str b, cr_arena *arena) // NOLINT(misc-no-recursion)
{
    cr_json x;
    cr_json y;
    cr_str type_of_x;
    cr_str type_of_y;
    bool first_of_x = true;
    bool first_of_y = true;
    if (cr_str_equal(a, b)) {
        return true;
    }
    cr_json_init(&x, a, arena);
    cr_json_init(&y, b, arena);
    cr_json_enter(&x, '{');
    cr_json_enter(&y, '{');
    return cr_json_next_member(&x, &first_of_x, &type_of_x) &&
           cr_json_next_member(&y, &first_of_y, &type_of_y) && cr_str_equal(type_of_x, type_of_y) &&
           is_same_of_type(type_of_x, &x, &y) && !x.failed && !y.failed;
}

bool cr_value_is_same(cr_str a, cr_str b)
{
    cr_arena arena = CR_ARENA_INIT;
    bool same = is_same(a, b, &arena);
    cr_arena_free(&arena);
    return same;
}
