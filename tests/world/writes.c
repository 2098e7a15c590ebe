/* SPDX-License-Identifier: MIT */
#include "world/requests.h"

#include <stddef.h>
#include <stdio.h>

#include "world/expression.h"
#include "world/world.h"

#define WRITES_MAX 100
#define BATCH_MAX 25
#define TOKENS_MAX 4096 /* the latest are remembered */
#define TOKEN_SIZE_MAX 36
#define ITEM_BYTES_MAX ((size_t)400 * 1024)
#define TRANSACTION_BYTES_MAX ((size_t)4 << 20)

/* A transaction that was carried out. */
typedef struct token {
    char text[TOKEN_SIZE_MAX + 1];
    uint64_t content; /* a hash */
    int64_t until_us;
} token;

static struct service {
    token tokens[TOKENS_MAX];
    size_t token_count;
    sim_manners manners;
    sim_fault fault;
    char *deferred[SIM_JOBS_MAX + 1]; /* a claim of each job that is put after its message */
} service;

void sim_service_begin(void)
{
    service.token_count = 0;
    service.manners = (sim_manners){0};
    for (size_t i = 0; i <= SIM_JOBS_MAX; i++) {
        free(service.deferred[i]);
        service.deferred[i] = NULL;
    }
}

void sim_service_set_manners(const sim_manners *manners)
{
    service.manners = *manners;
}

const sim_manners *sim_service_manners(void)
{
    return &service.manners;
}

void sim_service_plant_fault(const sim_fault *fault)
{
    service.fault = fault == NULL ? (sim_fault){SIM_DEED_NONE, 0, NULL} : *fault;
}

void sim_service_plant(sim_plant plant)
{
    static const sim_fault faults[] = {
        [SIM_PLANT_NONE] = {SIM_DEED_NONE, 0, NULL},
        [SIM_PLANT_CLAIMS_UNSTATED] = {SIM_DEED_DROP, SIM_ON_ALL, "CLAIM#"},
        [SIM_PLANT_CARDS_UNSTATED] = {SIM_DEED_DROP, SIM_ON_ALL, "CARD#"},
        [SIM_PLANT_CARDS_OVERWRITTEN] = {SIM_DEED_BLIND, SIM_ON_PUT | SIM_ON_REPLACE, "CARD#"},
        [SIM_PLANT_EDITS_BLIND] = {SIM_DEED_BLIND, SIM_ON_PUT | SIM_ON_REPLACE, NULL},
        [SIM_PLANT_REQUIREMENTS_IGNORED] = {SIM_DEED_BLIND, SIM_ON_CHECK, NULL},
        [SIM_PLANT_VERSIONS_SAME] = {SIM_DEED_SAME_VERSIONS, SIM_ON_ALL, NULL},
    };
    sim_service_plant_fault(&faults[plant]);
}

bool sim_service_is_stale(void)
{
    return service.fault.deed == SIM_DEED_STALE && sim_happens(2);
}

bool sim_service_is_eventual(void)
{
    return service.fault.deed == SIM_DEED_EVENTUAL;
}

/* ---- one write ---- */

typedef enum write_kind { PUT, DELETE, CHECK } write_kind;

typedef struct write {
    write_kind kind;
    cr_str item; /* that is put */
    cr_key key;
    cr_str condition;
    sim_placeholders placeholders;
    bool tells_old;
} write;

/* The keys of the table and of its index are strings that are not empty. */
static cr_key key_of_item(cr_str json, cr_arena *arena, sim_answer *answer)
{
    cr_json in;
    cr_key key = {CR_STR_ABSENT, CR_STR_ABSENT};
    cr_str name;
    cr_json_init(&in, json, arena);
    cr_json_enter(&in, '{');
    for (bool first = true; cr_json_next_member(&in, &first, &name);) {
        cr_str type;
        bool is_first = true;
        bool is_pk = sim_is_name(name, "pk");
        bool is_group = sim_is_name(name, "message_group_uuid");
        if (!is_pk && !is_group && !sim_is_name(name, "sk")) {
            (void)cr_json_skip(&in);
            continue;
        }
        cr_json_enter(&in, '{');
        sim_expect(cr_json_next_member(&in, &is_first, &type), json);
        bool is_string = sim_is_name(type, "S");
        cr_str value = cr_json_string_or_skip(&in);
        (void)cr_json_next_member(&in, &is_first, &type);
        if (!is_string || value.size == 0) {
            sim_refuse(answer, SIM_INVALID);
        } else if (!is_group) {
            *(is_pk ? &key.pk : &key.sk) = value;
        }
    }
    sim_check_key(key, answer);
    return key;
}

