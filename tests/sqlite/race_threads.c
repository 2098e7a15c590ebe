/* SPDX-License-Identifier: MIT */
/* Many threads on one handle. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "sqlite/ledger.h"
#include "sqlite/load.h"

#define THREADS 12

TestSuite(race_threads, .init = bed_make, .fini = bed_remove, .timeout = 600);

static void acknowledge(void *context, const char *message_uuid, const char *group_uuid)
{
    ledger_add(context, message_uuid, group_uuid);
}

static void start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    cr_assert_eq(pthread_create(thread, NULL, run, argument), 0);
}

/* Appends, creates, repeats and listings at once, on groups that share members. */
Test(race_threads, all_calls_at_once)
{
    static load loads[THREADS];
    const char *path = bed_path("store.db");
    pthread_t threads[THREADS];
    ledger book = LEDGER_INIT;
    cruddur *dm = open_store(path);
    for (unsigned i = 0; i < THREADS; i++) {
        loads[i] = (load){.dm = dm,
                          .seed = i + 1,
                          .steps = (unsigned)scaled(1200, 200),
                          .acknowledge = acknowledge,
                          .context = &book};
    }
    load_prepare(&loads[0]);
    for (unsigned i = 0; i < THREADS; i++) {
        start(&threads[i], load_run, &loads[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        cr_assert_str_eq(loads[i].problem, "", "thread %u: %s", i, loads[i].problem);
    }
    cruddur_close(dm);
    size_t unshared = (size_t)scaled(4000, 300);
    cr_assert_gt(ledger_must_match(&book, path), unshared, "the load came to little");
    must_be_sound(path);
    must_pass_checker(path);
    ledger_free(&book);
}

/* What is wrong with a call, for another thread to read. */
static bool succeeded(cruddur_status status, char wrong[PROBLEM_SIZE])
{
    const char *found = test_wrong_success(status);
    (void)snprintf(wrong, PROBLEM_SIZE, "%s", found == NULL ? "" : found);
    return found == NULL;
}

/* ---- both sides open the direct group ---- */

typedef struct side {
    cruddur *dm;
    unsigned self;
    unsigned other;
    pthread_barrier_t *line;
    char group_uuid[CRUDDUR_UUID_SIZE];
    char wrong[PROBLEM_SIZE];
} side;

static void *open_direct(void *argument)
{
    side *mine = argument;
    cruddur_group *group = NULL;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    options.created_at_us = NOON_US;
    options.timeout_ms = 240000;
    (void)pthread_barrier_wait(mine->line);
    if (succeeded(cruddur_group_create(mine->dm, person(mine->self), person(mine->other), 1,
                                       "hello", &options, &group, TEST_ERROR),
                  mine->wrong)) {
        (void)snprintf(mine->group_uuid, sizeof(mine->group_uuid), "%s", cruddur_group_uuid(group));
        if (strcmp(cruddur_group_user_uuid(group), person(mine->other)->uuid) != 0) {
            (void)snprintf(mine->wrong, sizeof(mine->wrong), "the group is not with the other");
        }
    }
    cruddur_group_free(group);
    return NULL;
}

Test(race_threads, both_sides_open_one_group)
{
    const char *path = bed_path("store.db");
    cruddur *dm = open_store(path);
    int64_t rounds = 0;
    for (unsigned a = 0; a < PEOPLE; a++) {
        for (unsigned b = a + 1; b < PEOPLE && rounds < scaled(120, 40); b++, rounds++) {
            pthread_barrier_t line;
            pthread_t threads[4];
            side sides[4];
            cr_assert_eq(pthread_barrier_init(&line, NULL, 4), 0);
            for (unsigned i = 0; i < 4; i++) {
                sides[i] = (side){dm, i % 2 == 0 ? a : b, i % 2 == 0 ? b : a, &line, "", ""};
                start(&threads[i], open_direct, &sides[i]);
            }
            for (unsigned i = 0; i < 4; i++) {
                cr_assert_eq(pthread_join(threads[i], NULL), 0);
                cr_assert_str_eq(sides[i].wrong, "");
                cr_assert_str_eq(sides[i].group_uuid, sides[0].group_uuid);
            }
            (void)pthread_barrier_destroy(&line);
        }
    }
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(DISTINCT pk) FROM cruddur_messages"
                                  " WHERE pk GLOB 'MSG#*'"),
                 rounds);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 4 * rounds);
    must_be_sound(path);
    must_pass_checker(path);
}

/* ---- one message from many threads ---- */

typedef struct sender {
    cruddur *dm;
    const char *message_uuid;
    const char *group_uuid;
    pthread_barrier_t *line;
    char sort_key[CRUDDUR_TIME_SIZE];
    char wrong[PROBLEM_SIZE];
} sender;

static void *send_same(void *argument)
{
    sender *mine = argument;
    cruddur_msg *msg = NULL;
    cruddur_append_options options = CRUDDUR_APPEND_OPTIONS_INIT;
    options.message_uuid = mine->message_uuid;
    options.timeout_ms = 240000;
    (void)pthread_barrier_wait(mine->line);
    if (succeeded(cruddur_msg_append(mine->dm, person(0), mine->group_uuid, "once", &options, &msg,
                                     TEST_ERROR),
                  mine->wrong)) {
        (void)snprintf(mine->sort_key, sizeof(mine->sort_key), "%s", cruddur_msg_sort_key(msg));
    }
    cruddur_msg_free(msg);
    return NULL;
}

static void race_one_message(cruddur *dm, const char *group_uuid, const char *message_uuid)
{
    pthread_barrier_t line;
    pthread_t threads[8];
    sender senders[8];
    cr_assert_eq(pthread_barrier_init(&line, NULL, 8), 0);
    for (unsigned i = 0; i < 8; i++) {
        senders[i] = (sender){dm, message_uuid, group_uuid, &line, "", ""};
        start(&threads[i], send_same, &senders[i]);
    }
    for (unsigned i = 0; i < 8; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_str_eq(senders[i].wrong, "");
        cr_assert_str_eq(senders[i].sort_key, senders[0].sort_key);
    }
    (void)pthread_barrier_destroy(&line);
}

Test(race_threads, one_message_is_stored_once)
{
    const char *path = bed_path("store.db");
    char group_uuid[CRUDDUR_UUID_SIZE];
    char message_uuid[CRUDDUR_UUID_SIZE];
    cruddur *dm = open_store(path);
    int rounds = scaled(60, 20);
    number_uuid(1, group_uuid);
    open_group(dm, 0, 5, group_uuid, "first", 0);
    for (int i = 0; i < rounds; i++) {
        must_succeed(cruddur_uuid_v7(cruddur_time_now_us(), message_uuid, TEST_ERROR));
        race_one_message(dm, group_uuid, message_uuid);
    }
    cruddur_close(dm);
    cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages WHERE pk GLOB 'MSG#*'"),
                 rounds + 1);
    must_be_sound(path);
    must_pass_checker(path);
}
