/* SPDX-License-Identifier: MIT */
#include "messaging/inspect.h"

#include "base/cancel.h"
#include "base/clock.h"
#include "messaging/cardless.h"
#include "messaging/judge.h"
#include "messaging/write.h"
#include "model/expiry.h"
#include "model/item.h"

/* How often a group is looked at that changes meanwhile, and after which pauses. */
#define LOOKS_MAX 6
#define PAUSE_US INT64_C(50000)

/* ---- findings ---- */

void cr_inspection_free(cr_inspection *inspection)
{
    cr_arena_free(&inspection->arena);
}

static void clear(cr_inspection *inspection)
{
    cr_arena arena = inspection->arena;
    cr_arena_reset(&arena);
    inspection->is_there = inspection->is_elsewhere = inspection->is_busy = false;
    inspection->has_card = false;
    inspection->no_memory = false;
    inspection->author = (cr_uuid){""};
    inspection->group_rows = inspection->group_row_bytes = inspection->card_bytes = 0;
    inspection->count = 0;
    inspection->arena = arena;
    inspection->digest = 0;
}

void cr_inspection_add(cr_inspection *inspection, cruddur_check_kind kind, const cr_uuid *user,
                       const cr_row *row)
{
    cr_finding *finding = &inspection->finding[inspection->count];
    if (inspection->count == CR_FINDINGS_MAX) {
        return;
    }
    *finding = (cr_finding){.kind = kind, .user = {""}};
    if (user != NULL) {
        finding->user = *user;
    }
    if (row != NULL) {
        finding->row.pk = cr_arena_copy(&inspection->arena, row->value[CR_PK]);
        finding->row.sk = cr_arena_copy(&inspection->arena, row->value[CR_SK]);
        inspection->no_memory =
            inspection->no_memory || finding->row.pk.data == NULL || finding->row.sk.data == NULL;
    }
    inspection->count++;
}

/* ---- what a look has read ---- */

/* FNV-1a. */
static uint64_t digest_row(uint64_t digest, const cr_row *row)
{
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        for (size_t j = 0; j < row->value[i].size; j++) {
            digest = (digest ^ (unsigned char)row->value[i].data[j]) * UINT64_C(1099511628211);
        }
        digest = (digest ^ (0x100 + i)) * UINT64_C(1099511628211);
    }
    return digest;
}

static uint64_t digest_of(const cr_group_state *group)
{
    uint64_t digest = digest_row(UINT64_C(14695981039346656037), &group->card.row);
    digest = digest_row(digest, &group->head);
    for (size_t i = 0; i < group->rows.count; i++) {
        digest = digest_row(digest, &group->rows.row[i]);
    }
    return digest;
}

static bool is_first(const cr_rows *rows, const cr_key *key)
{
    for (size_t i = 0; i < rows->count; i++) {
        cr_key other = cr_row_key(&rows->row[i]);
        int order = cr_str_compare(other.pk, key->pk);
        if (order < 0 || (order == 0 && cr_str_compare(other.sk, key->sk) < 0)) {
            return false;
        }
    }
    return true;
}

/* Whether the group is judged where the walk meets it elsewhere. */
static bool is_of_other_place(const cr_met *met, const cr_group_state *group)
{
    switch (met->at) {
    case CR_MET_ROW:
        return cr_row_exists(&group->card.row) || !is_first(&group->rows, &met->row);
    case CR_MET_MESSAGE:
        return cr_row_exists(&group->card.row) || group->rows.count > 0;
    case CR_MET_CARD:
    case CR_MET_ALONE:
        break;
    }
    return false;
}

/* The group rows as the table has them, where the index may lag behind it. */
static cruddur_status refresh(cr_txn *txn, const cr_uuid *uuid, cr_rows *rows)
{
    cr_key *keys = cr_arena_alloc(txn->arena, (rows->count + 1) * sizeof(*keys));
    if (keys == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    for (size_t i = 0; i < rows->count; i++) {
        keys[i] = cr_row_key(&rows->row[i]);
    }
    size_t count = rows->count;
    cruddur_status status = cr_rows_get(txn, cr_uuid_str(uuid), keys, count, rows->row);
    rows->count = 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (cr_row_exists(&rows->row[i])) {
            rows->row[rows->count++] = rows->row[i];
        }
    }
    return status;
}

static bool are_all_at(const cr_rows *rows, cr_str sk)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (!cr_str_equal(cr_row_place(&rows->row[i]), sk)) {
            return false;
        }
    }
    return true;
}

/* Where the newest message has expired and gone, the rows tell of it; where all of them do, also by
 * another clock. */
