/* SPDX-License-Identifier: MIT */
#include "aws/providers/secret_json.h"

#define DEPTH_MAX 32

/* What is left to read; `ok` turns false at the first thing that does not fit. */
typedef struct reader {
    const char *at;
    const char *end;
    bool ok;
} reader;

static bool next_is(const reader *in, const char *accepted)
{
    return in->at < in->end && *in->at != '\0' && strchr(accepted, *in->at) != NULL;
}

static bool take(reader *in, const char *accepted)
{
    bool taken = in->ok && next_is(in, accepted);
    in->at += taken ? 1 : 0;
    return taken;
}

static void need(reader *in, const char *accepted)
{
    in->ok = take(in, accepted);
}

static void skip_blanks(reader *in)
{
    while (take(in, " \t\r\n")) {
    }
}

static void skip_digits(reader *in)
{
    need(in, "0123456789");
    while (take(in, "0123456789")) {
    }
}

static void skip_number(reader *in)
{
    (void)take(in, "-");
    if (!take(in, "0")) {
        skip_digits(in);
    }
    if (take(in, ".")) {
        skip_digits(in);
    }
    if (take(in, "eE")) {
        (void)take(in, "+-");
        skip_digits(in);
    }
}

static void skip_word(reader *in, const char *word)
{
    size_t length = strlen(word);
    in->ok = in->ok && (size_t)(in->end - in->at) >= length && memcmp(in->at, word, length) == 0;
    in->at += in->ok ? length : 0;
}

static void skip_escape(reader *in)
{
    if (!take(in, "u")) {
        need(in, "\"\\/bfnrt");
        return;
    }
    for (int i = 0; i < 4; i++) {
        need(in, "0123456789abcdefABCDEF");
    }
}

static void skip_string(reader *in)
{
    need(in, "\"");
    while (in->ok && !take(in, "\"")) {
        if (take(in, "\\")) {
            skip_escape(in);
        } else {
            in->ok = in->at < in->end && (unsigned char)*in->at >= 0x20;
            in->at += in->ok ? 1 : 0;
        }
    }
}

static void skip_value(reader *in, int depth);

/* Reads `"name": value`, and the blanks around. */
static void skip_member(reader *in, int depth)
{
    skip_blanks(in);
    skip_string(in);
    skip_blanks(in);
    need(in, ":");
    skip_value(in, depth);
}

/* The members of an object or the elements of an array, behind the opening bracket. */
static void skip_inside(reader *in, const char *closing, int depth)
{
    skip_blanks(in);
    if (take(in, closing)) {
        return;
    }
    in->ok = in->ok && depth < DEPTH_MAX;
    do {
        if (*closing == '}') {
            skip_member(in, depth + 1);
        } else {
            skip_value(in, depth + 1);
        }
    } while (take(in, ","));
    need(in, closing);
}

/* The depth bounds the recursion. */
static void skip_value(reader *in, int depth) /* NOLINT(misc-no-recursion) */
{
    skip_blanks(in);
    if (take(in, "{")) {
        skip_inside(in, "}", depth);
    } else if (take(in, "[")) {
        skip_inside(in, "]", depth);
    } else if (next_is(in, "\"")) {
        skip_string(in);
    } else if (next_is(in, "tfn")) {
        skip_word(in, *in->at == 't' ? "true" : *in->at == 'f' ? "false" : "null");
    } else {
        skip_number(in);
    }
    skip_blanks(in);
}

bool cr_secret_json_is_object(cr_str text)
{
    reader in = {text.data, text.data + text.size, text.data != NULL};
    if (!in.ok) {
        return false;
    }
    skip_blanks(&in);
    bool is_object = next_is(&in, "{");
    skip_value(&in, 0);
    return is_object && in.ok && in.at == in.end;
}

/* Without the blanks behind it. */
static cr_str between(const char *start, const char *end)
{
    while (end > start && strchr(" \t\r\n", end[-1]) != NULL) {
        end--;
    }
    return (cr_str){start, (size_t)(end - start)};
}

cr_str cr_secret_json_find(cr_str object, const char *name)
{
    reader in = {object.data, object.data + object.size, true};
    cr_str found = CR_STR_ABSENT;
    cr_str wanted = {name, strlen(name)};
    skip_blanks(&in);
    need(&in, "{");
    skip_blanks(&in);
    while (in.ok && next_is(&in, "\"")) {
        const char *start = in.at + 1;
        skip_string(&in);
        cr_str member = {start, in.ok ? (size_t)(in.at - start - 1) : 0};
        skip_blanks(&in);
        need(&in, ":");
        skip_blanks(&in);
        const char *value = in.at;
        skip_value(&in, 1);
        if (in.ok && cr_str_equal(member, wanted)) {
            found = between(value, in.at);
        }
        (void)take(&in, ",");
        skip_blanks(&in);
    }
    return found;
}

static unsigned read_hex(const char *digits)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char lower = (char)(digits[i] | 0x20);
        value = value * 16 + (unsigned)(lower >= 'a' ? lower - 'a' + 10 : lower - '0');
    }
    return value;
}

/* Writes a character in UTF-8; half of a pair that stands alone becomes U+FFFD. */
static char *write_utf8(char *out, unsigned code)
{
    if (code >= 0xd800 && code <= 0xdfff) {
        code = 0xfffd;
    }
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xe0 | code >> 12);
        } else {
            *out++ = (char)(0xf0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* Reads what follows a backslash, of text that has been checked. */
static const char *read_escape(const char *at, char **out)
{
    const char *letters = "\"\\/bfnrt";
    const char *meanings = "\"\\/\b\f\n\r\t";
    if (*at != 'u') {
        *(*out)++ = meanings[strchr(letters, *at) - letters];
        return at + 1;
    }
    unsigned code = read_hex(at + 1);
    at += 5;
    bool is_high = code >= 0xd800 && code <= 0xdbff;
    if (is_high && at[0] == '\\' && at[1] == 'u') {
        unsigned low = read_hex(at + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
        }
    }
    *out = write_utf8(*out, code);
    return at;
}

ptrdiff_t cr_secret_json_text(cr_str value, char *text)
{
    if (value.size < 2 || value.data[0] != '"') {
        return -1;
    }
    const char *at = value.data + 1;
    const char *end = value.data + value.size - 1;
    char *out = text;
    while (at < end) {
        if (*at == '\\') {
            at = read_escape(at + 1, &out);
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
    return memchr(text, '\0', (size_t)(out - text)) != NULL ? -1 : out - text;
}

bool cr_secret_json_integer(cr_str value, int64_t *number)
{
    bool is_negative = value.size > 0 && value.data[0] == '-';
    size_t start = is_negative ? 1 : 0;
    int64_t sum = 0;
    if (value.size == start || value.size - start > 18) {
        return false;
    }
    for (size_t i = start; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
        sum = sum * 10 + (value.data[i] - '0');
    }
    *number = is_negative ? -sum : sum;
    return true;
}
