/* SPDX-License-Identifier: MIT */
#include "world/tables.h"

#include <stdio.h>

#include "world/streams.h"

#define DEFAULT_CAPACITY "{\"ReadCapacityUnits\":0,\"WriteCapacityUnits\":0}"

static sim_about *tables;

static void *must(void *memory)
{
    if (memory == NULL) {
        perror("the simulated tables");
        abort();
    }
    return memory;
}

static void keep(char **kept, cr_str text)
{
    if (!cr_str_keep(kept, text)) {
        (void)must(NULL);
    }
}

static sim_about *add_table(cr_str name)
{
    sim_about *made = must(calloc(1, sizeof(*made)));
    keep(&made->name, name);
    keep(&made->attributes, cr_str_of("[]"));
    keep(&made->keys, cr_str_of("[]"));
    keep(&made->indexes, cr_str_of(""));
    keep(&made->capacity, cr_str_of(DEFAULT_CAPACITY));
    made->next = tables;
    tables = made;
    return made;
}

static void free_table(sim_about *old)
{
    free(old->name);
    free(old->attributes);
    free(old->keys);
    free(old->indexes);
    free(old->capacity);
    free(old);
}

void sim_tables_end(void)
{
    while (tables != NULL) {
        sim_about *old = tables;
        tables = old->next;
        free_table(old);
    }
}

void sim_tables_begin(void)
{
    sim_tables_end();
    sim_about *first = add_table(cr_str_of(SIM_FIRST_TABLE));
    (void)snprintf(first->view, sizeof(first->view), "NEW_IMAGE");
    sim_streams_begin(first);
}

sim_about *sim_tables_find(cr_str name)
{
    sim_about *one = tables;
    while (one != NULL && !cr_str_equal(cr_str_of(one->name), name)) {
        one = one->next;
    }
    return one;
}

/* ---- what requests say ---- */

static void read_stream(cr_json *in, sim_about *about)
{
    cr_str name;
    char view[sizeof(about->view)] = "";
    bool is_on = false;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "StreamEnabled")) {
            is_on = sim_is_name(cr_json_skip(in), "true");
        } else {
            cr_str text = cr_json_string(in);
            (void)snprintf(view, sizeof(view), "%.*s", CR_STR_ARGS(text));
        }
    }
    (void)snprintf(about->view, sizeof(about->view), "%s", is_on ? view : "");
    if (is_on) {
        sim_streams_begin(about);
    }
}

/* An index as it is described: with its status. */
static void add_index(cr_str index, sim_about *about)
{
    cr_buffer grown;
    cr_buffer_init(&grown, SIZE_MAX);
    cr_buffer_add(&grown, cr_str_of(about->indexes));
    cr_buffer_add(&grown, cr_str_of(about->indexes[0] == '\0' ? "" : ","));
    cr_buffer_add(&grown, (cr_str){index.data, index.size - 1});
    cr_buffer_add_text(&grown, cr_str_of(",\"IndexStatus\":\"ACTIVE\"}"));
    free(about->indexes);
    about->indexes = must(cr_buffer_take(&grown));
}

static void read_indexes(cr_json *in, sim_about *about)
{
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        add_index(cr_json_skip(in), about);
    }
}

/* [{"Create": {…}}] */
static void read_new_indexes(cr_json *in, sim_about *about)
{
    cr_str name;
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        cr_json_enter(in, '{');
        for (bool is_first = true; cr_json_next_member(in, &is_first, &name);) {
            sim_expect(sim_is_name(name, "Create"), name);
            add_index(cr_json_skip(in), about);
        }
    }
}

static void read_settings(cr_json *in, sim_about *about)
{
    cr_str name;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "AttributeDefinitions")) {
            keep(&about->attributes, cr_json_skip(in));
        } else if (sim_is_name(name, "KeySchema")) {
            keep(&about->keys, cr_json_skip(in));
        } else if (sim_is_name(name, "ProvisionedThroughput")) {
            keep(&about->capacity, cr_json_skip(in));
        } else if (sim_is_name(name, "GlobalSecondaryIndexes")) {
            read_indexes(in, about);
        } else if (sim_is_name(name, "GlobalSecondaryIndexUpdates")) {
            read_new_indexes(in, about);
        } else if (sim_is_name(name, "StreamSpecification")) {
            read_stream(in, about);
        } else if (sim_is_name(name, "DeletionProtectionEnabled")) {
            about->is_protected = sim_is_name(cr_json_skip(in), "true");
        } else {
            (void)cr_json_skip(in);
        }
    }
}

/* ---- what is answered ---- */

static void add_member(cr_buffer *out, const char *name, const char *json)
{
    CR_JSON_ADD(out, ",");
    cr_json_add_string(out, cr_str_of(name));
    CR_JSON_ADD(out, ":");
    cr_buffer_add(out, cr_str_of(json));
}

