/* SPDX-License-Identifier: MIT */
/* A fresh store for each test, people to write with, and the two ways a call can go.
 *
 * The environment variable CRUDDUR_TEST_STORE says where: a store URL in which `{dir}` stands for
 * a fresh folder and `{name}` for a fresh name. Without it: sqlite:{dir}/store.db */
#ifndef TEST_SUPPORT_STORE_H
#define TEST_SUPPORT_STORE_H

#include <criterion/criterion.h>
#include <cruddur/cruddur.h>

typedef struct test_store {
    cruddur *dm; /* NULL while it is closed */
    char url[600];
    char dir[256]; /* empty where the URL needs none */
} test_store;

/* Opens a fresh store, or fails the test. `options` may be NULL. */
void test_store_open(test_store *store, const cruddur_options *options);

/* Whether the store is still there when it has been closed. */
bool test_store_is_lasting(const test_store *store);

/* One handle more to the same store, to be closed by the caller; for lasting stores. */
cruddur *test_store_connect(const test_store *store, const cruddur_options *options);

/* Closes the handle, if it is open. */
void test_store_close(test_store *store);

/* Opens a lasting store again, with other options maybe; closes it first where it is open. */
void test_store_reopen(test_store *store, const cruddur_options *options);

/* Closes the store and removes its folder. */
void test_store_remove(test_store *store);

/* Whether a processor moves the group rows behind an append (mode `stream`). */
bool test_store_is_streamed(const test_store *store);

/* Whether its changes are written in steps. */
bool test_store_is_in_steps(const test_store *store);

/* Is that processor: moves the group rows behind everything written so far. No record may fail.
 * Where no processor is needed it does nothing. */
void test_store_settle(const test_store *store);

/* Writes the store's URL with one parameter more, "name=value". */
void test_store_url_with(const test_store *store, const char *parameter, char *url, size_t size);

/* A fresh folder, which test_folder_remove() removes with all that is in it. */
void test_folder_make(char *path, size_t size);
void test_folder_remove(const char *path);

/* ---- people ---- */

#define TEST_USERS 256

extern const cruddur_user test_ann, test_bob, test_cem;

/* A person of the number 0 to TEST_USERS - 1: "User 7", whose uuid is not one of the three. Larger
 * numbers have larger uuids. The strings stay; threads may ask for users that were asked for before
 * they began. */
cruddur_user test_user(size_t number);

/* ---- calls ---- */

/* The defaults of a trusted caller, who reads without a viewer. */
extern const cruddur_list_options test_trusted_list;
extern const cruddur_members_options test_trusted_members;

/* Stands in the texts of messages; no error may repeat it. */
#define TEST_SECRET "xyzzy-the-secret"

/* The place for the error of the call under test: must_succeed(cruddur_…(…, TEST_ERROR)). */
extern _Thread_local cruddur_error *test_error;
#define TEST_ERROR (&test_error)

/* What is wrong with a call that was to succeed, or to fail in this way; NULL for nothing. Both
 * free the error. `argument` NULL: no argument is to blame. */
const char *test_wrong_success(cruddur_status status);
const char *test_wrong_failure(cruddur_status status, cruddur_status expected,
                               const char *argument);

/* Whether the function's comment says that it can return this status. `call` begins with the name
 * of the function; calls of other functions are always documented. */
bool test_is_documented(const char *call, cruddur_status status);

#define must_succeed(call)                                                                         \
    do {                                                                                           \
        const char *wrong_ = test_wrong_success(call);                                             \
        cr_assert(wrong_ == NULL, "%s: %s", #call, wrong_);                                        \
    } while (0)

/* Fails with this status, and names the argument. */
#define must_fail(expected, argument, call)                                                        \
    do {                                                                                           \
        const char *wrong_ = test_wrong_failure(call, expected, argument);                         \
        cr_assert(wrong_ == NULL, "%s: %s", #call, wrong_);                                        \
        cr_assert(test_is_documented(#call, expected), "%s: undocumented", #call);                 \
    } while (0)

#endif
