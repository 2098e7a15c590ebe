/* SPDX-License-Identifier: MIT */
#include "world/service.h"

#include <stdio.h>

#include "world/expression.h"
#include "world/requests.h"
#include "world/world.h"

/* How old what a planted fault shows is at most. */
#define STALE_MOMENTS 40

void sim_expect(bool is_good, cr_str what)
{
    if (!is_good) {
        (void)fprintf(stderr, "the simulated service does not know %.*s\n", CR_STR_ARGS(what));
        abort();
    }
}

cr_key sim_read_key(cr_json *in)
{
    cr_str name;
    cr_key key = {CR_STR_ABSENT, CR_STR_ABSENT};
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        cr_str type;
        bool is_first = true;
        cr_json_enter(in, '{');
        sim_expect(cr_json_next_member(in, &is_first, &type) && sim_is_name(type, "S"), name);
        cr_str value = cr_json_string(in);
        (void)cr_json_next_member(in, &is_first, &type);
        key.pk = sim_is_name(name, "pk") ? value : key.pk;
        key.sk = sim_is_name(name, "sk") ? value : key.sk;
    }
    return key;
}

/* ---- answers ---- */

void sim_answer_item(sim_answer *answer, const sim_item *item)
{
    CR_JSON_ADD(&answer->body, "{");
    if (item != NULL) {
        CR_JSON_ADD(&answer->body, "\"Item\":");
        cr_buffer_add(&answer->body, item->json);
    }
    CR_JSON_ADD(&answer->body, "}");
}

/* ---- reading ---- */

static const sim_item *read_by_key(cr_key key)
{
    return sim_service_is_stale() ? sim_table_get_before(key, STALE_MOMENTS) : sim_table_get(key);
}

static void get_item(cr_json *in, sim_answer *answer)
{
    cr_str name;
    cr_key key = {CR_STR_ABSENT, CR_STR_ABSENT};
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "Key")) {
            key = sim_read_key(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
    sim_answer_item(answer, read_by_key(key));
}

/* Others may come in between two keys: a batch is not of one moment. */
static void batch_keys(cr_json *in, sim_answer *answer, bool *is_any)
{
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        const sim_item *item = read_by_key(sim_read_key(in));
        if (item != NULL) {
            cr_buffer_add(&answer->body, cr_str_of(*is_any ? "," : ""));
            cr_buffer_add(&answer->body, item->json);
            *is_any = true;
        }
        if (sim_happens(3)) {
            sim_step();
        }
    }
}

static void batch_table(cr_json *in, sim_answer *answer)
{
    cr_str name;
    bool is_any = false;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "Keys")) {
            batch_keys(in, answer, &is_any);
        } else {
            (void)cr_json_skip(in);
        }
    }
}

static void batch_get_item(cr_json *in, sim_answer *answer)
{
    cr_str name;
    cr_str table;
    CR_JSON_ADD(&answer->body, "{\"Responses\":{\"t\":[");
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (!sim_is_name(name, "RequestItems")) {
            (void)cr_json_skip(in);
            continue;
        }
        cr_json_enter(in, '{');
        for (bool is_first = true; cr_json_next_member(in, &is_first, &table);) {
            batch_table(in, answer);
        }
    }
    CR_JSON_ADD(&answer->body, "]},\"UnprocessedKeys\":{}}");
}

typedef struct asked {
    sim_range range;
    sim_placeholders values;
    cr_str condition;
    bool descending;
    size_t limit; /* 0: none */
    cr_key start; /* exclusive; absent: none */
} asked;

