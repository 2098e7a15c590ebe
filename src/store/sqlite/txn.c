/* SPDX-License-Identifier: MIT */
#include "store/sqlite/txn.h"

#include "model/key.h"
#include "model/kind.h"
#include "store/sqlite/absence.h"
#include "store/sqlite/sequence.h"

/* How many rows are read between two looks at the clock. */
#define ROWS_PER_DEADLINE_CHECK 64

/* Sorts after every sort key of ours: U+10FFFF. */
#define SK_LAST "\xf4\x8f\xbf\xbf"

/* Text comes as bytes, for which SQLite needs no memory: a failed allocation could otherwise not be
 * told from an attribute that is absent. The value is taken once and asked several times: each
 * sqlite3_column_… function would find it again. That is safe on a connection without a mutex. */
static cr_str column_text(sqlite3_stmt *statement, int column)
{
    sqlite3_value *value = sqlite3_column_value(statement, column);
    const char *text = sqlite3_value_blob(value);
    if (text != NULL) {
        return (cr_str){text, (size_t)sqlite3_value_bytes(value)};
    }
    return sqlite3_value_type(value) == SQLITE_NULL ? CR_STR_ABSENT : (cr_str){"", 0};
}

/* The attributes that a statement's columns have, in their order. */
typedef struct columns {
    const cr_attribute *attribute;
    int count;
} columns;

#define NUMBER(NAME, name, type) CR_##NAME,

static const cr_attribute of_all[] = {CR_ATTRIBUTE_MAP(NUMBER)};
static const cr_attribute of_messages[] = {
    CR_SK,           CR_TEXT,   CR_MESSAGE_UUID, CR_USER_UUID,
    CR_DISPLAY_NAME, CR_HANDLE, CR_VERSION,      CR_ATTRIBUTE_MAP_MESSAGE(NUMBER)};
static const cr_attribute of_inboxes[] = {CR_SK,
                                          CR_GROUP_UUID,
                                          CR_TEXT,
                                          CR_USER_UUID,
                                          CR_DISPLAY_NAME,
                                          CR_HANDLE,
                                          CR_ATTRIBUTE_MAP_GROUP(NUMBER)};

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const columns all_columns = {of_all, COUNT_OF(of_all)};
static const columns message_columns = {of_messages, COUNT_OF(of_messages)};
static const columns inbox_columns = {of_inboxes, COUNT_OF(of_inboxes)};

/* The row that the statement stands on; borrowed until its next step. What the statement has no
 * column for stays as it is. */
static void read_row(sqlite3_stmt *statement, const columns *had, cr_row *row)
{
    for (int i = 0; i < had->count; i++) {
        row->value[had->attribute[i]] = column_text(statement, i);
    }
}

static cruddur_status fail_reading(const cr_connection *connection, int code, const cr_call *call)
{
    return cr_connection_fail(connection, code, "reading", call->error);
}

static cruddur_status fail_statement(const cr_connection *connection, const cr_call *call)
{
    int code = sqlite3_extended_errcode(connection->db);
    return cr_connection_fail(connection, code, "using", call->error);
}

/* Gives the rows of a bound statement to the sink. `partition` is the key of rows whose columns do
 * not have it. */
static cruddur_status walk(cr_connection *connection, sqlite3_stmt *statement, const columns *had,
                           cr_str partition, cr_sink sink, void *context, cr_call *call)
{
    cruddur_status status = cr_call_check_deadline(call);
    cr_sink_answer answer = CR_SINK_MORE;
    int code = SQLITE_ROW;
    cr_row row = {0};
    row.value[CR_PK] = partition;
    for (unsigned rows = 1; status == CRUDDUR_OK && answer == CR_SINK_MORE; rows++) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW) {
            break;
        }
        read_row(statement, had, &row);
        /* A row that no program of ours wrote, and that no cursor could stand behind: it is passed
         * over. */
        if (cr_key_is_possible(cr_row_key(&row))) {
            answer = sink(context, &row);
        }
        call->meter.rows_read++;
        if (answer == CR_SINK_MORE && rows % ROWS_PER_DEADLINE_CHECK == 0) {
            status = cr_call_check_deadline(call);
        }
    }
    (void)sqlite3_reset(statement); /* says again what step said */
    if (answer == CR_SINK_NO_MEMORY) {
        return cr_fail_memory(call->error);
    }
    if (status == CRUDDUR_OK && code != SQLITE_ROW && code != SQLITE_DONE) {
        status = fail_reading(connection, code, call);
    }
    return status;
}

