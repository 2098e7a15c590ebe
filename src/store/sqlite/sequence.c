/* SPDX-License-Identifier: MIT */
#include "store/sqlite/sequence.h"

#include "base/array.h"
#include "base/print.h"
#include "model/store_row.h"
#include "store/sqlite/failure.h"

/* A change that writes more than this has several entries. */
#define ENTRY_MAX ((size_t)32 * 1024)
/* So many entries are removed at once. */
#define REMOVED_AT_ONCE 64

#define FIRST_KEYS 64

/* An entry is a list of keys: each the size of its partition key, that key, and the same of the
 * sort key. Sizes have two bytes, the higher one first. Rows of one message follow each other, so a
 * sort key that is the one before has the size 0 and no text; no sort key is empty. */
static void add_text(cr_buffer *entry, cr_str text)
{
    char size[2] = {(char)(unsigned char)(text.size >> 8), (char)(unsigned char)(text.size & 0xff)};
    cr_buffer_add(entry, (cr_str){size, sizeof(size)});
    cr_buffer_add(entry, text);
}

static bool take_text(cr_str *rest, cr_str *text)
{
    if (rest->size < 2) {
        return false;
    }
    size_t size = (size_t)(unsigned char)rest->data[0] << 8 | (unsigned char)rest->data[1];
    if (rest->size - 2 < size) {
        return false;
    }
    *text = (cr_str){rest->data + 2, size};
    *rest = (cr_str){rest->data + 2 + size, rest->size - 2 - size};
    return true;
}

/* ---- statements ---- */

static cr_str column_blob(sqlite3_stmt *statement, int column)
{
    const char *data = sqlite3_column_blob(statement, column);
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    return data == NULL ? (cr_str){"", 0} : (cr_str){data, size};
}

static sqlite3_stmt *statement_of(const cr_sqlite_txn *txn, cr_statement which, int *code)
{
    sqlite3_stmt *statement = cr_connection_statement(txn->connection, which);
    *code = statement == NULL ? sqlite3_extended_errcode(txn->connection->db) : SQLITE_OK;
    return statement;
}

