/* SPDX-License-Identifier: MIT */
/* Each test takes one rule away, and demands that the simulated worlds show a breach: this is what
 * shows that they can fail. */
#include "../aws/unit.h"

#include <inttypes.h>

#include "model/time.h"
#include "world/play.h"

TestSuite(planted, .timeout = 600);

#define CALLS 60000

/* What takes the rule away, and what is seen of it. */
static void must_breach(const play_setting *setting, sim_plant plant, const char *sign)
{
    play_result result = {.worlds = 0};
    sim_service_plant(plant);
    for (uint64_t seed = 1; result.calls < CALLS; seed++) {
        play_result one = {.worlds = 0};
        play_world(setting, seed, &one);
        result.calls += one.calls;
        if (one.breaches > 0 && strstr(one.breach[0].text, sign) != NULL) {
            return;
        }
        if (one.breaches > 0 && result.breaches++ == 0) {
            result.breach[0] = one.breach[0];
        }
    }
    cr_assert(false, "%" PRIu64 " calls, and no breach with \"%s\"; there was: %s", result.calls,
              sign, result.breach[0].text);
}

/* The next sort key, which the linker leads here: whether it follows the head and the rows. */
static bool keys_are_times;

bool __real_cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key);
bool __wrap_cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key);

bool __wrap_cr_sort_key_after(int64_t time_us, cr_str head, cr_sort_key *key)
{
    return __real_cr_sort_key_after(time_us, keys_are_times ? CR_STR_ABSENT : head, key);
}

static const play_setting atomic = {.mode = STAGE_ATOMIC};
static const play_setting stream = {.mode = STAGE_STREAM};
static const play_setting steps = {.mode = STAGE_STEPS};

Test(planted, claims_are_not_stated)
{
    must_breach(&atomic, SIM_PLANT_CLAIMS_UNSTATED, "stored twice");
}

Test(planted, claims_are_not_stated_in_mode_stream)
{
    must_breach(&stream, SIM_PLANT_CLAIMS_UNSTATED, "stored twice");
}

Test(planted, claims_are_not_stated_in_steps)
{
    must_breach(&steps, SIM_PLANT_CLAIMS_UNSTATED, "stored twice");
}

Test(planted, a_claims_condition_is_ignored)
{
    must_breach(&stream, SIM_PLANT_CLAIMS_OVERWRITTEN, "stored twice");
}

Test(planted, a_claims_condition_is_ignored_in_steps)
{
    must_breach(&steps, SIM_PLANT_CLAIMS_OVERWRITTEN, "stored twice");
}

Test(planted, claims_come_after_their_messages_in_steps)
{
    must_breach(&steps, SIM_PLANT_CLAIMS_LAST, "stored twice");
}

Test(planted, cards_are_not_stated)
{
    must_breach(&atomic, SIM_PLANT_CARDS_UNSTATED, "");
}

Test(planted, a_cards_condition_is_ignored)
{
    must_breach(&atomic, SIM_PLANT_CARDS_OVERWRITTEN, "");
}

Test(planted, messages_are_overwritten)
{
    must_breach(&stream, SIM_PLANT_MESSAGES_OVERWRITTEN, "overwritten");
}

Test(planted, changes_of_messages_are_blind)
{
    must_breach(&atomic, SIM_PLANT_MESSAGES_OVERWRITTEN, "tombstone");
}

Test(planted, previews_stay_as_they_were)
{
    must_breach(&atomic, SIM_PLANT_PREVIEWS_STAY, "an inbox shows");
}

Test(planted, group_rows_are_overwritten)
{
    must_breach(&atomic, SIM_PLANT_ROWS_OVERWRITTEN, "");
}

Test(planted, removals_are_blind)
{
    must_breach(&atomic, SIM_PLANT_REMOVALS_BLIND, "");
}

Test(planted, transactions_are_torn)
{
    must_breach(&atomic, SIM_PLANT_TRANSACTIONS_TORN, "");
}

Test(planted, a_message_does_not_follow_the_rows)
{
    keys_are_times = true;
    must_breach(&atomic, SIM_PLANT_NONE, "stored before one that is older");
}