static void describe(cr_buffer *out, const sim_about *about)
{
    CR_JSON_ADD(out, "{\"TableStatus\":\"ACTIVE\",\"TableName\":");
    cr_json_add_string(out, cr_str_of(about->name));
    add_member(out, "AttributeDefinitions", about->attributes);
    add_member(out, "KeySchema", about->keys);
    add_member(out, "ProvisionedThroughput", about->capacity);
    if (about->indexes[0] != '\0') {
        CR_JSON_ADD(out, ",\"GlobalSecondaryIndexes\":[");
        cr_buffer_add(out, cr_str_of(about->indexes));
        CR_JSON_ADD(out, "]");
    }
    if (about->view[0] != '\0') {
        CR_JSON_ADD(out, ",\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":");
        cr_json_add_string(out, cr_str_of(about->view));
        CR_JSON_ADD(out, "},\"LatestStreamArn\":");
        sim_streams_add_name(out, about);
    }
    add_member(out, "DeletionProtectionEnabled", about->is_protected ? "true" : "false");
    CR_JSON_ADD(out, "}");
}

static void answer_table(sim_answer *answer, const char *name, const sim_about *about)
{
    CR_JSON_ADD(&answer->body, "{");
    cr_json_add_string(&answer->body, cr_str_of(name));
    CR_JSON_ADD(&answer->body, ":");
    describe(&answer->body, about);
    CR_JSON_ADD(&answer->body, "}");
}

/* The name may stand anywhere in a request: *in stays where it is. */
static cr_str name_in(const cr_json *in)
{
    cr_json ahead = *in;
    cr_str name;
    cr_str found = cr_str_of("");
    for (bool first = true; cr_json_next_member(&ahead, &first, &name);) {
        cr_str value = cr_json_string_or_skip(&ahead);
        found = sim_is_name(name, "TableName") ? value : found;
    }
    return found;
}

static sim_about *table_in(const cr_json *in, sim_answer *answer)
{
    cr_str name = name_in(in);
    sim_about *about = sim_tables_find(name);
    if (about == NULL || !sim_table_choose(name)) {
        sim_refuse(answer, "ResourceNotFoundException");
        return NULL;
    }
    return about;
}

/* ---- the operations ---- */

void sim_create_table(cr_json *in, size_t job, sim_answer *answer)
{
    cr_str name = name_in(in);
    (void)job;
    if (sim_tables_find(name) != NULL) {
        sim_refuse(answer, "ResourceInUseException");
        return;
    }
    sim_about *made = add_table(name);
    sim_table_make(name);
    read_settings(in, made);
    answer_table(answer, "TableDescription", made);
}

void sim_describe_table(cr_json *in, size_t job, sim_answer *answer)
{
    const sim_about *about = table_in(in, answer);
    (void)job;
    if (about != NULL) {
        answer_table(answer, "Table", about);
    }
}

void sim_update_table(cr_json *in, size_t job, sim_answer *answer)
{
    sim_about *about = table_in(in, answer);
    (void)job;
    if (about != NULL) {
        read_settings(in, about);
        answer_table(answer, "TableDescription", about);
    }
}

void sim_delete_table(cr_json *in, size_t job, sim_answer *answer)
{
    sim_about *about = table_in(in, answer);
    sim_about **at = &tables;
    (void)job;
    if (about == NULL) {
        return;
    }
    if (about->is_protected) {
        sim_refuse(answer, SIM_INVALID);
        return;
    }
    answer_table(answer, "TableDescription", about);
    while (*at != about) {
        at = &(*at)->next;
    }
    *at = about->next;
    sim_table_drop(cr_str_of(about->name));
    free_table(about);
}

/* ---- time to live ---- */

void sim_describe_time_to_live(cr_json *in, size_t job, sim_answer *answer)
{
    const sim_about *about = table_in(in, answer);
    (void)job;
    if (about == NULL) {
        return;
    }
    if (about->expires_by[0] == '\0') {
        CR_JSON_ADD(&answer->body,
                    "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"DISABLED\"}}");
        return;
    }
    CR_JSON_ADD(&answer->body, "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"ENABLED\","
                               "\"AttributeName\":");
    cr_json_add_string(&answer->body, cr_str_of(about->expires_by));
    CR_JSON_ADD(&answer->body, "}}");
}

/* {"Enabled": true, "AttributeName": "expires_at"} */
static void read_time_to_live(cr_json *in, sim_about *about, sim_answer *answer)
{
    cr_str name;
    cr_str attribute = CR_STR_ABSENT;
    bool is_on = false;
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "AttributeName")) {
            attribute = cr_json_string(in);
        } else {
            is_on = sim_is_name(cr_json_skip(in), "true");
        }
    }
    if (attribute.size == 0 || is_on == (about->expires_by[0] != '\0')) {
        sim_refuse(answer, SIM_INVALID);
        return;
    }
    (void)snprintf(about->expires_by, sizeof(about->expires_by), "%.*s",
                   is_on ? (int)attribute.size : 0, attribute.data);
}

void sim_update_time_to_live(cr_json *in, size_t job, sim_answer *answer)
{
    cr_str name;
    cr_str told = CR_STR_ABSENT;
    sim_about *about = table_in(in, answer);
    (void)job;
    for (bool first = true; about != NULL && cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "TimeToLiveSpecification")) {
            cr_json ahead = *in;
            read_time_to_live(&ahead, about, answer);
            told = cr_json_skip(in);
        } else {
            (void)cr_json_skip(in);
        }
    }
    if (told.data == NULL) {
        sim_refuse(answer, SIM_INVALID);
    }
    if (!sim_is_refused(answer)) {
        CR_JSON_ADD(&answer->body, "{\"TimeToLiveSpecification\":");
        cr_buffer_add(&answer->body, told);
        CR_JSON_ADD(&answer->body, "}");
    }
}

static bool is_expired(const sim_item *item, const char *attribute, int64_t now_s)
{
    static const char begin[] = "{\"N\":\"";
    cr_str value = sim_item_value(item, cr_str_of(attribute));
    return value.data != NULL && sim_has_prefix(value, begin) &&
           strtoll(value.data + sizeof(begin) - 1, NULL, 10) < now_s;
}

size_t sim_tables_expire(const sim_about *about, int64_t now_s)
{
    size_t removed = 0;
    for (size_t i = 0; about->expires_by[0] != '\0' && i < sim_table_size(); i++) {
        const sim_item *item = sim_table_at(i);
        if (item != NULL && is_expired(item, about->expires_by, now_s)) {
            sim_table_expire((cr_key){item->pk, item->sk});
            sim_note_trait(SIM_TRAIT_EXPIRED);
            removed++;
        }
    }
    return removed;
}
