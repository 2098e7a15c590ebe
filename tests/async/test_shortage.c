/* SPDX-License-Identifier: MIT */
/* Memory that runs out at each point of a submission and of its completion, and threads, locks and
 * descriptors that the system refuses. The linker leads the calls here. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "support/store.h"

/* NOLINTBEGIN(bugprone-reserved-identifier): names of the linker's */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *argument), void *argument);
int __real_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *argument), void *argument);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);

/* Counted down by each; the one that finds 1 fails. */
static atomic_int allocations_left, threads_left, locks_left;

static bool fails_now(atomic_int *left)
{
    return atomic_load(left) > 0 && atomic_fetch_sub(left, 1) == 1;
}

void *__wrap_malloc(size_t size)
{
    return fails_now(&allocations_left) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now(&allocations_left) ? NULL : __real_calloc(count, size);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *argument), void *argument)
{
    return fails_now(&threads_left) ? 11 : __real_pthread_create(thread, attributes, run, argument);
}

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    return fails_now(&locks_left) ? 12 : __real_pthread_mutex_init(mutex, attributes);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static test_store store;
static char group[CRUDDUR_UUID_SIZE];

static void open_store(void)
{
    cr_assert_eq(setenv("CRUDDUR_TEST_STORE", "sqlite::memory:", 1), 0);
    test_store_open(&store, NULL);
    must_succeed(
        cruddur_group_create(store.dm, &test_ann, &test_bob, 1, "first", NULL, NULL, TEST_ERROR));
    must_succeed(cruddur_group_direct_uuid(test_ann.uuid, test_bob.uuid, group, TEST_ERROR));
}

static void close_store(void)
{
    test_store_remove(&store);
}

TestSuite(shortage, .init = open_store, .fini = close_store, .timeout = 300);

static cruddur_status submit(cruddur_error **error)
{
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.data = "data";
    return cruddur_msg_append_submit(store.dm, &test_ann, group, "text", &options, NULL, NULL,
                                     error);
}

/* Receives one completion; returns its status. */
static cruddur_status receive(void)
{
    cruddur_completion *completion = NULL;
    must_succeed(cruddur_completion_next(store.dm, CRUDDUR_WAIT_FOREVER, &completion, TEST_ERROR));
    cr_assert(completion != NULL);
    cruddur_status status = cruddur_completion_status(completion);
    cr_assert_eq(cruddur_error_status(cruddur_completion_error(completion)), status);
    cr_assert_eq(cruddur_completion_take_group(completion), NULL);
    cruddur_completion_free(completion);
    return status;
}

/* Each allocation of a submission and of the call fails once: one of them says so, and the next
 * submission succeeds. */
static unsigned fail_each_allocation(void)
{
    unsigned refused = 0;
    bool has_failed = true;
    for (int nth = 1; has_failed; nth++) {
        cruddur_error *error = NULL;
        atomic_store(&allocations_left, nth);
        cruddur_status status = submit(&error);
        cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_NO_MEMORY);
        cr_assert_eq(cruddur_error_status(error), status);
        refused += status == CRUDDUR_OK ? 0 : 1;
        if (status == CRUDDUR_OK) {
            status = receive();
            cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_NO_MEMORY, "%s",
                      cruddur_status_name(status));
        }
        has_failed = atomic_exchange(&allocations_left, 0) <= 0;
        cruddur_error_free(error);
        must_succeed(submit(TEST_ERROR));
        cr_assert_eq(receive(), CRUDDUR_OK);
    }
    return refused;
}

Test(shortage, each_allocation_of_a_submission_and_of_its_call)
{
    cr_assert_geq(fail_each_allocation(),
                  1); /* the request; the pool of the first one fails below */
}

static sem_t began, gate;

static bool hold(void *data, const cruddur_check_event *event)
{
    (void)data;
    (void)event;
    (void)sem_post(&began);
    while (sem_wait(&gate) != 0) {
    }
    return true;
}