/* ---- get ---- */

typedef struct copy_target {
    cr_arena *arena;
    cr_row *row;
} copy_target;

static cr_sink_answer copy_row(void *context, const cr_row *row)
{
    const copy_target *target = context;
    return cr_row_copy(target->arena, row, target->row) ? CR_SINK_STOP : CR_SINK_NO_MEMORY;
}

static cruddur_status get_one(cr_sqlite_txn *txn, cr_key key, cr_row *row)
{
    sqlite3_stmt *statement = cr_connection_statement(txn->connection, CR_STATEMENT_GET);
    if (statement == NULL) {
        return fail_statement(txn->connection, txn->base.call);
    }
    int code = cr_connection_bind(statement, 1, key.pk);
    if (code == SQLITE_OK) {
        code = cr_connection_bind(statement, 2, key.sk);
    }
    if (code != SQLITE_OK) {
        return fail_reading(txn->connection, code, txn->base.call);
    }
    copy_target target = {txn->base.arena, row};
    *row = (cr_row){0};
    cruddur_status status =
        walk(txn->connection, statement, &all_columns, key.pk, copy_row, &target, txn->base.call);
    if (status == CRUDDUR_OK && row->value[CR_PK].data == NULL) {
        cr_absence_note(txn, key.pk, key.sk);
    }
    return status;
}

static cruddur_status get(cr_txn *base, const cr_key *keys, size_t count, cr_row *rows)
{
    cruddur_status status = CRUDDUR_OK;
    for (size_t i = 0; status == CRUDDUR_OK && i < count; i++) {
        status = get_one((cr_sqlite_txn *)base, keys[i], &rows[i]);
    }
    return status;
}

/* ---- query ---- */

typedef struct way {
    cr_statement ascending;
    cr_statement descending;
    const columns *had;
} way;

static const way along_table = {CR_STATEMENT_QUERY_TABLE_ASCENDING,
                                CR_STATEMENT_QUERY_TABLE_DESCENDING, &all_columns};
static const way along_index = {CR_STATEMENT_QUERY_GROUPS_ASCENDING,
                                CR_STATEMENT_QUERY_GROUPS_DESCENDING, &all_columns};
static const way along_messages = {CR_STATEMENT_LIST_MESSAGES_ASCENDING,
                                   CR_STATEMENT_LIST_MESSAGES_DESCENDING, &message_columns};
static const way along_inbox = {CR_STATEMENT_LIST_INBOX_ASCENDING,
                                CR_STATEMENT_LIST_INBOX_DESCENDING, &inbox_columns};

static const way *way_of(const cr_query *query)
{
    cr_kind kind = query->for_listing ? cr_pk_kind(query->partition) : CR_KIND_FOREIGN;
    if (query->index != CR_INDEX_TABLE) {
        return &along_index;
    }
    return kind == CR_KIND_MESSAGE     ? &along_messages
           : kind == CR_KIND_GROUP_ROW ? &along_inbox
                                       : &along_table;
}

static int bind_query(sqlite3_stmt *statement, const cr_query *query)
{
    cr_str lower = query->lower.sk.data == NULL ? cr_str_of("") : query->lower.sk;
    int code = cr_connection_bind(statement, 1, query->partition);
    if (code == SQLITE_OK) {
        code = cr_connection_bind(statement, 2, lower);
    }
    if (code == SQLITE_OK) {
        /* Every BLOB sorts behind every TEXT. */
        code = query->upper.sk.data == NULL ? sqlite3_bind_zeroblob(statement, 3, 0)
                                            : cr_connection_bind(statement, 3, query->upper.sk);
    }
    return code;
}

