/* SPDX-License-Identifier: MIT */
/* What the schema calls say of a file that another program has changed, what they mend, and what
 * such a file does to a write. */
#include <stdio.h>
#include <string.h>

#include "sqlite/bed.h"

static char path[PATH_SIZE];
static char group_uuid[CRUDDUR_UUID_SIZE];

static void set_up(void)
{
    bed_make();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
}

TestSuite(schema, .init = set_up, .fini = bed_remove, .timeout = 300);

#define TABLE "cruddur_messages"
#define INDEX_COUNT "SELECT count(*) FROM sqlite_schema WHERE name = 'message_group_sk_index'"

/* ---- helpers ---- */

/* Opens a store with one message, which another program then changes. */
static cruddur *open_changed(const char *sql)
{
    bed_remove_store(path);
    cruddur *dm = open_store(path);
    open_group(dm, 0, 3, group_uuid, "first", 0);
    raw_run(path, sql);
    return dm;
}

/* Verifying finds `count` differences, and `words` in the first one. */
static void must_differ(cruddur *dm, size_t count, const char *words)
{
    cruddur_lines *lines = NULL;
    must_succeed(cruddur_schema_verify(dm, NULL, &lines, TEST_ERROR));
    const char *first = cruddur_lines_at(lines, 0);
    cr_assert_eq(cruddur_lines_count(lines), count, "%zu differences: %s",
                 cruddur_lines_count(lines), first);
    cr_assert(count == 0 || strstr(first, words) != NULL, "\"%s\" is not in: %s", words, first);
    cruddur_lines_free(lines);
}

static void must_have_tables(cruddur *dm, size_t count, const char *first)
{
    cruddur_lines *lines = NULL;
    must_succeed(cruddur_schema_list(dm, NULL, &lines, TEST_ERROR));
    cr_assert_eq(cruddur_lines_count(lines), count, "%zu tables", cruddur_lines_count(lines));
    cr_assert(count == 0 || strcmp(cruddur_lines_at(lines, 0), first) == 0, "%s",
              cruddur_lines_at(lines, 0));
    cruddur_lines_free(lines);
}

static void load(cruddur *dm)
{
    must_succeed(cruddur_schema_load(dm, NULL, TEST_ERROR));
}

/* ---- verify ---- */

Test(schema, a_store_has_no_differences)
{
    cruddur *dm = NULL;
    must_succeed(cruddur_open("sqlite::memory:", NULL, &dm, TEST_ERROR));
    must_differ(dm, 0, "");
    load(dm);
    must_have_tables(dm, 1, TABLE);
    cruddur_close(dm);
    dm = open_store(path);
    must_differ(dm, 0, "");
    load(dm);
    must_have_tables(dm, 1, TABLE);
    cruddur_close(dm);
}

/* The columns, in the order and the notation of another program. */
#define OTHER_TABLE(pk, options, index)                                                            \
    "DROP TABLE cruddur_messages;"                                                                 \
    "CREATE TABLE \"" TABLE "\" (" pk ", other_attributes TEXT, member_uuids text, group_name "    \
    "TEXT, user_handle TEXT,\n user_display_name TEXT, user_uuid TEXT, message_uuid TEXT, "        \
    "message TEXT, head_sk TEXT, version TEXT, rev TEXT, message_group_uuid TEXT, read_sk TEXT, "  \
    "visible_sk TEXT, head_expires_at TEXT, muted_until TEXT, archived TEXT, pinned TEXT, "        \
    "edited_at TEXT, deleted_at TEXT, reply_to TEXT, message_data TEXT, reactions TEXT, "          \
    "expires_at TEXT, group_data TEXT, blocked TEXT, sk TEXT NOT NULL, PRIMARY KEY (pk, sk)) "     \
    "" options ";"                                                                                 \
    "create index Message_uuid_index on " TABLE " (message_uuid) where message_uuid is not null;"  \
    "create index message_group_sk_index on " TABLE " (" index ", sk)\n"                           \
    " where message_group_uuid is not null"

#define PK "pk TEXT NOT NULL"
#define OPTIONS "WITHOUT ROWID, STRICT"
#define GROUP "message_group_uuid"

