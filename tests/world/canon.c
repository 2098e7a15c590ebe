/* SPDX-License-Identifier: MIT */
#include "world/canon.h"

#include <stdio.h>

#define DIGITS_MAX 200
#define SET_MAX 256

static bool is_name(cr_str name, const char *text)
{
    return cr_str_equal(name, cr_str_of(text));
}

/* ---- numbers ---- */

typedef struct number {
    bool is_negative;
    char digits[DIGITS_MAX]; /* without zeros at either end */
    size_t count;
    long exponent; /* of what stands behind the last digit */
} number;

static void strip(number *value)
{
    size_t zeros = 0;
    while (value->count > 0 && value->digits[value->count - 1] == '0') {
        value->count--;
        value->exponent++;
    }
    while (zeros < value->count && value->digits[zeros] == '0') {
        zeros++;
    }
    memmove(value->digits, value->digits + zeros, value->count - zeros);
    value->count -= zeros;
}

static number read_number(const char *text)
{
    number value = {.is_negative = *text == '-'};
    bool is_behind = false;
    const char *at = text + strspn(text, "+-");
    for (; (*at >= '0' && *at <= '9') || *at == '.'; at++) {
        if (*at == '.') {
            is_behind = true;
        } else if (value.count < DIGITS_MAX) {
            value.digits[value.count++] = *at;
            value.exponent -= is_behind ? 1 : 0;
        }
    }
    value.exponent += *at == 'e' || *at == 'E' ? strtol(at + 1, NULL, 10) : 0;
    strip(&value);
    return value;
}

static void add_char(cr_buffer *out, char c)
{
    cr_buffer_add(out, (cr_str){&c, 1});
}

/* "-1.5", "0", "1200": never with an exponent. */
static void add_number(cr_buffer *out, cr_str text)
{
    char copy[DIGITS_MAX];
    (void)snprintf(copy, sizeof(copy), "%.*s", CR_STR_ARGS(text));
    number value = read_number(copy);
    long before = (long)value.count + value.exponent; /* digits before the point */
    CR_JSON_ADD(out, "\"");
    if (value.count == 0) {
        CR_JSON_ADD(out, "0\"");
        return;
    }
    cr_buffer_add(out, cr_str_of(value.is_negative ? "-" : ""));
    if (before <= 0) {
        CR_JSON_ADD(out, "0.");
    }
    for (long i = before; i < 0; i++) {
        add_char(out, '0');
    }
    for (long i = 0; i < (long)value.count; i++) {
        if (i == before && before > 0) {
            add_char(out, '.');
        }
        add_char(out, value.digits[i]);
    }
    for (long i = (long)value.count; i < before; i++) {
        add_char(out, '0');
    }
    CR_JSON_ADD(out, "\"");
}

/* ---- sets ---- */

static int compare(const void *a, const void *b)
{
    const cr_str *x = a;
    const cr_str *y = b;
    return cr_str_compare(*x, *y);
}

static void add_set(cr_json *in, bool are_numbers, cr_buffer *out)
{
    cr_str element[SET_MAX];
    size_t count = 0;
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        cr_str one = cr_json_string(in);
        in->failed = in->failed || count == SET_MAX;
        if (!in->failed) {
            element[count++] = one;
        }
    }
    qsort(element, count, sizeof(*element), compare);
    CR_JSON_ADD(out, "[");
    for (size_t i = 0; i < count; i++) {
        cr_buffer_add(out, cr_str_of(i > 0 ? "," : ""));
        if (are_numbers) {
            add_number(out, element[i]);
        } else {
            cr_json_add_string(out, element[i]);
        }
    }
    CR_JSON_ADD(out, "]");
}

/* ---- all values ---- */

static void add_value(cr_json *in, cr_buffer *out);

static void add_member(cr_json *in, cr_str name, cr_buffer *out)
{
    char kind = cr_json_peek(in);
    bool are_numbers = is_name(name, "NS");
    cr_json_add_string(out, name);
    CR_JSON_ADD(out, ":");
    if (kind == '"' && is_name(name, "N")) {
        add_number(out, cr_json_string(in));
    } else if (kind == '[' && (are_numbers || is_name(name, "SS") || is_name(name, "BS"))) {
        add_set(in, are_numbers, out);
    } else {
        add_value(in, out);
    }
}

static void add_object(cr_json *in, cr_buffer *out)
{
    cr_str name;
    CR_JSON_ADD(out, "{");
    cr_json_enter(in, '{');
    for (bool first = true, is_more = false; cr_json_next_member(in, &first, &name);
         is_more = true) {
        cr_buffer_add(out, cr_str_of(is_more ? "," : ""));
        add_member(in, name, out);
    }
    CR_JSON_ADD(out, "}");
}

static void add_array(cr_json *in, cr_buffer *out)
{
    CR_JSON_ADD(out, "[");
    cr_json_enter(in, '[');
    for (bool first = true, is_more = false; cr_json_next_element(in, &first); is_more = true) {
        cr_buffer_add(out, cr_str_of(is_more ? "," : ""));
        add_value(in, out);
    }
    CR_JSON_ADD(out, "]");
}

static void add_value(cr_json *in, cr_buffer *out)
{
    switch (cr_json_peek(in)) {
    case '{':
        add_object(in, out);
        break;
    case '[':
        add_array(in, out);
        break;
    case '"':
        cr_json_add_string(out, cr_json_string(in));
        break;
    default:
        cr_buffer_add(out, cr_json_skip(in));
    }
}

bool sim_canonize(cr_str json, cr_buffer *out)
{
    cr_json in;
    cr_arena arena = CR_ARENA_INIT;
    cr_json_init(&in, json, &arena);
    add_value(&in, out);
    bool is_good = cr_json_is_done(&in) && !out->failed;
    cr_arena_free(&arena);
    return is_good;
}
