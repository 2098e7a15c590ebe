/* SPDX-License-Identifier: MIT */
#include "store/dynamodb/fence.h"

#include "base/clock.h"
#include "base/print.h"
#include "model/store_row.h"

static bool is_older_than(const cr_dynamodb *table, int64_t age_us)
{
    int64_t unfenced_at_us = atomic_load(&table->unfenced_at_us);
    return unfenced_at_us == 0 || cr_clock_monotonic_us() - unfenced_at_us >= age_us;
}

static bool is_unknown(const cr_dynamodb *table)
{
    return is_older_than(table, CR_FENCE_US);
}

bool cr_fence_is_due(const cr_dynamodb_txn *txn)
{
    return txn->is_change && is_unknown(txn->table);
}

bool cr_fence_is_due_soon(const cr_dynamodb_txn *txn)
{
    return txn->is_change && is_older_than(txn->table, CR_FENCE_US / 2);
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

static bool writes_only_store_rows(const cr_dynamodb_txn *txn)
{
    for (size_t i = 0; i < txn->write_count; i++) {
        if (!cr_is_store_row(cr_row_key(&txn->write[i].row))) {
            return false;
        }
    }
    return true;
}

static cruddur_status look_body(cr_txn *txn, void *context)
{
    cr_row row;
    const cr_key key = cr_store_row_key(CR_FENCE_PK);
    int64_t asked_at_us = cr_clock_monotonic_us();
    cruddur_status status = txn->ops->get(txn, &key, 1, &row);
    (void)context;
    return status == CRUDDUR_OK ? cr_fence_judge((cr_dynamodb_txn *)txn, &row, asked_at_us)
                                : status;
}

cruddur_status cr_fence_check(cr_dynamodb_txn *txn)
{
    return cr_fence_is_due(txn) && !writes_only_store_rows(txn) ? look_body(&txn->base, NULL)
                                                                : CRUDDUR_OK;
}

cruddur_status cr_fence_look(cr_store *store, cr_call *call)
{
    return is_unknown((cr_dynamodb *)store) ? store->ops->read(store, look_body, NULL, call)
                                            : CRUDDUR_OK;
}
