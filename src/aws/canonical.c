/* SPDX-License-Identifier: MIT */
#include "aws/canonical.h"

#include <stdlib.h>

#define SEGMENTS_MAX 128
#define PARAMETERS_MAX 128
#define NEVER_SIGNED_SIZE sizeof("proxy-authorization")

static void add_char(cr_buffer *out, char c)
{
    cr_buffer_add(out, (cr_str){&c, 1});
}

static char to_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Takes what comes before the separator, or all, off the front of the text. */
static cr_str take_until(cr_str *text, char separator)
{
    const char *found = text->size == 0 ? NULL : memchr(text->data, separator, text->size);
    cr_str piece = {text->data, found == NULL ? text->size : (size_t)(found - text->data)};
    size_t taken = piece.size + (found == NULL ? 0 : 1);
    text->data = text->data == NULL ? NULL : text->data + taken;
    text->size -= taken;
    return piece;
}

/* ---- percent-encoding ---- */

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static void add_encoded_byte(cr_buffer *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    if (is_unreserved(byte)) {
        add_char(out, (char)byte);
    } else {
        const char code[] = {'%', digits[byte >> 4], digits[byte & 0xfu]};
        cr_buffer_add(out, (cr_str){code, sizeof(code)});
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte at the front of encoded text, and how many characters stand for it. A percent sign
 * without two digits stands for itself. */
static size_t decode_byte(cr_str text, unsigned char *byte)
{
    int high = text.data[0] == '%' && text.size >= 3 ? hex_digit(text.data[1]) : -1;
    int low = high < 0 ? -1 : hex_digit(text.data[2]);
    *byte = low < 0 ? (unsigned char)text.data[0] : (unsigned char)(high * 16 + low);
    return low < 0 ? 1 : 3;
}

static void add_reencoded(cr_buffer *out, cr_str text)
{
    size_t length;
    for (; text.size > 0; text.data += length, text.size -= length) {
        unsigned char byte;
        length = decode_byte(text, &byte);
        add_encoded_byte(out, byte);
    }
}

/* ---- the path ---- */

static bool is_text(cr_str piece, const char *text)
{
    return cr_str_equal(piece, cr_str_of(text));
}

void cr_canonical_path(cr_buffer *out, cr_str path)
{
    cr_str segments[SEGMENTS_MAX];
    size_t count = 0;
    bool ends_with_slash = path.size > 0 && path.data[path.size - 1] == '/';
    while (path.size > 0) {
        cr_str segment = take_until(&path, '/');
        if (is_text(segment, "..")) {
            count -= count > 0 ? 1 : 0;
        } else if (segment.size > 0 && !is_text(segment, ".")) {
            if (count == SEGMENTS_MAX) {
                out->failed = true;
                return;
            }
            segments[count++] = segment;
        }
    }
    for (size_t i = 0; i < count; i++) {
        add_char(out, '/');
        for (size_t at = 0; at < segments[i].size; at++) {
            add_encoded_byte(out, (unsigned char)segments[i].data[at]);
        }
    }
    if (ends_with_slash || count == 0) {
        add_char(out, '/');
    }
}

/* ---- the query ---- */

typedef struct parameter {
    cr_str name;
    cr_str value;
} parameter;

static int compare_parameters(const void *a, const void *b)
{
    const parameter *one = a;
    const parameter *other = b;
    int order = cr_str_compare(one->name, other->name);
    return order != 0 ? order : cr_str_compare(one->value, other->value);
}

/* Encodes the parameters into the buffer, `name`, `value`, `name` …, which must not move. */
static size_t encode_parameters(cr_buffer *encoded, cr_str query, parameter *parameters)
{
    size_t count = 0;
    while (query.size > 0) {
        cr_str value = take_until(&query, '&');
        if (value.size == 0) {
            continue;
        }
        if (count == PARAMETERS_MAX) {
            return PARAMETERS_MAX + 1;
        }
        cr_str name = take_until(&value, '=');
        size_t name_at = encoded->size;
        add_reencoded(encoded, name);
        size_t value_at = encoded->size;
        add_reencoded(encoded, value);
        parameters[count++] = (parameter){
            {encoded->data + name_at, value_at - name_at},
            {encoded->data + value_at, encoded->size - value_at},
        };
    }
    return count;
}

bool cr_canonical_query(cr_buffer *out, cr_str query)
{
    parameter parameters[PARAMETERS_MAX];
    cr_buffer encoded;
    if (query.size == 0) {
        return true;
    }
    size_t room = query.size * 3 + 1; /* each byte becomes three at the most */
    cr_buffer_init(&encoded, room);
    cr_buffer_reserve(&encoded, room);
    if (encoded.failed) {
        out->failed = true;
        return true;
    }
    size_t count = encode_parameters(&encoded, query, parameters);
    bool fits = count <= PARAMETERS_MAX;
    if (fits) {
        qsort(parameters, count, sizeof(parameters[0]), compare_parameters);
    }
    for (size_t i = 0; fits && i < count; i++) {
        cr_buffer_add(out, cr_str_of(i > 0 ? "&" : ""));
        cr_buffer_add(out, parameters[i].name);
        add_char(out, '=');
        cr_buffer_add(out, parameters[i].value);
    }
    cr_buffer_free(&encoded);
    return fits;
}

/* ---- the headers ---- */

/* As their names in lower case would be ordered. */
static int compare_names(cr_str a, cr_str b)
{
    for (size_t i = 0; i < a.size && i < b.size; i++) {
        int order = (unsigned char)to_lower(a.data[i]) - (unsigned char)to_lower(b.data[i]);
        if (order != 0) {
            return order;
        }
    }
    return (a.size > b.size) - (a.size < b.size);
}

static bool is_never_signed(cr_str name)
{
    static const char names[][NEVER_SIGNED_SIZE] = {
        "authorization",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    };
    bool is_one = false;
    for (size_t i = 0; name.size < NEVER_SIGNED_SIZE && i < sizeof(names) / sizeof(names[0]); i++) {
        const cr_str as_long = {names[i], name.size};
        is_one = is_one || (names[i][name.size] == '\0' && compare_names(name, as_long) == 0);
    }
    return is_one;
}

void cr_signed_headers_add(cr_signed_headers *headers, const cr_header *header)
{
    if (is_never_signed(header->name)) {
        return;
    }
    size_t at = headers->count++;
    for (; at > 0 && compare_names(headers->sorted[at - 1].name, header->name) > 0; at--) {
        headers->sorted[at] = headers->sorted[at - 1];
    }
    headers->sorted[at] = *header;
}

static bool is_white(char c)
{
    return (c == ' ') | ((unsigned char)(c - '\t') <= '\r' - '\t');
}

static bool is_repeat(const cr_signed_headers *headers, size_t i)
{
    return i > 0 && compare_names(headers->sorted[i - 1].name, headers->sorted[i].name) == 0;
}

/* Without branches, for the compiler to take many characters at once. */
static bool has_white(cr_str value)
{
    unsigned char found = 0;
    for (size_t i = 0; i < value.size; i++) {
        found |= is_white(value.data[i]);
    }
    return found != 0;
}

/* Without white space at the ends, and with one space for any run of it. */
static void add_value(cr_buffer *out, cr_str value)
{
    bool is_first = true;
    size_t at = 0;
    if (!has_white(value)) {
        cr_buffer_add(out, value);
        return;
    }
    while (at < value.size) {
        size_t end = at;
        while (end < value.size && !is_white(value.data[end])) {
            end++;
        }
        if (end > at) {
            cr_buffer_add(out, cr_str_of(is_first ? "" : " "));
            cr_buffer_add(out, (cr_str){value.data + at, end - at});
            is_first = false;
        }
        at = end + 1;
    }
}

static void add_name(cr_buffer *out, cr_str name)
{
    char *room = cr_buffer_extend(out, name.size);
    for (size_t i = 0; room != NULL && i < name.size; i++) {
        room[i] = to_lower(name.data[i]);
    }
}

void cr_canonical_headers(cr_buffer *out, const cr_signed_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (is_repeat(headers, i)) {
            add_char(out, ',');
        } else {
            cr_buffer_add(out, cr_str_of(i > 0 ? "\n" : ""));
            add_name(out, headers->sorted[i].name);
            add_char(out, ':');
        }
        add_value(out, headers->sorted[i].value);
    }
    add_char(out, '\n');
}

void cr_canonical_header_names(cr_buffer *out, const cr_signed_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (!is_repeat(headers, i)) {
            cr_buffer_add(out, cr_str_of(i > 0 ? ";" : ""));
            add_name(out, headers->sorted[i].name);
        }
    }
}