static void take_head_of_rows(cr_group_state *group)
{
    for (size_t i = 0; i < group->rows.count; i++) {
        const cr_row *row = &group->rows.row[i];
        cr_str place = cr_row_place(row);
        int64_t margin_us = are_all_at(&group->rows, place) ? CR_CLOCK_MARGIN_US : 0;
        if (cr_head_has_expired(row, group->now_us + margin_us) &&
            cr_str_compare(place, group->head.value[CR_SK]) > 0) {
            group->head = (cr_row){0};
            group->head.value[CR_PK] = row->value[CR_PK]; /* so that it exists */
            group->head.value[CR_SK] = place;
            group->head.value[CR_EXPIRES_AT] = row->value[CR_HEAD_EXPIRES_AT];
            group->is_head_gone = true;
        }
    }
}

static cruddur_status read_head(cr_txn *txn, cr_group_state *group)
{
    cruddur_status status = cr_group_find_head(txn, group->uuid, &group->head);
    if (status == CRUDDUR_OK) {
        take_head_of_rows(group);
    }
    return status;
}

static cruddur_status read_members(cr_txn *txn, cr_group_state *group)
{
    bool are_known;
    cr_members candidates = {0};
    cr_uuid author;
    if (cr_row_exists(&group->card.row)) {
        group->members = group->card.card.members;
        return CRUDDUR_OK;
    }
    if (cr_uuid_parse(group->head.value[CR_USER_UUID], &author)) {
        (void)cr_members_add(&candidates, &author);
    }
    cruddur_status status = cr_cardless_members_of(txn, group->uuid, &group->rows, &candidates,
                                                   &group->members, &are_known);
    if (status == CRUDDUR_E_STORE_DAMAGED) { /* the rows name a crowd */
        cr_error_discard(txn->call->error);
        group->members.count = 0;
        status = CRUDDUR_OK;
    }
    return status;
}

static bool has_row_of(const cr_rows *rows, const cr_pk *pk)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (cr_str_equal(rows->row[i].value[CR_PK], cr_pk_str(pk))) {
            return true;
        }
    }
    return false;
}

