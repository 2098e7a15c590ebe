/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/request.h"

#include <stdio.h>

/* An expression has at most 4 KB and 300 operators and functions, of which each attribute takes
 * two. No row is known to have as many attributes. */
#define OTHERS_COMPARED_MAX 112
/* Of a text that is too long to be compared, so much at each end is. */
#define END_SIZE ((size_t)1024)
/* The keys come before it. */
#define FIRST_COMPARED (CR_SK + 1)

#define TELL_OLD ",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\""
#define TELL_CAPACITY ",\"ReturnConsumedCapacity\":\"TOTAL\""

void cr_request_table(cr_buffer *out, const cr_table_names *names)
{
    CR_JSON_ADD(out, "\"TableName\":\"");
    cr_buffer_add(out, names->table);
    CR_JSON_ADD(out, "\"");
}

static void add_consistent(cr_buffer *out, bool consistent)
{
    if (consistent) {
        CR_JSON_ADD(out, ",\"ConsistentRead\":true");
    }
}

/* ---- get ---- */

void cr_request_get(cr_buffer *out, const cr_table_names *names, cr_key key, bool consistent)
{
    CR_JSON_ADD(out, "{");
    cr_request_table(out, names);
    CR_JSON_ADD(out, ",\"Key\":");
    cr_item_write_key(out, key);
    add_consistent(out, consistent);
    CR_JSON_ADD(out, TELL_CAPACITY "}");
}

void cr_request_batch_get(cr_buffer *out, const cr_table_names *names, const cr_key *keys,
                          size_t count, bool consistent)
{
    CR_JSON_ADD(out, "{\"RequestItems\":{\"");
    cr_buffer_add(out, names->table);
    CR_JSON_ADD(out, "\":{\"Keys\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            CR_JSON_ADD(out, ",");
        }
        cr_item_write_key(out, keys[i]);
    }
    CR_JSON_ADD(out, "]");
    add_consistent(out, consistent);
    CR_JSON_ADD(out, "}}" TELL_CAPACITY "}");
}

void cr_request_batch_rest(cr_buffer *out, cr_str unprocessed)
{
    CR_JSON_ADD(out, "{\"RequestItems\":");
    cr_buffer_add(out, unprocessed);
    CR_JSON_ADD(out, TELL_CAPACITY "}");
}

void cr_request_batch_write(cr_buffer *out, const cr_table_names *names, const cr_row *rows,
                            size_t count)
{
    CR_JSON_ADD(out, "{\"RequestItems\":{\"");
    cr_buffer_add(out, names->table);
    CR_JSON_ADD(out, "\":[");
    for (size_t i = 0; i < count; i++) {
        cr_buffer_add(
            out, cr_str_of(i > 0 ? ",{\"PutRequest\":{\"Item\":" : "{\"PutRequest\":{\"Item\":"));
        cr_item_write(out, &rows[i]);
        CR_JSON_ADD(out, "}}");
    }
    CR_JSON_ADD(out, "]}" TELL_CAPACITY "}");
}

/* ---- query, scan ---- */

static void add_page(cr_buffer *out, const cr_page_request *page)
{
    add_consistent(out, page->consistent);
    if (page->limit > 0) {
        CR_JSON_ADD(out, ",\"Limit\":");
        cr_json_add_number(out, page->limit);
    }
    if (page->start_key.data != NULL) {
        CR_JSON_ADD(out, ",\"ExclusiveStartKey\":");
        cr_buffer_add(out, page->start_key);
    }
    CR_JSON_ADD(out, TELL_CAPACITY "}");
}

/* A key has no empty string, and the service takes none for a bound: everything is behind it. */
static bool is_bounded_below(const cr_query *query)
{
    return query->lower.sk.size > 0;
}

static bool is_bounded_above(const cr_query *query)
{
    return query->upper.sk.data != NULL;
}

static bool is_empty_range(const cr_query *query)
{
    if (!is_bounded_above(query)) {
        return false;
    }
    if (query->upper.sk.size == 0) {
        return true;
    }
    int order = is_bounded_below(query) ? cr_str_compare(query->lower.sk, query->upper.sk) : -1;
    return order > 0 || (order == 0 && !(query->lower.included && query->upper.included));
}

