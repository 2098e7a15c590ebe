/* SPDX-License-Identifier: MIT */
#include "model/item.h"

#include <stdint.h>
#include <stdlib.h>

#include "model/value.h"

/* Longer than any set of ours; a longer one is not taken for one. */
#define SET_MAX 64

/* As they begin a member of an object; none needs an escape. */
static const cr_str members[CR_ATTRIBUTE_COUNT] = {
#define MEMBER_ROW(NAME, name, type) [CR_##NAME] = {"\"" name "\":", sizeof(name) + 2},
    CR_ATTRIBUTE_MAP(MEMBER_ROW)
#undef MEMBER_ROW
};

/* CR_OTHERS for an attribute that the library does not know. */
static cr_attribute find_attribute(cr_str name)
{
    for (int i = 0; i < CR_OTHERS; i++) {
        if (cr_str_equal(cr_attribute_names[i], name)) {
            return (cr_attribute)i;
        }
    }
    return CR_OTHERS;
}

/* ---- writing ---- */

static void add_string_value(cr_buffer *out, const char *begin, cr_str value)
{
    cr_buffer_add(out, cr_str_of(begin));
    cr_json_add_string(out, value);
    CR_JSON_ADD(out, "}");
}

/* "uuid,uuid,…" as a set. */
static void add_set_value(cr_buffer *out, cr_str list)
{
    CR_JSON_ADD(out, "{\"SS\":[");
    while (list.size > 0) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t length = comma == NULL ? list.size : (size_t)(comma - list.data);
        cr_json_add_string(out, (cr_str){list.data, length});
        size_t used = length + (comma == NULL ? 0 : 1);
        list = (cr_str){list.data + used, list.size - used};
        if (list.size > 0) {
            CR_JSON_ADD(out, ",");
        }
    }
    CR_JSON_ADD(out, "]}");
}

/* The DynamoDB type of each of ours. */
static const struct type_text {
    cr_str name;
    cr_str begin; /* of a value, as the service writes it: without white space */
} type_texts[] = {
#define TYPE_TEXT(name)                                                                            \
    {                                                                                              \
        {name, sizeof(name) - 1},                                                                  \
        {                                                                                          \
            "{\"" name "\":", sizeof(name) + 3                                                     \
        }                                                                                          \
    }
    [CR_TYPE_STRING] = TYPE_TEXT("S"),
    [CR_TYPE_NUMBER] = TYPE_TEXT("N"),
    [CR_TYPE_STRINGS] = TYPE_TEXT("SS"),
    [CR_TYPE_FLAG] = TYPE_TEXT("BOOL"),
#undef TYPE_TEXT
};

void cr_item_write_value(cr_buffer *out, cr_attribute attribute, cr_str value)
{
    cr_type type = cr_attribute_type(attribute);
    if (type == CR_TYPE_STRINGS && value.size > 0) {
        add_set_value(out, value);
    } else if (type == CR_TYPE_FLAG) {
        CR_JSON_ADD(out, "{\"BOOL\":true}");
    } else {
        add_string_value(out, type == CR_TYPE_NUMBER ? "{\"N\":" : "{\"S\":", value);
    }
}

static void add_attribute(cr_buffer *out, cr_attribute attribute, cr_str value)
{
    cr_buffer_add(out, members[attribute]);
    cr_item_write_value(out, attribute, value);
}

/* Adds the members of a JSON object, but for those that the row itself has. */
static void add_others(cr_buffer *out, const cr_row *row)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    cr_json_init(&in, row->value[CR_OTHERS], &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        cr_attribute attribute = find_attribute(name);
        cr_str value = cr_json_skip(&in);
        if (!in.failed && (attribute == CR_OTHERS || row->value[attribute].data == NULL)) {
            CR_JSON_ADD(out, ",");
            cr_json_add_string(out, name);
            CR_JSON_ADD(out, ":");
            cr_buffer_add(out, value);
        }
    }
    out->failed = out->failed || !cr_json_is_done(&in);
    cr_arena_free(&arena);
}

void cr_item_write(cr_buffer *out, const cr_row *row)
{
    CR_JSON_ADD(out, "{");
    for (int i = 0; i < CR_OTHERS; i++) {
        if (row->value[i].data != NULL) {
            if (i > 0) {
                CR_JSON_ADD(out, ",");
            }
            add_attribute(out, (cr_attribute)i, row->value[i]);
        }
    }
    if (row->value[CR_OTHERS].data != NULL) {
        add_others(out, row);
    }
    CR_JSON_ADD(out, "}");
}

void cr_item_write_key(cr_buffer *out, cr_key key)
{
    CR_JSON_ADD(out, "{");
    add_attribute(out, CR_PK, key.pk);
    CR_JSON_ADD(out, ",");
    add_attribute(out, CR_SK, key.sk);
    CR_JSON_ADD(out, "}");
}

/* ---- reading ---- */

static int compare_strings(const void *a, const void *b)
{
    const cr_str *x = a;
    const cr_str *y = b;
    return cr_str_compare(*x, *y);
}

/* A set has no order; ours has. */
static cr_str join(cr_json *in, cr_str *element, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += element[i].size + 1;
    }
    char *text = cr_arena_alloc(in->arena, size + 1);
    if (text == NULL) {
        in->no_memory = in->failed = true;
        return CR_STR_ABSENT;
    }
    qsort(element, count, sizeof(*element), compare_strings);
    char *out = text;
    for (size_t i = 0; i < count; i++) {
        memcpy(out, element[i].data, element[i].size);
        out += element[i].size;
        *out++ = ',';
    }
    return (cr_str){text, size - 1};
}

