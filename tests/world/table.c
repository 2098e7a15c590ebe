/* SPDX-License-Identifier: MIT */
#include "world/table.h"

#include <stdint.h>
#include <stdio.h>

#include "base/json.h"
#include "world/network.h"
#include "world/service.h"
#include "world/world.h"

typedef struct version {
    const struct version *before;
    const sim_item *item; /* NULL: none */
    int64_t from;         /* the moment */
} version;

/* A key, and what it had. */
typedef struct slot {
    cr_str pk;
    cr_str sk;
    uint32_t hash; /* of pk */
    const version *latest;
} slot;

static struct table {
    struct table *next;
    char *name;
    unsigned lag;
    int64_t moment;
    cr_arena arena;
    slot *slots;
    size_t slot_count;
    size_t slot_capacity;
    sim_change *log;
    size_t log_count;
    size_t log_capacity;
    sim_change *all;
    size_t all_count;
    size_t all_capacity;
    const sim_item **found;
    size_t found_capacity;
} first_table;

static struct table *table = &first_table;

static void *must(void *memory)
{
    if (memory == NULL) {
        perror("the simulated table");
        abort();
    }
    return memory;
}

static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? 256 : 2 * *capacity;
    return must(realloc(array, *capacity * size));
}

static void free_table(struct table *old)
{
    cr_arena_free(&old->arena);
    free(old->name);
    free(old->slots);
    free(old->log);
    free(old->all);
    free(old->found);
}

static void free_others(void)
{
    table = &first_table;
    while (first_table.next != NULL) {
        struct table *old = first_table.next;
        first_table.next = old->next;
        free_table(old);
        free(old);
    }
}

void sim_table_begin(unsigned lag)
{
    free_others();
    table->lag = lag;
    table->moment = 0;
    table->slot_count = table->log_count = table->all_count = 0;
    cr_arena_reset(&table->arena);
}

void sim_table_end(void)
{
    free_others();
    free_table(&first_table);
    first_table = (struct table){.next = NULL};
}

static bool has_name(const struct table *one, cr_str name)
{
    return cr_str_equal(name, cr_str_of(one->name == NULL ? SIM_FIRST_TABLE : one->name));
}

bool sim_table_choose(cr_str name)
{
    for (struct table *one = &first_table; one != NULL; one = one->next) {
        if (has_name(one, name)) {
            table = one;
            return true;
        }
    }
    return false;
}

void sim_table_make(cr_str name)
{
    struct table *made = must(calloc(1, sizeof(*made)));
    made->name = must(strndup(name.data, name.size));
    made->lag = first_table.lag;
    made->next = first_table.next;
    first_table.next = made;
    table = made;
}

void sim_table_drop(cr_str name)
{
    struct table **at = &first_table.next;
    while (*at != NULL && !has_name(*at, name)) {
        at = &(*at)->next;
    }
    struct table *old = *at;
    if (old != NULL) {
        *at = old->next;
        free_table(old);
        free(old);
    }
    table = &first_table;
}

void sim_table_set_lag(unsigned lag)
{
    table->lag = lag;
}

void sim_table_pass_moment(void)
{
    table->moment++;
}

/* ---- items ---- */

bool sim_has_prefix(cr_str text, const char *prefix)
{
    cr_str wanted = cr_str_of(prefix);
    return text.size >= wanted.size && memcmp(text.data, wanted.data, wanted.size) == 0;
}

bool sim_contains(cr_str text, const char *part)
{
    cr_str rest = text;
    while (rest.size > 0 && !sim_has_prefix(rest, part)) {
        rest = (cr_str){rest.data + 1, rest.size - 1};
    }
    return rest.size > 0;
}

/* Of {"S":"…"} as the library writes it. */
static cr_str text_of(cr_str value)
{
    static const char begin[] = "{\"S\":\"";
    size_t around = sizeof(begin) - 1 + sizeof("\"}") - 1;
    if (value.size < around || !sim_has_prefix(value, begin)) {
        return CR_STR_ABSENT;
    }
    if (memchr(value.data, '\\', value.size) == NULL) {
        return (cr_str){value.data + sizeof(begin) - 1, value.size - around};
    }
    cr_json in;
    cr_json_init(&in, (cr_str){value.data + sizeof(begin) - 2, value.size - around + 2},
                 &table->arena);
    return cr_json_string(&in);
}

cr_str sim_item_value(const sim_item *item, cr_str name)
{
    for (size_t i = 0; item != NULL && i < item->count; i++) {
        if (cr_str_equal(item->attribute[i].name, name)) {
            return item->attribute[i].value;
        }
    }
    return CR_STR_ABSENT;
}

cr_str sim_item_text(const sim_item *item, const char *name)
{
    return text_of(sim_item_value(item, cr_str_of(name)));
}

