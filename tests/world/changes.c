/* SPDX-License-Identifier: MIT */
#include "world/changes.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/random.h"
#include "model/card.h"
#include "model/key.h"
#include "model/kind.h"
#include "model/time.h"

#define ROWS_MAX 48

typedef struct rows {
    cr_arena *arena;
    cr_row row[ROWS_MAX];
    size_t count;
} rows;

typedef struct change {
    const cr_uuid *group;
    const cr_uuid *member;
    const cr_members *members;
    bool breaks_rule;
    bool is_set;
} change;

/* ---- reading ---- */

static cr_sink_answer take(void *context, const cr_row *row)
{
    rows *found = context;
    if (cr_row_kind(row) != CR_KIND_FOREIGN &&
        (found->count == ROWS_MAX ||
         !cr_row_copy(found->arena, row, &found->row[found->count++]))) {
        return CR_SINK_NO_MEMORY;
    }
    return CR_SINK_MORE;
}

/* The group rows of these members, from their partitions: the index may lag behind. */
static cruddur_status read_group_rows(cr_txn *txn, const cr_uuid *group, const cr_members *members,
                                      rows *found)
{
    cruddur_status status = CRUDDUR_OK;
    *found = (rows){.arena = txn->arena};
    for (size_t i = 0; status == CRUDDUR_OK && i < members->count; i++) {
        cr_pk pk = cr_pk_of_member(&members->uuid[i]);
        const cr_query query = {.partition = cr_pk_str(&pk)};
        status = txn->ops->query(txn, &query, take, found);
    }
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        if (cr_str_equal(found->row[i].value[CR_GROUP_UUID], cr_uuid_str(group))) {
            found->row[kept++] = found->row[i];
        }
    }
    found->count = kept;
    return status;
}

static cruddur_status read_messages(cr_txn *txn, const cr_uuid *group, rows *found)
{
    cr_pk pk = cr_pk_of_group(group);
    const cr_query query = {.partition = cr_pk_str(&pk)};
    *found = (rows){.arena = txn->arena};
    return txn->ops->query(txn, &query, take, found);
}

static cruddur_status read_card(cr_txn *txn, const cr_uuid *group, cr_row *row, cr_card *card)
{
    cr_card_pk pk = cr_card_pk_of(group);
    cr_key key = cr_card_key(&pk);
    cruddur_status status = txn->ops->get(txn, &key, 1, row);
    return status == CRUDDUR_OK && (!cr_row_exists(row) || !cr_card_read(row, card))
               ? cr_fail_with(txn->call->error, CRUDDUR_E_STORE_DAMAGED, "no card")
               : status;
}

/* ---- what is written ---- */

static cr_str new_version(cr_txn *txn)
{
    char text[17];
    uint64_t random = 0;
    (void)cr_random_bytes(&random, sizeof(random));
    (void)snprintf(text, sizeof(text), "%016" PRIx64, random);
    return cr_arena_copy(txn->arena, cr_str_of(text));
}

static cruddur_status replace_card(cr_txn *txn, const cr_uuid *group, const cr_row *old,
                                   cr_card *card)
{
    cr_row row;
    cr_card_pk pk = cr_card_pk_of(group);
    card->rev++;
    if (!cr_card_write(&pk, card, txn->arena, &row)) {
        return cr_fail_memory(txn->call->error);
    }
    row.value[CR_VERSION] = new_version(txn);
    return txn->ops->replace(txn, old, &row);
}

static bool is_of(const cr_row *row, const cr_uuid *member)
{
    return cr_str_equal(cr_pk_suffix(row->value[CR_PK]), cr_uuid_str(member));
}

/* ---- groups ---- */

static cruddur_status remove_group_body(cr_txn *txn, void *context)
{
    const change *now = context;
    cr_row old;
    cr_card card;
    rows found[2];
    cruddur_status status = read_card(txn, now->group, &old, &card);
    if (status == CRUDDUR_OK) {
        status = read_group_rows(txn, now->group, &card.members, &found[0]);
    }
    if (status == CRUDDUR_OK) {
        status = read_messages(txn, now->group, &found[1]);
    }
    if (status != CRUDDUR_OK) {
        return status;
    }
    card.is_removed = true;
    status =
        now->breaks_rule ? txn->ops->remove(txn, &old) : replace_card(txn, now->group, &old, &card);
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; status == CRUDDUR_OK && j < found[i].count; j++) {
            status = txn->ops->remove(txn, &found[i].row[j]);
        }
    }
    return status;
}

