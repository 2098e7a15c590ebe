/* SPDX-License-Identifier: MIT */
#include "store/sqlite/shape.h"

/* Both schemas become rows of the same form, which are compared by SQL in a private database:
 * there the tables that are wanted were made as in a new store, so no second list of them is
 * needed. A table is compared by its columns and by the words below, because ALTER TABLE leaves a
 * definition that differs from the one that a person would write; everything else by its text. */
#define TABLES "'" CR_SQLITE_TABLE "', '" CR_SQLITE_SEQUENCE "'"

#define FACTS                                                                                      \
    "SELECT 'column', c.name, t.name, NULL, c.type || iif(c.\"notnull\", ' NOT NULL', '')"         \
    "  || coalesce(' DEFAULT ' || c.dflt_value, '')"                                               \
    "  || iif(c.pk, ', part ' || c.pk || ' of the key', '') || iif(c.hidden, ', generated', '')"   \
    " FROM main.sqlite_schema AS t, pragma_table_xinfo(t.name) AS c"                               \
    " WHERE t.type = 'table' AND t.name COLLATE NOCASE IN (" TABLES ")"                            \
    " UNION ALL "                                                                                  \
    "SELECT type, name, tbl_name, sql, CASE type WHEN 'table' THEN"                                \
    "  coalesce((SELECT group_concat(column1, ', ') FROM (VALUES"                                  \
    "    ('STRICT'), ('WITHOUT ROWID'), ('CHECK'), ('COLLATE'), ('CONFLICT'), ('UNIQUE'),"         \
    "    ('REFERENCES'), ('VIRTUAL'))"                                                             \
    "  WHERE sql LIKE '%' || replace(column1, ' ', '%') || '%'), 'no options')"                    \
    " ELSE lower(replace(replace(replace(replace(replace(sql,"                                     \
    "  ' ', ''), char(9), ''), char(10), ''), char(13), ''), '\"', '')) END"                       \
    " FROM main.sqlite_schema WHERE sql IS NOT NULL"

#define FACT_COLUMNS 5
#define FACT_TABLE(name)                                                                           \
    "CREATE TEMP TABLE " name " (kind TEXT, name TEXT COLLATE NOCASE, place TEXT COLLATE NOCASE,"  \
    " sql TEXT, shape TEXT);"

static const char prepare_text[] =
    FACT_TABLE("found") FACT_TABLE("wanted") "INSERT INTO wanted " FACTS;

/* Tables, indexes and views cannot share a name; triggers and columns have names of their own. */
#define IS_SAME                                                                                    \
    "f.name = w.name AND (f.kind = w.kind"                                                         \
    " OR (f.kind IN ('table', 'index', 'view') AND w.kind <> 'column'))"
/* The sequence of changes is named; "the table" is the one of the rows. */
#define THE_TABLE "replace('the table ' || w.place, ' " CR_SQLITE_TABLE "', '')"
#define LOADS "; `cruddur schema load` creates it'"

/* Without the table nothing else is mentioned, and without another one not its columns. */
static const char differences_text[] =
    "SELECT CASE"
    " WHEN f.name IS NULL THEN CASE w.kind"
    "   WHEN 'table' THEN " THE_TABLE " || ' does not exist" LOADS
    "   WHEN 'column' THEN " THE_TABLE " || ' has no column ' || w.name"
    "   ELSE 'the table has no ' || w.kind || ' ' || w.name || '" LOADS " END"
    " WHEN f.kind <> w.kind OR f.place <> w.place THEN"
    "   'the name of the ' || w.kind || ' ' || w.name || ' is taken by another ' || f.kind"
    " WHEN w.kind = 'table' THEN"
    "   " THE_TABLE " || ' is defined with ' || f.shape || '; it must be ' || w.shape"
    " WHEN w.kind = 'column' THEN"
    "   'column ' || w.name || ' is ' || f.shape || '; it must be ' || w.shape"
    " ELSE w.kind || ' ' || w.name || ' is defined by `' || f.sql || '`; it must be `' || w.sql"
    "   || '`' END,"
    " iif(f.name IS NULL, w.sql, NULL), 0"
    " FROM wanted AS w LEFT JOIN found AS f ON " IS_SAME
    " WHERE (f.name IS NULL OR f.kind <> w.kind OR f.place <> w.place OR f.shape <> w.shape)"
    "  AND (w.name = '" CR_SQLITE_TABLE "' OR EXISTS (SELECT 1 FROM found WHERE kind = 'table'"
    "    AND name = iif(w.kind = 'table', '" CR_SQLITE_TABLE "', w.place)))"
    " UNION ALL "
    "SELECT f.kind || ' ' || f.name || ' is not the library''s'"
    "  || iif(f.kind = 'trigger', '; it does not run when the library writes', ''), NULL, 1"
    " FROM found AS f WHERE f.place IN (SELECT name FROM wanted WHERE kind = 'table')"
    "  AND NOT EXISTS (SELECT 1 FROM wanted AS w WHERE " IS_SAME ")";

static int copy_facts(sqlite3_stmt *from, sqlite3_stmt *to)
{
    int code = sqlite3_step(from);
    while (code == SQLITE_ROW) {
        code = SQLITE_OK;
        for (int i = 0; code == SQLITE_OK && i < FACT_COLUMNS; i++) {
            code = sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
        }
        if (code == SQLITE_OK) {
            (void)sqlite3_step(to);
            code = sqlite3_reset(to); /* says what step said */
        }
        code = code == SQLITE_OK ? sqlite3_step(from) : code;
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int read_facts(sqlite3 *from, sqlite3 *to)
{
    sqlite3_stmt *facts = NULL;
    sqlite3_stmt *found = NULL;
    int code = sqlite3_prepare_v2(from, FACTS, -1, &facts, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_prepare_v2(to, "INSERT INTO found VALUES (?1, ?2, ?3, ?4, ?5)", -1, &found,
                                  NULL);
    }
    if (code == SQLITE_OK) {
        code = copy_facts(facts, found);
    }
    (void)sqlite3_finalize(facts);
    (void)sqlite3_finalize(found);
    return code;
}

static int hand_over(sqlite3 *db, cr_difference_sink sink, void *context)
{
    sqlite3_stmt *differences = NULL;
    int code = sqlite3_prepare_v2(db, differences_text, -1, &differences, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(differences);
    }
    while (code == SQLITE_ROW) {
        cr_difference difference = {(const char *)sqlite3_column_text(differences, 0),
                                    (const char *)sqlite3_column_text(differences, 1),
                                    sqlite3_column_int(differences, 2) != 0};
        code = difference.line == NULL ? SQLITE_NOMEM : sink(context, &difference);
        code = code == SQLITE_OK ? sqlite3_step(differences) : code;
    }
    (void)sqlite3_finalize(differences);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int cr_shape_compare(cr_connection *connection, int (*make)(sqlite3 *db), cr_difference_sink sink,
                     void *context)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(":memory:", &db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY |
                                   SQLITE_OPEN_NOMUTEX,
                               NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = make(db);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db, prepare_text, NULL, NULL, NULL);
    }
    if (code == SQLITE_OK) {
        code = read_facts(connection->db, db);
    }
    if (code == SQLITE_OK) {
        code = hand_over(db, sink, context);
    }
    (void)sqlite3_close(db);
    return code;
}
