/* SPDX-License-Identifier: MIT */
#include "store/sqlite/absence.h"

/* Without memory for a copy, or beyond this number, absences are believed. */
void cr_absence_note(cr_sqlite_txn *txn, cr_str pk, cr_str sk)
{
    if (txn->absence_count == CR_ABSENCES_MAX) {
        return;
    }
    cr_key copy = {cr_arena_copy(txn->base.arena, pk), cr_arena_copy(txn->base.arena, sk)};
    if (copy.pk.data != NULL && copy.sk.data != NULL) {
        txn->absences[txn->absence_count++] = copy;
    }
}

/* ---- the neighbours of a key ---- */

static int copy_column(cr_sqlite_txn *txn, sqlite3_stmt *statement, int column, cr_str *copy)
{
    const char *text = sqlite3_column_blob(statement, column);
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    *copy = cr_arena_copy(txn->base.arena, text == NULL ? cr_str_of("") : (cr_str){text, size});
    return copy->data == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

/* The row next to a key in one direction; absent if there is none. Returns SQLite's result code. */
static int find_next(cr_sqlite_txn *txn, cr_statement which, cr_key key, cr_key *next)
{
    sqlite3_stmt *statement = cr_connection_statement(txn->connection, which);
    *next = (cr_key){CR_STR_ABSENT, CR_STR_ABSENT};
    if (statement == NULL) {
        return sqlite3_extended_errcode(txn->connection->db);
    }
    int code = cr_connection_bind(statement, 1, key.pk);
    if (code == SQLITE_OK) {
        code = cr_connection_bind(statement, 2, key.sk);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        code = copy_column(txn, statement, 0, &next->pk);
        code = code == SQLITE_OK ? copy_column(txn, statement, 1, &next->sk) : code;
    } else if (code == SQLITE_DONE) {
        code = SQLITE_OK;
    }
    (void)sqlite3_reset(statement); /* says again what step said */
    return code;
}

static bool is_same(cr_key a, cr_key b)
{
    bool is_absent = a.pk.data == NULL || b.pk.data == NULL;
    return is_absent ? a.pk.data == b.pk.data
                     : cr_str_equal(a.pk, b.pk) && cr_str_equal(a.sk, b.sk);
}

/* SQLITE_CORRUPT if the neighbour, from its other side, has another neighbour than expected. */
static int check_back(cr_sqlite_txn *txn, cr_statement back, cr_key neighbour, cr_key expected)
{
    cr_key found;
    if (neighbour.pk.data == NULL) {
        return SQLITE_OK;
    }
    int code = find_next(txn, back, neighbour, &found);
    return code == SQLITE_OK && !is_same(found, expected) ? SQLITE_CORRUPT : code;
}

static int check_absence(cr_sqlite_txn *txn, cr_key key)
{
    cr_key before;
    cr_key after;
    int code = find_next(txn, CR_STATEMENT_BEFORE, key, &before);
    if (code == SQLITE_OK) {
        code = find_next(txn, CR_STATEMENT_AFTER, key, &after);
    }
    if (code == SQLITE_OK) {
        code = check_back(txn, CR_STATEMENT_BEFORE, after, before);
    }
    return code == SQLITE_OK ? check_back(txn, CR_STATEMENT_AFTER, before, after) : code;
}

/* ---- refusals ---- */

static bool says_that_something_is_absent(cruddur_status status)
{
    return status == CRUDDUR_E_GROUP_NOT_FOUND || status == CRUDDUR_E_GROUP_EXISTS ||
           status == CRUDDUR_E_MESSAGE_NOT_FOUND;
}

cruddur_status cr_absence_confirm(cr_sqlite_txn *txn, cruddur_status status)
{
    int code = SQLITE_OK;
    if (!says_that_something_is_absent(status)) {
        return status;
    }
    for (size_t i = 0; code == SQLITE_OK && i < txn->absence_count; i++) {
        code = check_absence(txn, txn->absences[i]);
    }
    if (code == SQLITE_OK) {
        return status;
    }
    cr_error_discard(txn->base.call->error);
    return cr_connection_fail(txn->connection, code, "reading", txn->base.call->error);
}