Test(schema, notation_is_no_difference)
{
    cruddur *dm = open_changed(OTHER_TABLE(PK, OPTIONS, GROUP));
    must_differ(dm, 0, "");
    load(dm);
    open_group(dm, 0, 3, group_uuid, "first", 0);
    cruddur_close(dm);
    must_be_sound(path);
}

/* What is not as the library needs it, and cannot be added: loading fails, and changes nothing. */
Test(schema, other_tables)
{
    static const struct {
        const char *sql;
        size_t count;
        const char *words;
    } changes[] = {
        {OTHER_TABLE("pk TEXT NOT NULL COLLATE NOCASE", OPTIONS, GROUP), 1, "COLLATE"},
        {OTHER_TABLE("pk TEXT NOT NULL CHECK (pk <> 'x')", OPTIONS, GROUP), 1, "CHECK"},
        {OTHER_TABLE("pk TEXT NOT NULL DEFAULT ''", OPTIONS, GROUP), 1,
         "column pk is TEXT NOT NULL"
         " DEFAULT '', part 1 of"},
        {OTHER_TABLE(PK, "STRICT", GROUP), 1,
         "the table is defined with STRICT; it must be STRICT,"
         " WITHOUT ROWID"},
        {OTHER_TABLE(PK, "WITHOUT ROWID", GROUP), 1, "the table is defined with WITHOUT ROWID"},
        {OTHER_TABLE(PK, OPTIONS, "user_uuid"), 1, "index message_group_sk_index is defined by"},
        {"DROP INDEX message_group_sk_index;"
         "CREATE INDEX message_group_sk_index ON " TABLE " (message_group_uuid, sk)",
         1, "index message_group_sk_index is defined by"},
        {"DROP INDEX message_group_sk_index; CREATE TABLE message_group_sk_index (x)", 1,
         "the name of the index message_group_sk_index is taken by another table"},
        {"ALTER TABLE " TABLE " DROP COLUMN message", 1, "the table has no column message"},
        {"DROP TABLE " TABLE "; CREATE TABLE " TABLE " (pk TEXT)", 31,
         "column pk is TEXT; it must"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        cruddur *dm = open_changed(changes[i].sql);
        must_differ(dm, changes[i].count, changes[i].words);
        must_fail(CRUDDUR_E_TABLE_SHAPE, NULL, cruddur_schema_load(dm, NULL, TEST_ERROR));
        must_differ(dm, changes[i].count, changes[i].words);
        cruddur_close(dm);
    }
}

/* ---- what other programs add ---- */

Test(schema, additions)
{
    static const struct {
        const char *sql;
        const char *words;
    } additions[] = {
        {"CREATE TRIGGER foreign_one AFTER INSERT ON " TABLE " BEGIN DELETE FROM " TABLE "; END",
         "trigger foreign_one is not the library's; it does not run when"},
        {"CREATE INDEX foreign_one ON " TABLE " (user_uuid)",
         "index foreign_one is not the library"},
        {"ALTER TABLE " TABLE " ADD COLUMN foreign_one TEXT", "column foreign_one is not the lib"},
    };
    for (size_t i = 0; i < sizeof(additions) / sizeof(additions[0]); i++) {
        cruddur *dm = open_changed(additions[i].sql);
        must_differ(dm, 1, additions[i].words);
        load(dm);
        must_differ(dm, 1, additions[i].words); /* loading takes nothing away */
        append_text(dm, 1, group_uuid, "second");
        cruddur_close(dm);
        cr_assert_eq(raw_number(path, "SELECT count(*) FROM " TABLE " WHERE pk GLOB 'MSG#*'"), 2,
                     "%s", additions[i].sql);
        must_be_sound(path);
    }
}

Test(schema, other_tables_are_listed)
{
    cruddur *dm = open_changed("CREATE TABLE books (title TEXT UNIQUE); "
                               "CREATE TRIGGER theirs AFTER INSERT ON books BEGIN SELECT 1; END;"
                               "CREATE VIEW shelf AS SELECT * FROM missing");
    must_differ(dm, 0, "");
    must_have_tables(dm, 2, "books");
    cruddur_close(dm);
}

static void must_have_messages(int messages, const char *what)
{
    int64_t found = raw_number(path, "SELECT count(*) FROM " TABLE " WHERE pk GLOB 'MSG#*'");
    cr_assert_eq(found, messages, "%s: %lld messages", what, (long long)found);
}

/* The trigger would take each message away, or put something else in its place. */
Test(schema, triggers_do_not_run)
{
    static const char *const events[] = {"BEFORE INSERT", "AFTER INSERT", "AFTER DELETE"};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        char sql[300];
        (void)snprintf(sql, sizeof(sql),
                       "CREATE TRIGGER foreign_one %s ON " TABLE " BEGIN DELETE FROM " TABLE
                       " WHERE pk GLOB 'MSG#*'; END",
                       events[i]);
        cruddur *dm = open_changed(sql);
        append_text(dm, 1, group_uuid, "second");
        must_have_messages(2, events[i]);
        cruddur_close(dm);
        dm = open_store(path);
        append_text(dm, 2, group_uuid, "third");
        cruddur_close(dm);
        must_have_messages(3, events[i]);
    }
}