/* The statements' bounds are included; rows on an excluded one are passed over here. */
typedef struct bounded_sink {
    bool has_rows;
    const cr_query *query;
    cr_sink sink;
    void *context;
} bounded_sink;

static bool is_excluded(const cr_bound *bound, cr_str sk)
{
    return !bound->included && bound->sk.data != NULL && cr_str_equal(bound->sk, sk);
}

static cr_sink_answer pass_over_excluded(void *context, const cr_row *row)
{
    bounded_sink *bounded = context;
    cr_str sk = row->value[CR_SK];
    bounded->has_rows = true;
    if (is_excluded(&bounded->query->lower, sk) || is_excluded(&bounded->query->upper, sk)) {
        return CR_SINK_MORE;
    }
    return bounded->sink(bounded->context, row);
}

/* Where the walk begins: if a damaged page hides the rows, it is from there. */
static cr_str first_sk(const cr_query *query)
{
    const cr_bound *first = query->descending ? &query->upper : &query->lower;
    return first->sk.data != NULL ? first->sk : cr_str_of(query->descending ? SK_LAST : "");
}

static cruddur_status query(cr_txn *base, const cr_query *query, cr_sink sink, void *context)
{
    cr_sqlite_txn *txn = (cr_sqlite_txn *)base;
    cr_connection *connection = txn->connection;
    const way *along = way_of(query);
    sqlite3_stmt *statement = cr_connection_statement(
        connection, query->descending ? along->descending : along->ascending);
    if (statement == NULL) {
        return fail_statement(connection, base->call);
    }
    int code = bind_query(statement, query);
    if (code != SQLITE_OK) {
        return fail_reading(connection, code, base->call);
    }
    bounded_sink bounded = {false, query, sink, context};
    cruddur_status status = walk(connection, statement, along->had, query->partition,
                                 pass_over_excluded, &bounded, base->call);
    if (status == CRUDDUR_OK && !bounded.has_rows && query->index == CR_INDEX_TABLE) {
        cr_absence_note(txn, query->partition, first_sk(query));
    }
    return status;
}

cruddur_status cr_sqlite_scan(cr_connection *connection, cr_key after, cr_sink sink, void *context,
                              cr_call *call)
{
    sqlite3_stmt *statement = cr_connection_statement(connection, CR_STATEMENT_SCAN);
    if (statement == NULL) {
        return fail_statement(connection, call);
    }
    int code = cr_connection_bind(statement, 1, after.pk.data == NULL ? cr_str_of("") : after.pk);
    if (code == SQLITE_OK) {
        code = cr_connection_bind(statement, 2, after.sk.data == NULL ? cr_str_of("") : after.sk);
    }
    if (code != SQLITE_OK) {
        return fail_reading(connection, code, call);
    }
    return walk(connection, statement, &all_columns, CR_STR_ABSENT, sink, context, call);
}

/* ---- put, replace, remove, require ---- */

/* Runs a statement that has a parameter for each attribute; *code is what its step gave. */
static cruddur_status run_with_row(cr_sqlite_txn *txn, cr_statement which, const cr_row *row,
                                   int *code)
{
    sqlite3_stmt *statement = cr_connection_statement(txn->connection, which);
    *code = SQLITE_OK;
    if (statement == NULL) {
        return fail_statement(txn->connection, txn->base.call);
    }
    for (int i = 0; *code == SQLITE_OK && i < CR_ATTRIBUTE_COUNT; i++) {
        *code = cr_connection_bind(statement, i + 1, row->value[i]);
    }
    if (*code == SQLITE_OK) {
        *code = sqlite3_step(statement);
        (void)sqlite3_reset(statement); /* says again what step said */
    }
    if (*code == SQLITE_DONE || *code == SQLITE_ROW || *code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return CRUDDUR_OK;
    }
    return cr_connection_fail(txn->connection, *code, "writing to", txn->base.call->error);
}

