/* SPDX-License-Identifier: MIT */
#include "world/service.h"

#include <stdio.h>

#include "world/requests.h"
#include "world/streams.h"
#include "world/tables.h"
#include "world/world.h"

#define PK_MAX 2048
#define SK_MAX 1024

void sim_expect(bool is_good, cr_str what)
{
    if (!is_good) {
        (void)fprintf(stderr, "the simulated service does not know %.*s\n", CR_STR_ARGS(what));
        abort();
    }
}

/* ---- what it does of what it may ---- */

static uint64_t traits[SIM_TRAIT_COUNT];

void sim_note_trait(sim_trait trait)
{
    traits[trait]++;
}

uint64_t sim_trait_count(sim_trait trait)
{
    return traits[trait];
}

const char *sim_trait_name(sim_trait trait)
{
    static const char *const names[SIM_TRAIT_COUNT] = {
        "a stale row by an eventual read",
        "a row behind by the index",
        "a small page",
        "a key left for later",
        "a row expired",
        "shards split",
        "the stream trimmed",
        "a reader of trimmed records",
        "an iterator expired",
    };
    return names[trait];
}

/* ---- what requests have in common ---- */

void sim_choose_table(cr_str name, sim_answer *answer)
{
    if (!sim_table_choose(name)) {
        sim_refuse(answer, "ResourceNotFoundException");
    }
}

void sim_read_table(cr_json *in, sim_answer *answer)
{
    sim_choose_table(cr_json_string(in), answer);
}

cr_key sim_read_key(cr_json *in, sim_answer *answer)
{
    cr_str name;
    cr_key key = {CR_STR_ABSENT, CR_STR_ABSENT};
    cr_json_enter(in, '{');
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        cr_str type;
        bool is_first = true;
        cr_json_enter(in, '{');
        if (!cr_json_next_member(in, &is_first, &type) || !sim_is_name(type, "S")) {
            sim_refuse(answer, SIM_INVALID);
        }
        cr_str value = cr_json_string_or_skip(in);
        (void)cr_json_next_member(in, &is_first, &type);
        key.pk = sim_is_name(name, "pk") ? value : key.pk;
        key.sk = sim_is_name(name, "sk") ? value : key.sk;
    }
    sim_check_key(key, answer);
    return key;
}

void sim_check_key(cr_key key, sim_answer *answer)
{
    if (key.pk.size == 0 || key.pk.size > PK_MAX || key.sk.size == 0 || key.sk.size > SK_MAX) {
        sim_refuse(answer, SIM_INVALID);
    }
}

/* ---- answers ---- */

void sim_refuse(sim_answer *answer, const char *code)
{
    if (!sim_is_refused(answer)) {
        answer->status = 400;
        answer->code = code;
        answer->body.size = 0;
    }
}

void sim_answer_item(sim_answer *answer, const sim_item *item)
{
    CR_JSON_ADD(&answer->body, "{");
    if (item != NULL) {
        CR_JSON_ADD(&answer->body, "\"Item\":");
        cr_buffer_add(&answer->body, item->json);
    }
    CR_JSON_ADD(&answer->body, "}");
}

/* The code goes before what else there is to say. */
void sim_answer_seal(sim_answer *answer)
{
    char begin[160];
    cr_buffer rest = answer->body;
    cr_buffer_init(&answer->body, SIZE_MAX);
    (void)snprintf(begin, sizeof(begin),
                   "{\"__type\":\"com.amazonaws.dynamodb.v20120810#%s\",\"message\":\"as told\"",
                   answer->code);
    cr_buffer_add(&answer->body, cr_str_of(begin));
    if (rest.size > 2) {
        CR_JSON_ADD(&answer->body, ",");
        cr_buffer_add(&answer->body, (cr_str){rest.data + 1, rest.size - 1});
    } else {
        CR_JSON_ADD(&answer->body, "}");
    }
    cr_buffer_free(&rest);
}

/* ---- all operations ---- */

static const struct operation {
    const char *name;
    sim_handler handle;
    bool writes;
} operations[] = {
    {"GetItem", sim_get_item, false},
    {"BatchGetItem", sim_batch_get_item, false},
    {"Query", sim_query, false},
    {"Scan", sim_scan, false},
    {"PutItem", sim_put_item, true},
    {"DeleteItem", sim_delete_item, true},
    {"BatchWriteItem", sim_batch_write_item, true},
    {"TransactWriteItems", sim_transact_write_items, true},
    {"CreateTable", sim_create_table, true},
    {"DescribeTable", sim_describe_table, false},
    {"UpdateTable", sim_update_table, true},
    {"DeleteTable", sim_delete_table, true},
    {"DescribeTimeToLive", sim_describe_time_to_live, false},
    {"UpdateTimeToLive", sim_update_time_to_live, true},
    {"DescribeStream", sim_describe_stream, false},
    {"GetShardIterator", sim_get_shard_iterator, false},
    {"GetRecords", sim_get_records, false},
};

static const struct operation *find_operation(cr_str name)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (sim_is_name(name, operations[i].name)) {
            return &operations[i];
        }
    }
    return NULL;
}

bool sim_service_writes(cr_str operation)
{
    const struct operation *found = find_operation(operation);
    return found != NULL && found->writes;
}

void sim_service_handle(cr_str operation, cr_str body, size_t job, sim_answer *answer)
{
    cr_json in;
    cr_arena arena = CR_ARENA_INIT;
    const struct operation *found = find_operation(operation);
    sim_table_pass_moment();
    answer->status = 200;
    answer->code = "";
    answer->body.size = 0;
    if (found == NULL) { /* as DynamoDB Local says of what it lacks */
        sim_refuse(answer, "UnknownOperationException");
        return;
    }
    cr_json_init(&in, body, &arena);
    cr_json_enter(&in, '{');
    found->handle(&in, job, answer);
    sim_expect((!in.failed || sim_is_refused(answer)) && !answer->body.failed, body);
    cr_arena_free(&arena);
}
