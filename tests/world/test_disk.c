/* SPDX-License-Identifier: MIT */
/* The embedded engine on a disk that fills up, fails and loses its power: what was acknowledged is
 * there, once, and what failed is not; the file is whole. */
#include "../aws/unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "world/disk.h"
#include "world/embedded.h"
#include "world/registers.h"

TestSuite(disk, .timeout = 600);

#define SEEDS 40
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
    for (int i = 0; i < DISK_FAULT_COUNT; i++) { /* slow syncs are as rare as those that fail */
        bool is_of_syncs = i == DISK_FAULT_SLOW || i == DISK_FAULT_SYNC;
        cr_assert(is_of_syncs || disk_fault_count((disk_fault)i) > 0, "%d", i);
    }
    cr_assert(disk_fault_count(DISK_FAULT_SLOW) + disk_fault_count(DISK_FAULT_SYNC) > 0);
}

Test(disk, that_is_not_synced_each_time_may_lose_the_latest, .init = begin, .fini = end)
{
    play_result result = play(false, SEEDS);
    cr_assert_eq(result.breaches, 0u, "seed %" PRIu64 ": %s", result.breach[0].seed,
                 result.breach[0].text);
    cr_assert(result.insertions > 0); /* else the power was never cut at a bad moment */
}

/* Planted faults. */
Test(disk, that_does_not_sync_is_found, .init = begin, .fini = end)
{
    static const disk_ignored all[] = {DISK_IGNORED_ALL, DISK_IGNORED_FOLDER, DISK_IGNORED_NEW};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        disk_ignore(all[i]);
        play_result result = play(true, SEEDS_PLANTED);
        disk_ignore(DISK_IGNORED_NONE);
        cr_assert_eq(result.breaches, 1u, "%zu", i);
    }
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

/* ---- the judge ---- */

typedef struct step {
    bool is_acknowledged;
    size_t number;
    const char *value;
} step;

static bool go_on(const step *steps, const char *first, const char *second, bool may_lose)
{
    char why[256];
    size_t lost;
    for (; steps->value != NULL; steps++) {
        registers_call(steps->is_acknowledged);
        registers_set(steps->number, steps->value);
    }
    registers_see(0, first);
    registers_see(1, second);
    return registers_agree(may_lose, &lost, why, sizeof(why));
}

static bool agree(const step *steps, const char *first, const char *second, bool may_lose)
{
    registers_begin();
    return go_on(steps, first, second, may_lose);
}

Test(disk, judge_finds_what_is_wrong)
{
    static const step both[] = {{true, 0, "a"}, {true, 1, "b"}, {true, 0, "c"}, {false, 0, NULL}};
    static const step open[] = {{true, 0, "a"}, {false, 0, "b"}, {true, 1, "c"}, {false, 0, NULL}};
    cr_expect(agree(both, "c", "b", false));
    cr_expect_not(agree(both, "a", "b", false), "the latest is lost");
    cr_expect_not(agree(both, "c", "", false), "one of two is lost");
    cr_expect_not(agree(both, "d", "b", false), "nobody wrote it");
    cr_expect(agree(both, "a", "b", true));
    cr_expect(agree(both, "a", "", true));
    cr_expect(agree(both, "", "", true));
    cr_expect_not(agree(both, "c", "", true), "an earlier one is lost, and a later one is there");
    cr_expect_not(agree(both, "", "b", true), "so is this");
    cr_expect(agree(open, "a", "c", false));
    cr_expect(agree(open, "b", "c", false));
    cr_expect_not(agree(open, "", "c", false), "what was there before is lost");
    cr_expect_not(agree(open, "b", "d", true));
}

/* One that nobody knows of may come true later, unless something was written since. */
Test(disk, judge_waits_for_what_is_unknown)
{
    static const step open[] = {{true, 0, "a"}, {false, 0, "b"}, {false, 0, NULL}};
    static const step same[] = {{true, 0, "a"}, {false, 0, NULL}};
    static const step other[] = {{true, 1, "c"}, {false, 0, NULL}};
    static const step none[] = {{false, 0, NULL}};
    cr_expect(agree(open, "a", "", false));
    cr_expect(go_on(none, "a", "", false));
    cr_expect(go_on(same, "b", "", false));
    cr_expect_not(go_on(none, "a", "", false), "it was there");
    cr_expect(agree(open, "a", "", false));
    cr_expect(go_on(other, "a", "c", false));
    cr_expect_not(go_on(none, "b", "c", false));
    cr_expect(agree(open, "a", "", false));
    cr_expect_not(go_on(other, "b", "c", false), "it came after a write");
}

/* What was seen is what there is from then on. */
Test(disk, judge_goes_on_with_what_it_saw)
{
    char why[256];
    size_t lost;
    static const step steps[] = {{true, 0, "a"}, {true, 0, "b"}, {false, 0, NULL}};
    cr_assert(agree(steps, "a", "", true));
    cr_assert_str_eq(registers_last(0), "a");
    registers_see(0, "b");
    cr_assert_not(registers_agree(true, &lost, why, sizeof(why)));
}
