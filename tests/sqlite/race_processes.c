/* SPDX-License-Identifier: MIT */
/* Many processes, each with threads, on one file. */
#include <stdio.h>

#include "sqlite/bed.h"
#include "sqlite/workers.h"

TestSuite(race_processes, .init = bed_make, .fini = bed_remove, .timeout = 900);

static size_t run_crew(crew *workers, ledger *book)
{
    crew_is_complete(workers);
    crew_read(workers, book);
    crew_must_succeed(workers);
    return book->count;
}

Test(race_processes, all_calls_at_once)
{
    const char *path = bed_path("store.db");
    ledger book = LEDGER_INIT;
    crew workers;
    crew_form(&workers);
    for (unsigned i = 0; i < 4; i++) {
        crew_start(&workers, "load %s %u 3 %d", path, 1 + 3 * i, scaled(250, 30));
    }
    cr_assert_gt(run_crew(&workers, &book), (size_t)scaled(1000, 120));
    (void)ledger_must_match(&book, path);
    must_be_sound(path);
    must_pass_checker(path);
    ledger_free(&book);
}

/* Eight processes make the same new store; each writes one message to the same direct group. */
Test(race_processes, new_stores)
{
    char path[PATH_SIZE + 16];
    unsigned rounds = (unsigned)scaled(100, 10);
    int64_t start_us = monotonic_us() + scaled(100000, 3000000);
    ledger book = LEDGER_INIT;
    crew workers;
    crew_form(&workers);
    for (unsigned i = 0; i < WORKERS_MAX; i++) {
        crew_start(&workers, "open %s %u %lld %u", bed_path("new"), i, (long long)start_us, rounds);
    }
    cr_assert_eq(run_crew(&workers, &book), rounds * WORKERS_MAX);
    for (unsigned round = 0; round < rounds; round++) {
        (void)snprintf(path, sizeof(path), "%s%u", bed_path("new"), round);
        /* The messages, two group rows, and the card. */
        cr_assert_eq(raw_number(path, "SELECT count(*) FROM cruddur_messages"),
                     WORKERS_MAX + 2 + 1);
        must_be_sound(path);
    }
    ledger_free(&book);
}

/* Whoever closes last clears the log away, while others open. */
Test(race_processes, opening_and_closing)
{
    const char *path = bed_path("store.db");
    unsigned rounds = (unsigned)scaled(60, 8);
    ledger book = LEDGER_INIT;
    crew workers;
    crew_form(&workers);
    for (unsigned i = 0; i < 6; i++) {
        crew_start(&workers, "loop %s %u %u", path, i, rounds);
    }
    cr_assert_eq(run_crew(&workers, &book), 6 * rounds);
    cr_assert_eq(ledger_must_match(&book, path), 6 * rounds);
    must_be_sound(path);
    must_pass_checker(path);
    ledger_free(&book);
}
