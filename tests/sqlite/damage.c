/* SPDX-License-Identifier: MIT */
/* Files that were a store: overwritten, cut off, flipped here and there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/bed.h"

#define PAGE_SIZE 4096
#define MESSAGES 300
#define MESSAGES_PER_PAGE 8 /* of any index, at the least */

static char group_uuid[CRUDDUR_UUID_SIZE];
static char path[PATH_SIZE];

/* Sends a message under a uuid of its own, or repeats it. */
static cruddur_status append_numbered(cruddur *dm, unsigned number, const char *text,
                                      cruddur_error **error)
{
    char message_uuid[CRUDDUR_UUID_SIZE];
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    number_uuid(1000 + number, message_uuid);
    options.message_uuid = message_uuid;
    return cruddur_msg_append(dm, person(number % 5), group_uuid, text, &options, NULL, error);
}

/* A store of many pages; `path` is made from it anew for each damage. */
static void set_up(void)
{
    bed_make();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    cruddur *dm = open_store(bed_path("whole.db"));
    open_group(dm, 0, 5, group_uuid, "first", NOON_US);
    for (unsigned i = 0; i < MESSAGES; i++) {
        must_succeed(
            append_numbered(dm, i, "one of many messages, and not the shortest", TEST_ERROR));
    }
    cruddur_close(dm);
    /* So that calls use the page of the sequence, too, and notice its damage. */
    raw_run(bed_path("whole.db"),
            "INSERT INTO cruddur_messages (pk, sk) VALUES ('STORE#WATCH', 'STORE'); VACUUM");
}

TestSuite(damage, .init = set_up, .fini = bed_remove, .timeout = 300);

/* ---- helpers ---- */

static void overwrite(const char *file_path, long at, const void *bytes, size_t size)
{
    int file = open(file_path, O_WRONLY | O_CLOEXEC);
    cr_assert_geq(file, 0);
    cr_assert_eq(pwrite(file, bytes, size, at), (ssize_t)size);
    cr_assert_eq(close(file), 0);
}

static long size_of(const char *file_path)
{
    struct stat facts;
    cr_assert_eq(stat(file_path, &facts), 0);
    return (long)facts.st_size;
}

/* How often a call said that the group is not there. */
static unsigned not_found;

/* A changed byte of the header can make a file read-only, and one of a message's author turns its
 * uuid into that of another one's. */
static bool is_possible(cruddur_status status)
{
    return status == CRUDDUR_OK || status == CRUDDUR_E_STORE_DAMAGED ||
           status == CRUDDUR_E_GROUP_NOT_FOUND || status == CRUDDUR_E_STORE_READ_ONLY ||
           status == CRUDDUR_E_INVALID_ARGUMENT;
}

static void note(cruddur_status status, cruddur_error **error, unsigned *seen)
{
    bool is_damage = status == CRUDDUR_E_STORE_DAMAGED;
    cr_assert(is_possible(status), "%s: %s", cruddur_status_name(status),
              cruddur_error_message(*error));
    *seen |= is_damage ? 1 : 0;
    not_found += status == CRUDDUR_E_GROUP_NOT_FOUND ? 1 : 0;
    cruddur_error_free(*error);
    *error = NULL;
}

static void read_all_messages(cruddur *dm, unsigned *seen)
{
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_msg_page *page = NULL;
    cruddur_error *error = NULL;
    options.flags = CRUDDUR_LIST_TRUSTED;
    options.limit = CRUDDUR_LIMIT_MAX;
    note(cruddur_msg_list(dm, NULL, group_uuid, &options, &page, &error), &error, seen);
    cruddur_msg_page_free(page);
}

/* Every call, each of which may meet the damage or not; returns whether one did. */
static bool try_all(cruddur *dm)
{
    unsigned seen = 0;
    cruddur_error *error = NULL;
    cruddur_group_page *groups = NULL;
    cruddur_members *members = NULL;
    cruddur_row_page *rows = NULL;
    cruddur_scan_options options = CRUDDUR_SCAN_OPTIONS_INIT;
    read_all_messages(dm, &seen);
    for (unsigned i = 0; i < 5; i++) {
        note(cruddur_group_list(dm, person(i)->uuid, NULL, &groups, &error), &error, &seen);
        cruddur_group_page_free(groups);
        groups = NULL;
        note(cruddur_msg_append(dm, person(i), group_uuid, "hello", NULL, NULL, &error), &error,
             &seen);
    }
    for (unsigned i = 0; i < MESSAGES; i += MESSAGES_PER_PAGE) {
        note(append_numbered(dm, i, "again", &error), &error, &seen);
    }
    note(cruddur_group_members(dm, NULL, group_uuid, &test_trusted_members, &members, &error),
         &error, &seen);
    options.limit = CRUDDUR_LIMIT_MAX;
    note(cruddur_scan(dm, &options, &rows, &error), &error, &seen);
    note(cruddur_group_create(dm, person(8), person(9), 1, "hello", NULL, NULL, &error), &error,
         &seen);
    cruddur_members_free(members);
    cruddur_row_page_free(rows);
    return seen != 0;
}

