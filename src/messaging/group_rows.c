/* SPDX-License-Identifier: MIT */
#include "messaging/group_rows.h"

#include "messaging/cardless.h"

/* How often a member's partition is walked through before the row counts as lost. */
#define WALKS 2

/* The member whose row this is; the member count for somebody else's. */
static size_t owner_of(const cr_group_rows *group_rows, const cr_row *row)
{
    cr_uuid owner;
    return cr_uuid_parse(cr_pk_suffix(row->value[CR_PK]), &owner)
               ? cr_members_find(&group_rows->members, &owner)
               : group_rows->members.count;
}

/* Reads the group row that each member has at a sort key, but of the member `known`: in a healthy
 * group, at the head's. */
static cruddur_status get_rows(cr_txn *txn, cr_str sk, cr_str group,
                               const cr_group_rows *group_rows, size_t known, cr_row *rows)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX] = {0};
    cr_row found[CRUDDUR_MEMBERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (i != known) {
            keys[count++] = (cr_key){cr_pk_str(&group_rows->pk[i]), sk};
        }
    }
    cruddur_status status = cr_rows_get(txn, group, keys, count, found);
    size_t next = 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->members.count; i++) {
        if (i != known) {
            rows[i] = found[next++];
        }
    }
    return status;
}

static bool is_at(const cr_row *row, cr_str sk)
{
    return cr_row_exists(row) && cr_str_equal(cr_row_place(row), sk);
}

/* Of two rows at one message the one with the smaller key stays: all who meet them agree on it. */
static void keep_newer(cr_row *kept, const cr_row *row)
{
    int order = cr_row_exists(kept) ? cr_str_compare(cr_row_place(kept), cr_row_place(row)) : -1;
    if (order < 0 || (order == 0 && cr_str_compare(kept->value[CR_SK], row->value[CR_SK]) > 0)) {
        *kept = *row;
    }
}

/* Reads rows that the index told of from the table itself: they may have moved on, or changed. */
static cruddur_status refresh(cr_txn *txn, cr_rows *rows, cr_str group)
{
    cr_key *keys = cr_arena_alloc(txn->arena, (rows->count + 1) * sizeof(*keys));
    cr_row *fresh = cr_arena_alloc(txn->arena, (rows->count + 1) * sizeof(*fresh));
    if (keys == NULL || fresh == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    for (size_t i = 0; i < rows->count; i++) {
        keys[i] = cr_row_key(&rows->row[i]);
    }
    cruddur_status status = cr_rows_get(txn, group, keys, rows->count, fresh);
    size_t kept = 0;
    for (size_t i = 0; status == CRUDDUR_OK && i < rows->count; i++) {
        if (cr_row_exists(&fresh[i])) {
            rows->row[kept++] = fresh[i];
        }
    }
    rows->count = status == CRUDDUR_OK ? kept : rows->count;
    return status;
}

/* Reads again from the table itself: the rows that the index told of, and what the members have at
 * the head's key. */
static cruddur_status read_again(cr_txn *txn, const cr_group *group,
                                 const cr_group_rows *group_rows, cr_rows *found)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        cr_row at_head = {0};
        at_head.value[CR_PK] = cr_pk_str(&group_rows->pk[i]);
        at_head.value[CR_SK] = group->head.value[CR_SK];
        if (!cr_rows_add_once(found, &at_head)) {
            return cr_fail_memory(txn->call->error);
        }
    }
    return refresh(txn, found, cr_uuid_str(&group->uuid));
}

/* A row that moves on while its partition is walked through is missed by the walk, and is at the
 * newest end then, where the next one begins. */
static cruddur_status search_for_row(cr_txn *txn, const cr_group *group, const cr_pk *pk,
                                     cr_row *row)
{
    cruddur_status status = CRUDDUR_OK;
    int walks = (txn->traits & CR_TRAIT_SNAPSHOT) != 0 ? 1 : WALKS;
    for (int i = 0; status == CRUDDUR_OK && i < walks && !cr_row_exists(row); i++) {
        status = cr_group_search_partition(txn, cr_uuid_str(&group->uuid), pk, CR_STR_ABSENT, row);
    }
    return status;
}

