/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/fence.h"

#include "base/clock.h"
#include "base/print.h"
#include "model/store_row.h"

bool cr_fence_is_due(const cr_dynamodb_txn *txn)
{
    int64_t unfenced_at_us = atomic_load(&txn->table->unfenced_at_us);
    return txn->is_change &&
           (unfenced_at_us == 0 || cr_clock_monotonic_us() - unfenced_at_us >= CR_FENCE_US);
}

cruddur_status cr_fence_judge(cr_dynamodb_txn *txn, const cr_row *row, int64_t asked_at_us)
{
    if (cr_row_exists(row)) {
        return cr_fail_with(txn->base.call->error, CRUDDUR_E_STORE_FENCED,
                            "table %.*s has been moved to another store, and takes no more writes",
                            CR_CUT(txn->table->names.table.data, 255));
    }
    atomic_store(&txn->table->unfenced_at_us, asked_at_us);
    return CRUDDUR_OK;
}

static bool writes_store_row(const cr_dynamodb_txn *txn)
{
    for (size_t i = 0; i < txn->write_count; i++) {
        if (cr_is_store_row(cr_row_key(&txn->write[i].row))) {
            return true;
        }
    }
    return false;
}

cruddur_status cr_fence_check(cr_dynamodb_txn *txn)
{
    cr_row row;
    const cr_key key = cr_store_row_key(CR_FENCE_PK);
    if (!cr_fence_is_due(txn) || writes_store_row(txn)) {
        return CRUDDUR_OK;
    }
    int64_t asked_at_us = cr_clock_monotonic_us();
    cruddur_status status = txn->base.ops->get(&txn->base, &key, 1, &row);
    return status == CRUDDUR_OK ? cr_fence_judge(txn, &row, asked_at_us) : status;
}