/* As the service counts: names, and what the values say. */
static size_t size_of_value(cr_json *in)
{
    cr_str name;
    size_t size = 0;
    char kind = cr_json_peek(in);
    if (kind == '"') {
        return cr_json_string(in).size;
    }
    if (kind == '[') {
        cr_json_enter(in, '[');
        for (bool first = true; cr_json_next_element(in, &first);) {
            size += 1 + size_of_value(in);
        }
        return size;
    }
    if (kind != '{') {
        (void)cr_json_skip(in);
        return 1;
    }
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        size += size_of_value(in);
    }
    return size;
}

size_t sim_item_size(cr_str json)
{
    cr_json in;
    cr_str name;
    size_t size = 0;
    cr_arena arena = CR_ARENA_INIT;
    cr_json_init(&in, json, &arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        size += name.size + size_of_value(&in);
    }
    cr_arena_free(&arena);
    return size;
}

static uint32_t hash_of(cr_str text);

static const sim_item *read_item(cr_str json)
{
    cr_json in;
    cr_str name;
    sim_item *made = must(cr_arena_alloc(&table->arena, sizeof(*made)));
    made->json = cr_arena_copy(&table->arena, json);
    made->count = 0;
    cr_json_init(&in, made->json, &table->arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        if (made->count == SIM_ATTRIBUTES_MAX) {
            abort();
        }
        made->attribute[made->count++] = (sim_attribute){name, cr_json_skip(&in)};
    }
    made->pk = sim_item_text(made, "pk");
    made->sk = sim_item_text(made, "sk");
    made->size = sim_item_size(made->json);
    made->hash = hash_of(made->pk);
    made->group = sim_item_text(made, "message_group_uuid");
    if (!cr_json_is_done(&in) || made->pk.size == 0 || made->sk.size == 0) {
        (void)fprintf(stderr, "not an item: %.*s\n", CR_STR_ARGS(json));
        abort();
    }
    return made;
}

/* ---- keys ---- */

static uint32_t hash_of(cr_str text)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    }
    return hash;
}

static slot *find(cr_key key)
{
    uint32_t hash = hash_of(key.pk);
    for (size_t i = 0; i < table->slot_count; i++) {
        slot *one = &table->slots[i];
        if (one->hash == hash && cr_str_equal(one->sk, key.sk) && cr_str_equal(one->pk, key.pk)) {
            return one;
        }
    }
    return NULL;
}

const sim_item *sim_table_get(cr_key key)
{
    const slot *there = find(key);
    return there == NULL ? NULL : there->latest->item;
}

static bool is_same(const sim_item *old, const sim_item *new)
{
    bool is = old != NULL && new != NULL && old->count == new->count;
    for (size_t i = 0; is && i < old->count; i++) {
        is = cr_str_equal(sim_item_value(new, old->attribute[i].name), old->attribute[i].value);
    }
    return is;
}

/* A write that changes nothing has no record in a stream. */
static void note(const sim_item *old, const sim_item *new, size_t job)
{
    const sim_change made = {old, new, job, sim_now_us(), false};
    if (is_same(old, new)) {
        return;
    }
    table->all = grow(table->all, table->all_count, &table->all_capacity, sizeof(*table->all));
    table->all[table->all_count++] = made;
    if (!sim_has_prefix(old == NULL ? new->pk : old->pk, "MSG#")) {
        return;
    }
    table->log = grow(table->log, table->log_count, &table->log_capacity, sizeof(*table->log));
    table->log[table->log_count++] = made;
}

static void change(slot *at, const sim_item *item, size_t job)
{
    version *made = must(cr_arena_alloc(&table->arena, sizeof(*made)));
    const sim_item *old = at->latest == NULL ? NULL : at->latest->item;
    *made = (version){at->latest, item, ++table->moment};
    at->latest = made;
    if (old != NULL || item != NULL) {
        note(old, item, job);
    }
    if (sim_is_told()) {
        sim_tell("    %.*s %.*s was %.*s", CR_STR_ARGS(at->pk), CR_STR_ARGS(at->sk),
                 CR_STR_ARGS(old == NULL ? cr_str_of("not there") : old->json));
        sim_tell("    %*s is now %.*s", (int)(at->pk.size + at->sk.size), "",
                 CR_STR_ARGS(item == NULL ? cr_str_of("not there") : item->json));
    }
}

void sim_table_put(cr_str json, size_t job)
{
    const sim_item *item = read_item(json);
    slot *at = find((cr_key){item->pk, item->sk});
    if (at == NULL) {
        table->slots =
            grow(table->slots, table->slot_count, &table->slot_capacity, sizeof(*table->slots));
        at = &table->slots[table->slot_count++];
        *at = (slot){item->pk, item->sk, hash_of(item->pk), NULL};
    }
    change(at, item, job);
}

void sim_table_remove(cr_key key, size_t job)
{
    slot *at = find(key);
    if (at != NULL && at->latest->item != NULL) {
        change(at, NULL, job);
    }
}

