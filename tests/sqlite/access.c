/* SPDX-License-Identifier: MIT */
/* Who may do what with the files. Root may do everything, so as root the tests become nobody. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/bed.h"

#define NOBODY 65534

static char group_uuid[CRUDDUR_UUID_SIZE];

static void set_up(void)
{
    bed_make();
    number_uuid(5, group_uuid);
    if (geteuid() == 0) {
        cr_assert_eq(chown(bed_folder(), NOBODY, NOBODY), 0);
        cr_assert_eq(setegid(NOBODY), 0);
        cr_assert_eq(seteuid(NOBODY), 0);
    }
}

/* Whether the test has all rights of its user again; nobody may not even read root's own folders.
 */
static bool take_rights_back(void)
{
    return getuid() != 0 || (seteuid(0) == 0 && setegid(0) == 0);
}

static void tear_down(void)
{
    if (!take_rights_back()) {
        return;
    }
    (void)chmod(bed_folder(), 0700);
    bed_remove();
}

TestSuite(access, .init = set_up, .fini = tear_down, .timeout = 120);

/* ---- modes ---- */

static unsigned mode_of(const char *path, const char *suffix)
{
    char file_path[PATH_SIZE + 8];
    struct stat facts;
    (void)snprintf(file_path, sizeof(file_path), "%s%s", path, suffix);
    cr_assert_eq(stat(file_path, &facts), 0, "%s is not there", file_path);
    return (unsigned)facts.st_mode & 0777u;
}

static void check_modes(mode_t mask)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof(path), "%s%o", bed_path("store"), (unsigned)mask);
    mode_t before = umask(mask);
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    (void)umask(before);
    cr_assert_eq(mode_of(path, ""), 0600, "umask %o: %o", (unsigned)mask, mode_of(path, ""));
    cr_assert_eq(mode_of(path, "-wal"), 0600, "umask %o", (unsigned)mask);
    cr_assert_eq(mode_of(path, "-shm"), 0600, "umask %o", (unsigned)mask);
    cruddur_close(dm);
}

Test(access, new_files_are_private)
{
    check_modes(0);
    check_modes(022);
    check_modes(077);
    check_modes(0177);
}

/* Even one that takes the owner's rights away. */
Test(access, new_files_are_usable)
{
    check_modes(0277);
    check_modes(0777);
}

/* The mode of a file that is there is its owner's choice; the files beside it follow. */
Test(access, existing_modes_stay)
{
    const char *path = bed_path("store.db");
    cruddur_close(open_store(path));
    cr_assert_eq(chmod(path, 0640), 0);
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    cr_assert_eq(mode_of(path, ""), 0640);
    cr_assert_eq(mode_of(path, "-wal"), 0640);
    cr_assert_eq(mode_of(path, "-shm"), 0640);
    cruddur_close(dm);
}

/* ---- rights ---- */

static cruddur_status try_open(const char *path, cruddur **dm)
{
    cruddur_error *error = NULL;
    cruddur_status status = cruddur_open(bed_url(path), NULL, dm, &error);
    if (status != CRUDDUR_OK) {
        cr_assert_not_null(strstr(cruddur_error_message(error), path), "%s",
                           cruddur_error_message(error));
    }
    cruddur_error_free(error);
    return status;
}

static void make_store(const char *path)
{
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    cruddur_close(dm);
}

/* Whether opening fails or the write does: the caller is told that the store is read-only. */
Test(access, read_only_file)
{
    const char *path = bed_path("store.db");
    make_store(path);
    cr_assert_eq(chmod(path, 0400), 0);
    cruddur *dm = NULL;
    cruddur_status status = try_open(path, &dm);
    if (status == CRUDDUR_OK) {
        must_fail(CRUDDUR_E_STORE_READ_ONLY, NULL,
                  cruddur_msg_append(dm, person(0), group_uuid, "hello", NULL, NULL, TEST_ERROR));
        cruddur_close(dm);
    } else {
        cr_assert_eq(status, CRUDDUR_E_STORE_READ_ONLY, "%s", cruddur_status_name(status));
    }
    cr_assert_eq(chmod(path, 0600), 0);
    must_be_sound(path);
}

Test(access, read_only_folder)
{
    const char *path = bed_path("store.db");
    cruddur *dm = NULL;
    make_store(path);
    cr_assert_eq(chmod(bed_folder(), 0500), 0);
    cr_assert_eq(try_open(bed_path("new.db"), &dm), CRUDDUR_E_STORE_ACCESS);
    cruddur_status status = try_open(path, &dm);
    cr_assert_eq(status, CRUDDUR_E_STORE_READ_ONLY, "%s", cruddur_status_name(status));
    cr_assert_eq(chmod(bed_folder(), 0700), 0);
    must_be_sound(path);
}

Test(access, unreadable_file)
{
    const char *path = bed_path("store.db");
    cruddur *dm = NULL;
    make_store(path);
    cr_assert_eq(chmod(path, 0), 0);
    cr_assert_eq(try_open(path, &dm), CRUDDUR_E_STORE_ACCESS);
    cr_assert_eq(chmod(path, 0600), 0);
}

Test(access, unusable_folder)
{
    const char *path = bed_path("folder/store.db");
    cruddur *dm = NULL;
    cr_assert_eq(mkdir(bed_path("folder"), 0700), 0);
    make_store(path);
    cr_assert_eq(chmod(bed_path("folder"), 0), 0);
    cr_assert_eq(try_open(path, &dm), CRUDDUR_E_STORE_ACCESS);
    cr_assert_eq(chmod(bed_path("folder"), 0700), 0);
}

/* A folder that may not be searched any more says nothing about the file in it. */
Test(access, folder_that_becomes_unusable)
{
    const char *path = bed_path("folder/store.db");
    cr_assert_eq(mkdir(bed_path("folder"), 0700), 0);
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    cr_assert_eq(chmod(bed_path("folder"), 0), 0);
    must_fail(CRUDDUR_E_STORE_ACCESS, NULL,
              cruddur_msg_append(dm, person(0), group_uuid, "hello", NULL, NULL, TEST_ERROR));
    cr_assert_eq(chmod(bed_path("folder"), 0700), 0);
    append_text(dm, 0, group_uuid, "one more");
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 2);
    must_be_sound(path);
}

/* ---- space ---- */

/* The system lets files grow no further: the write fails as a whole, and works again later. */
Test(access, size_limit)
{
    const char *path = bed_path("store.db");
    struct rlimit limit;
    cruddur_error *error = NULL;
    cruddur_status status = CRUDDUR_OK;
    cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    struct rlimit tight = {(rlim_t)200 * 1024, limit.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int64_t stored = 0;
    for (; status == CRUDDUR_OK && stored < 1000; stored++) {
        status = cruddur_msg_append(dm, person(0), group_uuid, "hello", NULL, NULL, &error);
    }
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert(status == CRUDDUR_E_STORE_IO || status == CRUDDUR_E_STORE_FULL, "%s",
              cruddur_status_name(status));
    cr_assert_not_null(strstr(cruddur_error_message(error), path));
    cruddur_error_free(error);
    append_text(dm, 1, group_uuid, "and on");
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 stored + 1); /* the first, those before the failure, the last */
    must_be_sound(path);
    cr_assert(
        take_rights_back()); /* The checker's program may be in a folder that only root reads. */
    must_pass_checker(path);
}
