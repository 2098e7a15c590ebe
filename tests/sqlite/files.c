/* SPDX-License-Identifier: MIT */
/* What may stand where a store should be, and what the caller is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/bed.h"

TestSuite(files, .init = bed_make, .fini = bed_remove, .timeout = 120);

/* ---- helpers ---- */

typedef struct content {
    char *bytes;
    size_t size;
} content;

/* Nobody may have the file open in this process. */
static content read_file(const char *path)
{
    content read = {malloc(1 << 20), 0};
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    read.size = fread(read.bytes, 1, 1 << 20, file);
    (void)fclose(file);
    return read;
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    (void)fclose(file);
}

/* Opening fails so, says so, and names the path. */
static void must_refuse(const char *path, uint32_t flags, cruddur_status expected,
                        const char *words)
{
    char untouched;
    cruddur *dm = (void *)&untouched;
    cruddur_error *error = NULL;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.flags = flags;
    cruddur_status status = cruddur_open(bed_url(path), &options, &dm, &error);
    const char *message = cruddur_error_message(error);
    cr_assert_eq(status, expected, "%s: %s", cruddur_status_name(status), message);
    cr_assert_eq(cruddur_error_status(error), expected);
    cr_assert_eq((void *)dm, (void *)&untouched);
    cr_assert_not_null(strstr(message, path), "the path is not in: %s", message);
    cr_assert_not_null(strstr(message, words), "\"%s\" is not in: %s", words, message);
    cr_assert(!cruddur_error_outcome_unknown(error));
    cruddur_error_free(error);
}

/* The same, and the file is not touched. */
static void must_refuse_and_leave(const char *path, cruddur_status expected, const char *words)
{
    content before = read_file(path);
    must_refuse(path, 0, expected, words);
    must_refuse(path, CRUDDUR_OPEN_EXISTING, expected, words);
    content after = read_file(path);
    cr_assert_eq(before.size, after.size);
    cr_assert_eq(memcmp(before.bytes, after.bytes, after.size), 0, "the file was changed");
    free(before.bytes);
    free(after.bytes);
}

static void make_database(const char *path, const char *sql)
{
    write_file(path, "", 0);
    raw_run(path, sql);
}

static void write_and_close(cruddur *dm)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    number_uuid(5, group_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    append_text(dm, 4, group_uuid, "second");
    cruddur_close(dm);
}

/* ---- no store ---- */

Test(files, text)
{
    const char *path = bed_path("notes.txt");
    write_file(path, "This is no database.\n", 21);
    must_refuse_and_leave(path, CRUDDUR_E_STORE_FOREIGN, "no cruddur store");
}

Test(files, any_bytes)
{
    const char *path = bed_path("bytes");
    unsigned char bytes[8192];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(i * 7919 >> 3);
    }
    write_file(path, bytes, sizeof(bytes));
    must_refuse_and_leave(path, CRUDDUR_E_STORE_FOREIGN, "no cruddur store");
}

Test(files, database_of_another_application)
{
    const char *path = bed_path("other.db");
    make_database(path, "CREATE TABLE books (title TEXT)");
    must_refuse_and_leave(path, CRUDDUR_E_STORE_FOREIGN, "of another application");
}

Test(files, database_marked_by_another_application)
{
    const char *path = bed_path("other.db");
    make_database(path, "PRAGMA application_id = 7; CREATE TABLE cruddur_messages (pk TEXT)");
    must_refuse_and_leave(path, CRUDDUR_E_STORE_FOREIGN, "of another application");
}

Test(files, empty_database_of_another_application)
{
    const char *path = bed_path("other.db");
    make_database(path, "PRAGMA user_version = 3");
    must_refuse_and_leave(path, CRUDDUR_E_STORE_FOREIGN, "of another application");
}

