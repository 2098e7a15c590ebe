/* SPDX-License-Identifier: MIT */
/* Processes that are killed while they write: what was acknowledged is there afterwards, whatever
 * was under way is there as a whole or not at all. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sqlite/bed.h"
#include "sqlite/workers.h"

#define THREADS 3

TestSuite(crash, .init = bed_make, .fini = bed_remove, .timeout = 900);

/* The library opens what the crash left, and goes on with it. */
static void go_on(const char *path, ledger *book, unsigned round)
{
    char group_uuid[CRUDDUR_UUID_SIZE];
    char message_uuid[CRUDDUR_UUID_SIZE];
    char text[TEXT_SIZE];
    cruddur_group *group = NULL;
    cruddur_create_options options = CRUDDUR_CREATE_OPTIONS_INIT;
    cruddur *dm = open_store(path);
    number_uuid(1, group_uuid);
    number_uuid((uint64_t)0xfc << 32 | round, message_uuid);
    text_of(message_uuid, text);
    options.group_uuid = group_uuid;
    options.message_uuid = message_uuid;
    must_succeed(
        cruddur_group_create(dm, person(10), person(11), 1, text, &options, &group, TEST_ERROR));
    ledger_add(book, message_uuid, group_uuid);
    cruddur_group_free(group);
    cruddur_close(dm);
}

static void kill_at_random(crew *workers, unsigned index)
{
    struct timespec pause = {0, (random() % scaled(25000, 200000)) * 1000L};
    cr_assert(crew_await_output(workers, 120000), "the workers print nothing");
    (void)nanosleep(&pause, NULL);
    crew_kill(workers, index);
}

Test(crash, acknowledged_messages_survive)
{
    const char *path = bed_path("store.db");
    ledger book = LEDGER_INIT;
    crew workers;
    unsigned rounds = (unsigned)scaled(40, 5);
    srandom((unsigned)getpid());
    for (unsigned round = 0; round < rounds; round++) {
        size_t known = book.count;
        crew_form(&workers);
        crew_start(&workers, "load %s %u %u 0", path, 1 + round * THREADS, THREADS);
        crew_is_complete(&workers);
        kill_at_random(&workers, 0);
        crew_read(&workers, &book);
        cr_assert_gt(book.count, known, "nothing was written");
        (void)ledger_must_match(&book, path);
        must_be_sound(path);
        go_on(path, &book, round);
    }
    must_pass_checker(path);
    ledger_free(&book);
}

/* The one that lives goes on writing, and finds nothing but whole messages of the other. */
Test(crash, others_go_on)
{
    const char *path = bed_path("store.db");
    ledger book = LEDGER_INIT;
    crew workers;
    unsigned rounds = (unsigned)scaled(10, 2);
    srandom((unsigned)getpid());
    for (unsigned round = 0; round < rounds; round++) {
        unsigned seed = 1 + round * 2 * THREADS;
        crew_form(&workers);
        crew_start(&workers, "load %s %u %u 0", path, seed, THREADS);
        crew_start(&workers, "load %s %u %u %d", path, seed + THREADS, THREADS, scaled(60, 20));
        crew_is_complete(&workers);
        kill_at_random(&workers, 0);
        crew_read(&workers, &book);
        crew_must_succeed(&workers);
        (void)ledger_must_match(&book, path);
        must_be_sound(path);
    }
    must_pass_checker(path);
    ledger_free(&book);
}