/* Rows that the index does not show yet. */
static cruddur_status search_for_others(cr_txn *txn, cr_group_state *group)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < group->members.count; i++) {
        cr_row row;
        cr_pk pk = cr_pk_of_member(&group->members.uuid[i]);
        if (has_row_of(&group->rows, &pk)) {
            continue;
        }
        status = cr_group_search_partition(txn, cr_uuid_str(group->uuid), &pk, CR_STR_ABSENT, &row);
        if (status == CRUDDUR_OK && cr_row_exists(&row) && !cr_rows_add(&group->rows, &row)) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

/* ---- the look ---- */

typedef struct look {
    const cr_met *met;
    unsigned traits; /* of the latest run */
    cr_inspection *inspection;
} look;

/* A card tells the members, also where no message is left. */
static bool may_have_members(const cr_group_state *group)
{
    bool has_card = cr_row_exists(&group->card.row) && !group->card.card.is_removed;
    return !group->is_card_damaged && (has_card || cr_row_exists(&group->head));
}

static cruddur_status read_rest(cr_txn *txn, cr_group_state *group)
{
    bool is_index_fresh = (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    group->is_card_damaged =
        cr_row_exists(&group->card.row) && !cr_card_read(&group->card.row, &group->card.card);
    cruddur_status status = is_index_fresh ? CRUDDUR_OK : refresh(txn, group->uuid, &group->rows);
    if (status == CRUDDUR_OK) {
        status = read_head(txn, group);
    }
    if (status == CRUDDUR_OK && may_have_members(group)) {
        status = read_members(txn, group);
    }
    if (status == CRUDDUR_OK && !is_index_fresh) {
        status = search_for_others(txn, group);
        take_head_of_rows(group);
    }
    return status;
}

static void describe(const cr_group_state *group, cr_inspection *inspection)
{
    bool has_message = cr_row_exists(&group->head) && !group->is_head_gone;
    inspection->is_there =
        cr_row_exists(&group->head) || cr_row_exists(&group->card.row) || group->rows.count > 0;
    if (has_message) {
        (void)cr_uuid_parse(group->head.value[CR_USER_UUID], &inspection->author);
    }
    inspection->card_bytes = cr_row_exists(&group->card.row) ? cr_item_size(&group->card.row) : 0;
    inspection->group_rows = group->rows.count;
    for (size_t i = 0; i < group->rows.count; i++) {
        inspection->group_row_bytes += cr_item_size(&group->rows.row[i]);
    }
    bool is_of_one_moment = (group->traits & CR_TRAIT_SNAPSHOT) != 0;
    inspection->digest = is_of_one_moment ? 0 : digest_of(group);
}

static cruddur_status look_body(cr_txn *txn, void *context)
{
    look *looking = context;
    cr_inspection *inspection = looking->inspection;
    const cr_met *met = looking->met;
    cr_card_pk pk = cr_card_pk_of(&met->group);
    cr_group_state group = {
        .uuid = &met->group, .traits = txn->traits, .now_us = cr_clock_now_us()};
    looking->traits = txn->traits;
    clear(inspection);
    cruddur_status status = cr_rows_get_card(txn, &pk, NULL, 0, &group.card.row, NULL);
    bool is_known =
        cr_row_exists(&group.card.row) && met->at != CR_MET_CARD && met->at != CR_MET_ALONE;
    inspection->has_card = cr_row_exists(&group.card.row);
    if (status == CRUDDUR_OK && !is_known) {
        status = cr_group_read_index(txn, &met->group, &group.rows);
    }
    if (status != CRUDDUR_OK || is_known || is_of_other_place(met, &group)) {
        inspection->is_elsewhere = true;
        return status;
    }
    status = read_rest(txn, &group);
    if (status == CRUDDUR_OK) {
        cr_judge(&group, inspection);
        describe(&group, inspection);
    }
    return status == CRUDDUR_OK && inspection->no_memory ? cr_fail_memory(txn->call->error)
                                                         : status;
}

cruddur_status cr_inspect(cr_store *store, const cr_met *met, cr_call *call,
                          cr_inspection *inspection)
{
    look looking = {.met = met, .inspection = inspection};
    uint64_t digest = 0;
    for (int i = 0; i < LOOKS_MAX; i++) {
        cruddur_status status = store->ops->read(store, look_body, &looking, call);
        bool is_of_one_moment = (looking.traits & CR_TRAIT_SNAPSHOT) != 0;
        if (status != CRUDDUR_OK || is_of_one_moment || inspection->count == 0 ||
            (i > 0 && inspection->digest == digest)) {
            return status;
        }
        digest = inspection->digest;
        (void)cr_cancel_sleep_us(i * PAUSE_US, call->cancel);
    }
    inspection->count = 0;
    inspection->is_busy = true;
    return CRUDDUR_OK;
}

/* ---- messages ---- */

typedef struct message_walk {
    cr_query query;
    cr_sink sink;
    void *context;
} message_walk;

static cruddur_status walk_body(cr_txn *txn, void *context)
{
    const message_walk *walk = context;
    return cr_rows_query(txn, &walk->query, walk->sink, walk->context);
}

cruddur_status cr_inspect_messages(cr_store *store, const cr_uuid *group, cr_str after,
                                   size_t expected, cr_sink sink, void *context, cr_call *call)
{
    cr_pk pk = cr_pk_of_group(group);
    message_walk walk = {
        .query = {.partition = cr_pk_str(&pk), .lower = {after, false}, .expected = expected},
        .sink = sink,
        .context = context};
    return store->ops->read(store, walk_body, &walk, call);
}

/* ---- claims ---- */

typedef struct claims {
    cr_claim_look *look;
    size_t count;
} claims;

/* A claim that is ahead of its message leads to nothing, or to another message, where its writer
 * was interrupted. */
static cruddur_check_kind judge_claim(const cr_claim_look *claim, const cr_row *message)
{
    bool is_its_own = cr_str_equal(message->value[CR_MESSAGE_UUID], claim->token);
    if (!cr_row_exists(message)) {
        return claim->is_ahead ? CRUDDUR_CHECK_PROGRESS : CRUDDUR_CHECK_CLAIM_UNUSED;
    }
    if (!is_its_own) {
        return claim->is_ahead ? CRUDDUR_CHECK_PROGRESS : CRUDDUR_CHECK_CLAIM_CONTRADICTED;
    }
    return cr_str_equal(message->value[CR_USER_UUID], claim->author)
               ? CRUDDUR_CHECK_PROGRESS
               : CRUDDUR_CHECK_CLAIM_CONTRADICTED;
}

static cruddur_status claims_body(cr_txn *txn, void *context)
{
    claims *looked_at = context;
    cr_key keys[CR_CLAIM_LOOKS_MAX];
    cr_row messages[CR_CLAIM_LOOKS_MAX];
    for (size_t i = 0; i < looked_at->count; i++) {
        keys[i] = looked_at->look[i].message;
    }
    cruddur_status status = cr_rows_get_any(txn, keys, looked_at->count, messages);
    for (size_t i = 0; status == CRUDDUR_OK && i < looked_at->count; i++) {
        looked_at->look[i].kind = judge_claim(&looked_at->look[i], &messages[i]);
    }
    return status;
}

cruddur_status cr_inspect_claims(cr_store *store, cr_claim_look *looks, size_t count, cr_call *call)
{
    claims looked_at = {looks, count};
    return store->ops->read(store, claims_body, &looked_at, call);
}