static void read_put(cr_json *in, write *asked_for, sim_answer *answer)
{
    asked_for->item = cr_json_skip(in);
    asked_for->key = key_of_item(asked_for->item, in->arena, answer);
    if (asked_for->item.size > ITEM_BYTES_MAX && sim_item_size(asked_for->item) > ITEM_BYTES_MAX) {
        sim_refuse(answer, SIM_INVALID);
    }
}

static void read_write(cr_json *in, write *asked_for, sim_answer *answer)
{
    cr_str name;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "Item")) {
            read_put(in, asked_for, answer);
        } else if (sim_is_name(name, "Key")) {
            asked_for->key = sim_read_key(in, answer);
        } else if (sim_is_name(name, "TableName")) {
            sim_read_table(in, answer);
        } else if (sim_is_name(name, "ConditionExpression")) {
            asked_for->condition = cr_json_string(in);
        } else if (sim_is_name(name, "ExpressionAttributeNames")) {
            sim_placeholders_read(in, true, &asked_for->placeholders);
        } else if (sim_is_name(name, "ExpressionAttributeValues")) {
            sim_placeholders_read(in, false, &asked_for->placeholders);
        } else if (sim_is_name(name, "ReturnValuesOnConditionCheckFailure")) {
            asked_for->tells_old = sim_is_name(cr_json_string(in), "ALL_OLD");
        } else {
            sim_expect(sim_is_name(name, "ReturnConsumedCapacity"), name);
            (void)cr_json_skip(in);
        }
    }
}

static unsigned kind_of(const write *asked_for)
{
    static const unsigned kinds[] = {
        [PUT] = SIM_ON_REPLACE, [DELETE] = SIM_ON_DELETE, [CHECK] = SIM_ON_CHECK};
    return asked_for->kind == PUT &&
                   sim_has_prefix(asked_for->condition, "attribute_not_exists(pk)")
               ? SIM_ON_PUT
               : kinds[asked_for->kind];
}

/* Whether a planted fault is about this write. */
static bool suffers(const write *asked_for, sim_deed deed)
{
    const sim_fault *fault = &service.fault;
    return fault->deed == deed && (fault->on & kind_of(asked_for)) != 0 &&
           (fault->pk == NULL || sim_has_prefix(asked_for->key.pk, fault->pk));
}

static bool holds(const write *asked_for)
{
    return asked_for->condition.data == NULL || suffers(asked_for, SIM_DEED_BLIND) ||
           suffers(asked_for, SIM_DEED_DROP) ||
           sim_condition_holds(asked_for->condition, &asked_for->placeholders,
                               sim_table_get(asked_for->key));
}

/* Puts the item with a version that is always the same. */
static void put_same_version(cr_str item, size_t job)
{
    static const char begin[] = "\"version\":{\"S\":\"";
    char *copy = strndup(item.data, item.size);
    sim_expect(copy != NULL, item);
    char *at = strstr(copy, begin);
    for (at = at == NULL ? NULL : at + sizeof(begin) - 1; at != NULL && *at != '"'; at++) {
        *at = '0';
    }
    sim_table_put((cr_str){copy, item.size}, job);
    free(copy);
}

static void carry_out(const write *asked_for, size_t job)
{
    if (suffers(asked_for, SIM_DEED_DROP) || asked_for->kind == CHECK) {
        return;
    }
    if (asked_for->kind == DELETE) {
        sim_table_remove(asked_for->key, job);
    } else if (service.fault.deed == SIM_DEED_SAME_VERSIONS) {
        put_same_version(asked_for->item, job);
    } else {
        sim_table_put(asked_for->item, job);
    }
}

/* Keeps a claim back until its message is put. */
static bool is_deferred(const write *asked_for, size_t job)
{
    bool is_claim = asked_for->kind == PUT && sim_has_prefix(asked_for->key.pk, "CLAIM#");
    if (service.fault.deed != SIM_DEED_LAST || !is_claim || job > SIM_JOBS_MAX) {
        return false;
    }
    free(service.deferred[job]);
    service.deferred[job] = strndup(asked_for->item.data, asked_for->item.size);
    return true;
}

