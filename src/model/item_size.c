/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "model/item.h"

#define COLLECTION_SIZE 3 /* a list or a map by itself */
#define ELEMENT_SIZE 1    /* each of its elements, beside its own size */

/* The bytes that the character of `\uXXXX` has in UTF-8. Of the two that stand for one character of
 * four bytes, each counts as two. */
static size_t size_of_unit(const char *digits)
{
    char text[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};
    unsigned long unit = strtoul(text, NULL, 16);
    bool is_half = unit >= 0xd800 && unit <= 0xdfff;
    return unit < 0x80 ? 1 : unit < 0x800 || is_half ? 2 : 3;
}

/* Of a string as JSON writes it, in quotes. */
static size_t size_of_string(cr_str written)
{
    size_t size = 0;
    for (size_t i = 1; i + 1 < written.size; i++) {
        bool is_unit = written.data[i] == '\\' && written.data[++i] == 'u';
        size += is_unit ? size_of_unit(written.data + i + 1) : 1;
        i += is_unit ? 4 : 0;
    }
    return size;
}

/* The pair of digits that a power of ten belongs to: pairs are counted from the decimal point. */
static long pair_of(long power)
{
    return power >= 0 ? power / 2 : -((1 - power) / 2);
}

/* Whether the exponent of a number, whose mantissa ends here, is odd. */
static long is_odd_exponent(cr_str written, size_t mantissa)
{
    return mantissa < written.size && (written.data[written.size - 1] - '0') % 2 != 0;
}

/* A number has a byte for each pair of its digits, from the first that is not zero to the last, one
 * more, and another for a minus. */
static size_t size_of_digits(cr_str written)
{
    long first = 0; /* the powers of ten of these digits */
    long last = 0;
    long power = 0; /* of the next digit, as if the point were in front of all of them */
    long point = 0; /* how many digits are before it */
    bool has_point = false;
    bool has_digit = false;
    size_t sign = 0;
    size_t i = 0;
    for (; i < written.size && strchr("eE", written.data[i]) == NULL; i++) {
        char c = written.data[i];
        sign = c == '-' ? 1 : sign;
        has_point = has_point || c == '.';
        if (c < '0' || c > '9') {
            continue;
        }
        power--;
        point += has_point ? 0 : 1;
        if (c != '0') {
            first = has_digit ? first : power;
            last = power;
            has_digit = true;
        }
    }
    /* Of the exponent it matters only whether it parts pairs. */
    long shift = point + is_odd_exponent(written, i);
    long pairs = pair_of(first + shift) - pair_of(last + shift) + 1;
    return has_digit ? (size_t)pairs + 1 + sign : 1;
}

static size_t size_of_number(cr_str written)
{
    return size_of_digits((cr_str){written.data + 1, written.size - 2});
}

/* Base64, as it is written. */
static size_t size_of_binary(cr_str written)
{
    size_t size = written.size - 2;
    while (size > 0 && written.data[size] == '=') {
        size--;
    }
    return size * 3 / 4;
}

static size_t size_of_value(cr_json *in, unsigned depth);

typedef size_t (*size_of_text)(cr_str written);

static size_t size_of_set(cr_json *in, size_of_text size_of)
{
    size_t size = 0;
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        cr_str written = cr_json_skip(in);
        size += written.size < 2 ? 0 : size_of(written);
    }
    return size;
}

static size_t size_of_list(cr_json *in, unsigned depth)
{
    size_t size = COLLECTION_SIZE;
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        size += ELEMENT_SIZE + size_of_value(in, depth);
    }
    return size;
}

static size_t size_of_map(cr_json *in, unsigned depth)
{
    cr_str name;
    size_t size = COLLECTION_SIZE;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        size += ELEMENT_SIZE + name.size + size_of_value(in, depth);
    }
    return size;
}

static const struct {
    char type; /* and followed by S, of a set of them */
    size_of_text size_of;
} texts[] = {
    {'S', size_of_string},
    {'N', size_of_number},
    {'B', size_of_binary},
};

/* NULL: not of a text, nor of a set of texts. */
static size_of_text find_text(cr_str type)
{
    bool is_set = type.size == 2 && type.data[1] == 'S';
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if ((type.size == 1 || is_set) && type.data[0] == texts[i].type) {
            return texts[i].size_of;
        }
    }
    return NULL;
}

static size_t size_of_type(cr_json *in, cr_str type, unsigned depth)
{
    size_of_text size_of = find_text(type);
    if (size_of != NULL) {
        cr_str written = type.size == 1 ? cr_json_skip(in) : CR_STR_ABSENT;
        return type.size == 2 ? size_of_set(in, size_of) : written.size < 2 ? 0 : size_of(written);
    }
    if (cr_str_equal(type, cr_str_of("M"))) {
        return size_of_map(in, depth + 1);
    }
    if (cr_str_equal(type, cr_str_of("L"))) {
        return size_of_list(in, depth + 1);
    }
    (void)cr_json_skip(in);
    return 1; /* BOOL, NULL */
}

/* {"S": "…"} */
static size_t size_of_value(cr_json *in, unsigned depth)
{
    cr_str type;
    size_t size = 0;
    if (depth > CR_JSON_DEPTH_MAX) {
        in->failed = true;
        return 0;
    }
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &type);) {
        size += size_of_type(in, type, depth);
    }
    return size;
}

/* An attribute of that name among the others is not written. */
static bool has_own(const cr_row *row, cr_str name)
{
    for (int i = 0; i < CR_OTHERS; i++) {
        if (row->value[i].data != NULL && cr_str_equal(name, cr_attribute_names[i])) {
            return true;
        }
    }
    return false;
}

static size_t size_of_others(const cr_row *row)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    size_t size = 0;
    cr_json_init(&in, row->value[CR_OTHERS], &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        size_t of_this = name.size + size_of_value(&in, 0);
        size += has_own(row, name) ? 0 : of_this;
    }
    cr_arena_free(&arena);
    return size;
}

static size_t count(cr_str text, char c)
{
    size_t found = 0;
    for (size_t i = 0; i < text.size; i++) {
        found += text.data[i] == c;
    }
    return found;
}

static size_t size_of_own(cr_type type, cr_str value)
{
    switch (type) {
    case CR_TYPE_NUMBER:
        return size_of_digits(value);
    case CR_TYPE_STRINGS:
        return value.size - count(value, ',');
    case CR_TYPE_FLAG:
        return 1;
    case CR_TYPE_STRING:
        break;
    }
    return value.size;
}

size_t cr_item_size(const cr_row *row)
{
    size_t size = row->value[CR_OTHERS].data == NULL ? 0 : size_of_others(row);
    for (int i = 0; i < CR_OTHERS; i++) {
        cr_attribute attribute = (cr_attribute)i;
        cr_str value = row->value[i];
        if (value.data != NULL) {
            size += cr_attribute_names[i].size + size_of_own(cr_attribute_type(attribute), value);
        }
    }
    return size;
}
