/* SPDX-License-Identifier: MIT */
/* Loading rows in bulk: all of a load is one transaction. */
#include "model/item.h"
#include "model/kind.h"
#include "model/store_row.h"
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

/* ---- twins ---- */

/* Whether a statement finds a row. */
static cruddur_status find(const cr_sqlite_txn *txn, cr_statement which, const cr_str *values,
                           int count, bool *is_found)
{
    cr_connection *connection = txn->connection;
    sqlite3_stmt *statement = cr_connection_statement(connection, which);
    int code = statement == NULL ? sqlite3_extended_errcode(connection->db) : SQLITE_OK;
    for (int i = 0; code == SQLITE_OK && i < count; i++) {
        code = cr_connection_bind(statement, i + 1, values[i]);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        (void)sqlite3_reset(statement); /* says again what step said */
    }
    *is_found = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? CRUDDUR_OK
               : cr_connection_fail(connection, code, "reading", txn->base.call->error);
}

/* Whether the user has another row of the same group. */
static cruddur_status find_twin(const cr_sqlite_txn *txn, const cr_row *row, bool *has_twin)
{
    const cr_str keys[] = {row->value[CR_GROUP_UUID], row->value[CR_PK], row->value[CR_SK]};
    return find(txn, CR_STATEMENT_FIND_TWIN, keys, 3, has_twin);
}

/* Changes make no twins, so listings do not look for them unless a load has brought some. */
static cruddur_status note_twins(cr_sqlite_txn *txn)
{
    cr_row note = {0};
    note.value[CR_PK] = cr_str_of(CR_TWINS_PK);
    note.value[CR_SK] = cr_str_of(CR_STORE_SK);
    cruddur_status status = txn->base.ops->put(&txn->base, &note);
    return status == CRUDDUR_E_CONFLICT ? CRUDDUR_OK : status; /* noted before */
}

static cruddur_status read_note(cr_txn *base, cr_row *note, bool *is_needless)
{
    bool has_twins = false;
    const cr_key key = cr_store_row_key(CR_TWINS_PK);
    cruddur_status status = base->ops->get(base, &key, 1, note);
    bool is_there = status == CRUDDUR_OK && cr_row_exists(note);
    if (is_there) {
        status = find((const cr_sqlite_txn *)base, CR_STATEMENT_FIND_TWINS, NULL, 0, &has_twins);
    }
    *is_needless = is_there && status == CRUDDUR_OK && !has_twins;
    return status;
}

cruddur_status cr_twins_check(cr_txn *txn, void *context)
{
    cr_row note;
    return read_note(txn, &note, context);
}

cruddur_status cr_twins_forget(cr_txn *txn, void *context)
{
    cr_row note;
    bool is_needless;
    (void)context;
    cruddur_status status = read_note(txn, &note, &is_needless);
    return status == CRUDDUR_OK && is_needless ? txn->ops->remove(txn, &note) : status;
}

static cruddur_status look_for_twin(cr_sqlite_txn *txn, const cr_row *row, cr_fate fate)
{
    bool has_twin = false;
    bool is_written = fate == CR_FATE_PUT || fate == CR_FATE_REPLACED;
    if (!is_written || cr_row_kind(row) != CR_KIND_GROUP_ROW) {
        return CRUDDUR_OK;
    }
    cruddur_status status = find_twin(txn, row, &has_twin);
    return status == CRUDDUR_OK && has_twin ? note_twins(txn) : status;
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
            status = look_for_twin(txn, &rows[i], fate);
        }
        if (status == CRUDDUR_OK) {
            cr_loaded_count(loaded, options, i, fate);
        }
        if (status == CRUDDUR_OK && i % ROWS_PER_DEADLINE_CHECK == 0) {
            status = cr_call_check_deadline(txn->base.call);
        }
    }
    return status;
}
