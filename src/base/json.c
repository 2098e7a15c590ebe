/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <stdint.h>
#include <stdio.h>

#define REPLACEMENT 0xfffdu
#define EXPONENT_MAX 400 /* beyond what a double holds */

void cr_json_init(cr_json *in, cr_str text, cr_arena *arena)
{
    const char *at = text.data == NULL ? "" : text.data;
    *in = (cr_json){.at = at, .end = at + text.size, .arena = arena};
}

/* ---- reading ---- */

static void fail(cr_json *in)
{
    in->failed = true;
    in->at = in->end;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_space(cr_json *in)
{
    while (in->at < in->end && is_space(*in->at)) {
        in->at++;
    }
}

char cr_json_peek(cr_json *in)
{
    skip_space(in);
    return (char)(in->at < in->end ? *in->at : '\0');
}

/* Goes behind this character, if it is the next. */
static bool take(cr_json *in, char c)
{
    if (cr_json_peek(in) != c || in->at == in->end) {
        return false;
    }
    in->at++;
    return true;
}

/* Mostly there is no white space before it. */
static void expect(cr_json *in, char c)
{
    if (in->at < in->end && *in->at == c) {
        in->at++;
    } else if (!take(in, c)) {
        fail(in);
    }
}

bool cr_json_is_done(cr_json *in)
{
    skip_space(in);
    return !in->failed && in->at == in->end;
}

void cr_json_enter(cr_json *in, char bracket)
{
    expect(in, bracket);
}

static bool next(cr_json *in, bool *first, char bracket)
{
    if (in->failed || take(in, bracket)) {
        return false;
    }
    if (!*first) {
        expect(in, ',');
    }
    *first = false;
    return !in->failed;
}

bool cr_json_next_element(cr_json *in, bool *first)
{
    return next(in, first, ']');
}

bool cr_json_next_member(cr_json *in, bool *first, cr_str *name)
{
    if (!next(in, first, '}')) {
        return false;
    }
    *name = cr_json_string(in);
    expect(in, ':');
    return !in->failed;
}

/* ---- strings ---- */

#define EACH_BYTE UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Eight bytes, the first in the lowest place. */
static uint64_t load_bytes(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof(bytes));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
}

/* The high bit of the first byte that is a quote, a backslash or a control character, and maybe
 * bits above it; 0 where none of the eight is. Each subtraction sets the bit of what it looks for,
 * and of bytes beyond ASCII, which the last line leaves out. */
static uint64_t special_bits(uint64_t bytes)
{
    uint64_t controls = bytes - EACH_BYTE * 0x20;
    uint64_t quotes = (bytes ^ EACH_BYTE * '"') - EACH_BYTE;
    uint64_t backslashes = (bytes ^ EACH_BYTE * '\\') - EACH_BYTE;
    return (controls | quotes | backslashes) & ~bytes & HIGH_BITS;
}

/* Where plain text ends. */
static const char *find_special(const char *at, const char *end)
{
    for (; (size_t)(end - at) >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t found = special_bits(load_bytes(at));
        if (found != 0) {
            return at + __builtin_ctzll(found) / 8;
        }
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) {
        at++;
    }
    return at;
}

static bool read_hex(const char *at, const char *end, uint32_t *unit)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        const char *found = at + i < end && at[i] != '\0' ? strchr(digits, at[i]) : NULL;
        if (found == NULL) {
            return false;
        }
        *unit = *unit << 4 | (uint32_t)((found - digits) % 16);
    }
    return true;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* Reads what stands behind `\u`; a surrogate without its partner becomes U+FFFD. Returns how many
 * characters were read, 0 for none that fit. */
