/* SPDX-License-Identifier: MIT */
/* Processes that fork while the store is open, being opened, or closed: no child gets at SQLite's
 * inherited state, none hangs, and nothing that was acknowledged is lost. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/load.h"
#include "sqlite/workers.h"
#include "support/child.h"

TestSuite(fork, .init = bed_make, .fini = bed_remove, .timeout = 600);

static crew workers;
static char path[PATH_SIZE];

/* ---- a preforking server ---- */

typedef struct preforking {
    unsigned number; /* of the child */
    bool may_open;
} preforking;

/* What a child prints is entered in the ledger. */
static void acknowledge(void *context, const char *message_uuid, const char *group_uuid)
{
    char line[2 * CRUDDUR_UUID_SIZE + 1];
    (void)context;
    int size = snprintf(line, sizeof(line), "%s %s\n", message_uuid, group_uuid);
    (void)!write(workers.in, line, (size_t)size);
}

/* Opens the store itself, and writes to it if it can. */
static const char *serve(void *context)
{
    static load mine;
    const preforking *child = context;
    cruddur *dm = NULL;
    cruddur_status status = cruddur_open(bed_url(path), NULL, &dm, TEST_ERROR);
    if (!child->may_open) {
        return test_wrong_failure(status, CRUDDUR_E_STORE_FORKED, NULL);
    }
    const char *wrong = test_wrong_success(status);
    if (wrong == NULL) {
        mine.dm = dm;
        mine.seed = 100 + child->number;
        mine.steps = (unsigned)scaled(60, 10);
        mine.acknowledge = acknowledge;
        (void)load_run(&mine);
        cruddur_close(dm);
    }
    return wrong == NULL && mine.problem[0] != '\0' ? mine.problem : wrong;
}

/* The parent uses the store, forks, and closes its handle before or afterwards; a process that has
 * nothing to do with them writes as well. */
static void prefork(bool closes_before)
{
    preforking children[] = {{0, closes_before}, {1, closes_before}};
    pid_t processes[2];
    ledger book = LEDGER_INIT;
    crew_form(&workers);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    load first = {.dm = open_store(path), .seed = 99, .steps = 20, .acknowledge = acknowledge};
    load_prepare(&first);
    (void)load_run(&first);
    cr_assert_str_empty(first.problem);
    if (closes_before) {
        cruddur_close(first.dm);
    }
    for (unsigned i = 0; i < 2; i++) {
        processes[i] = test_child_start(serve, &children[i]);
    }
    if (!closes_before) {
        cruddur_close(first.dm);
    }
    crew_start(&workers, "load %s 1 2 %d", path, scaled(60, 10));
    crew_is_complete(&workers);
    crew_read(&workers, &book);
    crew_must_succeed(&workers);
    child_must_succeed(test_child_wait(processes[0]));
    child_must_succeed(test_child_wait(processes[1]));
    (void)ledger_must_match(&book, path);
    must_be_sound(path);
    ledger_free(&book);
}

Test(fork, server_that_closes_after_forking)
{
    for (int round = scaled(8, 2); round > 0; round--) {
        prefork(false);
        bed_remove_store(path);
    }
}

Test(fork, server_that_closes_before_forking)
{
    for (int round = scaled(8, 2); round > 0; round--) {
        prefork(true);
        bed_remove_store(path);
    }
}

/* ---- other ways to fork ---- */

static const char *try_to_open(void *context)
{
    cruddur *dm = NULL;
    (void)context;
    return test_wrong_failure(cruddur_open("sqlite::memory:", NULL, &dm, TEST_ERROR),
                              CRUDDUR_E_STORE_FORKED, NULL);
}

static const char *try_inherited(void *context)
{
    cruddur_row_page *page;
    const char *wrong = test_wrong_failure(cruddur_scan(context, NULL, &page, TEST_ERROR),
                                           CRUDDUR_E_STORE_FORKED, NULL);
    cruddur_close(context);
    return wrong == NULL ? try_to_open(NULL) : wrong;
}

#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
/* It runs no handlers of pthread_atfork(). */
Test(fork, without_handlers)
{
    cruddur *dm = open_store(bed_path("store.db"));
    child_must_succeed(test_child_wait(test_child_start_by(_Fork, try_to_open, NULL)));
    child_must_succeed(test_child_wait(test_child_start_by(_Fork, try_inherited, dm)));
    open_group(dm, 0, 2, "00000000-0000-4000-8000-0000000000ff", "still mine", 0);
    cruddur_close(dm);
    must_be_sound(bed_path("store.db"));
}
#endif
#endif

static const char *open_and_fork(void *context)
{
    cruddur *dm = open_store(context);
    const char *wrong = test_child_run(try_inherited, dm);
    cruddur_close(dm);
    return wrong;
}

/* A child that has opened none yet may, and then counts as its own children's parent. */
Test(fork, the_child_forks)
{
    char *file = (char *)(uintptr_t)bed_path("store.db");
    cruddur_close(open_store(file));
    child_must_succeed(test_child_run(open_and_fork, file));
    must_be_sound(file);
}

/* ---- while threads are busy ---- */

#define BUSY_THREADS 6

static _Atomic bool is_over;

typedef struct busy {
    cruddur *dm;
    unsigned number;
} busy;

/* Some write and read, others open and close: at any moment there is a lock that one holds. */
static void *be_busy(void *context)
{
    const busy *self = context;
    char group_uuid[CRUDDUR_UUID_SIZE];
    number_uuid(1, group_uuid);
    while (!atomic_load(&is_over)) {
        cruddur_msg_page *page = NULL;
        if (self->number % 3 == 0) {
            cruddur_close(open_store(bed_path("store.db")));
        } else if (self->number % 3 == 1) {
            append_text(self->dm, self->number % 2, group_uuid, "busy");
        } else {
            must_succeed(
                cruddur_msg_list(self->dm, person(0)->uuid, group_uuid, NULL, &page, TEST_ERROR));
            cruddur_msg_page_free(page);
        }
    }
    return NULL;
}

Test(fork, while_threads_are_busy)
{
    const char *file = bed_path("store.db");
    char group_uuid[CRUDDUR_UUID_SIZE];
    pthread_t threads[BUSY_THREADS];
    busy selves[BUSY_THREADS];
    cruddur *dm = open_store(file);
    number_uuid(1, group_uuid);
    open_group(dm, 0, 2, group_uuid, "first", 0);
    for (unsigned i = 0; i < BUSY_THREADS; i++) {
        selves[i] = (busy){dm, i};
        cr_assert_eq(pthread_create(&threads[i], NULL, be_busy, &selves[i]), 0);
    }
    for (int round = scaled(400, 40); round > 0; round--) {
        pid_t first = test_child_start(try_inherited, dm);
        pid_t second = test_child_start(try_to_open, NULL);
        child_must_succeed(test_child_wait(first));
        child_must_succeed(test_child_wait(second));
    }
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < BUSY_THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    cruddur_close(dm);
    must_be_sound(file);
    must_pass_checker(file);
}
