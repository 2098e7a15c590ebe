/* SPDX-License-Identifier: MIT */
#include "messaging/headless.h"

#include "base/clock.h"
#include "model/expiry.h"

/* Of the rows that the index shows the one at the newest message; NULL where there is none. */
static const cr_row *newest_of(const cr_rows *told)
{
    const cr_row *newest = NULL;
    for (size_t i = 0; i < told->count; i++) {
        const cr_row *row = &told->row[i];
        if (newest == NULL || cr_str_compare(cr_row_place(row), cr_row_place(newest)) > 0) {
            newest = row;
        }
    }
    return newest;
}

/* What the index does not show yet, of a group that is there as it has a card. */
static cruddur_status ask_partition(cr_txn *txn, const cr_uuid *member, cr_group *group)
{
    cr_row row;
    cr_pk pk = cr_pk_of_member(member);
    bool is_needed = group->told.count == 0 && !cr_row_exists(&group->head) &&
                     cr_row_exists(&group->card.row) &&
                     (txn->traits & CR_TRAIT_INDEX_CONSISTENT) == 0;
    if (!is_needed) {
        return CRUDDUR_OK;
    }
    cruddur_status status =
        cr_group_search_partition(txn, cr_uuid_str(&group->uuid), &pk, CR_STR_ABSENT, &row);
    bool is_added = status != CRUDDUR_OK || !cr_row_exists(&row) || cr_rows_add(&group->told, &row);
    return is_added ? status : cr_fail_memory(txn->call->error);
}

static cruddur_status make_head(const cr_txn *txn, const cr_row *group_row, cr_group *group)
{
    cr_pk pk = cr_pk_of_group(&group->uuid);
    group->head = (cr_row){0};
    group->head.value[CR_PK] = cr_arena_copy(txn->arena, cr_pk_str(&pk));
    group->head.value[CR_SK] = cr_row_place(group_row);
    group->head.value[CR_TEXT] = cr_str_of("");
    group->head.value[CR_EXPIRES_AT] = group_row->value[CR_HEAD_EXPIRES_AT];
    group->is_head_gone = true;
    return group->head.value[CR_PK].data == NULL ? cr_fail_memory(txn->call->error) : CRUDDUR_OK;
}

/* As the table has it: what is the member's own may have changed since, in its place. */
static cruddur_status read_own(cr_txn *txn, const cr_uuid *member, cr_group *group)
{
    cr_pk pk = cr_pk_of_member(member);
    for (size_t i = 0; i < group->told.count; i++) {
        const cr_row *row = &group->told.row[i];
        if (cr_str_equal(row->value[CR_PK], cr_pk_str(&pk)) &&
            cr_str_equal(cr_row_place(row), group->head.value[CR_SK])) {
            cr_key key = cr_row_key(row);
            return cr_rows_get(txn, cr_uuid_str(&group->uuid), &key, 1, &group->own);
        }
    }
    return CRUDDUR_OK;
}

cruddur_status cr_headless_look(cr_txn *txn, const cr_uuid *member, cr_group *group)
{
    cruddur_status status = cr_group_ask_index(txn, group);
    if (status == CRUDDUR_OK) {
        status = ask_partition(txn, member, group);
    }
    const cr_row *newest = status == CRUDDUR_OK ? newest_of(&group->told) : NULL;
    bool is_gone = newest != NULL && cr_head_has_expired(newest, cr_clock_now_us()) &&
                   cr_str_compare(cr_row_place(newest), group->head.value[CR_SK]) > 0;
    if (is_gone) {
        status = make_head(txn, newest, group);
    }
    return is_gone && status == CRUDDUR_OK ? read_own(txn, member, group) : status;
}