/* ---- rows and messages ---- */

static cruddur_status flag_body(cr_txn *txn, void *context)
{
    const change *now = context;
    const cr_members self = {1, {*now->member}};
    rows found;
    cruddur_status status = read_group_rows(txn, now->group, &self, &found);
    for (size_t i = 0; status == CRUDDUR_OK && i < found.count; i++) {
        cr_row changed = found.row[i];
        if (is_of(&changed, now->member)) {
            changed.value[CR_OTHERS] =
                now->is_set ? cr_str_of("{\"starred\":{\"BOOL\":true}}") : CR_STR_ABSENT;
            changed.value[CR_VERSION] = new_version(txn);
            status = txn->ops->replace(txn, &found.row[i], &changed);
        }
    }
    return status;
}

static cruddur_status remove_newest_body(cr_txn *txn, void *context)
{
    const change *now = context;
    rows found;
    rows messages;
    cruddur_status status = read_group_rows(txn, now->group, now->members, &found);
    if (status == CRUDDUR_OK) {
        status = read_messages(txn, now->group, &messages);
    }
    if (status != CRUDDUR_OK || messages.count < 2) {
        return status;
    }
    const cr_row *before = &messages.row[messages.count - 2];
    status = txn->ops->remove(txn, &messages.row[messages.count - 1]);
    for (size_t i = 0; status == CRUDDUR_OK && now->breaks_rule && i < found.count; i++) {
        cr_row back = found.row[i];
        back.value[CR_SK] = before->value[CR_SK];
        back.value[CR_TEXT] = before->value[CR_TEXT];
        back.value[CR_VERSION] = back.value[CR_READ_SK] = CR_STR_ABSENT;
        status = txn->ops->put(txn, &back);
        if (status == CRUDDUR_OK) {
            status = txn->ops->remove(txn, &found.row[i]);
        }
    }
    return status;
}

static cruddur_status move_newest_body(cr_txn *txn, void *context)
{
    const change *now = context;
    rows messages;
    cr_sort_key key;
    int64_t time_us;
    cruddur_status status = read_messages(txn, now->group, &messages);
    if (status != CRUDDUR_OK || messages.count == 0) {
        return status;
    }
    const cr_row *newest = &messages.row[messages.count - 1];
    cr_row moved = *newest;
    (void)cr_time_parse(newest->value[CR_SK], &time_us);
    (void)cr_time_format(time_us + 1, &key);
    moved.value[CR_SK] = cr_sort_key_str(&key);
    status = txn->ops->put(txn, &moved);
    return status == CRUDDUR_OK ? txn->ops->remove(txn, newest) : status;
}

/* ---- the calls ---- */

cruddur_status change_remove_group(cr_store *store, const cr_uuid *group, bool forgets_card,
                                   cr_call *call)
{
    change made = {.group = group, .breaks_rule = forgets_card};
    return store->ops->change(store, remove_group_body, &made, call);
}

cruddur_status change_flag(cr_store *store, const cr_uuid *group, const cr_uuid *member,
                           bool is_set, cr_call *call)
{
    change made = {.group = group, .member = member, .is_set = is_set};
    return store->ops->change(store, flag_body, &made, call);
}

cruddur_status change_remove_newest(cr_store *store, const cr_uuid *group,
                                    const cr_members *members, bool go_back, cr_call *call)
{
    change made = {.group = group, .members = members, .breaks_rule = go_back};
    return store->ops->change(store, remove_newest_body, &made, call);
}

cruddur_status change_move_newest(cr_store *store, const cr_uuid *group, cr_call *call)
{
    change made = {.group = group, .breaks_rule = true};
    return store->ops->change(store, move_newest_body, &made, call);
}