/* Looks through the partitions of members who have no row yet. */
static cruddur_status search_for_others(cr_txn *txn, const cr_group *group,
                                        const cr_group_rows *group_rows, cr_rows *found)
{
    cruddur_status status = CRUDDUR_OK;
    bool has_row[CRUDDUR_MEMBERS_MAX + 1] = {false};
    for (size_t i = 0; i < found->count; i++) {
        has_row[owner_of(group_rows, &found->row[i])] = true;
    }
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->members.count; i++) {
        cr_row row = {0};
        if (!has_row[i]) {
            status = search_for_row(txn, group, &group_rows->pk[i], &row);
        }
        if (status == CRUDDUR_OK && cr_row_exists(&row) && !cr_rows_add_once(found, &row)) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

/* The same rows in a list of its own. */
static cruddur_status share(cr_txn *txn, const cr_rows *rows, cr_rows *shared)
{
    size_t room = rows->count + 1;
    *shared =
        (cr_rows){cr_arena_alloc(txn->arena, room * sizeof(cr_row)), rows->count, room, txn->arena};
    if (shared->row == NULL) {
        return cr_fail_memory(txn->call->error);
    }
    if (rows->count > 0) {
        memcpy(shared->row, rows->row, rows->count * sizeof(cr_row));
    }
    return CRUDDUR_OK;
}

/* Between two changes all rows of a group are at the head, in the healthy case. */
static bool is_at_rest(const cr_txn *txn)
{
    return (txn->traits & (CR_TRAIT_ATOMIC | CR_TRAIT_STREAMED)) == CR_TRAIT_ATOMIC;
}

/* What a card does not name is removed; in a group without one the row of somebody whom nobody
 * names, not even itself, is no row of the group. */
static bool has_card(const cr_group_rows *group_rows)
{
    return cr_row_exists(&group_rows->card->row);
}

/* A member count of rows, all at the head, is as it should be. */
static bool is_orderly(const cr_rows *found, const cr_row *head, const cr_group_rows *group_rows)
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++) {
        bool is_strange = owner_of(group_rows, &found->row[i]) == group_rows->members.count;
        if (is_strange && !has_card(group_rows)) {
            continue;
        }
        if (is_strange || !is_at(&found->row[i], head->value[CR_SK])) {
            return false;
        }
        count++;
    }
    return count == group_rows->members.count;
}

/* Takes whatever rows the group has: of each member the newest counts, and all of them go. So do
 * those of people whom the card does not name: somebody put them back. Of a row that was taken
 * before, that reading stays. */
static cruddur_status take_rows(cr_txn *txn, const cr_rows *found, cr_group_rows *group_rows)
{
    for (size_t i = 0; i < found->count; i++) {
        size_t owner = owner_of(group_rows, &found->row[i]);
        bool is_strange = owner == group_rows->members.count;
        if (is_strange && !has_card(group_rows)) {
            continue;
        }
        if (!is_strange) {
            keep_newer(&group_rows->row[owner], &found->row[i]);
        }
        if (!cr_rows_add_once(&group_rows->old, &found->row[i])) {
            return cr_fail_memory(txn->call->error);
        }
    }
    return CRUDDUR_OK;
}

/* Reads every group row of the group that the index does not show yet. Those of a group that has
 * moved on meanwhile are not worth a search. */
static cruddur_status read_beside_index(cr_txn *txn, const cr_group *group,
                                        const cr_group_rows *group_rows, cr_rows *found)
{
    cruddur_status status = read_again(txn, group, group_rows, found);
    bool is_healthy = status == CRUDDUR_OK && is_orderly(found, &group->head, group_rows);
    if (status == CRUDDUR_OK && !is_healthy && is_at_rest(txn)) {
        status = cr_group_check_head(txn, group);
    }
    return status == CRUDDUR_OK && !is_healthy ? search_for_others(txn, group, group_rows, found)
                                               : status;
}

/* Reads every group row of the group. What the index shows is believed where it is in order, and
 * the conditions of a change are to judge it; so a row that does not belong there is seen. */
