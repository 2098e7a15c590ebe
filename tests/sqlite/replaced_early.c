/* SPDX-License-Identifier: MIT */
/* The file is replaced while it is being opened: by the handle, or later by one of its readers. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/fault_vfs.h"

static char path[PATH_SIZE];
static char other[PATH_SIZE];
static char away[PATH_SIZE];
static char group_uuid[CRUDDUR_UUID_SIZE];
static bool is_swapped;

/* There is another store, closed, which can take the place of the first. */
static void set_up(void)
{
    bed_make();
    fault_vfs_install();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    (void)snprintf(other, sizeof(other), "%s", bed_path("other.db"));
    (void)snprintf(away, sizeof(away), "%s", bed_path("away.db"));
    cruddur_close(open_store(other));
    is_swapped = false;
}

TestSuite(replaced_early, .init = set_up, .fini = bed_remove, .timeout = 300);

static void swap(void)
{
    cr_assert_eq(rename(path, away), 0);
    cr_assert_eq(rename(other, path), 0);
    is_swapped = true;
}

static void must_be_replaced(cruddur_status status, cruddur_error *error)
{
    const char *message = cruddur_error_message(error);
    cr_assert(is_swapped);
    cr_assert_eq(status, CRUDDUR_E_STORE_REPLACED, "%s: %s", cruddur_status_name(status), message);
    cr_assert_not_null(strstr(message, "replaced while the store was being opened"), "%s", message);
    cruddur_error_free(error);
}

/* ---- the handle ---- */

static void swap_when_made(void *data, uint32_t level, const char *message)
{
    (void)data;
    (void)level;
    if (strstr(message, "brought from version 0 to ") != NULL) {
        swap();
    }
}

Test(replaced_early, by_the_handle)
{
    cruddur *dm = NULL;
    cruddur_error *error = NULL;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.log = swap_when_made;
    cruddur_status status = cruddur_open(bed_url(path), &options, &dm, &error);
    must_be_replaced(status, error);
    cr_assert_null(dm);
}

/* ---- a reader ---- */

static void put_back(void *context)
{
    (void)context;
    cr_assert_eq(rename(path, other), 0);
    cr_assert_eq(rename(away, path), 0);
}

static void swap_until_locked(void *context)
{
    swap();
    fault_vfs_hook(AT_LOCK, 1, put_back, context);
}

/* The other store is at the path only while the reader opens it, so later looks see nothing. */
Test(replaced_early, by_a_reader)
{
    cruddur_error *error = NULL;
    cruddur_group_page *page = NULL;
    cruddur *dm = open_store(path);
    open_group(dm, 0, 3, group_uuid, "first", 0);
    fault_vfs_hook(AT_OPEN, 1, swap_until_locked, NULL);
    cruddur_status status = cruddur_group_list(dm, person(0)->uuid, NULL, &page, &error);
    fault_vfs_hook(AT_OPEN, 0, NULL, NULL);
    cr_assert_eq(access(away, F_OK), -1, "the store was not put back");
    must_be_replaced(status, error);
    cr_assert_null(page);
    must_succeed(cruddur_group_list(dm, person(0)->uuid, NULL, &page, TEST_ERROR));
    cr_assert_eq(cruddur_group_page_count(page), 1);
    cruddur_group_page_free(page);
    cruddur_close(dm);
    must_be_sound(path);
}
