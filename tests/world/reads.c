/* SPDX-License-Identifier: MIT */
/* Reading: by keys, by ranges, and all of it. */
#include "world/expression.h"
#include "world/requests.h"
#include "world/world.h"

/* How old what a planted fault shows is at most. */
#define STALE_MOMENTS 40
#define PAGE_BYTES ((size_t)1 << 20)
#define KEYS_MAX 100

/* ---- by keys ---- */

static const sim_item *read_by_key(cr_key key, bool is_consistent)
{
    unsigned stale = is_consistent ? 0 : sim_service_manners()->stale;
    if (sim_service_is_stale()) {
        return sim_table_get_before(key, STALE_MOMENTS);
    }
    const sim_item *latest = sim_table_get(key);
    const sim_item *shown = stale > 0 ? sim_table_get_before(key, stale) : latest;
    if (shown != latest) {
        sim_note_trait(SIM_TRAIT_STALE);
    }
    return shown;
}

static bool read_flag(cr_json *in)
{
    return sim_is_name(cr_json_skip(in), "true");
}

/* A planted fault overlooks it. */
static bool read_consistency(cr_json *in)
{
    return read_flag(in) && !sim_service_is_eventual();
}

void sim_get_item(cr_json *in, size_t job, sim_answer *answer)
{
    cr_str name;
    bool is_consistent = false;
    cr_key key = {CR_STR_ABSENT, CR_STR_ABSENT};
    (void)job;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "Key")) {
            key = sim_read_key(in, answer);
        } else if (sim_is_name(name, "TableName")) {
            sim_read_table(in, answer);
        } else if (sim_is_name(name, "ConsistentRead")) {
            is_consistent = read_consistency(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
    if (!sim_is_refused(answer)) {
        sim_answer_item(answer, read_by_key(key, is_consistent));
    }
}

typedef struct batch {
    cr_key key[KEYS_MAX];
    size_t count;
    bool is_consistent;
} batch;

static void read_keys(cr_json *in, batch *asked, sim_answer *answer)
{
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        cr_key key = sim_read_key(in, answer);
        for (size_t i = 0; i < asked->count; i++) {
            if (cr_str_equal(asked->key[i].sk, key.sk) && cr_str_equal(asked->key[i].pk, key.pk)) {
                sim_refuse(answer, SIM_INVALID);
            }
        }
        if (asked->count == KEYS_MAX) {
            sim_refuse(answer, SIM_INVALID);
        } else {
            asked->key[asked->count++] = key;
        }
    }
}

static void read_batch(cr_json *in, batch *asked, sim_answer *answer)
{
    cr_str name;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "Keys")) {
            read_keys(in, asked, answer);
        } else if (sim_is_name(name, "ConsistentRead")) {
            asked->is_consistent = read_consistency(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
    if (asked->count == 0) {
        sim_refuse(answer, SIM_INVALID);
    }
}

static void add_key(cr_buffer *out, cr_key key)
{
    CR_JSON_ADD(out, "{\"pk\":{\"S\":");
    cr_json_add_string(out, key.pk);
    CR_JSON_ADD(out, "},\"sk\":{\"S\":");
    cr_json_add_string(out, key.sk);
    CR_JSON_ADD(out, "}}");
}

/* Others may come in between two keys: a batch is not of one moment. Some keys are left for later,
 * but never all. */
static void answer_batch(sim_answer *answer, const batch *asked, cr_buffer *left)
{
    bool is_any = false;
    size_t left_count = 0;
    for (size_t i = 0; i < asked->count; i++) {
        if (left_count + 1 < asked->count && sim_happens(sim_service_manners()->unprocessed)) {
            cr_buffer_add(left, cr_str_of(left_count++ > 0 ? "," : ""));
            add_key(left, asked->key[i]);
            sim_note_trait(SIM_TRAIT_LEFT);
            continue;
        }
        const sim_item *item = read_by_key(asked->key[i], asked->is_consistent);
        if (item != NULL) {
            cr_buffer_add(&answer->body, cr_str_of(is_any ? "," : ""));
            cr_buffer_add(&answer->body, item->json);
            is_any = true;
        }
        if (sim_happens(3)) {
            sim_step();
        }
    }
}

static void answer_left(sim_answer *answer, cr_str table, const batch *asked, const cr_buffer *left)
{
    CR_JSON_ADD(&answer->body, "]},\"UnprocessedKeys\":{");
    if (left->size > 0) {
        cr_json_add_string(&answer->body, table);
        CR_JSON_ADD(&answer->body, ":{\"Keys\":[");
        cr_buffer_add(&answer->body, (cr_str){left->data, left->size});
        cr_buffer_add(&answer->body,
                      cr_str_of(asked->is_consistent ? "],\"ConsistentRead\":true}" : "]}"));
    }
    CR_JSON_ADD(&answer->body, "}}");
}

/* Of one table. */
void sim_batch_get_item(cr_json *in, size_t job, sim_answer *answer)
{
    cr_str name;
    cr_str table = CR_STR_ABSENT;
    cr_buffer left;
    batch asked = {.count = 0};
    (void)job;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (!sim_is_name(name, "RequestItems")) {
            (void)cr_json_skip(in);
            continue;
        }
        cr_json_enter(in, '{');
        for (bool is_first = true; cr_json_next_member(in, &is_first, &name);) {
            sim_expect(table.data == NULL, cr_str_of("two tables"));
            table = name;
            read_batch(in, &asked, answer);
            sim_choose_table(table, answer);
        }
    }
    if (sim_is_refused(answer)) {
        return;
    }
    cr_buffer_init(&left, SIZE_MAX);
    CR_JSON_ADD(&answer->body, "{\"Responses\":{");
    cr_json_add_string(&answer->body, table);
    CR_JSON_ADD(&answer->body, ":[");
    answer_batch(answer, &asked, &left);
    answer_left(answer, table, &asked, &left);
    cr_buffer_free(&left);
}

