/* SPDX-License-Identifier: MIT */
/* Two messages of a group with one uuid: which of them the uuid's claim means, and whether the
 * other one can go. */
#include "messaging/find.h"
#include "messaging/inspect.h"
#include "messaging/rows.h"

typedef struct looking {
    cr_twin *twin;
    bool removes;
} looking;

/* In all but their keys and the marks of their latest changes. */
static bool are_same(const cr_row *a, const cr_row *b)
{
    for (size_t i = 0; i < CR_ATTRIBUTE_COUNT; i++) {
        bool is_compared = i != CR_SK && i != CR_VERSION;
        if (is_compared && ((a->value[i].data == NULL) != (b->value[i].data == NULL) ||
                            !cr_str_equal(a->value[i], b->value[i]))) {
            return false;
        }
    }
    return true;
}

/* The message where the claim leads; absent throughout if it leads elsewhere. */
static cruddur_status find_claimed(cr_txn *txn, const cr_pk *pk, cr_twin *twin, const cr_row *row,
                                   cr_row *claimed)
{
    cr_claim claim;
    cr_str group = cr_uuid_str(&twin->group);
    *claimed = (cr_row){0};
    cruddur_status status = txn->ops->find_claim(txn, row->value[CR_MESSAGE_UUID], group, &claim);
    bool is_known = status == CRUDDUR_OK && claim.sk.data != NULL && !claim.is_ahead &&
                    cr_str_equal(claim.group, group);
    if (!is_known) {
        return status;
    }
    if (cr_str_equal(claim.sk, row->value[CR_SK])) {
        twin->claim = CR_TWIN_IS_CLAIMED;
        return CRUDDUR_OK;
    }
    status = cr_rows_get_message(txn, pk, claim.sk, claimed);
    bool is_other = status == CRUDDUR_OK && cr_row_exists(claimed) &&
                    cr_str_equal(claimed->value[CR_MESSAGE_UUID], row->value[CR_MESSAGE_UUID]);
    twin->claim = is_other ? CR_TWIN_OTHER_IS_CLAIMED : CR_TWIN_UNCLAIMED;
    return status;
}

/* Group rows may be at the newest message, and only move forward: so it stays. */
static cruddur_status look_body(cr_txn *txn, void *context)
{
    looking *now = context;
    cr_twin *twin = now->twin;
    cr_pk pk = cr_pk_of_group(&twin->group);
    cr_row row;
    cr_row head;
    cr_row claimed;
    twin->claim = CR_TWIN_UNCLAIMED;
    twin->is_removed = false;
    cruddur_status status = cr_rows_get_message(txn, &pk, twin->sk, &row);
    if (status != CRUDDUR_OK || !cr_row_exists(&row) || row.value[CR_MESSAGE_UUID].data == NULL) {
        return status;
    }
    status = find_claimed(txn, &pk, twin, &row, &claimed);
    bool is_redundant = twin->claim == CR_TWIN_OTHER_IS_CLAIMED && are_same(&row, &claimed);
    if (status != CRUDDUR_OK || !is_redundant || !now->removes) {
        return status;
    }
    status = cr_group_find_head(txn, &twin->group, &head);
    if (status != CRUDDUR_OK || cr_str_compare(head.value[CR_SK], twin->sk) <= 0) {
        return status;
    }
    twin->is_removed = true;
    status = txn->ops->require(txn, &claimed);
    return status == CRUDDUR_OK ? txn->ops->remove(txn, &row) : status;
}

cruddur_status cr_look_at_twin(cr_store *store, cr_twin *twin, bool removes, cr_call *call)
{
    looking now = {twin, removes};
    return removes ? store->ops->change(store, look_body, &now, call)
                   : store->ops->read(store, look_body, &now, call);
}
