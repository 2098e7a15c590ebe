/* SPDX-License-Identifier: MIT */
/* A store's files are removed, renamed or replaced while it is open: each call says so, and neither
 * what was acknowledged before nor what is there now is lost by closing the handle. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/workers.h"
#include "store/sqlite/files.h"

#define BEFORE 5

static char path[PATH_SIZE];
static char group_uuid[CRUDDUR_UUID_SIZE];

static void set_up(void)
{
    bed_make();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
}

TestSuite(replaced, .init = set_up, .fini = bed_remove, .timeout = 300);

/* ---- helpers ---- */

static cruddur *open_with_messages(const char *url)
{
    cruddur *dm = NULL;
    must_succeed(cruddur_open(url, NULL, &dm, TEST_ERROR));
    open_group(dm, 0, 3, group_uuid, "first", 0);
    for (unsigned i = 1; i < BEFORE; i++) {
        append_text(dm, i % 3, group_uuid, "before");
    }
    return dm;
}

static const char *with(const char *ending, char *buffer)
{
    (void)snprintf(buffer, PATH_SIZE + 16, "%s%s", path, ending);
    return buffer;
}

static void move(const char *from, const char *to)
{
    cr_assert_eq(rename(from, to), 0, "%s -> %s", from, to);
}

static void write_file(const char *file_path)
{
    FILE *file = fopen(file_path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fclose(file), 0);
}

static void expect_replaced(cruddur_status status, const cruddur_error *error, const char *words)
{
    const char *message = cruddur_error_message(error);
    cr_assert_eq(status, CRUDDUR_E_STORE_REPLACED, "%s: %s", cruddur_status_name(status), message);
    cr_assert_not_null(strstr(message, words), "\"%s\" is not in: %s", words, message);
    cr_assert(!cruddur_error_outcome_unknown(error), "%s", message);
    cr_assert(!cruddur_error_is_retryable(error), "%s", message);
}

/* Every call, whether it reads or writes, and whatever it would have come to. */
static void must_be_refused(cruddur *dm, const char *words)
{
    cruddur_error *error = NULL;
    cruddur_msg_page *messages = NULL;
    cruddur_group_page *groups = NULL;
    cruddur_group *group = NULL;
    cruddur_members *members = NULL;
    cruddur_row_page *rows = NULL;
    cruddur_lines *lines = NULL;
#define REFUSED(call)                                                                              \
    do {                                                                                           \
        cruddur_status status = (call);                                                            \
        expect_replaced(status, error, words);                                                     \
        cruddur_error_free(error);                                                                 \
    } while (0)
    REFUSED(cruddur_msg_append(dm, person(0), group_uuid, "hello", NULL, NULL, &error));
    REFUSED(cruddur_msg_append(dm, person(9), group_uuid, "hello", NULL, NULL, &error));
    REFUSED(cruddur_group_create(dm, person(3), person(4), 1, "hello", NULL, NULL, &error));
    REFUSED(cruddur_msg_list(dm, person(0)->uuid, group_uuid, NULL, &messages, &error));
    REFUSED(cruddur_msg_list(dm, person(9)->uuid, group_uuid, NULL, &messages, &error));
    REFUSED(cruddur_group_list(dm, person(0)->uuid, NULL, &groups, &error));
    REFUSED(cruddur_group_get(dm, person(0)->uuid, group_uuid, NULL, &group, &error));
    REFUSED(cruddur_group_members(dm, person(0)->uuid, group_uuid, NULL, &members, &error));
    REFUSED(cruddur_scan(dm, NULL, &rows, &error));
    REFUSED(cruddur_schema_verify(dm, NULL, &lines, &error));
    REFUSED(cruddur_schema_load(dm, NULL, &error));
    REFUSED(cruddur_schema_list(dm, NULL, &lines, &error));
    REFUSED(cruddur_schema_drop(dm, NULL, &error));
#undef REFUSED
}