Test(files, newer_version)
{
    const char *path = bed_path("store.db");
    cruddur_close(open_store(path));
    raw_run(path, "PRAGMA user_version = 3");
    must_refuse_and_leave(path, CRUDDUR_E_STORE_NEWER, "has version 3");
}

Test(files, empty_file)
{
    const char *path = bed_path("empty");
    write_file(path, "", 0);
    must_refuse(path, CRUDDUR_OPEN_EXISTING, CRUDDUR_E_STORE_MISSING, "is an empty file");
    write_and_close(open_store(path));
    must_be_sound(path);
}

/* A copy of the file alone, which has all its messages in the log. */
Test(files, copy_without_its_log)
{
    const char *path = bed_path("store.db");
    const char *copy = bed_path("copy.db");
    char log[PATH_SIZE + 16];
    char copied_log[PATH_SIZE + 8];
    char group_uuid[CRUDDUR_UUID_SIZE];
    number_uuid(5, group_uuid);
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    bed_copy_store(path, copy);
    cruddur_close(dm);
    (void)snprintf(copied_log, sizeof(copied_log), "%s-wal", copy);
    (void)snprintf(log, sizeof(log), "%s-kept", copied_log);
    cr_assert_eq(rename(copied_log, log), 0);
    must_refuse_and_leave(copy, CRUDDUR_E_STORE_DAMAGED, "write-ahead log, which is missing");
    cr_assert_neq(access(copied_log, F_OK), 0, "refusing has left a log");
    must_refuse_and_leave(copy, CRUDDUR_E_STORE_DAMAGED, "write-ahead log, which is missing");
    cr_assert_eq(rename(log, copied_log), 0);
    write_and_close(open_store(copy)); /* nothing was lost */
    must_be_sound(copy);
}

/* Making the store was interrupted when the log was there, with nothing in it. */
Test(files, with_an_empty_log)
{
    const char *path = bed_path("store.db");
    char log[PATH_SIZE + 8];
    write_file(path, "", 0);
    raw_run(path, "PRAGMA journal_mode = WAL");
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    write_file(log, "", 0);
    must_refuse(path, CRUDDUR_OPEN_EXISTING, CRUDDUR_E_STORE_MISSING, "is an empty file");
    cr_assert_eq(access(log, F_OK), 0, "refusing has removed the log");
    write_and_close(open_store(path));
    must_be_sound(path);
}

/* A new store takes nothing over from a log that an earlier one has left, and leaves nothing but
 * its own files. */
Test(files, beside_the_log_of_another)
{
    const char *path = bed_path("store.db");
    const char *copy = bed_path("copy.db");
    cruddur *dm = open_store(path);
    open_group(dm, 0, 2, NULL, "first", 0);
    bed_copy_store(path, copy);
    cruddur_close(dm);
    bed_remove_store(path);
    cr_assert_eq(unlink(copy), 0);
    dm = open_store(copy);
    cr_assert_eq(raw_number(copy, "SELECT count(*) FROM cruddur_messages"), 0);
    cruddur_close(dm);
    must_be_sound(copy);
    cr_assert_eq(unlink(copy), 0);
    cr_assert_eq(rmdir(bed_folder()), 0, "more files have been left");
}

Test(files, folder)
{
    must_refuse(bed_folder(), 0, CRUDDUR_E_STORE_ACCESS, "not a regular file");
    must_refuse(bed_folder(), CRUDDUR_OPEN_EXISTING, CRUDDUR_E_STORE_ACCESS, "not a regular file");
}

Test(files, pipe)
{
    const char *path = bed_path("pipe");
    cr_assert_eq(mkfifo(path, 0600), 0);
    must_refuse(path, 0, CRUDDUR_E_STORE_ACCESS, "not a regular file");
}

Test(files, missing_folder)
{
    const char *path = bed_path("missing/store.db");
    must_refuse(path, 0, CRUDDUR_E_STORE_ACCESS, "No such file or directory");
    must_refuse(path, CRUDDUR_OPEN_EXISTING, CRUDDUR_E_STORE_MISSING, "does not exist");
    cr_assert_neq(access(bed_path("missing"), F_OK), 0);
}

