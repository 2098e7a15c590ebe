/* SPDX-License-Identifier: MIT */
/* One handle used by many threads at once. */
#include <stdio.h>
#include <stdlib.h>

#include <pthread.h>

#include "suite.h"

CONFORMANCE_SUITE(threads);

#define THREADS 4
#define ROUNDS_MAX 40

static unsigned rounds(void)
{
    return getenv("CRUDDUR_TEST_SLOW") != NULL ? ROUNDS_MAX / 4 : ROUNDS_MAX;
}

/* Threads do not assert: they count what went wrong. */
typedef struct worker {
    pthread_t thread;
    size_t number;
    const group_id *group;
    int failures;
} worker;

static void run_workers(worker *workers, void *(*work)(void *), const group_id *group)
{
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.number = i, .group = group};
        cr_assert_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(workers[i].thread, NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(workers[i].failures, 0, "thread %zu: %d failures", i, workers[i].failures);
    }
}

static void *append_all(void *argument)
{
    worker *self = argument;
    for (unsigned i = 0; i < rounds(); i++) {
        const cruddur_user *author = self->number % 2 == 0 ? &test_ann : &test_bob;
        cruddur_status status =
            cruddur_msg_append(store.dm, author, self->group->text, "x", NULL, NULL, NULL);
        self->failures += status == CRUDDUR_OK ? 0 : 1;
    }
    return NULL;
}

Test(threads, append_to_one_group)
{
    worker workers[THREADS];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    run_workers(workers, append_all, &group);
    cr_assert_eq(test_check_count(&store, "messages"), 1 + THREADS * rounds());
    (void)test_check_summary(&store);
}

static void *append_and_read(void *argument)
{
    worker *self = argument;
    size_t seen = 0;
    for (unsigned i = 0; i < rounds(); i++) {
        cruddur_list_options options = from_newest(CRUDDUR_LIMIT_MAX);
        cruddur_msg_page *page = NULL;
        cruddur_group_page *groups = NULL;
        cruddur_status appended =
            cruddur_msg_append(store.dm, &test_ann, self->group->text, "x", NULL, NULL, NULL);
        cruddur_status listed =
            cruddur_msg_list(store.dm, test_bob.uuid, self->group->text, &options, &page, NULL);
        cruddur_status inbox = cruddur_group_list(store.dm, test_bob.uuid, NULL, &groups, NULL);
        bool is_good = appended == CRUDDUR_OK && listed == CRUDDUR_OK && inbox == CRUDDUR_OK &&
                       cruddur_msg_page_count(page) > seen && cruddur_group_page_count(groups) == 1;
        seen = cruddur_msg_page_count(page);
        self->failures += is_good ? 0 : 1;
        cruddur_msg_page_free(page);
        cruddur_group_page_free(groups);
    }
    return NULL;
}

Test(threads, read_what_was_acknowledged)
{
    worker workers[THREADS];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    run_workers(workers, append_and_read, &group);
    (void)test_check_summary(&store);
}

static void *create_both_ways(void *argument)
{
    worker *self = argument;
    for (size_t i = 0; i < rounds(); i++) {
        cruddur_user one = test_user(2 * i);
        cruddur_user two = test_user(2 * i + 1);
        bool forwards = self->number % 2 == 0;
        cruddur_status status = cruddur_group_create(
            store.dm, forwards ? &one : &two, forwards ? &two : &one, 1, "hello", NULL, NULL, NULL);
        self->failures += status == CRUDDUR_OK ? 0 : 1;
    }
    return NULL;
}

/* "Whoever of them writes first, or both at the same moment, opens the same group." */
Test(threads, open_the_same_groups_at_the_same_moment)
{
    worker workers[THREADS];
    for (size_t i = 0; i < TEST_USERS; i++) {
        (void)test_user(i); /* the table of users is filled before the threads begin */
    }
    run_workers(workers, create_both_ways, NULL);
    cr_assert_eq(test_check_count(&store, "groups"), rounds());
    cr_assert_eq(test_check_count(&store, "messages"), THREADS * rounds());
    (void)test_check_summary(&store);
}

static void *send_the_same(void *argument)
{
    worker *self = argument;
    for (unsigned i = 0; i < rounds(); i++) {
        cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
        char uuid[CRUDDUR_UUID_SIZE];
        (void)snprintf(uuid, sizeof(uuid), "10000000-0000-4000-8000-%012x", i);
        options.message_uuid = uuid;
        cruddur_status status =
            cruddur_msg_append(store.dm, &test_ann, self->group->text, "x", &options, NULL, NULL);
        self->failures += status == CRUDDUR_OK ? 0 : 1;
    }
    return NULL;
}

Test(threads, send_the_same_message_at_the_same_moment)
{
    worker workers[THREADS];
    group_id group = open_direct(&test_ann, &test_bob, "first");
    run_workers(workers, send_the_same, &group);
    cr_assert_eq(test_check_count(&store, "messages"), 1 + rounds());
    (void)test_check_summary(&store);
}

static void *keep_one_user_busy(void *argument)
{
    worker *self = argument;
    for (size_t i = 0; i < rounds(); i++) {
        cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
        cruddur_user other = test_user(self->number * rounds() + i);
        options.created_at_us = AT_SECOND(0);
        cruddur_status status =
            cruddur_group_create(store.dm, &test_ann, &other, 1, "hello", &options, NULL, NULL);
        self->failures += status == CRUDDUR_OK ? 0 : 1;
    }
    return NULL;
}

Test(threads, give_one_user_many_groups_of_one_moment)
{
    worker workers[THREADS];
    for (size_t i = 0; i < TEST_USERS; i++) {
        (void)test_user(i);
    }
    run_workers(workers, keep_one_user_busy, NULL);
    cr_assert_eq(test_check_count(&store, "groups"), THREADS * rounds());
    (void)test_check_summary(&store);
}