/* Opens the damaged file and tries everything; returns what became of it. */
static cruddur_status try_file(bool *is_seen)
{
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_open(bed_url(path), NULL, &dm, &error);
    *is_seen = status == CRUDDUR_E_STORE_DAMAGED || status == CRUDDUR_E_STORE_FOREIGN;
    if (status == CRUDDUR_OK) {
        *is_seen = try_all(dm);
        cruddur_close(dm);
    } else {
        cr_assert_not_null(strstr(cruddur_error_message(error), path), "%s",
                           cruddur_error_message(error));
    }
    cruddur_error_free(error);
    return status;
}

/* ---- the damages ---- */

Test(damage, pages_overwritten)
{
    unsigned char garbage[PAGE_SIZE];
    memset(garbage, 0xa5, sizeof(garbage));
    long pages = size_of(bed_path("whole.db")) / PAGE_SIZE;
    int seen = 0;
    cr_assert_gt(pages, 10);
    for (long page = 1; page < pages; page++) {
        bool is_seen = false;
        bed_copy_store(bed_path("whole.db"), path);
        overwrite(path, page * PAGE_SIZE, garbage, sizeof(garbage));
        cruddur_status status = try_file(&is_seen);
        cr_assert(status == CRUDDUR_OK || is_seen, "%s", cruddur_status_name(status));
        seen += is_seen ? 1 : 0;
    }
    cr_assert_eq(seen, pages - 1, "only %d of %ld damaged pages were noticed", seen, pages - 1);
}

/* Whether a tree begins on a page, counted from 0. */
static bool is_root(long page)
{
    char sql[100];
    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_schema WHERE rootpage = %ld",
                   page + 1);
    return raw_number(bed_path("whole.db"), sql) > 0;
}

/* SQLite does not notice a page that is in the place of another. Rows are hidden by it; no call
 * says for that reason that the group, which is there, is not. In the place of a root another page
 * is a sound tree, of other rows. */
Test(damage, pages_in_the_place_of_others)
{
    unsigned char copy[PAGE_SIZE];
    long pages = size_of(bed_path("whole.db")) / PAGE_SIZE;
    int seen = 0;
    for (long page = 1; page < pages; page++) {
        long other = page + 1 < pages ? page + 1 : 1;
        bool is_seen = false;
        bed_copy_store(bed_path("whole.db"), path);
        FILE *file = fopen(path, "rb");
        cr_assert(file != NULL && fseek(file, other * PAGE_SIZE, SEEK_SET) == 0);
        cr_assert_eq(fread(copy, 1, sizeof(copy), file), sizeof(copy));
        cr_assert_eq(fclose(file), 0);
        overwrite(path, page * PAGE_SIZE, copy, sizeof(copy));
        not_found = 0;
        (void)try_file(&is_seen);
        cr_assert(not_found == 0 || is_root(page), "page %ld", page);
        seen += is_seen ? 1 : 0;
    }
    cr_assert_gt(seen, 0);
}

/* All pages but the first: the file opens, and each call says what is wrong, also the writes. */
Test(damage, all_but_the_first_page)
{
    unsigned char garbage[PAGE_SIZE];
    cruddur *dm = NULL;
    cruddur_msg_page *page = NULL;
    memset(garbage, 0x5a, sizeof(garbage));
    bed_copy_store(bed_path("whole.db"), path);
    for (long at = PAGE_SIZE; at < size_of(path); at += PAGE_SIZE) {
        overwrite(path, at, garbage, sizeof(garbage));
    }
    must_succeed(cruddur_open(bed_url(path), NULL, &dm, TEST_ERROR));
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_msg_list(dm, NULL, group_uuid, &test_trusted_list, &page, TEST_ERROR));
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_msg_append(dm, person(0), group_uuid, "hello", NULL, NULL, TEST_ERROR));
    must_fail(CRUDDUR_E_STORE_DAMAGED, NULL,
              cruddur_group_create(dm, person(8), person(9), 1, "hello", NULL, NULL, TEST_ERROR));
    cruddur_close(dm);
}

Test(damage, header)
{
    bool is_seen = false;
    bed_copy_store(bed_path("whole.db"), path);
    overwrite(path, 0, "Not SQLite", 10);
    cr_assert_eq(try_file(&is_seen), CRUDDUR_E_STORE_FOREIGN);
}

/* Behind the header the first page has the schema. */
Test(damage, schema)
{
    unsigned char garbage[PAGE_SIZE - 100];
    bool is_seen = false;
    memset(garbage, 0xa5, sizeof(garbage));
    bed_copy_store(bed_path("whole.db"), path);
    overwrite(path, 100, garbage, sizeof(garbage));
    cr_assert_eq(try_file(&is_seen), CRUDDUR_E_STORE_DAMAGED);
}

