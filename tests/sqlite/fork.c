/* SPDX-License-Identifier: MIT */
/* Processes that fork while a store is open, or was: no child gets at SQLite's inherited state, and
 * nothing that was acknowledged is lost. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/heir.h"
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

#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
/* It runs no handlers of pthread_atfork(). */
Test(fork, without_handlers)
{
    cruddur *dm = open_store(bed_path("store.db"));
    child_must_succeed(test_child_wait(test_child_start_by(_Fork, heir_opens, NULL)));
    child_must_succeed(test_child_wait(test_child_start_by(_Fork, heir_uses, dm)));
    open_group(dm, 0, 2, "00000000-0000-4000-8000-0000000000ff", "still mine", 0);
    cruddur_close(dm);
    must_be_sound(bed_path("store.db"));
}
#endif
#endif

static const char *open_and_fork(void *context)
{
    cruddur *dm = open_store(context);
    const char *wrong = test_child_run(heir_uses, dm);
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