/* ---- pages ---- */

typedef struct asked {
    sim_range range;
    sim_placeholders values;
    cr_str condition;
    bool descending;
    bool is_consistent;
    size_t limit; /* 0: none */
    cr_key start; /* exclusive; absent: none */
} asked;

static void read_limit(cr_json *in, asked *query, sim_answer *answer)
{
    cr_str text = cr_json_skip(in);
    query->limit = text.size > 9 ? SIZE_MAX : (size_t)strtoul(text.data, NULL, 10);
    if (query->limit == 0) {
        sim_refuse(answer, SIM_INVALID);
    }
}

static void read_asked(cr_json *in, asked *query, sim_answer *answer)
{
    cr_str name;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "TableName")) {
            sim_read_table(in, answer);
        } else if (sim_is_name(name, "IndexName")) {
            query->range.is_index = true;
            (void)cr_json_skip(in);
        } else if (sim_is_name(name, "KeyConditionExpression")) {
            query->condition = cr_json_string(in);
        } else if (sim_is_name(name, "ExpressionAttributeValues")) {
            sim_placeholders_read(in, false, &query->values);
        } else if (sim_is_name(name, "ScanIndexForward")) {
            query->descending = !read_flag(in);
        } else if (sim_is_name(name, "ConsistentRead")) {
            query->is_consistent = read_consistency(in);
        } else if (sim_is_name(name, "Limit")) {
            read_limit(in, query, answer);
        } else if (sim_is_name(name, "ExclusiveStartKey")) {
            query->start = sim_read_key(in, answer);
        } else {
            sim_expect(sim_is_name(name, "ReturnConsumedCapacity"), name);
            (void)cr_json_skip(in);
        }
    }
    query->range.stale = query->is_consistent ? 0 : sim_service_manners()->stale;
}

static void answer_last_key(sim_answer *answer, bool is_index, const sim_item *last)
{
    static const char *const names[] = {"pk", "sk", "message_group_uuid"};
    CR_JSON_ADD(&answer->body, ",\"LastEvaluatedKey\":{");
    for (size_t i = 0; i < (is_index ? 3u : 2u); i++) {
        cr_buffer_add(&answer->body, cr_str_of(i > 0 ? "," : ""));
        cr_json_add_string(&answer->body, cr_str_of(names[i]));
        CR_JSON_ADD(&answer->body, ":");
        cr_buffer_add(&answer->body, sim_item_value(last, cr_str_of(names[i])));
    }
    CR_JSON_ADD(&answer->body, "}");
}

