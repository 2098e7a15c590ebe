/* SPDX-License-Identifier: MIT */
#include "messaging/upgrade.h"

#include "messaging/cardless.h"

/* The generation of a group's first card. */
#define FIRST_REV 1

/* One group, over all runs of its body. */
typedef struct upgrade {
    const cr_uuid *group;
    cr_upgraded result; /* of the latest run */
} upgrade;

static cruddur_status fail_steps(const cr_call *call)
{
    return cr_fail_with(call->error, CRUDDUR_E_CONFIG,
                        "groups get their cards in transactions only, and the store is written "
                        "in steps");
}

/* ---- the rows ---- */

/* Reads rows that the index told of from the table itself: they may have moved on, or changed. */
static cruddur_status refresh(cr_txn *txn, const cr_uuid *group, cr_rows *rows)
{
    size_t room = rows->count + 1;
    cr_key *keys = cr_arena_alloc(txn->arena, room * sizeof(*keys));
    cr_row *fresh = cr_arena_alloc(txn->arena, room * sizeof(*fresh));
    if (keys == NULL || fresh == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    for (size_t i = 0; i < rows->count; i++) {
        keys[i] = cr_row_key(&rows->row[i]);
    }
    cruddur_status status = cr_rows_get(txn, cr_uuid_str(group), keys, rows->count, fresh);
    if (status != CRUDDUR_OK) {
        return status;
    }
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (cr_row_exists(&fresh[i])) {
            rows->row[kept++] = fresh[i];
        }
    }
    rows->count = kept;
    return status;
}

/* A member's newest row; NULL where none was found. Of two rows at one message the one with the
 * smaller key counts, as everywhere. */
static const cr_row *newest_of(const cr_rows *rows, const cr_pk *pk)
{
    const cr_row *newest = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        const cr_row *row = &rows->row[i];
        if (!cr_str_equal(row->value[CR_PK], cr_pk_str(pk))) {
            continue;
        }
        int order = newest == NULL ? 1 : cr_str_compare(cr_row_place(row), cr_row_place(newest));
        if (order > 0 ||
            (order == 0 && cr_str_compare(row->value[CR_SK], newest->value[CR_SK]) < 0)) {
            newest = row;
        }
    }
    return newest;
}

/* Whom the rows name; of a crowd, as many as there is room for. */
static cr_members named_by(const cr_rows *rows)
{
    cr_members named = {0};
    for (size_t i = 0; i < rows->count; i++) {
        (void)cr_members_add_row(&named, &rows->row[i]);
    }
    return named;
}

/* Looks in the partitions of members whose row is not at the head, as far as the index shows: it
 * may lag behind. */
static cruddur_status search_others(cr_txn *txn, const cr_uuid *group, cr_str head_sk,
                                    const cr_members *members, cr_rows *rows)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < members->count; i++) {
        cr_row found;
        cr_pk pk = cr_pk_of_member(&members->uuid[i]);
        const cr_row *newest = newest_of(rows, &pk);
        if (newest != NULL && cr_str_equal(cr_row_place(newest), head_sk)) {
            continue;
        }
        status = cr_group_search_partition(txn, cr_uuid_str(group), &pk, CR_STR_ABSENT, &found);
        if (status == CRUDDUR_OK && cr_row_exists(&found) && !cr_rows_add_once(rows, &found)) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

/* Reads whom the rows name until they name nobody else: an index that lags behind would have the
 * card name too few, and the card would shut the others out. */
static cruddur_status read_members(cr_txn *txn, const cr_uuid *group, cr_str head_sk, cr_rows *rows,
                                   cr_members *members)
{
    bool is_index_fresh = (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    bool are_known;
    size_t count;
    cruddur_status status = CRUDDUR_OK;
    do {
        count = rows->count;
        status = cr_cardless_members_of(txn, group, rows, NULL, members, &are_known);
        if (status == CRUDDUR_OK && !is_index_fresh) {
            status = search_others(txn, group, head_sk, members, rows);
        }
    } while (status == CRUDDUR_OK && rows->count > count);
    return status == CRUDDUR_OK && members->count < CRUDDUR_MEMBERS_MIN
               ? cr_cardless_fail_untold(txn, group)
               : status;
}

/* ---- the change ---- */

static cr_str name_of(const cr_rows *rows)
{
    cr_str name = CR_STR_ABSENT;
    for (size_t i = 0; i < rows->count && name.data == NULL; i++) {
        name = rows->row[i].value[CR_GROUP_NAME];
    }
    return name;
}

/* The row as it was, but of the card's generation. Some rows have lost their list of members. */
static cr_row upgraded_row(const cr_row *as_read, const cr_row *card, bool has_list)
{
    cr_row row = *as_read;
    row.value[CR_REV] = card->value[CR_REV];
    row.value[CR_VERSION] = card->value[CR_VERSION];
    if (has_list) {
        row.value[CR_MEMBER_UUIDS] = card->value[CR_MEMBER_UUIDS];
    }
    return row;
}

/* A member without a row gets one with the next message. */
static cruddur_status replace_rows(cr_txn *txn, const cr_row *card, const cr_rows *rows,
                                   const cr_members *members)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < members->count; i++) {
        cr_pk pk = cr_pk_of_member(&members->uuid[i]);
        const cr_row *newest = newest_of(rows, &pk);
        if (newest != NULL) {
            cr_row row = upgraded_row(newest, card, members->count > CRUDDUR_MEMBERS_MIN);
            status = txn->ops->replace(txn, newest, &row);
        }
    }
    return status;
}

