/* SPDX-License-Identifier: MIT */
/* What DynamoDB answers: our reader, which builds no tree, against json-c (oracle.h says where they
 * may differ). Beyond JSON the reader wants the members that it knows to be of the types that the
 * service gives them; everything else it skips, whatever it is. */
#include <math.h>

#include "oracle.h"
#include "store/dynamodb/result.h"

#define DEPTH_BOTH_TAKE 60
#define DEPTH_ORACLE (CR_JSON_DEPTH_MAX + 20)
/* Longer sets are none of ours. */
#define SET_MAX 64
/* json-c cuts larger integers to 64 bits. */
#define UNITS_MAX 1e15

/* ---- the shape ---- */

static bool is_object(json_object *value)
{
    return json_object_is_type(value, json_type_object);
}

static bool is_string(json_object *value)
{
    return json_object_is_type(value, json_type_string);
}

static bool is_capacity(json_object *value)
{
    json_object *units;
    return is_object(value) && (!oracle_member(value, "CapacityUnits", &units) ||
                                json_object_is_type(units, json_type_int) ||
                                json_object_is_type(units, json_type_double));
}

static bool is_reason(json_object *value)
{
    json_object *code;
    return is_object(value) && (!oracle_member(value, "Code", &code) || is_string(code));
}

static bool is_array_of(json_object *value, bool (*is_good)(json_object *element))
{
    bool is_one = json_object_is_type(value, json_type_array);
    for (size_t i = 0; is_one && i < json_object_array_length(value); i++) {
        is_one = is_good(json_object_array_get_idx(value, i));
    }
    return is_one;
}

static bool is_rows(json_object *value)
{
    return is_array_of(value, is_object);
}

static bool is_responses(json_object *value)
{
    bool is_one = is_object(value);
    if (is_one) {
        json_object_object_foreach(value, table, rows)
        {
            (void)table;
            is_one = is_one && is_rows(rows);
        }
    }
    return is_one;
}

static bool is_any_capacity(json_object *value)
{
    return is_capacity(value) || is_array_of(value, is_capacity);
}

static bool is_reasons(json_object *value)
{
    return is_array_of(value, is_reason);
}

static bool has_known_shape(json_object *answer)
{
    static const struct {
        const char *name;
        bool (*is_good)(json_object *value);
    } members[] = {
        {"Item", is_object},
        {"Items", is_rows},
        {"Responses", is_responses},
        {"ConsumedCapacity", is_any_capacity},
        {"CancellationReasons", is_reasons},
    };
    bool is_known = is_object(answer);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_object *value;
        is_known = is_known &&
                   (!oracle_member(answer, members[i].name, &value) || members[i].is_good(value));
    }
    return is_known;
}

/* ---- rows ---- */

static int compare_texts(const void *a, const void *b)
{
    const cr_str *x = a;
    const cr_str *y = b;
    return cr_str_compare(*x, *y);
}

/* The elements of a set in order, with commas between them; false for what is no set of ours. */
static bool join_set(json_object *set, cr_buffer *out)
{
    cr_str elements[SET_MAX];
    size_t count = json_object_is_type(set, json_type_array) ? json_object_array_length(set) : 0;
    for (size_t i = 0; i < count; i++) {
        json_object *element = json_object_array_get_idx(set, i);
        if (i == SET_MAX || !is_string(element)) {
            return false;
        }
        elements[i] = oracle_text(element);
        if (elements[i].size == 0 || memchr(elements[i].data, ',', elements[i].size) != NULL) {
            return false;
        }
    }
    if (count > 0) {
        qsort(elements, count, sizeof(elements[0]), compare_texts);
    }
    for (size_t i = 0; i < count; i++) {
        out->size -= i > 0 ? 1 : 0; /* a comma instead of the NUL */
        cr_buffer_add_text(out, (cr_str){i > 0 ? "," : "", i > 0 ? 1 : 0});
        out->size--;
        cr_buffer_add_text(out, elements[i]);
    }
    return count > 0;
}

/* What our row must have of this attribute; absent: nothing, or it is not of a type of ours. */
static cr_str expected_value(json_object *item, cr_attribute attribute, cr_buffer *room)
{
    json_object *typed = NULL;
    json_object *value = NULL;
    if (!oracle_member(item, cr_attribute_name(attribute), &typed) || !is_object(typed) ||
        json_object_object_length(typed) != 1) {
        return CR_STR_ABSENT;
    }
    if (attribute == CR_MEMBER_UUIDS) {
        return oracle_member(typed, "SS", &value) && join_set(value, room)
                   ? (cr_str){room->data, room->size - 1}
                   : CR_STR_ABSENT;
    }
    return oracle_member(typed, "S", &value) && is_string(value) ? oracle_text(value)
                                                                 : CR_STR_ABSENT;
}