static cruddur_status find_rows(cr_txn *txn, cr_group *group, const cr_group_rows *group_rows,
                                cr_rows *found)
{
    cruddur_status status = cr_group_ask_index(txn, group);
    if (status == CRUDDUR_OK && cr_row_exists(&group->own) &&
        !cr_rows_add_once(&group->told, &group->own)) {
        status = cr_fail_memory(txn->call->error);
    }
    if (status == CRUDDUR_OK) {
        status = share(txn, &group->told, found);
    }
    bool is_index_fresh = (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    bool is_believed = group->believes_index && is_at_rest(txn) && status == CRUDDUR_OK &&
                       is_orderly(found, &group->head, group_rows);
    if (status == CRUDDUR_OK && !is_index_fresh && !is_believed) {
        status = read_beside_index(txn, group, group_rows, found);
    }
    /* Elsewhere a disorder passes by itself. */
    if (status == CRUDDUR_OK && is_at_rest(txn) && !is_orderly(found, &group->head, group_rows)) {
        cr_log_line(&txn->call->logger, CRUDDUR_LOG_WARNING,
                    "group %s: its group rows disagree; the next write sets them right",
                    group->uuid.text);
    }
    return status;
}

/* Reads the rows where a healthy group has them, but for displaced ones. Whoever asked need not be
 * a member: the author of the head is not, if another program has put it. */
static cruddur_status read_at_head(cr_txn *txn, const cr_group *group,
                                   const cr_group_rows *group_rows, cr_rows *found)
{
    cr_row rows[CRUDDUR_MEMBERS_MAX];
    cr_str head_sk = group->head.value[CR_SK];
    size_t known = group_rows->members.count;
    if (is_at(&group->own, head_sk) && cr_str_equal(group->own.value[CR_SK], head_sk)) {
        known = owner_of(group_rows, &group->own);
    }
    if (known < group_rows->members.count) {
        rows[known] = group->own;
    }
    cruddur_status status =
        get_rows(txn, head_sk, cr_uuid_str(&group->uuid), group_rows, known, rows);
    *found = (cr_rows){.arena = txn->arena};
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->members.count; i++) {
        if (cr_row_exists(&rows[i]) && !cr_rows_add(found, &rows[i])) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

/* Whoever only reads has no use for rows that do not belong there. Of rows that are read again only
 * what was read last counts: it is what the conditions of a change compare. */
static cruddur_status read_rows(cr_txn *txn, cr_group *group, const cr_group_rows *group_rows,
                                cr_rows *found)
{
    bool is_index_cheap = (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    bool is_index_read = group->believes_index && group->has_asked;
    if (!group->is_to_change && !is_index_cheap && !is_index_read) {
        cruddur_status status = read_at_head(txn, group, group_rows, found);
        if (status != CRUDDUR_OK || is_orderly(found, &group->head, group_rows)) {
            return status;
        }
    }
    return find_rows(txn, group, group_rows, found);
}

/* Begins with these members, who have no rows yet. */
static cruddur_status begin(cr_txn *txn, const cr_read_card *card, const cr_members *members,
                            cr_group_rows *group_rows)
{
    group_rows->members = *members;
    group_rows->card = card;
    group_rows->old = (cr_rows){.arena = txn->arena};
    group_rows->list = CR_STR_ABSENT;
    group_rows->forward_only = false;
    for (size_t i = 0; i < members->count; i++) {
        group_rows->pk[i] = cr_pk_of_member(&members->uuid[i]);
        group_rows->row[i] = (cr_row){0};
        group_rows->room[i] = CR_STR_ABSENT;
    }
    group_rows->version = cr_row_fresh_version(txn->arena);
    bool needs_list = members->count > CRUDDUR_MEMBERS_MIN;
    if (needs_list) {
        group_rows->list = cr_members_join(members, txn->arena);
    }
    bool is_made =
        group_rows->version.data != NULL && (!needs_list || group_rows->list.data != NULL);
    return is_made ? CRUDDUR_OK : cr_fail_memory(txn->call->error);
}

cruddur_status cr_group_rows_read(cr_txn *txn, cr_group *group, cr_group_rows *group_rows)
{
    cr_members members;
    bool have_changed = true;
    cruddur_status status = cr_group_read_members(txn, group, &members);
    while (status == CRUDDUR_OK && have_changed) {
        cr_rows found;
        status = begin(txn, &group->card, &members, group_rows);
        if (status == CRUDDUR_OK) {
            status = read_rows(txn, group, group_rows, &found);
        }
        if (status == CRUDDUR_OK) {
            status = take_rows(txn, &found, group_rows);
        }
        if (status == CRUDDUR_OK) {
            status = cr_cardless_add_named(txn, group, &found, &members);
        }
        have_changed = !cr_members_are_same(&members, &group_rows->members);
    }
    /* All of them went while they were being read. */
    bool is_gone = status == CRUDDUR_OK && group_rows->old.count == 0 && group->known.count == 0;
    return is_gone ? CRUDDUR_E_CONFLICT : status;
}

cruddur_status cr_group_rows_take(cr_txn *txn, const cr_read_card *card, const cr_rows *found,
                                  const cr_members *members, cr_group_rows *group_rows)
{
    cruddur_status status = begin(txn, card, members, group_rows);
    group_rows->forward_only = true;
    return status == CRUDDUR_OK ? take_rows(txn, found, group_rows) : status;
}

cruddur_status cr_group_rows_regroup(cr_txn *txn, const cr_group_rows *before,
                                     const cr_members *members, cr_group_rows *group_rows)
{
    cruddur_status status = begin(txn, before->card, members, group_rows);
    group_rows->old = before->old;
    for (size_t i = 0; i < before->old.count; i++) {
        size_t owner = owner_of(group_rows, &before->old.row[i]);
        if (owner < members->count) {
            keep_newer(&group_rows->row[owner], &before->old.row[i]);
        }
    }
    for (size_t i = 0; i < before->members.count; i++) {
        size_t member = cr_members_find(members, &before->members.uuid[i]);
        if (member < members->count) {
            group_rows->row[member] = before->row[i]; /* it may have learned a name */
        }
    }
    return status;
}

static bool is_up_to(const cr_row *row, cr_str sk)
{
    return cr_row_exists(row) && cr_str_compare(cr_row_place(row), sk) <= 0;
}

void cr_group_rows_forget_later(cr_group_rows *group_rows, cr_str head_sk)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        cr_row kept = {0};
        for (size_t j = 0; j < group_rows->old.count; j++) {
            const cr_row *row = &group_rows->old.row[j];
            if (is_up_to(row, head_sk) && owner_of(group_rows, row) == i) {
                keep_newer(&kept, row);
            }
        }
        group_rows->row[i] = cr_row_exists(&kept) ? kept : group_rows->row[i];
    }
}

bool cr_group_rows_are_at(const cr_group_rows *group_rows, cr_str sk)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (!is_at(&group_rows->row[i], sk)) {
            return false;
        }
    }
    return true;
}

