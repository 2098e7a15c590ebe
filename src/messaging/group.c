/* SPDX-License-Identifier: MIT */
#include "messaging/group.h"

#include <stdlib.h>

/* How often a look-up starts again because the head moved under it. */
#define LOOKS_MAX 8

/* How far down in an inbox a group is that was written to lately. */
#define INBOX_TOP 32

/* ---- members ---- */

static int compare_uuids(const void *a, const void *b)
{
    return cr_uuid_compare(a, b);
}

bool cr_members_sort(cr_members *members)
{
    qsort(members->uuid, members->count, sizeof(members->uuid[0]), compare_uuids);
    for (size_t i = 1; i < members->count; i++) {
        if (cr_uuid_compare(&members->uuid[i - 1], &members->uuid[i]) == 0) {
            return false;
        }
    }
    return true;
}

size_t cr_members_find(const cr_members *members, const cr_uuid *uuid)
{
    size_t i = 0;
    while (i < members->count && cr_uuid_compare(&members->uuid[i], uuid) != 0) {
        i++;
    }
    return i;
}

/* "uuid,uuid,…" */
static bool read_member_list(cr_str list, cr_members *members)
{
    size_t count = (list.size + 1) / (CR_UUID_LENGTH + 1);
    members->count = 0;
    if (count > CRUDDUR_MEMBERS_MAX || list.size + 1 != count * (CR_UUID_LENGTH + 1)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const char *at = list.data + i * (CR_UUID_LENGTH + 1);
        bool is_separated = i == 0 || at[-1] == ',';
        if (!is_separated || !cr_uuid_parse((cr_str){at, CR_UUID_LENGTH}, &members->uuid[i])) {
            return false;
        }
    }
    members->count = count;
    return true;
}

bool cr_members_of_row(const cr_row *group_row, cr_members *members)
{
    bool is_read;
    cr_uuid owner;
    if (group_row->value[CR_MEMBER_UUIDS].size > 0) {
        is_read = read_member_list(group_row->value[CR_MEMBER_UUIDS], members);
    } else {
        members->count = 2;
        is_read = cr_uuid_parse(cr_pk_suffix(group_row->value[CR_PK]), &members->uuid[0]) &&
                  cr_uuid_parse(group_row->value[CR_USER_UUID], &members->uuid[1]);
    }
    return is_read && members->count >= CRUDDUR_MEMBERS_MIN && cr_members_sort(members) &&
           cr_uuid_parse(cr_pk_suffix(group_row->value[CR_PK]), &owner) &&
           cr_members_find(members, &owner) < members->count;
}

/* ---- rows ---- */

static cruddur_status find_newest(cr_txn *txn, const cr_query *where, cr_attribute attribute,
                                  cr_str value, cr_row *found)
{
    cr_query query = *where;
    query.descending = true;
    return cr_rows_find(txn, &query, attribute, value, found);
}

cruddur_status cr_group_find_head(cr_txn *txn, const cr_uuid *group, cr_row *head)
{
    cr_pk pk = cr_pk_of_group(group);
    cr_query messages = {.partition = cr_pk_str(&pk), .expected = 1};
    return find_newest(txn, &messages, CR_PK, cr_pk_str(&pk), head);
}

cruddur_status cr_group_read_head(cr_txn *txn, const cr_uuid *group, cr_row *head)
{
    cruddur_status status = cr_group_find_head(txn, group, head);
    if (status == CRUDDUR_OK && !cr_row_exists(head)) {
        status = cr_fail_argument(txn->call->error, CRUDDUR_E_GROUP_NOT_FOUND, "group_uuid",
                                  "there is no group %s", group->text);
    }
    return status;
}

cruddur_status cr_group_check_head(cr_txn *txn, const cr_uuid *group, const cr_row *head)
{
    cr_row now;
    cruddur_status status = cr_group_find_head(txn, group, &now);
    bool is_same = cr_str_equal(now.value[CR_SK], head->value[CR_SK]);
    return status == CRUDDUR_OK && !is_same ? CRUDDUR_E_CONFLICT : status;
}

/* The row as invariant 2 has it, by key. */
static cruddur_status get_member_row(cr_txn *txn, const cr_uuid *group, const cr_pk *pk,
                                     const cr_row *head, cr_row *row)
{
    cr_key key = {cr_pk_str(pk), head->value[CR_SK]};
    return cr_rows_get(txn, cr_uuid_str(group), &key, 1, row);
}

cruddur_status cr_group_search_partition(cr_txn *txn, cr_str group, const cr_pk *pk, cr_str last_sk,
                                         cr_row *row)
{
    cr_query inbox = {.partition = cr_pk_str(pk), .upper = {last_sk, true}, .expected = INBOX_TOP};
    return find_newest(txn, &inbox, CR_GROUP_UUID, group, row);
}

/* The row wherever it is: old rows, or a rewrite that lags behind or was interrupted. */
static cruddur_status search_member_row(cr_txn *txn, const cr_uuid *group, const cr_pk *pk,
                                        const cr_row *head, cr_row *row)
{
    cr_query members = {.index = CR_INDEX_GROUPS, .partition = cr_uuid_str(group)};
    cruddur_status status = find_newest(txn, &members, CR_PK, cr_pk_str(pk), row);
    /* At the head's key the table has none: the index lags behind. */
    bool is_gone = cr_str_equal(row->value[CR_SK], head->value[CR_SK]);
    bool is_settled =
        (cr_row_exists(row) && !is_gone) || (txn->traits & CR_TRAIT_INDEX_CONSISTENT) != 0;
    if (status == CRUDDUR_OK && !is_settled) {
        status = cr_group_search_partition(txn, cr_uuid_str(group), pk, CR_STR_ABSENT, row);
    }
    return status;
}

cruddur_status cr_group_read_member(cr_txn *txn, const cr_uuid *group, const cr_uuid *member,
                                    const char *argument, cr_row *head, cr_row *group_row)
{
    cr_pk pk = cr_pk_of_member(member);
    cr_str last_sk = CR_STR_ABSENT;
    bool is_settled = false;
    for (int look = 0; look < LOOKS_MAX && !is_settled; look++) {
        cruddur_status status = cr_group_read_head(txn, group, head);
        if (status == CRUDDUR_OK) {
            status = get_member_row(txn, group, &pk, head, group_row);
        }
        if (status == CRUDDUR_OK && !cr_row_exists(group_row)) {
            status = search_member_row(txn, group, &pk, head, group_row);
        }
        if (status != CRUDDUR_OK || cr_row_exists(group_row)) {
            return status;
        }
        /* In one snapshot there is no such row. Elsewhere it may have moved between two reads: that
         * happens once, but not twice under a head that stands still. */
        is_settled =
            (txn->traits & CR_TRAIT_SNAPSHOT) != 0 || cr_str_equal(head->value[CR_SK], last_sk);
        last_sk = head->value[CR_SK];
    }
    if (!is_settled) {
        return CRUDDUR_E_CONFLICT;
    }
    return cr_fail_argument(txn->call->error, CRUDDUR_E_NOT_A_MEMBER, argument,
                            "%s is not a member of group %s", member->text, group->text);
}

cruddur_status cr_group_read_index(cr_txn *txn, const cr_uuid *group, cr_rows *rows)
{
    cr_query query = {
        .index = CR_INDEX_GROUPS, .partition = cr_uuid_str(group), .descending = true};
    *rows = (cr_rows){.arena = txn->arena};
    return cr_rows_collect(txn, &query, SIZE_MAX, rows);
}