static bool is_plain(cr_str text)
{
    return text.size > 0 && memchr(text.data, ',', text.size) == NULL;
}

/* A set of strings without commas; absent for what is no such set. */
static cr_str read_set(cr_json *in)
{
    cr_str element[SET_MAX];
    size_t count = 0;
    bool is_set = cr_json_peek(in) == '[';
    if (is_set) {
        cr_json_enter(in, '[');
        for (bool first = true; is_set && cr_json_next_element(in, &first);) {
            is_set = count < SET_MAX && cr_json_peek(in) == '"';
            if (is_set) {
                element[count] = cr_json_string(in);
                is_set = !in->failed && is_plain(element[count++]);
            }
        }
    }
    return is_set && count > 0 && !in->failed ? join(in, element, count) : CR_STR_ABSENT;
}

/* True; absent for what is not. */
static cr_str read_true(cr_json *in)
{
    cr_str written = cr_json_skip(in);
    return cr_str_equal(written, cr_str_of(CR_TRUE)) ? written : CR_STR_ABSENT;
}

/* Goes behind the type of a value; false, and anywhere, where it is another. */
static bool take_type(cr_json *in, const struct type_text *known)
{
    bool first = true;
    cr_str type;
    if ((size_t)(in->end - in->at) >= known->begin.size &&
        memcmp(in->at, known->begin.data, known->begin.size) == 0) {
        in->at += known->begin.size;
        return true;
    }
    if (cr_json_peek(in) != '{') {
        return false;
    }
    cr_json_enter(in, '{');
    return cr_json_next_member(in, &first, &type) && cr_str_equal(type, known->name);
}

/* Reads a value of the type that the attribute must have; absent, and anywhere, for one of another
 * type. */
static cr_str read_known_value(cr_json *in, cr_attribute attribute)
{
    cr_str value = CR_STR_ABSENT;
    cr_type known = cr_attribute_type(attribute);
    if (!take_type(in, &type_texts[known])) {
        return value;
    }
    if (known == CR_TYPE_STRINGS) {
        value = read_set(in);
    } else if (known == CR_TYPE_FLAG) {
        value = read_true(in);
    } else if (cr_json_peek(in) == '"') {
        value = cr_json_string(in);
    }
    return value.data != NULL && cr_json_peek(in) == '}' ? (in->at++, value) : CR_STR_ABSENT;
}

/* Reads the value again, as one that the library does not know. */
static void read_other(cr_json *in, cr_buffer *others, cr_str name)
{
    cr_str value = cr_json_skip(in);
    if (in->failed) {
        return;
    }
    if (others->size == 0) {
        CR_JSON_ADD(others, "{");
    } else {
        CR_JSON_ADD(others, ",");
    }
    cr_json_add_string(others, name);
    CR_JSON_ADD(others, ":");
    cr_buffer_add(others, value);
}

static void read_attribute(cr_json *in, cr_str name, cr_row *row, cr_buffer *others)
{
    cr_attribute attribute = find_attribute(name);
    if (attribute != CR_OTHERS) {
        cr_json before = *in;
        cr_str value = read_known_value(in, attribute);
        if (value.data != NULL) {
            row->value[attribute] = value;
            return;
        }
        before.no_memory = in->no_memory;
        before.failed = in->no_memory;
        *in = before;
    }
    read_other(in, others, name);
}

void cr_item_read(cr_json *in, cr_row *row)
{
    cr_buffer others;
    cr_str name;
    *row = (cr_row){0};
    cr_buffer_init(&others, SIZE_MAX);
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        read_attribute(in, name, row, &others);
    }
    if (!in->failed && others.size > 0) {
        CR_JSON_ADD(&others, "}");
        row->value[CR_OTHERS] = cr_arena_copy(in->arena, (cr_str){others.data, others.size});
    }
    bool no_memory =
        others.failed || (others.size > 0 && !in->failed && row->value[CR_OTHERS].data == NULL);
    if (no_memory) {
        in->no_memory = in->failed = true;
    }
    cr_buffer_free(&others);
}

bool cr_item_is_same(const cr_row *stored, const cr_row *put)
{
    for (int i = 0; i < CR_OTHERS; i++) {
        bool is_there = stored->value[i].data != NULL;
        bool was_put = put->value[i].data != NULL;
        if (is_there != was_put) {
            return false;
        }
        if (is_there && was_put && !cr_str_equal(stored->value[i], put->value[i])) {
            return false;
        }
    }
    return true;
}

static bool has_other(const cr_row *row, cr_str wanted, cr_str value)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    bool is_there = false;
    cr_json_init(&in, row->value[CR_OTHERS], &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; !is_there && cr_json_next_member(&in, &first, &name);) {
        cr_str there = cr_json_skip(&in);
        is_there = !in.failed && cr_str_equal(name, wanted) && cr_value_is_same(there, value);
    }
    cr_arena_free(&arena);
    return is_there;
}

/* Whether b has all others of a, each with the same value. */
static bool has_others_of(const cr_row *a, const cr_row *b)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    bool is_same = true;
    if (a->value[CR_OTHERS].data == NULL) {
        return true;
    }
    cr_json_init(&in, a->value[CR_OTHERS], &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; is_same && cr_json_next_member(&in, &first, &name);) {
        cr_str value = cr_json_skip(&in);
        is_same = !in.failed && has_other(b, name, value);
    }
    cr_arena_free(&arena);
    return is_same;
}

bool cr_item_has_same_others(const cr_row *a, const cr_row *b)
{
    return has_others_of(a, b) && has_others_of(b, a);
}
