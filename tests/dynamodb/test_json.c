/* SPDX-License-Identifier: MIT */
/* The reader of JSON against json-c, on documents that are made at random and then damaged; and
 * rows that are written and read again. */
#include "aws/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/item.h"
#include "store/dynamodb/result.h"
#include "support/json_c.h"

#define DOCUMENTS 4000
#define DAMAGED_EACH 4
#define DEPTH_MAX 6

/* ---- numbers that are the same in every run ---- */

static uint64_t state;

static unsigned random_below(unsigned limit)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % limit;
}

/* ---- documents ---- */

typedef struct document {
    char text[20000];
    size_t size;
} document;

static void add(document *made, const char *text)
{
    size_t size = strlen(text);
    if (made->size + size < sizeof(made->text)) {
        memcpy(made->text + made->size, text, size + 1);
        made->size += size;
    }
}

static void add_string(document *made)
{
    static const char *const pieces[] = {
        "a",
        "pk",
        "message",
        "é",
        "😀",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u00e9",
        "\\b",
        "\\f",
        "\\r",
        "\\t",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\udc00",
        "\\u2028",
        "0123456789abcdef",
        " ",
        "'",
        "{",
        "]",
        "\x7f",
    };
    add(made, "\"");
    for (unsigned left = random_below(6); left > 0; left--) {
        add(made, pieces[random_below(sizeof(pieces) / sizeof(pieces[0]))]);
    }
    add(made, "\"");
}

static void add_space(document *made)
{
    static const char *const spaces[] = {"", "", "", " ", "\n", "\t \r"};
    add(made, spaces[random_below(6)]);
}

static void add_value(document *made, unsigned depth);

static void add_members(document *made, unsigned depth, bool is_object)
{
    for (unsigned left = random_below(5); left > 0; left--) {
        add_space(made);
        if (is_object) {
            add_string(made);
            add_space(made);
            add(made, ":");
        }
        add_value(made, depth + 1);
        add(made, left > 1 ? "," : "");
    }
    add_space(made);
}

static void add_value(document *made, unsigned depth)
{
    static const char *const scalars[] = {"true", "false", "null", "0",    "-1",
                                          "12.5", "1e3",   "1E-2", "-0.0", "123456789"};
    add_space(made);
    unsigned kind = random_below(depth < DEPTH_MAX ? 5 : 3);
    if (kind == 3) {
        add(made, "{");
        add_members(made, depth, true);
        add(made, "}");
    } else if (kind == 4) {
        add(made, "[");
        add_members(made, depth, false);
        add(made, "]");
    } else if (kind == 2) {
        add_string(made);
    } else {
        add(made, scalars[random_below(sizeof(scalars) / sizeof(scalars[0]))]);
    }
    add_space(made);
}

static void damage(document *made)
{
    static const char bytes[] = "{}[]\",:\\u0tfn-.e \n";
    size_t at = random_below((unsigned)made->size);
    switch (random_below(3)) {
    case 0:
        made->text[at] = bytes[random_below(sizeof(bytes) - 1)];
        break;
    case 1:
        memmove(made->text + at, made->text + at + 1, made->size - at);
        made->size--;
        break;
    default:
        made->size = at;
        made->text[at] = '\0';
    }
}

/* ---- the two readers ---- */

/* Walks through a value along with json-c's; false where they differ. */
static bool is_same(cr_json *in, json_object *value);

/* Of members with one name json-c keeps the last. */
static bool comes_again(cr_json later, cr_str name)
{
    bool first = false;
    bool is_there = false;
    cr_str later_name;
    while (cr_json_next_member(&later, &first, &later_name)) {
        is_there = is_there || cr_str_equal(later_name, name);
        (void)cr_json_skip(&later);
    }
    return is_there;
}