static int step_once(sqlite3_stmt *statement, int code)
{
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        (void)sqlite3_reset(statement); /* says again what step said */
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* ---- writing ---- */

static cruddur_status fail_writing(const cr_sqlite_txn *txn, int code)
{
    return cr_connection_fail(txn->connection, code, "writing to", txn->base.call->error);
}

static cruddur_status fail_fenced(const cr_sqlite_txn *txn)
{
    return cr_fail_with(txn->base.call->error, CRUDDUR_E_STORE_FENCED,
                        "%.*s has been moved to another store, and takes no more writes",
                        CR_STORE_PATH(txn->connection->place->path));
}

/* What the rows about the store say. */
typedef struct store_state {
    bool is_fenced;
    bool is_followed; /* by a move, or by watches: changes have to be kept */
    bool has_move;    /* which may have ended */
} store_state;

static void note_store_row(store_state *state, sqlite3_stmt *statement)
{
    cr_str pk = column_blob(statement, 0);
    bool is_move = cr_str_equal(pk, cr_str_of(CR_MOVE_PK));
    bool is_source = is_move && sqlite3_column_type(statement, 1) != SQLITE_NULL;
    state->has_move = state->has_move || is_move;
    state->is_fenced = state->is_fenced || cr_str_equal(pk, cr_str_of(CR_FENCE_PK));
    state->is_followed =
        state->is_followed || is_source || cr_str_equal(pk, cr_str_of(CR_WATCH_PK));
}

static int read_state(const cr_sqlite_txn *txn, store_state *state)
{
    int code;
    sqlite3_stmt *statement = statement_of(txn, CR_STATEMENT_STORE_ROWS, &code);
    *state = (store_state){false, false, false};
    if (code != SQLITE_OK) {
        return code;
    }
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        note_store_row(state, statement);
    }
    (void)sqlite3_reset(statement); /* says again what step said */
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Every so often the oldest entries are removed: somewhat more than have come since. */
static int remove_old(const cr_sqlite_txn *txn)
{
    int code;
    int64_t newest = sqlite3_last_insert_rowid(txn->connection->db);
    if (newest % REMOVED_AT_ONCE != 0 || newest <= CR_SEQUENCE_KEPT) {
        return SQLITE_OK;
    }
    sqlite3_stmt *statement = statement_of(txn, CR_STATEMENT_SEQUENCE_REMOVE, &code);
    if (code == SQLITE_OK) {
        code = sqlite3_bind_int64(statement, 1, newest - CR_SEQUENCE_KEPT);
    }
    return step_once(statement, code);
}

static int append_entry(const cr_sqlite_txn *txn)
{
    int code;
    const cr_buffer *entry = txn->written;
    sqlite3_stmt *statement = statement_of(txn, CR_STATEMENT_SEQUENCE_ADD, &code);
    if (code == SQLITE_OK) {
        code = sqlite3_bind_blob64(statement, 1, entry->data, entry->size, SQLITE_STATIC);
    }
    code = step_once(statement, code);
    return code == SQLITE_OK ? remove_old(txn) : code;
}

/* When the last one who followed has gone. */
static int clear(const cr_sqlite_txn *txn)
{
    int code;
    sqlite3_stmt *statement = statement_of(txn, CR_STATEMENT_SEQUENCE_CLEAR, &code);
    return step_once(statement, code);
}

static cruddur_status write_entry(cr_sqlite_txn *txn)
{
    store_state state;
    int code = read_state(txn, &state);
    if (code == SQLITE_OK && state.is_fenced && txn->writes_others) {
        return fail_fenced(txn);
    }
    if (code == SQLITE_OK && state.is_followed) {
        code = append_entry(txn);
    } else if (code == SQLITE_OK && !state.has_move && !txn->writes_others) {
        code = clear(txn);
    }
    return code == SQLITE_OK ? CRUDDUR_OK : fail_writing(txn, code);
}

void cr_sequence_restart(cr_sqlite_txn *txn)
{
    txn->written->size = 0;
    txn->written->failed = false;
    txn->writes_others = false;
    txn->last_sk.size = 0;
}

/* The last sort key is in the entry, whose place in memory may change. */
static bool is_last_sk(const cr_sqlite_txn *txn, cr_str sk)
{
    return txn->last_sk.size == sk.size &&
           memcmp(txn->written->data + txn->last_sk.at, sk.data, sk.size) == 0;
}

cruddur_status cr_sequence_note(cr_sqlite_txn *txn, cr_key key)
{
    cr_buffer *entry = txn->written;
    txn->writes_others = txn->writes_others || !cr_is_store_row(key);
    add_text(entry, key.pk);
    if (is_last_sk(txn, key.sk)) {
        add_text(entry, cr_str_of(""));
    } else {
        add_text(entry, key.sk);
        txn->last_sk.at = entry->size - key.sk.size;
        txn->last_sk.size = key.sk.size;
    }
    if (entry->failed) {
        return cr_fail_memory(txn->base.call->error);
    }
    if (entry->size < ENTRY_MAX) {
        return CRUDDUR_OK;
    }
    cruddur_status status = write_entry(txn);
    entry->size = 0;
    txn->last_sk.size = 0;
    return status;
}

cruddur_status cr_sequence_end(cr_sqlite_txn *txn)
{
    return txn->written->size == 0 ? CRUDDUR_OK : write_entry(txn);
}

/* ---- reading ---- */

typedef struct reading {
    const cr_sequence_request *request;
    size_t capacity;
} reading;

static bool add_key(reading *now, cr_str pk, cr_str sk)
{
    cr_changed_keys *changed = now->request->changed;
    cr_arena *arena = now->request->arena;
    cr_key *grown = cr_array_grow_in(arena, changed->keys, changed->count, &now->capacity,
                                     FIRST_KEYS, sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    changed->keys = grown;
    cr_key *key = &changed->keys[changed->count++];
    *key = (cr_key){cr_arena_copy(arena, pk), cr_arena_copy(arena, sk)};
    return key->pk.data != NULL && key->sk.data != NULL;
}

static int add_entry(reading *now, cr_str entry)
{
    cr_str pk;
    cr_str sk = {"", 0};
    while (entry.size > 0) {
        cr_str next;
        if (!take_text(&entry, &pk) || !take_text(&entry, &next)) {
            return SQLITE_CORRUPT;
        }
        sk = next.size == 0 ? sk : next;
        if (!add_key(now, pk, sk)) {
            return SQLITE_NOMEM;
        }
    }
    return SQLITE_OK;
}

static int read_entries(const cr_sqlite_txn *txn, const cr_sequence_request *request)
{
    int code;
    reading now = {request, 0};
    sqlite3_stmt *statement = statement_of(txn, CR_STATEMENT_SEQUENCE_READ, &code);
    if (code == SQLITE_OK) {
        code = sqlite3_bind_int64(statement, 1, request->after);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_bind_int64(statement, 2, (sqlite3_int64)request->limit);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    while (code == SQLITE_ROW) {
        request->changed->last = sqlite3_column_int64(statement, 0);
        code = add_entry(&now, column_blob(statement, 1));
        code = code == SQLITE_OK ? sqlite3_step(statement) : code;
    }
    if (statement != NULL) {
        (void)sqlite3_reset(statement); /* says again what step said */
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int read_bounds(const cr_sqlite_txn *txn, const cr_sequence_request *request)
{
    int code;
    sqlite3_stmt *statement = statement_of(txn, CR_STATEMENT_SEQUENCE_BOUNDS, &code);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code == SQLITE_ROW) {
        int64_t oldest = sqlite3_column_int64(statement, 0);
        request->changed->newest = sqlite3_column_int64(statement, 1);
        /* The newest entry is never removed, so a file whose sequence ends earlier is another. */
        request->changed->is_cut =
            request->after > request->changed->newest || request->after < oldest - 1;
        code = SQLITE_OK;
    }
    if (statement != NULL) {
        (void)sqlite3_reset(statement);
    }
    return code;
}

cruddur_status cr_sequence_read(cr_txn *base, void *context)
{
    const cr_sequence_request *request = context;
    const cr_sqlite_txn *txn = (const cr_sqlite_txn *)base;
    *request->changed = (cr_changed_keys){.last = request->after};
    int code = read_bounds(txn, request);
    if (code == SQLITE_OK && !request->changed->is_cut) {
        code = read_entries(txn, request);
    }
    return code == SQLITE_OK
               ? CRUDDUR_OK
               : cr_connection_fail(txn->connection, code, "reading", base->call->error);
}