/* There is no way to exclude one end of a range: whoever asked passes over that row. */
static const char *sort_key_condition(const cr_query *query)
{
    if (is_bounded_below(query) && is_bounded_above(query)) {
        return " AND sk BETWEEN :l AND :u";
    }
    if (is_bounded_below(query)) {
        return query->lower.included ? " AND sk >= :l" : " AND sk > :l";
    }
    if (is_bounded_above(query)) {
        return query->upper.included ? " AND sk <= :u" : " AND sk < :u";
    }
    return "";
}

static void add_bound(cr_buffer *out, const char *name, cr_str sk)
{
    cr_buffer_add(out, cr_str_of(name));
    cr_item_write_value(out, CR_SK, sk);
}

bool cr_request_query(cr_buffer *out, const cr_table_names *names, const cr_query *query,
                      const cr_page_request *page)
{
    if (is_empty_range(query)) {
        return false;
    }
    CR_JSON_ADD(out, "{");
    cr_request_table(out, names);
    if (query->index == CR_INDEX_GROUPS) {
        CR_JSON_ADD(out, ",\"IndexName\":\"");
        cr_buffer_add(out, names->index);
        CR_JSON_ADD(out, "\",\"KeyConditionExpression\":\"message_group_uuid = :p");
    } else {
        CR_JSON_ADD(out, ",\"KeyConditionExpression\":\"pk = :p");
    }
    cr_buffer_add(out, cr_str_of(sort_key_condition(query)));
    CR_JSON_ADD(out, "\",\"ExpressionAttributeValues\":{\":p\":");
    cr_item_write_value(out, CR_PK, query->partition);
    if (is_bounded_below(query)) {
        add_bound(out, ",\":l\":", query->lower.sk);
    }
    if (is_bounded_above(query)) {
        add_bound(out, ",\":u\":", query->upper.sk);
    }
    CR_JSON_ADD(out, "}");
    if (query->descending) {
        CR_JSON_ADD(out, ",\"ScanIndexForward\":false");
    }
    cr_page_request asked = *page;
    asked.consistent = page->consistent && query->index == CR_INDEX_TABLE;
    add_page(out, &asked);
    return true;
}

void cr_request_scan(cr_buffer *out, const cr_table_names *names, const cr_page_request *page)
{
    CR_JSON_ADD(out, "{");
    cr_request_table(out, names);
    add_page(out, page);
}

/* ---- put, remove ---- */

void cr_request_put(cr_buffer *out, const cr_table_names *names, const cr_row *row)
{
    cr_request_table(out, names);
    CR_JSON_ADD(out, ",\"Item\":");
    cr_item_write(out, row);
    CR_JSON_ADD(out, ",\"ConditionExpression\":\"attribute_not_exists(pk)\"" TELL_OLD);
}

/* Attributes of ours that are of another type are among the others: a bit for each. */
static unsigned known_among_others(const cr_row *row)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    unsigned among = 0;
    if (row->value[CR_OTHERS].data == NULL) {
        return among;
    }
    cr_json_init(&in, row->value[CR_OTHERS], &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name); (void)cr_json_skip(&in)) {
        for (int i = 0; i < CR_OTHERS; i++) {
            bool is_it = cr_str_equal(name, cr_attribute_names[i]);
            among |= is_it ? 1u << i : 0;
        }
    }
    cr_arena_free(&arena);
    return among;
}

static void add_numbered(cr_buffer *out, const char *prefix, size_t number)
{
    cr_buffer_add(out, cr_str_of(prefix));
    cr_json_add_number(out, number);
}