static bool is_same_object(cr_json *in, json_object *value)
{
    cr_str name;
    char key[4000];
    bool same = json_object_is_type(value, json_type_object);
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        (void)snprintf(key, sizeof(key), "%.*s", CR_STR_ARGS(name));
        cr_json ahead = *in;
        json_object *member = NULL;
        bool is_known = same && json_object_object_get_ex(value, key, &member);
        if (!is_known) {
            return false;
        }
        (void)cr_json_skip(in);
        same = same && (is_same(&ahead, member) || comes_again(*in, name));
    }
    return same;
}

static bool is_same_array(cr_json *in, json_object *value)
{
    size_t count = 0;
    bool same = json_object_is_type(value, json_type_array);
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first); count++) {
        same = same && count < json_object_array_length(value) &&
               is_same(in, json_object_array_get_idx(value, count));
        if (!same) {
            return false;
        }
    }
    return same && count == json_object_array_length(value);
}

static bool is_same(cr_json *in, json_object *value)
{
    char kind = cr_json_peek(in);
    if (kind == '{') {
        return is_same_object(in, value);
    }
    if (kind == '[') {
        return is_same_array(in, value);
    }
    if (kind == '"') {
        cr_str text = cr_json_string(in);
        return json_object_is_type(value, json_type_string) &&
               text.size == (size_t)json_object_get_string_len(value) &&
               memcmp(text.data, json_object_get_string(value), text.size) == 0;
    }
    cr_str word = cr_json_skip(in);
    if (kind == 'n') {
        return value == NULL;
    }
    if (kind == 't' || kind == 'f') {
        return json_object_is_type(value, json_type_boolean) &&
               json_object_get_boolean(value) == (kind == 't');
    }
    char number[64];
    (void)snprintf(number, sizeof(number), "%.*s", CR_STR_ARGS(word));
    double ours = strtod(number, NULL);
    double theirs = json_object_get_double(value);
    return !(ours < theirs) && !(ours > theirs);
}

/* json-c is more lenient in places, so what it takes and we do not is not looked at; the opposite
 * must not be, and what both take must be the same. */
static void compare(const document *made, bool must_be_good)
{
    cr_json in;
    bool oracle_is_good;
    cr_arena arena = CR_ARENA_INIT;
    json_object *value = json_c_read(made->text, made->size, CR_JSON_DEPTH_MAX, &oracle_is_good);
    cr_json_init(&in, (cr_str){made->text, made->size}, &arena);
    (void)cr_json_skip(&in);
    bool is_good = cr_json_is_done(&in);
    cr_assert(!is_good || oracle_is_good, "only we take: %s", made->text);
    cr_assert(is_good || !must_be_good, "we refuse: %s", made->text);
    if (is_good) {
        cr_json_init(&in, (cr_str){made->text, made->size}, &arena);
        cr_assert(is_same(&in, value), "read differently: %s", made->text);
    }
    (void)json_object_put(value);
    cr_arena_free(&arena);
}

Test(dynamodb_json, agrees_with_json_c)
{
    for (unsigned i = 0; i < DOCUMENTS; i++) {
        document made = {.size = 0};
        state = i;
        add(&made, "[");
        add_value(&made, 0);
        add(&made, "]");
        if (made.size > sizeof(made.text) - 100) {
            continue; /* it may be cut */
        }
        compare(&made, true);
        for (unsigned j = 0; j < DAMAGED_EACH && made.size > 0; j++) {
            damage(&made);
            compare(&made, false);
        }
    }
}

/* json-c takes some of these. */
Test(dynamodb_json, what_is_no_json)
{
    static const char *const texts[] = {
        "01",
        "-01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "nan",
        "-NaN",
        "Infinity",
        "True",
        "tru",
        "nullx",
        "'a'",
        "\"a\tb\"",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":1,}",
        "\"\\x\"",
        "\"\\u12g4\"",
        "/**/ 1",
        "1 //",
        "[1]\v",
        "\357\273\2771",
    };
    cr_arena arena = CR_ARENA_INIT;
    cr_json in;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_json_init(&in, cr_str_of(texts[i]), &arena);
        (void)cr_json_skip(&in);
        cr_expect_not(cr_json_is_done(&in), "%s", texts[i]);
    }
    cr_arena_free(&arena);
}