bool cr_group_rows_are_whole(const cr_group_rows *group_rows, cr_str head_sk)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        const cr_row *row = &group_rows->row[i];
        if (!cr_row_exists(row) || (head_sk.data != NULL && !is_up_to(row, head_sk))) {
            return false;
        }
    }
    return true;
}

cruddur_status cr_group_rows_search(cr_txn *txn, const cr_uuid *group, cr_str head_sk,
                                    cr_group_rows *group_rows)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < group_rows->members.count; i++) {
        cr_row found;
        if (is_up_to(&group_rows->row[i], head_sk)) {
            continue;
        }
        status =
            cr_group_search_partition(txn, cr_uuid_str(group), &group_rows->pk[i], head_sk, &found);
        bool is_better = is_up_to(&found, head_sk) || !cr_row_exists(&group_rows->row[i]);
        if (status == CRUDDUR_OK && cr_row_exists(&found) && is_better) {
            group_rows->row[i] = found;
            status = cr_rows_add_once(&group_rows->old, &found) ? CRUDDUR_OK
                                                                : cr_fail_memory(txn->call->error);
        }
    }
    return status;
}

cruddur_status cr_group_rows_read_at(cr_txn *txn, cr_str sk, cr_str group,
                                     cr_group_rows *group_rows)
{
    cr_key keys[CRUDDUR_MEMBERS_MAX] = {0};
    cr_row rows[CRUDDUR_MEMBERS_MAX];
    size_t count = 0;
    cr_rows found = {.arena = txn->arena};
    for (size_t i = 0; i < group_rows->members.count; i++) {
        const cr_key key = {cr_pk_str(&group_rows->pk[i]), sk};
        if (!cr_rows_have(&group_rows->old, key)) {
            keys[count++] = key;
        }
    }
    cruddur_status status = count > 0 ? cr_rows_get(txn, group, keys, count, rows) : CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        if (cr_row_exists(&rows[i]) && !cr_rows_add(&found, &rows[i])) {
            status = cr_fail_memory(txn->call->error);
        }
    }
    return status == CRUDDUR_OK ? take_rows(txn, &found, group_rows) : status;
}

