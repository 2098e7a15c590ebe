/* SPDX-License-Identifier: MIT */
/* Others who hold a lock: writers wait for it until their deadline, readers do not. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/workers.h"

#define TIMEOUT_MS 150
#define MARGIN_MS scaled(1000, 20000)

TestSuite(locks, .init = bed_make, .fini = bed_remove, .timeout = 300);

static char group_uuid[CRUDDUR_UUID_SIZE];

static cruddur *make_store(const char *path)
{
    cruddur *dm = open_store(path);
    number_uuid(5, group_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    return dm;
}

static void run(sqlite3 *db, const char *sql)
{
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
}

/* From then to now is the deadline, and not much more. */
static void check_waited(int64_t since_us)
{
    int64_t waited_ms = (monotonic_us() - since_us) / 1000;
    cr_assert_geq(waited_ms, TIMEOUT_MS - 5);
    cr_assert_leq(waited_ms, TIMEOUT_MS + MARGIN_MS);
}

static cruddur_status append_in_time(cruddur *dm, cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.timeout_ms = TIMEOUT_MS;
    return cruddur_msg_append(dm, person(0), group_uuid, "hello", &options, NULL, error);
}

Test(locks, writer_gives_up_at_the_deadline)
{
    const char *path = bed_path("store.db");
    cruddur *dm = make_store(path);
    sqlite3 *other = raw_open(path);
    char *before = dump_table(path);
    run(other, "BEGIN IMMEDIATE");
    int64_t started_us = monotonic_us();
    cruddur_error *error = NULL;
    cruddur_status status = append_in_time(dm, &error);
    check_waited(started_us);
    cr_assert_eq(status, CRUDDUR_E_STORE_LOCKED, "%s", cruddur_status_name(status));
    cr_assert(cruddur_error_is_retryable(error));
    cr_assert(!cruddur_error_outcome_unknown(error));
    cr_assert_not_null(strstr(cruddur_error_message(error), path));
    cruddur_error_free(error);
    run(other, "COMMIT");
    char *after = dump_table(path);
    cr_assert_str_eq(before, after);
    must_succeed(append_in_time(dm, TEST_ERROR));
    free(before);
    free(after);
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    cruddur_close(dm);
    must_be_sound(path);
}

/* Those who wait behind the first have deadlines of their own, and get their turn. */
typedef struct waiter {
    cruddur *dm;
    uint32_t timeout_ms;
    cruddur_status status;
} waiter;

static void *append_waiting(void *argument)
{
    waiter *self = argument;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.timeout_ms = self->timeout_ms;
    self->status =
        cruddur_msg_append(self->dm, person(1), group_uuid, "hello", &options, NULL, NULL);
    return NULL;
}

Test(locks, each_waits_for_its_own_deadline)
{
    const char *path = bed_path("store.db");
    cruddur *dm = make_store(path);
    sqlite3 *other = raw_open(path);
    pthread_t threads[6];
    waiter waiters[6];
    run(other, "BEGIN IMMEDIATE");
    for (unsigned i = 0; i < 6; i++) {
        waiters[i] = (waiter){dm, i % 2 == 0 ? TIMEOUT_MS : 240000, CRUDDUR_OK};
        cr_assert_eq(pthread_create(&threads[i], NULL, append_waiting, &waiters[i]), 0);
    }
    for (unsigned i = 0; i < 6; i += 2) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert(waiters[i].status == CRUDDUR_E_STORE_LOCKED ||
                      waiters[i].status == CRUDDUR_E_TIMEOUT,
                  "%s", cruddur_status_name(waiters[i].status));
    }
    run(other, "COMMIT");
    for (unsigned i = 1; i < 6; i += 2) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_eq(waiters[i].status, CRUDDUR_OK, "%s", cruddur_status_name(waiters[i].status));
    }
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 4);
    must_be_sound(path);
}

Test(locks, readers_do_not_wait)
{
    const char *path = bed_path("store.db");
    cruddur *dm = make_store(path);
    sqlite3 *other = raw_open(path);
    cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
    cruddur_group_page *groups = NULL;
    cruddur_msg_page *messages = NULL;
    cruddur_members *members = NULL;
    options.timeout_ms = TIMEOUT_MS + (uint32_t)scaled(0, 20000);
    run(other, "BEGIN IMMEDIATE; DELETE FROM cruddur_messages");
    must_succeed(cruddur_group_list(dm, person(0)->uuid, &options, &groups, TEST_ERROR));
    must_succeed(
        cruddur_msg_list(dm, person(4)->uuid, group_uuid, &options, &messages, TEST_ERROR));
    must_succeed(
        cruddur_group_members(dm, NULL, group_uuid, &test_trusted_members, &members, TEST_ERROR));
    cr_assert_eq(cruddur_group_page_count(groups), 1);
    cr_assert_eq(cruddur_msg_page_count(messages), 1);
    cr_assert_eq(cruddur_members_count(members), 5);
    cruddur_group_page_free(groups);
    cruddur_msg_page_free(messages);
    cruddur_members_free(members);
    cruddur *another = open_store(path); /* nor does opening */
    cruddur_close(another);
    run(other, "ROLLBACK");
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    cruddur_close(dm);
    must_be_sound(path);
}

/* Somebody reads for long: no writer waits, and the reader keeps its moment. */
Test(locks, writers_do_not_wait_for_readers)
{
    const char *path = bed_path("store.db");
    cruddur *dm = make_store(path);
    sqlite3 *other = raw_open(path);
    run(other, "BEGIN; SELECT count(*) FROM cruddur_messages");
    for (int i = 0; i < 10; i++) {
        must_succeed(append_in_time(dm, TEST_ERROR));
    }
    run(other, "COMMIT");
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    cruddur_close(dm);
    must_be_sound(path);
}

/* A new file that another program has locked before it is a store. */
Test(locks, opening_gives_up_at_the_deadline)
{
    const char *path = bed_path("store.db");
    cruddur *dm = NULL;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = TIMEOUT_MS;
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    (void)fclose(file);
    sqlite3 *other = raw_open(path);
    run(other, "BEGIN EXCLUSIVE");
    int64_t started_us = monotonic_us();
    must_fail(CRUDDUR_E_STORE_LOCKED, NULL, cruddur_open(bed_url(path), &options, &dm, TEST_ERROR));
    check_waited(started_us);
    run(other, "ROLLBACK");
    must_succeed(cruddur_open(bed_url(path), &options, &dm, TEST_ERROR));
    cruddur_close(dm);
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
}

/* The same while it is being switched to its journal mode: others only read it. */
Test(locks, opening_waits_for_readers_of_a_new_file)
{
    const char *path = bed_path("store.db");
    cruddur *dm = NULL;
    cruddur_options options = CRUDDUR_OPTIONS_INIT;
    options.timeout_ms = TIMEOUT_MS;
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    (void)fclose(file);
    sqlite3 *other = raw_open(path);
    run(other, "BEGIN; SELECT count(*) FROM sqlite_schema");
    int64_t started_us = monotonic_us();
    must_fail(CRUDDUR_E_STORE_LOCKED, NULL, cruddur_open(bed_url(path), &options, &dm, TEST_ERROR));
    check_waited(started_us);
    run(other, "ROLLBACK");
    must_succeed(cruddur_open(bed_url(path), &options, &dm, TEST_ERROR));
    cruddur_close(dm);
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
}
