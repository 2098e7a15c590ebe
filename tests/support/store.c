/* SPDX-License-Identifier: MIT */
#include "support/store.h"

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_TEMPLATE "sqlite:{dir}/store.db"

/* ---- folders ---- */

void test_folder_make(char *path, size_t size)
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/cruddur-test-XXXXXX", parent != NULL ? parent : "/tmp");
    cr_assert(length > 0 && (size_t)length < size, "TMPDIR is too long");
    cr_assert(mkdtemp(path) != NULL, "cannot make %s", path);
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *place)
{
    (void)facts;
    (void)type;
    (void)place;
    return remove(path);
}

void test_folder_remove(const char *path)
{
    (void)nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- stores ---- */

typedef struct text_builder {
    char *at;
    size_t left;
} text_builder;

static void add(text_builder *builder, const char *text, size_t length)
{
    cr_assert(length < builder->left, "CRUDDUR_TEST_STORE is too long");
    memcpy(builder->at, text, length);
    builder->at += length;
    builder->left -= length;
    *builder->at = '\0';
}

static void add_encoded(text_builder *builder, const char *text)
{
    for (; *text != '\0'; text++) {
        char encoded[4];
        bool is_plain = strchr("%?#", *text) == NULL;
        (void)snprintf(encoded, sizeof(encoded), "%%%02X", (unsigned)*text & 0xffu);
        add(builder, is_plain ? text : encoded, is_plain ? 1 : 3);
    }
}

static void add_name(text_builder *builder)
{
    char uuid[CRUDDUR_UUID_SIZE];
    must_succeed(cruddur_uuid_v4(uuid, TEST_ERROR));
    add(builder, "cruddur-test-", strlen("cruddur-test-"));
    add(builder, uuid, strlen(uuid));
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void make_url(test_store *store)
{
    const char *template = getenv("CRUDDUR_TEST_STORE");
    text_builder builder = {store->url, sizeof(store->url)};
    for (const char *at = template != NULL ? template : DEFAULT_TEMPLATE; *at != '\0';) {
        if (starts_with(at, "{dir}")) {
            test_folder_make(store->dir, sizeof(store->dir));
            add_encoded(&builder, store->dir);
            at += strlen("{dir}");
        } else if (starts_with(at, "{name}")) {
            add_name(&builder);
            at += strlen("{name}");
        } else {
            add(&builder, at++, 1);
        }
    }
}

cruddur *test_store_connect(const test_store *store, const cruddur_options *options)
{
    cruddur *dm = NULL;
    cruddur_options patient = CRUDDUR_OPTIONS_INIT;
    patient.timeout_ms = 120000; /* calls end when they are done, also on a slow machine */
    must_succeed(cruddur_open(store->url, options == NULL ? &patient : options, &dm, TEST_ERROR));
    return dm;
}

/* A service's tables are not made by opening them. */
static bool needs_table(const test_store *store)
{
    return starts_with(store->url, "dynamodb:");
}

/* Not every service has streams, and only mode stream needs one. */
static void make_table(const test_store *store)
{
    cruddur_schema_options options = CRUDDUR_SCHEMA_OPTIONS_INIT;
    options.flags = test_store_is_streamed(store) ? 0 : CRUDDUR_SCHEMA_NO_STREAM;
    must_succeed(cruddur_schema_load(store->dm, &options, TEST_ERROR));
}

void test_store_open(test_store *store, const cruddur_options *options)
{
    *store = (test_store){0};
    make_url(store);
    store->dm = test_store_connect(store, options);
    if (needs_table(store)) {
        make_table(store);
    }
}

bool test_store_is_lasting(const test_store *store)
{
    return strstr(store->url, ":memory:") == NULL;
}

bool test_store_is_streamed(const test_store *store)
{
    return strstr(store->url, "mode=stream") != NULL;
}

bool test_store_is_in_steps(const test_store *store)
{
    const char *service = getenv("CRUDDUR_TEST_SERVICE");
    return strstr(store->url, "mode=steps") != NULL ||
           (service != NULL && strcmp(service, "dynalite") == 0);
}

static void note_failure(void *data, const cruddur_follow_event *event)
{
    atomic_size_t *failures = data;
    if (event->kind == CRUDDUR_FOLLOW_RECORD_FAILED) {
        atomic_fetch_add(failures, 1);
    }
}

void test_store_settle(const test_store *store)
{
    atomic_size_t failures = 0;
    cruddur_follow_options options = CRUDDUR_FOLLOW_OPTIONS_INIT;
    if (!test_store_is_streamed(store)) {
        return;
    }
    options.flags = CRUDDUR_FOLLOW_ONCE;
    options.poll_ms = 1;
    options.observe = note_failure;
    options.data = &failures;
    cruddur *dm = test_store_connect(store, NULL);
    must_succeed(cruddur_stream_follow(dm, &options, TEST_ERROR));
    cr_assert_eq(atomic_load(&failures), 0, "the processor passed over records");
    cruddur_close(dm);
}

void test_store_close(test_store *store)
{
    cruddur_close(store->dm);
    store->dm = NULL;
}

void test_store_reopen(test_store *store, const cruddur_options *options)
{
    test_store_close(store);
    store->dm = test_store_connect(store, options);
}

void test_store_remove(test_store *store)
{
    if (needs_table(store) && store->dm == NULL) {
        store->dm = test_store_connect(store, NULL);
    }
    if (needs_table(store)) {
        must_succeed(cruddur_schema_drop(store->dm, NULL, TEST_ERROR));
    }
    test_store_close(store);
    if (store->dir[0] != '\0') {
        test_folder_remove(store->dir);
    }
    *store = (test_store){0};
}

void test_store_url_with(const test_store *store, const char *parameter, char *url, size_t size)
{
    const char *separator = strchr(store->url, '?') == NULL ? "?" : "&";
    (void)snprintf(url, size, "%s%s%s", store->url, separator, parameter);
}

/* ---- people ---- */

const cruddur_user test_ann = {sizeof(cruddur_user), "a0000000-0000-4000-8000-00000000000a",
                               "Ann Arbor", "ann"};
const cruddur_user test_bob = {sizeof(cruddur_user), "b0000000-0000-4000-8000-00000000000b",
                               "Bób Ross", "bob"};
const cruddur_user test_cem = {sizeof(cruddur_user), "c0000000-0000-4000-8000-00000000000c", "جم",
                               "cem"};

cruddur_user test_user(size_t number)
{
    static struct {
        char uuid[CRUDDUR_UUID_SIZE];
        char display_name[16];
        char handle[16];
    } users[TEST_USERS];
    cr_assert(number < TEST_USERS);
    unsigned n = (unsigned)number;
    if (users[n].uuid[0] == '\0') {
        (void)snprintf(users[n].uuid, sizeof(users[n].uuid), "00000000-0000-4000-8000-%012x", n);
        (void)snprintf(users[n].display_name, sizeof(users[n].display_name), "User %u", n);
        (void)snprintf(users[n].handle, sizeof(users[n].handle), "user-%u", n);
    }
    return (cruddur_user){sizeof(cruddur_user), users[n].uuid, users[n].display_name,
                          users[n].handle};
}

/* ---- calls ---- */

const cruddur_list_options test_trusted_list = {sizeof(cruddur_list_options),
                                                CRUDDUR_LIST_TRUSTED,
                                                0,
                                                20,
                                                CRUDDUR_START_NEWEST,
                                                CRUDDUR_NEWEST_FIRST,
                                                CRUDDUR_CONSISTENCY_STRONG,
                                                NULL,
                                                CRUDDUR_SINCE_ALWAYS,
                                                CRUDDUR_UNTIL_FOREVER,
                                                NULL,
                                                0};
const cruddur_members_options test_trusted_members = {sizeof(cruddur_members_options),
                                                      CRUDDUR_MEMBERS_TRUSTED, 0};

_Thread_local cruddur_error *test_error;

static _Thread_local char description[1024];

/* Describes the error and frees it. */
static const char *describe(const char *problem)
{
    (void)snprintf(
        description, sizeof(description), "%s: %s (%s), argument %s", problem,
        cruddur_error_message(test_error), cruddur_status_name(cruddur_error_status(test_error)),
        cruddur_error_argument(test_error) == NULL ? "none" : cruddur_error_argument(test_error));
    cruddur_error_free(test_error);
    test_error = NULL;
    return description;
}

const char *test_wrong_success(cruddur_status status)
{
    if (status != CRUDDUR_OK) {
        return describe(cruddur_status_name(status));
    }
    return test_error != NULL ? describe("success, and an error") : NULL;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The rules for all errors, whatever they are about. */
static const char *find_fault(cruddur_status expected, const char *argument)
{
    const char *message = cruddur_error_message(test_error);
    if (test_error == NULL) {
        return "failed as expected, and there is no error";
    }
    if (cruddur_error_status(test_error) != expected) {
        return "the error has another status";
    }
    if (!is_same_text(cruddur_error_argument(test_error), argument)) {
        return "the error blames another argument";
    }
    if (*message == '\0' || strchr(message, '\n') != NULL || strstr(message, TEST_SECRET) != NULL) {
        return "the message is not one line, or has message text in it";
    }
    if (argument != NULL && strstr(message, argument) == NULL) {
        return "the message does not name the argument";
    }
    if (cruddur_error_is_retryable(test_error) != cruddur_status_is_retryable(expected)) {
        return "is_retryable is not that of the status";
    }
    return cruddur_error_outcome_unknown(test_error) ? "the outcome is unknown" : NULL;
}

const char *test_wrong_failure(cruddur_status status, cruddur_status expected, const char *argument)
{
    if (status != expected) {
        return describe(cruddur_status_name(status));
    }
    const char *fault = find_fault(expected, argument);
    if (fault != NULL) {
        return describe(fault);
    }
    cruddur_error_free(test_error);
    test_error = NULL;
    return NULL;
}

static const struct {
    const char *function;
    cruddur_status status;
} documented[] = {
#include "support/documented.h"
};

bool test_is_documented(const char *call, cruddur_status status)
{
    size_t length = strcspn(call, "(");
    for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++) {
        if (documented[i].status == status && strlen(documented[i].function) == length &&
            strncmp(documented[i].function, call, length) == 0) {
            return true;
        }
    }
    return strncmp(call, "cruddur_", strlen("cruddur_")) != 0;
}