/* Takes from a copy of the item what our row has; the rest must be its other attributes. */
static void check_row(const cr_row *row, json_object *item)
{
    json_object *others = json_object_new_object();
    FUZZ_REQUIRE(others != NULL);
    json_object_object_foreach(item, name, typed)
    {
        FUZZ_REQUIRE(json_object_object_add(others, name, json_object_get(typed)) == 0);
    }
    for (int i = 0; i < CR_OTHERS; i++) {
        cr_buffer room;
        cr_buffer_init(&room, SIZE_MAX);
        cr_str expected = expected_value(item, (cr_attribute)i, &room);
        cr_str value = row->value[i];
        FUZZ_REQUIRE((value.data != NULL) == (expected.data != NULL));
        FUZZ_REQUIRE(cr_str_equal(value, expected));
        if (value.data != NULL) {
            json_object_object_del(others, cr_attribute_name((cr_attribute)i));
        }
        cr_buffer_free(&room);
    }
    cr_str rest = row->value[CR_OTHERS];
    json_object *theirs =
        rest.data == NULL ? json_object_new_object() : oracle_read(rest, DEPTH_ORACLE);
    FUZZ_REQUIRE(theirs != NULL && json_object_equal(theirs, others) != 0);
    (void)json_object_put(theirs);
    (void)json_object_put(others);
}

/* A row that was read is written and read again. */
static void check_written(const cr_row *row, json_object *item)
{
    cr_buffer out;
    cr_json in;
    cr_row back;
    cr_arena arena = CR_ARENA_INIT;
    if (!cr_row_exists(row)) { /* Rows without a key are never written. */
        return;
    }
    cr_buffer_init(&out, SIZE_MAX);
    cr_item_write(&out, row);
    FUZZ_REQUIRE(!out.failed);
    cr_json_init(&in, (cr_str){out.data, out.size}, &arena);
    cr_item_read(&in, &back);
    FUZZ_REQUIRE(cr_json_is_done(&in));
    FUZZ_REQUIRE(cr_item_is_same(&back, row));
    check_row(&back, item);
    cr_buffer_free(&out);
    cr_arena_free(&arena);
}

/* ---- answers ---- */

typedef struct walk {
    const cr_result *reply;
    size_t row;
    double units;
    bool units_are_plain; /* without a sign or an exponent, and not so large that digits get lost */
} walk;

static void walk_row(walk *at, json_object *item)
{
    FUZZ_REQUIRE(at->row < at->reply->row_count);
    check_row(&at->reply->row[at->row], item);
    check_written(&at->reply->row[at->row], item);
    at->row++;
}

static void walk_rows(walk *at, json_object *rows)
{
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        walk_row(at, json_object_array_get_idx(rows, i));
    }
}

static void walk_responses(walk *at, json_object *responses)
{
    json_object_object_foreach(responses, table, rows)
    {
        (void)table;
        walk_rows(at, rows);
    }
}

static void walk_table_capacity(walk *at, json_object *capacity)
{
    json_object *units = NULL;
    if (oracle_member(capacity, "CapacityUnits", &units)) {
        double number = json_object_get_double(units);
        at->units += number;
        at->units_are_plain = at->units_are_plain && number < UNITS_MAX &&
                              strpbrk(json_object_get_string(units), "-eE") == NULL;
    }
}

static void walk_capacity(walk *at, json_object *capacity)
{
    if (is_object(capacity)) {
        walk_table_capacity(at, capacity);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(capacity); i++) {
        walk_table_capacity(at, json_object_array_get_idx(capacity, i));
    }
}

static void walk_reasons(walk *at, json_object *reasons)
{
    FUZZ_REQUIRE(at->reply->reason_count == json_object_array_length(reasons));
    for (size_t i = 0; i < at->reply->reason_count; i++) {
        const cr_reason *reason = &at->reply->reason[i];
        json_object *theirs = json_object_array_get_idx(reasons, i);
        json_object *code = NULL;
        json_object *item = NULL;
        FUZZ_REQUIRE(oracle_member(theirs, "Code", &code)
                         ? cr_str_equal(reason->code, oracle_text(code))
                         : reason->code.data == NULL);
        if (oracle_member(theirs, "Item", &item) && is_object(item)) {
            check_row(&reason->row, item);
        } else {
            FUZZ_REQUIRE(!cr_row_exists(&reason->row));
        }
    }
}

