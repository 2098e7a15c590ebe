/* SPDX-License-Identifier: MIT */
/* The embedded engine on a disk that fills up, fails and loses its power: what was acknowledged is
 * there, once, and what failed is not; the file is whole. */
#include "../aws/unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "world/disk.h"
#include "world/embedded.h"

TestSuite(disk, .timeout = 600);

#define SEEDS 60
#define SEEDS_PLANTED 200

static char folder[64];

static void begin(void)
{
    (void)snprintf(folder, sizeof(folder), "/tmp/cruddur-disk-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void end(void)
{
    cr_assert_eq(rmdir(folder), 0);
}

static play_result play(bool is_full, uint64_t seeds)
{
    play_result result = {.worlds = 0};
    for (uint64_t seed = 1; seed <= seeds && result.breaches == 0; seed++) {
        embedded_play(folder, is_full, seed, &result);
    }
    return result;
}

Test(disk, that_fails_keeps_what_was_acknowledged, .init = begin, .fini = end)
{
    play_result result = play(true, SEEDS);
    cr_assert_eq(result.breaches, 0u, "seed %" PRIu64 ": %s", result.breach[0].seed,
                 result.breach[0].text);
    cr_assert(result.acks > result.calls / 4);
    for (int i = 0; i < DISK_FAULT_COUNT; i++) {
        cr_assert(disk_fault_count((disk_fault)i) > 0, "%d", i);
    }
}

Test(disk, that_is_not_synced_each_time_may_lose_the_latest, .init = begin, .fini = end)
{
    play_result result = play(false, SEEDS);
    cr_assert_eq(result.breaches, 0u, "seed %" PRIu64 ": %s", result.breach[0].seed,
                 result.breach[0].text);
    cr_assert(result.insertions > 0); /* else the power was never cut at a bad moment */
}

/* A planted fault. */
Test(disk, that_does_not_sync_is_found, .init = begin, .fini = end)
{
    disk_ignore_syncs(true);
    play_result result = play(true, SEEDS_PLANTED);
    disk_ignore_syncs(false);
    cr_assert_eq(result.breaches, 1u);
}

Test(disk, tells_the_same_story_again, .init = begin, .fini = end)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        play_result results[2] = {{.worlds = 0}, {.worlds = 0}};
        embedded_play(folder, true, seed, &results[0]);
        embedded_play(folder, true, seed, &results[1]);
        cr_assert_eq(results[0].trace, results[1].trace, "seed %" PRIu64, seed);
        cr_assert_eq(results[0].acks, results[1].acks, "seed %" PRIu64, seed);
    }
}