/* ---- long texts ---- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_ascii(cr_str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (((unsigned char)text.data[i] & 0x80) != 0) {
            return false;
        }
    }
    return true;
}

static bool has_long_text(const cr_row *row, cr_comparing how)
{
    cr_str text = row->value[CR_TEXT];
    return how == CR_COMPARE_ENDS && text.data != NULL && text.size > 2 * END_SIZE;
}

static cr_str begin_of(cr_str text)
{
    size_t size = END_SIZE;
    while (size > 0 && is_continuation(text.data[size])) {
        size--;
    }
    return (cr_str){text.data, size};
}

static cr_str end_of(cr_str text)
{
    size_t at = text.size - END_SIZE;
    while (at < text.size && is_continuation(text.data[at])) {
        at++;
    }
    return (cr_str){text.data + at, text.size - at};
}

/* What the size of a text counts beyond ASCII is not documented. */
static void add_text_conditions(cr_buffer *out, cr_str text)
{
    CR_JSON_ADD(out, " AND begins_with(message, :b) AND contains(message, :e)");
    if (is_ascii(text)) {
        CR_JSON_ADD(out, " AND size(message) = :n");
    }
}

static void add_text_values(cr_buffer *out, cr_str text)
{
    CR_JSON_ADD(out, ",\":b\":");
    cr_item_write_value(out, CR_TEXT, begin_of(text));
    CR_JSON_ADD(out, ",\":e\":");
    cr_item_write_value(out, CR_TEXT, end_of(text));
    if (is_ascii(text)) {
        CR_JSON_ADD(out, ",\":n\":{\"N\":\"");
        cr_json_add_number(out, text.size);
        CR_JSON_ADD(out, "\"}");
    }
}

/* ---- conditions ---- */

/* What is asked of an attribute that was there, up to the number of its value, and of one that was
 * not. None of the names is a reserved word. */
static const struct attribute_condition {
    cr_str present, absent;
} attribute_conditions[CR_ATTRIBUTE_COUNT] = {
#define PRESENT(name) " AND " name " = :a"
#define ABSENT(name) " AND attribute_not_exists(" name ")"
#define CONDITION_ROW(NAME, name, type)                                                            \
    [CR_##NAME] = {{PRESENT(name), sizeof(PRESENT(name)) - 1},                                     \
                   {ABSENT(name), sizeof(ABSENT(name)) - 1}},
    CR_ATTRIBUTE_MAP(CONDITION_ROW)
#undef CONDITION_ROW
#undef ABSENT
#undef PRESENT
};

static void add_known_conditions(cr_buffer *out, const cr_row *row, cr_comparing how)
{
    unsigned among = known_among_others(row);
    for (size_t i = FIRST_COMPARED; i < CR_OTHERS; i++) {
        bool is_there = row->value[i].data != NULL;
        if (!is_there && (among & 1u << i) != 0) {
            continue;
        }
        if (i == CR_TEXT && has_long_text(row, how)) {
            add_text_conditions(out, row->value[i]);
            continue;
        }
        if (is_there) {
            cr_buffer_add(out, attribute_conditions[i].present);
            cr_json_add_number(out, i);
        } else {
            cr_buffer_add(out, attribute_conditions[i].absent);
        }
    }
}

static void add_known_values(cr_buffer *out, const cr_row *row, cr_comparing how)
{
    for (size_t i = FIRST_COMPARED; i < CR_OTHERS; i++) {
        if (i == CR_TEXT && has_long_text(row, how)) {
            add_text_values(out, row->value[i]);
        } else if (row->value[i].data != NULL) {
            add_numbered(out, ",\":a", i);
            CR_JSON_ADD(out, "\":");
            cr_item_write_value(out, (cr_attribute)i, row->value[i]);
        }
    }
}

/* The others as names `#o0`, `#o1`, … and values `:o0`, …; what they are added to decides. */
typedef void (*add_other)(cr_buffer *out, size_t number, cr_str name, cr_str value);

static void add_other_condition(cr_buffer *out, size_t number, cr_str name, cr_str value)
{
    (void)name;
    (void)value;
    add_numbered(out, " AND #o", number);
    add_numbered(out, " = :o", number);
}

static void add_other_name(cr_buffer *out, size_t number, cr_str name, cr_str value)
{
    (void)value;
    add_numbered(out, number == 0 ? "\"#o" : ",\"#o", number);
    CR_JSON_ADD(out, "\":");
    cr_json_add_string(out, name);
}

static void add_other_value(cr_buffer *out, size_t number, cr_str name, cr_str value)
{
    (void)name;
    add_numbered(out, ",\":o", number);
    CR_JSON_ADD(out, "\":");
    cr_buffer_add(out, value);
}

