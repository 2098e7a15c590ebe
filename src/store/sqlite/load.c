/* SPDX-License-Identifier: MIT */
#include "store/sqlite/load.h"

#include "store/sqlite/failure.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/txn.h"

static cr_connection *connection_of(cr_txn *txn)
{
    return ((cr_sqlite_txn *)txn)->connection;
}

static cruddur_status compare(cr_txn *txn, cr_difference_sink sink, void *context)
{
    int code = cr_sqlite_schema_compare(connection_of(txn), sink, context);
    return code == SQLITE_OK ? CRUDDUR_OK
                             : cr_connection_fail(connection_of(txn), code,
                                                  "looking at the schema of", txn->call->error);
}

/* ---- verify ---- */

static int add_line(void *context, const cr_difference *difference)
{
    cr_lines_add(context, "%s", difference->line);
    return SQLITE_OK;
}

cruddur_status cr_load_verify(cr_txn *txn, void *context)
{
    return compare(txn, add_line, context);
}

/* ---- load ---- */

static int note_need(void *context, const cr_difference *difference)
{
    bool *is_ready = context;
    *is_ready = *is_ready && difference->is_foreign;
    return SQLITE_OK;
}

cruddur_status cr_load_check(cr_txn *txn, void *context)
{
    bool *is_ready = context;
    *is_ready = true;
    return compare(txn, note_need, is_ready);
}

typedef struct restoring {
    cr_txn *txn;
    cruddur_status status;
} restoring;

static int restore_part(void *context, const cr_difference *difference)
{
    restoring *now = context;
    cr_connection *connection = connection_of(now->txn);
    if (difference->is_foreign || now->status != CRUDDUR_OK) {
        return SQLITE_OK;
    }
    if (difference->remedy != NULL) {
        cr_log_line(&now->txn->call->logger, CRUDDUR_LOG_INFO, "%.*s: %s",
                    CR_STORE_PATH(connection->place->path), difference->remedy);
        return sqlite3_exec(connection->db, difference->remedy, NULL, NULL, NULL);
    }
    now->status = cr_fail_with(now->txn->call->error, CRUDDUR_E_TABLE_SHAPE,
                               "%.*s: %s, and `cruddur schema load` cannot change that",
                               CR_STORE_PATH(connection->place->path), difference->line);
    return SQLITE_OK;
}

cruddur_status cr_load_restore(cr_txn *txn, void *context)
{
    (void)context;
    restoring now = {txn, CRUDDUR_OK};
    cruddur_status status =
        cr_sqlite_schema_restore(connection_of(txn), &txn->call->logger, txn->call->error);
    if (status == CRUDDUR_OK) {
        status = compare(txn, restore_part, &now);
    }
    return status == CRUDDUR_OK ? now.status : status;
}

/* ---- list, drop ---- */

static int add_names(sqlite3_stmt *names, cr_lines *tables)
{
    int code = sqlite3_step(names);
    while (code == SQLITE_ROW) {
        const unsigned char *name = sqlite3_column_text(names, 0);
        if (name == NULL) {
            return SQLITE_NOMEM;
        }
        cr_lines_add(tables, "%s", (const char *)name);
        code = sqlite3_step(names);
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

cruddur_status cr_load_list(cr_txn *txn, void *context)
{
    static const char text[] = "SELECT name FROM sqlite_schema WHERE type = 'table'"
                               " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                               " AND name <> '" CR_SQLITE_SEQUENCE "' ORDER BY name";
    cr_connection *connection = connection_of(txn);
    sqlite3_stmt *names = NULL;
    int code = sqlite3_prepare_v2(connection->db, text, -1, &names, NULL);
    if (code == SQLITE_OK) {
        code = add_names(names, context);
    }
    (void)sqlite3_finalize(names); /* says again what step said */
    return code == SQLITE_OK
               ? CRUDDUR_OK
               : cr_connection_fail(connection, code, "looking at the schema of", txn->call->error);
}

cruddur_status cr_load_drop(cr_txn *txn, void *context)
{
    (void)context;
    bool was_there = false;
    cr_connection *connection = connection_of(txn);
    int code = cr_sqlite_schema_drop(connection, &was_there);
    if (code != SQLITE_OK) {
        return cr_connection_fail(connection, code, "dropping", txn->call->error);
    }
    return was_there
               ? CRUDDUR_OK
               : cr_fail_with(txn->call->error, CRUDDUR_E_TABLE_MISSING, "%.*s has no table %s",
                              CR_STORE_PATH(connection->place->path), CR_SQLITE_TABLE);
}