static void read_query(cr_json *in, asked *query)
{
    cr_str name;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "IndexName")) {
            query->range.is_index = true;
            (void)cr_json_skip(in);
        } else if (sim_is_name(name, "KeyConditionExpression")) {
            query->condition = cr_json_string(in);
        } else if (sim_is_name(name, "ExpressionAttributeValues")) {
            sim_placeholders_read(in, false, &query->values);
        } else if (sim_is_name(name, "ScanIndexForward")) {
            query->descending = sim_is_name(cr_json_skip(in), "false");
        } else if (sim_is_name(name, "Limit")) {
            query->limit = (size_t)cr_json_number(in);
        } else if (sim_is_name(name, "ExclusiveStartKey")) {
            query->start = sim_read_key(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
}

static cr_str text_of(const asked *query, const char *name, cr_arena *arena)
{
    cr_json in;
    cr_str type;
    bool first = true;
    cr_str value = sim_placeholder(&query->values, cr_str_of(name));
    cr_json_init(&in, value, arena);
    cr_json_enter(&in, '{');
    sim_expect(cr_json_next_member(&in, &first, &type), value);
    return cr_json_string(&in);
}

/* The bounds of the sort key; *excluded is a key at one of them that is none of them. */
static void read_bounds(asked *query, cr_arena *arena, cr_str *excluded)
{
    static const struct {
        const char *text;
        bool has_lower;
        bool has_upper;
        bool is_exclusive;
    } forms[] = {
        {"", false, false, false},
        {" AND sk BETWEEN :l AND :u", true, true, false},
        {" AND sk >= :l", true, false, false},
        {" AND sk > :l", true, false, true},
        {" AND sk <= :u", false, true, false},
        {" AND sk < :u", false, true, true},
    };
    const char *begin = query->range.is_index ? "message_group_uuid = :p" : "pk = :p";
    sim_expect(sim_has_prefix(query->condition, begin), query->condition);
    cr_str rest = {query->condition.data + strlen(begin), query->condition.size - strlen(begin)};
    size_t i = 0;
    while (i < sizeof(forms) / sizeof(forms[0]) && !sim_is_name(rest, forms[i].text)) {
        i++;
    }
    sim_expect(i < sizeof(forms) / sizeof(forms[0]), query->condition);
    query->range.partition = text_of(query, ":p", arena);
    if (forms[i].has_lower) {
        query->range.lower = text_of(query, ":l", arena);
    }
    if (forms[i].has_upper) {
        query->range.upper = text_of(query, ":u", arena);
    }
    *excluded = !forms[i].is_exclusive ? CR_STR_ABSENT
                : forms[i].has_lower   ? query->range.lower
                                       : query->range.upper;
}

static bool is_after(const asked *query, const sim_item *item)
{
    if (query->start.sk.data == NULL) {
        return true;
    }
    int order = cr_str_compare(item->sk, query->start.sk);
    order = order != 0 ? order : cr_str_compare(item->pk, query->start.pk);
    return query->descending ? order < 0 : order > 0;
}

static void answer_last_key(sim_answer *answer, const asked *query, const sim_item *last)
{
    static const char *const names[] = {"pk", "sk", "message_group_uuid"};
    CR_JSON_ADD(&answer->body, ",\"LastEvaluatedKey\":{");
    for (size_t i = 0; i < (query->range.is_index ? 3u : 2u); i++) {
        cr_buffer_add(&answer->body, cr_str_of(i > 0 ? "," : ""));
        cr_json_add_string(&answer->body, cr_str_of(names[i]));
        CR_JSON_ADD(&answer->body, ":");
        cr_buffer_add(&answer->body, sim_item_value(last, cr_str_of(names[i])));
    }
    CR_JSON_ADD(&answer->body, "}");
}

static void query_items(cr_json *in, sim_answer *answer)
{
    asked query = {.limit = 0};
    cr_str excluded;
    const sim_item *const *found;
    read_query(in, &query);
    read_bounds(&query, in->arena, &excluded);
    size_t count = sim_table_query(&query.range, &found);
    size_t given = 0;
    const sim_item *last = NULL;
    CR_JSON_ADD(&answer->body, "{\"Items\":[");
    for (size_t i = 0; i < count && (query.limit == 0 || given < query.limit); i++) {
        const sim_item *item = found[query.descending ? count - 1 - i : i];
        bool is_excluded = excluded.data != NULL && cr_str_equal(item->sk, excluded);
        if (!is_excluded && is_after(&query, item)) {
            cr_buffer_add(&answer->body, cr_str_of(given++ > 0 ? "," : ""));
            cr_buffer_add(&answer->body, item->json);
            last = item;
        }
    }
    CR_JSON_ADD(&answer->body, "]");
    if (query.limit > 0 && given == query.limit) {
        answer_last_key(answer, &query, last);
    }
    CR_JSON_ADD(&answer->body, "}");
}

/* ---- all of it ---- */

bool sim_service_writes(cr_str operation)
{
    return sim_is_name(operation, "PutItem") || sim_is_name(operation, "DeleteItem") ||
           sim_is_name(operation, "TransactWriteItems");
}

void sim_service_handle(cr_str operation, cr_str body, size_t job, sim_answer *answer)
{
    cr_json in;
    cr_arena arena = CR_ARENA_INIT;
    sim_table_pass_moment();
    answer->status = 200;
    answer->code = "";
    answer->body.size = 0;
    cr_json_init(&in, body, &arena);
    cr_json_enter(&in, '{');
    if (sim_is_name(operation, "GetItem")) {
        get_item(&in, answer);
    } else if (sim_is_name(operation, "BatchGetItem")) {
        batch_get_item(&in, answer);
    } else if (sim_is_name(operation, "Query")) {
        query_items(&in, answer);
    } else if (sim_is_name(operation, "TransactWriteItems")) {
        sim_handle_transaction(&in, job, answer);
    } else {
        sim_expect(sim_service_writes(operation), operation);
        sim_handle_write(&in, sim_is_name(operation, "PutItem"), job, answer);
    }
    sim_expect(!in.failed && !answer->body.failed, body);
    cr_arena_free(&arena);
}
