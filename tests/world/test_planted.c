/* SPDX-License-Identifier: MIT */
/* Each planted fault must show in the simulated worlds: this is what tells that they can fail.
 * scripts/world --planted prints when each is found. */
#include "../aws/unit.h"

#include "world/faults/faults.h"

TestSuite(planted, .timeout = 600);

/* `scripts/world --planted` says which takes more than 60; a slow machine may. */
#define SECONDS_MAX 240.0
#define PARTS 4

/* Every fourth, so that a failure tells of others, too. */
static void find_part(size_t part)
{
    fault_found found;
    for (size_t i = part; i < faults_count; i += PARTS) {
        const fault *planted = &faults_all[i];
        if (planted->why_hidden == NULL) {
            faults_search(planted, SECONDS_MAX, &found);
            cr_expect(found.is_found, "%s, in mode %s: not found in %llu stories", planted->name,
                      play_mode_name(planted->mode), (unsigned long long)found.stories);
        }
    }
}

Test(planted, every_fourth)
{
    find_part(0);
}

Test(planted, every_fourth_from_the_second)
{
    find_part(1);
}

Test(planted, every_fourth_from_the_third)
{
    find_part(2);
}

Test(planted, every_fourth_from_the_fourth)
{
    find_part(3);
}

/* What was planted does not stay. */
Test(planted, nothing_stays_behind)
{
    const fault *planted = faults_all;
    while (planted->why_hidden != NULL) {
        planted++;
    }
    const play_setting setting = {.mode = planted->mode, .is_shared = planted->is_shared};
    fault_found found;
    play_result result = {.worlds = 0};
    faults_search(planted, SECONDS_MAX, &found);
    cr_assert(found.is_found);
    play_world(&setting, found.seed, &result);
    cr_assert_eq(result.breaches, 0u, "%s", result.breach[0].text);
}