Test(dynamodb_json, nesting_has_an_end)
{
    static char deep[2000];
    cr_arena arena = CR_ARENA_INIT;
    cr_json in;
    for (size_t depth = 1; depth <= 200; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        cr_json_init(&in, (cr_str){deep, 2 * depth}, &arena);
        (void)cr_json_skip(&in);
        cr_assert_eq(cr_json_is_done(&in), depth <= CR_JSON_DEPTH_MAX);
    }
    cr_arena_free(&arena);
}

/* ---- rows ---- */

static cr_row read_item(const char *text, cr_arena *arena)
{
    cr_json in;
    cr_row row;
    cr_json_init(&in, cr_str_of(text), arena);
    cr_item_read(&in, &row);
    cr_assert(cr_json_is_done(&in), "%s", text);
    return row;
}

static void expect(const cr_row *row, cr_attribute attribute, const char *expected)
{
    cr_str value = row->value[attribute];
    if (expected == NULL) {
        cr_assert(value.data == NULL);
    } else {
        cr_assert(value.data != NULL, "%s is absent", cr_attribute_name(attribute));
        cr_assert(cr_str_equal(value, cr_str_of(expected)), "%.*s is not %s", CR_STR_ARGS(value),
                  expected);
    }
}

Test(dynamodb_item, attributes_of_ours_are_read)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row = read_item("{\"sk\":{\"S\":\"2\"},\"\\u0070k\" : {\"S\":\"MSG#\\u00e9\\n\"},"
                           "\"member_uuids\":{\"SS\":[\"c\",\"a\",\"b\"]},\"message\":{\"S\":\"\"},"
                           "\"rev\":{\"N\":\"12\"},\"version\":{\"S\":\"0a\"}}",
                           &arena);
    expect(&row, CR_PK, "MSG#é\n");
    expect(&row, CR_SK, "2");
    expect(&row, CR_MEMBER_UUIDS, "a,b,c");
    expect(&row, CR_TEXT, "");
    expect(&row, CR_REV, "12");
    expect(&row, CR_VERSION, "0a");
    expect(&row, CR_HANDLE, NULL);
    expect(&row, CR_OTHERS, NULL);
    cr_arena_free(&arena);
}

Test(dynamodb_item, what_is_not_ours_is_kept_to_the_letter)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_row row =
        read_item("{\"pk\":{\"S\":\"a\"},\"n\":{\"N\":\"1.50\"},\"user_handle\":{\"N\":\"7\"},"
                  "\"rev\":{\"S\":\"1\"},\"version\":{\"N\":\"1\"},"
                  "\"member_uuids\":{\"L\":[{\"S\":\"x\"}]},"
                  "\"m\":{\"M\":{\"x\":{\"L\":[{\"NULL\":true}, {\"B\":\"AA==\"}]}}},"
                  "\"user_uuid\":{\"S\":\"u\",\"X\":1}}",
                  &arena);
    expect(&row, CR_PK, "a");
    expect(&row, CR_HANDLE, NULL);
    expect(&row, CR_OTHERS,
           "{\"n\":{\"N\":\"1.50\"},\"user_handle\":{\"N\":\"7\"},"
           "\"rev\":{\"S\":\"1\"},\"version\":{\"N\":\"1\"},"
           "\"member_uuids\":{\"L\":[{\"S\":\"x\"}]},"
           "\"m\":{\"M\":{\"x\":{\"L\":[{\"NULL\":true}, {\"B\":\"AA==\"}]}}},"
           "\"user_uuid\":{\"S\":\"u\",\"X\":1}}");
    cr_arena_free(&arena);
}

