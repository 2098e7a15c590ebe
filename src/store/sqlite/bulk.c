/* SPDX-License-Identifier: MIT */
/* Loading rows in bulk: all of a load is one transaction. */
#include "model/item.h"
#include "store/sqlite/txn.h"

#define ROWS_PER_DEADLINE_CHECK 256

/* The key of a row to load is taken: by the same row? */
static cruddur_status judge_taken(cr_sqlite_txn *txn, const cr_row *row, bool replaces,
                                  cr_fate *fate)
{
    cr_row there;
    cr_key key = cr_row_key(row);
    cruddur_status status = txn->base.ops->get(&txn->base, &key, 1, &there);
    if (status != CRUDDUR_OK) {
        return status;
    }
    if (cr_item_is_same(&there, row) && cr_item_has_same_others(&there, row)) {
        *fate = CR_FATE_SAME;
    } else {
        *fate = replaces ? CR_FATE_REPLACED : CR_FATE_TAKEN;
    }
    return *fate == CR_FATE_REPLACED ? txn->base.ops->replace(&txn->base, &there, row) : CRUDDUR_OK;
}

static cruddur_status load_row(cr_sqlite_txn *txn, const cr_row *row, bool replaces, cr_fate *fate)
{
    *fate = CR_FATE_PUT;
    cruddur_status status = txn->base.ops->put(&txn->base, row);
    return status == CRUDDUR_E_CONFLICT ? judge_taken(txn, row, replaces, fate) : status;
}

cruddur_status cr_sqlite_bulk_load(cr_sqlite_txn *txn, const cr_row *rows, size_t count,
                                   const cr_load_options *options, cr_loaded *loaded)
{
    cr_fate fate;
    cruddur_status status = cr_call_check_deadline(txn->base.call);
    *loaded = (cr_loaded){0};
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        status = load_row(txn, &rows[i], options != NULL && options->replaces, &fate);
        if (status == CRUDDUR_OK) {
            cr_loaded_count(loaded, options, i, fate);
        }
        if (status == CRUDDUR_OK && i % ROWS_PER_DEADLINE_CHECK == 0) {
            status = cr_call_check_deadline(txn->base.call);
        }
    }
    return status;
}