static size_t read_unicode(const char *at, const char *end, uint32_t *c)
{
    uint32_t low;
    if (!read_hex(at, end, c)) {
        return 0;
    }
    if (*c < 0xd800 || *c > 0xdfff) {
        return 4;
    }
    bool has_partner = *c < 0xdc00 && end - at >= 10 && at[4] == '\\' && at[5] == 'u' &&
                       read_hex(at + 6, end, &low) && low >= 0xdc00 && low <= 0xdfff;
    if (!has_partner) {
        *c = REPLACEMENT;
        return 4;
    }
    *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
    return 10;
}

/* Reads one escape, behind its backslash; returns the text behind it, NULL for none that fits. */
static const char *read_escape(const char *at, const char *end, char **out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    uint32_t c;
    if (at == end || *at == '\0') {
        return NULL;
    }
    const char *found = strchr(names, *at);
    if (found != NULL) {
        *(*out)++ = values[found - names];
        return at + 1;
    }
    size_t length = *at == 'u' ? read_unicode(at + 1, end, &c) : 0;
    if (length == 0) {
        return NULL;
    }
    *out = put_utf8(*out, c);
    return at + 1 + length;
}

/* Where the string ends that has its first backslash at `at`; NULL where it does not. */
static const char *find_quote(const char *at, const char *end)
{
    while (at < end && *at == '\\') {
        at = end - at < 2 ? end : find_special(at + 2, end);
    }
    return at < end && *at == '"' ? at : NULL;
}

/* Decodes into the arena: a string with escapes never grows. */
static cr_str decode(cr_json *in, const char *at, const char *escape, const char *quote)
{
    char *text = cr_arena_alloc(in->arena, (size_t)(quote - at) + 1);
    if (text == NULL) {
        in->no_memory = true;
        fail(in);
        return CR_STR_ABSENT;
    }
    char *out = text;
    for (const char *special = escape; at < quote; special = find_special(at, quote)) {
        memcpy(out, at, (size_t)(special - at));
        out += special - at;
        at = special < quote ? read_escape(special + 1, quote, &out) : quote;
        if (at == NULL) {
            fail(in);
            return CR_STR_ABSENT;
        }
    }
    return (cr_str){text, (size_t)(out - text)};
}

cr_str cr_json_string(cr_json *in)
{
    expect(in, '"');
    const char *at = in->at;
    const char *special = find_special(at, in->end);
    const char *quote =
        special < in->end && *special == '"' ? special : find_quote(special, in->end);
    if (in->failed || quote == NULL) {
        fail(in);
        return CR_STR_ABSENT;
    }
    cr_str text = {at, (size_t)(quote - at)};
    if (special != quote) {
        text = decode(in, at, special, quote);
    }
    if (!in->failed) {
        in->at = quote + 1;
    }
    return text;
}

/* ---- everything else ---- */

static size_t take_digits(cr_json *in)
{
    const char *from = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9') {
        in->at++;
    }
    return (size_t)(in->at - from);
}

static bool take_one_of(cr_json *in, char a, char b)
{
    bool is_there = in->at < in->end && (*in->at == a || *in->at == b);
    in->at += is_there ? 1 : 0;
    return is_there;
}

static void skip_number(cr_json *in)
{
    (void)take_one_of(in, '-', '-');
    bool begins_with_zero = in->at < in->end && *in->at == '0';
    size_t digits = take_digits(in);
    bool is_good = digits == 1 || (digits > 1 && !begins_with_zero);
    if (is_good && take_one_of(in, '.', '.')) {
        is_good = take_digits(in) > 0;
    }
    if (is_good && take_one_of(in, 'e', 'E')) {
        (void)take_one_of(in, '+', '-');
        is_good = take_digits(in) > 0;
    }
    if (!is_good) {
        fail(in);
    }
}

