/* SPDX-License-Identifier: MIT */
/* The reason in an error is that of the call that failed, whatever was called since: free() may
 * set errno, and so may close(). The linker leads their calls here. */
#include "base/call.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/secret.h"
#include "processor/checkpoint.h"
#include "support/descriptors.h"

void __real_free(void *memory);      /* NOLINT: the linker's names */
void __wrap_free(void *memory);      /* NOLINT */
int __real_close(int file);          /* NOLINT */
int __wrap_close(int file);          /* NOLINT */
int __real_unlink(const char *path); /* NOLINT */
int __wrap_unlink(const char *path); /* NOLINT */
int __real_fsync(int file);          /* NOLINT */
int __wrap_fsync(int file);          /* NOLINT */

void __wrap_free(void *memory) /* NOLINT */
{
    __real_free(memory);
    errno = EDOM;
}

int __wrap_close(int file) /* NOLINT */
{
    int result = __real_close(file);
    errno = result == 0 ? EDOM : errno;
    return result;
}

int __wrap_unlink(const char *path) /* NOLINT */
{
    int result = __real_unlink(path);
    errno = EDOM;
    return result;
}

/* The errno of each fsync(); 0: they succeed. */
static int fsync_number;

int __wrap_fsync(int file) /* NOLINT */
{
    errno = fsync_number;
    return fsync_number == 0 ? __real_fsync(file) : -1;
}

static char folder[] = "/tmp/cruddur-errno-XXXXXX";

static void make_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
}

static void remove_folder(void)
{
    char path[100];
    static const char *const names[] = {"lock.lock", "file",     "file.lock",
                                        "new",       "new.lock", "new.new"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)remove(path);
    }
    cr_assert_eq(rmdir(folder), 0);
}

TestSuite(errno_is_kept, .timeout = 300, .init = make_folder, .fini = remove_folder);

static const char *path_of(const char *name)
{
    static char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void expect_reason(cruddur_error *error, const char *reason)
{
    cr_assert(strstr(cruddur_error_message(error), reason) != NULL, "%s",
              cruddur_error_message(error));
    cruddur_error_free(error);
}

static void open_fails(const char *path, const char *reason)
{
    cr_checkpoint *checkpoint = NULL;
    cruddur_error *error = NULL;
    cr_assert_eq(cr_checkpoint_open(path, &checkpoint, &error), CRUDDUR_E_STORE_IO);
    expect_reason(error, reason);
}

Test(errno_is_kept, of_a_checkpoint_that_cannot_be_opened)
{
    open_fails(path_of("missing/x"), "its folder cannot be opened: No such file or directory");
    cr_assert_eq(mkdir(path_of("lock.lock"), 0700), 0);
    open_fails(path_of("lock"), "its lock cannot be opened: Is a directory");
}

Test(errno_is_kept, of_a_checkpoint_that_cannot_be_written)
{
    cr_checkpoint *checkpoint = NULL;
    cruddur_error *error = NULL;
    cr_assert_eq(mkdir(path_of("new.new"), 0700), 0);
    cr_assert_eq(cr_checkpoint_open(path_of("new"), &checkpoint, NULL), CRUDDUR_OK);
    cr_assert_eq(cr_checkpoint_write(checkpoint, cr_str_of("x"), &error), CRUDDUR_E_STORE_IO);
    expect_reason(error, "it cannot be written: Is a directory");
    cr_checkpoint_close(checkpoint);
}

Test(errno_is_kept, of_a_secret)
{
    char *text = NULL;
    size_t size;
    int number;
    cruddur_error *error = NULL;
    cr_assert_eq(cr_secret_read_file(path_of("missing"), 10, &text, &size, &number, &error),
                 CRUDDUR_E_CREDENTIALS);
    cr_assert(cr_secret_is_missing(number));
    expect_reason(error, "missing: No such file or directory");
    cr_assert_eq(cr_secret_read_file(folder, 10, &text, &size, &number, &error),
                 CRUDDUR_E_CREDENTIALS);
    cr_assert_eq(number, 0); /* a folder can be opened */
    expect_reason(error, ": Is a directory");
    cr_assert_eq(cr_secret_write_file(path_of("missing/x"), cr_str_of("x"), &error),
                 CRUDDUR_E_CREDENTIALS);
    expect_reason(error, "No such file or directory");
    cr_assert_eq(cr_secret_write_file(folder, cr_str_of("x"), &error), CRUDDUR_E_CREDENTIALS);
    expect_reason(error, ": Is a directory");
}

/* ---- which status a reason has ---- */

Test(errno_is_kept, of_a_checkpoint_for_which_there_is_no_space)
{
    static const struct {
        int number;
        cruddur_status status;
    } cases[] = {{ENOSPC, CRUDDUR_E_STORE_FULL},
                 {EDQUOT, CRUDDUR_E_STORE_FULL},
                 {EROFS, CRUDDUR_E_STORE_READ_ONLY},
                 {EIO, CRUDDUR_E_STORE_IO},
                 {EPERM, CRUDDUR_E_STORE_IO}};
    cr_checkpoint *checkpoint = NULL;
    cr_assert_eq(cr_checkpoint_open(path_of("file"), &checkpoint, NULL), CRUDDUR_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cruddur_error *error = NULL;
        fsync_number = cases[i].number;
        cr_expect_eq(cr_checkpoint_write(checkpoint, cr_str_of("x"), &error), cases[i].status);
        expect_reason(error, "it cannot be written: ");
    }
    fsync_number = 0;
    cr_checkpoint_close(checkpoint);
}

static void expect_shortage(cruddur_status status, cruddur_error *error)
{
    cr_expect_eq(status, CRUDDUR_E_NO_DESCRIPTORS, "%s", cruddur_error_message(error));
    cr_expect(cruddur_error_is_retryable(error));
    expect_reason(error, strerror(EMFILE));
}

Test(errno_is_kept, of_a_process_without_descriptors)
{
    char *text = NULL;
    size_t size;
    bool exists;
    cr_buffer read;
    cr_checkpoint *checkpoint = NULL;
    cruddur_error *errors[5] = {NULL};
    cruddur_status statuses[5];
    const char *path = path_of("file");
    if (getenv("CRUDDUR_TEST_SLOW") != NULL) {
        return; /* memcheck keeps descriptors for itself, and gives some of them */
    }
    cr_buffer_init(&read, CR_CHECKPOINT_MAX);
    cr_assert_eq(cr_checkpoint_open(path, &checkpoint, NULL), CRUDDUR_OK);
    descriptors_hold_all_but(0);
    statuses[0] = cr_checkpoint_write(checkpoint, cr_str_of("x"), &errors[0]);
    statuses[1] = cr_checkpoint_read(checkpoint, &read, &exists, &errors[1]);
    cr_checkpoint *another = NULL;
    statuses[2] = cr_checkpoint_open(path, &another, &errors[2]);
    statuses[3] = cr_secret_read_file(path, 10, &text, &size, NULL, &errors[3]);
    statuses[4] = cr_secret_write_file(path, cr_str_of("x"), &errors[4]);
    descriptors_let_go();
    for (size_t i = 0; i < 5; i++) {
        expect_shortage(statuses[i], errors[i]);
    }
    cr_buffer_free(&read);
    cr_checkpoint_close(checkpoint);
}
