/* SPDX-License-Identifier: MIT */
/* A process that may have few descriptors: calls share the connections that there are, and where
 * there is none the error says so and may pass by itself. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "support/descriptors.h"

#define THREADS 60
#define CALLS 20

static char path[PATH_SIZE];
static char group_uuid[CRUDDUR_UUID_SIZE];

static void set_up(void)
{
    bed_make();
    number_uuid(5, group_uuid);
    (void)snprintf(path, sizeof(path), "%s", bed_path("store.db"));
    cruddur *dm = open_store(path);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    cruddur_close(dm);
}

TestSuite(descriptors, .init = set_up, .fini = bed_remove, .timeout = 300);

static void allow(rlim_t count)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = count;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void expect_shortage(cruddur_status status, cruddur_error *error)
{
    const char *message = cruddur_error_message(error);
    cr_assert_eq(status, CRUDDUR_E_NO_DESCRIPTORS, "%s: %s", cruddur_status_name(status), message);
    cr_assert(cruddur_error_is_retryable(error));
    cr_assert_not_null(strstr(message, path), "%s", message);
    cr_assert_not_null(strstr(message, strerror(EMFILE)), "%s", message);
    cr_assert(!cruddur_error_outcome_unknown(error));
    cruddur_error_free(error);
}

/* ---- threads ---- */

typedef struct reader {
    cruddur *dm;
    unsigned index;
    char wrong[PROBLEM_SIZE];
} reader;

static const char *call_once(const reader *self, unsigned number)
{
    cruddur_msg_page *page = NULL;
    cruddur_append_options append = CRUDDUR_APPEND_OPTIONS_INIT;
    cruddur_list_options list = CRUDDUR_LIST_OPTIONS_INIT;
    const cruddur_user *me = person(self->index % 5);
    append.timeout_ms = list.timeout_ms = 240000;
    if (number % 4 == 0) {
        return test_wrong_success(
            cruddur_msg_append(self->dm, me, group_uuid, "hello", &append, NULL, TEST_ERROR));
    }
    const char *wrong = test_wrong_success(
        cruddur_msg_list(self->dm, me->uuid, group_uuid, &list, &page, TEST_ERROR));
    cruddur_msg_page_free(page);
    return wrong;
}

static void *call_often(void *argument)
{
    reader *self = argument;
    for (unsigned i = 0; i < CALLS && self->wrong[0] == '\0'; i++) {
        const char *wrong = call_once(self, i);
        (void)snprintf(self->wrong, sizeof(self->wrong), "%s", wrong == NULL ? "" : wrong);
    }
    return NULL;
}

static void run_threads(cruddur *dm)
{
    static reader readers[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        readers[i] = (reader){dm, i, ""};
        cr_assert_eq(pthread_create(&threads[i], NULL, call_often, &readers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_str_empty(readers[i].wrong, "%s", readers[i].wrong);
    }
}

Test(descriptors, a_low_limit)
{
    allow(40);
    cruddur *dm = open_store(path);
    run_threads(dm);
    cruddur_close(dm);
    must_be_sound(path);
}

/* The limit is high, and something else has taken nearly all. */
Test(descriptors, few_are_left)
{
    for (unsigned left = 2; left < 9; left++) {
        cruddur *dm = open_store(path);
        descriptors_hold_all_but(left);
        run_threads(dm);
        descriptors_let_go();
        cruddur_close(dm);
    }
    must_be_sound(path);
}

/* ---- none ---- */

Test(descriptors, opening)
{
    char fresh[PATH_SIZE];
    unsigned refused = 0;
    (void)snprintf(fresh, sizeof(fresh), "%s", bed_path("store.db-fresh"));
    for (unsigned left = 0; left < 9; left++) {
        cruddur *dm = NULL;
        cruddur_error *error = NULL;
        descriptors_hold_all_but(left);
        cruddur_status status =
            cruddur_open(bed_url(left % 2 == 0 ? path : fresh), NULL, &dm, &error);
        descriptors_let_go();
        if (status != CRUDDUR_OK) {
            refused++;
            expect_shortage(status, error);
        }
        cruddur_close(dm);
    }
    cr_assert_geq(refused, 3);
    cruddur_close(open_store(path));
    cruddur_close(open_store(fresh));
}

Test(descriptors, reading)
{
    cruddur *dm = open_store(path);
    for (unsigned left = 0; left < 2; left++) {
        cruddur_group_page *page = NULL;
        cruddur_error *error = NULL;
        descriptors_hold_all_but(left);
        cruddur_status status = cruddur_group_list(dm, person(0)->uuid, NULL, &page, &error);
        append_text(dm, 0, group_uuid, "writing needs none");
        descriptors_let_go();
        expect_shortage(status, error);
    }
    run_threads(dm);
    cruddur_close(dm);
    must_be_sound(path);
}