Test(damage, cut_off)
{
    long size = size_of(bed_path("whole.db"));
    const long sizes[] = {size / 2, size - PAGE_SIZE, 2L * PAGE_SIZE, PAGE_SIZE, 4000, 512, 100};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bool is_seen = false;
        bed_copy_store(bed_path("whole.db"), path);
        cr_assert_eq(truncate(path, sizes[i]), 0);
        cruddur_status status = try_file(&is_seen);
        cr_assert(is_seen, "cut off to %ld bytes: %s", sizes[i], cruddur_status_name(status));
    }
}

/* A store as a crash left it, and its log is damaged too: what stands before the damage counts. */
Test(damage, log_cut_short)
{
    char log[PATH_SIZE + 8];
    const char *live = bed_path("live.db");
    cruddur *dm = open_store(live);
    open_group(dm, 0, 5, group_uuid, "first", NOON_US);
    for (int i = 0; i < 50; i++) {
        append_text(dm, 0, group_uuid, "one of many");
    }
    (void)snprintf(log, sizeof(log), "%s-wal", path);
    for (int tenths = 0; tenths < 10; tenths++) {
        bed_copy_store(live, path);
        long size = size_of(log);
        overwrite(log, size / 10 * tenths + 40, "garbage!garbage!", 16);
        cruddur_close(open_store(path));
        char *dump = dump_table(path);
        cr_assert_not_null(dump);
        cr_assert_eq(*dump == '\0', tenths == 0, "%d tenths: %.100s", tenths, dump);
        must_be_sound(path);
        free(dump);
    }
    cruddur_close(dm);
}

/* Bytes here and there: no call may crash, or say what cannot be. */
Test(damage, bytes_flipped)
{
    long size = size_of(bed_path("whole.db"));
    int rounds = scaled(150, 15);
    srandom(1);
    for (int round = 0; round < rounds; round++) {
        bool is_seen = false;
        bed_copy_store(bed_path("whole.db"), path);
        for (int i = 0; i < 40; i++) {
            unsigned char byte = (unsigned char)random();
            overwrite(path, random() % (i < 4 ? PAGE_SIZE : size), &byte, 1);
        }
        cruddur_status status = try_file(&is_seen);
        cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_STORE_DAMAGED ||
                      status == CRUDDUR_E_STORE_FOREIGN || status == CRUDDUR_E_STORE_NEWER ||
                      status == CRUDDUR_E_STORE_READ_ONLY,
                  "round %d: %s", round, cruddur_status_name(status));
    }
}

/* ---- a disk that cannot be read ---- */

/* As SQLite calls the system: at pages of this file only. */
static bool fails;

static ssize_t failing_read(int file, void *bytes, size_t size, off_t at)
{
    if (fails && at >= PAGE_SIZE) {
        errno = EIO;
        return -1;
    }
    return pread(file, bytes, size, at);
}

/* SQLite reports it as a damaged database. */
static void fail_reads(void)
{
    static const char *const names[] = {"pread64", "pread"};
    sqlite3_vfs *system = sqlite3_vfs_find("unix");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (system->xGetSystemCall(system, names[i]) != NULL) {
            cr_assert_eq(system->xSetSystemCall(system, names[i],
                                                (sqlite3_syscall_ptr)(void (*)(void))failing_read),
                         SQLITE_OK);
        }
    }
}

static void expect_io(cruddur_status status, cruddur_error *error)
{
    cr_assert_eq(status, CRUDDUR_E_STORE_IO, "%s: %s", cruddur_status_name(status),
                 cruddur_error_message(error));
    cruddur_error_free(error);
}

/* Both in the file and in its log. */
Test(damage, a_failed_read_is_none)
{
    fail_reads();
    for (int in_log = 0; in_log <= 1; in_log++) {
        cruddur_msg_page *page = NULL;
        cruddur_group_page *groups = NULL;
        cruddur_error *error = NULL;
        bed_copy_store(bed_path("whole.db"), path);
        cruddur *dm = open_store(path);
        for (int i = 0; i < 20 && in_log != 0; i++) {
            append_text(dm, 0, group_uuid, "goes into the log");
        }
        fails = true;
        cruddur_status status =
            cruddur_msg_list(dm, person(0)->uuid, group_uuid, NULL, &page, &error);
        expect_io(status, error);
        status = cruddur_group_list(dm, person(0)->uuid, NULL, &groups, &error);
        expect_io(status, error);
        status = cruddur_msg_append(dm, person(in_log != 0 ? 0 : 1), group_uuid, "hello", NULL,
                                    NULL, &error);
        fails = false;
        if (in_log == 0 || status != CRUDDUR_OK) { /* the writer has its pages in memory */
            expect_io(status, error);
        }
        cruddur_close(dm);
    }
}
