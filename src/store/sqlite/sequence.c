/* SPDX-License-Identifier: MIT */
#include "store/sqlite/sequence.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/print.h"
#include "model/expiry.h"
#include "model/store_row.h"
#include "model/uuid.h"
#include "store/sqlite/failure.h"

/* A change that writes more than this has several entries. */
#define ENTRY_MAX ((size_t)32 * 1024)
/* So many entries are removed at once. */
#define REMOVED_AT_ONCE 64

#define FIRST_KEYS 64
#define US_PER_S INT64_C(1000000)

/* What was done to the row is in the two highest bits of the size of its partition key: a number of
 * cr_written, or HOW_OWN. */
#define HOW_SHIFT 14
#define SIZE_MASK 0x3fffu
#define HOW_OWN 3u

/* An entry is a list of keys: each the size of its partition key, that key, and the same of the
 * sort key. Sizes have two bytes, the higher one first. Rows of one message follow each other, so a
 * sort key that is the one before has the size 0 and no text; no sort key is empty. A member's own
 * row, which was replaced alone (HOW_OWN), is followed by the uuid of its group in the same way. */
static void add_text(cr_buffer *entry, cr_str text, unsigned bits)
{
    unsigned number = (unsigned)text.size | bits << HOW_SHIFT;
    char size[2] = {(char)(unsigned char)(number >> 8), (char)(unsigned char)(number & 0xff)};
    cr_buffer_add(entry, (cr_str){size, sizeof(size)});
    cr_buffer_add(entry, text);
}

static bool take_text(cr_str *rest, cr_str *text, unsigned *bits)
{
    if (rest->size < 2) {
        return false;
    }
    unsigned number = (unsigned)(unsigned char)rest->data[0] << 8 | (unsigned char)rest->data[1];
    size_t size = number & SIZE_MASK;
    *bits = number >> HOW_SHIFT;
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
    bool has_ended;   /* nothing has watched for long */
} store_state;

/* A watch whose end is "0" was noticed to have ended. */
static void note_watch(store_state *state, cr_str end)
{
    int64_t end_s = cr_expiry_read(end);
    bool has_ended = end_s != CR_EXPIRES_NEVER && end_s <= cr_clock_now_us() / US_PER_S;
    state->is_followed = state->is_followed || !has_ended;
    state->has_ended = has_ended && end_s > 0;
}

static void note_store_row(store_state *state, sqlite3_stmt *statement)
{
    cr_str pk = column_blob(statement, 0);
    bool is_move = cr_str_equal(pk, cr_str_of(CR_MOVE_PK));
    bool is_source = is_move && sqlite3_column_type(statement, 1) != SQLITE_NULL;
    state->has_move = state->has_move || is_move;
    state->is_fenced = state->is_fenced || cr_str_equal(pk, cr_str_of(CR_FENCE_PK));
    state->is_followed = state->is_followed || is_source;
    if (cr_str_equal(pk, cr_str_of(CR_WATCH_PK))) {
        note_watch(state, sqlite3_column_type(statement, 2) == SQLITE_NULL
                              ? CR_STR_ABSENT
                              : column_blob(statement, 2));
    }
}

static int read_state(const cr_sqlite_txn *txn, store_state *state)
{
    int code;
    sqlite3_stmt *statement = statement_of(txn, CR_STATEMENT_STORE_ROWS, &code);
    *state = (store_state){false, false, false, false};
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

static int run(const cr_sqlite_txn *txn, cr_statement which)
{
    int code;
    sqlite3_stmt *statement = statement_of(txn, which, &code);
    return step_once(statement, code);
}

/* When the last one who followed has gone. */
static int clear(const cr_sqlite_txn *txn, const store_state *state)
{
    int code = run(txn, CR_STATEMENT_SEQUENCE_CLEAR);
    return code == SQLITE_OK && state->has_ended ? run(txn, CR_STATEMENT_WATCH_END) : code;
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
    } else if (code == SQLITE_OK && !state.has_move && (!txn->writes_others || state.has_ended)) {
        code = clear(txn, &state);
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

static bool is_own(const cr_buffer *entry, const cr_row *row, cr_written how)
{
    return how == CR_WRITTEN_REPLACED && entry->size == 0 &&
           row->value[CR_GROUP_UUID].size == CR_UUID_LENGTH;
}

static void note_key(cr_sqlite_txn *txn, cr_key key, unsigned how)
{
    cr_buffer *entry = txn->written;
    add_text(entry, key.pk, how);
    if (is_last_sk(txn, key.sk)) {
        add_text(entry, cr_str_of(""), 0);
    } else {
        add_text(entry, key.sk, 0);
        txn->last_sk.at = entry->size - key.sk.size;
        txn->last_sk.size = key.sk.size;
    }
}

cruddur_status cr_sequence_note(cr_sqlite_txn *txn, const cr_row *row, cr_written how)
{
    cr_key key = cr_row_key(row);
    cr_buffer *entry = txn->written;
    txn->writes_others = txn->writes_others || !cr_is_store_row(key);
    if (is_own(entry, row, how)) {
        note_key(txn, key, HOW_OWN);
        add_text(entry, row->value[CR_GROUP_UUID], 0);
    } else {
        note_key(txn, key, (unsigned)how);
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
    size_t note_capacity;
} reading;

static bool add_note(reading *now, unsigned how, cr_str group)
{
    cr_changed_keys *changed = now->request->changed;
    cr_arena *arena = now->request->arena;
    cr_change_note note = {changed->last, CR_WRITTEN_REPLACED, CR_STR_ABSENT};
    if (how == HOW_OWN) {
        note.group = cr_arena_copy(arena, group);
    } else {
        note.how = (cr_written)how;
    }
    cr_change_note *grown = cr_array_grow_in(arena, changed->notes, changed->count,
                                             &now->note_capacity, FIRST_KEYS, sizeof(*grown));
    if (grown == NULL || (how == HOW_OWN && note.group.data == NULL)) {
        return false;
    }
    changed->notes = grown;
    grown[changed->count] = note;
    return true;
}

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
    unsigned how;
    unsigned none;
    while (entry.size > 0) {
        cr_str next;
        cr_str group = CR_STR_ABSENT;
        if (!take_text(&entry, &pk, &how) || !take_text(&entry, &next, &none) ||
            (how == HOW_OWN && !take_text(&entry, &group, &none))) {
            return SQLITE_CORRUPT;
        }
        sk = next.size == 0 ? sk : next;
        if (!add_note(now, how, group) || !add_key(now, pk, sk)) {
            return SQLITE_NOMEM;
        }
    }
    return SQLITE_OK;
}

static int read_entries(const cr_sqlite_txn *txn, const cr_sequence_request *request)
{
    int code;
    reading now = {request, 0, 0};
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