static void put_deferred(const write *asked_for, size_t job)
{
    char *claim = job <= SIM_JOBS_MAX ? service.deferred[job] : NULL;
    if (claim != NULL && asked_for->kind == PUT && sim_has_prefix(asked_for->key.pk, "MSG#")) {
        service.deferred[job] = NULL;
        sim_table_put(cr_str_of(claim), job);
        free(claim);
    }
}

static void handle_write(cr_json *in, bool is_put, size_t job, sim_answer *answer)
{
    write asked_for = {.kind = is_put ? PUT : DELETE};
    read_write(in, &asked_for, answer);
    if (sim_is_refused(answer)) {
        return;
    }
    if (holds(&asked_for)) {
        if (!is_deferred(&asked_for, job)) {
            carry_out(&asked_for, job);
            put_deferred(&asked_for, job);
        }
        CR_JSON_ADD(&answer->body, "{}");
        return;
    }
    sim_refuse(answer, "ConditionalCheckFailedException");
    sim_answer_item(answer, asked_for.tells_old ? sim_table_get(asked_for.key) : NULL);
}

void sim_put_item(cr_json *in, size_t job, sim_answer *answer)
{
    handle_write(in, true, job, answer);
}

void sim_delete_item(cr_json *in, size_t job, sim_answer *answer)
{
    handle_write(in, false, job, answer);
}