/* A page while it is filled. */
typedef struct page {
    sim_answer *answer;
    size_t limit;
    size_t count;
    size_t bytes;
    const sim_item *last;
} page;

static void begin_page(page *now, const asked *query, sim_answer *answer)
{
    *now = (page){.answer = answer, .limit = query->limit == 0 ? SIZE_MAX : query->limit};
    CR_JSON_ADD(&answer->body, "{\"Items\":[");
}

static bool is_full(const page *now)
{
    size_t page_bytes = sim_service_manners()->page_bytes;
    return now->count == now->limit || now->bytes >= (page_bytes == 0 ? PAGE_BYTES : page_bytes);
}

static void add_to_page(page *now, const sim_item *item)
{
    cr_buffer_add(&now->answer->body, cr_str_of(now->count++ > 0 ? "," : ""));
    cr_buffer_add(&now->answer->body, item->json);
    now->bytes += item->size;
    now->last = item;
}

/* `is_at_end`: nothing can come behind the last item, so that there is no next page. */
static void end_page(page *now, bool is_index, bool is_at_end)
{
    cr_buffer *body = &now->answer->body;
    CR_JSON_ADD(body, "],\"Count\":");
    cr_json_add_number(body, now->count);
    CR_JSON_ADD(body, ",\"ScannedCount\":");
    cr_json_add_number(body, now->count);
    if (is_full(now) && !is_at_end) {
        answer_last_key(now->answer, is_index, now->last);
        if (now->count < now->limit && now->bytes < PAGE_BYTES) {
            sim_note_trait(SIM_TRAIT_PAGE);
        }
    }
    CR_JSON_ADD(body, "}");
}

/* ---- by ranges ---- */

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

/* What the service does not take. */
static void check_query(const asked *query, sim_answer *answer)
{
    const sim_range *range = &query->range;
    bool are_reversed = range->lower.data != NULL && range->upper.data != NULL &&
                        cr_str_compare(range->lower, range->upper) > 0;
    bool is_bound_empty = (range->lower.data != NULL && range->lower.size == 0) ||
                          (range->upper.data != NULL && range->upper.size == 0);
    bool is_elsewhere = !range->is_index && query->start.pk.data != NULL &&
                        !cr_str_equal(query->start.pk, range->partition);
    if (are_reversed || is_bound_empty || is_elsewhere || range->partition.size == 0 ||
        (range->is_index && query->is_consistent)) {
        sim_refuse(answer, SIM_INVALID);
    }
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

void sim_query(cr_json *in, size_t job, sim_answer *answer)
{
    page now;
    asked query = {.limit = 0};
    cr_str excluded;
    const sim_item *const *found;
    (void)job;
    read_asked(in, &query, answer);
    read_bounds(&query, in->arena, &excluded);
    check_query(&query, answer);
    if (sim_is_refused(answer)) {
        return;
    }
    size_t count = sim_table_query(&query.range, &found);
    begin_page(&now, &query, answer);
    size_t i = 0;
    for (; i < count && !is_full(&now); i++) {
        const sim_item *item = found[query.descending ? count - 1 - i : i];
        bool is_excluded = excluded.data != NULL && cr_str_equal(item->sk, excluded);
        if (!is_excluded && is_after(&query, item)) {
            add_to_page(&now, item);
        }
    }
    cr_str end = query.descending ? query.range.lower : query.range.upper;
    end_page(&now, query.range.is_index,
             i == count && end.data != NULL && now.last != NULL && cr_str_equal(now.last->sk, end));
}

/* ---- all of it ---- */

void sim_scan(cr_json *in, size_t job, sim_answer *answer)
{
    page now;
    asked scan = {.limit = 0};
    const sim_item *const *found;
    (void)job;
    read_asked(in, &scan, answer);
    sim_expect(!scan.range.is_index, cr_str_of("a scan of the index"));
    if (sim_is_refused(answer)) {
        return;
    }
    size_t count = sim_table_scan(scan.range.stale, &found);
    begin_page(&now, &scan, answer);
    for (size_t i = 0; i < count && !is_full(&now); i++) {
        if (scan.start.pk.data == NULL || sim_is_behind(found[i], scan.start)) {
            add_to_page(&now, found[i]);
        }
    }
    end_page(&now, false, false);
}
