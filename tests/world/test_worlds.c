/* SPDX-License-Identifier: MIT */
/* Some thousand calls in simulated worlds, in each mode; scripts/world makes millions.
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
    const play_setting setting = {.mode = mode, .is_shared = is_shared};
    const char *seed = getenv("CRUDDUR_TEST_SEED");
    uint64_t calls = getenv("CRUDDUR_TEST_SLOW") != NULL ? CALLS_SLOW : CALLS;
    sim_tell_story(seed != NULL);
    play_worlds(&setting, seed == NULL ? 1 : strtoull(seed, NULL, 10), seed == NULL ? calls : 1,
                true, &result);
    cr_assert_eq(result.breaches, 0u,
                 "seed %" PRIu64 ": %s\nscripts/world --replay %" PRIu64
                 " --mode %s --table %s tells what happened",
                 result.breach[0].seed, result.breach[0].text, result.breach[0].seed,
                 play_mode_name(mode), is_shared ? "shared" : "alone");
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

/* The same seed tells the same story, down to each moment. */
Test(worlds, are_told_again)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        const play_setting setting = {.mode = (stage_mode)(seed % STAGE_MODE_COUNT),
                                      .is_shared = seed % 3 == 0};
        play_result results[2] = {{.worlds = 0}, {.worlds = 0}};
        play_world(&setting, seed, &results[0]);
        play_world(&setting, seed + 1, &results[1]);
        cr_assert_neq(results[0].trace, results[1].trace, "seed %" PRIu64, seed);
        play_world(&setting, seed, &results[1]);
        cr_assert_eq(results[0].trace, results[1].trace, "seed %" PRIu64, seed);
    }
}