Test(dynamodb_item, what_is_written_is_read)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_buffer text;
    cr_json in;
    cr_row back;
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of("GRP#\"\\\x01\x1f/é😀");
    row.value[CR_SK] = cr_str_of("2026");
    row.value[CR_TEXT] = cr_str_of("line\nline\ttab\x7f");
    row.value[CR_DISPLAY_NAME] = cr_str_of("");
    row.value[CR_MEMBER_UUIDS] = cr_str_of("a,b,c");
    row.value[CR_REV] = cr_str_of("7");
    row.value[CR_VERSION] = cr_str_of("00ff");
    row.value[CR_OTHERS] = cr_str_of("{\"starred\":{\"BOOL\":true},\"message\":{\"N\":\"1\"}}");
    cr_buffer_init(&text, 10000);
    cr_item_write(&text, &row);
    cr_assert(!text.failed);
    cr_json_init(&in, (cr_str){text.data, text.size}, &arena);
    cr_item_read(&in, &back);
    cr_assert(cr_json_is_done(&in));
    cr_assert(cr_item_is_same(&back, &row));
    cr_assert(strstr(text.data, "\"rev\":{\"N\":\"7\"}") != NULL);
    /* the row's own message counts, not the one that stood among the others */
    expect(&back, CR_OTHERS, "{\"starred\":{\"BOOL\":true}}");
    cr_buffer_free(&text);
    cr_arena_free(&arena);
}

/* As DynamoDB Local counts: it takes such a row up to 400 KB, to the byte. */
Test(dynamodb_item, sizes_are_those_of_the_service)
{
    static const struct {
        const char *value;
        size_t size;
    } values[] = {
        {"{\"S\":\"abc\"}", 3},
        {"{\"S\":\"\"}", 0},
        {"{\"S\":\"\u00e4\u00f6\U0001f600\"}", 8},
        {"{\"S\":\"\\u00e4\\u00f6\\ud83d\\ude00\\u20ac\\u0041\\n\\\\\"}", 14},
        {"{\"N\":\"0\"}", 1},
        {"{\"N\":\"1\"}", 2},
        {"{\"N\":\"12\"}", 2},
        {"{\"N\":\"123\"}", 3},
        {"{\"N\":\"-1\"}", 3},
        {"{\"N\":\"-12\"}", 3},
        {"{\"N\":\"100\"}", 2},
        {"{\"N\":\"1e10\"}", 2},
        {"{\"N\":\"0.001\"}", 2},
        {"{\"N\":\"1.5\"}", 3},
        {"{\"N\":\"12345678901234567890\"}", 11},
        {"{\"BOOL\":true}", 1},
        {"{\"NULL\":true}", 1},
        {"{\"B\":\"AAEC\"}", 3},
        {"{\"B\":\"AA==\"}", 1},
        {"{\"SS\":[\"a\",\"bc\"]}", 3},
        {"{\"NS\":[\"1\",\"22\"]}", 4},
        {"{\"BS\":[\"AAEC\",\"AA==\"]}", 4},
        {"{\"L\":[]}", 3},
        {"{\"L\":[{\"S\":\"a\"}]}", 5},
        {"{\"L\":[{\"S\":\"a\"},{\"N\":\"1\"}]}", 8},
        {"{\"M\":{}}", 3},
        {"{\"M\":{\"k\":{\"S\":\"a\"}}}", 6},
        {"{\"M\":{\"k\":{\"L\":[{\"M\":{\"zz\":{\"BOOL\":true}}}]}}}", 16},
    };
    cr_row row = {0};
    row.value[CR_PK] = cr_str_of("GRP#a");
    row.value[CR_SK] = cr_str_of("2026");
    row.value[CR_MEMBER_UUIDS] = cr_str_of("a,b,c");
    row.value[CR_REV] = cr_str_of("123");
    row.value[CR_VERSION] = cr_str_of("00ff");
    size_t bare = strlen("pkGRP#ask2026member_uuidsabcrevversion00ff") + 3;
    cr_assert_eq(cr_item_size(&row), bare);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char others[200];
        (void)snprintf(others, sizeof(others), "{\"other\":%s,\"pk\":{\"N\":\"7\"}}",
                       values[i].value);
        row.value[CR_OTHERS] = cr_str_of(others);
        cr_assert_eq(cr_item_size(&row), bare + strlen("other") + values[i].size, "%s: %zu",
                     values[i].value, cr_item_size(&row) - bare - strlen("other"));
    }
}