static cruddur_status state_upgrade(cr_txn *txn, const cr_card_pk *pk, const cr_rows *rows,
                                    const cr_members *members)
{
    const cr_card card = {.members = *members, .name = name_of(rows), .rev = FIRST_REV};
    cr_row row;
    if (!cr_card_write(pk, &card, txn->arena, &row)) {
        return cr_fail_memory(txn->call->error);
    }
    cruddur_status status = cr_rows_fresh_version(txn, &row.value[CR_VERSION]);
    if (status == CRUDDUR_OK) {
        status = txn->ops->put(txn, &row);
    }
    return status == CRUDDUR_OK ? replace_rows(txn, &row, rows, members) : status;
}

/* What an index that lags behind shows may have moved on since. */
static cruddur_status read_rows(cr_txn *txn, const cr_uuid *group, cr_row *head, cr_rows *rows)
{
    cruddur_status status = cr_group_read_index(txn, group, rows);
    if (status == CRUDDUR_OK) {
        status = cr_group_find_head(txn, group, head);
    }
    if (status != CRUDDUR_OK || (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0) {
        return status;
    }
    cr_members named = named_by(rows);
    status = refresh(txn, group, rows);
    return status == CRUDDUR_OK ? search_others(txn, group, head->value[CR_SK], &named, rows)
                                : status;
}

static cruddur_status make_card(cr_txn *txn, upgrade *upgrading)
{
    cr_row head;
    cr_rows rows;
    cr_members members;
    const cr_uuid *group = upgrading->group;
    cr_card_pk pk = cr_card_pk_of(group);
    cruddur_status status = read_rows(txn, group, &head, &rows);
    if (status == CRUDDUR_OK && rows.count == 0) {
        /* They have moved while they were being read, or the group was removed. */
        upgrading->result = CR_UPGRADE_GONE;
        return cr_row_exists(&head) ? CRUDDUR_E_CONFLICT : CRUDDUR_OK;
    }
    if (status == CRUDDUR_OK) {
        status = read_members(txn, group, head.value[CR_SK], &rows, &members);
    }
    upgrading->result = CR_UPGRADED;
    return status == CRUDDUR_OK ? state_upgrade(txn, &pk, &rows, &members) : status;
}

static cruddur_status upgrade_body(cr_txn *txn, void *argument)
{
    upgrade *upgrading = argument;
    cr_read_card card;
    if ((txn->traits & CR_TRAIT_ATOMIC) == 0) {
        return fail_steps(txn->call);
    }
    upgrading->result = CR_UPGRADE_HAD_CARD;
    cruddur_status status = cr_group_read_card(txn, upgrading->group, &card);
    return status == CRUDDUR_OK && !cr_row_exists(&card.row) ? make_card(txn, upgrading) : status;
}

/* ---- the calls ---- */

static cruddur_status check_body(cr_txn *txn, void *context)
{
    (void)context;
    return (txn->traits & CR_TRAIT_ATOMIC) != 0 ? CRUDDUR_OK : fail_steps(txn->call);
}

cruddur_status cr_upgrade_check(cr_store *store, cr_call *call)
{
    return store->ops->read(store, check_body, NULL, call);
}

cruddur_status cr_upgrade_group(cr_store *store, const cr_uuid *group, cr_call *call,
                                cr_upgraded *result)
{
    cr_ticket ticket;
    cr_kept_log kept;
    upgrade upgrading = {.group = group};
    cruddur_status status = cr_queue_enter(store->queues, cr_uuid_str(group), call, &ticket);
    if (status != CRUDDUR_OK) {
        return status;
    }
    cr_log_keep(&kept, call); /* others wait for their turn */
    status = store->ops->change(store, upgrade_body, &upgrading, call);
    cr_queue_leave(call);
    cr_log_release(&kept, call);
    *result = upgrading.result;
    return status;
}