/* Text that was kept as it is, against what it was read from; absent for none, or an empty one. */
static void check_kept(cr_str kept, json_object *theirs, bool is_there)
{
    FUZZ_REQUIRE((kept.data != NULL) == is_there);
    if (is_there) {
        json_object *read = oracle_read(kept, DEPTH_ORACLE);
        FUZZ_REQUIRE(read != NULL && json_object_equal(read, theirs) != 0);
        (void)json_object_put(read);
    }
}

static void check_same(const cr_result *reply, json_object *answer)
{
    static const struct {
        const char *name;
        void (*walk)(walk *at, json_object *value);
    } members[] = {
        {"Item", walk_row},
        {"Items", walk_rows},
        {"Responses", walk_responses},
        {"ConsumedCapacity", walk_capacity},
        {"CancellationReasons", walk_reasons},
    };
    walk at = {.reply = reply, .units_are_plain = true};
    json_object_object_foreach(answer, name, value)
    {
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
            if (strcmp(members[i].name, name) == 0) {
                members[i].walk(&at, value);
            }
        }
    }
    FUZZ_REQUIRE(at.row == reply->row_count);
    FUZZ_REQUIRE(!at.units_are_plain ||
                 fabs(at.units - reply->capacity_units) <= 1e-6 * (1 + fabs(at.units)));
    json_object *kept = NULL;
    bool is_there = oracle_member(answer, "LastEvaluatedKey", &kept) && is_object(kept);
    check_kept(reply->last_key, kept, is_there);
    is_there = oracle_member(answer, "UnprocessedKeys", &kept) && is_object(kept) &&
               json_object_object_length(kept) > 0;
    check_kept(reply->unprocessed, kept, is_there);
}

static void read_plain(cr_str plain, json_object *answer)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_result reply;
    cr_result_check check = cr_result_read(plain, &arena, &reply);
    FUZZ_REQUIRE(check == (has_known_shape(answer) ? CR_RESULT_GOOD : CR_RESULT_GARBAGE));
    if (check == CR_RESULT_GOOD) {
        check_same(&reply, answer);
    }
    cr_arena_free(&arena);
}

/* ---- our own walk, which counts the members of the text itself ---- */

static size_t count_members(cr_json *in) /* NOLINT(misc-no-recursion): the text was taken */
{
    char bracket = cr_json_peek(in);
    size_t count = 0;
    cr_str name;
    if (bracket != '{' && bracket != '[') {
        (void)cr_json_skip(in);
        return 0;
    }
    cr_json_enter(in, bracket);
    for (bool first = true; bracket == '{' ? cr_json_next_member(in, &first, &name)
                                           : cr_json_next_element(in, &first);) {
        count += (bracket == '{' ? 1u : 0u) + count_members(in);
    }
    return count;
}

static void compare_as_written(cr_str text, const cr_result *reply, cr_arena *arena)
{
    cr_json in;
    json_object *answer = oracle_read(text, DEPTH_ORACLE);
    FUZZ_REQUIRE(is_object(answer));
    cr_json_init(&in, text, arena);
    bool has_twins = count_members(&in) != oracle_count_members(answer);
    FUZZ_REQUIRE(cr_json_is_done(&in));
    if (!has_twins && !oracle_has_escaped_nul(text)) {
        FUZZ_REQUIRE(has_known_shape(answer));
        check_same(reply, answer);
    }
    (void)json_object_put(answer);
}

/* As text a row is never smaller than the service takes it for. */
static void check_sizes(const cr_result *reply)
{
    for (size_t i = 0; i < reply->row_count; i++) {
        cr_buffer written;
        cr_buffer_init(&written, SIZE_MAX);
        cr_item_write(&written, &reply->row[i]);
        FUZZ_REQUIRE(!written.failed);
        FUZZ_REQUIRE(cr_item_size(&reply->row[i]) <= written.size);
        cr_buffer_free(&written);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    cr_arena arena = CR_ARENA_INIT;
    cr_result reply;
    cr_str text = fuzz_text(bytes, size);
    cr_result_check check = cr_result_read(text, &arena, &reply);
    FUZZ_REQUIRE(check != CR_RESULT_NO_MEMORY);
    if (check == CR_RESULT_GOOD) {
        compare_as_written(text, &reply, &arena);
        check_sizes(&reply);
    }
    json_object *answer = oracle_read(text, DEPTH_BOTH_TAKE);
    cr_str plain = answer == NULL ? CR_STR_ABSENT : oracle_write(answer);
    if (plain.data != NULL) {
        read_plain(plain, answer);
    }
    (void)json_object_put(answer);
    cr_arena_free(&arena);
    return 0;
}
