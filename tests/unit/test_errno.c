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
#include "stream/checkpoint.h"

void __real_free(void *memory);      /* NOLINT: the linker's names */
void __wrap_free(void *memory);      /* NOLINT */
int __real_close(int file);          /* NOLINT */
int __wrap_close(int file);          /* NOLINT */
int __real_unlink(const char *path); /* NOLINT */
int __wrap_unlink(const char *path); /* NOLINT */

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
