/* SPDX-License-Identifier: MIT */
/* Some thousand calls in simulated worlds, in each mode; scripts/simulate makes millions.
 * CRUDDUR_TEST_SEED plays one world, and tells its story. */
#include "../aws/unit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "world/play.h"

TestSuite(worlds, .timeout = 600);

#define CALLS 8000
#define CALLS_SLOW 400

static void play(stage_mode mode, bool is_shared)
{
    play_result result = {.worlds = 0};
    const play_setting setting = {mode, is_shared};
    const char *seed = getenv("CRUDDUR_TEST_SEED");
    uint64_t calls = getenv("CRUDDUR_TEST_SLOW") != NULL ? CALLS_SLOW : CALLS;
    sim_tell_story(seed != NULL);
    play_worlds(&setting, seed == NULL ? 1 : strtoull(seed, NULL, 10), seed == NULL ? calls : 1,
                true, &result);
    cr_assert_eq(result.breaches, 0u,
                 "seed %" PRIu64 ": %s\nbuild/tests/simulated/simulate --mode %s --table %s "
                 "--seed %" PRIu64 " --calls 1 --story tells what happened",
                 result.breach[0].seed, result.breach[0].text, play_mode_name(mode),
                 is_shared ? "shared" : "alone", result.breach[0].seed);
    /* A world in which nothing goes wrong, and nobody succeeds, shows nothing. */
    cr_assert(seed != NULL || (result.late > 0 && result.acks > result.calls / 4));
}

Test(worlds, atomic)
{
    play(STAGE_ATOMIC, false);
}

Test(worlds, stream)
{
    play(STAGE_STREAM, false);
}

Test(worlds, steps)
{
    play(STAGE_STEPS, false);
}

Test(worlds, atomic_and_stream_on_one_table)
{
    play(STAGE_MIXED, false);
}

Test(worlds, atomic_beside_other_programs)
{
    play(STAGE_ATOMIC, true);
}

Test(worlds, stream_beside_other_programs)
{
    play(STAGE_STREAM, true);
}

Test(worlds, steps_beside_other_programs)
{
    play(STAGE_STEPS, true);
}

Test(worlds, atomic_and_stream_beside_other_programs)
{
    play(STAGE_MIXED, true);
}

static void play_twice(uint64_t seed, play_result *results)
{
    const play_setting setting = {STAGE_STREAM, true};
    for (size_t i = 0; i < 2; i++) {
        results[i] = (play_result){.worlds = 0};
        play_world(&setting, seed, &results[i]);
    }
}

/* The same seed tells the same story. */
Test(worlds, are_told_again)
{
    play_result results[2];
    for (uint64_t seed = 1; seed < 20; seed++) {
        play_twice(seed, results);
        cr_assert_eq(results[0].requests, results[1].requests);
        cr_assert_eq(results[0].calls, results[1].calls);
        cr_assert_eq(results[0].acks, results[1].acks);
    }
}