/* Whether a row is at the message and shows another text; not one whose member does not see it. */
static bool shows_other(const cr_row *row, const cr_row *message)
{
    cr_str visible_sk = row->value[CR_VISIBLE_SK];
    bool is_hidden = row->value[CR_TEXT].size == 0 && visible_sk.data != NULL &&
                     cr_str_compare(cr_row_place(row), visible_sk) <= 0;
    return cr_row_exists(row) && !is_hidden &&
           cr_str_equal(cr_row_place(row), message->value[CR_SK]) &&
           !cr_str_equal(row->value[CR_TEXT], message->value[CR_TEXT]);
}

cruddur_status cr_group_rows_check_head(cr_txn *txn, const cr_group *group,
                                        const cr_group_rows *rows)
{
    bool differs = false;
    for (size_t i = 0; i < rows->members.count; i++) {
        differs = differs || shows_other(&rows->row[i], &group->head);
    }
    return differs ? cr_group_check_head(txn, group) : CRUDDUR_OK;
}

bool cr_group_head_has_changed(const cr_group *group, const cr_row *newest)
{
    return cr_row_exists(newest) && cr_str_equal(newest->value[CR_SK], group->head.value[CR_SK]) &&
           !cr_str_equal(newest->value[CR_VERSION], group->head.value[CR_VERSION]);
}

cr_str cr_group_rows_oldest(const cr_group_rows *group_rows)
{
    cr_str oldest = CR_STR_ABSENT;
    for (size_t i = 0; i < group_rows->old.count; i++) {
        cr_str place = cr_row_place(&group_rows->old.row[i]);
        oldest = oldest.data == NULL || cr_str_compare(place, oldest) < 0 ? place : oldest;
    }
    return oldest;
}

bool cr_group_rows_meet(const cr_group_rows *group_rows, cr_str sk)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (cr_rows_have(&group_rows->old, (cr_key){cr_pk_str(&group_rows->pk[i]), sk})) {
            return true;
        }
    }
    return false;
}

/* ---- rows that were lost ---- */

cr_str cr_group_rows_shared(const cr_group_rows *group_rows, cr_attribute attribute)
{
    cr_str value = group_rows->card->row.value[attribute];
    for (size_t i = 0; !has_card(group_rows) && value.data == NULL && i < group_rows->members.count;
         i++) {
        value = group_rows->row[i].value[attribute];
    }
    return value;
}

static cr_row restored_row(const cr_uuid *group, const cr_group_rows *group_rows, size_t member)
{
    size_t other = cr_members_next(&group_rows->members, member);
    cr_row row = {0};
    row.value[CR_GROUP_NAME] = cr_group_rows_shared(group_rows, CR_GROUP_NAME);
    row.value[CR_GROUP_DATA] = cr_group_rows_shared(group_rows, CR_GROUP_DATA);
    row.value[CR_BLOCKED] = cr_group_rows_shared(group_rows, CR_BLOCKED);
    row.value[CR_PK] = cr_pk_str(&group_rows->pk[member]);
    row.value[CR_SK] = cr_str_of("");
    row.value[CR_GROUP_UUID] = cr_uuid_str(group);
    row.value[CR_TEXT] = cr_str_of("");
    row.value[CR_USER_UUID] = cr_uuid_str(&group_rows->members.uuid[other]);
    row.value[CR_DISPLAY_NAME] = cr_str_of("");
    row.value[CR_HANDLE] = cr_str_of("");
    row.value[CR_MEMBER_UUIDS] = group_rows->list;
    return row;
}

void cr_group_rows_restore(const cr_uuid *group, cr_group_rows *group_rows)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (!cr_row_exists(&group_rows->row[i])) {
            group_rows->row[i] = restored_row(group, group_rows, i);
        }
    }
}

bool cr_group_rows_have_restored(const cr_group_rows *group_rows)
{
    for (size_t i = 0; i < group_rows->members.count; i++) {
        if (cr_row_is_restored(&group_rows->row[i])) {
            return true;
        }
    }
    return false;
}