static bool is_twice(const write *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (cr_str_equal(writes[i].key.sk, writes[j].key.sk) &&
                cr_str_equal(writes[i].key.pk, writes[j].key.pk)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- batches ---- */

static void clear(write *made)
{
    memset(made, 0, offsetof(write, placeholders.name));
    made->tells_old = false;
}

/* One write of a list: {"PutRequest": {"Item": …}}, {"Put": {"Item": …, …}}. */
static void read_action(cr_json *in, write *made, sim_answer *answer)
{
    static const struct {
        const char *name;
        write_kind kind;
    } kinds[] = {{"Put", PUT},
                 {"Delete", DELETE},
                 {"ConditionCheck", CHECK},
                 {"PutRequest", PUT},
                 {"DeleteRequest", DELETE}};
    cr_str name;
    bool is_first = true;
    size_t i = 0;
    cr_json_enter(in, '{');
    sim_expect(cr_json_next_member(in, &is_first, &name), cr_str_of("an empty action"));
    while (i < sizeof(kinds) / sizeof(kinds[0]) && !sim_is_name(name, kinds[i].name)) {
        i++;
    }
    sim_expect(i < sizeof(kinds) / sizeof(kinds[0]), name);
    clear(made);
    made->kind = kinds[i].kind;
    cr_json_enter(in, '{');
    read_write(in, made, answer);
    (void)cr_json_next_member(in, &is_first, &name);
}

/* Those behind the largest number are read, too, so that what follows is. */
static size_t read_actions(cr_json *in, write *writes, size_t most, sim_answer *answer)
{
    size_t count = 0;
    cr_json_enter(in, '[');
    for (bool first = true; cr_json_next_element(in, &first);) {
        if (count == most) {
            sim_refuse(answer, SIM_INVALID);
            (void)cr_json_skip(in);
        } else {
            read_action(in, &writes[count++], answer);
        }
    }
    if (count == 0 || is_twice(writes, count)) {
        sim_refuse(answer, SIM_INVALID);
    }
    return count;
}

/* Of one table. */
void sim_batch_write_item(cr_json *in, size_t job, sim_answer *answer)
{
    static write writes[BATCH_MAX];
    size_t count = 0;
    cr_str name;
    cr_str table;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (!sim_is_name(name, "RequestItems")) {
            (void)cr_json_skip(in);
            continue;
        }
        cr_json_enter(in, '{');
        for (bool is_first = true; cr_json_next_member(in, &is_first, &table);) {
            sim_expect(count == 0, cr_str_of("two tables"));
            sim_choose_table(table, answer);
            count = read_actions(in, writes, BATCH_MAX, answer);
        }
    }
    if (!sim_is_refused(answer)) {
        for (size_t i = 0; i < count; i++) {
            carry_out(&writes[i], job);
        }
        CR_JSON_ADD(&answer->body, "{\"UnprocessedItems\":{}}");
    }
}

/* ---- transactions ---- */

static uint64_t hash_of(cr_str text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static const token *recall(cr_str text)
{
    size_t kept = service.token_count < TOKENS_MAX ? service.token_count : TOKENS_MAX;
    for (size_t i = 0; i < kept && service.fault.deed != SIM_DEED_FORGET; i++) {
        const token *one = &service.tokens[i];
        if (one->until_us > sim_now_us() && cr_str_equal(cr_str_of(one->text), text)) {
            return one;
        }
    }
    return NULL;
}

static void remember(cr_str text, uint64_t content)
{
    token *made = &service.tokens[service.token_count++ % TOKENS_MAX];
    (void)snprintf(made->text, sizeof(made->text), "%.*s", CR_STR_ARGS(text));
    made->content = content;
    made->until_us = sim_now_us() + SIM_TOKEN_US;
}

static void answer_reason(sim_answer *answer, const write *asked_for, bool is_good)
{
    const sim_item *there = sim_table_get(asked_for->key);
    if (is_good) {
        CR_JSON_ADD(&answer->body, "{\"Code\":\"None\"}");
        return;
    }
    CR_JSON_ADD(&answer->body, "{\"Code\":\"ConditionalCheckFailed\"");
    if (asked_for->tells_old && there != NULL) {
        CR_JSON_ADD(&answer->body, ",\"Item\":");
        cr_buffer_add(&answer->body, there->json);
    }
    CR_JSON_ADD(&answer->body, "}");
}

static void commit(const write *writes, size_t count, size_t job, sim_answer *answer)
{
    bool good[WRITES_MAX];
    bool are_good = true;
    for (size_t i = 0; i < count; i++) {
        good[i] = holds(&writes[i]);
        are_good = are_good && good[i];
    }
    if (!are_good) {
        sim_refuse(answer, "TransactionCanceledException");
        CR_JSON_ADD(&answer->body, "{\"CancellationReasons\":[");
        for (size_t i = 0; i < count; i++) {
            cr_buffer_add(&answer->body, cr_str_of(i > 0 ? "," : ""));
            answer_reason(answer, &writes[i], good[i]);
        }
        CR_JSON_ADD(&answer->body, "]}");
    }
    for (size_t i = 0; i < count; i++) {
        if (are_good || (service.fault.deed == SIM_DEED_TEAR && good[i])) {
            carry_out(&writes[i], job);
        }
    }
}

typedef struct transaction {
    cr_str token;
    cr_str actions; /* as they were sent */
    size_t count;
} transaction;

static transaction read_transaction(cr_json *in, write *writes, sim_answer *answer)
{
    transaction asked = {.token = CR_STR_ABSENT, .actions = CR_STR_ABSENT};
    cr_str name;
    for (bool first = true; cr_json_next_member(in, &first, &name);) {
        if (sim_is_name(name, "ClientRequestToken")) {
            asked.token = cr_json_string(in);
        } else if (sim_is_name(name, "TransactItems")) {
            const char *begin = in->at;
            asked.count = read_actions(in, writes, WRITES_MAX, answer);
            asked.actions = (cr_str){begin, (size_t)(in->at - begin)};
        } else {
            (void)cr_json_skip(in);
        }
    }
    if (asked.actions.size > TRANSACTION_BYTES_MAX || asked.token.size > TOKEN_SIZE_MAX) {
        sim_refuse(answer, SIM_INVALID);
    }
    return asked;
}

void sim_transact_write_items(cr_json *in, size_t job, sim_answer *answer)
{
    static write writes[WRITES_MAX];
    transaction asked = read_transaction(in, writes, answer);
    bool has_token = asked.token.size > 0 && !sim_is_refused(answer);
    const token *known = has_token ? recall(asked.token) : NULL;
    uint64_t content = has_token ? hash_of(asked.actions) : 0;
    if (known != NULL && known->content != content) {
        sim_refuse(answer, "IdempotentParameterMismatchException");
    }
    if (sim_is_refused(answer)) {
        return;
    }
    if (known == NULL) {
        commit(writes, asked.count, job, answer);
    }
    if (!sim_is_refused(answer)) {
        CR_JSON_ADD(&answer->body, "{}");
        if (known == NULL && has_token) {
            remember(asked.token, content);
        }
    }
}