static cruddur_status note_written(cr_sqlite_txn *txn, const cr_row *row, cr_written how)
{
    txn->base.call->meter.rows_written++;
    return cr_sequence_note(txn, row, how);
}

static cruddur_status put(cr_txn *base, const cr_row *row)
{
    int code;
    cruddur_status status = run_with_row((cr_sqlite_txn *)base, CR_STATEMENT_PUT, row, &code);
    if (status == CRUDDUR_OK && code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return CRUDDUR_E_CONFLICT; /* the engine runs the body again */
    }
    return status == CRUDDUR_OK ? note_written((cr_sqlite_txn *)base, row, CR_WRITTEN_PUT) : status;
}

/* A row is not as the body read it. What it read in an earlier change may be out of date; but run
 * again, it has read the row in this same transaction, and nobody can have touched it since: then
 * the table and its index disagree. */
static cruddur_status miss(cr_sqlite_txn *txn)
{
    if (txn->has_missed) {
        return cr_connection_fail(txn->connection, SQLITE_CORRUPT, "writing to",
                                  txn->base.call->error);
    }
    txn->has_missed = true;
    return CRUDDUR_E_CONFLICT;
}

static cruddur_status remove_row(cr_txn *base, const cr_row *as_read)
{
    int code;
    cr_sqlite_txn *txn = (cr_sqlite_txn *)base;
    cruddur_status status = run_with_row(txn, CR_STATEMENT_REMOVE, as_read, &code);
    if (status == CRUDDUR_OK && sqlite3_changes(txn->connection->db) != 1) {
        return miss(txn);
    }
    return status == CRUDDUR_OK ? note_written(txn, as_read, CR_WRITTEN_REMOVED) : status;
}

static bool is_indexed(cr_attribute attribute)
{
    return attribute == CR_PK || attribute == CR_SK || attribute == CR_GROUP_UUID ||
           attribute == CR_MESSAGE_UUID;
}

static bool is_same(cr_str a, cr_str b)
{
    return cr_str_equal(a, b) && (a.data == NULL) == (b.data == NULL);
}

static bool changes_index(const cr_row *as_read, const cr_row *row)
{
    return !is_same(as_read->value[CR_GROUP_UUID], row->value[CR_GROUP_UUID]) ||
           !is_same(as_read->value[CR_MESSAGE_UUID], row->value[CR_MESSAGE_UUID]);
}

static int bind_replacement(sqlite3_stmt *statement, const cr_row *as_read, const cr_row *row)
{
    int parameter = 1;
    int code = SQLITE_OK;
    for (cr_attribute i = CR_PK; code == SQLITE_OK && i < CR_ATTRIBUTE_COUNT; i++) {
        if (!is_indexed(i)) {
            code = cr_connection_bind(statement, parameter++, row->value[i]);
        }
    }
    for (cr_attribute i = CR_PK; code == SQLITE_OK && i < CR_ATTRIBUTE_COUNT; i++) {
        code = cr_connection_bind(statement, parameter++, as_read->value[i]);
    }
    return code;
}

static cruddur_status update(cr_sqlite_txn *txn, const cr_row *as_read, const cr_row *row)
{
    sqlite3_stmt *statement = cr_connection_statement(txn->connection, CR_STATEMENT_REPLACE);
    if (statement == NULL) {
        return fail_statement(txn->connection, txn->base.call);
    }
    int code = bind_replacement(statement, as_read, row);
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        (void)sqlite3_reset(statement); /* says again what step said */
    }
    if (code != SQLITE_DONE) {
        return cr_connection_fail(txn->connection, code, "writing to", txn->base.call->error);
    }
    if (sqlite3_changes(txn->connection->db) != 1) {
        return miss(txn);
    }
    return note_written(txn, row, CR_WRITTEN_REPLACED);
}

