/* SPDX-License-Identifier: MIT */
#include "aws/providers/xml.h"

#include <stdlib.h>

#define DEPTH_MAX 16

typedef struct reader {
    const char *at;
    const char *end;
    bool ok;
    cr_str open[DEPTH_MAX]; /* the names of the elements around */
    size_t depth;
    bool has_root;
    const char *text; /* what has been read since the last start tag; NULL: elements came between */
    cr_str found;
} reader;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(char c)
{
    char lower = (char)(c | 0x20);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':';
}

static bool starts_with(const reader *in, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(in->end - in->at) >= length && memcmp(in->at, text, length) == 0;
}

static bool take(reader *in, const char *text)
{
    bool taken = in->ok && starts_with(in, text);
    in->at += taken ? strlen(text) : 0;
    return taken;
}

/* Skips up to and with the text. */
static void skip_past(reader *in, const char *text)
{
    while (in->ok && !take(in, text)) {
        in->ok = in->at < in->end;
        in->at += in->ok ? 1 : 0;
    }
}

static bool skip_blanks(reader *in)
{
    const char *start = in->at;
    while (in->at < in->end && is_blank(*in->at)) {
        in->at++;
    }
    return in->at > start;
}

static cr_str read_name(reader *in)
{
    cr_str name = {in->at, 0};
    while (in->at < in->end && is_name(*in->at)) {
        in->at++;
        name.size++;
    }
    in->ok = in->ok && name.size > 0;
    return name;
}

static void skip_attribute(reader *in)
{
    (void)read_name(in);
    (void)skip_blanks(in);
    in->ok = take(in, "=");
    (void)skip_blanks(in);
    const char *quote = take(in, "\"") ? "\"" : "'";
    in->ok = in->ok && (*quote == '"' || take(in, "'"));
    const char *start = in->at;
    skip_past(in, quote);
    in->ok = in->ok && memchr(start, '<', (size_t)(in->at - start)) == NULL;
}

/* ---- tags ---- */

/* Whether the path names the element that is open. */
static bool is_at(const reader *in, const char *path)
{
    for (size_t i = 0; i < in->depth; i++) {
        size_t length = strcspn(path, "/");
        if (!cr_str_equal(in->open[i], (cr_str){path, length})) {
            return false;
        }
        path += length;
        bool is_last = i + 1 == in->depth;
        if (is_last != (*path == '\0')) {
            return false;
        }
        path += is_last ? 0 : 1;
    }
    return in->depth > 0;
}

static void close_element(reader *in, const char *path, const char *text_end)
{
    bool is_wanted = in->ok && in->found.data == NULL && in->text != NULL && is_at(in, path);
    if (is_wanted) {
        in->found = (cr_str){in->text, (size_t)(text_end - in->text)};
    }
    in->text = NULL;
    in->depth -= in->ok ? 1 : 0;
}

static void read_start_tag(reader *in, const char *path)
{
    cr_str name = read_name(in);
    bool is_second_root = in->depth == 0 && in->has_root;
    in->ok = in->ok && in->depth < DEPTH_MAX && !is_second_root;
    while (in->ok && skip_blanks(in) && !starts_with(in, ">") && !starts_with(in, "/>")) {
        skip_attribute(in);
    }
    if (!in->ok) {
        return;
    }
    in->has_root = true;
    in->open[in->depth++] = name;
    bool is_empty = take(in, "/>");
    in->ok = is_empty || take(in, ">");
    in->text = in->at;
    if (is_empty) {
        close_element(in, path, in->at);
    }
}

static void read_end_tag(reader *in, const char *path)
{
    const char *text_end = in->at - 2;
    cr_str name = read_name(in);
    (void)skip_blanks(in);
    in->ok = take(in, ">") && in->depth > 0 && cr_str_equal(name, in->open[in->depth - 1]);
    close_element(in, path, text_end);
}

/* ---- text ---- */

/* Reads what stands between & and ;. Returns the character, 0 for what is none of ASCII's. */
static char read_entity(cr_str name)
{
    static const struct {
        const char *name;
        char character;
    } entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (cr_str_equal(name, cr_str_of(entities[i].name))) {
            return entities[i].character;
        }
    }
    if (name.size < 2 || name.data[0] != '#') {
        return 0;
    }
    bool is_hex = name.data[1] == 'x';
    char *end = NULL;
    const char *digits = name.data + (is_hex ? 2 : 1);
    bool is_digit = strchr("0123456789abcdefABCDEF", *digits) != NULL; /* strtol takes more */
    long code = is_digit ? strtol(digits, &end, is_hex ? 16 : 10) : 0;
    bool is_ascii = code > 0 && code < 0x80 && end == name.data + name.size;
    return (char)(is_ascii ? code : 0);
}

/* Goes over text up to the next tag. */
static void skip_text(reader *in)
{
    while (in->at < in->end && *in->at != '<') {
        in->ok = in->ok && *in->at != '\0' && (in->depth > 0 || is_blank(*in->at));
        in->at++;
    }
}

static ptrdiff_t decode(cr_str raw, char *text, size_t size)
{
    const char *at = raw.data;
    const char *end = raw.data + raw.size;
    size_t used = 0;
    while (at < end && used + 1 < size) {
        char character = *at++;
        if (character == '&') {
            const char *stop = memchr(at, ';', (size_t)(end - at));
            cr_str name = {at, (size_t)((stop == NULL ? end : stop) - at)};
            character = (char)(stop == NULL ? 0 : read_entity(name));
            at = stop == NULL ? end : stop + 1;
        }
        if (character == '\0') {
            return -1;
        }
        text[used++] = character;
    }
    text[used] = '\0';
    return at == end ? (ptrdiff_t)used : -1;
}

/* A comment may not stand within the text that is wanted; that never happens, and is not found. */
static void read_markup(reader *in, const char *path)
{
    if (take(in, "<!--")) {
        in->text = NULL;
        skip_past(in, "-->");
    } else if (take(in, "</")) {
        read_end_tag(in, path);
    } else {
        in->ok = take(in, "<");
        read_start_tag(in, path);
    }
}

ptrdiff_t cr_xml_find(cr_str document, const char *path, char *text, size_t size)
{
    reader in = {.at = document.data, .end = document.data + document.size, .ok = true};
    if (document.data == NULL || size == 0) {
        return -1;
    }
    if (take(&in, "<?xml")) {
        skip_past(&in, "?>");
    }
    skip_text(&in);
    while (in.ok && in.at < in.end) {
        read_markup(&in, path);
        skip_text(&in);
    }
    bool is_whole = in.ok && in.depth == 0 && in.has_root;
    return is_whole && in.found.data != NULL ? decode(in.found, text, size) : -1;
}
