/* SPDX-License-Identifier: MIT */
#include "messaging/mark.h"

#include "model/marker.h"

/* The message before this one, also if it is deleted: the marker goes there. */
static cruddur_status find_before(cr_txn *txn, const cr_uuid *group, cr_str sk, cr_str *before_sk)
{
    cr_row before;
    cr_pk pk = cr_pk_of_group(group);
    /* The bound itself may be read as well. */
    cr_query query = {
        .partition = cr_pk_str(&pk), .upper = {sk, false}, .descending = true, .expected = 2};
    cruddur_status status = cr_rows_find(txn, &query, CR_PK, cr_pk_str(&pk), &before);
    *before_sk = cr_row_exists(&before) ? before.value[CR_SK] : cr_str_of(CR_READ_NOTHING);
    return status;
}

static cruddur_status mark_unread(cr_txn *txn, const cr_own_change *change, cr_own_found *found)
{
    cr_str before_sk;
    cr_str sk = found->lookup.row.value[CR_SK];
    if (cr_str_compare(cr_row_marker(&found->row), sk) < 0) {
        return CRUDDUR_OK;
    }
    cruddur_status status = find_before(txn, change->group, sk, &before_sk);
    if (status == CRUDDUR_OK) {
        cr_row_set_marker(&found->row, before_sk);
    }
    return status;
}

/* Without any message the group row tells where the newest was. */
static cr_str newest_of(const cr_own_found *found)
{
    return cr_row_exists(&found->group.head) ? found->group.head.value[CR_SK]
                                             : cr_row_place(&found->row);
}

static cruddur_status mark_read(cr_txn *txn, const cr_own_change *change, cr_own_found *found)
{
    cr_str sk = change->message != NULL ? found->lookup.row.value[CR_SK] : newest_of(found);
    (void)txn;
    if (cr_str_compare(sk, cr_row_marker(&found->row)) > 0) {
        cr_row_set_marker(&found->row, sk);
    }
    return CRUDDUR_OK;
}

/* Where a row is behind the head, a message of the member's own, which is not at the row yet, would
 * raise the marker again. */
cruddur_status cr_mark(cr_store *store, const cr_marking *marking, cr_call *call,
                       cr_packed_row **ret_group)
{
    const cr_own_change change = {.group = marking->group,
                                  .member = marking->member,
                                  .message = marking->message,
                                  .arguments = marking->arguments,
                                  .edit = marking->is_unread ? mark_unread : mark_read,
                                  .goes_by_head = marking->is_unread,
                                  .goes_by_key = !marking->is_unread};
    return cr_own_row_change(store, &change, call, ret_group);
}