static void for_others(cr_buffer *out, const cr_row *row, add_other add)
{
    cr_json in;
    cr_str name;
    cr_arena arena = CR_ARENA_INIT;
    size_t count = 0;
    if (row->value[CR_OTHERS].data == NULL) {
        return;
    }
    cr_json_init(&in, row->value[CR_OTHERS], &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; count < OTHERS_COMPARED_MAX && cr_json_next_member(&in, &first, &name);
         count++) {
        cr_str value = cr_json_skip(&in);
        if (!in.failed) {
            add(out, count, name, value);
        }
    }
    out->failed = out->failed || in.failed;
    cr_arena_free(&arena);
}

static bool has_others(const cr_row *row)
{
    return row->value[CR_OTHERS].size > sizeof("{}") - 1;
}

/* The condition that a row still is as it was read: in every attribute that it had, and without
 * those of ours that it did not have. An attribute that another program adds in the meantime cannot
 * be asked for, because its name is not known. */
static void add_as_read(cr_buffer *out, const cr_row *as_read, cr_comparing how)
{
    CR_JSON_ADD(out, ",\"ConditionExpression\":\"pk = :k");
    add_known_conditions(out, as_read, how);
    for_others(out, as_read, add_other_condition);
    CR_JSON_ADD(out, "\"");
    if (has_others(as_read)) {
        CR_JSON_ADD(out, ",\"ExpressionAttributeNames\":{");
        for_others(out, as_read, add_other_name);
        CR_JSON_ADD(out, "}");
    }
    CR_JSON_ADD(out, ",\"ExpressionAttributeValues\":{\":k\":");
    cr_item_write_value(out, CR_PK, as_read->value[CR_PK]);
    add_known_values(out, as_read, how);
    for_others(out, as_read, add_other_value);
    CR_JSON_ADD(out, "}");
}

void cr_request_remove(cr_buffer *out, const cr_table_names *names, const cr_row *as_read,
                       cr_comparing how)
{
    cr_request_table(out, names);
    CR_JSON_ADD(out, ",\"Key\":");
    cr_item_write_key(out, cr_row_key(as_read));
    add_as_read(out, as_read, how);
}

void cr_request_require_message(cr_buffer *out, const cr_table_names *names, cr_key key,
                                cr_str uuid)
{
    cr_request_table(out, names);
    CR_JSON_ADD(out, ",\"Key\":");
    cr_item_write_key(out, key);
    CR_JSON_ADD(out, ",\"ConditionExpression\":\"message_uuid = :m AND "
                     "attribute_not_exists(expires_at)\",\"ExpressionAttributeValues\":{\":m\":");
    cr_item_write_value(out, CR_MESSAGE_UUID, uuid);
    CR_JSON_ADD(out, "}");
}

void cr_request_replace(cr_buffer *out, const cr_table_names *names, const cr_row *as_read,
                        const cr_row *row, cr_comparing how)
{
    cr_request_table(out, names);
    CR_JSON_ADD(out, ",\"Item\":");
    cr_item_write(out, row);
    add_as_read(out, as_read, how);
    CR_JSON_ADD(out, TELL_OLD);
}

void cr_request_single(cr_buffer *out, cr_str members)
{
    CR_JSON_ADD(out, "{");
    cr_buffer_add(out, members);
    CR_JSON_ADD(out, TELL_CAPACITY "}");
}

/* ---- transactions ---- */

void cr_request_transaction_begin(cr_buffer *out, cr_str token)
{
    CR_JSON_ADD(out, "{\"ClientRequestToken\":\"");
    cr_buffer_add(out, token);
    CR_JSON_ADD(out, "\",\"TransactItems\":[");
}

void cr_request_transaction_add(cr_buffer *out, bool first, const char *action, cr_str members)
{
    cr_buffer_add(out, cr_str_of(first ? "{\"" : ",{\""));
    cr_buffer_add(out, cr_str_of(action));
    CR_JSON_ADD(out, "\":{");
    cr_buffer_add(out, members);
    CR_JSON_ADD(out, "}}");
}

void cr_request_transaction_end(cr_buffer *out)
{
    CR_JSON_ADD(out, "]" TELL_CAPACITY "}");
}