static cruddur_status replace(cr_txn *base, const cr_row *as_read, const cr_row *row)
{
    if (!changes_index(as_read, row)) {
        return update((cr_sqlite_txn *)base, as_read, row);
    }
    cruddur_status status = remove_row(base, as_read);
    return status == CRUDDUR_OK ? put(base, row) : status;
}

static cruddur_status require(cr_txn *base, const cr_row *as_read)
{
    int code;
    cr_sqlite_txn *txn = (cr_sqlite_txn *)base;
    cruddur_status status = run_with_row(txn, CR_STATEMENT_REQUIRE, as_read, &code);
    return status == CRUDDUR_OK && code != SQLITE_ROW ? miss(txn) : status;
}

static cruddur_status require_message(cr_txn *base, cr_key key, cr_str uuid)
{
    cr_row row = {0};
    cr_sqlite_txn *txn = (cr_sqlite_txn *)base;
    cruddur_status status = get_one(txn, key, &row);
    bool is_there = status == CRUDDUR_OK && cr_str_equal(row.value[CR_MESSAGE_UUID], uuid) &&
                    row.value[CR_EXPIRES_AT].data == NULL;
    return status == CRUDDUR_OK && !is_there ? miss(txn) : status;
}

/* ---- claims: a message's own row is its claim ---- */

typedef struct claim_search {
    cr_arena *arena;
    cr_str group;
    cr_row *found;
} claim_search;

static bool is_in_group(const cr_row *row, cr_str group)
{
    return cr_str_equal(cr_pk_suffix(row->value[CR_PK]), group);
}

static cr_sink_answer take_claim(void *context, const cr_row *row)
{
    const claim_search *search = context;
    bool is_wanted = is_in_group(row, search->group);
    if (cr_row_kind(row) != CR_KIND_MESSAGE || (!is_wanted && cr_row_exists(search->found))) {
        return CR_SINK_MORE;
    }
    if (!cr_row_copy(search->arena, row, search->found)) {
        return CR_SINK_NO_MEMORY;
    }
    return is_wanted ? CR_SINK_STOP : CR_SINK_MORE;
}

static cruddur_status find_claim(cr_txn *base, cr_str token, cr_str group, cr_claim *claim)
{
    cr_row found = {0};
    claim_search search = {base->arena, group, &found};
    cr_connection *connection = ((cr_sqlite_txn *)base)->connection;
    sqlite3_stmt *statement = cr_connection_statement(connection, CR_STATEMENT_QUERY_UUID);
    if (statement == NULL) {
        return fail_statement(connection, base->call);
    }
    int code = cr_connection_bind(statement, 1, token);
    if (code != SQLITE_OK) {
        return fail_reading(connection, code, base->call);
    }
    cruddur_status status =
        walk(connection, statement, &all_columns, CR_STR_ABSENT, take_claim, &search, base->call);
    *claim = (cr_claim){.token = token};
    if (status == CRUDDUR_OK && cr_row_exists(&found)) {
        claim->group = cr_pk_suffix(found.value[CR_PK]);
        claim->author = found.value[CR_USER_UUID];
        claim->sk = found.value[CR_SK];
    }
    return status;
}

/* The body has looked in this same transaction, so nobody can have come first. */
static cruddur_status claim_token(cr_txn *base, const cr_claim *claim, const cr_claim *as_read)
{
    (void)base;
    (void)claim;
    (void)as_read;
    return CRUDDUR_OK;
}

static const cr_txn_ops operations = {get,     query,           put,        replace,     remove_row,
                                      require, require_message, find_claim, claim_token, NULL};

void cr_sqlite_txn_init(cr_sqlite_txn *txn, cr_connection *connection, unsigned traits,
                        cr_arena *arena, cr_call *call)
{
    txn->base = (cr_txn){&operations, traits, arena, call, false, false};
    txn->connection = connection;
    txn->absence_count = 0;
    txn->written = NULL;
    txn->last_sk.at = txn->last_sk.size = 0;
    txn->writes_others = false;
    txn->has_missed = false;
}