#define TOGETHER 4

/* Appends that go together, behind a request that keeps the only thread: so many fail of all. */
static size_t fail_one_of_several(int nth)
{
    size_t failed = 0;
    cruddur_check_options options = CRUDDUR_CHECK_OPTIONS_INIT;
    options.observe = hold;
    must_succeed(cruddur_check_submit(store.dm, &options, NULL, NULL, TEST_ERROR));
    while (sem_wait(&began) != 0) {
    }
    for (size_t i = 0; i < TOGETHER; i++) {
        must_succeed(submit(TEST_ERROR));
    }
    atomic_store(&allocations_left, nth);
    (void)sem_post(&gate);
    for (size_t i = 0; i <= TOGETHER; i++) {
        cruddur_status status = receive();
        cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_NO_MEMORY);
        failed += status == CRUDDUR_OK ? 0 : 1;
    }
    return failed;
}

/* Whichever allocation fails, of the change for all or of one append: it fails one at most. */
Test(shortage, each_allocation_of_appends_that_go_together)
{
    bool has_failed = true;
    cruddur_async_options options = CRUDDUR_ASYNC_OPTIONS_INIT;
    options.threads = 1;
    must_succeed(cruddur_async_start(store.dm, &options, TEST_ERROR));
    cr_assert_eq(sem_init(&began, 0, 0), 0);
    cr_assert_eq(sem_init(&gate, 0, 0), 0);
    for (int nth = 1; has_failed; nth++) {
        cr_assert_leq(fail_one_of_several(nth), 1u, "allocation %d", nth);
        has_failed = atomic_exchange(&allocations_left, 0) <= 0;
    }
}

/* The pool is made anew until it can be. */
Test(shortage, each_allocation_of_the_pool)
{
    cruddur_error *error = NULL;
    cruddur_status status = CRUDDUR_E_NO_MEMORY;
    int nth = 0;
    while (status != CRUDDUR_OK) {
        atomic_store(&allocations_left, ++nth);
        status = cruddur_async_start(store.dm, NULL, &error);
        cr_assert(status == CRUDDUR_OK || status == CRUDDUR_E_NO_MEMORY);
        cruddur_error_free(error);
        error = NULL;
    }
    atomic_store(&allocations_left, 0);
    cr_assert_gt(nth, 4);
    must_succeed(submit(TEST_ERROR));
    cr_assert_eq(receive(), CRUDDUR_OK);
}

Test(shortage, a_lock_that_the_system_refuses)
{
    atomic_store(&locks_left, 1);
    must_fail(CRUDDUR_E_INTERNAL, NULL, cruddur_async_start(store.dm, NULL, TEST_ERROR));
    must_succeed(submit(TEST_ERROR));
    cr_assert_eq(receive(), CRUDDUR_OK);
}

/* The first thread is the keeper, the second a worker; later ones are not needed. */
Test(shortage, threads_that_the_system_refuses)
{
    for (int nth = 1; nth <= 2; nth++) {
        cruddur_error *error = NULL;
        atomic_store(&threads_left, nth);
        cr_assert_eq(submit(&error), nth == 1 ? CRUDDUR_E_INTERNAL : CRUDDUR_OK);
        cruddur_error_free(error);
        if (nth == 2) {
            cr_assert_eq(receive(), CRUDDUR_OK);
        }
    }
    for (int i = 0; i < 20; i++) {
        must_succeed(submit(TEST_ERROR));
    }
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(receive(), CRUDDUR_OK);
    }
}

/* No worker at all: nothing was submitted. */
Test(shortage, a_first_worker_that_the_system_refuses)
{
    cruddur_error *error = NULL;
    atomic_store(&threads_left, 2);
    cr_assert_eq(submit(&error), CRUDDUR_E_INTERNAL);
    cruddur_error_free(error);
    must_succeed(cruddur_shutdown(store.dm, CRUDDUR_SHUTDOWN_DRAIN, 0, TEST_ERROR));
}