static bool is_digit_at(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

/* Multiplies by the power of ten that stands behind the `e`. */
static double scale(double number, const char *at, const char *end)
{
    int exponent = 0;
    bool is_down = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    for (; is_digit_at(at, end) && exponent < EXPONENT_MAX; at++) {
        exponent = exponent * 10 + (*at - '0');
    }
    for (; exponent > 0; exponent--) {
        number = is_down ? number / 10 : number * 10;
    }
    return number;
}

double cr_json_number(cr_json *in)
{
    (void)cr_json_peek(in);
    const char *at = in->at;
    double number = 0;
    double unit = 1;
    skip_number(in);
    if (in->failed) {
        return 0;
    }
    for (; is_digit_at(at, in->at); at++) {
        number = number * 10 + (*at - '0');
    }
    if (at < in->at && *at == '.') {
        for (at++; is_digit_at(at, in->at); at++) {
            unit /= 10;
            number += unit * (*at - '0');
        }
    }
    return at < in->at ? scale(number, at + 1, in->at) : number;
}

static void skip_word(cr_json *in, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(in->end - in->at) < length || memcmp(in->at, word, length) != 0) {
        fail(in);
        return;
    }
    in->at += length;
}

static void skip_string(cr_json *in)
{
    /* To be refused here as it is elsewhere, a string with escapes has to be decoded. */
    (void)cr_json_string(in);
}

static void skip_value(cr_json *in, unsigned depth);

static void skip_object(cr_json *in, unsigned depth)
{
    cr_str name;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        skip_value(in, depth + 1);
    }
}

static void skip_array(cr_json *in, unsigned depth)
{
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        skip_value(in, depth + 1);
    }
}

static void skip_value(cr_json *in, unsigned depth) /* NOLINT(misc-no-recursion): see the limit */
{
    if (depth > CR_JSON_DEPTH_MAX) {
        fail(in);
        return;
    }
    switch (cr_json_peek(in)) {
    case '{':
        skip_object(in, depth);
        break;
    case '[':
        skip_array(in, depth);
        break;
    case '"':
        skip_string(in);
        break;
    case 't':
        skip_word(in, "true");
        break;
    case 'f':
        skip_word(in, "false");
        break;
    case 'n':
        skip_word(in, "null");
        break;
    default:
        skip_number(in);
    }
}

cr_str cr_json_skip(cr_json *in)
{
    (void)cr_json_peek(in);
    const char *from = in->at;
    skip_value(in, 1);
    return in->failed ? CR_STR_ABSENT : (cr_str){from, (size_t)(in->at - from)};
}

cr_str cr_json_string_or_skip(cr_json *in)
{
    if (cr_json_peek(in) != '"') {
        (void)cr_json_skip(in);
        return CR_STR_ABSENT;
    }
    return cr_json_string(in);
}

/* ---- writing ---- */

static void add_escaped(cr_buffer *out, char c)
{
    char escape[sizeof("\\u0000")];
    if (c == '"' || c == '\\') {
        (void)snprintf(escape, sizeof(escape), "\\%c", c);
    } else {
        (void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c & 0xffu);
    }
    cr_buffer_add(out, cr_str_of(escape));
}

static void add_quoted(cr_buffer *out, cr_str text)
{
    char *room = cr_buffer_extend(out, text.size + 2);
    if (room != NULL) {
        room[0] = '"';
        memcpy(room + 1, text.data, text.size);
        room[text.size + 1] = '"';
    }
}

void cr_json_add_string(cr_buffer *out, cr_str text)
{
    const char *end = text.data + text.size;
    if (text.size > 0 && find_special(text.data, end) == end) {
        add_quoted(out, text);
        return;
    }
    CR_JSON_ADD(out, "\"");
    for (const char *at = text.data; at < end;) {
        const char *special = find_special(at, end);
        cr_buffer_add(out, (cr_str){at, (size_t)(special - at)});
        if (special < end) {
            add_escaped(out, *special++);
        }
        at = special;
    }
    CR_JSON_ADD(out, "\"");
}

void cr_json_add_number(cr_buffer *out, size_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    cr_buffer_add(out, (cr_str){digits + at, sizeof(digits) - at});
}