Test(dynamodb_item, others_are_the_same_in_any_order)
{
    static const struct {
        const char *a;
        const char *b;
        bool is_same;
    } samples[] = {
        {NULL, NULL, true},
        {NULL, "{}", true},
        {"{\"x\":{\"N\":\"1\"},\"y\":{\"S\":\"\"}}", "{\"y\":{\"S\":\"\"},\"x\":{\"N\":\"1\"}}",
         true},
        {"{\"x\":{\"N\":\"1\"}}", "{\"x\":{\"N\":\"2\"}}", false},
        {"{\"x\":{\"N\":\"1\"}}", "{\"y\":{\"N\":\"1\"}}", false},
        {"{\"x\":{\"N\":\"1\"}}", "{\"y\":{\"N\":\"1\"},\"x\":{\"N\":\"1\"}}", false},
        {"{\"x\":{\"N\":\"1\"}}", NULL, false},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        cr_row a = {0};
        cr_row b = {0};
        a.value[CR_OTHERS] = cr_str_of(samples[i].a);
        b.value[CR_OTHERS] = cr_str_of(samples[i].b);
        cr_assert_eq(cr_item_has_same_others(&a, &b), samples[i].is_same, "%zu", i);
        cr_assert_eq(cr_item_has_same_others(&b, &a), samples[i].is_same, "%zu", i);
    }
}

Test(dynamodb_answer, all_kinds_are_read)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_result reply;
    cr_assert_eq(cr_result_read(cr_str_of("{\"Count\":1,\"Items\":[{\"pk\":{\"S\":\"a\"}}],"
                                          "\"LastEvaluatedKey\":{\"pk\":{\"S\":\"a\"}},"
                                          "\"ConsumedCapacity\":{\"CapacityUnits\":1.5}}"),
                                &arena, &reply),
                 CR_RESULT_GOOD);
    cr_assert_eq(reply.row_count, 1);
    cr_assert(cr_str_equal(reply.last_key, cr_str_of("{\"pk\":{\"S\":\"a\"}}")));
    cr_assert(reply.capacity_units > 1.49 && reply.capacity_units < 1.51);
    cr_assert_eq(cr_result_read(cr_str_of("{\"Responses\":{\"t\":[{\"pk\":{\"S\":\"a\"}}]},"
                                          "\"UnprocessedKeys\":{},\"ConsumedCapacity\":"
                                          "[{\"CapacityUnits\":1},{\"CapacityUnits\":2}]}"),
                                &arena, &reply),
                 CR_RESULT_GOOD);
    cr_assert_eq(reply.row_count, 1);
    cr_assert(reply.unprocessed.data == NULL);
    cr_assert(reply.capacity_units > 2.9 && reply.capacity_units < 3.1);
    cr_assert_eq(cr_result_read(cr_str_of("{\"CancellationReasons\":[{\"Code\":\"None\"},"
                                          "{\"Code\":\"ConditionalCheckFailed\","
                                          "\"Item\":{\"pk\":{\"S\":\"a\"}}}]}"),
                                &arena, &reply),
                 CR_RESULT_GOOD);
    cr_assert_eq(reply.reason_count, 2);
    cr_assert(!cr_row_exists(&reply.reason[0].row));
    cr_assert(cr_row_exists(&reply.reason[1].row));
    cr_assert_eq(cr_result_read(cr_str_of("<html>"), &arena, &reply), CR_RESULT_GARBAGE);
    cr_assert_eq(cr_result_read(cr_str_of(""), &arena, &reply), CR_RESULT_GARBAGE);
    cr_assert_eq(cr_result_read(cr_str_of("{\"Items\":[{]}"), &arena, &reply), CR_RESULT_GARBAGE);
    cr_assert_eq(cr_result_read(cr_str_of("{} x"), &arena, &reply), CR_RESULT_GARBAGE);
    cr_arena_free(&arena);
}