static void must_have(const char *file_path, int messages)
{
    cruddur_close(open_store(file_path));
    int64_t found =
        raw_number(file_path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'");
    cr_assert_eq(found, messages, "%s has %lld messages", file_path, (long long)found);
    must_be_sound(file_path);
}

/* ---- each of the files ---- */

static const char *const endings[] = {"", "-wal", "-shm"};
#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

/* The connections for reading may have been made before or not. */
static void read_once(cruddur *dm)
{
    cruddur_group_page *page = NULL;
    must_succeed(cruddur_group_list(dm, person(0)->uuid, NULL, &page, TEST_ERROR));
    cruddur_group_page_free(page);
}

Test(replaced, removed)
{
    char file_path[PATH_SIZE + 16];
    for (unsigned i = 0; i < 2 * ENDINGS; i++) {
        const char *ending = endings[i % ENDINGS];
        cruddur *dm = open_with_messages(bed_url(path));
        if (i < ENDINGS) {
            read_once(dm);
        }
        cr_assert_eq(unlink(with(ending, file_path)), 0);
        must_be_refused(dm, file_path);
        cruddur_close(dm);
        if (*ending == '\0') {
            cr_assert_neq(access(path, F_OK), 0, "closing has made the file again");
        } else {
            must_have(path, BEFORE); /* closing has copied the log, which had no name any more */
        }
        bed_remove_store(path);
    }
}

Test(replaced, renamed_and_put_back)
{
    char file_path[PATH_SIZE + 16];
    char away[PATH_SIZE + 16];
    for (unsigned i = 0; i < ENDINGS; i++) {
        cruddur *dm = open_with_messages(bed_url(path));
        move(with(endings[i], file_path), with("-away", away));
        must_be_refused(dm, "removed or renamed");
        move(away, file_path);
        must_be_refused(dm, "removed or renamed"); /* what happened meanwhile nobody knows */
        cruddur_close(dm);
        must_have(path, BEFORE);
        bed_remove_store(path);
    }
}

Test(replaced, replaced)
{
    char file_path[PATH_SIZE + 16];
    char other[PATH_SIZE + 16];
    for (unsigned i = 0; i < ENDINGS; i++) {
        cruddur *dm = open_with_messages(bed_url(path));
        write_file(with("-other", other));
        move(other, with(endings[i], file_path));
        must_be_refused(dm, "replaced by another file");
        cruddur_close(dm);
        struct stat facts;
        cr_assert_eq(stat(file_path, &facts), 0, "closing has removed what is another's: %s",
                     file_path);
        cr_assert_eq(facts.st_size, 0, "closing has written to what is another's: %s", file_path);
        bed_remove_store(path);
    }
}

/* ---- the whole store ---- */

static void move_all(const char *from, const char *to)
{
    for (unsigned i = 0; i < ENDINGS; i++) {
        char from_path[PATH_SIZE + 16];
        char to_path[PATH_SIZE + 16];
        (void)snprintf(from_path, sizeof(from_path), "%s%s", from, endings[i]);
        (void)snprintf(to_path, sizeof(to_path), "%s%s", to, endings[i]);
        move(from_path, to_path);
    }
}

/* The store is moved away with all its files, and a new one is made in its place, by a process that
 * still has it open, and its messages in the log, when the first handle is closed. */
Test(replaced, a_new_store_in_its_place)
{
    char log[PATH_SIZE + 16];
    ledger book = LEDGER_INIT;
    crew workers;
    cruddur *dm = open_with_messages(bed_url(path));
    move_all(path, bed_path("away.db"));
    crew_form(&workers);
    crew_start(&workers, "load %s 1 2 0", path);
    crew_is_complete(&workers);
    cr_assert(crew_await_output(&workers, 60000));
    must_be_refused(dm, "replaced by another file");
    cruddur_close(dm);
    cr_assert_eq(access(with("-wal", log), F_OK), 0, "closing has removed the other store's log");
    crew_kill(&workers, 0);
    crew_read(&workers, &book);
    (void)ledger_must_match(&book, path);
    must_be_sound(path);
    must_have(bed_path("away.db"), BEFORE);
    ledger_free(&book);
}

Test(replaced, its_folder_is_renamed)
{
    char folder[PATH_SIZE];
    char away[PATH_SIZE];
    (void)snprintf(folder, sizeof(folder), "%s", bed_path("folder"));
    (void)snprintf(away, sizeof(away), "%s", bed_path("away"));
    cr_assert_eq(mkdir(folder, 0700), 0);
    cruddur *dm = open_with_messages(bed_url(bed_path("folder/store.db")));
    move(folder, away);
    must_be_refused(dm, "removed or renamed");
    cruddur_close(dm);
    must_have(bed_path("away/store.db"), BEFORE);
}

Test(replaced, the_link_leads_to_another_store)
{
    char link[PATH_SIZE];
    (void)snprintf(link, sizeof(link), "%s", bed_path("link.db"));
    cruddur_close(open_store(bed_path("other.db")));
    cr_assert_eq(symlink(path, link), 0);
    write_file(path);
    cruddur *dm = open_with_messages(bed_url(link));
    cr_assert_eq(unlink(link), 0);
    cr_assert_eq(symlink(bed_path("other.db"), link), 0);
    must_be_refused(dm, link);
    cruddur_close(dm);
    must_have(path, BEFORE);
    must_have(link, 0);
}

/* The path is relative, and the process goes elsewhere: nothing has happened to the file. */
Test(replaced, the_process_changes_its_folder)
{
    cr_assert_eq(chdir(bed_folder()), 0);
    cruddur *dm = open_with_messages("sqlite:store.db");
    cr_assert_eq(chdir("/"), 0);
    append_text(dm, 0, group_uuid, "one more");
    read_once(dm);
    cruddur_close(dm);
    must_have(path, BEFORE + 1);
}

/* In a folder where nothing has changed for some seconds, a look at the folder will do: what
 * changes then is noticed all the same, also if the folder gets its old time back, as from an
 * archive. */
Test(replaced, after_a_quiet_time)
{
    static const char *const folders[] = {"removed", "renamed", "linked"};
    enum { STORES = sizeof(folders) / sizeof(folders[0]) };
    cruddur *dm[STORES];
    char links[PATH_SIZE];
    for (unsigned i = 0; i < STORES; i++) {
        cr_assert_eq(mkdir(bed_path(folders[i]), 0700), 0);
        (void)snprintf(path, sizeof(path), "%s/store.db", bed_path(folders[i]));
        dm[i] = open_with_messages(bed_url(path));
    }
    cruddur_close(dm[2]);
    (void)snprintf(links, sizeof(links), "%s", bed_path("link.db"));
    cr_assert_eq(symlink(path, links), 0);
    dm[2] = open_store(links);
    cr_assert_eq(sleep(4), 0);
    for (unsigned i = 0; i < 2 * STORES; i++) {
        read_once(dm[i % STORES]);
        append_text(dm[i % STORES], i % 3, group_uuid, "quiet");
    }

    struct stat before;
    cr_assert_eq(stat(bed_path("removed"), &before), 0);
    const struct timespec times[] = {before.st_atim, before.st_mtim};
    cr_assert_eq(unlink(bed_path("removed/store.db-wal")), 0);
    cr_assert_eq(utimensat(AT_FDCWD, bed_path("removed"), times, 0), 0);
    must_be_refused(dm[0], "removed/store.db-wal");
    move(bed_path("renamed"), bed_path("elsewhere"));
    must_be_refused(dm[1], "renamed/store.db");
    cr_assert_eq(unlink(links), 0);
    cr_assert_eq(symlink(bed_path("elsewhere/store.db"), links), 0);
    must_be_refused(dm[2], links);
    for (unsigned i = 0; i < STORES; i++) {
        cruddur_close(dm[i]);
    }
    must_have(bed_path("removed/store.db"), BEFORE + 2);
}

/* Two file systems can have files of one inode number. */
Test(replaced, the_same_inode_on_another_device)
{
    cr_store_files files = {.count = 0};
    cruddur_close(open_store(path));
    cruddur *dm = open_store(path);
    cr_assert_eq(cr_store_files_note(&files, path, path, TEST_ERROR), CRUDDUR_OK);
    cr_assert_eq(cr_store_files_look(&files), 0);
    files.file[0].device++;
    cr_assert_neq(cr_store_files_look(&files), 0);
    cr_assert(cr_store_files_are_lost(&files));
    cr_assert(cr_store_files_are_taken(&files));
    cr_store_files_free(&files);
    cruddur_close(dm);
}