/* A view in the table's place, with a trigger that takes what is written: nothing is acknowledged.
 */
Test(schema, a_view_is_no_table)
{
    cruddur *dm =
        open_changed("DROP TABLE " TABLE "; CREATE TABLE theirs AS SELECT 1 AS pk;"
                     "CREATE VIEW " TABLE " AS SELECT * FROM theirs;"
                     "CREATE TRIGGER taker INSTEAD OF INSERT ON " TABLE " BEGIN SELECT 1; END");
    must_differ(dm, 2, "the name of the table " TABLE " is taken by another view");
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_group_create(dm, person(0), person(1), 1, "hello", NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL, cruddur_schema_load(dm, NULL, TEST_ERROR));
    cruddur_close(dm);
}

/* ---- load ---- */

Test(schema, load_creates_the_index)
{
    cruddur *dm = open_changed("DROP INDEX message_group_sk_index");
    must_differ(dm, 1, "the table has no index message_group_sk_index; `cruddur schema load`");
    load(dm);
    must_differ(dm, 0, "");
    cr_assert_eq(raw_number(path, INDEX_COUNT), 1);
    append_text(dm, 1, group_uuid, "second");
    cruddur_close(dm);
    must_be_sound(path);
    must_pass_checker(path);
}

Test(schema, load_creates_the_table)
{
    for (int reopened = 0; reopened < 2; reopened++) {
        cruddur *dm = open_changed("DROP TABLE " TABLE);
        if (reopened == 1) {
            cruddur_close(dm);
            dm = open_store(path);
        }
        must_differ(dm, 1, "the table does not exist; `cruddur schema load` creates it");
        must_have_tables(dm, 0, "");
        load(dm);
        must_differ(dm, 0, "");
        open_group(dm, 0, 3, group_uuid, "first", 0);
        cruddur_close(dm);
        must_be_sound(path);
        must_pass_checker(path);
    }
}

static void drop_and_load(const char *url, const char *other_table)
{
    cruddur *dm = NULL;
    must_succeed(cruddur_open(url, NULL, &dm, TEST_ERROR));
    if (other_table != NULL) {
        raw_run(path, other_table);
    }
    for (int i = 0; i < 2; i++) {
        open_group(dm, 0, 3, group_uuid, "first", 0);
        must_succeed(cruddur_schema_drop(dm, NULL, TEST_ERROR));
        must_differ(dm, 1, "the table does not exist");
        must_have_tables(dm, other_table == NULL ? 0 : 1, "books");
        must_fail(CRUDDUR_E_TABLE_MISSING, NULL, cruddur_schema_drop(dm, NULL, TEST_ERROR));
        load(dm);
        must_differ(dm, 0, "");
    }
    open_group(dm, 0, 3, group_uuid, "first", 0);
    cruddur_close(dm);
}

Test(schema, load_after_drop)
{
    drop_and_load("sqlite::memory:", NULL);
    drop_and_load(bed_url(path), NULL);
    must_be_sound(path);
    must_pass_checker(path);
    cruddur_close(open_store(path));
    bed_remove_store(path);
    drop_and_load(bed_url(path), "CREATE TABLE books (title TEXT)");
    cruddur_close(open_store(path)); /* not another application's */
}