Test(files, file_in_place_of_folder)
{
    write_file(bed_path("file"), "x", 1);
    must_refuse(bed_path("file/store.db"), 0, CRUDDUR_E_STORE_ACCESS, "Not a directory");
    must_refuse(bed_path("file/store.db"), CRUDDUR_OPEN_EXISTING, CRUDDUR_E_STORE_ACCESS,
                "Not a directory");
}

Test(files, existing_is_not_made)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[PATH_SIZE + 8];
    must_refuse(bed_path("store.db"), CRUDDUR_OPEN_EXISTING, CRUDDUR_E_STORE_MISSING,
                "does not exist");
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", bed_path("store.db"), suffixes[i]);
        cr_assert_neq(access(path, F_OK), 0, "%s was made", path);
    }
}

/* The file says that it is ours, and has no tables. */
Test(files, missing_tables)
{
    const char *path = bed_path("store.db");
    cruddur *dm = NULL;
    cruddur_group_page *page = NULL;
    cruddur_close(open_store(path));
    raw_run(path, "DROP TABLE cruddur_messages");
    cruddur_status status = cruddur_open(bed_url(path), NULL, &dm, TEST_ERROR);
    if (status == CRUDDUR_OK) {
        must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
                  cruddur_group_list(dm, person(0)->uuid, NULL, &page, TEST_ERROR));
        must_fail(
            CRUDDUR_E_STORE_DAMAGED, NULL,
            cruddur_group_create(dm, person(0), person(1), 1, "hello", NULL, NULL, TEST_ERROR));
        must_fail(CRUDDUR_E_STORE_DAMAGED, NULL, cruddur_scan(dm, NULL, (void *)&page, TEST_ERROR));
        cruddur_close(dm);
    } else {
        must_fail(CRUDDUR_E_STORE_DAMAGED, NULL, status);
    }
}

/* ---- a store ---- */