void sim_table_expire(cr_key key)
{
    size_t before = table->all_count;
    sim_table_remove(key, SIM_NO_JOB);
    for (size_t i = before; i < table->all_count; i++) {
        table->all[i].is_expiry = true;
    }
}

/* ---- queries ---- */

static const sim_item *item_at(const slot *one, int64_t moment)
{
    const version *one_of = one->latest;
    while (one_of != NULL && one_of->from > moment) {
        one_of = one_of->before;
    }
    return one_of == NULL ? NULL : one_of->item;
}

/* A moment, as the dice decide. */
static int64_t then(unsigned moments)
{
    return table->moment - (int64_t)sim_roll(moments + 1);
}

static bool is_within(const sim_range *range, cr_str sk)
{
    return (range->lower.data == NULL || cr_str_compare(sk, range->lower) >= 0) &&
           (range->upper.data == NULL || cr_str_compare(sk, range->upper) <= 0);
}

/* As it was up to so many moments ago. */
static const sim_item *item_then(const slot *one, unsigned moments, sim_trait trait)
{
    const sim_item *item = moments == 0 ? one->latest->item : item_at(one, then(moments));
    if (item != one->latest->item) {
        sim_note_trait(trait);
    }
    return item;
}

static const sim_item *match(const slot *one, const sim_range *range, uint32_t hash)
{
    if (!range->is_index) {
        bool is_it = one->hash == hash && is_within(range, one->sk) &&
                     cr_str_equal(one->pk, range->partition);
        return is_it ? item_then(one, range->stale, SIM_TRAIT_STALE) : NULL;
    }
    if (!is_within(range, one->sk)) {
        return NULL;
    }
    const sim_item *item = item_then(one, table->lag, SIM_TRAIT_LAGGING);
    return item != NULL && cr_str_equal(item->group, range->partition) ? item : NULL;
}

static int compare(const void *a, const void *b)
{
    const sim_item *const *x = a;
    const sim_item *const *y = b;
    int order = cr_str_compare((*x)->sk, (*y)->sk);
    return order != 0 ? order : cr_str_compare((*x)->pk, (*y)->pk);
}

size_t sim_table_query(const sim_range *range, const sim_item *const **found)
{
    size_t count = 0;
    uint32_t hash = hash_of(range->partition);
    for (size_t i = 0; i < table->slot_count; i++) {
        const sim_item *item = match(&table->slots[i], range, hash);
        if (item != NULL) {
            table->found = grow(table->found, count, &table->found_capacity, sizeof(*table->found));
            table->found[count++] = item;
        }
    }
    if (count > 0) {
        qsort(table->found, count, sizeof(const sim_item *), compare);
    }
    *found = table->found;
    return count;
}

static int compare_keys(uint32_t hash, cr_key key, uint32_t other_hash, cr_key other)
{
    int order = (hash > other_hash) - (hash < other_hash);
    order = order != 0 ? order : cr_str_compare(key.pk, other.pk);
    return order != 0 ? order : cr_str_compare(key.sk, other.sk);
}

static int compare_scanned(const void *a, const void *b)
{
    const sim_item *const *x = a;
    const sim_item *const *y = b;
    return compare_keys((*x)->hash, (cr_key){(*x)->pk, (*x)->sk}, (*y)->hash,
                        (cr_key){(*y)->pk, (*y)->sk});
}

bool sim_is_behind(const sim_item *item, cr_key key)
{
    return compare_keys(item->hash, (cr_key){item->pk, item->sk}, hash_of(key.pk), key) > 0;
}

size_t sim_table_scan(unsigned stale, const sim_item *const **found)
{
    size_t count = 0;
    for (size_t i = 0; i < table->slot_count; i++) {
        const slot *one = &table->slots[i];
        const sim_item *item = item_then(one, stale, SIM_TRAIT_STALE);
        if (item != NULL) {
            table->found = grow(table->found, count, &table->found_capacity, sizeof(*table->found));
            table->found[count++] = item;
        }
    }
    if (count > 0) {
        qsort(table->found, count, sizeof(const sim_item *), compare_scanned);
    }
    *found = table->found;
    return count;
}

const sim_item *sim_table_get_before(cr_key key, unsigned moments)
{
    const slot *there = find(key);
    return there == NULL ? NULL : item_at(there, then(moments));
}

/* ---- looking at it from outside ---- */

size_t sim_table_size(void)
{
    return table->slot_count;
}

const sim_item *sim_table_at(size_t index)
{
    return table->slots[index].latest->item;
}

size_t sim_log_size(void)
{
    return table->log_count;
}

const sim_change *sim_log_at(size_t index)
{
    return &table->log[index];
}

size_t sim_change_count(void)
{
    return table->all_count;
}

const sim_change *sim_change_at(size_t index)
{
    return &table->all[index];
}