Test(files, marks_of_a_store)
{
    const char *path = bed_path("store.db");
    write_and_close(open_store(path));
    cr_assert_eq(raw_number(path, "PRAGMA application_id"), 0x43524452);
    cr_assert_eq(raw_number(path, "PRAGMA user_version"), 2);
    cr_assert_eq(raw_number(path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    cr_assert_eq(raw_number(path, "SELECT wr AND strict FROM pragma_table_list"
                                  " WHERE name = 'cruddur_messages'"),
                 1);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM sqlite_schema"), 4);
    must_pass_checker(path); /* reads it with another program's SQLite */
}

/* The tables of version 1, to the letter. It had no cards. */
static const char version_1[] =
    "CREATE TABLE cruddur_messages ("
    "  pk TEXT NOT NULL,"
    "  sk TEXT NOT NULL,"
    "  message_group_uuid TEXT,"
    "  message TEXT,"
    "  message_uuid TEXT,"
    "  user_uuid TEXT,"
    "  user_display_name TEXT,"
    "  user_handle TEXT,"
    "  group_name TEXT,"
    "  member_uuids TEXT,"
    "  other_attributes TEXT,"
    "  PRIMARY KEY (pk, sk)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX message_group_sk_index ON cruddur_messages (message_group_uuid, sk)"
    "  WHERE message_group_uuid IS NOT NULL;";

static void turn_into_version_1(const char *path)
{
    char sql[2048];
    (void)snprintf(sql, sizeof(sql),
                   "BEGIN; DROP INDEX message_group_sk_index; DROP INDEX message_uuid_index;"
                   "ALTER TABLE cruddur_messages RENAME TO newer; %s"
                   "INSERT INTO cruddur_messages SELECT pk, sk, message_group_uuid, message,"
                   " message_uuid, user_uuid, user_display_name, user_handle, group_name,"
                   " member_uuids, other_attributes FROM newer;"
                   "DROP TABLE newer; PRAGMA user_version = 1; COMMIT",
                   version_1);
    raw_run(path, sql);
}

Test(files, older_version)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    const char *path = bed_path("store.db");
    number_uuid(5, group_uuid);
    write_and_close(open_store(path));
    raw_run(path, "DELETE FROM cruddur_messages WHERE pk GLOB 'CARD#*';"
                  "UPDATE cruddur_messages SET rev = NULL, version = NULL");
    int64_t objects = raw_number(path, "SELECT count(*) FROM sqlite_schema");
    char *before = dump_table(path);
    turn_into_version_1(path);
    cr_assert_eq(raw_number(path, "PRAGMA user_version"), 1);
    cruddur *dm = open_store(path);
    char *after = dump_table(path);
    cr_assert_str_eq(after, before);
    cr_assert_eq(raw_number(path, "PRAGMA user_version"), 2);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM sqlite_schema"), objects);
    append_text(dm, 3, group_uuid, "third");
    cruddur_close(dm);
    cruddur_close(open_store(path));
    must_be_sound(path);
    must_pass_checker(path);
    free(before);
    free(after);
}

/* Closed by all, a store is one file. */
Test(files, closed_store_is_one_file)
{
    const char *path = bed_path("store.db");
    char log[PATH_SIZE + 8];
    cruddur *dm = open_store(path);
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    cr_assert_eq(access(log, F_OK), 0);
    write_and_close(dm);
    cr_assert_neq(access(log, F_OK), 0);
}

Test(files, names)
{
    static const char *const names[] = {
        "plain.db",      "with space", "100% sure.db",  "what?.db",        "#1.db",
        "a&b=c.db",      "%41.db",     "file:x.db",     "file:x?mode=ro",  ":memory:x",
        "größe-消息.db", "'quoted'",   "semi;colon--x", "?synchronous=no",
    };
    cr_assert_eq(chdir(bed_folder()), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        write_and_close(open_store(names[i])); /* relative */
        cr_assert_eq(access(names[i], F_OK), 0, "%s is not there", names[i]);
        cruddur *dm = NULL;
        cruddur_options options = CRUDDUR_OPTIONS_INIT;
        options.flags = CRUDDUR_OPEN_EXISTING;
        must_succeed(cruddur_open(bed_url(bed_path(names[i])), &options, &dm, TEST_ERROR));
        cruddur_close(dm);
    }
    must_pass_checker("file:x.db");
    cr_assert_eq(chdir("/"), 0);
}

/* The process may go to another folder: the store stays where it is. */
Test(files, relative_path)
{
    cruddur_group_page *page = NULL;
    char group_uuid[CRUDDUR_UUID_SIZE];
    number_uuid(5, group_uuid);
    cr_assert_eq(chdir(bed_folder()), 0);
    cruddur *dm = open_store("store.db");
    cr_assert_eq(chdir("/"), 0);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    must_succeed(cruddur_group_list(dm, person(0)->uuid, NULL, &page, TEST_ERROR));
    cr_assert_eq(cruddur_group_page_count(page), 1);
    cruddur_group_page_free(page);
    cruddur_close(dm);
    must_be_sound(bed_path("store.db"));
}

/* A file may have the name by which a store in memory goes; it takes a path. */
Test(files, file_named_memory)
{
    cruddur *dm = NULL;
    cr_assert_eq(chdir(bed_folder()), 0);
    must_succeed(cruddur_open("sqlite::memory:", NULL, &dm, TEST_ERROR));
    write_and_close(dm);
    cr_assert_neq(access(":memory:", F_OK), 0);
    must_succeed(cruddur_open("sqlite:./:memory:", NULL, &dm, TEST_ERROR));
    write_and_close(dm);
    cr_assert_eq(access(":memory:", F_OK), 0);
    cr_assert_eq(chdir("/"), 0);
}
